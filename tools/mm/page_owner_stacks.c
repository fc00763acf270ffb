// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in page_owner_stacks/, read as if each entry were a record.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "page_owner_stacks.h"

#define FIRST_SIZE	(2 * PAGE_OWNER_MIN_READ)
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
	r->stream = stream;
	r->size = FIRST_SIZE;
	r->buf = malloc(r->size);
	return r->buf ? 0 : -1;
}

void page_owner_stacks_destroy(struct page_owner_stacks_reader *r)
{
	free(r->buf);
	r->buf = NULL;
}

static int fill(struct page_owner_stacks_reader *r)
{
	ssize_t n;

	memmove(r->buf, r->buf + r->start, r->end - r->start);
	r->end -= r->start;
	r->start = 0;
	if (r->size - r->end <= PAGE_OWNER_MIN_READ) {
		char *buf = realloc(r->buf, r->size * 2);

		if (!buf)
			return -1;
		r->buf = buf;
		r->size *= 2;
	}
	n = page_owner_stream_read(r->stream, r->buf + r->end, r->size - r->end - 1);
	if (n < 0)
		return -1;
	r->end += n;
	r->stats.bytes += n;
	r->eof = !n;
	/* Complete the last line: there is always room for this byte. */
	if (r->eof && r->end && r->buf[r->end - 1] != '\n') {
		r->buf[r->end++] = '\n';
		r->stats.cut = true;
	}
	return 0;
}

static void lose(struct page_owner_stacks_reader *r, const char *why)
{
	if (!r->stats.lost++) {
		r->stats.first_lost = r->stats.bytes - (r->end - r->start);
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

int page_owner_stacks_next(struct page_owner_stacks_reader *r,
			   struct page_owner_record *rec)
{
	for (;;) {
		char *text = r->buf + r->start;
		size_t len = entry_len(text, r->end - r->start);
		const char *why;

		if (!len && !r->eof) {
			if (r->end - r->start > PAGE_OWNER_MAX_RECORD) {
				lose(r, "an entry of more than 16 MiB");
				r->start = r->end;
			}
			if (fill(r))
				return -1;
			continue;
		}
		if (!len) {
			len = r->end - r->start;
			r->stats.open_end = len;
		}
		if (!len)
			return 0;
		r->start += len;
		if (*text == '\n' || *text == '\r')
			continue;
		why = parse(rec, text, len);
		if (!why && memchr(text, '\0', len))
			why = "a NUL byte";
		if (!why && !rec->stack.len && !rec->handle)
			why = "text that is not part of an entry";
		if (why) {
			lose(r, why);
			continue;
		}
		r->stats.records++;
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
