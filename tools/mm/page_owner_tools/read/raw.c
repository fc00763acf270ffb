// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoder of page_owner's raw streams. Nothing in a stream is believed before
 * it is checked: lengths lie within their section, what is referred to exists.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/raw.h"

/* More than the kernel puts into a section that is not of records. */
#define SECTION_MAX	0x1000000
/* More than headers and records will grow to. */
#define STRUCT_MAX	4096
#ifdef PAGE_OWNER_SMALL
#define READ_AHEAD	512
#else
#define READ_AHEAD	65536
#endif

/**
 * struct page_owner_raw_reader - a stream that is being read
 * @read: gives bytes
 * @data: for @read
 * @header: header of the stream; its magic is empty until it has been read
 * @section: section that is being read
 * @left: bytes of it that have not been read
 * @records: allocations read
 * @freed: freed pages read
 * @ended: the section at the end has been read
 * @failed: @error says what went wrong
 * @unknown: and that is the version
 * @error: for page_owner_raw_error()
 * @defs: definitions
 * @first: first definition of each type, in order of the stream
 * @last: last one
 * @payload: contents of a section of definitions
 * @payload_size: room there
 * @total: bytes read
 * @in: bytes that have been read ahead
 * @in_len: how many
 * @in_done: how many of them have been used
 */
struct page_owner_raw_reader {
	ssize_t (*read)(void *data, void *buf, size_t len);
	void *data;
	struct page_owner_raw_header header;
	struct page_owner_raw_section section;
	uint64_t left;
	uint64_t records;
	uint64_t freed;
	bool ended;
	bool failed;
	bool unknown;
	char error[160];
	struct page_owner_table defs;
	struct page_owner_raw_def *first[PAGE_OWNER_RAW_END + 1];
	struct page_owner_raw_def *last[PAGE_OWNER_RAW_END + 1];
	char *payload;
	size_t payload_size;
	unsigned long long total;
	char in[READ_AHEAD];
	size_t in_len;
	size_t in_done;
};

static bool fail(struct page_owner_raw_reader *raw, const char *fmt, ...)
{
	va_list args;

	if (!raw->failed) {
		va_start(args, fmt);
		vsnprintf(raw->error, sizeof(raw->error), fmt, args);
		va_end(args);
	}
	raw->failed = true;
	return false;
}

/* Exactly @len bytes, into @buf unless that is NULL. */
static bool get(struct page_owner_raw_reader *raw, void *buf, uint64_t len)
{
	char *to = buf;

	while (len) {
		size_t n = raw->in_len - raw->in_done;

		if (!n) {
			ssize_t got = raw->read(raw->data, raw->in, sizeof(raw->in));

			if (got < 0)
				return fail(raw, "read error");
			if (!got)
				return fail(raw,
					    "the capture is cut off: take it again, or use what is there");
			raw->total += got;
			raw->in_len = got;
			raw->in_done = 0;
			continue;
		}
		if (n > len)
			n = len;
		if (to) {
			memcpy(to, raw->in + raw->in_done, n);
			to += n;
		}
		raw->in_done += n;
		len -= n;
	}
	return true;
}

static bool check_header(struct page_owner_raw_reader *raw)
{
	const struct page_owner_raw_header *h = &raw->header;

	if (memcmp(h->magic, PAGE_OWNER_RAW_MAGIC, PAGE_OWNER_RAW_MAGIC_LEN))
		return fail(raw, "not a raw capture of page_owner");
	if (h->byte_order != PAGE_OWNER_RAW_BYTE_ORDER)
		return fail(raw, "from a machine of another byte order: decode it there");
	raw->unknown = h->version != PAGE_OWNER_RAW_VERSION;
	if (raw->unknown)
		return fail(raw, "version %u of the format; this program knows %u",
			    h->version, PAGE_OWNER_RAW_VERSION);
	if (h->header_size < sizeof(*h) || h->header_size > STRUCT_MAX ||
	    h->record_size < sizeof(struct page_owner_raw_record) ||
	    h->record_size > STRUCT_MAX ||
	    h->freed_size < sizeof(struct page_owner_raw_freed) ||
	    h->freed_size > STRUCT_MAX || h->block_order > 63)
		return fail(raw, "damaged header");
	return true;
}

struct page_owner_raw_reader *
page_owner_raw_open(ssize_t (*read)(void *data, void *buf, size_t len), void *data)
{
	struct page_owner_raw_reader *raw = calloc(1, sizeof(*raw));

	if (raw) {
		raw->read = read;
		raw->data = data;
	}
	return raw;
}

void page_owner_raw_close(struct page_owner_raw_reader *raw)
{
	if (!raw)
		return;
	for (size_t i = 0; i < raw->defs.size; i++) {
		struct page_owner_raw_def *def = raw->defs.slots[i];

		if (def)
			free(def->contents);
		free(def);
	}
	free(raw->defs.slots);
	free(raw->payload);
	free(raw);
}

const struct page_owner_raw_header *
page_owner_raw_head(struct page_owner_raw_reader *raw)
{
	if (!raw->failed && !raw->header.magic[0] &&
	    get(raw, &raw->header, sizeof(raw->header)) && check_header(raw))
		get(raw, NULL, raw->header.header_size - sizeof(raw->header));
	return raw->failed && !raw->records && !raw->freed ? NULL : &raw->header;
}

bool page_owner_raw_unknown(const struct page_owner_raw_reader *raw)
{
	return raw->unknown;
}

unsigned long long page_owner_raw_offset(const struct page_owner_raw_reader *raw)
{
	return raw->total - (raw->in_len - raw->in_done);
}

const char *page_owner_raw_error(const struct page_owner_raw_reader *raw)
{
	return raw->failed ? raw->error : NULL;
}

static uint64_t hash_key(uint32_t type, uint64_t key)
{
	uint64_t hash = (key + type) * 0x9e3779b97f4a7c15ULL;

	return hash ^ hash >> 32;
}

struct page_owner_raw_def *page_owner_raw_find(const struct page_owner_raw_reader *raw,
					       uint32_t type, uint64_t key)
{
	uint64_t hash = hash_key(type, key);
	struct page_owner_raw_def *def;
	size_t step = 0;

	while ((def = page_owner_table_next(&raw->defs, hash, &step))) {
		if (def->key == key && def->type == type)
			return def;
	}
	return NULL;
}

struct page_owner_raw_def *page_owner_raw_need(struct page_owner_raw_reader *raw,
					       uint32_t type, uint64_t key,
					       const char *what)
{
	struct page_owner_raw_def *def = page_owner_raw_find(raw, type, key);

	if (!def)
		fail(raw, "a record refers to %s %llu, which is not defined",
		     what, (unsigned long long)key);
	return def;
}

struct page_owner_raw_def *page_owner_raw_first(const struct page_owner_raw_reader *raw,
						uint32_t type)
{
	return raw->first[type];
}

void page_owner_raw_no_memory(struct page_owner_raw_reader *raw)
{
	fail(raw, "out of memory");
}

const char *page_owner_raw_filter(const struct page_owner_raw_reader *raw)
{
	static const char mode[] = "mode=raw";
	const struct page_owner_raw_def *def =
		page_owner_raw_find(raw, PAGE_OWNER_RAW_FILTER, 0);
	const char *text = def ? def->text : "";

	if (!strncmp(text, mode, strlen(mode)))
		text += strlen(mode);
	text += strspn(text, " ");
	return *text ? text : NULL;
}

static struct page_owner_raw_def *new_def(struct page_owner_raw_reader *raw,
					  uint32_t type, uint64_t key)
{
	struct page_owner_raw_def *def = calloc(1, sizeof(*def));
	struct page_owner_raw_def **link;

	if (!def)
		return NULL;
	def->hash = hash_key(type, key);
	def->type = type;
	def->key = key;
	if (page_owner_table_add(&raw->defs, def)) {
		free(def);
		return NULL;
	}
	link = raw->last[type] ? &raw->last[type]->after : &raw->first[type];
	*link = def;
	raw->last[type] = def;
	return def;
}

/* What a number means from now on; it keeps its place in the order of its type. */
static bool add_def(struct page_owner_raw_reader *raw,
		    const struct page_owner_raw_entry *entry, uint32_t type)
{
	struct page_owner_raw_def *def = page_owner_raw_find(raw, type, entry->key);
	size_t words = entry->nr_words * sizeof(uint64_t);
	char *contents = malloc(words + entry->text_len + 1);

	if (contents && !def)
		def = new_def(raw, type, entry->key);
	if (!contents || !def) {
		free(contents);
		return fail(raw, "out of memory");
	}
	free(def->contents);
	memcpy(contents, entry + 1, words + entry->text_len);
	contents[words + entry->text_len] = '\0';
	def->contents = contents;
	def->words = (const uint64_t *)contents;
	def->nr_words = entry->nr_words;
	def->text = contents + words;
	def->text_len = entry->text_len;
	memset(&def->note, 0, sizeof(def->note));
	return type != PAGE_OWNER_RAW_PAGE_FIELDS ||
	       (def->nr_words == 3 && def->words[1] <= 63) ||
	       fail(raw, "damaged description of a page flags field");
}

static bool parse_entries(struct page_owner_raw_reader *raw)
{
	const char *p = raw->payload, *end = p + raw->section.size;

	for (uint32_t i = 0; i < raw->section.count; i++) {
		struct page_owner_raw_entry entry;
		uint64_t size;

		if ((size_t)(end - p) < sizeof(entry))
			return fail(raw, "damaged section: an entry is missing");
		memcpy(&entry, p, sizeof(entry));
		size = sizeof(entry) + (uint64_t)entry.nr_words * sizeof(uint64_t) +
		       (((uint64_t)entry.text_len + 7) & ~7ULL);
		if (size > (uint64_t)(end - p))
			return fail(raw, "damaged section: an entry is cut off");
		if (!add_def(raw, (const void *)p, raw->section.type))
			return false;
		p += size;
	}
	return p == end || fail(raw, "damaged section: more bytes than entries");
}

static bool read_entries(struct page_owner_raw_reader *raw)
{
	if (raw->section.size > SECTION_MAX || raw->section.size % 8)
		return fail(raw, "damaged section: %llu bytes",
			    (unsigned long long)raw->section.size);
	if (!raw->payload || raw->section.size > raw->payload_size) {
		free(raw->payload);
		raw->payload_size = raw->section.size + sizeof(uint64_t);
		raw->payload = malloc(raw->payload_size);
		if (!raw->payload) {
			raw->payload_size = 0;
			return fail(raw, "out of memory");
		}
	}
	return get(raw, raw->payload, raw->section.size) && parse_entries(raw);
}

/* The end is the end, unless dumps were put one after the other. */
static bool check_rest(struct page_owner_raw_reader *raw)
{
	unsigned long long rest = raw->in_len - raw->in_done;
	ssize_t got;

	while ((got = raw->read(raw->data, raw->in, sizeof(raw->in))) > 0)
		rest += got;
	raw->in_len = 0;
	raw->in_done = 0;
	if (got < 0)
		return fail(raw, "read error");
	return !rest ||
	       fail(raw, "%llu bytes follow its end and are not read; give each dump a file",
		    rest);
}

static bool read_end(struct page_owner_raw_reader *raw)
{
	struct page_owner_raw_end end;

	if (raw->section.size < sizeof(end))
		return fail(raw, "damaged end");
	if (!get(raw, &end, sizeof(end)) ||
	    !get(raw, NULL, raw->section.size - sizeof(end)))
		return false;
	if (end.records != raw->records || end.freed != raw->freed)
		return fail(raw, "%llu records; the end tells of %llu",
			    (unsigned long long)(raw->records + raw->freed),
			    (unsigned long long)(end.records + end.freed));
	raw->ended = true;
	return check_rest(raw);
}

/* Bytes of a record in the section that is being read, 0 if it has none. */
static size_t record_size(const struct page_owner_raw_reader *raw)
{
	if (raw->section.type == PAGE_OWNER_RAW_RECORDS)
		return raw->header.record_size;
	if (raw->section.type == PAGE_OWNER_RAW_FREED)
		return raw->header.freed_size;
	return 0;
}

/* Goes to the next section; what has no records is dealt with at once. */
static bool next_section(struct page_owner_raw_reader *raw)
{
	if (!get(raw, &raw->section, sizeof(raw->section)))
		return false;
	raw->left = 0;
	if (raw->section.type == PAGE_OWNER_RAW_END)
		return read_end(raw);
	if (record_size(raw)) {
		if (raw->section.size != (uint64_t)raw->section.count * record_size(raw))
			return fail(raw, "damaged section: its size is not that of its records");
		raw->left = raw->section.size;
		return true;
	}
	if (raw->section.type >= PAGE_OWNER_RAW_STACKS &&
	    raw->section.type < PAGE_OWNER_RAW_END)
		return read_entries(raw);
	return get(raw, NULL, raw->section.size);
}

int page_owner_raw_next(struct page_owner_raw_reader *raw,
			struct page_owner_raw_freed *rec, bool *freed)
{
	size_t known, size;

	if (!raw->header.magic[0] && !page_owner_raw_head(raw))
		return -1;
	while (!raw->failed && !raw->ended && !raw->left)
		next_section(raw);
	if (raw->failed)
		return -1;
	if (raw->ended)
		return 0;

	size = record_size(raw);
	*freed = raw->section.type == PAGE_OWNER_RAW_FREED;
	known = *freed ? sizeof(*rec) : sizeof(rec->record);
	memset((char *)rec + known, 0, sizeof(*rec) - known);
	if (!get(raw, rec, known) || (size > known && !get(raw, NULL, size - known)))
		return -1;
	raw->left -= size;
	*(*freed ? &raw->freed : &raw->records) += 1;
	return 1;
}
