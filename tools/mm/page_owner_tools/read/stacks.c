// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in page_owner_stacks/, read as if each entry were a record.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "read/stacks.h"

#define FIRST_SLOTS	1024

static const char handle_word[] = "handle: ";
static const char pages_word[] = "nr_base_pages: ";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool starts_with(const char *line, size_t len, const char *word)
{
	return len >= strlen(word) && !memcmp(line, word, strlen(word));
}

bool page_owner_stacks_start(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	if (!end)
		return false;
	if (starts_with(text, len, handle_word) ||
	    starts_with(text, len, pages_word))
		return true;
	return is_blank(*text) && memmem(text, end - text, "+0x", 3);
}

/* Digits up to the end of the line; false for anything else */
static bool get_number(const char *pos, const char *end, uint64_t *val)
{
	const char *start = pos;

	*val = 0;
	for (; pos < end && *pos >= '0' && *pos <= '9'; pos++) {
		if (__builtin_mul_overflow(*val, 10, val) ||
		    __builtin_add_overflow(*val, *pos - '0', val))
			return false;
	}
	return pos > start && (pos == end || *pos == '\n' || *pos == '\r');
}

int page_owner_stacks_init(struct page_owner_stacks_reader *r,
			   struct page_owner_stream *stream)
{
	memset(r, 0, sizeof(*r));
	return page_owner_window_init(&r->window, stream);
}

void page_owner_stacks_destroy(struct page_owner_stacks_reader *r)
{
	page_owner_window_destroy(&r->window);
}

static void lose(struct page_owner_stacks_reader *r, const char *why)
{
	if (!r->stats.lost++) {
		r->stats.first_lost = r->window.offset + r->window.start;
		r->stats.why = why;
	}
}

/* Length of the entry at the start of the window with its empty line, or 0 */
static size_t entry_len(const char *text, size_t len)
{
	size_t pos = 0;

	while (pos < len) {
		const char *end = memchr(text + pos, '\n', len - pos);

		if (!end)
			return 0;
		if (text[pos] == '\n' || (text[pos] == '\r' && end == text + pos + 1))
			return end + 1 - text;
		pos = end + 1 - text;
	}
	return 0;
}

/* What is wrong with the entry, or NULL */
static const char *parse(struct page_owner_record *rec, const char *text, size_t len)
{
	const char *end = text + len;
	uint64_t val;

	memset(rec, 0, sizeof(*rec));
	rec->pid = -1;
	rec->tgid = -1;
	rec->head.ptr = text;
	rec->pfn_line.ptr = text;
	rec->comm.ptr = text;
	rec->stack.ptr = text;
	rec->body.ptr = text;
	while (text < end && is_blank(*text))
		text = (const char *)memchr(text, '\n', end - text) + 1;
	rec->stack.len = text - rec->stack.ptr;
	rec->body.len = rec->stack.len;
	for (; text < end; text = (const char *)memchr(text, '\n', end - text) + 1) {
		if (*text == '\n' || *text == '\r')
			continue;
		if (starts_with(text, end - text, handle_word)) {
			if (!get_number(text + strlen(handle_word), end, &val) ||
			    val > UINT_MAX)
				return "no handle";
			rec->handle = val;
		} else if (starts_with(text, end - text, pages_word)) {
			if (!get_number(text + strlen(pages_word), end, &rec->pages))
				return "no number of pages";
		} else if (is_blank(*text) ||
			   page_owner_record_starts(text, end - text)) {
			return "two entries run together";
		}
	}
	return NULL;
}

/* Takes an entry apart; what is wrong with it, or NULL */
static const char *check_entry(struct page_owner_record *rec, const char *text,
			       size_t len)
{
	const char *why = parse(rec, text, len);

	if (!why && memchr(text, '\0', len))
		why = "a NUL byte";
	if (!why && !rec->stack.len && !rec->handle)
		why = "text that is not part of an entry";
	return why;
}

int page_owner_stacks_next(struct page_owner_stacks_reader *r,
			   struct page_owner_record *rec)
{
	struct page_owner_window *w = &r->window;

	for (;;) {
		char *text = w->buf + w->start;
		size_t len = entry_len(text, w->end - w->start);
		const char *why;
		bool blank;

		if (!len && !w->eof) {
			if (w->end - w->start > PAGE_OWNER_MAX_RECORD) {
				lose(r, "an entry of more than 16 MiB");
				w->start = w->end;
			}
			if (page_owner_window_fill(w))
				return -1;
			continue;
		}
		if (!len) {
			len = w->end - w->start;
			r->stats.open_end = len;
			r->stats.cut = w->added_newline;
		}
		if (!len)
			return 0;
		blank = *text == '\n' || *text == '\r';
		why = blank ? NULL : check_entry(rec, text, len);
		if (why)
			lose(r, why);
		w->start += len;
		if (blank || why)
			continue;
		r->stats.records++;
		r->stats.closed += !r->stats.open_end;
		return 1;
	}
}

static struct page_owner_handle *find_handle(const struct page_owner_handles *h,
					     unsigned int handle)
{
	size_t slot = handle * 0x9e3779b9u & (h->size - 1);

	while (h->table[slot].frames && h->table[slot].handle != handle)
		slot = (slot + 1) & (h->size - 1);
	return &h->table[slot];
}

static int grow(struct page_owner_handles *h)
{
	struct page_owner_handles bigger = *h;

	if (h->nr < h->size / 4 * 3)
		return 0;
	bigger.size = h->size ? h->size * 2 : FIRST_SLOTS;
	bigger.table = calloc(bigger.size, sizeof(*bigger.table));
	if (!bigger.table)
		return -1;
	for (size_t i = 0; i < h->size; i++) {
		if (h->table[i].frames)
			*find_handle(&bigger, h->table[i].handle) = h->table[i];
	}
	free(h->table);
	*h = bigger;
	return 0;
}

int page_owner_handles_read(struct page_owner_handles *h,
			    struct page_owner_stream *stream)
{
	struct page_owner_stacks_reader reader;
	struct page_owner_record rec;
	int ret;

	if (page_owner_stacks_init(&reader, stream))
		return -1;
	while ((ret = page_owner_stacks_next(&reader, &rec)) > 0) {
		struct page_owner_handle *slot;

		if (!rec.stack.len || !rec.handle)
			continue;
		ret = grow(h);
		if (ret)
			break;
		slot = find_handle(h, rec.handle);
		h->nr += !slot->frames;
		slot->handle = rec.handle;
		slot->frames = page_owner_intern(&h->pool, rec.stack);
		ret = slot->frames ? 0 : -1;
		if (ret)
			break;
	}
	page_owner_stacks_destroy(&reader);
	return ret < 0 ? -1 : 0;
}

/* "handle: N" among the lines after the PFN line, or 0 */
static unsigned int record_handle(const struct page_owner_record *rec)
{
	const char *pos = rec->body.ptr, *end = pos + rec->body.len;
	uint64_t val;

	if (rec->handle)
		return rec->handle;
	while (pos < end) {
		const char *newline = memchr(pos, '\n', end - pos);

		if (starts_with(pos, end - pos, handle_word) &&
		    get_number(pos + strlen(handle_word), end, &val) &&
		    val <= UINT_MAX)
			return val;
		pos = newline ? newline + 1 : end;
	}
	return 0;
}

void page_owner_handles_fill(const struct page_owner_handles *h,
			     struct page_owner_record *rec)
{
	const struct page_owner_str *frames;
	unsigned int handle;

	if (rec->stack.len || !h->nr)
		return;
	handle = record_handle(rec);
	frames = handle ? find_handle(h, handle)->frames : NULL;
	if (!frames)
		return;
	rec->stack = (struct page_owner_span){ frames->text, frames->len };
}

void page_owner_handles_destroy(struct page_owner_handles *h)
{
	free(h->table);
	page_owner_pool_destroy(&h->pool);
	memset(h, 0, sizeof(*h));
}
