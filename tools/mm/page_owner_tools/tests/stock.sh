# SPDX-License-Identifier: GPL-2.0-only
# Part of check.sh: the same text as the tool that kernels shipped
# before this one, wherever that one is right. Sourced.

stock_source=/usr/src/linux-source-6.12.tar.xz

# Builds the old tool outside of all source trees, once for each source.
get_stock() {
	stock=$cache/tool/page_owner_sort-$(stat -c %Y-%s "$stock_source")
	[ ! -x "$stock" ] || return 0
	mkdir -p "$cache/tool"
	tar -xOf "$stock_source" --occurrence=1 \
		linux-source-6.12/tools/mm/page_owner_sort.c >"$tmp/stock.c"
	$CC -O2 -w -o "$stock.$$" "$tmp/stock.c"
	mv "$stock.$$" "$stock"
}

same_as_stock() {
	dump=$1
	shift
	run "$@" "$tmp/$dump" -
	"$stock" "$@" "$tmp/$dump" "$tmp/stock.out" >"$tmp/stock.log" 2>&1 || true
	test_that "as stock, $dump: ${*:-no option}" cmp "$tmp/stock.out" "$tmp/stdout"
}

stock_tests() {
	if [ ! -r "$stock_source" ]; then
		skip "the same text as stock" "$stock_source is not installed"
		return
	fi
	if ! get_stock; then
		skip "the same text as stock" "stock's tool does not build"
		return
	fi
	for v in 4.4 4.19 5.11 6.9; do
		"$gen" $v 3000 150 >"$tmp/dump-$v"
		for args in "" -t -m -a -s -p -P -n; do
			same_as_stock dump-$v $args
		done
	done
	# The release time, which stock takes for text, is no matter when culled.
	for v in 4.19 5.11 5.13 5.18 6.9; do
		"$gen" $v 3000 150 >"$tmp/dump-$v"
		for keys in p tg n st ator pid,stacktrace name,allocator,tgid \
			    ator,st,n,tg,p; do
			for args in "" -m -a -p; do
				same_as_stock dump-$v --cull=$keys $args
			done
		done
		case $v in 4.19|5.11|6.9)
			same_as_stock dump-$v --pid=3,17,20
			same_as_stock dump-$v --tgid=4 -m ;;
		esac
		same_as_stock dump-$v --name=init,bash --cull=p
		same_as_stock dump-$v --pid=3,17,20 --tgid=2,4,5 --cull=st -n
	done
}
