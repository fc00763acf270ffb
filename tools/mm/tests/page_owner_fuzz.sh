#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: page_owner_fuzz.sh FOLDER [RUNS]
#
# Lets libFuzzer (of clang) look for inputs that crash the readers, or that lose
# a record without a word: RUNS (10000000) of them. FOLDER keeps what it builds
# and the inputs that it found, to go on from the next time.
set -eu

[ $# -gt 0 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
mkdir -p "$1/build" "$1/corpus"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
make -s -f page_owner.mk OUTPUT="$folder/build" CC=clang FUZZER=-fsanitize=fuzzer LDFLAGS= \
	CFLAGS="-g -O2 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" \
	"$folder/build/page_owner_fuzz"
cd "$folder"
exec nice -n 19 build/page_owner_fuzz -runs="${2:-10000000}" -max_len=4096 -rss_limit_mb=2500 \
	-print_final_stats=1 corpus "$OLDPWD/tests/corpus"
