// SPDX-License-Identifier: GPL-2.0-only
/*
 * The piece of the input that is being looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "read/window.h"

#define FIRST_SIZE	(8 * PAGE_OWNER_MIN_READ)

int page_owner_window_init(struct page_owner_window *w,
			   struct page_owner_stream *stream)
{
	memset(w, 0, sizeof(*w));
	w->stream = stream;
	w->size = FIRST_SIZE;
	w->buf = malloc(w->size);
	return w->buf ? 0 : -1;
}

void page_owner_window_destroy(struct page_owner_window *w)
{
	free(w->buf);
	w->buf = NULL;
}

static int make_room(struct page_owner_window *w)
{
	char *buf;

	if (w->size - w->end >= PAGE_OWNER_MIN_READ)
		return 0;
	memmove(w->buf, w->buf + w->start, w->end - w->start);
	w->offset += w->start;
	w->end -= w->start;
	w->start = 0;
	if (w->size - w->end >= PAGE_OWNER_MIN_READ)
		return 0;
	buf = realloc(w->buf, w->size * 2);
	if (!buf)
		return -1;
	w->buf = buf;
	w->size *= 2;
	return 0;
}

int page_owner_window_fill(struct page_owner_window *w)
{
	ssize_t n;

	if (make_room(w))
		return -1;
	n = page_owner_stream_read(w->stream, w->buf + w->end, w->size - w->end);
	if (n < 0)
		return -1;
	w->end += n;
	if (n)
		return 0;
	w->eof = true;
	/* Complete the last line, so that it equals others with its text. */
	if (w->end > w->start && w->buf[w->end - 1] != '\n') {
		w->buf[w->end++] = '\n';
		w->added_newline = true;
	}
	return 0;
}
