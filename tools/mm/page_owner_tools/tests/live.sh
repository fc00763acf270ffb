# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: page_owner record, top, leaks and annotate, on
# files that stand for those of the kernel. Sourced.

fake_kernel() {
	mkdir -p "$tmp/debug/page_owner_stacks" "$tmp/proc/sys/kernel/random"
	echo "0a0a0a0a-0000-4000-8000-000000000001" >"$tmp/proc/sys/kernel/random/boot_id"
	cp "$d" "$tmp/debug/page_owner"
	printf ' a+0x1/0x2\nnr_base_pages: 3\n\n' >"$tmp/debug/page_owner_stacks/show_stacks"
	echo "Linux version 6.12.0 (who@where) #1" >"$tmp/proc/version"
	echo "root=/dev/x page_owner=on" >"$tmp/proc/cmdline"
	echo "machine" >"$tmp/proc/sys/kernel/hostname"
	cat >"$tmp/proc/zoneinfo" <<-END
		Node 0, zone      DMA
		        spanned  4095
		  start_pfn:           1
		Node 0, zone   Normal
		        spanned  1000
		  start_pfn:           4096
	END
	cat >"$tmp/proc/meminfo" <<-END
		MemTotal:            100 kB
		MemFree:              20 kB
		Buffers:               4 kB
		AnonPages:            20 kB
	END
}

record_in() {
	run record --debugfs "$tmp/debug" --proc "$tmp/proc" "$@"
}

record_tests() {
	fake_kernel
	"$owner" report "$d" | tail -n +2 >"$tmp/want.report"
	for how in zstd gzip none; do
		if [ $how != none ] && ! "$owner" --version | grep -q "$how: yes"; then
			skip "record --compress $how" "built without it"
			continue
		fi
		record_in -o "$tmp/capture.$how" --compress $how
		run report "$tmp/capture.$how"
		sed '1,2d; /^beside/,$d' "$tmp/stdout" | sed '$d' >"$tmp/got"
		test_that "record --compress $how" cmp "$tmp/want.report" "$tmp/got"
	done
	capture=$tmp/capture.none
	test_that "record: the kernel's name comes first" \
		sh -c 'head -n 1 "$1" | grep -q "^Linux version 6.12.0 on machine, 20.*UTC, up "' \
		sh "$tmp/stdout"
	sed -n '/^beside/,$p' "$tmp/stdout" >"$tmp/got"
	cat >"$tmp/want" <<-END
		beside /proc/meminfo
		  MemTotal                                100.0 KiB
		  MemFree                              -   20.0 KiB
		  in use                               =   80.0 KiB  100.0 %

		  recorded above                           64.0 KiB   80.0 %
		  recorded to nobody                   +   16.0 KiB   20.0 %
		  in use                               =   80.0 KiB  100.0 %

		  in lines of meminfo (1)                  24.0 KiB   30.0 %
		  in no line of meminfo (2)            +   56.0 KiB   70.0 %
		  in use                               =   80.0 KiB  100.0 %

		  (1) Buffers + AnonPages
		  (2) taken straight from the page allocator, by drivers, vmalloc and others:
		      meminfo does not tell for what, the rows above do
	END
	test_that "report: beside meminfo" cmp "$tmp/want" "$tmp/got"
	# More is recorded than is in use, and more is in the lines: the sums hold.
	sed 's/^MemFree: *20/MemFree:              50/; s/^Buffers: *4/Buffers:              40/' \
		"$capture" >"$tmp/d2"
	run report "$tmp/d2"
	sed -n '/recorded above/,/^$/p; /lines of meminfo (1)/,/^$/p' "$tmp/stdout" >"$tmp/got"
	cat >"$tmp/want" <<-END
		  recorded above                           64.0 KiB  128.0 %
		  recorded, but not in MemTotal        -   14.0 KiB   28.0 %
		  in use                               =   50.0 KiB  100.0 %

		  in lines of meminfo (1)                  60.0 KiB  120.0 %
		  in several of these lines            -   10.0 KiB   20.0 %
		  in use                               =   50.0 KiB  100.0 %

	END
	test_that "report: beside meminfo, with more than is in use" cmp "$tmp/want" "$tmp/got"
	rows "zones have names in a capture" "100.00% 64.0 KiB 16 5 Normal" --by zone "$capture"
	rows "and can be selected by them" "100.00% 64.0 KiB 16 5 Normal" --by zone \
		--filter zone=Normal "$capture"
	rows "also by a pattern, or by number" "100.00% 64.0 KiB 16 5 Normal" --by zone \
		--filter "zone=N*" --filter zone=1- "$capture"
	rows "a capture has ages" "62.50% 40.0 KiB 10 3 0
37.50% 24.0 KiB 6 2 1" --by node --filter "age>=0" "$capture"
	(umask 022; record_in -o "$tmp/private"; "$owner" report -o "$tmp/public" "$capture")
	test_that "record: a new capture is for its owner only" \
		test "$(stat -c %a "$tmp/private")" = 600
	test_that "report: a new output's mode is by the umask" \
		test "$(stat -c %a "$tmp/public")" = 644
	chmod 644 "$tmp/private"
	record_in -o "$tmp/private"
	test_that "record: also if it replaces one for all" \
		test "$(stat -c %a "$tmp/private")" = 600
	ln "$tmp/private" "$tmp/private.hard"
	chmod 664 "$tmp/private"
	record_in -o "$tmp/private"
	test_that "record: also if that has several links" \
		test "$(stat -c %a-%h "$tmp/private")" = 600-2
	if [ "$(id -u)" = 0 ]; then
		chown 65534:65534 "$tmp/private"
		says "record: nothing is written into a file of another user's" 1 "not permitted" \
			record --debugfs "$tmp/debug" --proc "$tmp/proc" -o "$tmp/private"
		rm "$tmp/private.hard"
		record_in -o "$tmp/private"
		test_that "record: a capture is its maker's, whose file was there before" \
			test "$(stat -c %a-%u-%g "$tmp/private")" = "600-0-$(id -g)"
		chown 65534:65534 "$tmp/public"
		chmod 604 "$tmp/public"
		run report -o "$tmp/public" "$capture"
		test_that "report: an old file keeps its owner and mode" \
			test "$(stat -c %a-%u-%g "$tmp/public")" = 604-65534-65534
	else
		skip "record: files of another user's" "only root can make them"
	fi
	rm -f "$tmp/private.hard"
	ln -s private2 "$tmp/private.link"
	(umask 022; record_in -o "$tmp/private.link")
	test_that "record: also through a link to nothing yet" \
		test "$(stat -c %a "$tmp/private2")" = 600
	"$owner" record --debugfs "$tmp/debug" --proc "$tmp/proc" -o - >"$tmp/capture2"
	run report --top 0 "$tmp/capture2"
	test_that "record to standard output can be read" test "$rc" = 0
	(cd "$tmp" && "$owner" record --debugfs debug --proc proc 2>/dev/null &&
		"$owner" report >"$tmp/stdout")
	test_that "record and report agree on a file" grep -q "5 allocations" "$tmp/stdout"
	says "record: no such kernel" 1 "boot with page_owner=on" record --debugfs "$tmp/none"
	says "record: a filter for a copy" 1 "takes no filter" record --debugfs "$tmp/debug" nid=0
	says "record: no filter" 2 "is no filter" record x
	says "record: --compress of something" 2 "zstd, gzip or none" record --compress x
	rm "$tmp/page_owner.data"
	printf '' >"$tmp/debug/page_owner"
	record_in -o "$tmp/empty"
	test_that "record: an empty dump is told" grep -q "the dump is empty" "$tmp/stderr"
	cp "$d" "$tmp/debug/page_owner"
	for how in zstd gzip; do
		[ ! -e "$tmp/capture.$how" ] || flipped "$tmp/capture.$how" 5
	done
	filter_tests
	cut_tests
}

# What the kernel was asked to leave out is told, and not counted as missing.
filter_tests() {
	size=$(sed -n 's/^section info //p' "$capture")
	sed "s/^section info .*/section info $((size + 15))/; s/^page_size/filter comm=dd\n&/" \
		"$capture" >"$tmp/filtered"
	run report "$tmp/filtered"
	test_that "report: a filter of record is shown" \
		grep -qx "recorded with: comm=dd" "$tmp/stdout"
	test_that "and that capture is whole" test "$rc" = 0
	test_that "and is not set beside meminfo" \
		sh -c '! grep -q meminfo "$1"' sh "$tmp/stdout"
	run export --format json "$tmp/filtered"
	test_that "export: json has the filter" grep -qx '"filter":"comm=dd",' "$tmp/stdout"
	for how in diff leaks; do
		says "$how: filters that differ" 0 \
			"$capture with no filter, $tmp/filtered with comm=dd" \
			$how "$capture" "$tmp/filtered"
		run $how "$tmp/filtered" "$tmp/filtered"
		test_that "$how: filters that do not" test ! -s "$tmp/stderr"
	done
}

# flipped FILE STEP: its copies with one bit of every STEP-th byte flipped are damaged,
# or it made no difference
flipped() {
	"$owner" report -v --top 0 "$1" >"$tmp/want"
	size=$(wc -c <"$1") at=0 bad=
	while [ "$at" -lt "$size" ]; do
		byte=$(od -An -tu1 -j "$at" -N 1 "$1")
		cp "$1" "$tmp/d2"
		printf "\\$(printf %03o $((byte ^ (1 << at % 8))))" |
			dd of="$tmp/d2" bs=1 seek="$at" conv=notrunc 2>/dev/null
		run report -v --top 0 "$tmp/d2"
		[ "$rc" = 3 ] || cmp -s "$tmp/want" "$tmp/stdout" || bad="$bad $at:$rc"
		at=$((at + $2))
	done
	test_that "a bit flipped in a capture, ${1##*.}, is no other capture:$bad" test -z "$bad"
}

# A capture that ends anywhere is damaged, and what is there is counted.
cut_tests() {
	size=$(wc -c <"$capture")
	bad=
	for at in 22 30 60 $((size / 3)) $((size / 2)) $((size - 40)) $((size - 20)) \
			$((size - 2)); do
		head -c $at "$capture" >"$tmp/d2"
		run report "$tmp/d2"
		[ "$rc" = 3 ] || bad="$bad $at:$rc"
	done
	test_that "captures that are cut off are damaged:$bad" test -z "$bad"
	for c in "$tmp"/capture.zstd "$tmp"/capture.gzip "$tmp"/capture.none; do
		[ -e "$c" ] || continue
		cat "$c" "$c" >"$tmp/d2"
		says "a second capture behind the first, ${c##*.}" 3 "$size bytes follow its end" \
			report "$tmp/d2"
		test_that "and the first is read" grep -q "^5 allocations" "$tmp/stdout"
		rc=0
		"$sort" "$tmp/d2" "$tmp/d3" 2>"$tmp/stderr" || rc=$?
		test_that "and sort says so too" test "$rc" = 3
	done
	{ cat "$capture"; cat "$d"; } >"$tmp/d2"
	says "a text behind a capture" 3 "$(wc -c <"$d") bytes follow its end" report "$tmp/d2"
	{ cat "$d"; cat "$capture"; } >"$tmp/d2"
	says "a capture behind a text" 3 "text that is not part of a record" report "$tmp/d2"
	head -c $((size - 20)) "$capture" >"$tmp/d2"
	run report "$tmp/d2"
	test_that "a capture that is cut off is not set beside meminfo" \
		sh -c '! grep -q "beside /proc/meminfo" "$1" && grep -q allocations "$1"' \
		sh "$tmp/stdout"
	sed 's/^bytes ./bytes 9/' "$capture" >"$tmp/d2"
	says "a capture that lost a piece" 3 "lost a part" report "$tmp/d2"
	sed 's/^section meminfo .*/section meminfo 99999999999/' "$capture" >"$tmp/d2"
	says "a capture with a huge section" 3 "too large" report "$tmp/d2"
	sed 's/^section meminfo/section other/' "$capture" >"$tmp/d2"
	run report "$tmp/d2"
	test_that "an unknown section is skipped" test "$rc" = 0
	sed 's/^section meminfo/sextion/' "$capture" >"$tmp/d2"
	says "a damaged head of a section" 3 "is damaged" report "$tmp/d2"
}

top_tests() {
	gives "top: stacks" 0 "page_owner top: 12.0 KiB by 1 owners, sorted by memory

     memory         growth   share    stacks  owner
   12.0 KiB          0 B/s 100.00%         1  a

" top --debugfs "$tmp/debug" -n 1
	gives "top --by --sort --top -b -d" 0 "page_owner top: 64.0 KiB by 3 owners, sorted by times

     memory         growth   share     times  owner
   24.0 KiB          0 B/s  37.50%         3  bash

page_owner top: 64.0 KiB by 3 owners, sorted by times

     memory         growth   share     times  owner
   24.0 KiB          0 B/s  37.50%         3  bash

" top --debugfs "$tmp/debug" -b -n 2 -d 0 --by comm -s times --top 1
	# The second input is there when the first has been shown, and no sooner.
	mkfifo "$tmp/two" "$tmp/screens"
	"$owner" top -i "$tmp/two" -n 2 -d 0 --sort growth --top 1 >"$tmp/screens" &
	cat "$tmp/old" >"$tmp/two" &
	exec 4<"$tmp/screens"
	for line in 1 2 3 4 5; do read -r line <&4; done
	cat "$tmp/new" >"$tmp/two"
	cat <&4 >"$tmp/stdout"
	exec 4<&-
	wait
	test_that "top: growth" grep -q "^   64.0 KiB +.*/s .* d < z$" "$tmp/stdout"
	says "top: an operand" 2 "takes no" top x
	says "top --delay of something" 2 "--delay wants" top -d x
	says "top --sort of something" 2 "--sort takes" top -s x
	says "top: no such kernel" 1 "boot with page_owner=on" top --debugfs /sys/kernel/debug/none
}

leaks_tests() {
	for i in 1 2 3; do
		{
			full 0 1 steady 1000000000 0 Movable "__alloc_pages steady z"
			j=0
			while [ $j -lt $((i * 4)) ]; do
				full 0 2 leaky $((2000000000 + j * 1000000000)) 0 Movable \
					"__alloc_pages leak z"
				full 0 3 busy $((2000000000 + i * 4000000000 - j)) 0 Movable \
					"__alloc_pages fresh z"
				j=$((j + 1))
			done
			[ $i = 2 ] || full 5 4 cache 1500000000 0 Movable "__alloc_pages shrank z"
		} >"$tmp/leak$i"
	done
	gives "leaks" 4 "\
3 captures over 8.0 s: 1 owner of memory only grew, and gave back less than 10 % of
what they had between two captures.
A cache that fills looks the same; more captures, further apart, will tell.

1. 48.0 KiB, 32.0 KiB more than at first, 240.0 KiB per minute.
   It grew in 2 of 2 intervals and shrank in none. Of what it had at one capture,
   100 % or more was still there at the next. The oldest is from 12.0 s ago.
       __alloc_pages+0x1/0x20
       leak+0x1/0x20
       z+0x1/0x20
" leaks --exit-code "$tmp/leak1" "$tmp/leak2" "$tmp/leak3"
	run leaks --kept 0 --by comm "$tmp/leak1" "$tmp/leak2" "$tmp/leak3"
	test_that "leaks --kept 0: also what grows and is new every time" \
		grep -q "comm busy" "$tmp/stdout"
	gives "leaks: none" 0 "2 captures over 0 ms: no owner only grew and kept what it had.
" leaks --exit-code "$tmp/leak1" "$tmp/leak1"
	boot_tests
	says "leaks: in the wrong order" 1 "the oldest first" leaks "$tmp/leak2" "$tmp/leak1"
	says "leaks: one capture" 2 "two captures or more" leaks "$tmp/leak1"
	says "leaks --kept of something" 2 "--kept wants" leaks --kept 200 "$tmp/leak1" "$tmp/leak2"
}

# of_boot FILE NAME VALUE...: a capture of leak1 or leak2 with these lines of info
of_boot() {
	to=$1 dump=$2
	shift 2
	info=$(while [ $# -gt 0 ]; do echo "$1 $2"; shift 2; done)
	size=$(wc -c <"$dump")
	printf 'page_owner capture 1\nsection info %d\n%s\n\nsection dump %d\n' \
		$((${#info} + 1)) "$info" "$size" >"$to"
	cat "$dump" >>"$to"
	printf '\nsection end %d\nbytes %d\n\n' $((${#size} + 7)) "$size" >>"$to"
}

# two_boots NAME STATUS TEXT: leaks of the captures b1 and b2
two_boots() {
	says "leaks: $1" $2 "$3" leaks "$tmp/b1" "$tmp/b2"
}

boot_tests() {
	record_in --compress none -o "$tmp/b1"
	test_that "record: the boot has a name" grep -aqx \
		"boot 0a0a0a0a-0000-4000-8000-000000000001" "$tmp/b1"
	run export --format json "$tmp/b1"
	test_that "export: json has the boot" grep -qx \
		'"boot":"0a0a0a0a-0000-4000-8000-000000000001",' "$tmp/stdout"
	run leaks "$tmp/b1" "$tmp/b1"
	test_that "leaks: captures of record, one boot" test "$rc" = 0 -a ! -s "$tmp/stderr"
	sed 's/^boot 0a/boot 0b/' "$tmp/b1" >"$tmp/b2"
	two_boots "another boot" 1 "$tmp/b1 and $tmp/b2 are not of one boot: their boot IDs differ"
	test_that "leaks: and nothing is written" test ! -s "$tmp/stdout"
	"$owner" diff "$tmp/b1" "$tmp/b2" >"$tmp/stdout" 2>"$tmp/stderr"
	test_that "diff: of two boots is said, and fine" grep -q "; of two boots$" "$tmp/stdout"
	"$owner" diff "$tmp/b1" "$tmp/b1" >"$tmp/stdout"
	test_that "diff: of one is not" sh -c '! grep -q boot "$1"' sh "$tmp/stdout"
	of_boot "$tmp/b1" "$tmp/leak1" boot x
	of_boot "$tmp/b2" "$tmp/leak3" boot y
	says "leaks: also if a plain dump is between them" 1 "b1 and $tmp/b2 are not of one boot" \
		leaks "$tmp/b1" "$tmp/leak2" "$tmp/b2"
	s=000000000
	of_boot "$tmp/b1" "$tmp/leak1" host a kernel k time 1000$s clock 50$s
	of_boot "$tmp/b2" "$tmp/leak2" host b kernel k time 1010$s clock 60$s
	two_boots "another machine" 1 "of different machines"
	of_boot "$tmp/b2" "$tmp/leak2" host a kernel l time 1010$s clock 60$s
	two_boots "another kernel" 1 "of different kernels"
	of_boot "$tmp/b2" "$tmp/leak2" host a kernel k time 1100$s clock 40$s
	two_boots "up for less time" 1 "up for less time at the later one"
	of_boot "$tmp/b2" "$tmp/leak2" host a kernel k time 2000$s clock 60$s
	two_boots "a clock that is far off" 0 "may not be of one boot: by their clocks"
	test_that "leaks: which is a warning" test -s "$tmp/stdout"
	of_boot "$tmp/b2" "$tmp/leak2" host a kernel k boot y time 2000$s clock 60$s
	of_boot "$tmp/b3" "$tmp/leak3" host a kernel k boot z time 2010$s clock 70$s
	says "leaks: what is sure behind what is not" 1 "b2 and $tmp/b3 are not of one boot" \
		leaks "$tmp/b1" "$tmp/b2" "$tmp/b3"
	of_boot "$tmp/b2" "$tmp/leak2" host a kernel k time 1011$s clock 60$s
	run leaks "$tmp/b1" "$tmp/b2"
	test_that "leaks: the same, without IDs" test "$rc" = 0 -a ! -s "$tmp/stderr"
	says "leaks: of one boot, in the wrong order" 1 "the oldest first" \
		leaks "$tmp/b2" "$tmp/b1"
	says "diff: in the wrong order" 0 "OLD was taken later" diff "$tmp/b2" "$tmp/b1"
	of_boot "$tmp/b1" "$tmp/leak1" boot x host a time 1000$s clock 50$s
	of_boot "$tmp/b2" "$tmp/leak2" boot x host b time 9000$s clock 60$s
	run leaks "$tmp/b1" "$tmp/b2"
	test_that "leaks: the ID has the last word" test "$rc" = 0 -a ! -s "$tmp/stderr"
}

# capture_of FILE INFO: a capture of that dump, with lines of its own to be known by
capture_of() {
	printf 'page_owner capture 1\nsection info %d\n%s\n\n' $((${#2} + 1)) "$2"
	printf 'section dump %d\n' "$(wc -c <"$1")"
	cat "$1"
	size=$(wc -c <"$1")
	printf '\nsection end %d\nbytes %d\n\n' $((${#size} + 7)) "$size"
}

# Which vmlinux is taken, and if it is the right one
annotate_kernel_tests() {
	banner="Linux version 1.2.3-x (me@here) (cc 4) #5 SMP"
	capture_of "$tmp/d2" "kernel $banner" >"$tmp/captured"
	for place in usr/lib/debug/boot/vmlinux-1.2.3-x usr/lib/debug/lib/modules/1.2.3-x/vmlinux \
		     usr/lib/debug/usr/lib/modules/1.2.3-x/vmlinux \
		     lib/modules/1.2.3-x/build/vmlinux boot/vmlinux-1.2.3-x; do
		rm -rf "$tmp/symfs"
		mkdir -p "$tmp/symfs/${place%/*}"
		cp "$tmp/program" "$tmp/symfs/$place"
		says "annotate: finds $place" 0 "not in $tmp/symfs/$place" \
			annotate --symfs "$tmp/symfs" "$tmp/captured"
	done
	test_that "annotate: no warning, as nothing is known of it" \
		sh -c '! grep -q WARNING "$1"' sh "$tmp/stderr"
	says "annotate: counts what has no line" 0 \
		"3 of 4 frames have no line: 1 in modules, 2 not in $tmp/program" \
		annotate --vmlinux "$tmp/program" "$tmp/captured"
	mkdir -p "$tmp/symfs/lib/modules" "$tmp/symfs/elsewhere/build"
	cp "$tmp/program" "$tmp/symfs/elsewhere/build/vmlinux"
	for kernel in 1.2.3-y 1.2.3 /1.2.3-x 1.2.3-x/y ../../elsewhere; do
		capture_of "$tmp/d2" "kernel Linux version $kernel (me)" >"$tmp/d4"
		says "annotate: no vmlinux of $kernel" 1 "vmlinux" \
			annotate --symfs "$tmp/symfs" "$tmp/d4"
		test_that "and that is said" grep -q "no vmlinux of\|does not tell" \
			"$tmp/stderr"
	done
	says "annotate: a dump does not tell its kernel" 1 "$tmp/d2 does not tell its kernel" \
		annotate --symfs "$tmp/symfs" "$tmp/d2"
	test_that "and then it is the one that runs" \
		grep -q "no vmlinux of $(uname -r) is in $tmp/symfs" "$tmp/stderr"
	escape=$(printf '\033[2J')
	capture_of "$tmp/d2" "kernel Linux version 1.2$escape (me)
build_id $escape" >"$tmp/d4"
	run annotate --vmlinux "$tmp/program" "$tmp/d4"
	cp "$tmp/stderr" "$tmp/got"
	run annotate --symfs "$tmp/symfs" "$tmp/d4"
	test_that "annotate: what a capture says does not speak to the terminal" \
		sh -c '! grep -q "$2" "$1/got" && ! grep -q "$2" "$1/stderr"' \
		sh "$tmp" "$(printf '\033')"
	head -c -20 "$tmp/captured" >"$tmp/d4"
	says "annotate: a damaged capture" 3 "damaged" annotate --vmlinux "$tmp/program" "$tmp/d4"
	annotate_identity_tests
}

# warns NAME yes|no ARGUMENT...: that the vmlinux is another kernel's
warns() {
	warned=no name=$1 want=$2
	shift 2
	run annotate "$@"
	! grep -q "WARNING: .* is not the kernel of $tmp/captured" "$tmp/stderr" || warned=yes
	test_that "annotate: $name: a warning: $want" test "$rc $warned" = "0 $want"
}

annotate_identity_tests() {
	{ cat "$tmp/program"; printf 'Linux version 9.9\n\0%s\n\0' "$banner"; } >"$tmp/same"
	{ cat "$tmp/program"; printf 'Linux version %%s\n\0%s\n\0' "${banner%5 *}6 SMP"; } \
		>"$tmp/another"
	{ cat "$tmp/program"; printf '%s PREEMPT\n\0' "$banner"; } >"$tmp/longer"
	warns "the same banner" no --vmlinux "$tmp/same" "$tmp/captured"
	warns "a longer banner" yes --vmlinux "$tmp/longer" "$tmp/captured"
	warns "another banner" yes --vmlinux "$tmp/another" "$tmp/captured"
	test_that "and both are shown" test \
		"$(grep -c "^  .*: Linux version 1.2.3-x" "$tmp/stderr")" = 2
	id=0123456789abcdef0123456789abcdef01234567
	(cd "$tmp" && $CC $flags -Wl,--build-id=0x$id -o withid code.c)
	capture_of "$tmp/d2" "kernel $banner
build_id $id" >"$tmp/captured"
	warns "the same build ID" no --vmlinux "$tmp/withid" "$tmp/captured"
	(cd "$tmp" && $CC $flags -Wl,--build-id=0x${id%7}8 -o otherid code.c)
	warns "another build ID" yes --vmlinux "$tmp/otherid" "$tmp/captured"
	printf '%s\n\0' "$banner" >>"$tmp/otherid"
	warns "another build ID, the same banner" yes --vmlinux "$tmp/otherid" "$tmp/captured"
	printf '%s PREEMPT\n\0' "$banner" >>"$tmp/withid"
	warns "the same build ID has the last word" no --vmlinux "$tmp/withid" "$tmp/captured"
	# record takes it from where the kernel shows its notes.
	mkdir -p "$tmp/sys/debug"
	cp "$tmp/d2" "$tmp/sys/debug/page_owner"
	printf '\4\0\0\0\1\0\0\0\1\1\0\0XYZ\0\7\0\0\0' >"$tmp/sys/notes"
	{
		printf '\4\0\0\0\24\0\0\0\3\0\0\0GNU\0'
		for byte in $(echo $id | sed 's/../0x& /g'); do
			printf "\\$(printf %03o "$byte")"
		done
	} >>"$tmp/sys/notes"
	run record --debugfs "$tmp/sys/debug" --compress none -o "$tmp/with"
	test_that "record: the build ID" grep -aqx "build_id $id" "$tmp/with"
	head -c 40 "$tmp/sys/notes" >"$tmp/d4"
	mv "$tmp/d4" "$tmp/sys/notes"
	run record --debugfs "$tmp/sys/debug" --compress none -o "$tmp/with"
	test_that "record: damaged notes have none" sh -c '! grep -aq build_id "$1"' sh "$tmp/with"
}

annotate_tests() {
	says "annotate: not a vmlinux" 1 "no vmlinux" annotate --vmlinux "$d" "$d"
	says "annotate: no such vmlinux" 1 "No such file" annotate --vmlinux "$tmp/none" "$d"
	says "annotate: --by" 2 "is by stack" annotate --vmlinux "$d" --by pid "$d"
	if ! command -v addr2line >/dev/null || ! command -v nm >/dev/null; then
		skip "annotate" "there are no binutils"
		return
	fi
	cat >"$tmp/code.c" <<-END
		int helper(int x);
		static inline __attribute__((always_inline)) int inlined(int x)
		{
			return helper(x) + 1;
		}
		__attribute__((noinline)) int helper(int x)
		{
			__asm__ volatile("");
			return x;
		}
		__attribute__((noinline)) int outer(int x)
		{
			return inlined(x) + 2;
		}
		int main(int argc, char **argv)
		{
			(void)argv;
			return outer(argc);
		}
	END
	flags="-g -O1 -fno-pie -no-pie -fno-optimize-sibling-calls"
	(cd "$tmp" && $CC $flags -o program code.c)
	size=$(nm -S "$tmp/program" | awk '$4 == "outer" { print $2 }')
	at=$(objdump -d "$tmp/program" | awk '/<outer>:/ { on = 1; base = $1 }
		on && /call/ { getline; sub(":", "", $1); print base, $1; exit }')
	offset=$(printf '%x' $((0x${at#* } - 0x${at% *})))
	{
		printf "$h 0, $mask, pid 1, tgid 1 (x), ts 1 ns\n$pfn\n"
		printf " %s\n" "outer+0x$offset/0x$size" "gone+0x1/0x2" "outer+0x1/0x9999" \
			"in+0x1/0x2 [mod]"
		echo
	} >"$tmp/d2"
	gives "annotate" 0 "100.00 %, 4.0 KiB, 1 times
      outer+0x$offset/0x$size
            code.c:4  inlined
            code.c:13  outer
      gone+0x1/0x2  (no line known)
      outer+0x1/0x9999  (no line known)
      in+0x1/0x2 [mod]  (in a module)
" annotate --vmlinux "$tmp/program" --strip "$tmp" "$tmp/d2"
	# What is recorded without a call has the start of a function: not one before it.
	printf "$h 0, $mask, pid 1, tgid 1 (x), ts 1 ns\n$pfn\n outer+0x0/0x$size\n\n" \
		>"$tmp/d3"
	run annotate --vmlinux "$tmp/program" --strip "$tmp" "$tmp/d3"
	test_that "annotate: the start of a function" \
		test "$(sed -n 's/^  *code\.c:1[0-9]  //p' "$tmp/stdout")" = outer
	says "annotate: no addr2line" 1 "part of binutils" annotate --vmlinux "$tmp/program" \
		--addr2line "$tmp/none" "$tmp/d2"
	annotate_kernel_tests
	says "annotate: another kernel's" 0 "knows no lines" annotate --vmlinux "$tmp/program" "$d"
	head -c 600 "$tmp/program" >"$tmp/program2"
	says "annotate: a damaged vmlinux" 1 "it is damaged" annotate --vmlinux "$tmp/program2" "$d"
}
