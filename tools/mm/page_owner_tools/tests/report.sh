# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: page_owner report. Sourced.

# full ORDER PID COMM TS NODE TYPE STACK [LINE]: one record of 6.12
full() {
	printf "Page allocated via order %s, $mask, pid %s, tgid %s (%s), ts %s ns\n" \
		"$1" "$2" "$2" "$3" "$4"
	printf 'PFN 0x%x type %s Block 1 type Movable Flags 0x0(lru|node=%s|zone=1)\n' \
		"$4" "$6" "$5"
	set -- "${8:-}" $7
	line=$1
	shift
	for f; do
		case $f in *:*) printf ' %s+0x1/0x20 [%s]\n' "${f%:*}" "${f#*:}" ;;
		*) printf ' %s+0x1/0x20\n' "$f" ;; esac
	done
	[ -z "$line" ] || printf '%s\n' "$line"
	echo
}

full_dump() {
	full 0 10 bash 1000000000 0 Movable "__alloc_pages a z"
	full 2 10 bash 2000000000 1 Movable "__alloc_pages a z" "Charged to memcg /one"
	full 3 20 init 3000000000 0 Unmovable "__alloc_pages b:drv z"
	full 1 30 "a b" 4000000000 1 Reclaimable "alloc_pages new_slab c z" \
		"Charged (via objcg) to offline memcg /two"
	full 0 10 bash 5000000000 0 Movable "__alloc_pages c z"
}

report_head="5 allocations, 16 pages, 64.0 KiB
"
numbers="  share      memory      pages     times  "

# rows NAME EXPECTED ARGUMENT...: the rows of a report, blanks squeezed
rows() {
	name=$1 want=$2
	shift 2
	run report "$@"
	got=$(sed '/^beside/,$d' "$tmp/stdout" | sed -n '/%/s/  */ /gp' | sed 's/^ //')
	if [ "$rc" = 0 ] && [ "$got" = "$want" ]; then pass "report: $name"
	else fail "report: $name" "exit status $rc: $*
$got
$(cat "$tmp/stderr")"; fi
}

report_key_tests() {
	gives "report: by stack" 0 "$report_head
${numbers}stack, innermost function first
 50.00%    32.0 KiB          8         1  b [drv] < z
 31.25%    20.0 KiB          5         2  a < z
 12.50%     8.0 KiB          2         1  new_slab < c < z
  6.25%     4.0 KiB          1         1  c < z
" report "$d"
	gives "report: a key that is not the stack" 0 "$report_head
${numbers}comm
 50.00%    32.0 KiB          8         1  init
 37.50%    24.0 KiB          6         3  bash
 12.50%     8.0 KiB          2         1  a b
" report --by comm "$d"
	rows "by pid" "50.00% 32.0 KiB 8 1 20
37.50% 24.0 KiB 6 3 10
12.50% 8.0 KiB 2 1 30" --by pid "$d"
	rows "by tgid" "50.00% 32.0 KiB 8 1 20
37.50% 24.0 KiB 6 3 10
12.50% 8.0 KiB 2 1 30" --by tgid "$d"
	rows "by memcg" "62.50% 40.0 KiB 10 3 -
25.00% 16.0 KiB 4 1 /one
12.50% 8.0 KiB 2 1 offline memcg /two" --by memcg "$d"
	rows "by module" "50.00% 32.0 KiB 8 4 -
50.00% 32.0 KiB 8 1 drv" --by module "$d"
	rows "by node" "62.50% 40.0 KiB 10 3 0
37.50% 24.0 KiB 6 2 1" --by node "$d"
	rows "by zone" "100.00% 64.0 KiB 16 5 1" --by zone "$d"
	rows "by order" "50.00% 32.0 KiB 8 1 3
25.00% 16.0 KiB 4 1 2
12.50% 8.0 KiB 2 2 0
12.50% 8.0 KiB 2 1 1" --by order "$d"
	rows "by migratetype" "50.00% 32.0 KiB 8 1 Unmovable
37.50% 24.0 KiB 6 3 Movable
12.50% 8.0 KiB 2 1 Reclaimable" --by migratetype "$d"
	rows "by allocator" "87.50% 56.0 KiB 14 4 others
12.50% 8.0 KiB 2 1 slab" --by allocator "$d"
	rows "two keys" "50.00% 32.0 KiB 8 1 init 0
25.00% 16.0 KiB 4 1 bash 1
12.50% 8.0 KiB 2 2 bash 0
12.50% 8.0 KiB 2 1 a b 1" --by node,comm "$d"
	rows "--top" "50.00% 32.0 KiB 8 1 b [drv] < z
50.00% 32.0 KiB 8 in 3 more rows (--top 0 shows all)" --top 1 "$d"
}

report_filter_tests() {
	rows "comm=" "100.00% 8.0 KiB 2 1 a b" --by comm --filter "comm=a b" "$d"
	rows "a pattern" "100.00% 32.0 KiB 8 1 init" --by comm --filter "comm=in*" "$d"
	rows "two values" "80.00% 32.0 KiB 8 1 init
20.00% 8.0 KiB 2 1 a b" --by comm --filter "comm=init,a b" "$d"
	rows "!=" "75.00% 24.0 KiB 6 3 bash
25.00% 8.0 KiB 2 1 a b" --by comm --filter comm!=init "$d"
	rows "two filters" "100.00% 20.0 KiB 5 2 10" --by pid --filter pid=10 \
		--filter "stack=a" "$d"
	rows "a range" "75.00% 24.0 KiB 6 3 10
25.00% 8.0 KiB 2 1 30" --by pid --filter pid=1-15,30-40 "$d"
	for f in "order>=3" "order>2" "pages>4" "module=drv" "migratetype=Unmov*" \
		 "ts=3s" "ts=3000ms" "pfn=3000000000" "pfn=0xb2d05e00" "stack=b"; do
		rows "$f" "100.00% 32.0 KiB 8 1 20" --by pid --filter "$f" "$d"
	done
	rows "order<=0" "100.00% 8.0 KiB 2 2 10" --by pid --filter "order<=0" "$d"
	rows "order<1" "100.00% 8.0 KiB 2 2 10" --by pid --filter "order<1" "$d"
	rows "node=" "66.67% 16.0 KiB 4 1 10
33.33% 8.0 KiB 2 1 30" --by pid --filter "node=1" "$d"
	rows "memcg=" "100.00% 16.0 KiB 4 1 10" --by pid --filter "memcg=/one" "$d"
	rows "allocator=" "100.00% 8.0 KiB 2 1 30" --by pid --filter allocator=SLAB "$d"
	absent_tests
	range_tests
	says "a filter that nothing passes" 0 "no record" report --filter pid=1 "$d"
	for f in nokey=1 pid "pid=x" "pid<1,2" "pid=9-1" "ts=1q" "comm" "pid=1--2" "pid=--" \
		 "pid=" "pid<1-" "pid<-" "pid=1-x" "state=-" "ni=1" "nidx=1"; do
		says "--filter $f" 2 "--filter '$f'" report --filter "$f" "$d"
	done
	says "a migrate type in other letters" 2 "it is spelled Unmovable" \
		report --filter migratetype=unmovable "$d"
	says "a zone in other letters" 2 "it is spelled DMA32" report --filter zone=dma32 "$d"
	says "age wants a clock" 1 "does not say when" report --filter "age>1" "$d"
	test_that "what passes is not known then" \
		sh -c "! grep 'passes the filter' '$tmp/stderr'"
}

# What a report shows as "-" can be asked for.
absent_tests() {
	rows "memcg=-" "100.00% 40.0 KiB 10 3 -" --by memcg --filter memcg=- "$d"
	rows "memcg!=-" "66.67% 16.0 KiB 4 1 /one
33.33% 8.0 KiB 2 1 offline memcg /two" --by memcg --filter memcg!=- "$d"
	rows "memcg=-,/one" "71.43% 40.0 KiB 10 3 -
28.57% 16.0 KiB 4 1 /one" --by memcg --filter memcg=-,/one "$d"
	rows "module=-" "100.00% 32.0 KiB 8 4 -" --by module --filter module=- "$d"
	rows "node!=-" "62.50% 40.0 KiB 10 3 0
37.50% 24.0 KiB 6 2 1" --by node --filter node!=- "$d"
	printf "$h 0, mask 0x280da\nPFN 1234 Block 2 type 2 Flags   R\n\n" >"$tmp/d2"
	for key in pid tgid comm node zone migratetype stack ts module memcg; do
		rows "$key=-, a record without" "100.00% 4.0 KiB 1 1 0" --by order \
			--filter "$key=-" "$tmp/d2"
		rows "$key!=-, a record without" "" --by order --filter "$key!=-" "$tmp/d2"
	done
	rows "pid=-, records with one" "" --filter pid=- "$d"
	full 0 10 - 1000000000 0 Movable a >"$tmp/d2"
	rows "a task that is called -" "100.00% 4.0 KiB 1 1 -" --by comm \
		--filter 'comm=\-' --filter comm!=- "$tmp/d2"
}

# Numbers: N, N-M, N- and -M, as the kernel's filter has them
range_tests() {
	for f in "order=3-" "order=3-9" "order=3,7-" "pages=8-" "ts=3s-3s" "pid=11-29" \
		 "tgid=20-20" "pfn=0xb2d05e00-3000000000" "zone=-1,5" "node=-0" "nid=0"; do
		rows "$f" "100.00% 32.0 KiB 8 1 20" --by pid --filter "$f" --filter pid=20 "$d"
	done
	rows "order=-1" "50.00% 8.0 KiB 2 2 10
50.00% 8.0 KiB 2 1 30" --by pid --filter order=-1 --filter node=-0,1- "$d"
	rows "zone=2-" "" --by pid --filter "zone=2-" "$d"
}

report_tree_tests() {
	gives "report --tree" 0 "$report_head
  share      memory  outermost caller, and whom it called
100.00%    64.0 KiB  z
 50.00%    32.0 KiB    b [drv]
 31.25%    20.0 KiB    a
 18.75%    12.0 KiB    c
 12.50%     8.0 KiB      new_slab
  6.25%     4.0 KiB      (itself)
" report --tree "$d"
	gives "report --tree -v" 0 "$report_head
  share      memory  outermost caller, and whom it called
100.00%    64.0 KiB  z
 50.00%    32.0 KiB    b [drv]
                       __alloc_pages
 31.25%    20.0 KiB    a
                       __alloc_pages
 18.75%    12.0 KiB    c
 12.50%     8.0 KiB      new_slab
                         alloc_pages
  6.25%     4.0 KiB      __alloc_pages
" report --tree -v "$d"
	gives "report --tree=callees --min-share" 0 "$report_head
  share      memory  who asked, and who called that
 50.00%    32.0 KiB  b [drv]
                     z
 31.25%    20.0 KiB  a
                     z
 18.75%    12.0 KiB  (2 smaller)
" report --tree=callees --min-share 20 "$d"
	says "--tree of something" 2 "callers or callees" report --tree=x "$d"
	says "--tree and --by" 2 "--tree is by stack" report --tree --by pid "$d"
	says "--min-share of something" 2 "--min-share" report --min-share x "$d"
}

report_input_tests() {
	"$owner" report "$d" >"$tmp/want.report"
	for how in "-i $d" "--input=$d" "--functions $d" "--threads 3 $d"; do
		run report $how
		test_that "report: $how" cmp "$tmp/want.report" "$tmp/stdout"
	done
	"$owner" report - <"$d" >"$tmp/stdout"
	test_that "report: standard input" cmp "$tmp/want.report" "$tmp/stdout"
	cat "$d" | "$owner" report -i - >"$tmp/stdout"
	test_that "report: a pipe" cmp "$tmp/want.report" "$tmp/stdout"
	(cd "$tmp" && cp full page_owner.data && "$owner" report) >"$tmp/stdout"
	test_that "report: the default file" cmp "$tmp/want.report" "$tmp/stdout"
	rm "$tmp/page_owner.data"
	(cd "$tmp" && rc=0 && "$owner" report 2>"$tmp/stderr" || rc=$?; test $rc = 1)
	test_that "report: without it, says what to do" grep -q "page_owner record" "$tmp/stderr"
	run report -o "$tmp/report.out" "$d"
	test_that "report -o" cmp "$tmp/want.report" "$tmp/report.out"
	sed 's/$/\r/' "$d" >"$tmp/d2"
	run report "$tmp/d2"
	test_that "report: CRLF" cmp "$tmp/want.report" "$tmp/stdout"
	head -c 660 "$d" >"$tmp/d2"
	says "report: cut off" 3 "in the middle of a line" report "$tmp/d2"
	# The name must not reach into the next record, short as that may begin.
	{
		printf 'Page allocated via order 0, mask 0x0(), pid 0, tgid 0 (sw\n'
		printf 'Page allocated via order 1, mask 0x0(), pid 0, tgid 0 (x), ts 5 ns\n\n'
	} >"$tmp/d2"
	says "report: cut off in a name" 3 "1 records read, 1 lost" report "$tmp/d2"
	says "report: no such file" 1 "cannot open" report "$tmp/none"
	says "report: two inputs" 2 "takes one input" report "$d" "$d"
	says "report: an unknown key" 2 "does not know the key 'x'" report --by pid,x "$d"
	says "report: --top of something" 2 "--top wants a number" report --top x "$d"
	says "report: nothing in it" 1 "has no records" report /dev/null
	{
		printf ' a+0x1/0x2\n z+0x1/0x2\nhandle: 5\nnr_base_pages: 3\n\n'
		printf ' z+0x1/0x2\nnr_base_pages: 1\n\n'
	} >"$tmp/stacks"
	gives "report: show_stacks" 0 "2 stacks, 4 pages, 16.0 KiB

  share      memory      pages    stacks  stack, innermost function first
 75.00%    12.0 KiB          3         1  a < z
 25.00%     4.0 KiB          1         1  z
" report "$tmp/stacks"
	printf "$h 0, $mask, pid 1, tgid 1 (x), ts 1 ns\n$pfn\nhandle: 5\n\n" >"$tmp/d2"
	rows "a handle" "100.00% 4.0 KiB 1 1 a < z" --handles "$tmp/stacks" "$tmp/d2"
	says "report: handles only" 0 "has no frames" report "$tmp/d2"
	printf 'text\n handle\n\n' >>"$tmp/stacks"
	says "report: damaged stacks" 3 "1 lost" report "$tmp/stacks"
	gives "report -v" 0 "\
1 allocations, 8 pages, 32.0 KiB (of 5 records; the rest is filtered out)

${numbers}stack, innermost function first
100.00%    32.0 KiB          8         1  b [drv] < z
        oldest 0 ms ago, newest 0 ms ago
        __alloc_pages+0x1/0x20
        b+0x1/0x20 [drv]
        z+0x1/0x20

" report -v --filter pid=20 "$d"
}

# The same counts whatever the number of threads: each part of the file begins
# in the middle of something.
report_thread_tests() {
	"$gen" 6.9 60000 300 >"$tmp/many"
	"$tmp/plain/page_owner" report --top 0 --threads 1 "$tmp/many" >"$tmp/one"
	for n in 2 3 7; do
		"$tmp/plain/page_owner" report --top 0 --threads $n "$tmp/many" >"$tmp/more"
		test_that "report: $n threads" cmp "$tmp/one" "$tmp/more"
	done
	run report --top 0 --threads 2 "$tmp/many"
	test_that "report: 2 threads, sanitized" cmp "$tmp/one" "$tmp/stdout"
	"$owner" report --top 0 - <"$tmp/many" >"$tmp/more"
	test_that "report: as a stream" cmp "$tmp/one" "$tmp/more"
	head -c 30000000 "$tmp/many" >"$tmp/d2"
	run report --threads 1 "$tmp/d2"
	cp "$tmp/stderr" "$tmp/want"
	run report --threads 3 "$tmp/d2"
	test_that "report: damage is the same with threads" cmp "$tmp/want" "$tmp/stderr"
}

report_packed_tests() {
	"$owner" --version >"$tmp/version"
	if grep -q "gzip: yes" "$tmp/version"; then
		gzip -c "$d" >"$tmp/d.gz"
		run report "$tmp/d.gz"
		test_that "report: gzip" cmp "$tmp/want.report" "$tmp/stdout"
		cat "$d" "$d" >"$tmp/d2"
		cat "$tmp/d.gz" "$tmp/d.gz" >"$tmp/d2.gz"
		"$owner" report "$tmp/d2" >"$tmp/want"
		run report "$tmp/d2.gz"
		test_that "report: two gzips in one" cmp "$tmp/want" "$tmp/stdout"
		head -c 250 "$tmp/d.gz" >"$tmp/d2.gz"
		says "report: a gzip cut off" 3 "ends too early" report "$tmp/d2.gz"
		{ head -c 150 "$tmp/d.gz"; echo damage; tail -c +157 "$tmp/d.gz"; } >"$tmp/d2.gz"
		says "report: a damaged gzip" 3 "is damaged" report "$tmp/d2.gz"
	else
		skip "gzip" "built without zlib"
	fi
	if grep -q "zstd: yes" "$tmp/version" && command -v zstd >/dev/null; then
		zstd -qc "$d" >"$tmp/d.zst"
		run report "$tmp/d.zst"
		test_that "report: zstd" cmp "$tmp/want.report" "$tmp/stdout"
		cat "$tmp/d.zst" "$tmp/d.zst" >"$tmp/d2.zst"
		cat "$d" "$d" >"$tmp/d2"
		"$owner" report "$tmp/d2" >"$tmp/want"
		run report "$tmp/d2.zst"
		test_that "report: two zstds in one" cmp "$tmp/want" "$tmp/stdout"
		test_that "report: two dumps in one are both read" \
			grep -q "^10 allocations" "$tmp/want"
		head -c 250 "$tmp/d.zst" >"$tmp/d2.zst"
		says "report: a zstd cut off" 3 "ends too early" report "$tmp/d2.zst"
		{ head -c 150 "$tmp/d.zst"; echo damage; tail -c +157 "$tmp/d.zst"; } >"$tmp/d2.zst"
		says "report: a damaged zstd" 3 "is damaged" report "$tmp/d2.zst"
	else
		skip "zstd" "there is no zstd"
	fi
	mkdir "$tmp/bare"
	make -s OUTPUT="$tmp/bare" CC="$CC" ZLIB= ZSTD= LDFLAGS= \
		CFLAGS="-O1 -Werror" "$tmp/bare/page_owner" "$tmp/bare/page_owner_sort"
	"$tmp/bare/page_owner" --version >"$tmp/bare.version"
	test_that "--version tells what is missing" \
		sh -c 'grep -q "gzip: no" "$1" && grep -q "zstd: no" "$1"' sh "$tmp/bare.version"
	gzip -c "$d" >"$tmp/d.gz"
	prog=$tmp/bare/page_owner
	says "gzip without zlib" 1 "built without that library" report "$tmp/d.gz"
	prog=$tmp/bare/page_owner_sort
	says "sorting gzip without zlib" 1 "is packed with gzip" "$tmp/d.gz" "$tmp/none"
	test_that "and nothing is written" test ! -e "$tmp/none"
	prog=$owner
}

# A binary dump says what it was filtered by.
raw_filter_tests() {
	run report "$tmp/d.raw"
	test_that "report: binary, without a filter" \
		sh -c '! grep -q "recorded with" "$1"' sh "$tmp/stdout"
	python3 tests/rawgen.py 'comm=a\x20b,bash' order=0-3 <"$d" >"$tmp/d2"
	run report "$tmp/d2"
	test_that "report: binary, with a filter" \
		grep -qxF 'recorded with: comm=a\x20b,bash order=0-3' "$tmp/stdout"
	prog=$tmp/tested/page_owner_decode
	says "decode: the filter is on standard error" 0 \
		'd2 was recorded with a filter: comm=a\x20b,bash order=0-3' "$tmp/d2"
	cp "$tmp/stdout" "$tmp/want"
	run "$tmp/d.raw"
	test_that "decode: and not in the text" cmp "$tmp/want" "$tmp/stdout"
	test_that "decode: without a filter, nothing is said" test ! -s "$tmp/stderr"
	prog=$owner
	says "diff: filters that differ, binary" 0 "$tmp/d2 with comm=a" diff "$tmp/d.raw" "$tmp/d2"
	echo | python3 tests/rawgen.py order=9 >"$tmp/d2"
	says "report: binary, and nothing passed the filter" 0 "none passed the filter of record" \
		report "$tmp/d2"
}

# The version follows the magic and the byte order; see the format's header.
unknown_tests() {
	at=12
	{ head -c "$at" "$tmp/d.raw"; printf '\377\377'; tail -c +$((at + 3)) "$tmp/d.raw"; } \
		>"$tmp/d2"
	for prog in "$owner" "$sort"; do
		[ "$prog" = "$owner" ] && set -- report "$tmp/d2" || set -- "$tmp/d2" -
		says "${prog##*/}: an unknown version is unknown" 3 \
			"is unknown to this program" "$@"
		test_that "and neither damaged nor a kernel without page_owner" \
			sh -c '! grep -q "is damaged\|page_owner=on" "$1"' sh "$tmp/stderr"
	done
	prog=$owner
}

# A binary dump, bare, packed, in a capture, and cut off anywhere
# A record of a binary dump that cannot be is left out, counted, and said.
spoilt_tests() {
	all=$(grep -c ^Page "$d")
	for case in "s/order 3,/order 60,/:no order" "s/^ b+.*/ more/:is no frame"; do
		sed "${case%%:*}" "$d" | python3 tests/rawgen.py >"$tmp/d2.raw"
		says "binary dumps: ${case##*:}" 3 "1 lost; the first at byte" report "$tmp/d2.raw"
		test_that "and why" grep -q "${case##*:}" "$tmp/stderr"
		test_that "and all others are there" \
			grep -q "is damaged: $((all - 1)) records read" "$tmp/stderr"
	done
}

report_raw_tests() {
	if ! command -v python3 >/dev/null; then
		skip "binary dumps" "there is no python3"
		return
	fi
	python3 tests/rawgen.py <"$d" >"$tmp/d.raw"
	for keys in stack comm pid memcg module node order migratetype allocator; do
		"$owner" report --by $keys "$d" >"$tmp/want"
		run report --by $keys "$tmp/d.raw"
		test_that "report: binary, by $keys" cmp "$tmp/want" "$tmp/stdout"
	done
	rows "binary dumps know the zones' names" "100.00% 64.0 KiB 16 5 Normal" \
		--by zone "$tmp/d.raw"
	rows "binary dumps know the time" "100.00% 4.0 KiB 1 1 10" \
		--by pid --filter "age<95" "$tmp/d.raw"
	# They are taken at 99 s, and the oldest of 98 s.
	for f in age=98 age=98- age=98s age=97-98; do
		rows "binary dumps, $f" "100.00% 4.0 KiB 1 1 10" --by pid --filter "$f" \
			--filter ts=1s "$tmp/d.raw"
	done
	full 0 10 bash 500000000 0 Movable a >"$tmp/d2"
	python3 tests/rawgen.py <"$tmp/d2" >"$tmp/d2.raw"
	rows "ages without a unit are whole seconds" "100.00% 4.0 KiB 1 1 10" --by pid \
		--filter age=98 --filter age=-98 --filter age=90-98 "$tmp/d2.raw"
	rows "ages with one are not" "" --by pid --filter age=98s "$tmp/d2.raw"
	if grep -q "gzip: yes" "$tmp/version"; then
		gzip -c "$tmp/d.raw" >"$tmp/d2.gz"
		run report "$tmp/d2.gz"
		test_that "report: binary, packed" cmp "$tmp/want.report" "$tmp/stdout"
	fi
	spoilt_tests
	unknown_tests
	size=$(wc -c <"$tmp/d.raw")
	{
		printf 'page_owner capture 1\nsection dump %d\n' "$size"
		cat "$tmp/d.raw"
		printf '\nsection end %d\nbytes %d\n\n' $((${#size} + 7)) "$size"
	} >"$tmp/d2"
	run report "$tmp/d2"
	test_that "report: binary, in a capture" grep -q "5 allocations" "$tmp/stdout"
	test_that "report: that capture is whole" test "$rc" = 0
	cat "$tmp/d.raw" "$tmp/d.raw" >"$tmp/d2"
	says "report: two binary dumps in one" 3 "$size bytes follow its end" report "$tmp/d2"
	{ cat "$tmp/d.raw"; printf 'x'; } >"$tmp/d2"
	says "report: a byte behind a binary dump" 3 "1 bytes follow its end" report "$tmp/d2"
	raw_filter_tests
	head -c $((size - 30)) "$tmp/d.raw" >"$tmp/d2"
	prog=$tmp/tested/page_owner_decode
	says "decode: a cut says how much was decoded" 3 "$tmp/d2: the capture is cut off" "$tmp/d2"
	test_that "which is the number of records" grep -q \
		"; $(grep -c ^Page "$tmp/stdout") records decoded" "$tmp/stderr"
	says "decode: a folder" 1 "cannot read $tmp: Is a directory" "$tmp"
	prog=$owner
	bad=
	at=8
	while [ $at -lt "$size" ]; do
		head -c $at "$tmp/d.raw" >"$tmp/d2"
		run report "$tmp/d2"
		[ "$rc" = 3 ] || bad="$bad $at:$rc"
		at=$((at + 61))
	done
	test_that "binary dumps that are cut off are damaged:$bad" test -z "$bad"
}

# Of pages that are free: told apart from what is held, in any form of the dump
report_freed_tests() {
	freed_dump >"$tmp/freed"
	{ cat "$d"; cat "$tmp/freed"; } >"$tmp/mixed"
	sed '1s/.*/&\nand 3 free blocks, 20.0 KiB, which --filter state=free shows/' \
		"$tmp/want.report" >"$tmp/want.mixed"
	run report "$tmp/mixed"
	test_that "report: free pages are not held" cmp "$tmp/want.mixed" "$tmp/stdout"
	free_head="3 free blocks, 5 pages, 20.0 KiB"
	shown="
${numbers}stack, innermost function first
 80.00%    16.0 KiB          4         2  a < z
 20.00%     4.0 KiB          1         1  b < z
"
	gives "report: --filter state=free" 0 "$free_head
$shown" report --filter state=free "$tmp/freed"
	gives "report: --filter state=free, others there" 0 "$free_head
and 5 allocations, 64.0 KiB, which are not shown here
$shown" report --filter state=free "$tmp/mixed"
	gives "report: --filter state!=allocated" 0 "$free_head
$shown" report --filter state!=allocated "$tmp/freed"
	rows "free pages of a name" "100.00% 4.0 KiB 1 1 <unknown>" --by comm \
		--filter state=free --filter 'comm=<*' "$tmp/mixed"
	says "report: only free pages, and not asked for" 0 "--filter state=free shows them" \
		report "$tmp/freed"
	says "report: a state that is none" 2 "allocated or free" report --filter state=x "$d"
	says "report: two states" 2 "allocated or free" \
		report --filter state=free,allocated "$d"
	for n in 1 3; do
		{ cat "$tmp/mixed"; "$gen" freed 60000 300; } >"$tmp/many"
		"$tmp/plain/page_owner" report --filter state=free --threads $n "$tmp/many" \
			>"$tmp/threads.$n"
	done
	test_that "report: free pages, with threads" cmp "$tmp/threads.1" "$tmp/threads.3"
	"$owner" diff "$d" "$tmp/mixed" >"$tmp/stdout"
	test_that "diff: what was freed has not grown" \
		grep -q "64.0 KiB, then 64.0 KiB" "$tmp/stdout"
	"$owner" export --format folded "$tmp/mixed" >"$tmp/stdout"
	"$owner" export --format folded "$d" >"$tmp/want"
	test_that "export: free pages are not held" cmp "$tmp/want" "$tmp/stdout"
	command -v python3 >/dev/null || return 0
	python3 tests/rawgen.py <"$tmp/mixed" >"$tmp/d.raw"
	run report "$tmp/d.raw"
	test_that "report: binary, free pages" cmp "$tmp/want.mixed" "$tmp/stdout"
	"$owner" report --filter state=free "$tmp/mixed" >"$tmp/want"
	run report --filter state=free "$tmp/d.raw"
	test_that "report: binary, --filter state=free" cmp "$tmp/want" "$tmp/stdout"
	# Since 98.2 s; its age as of the allocation would be more.
	freed 0 1 x 500 98200000000 a >"$tmp/d2"
	python3 tests/rawgen.py <"$tmp/d2" >"$tmp/d.raw"
	rows "the age of free pages is that of the free" "100.00% 4.0 KiB 1 1 a" \
		--filter state=free --filter "age<1" "$tmp/d.raw"
}

# page_owner=lean: there are no times, and a binary dump says so
report_lean_tests() {
	sed 's/, ts [0-9]* ns/, ts 0 ns/' "$d" >"$tmp/d2"
	run report -v "$tmp/d2"
	test_that "report: without times, no age" sh -c '! grep -q oldest "$1"' sh "$tmp/stdout"
	{ cat "$tmp/d2"; cat "$tmp/d2"; } >"$tmp/d3"
	run leaks "$tmp/d2" "$tmp/d3"
	test_that "leaks: without times, none is said" \
		grep -q "^2 captures without their times: " "$tmp/stdout"
	test_that "leaks: without times, no age" \
		sh -c '! grep -q "still there" "$1" && grep -q "do not tell the age" "$1"' \
		sh "$tmp/stdout"
	command -v python3 >/dev/null || return 0
	python3 tests/rawgen.py lean <"$tmp/d2" >"$tmp/d.raw"
	"$owner" report "$tmp/d2" >"$tmp/want"
	run report "$tmp/d.raw"
	test_that "report: binary, lean" cmp "$tmp/want" "$tmp/stdout"
	says "report: binary, lean, by age" 1 "page_owner=lean" report --filter "age>1" "$tmp/d.raw"
	"$tmp/tested/page_owner_decode" "$tmp/d.raw" >"$tmp/stdout"
	test_that "decode: lean" test "$(grep -c ', ts 0 ns$' "$tmp/stdout")" = 5
}

report_tests() {
	d=$tmp/full
	full_dump >"$d"
	says "no command" 2 "Usage"
	says "an unknown command" 2 "no command 'x'" x
	report_key_tests
	report_filter_tests
	report_tree_tests
	report_input_tests
	report_thread_tests
	report_packed_tests
	report_raw_tests
	report_freed_tests
	report_lean_tests
}
