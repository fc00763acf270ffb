# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: dumps of all kernels, in any state. Sourced.

frames=' a+0x1/0x2
 z+0x1/0x2
'
h='Page allocated via order'
pfn='PFN 0x1 type X Block 1 type X Flags 0x0()'

old_kernel_tests() {
	printf "$h 2, mask 0x280da\nPFN 1234 Block 2 type 2 Flags   R\n%s\n" "$frames" >"$tmp/d"
	gives "4.4: decimal PFN, flags as a number" 0 "1 times, 4 pages, allocated by OTHERS :
$h 2, mask 0x280da
$frames
" "$tmp/d" -
	printf "$h 2, mask 0x1(A|B)\nPFN 1234 type Movable Block 2 type CMA Flags 0x1(slab)\n%s\n" \
		"$frames" >"$tmp/d"
	gives "4.19: no pid, flags in words" 0 "1 times, 4 pages, allocated by CMA SLAB :
$h 2, mask 0x1(A|B)
$frames
" "$tmp/d" -
	gives "4.19: culled by what it has not" 0 \
		"1 times, 4 pages, PID -1, TGID -1, task_comm_name: $nothing
" --cull=p,tg,n "$tmp/d" -
	says "4.19: says that it has no pid" 0 "no pid: kernels before 5.11" --cull=p "$tmp/d" -
	says "4.19: says that it has no task name" 0 "no task name" --name=x "$tmp/d" -
	gives "4.19: an unknown pid is not -1 to a selection" 0 "" --pid=1 "$tmp/d" -
	gives "4.19: an unknown name is not an empty one" 0 "" --name= "$tmp/d" -
	says "4.19: says that it has no time" 0 "no time of allocation" -a "$tmp/d" -
	printf "$h 0, mask 0x1(A), pid 7, ts 99 ns\n$pfn\n%s\n" "$frames" >"$tmp/d"
	gives "5.11: pid and time" 0 "1 times, 1 pages, allocated by OTHERS :
$h 0, mask 0x1(A), pid 7, ts  ns
$frames
" --pid=7 "$tmp/d" -
	printf "$h 0, mask 0x1(A), pid 7, ts 99 ns, free_ts 4 ns\n$pfn\n%s\n" \
		"$frames" >"$tmp/d"
	gives "5.13: free_ts" 0 "1 times, 1 pages, allocated by OTHERS :
$h 0, mask 0x1(A), pid 7, ts  ns, free_ts  ns
$frames
" "$tmp/d" -
	gives "5.13: free_ts stays in sight when sorted by it" 0 \
		"1 times, 1 pages, allocated by OTHERS :
$h 0, mask 0x1(A), pid 7, ts  ns, free_ts 4 ns
$frames
" -r "$tmp/d" -
	printf "$h 0, mask 0x1(A), pid 7, tgid 8 (x), ts 99 ns\n%s\n" "$frames" >"$tmp/d"
	gives "PFN lines taken out" 0 "1 times, 1 pages, allocated by OTHERS :
$h 0, mask 0x1(A), pid 7, tgid 8 (x), ts  ns
$frames
" "$tmp/d" -
	for args in -r -f --sort=ft --sort=p,free_ts --cull=f --cull=st,free; do
		says "$args: says that there is no free_ts" 1 "no time of release (free_ts)" \
			$args "$tmp/d" "$tmp/none"
	done
	test_that "and writes nothing then" test ! -e "$tmp/none"
	gives "-c needs no free_ts" 0 "1 times, 1 pages:
$frames
" -c "$tmp/d" -
	printf "$h 0, mask 0x1(A), pid -1, tgid 8 (), ts 0 ns, later_field 8\n%s\n" \
		"$frames" >"$tmp/d"
	gives "a later field, an empty name, pid -1" 0 "1 times, 1 pages, allocated by OTHERS :
$h 0, mask 0x1(A), pid -1, tgid 8 (), ts  ns, later_field 8
$frames
" --name= "$tmp/d" -
}

# stack_of LINE...: one record with these frames, of PFN line $pfn_line
stack_of() {
	printf "$h 0, mask 0x1(A)\n%s\n" "$pfn_line"
	printf ' %s+0x1/0x2\n' "$@"
	echo "$note"
}

allocator_is() {
	gives "allocator: $1" 0 "1 times, 1 pages, allocated by $2
" --cull=ator "$tmp/d" -
}

allocator_tests() {
	pfn_line="PFN 0x1 type Movable Block 1 type Movable Flags 0x1(node=0)" note=
	stack_of __alloc_pages_noprof alloc_pages_mpol_noprof new_slab ___slab_alloc >"$tmp/d"
	allocator_is "slab frames" "SLAB "
	stack_of __alloc_pages allocate_slab.isra.0 ___slab_alloc >"$tmp/d"
	allocator_is "slab frame with a suffix" "SLAB "
	stack_of "[<ffffffff8115f5a2>] __alloc_pages_nodemask" \
		"[<ffffffff8115f5a2>] cache_grow" >"$tmp/d"
	allocator_is "slab frame of old kernels" "SLAB "
	stack_of __alloc_pages zs_malloc shrink_node __alloc_pages_slowpath new_slab >"$tmp/d"
	allocator_is "reclaim below a slab is not a slab" "OTHERS "
	stack_of __alloc_pages new_slab_of_another_kind >"$tmp/d"
	allocator_is "a function that begins as a slab's" "OTHERS "
	stack_of vm_area_alloc_pages.constprop.0 __vmalloc_node_range_noprof >"$tmp/d"
	allocator_is "vmalloc" "VMALLOC "
	stack_of pte_alloc_one __vmalloc_node_range >"$tmp/d"
	allocator_is "vmalloc's page tables" "OTHERS "
	stack_of __alloc_pages folio_alloc >"$tmp/d"
	allocator_is "others" "OTHERS "
	note="Slab cache page
"
	stack_of __alloc_pages folio_alloc >"$tmp/d"
	allocator_is "Slab cache page" "SLAB "
	pfn_line="PFN 0x1 type Movable Block 1 type CMA Flags 0x1(slab|node=0)"
	stack_of vm_area_alloc_pages __vmalloc_node_range >"$tmp/d"
	allocator_is "all three" "CMA SLAB VMALLOC "
}

same_stack_tests() {
	{
		record 0 1 1 x 1 0 "a z"
		record 0 1 1 x 2 0 "a z" "Charged to memcg /one"
		record 0 1 1 x 3 0 "a z" "Charged (via objcg) to offline memcg /two"
		record 0 1 1 x 4 0 "a z" "Page has been migrated, last migrate reason: compaction"
		record 0 1 1 x 5 0 "a z" "handle: 17"
		record 0 2 1 x 6 0 "b" "handle: 18"
		record 0 2 1 x 7 0 "b" "handle: 18"
	} >"$tmp/d"
	gives "other lines do not part a stack" 0 "5 times, 5 pages:
$frames
2 times, 2 pages:
 b+0x1/0x2
handle: 18

" --cull=st "$tmp/d" -
	run -s "$tmp/d" -
	got=$(grep -o '^[0-9]* times\|pid [0-9]' "$tmp/stdout" | tr '\n' ' ')
	want="1 times pid 1 1 times pid 1 1 times pid 1 1 times pid 1 1 times pid 1 2 times pid 2 "
	test_that "without --cull they are blocks of their own" test "$got" = "$want"
	run --sort=st,-p "$tmp/d" -
	test_that "and equal to a sort by stack" \
		test "$(headers | tail -n 1 | cut -c1-7)" = "2 times"
	# The same records, the other way round
	awk 'BEGIN { RS = "" } { r[NR] = $0 } END { for (i = NR; i; i--) print r[i] "\n" }' \
		"$tmp/d" >"$tmp/reverse"
	for args in --sort=p --sort=-p --sort=ator -t -m -n -s --cull=st --cull=ator,st; do
		run $args "$tmp/d" -
		cp "$tmp/stdout" "$tmp/forward"
		run $args "$tmp/reverse" -
		test_that "$args does not depend on the order of the input" \
			cmp "$tmp/forward" "$tmp/stdout"
	done
}

forged_tests() {
	printf "$h 0, mask 0x1(A), pid 1, tgid 2 (x), ts 1 ns\n\n), ts 33 ns\n$pfn\n%s\n" \
		"$frames" >"$tmp/d"
	printf "$h 1, mask 0x1(A), pid 3, tgid 2 (a\n\nPFN 0x9\n c), ts 5 ns\n$pfn\n%s\n" \
		"$frames" >>"$tmp/d"
	printf "$h 2, mask 0x1(A), pid 4, tgid 2 (:) ])(), ts 6 ns\n$pfn\n%s\n" \
		"$frames" >>"$tmp/d"
	gives "a newline in a name forges no record" 0 "1 times, 1 pages, allocated by OTHERS :
$h 0, mask 0x1(A), pid 1, tgid 2 (x), ts 1 ns\\012\\012), ts  ns
$frames
1 times, 2 pages, allocated by OTHERS :
$h 1, mask 0x1(A), pid 3, tgid 2 (a\\012\\012PFN 0x9\\012 c), ts  ns
$frames
1 times, 4 pages, allocated by OTHERS :
$h 2, mask 0x1(A), pid 4, tgid 2 (:) ])(), ts  ns
$frames
" -t "$tmp/d" -
	gives "and none in the output" 0 "1 times, 4 pages, task_comm_name: :) ])(
1 times, 2 pages, task_comm_name: a\\012\\012PFN 0x9\\012 c
1 times, 1 pages, task_comm_name: x), ts 1 ns\\012\\012
" --cull=n "$tmp/d" -
	gives "brackets in a name are selected by" 0 \
		"1 times, 4 pages, PID 4, task_comm_name: :) ])(
" --name=":) ])(" --cull=p "$tmp/d" -
	gives "and so is a newline" 0 \
		"1 times, 2 pages, PID 3, task_comm_name: a\\012\\012PFN 0x9\\012 c
" --name="x,a

PFN 0x9
 c" --cull=p "$tmp/d" -
}

damage_tests() {
	d=$tmp/d
	known_dump >"$d"
	head -n -1 "$d" >"$tmp/e"
	gives "no empty line at the end" 3 "$bash_block$ab_block$init_block" "$tmp/e" -
	says "and that is said" 3 "no empty line after the last record" "$tmp/e" -
	printf '%s' "$(cat "$d")" >"$tmp/e"
	gives "no newline at the end" 3 "$bash_block$ab_block$init_block" "$tmp/e" -
	says "and that is said too" 3 "middle of a line: 6 records read" "$tmp/e" -
	sed 's/$/\r/' "$d" >"$tmp/e"
	gives "CRLF" 0 "$bash_block$ab_block$init_block" "$tmp/e" -
	sed 's/^ z/\r\r\n z/' "$d" >"$tmp/e"
	says "stray carriage returns" 3 "0 records read, 6 lost" "$tmp/e" -
	{ known_dump; printf "$h 0, mask 0x1(A)\n a\0b\n\n"; known_dump; } >"$tmp/e"
	says "a NUL byte" 3 \
		"12 records read, 1 lost; the first at byte $(wc -c <"$d"): a NUL byte" "$tmp/e" -
	run --cull=ator "$tmp/e" -
	test_that "and the others are counted" test "$(headers)" = \
		"12 times, 30 pages, allocated by OTHERS "
	{ head -c 5000 /dev/zero; known_dump; } >"$tmp/e"
	says "a hole before the first record" 3 \
		"5 records read, 1 lost; the first at byte 0" "$tmp/e" -
	{ echo "a word before"; known_dump; echo "a word after"; } >"$tmp/e"
	says "text around the records" 3 \
		"6 records read, 2 lost; the first at byte 0: text" "$tmp/e" -
	sed 's/order 3, //' "$d" >"$tmp/e"
	says "no order" 3 "5 records read, 1 lost" "$tmp/e" -
	sed 's/order 3,/order x,/' "$d" >"$tmp/e"
	first=$(record 0 10 1 bash 500 0 "a z" | wc -c)
	says "an order that is no number" 3 \
		"5 records read, 1 lost; the first at byte $first: no order" "$tmp/e" -
	sed 's/order 3,/order 60,/' "$d" >"$tmp/e"
	says "an order that cannot be" 3 "no order" "$tmp/e" -
	sed 's/mask 0xcc0(GFP_KERNEL), pid 20, //' "$d" >"$tmp/e"
	says "no mask" 3 "no mask" "$tmp/e" -
	sed 's/pid 20/pid twenty/' "$d" >"$tmp/e"
	says "a pid that is no number" 3 "no pid" "$tmp/e" -
	sed 's/pid 20/pid 99999999999/' "$d" >"$tmp/e"
	says "a pid that is too large" 3 "no pid" "$tmp/e" -
	sed 's/tgid 2 /tgid /' "$d" >"$tmp/e"
	says "no tgid" 3 "no tgid" "$tmp/e" -
	sed 's/init), ts/init, ts/' "$d" >"$tmp/e"
	says "no end of the name" 3 "no end of the task name" "$tmp/e" -
	sed 's/ts 99999 ns/ts/; s/ts 900 ns/ts 99999999999999999999 ns/' "$d" >"$tmp/e"
	says "a time that is too large" 3 "no time of release" "$tmp/e" -
	sed 's/free_ts 900 ns/free_ts 900 ns junk/' "$d" >"$tmp/e"
	says "junk after the time" 3 "1 lost" "$tmp/e" -
	sed 's/, pid 20, .*//' "$d" >"$tmp/e"
	says "fields that the others have" 3 "of 6 records, 1 have no pid" "$tmp/e" -
	run --cull=ator "$tmp/e" -
	test_that "and it is counted" test "$(headers)" = "6 times, 15 pages, allocated by OTHERS "
	sed '/^PFN 0x64 /d' "$d" >"$tmp/e"
	says "a PFN line that the others have" 3 "1 have no PFN line" "$tmp/e" -
	sed 's/^PFN 0x64 /PFN what /' "$d" >"$tmp/e"
	says "a PFN that is no number" 3 "no page frame number" "$tmp/e" -
	sed 's/^ b+/PFN 0x3 type\n b+/' "$d" >"$tmp/e"
	says "two PFN lines in a record" 3 "two records run together" "$tmp/e" -
	sed '/^$/d' "$d" >"$tmp/e"
	gives "no empty lines at all" 0 "$bash_block$ab_block$init_block" "$tmp/e" -
	{ printf '\n\n\n'; sed 's/^$/\n/' "$d"; } >"$tmp/e"
	gives "too many empty lines" 0 "$bash_block$ab_block$init_block" "$tmp/e" -
	head -c 100000 /dev/urandom >"$tmp/e"
	says "not a dump at all" 3 "0 records read" "$tmp/e" -
	: >"$tmp/e"
	gives "an empty input" 0 "" "$tmp/e" -
	says "an empty input is mentioned" 0 "has no records, and so the output is empty" \
		"$tmp/e" -
	echo old >"$tmp/empty.out"
	run "$tmp/e" "$tmp/empty.out"
	test_that "and is no failure, as it never was" \
		test "$rc" = 0 -a -e "$tmp/empty.out" -a ! -s "$tmp/empty.out"
	printf '\n\n' >"$tmp/e"
	says "nothing but empty lines is mentioned too" 0 "has no records" "$tmp/e" -
	ok=1
	for cut in $(seq 0 "$(record 1 2 3 x 4 5 "a z" | wc -c)"); do
		record 1 2 3 x 4 5 "a z" | head -c "$cut" >"$tmp/e"
		run "$tmp/e" -
		case $rc in 0|3) ;; *) ok="cut at $cut: $rc" ;; esac
	done
	test_that "a record cut at every byte" test "$ok" = 1
}

# hole NAME SED TEXT: bytes are missing in the middle, and two lines are one
hole() {
	sed -z "$2" "$tmp/known" >"$tmp/e"
	if cmp -s "$tmp/known" "$tmp/e"; then fail "a hole: $1" "there is none"; fi
	says "a hole: $1" 3 "$3" "$tmp/e" -
}

hole_tests() {
	hole "a frame goes on as another" 's|/0x2\n z||' "is no frame"
	hole "a frame goes on as one of another record" 's|a+0x.*z+|a+z+|' \
		"is no frame"
	hole "a frame goes on as a PFN line" 's|/0x2\n\nPage[^\n]*\nPFN||' "is no frame"
	hole "a frame goes on as a first line" 's|/0x2\n\nPage[^\n]* via| via|' \
		"two records run together"
	hole "a frame goes on as an empty line" 's|/0x2\n\nPage|\n\nPage|' "is no frame"
	hole "a frame lost its end of line" 's|/0x2\n z|/0x2 z|' "is no frame"
	hole "a mask goes on as another" 's|NEL), pid.*(GFP|(GFP|' "no mask"
	hole "a mask goes on as a name" 's|NEL), pid 10, tgid 1||' "no mask"
	hole "a first line goes on as a PFN line" 's| 500 ns, .*PFN||' "1 lost"
	hole "a PFN line goes on as another" 's|ck 1 type[^(]*(.*PFN 0x64||' "not whole"
	hole "a PFN line goes on as a frame" 's|0x0()\n a+||' "not whole"
	hole "a PFN line goes on as a frame, in its flags" 's|)\n a+|lru+|' "not whole"
	hole "a PFN line goes on as flags" 's|Movable Flags 0x0()\n a+0x1/|Movable Flags 0x|' \
		"not whole"
	hole "a PFN line lost its flags" 's| Flags 0x0()||' "not whole"
	hole "a line begins in the middle of a frame" 's|\n z+|\n|' "a piece of a line"
	hole "a line begins behind a frame's name" 's|\n z+0|\n|' "a piece of a line"
	hole "a line begins in the middle of a PFN line" 's|PFN 0x1f4 ty||' "a piece of a line"
	hole "a line begins in the middle of a first line" 's|\nPage allocated via order 3|\n|' \
		"1 lost"
	hole "an empty line is missing" 's|\n\nPage|\nPage|' \
		"of 6 records, 1 have no empty line at their end"
	hole "the last empty line is missing" 's|\n\n$|\n|' "no empty line after the last"
	record 0 1 1 x 5 0 "a z" "handle: 5" >"$tmp/known"
	record 0 1 1 y 6 0 "b" >>"$tmp/known"
	hole "frames after other lines" 's|: 5.*()|: 5|' "two stacks in one record"
	hole "frames after half a line" 's|le: 5.*()|le: 5|' "two stacks in one record"
	known_dump >"$tmp/known"
}

# What looks odd, and is what some kernel prints
odd_tests() {
	{
		printf "$h 0, mask 0x0\nPFN 1 Block 0 type 2 Fallback Flags K  R\n"
		printf ' [<ffffffff8115f5a2>] a.part.0+0x1/0x2 [drv]\n 0xffffffff8115f5a2\n'
		printf ' [<ffffffff8115f5a2>] 0xffffffff8115f5a2\n'
		printf ' b+0x1/0x2 [drv 0123456789abcdef]\n'
		printf 'A line of some later kernel, of 0x5 words\n\n'
		printf "$h 0, mask 0x1(A|0x80)\nPFN 0x2 type Movable Block 0 type CMA Flags 0x1f\n"
		printf ' a+0x1/0x2\nCharged to memcg /a+0x1/0x2\n\n'
		printf "$h 0, mask 0x1(A)\nPFN 0x3 Block 0 type X Flags 0x1(slab) later 5\n\n"
	} >"$tmp/e"
	gives "lines of some kernel or other" 0 \
		"3 times, 3 pages, task_comm_name: $nothing
" --cull=n "$tmp/e" -
}

big_tests() {
	{ record 1 1 1 x 5 0 first | head -n 3
	  yes ' a_frame+0x100/0x200' | head -n 50000
	  echo; known_dump; } >"$tmp/e"
	run --cull=st "$tmp/e" -
	test_that "a record of 1 MiB: no damage" test "$rc" = 0
	test_that "a record of 1 MiB: all stacks" test "$(headers | wc -l)" = 4
	test_that "a record of 1 MiB: whole" test "$(wc -c <"$tmp/stdout")" -gt 1050000
	yes "$(printf "$h 51, mask 0x1(A)\n a+0x1/0x2\n\n ")" | sed 's/^ $//' |
		head -n 16000 >"$tmp/e"
	gives "counts that need more than 32 bits" 0 "4000 times, 9007199254740992000 pages:
 a+0x1/0x2

" --cull=st "$tmp/e" -
	"$gen" 6.9 20000 400 >"$tmp/e"
	run --cull=st,p,n,tg,ator "$tmp/e" -
	want=$(grep -c '^Page allocated' "$tmp/e")
	test_that "20000 records: all counted" test "$want" = \
		"$(headers | awk '{ n += $1 } END { print n }')"
	want=$(sed -n 's/^Page allocated via order \([0-9]*\),.*/\1/p' "$tmp/e" |
		awk '{ n += 2 ^ $1 } END { print n }')
	test_that "20000 records: all pages" test "$want" = \
		"$(headers | awk '{ n += $3 } END { print n }')"
	cat "$tmp/e" "$tmp/e" "$tmp/e" "$tmp/e" "$tmp/e" >"$tmp/e5"
	# 52 MB more; the kernel counts memory by CPU, and is some 100 kB off at times.
	small=$(memory_of "$tmp/e") large=$(memory_of "$tmp/e5")
	if [ -z "$small" ]; then
		skip "memory does not grow with the dump" "/proc/self/status is not there"
	else
		test_that "memory does not grow with the dump ($small, $large kB)" \
			test "$large" -le "$((small + 1024))"
	fi
}

# Peak of the memory of a run without sanitizers, in kB. Of a stream: the threads
# that share a large file have their own counts each.
memory_of() {
	# The output is a fifo that is read when the tool has done all its work.
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	cat "$1" | "$tmp/plain/page_owner_sort" - "$tmp/fifo" &
	exec 3<"$tmp/fifo"
	dd bs=1 count=1 <&3 >/dev/null 2>&1
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$!/status" 2>/dev/null || true
	cat <&3 >/dev/null
	exec 3<&-
	wait "$!" || true
}

# freed ORDER PID COMM TS FREED STACK: one record of a page that is free
freed() {
	printf "Page last allocated via order %s, $mask, pid %s, tgid %s (%s), ts %s ns\n" \
		"$1" "$2" "$2" "$3" "$4"
	printf 'PFN 0x%x type Movable Block 1 type Movable Flags 0x0(node=0|zone=1)\n' "$4"
	printf ' %s+0x1/0x2\n' $6
	printf 'Page freed by pid 7, tgid 7, ts %s ns\n __free_pages+0x1/0x2\n q+0x1/0x2\n\n' "$5"
}

freed_dump() {
	freed 1 10 bash 500 700 "a z"
	freed 1 10 bash 600 800 "a z"
	freed 0 20 "<unknown>" 300 900 "b z"
}

freed_text="Page last allocated via order 1, $mask, pid 10, tgid 10 (bash), ts  ns
 a+0x1/0x2
 z+0x1/0x2
Page freed by pid 7, tgid 7, ts"

freed_tests() {
	freed_dump >"$tmp/freed"
	unknown="1 times, 1 pages, allocated by OTHERS :
Page last allocated via order 0, $mask, pid 20, tgid 20 (<unknown>), ts  ns
 b+0x1/0x2
 z+0x1/0x2
Page freed by pid 7, tgid 7, ts"
	rest=" ns
 __free_pages+0x1/0x2
 q+0x1/0x2

"
	gives "free pages: by their text, whenever they were freed" 0 \
		"2 times, 4 pages, allocated by OTHERS :
$freed_text $rest$unknown $rest" "$tmp/freed" -
	times_in_order "free pages: -r sorts by the free" "700 800 900 " "tgid 7, ts" \
		-r "$tmp/freed" -
	gives "free pages: -f leaves them out" 0 "" -f "$tmp/freed" -
	{ record 0 10 1 bash 500 0 "a z" | sed 's/, free_ts 0 ns//'; cat "$tmp/freed"; } >"$tmp/e"
	gives "free pages are not held: by stack" 0 "2 times, 4 pages, freed:
 a+0x1/0x2
 z+0x1/0x2
Page freed by pid 7, tgid 7, ts ${rest}1 times, 1 pages:
$frames
1 times, 1 pages, freed:
 b+0x1/0x2
 z+0x1/0x2
Page freed by pid 7, tgid 7, ts $rest" -c "$tmp/e" -
	gives "free pages are not held: by name" 0 "2 times, 4 pages, freed, task_comm_name: bash
1 times, 1 pages, freed, task_comm_name: <unknown>
1 times, 1 pages, task_comm_name: bash
" --cull=n "$tmp/e" -
	gives "free pages: --cull=f" 0 "3 times, 5 pages, freed, released
1 times, 1 pages, not released
" --cull=f "$tmp/e" -
	gives "free pages: -f" 0 "1 times, 1 pages, task_comm_name: bash
" -f --cull=n "$tmp/e" -
	sed 's/$/\r/' "$tmp/freed" >"$tmp/e"
	gives "free pages: CRLF" 0 "2 times, 4 pages, allocated by OTHERS :
$freed_text $rest$unknown $rest" "$tmp/e" -
	sed '/^Page freed by/d' "$tmp/freed" >"$tmp/e"
	says "free pages: without the line about it" 3 "0 records read, 3 lost" "$tmp/e" -
	sed 's/ts 900 ns/ts ns/' "$tmp/freed" >"$tmp/e"
	says "free pages: without a time" 3 "no time of release" "$tmp/e" -
	sed 's/^ q+/Page freed by pid 1, tgid 1, ts 5 ns\n q+/' "$tmp/freed" >"$tmp/e"
	says "free pages: freed twice" 3 "two frees of one page" "$tmp/e" -
	sed 's/^\( [abz]+.*\)$/handle: 5/' "$tmp/freed" >"$tmp/e"
	gives "free pages: the frames of the free are not those of the allocation" 0 \
		"3 times, 5 pages, freed:
handle: 5
handle: 5
Page freed by pid 7, tgid 7, ts $rest" -c "$tmp/e" -
}

# What both commands read: the output is that of the plain text.
packed_tests() {
	"$sort" -m "$tmp/known" "$tmp/want"
	"$owner" --version >"$tmp/version"
	if grep -q "gzip: yes" "$tmp/version"; then
		gzip -c "$tmp/known" >"$tmp/e.gz"
		run -m "$tmp/e.gz" -
		test_that "gzip" cmp "$tmp/want" "$tmp/stdout"
		run -m - - <"$tmp/e.gz"
		test_that "gzip from standard input" cmp "$tmp/want" "$tmp/stdout"
		head -c 200 "$tmp/e.gz" >"$tmp/e"
		says "a gzip cut off" 3 "ends too early" "$tmp/e" -
	else
		skip "sorting gzip" "built without zlib"
	fi
	if grep -q "zstd: yes" "$tmp/version" && command -v zstd >/dev/null; then
		zstd -qc "$tmp/known" >"$tmp/e.zst"
		run -m "$tmp/e.zst" -
		test_that "zstd" cmp "$tmp/want" "$tmp/stdout"
		head -c 200 "$tmp/e.zst" >"$tmp/e"
		says "a zstd cut off" 3 "ends too early" "$tmp/e" -
	else
		skip "sorting zstd" "there is no zstd"
	fi
	printf "%snr_base_pages: 37\n\n" "$frames" >"$tmp/e"
	gives "a file of page_owner_stacks" 0 "1 times, 37 pages:
$frames
" --cull=st "$tmp/e" -
	run -m tests/corpus/raw -
	test_that "a binary dump" test "$rc $(headers | wc -l)" = "0 2"
	run -m tests/corpus/capture -
	test_that "a capture" test "$rc $(headers | wc -l)" = "0 1"
	"$tmp/plain/page_owner_gen" 6.9 60000 300 >"$tmp/e"
	"$sort" -m "$tmp/e" "$tmp/want"
	cat "$tmp/e" | "$sort" -m - "$tmp/d"
	test_that "a file that is shared by threads gives what a stream does" \
		cmp "$tmp/want" "$tmp/d"
}

source_tests() {
	d=$tmp/known
	gives "- is standard input" 0 "$bash_block$ab_block$init_block" - - <"$d"
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	cat "$d" >"$tmp/fifo" &
	gives "a fifo" 0 "$bash_block$ab_block$init_block" "$tmp/fifo" -
	wait
	# In procfs, as in debugfs, files have the size 0 and are not empty.
	if [ -r /proc/self/status ]; then
		says "a file that claims to be empty" 3 "0 records read, 1 lost" /proc/self/status -
	else
		skip "a file that claims to be empty" "no procfs"
	fi
	if [ -s /sys/kernel/debug/page_owner ] ||
	   head -c 1 /sys/kernel/debug/page_owner 2>/dev/null | grep -q .; then
		says "this kernel's page_owner" 0 "" /sys/kernel/debug/page_owner "$tmp/o"
	else
		skip "this kernel's page_owner" "it is not there, or not readable"
	fi
	says "an input that is not there" 1 "cannot open $tmp/nothing" "$tmp/nothing" -
	says "an input that cannot be read" 1 "Is a directory" . -
}

input_tests() {
	old_kernel_tests
	allocator_tests
	same_stack_tests
	forged_tests
	damage_tests
	hole_tests
	odd_tests
	freed_tests
	packed_tests
	big_tests
	source_tests
}
