// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in page_owner_stacks/, read as if each entry were a record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "read/stacks.h"
#include "read/text.h"

/* A file of page_owner_stacks/ that is being read */
struct stacks_reader {
	struct page_owner_reader reader;
	struct page_owner_window window;
	struct page_owner_text text;	/* of the last entry */
	unsigned int handle;		/* likewise, 0 if it has none */
};

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

/* An entry, taken apart */
struct entry {
	struct page_owner_span stack;
	unsigned int handle;
	uint64_t pages;
};

/* What is wrong with the entry, or NULL */
static const char *parse(struct entry *entry, const char *text, size_t len)
{
	const char *end = text + len;

	memset(entry, 0, sizeof(*entry));
	entry->stack.ptr = text;
	while (text < end && is_blank(*text))
		text = (const char *)memchr(text, '\n', end - text) + 1;
	entry->stack.len = text - entry->stack.ptr;
	for (; text < end; text = (const char *)memchr(text, '\n', end - text) + 1) {
		if (*text == '\n' || *text == '\r')
			continue;
		if (page_owner_handle_line(text, end - text, &entry->handle) < 0)
			return "no handle";
		if (starts_with(text, end - text, pages_word)) {
			if (!get_number(text + strlen(pages_word), end, &entry->pages))
				return "no number of pages";
		} else if (is_blank(*text) ||
			   page_owner_record_starts(text, end - text)) {
			return "two entries run together";
		}
	}
	return NULL;
}

/* Takes an entry apart; what is wrong with it, or NULL */
static const char *check_entry(struct entry *entry, const char *text, size_t len)
{
	const char *why = parse(entry, text, len);

	if (!why && memchr(text, '\0', len))
		why = "a NUL byte";
	if (!why && !entry->stack.len && !entry->handle)
		why = "text that is not part of an entry";
	return why;
}

/* What is known of an entry: frames, handle and pages */
static int fill_entry(struct stacks_reader *r, const struct entry *entry,
		      struct page_owner_record *rec)
{
	const struct page_owner_wanted *wanted = &r->reader.wanted;
	struct page_owner_str *stack = NULL, *none;

	memset(rec, 0, sizeof(*rec));
	r->handle = entry->handle;
	rec->pages = entry->pages;
	rec->pid = -1;
	rec->tgid = -1;
	rec->node = -1;
	rec->zone = -1;
	if (!entry->stack.len && wanted->handles)
		stack = page_owner_handles_find(wanted->handles, entry->handle);
	rec->frames = entry->stack.len || stack;
	none = page_owner_intern(wanted->pool, (struct page_owner_span){ "", 0 });
	rec->comm = none;
	rec->memcg = none;
	rec->migratetype = none;
	if (!stack)
		stack = page_owner_intern(wanted->pool, entry->stack);
	if (!none || page_owner_record_set_stack(rec, wanted->keys, wanted->pool, stack))
		return -1;
	/* Only the frames: the numbers differ between entries that are alike. */
	r->text = (struct page_owner_text){
		.head = { entry->stack.ptr, 0 }, .pfn_line = { entry->stack.ptr, 0 },
		.body = entry->stack, .stack = entry->stack,
	};
	rec->text = wanted->text ? &r->text : NULL;
	r->reader.stats.closed += !r->reader.stats.open_end;
	page_owner_reader_count(&r->reader, rec);
	return 1;
}

static int next_entry(struct page_owner_reader *reader, struct page_owner_record *rec)
{
	struct stacks_reader *r = (struct stacks_reader *)reader;
	struct page_owner_window *w = &r->window;
	struct entry entry;

	for (;;) {
		char *text = w->buf + w->start;
		size_t len = entry_len(text, w->end - w->start);
		const char *why;
		bool blank;

		if (!len && !w->eof) {
			if (w->end - w->start > PAGE_OWNER_MAX_RECORD) {
				page_owner_reader_lose(reader, w->offset + w->start,
						       "an entry of more than 16 MiB");
				w->start = w->end;
			}
			if (page_owner_window_fill(w))
				return -1;
			continue;
		}
		if (!len) {
			len = w->end - w->start;
			reader->stats.open_end = len;
			reader->stats.cut = w->added_newline;
		}
		if (!len)
			return 0;
		blank = *text == '\n' || *text == '\r';
		why = blank ? NULL : check_entry(&entry, text, len);
		if (why)
			page_owner_reader_lose(reader, w->offset + w->start, why);
		w->start += len;
		if (!blank && !why)
			return fill_entry(r, &entry, rec);
	}
}

static void close_stacks(struct page_owner_reader *reader)
{
	page_owner_window_destroy(&((struct stacks_reader *)reader)->window);
}

struct page_owner_reader *
page_owner_reader_stacks(struct page_owner_stream *stream,
			 const struct page_owner_wanted *wanted)
{
	struct stacks_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->reader.next = next_entry;
	r->reader.close = close_stacks;
	r->reader.wanted = *wanted;
	if (!page_owner_window_init(&r->window, stream))
		return &r->reader;
	page_owner_reader_close(&r->reader);
	return NULL;
}

int page_owner_handles_read(struct page_owner_handles *h,
			    struct page_owner_stream *stream)
{
	const struct page_owner_wanted wanted = { .pool = &h->pool };
	struct page_owner_reader *reader = page_owner_reader_stacks(stream, &wanted);
	struct page_owner_record rec;
	int ret;

	if (!reader)
		return -1;
	while ((ret = page_owner_reader_next(reader, &rec)) > 0) {
		unsigned int handle = ((struct stacks_reader *)reader)->handle;

		if (!rec.frames || !handle)
			continue;
		ret = page_owner_handles_add(h, handle, rec.stack);
		if (ret)
			break;
	}
	page_owner_reader_close(reader);
	return ret;
}
