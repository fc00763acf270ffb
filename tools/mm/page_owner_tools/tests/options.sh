# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: every option, on a dump small enough to know by
# heart. Sourced.

mask='mask 0xcc0(GFP_KERNEL)'

# record ORDER PID TGID COMM TS FREE_TS STACK [LINE]: one record of 5.18
record() {
	printf "Page allocated via order %s, $mask, pid %s, tgid %s (%s)" "$1" "$2" "$3" "$4"
	printf ", ts %s ns, free_ts %s ns\n" "$5" "$6"
	printf 'PFN 0x%x type Movable Block 1 type Movable Flags 0x0()\n' "$5"
	printf ' %s+0x1/0x2\n' $7
	[ $# -lt 8 ] || printf '%s\n' "$8"
	echo
}

known_dump() {
	record 0 10 1 bash 500 0 "a z"
	record 3 20 2 init 100 900 "b z"
	record 0 10 1 bash 300 0 "a z"
	record 1 9 3 "a b" 200 50 "c z"
	record 0 10 1 bash 400 0 "a z"
	record 1 9 3 "a b" 600 700 "c z"
}

bash_text="Page allocated via order 0, $mask, pid 10, tgid 1 (bash), ts  ns, free_ts  ns
 a+0x1/0x2
 z+0x1/0x2
"
ab_text="Page allocated via order 1, $mask, pid 9, tgid 3 (a b), ts  ns, free_ts  ns
 c+0x1/0x2
 z+0x1/0x2
"
init_text="Page allocated via order 3, $mask, pid 20, tgid 2 (init), ts  ns, free_ts  ns
 b+0x1/0x2
 z+0x1/0x2
"
bash_block="3 times, 3 pages, allocated by OTHERS :
$bash_text
"
ab_block="2 times, 4 pages, allocated by OTHERS :
$ab_text
"
init_block="1 times, 8 pages, allocated by OTHERS :
$init_text
"

# the given times, in the order of the output
times_in_order() {
	name=$1 want=$2 pattern=$3
	shift 3
	run "$@"
	got=$(sed -n "s/.*, $pattern \([0-9]*\) ns.*/\1/p" "$tmp/stdout" | tr '\n' ' ')
	if [ "$rc" = 0 ] && [ "$got" = "$want" ]; then pass "$name"
	else fail "$name" "exit status $rc, '$got', wanted '$want'"; fi
}

sort_tests() {
	d=$tmp/known
	gives "default order: times" 0 "$bash_block$ab_block$init_block" "$d" -
	gives "-t" 0 "$bash_block$ab_block$init_block" -t "$d" -
	gives "-m" 0 "$init_block$ab_block$bash_block" -m "$d" -
	gives "-p" 0 "$ab_block$bash_block$init_block" -p "$d" -
	gives "-P" 0 "$bash_block$init_block$ab_block" -P "$d" -
	gives "-n" 0 "$ab_block$bash_block$init_block" -n "$d" -
	gives "-s" 0 "$bash_block$init_block$ab_block" -s "$d" -
	times_in_order "-a" "100 200 300 400 500 600 " "ts" -a "$d" -
	times_in_order "-r" "0 50 700 900 " "free_ts" -r "$d" -
	times_in_order "--sort=at" "100 200 300 400 500 600 " "ts" --sort=at "$d" -
	times_in_order "--sort=-alloc_ts" "600 500 400 300 200 100 " "ts" \
		--sort=-alloc_ts "$d" -
	times_in_order "--sort=ft" "0 50 700 900 " "free_ts" --sort=ft "$d" -
	times_in_order "--sort=-free_ts" "900 700 50 0 " "free_ts" --sort=-free_ts "$d" -

	gives "--sort=p" 0 "$ab_block$bash_block$init_block" --sort=p "$d" -
	gives "--sort=+pid" 0 "$ab_block$bash_block$init_block" --sort=+pid "$d" -
	gives "--sort=-pid" 0 "$init_block$bash_block$ab_block" --sort=-pid "$d" -
	gives "--sort=tg" 0 "$bash_block$init_block$ab_block" --sort tg "$d" -
	gives "--sort=-tgid" 0 "$ab_block$init_block$bash_block" --sort -tgid "$d" -
	gives "--sort=n" 0 "$ab_block$bash_block$init_block" --sort n "$d" -
	gives "--sort=-name" 0 "$init_block$bash_block$ab_block" --sort -name "$d" -
	gives "--sort=comm" 0 "$ab_block$bash_block$init_block" --sort comm "$d" -
	gives "--sort=st" 0 "$bash_block$init_block$ab_block" --sort=st "$d" -
	gives "--sort=-stacktrace" 0 "$ab_block$init_block$bash_block" --sort=-stacktrace "$d" -
	gives "--sort=T" 0 "$bash_block$ab_block$init_block" --sort=T "$d" -
	gives "--sort=-txt" 0 "$init_block$ab_block$bash_block" --sort=-txt "$d" -
	gives "--sort=ator: equal keys leave the order of the texts" 0 \
		"$bash_block$ab_block$init_block" --sort=ator "$d" -
	gives "--sort=-allocator: and so does descending" 0 \
		"$bash_block$ab_block$init_block" --sort=-allocator "$d" -
	gives "--sort wins over a letter" 0 "$init_block$bash_block$ab_block" \
		-m --sort=-p "$d" -
	gives "-a twice is -a" 0 "$(cat "$tmp/a.out")
" -a -a --cull=p "$d" -
	gives "-d does nothing" 0 "$bash_block$ab_block$init_block" -d "$d" -
}

several_keys_tests() {
	{
		record 0 2 1 x 1 0 s1
		record 0 1 2 x 2 0 s2
		record 0 2 2 x 3 0 s3
		record 0 1 1 x 4 0 s4
	} >"$tmp/four"
	for case in "p,tg:4 2 1 3" "-p,tg:1 3 4 2" "p,-tg:2 4 3 1" "n,tg,-p:1 4 3 2" \
		    "name,-tgid,+stacktrace:2 3 1 4"; do
		run --sort="${case%%:*}" "$tmp/four" -
		got=$(sed -n 's/^ s\(.\).*/\1/p' "$tmp/stdout" | tr '\n' ' ')
		if [ "$got" = "${case#*:} " ]; then pass "--sort=${case%%:*}"
		else fail "--sort=${case%%:*}" "stacks in the order $got"; fi
	done
}

cull_tests() {
	d=$tmp/known
	gives "--cull=p" 0 "3 times, 3 pages, PID 10
2 times, 4 pages, PID 9
1 times, 8 pages, PID 20
" --cull=p "$d" -
	gives "--cull=pid -m" 0 "1 times, 8 pages, PID 20
2 times, 4 pages, PID 9
3 times, 3 pages, PID 10
" --cull=pid -m "$d" -
	gives "--cull=tg" 0 "3 times, 3 pages, TGID 1
2 times, 4 pages, TGID 3
1 times, 8 pages, TGID 2
" --cull=tg "$d" -
	gives "--cull=tgid --sort=tg" 0 "3 times, 3 pages, TGID 1
1 times, 8 pages, TGID 2
2 times, 4 pages, TGID 3
" --cull=tgid --sort=tg "$d" -
	names="3 times, 3 pages, task_comm_name: bash
2 times, 4 pages, task_comm_name: a b
1 times, 8 pages, task_comm_name: init
"
	for key in n name comm; do
		gives "--cull=$key" 0 "$names" --cull=$key "$d" -
	done
	stacks="3 times, 3 pages:
 a+0x1/0x2
 z+0x1/0x2

2 times, 4 pages:
 c+0x1/0x2
 z+0x1/0x2

1 times, 8 pages:
 b+0x1/0x2
 z+0x1/0x2

"
	gives "--cull=st" 0 "$stacks" --cull=st "$d" -
	gives "--cull=stacktrace" 0 "$stacks" --cull=stacktrace "$d" -
	gives "-c" 0 "$stacks" -c "$d" -
	gives "--cull=ator" 0 "6 times, 15 pages, allocated by OTHERS $nothing
" --cull=ator "$d" -
	gives "--cull=f" 0 "4 times, 5 pages, not released
2 times, 10 pages, released
" --cull=f "$d" -
	gives "--cull=free --sort=-p" 0 "2 times, 10 pages, released
4 times, 5 pages, not released
" --cull=free --sort=-p "$d" -
	all="3 times, 3 pages, PID 10, TGID 1, task_comm_name: bash, allocated by OTHERS :
 a+0x1/0x2
 z+0x1/0x2

2 times, 4 pages, PID 9, TGID 3, task_comm_name: a b, allocated by OTHERS :
 c+0x1/0x2
 z+0x1/0x2

1 times, 8 pages, PID 20, TGID 2, task_comm_name: init, allocated by OTHERS :
 b+0x1/0x2
 z+0x1/0x2

"
	gives "all cull keys" 0 "$all" --cull=allocator,st,n,tg,p "$d" -
	gives "repeated --cull adds up" 0 "$all" --cull=ator --cull=st,n --cull=p,tg "$d" -
}

select_tests() {
	d=$tmp/known
	gives "--pid" 0 "$bash_block" --pid 10 "$d" -
	gives "--pid, a list" 0 "$bash_block$ab_block" --pid=9,10,77 "$d" -
	gives "--pid again replaces the list" 0 "$ab_block" --pid=10 --pid=9 "$d" -
	gives "--tgid" 0 "$init_block" --tgid 2 "$d" -
	gives "--tgid, a list" 0 "$ab_block$init_block" --tgid 2,3 "$d" -
	gives "--name" 0 "$ab_block" --name "a b" "$d" -
	gives "--name, a list" 0 "$bash_block$init_block" --name "init,bash" "$d" -
	gives "--name is exact" 0 "" --name "bas,bashh,a" "$d" -
	gives "all selections apply" 0 "" --pid 10 --tgid 2 "$d" -
	gives "all selections apply, and one is left" 0 "$bash_block" \
		--pid 10,20 --tgid 1,2 --name bash "$d" -
	gives "a selection is shown when culled" 0 \
		"3 times, 3 pages, PID 10, TGID 1, task_comm_name: bash:
 a+0x1/0x2
 z+0x1/0x2

" --pid 10 --tgid 1 --name bash --cull st "$d" -
	gives "-f" 0 "4 times, 5 pages, allocated by OTHERS $nothing
" -f --cull=ator "$d" -
}

usage_tests() {
	d=$tmp/known
	says "two letters: usage error" 2 "exclude each other" -a -m "$d" -
	says "two letters, one the default" 2 "exclude each other" -t -m "$d" -
	says "no files" 2 "--help"
	says "one file" 2 "--help" "$d"
	says "three files" 2 "--help" "$d" "$tmp/o" "$tmp/p"
	says "unknown option" 2 "--help" --nothing "$d" -
	says "unknown letter" 2 "--help" -z "$d" -
	says "--cull, unknown key" 2 "'zz'" --cull=p,zz "$d" -
	says "--cull, empty" 2 "--help" --cull= "$d" -
	says "--cull does not take a sort key" 2 "'at'" --cull=at "$d" -
	says "--sort, unknown key" 2 "'zz'" --sort=-zz "$d" -
	says "--sort, empty" 2 "--help" --sort= "$d" -
	says "--sort, empty item" 2 "--help" --sort=p,,n "$d" -
	says "--sort does not take a cull key" 2 "'f'" --sort=f "$d" -
	says "--sort, too many keys" 2 "no more than" \
		--sort="$(printf 'p,%.0s' $(seq 40))p" "$d" -
	for list in "" x 1,x -1 1, ,1 0x1 99999999999; do
		says "--pid '$list'" 2 "decimal numbers" --pid="$list" "$d" -
		says "--tgid '$list'" 2 "decimal numbers" --tgid="$list" "$d" -
	done
	test_that "a usage error writes nothing" test ! -s "$tmp/stdout"
	run --help
	test_that "--help: exit status" test "$rc" = 0
	for word in -a -c -f -m -n -p -P -r -s -t --pid --tgid --name --cull --sort \
		    alloc_ts free_ts comm stacktrace allocator txt --version; do
		test_that "--help tells of $word" grep -qF -e "$word" "$tmp/stdout"
	done
	for word in $(sed -n 's/^ *\(-[^ ,]*\).*/\1/p; s/.* \(--[a-z]*\).*/\1/p' "$tmp/stdout"); do
		test_that "the man page tells of $word" \
			grep -q -e "^$word" Documentation/page_owner_sort.rst
	done
	if command -v rst2man >/dev/null; then
		test_that "the man page is well formed" \
			rst2man --strict Documentation/page_owner_sort.rst "$tmp/man.8"
	else
		skip "the man page is well formed" "no rst2man"
	fi
	run --version
	test_that "--version" grep -q '^page_owner_sort [0-9]' "$tmp/stdout"
	test_that "--version tells of gzip and zstd" \
		test "$(grep -c '^gzip: \|^zstd: ' "$tmp/stdout")" = 2
}

option_tests() {
	known_dump >"$tmp/known"
	run -a --cull=p "$tmp/known" -
	cp "$tmp/stdout" "$tmp/a.out"
	test_that "-a --cull: by the first record's time" test "$(headers | tr '\n' ' ')" = \
		"1 times, 8 pages, PID 20 2 times, 4 pages, PID 9 3 times, 3 pages, PID 10 "
	sort_tests
	several_keys_tests
	cull_tests
	select_tests
	usage_tests
}
