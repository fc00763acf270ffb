# SPDX-License-Identifier: GPL-2.0-only
# Completion of page_owner for bash.

_page_owner_keys="stack comm pid tgid memcg module node zone order migratetype allocator"

_page_owner_options() {
	local common="--by --top --filter --functions --handles --threads --input --output --help"

	case $1 in
	record) echo "--output --compress --text --debugfs --proc --help" ;;
	report) echo "$common --verbose --tree --min-share" ;;
	top) echo "$common --batch --sort --count --delay --debugfs" ;;
	diff) echo "$common --verbose --exit-code --threshold" ;;
	leaks) echo "$common --kept --exit-code" ;;
	export) echo "$common --format" ;;
	annotate) echo "$common --vmlinux --addr2line --strip" ;;
	esac
}

# The words that can follow an option; fails if these are files
_page_owner_values() {
	case $1 in
	--by) echo "$_page_owner_keys" ;;
	--filter) printf '%s= ' $_page_owner_keys pfn ts age pages state ;;
	--format) echo "folded pprof speedscope openmetrics json flamegraph" ;;
	--compress) echo "zstd gzip none" ;;
	--sort) echo "memory growth times" ;;
	--tree) echo "callers callees" ;;
	--top|--threads|--count|--delay|--kept|--threshold|--min-share) echo ;;
	*) return 1 ;;
	esac
}

_page_owner() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words

	# bash takes --option=value for three words.
	[ "$word" != "=" ] || word=
	[ "$before" != "=" ] || before=${COMP_WORDS[COMP_CWORD - 2]}
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		words="record report top diff leaks export annotate --help --version"
	elif ! words=$(_page_owner_values "$before"); then
		case $word in
		-*) words=$(_page_owner_options "${COMP_WORDS[1]}") ;;
		*)
			COMPREPLY=($(compgen -f -- "$word"))
			return
			;;
		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o filenames -F _page_owner page_owner
