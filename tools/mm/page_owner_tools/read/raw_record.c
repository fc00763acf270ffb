// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of a raw dump.
 *
 * A record refers to stacks and names by number. Each of these is interned when it
 * is first asked for, so that a record takes lookups of numbers only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "read/raw_record.h"
#include "read/raw_text.h"
#include "read/text.h"

/* What the last record referred to; NULL for what none has referred to yet */
struct refs {
	struct page_owner_raw_def *gfp;
	struct page_owner_raw_def *comm;
	struct page_owner_raw_def *asked;	/* migrate type */
	struct page_owner_raw_def *block;	/* likewise, of the pageblock */
	struct page_owner_raw_def *stack;
	struct page_owner_raw_def *reason;
	struct page_owner_raw_def *free_stack;
	struct page_owner_raw_def *memcg;
};

struct raw_reader {
	struct page_owner_reader reader;
	struct page_owner_raw_reader *raw;
	struct page_owner_info *info;
	struct refs refs;
	struct page_owner_raw_text raw_text;
	struct page_owner_text text;
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
static void take_head(struct raw_reader *r)
{
	const struct page_owner_raw_header *head = page_owner_raw_head(r->raw);

	r->info->unknown = page_owner_raw_unknown(r->raw);
	if (!head)
		return;
	r->info->clock_ns = head->clock;
	r->info->time_ns = head->realtime;
	r->info->no_times = head->flags & PAGE_OWNER_RAW_NO_TIME;
	if (head->page_size && !(head->page_size & (head->page_size - 1)) &&
	    head->page_size <= 1 << 20)
		r->info->page_size = head->page_size;
}

/*
 * The filter and the names of the zones come before the first record. The filter in
 * force is better than what the capture says, which was asked for.
 */
static void take_names(struct raw_reader *r)
{
	const char *filter = page_owner_raw_filter(r->raw);

	r->has_info = true;
	if (filter) {
		free(r->info->filter);
		r->info->filter = strdup(filter);
	}
	for (int i = 0; i < PAGE_OWNER_MAX_ZONES; i++) {
		const struct page_owner_raw_def *def =
			page_owner_raw_find(r->raw, PAGE_OWNER_RAW_ZONES, i);

		if (def && !r->info->zones[i])
			r->info->zones[i] = strndup(def->text, def->text_len);
	}
}

/* Records that follow each other have most in common. */
static void refer(struct page_owner_raw_reader *raw, struct page_owner_raw_def **def,
		  enum page_owner_raw_type type, uint64_t key, const char *what)
{
	if (!*def || (*def)->key != key)
		*def = page_owner_raw_need(raw, type, key, what);
}

static bool is_charged(const struct page_owner_raw_record *r, bool freed)
{
	return !freed && (r->charge == PAGE_OWNER_RAW_CHARGED ||
			  r->charge == PAGE_OWNER_RAW_CHARGED_OBJCG);
}

/* All that a record refers to has to be defined, also what is not asked for. */
static bool find_refs(struct page_owner_raw_reader *raw, struct refs *refs,
		      const struct page_owner_raw_freed *rec, bool freed)
{
	const struct page_owner_raw_record *r = &rec->record;

	refer(raw, &refs->gfp, PAGE_OWNER_RAW_GFPS, r->gfp, "GFP flags");
	refer(raw, &refs->comm, PAGE_OWNER_RAW_COMMS, r->comm, "command name");
	refer(raw, &refs->asked, PAGE_OWNER_RAW_MIGRATETYPES, r->gfp_migratetype,
	      "migrate type");
	refer(raw, &refs->block, PAGE_OWNER_RAW_MIGRATETYPES, r->block_migratetype,
	      "migrate type");
	refer(raw, &refs->stack, PAGE_OWNER_RAW_STACKS, r->handle, "stack");
	if (r->migrate_reason >= 0)
		refer(raw, &refs->reason, PAGE_OWNER_RAW_REASONS, r->migrate_reason,
		      "migrate reason");
	if (freed)
		refer(raw, &refs->free_stack, PAGE_OWNER_RAW_STACKS, rec->free_handle,
		      "stack");
	if (is_charged(r, freed))
		refer(raw, &refs->memcg, PAGE_OWNER_RAW_MEMCGS, r->memcg, "memory cgroup");
	return !page_owner_raw_error(raw);
}

/* Are all lines of a stack frames, and whole? */
static bool is_whole(const struct page_owner_raw_def *def)
{
	struct page_owner_span rest = { def->text, def->text_len }, line;

	if (rest.len && rest.ptr[rest.len - 1] != '\n')
		return false;
	while (page_owner_next_line(&rest, &line)) {
		if (!line.len || (*line.ptr != ' ' && *line.ptr != '\t'))
			return false;
	}
	rest = (struct page_owner_span){ def->text, def->text_len };
	return !memchr(rest.ptr, '\0', rest.len) && page_owner_frames_whole(rest);
}

/* The answer to a question about a definition, which is asked once */
static bool answer(struct page_owner_raw_def *def,
		   bool (*ask)(const struct page_owner_raw_def *def))
{
	enum { UNKNOWN, YES, NO };

	if (def->note.answer == UNKNOWN)
		def->note.answer = ask(def) ? YES : NO;
	return def->note.answer == YES;
}

static bool is_name(const struct page_owner_raw_def *def)
{
	return strlen(def->text) < PAGE_OWNER_RAW_COMM_LEN;
}

static bool is_cma(const struct page_owner_raw_def *def)
{
	return memmem(def->text, def->text_len, "CMA", 3);
}

static bool is_slab_flag(const struct page_owner_raw_def *def)
{
	return memmem(def->text, def->text_len, "slab", 4);
}

static const char *what_is_wrong(const struct page_owner_raw_record *r,
				 const struct refs *refs, bool freed)
{
	if (r->order > PAGE_OWNER_MAX_ORDER)
		return "no order";
	if (!answer(refs->comm, is_name))
		return "no end of the task name";
	if (!answer(refs->stack, is_whole) ||
	    (freed && !answer(refs->free_stack, is_whole)))
		return "an indented line that is no frame";
	return NULL;
}

/* The one copy of a text that a definition stands for */
static struct page_owner_str *keep(struct raw_reader *r, void **str,
				   struct page_owner_span text)
{
	if (!*str)
		*str = page_owner_intern(r->reader.wanted.pool, text);
	return *str;
}

static struct page_owner_str *string(struct raw_reader *r, struct page_owner_raw_def *def)
{
	struct page_owner_span text = { def->text, def->text_len };

	return keep(r, &def->note.str[0], text);
}

static struct page_owner_str *comm_string(struct raw_reader *r,
					  struct page_owner_raw_def *def)
{
	char text[4 * PAGE_OWNER_RAW_COMM_LEN + 1];
	size_t len = 0;

	if (def->note.str[0])
		return def->note.str[0];
	for (const char *c = def->text; *c; c++)
		len += page_owner_raw_comm_char(text + len, c);
	return keep(r, &def->note.str[0], (struct page_owner_span){ text, len });
}

/* NULL for none; a cgroup that is gone is another than the one of its name */
static struct page_owner_str *memcg_string(struct raw_reader *r,
					   struct page_owner_raw_def *def, bool online)
{
	static const char gone[] = "offline memcg ";
	struct page_owner_str *str;
	char *text;
	int len;

	if (!def)
		return page_owner_intern(r->reader.wanted.pool, page_owner_span_of(""));
	if (online || def->note.str[1])
		return online ? string(r, def) : def->note.str[1];
	len = asprintf(&text, "%s%.*s", gone, (int)def->text_len, def->text);
	if (len < 0)
		return NULL;
	str = keep(r, &def->note.str[1], (struct page_owner_span){ text, len });
	free(text);
	return str;
}

/* A number among the page flags, or -1 */
static int flags_number(const struct page_owner_raw_reader *raw, const char *name,
			uint64_t flags)
{
	const struct page_owner_raw_def *def =
		page_owner_raw_first(raw, PAGE_OWNER_RAW_PAGE_FIELDS);

	for (; def; def = def->after) {
		uint64_t val = page_owner_raw_field(def, flags);

		if (!strcmp(def->text, name))
			return val <= PAGE_OWNER_MAX_PLACE ? (int)val : -1;
	}
	return -1;
}

static unsigned int find_allocator(const struct page_owner_raw_reader *raw,
				   const struct page_owner_raw_record *r,
				   const struct refs *refs, bool freed)
{
	struct page_owner_raw_def *def =
		page_owner_raw_first(raw, PAGE_OWNER_RAW_PAGE_FLAGS);
	bool slab = !freed && r->charge == PAGE_OWNER_RAW_SLAB;

	for (; def && !slab; def = def->after)
		slab = (r->page_flags & def->key) == def->key && answer(def, is_slab_flag);
	return (slab ? PAGE_OWNER_SLAB : 0) |
	       (answer(refs->asked, is_cma) || answer(refs->block, is_cma) ?
		PAGE_OWNER_CMA : 0);
}

#define WANTS(key)	(wants & PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_##key))

/* What was asked for beyond the numbers */
static int fill_wanted(struct raw_reader *reader, const struct page_owner_raw_record *r,
		       struct page_owner_record *rec)
{
	const struct refs *refs = &reader->refs;
	unsigned int wants = reader->reader.wanted.keys;

	if (WANTS(NODE))
		rec->node = flags_number(reader->raw, "node", r->page_flags);
	if (WANTS(ZONE))
		rec->zone = flags_number(reader->raw, "zone", r->page_flags);
	if (WANTS(ALLOCATOR))
		rec->allocator = find_allocator(reader->raw, r, refs, rec->freed);
	if (WANTS(COMM)) {
		rec->comm = comm_string(reader, refs->comm);
		if (!rec->comm)
			return -1;
	}
	if (WANTS(MEMCG)) {
		rec->memcg = memcg_string(reader,
					  is_charged(r, rec->freed) ? refs->memcg : NULL,
					  r->flags & PAGE_OWNER_RAW_MEMCG_ONLINE);
		if (!rec->memcg)
			return -1;
	}
	if (WANTS(MIGRATETYPE)) {
		rec->migratetype = string(reader, refs->asked);
		if (!rec->migratetype)
			return -1;
	}
	if (!WANTS(STACK) && !WANTS(MODULE) && !WANTS(ALLOCATOR))
		return 0;
	return page_owner_record_set_stack(rec, wants, reader->reader.wanted.pool,
					   string(reader, refs->stack));
}

static int fill_record(struct raw_reader *reader, const struct page_owner_raw_freed *raw,
		       bool freed, struct page_owner_record *rec)
{
	const struct page_owner_raw_record *r = &raw->record;

	*rec = (struct page_owner_record){
		.has = 1 << PAGE_OWNER_PFN | 1 << PAGE_OWNER_PID | 1 << PAGE_OWNER_TGID |
		       1 << PAGE_OWNER_COMM | 1 << PAGE_OWNER_TS |
		       freed << PAGE_OWNER_FREE_TS,
		.freed = freed,
		.frames = reader->refs.stack->text_len,
		.order = r->order,
		.pages = 1ull << r->order,
		.pfn = r->pfn,
		.ts = r->ts,
		.free_ts = raw->free_ts,
		.pid = r->pid,
		.tgid = r->tgid,
	};
	if (fill_wanted(reader, r, rec))
		return -1;
	if (reader->reader.wanted.text) {
		if (!page_owner_raw_text_make(&reader->raw_text, raw, freed,
					      PAGE_OWNER_RAW_STACK))
			return -1;
		reader->text = page_owner_raw_text_parts(&reader->raw_text);
		rec->text = &reader->text;
	}
	reader->reader.stats.records++;
	reader->reader.stats.freed += freed;
	return 1;
}

/* Every record has all fields, and its end. */
static void count_fields(struct page_owner_reader_stats *stats)
{
	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++)
		stats->have[i] = i == PAGE_OWNER_FREE_TS ? stats->freed : stats->records;
	stats->closed = stats->records;
}

static int next_raw(struct page_owner_reader *reader, struct page_owner_record *rec)
{
	struct raw_reader *r = (struct raw_reader *)reader;
	struct page_owner_raw_freed raw;
	const char *why;
	bool freed;

	for (;;) {
		int ret = page_owner_raw_next(r->raw, &raw, &freed);

		if (ret >= 0 && !r->has_info)
			take_names(r);
		if (ret <= 0 || !find_refs(r->raw, &r->refs, &raw, freed)) {
			reader->damage = page_owner_raw_error(r->raw);
			count_fields(&reader->stats);
			return 0;
		}
		why = what_is_wrong(&raw.record, &r->refs, freed);
		if (!why)
			return fill_record(r, &raw, freed, rec);
		page_owner_reader_lose(reader, page_owner_raw_offset(r->raw), why);
	}
}

static void close_raw(struct page_owner_reader *reader)
{
	struct raw_reader *r = (struct raw_reader *)reader;

	page_owner_raw_close(r->raw);
	free(r->raw_text.buf);
}

struct page_owner_reader *page_owner_reader_raw(struct page_owner_stream *stream,
						struct page_owner_info *info,
						const struct page_owner_wanted *wanted)
{
	struct raw_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->reader.next = next_raw;
	r->reader.close = close_raw;
	r->reader.wanted = *wanted;
	r->info = info;
	r->raw = page_owner_raw_open(read_under, stream);
	if (!r->raw) {
		page_owner_reader_close(&r->reader);
		return NULL;
	}
	r->raw_text.raw = r->raw;
	take_head(r);
	return &r->reader;
}
