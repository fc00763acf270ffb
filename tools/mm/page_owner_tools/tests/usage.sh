# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: what all programs have in common: their options, manual
# pages and completion, how they are installed, and what they say to a wrong input.
# Sourced.

commands="record report top diff leaks export annotate"

# Sets $prog and $args for a command of page_owner, or one of the other programs.
of_program() {
	case $1 in
	page_owner|page_owner_sort|page_owner_decode) prog=$tmp/tested/$1 args= ;;
	*) prog=$owner args=$1 ;;
	esac
}

# Options at the start of lines, one on a line, of --help or a manual page's text
option_words() {
	grep -v '^---*$' | sed -n 's/^ *\(-[^ ].*\)/\1/p' | sed 's/  .*//; s/, -/\n-/g' |
		sed 's/[][ =].*//' | LC_ALL=C sort -u
}

# manual_part PAGE HEADING: from that heading to the next one
manual_part() {
	awk -v want="$2" '
		/^[=-][=-]*$/ { on = last == want }
		on { print }
		{ last = $0 }' "Documentation/$1.rst" | option_words
}

# What the manual says a program or command takes
manual_options() {
	case $1 in
	page_owner) manual_part page_owner OPTIONS ;;
	page_owner_decode) manual_part page_owner_decode OPTIONS ;;
	page_owner_sort)
		for part in Sorting Culling Selecting Others; do
			manual_part page_owner_sort $part
		done ;;
	record) manual_part page_owner record; printf '%s\n' -h --help ;;
	diff|leaks)
		manual_part page_owner "$1"
		manual_part page_owner "COMMON OPTIONS" | grep -vx -e -i -e --input ;;
	*)
		manual_part page_owner "$1"
		manual_part page_owner "COMMON OPTIONS" ;;
	esac | LC_ALL=C sort -u
}

# What the program's source takes: long options
source_options() {
	case $1 in
	page_owner) echo '{ "help", no_argument'; echo '{ "version", no_argument' ;;
	page_owner_*) cat "${1#page_owner_}.c" ;;
	record) cat cmd/record.c; echo '{ "help", no_argument' ;;
	diff|leaks) grep -v '"input"' cmd/cmd.c; cat "cmd/$1.c" ;;
	annotate) grep -v '"by"' cmd/cmd.c; cat cmd/annotate.c ;;
	*) cat cmd/cmd.c "cmd/$1.c" ;;
	esac | sed -n 's/.*{ "\([a-z0-9-]*\)", [a-z]*_argument.*/--\1/p' | LC_ALL=C sort -u
}

# What the completion offers: long options
completed_options() {
	case $1 in
	page_owner) complete_to page_owner - ;;
	page_owner_*) complete_to "$1" -- ;;
	*) complete_to page_owner "$1" -- ;;
	esac | tr ' ' '\n' | sed 's/=$//' | LC_ALL=C sort -u
}

# same_list NAME: $tmp/want and $tmp/got
same_list() {
	test_that "$1" diff "$tmp/want" "$tmp/got"
}

option_list_tests() {
	for program in page_owner $commands page_owner_sort page_owner_decode; do
		of_program $program
		run $args --help
		test_that "$program --help" test "$rc" = 0
		option_words <"$tmp/stdout" >"$tmp/got"
		manual_options $program >"$tmp/want"
		same_list "$program: the manual has the options of --help, and no others"
		grep -e '^--' "$tmp/got" >"$tmp/want"
		source_options $program >"$tmp/got"
		same_list "$program: --help has all long options that there are"
		[ -z "$bash" ] || completed_options $program >"$tmp/got"
		[ -z "$bash" ] || same_list "$program: its long options complete"
	done
	prog=$owner
	for command in $commands; do
		run $command --help
		cp "$tmp/stdout" "$tmp/want"
		run help $command
		test_that "page_owner help $command" cmp "$tmp/want" "$tmp/stdout"
		test_that "$command is in the synopsis" \
			grep -q "^| \*\*page_owner $command\*\*" Documentation/page_owner.rst
	done
	says "page_owner help of nothing" 2 "no command 'x'" help x
	run help
	cp "$tmp/stdout" "$tmp/got"
	"$owner" --help >"$tmp/want"
	same_list "page_owner help"
}

version_tests() {
	for program in page_owner page_owner_sort page_owner_decode; do
		"$tmp/tested/$program" --version | sed -n "1s/^$program //p"
		"$tmp/tested/$program" -V | sed -n "1s/^$program //p"
	done >"$tmp/got"
	test_that "all have one version" \
		test "$(sort -u "$tmp/got" | wc -l) $(wc -l <"$tmp/got")" = "1 6"
}

# Of two inputs or two outputs, none is forgotten.
twice_tests() {
	for case in "report:-i $d --input=$d:input" "report:-o $tmp/o --output $tmp/p $d:output" \
		    "report:--top 1 --top=2 $d:top" "report:--by pid --by comm $d:by" \
		    "report:--tree --tree=callees $d:tree" "diff:-o - -o - $d $d:output" \
		    "top:-n 1 --count 2:count" "leaks:--kept 1 --kept 2 $d $d:kept" \
		    "export:--format json --format folded $d:format" \
		    "annotate:--vmlinux $d --vmlinux $d $d:vmlinux" \
		    "record:-o $tmp/o --output $tmp/p:output"; do
		rest=${case#*:}
		says "${case%%:*}: --${rest##*:} twice" 2 "--${rest##*:} is given twice" \
			${case%%:*} ${rest%:*}
	done
	run report -v -v --functions --functions --filter pid=10 --filter comm=bash "$d"
	test_that "report: options without a value, and filters, more than once" test "$rc" = 0
	prog=$tmp/tested/page_owner_decode
	says "decode: --mode twice" 2 "given twice" -m stack --mode=handle "$tmp/d.raw"
	prog=$owner
}

size_tests() {
	"$owner" diff --threshold 16384 "$tmp/old" "$tmp/new" >"$tmp/want"
	for size in 16K 16k 16KiB 16.0KiB 0.015625M 0.015625MiB; do
		run diff --threshold $size "$tmp/old" "$tmp/new"
		cp "$tmp/stdout" "$tmp/got"
		same_list "--threshold $size"
	done
	for size in 1G 1GiB 1T 1TiB; do
		run diff --threshold $size --exit-code "$tmp/old" "$tmp/new"
		test_that "--threshold $size" test "$rc" = 0
	done
	for size in "" K 16KB 16Kib "16 " 16X 0x10 -1 +1 inf nan 99999999T 1KiBs; do
		says "--threshold '$size'" 2 "--threshold wants a number of bytes" \
			diff --threshold "$size" "$tmp/old" "$tmp/new"
	done
}

# magic NAME: the first bytes of what that program packs
magic() {
	case $1 in
	xz) printf '\3757zXZ\0\0\4rest of it' ;;
	bzip2) printf 'BZh91AY&SYrest of it' ;;
	lz4) printf '\004"M\030rest of it' ;;
	lzip) printf 'LZIP\1rest of it' ;;
	lzop) printf '\211LZO\0\r\n\032\nrest of it' ;;
	gzip) printf '\037\213\010rest of it' ;;
	zstd) printf '(\265/\375rest of it' ;;
	esac
}

packed_input_tests() {
	p=$tmp/packed
	for how in xz bzip2 lz4 lzip lzop; do
		magic $how >"$p"
		prog=$owner
		says "report: $how" 1 "$how -dc $p | page_owner report -i -" report "$p"
		test_that "and says how it is packed" grep -q "packed with $how" "$tmp/stderr"
		says "export: $how" 1 "$how -dc $p | page_owner export -i -" \
			export --format json "$p"
		says "report --handles: $how" 1 "unpack it first, with $how -dc" \
			report --handles "$p" "$d"
		says "diff: $how" 1 "unpack it first, with $how -dc" diff "$d" "$p"
		rc=0
		"$owner" report - <"$p" 2>"$tmp/stderr" || rc=$?
		test_that "report: $how from standard input" test "$rc" = 1
		test_that "and what to do" grep -q "first, with $how -dc" "$tmp/stderr"
		prog=$sort
		says "sort: $how" 1 "$how -dc <$p | page_owner_sort - $tmp/none" "$p" "$tmp/none"
	done
	prog=$tmp/bare/page_owner
	for how in gzip zstd; do
		magic $how >"$p"
		says "report: $how without its library" 1 \
			"$how -dc $p | page_owner report -i -" report "$p"
	done
	prog=$tmp/tested/page_owner_decode
	for how in xz bzip2 lz4 lzip lzop gzip zstd; do
		magic $how >"$p"
		says "decode: $how" 1 "$how -dc <$p | page_owner_decode" "$p"
	done
	prog=$owner
	"$owner" report "$d" >"$tmp/want"
	for how in xz bzip2 lz4; do
		if ! command -v $how >/dev/null; then
			skip "what $how writes" "there is no $how"
			continue
		fi
		$how -c "$d" >"$p"
		says "what $how writes" 1 "packed with $how" report "$p"
		$how -dc "$p" | "$owner" report -i - >"$tmp/stdout"
		test_that "and the hint helps" cmp "$tmp/want" "$tmp/stdout"
	done
}

decode_tests() {
	prog=$tmp/tested/page_owner_decode
	says "decode: what is no dump" 3 "not a raw capture" main.c
	says "decode: nothing" 3 "cut off" /dev/null
	says "decode: no such file" 1 "cannot open" "$tmp/none"
	says "decode: no such mode" 2 "There are" -m none
	says "decode: two files" 2 "--help" "$d" "$d"
	says "decode: an unknown option" 2 "--help" --none
	says "decode: a text dump" 1 "a text dump already" "$d"
	says "decode: a text dump of free pages" 1 "a text dump already" "$tmp/freed"
	sed 1d "$d" >"$tmp/d2"
	says "decode: a text dump without its first line" 1 "a text dump already" "$tmp/d2"
	says "decode: a capture" 1 "'page_owner report' reads" tests/corpus/capture
	for kind in pages handles; do
		says "decode: a file of page_owner_stacks, $kind" 1 "page_owner_stacks" \
			tests/corpus/stacks-$kind
	done
	printf 'handle pages peak allocs frees\n1 5 5 0 0\n' >"$tmp/d2"
	says "decode: show_counts" 1 "page_owner_stacks" "$tmp/d2"
	test_that "decode: none of these is output" test ! -s "$tmp/stdout"
	"$prog" tests/corpus/raw >"$tmp/want"
	run tests/corpus/raw
	test_that "decode: a binary dump" \
		sh -c 'test "$1" = 0 && grep -q ^Page "$2"' sh "$rc" "$tmp/stdout"
	{ head -c 5 tests/corpus/raw; tail -c +6 tests/corpus/raw; } | "$prog" >"$tmp/stdout"
	test_that "decode: a pipe" cmp "$tmp/want" "$tmp/stdout"
	if command -v python3 >/dev/null; then
		"$gen" 6.12 2000 200 | python3 tests/rawgen.py >"$tmp/d.raw"
		run - <"$tmp/d.raw"
		test_that "decode: a larger one" test "$(grep -c ^Page "$tmp/stdout")" = 2000
	fi
	for mode in -mhandle --mode=handle "--mode handle"; do
		run $mode tests/corpus/raw
		test_that "decode $mode" grep -q '^handle: [0-9]' "$tmp/stdout"
	done
	if [ -c /dev/full ]; then
		for option in --help --version tests/corpus/raw; do
			rc=0
			"$prog" $option >/dev/full 2>"$tmp/stderr" || rc=$?
			test_that "decode: a full disk, $option" test "$rc" = 1
		done
	fi
	prog=$owner
}

# complete WORD...: what the completion offers for the last of them; "nospace" and such
# come first, if it asks for that
complete_to() {
	bash -c 'compopt() { shown="$shown$2 "; }
		. ./completion.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) shown=
		$(complete -p "$1" | sed "s/.*-F \([^ ]*\) .*/\1/")
		[ -z "${SHOW-}" ] || printf %s "$shown"
		echo "${COMPREPLY[*]}"' bash "$@"
}

# completes EXPECTED WORD...
completes() {
	want=$1
	shift
	got=$(SHOW=y complete_to "$@")
	test_that "completion: $*: '$got'" test "$got" = "$want"
}

completion_tests() {
	completes "record report" page_owner re
	completes "report" page_owner help rep
	completes "nospace memcg module migratetype" page_owner report --by m
	completes "nospace stack,comm" page_owner report --by stack,co
	completes "nospace stack,comm" page_owner report --by = stack,co
	completes "nospace comm,pid,module" \
		page_owner report --by = comm,pid,mo
	completes "nospace --kept=" page_owner leaks --k
	completes "--exit-code" page_owner leaks --e
	completes "folded flamegraph" page_owner export --format = f
	completes "folded pprof speedscope openmetrics json flamegraph" \
		page_owner export --format =
	completes "nospace comm=" page_owner report --filter co
	completes "nospace stack= state=" page_owner report --filter = sta
	completes "allocated free" page_owner report --filter state =
	completes "free" page_owner report --filter = state = f
	completes "free" page_owner report --filter state! = f
	completes "nospace slab,cma slab,vmalloc slab,others" \
		page_owner report --filter = allocator = slab,
	completes "nospace nid=" page_owner record ni
	completes "free" page_owner record state = fr
	completes "callers callees" page_owner report --tree = c
	completes "gzip" page_owner record --compress = g
	completes "memory" page_owner top -s m
	completes "" page_owner top -n 1
	completes "filenames completion.bash" \
		page_owner report comp
	completes "filenames completion.bash" \
		page_owner diff -o comp
	completes "filenames completion.bash" \
		page_owner report --tree comp
	completes "filenames tests" page_owner annotate --strip = tes
	completes "nospace --cull=" page_owner_sort --c
	completes "nospace stacktrace" page_owner_sort --cull st
	completes "nospace stacktrace,pid" page_owner_sort --cull = stacktrace,p
	completes "nospace -pid,+stacktrace" page_owner_sort --sort = -pid,+s
	completes "nospace -pid,tgid -pid,txt" page_owner_sort --sort -pid,t
	completes "filenames completion.bash" \
		page_owner_sort -m comp
	completes "nospace --mode=" page_owner_decode --m
	completes "handle" page_owner_decode -m h
	completes "stack stack_handle" page_owner_decode --mode = st
	completes "filenames completion.bash" \
		page_owner_decode comp
	mkdir -p "$tmp/a folder"
	: >"$tmp/a folder/one file"
	completes "filenames $tmp/a folder/one file" page_owner report "$tmp/a folder/o"
}

# What is installed, below $tmp/root
installed() { (cd "$tmp/root" && find . ! -type d) | LC_ALL=C sort >"$tmp/got"; }

# installs NAME COMMAND...: into $tmp/root/p, what $tmp/want lists, and off again
installs() {
	installed_by=$1
	shift
	rm -rf "$tmp/root"
	"$@" install >"$tmp/install.log" 2>&1 || cat "$tmp/install.log"
	installed
	same_list "$installed_by"
	"$@" uninstall >/dev/null 2>&1 || true
	installed
	test_that "$installed_by, and uninstall" test ! -s "$tmp/got"
}

install_tests() {
	set -- make -s OUTPUT="$tmp/plain" CC="$CC" LDFLAGS=
	printf './p/%s\n' sbin/page_owner sbin/page_owner_decode sbin/page_owner_sort \
		share/bash-completion/completions/page_owner \
		share/bash-completion/completions/page_owner_decode \
		share/bash-completion/completions/page_owner_sort >"$tmp/want"
	installs "make install, without rst2man" "$@" RST2MAN= PREFIX=/p \
		DESTDIR="$tmp/root"
	test_that "and says so" grep -q "There is no rst2man" "$tmp/install.log"
	if command -v rst2man >/dev/null; then
		printf './p/share/man/man8/%s.8\n' page_owner page_owner_decode \
			page_owner_sort >>"$tmp/want"
		for page in page_owner page_owner_sort page_owner_decode; do
			test_that "the manual page of $page" \
				rst2man --strict Documentation/$page.rst "$tmp/$page.8"
		done
	else
		skip "manual pages" "there is no rst2man"
	fi
	test_that "make man makes a page of each program" sh -c '
		make -s -n -B OUTPUT= man | grep -o "page_owner[a-z_]*\.8$" |
			sort >"$1/got"
		printf "%s.8\n" page_owner page_owner_decode page_owner_sort | cmp - "$1/got"' \
		sh "$tmp"
	installs "make install" "$@" PREFIX=/p DESTDIR="$tmp/root"
	cp "$tmp/want" "$tmp/want.p"
	sed 's|^./p|./a folder|' "$tmp/want.p" >"$tmp/want"
	installs "make install, to a folder with a blank" "$@" \
		PREFIX="/a folder" DESTDIR="$tmp/root"
	cp "$tmp/want.p" "$tmp/want"
	if ! grep -q page_owner_tools ../../../Makefile; then
		skip "make install at the top" "it is a kernel's"
		return
	fi
	installs "make install at the top" "$@" -C ../../.. PREFIX="$tmp/root/p"
	# As a relative folder it is one of the caller's.
	up=$(cd ../../.. && pwd | sed 's|[^/]*|..|g; s|^/||')
	[ -z "$up" ] || installs "make install at the top, a relative folder" \
		"$@" -C ../../.. PREFIX="$up$tmp/root/p"
	test_that "make help tells of it" sh -c \
		'make -s -C ../../.. help | grep -q "^make install .*PREFIX"'
}

usage_tests_of_all() {
	bash=$(command -v bash) || bash=
	option_list_tests
	version_tests
	twice_tests
	size_tests
	packed_input_tests
	decode_tests
	if [ -n "$bash" ]; then completion_tests
	else skip "completion" "there is no bash"; fi
	install_tests
}
