/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_WINDOW_H
#define PAGE_OWNER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

#include "read/stream.h"

/**
 * struct page_owner_window - a piece of the input, which slides over it
 * @stream: where it is read from; the caller's
 * @buf: the piece, and room for more
 * @size: size of @buf
 * @start: first byte in @buf that is not consumed
 * @end: end of the bytes in @buf
 * @offset: offset in the input of @buf's first byte
 * @eof: the input has ended
 * @added_newline: its last line had none
 */
struct page_owner_window {
	struct page_owner_stream *stream;
	char *buf;
	size_t size;
	size_t start;
	size_t end;
	unsigned long long offset;
	bool eof;
	bool added_newline;
};

/**
 * page_owner_window_init() - begin at the start of an input
 * @window: the window, empty
 * @stream: the input, which stays the caller's
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_window_init(struct page_owner_window *window,
			   struct page_owner_stream *stream);

/**
 * page_owner_window_fill() - read on
 * @window: the window; what is not consumed stays in it, and can move
 *
 * It grows if what is not consumed leaves no room. At the end of the input, a
 * last line without a newline gets one.
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_window_fill(struct page_owner_window *window);

/**
 * page_owner_window_destroy() - give back what a window holds
 * @window: the window
 */
void page_owner_window_destroy(struct page_owner_window *window);

#endif
