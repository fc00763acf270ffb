# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the scripts beside it: names, folders and the few helpers that all of them need.

po_repo=$(cd "$(dirname "$0")/../.." && pwd)
po_bin=$po_repo/scripts/page_owner
po_base=${PAGE_OWNER_BASE:-6.12}
po_cache=${PAGE_OWNER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/page_owner}
po_jobs=${JOBS:-$(nproc)}
po_patches=$po_repo/patches/$po_base
po_source=/usr/src/linux-source-$po_base.tar.xz
po_arch=$(echo "${ARCH:-x86}" | sed 's/x86_64/x86/')
mkdir -p "$po_cache/log"

say() { printf '%s\n' "page_owner: $*" >&2; }
die() { say "error: $*"; exit 1; }

[ -e "$po_bin/arch/$po_arch" ] || die "there is nothing here for ARCH=$po_arch, but for: $(cd "$po_bin/arch" && echo *)"
. "$po_bin/arch/$po_arch"

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
		for config_file in "$po_bin/config/$config_part.config" "$po_bin/config/$config_part-$po_arch.config"; do
			[ ! -e "$config_file" ] || cat "$config_file"
		done
	done
}

# patches_of TREE: the folder of patches for the version of a kernel tree.
patches_of() {
	[ -f "$1/Makefile" ] && [ -f "$1/mm/Kconfig.debug" ] || die "$1 is not a Linux source tree"
	version=$(awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { print v "." $3; exit }' "$1/Makefile")
	[ -f "$po_repo/patches/$version/series" ] ||
		die "$1 is Linux $version; there are patches for: $(cd "$po_repo/patches" && echo *)"
	echo "$po_repo/patches/$version"
}
