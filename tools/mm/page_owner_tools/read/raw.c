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
#define HASH_BITS	6
#define READ_AHEAD	512
#else
#define HASH_BITS	14
#define READ_AHEAD	65536
#endif

/**
 * struct def - a definition, and where it is found
 * @def: the definition; words and text are behind this structure
 * @key: the number that it defines
 * @type: its section
 * @next: next one in the same hash bucket
 * @after: next one of the same type, for those that are gone through in order
 */
struct def {
	struct page_owner_raw_def def;
	uint64_t key;
	uint32_t type;
	struct def *next;
	struct def *after;
};

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
 * @hash: definitions
 * @first: first definition of each type, in order of the stream
 * @last: last one
 * @payload: contents of a section of definitions
 * @payload_size: room there
 * @text: text of a record
 * @text_len: bytes of it
 * @text_size: room there
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
	struct def *hash[1 << HASH_BITS];
	struct def *first[PAGE_OWNER_RAW_END + 1];
	struct def *last[PAGE_OWNER_RAW_END + 1];
	char *payload;
	size_t payload_size;
	char *text;
	size_t text_len;
	size_t text_size;
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
	struct def *def, *next;
	size_t i;

	if (!raw)
		return;
	for (i = 0; i < 1 << HASH_BITS; i++) {
		for (def = raw->hash[i]; def; def = next) {
			next = def->next;
			free(def);
		}
	}
	free(raw->payload);
	free(raw->text);
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

const char *page_owner_raw_error(const struct page_owner_raw_reader *raw)
{
	return raw->failed ? raw->error : NULL;
}

static struct def **find_def(const struct page_owner_raw_reader *raw, uint32_t type,
			     uint64_t key)
{
	uint64_t mix = (key + type) * 0x9e3779b97f4a7c15ULL;
	struct def *const *at = &raw->hash[mix >> (64 - HASH_BITS)];

	while (*at && ((*at)->key != key || (*at)->type != type))
		at = &(*at)->next;
	return (struct def **)at;
}

const struct page_owner_raw_def *
page_owner_raw_find(const struct page_owner_raw_reader *raw, uint32_t type,
		    uint64_t key)
{
	struct def *def = *find_def(raw, type, key);

	return def ? &def->def : NULL;
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

static struct def *new_def(const struct page_owner_raw_entry *entry, uint32_t type)
{
	size_t words = entry->nr_words * sizeof(uint64_t);
	struct def *def = malloc(sizeof(*def) + words + entry->text_len + 1);
	char *contents = (char *)(def + 1);

	if (!def)
		return NULL;
	memcpy(contents, entry + 1, words + entry->text_len);
	contents[words + entry->text_len] = '\0';
	*def = (struct def) {
		.def = {
			.words = (const uint64_t *)contents,
			.nr_words = entry->nr_words,
			.text = contents + words,
			.text_len = entry->text_len,
		},
		.key = entry->key,
		.type = type,
	};
	return def;
}

/* Puts a definition where it is found; one of the same number goes. */
static bool add_def(struct page_owner_raw_reader *raw,
		    const struct page_owner_raw_entry *entry, uint32_t type)
{
	struct def **at = find_def(raw, type, entry->key), *old = *at;
	struct def *def = new_def(entry, type);
	struct def **link;

	if (!def)
		return fail(raw, "out of memory");
	if (!old) {
		*at = def;
		link = raw->last[type] ? &raw->last[type]->after : &raw->first[type];
		*link = def;
		raw->last[type] = def;
		return true;
	}
	/* Only for what is gone through in order does the old place matter. */
	def->next = old->next;
	def->after = old->after;
	for (link = &raw->first[type]; *link != old; link = &(*link)->after)
		;
	*link = def;
	if (raw->last[type] == old)
		raw->last[type] = def;
	*at = def;
	free(old);
	return true;
}

static bool parse_entries(struct page_owner_raw_reader *raw)
{
	const char *p = raw->payload, *end = p + raw->section.size;
	uint32_t i;

	for (i = 0; i < raw->section.count; i++) {
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

/* The end is the end, unless somebody put dumps one after the other. */
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

	if (!page_owner_raw_head(raw))
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
	memset(rec, 0, sizeof(*rec));
	if (!get(raw, rec, known) || !get(raw, NULL, size - known))
		return -1;
	raw->left -= size;
	*(*freed ? &raw->freed : &raw->records) += 1;
	return 1;
}

/*
 * Text
 */

static void put(struct page_owner_raw_reader *raw, const char *text, size_t len)
{
	size_t size = raw->text_size;
	char *new;

	if (raw->text_len + len > size) {
		size = 2 * size + len + 4096;
		new = realloc(raw->text, size);
		if (!new) {
			fail(raw, "out of memory");
			return;
		}
		raw->text = new;
		raw->text_size = size;
	}
	memcpy(raw->text + raw->text_len, text, len);
	raw->text_len += len;
}

static void print(struct page_owner_raw_reader *raw, const char *fmt, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	put(raw, line, len);
}

static const struct page_owner_raw_def *
need(struct page_owner_raw_reader *raw, uint32_t type, uint64_t key, const char *what)
{
	const struct page_owner_raw_def *def = page_owner_raw_find(raw, type, key);

	if (!def)
		fail(raw, "a record refers to %s %llu, which is not defined",
		     what, (unsigned long long)key);
	return def;
}

static void put_name(struct page_owner_raw_reader *raw, uint32_t type, uint64_t key,
		     const char *what)
{
	const struct page_owner_raw_def *def = need(raw, type, key, what);

	if (def)
		put(raw, def->text, def->text_len);
}

/* As the kernel: a name must not look as if it ended the line. */
static void put_comm(struct page_owner_raw_reader *raw, uint32_t comm)
{
	const struct page_owner_raw_def *def =
		need(raw, PAGE_OWNER_RAW_COMMS, comm, "command name");
	const char *c = def ? def->text : "";

	for (; *c; c++) {
		unsigned char byte = *c;

		if (byte < 32 || byte == 127 || byte == '\\' ||
		    (byte == ')' && c[1] == ','))
			print(raw, "\\x%02x", byte);
		else
			put(raw, c, 1);
	}
}

static void put_flags(struct page_owner_raw_reader *raw, unsigned long long flags)
{
	unsigned long long rest = flags;
	struct def *def;

	print(raw, "0x%llx(", flags);
	/* The mask of all that are flags comes without a name. */
	for (def = raw->first[PAGE_OWNER_RAW_PAGE_FLAGS]; def; def = def->after) {
		if (!def->def.text_len)
			rest &= def->key;
	}
	for (def = raw->first[PAGE_OWNER_RAW_PAGE_FLAGS]; def; def = def->after) {
		if (!rest || !def->def.text_len || (rest & def->key) != def->key)
			continue;
		rest &= ~def->key;
		put(raw, def->def.text, def->def.text_len);
		put(raw, "|", 1);
	}
	if (rest)
		print(raw, "0x%llx|", rest);
	for (def = raw->first[PAGE_OWNER_RAW_PAGE_FIELDS]; def; def = def->after) {
		unsigned long long value;

		if (def->def.nr_words != 3 || def->def.words[1] > 63) {
			fail(raw, "damaged description of a page flags field");
			return;
		}
		value = (flags >> def->def.words[1]) & def->def.words[0];
		put(raw, def->def.text, def->def.text_len);
		print(raw, def->def.words[2] == 16 ? "=0x%llx|" : "=%llu|",
		      value);
	}
	if (raw->text_len && raw->text[raw->text_len - 1] == '|')
		raw->text_len--;
	put(raw, ")", 1);
}

static void put_stack(struct page_owner_raw_reader *raw, uint32_t handle,
		      enum page_owner_raw_mode mode)
{
	if (mode & PAGE_OWNER_RAW_STACK)
		put_name(raw, PAGE_OWNER_RAW_STACKS, handle, "stack");
	if (mode & PAGE_OWNER_RAW_HANDLE)
		print(raw, "handle: %u\n", handle);
}

static void put_lines(struct page_owner_raw_reader *raw,
		      const struct page_owner_raw_record *r, bool freed)
{
	print(raw, "Page %sallocated via order %u, mask 0x%x(",
	      freed ? "last " : "", r->order, r->gfp);
	put_name(raw, PAGE_OWNER_RAW_GFPS, r->gfp, "GFP flags");
	print(raw, "), pid %d, tgid %d (", r->pid, r->tgid);
	put_comm(raw, r->comm);
	print(raw, "), ts %llu ns\nPFN 0x%llx type ", (unsigned long long)r->ts,
	      (unsigned long long)r->pfn);
	put_name(raw, PAGE_OWNER_RAW_MIGRATETYPES, r->gfp_migratetype, "migrate type");
	print(raw, " Block %llu type ",
	      (unsigned long long)r->pfn >> raw->header.block_order);
	put_name(raw, PAGE_OWNER_RAW_MIGRATETYPES, r->block_migratetype, "migrate type");
	print(raw, " Flags ");
	put_flags(raw, r->page_flags);
	put(raw, "\n", 1);
}

static void put_charge(struct page_owner_raw_reader *raw,
		       const struct page_owner_raw_record *r)
{
	if (r->charge == PAGE_OWNER_RAW_SLAB)
		print(raw, "Slab cache page\n");
	if (r->charge != PAGE_OWNER_RAW_CHARGED &&
	    r->charge != PAGE_OWNER_RAW_CHARGED_OBJCG)
		return;
	print(raw, "Charged %sto %smemcg ",
	      r->charge == PAGE_OWNER_RAW_CHARGED_OBJCG ? "(via objcg) " : "",
	      r->flags & PAGE_OWNER_RAW_MEMCG_ONLINE ? "" : "offline ");
	put_name(raw, PAGE_OWNER_RAW_MEMCGS, r->memcg, "memory cgroup");
	put(raw, "\n", 1);
}

const char *page_owner_raw_text(struct page_owner_raw_reader *raw,
				const struct page_owner_raw_freed *rec, bool freed,
				enum page_owner_raw_mode mode, size_t *len)
{
	const struct page_owner_raw_record *r = &rec->record;

	raw->text_len = 0;
	put_lines(raw, r, freed);
	put_stack(raw, r->handle, mode);
	if (r->migrate_reason >= 0) {
		print(raw, "Page has been migrated, last migrate reason: ");
		put_name(raw, PAGE_OWNER_RAW_REASONS, r->migrate_reason, "migrate reason");
		put(raw, "\n", 1);
	}
	if (freed) {
		print(raw, "Page freed by pid %d, tgid %d, ts %llu ns\n",
		      rec->free_pid, rec->free_tgid, (unsigned long long)rec->free_ts);
		put_stack(raw, rec->free_handle, mode);
	} else {
		put_charge(raw, r);
	}
	put(raw, "\n", 1);
	*len = raw->text_len;
	return raw->failed ? NULL : raw->text;
}
