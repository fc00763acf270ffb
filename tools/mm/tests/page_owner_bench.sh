#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: page_owner_bench.sh PAGE_OWNER_SORT [OTHER_PAGE_OWNER_SORT]...
#
# Time and memory of each on one dump of 1.15 million records, about 760 MB and
# 509 blocks, in the page cache: the median of RUNS (5) runs.
set -eu

[ $# -gt 0 ] || { sed -n '4,7s/^# //p' "$0" >&2; exit 2; }
cd "$(dirname "$0")"
CC=${CC:-cc}
RUNS=${RUNS:-5}
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/page_owner_bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

$CC -O2 -o "$tmp/gen" page_owner_gen.c
$CC -O2 -o "$tmp/cost" page_owner_cost.c
"$tmp/gen" 6.9 1150000 509 >"$tmp/dump"
size=$(wc -c <"$tmp/dump")
echo "dump: $((size / 1000000)) MB, $(grep -c '^Page allocated' "$tmp/dump") records"

for tool; do
	i=0
	: >"$tmp/runs"
	while [ $i -lt "$RUNS" ]; do
		"$tmp/cost" "$tool" "$tmp/dump" "$tmp/out" 2>>"$tmp/runs" >/dev/null
		i=$((i + 1))
	done
	sort -n "$tmp/runs" | sed -n "$((RUNS / 2 + 1))p" |
		while read -r cpu wall kb; do
			echo "$tool: $cpu ms CPU, $wall ms, $kb kB, $((size / 1000 / cpu)) MB/s," \
				"$(grep -c '^[0-9]* times' "$tmp/out") blocks"
		done
done
