#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench.sh FOLDER [OTHER_PAGE_OWNER_SORT]...
#
# Time and memory of the tools on one large dump in the page cache: the median of
# RUNS (5) runs. FOLDER has the tools, page_owner_gen, page_owner_repeat and
# page_owner_cost. The dump has RECORDS (1150000) records: those of the real dump
# DUMP again and again, or made-up ones.
#
# With valgrind, also the instructions per record of 'page_owner report', and exit
# status 1 if they are above their limits: of DUMP and the raw capture CAPTURE, or of
# 60,000 made-up records, as text and raw. What a dump of one record takes is not
# counted, nor what unpacks a capture.
set -eu

[ $# -gt 0 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
programs=$1
shift
RUNS=${RUNS:-5}
RECORDS=${RECORDS:-1150000}
DUMP=${DUMP:-}
CAPTURE=${CAPTURE:-}
RAW_LIMIT=800
# What text took before raw dumps were read without it: of a guest's 58,076 records,
# and of the made-up ones, each of which has another stack than the one before.
TEXT_LIMIT=5189
[ -z "$DUMP" ] || TEXT_LIMIT=3822
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/page_owner_bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

if [ -n "$DUMP" ]; then
	"$programs/page_owner_repeat" "$DUMP" "$RECORDS" >"$tmp/dump"
else
	"$programs/page_owner_gen" 6.9 "$RECORDS" 509 >"$tmp/dump"
fi
size=$(wc -c <"$tmp/dump")
echo "dump: $((size / 1000000)) MB, $RECORDS records${DUMP:+, those of $DUMP repeated}"
printf '%-44s %8s %8s %8s %8s\n' "" "ms CPU" "ms" "kB" "MB/s"

# cost NAME COMMAND...: the median of some runs
cost() {
	name=$1
	shift
	i=0
	: >"$tmp/runs"
	while [ $i -lt "$RUNS" ]; do
		"$programs/page_owner_cost" "$@" 2>&1 >/dev/null | tail -n 1 >>"$tmp/runs"
		i=$((i + 1))
	done
	sort -n "$tmp/runs" | sed -n "$((RUNS / 2 + 1))p" | while read -r cpu wall kb; do
		printf '%-44s %8s %8s %8s %8s\n' "$name" "$cpu" "$wall" "$kb" \
			"$((size / 1000 / cpu))"
	done
}

for n in 1 2; do
	cost "page_owner report --threads $n" "$programs/page_owner" report --threads $n \
		-o "$tmp/out" "$tmp/dump"
done
for tool in "$programs/page_owner_sort" "$@"; do
	case $tool in */*) ;; *) tool=./$tool ;; esac
	cost "$tool" "$tool" -m --cull=stacktrace "$tmp/dump" "$tmp/out.${tool##*/}"
	awk '/^[0-9]+ times/ { times += $1; pages += $3; n++ }
		END { print "    " n " blocks, " times " times, " pages " pages" }' \
		"$tmp/out.${tool##*/}"
done

# instructions FILE: of a report about it
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		"$programs/page_owner" report --threads 1 -o "$tmp/out" "$1" 2>&1 |
		sed -n 's/.*Collected : //p'
}

# per_record NAME LIMIT FILE ONE: ONE has one record
per_record() {
	records=$("$programs/page_owner" export --format json "$3" |
		sed -n 's/^"records_read":\([0-9]*\),$/\1/p')
	start=$(instructions "$4")
	all=$(instructions "$3")
	each=$(((all - start) / records))
	echo "$1: $each instructions per record (limit $2)"
	echo "    $records records, $all in all, of which $start to start"
	[ "$each" -le "$2" ] || above=1
}

above=
if ! command -v valgrind >/dev/null; then
	echo "no valgrind: instructions per record are not counted"
	exit
fi
rawgen=$(dirname "$0")/rawgen.py
"$programs/page_owner_gen" 6.12 1 1 >"$tmp/one"
[ -n "$DUMP" ] || "$programs/page_owner_gen" 6.12 60000 509 >"$tmp/text"
per_record "text${DUMP:+, $DUMP}" $TEXT_LIMIT "${DUMP:-$tmp/text}" "$tmp/one"
if command -v python3 >/dev/null; then
	python3 "$rawgen" <"$tmp/one" >"$tmp/one.raw"
	"$programs/page_owner_gen" 6.12 60000 509 | python3 "$rawgen" >"$tmp/raw"
	per_record "raw" $RAW_LIMIT "$tmp/raw" "$tmp/one.raw"
	if [ -n "$CAPTURE" ]; then
		zstd -dcf "$CAPTURE" >"$tmp/capture"
		per_record "raw, $CAPTURE" $RAW_LIMIT "$tmp/capture" "$tmp/one.raw"
	fi
fi
[ -z "$above" ]
