/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: records as text.
 */
#ifndef _MM_PAGE_OWNER_TEXT_H
#define _MM_PAGE_OWNER_TEXT_H

#include <linux/types.h>

#include "cache.h"
#include "filter.h"

/* The names of all GFP flags, or of all page flags with their numbers. */
#define PAGE_OWNER_NAMES_MAX	1024
/* A command name of which each byte is printed as \xNN. */
#define PAGE_OWNER_COMM_MAX	(4 * (TASK_COMM_LEN - 1))

/*
 * A record's text is bounded: fixed words, numbers and a memory cgroup's name
 * fit into a KiB; and there are GFP flags, page flags, and up to two stacks.
 */
#define PAGE_OWNER_TEXT_MAX	(1024 + 2 * PAGE_OWNER_NAMES_MAX + \
				 2 * PAGE_OWNER_CACHE_ENTRY_MAX)

/**
 * struct page_owner_flags_field - a number that is part of the page flags word
 * @name: name
 * @width: bits that it has; 0 if this kernel has no such number
 * @shift: where it begins
 * @base: how it is printed, 10 or 16
 */
struct page_owner_flags_field {
	const char *name;
	u8 width;
	u8 shift;
	u8 base;
};

#define PAGE_OWNER_NR_FLAGS_FIELDS 5

extern const struct page_owner_flags_field page_owner_flags_fields[];

char *page_owner_format(char *p, const struct page_owner_snapshot *snap,
			enum page_owner_mode mode, struct page_owner_cache *cache);
char *page_owner_format_comm(char *p, const char *comm);
char *page_owner_format_flags(char *p, unsigned long flags);
const char *page_owner_stack_text(struct page_owner_cache *cache,
				  depot_stack_handle_t handle, unsigned int *len);
const char *page_owner_gfp_text(struct page_owner_cache *cache, gfp_t gfp,
				unsigned int *len);

#endif /* _MM_PAGE_OWNER_TEXT_H */
