# SPDX-License-Identifier: GPL-2.0-only
# Completion of page_owner, page_owner_sort and page_owner_decode for bash.

_page_owner_keys="stack comm pid tgid memcg module node zone order migratetype allocator"
_page_owner_commands="record report top diff leaks export annotate"

# The options of a command; those that want a value end with "=".
_page_owner_options() {
	local common="--top= --filter= --functions --handles= --threads= --output= --help"

	case $1 in
	record) echo "--output= --compress= --text --debugfs= --proc= --help" ;;
	report) echo "$common --by= --input= --verbose --tree --min-share=" ;;
	top) echo "$common --by= --input= --batch --sort= --count= --delay= --debugfs=" ;;
	diff) echo "$common --by= --verbose --exit-code --threshold=" ;;
	leaks) echo "$common --by= --kept= --exit-code" ;;
	export) echo "$common --by= --input= --format= --verbose" ;;
	annotate) echo "$common --input= --vmlinux= --symfs= --addr2line= --strip=" ;;
	esac
}

# Offers words; after one that ends with "=" the value follows at once.
_page_owner_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace
}

# Offers files or, with -d, folders.
_page_owner_files() {
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

# Offers what can follow the last comma of a list, but for what is in it already; each
# of the words may have one of the signs in $3 before it.
_page_owner_list() {
	local words=$1 list=$2 signs=${3:-} done="" item=$2 sign="" word left=""

	if [[ $list == *,* ]]; then
		done=${list%,*},
		item=${list##*,}
	fi
	if [[ -n $signs && $item == [$signs]* ]]; then
		sign=${item:0:1}
	fi
	for word in $words; do
		[[ ,${done//[+-]/} == *,$word,* ]] || left="$left $done$sign$word"
	done
	_page_owner_words "$left" "$list"
	# A list may go on.
	compopt -o nospace
}

# The values of a key in a filter, where these are known
_page_owner_key_values() {
	case $1 in
	state) echo "allocated free" ;;
	allocator) echo "cma slab vmalloc others" ;;
	zone) echo "DMA DMA32 Normal HighMem Movable Device" ;;
	migratetype) echo "Unmovable Movable Reclaimable HighAtomic CMA Isolate" ;;
	mode) echo "stack handle stack_handle raw" ;;
	esac
}

# $1 is what is to be completed, $2 the key before an "=", or empty
_page_owner_filter() {
	case $2 in
	"") _page_owner_words "${3// /= }=" "$1" ;;
	state) _page_owner_words "$(_page_owner_key_values "$2")" "$1" ;;
	*) _page_owner_list "$(_page_owner_key_values "$2")" "$1" ;;
	esac
}

# Completes the value $2 of the option $1; fails if it takes none that is known.
_page_owner_value() {
	case $1 in
	--by) _page_owner_list "$_page_owner_keys" "$2" ;;
	--filter) _page_owner_filter "$2" "" "$_page_owner_keys pfn ts age pages state" ;;
	--format) _page_owner_words "folded pprof speedscope openmetrics json flamegraph" "$2" ;;
	--compress) _page_owner_words "zstd gzip none" "$2" ;;
	--sort|-s) _page_owner_words "memory growth times" "$2" ;;
	--tree) _page_owner_words "callers callees" "$2" ;;
	--debugfs|--proc|--strip|--symfs) _page_owner_files -d "$2" ;;
	--input|--output|--handles|--vmlinux|-i|-o) _page_owner_files -f "$2" ;;
	--addr2line) _page_owner_files -c "$2" ;;
	--top|--threads|--count|--delay|--kept|--threshold|--min-share|-n|-d) ;;
	*) return 1 ;;
	esac
}

# Sets word, before and key: what is to be completed, the word before it, and in
# "--filter key=word" the key. bash takes an "=" for a word of its own.
_page_owner_look() {
	local i=$COMP_CWORD

	word=${COMP_WORDS[i]} key=
	[[ $word != "=" ]] || { word=; i=$((i + 1)); }
	before=${COMP_WORDS[i - 1]} assigned=
	if [[ $before == "=" ]]; then
		assigned=y before=${COMP_WORDS[i - 2]} i=$((i - 2))
		if [[ $before != -* ]]; then
			key=${before%!} before=${COMP_WORDS[i - 1]}
			[[ $before != "=" ]] || before=${COMP_WORDS[i - 2]}
		fi
	fi
}

_page_owner() {
	local word before key assigned command=${COMP_WORDS[1]}

	COMPREPLY=()
	_page_owner_look
	if [[ $COMP_CWORD == 1 ]]; then
		_page_owner_words "$_page_owner_commands help --help --version" "$word"
	elif [[ $command == help ]]; then
		_page_owner_words "$_page_owner_commands" "$word"
	elif [[ -n $key && ( $before == --filter || $command == record ) ]]; then
		_page_owner_filter "$word" "$key"
	elif [[ $before == --tree && -z $assigned ]]; then
		# Its value is optional, and follows "=" only.
		_page_owner_rest "$command" "$word"
	elif ! _page_owner_short "$command" "$before" ||
	     ! _page_owner_value "$before" "$word"; then
		_page_owner_rest "$command" "$word"
	fi
}

# Is $2 an option with a value, for this command?
_page_owner_short() {
	case $1:$2 in
	top:-[sndio]|*:--*|report:-[io]|export:-[io]|annotate:-[io]|*:-o) ;;
	*) return 1 ;;
	esac
}

# Options, and what is none
_page_owner_rest() {
	case $1:$2 in
	*:-*) _page_owner_words "$(_page_owner_options "$1")" "$2" ;;
	record:*) _page_owner_filter "$2" "" \
			"nid pid tgid order handle age memcg state zone migratetype comm module" ;;
	top:*) ;;
	*) _page_owner_files -f "$2" ;;
	esac
}

_page_owner_sort() {
	local word before key assigned cull="pid tgid name comm stacktrace allocator free"

	COMPREPLY=()
	_page_owner_look
	case $before in
	--cull) _page_owner_list "$cull" "$word" ;;
	--sort) _page_owner_list "${cull% free} txt alloc_ts free_ts" "$word" +- ;;
	--pid|--tgid|--name) ;;
	*)
		case $word in
		-*) _page_owner_words "-a -c -f -m -n -p -P -r -s -t --cull= --sort= \
				--pid= --tgid= --name= --help --version" "$word" ;;
		*) _page_owner_files -f "$word" ;;
		esac ;;
	esac
}

_page_owner_decode() {
	local word before key assigned

	COMPREPLY=()
	_page_owner_look
	case $before:$word in
	--mode:*|-m:*) _page_owner_words "stack handle stack_handle" "$word" ;;
	*:-*) _page_owner_words "--mode= --help --version" "$word" ;;
	*) _page_owner_files -f "$word" ;;
	esac
}

complete -F _page_owner page_owner
complete -F _page_owner_sort page_owner_sort
complete -F _page_owner_decode page_owner_decode
