// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inputs by their names, and what is said about them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

const char *page_owner_program = "page_owner";

const char *page_owner_field_name(enum page_owner_field field)
{
	static const char *const names[PAGE_OWNER_NR_FIELDS] = {
		[PAGE_OWNER_PFN]	= "PFN line",
		[PAGE_OWNER_PID]	= "pid",
		[PAGE_OWNER_TGID]	= "tgid",
		[PAGE_OWNER_COMM]	= "task name",
		[PAGE_OWNER_TS]		= "time of allocation (ts)",
		[PAGE_OWNER_FREE_TS]	= "time of release (free_ts)",
	};

	return names[field];
}

const char *page_owner_input_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

int page_owner_input_open(const char *path)
{
	static const char debugfs[] = "/sys/kernel/debug";
	bool in_debugfs = !strncmp(path, debugfs, strlen(debugfs));
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

	if (fd >= 0)
		return fd;
	if (errno == ENOENT && !strcmp(path, PAGE_OWNER_DEFAULT_FILE))
		page_owner_complain("there is no %s; make one with 'page_owner record', or use -i",
				    path);
	else if (errno == EACCES && in_debugfs)
		page_owner_complain("cannot open %s: only root may", path);
	else if (errno == ENOENT && in_debugfs)
		page_owner_complain("there is no %s; boot with page_owner=on, and mount debugfs",
				    path);
	else
		page_owner_complain("cannot open %s: %s", path, strerror(errno));
	return -1;
}

void page_owner_input_close(int fd)
{
	if (fd != STDIN_FILENO)
		close(fd);
}

/* How the input ends, if it does not end as it should */
static void report_end(const struct page_owner_load *load, const char *name)
{
	const struct page_owner_reader_stats *stats = &load->stats;

	if (load->info.unknown)
		page_owner_complain("%s is unknown to this program: %s", name, load->damage);
	else if (*load->damage)
		page_owner_complain("%s is damaged: %s; %llu records read", name,
				    load->damage, stats->records);
	else if (stats->cut)
		page_owner_complain("%s ends in the middle of a line: %llu records read, %s",
				    name, stats->records, "the last incomplete");
	else if (stats->open_end)
		page_owner_complain("%s has no empty line after the last record, %s", name,
				    "which may be incomplete");
}

bool page_owner_input_damage(const struct page_owner_load *load, const char *name)
{
	const struct page_owner_reader_stats *stats = &load->stats;
	unsigned long long unclosed = page_owner_reader_unclosed(stats);

	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++) {
		unsigned long long missing = page_owner_reader_missing(stats, i);

		if (missing)
			page_owner_complain("%s is damaged: of %llu records, %llu have no %s; %s",
					    name, stats->records, missing,
					    page_owner_field_name(i), "they are counted");
	}
	if (stats->lost)
		page_owner_complain("%s is damaged: %llu records read, %llu lost; %s %llu: %s",
				    name, stats->records, stats->lost,
				    "the first at byte", stats->first_lost, stats->why);
	if (unclosed > stats->open_end)
		page_owner_complain("%s is damaged: of %llu records, %llu have no %s", name,
				    stats->records, unclosed, "empty line at their end");
	report_end(load, name);
	return page_owner_load_damaged(load);
}
