#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the page_owner tools, under the address and undefined behaviour
# sanitizers: one line for each, and a last line of counts. KEEP=1 leaves the
# temporary folder. PAGE_OWNER_CACHE is where the tool to compare with is kept.
set -eu

cd "$(dirname "$0")/.."
CC=${CC:-cc}
cache=${PAGE_OWNER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/page_owner}
tmp=$(mktemp -d)
[ -n "${KEEP:-}" ] || trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

# Keeps a blank at the end of a line of expected output in sight
nothing=

passed=0
failed=0
skipped=0

pass() {
	passed=$((passed + 1))
	echo "ok $((passed + failed + skipped)) - $1"
}

fail() {
	failed=$((failed + 1))
	echo "not ok $((passed + failed + skipped)) - $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/# /'
}

skip() {
	skipped=$((skipped + 1))
	echo "ok $((passed + failed + skipped)) - $1 # SKIP $2"
}

# test_that NAME COMMAND...: passes if the command succeeds
test_that() {
	name=$1
	shift
	if "$@" >"$tmp/log" 2>&1; then pass "$name"; else fail "$name" "$(cat "$tmp/log")"; fi
}

# run ARGUMENT...: the tool $prog; leaves stdout, stderr and $rc
run() {
	rc=0
	"$prog" "$@" >"$tmp/stdout" 2>"$tmp/stderr" || rc=$?
}

# gives NAME STATUS EXPECTED ARGUMENT...: exit status and standard output
gives() {
	name=$1 want=$2
	printf '%s' "$3" >"$tmp/want"
	shift 3
	run "$@"
	if [ "$rc" = "$want" ] && cmp -s "$tmp/want" "$tmp/stdout"; then
		pass "$name"
	else
		fail "$name" "exit status $rc, wanted $want: $*
$(diff "$tmp/want" "$tmp/stdout" || true)
$(cat "$tmp/stderr")"
	fi
}

# says NAME STATUS TEXT ARGUMENT...: exit status and text on standard error
says() {
	name=$1 want=$2 text=$3
	shift 3
	run "$@"
	if [ "$rc" = "$want" ] && grep -qF -e "$text" "$tmp/stderr"; then
		pass "$name"
	else
		fail "$name" "exit status $rc, wanted $want and '$text': $*
$(cat "$tmp/stderr")"
	fi
}

# The output's first lines of a block, and what is between two of them
headers() { grep '^[0-9]* times' "$tmp/stdout" || true; }

# make_in FOLDER CFLAGS TARGET...: build in a folder of the temporary one
make_in() {
	dir=$tmp/$1 cflags=$2
	shift 2
	mkdir "$dir"
	make -s OUTPUT="$dir" CC="$CC" CFLAGS="$cflags -Werror" LDFLAGS= \
		$(printf "$dir/%s " "$@")
}

build() {
	san="-fsanitize=address,undefined -fno-sanitize-recover=all"
	if ! echo 'int main(void) { return 0; }' |
	     $CC $san -x c -o "$tmp/probe" - 2>/dev/null || ! "$tmp/probe"; then
		skip "sanitizers" "$CC cannot build with $san"
		san=
	fi
	make_in tested "-g -O1 $san" page_owner_sort page_owner page_owner_unit \
		page_owner_raw_unit page_owner_decode page_owner_fuzz
	make_in plain "-O2" page_owner_sort page_owner page_owner_gen
	sort=$tmp/tested/page_owner_sort
	owner=$tmp/tested/page_owner
	prog=$sort
	gen=$tmp/plain/page_owner_gen
}

# unit_tests PROGRAM
unit_tests() {
	rc=0
	"$tmp/tested/$1" >"$tmp/unit.log" 2>&1 || rc=$?
	while read -r verdict name; do
		case $verdict in
		ok) pass "$name" ;;
		skip) skip "${name%%:*}" "${name#*: }" ;;
		not) fail "${name#ok }" "$(grep '^#' "$tmp/unit.log")" ;;
		esac
	done <"$tmp/unit.log"
	if [ "$rc" -gt 1 ]; then
		fail "$1 ends" "exit status $rc: $(tail -n 30 "$tmp/unit.log")"
	else
		pass "$1 ends"
	fi
}

# Any input: a short run of what tests/fuzz.sh does for long
fuzz_tests() {
	mkdir "$tmp/seeds"
	for v in 4.4 4.19 5.11 5.13 5.18 6.9 6.12 freed; do
		"$gen" $v 3 40 >"$tmp/seeds/$v"
	done
	[ ! -d tests/corpus ] || cp tests/corpus/* "$tmp/seeds"
	tar -xJf tests/corpus.tar.xz -C "$tmp/seeds" 2>/dev/null ||
		skip "inputs that were found before" "they are not there, or tar and xz are not"
	rc=0
	"$tmp/tested/page_owner_fuzz" "${FUZZ_RUNS:-20000}" "$tmp"/seeds/* >"$tmp/log" 2>&1 || rc=$?
	if [ "$rc" = 0 ]; then pass "${FUZZ_RUNS:-20000} damaged inputs"
	else fail "damaged inputs" "exit status $rc: $(tail -n 30 "$tmp/log")"; fi
}

for part in options inputs outputs stock report export live usage; do
	. "tests/$part.sh"
done

build
unit_tests page_owner_unit
unit_tests page_owner_raw_unit
fuzz_tests
option_tests
input_tests
output_tests
stock_tests
prog=$owner
report_tests
export_tests
diff_tests
record_tests
top_tests
leaks_tests
annotate_tests
usage_tests_of_all

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
