#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: fuzz.sh FOLDER [RUNS]
#
# Lets libFuzzer (of clang) look for inputs that crash the readers, or that lose
# a record without a word: RUNS (10000000) of them. It begins with the inputs that
# earlier runs found. FOLDER keeps what it builds and the inputs that it finds, to
# go on from the next time; FOLDER/grown.tar.xz has those that reach something new,
# for corpus.tar.xz.
set -eu

[ $# -gt 0 ] || { sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2; }
mkdir -p "$1/build" "$1/corpus"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
make -s OUTPUT="$folder/build" CC=clang FUZZER=-fsanitize=fuzzer LDFLAGS= \
	CFLAGS="-g -O2 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" \
	"$folder/build/page_owner_fuzz"
tests=$PWD/tests
cd "$folder"
[ ! -e "$tests/corpus.tar.xz" ] || tar -xJf "$tests/corpus.tar.xz" -C corpus
# Few frames of each allocation, and not many freed ones: that is most of the time.
export ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=16
nice -n 19 build/page_owner_fuzz -runs="${2:-10000000}" -max_len=4096 -rss_limit_mb=2500 \
	-print_final_stats=1 corpus "$tests/corpus"
rm -rf grown
mkdir grown
build/page_owner_fuzz -merge=1 -max_len=4096 grown corpus "$tests/corpus" 2>merge.log
tar --sort=name --owner=0 --group=0 --mtime=@0 -C grown -cJf grown.tar.xz .
