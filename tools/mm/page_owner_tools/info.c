// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an input says about itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"

#define DEFAULT_PAGE_SIZE	4096

/* By how much two clocks may have gone apart, in ns */
#define MAX_DRIFT	60000000000ull

int page_owner_info_set(char **to, const char *val, size_t len)
{
	free(*to);
	*to = strndup(val, len);
	return *to ? 0 : -1;
}

static int set_zones(struct page_owner_info *info, const char *val, size_t len)
{
	const char *end = val + len;

	for (int i = 0; i < PAGE_OWNER_MAX_ZONES && val < end; i++) {
		const char *space = memchr(val, ' ', end - val);

		if (!space)
			space = end;
		if (page_owner_info_set(&info->zones[i], val, space - val))
			return -1;
		val = space + 1;
	}
	return 0;
}

static bool is_name(const char *line, size_t len, const char *name)
{
	return len == strlen(name) && !memcmp(line, name, len);
}

static int set_info(struct page_owner_info *info, const char *line, size_t len)
{
	const char *val = memchr(line, ' ', len);
	size_t name_len, val_len;

	if (!val)
		return 0;
	name_len = val++ - line;
	val_len = line + len - val;
	if (is_name(line, name_len, "kernel"))
		return page_owner_info_set(&info->kernel, val, val_len);
	if (is_name(line, name_len, "build_id"))
		return page_owner_info_set(&info->build_id, val, val_len);
	if (is_name(line, name_len, "cmdline"))
		return page_owner_info_set(&info->cmdline, val, val_len);
	if (is_name(line, name_len, "host"))
		return page_owner_info_set(&info->host, val, val_len);
	if (is_name(line, name_len, "boot"))
		return page_owner_info_set(&info->boot, val, val_len);
	if (is_name(line, name_len, "filter"))
		return page_owner_info_set(&info->filter, val, val_len);
	if (is_name(line, name_len, "zones"))
		return set_zones(info, val, val_len);
	if (is_name(line, name_len, "time"))
		info->time_ns = strtoull(val, NULL, 10);
	else if (is_name(line, name_len, "clock"))
		info->clock_ns = strtoull(val, NULL, 10);
	else if (is_name(line, name_len, "page_size"))
		info->page_size = strtoul(val, NULL, 10);
	return 0;
}

int page_owner_info_parse(struct page_owner_info *info, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (set_info(info, text, len))
			return -1;
		text += len + !!text[len];
	}
	/* A power of two, or the file is not what it says. */
	if (!info->page_size || info->page_size & (info->page_size - 1) ||
	    info->page_size > 1 << 20)
		info->page_size = DEFAULT_PAGE_SIZE;
	return 0;
}

bool page_owner_info_meminfo(const struct page_owner_info *info, const char *name,
			     unsigned long long *bytes)
{
	const char *line = info->meminfo;
	size_t len = strlen(name);

	while (line && *line) {
		if (!strncmp(line, name, len) && line[len] == ':') {
			*bytes = strtoull(line + len + 1, NULL, 10) << 10;
			return true;
		}
		line = strchr(line, '\n');
		line += !!line;
	}
	return false;
}

static bool differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b);
}

const char *page_owner_info_other_boot(const struct page_owner_info *a,
				       const struct page_owner_info *b, bool *sure)
{
	uint64_t up_at_a = a->time_ns - a->clock_ns, up_at_b = b->time_ns - b->clock_ns;

	*sure = true;
	if (a->boot && b->boot)
		return differ(a->boot, b->boot) ? "their boot IDs differ" : NULL;
	if (differ(a->host, b->host))
		return "they are of different machines";
	if (differ(a->kernel, b->kernel))
		return "they are of different kernels";
	if (!a->time_ns || !b->time_ns || !a->clock_ns || !b->clock_ns)
		return NULL;
	if (a->time_ns < b->time_ns ? a->clock_ns > b->clock_ns :
				      a->clock_ns < b->clock_ns)
		return "the machine was up for less time at the later one";
	*sure = false;
	if ((up_at_a > up_at_b ? up_at_a - up_at_b : up_at_b - up_at_a) < MAX_DRIFT)
		return NULL;
	return "by their clocks, unless the machine slept or its clock was set";
}

void page_owner_info_destroy(struct page_owner_info *info)
{
	free(info->kernel);
	free(info->build_id);
	free(info->cmdline);
	free(info->host);
	free(info->boot);
	free(info->filter);
	free(info->meminfo);
	for (int i = 0; i < PAGE_OWNER_MAX_ZONES; i++)
		free(info->zones[i]);
	memset(info, 0, sizeof(*info));
}
