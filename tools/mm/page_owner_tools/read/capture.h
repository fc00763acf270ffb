/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_CAPTURE_H
#define PAGE_OWNER_CAPTURE_H

#include <stdbool.h>
#include <stdio.h>

#include "read/stacks.h"
#include "read/stream.h"

/*
 * A capture is a dump with what is needed to understand it elsewhere: a first
 * line, and then sections, each with its name and size and a newline at its end:
 *
 *	page_owner capture 1
 *	section NAME SIZE
 *	(SIZE bytes)
 *	...
 *
 *	info	"name value" lines: kernel, build_id (hex), cmdline, host, boot (the
 *		kernel's boot_id), time (ns since 1970), clock (ns on the clock of the
 *		records), page_size, zones, filter
 *	meminfo	/proc/meminfo when the dump began
 *	stacks	page_owner_stacks/show_stacks_handles, for a dump with handles
 *	dump	a piece of the dump, text or raw; the pieces follow one another
 *	end	"bytes N": the bytes in all dump sections. A capture without is cut
 *
 * Names that a reader does not know are for it to skip. The whole is packed with
 * zstd or gzip, or not at all.
 */

#define PAGE_OWNER_CAPTURE_MAGIC	"page_owner capture 1\n"
#define PAGE_OWNER_MAX_ZONES		8

/**
 * struct page_owner_info - what a capture says about itself
 * @kernel: as /proc/version has it, NULL if unknown
 * @build_id: the kernel's, in hexadecimal, NULL if unknown
 * @cmdline: the kernel's command line, NULL if unknown
 * @host: name of the machine, NULL if unknown
 * @boot: an ID of the time since the last boot, NULL if unknown
 * @filter: what the kernel was asked to leave out, NULL if nothing
 * @meminfo: /proc/meminfo, NULL if unknown
 * @time_ns: when it was taken, 0 if unknown
 * @clock_ns: the same on the clock of the records, 0 if unknown
 * @page_size: bytes in a page
 * @no_times: the kernel did not record when pages were allocated
 * @unknown: the binary dump is of a version that this program does not know
 * @zones: names of the zones, in order; NULL if unknown
 */
struct page_owner_info {
	char *kernel;
	char *build_id;
	char *cmdline;
	char *host;
	char *boot;
	char *filter;
	char *meminfo;
	unsigned long long time_ns;
	unsigned long long clock_ns;
	unsigned long page_size;
	bool no_times;
	bool unknown;
	char *zones[PAGE_OWNER_MAX_ZONES];
};

/**
 * page_owner_info_parse() - read an info section
 * @info: receives what is known
 * @text: the section, which ends with a NUL
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_info_parse(struct page_owner_info *info, const char *text);

/**
 * page_owner_info_meminfo() - a number of /proc/meminfo
 * @info: where it is looked up
 * @name: "MemTotal"
 * @bytes: receives the number, in bytes
 *
 * Return: false if it is not known.
 */
bool page_owner_info_meminfo(const struct page_owner_info *info, const char *name,
			     unsigned long long *bytes);

/**
 * page_owner_info_other_boot() - are two inputs of different boots?
 * @a: what is known of one
 * @b: and of the other, in any order
 * @sure: receives if there is no doubt
 *
 * Return: what tells so, for people; NULL if nothing does.
 */
const char *page_owner_info_other_boot(const struct page_owner_info *a,
				       const struct page_owner_info *b, bool *sure);

/**
 * page_owner_info_destroy() - give back what is known
 * @info: the information
 */
void page_owner_info_destroy(struct page_owner_info *info);

/**
 * page_owner_capture_start() - is this the start of a capture?
 * @text: the first bytes of the input
 * @len: how many there are
 *
 * Return: true if it is.
 */
bool page_owner_capture_start(const char *text, size_t len);

/**
 * page_owner_capture_open() - the dump in a capture
 * @under: the capture; belongs to the new stream
 * @info: receives what the capture says; has to live as long as the stream
 * @handles: receives its stacks, likewise
 *
 * What comes before the dump in the capture is known when this returns.
 *
 * Return: the stream of the dump, or NULL with errno set, and then @under is
 * still the caller's.
 */
struct page_owner_stream *
page_owner_capture_open(struct page_owner_stream *under,
			struct page_owner_info *info,
			struct page_owner_handles *handles);

#endif
