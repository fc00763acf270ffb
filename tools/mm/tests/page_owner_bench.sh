#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: page_owner_bench.sh FOLDER PAGE_OWNER_SORT...
#
# Time and memory of each PAGE_OWNER_SORT on one dump of 1.15 million records,
# 740 MB and 507 blocks, in the page cache: the median of RUNS (5) runs. FOLDER
# has page_owner_gen and page_owner_cost.
set -eu

[ $# -gt 1 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
programs=$1
shift
RUNS=${RUNS:-5}
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/page_owner_bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

"$programs/page_owner_gen" 6.9 1150000 509 >"$tmp/dump"
size=$(wc -c <"$tmp/dump")
echo "dump: $((size / 1000000)) MB, $(grep -c '^Page allocated' "$tmp/dump") records"

for tool; do
	case $tool in */*) ;; *) tool=./$tool ;; esac
	i=0
	: >"$tmp/runs"
	while [ $i -lt "$RUNS" ]; do
		"$programs/page_owner_cost" "$tool" "$tmp/dump" "$tmp/out" \
			2>&1 >/dev/null | tail -n 1 >>"$tmp/runs"
		i=$((i + 1))
	done
	sort -n "$tmp/runs" | sed -n "$((RUNS / 2 + 1))p" |
		while read -r cpu wall kb; do
			echo "$tool: $cpu ms CPU, $wall ms, $kb kB, $((size / 1000 / cpu)) MB/s," \
				"$(grep -c '^[0-9]* times' "$tmp/out") blocks"
		done
done
