/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_INFO_H
#define PAGE_OWNER_INFO_H

#include <stdbool.h>
#include <stddef.h>

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
 * page_owner_info_set() - set a string of the information
 * @to: the string, in place of which it comes
 * @val: the text
 * @len: its length
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_info_set(char **to, const char *val, size_t len);

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
 * Return: what tells so, for a message; NULL if nothing does.
 */
const char *page_owner_info_other_boot(const struct page_owner_info *a,
				       const struct page_owner_info *b, bool *sure);

/**
 * page_owner_info_destroy() - give back what is known
 * @info: the information
 */
void page_owner_info_destroy(struct page_owner_info *info);

#endif
