#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: bench.sh FOLDER [OTHER_PAGE_OWNER_SORT]...
#
# Time and memory of the tools on one large dump in the page cache: the median of
# RUNS (5) runs. FOLDER has the tools, page_owner_gen, page_owner_repeat and
# page_owner_cost. The dump has RECORDS (1150000) records: those of the real dump
# DUMP again and again, or made-up ones.
set -eu

[ $# -gt 0 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
programs=$1
shift
RUNS=${RUNS:-5}
RECORDS=${RECORDS:-1150000}
DUMP=${DUMP:-}
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
