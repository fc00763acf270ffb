# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts in the folders beside it: names, folders and the few helpers that all of them need.

po_repo=$(cd "$(dirname "$0")/../../.." && pwd)
po_scripts=$po_repo/scripts/page_owner
po_base=${PAGE_OWNER_BASE:-6.12}
po_cache=${PAGE_OWNER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/page_owner}
po_jobs=${JOBS:-$(nproc)}
# What a guest's console has when the kernel is not well.
po_trouble='\] (WARNING|BUG|KASAN|UBSAN): |\] INFO: (possible|task|trying) |\] Oops|Internal error: |general protection fault|Kernel panic|refcount_t: '
po_source=/usr/src/linux-source-$po_base.tar.xz
po_arch=$(echo "${ARCH:-x86}" | sed 's/x86_64/x86/')
mkdir -p "$po_cache/log"

say() { printf '%s\n' "page_owner: $*" >&2; }
die() { say "error: $*"; exit 1; }

[ -e "$po_scripts/build/arch/$po_arch" ] ||
	die "there is nothing here for ARCH=$po_arch, but for: $(cd "$po_scripts/build/arch" && echo *)"
. "$po_scripts/build/arch/$po_arch"

# usage TEXT: the caller's arguments make no sense.
usage() { printf 'usage: %s\n' "$*" >&2; exit 2; }

# One kernel build, unpacking or tree update at a time: the cache is shared by every clone of the user.
cache_lock() {
	exec 9>"$po_cache/lock"
	flock -n 9 || { say "waiting for another run that uses $po_cache"; flock 9; }
}

# logged LOG WHAT COMMAND...: runs a long step with its output in LOG, says every 30 seconds how far it is, so that it is
# seen to move, and shows the end of the log when it fails.
logged() {
	logged_file=$1 logged_what=$2 logged_start=$(date +%s) logged_status=0
	shift 2
	say "$logged_what (log: $logged_file)"
	: >"$logged_file"
	while sleep 30 >/dev/null 2>&1; do
		printf '  ... %s s, %s lines: %.90s\n' $(($(date +%s) - logged_start)) "$(wc -l <"$logged_file")" \
			"$(tail -n 1 "$logged_file" | tr -cd '[:print:]')" >&2
	done 9>&- &
	logged_ticker=$!
	"$@" >"$logged_file" 2>&1 </dev/null || logged_status=$?
	kill $logged_ticker 2>/dev/null || :
	if [ $logged_status = 0 ]; then
		say "$logged_what: done in $(($(date +%s) - logged_start)) s"
		return
	fi
	tail -n 20 "$logged_file" | sed 's/^/    /' >&2
	die "$logged_what failed, see $logged_file"
}

# config PART...: the options of parts of a configuration: those of all architectures and those of this one.
config() {
	for config_part in "$@"; do
		for config_file in "$po_scripts/build/config/$config_part.config" "$po_scripts/build/config/$config_part-$po_arch.config"; do
			[ ! -e "$config_file" ] || cat "$config_file"
		done
	done
}

# put_files FROM TREE <PATHS: makes each of these paths the same in a kernel tree as in FROM, which may not have it. What changes
# gets a new file, so that hard links are left alone; what does not keeps its time, and a build has nothing to do for it.
put_files() {
	while read -r put_path; do
		if [ ! -e "$1/$put_path" ]; then
			rm -f "$2/$put_path"
		elif ! cmp -s "$1/$put_path" "$2/$put_path"; then
			mkdir -p "$2/$(dirname "$put_path")"
			cp "$1/$put_path" "$2/$put_path.po-new"
			chown --reference="$2/Makefile" "$2/$put_path.po-new"
			mv "$2/$put_path.po-new" "$2/$put_path"
		fi
	done
}
