// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the records in a stream of text, whatever its state.
 *
 * The window on the input grows only for a record that does not fit.
 * After damage, reading goes on at the next empty line or start of a record.
 */
#include <stdlib.h>
#include <string.h>

#include "read/handles.h"
#include "read/reader.h"
#include "read/text.h"

static const char too_long[] = "a record of more than 16 MiB";

unsigned long long
page_owner_reader_missing(const struct page_owner_reader_stats *stats,
			  enum page_owner_field field)
{
	/* A kernel that has records of free pages tells of their free only. */
	if (!stats->have[field] || (field == PAGE_OWNER_FREE_TS && stats->freed))
		return 0;
	return stats->records - stats->have[field];
}

unsigned long long
page_owner_reader_unclosed(const struct page_owner_reader_stats *stats)
{
	/* Programs that take empty lines out take out all of them. */
	if (!stats->closed && stats->records != 1)
		return 0;
	return stats->records - stats->closed;
}

void page_owner_reader_count(struct page_owner_reader *r,
			     const struct page_owner_record *rec)
{
	r->stats.records++;
	r->stats.freed += rec->freed;
	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++)
		r->stats.have[i] += rec->has >> i & 1;
}

void page_owner_reader_lose(struct page_owner_reader *r, unsigned long long offset,
			    const char *why)
{
	if (!r->stats.lost++) {
		r->stats.first_lost = offset;
		r->stats.why = why;
	}
}

void page_owner_reader_close(struct page_owner_reader *r)
{
	if (r && r->close)
		r->close(r);
	free(r);
}

/**
 * struct text_reader - records in a stream of text
 * @reader: what is known to others
 * @window: what is read of it
 * @known: what was found to be whole
 * @text: the text of the last record
 * @in_junk: what is next belongs to damage that is counted already
 * @mid_line: what is next is not the start of a line
 */
struct text_reader {
	struct page_owner_reader reader;
	struct page_owner_window window;
	struct page_owner_known *known;
	struct page_owner_text text;
	bool in_junk;
	bool mid_line;
};

static void count_lost(struct text_reader *r, const char *why)
{
	page_owner_reader_lose(&r->reader, r->window.offset + r->window.start, why);
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
static bool skip_line(struct text_reader *r)
{
	struct page_owner_window *w = &r->window;
	const char *line = w->buf + w->start;
	size_t len = w->end - w->start;
	size_t empty = r->mid_line ? 0 : empty_line(line, len);
	const char *newline;

	if (empty) {
		r->in_junk = false;
		w->start += empty;
		return true;
	}
	if (!r->mid_line && !w->eof &&
	    ((len == 1 && *line == '\r') ||
	     page_owner_record_may_start(line, len)))
		return false;
	if (!r->in_junk)
		count_lost(r, "text that is not part of a record");
	r->in_junk = true;
	newline = memchr(line, '\n', len);
	r->mid_line = !newline;
	w->start += newline ? (size_t)(newline + 1 - line) : len;
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

/* Says what the record is, and finds its frames if they are elsewhere. */
static int fill_record(struct text_reader *r, const struct page_owner_layout *layout,
		       const char *buf, struct page_owner_record *rec)
{
	const struct page_owner_wanted *wanted = &r->reader.wanted;
	struct page_owner_str *stack = NULL;

	if (layout->stack_end == layout->stack_off && layout->handle && wanted->handles)
		stack = page_owner_handles_find(wanted->handles, layout->handle);
	if (page_owner_layout_fill(layout, buf, wanted->keys, wanted->pool, stack, rec))
		return -1;
	if (wanted->text) {
		r->text = page_owner_layout_text(layout, buf);
		rec->text = &r->text;
	}
	page_owner_reader_count(&r->reader, rec);
	return 1;
}

/* 1 if the record that was found is fit for use, -1 without memory */
static int take_record(struct text_reader *r, struct page_owner_layout *layout,
		       struct page_owner_record *rec)
{
	struct page_owner_window *w = &r->window;
	char *buf = w->buf + w->start;
	size_t len = layout->pos;
	bool at_end = w->eof && w->start + len == w->end;
	bool closed = !at_end && (buf[len] == '\n' || buf[len] == '\r');

	if (!layout->why && memchr(buf, '\r', len)) {
		size_t text_len = drop_crs(buf, len);

		memset(layout, 0, sizeof(*layout));
		page_owner_layout_scan(layout, buf, text_len, true);
		if (layout->pos != text_len)
			layout->why = "stray carriage returns";
	}
	if (!layout->why && memchr(buf, '\0', layout->pos))
		layout->why = "a NUL byte";
	/* Of a line that ends with the input, more than this is told. */
	if (!layout->why && !(at_end && w->added_newline) &&
	    page_owner_layout_check_frames(layout, r->known, buf, w->buf + w->end - buf))
		return -1;
	if (layout->why) {
		count_lost(r, layout->why);
		w->start += len;
		return 0;
	}
	w->start += len;
	r->reader.stats.open_end = at_end;
	r->reader.stats.cut = at_end && w->added_newline;
	r->reader.stats.closed += closed;
	return fill_record(r, layout, buf, rec);
}

/* Looks for the end of the record at start; 1 if found, -1 on a read error. */
static int find_record(struct text_reader *r,
		       struct page_owner_layout *layout)
{
	struct page_owner_window *w = &r->window;

	memset(layout, 0, sizeof(*layout));
	layout->known = r->known;
	while (!page_owner_layout_scan(layout, w->buf + w->start,
				       w->end - w->start, w->eof)) {
		if (w->end - w->start > PAGE_OWNER_MAX_RECORD) {
			count_lost(r, too_long);
			r->in_junk = true;
			r->mid_line = w->buf[w->end - 1] != '\n';
			w->start = w->end;
			return 0;
		}
		if (page_owner_window_fill(w))
			return -1;
	}
	if (layout->pos > PAGE_OWNER_MAX_RECORD)
		layout->why = too_long;
	return 1;
}

static int next_record(struct page_owner_reader *reader, struct page_owner_record *rec)
{
	struct text_reader *r = (struct text_reader *)reader;
	struct page_owner_window *w = &r->window;
	struct page_owner_layout layout;

	for (;;) {
		bool more = w->start == w->end;
		int ret;

		if (!more && !r->mid_line &&
		    page_owner_record_starts(w->buf + w->start, w->end - w->start)) {
			r->in_junk = false;
			ret = find_record(r, &layout);
			if (ret > 0)
				ret = take_record(r, &layout, rec);
			if (ret)
				return ret;
			continue;
		}
		if (!more)
			more = !skip_line(r);
		if (more && w->eof)
			return 0;
		if (more && page_owner_window_fill(w))
			return -1;
	}
}

static void close_text(struct page_owner_reader *reader)
{
	struct text_reader *r = (struct text_reader *)reader;

	page_owner_window_destroy(&r->window);
	free(r->known);
}

struct page_owner_reader *page_owner_reader_text(struct page_owner_stream *stream,
						 const struct page_owner_wanted *wanted)
{
	struct text_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->reader.next = next_record;
	r->reader.close = close_text;
	r->reader.wanted = *wanted;
	r->known = page_owner_known_new(wanted->pool);
	if (r->known && !page_owner_window_init(&r->window, stream))
		return &r->reader;
	page_owner_reader_close(&r->reader);
	return NULL;
}
