# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: page_owner export and diff. Sourced.

# The formats but folded, read by other programs' eyes, say what folded says.
same_export() {
	format=$1 name=$2
	shift 2
	run export --format "$format" -o "$tmp/export" "$@"
	if [ "$rc" = 0 ] && python3 tests/formats.py "$format" "$tmp/export" \
			>"$tmp/stdout" 2>"$tmp/stderr" &&
			cmp "$tmp/want.folded" "$tmp/stdout" >/dev/null
	then pass "export: $format, $name"
	else fail "export: $format, $name" "exit status $rc
$(diff "$tmp/want.folded" "$tmp/stdout")
$(cat "$tmp/stderr")"; fi
}

sum_folded() {
	LC_ALL=C awk '{ n = $NF; sub(/ [0-9]+$/, ""); sum[$0] += n }
		END { for (s in sum) print s, sum[s] }' | LC_ALL=C sort
}

export_tests() {
	gives "export: folded" 0 "z;b [drv] 32768
z;a 20480
z;c;new_slab 8192
z;c 4096
" export --format folded "$d"
	gives "export: folded, whole stacks" 0 "z;b [drv];__alloc_pages 32768
z;a;__alloc_pages 20480
z;c;new_slab;alloc_pages 8192
z;c;__alloc_pages 4096
" export --format folded -v "$d"
	gives "export: folded, keys" 0 "comm init;node 0 32768
comm bash;node 1 16384
comm bash;node 0 8192
comm a b;node 1 8192
" export --format=folded --by node,comm "$d"
	gives "export: openmetrics" 0 "\
# HELP page_owner_recorded_bytes Memory that has a record of its owner.
# TYPE page_owner_recorded_bytes gauge
page_owner_recorded_bytes 65536
# HELP page_owner_recorded_allocations Allocations that have a record.
# TYPE page_owner_recorded_allocations gauge
page_owner_recorded_allocations 5
# HELP page_owner_owners Different owners, of which the largest are below.
# TYPE page_owner_owners gauge
page_owner_owners 3
# HELP page_owner_lost_records Records that were damaged.
# TYPE page_owner_lost_records gauge
page_owner_lost_records 0
# HELP page_owner_input_damaged 1 if records are missing, as the input is damaged or cut.
# TYPE page_owner_input_damaged gauge
page_owner_input_damaged 0
# HELP page_owner_bytes Memory by its owner.
# TYPE page_owner_bytes gauge
page_owner_bytes{comm=\"init\"} 32768
page_owner_bytes{comm=\"bash\"} 24576
# HELP page_owner_allocations Allocations by their owner.
# TYPE page_owner_allocations gauge
page_owner_allocations{comm=\"init\"} 1
page_owner_allocations{comm=\"bash\"} 3
# EOF
" export --format openmetrics --by comm --top 2 "$d"
	run export --format openmetrics "$d"
	test_that "export: openmetrics names the function that asked" \
		grep -q '^page_owner_bytes{.*stack="[0-9a-f]*",function="b"} 32768$' \
		"$tmp/stdout"
	says "export: no format" 2 "wants a --format" export "$d"
	says "export: an unknown format" 2 "no format 'x'" export --format x "$d"
	says "export: a format of stacks" 2 "add the key stack" export --format pprof --by pid "$d"
	says "export: no such input" 1 "cannot open" export --format folded "$tmp/none"
	head -c 660 "$d" >"$tmp/d2"
	says "export: damaged input" 3 "in the middle" export --format folded "$tmp/d2"
	run export --format openmetrics "$tmp/d2"
	test_that "export: openmetrics of damaged input says so" \
		grep -qx "page_owner_input_damaged 1" "$tmp/stdout"
	run export --format json "$tmp/d2"
	test_that "export: json of damaged input says so" grep -qx '"complete":false,' "$tmp/stdout"
	run export --format json "$d"
	test_that "export: json of whole input says so" grep -qx '"complete":true,' "$tmp/stdout"
	export_control_tests
	if ! command -v python3 >/dev/null; then
		skip "export: other formats" "there is no python3"
		return
	fi
	"$owner" export --format folded "$d" | sum_folded >"$tmp/want.folded"
	for f in speedscope flamegraph; do
		same_export $f "a known dump" "$d"
	done
	same_export pprof "a known dump" --by stack "$d"
	"$owner" export --format folded -v "$d" | sum_folded >"$tmp/want.folded"
	for f in speedscope json flamegraph; do
		same_export $f "a known dump, whole stacks" -v "$d"
	done
	same_export pprof "a known dump, whole stacks" -v --by stack "$d"
	"$gen" 6.12 3000 200 >"$tmp/d2"
	"$owner" export --format folded "$tmp/d2" | sum_folded >"$tmp/want.folded"
	same_export speedscope "a larger one" "$tmp/d2"
	same_export pprof "a larger one" --by stack "$tmp/d2"
	"$owner" export --format folded -v "$tmp/d2" | sum_folded >"$tmp/want.folded"
	same_export json "a larger one" "$tmp/d2"
	"$owner" export --format folded --by stack,comm,pid,memcg,node "$d" |
		sum_folded >"$tmp/want.folded"
	same_export pprof "labels" "$d"
	forged='x";</g>,'
	{
		printf "$h 0, $mask, pid 1, tgid 1 (%s), ts 1 ns\n" "$forged"
		printf 'PFN 0x1 Block 1 type 1 Flags R\n a;<b>"&+0x1/0x2\n z\001\377+0x1/0x2\n\n'
	} >"$tmp/d2"
	gives "export: forged names, folded" 0 "z_$(printf '\377');a:<b>\"& 4096
" export --format folded "$tmp/d2"
	printf 'z\001\357\277\275;a;<b>"& 4096\n' >"$tmp/want.folded"
	same_export speedscope "forged names" "$tmp/d2"
	printf 'z\357\277\275\357\277\275;a;<b>"& 4096\n' >"$tmp/want.folded"
	same_export flamegraph "forged names" "$tmp/d2"
	run export --format openmetrics --by comm "$tmp/d2"
	test_that "export: openmetrics, forged names" \
		grep -qF 'page_owner_bytes{comm="x\";</g>,"} 4096' "$tmp/stdout"
}

# spares NAME FILE ARGUMENT...: an output that is an input, under any of its names
spares() {
	spared=$1 file=$2
	shift 2
	cp "$file" "$tmp/spared"
	ln -f "$file" "$tmp/spared.hard"
	for name in "$file" "$tmp/spared.hard"; do
		says "$spared: output equal to input" 1 "is the input too" "$@" -o "$name"
		test_that "and left as it was" cmp "$tmp/spared" "$file"
	done
	rm "$tmp/spared.hard"
}

# keeps NAME STATUS COMMAND...: nothing can be read of an input, so the output stays
keeps() {
	kept=$1
	shift
	echo old >"$tmp/out"
	says "$kept" "$@" -o "$tmp/out"
	test_that "$kept: the old output stays" test "$(cat "$tmp/out")" = old
}

nothing_tests() {
	head -c 5000 /dev/zero >"$tmp/zeros"
	printf 'page_owner capture 1\nsection info 9\nfil' >"$tmp/head"
	: >"$tmp/empty"
	none="page_owner capture 1
section info 15
filter comm=dd

section end 8
bytes 0

"
	printf %s "$none" >"$tmp/filtered"
	for f in zeros head; do
		keeps "report of nothing but damage, $f" 3 "no record of" report "$tmp/$f"
		keeps "export of nothing but damage, $f" 3 "no record of" \
			export --format json "$tmp/$f"
		keeps "leaks of nothing but damage, $f" 3 "no record of" \
			leaks "$tmp/old" "$tmp/$f"
		keeps "diff with nothing but damage, $f" 3 "no record of" \
			diff "$tmp/$f" "$tmp/new"
		test_that "and no hint that is wrong" \
			sh -c '! grep -q page_owner=on "$1"' sh "$tmp/stderr"
		echo old >"$tmp/out"
		rc=0
		"$sort" "$tmp/$f" "$tmp/out" 2>"$tmp/stderr" || rc=$?
		test_that "sort of nothing but damage, $f" test "$rc" = 3
		test_that "and the old output stays" test "$(cat "$tmp/out")" = old
		test_that "and no hint that is wrong for it" \
			sh -c '! grep -q page_owner=on "$1"' sh "$tmp/stderr"
	done
	keeps "export of nothing" 1 "has no records" export --format json "$tmp/empty"
	keeps "diff with nothing" 1 "has no records" diff --exit-code "$tmp/old" "$tmp/empty"
	says "what a filter left out is nothing, and that is fine" 0 "none passed the filter" \
		diff --exit-code "$tmp/old" "$tmp/filtered"
	says "also if left out here" 0 "no record of" \
		diff --exit-code --filter pid=99 "$tmp/old" "$tmp/new"
}

spare_tests() {
	spares report "$tmp/new" report "$tmp/new"
	spares export "$tmp/new" export --format json "$tmp/new"
	spares "diff, OLD" "$tmp/old" diff "$tmp/old" "$tmp/new"
	spares "diff, NEW" "$tmp/new" diff "$tmp/old" "$tmp/new"
	spares "leaks" "$tmp/new" leaks "$tmp/old" "$tmp/new"
	spares "annotate" "$tmp/new" annotate --vmlinux "$tmp/old" "$tmp/new"
	spares "annotate, vmlinux" "$tmp/old" annotate --vmlinux "$tmp/old" "$tmp/new"
	spares "report --handles" "$tmp/stacks" report --handles "$tmp/stacks" "$tmp/new"
	mkdir -p "$tmp/copy"
	cp "$d" "$tmp/copy/page_owner"
	spares "record of a copy" "$tmp/copy/page_owner" record --debugfs "$tmp/copy"
	cp "$tmp/new" "$tmp/spared"
	rc=0
	"$owner" report - <"$tmp/new" >>"$tmp/new" 2>"$tmp/stderr" || rc=$?
	test_that "report: output equal to input, as standard files" test "$rc" = 1
	test_that "and left as it was" cmp "$tmp/spared" "$tmp/new"
}

# No task name may speak to the terminal, nor end a line.
export_control_tests() {
	full 0 1 "$(printf 'x\033[2J\001\177\ty')" 1000000000 0 Movable \
		"__alloc_pages a z" >"$tmp/d2"
	run export --format openmetrics --by comm "$tmp/d2"
	test_that "export: openmetrics, control characters" \
		grep -qF 'page_owner_bytes{comm="x\\033[2J\\001\\177\\011y"} 4096' "$tmp/stdout"
	test_that "export: openmetrics, no control characters at all" \
		sh -c '! LC_ALL=C tr -d "\n" <"$1" | LC_ALL=C grep -q "[[:cntrl:]]"' \
		sh "$tmp/stdout"
}

diff_tests() {
	{
		full 0 10 bash 1000000000 0 Movable "__alloc_pages a z"
		full 3 20 init 3000000000 0 Movable "__alloc_pages b:drv z"
		full 0 10 bash 5000000000 0 Movable "__alloc_pages c z"
	} >"$tmp/old"
	{
		full 0 10 bash 1000000000 0 Movable "__alloc_pages a z"
		full 0 10 bash 6000000000 0 Movable "__alloc_pages a z"
		full 2 30 init 7000000000 0 Movable "__alloc_pages b:drv z"
		full 0 10 bash 5000000000 0 Movable "__alloc_pages c z"
		full 4 10 bash 9000000000 0 Movable "__alloc_pages d z"
	} >"$tmp/new"
	full 3 10 bash 5000000000 0 Movable "__alloc_pages a z" >"$tmp/shrunk"
	head="      growth      before       after    times   oldest  owner
"
	gives "diff" 0 "40.0 KiB, then 92.0 KiB: +52.0 KiB

$head   +64.0 KiB         0 B    64.0 KiB       +1     0 ms  d < z
    +4.0 KiB     4.0 KiB     8.0 KiB       +1    8.0 s  a < z
        +0 B                                            1 more that did not change
   -16.0 KiB    32.0 KiB    16.0 KiB       +0    2.0 s  b [drv] < z
   +52.0 KiB    40.0 KiB    92.0 KiB       +2           all
" diff "$tmp/old" "$tmp/new"
	gives "diff --by" 0 "40.0 KiB, then 92.0 KiB: +52.0 KiB

$head   +68.0 KiB     8.0 KiB    76.0 KiB       +2    8.0 s  10  bash
   +16.0 KiB         0 B    16.0 KiB       +1    2.0 s  30  init
   -32.0 KiB    32.0 KiB         0 B       -1        -  20  init
   +52.0 KiB    40.0 KiB    92.0 KiB       +2           all
" diff --by comm,pid "$tmp/old" "$tmp/new"
	gives "diff --threshold --top" 4 "40.0 KiB, then 92.0 KiB: +52.0 KiB

$head   +64.0 KiB         0 B    64.0 KiB       +1     0 ms  d < z
    +4.0 KiB                                            2 more that changed by less, or not at all
   -16.0 KiB    32.0 KiB    16.0 KiB       +0    2.0 s  b [drv] < z
   +52.0 KiB    40.0 KiB    92.0 KiB       +2           all
" diff --threshold 16k --top 1 --exit-code "$tmp/old" "$tmp/new"
	gives "diff --top: more of both" 0 "40.0 KiB, then 32.0 KiB: -8.0 KiB

$head   +28.0 KiB     4.0 KiB    32.0 KiB       +0     0 ms  a < z
    -4.0 KiB                                            1 more that shrank (--top 0 shows all)
   -32.0 KiB    32.0 KiB         0 B       -1        -  b [drv] < z
    -8.0 KiB    40.0 KiB    32.0 KiB       -2           all
" diff --top 1 "$tmp/old" "$tmp/shrunk"
	gives "diff --top: and of what grew" 0 "32.0 KiB, then 40.0 KiB: +8.0 KiB

$head   +32.0 KiB         0 B    32.0 KiB       +1    2.0 s  b [drv] < z
    +4.0 KiB                                            1 more that grew (--top 0 shows all)
   -28.0 KiB    32.0 KiB     4.0 KiB       +0    4.0 s  a < z
    +8.0 KiB    32.0 KiB    40.0 KiB       +2           all
" diff --top 1 "$tmp/shrunk" "$tmp/old"
	# One owner has grown, though all of them together have shrunk.
	run diff --exit-code "$tmp/old" "$tmp/shrunk"
	test_that "diff --exit-code: one that has grown is enough" test "$rc" = 4
	run diff --exit-code --threshold 33K "$tmp/old" "$tmp/shrunk"
	test_that "diff --exit-code: it has to be by the threshold" test "$rc" = 0
	run diff --exit-code --by node "$tmp/old" "$tmp/shrunk"
	test_that "diff --exit-code: what has shrunk is none" test "$rc" = 0
	gives "diff of the same" 0 "40.0 KiB, then 40.0 KiB: +0 B

$head        +0 B                                            3 more that did not change
        +0 B    40.0 KiB    40.0 KiB       +0           all
" diff --exit-code "$tmp/old" "$tmp/old"
	sed 's/+0x1/+0x9/' "$tmp/new" >"$tmp/other"
	"$owner" diff --functions "$tmp/old" "$tmp/new" >"$tmp/want" || true
	run diff --functions "$tmp/old" "$tmp/other"
	test_that "diff --functions: of another build" cmp "$tmp/want" "$tmp/stdout"
	printf ' %s+0x1/0x20\n' __alloc_pages a z >"$tmp/stacks"
	printf 'nr_base_pages: 9\n\n' >>"$tmp/stacks"
	gives "diff: stacks" 0 "40.0 KiB, then 36.0 KiB: -4.0 KiB

$head   +32.0 KiB     4.0 KiB    36.0 KiB        -        -  a < z
    -4.0 KiB     4.0 KiB         0 B        -        -  c < z
   -32.0 KiB    32.0 KiB         0 B        -        -  b [drv] < z
    -4.0 KiB    40.0 KiB    36.0 KiB        -           all
" diff "$tmp/old" "$tmp/stacks"
	"$gen" 6.12 300 100 >"$tmp/d2"
	sed 's/+0x/+0x1/' "$tmp/d2" >"$tmp/other"
	says "diff: of two builds" 0 "few stacks are in both" diff "$tmp/d2" "$tmp/other"
	run diff --functions "$tmp/d2" "$tmp/other"
	test_that "diff: of two builds, --functions" test ! -s "$tmp/stderr"
	run diff "$tmp/d2" "$tmp/d2"
	test_that "diff: of one build" test ! -s "$tmp/stderr"
	says "diff: one input" 2 "wants two inputs" diff "$tmp/old"
	says "diff: standard input twice" 2 "only one of them" diff - - <"$tmp/old"
	says "leaks: standard input twice" 2 "only one of them" leaks - "$tmp/new" - <"$tmp/old"
	"$owner" diff "$tmp/old" "$tmp/new" >"$tmp/want"
	run diff - "$tmp/new" <"$tmp/old"
	test_that "diff: standard input once" cmp "$tmp/want" "$tmp/stdout"
	says "diff: -i" 2 "OLD NEW" diff -i "$tmp/old" "$tmp/new"
	says "diff: --threshold of something" 2 "--threshold wants" \
		diff --threshold x "$tmp/old" "$tmp/new"
	head -c 420 "$tmp/new" >"$tmp/d2"
	says "diff: damaged" 3 "in the middle" diff --exit-code "$tmp/old" "$tmp/d2"
	spare_tests
	nothing_tests
}
