/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: the dump, /sys/kernel/debug/page_owner.
 */
#ifndef _MM_PAGE_OWNER_DUMP_H
#define _MM_PAGE_OWNER_DUMP_H

#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "cache.h"
#include "filter.h"
#include "read.h"
#include "text.h"
#include "walk.h"

/* So much is gathered at once; then there is room for one more record. */
#define PAGE_OWNER_DUMP_GATHER	SZ_64K
#define PAGE_OWNER_DUMP_BUFFER	(PAGE_OWNER_DUMP_GATHER + PAGE_OWNER_TEXT_MAX)

/* The state of a raw stream, at most. */
#define PAGE_OWNER_DUMP_STREAM	SZ_1K

/**
 * struct page_owner_dump - an open dump
 * @lock: protects all members, against threads that share the file
 * @filter: what this reader wants
 * @error: what of that was wrong last
 * @cache: what need not be found out again
 * @stream: state of the raw stream that is being read; NULL if there was none
 * @stream_live: @stream goes on at @stream_pos
 * @stream_pos: file position
 * @snap: the record found last
 * @now: local_clock() of the running read
 * @note: the filter and the error, after "show"
 * @note_len: bytes at @note
 * @note_done: how many of them the reader has got
 * @buf: what has been gathered, PAGE_OWNER_DUMP_BUFFER bytes
 * @rest: what of @buf the reader has not got yet
 * @rest_len: bytes at @rest
 * @rest_pos: file position at which @rest is due
 * @at_end: there was nothing behind @rest, and a read there need not look again
 *
 * Memory per open file: this structure, @buf, @note, @stream and @cache, together at
 * most 4.4 MiB, of which 4 MiB are only taken as different stacks come up.
 */
struct page_owner_dump {
	struct mutex lock;	/* All members. */
	struct page_owner_filter filter;
	struct page_owner_error error;
	struct page_owner_cache cache;
	void *stream;
	bool stream_live;
	loff_t stream_pos;
	struct page_owner_snapshot snap;
	u64 now;
	char *note;
	size_t note_len;
	size_t note_done;
	char *buf;
	const char *rest;
	size_t rest_len;
	loff_t rest_pos;
	bool at_end;
};

extern const struct file_operations page_owner_dump_fops;

void page_owner_dump_add_raw(int (*gather)(struct page_owner_dump *dump,
					   struct page_owner_walk *walk, loff_t pos));
int page_owner_dump_find_slowly(struct page_owner_dump *dump,
				struct page_owner_walk *walk);

/**
 * page_owner_dump_find() - find the next record
 * @dump: the dump; its member snap becomes the record
 * @walk: the walk
 *
 * Context: Process context, may sleep. Memory is online, but may be let go of and
 * kept again meanwhile.
 * Return: 1, 0 at the end, or an error.
 */
static __always_inline int page_owner_dump_find(struct page_owner_dump *dump,
						struct page_owner_walk *walk)
{
	if (likely(page_owner_walk_step(walk, &dump->snap) == PAGE_OWNER_STEP_SHOW))
		return 1;
	return page_owner_dump_find_slowly(dump, walk);
}

#endif /* _MM_PAGE_OWNER_DUMP_H */
