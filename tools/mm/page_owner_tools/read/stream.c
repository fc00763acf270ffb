// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the bytes come from: files, pieces of files, memory.
 *
 * A stream reads from the one under it. Each can be looked into without taking
 * anything out, which is how the kind of an input is found.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read/stream.h"

/* What a window has room for at first */
#define FIRST_SIZE	(8 * PAGE_OWNER_MIN_READ)

struct fd_stream {
	struct page_owner_stream stream;
	int fd;
	uint64_t pos;
	uint64_t end;
};

struct memory_stream {
	struct page_owner_stream stream;
	const char *data;
	size_t len;
};

static ssize_t read_fd(struct page_owner_stream *stream, void *buf, size_t size)
{
	struct fd_stream *s = (struct fd_stream *)stream;
	ssize_t n;

	do {
		n = read(s->fd, buf, size);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		stream->consumed += n;
	return n;
}

static ssize_t read_range(struct page_owner_stream *stream, void *buf, size_t size)
{
	struct fd_stream *s = (struct fd_stream *)stream;
	ssize_t n;

	if (size > s->end - s->pos)
		size = s->end - s->pos;
	do {
		n = size ? pread(s->fd, buf, size, s->pos) : 0;
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		s->pos += n;
		stream->consumed += n;
	}
	return n;
}

static ssize_t read_memory(struct page_owner_stream *stream, void *buf, size_t size)
{
	struct memory_stream *s = (struct memory_stream *)stream;

	if (size > s->len)
		size = s->len;
	if (size)
		memcpy(buf, s->data, size);
	s->data += size;
	s->len -= size;
	stream->consumed += size;
	return size;
}

struct page_owner_stream *page_owner_stream_fd(int fd)
{
	struct fd_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->stream.read = read_fd;
	s->fd = fd;
	return &s->stream;
}

struct page_owner_stream *page_owner_stream_range(int fd, uint64_t start,
						  uint64_t end)
{
	struct fd_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->stream.read = read_range;
	s->fd = fd;
	s->pos = start;
	s->end = end;
	return &s->stream;
}

struct page_owner_stream *page_owner_stream_memory(const void *data, size_t len)
{
	struct memory_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->stream.read = read_memory;
	s->data = data;
	s->len = len;
	return &s->stream;
}

const void *page_owner_stream_peek(struct page_owner_stream *s, size_t size,
				   size_t *len)
{
	if (!s->peeked) {
		s->peeked = malloc(2 * PAGE_OWNER_MIN_READ);
		if (!s->peeked)
			return NULL;
	}
	/* A capture has many short pieces: do not move all of it for each. */
	if (s->peek_len - s->peek_pos < size) {
		s->peek_len -= s->peek_pos;
		memmove(s->peeked, s->peeked + s->peek_pos, s->peek_len);
		s->peek_pos = 0;
	}
	while (s->peek_len - s->peek_pos < size) {
		ssize_t n = s->read(s, s->peeked + s->peek_len,
				    2 * PAGE_OWNER_MIN_READ - s->peek_len);

		if (n < 0)
			return NULL;
		if (!n)
			break;
		s->peek_len += n;
	}
	*len = s->peek_len - s->peek_pos;
	if (*len > size)
		*len = size;
	return s->peeked + s->peek_pos;
}

ssize_t page_owner_stream_read(struct page_owner_stream *s, void *buf, size_t size)
{
	size_t left = s->peek_len - s->peek_pos;

	if (!left)
		return s->read(s, buf, size);
	if (size > left)
		size = left;
	memcpy(buf, s->peeked + s->peek_pos, size);
	s->peek_pos += size;
	return size;
}

const char *page_owner_stream_damage(const struct page_owner_stream *s)
{
	for (; s; s = s->under) {
		if (s->damage)
			return s->damage;
	}
	return NULL;
}

unsigned long long
page_owner_stream_consumed(const struct page_owner_stream *s)
{
	while (s->under)
		s = s->under;
	return s->consumed;
}

void page_owner_stream_close(struct page_owner_stream *s)
{
	while (s) {
		struct page_owner_stream *under = s->under;

		if (s->close)
			s->close(s);
		free(s->peeked);
		free(s);
		s = under;
	}
}

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
