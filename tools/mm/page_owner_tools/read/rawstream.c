// SPDX-License-Identifier: GPL-2.0-only
/*
 * A binary dump as a stream of the text that the kernel would have given.
 */
#include <stdlib.h>
#include <string.h>

#include "read/raw.h"
#include "read/rawstream.h"

struct raw_stream {
	struct page_owner_stream stream;
	struct page_owner_raw_reader *raw;
	struct page_owner_info *info;
	const char *text;		/* of the last record, as far as not read */
	size_t len;
	bool has_info;
};

bool page_owner_raw_start(const void *text, size_t len)
{
	return len >= PAGE_OWNER_RAW_MAGIC_LEN &&
	       !memcmp(text, PAGE_OWNER_RAW_MAGIC, PAGE_OWNER_RAW_MAGIC_LEN);
}

static ssize_t read_under(void *data, void *buf, size_t len)
{
	return page_owner_stream_read(data, buf, len);
}

/* Its clock is that of the records, and so better than the capture's. */
static void take_head(struct raw_stream *s)
{
	const struct page_owner_raw_header *head = page_owner_raw_head(s->raw);

	s->info->unknown = page_owner_raw_unknown(s->raw);
	if (!head)
		return;
	s->info->clock_ns = head->clock;
	s->info->time_ns = head->realtime;
	s->info->no_times = head->flags & PAGE_OWNER_RAW_NO_TIME;
	if (head->page_size && !(head->page_size & (head->page_size - 1)) &&
	    head->page_size <= 1 << 20)
		s->info->page_size = head->page_size;
}

/* The filter in force is better than what the capture says, which was asked for. */
static void take_filter(struct raw_stream *s)
{
	const char *filter = page_owner_raw_filter(s->raw);

	if (!filter)
		return;
	free(s->info->filter);
	s->info->filter = strdup(filter);
}

/* The filter and the names of the zones come before the first record. */
static void take_names(struct raw_stream *s)
{
	if (s->has_info)
		return;
	s->has_info = true;
	take_filter(s);
	for (int i = 0; i < PAGE_OWNER_MAX_ZONES; i++) {
		const struct page_owner_raw_def *def =
			page_owner_raw_find(s->raw, PAGE_OWNER_RAW_ZONES, i);

		if (def && !s->info->zones[i])
			s->info->zones[i] = strndup(def->text, def->text_len);
	}
}

/* The text of the next record; 0 at the end, -1 for damage */
static int next_text(struct raw_stream *s)
{
	struct page_owner_raw_freed rec;
	bool freed;
	int ret = page_owner_raw_next(s->raw, &rec, &freed);

	if (ret >= 0)
		take_names(s);
	if (ret <= 0)
		return ret;
	s->text = page_owner_raw_text(s->raw, &rec, freed, PAGE_OWNER_RAW_STACK,
				      &s->len);
	return s->text ? 1 : -1;
}

static ssize_t read_raw(struct page_owner_stream *stream, void *buf, size_t size)
{
	struct raw_stream *s = (struct raw_stream *)stream;
	size_t done = 0;

	while (done < size && !stream->damage) {
		size_t n = size - done;
		int ret = s->len ? 1 : next_text(s);

		if (ret < 0)
			stream->damage = page_owner_raw_error(s->raw);
		if (ret <= 0)
			break;
		if (n > s->len)
			n = s->len;
		memcpy((char *)buf + done, s->text, n);
		s->text += n;
		s->len -= n;
		done += n;
	}
	return done;
}

static void close_raw(struct page_owner_stream *stream)
{
	page_owner_raw_close(((struct raw_stream *)stream)->raw);
}

struct page_owner_stream *page_owner_stream_raw(struct page_owner_stream *under,
						struct page_owner_info *info)
{
	struct raw_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->raw = page_owner_raw_open(read_under, under);
	if (!s->raw) {
		free(s);
		return NULL;
	}
	s->stream.read = read_raw;
	s->stream.close = close_raw;
	s->stream.under = under;
	s->info = info;
	take_head(s);
	return &s->stream;
}
