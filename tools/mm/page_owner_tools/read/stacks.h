/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_STACKS_H
#define PAGE_OWNER_STACKS_H

#include <stdbool.h>

#include "intern.h"
#include "read/reader.h"

/*
 * The files in page_owner_stacks/: entries of these lines, with an empty line
 * after each, in any of the mixtures that kernels print:
 *
 *	 frame
 *	 ...
 *	handle: N
 *	nr_base_pages: N
 */

/**
 * struct page_owner_stacks_reader - entries of such a file, as records
 * @window: what is read of them
 * @stats: what became of the input so far
 *
 * Only @stats is for the users of a reader.
 */
struct page_owner_stacks_reader {
	struct page_owner_window window;
	struct page_owner_reader_stats stats;
};

/**
 * page_owner_stacks_start() - could this be the start of such a file?
 * @text: the first bytes of the input
 * @len: how many there are
 *
 * Return: true if it is no dump, and its first line is a frame or a handle.
 */
bool page_owner_stacks_start(const char *text, size_t len);

/**
 * page_owner_stacks_init() - begin to read
 * @reader: the reader
 * @stream: the input, which stays the caller's
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_stacks_init(struct page_owner_stacks_reader *reader,
			   struct page_owner_stream *stream);

/**
 * page_owner_stacks_next() - read the next entry
 * @reader: the reader
 * @rec: receives what is known: frames, handle and pages. An entry without a
 *	count has no pages. Valid until the next call.
 *
 * Return: 1 with an entry, 0 at the end of the input, -1 with errno set.
 */
int page_owner_stacks_next(struct page_owner_stacks_reader *reader,
			   struct page_owner_record *rec);

/**
 * page_owner_stacks_destroy() - give back what a reader holds
 * @reader: the reader
 */
void page_owner_stacks_destroy(struct page_owner_stacks_reader *reader);

/**
 * struct page_owner_handles - which frames a handle stands for
 * @table: open hash table, a power of two in size; NULL frames: a free slot
 * @size: number of slots
 * @nr: number of handles
 * @pool: the frames
 *
 * Zeroed memory is a table without handles.
 */
struct page_owner_handles {
	struct page_owner_handle {
		unsigned int handle;
		const struct page_owner_str *frames;
	} *table;
	size_t size;
	size_t nr;
	struct page_owner_pool pool;
};

/**
 * page_owner_handles_read() - learn handles
 * @handles: the table to add to
 * @stream: show_stacks_handles, or a file that has both in its entries
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_handles_read(struct page_owner_handles *handles,
			    struct page_owner_stream *stream);

/**
 * page_owner_handles_fill() - give a record its frames
 * @handles: the table
 * @rec: a record; nothing happens if it has frames, or no handle, or one that
 *	is not in the table
 */
void page_owner_handles_fill(const struct page_owner_handles *handles,
			     struct page_owner_record *rec);

/**
 * page_owner_handles_destroy() - give back a table
 * @handles: the table
 */
void page_owner_handles_destroy(struct page_owner_handles *handles);

#endif
