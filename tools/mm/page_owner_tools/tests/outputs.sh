# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: where results go, and when they cannot. Sourced.

input_kept() {
	cmp -s "$tmp/known" "$tmp/in"
}

is_refused() {
	name=$1
	shift
	cp "$tmp/known" "$tmp/in.kept"
	says "output equal to input, $name: refused" 1 "is the input too" "$@"
	test_that "and left as it was" input_kept
}

same_file_tests() {
	cp "$tmp/known" "$tmp/in"
	ln -s in "$tmp/in.sym"
	ln "$tmp/in" "$tmp/in.hard"
	is_refused "same name" "$tmp/in" "$tmp/in"
	is_refused "other spelling" "$tmp/in" "$tmp/./in"
	is_refused "symbolic link" "$tmp/in" "$tmp/in.sym"
	is_refused "symbolic link as input" "$tmp/in.sym" "$tmp/in"
	is_refused "hard link" "$tmp/in" "$tmp/in.hard"
	rc=0
	"$sort" - - <"$tmp/in" >>"$tmp/in" 2>"$tmp/stderr" || rc=$?
	test_that "output equal to input, as standard files: refused" test "$rc" = 1
	test_that "and left as it was" input_kept
	rc=0
	"$sort" - "$tmp/in" <"$tmp/in" 2>"$tmp/stderr" || rc=$?
	test_that "output equal to input, standard input: refused" test "$rc" = 1
	test_that "and left as it was" input_kept
	gives "a device can be both" 0 "" /dev/null /dev/null
}

error_tests() {
	if [ -c /dev/full ]; then
		says "a full disk" 1 "No space left" "$tmp/known" /dev/full
		"$gen" 6.9 2000 400 >"$tmp/e"
		says "a full disk, much output" 1 "No space left" -a "$tmp/e" /dev/full
		rc=0
		"$sort" "$tmp/known" - >/dev/full 2>"$tmp/stderr" || rc=$?
		test_that "a full disk on standard output" test "$rc" = 1
		test_that "and that is said" grep -q "standard output: No space" "$tmp/stderr"
		rc=0
		"$sort" --help >/dev/full 2>"$tmp/stderr" || rc=$?
		test_that "a full disk, --help" test "$rc" = 1
	else
		skip "a full disk" "no /dev/full"
	fi
	rc=0
	"$sort" "$tmp/known" - >&- 2>"$tmp/stderr" || rc=$?
	test_that "standard output closed" test "$rc" = 1
	printf '%s' "$init_block" >"$tmp/want"
	{ echo junk; record 3 20 2 init 100 900 "b z"; } >"$tmp/e2"
	rc=0
	"$sort" "$tmp/e2" "$tmp/closed" 2>&- || rc=$?
	test_that "standard error closed: status" test "$rc" = 3
	test_that "standard error closed: no message in the output" \
		cmp "$tmp/want" "$tmp/closed"
	rc=0
	"$sort" - "$tmp/closed" <&- 2>"$tmp/stderr" || rc=$?
	test_that "standard input closed" test "$rc" = 1
	says "no such folder" 1 "cannot open" "$tmp/known" "$tmp/none/out"
	says "a folder as output" 1 "cannot open" "$tmp/known" "$tmp"
	# A file size limit is a disk that fills up in the middle.
	echo old >"$tmp/limited"
	mkdir -p "$tmp/limits"
	mv "$tmp/limited" "$tmp/limits/out"
	rc=0
	(trap '' XFSZ; ulimit -f 1; "$sort" -a "$tmp/e" "$tmp/limits/out") 2>"$tmp/stderr" || rc=$?
	test_that "a disk that fills up: status" test "$rc" = 1
	test_that "a disk that fills up: the old output stays" \
		test "$(cat "$tmp/limits/out")" = old
	test_that "a disk that fills up: nothing else stays" \
		test "$(ls "$tmp/limits")" = out
}

file_tests() {
	all=$bash_block$ab_block$init_block
	mkdir "$tmp/dir"
	o=$tmp/dir/out
	printf '%s' "$all" >"$tmp/want"

	(umask 027; "$sort" "$tmp/known" "$o") || true
	test_that "a new file" cmp "$tmp/want" "$o"
	test_that "its mode is by the umask" test "$(stat -c %a "$o")" = 640
	chmod 604 "$o"
	echo old >"$o"
	ln -s out "$tmp/dir/link"
	"$sort" "$tmp/known" "$tmp/dir/link" || true
	test_that "a link is followed" cmp "$tmp/want" "$o"
	test_that "and stays a link" test -L "$tmp/dir/link"
	test_that "an old file's mode stays" test "$(stat -c %a "$o")" = 604
	ln "$o" "$tmp/dir/hard"
	echo old >"$o"
	"$sort" "$tmp/known" "$o" || true
	test_that "hard links stay together" cmp "$tmp/want" "$tmp/dir/hard"
	ln -s later "$tmp/dir/dangling"
	"$sort" "$tmp/known" "$tmp/dir/dangling" || true
	test_that "a link to nothing yet" cmp "$tmp/want" "$tmp/dir/later"
	{ echo one; "$sort" "$tmp/known" /dev/stdout || true; echo two; } >"$tmp/dir/out2"
	{ echo one; cat "$tmp/want"; echo two; } >"$tmp/want2"
	test_that "/dev/stdout" cmp "$tmp/want2" "$tmp/dir/out2"
	"$sort" "$tmp/known" /dev/stdout | cat >"$tmp/dir/out3" || true
	test_that "/dev/stdout, a pipe" cmp "$tmp/want" "$tmp/dir/out3"
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	cat "$tmp/fifo" >"$tmp/dir/out4" &
	"$sort" "$tmp/known" "$tmp/fifo" || true
	wait
	test_that "a fifo as output" cmp "$tmp/want" "$tmp/dir/out4"
	test_that "it is still a fifo" test -p "$tmp/fifo"
	"$sort" "$tmp/known" - >"$tmp/dir/out5" 2>"$tmp/stderr" || true
	test_that "nothing but the result on standard output" cmp "$tmp/want" "$tmp/dir/out5"
	test_that "no progress unless on a terminal" test ! -s "$tmp/stderr"
	progress_test
	printf "Page allocated via order 0, mask 0x1\n\n" >"$tmp/e"
	run -r "$tmp/e" "$o"
	test_that "a failed run leaves the old output, with links" cmp "$tmp/want" "$o"
	run -r "$tmp/e" "$tmp/dir/later"
	test_that "a failed run leaves the old output" cmp "$tmp/want" "$tmp/dir/later"
	printf '%s' "$ab_block" >"$tmp/want"
	"$sort" --pid=9 "$tmp/known" "$o" || true
	test_that "written in place, nothing of the old output is left" cmp "$tmp/want" "$o"
	test_that "no temporary files stay" test "$(ls "$tmp/dir" | tr '\n' ' ')" = \
		"dangling hard later link out out2 out3 out4 out5 "
}

# The tool waits for a fifo that nothing is written to, and is ended there.
signal_tests() {
	mkdir "$tmp/sig"
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	exec 3<>"$tmp/fifo"
	"$sort" "$tmp/fifo" "$tmp/sig/out" 2>"$tmp/stderr" 3>&- &
	tool=$!
	# Only a reader that has opened the output takes the dump from the fifo:
	# it is larger than the fifo holds.
	"$gen" 6.9 1000 10 >&3
	test_that "a temporary file while it runs" test -n "$(ls "$tmp/sig")"
	kill -TERM "$tool"
	rc=0
	wait "$tool" 2>/dev/null || rc=$?
	exec 3>&-
	test_that "ended by a signal: says so" test "$rc" = 143
	test_that "ended by a signal: nothing stays" test -z "$(ls "$tmp/sig")"
}

# Each of two threads gets far enough to tell of it: then it is told twice.
progress_test() {
	name="progress on a terminal goes one way"
	if ! command -v script >/dev/null; then
		skip "$name" "script is not installed"
		return
	fi
	"$gen" 6.9 180000 40 >"$tmp/large"
	script -qc "$tmp/plain/page_owner report --threads=2 -o $tmp/out $tmp/large" \
		/dev/null </dev/null | tr '\r' '\n' |
		sed -n 's/.*reading *\([0-9]*\) %.*/\1/p' >"$tmp/percents"
	rm "$tmp/large"
	test_that "$name" sh -c "test -s $tmp/percents && sort -nuc $tmp/percents"
}

output_tests() {
	same_file_tests
	file_tests
	error_tests
	signal_tests
}
