// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading captures. See read/capture.h for the format.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/capture.h"

/* No line of a capture's own, and no section that is kept, is longer. */
#define MAX_LINE	64
#define MAX_SECTION	((size_t)256 << 20)

struct capture_stream {
	struct page_owner_stream stream;
	struct page_owner_info *info;
	unsigned long long left;	/* bytes of this dump section */
	unsigned long long total;	/* bytes of all of them so far */
	bool ended;
	bool checked;			/* there is nothing behind the end */
	char rest[128];			/* or this is what is wrong */
};

bool page_owner_capture_start(const char *text, size_t len)
{
	size_t want = strlen(PAGE_OWNER_CAPTURE_MAGIC);

	return len >= want && !memcmp(text, PAGE_OWNER_CAPTURE_MAGIC, want);
}

/* Exactly @len bytes, or fewer at the end of the stream; -1 on errors */
static ssize_t read_full(struct page_owner_stream *s, char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = page_owner_stream_read(s, buf + done, len - done);

		if (n < 0)
			return -1;
		if (!n)
			break;
		done += n;
	}
	return done;
}

static int damaged(struct capture_stream *c, const char *why)
{
	c->stream.damage = why;
	return 0;
}

/* A whole section with a NUL after it; NULL on errors and damage */
static char *read_section(struct capture_stream *c, unsigned long long size)
{
	size_t room = 0, done = 0;
	char *text = NULL;

	if (size > MAX_SECTION) {
		damaged(c, "a section of the capture is too large");
		return NULL;
	}
	/* The memory follows what is there, not what the size claims. */
	do {
		char *bigger;
		ssize_t n;

		room = room ? room * 2 : 64 << 10;
		if (room > size + 1)
			room = size + 1;
		bigger = realloc(text, room + 1);
		if (!bigger)
			goto out_free;
		text = bigger;
		n = read_full(c->stream.under, text + done, room - done);
		if (n < 0)
			goto out_free;
		if ((size_t)n < room - done) {
			damaged(c, "the capture ends too early");
			goto out_free;
		}
		done = room;
	} while (done < size + 1);
	text[size] = '\0';
	return text;

out_free:
	free(text);
	return NULL;
}

static int skip_section(struct capture_stream *c, unsigned long long size)
{
	char buf[4096];

	for (size++; size;) {
		size_t want = size < sizeof(buf) ? size : sizeof(buf);
		ssize_t n = read_full(c->stream.under, buf, want);

		if (n < 0)
			return -1;
		if ((size_t)n < want)
			return damaged(c, "the capture ends too early");
		size -= n;
	}
	return 0;
}

static int take_section(struct capture_stream *c, const char *name,
			unsigned long long size)
{
	char *text;
	int ret = 0;

	if (strcmp(name, "info") && strcmp(name, "meminfo") && strcmp(name, "end"))
		return skip_section(c, size);
	text = read_section(c, size);
	if (!text)
		return c->stream.damage ? 0 : -1;
	if (!strcmp(name, "info"))
		ret = page_owner_info_parse(c->info, text);
	else if (!strcmp(name, "meminfo"))
		ret = page_owner_info_set(&c->info->meminfo, text, size);
	else if (strncmp(text, "bytes ", 6) ||
		 strtoull(text + 6, NULL, 10) != c->total)
		damaged(c, "the capture has lost a part of its dump");
	c->ended |= !strcmp(name, "end");
	free(text);
	return ret;
}

/* Takes "section NAME SIZE" off; 1 if it is there, 0 if not, -1 on errors */
static int read_header(struct capture_stream *c, char *name,
		       unsigned long long *size)
{
	char line[MAX_LINE + 1];
	const char *seen, *end;
	int used = 0;
	size_t len;

	seen = page_owner_stream_peek(c->stream.under, MAX_LINE, &len);
	if (!seen)
		return -1;
	end = len ? memchr(seen, '\n', len) : NULL;
	if (!end)
		return damaged(c, len ? "the capture is damaged" :
					"the capture ends too early");
	len = end + 1 - seen;
	if (read_full(c->stream.under, line, len) < 0)
		return -1;
	line[len - 1] = '\0';
	if (sscanf(line, "section %15[a-z] %llu%n", name, size, &used) != 2 ||
	    line[used] || *size > 1ull << 62)
		return damaged(c, "the capture is damaged");
	return 1;
}

/* The end is the end, unless captures were put one after the other. */
static int check_rest(struct capture_stream *c)
{
	unsigned long long rest = 0;
	char buf[4096];
	ssize_t n;

	if (c->checked)
		return 0;
	while ((n = page_owner_stream_read(c->stream.under, buf, sizeof(buf))) > 0)
		rest += n;
	c->checked = true;
	if (!rest)
		return n;
	snprintf(c->rest, sizeof(c->rest),
		 "%llu bytes follow its end and are not read; give each capture its own file",
		 rest);
	return damaged(c, c->rest);
}

/* Goes on to the next piece of the dump; 0 at the end of the capture */
static int next_piece(struct capture_stream *c)
{
	while (!c->left && !c->ended && !c->stream.damage) {
		unsigned long long size;
		char name[16];
		int ret = read_header(c, name, &size);

		if (ret <= 0)
			return ret;
		if (strcmp(name, "dump"))
			ret = take_section(c, name, size);
		else if (size)
			c->left = size + 1;
		else
			ret = skip_section(c, size);
		if (ret < 0)
			return -1;
	}
	if (c->ended && !c->stream.damage)
		return check_rest(c);
	return c->left && !c->stream.damage;
}

static ssize_t read_capture(struct page_owner_stream *stream, void *buf,
			    size_t size)
{
	struct capture_stream *c = (struct capture_stream *)stream;
	ssize_t n;

	do {
		int ret = next_piece(c);

		if (ret <= 0)
			return ret;
		/* The last byte is the newline after the section. */
		if (c->left == 1) {
			c->left = 0;
			if (skip_section(c, 0))
				return -1;
			continue;
		}
		if (size > c->left - 1)
			size = c->left - 1;
		n = page_owner_stream_read(stream->under, buf, size);
		if (n > 0) {
			c->left -= n;
			c->total += n;
			return n;
		}
		if (!n)
			damaged(c, "the capture ends too early");
		return n;
	} while (!stream->damage);
	return 0;
}

struct page_owner_stream *
page_owner_capture_open(struct page_owner_stream *under,
			struct page_owner_info *info)
{
	struct capture_stream *c = calloc(1, sizeof(*c));
	char magic[sizeof(PAGE_OWNER_CAPTURE_MAGIC)];

	if (!c)
		return NULL;
	c->stream.read = read_capture;
	c->stream.under = under;
	c->info = info;
	if (read_full(under, magic, strlen(PAGE_OWNER_CAPTURE_MAGIC)) < 0 ||
	    next_piece(c) < 0) {
		free(c);
		return NULL;
	}
	return &c->stream;
}
