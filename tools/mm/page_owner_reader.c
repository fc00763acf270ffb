// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the records in a stream of text, whatever its state.
 *
 * A window slides over the input and grows only for a record that does not fit.
 * After damage, reading goes on at the next empty line or start of a record.
 */
#include <stdlib.h>
#include <string.h>

#include "page_owner_reader.h"

#define FIRST_SIZE	(8 * PAGE_OWNER_MIN_READ)

static const char too_long[] = "a record of more than 16 MiB";

int page_owner_reader_init_stream(struct page_owner_reader *r,
				  struct page_owner_stream *stream)
{
	memset(r, 0, sizeof(*r));
	r->stream = stream;
	r->size = FIRST_SIZE;
	r->buf = malloc(r->size);
	return r->buf ? 0 : -1;
}

int page_owner_reader_init(struct page_owner_reader *r, int fd)
{
	struct page_owner_stream *stream = page_owner_stream_fd(fd);

	memset(r, 0, sizeof(*r));
	if (!stream)
		return -1;
	if (page_owner_reader_init_stream(r, stream)) {
		page_owner_stream_close(stream);
		return -1;
	}
	r->own_stream = true;
	return 0;
}

void page_owner_reader_destroy(struct page_owner_reader *r)
{
	if (r->own_stream)
		page_owner_stream_close(r->stream);
	r->own_stream = false;
	free(r->buf);
	r->buf = NULL;
}

static int make_room(struct page_owner_reader *r)
{
	char *buf;

	if (r->size - r->end >= PAGE_OWNER_MIN_READ)
		return 0;
	memmove(r->buf, r->buf + r->start, r->end - r->start);
	r->offset += r->start;
	r->end -= r->start;
	r->start = 0;
	if (r->size - r->end >= PAGE_OWNER_MIN_READ)
		return 0;
	buf = realloc(r->buf, r->size * 2);
	if (!buf)
		return -1;
	r->buf = buf;
	r->size *= 2;
	return 0;
}

static int fill(struct page_owner_reader *r)
{
	ssize_t n;

	if (make_room(r))
		return -1;
	n = page_owner_stream_read(r->stream, r->buf + r->end, r->size - r->end);
	if (n < 0)
		return -1;
	r->end += n;
	r->stats.bytes += n;
	if (n)
		return 0;
	r->eof = true;
	/* Complete the last line, so that it equals others with its text. */
	if (r->end > r->start && r->buf[r->end - 1] != '\n') {
		r->buf[r->end++] = '\n';
		r->added_newline = true;
	}
	return 0;
}

static void count_lost(struct page_owner_reader *r, const char *why)
{
	if (!r->stats.lost++) {
		r->stats.first_lost = r->offset + r->start;
		r->stats.why = why;
	}
}

/* Length of the empty line at the start of @line, 0 if it is none. */
static size_t empty_line(const char *line, size_t len)
{
	if (line[0] == '\n')
		return 1;
	if (len > 1 && line[0] == '\r' && line[1] == '\n')
		return 2;
	return 0;
}

/*
 * Steps over one line that is not in a record, or over the part of it that is
 * there. False if it takes more bytes to tell what the line is.
 */
static bool skip_line(struct page_owner_reader *r)
{
	const char *line = r->buf + r->start;
	size_t len = r->end - r->start;
	size_t empty = r->mid_line ? 0 : empty_line(line, len);
	const char *newline;

	if (empty) {
		r->in_junk = false;
		r->start += empty;
		return true;
	}
	if (!r->mid_line && !r->eof &&
	    ((len == 1 && *line == '\r') ||
	     page_owner_record_may_start(line, len)))
		return false;
	if (!r->in_junk)
		count_lost(r, "text that is not part of a record");
	r->in_junk = true;
	newline = memchr(line, '\n', len);
	r->mid_line = !newline;
	r->start += newline ? (size_t)(newline + 1 - line) : len;
	return true;
}

/* A bare \r stays: it can only be part of a name. */
static size_t drop_crs(char *buf, size_t len)
{
	char *to = buf;

	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '\r' && (i + 1 == len || buf[i + 1] == '\n'))
			continue;
		*to++ = buf[i];
	}
	return to - buf;
}

static void count_record(struct page_owner_reader *r,
			 const struct page_owner_record *rec)
{
	r->stats.records++;
	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++)
		r->stats.have[i] += rec->has >> i & 1;
}

/* True if the record that was found is fit for use. */
static bool take_record(struct page_owner_reader *r,
			struct page_owner_layout *layout,
			struct page_owner_record *rec)
{
	char *buf = r->buf + r->start;
	size_t len = layout->pos;
	bool at_end = r->eof && r->start + len == r->end;

	if (!layout->why && memchr(buf, '\r', len)) {
		size_t text_len = drop_crs(buf, len);

		memset(layout, 0, sizeof(*layout));
		page_owner_layout_scan(layout, buf, text_len, true);
		if (layout->pos != text_len)
			layout->why = "stray carriage returns";
	}
	if (!layout->why && memchr(buf, '\0', layout->pos))
		layout->why = "a NUL byte";
	if (layout->why) {
		count_lost(r, layout->why);
		r->start += len;
		return false;
	}
	r->start += len;
	r->stats.open_end = at_end;
	r->stats.cut = at_end && r->added_newline;
	page_owner_record_load(rec, layout, buf);
	count_record(r, rec);
	return true;
}

/* Looks for the end of the record at start; 1 if found, -1 on a read error. */
static int find_record(struct page_owner_reader *r,
		       struct page_owner_layout *layout)
{
	memset(layout, 0, sizeof(*layout));
	while (!page_owner_layout_scan(layout, r->buf + r->start,
				       r->end - r->start, r->eof)) {
		if (r->end - r->start > PAGE_OWNER_MAX_RECORD) {
			count_lost(r, too_long);
			r->in_junk = true;
			r->mid_line = r->buf[r->end - 1] != '\n';
			r->start = r->end;
			return 0;
		}
		if (fill(r))
			return -1;
	}
	if (layout->pos > PAGE_OWNER_MAX_RECORD)
		layout->why = too_long;
	return 1;
}

int page_owner_reader_next(struct page_owner_reader *r,
			   struct page_owner_record *rec)
{
	struct page_owner_layout layout;

	for (;;) {
		bool more = r->start == r->end;
		int ret;

		if (!more && !r->mid_line &&
		    page_owner_record_starts(r->buf + r->start, r->end - r->start)) {
			r->in_junk = false;
			ret = find_record(r, &layout);
			if (ret < 0)
				return -1;
			if (ret && take_record(r, &layout, rec))
				return 1;
			continue;
		}
		if (!more)
			more = !skip_line(r);
		if (more && r->eof)
			return 0;
		if (more && fill(r))
			return -1;
	}
}
