/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_STACKS_H
#define PAGE_OWNER_STACKS_H

#include <stdbool.h>

#include "read/handles.h"
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
 * page_owner_stacks_start() - could this be the start of such a file?
 * @text: the first bytes of the input
 * @len: how many there are
 *
 * Return: true if it is no dump, and its first line is a frame or a handle.
 */
bool page_owner_stacks_start(const char *text, size_t len);

/**
 * page_owner_reader_stacks() - read such a file
 * @stream: the input, which stays the caller's
 * @wanted: what to find out
 *
 * Of an entry, frames and pages are known. One without a count has no pages.
 *
 * Return: the reader, or NULL with errno set.
 */
struct page_owner_reader *
page_owner_reader_stacks(struct page_owner_stream *stream,
			 const struct page_owner_wanted *wanted);

/**
 * page_owner_handles_read() - learn handles
 * @handles: the table to add to
 * @stream: show_stacks_handles, or a file that has both in its entries
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_handles_read(struct page_owner_handles *handles,
			    struct page_owner_stream *stream);

#endif
