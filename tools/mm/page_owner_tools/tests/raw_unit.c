// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the decoder of raw captures: a stream made by hand, and that stream
 * spoilt in every place. Prints "ok NAME" or "not ok NAME" for each test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/raw_text.h"

static char stream[1 << 16];
static size_t stream_len;

/* What the decoder is given: part of the stream, in pieces. */
struct source {
	const char *bytes;
	size_t len, done, piece;
};

static ssize_t give(void *data, void *buf, size_t len)
{
	struct source *s = data;

	if (len > s->piece)
		len = s->piece;
	if (len > s->len - s->done)
		len = s->len - s->done;
	memcpy(buf, s->bytes + s->done, len);
	s->done += len;
	return len;
}

static void add(const void *bytes, size_t len)
{
	if (len)
		memcpy(stream + stream_len, bytes, len);
	stream_len += len;
}

static void add_section(uint32_t type, uint32_t count, uint64_t size)
{
	struct page_owner_raw_section section = { type, count, size };

	add(&section, sizeof(section));
}

/* A section of one entry. */
static void add_entry(uint32_t type, uint64_t key, const uint64_t *words,
		      uint32_t nr_words, const char *text, uint32_t len)
{
	struct page_owner_raw_entry entry = { key, nr_words, len };
	uint32_t padded = (len + 7) & ~7U;
	static const char zeros[8];

	add_section(type, 1, sizeof(entry) + 8 * nr_words + padded);
	add(&entry, sizeof(entry));
	add(words, 8 * nr_words);
	add(text, len);
	add(zeros, padded - len);
}

static void add_name(uint32_t type, uint64_t key, const char *name)
{
	add_entry(type, key, NULL, 0, name, strlen(name));
}

/* The records and the header are longer than this version's. */
#define EXTRA 24

static const struct page_owner_raw_record record = {
	.pfn = 0x12345, .page_flags = 0x500000000000041, .ts = 987654321, .memcg = 77,
	.handle = 42, .gfp = 0xcc0, .pid = 41, .tgid = -1, .comm = 1, .order = 3,
	.node = 1, .zone = 1, .gfp_migratetype = 0, .block_migratetype = 1,
	.migrate_reason = 2, .charge = PAGE_OWNER_RAW_CHARGED_OBJCG,
};

static const char record_text[] =
	"Page allocated via order 3, mask 0xcc0(GFP_KERNEL), pid 41, tgid -1 (a\\x0ab\\x5c\\x29,c), ts 987654321 ns\n"
	"PFN 0x12345 type Unmovable Block 145 type Movable Flags 0x500000000000041(locked|head|node=1|zone=0x1)\n"
	" f+0x1/0x2 [m]\n g+0x3/0x4\n"
	"handle: 42\n"
	"Page has been migrated, last migrate reason: compaction\n"
	"Charged (via objcg) to offline memcg group\n\n";

static const char freed_text[] =
	"Page last allocated via order 3, mask 0xcc0(GFP_KERNEL), pid 41, tgid -1 (a\\x0ab\\x5c\\x29,c), ts 987654321 ns\n"
	"PFN 0x12345 type Unmovable Block 145 type Movable Flags 0x500000000000041(locked|head|node=1|zone=0x1)\n"
	" f+0x1/0x2 [m]\n g+0x3/0x4\n"
	"handle: 42\n"
	"Page has been migrated, last migrate reason: compaction\n"
	"Page freed by pid 5, tgid 6, ts 7 ns\n"
	" f+0x1/0x2 [m]\n g+0x3/0x4\n"
	"handle: 42\n\n";

static void add_definitions(void)
{
	static const uint64_t words[] = { 0x1000, 0x2000 };
	static const uint64_t node[] = { 3, 58, 10 }, zone[] = { 3, 56, 16 };

	add_name(PAGE_OWNER_RAW_PAGE_FLAGS, 0xffffff, "");
	add_name(PAGE_OWNER_RAW_PAGE_FLAGS, 1, "locked");
	add_name(PAGE_OWNER_RAW_PAGE_FLAGS, 0x40, "head");
	/* Of equal width */
	add_entry(PAGE_OWNER_RAW_PAGE_FIELDS, 1, node, 3, "node", 4);
	add_entry(PAGE_OWNER_RAW_PAGE_FIELDS, 2, zone, 3, "zone", 4);
	add_name(PAGE_OWNER_RAW_MIGRATETYPES, 0, "Unmovable");
	add_name(PAGE_OWNER_RAW_MIGRATETYPES, 1, "Movable");
	add_name(PAGE_OWNER_RAW_REASONS, 2, "compaction");
	add_name(PAGE_OWNER_RAW_GFPS, 0xcc0, "GFP_KERNEL");
	add_name(PAGE_OWNER_RAW_MEMCGS, 77, "older");
	add_name(PAGE_OWNER_RAW_MEMCGS, 77, "group");
	add_entry(PAGE_OWNER_RAW_COMMS, 1, NULL, 0, "a\nb\\),c\0\0\0\0\0\0\0\0", 16);
	add_entry(PAGE_OWNER_RAW_STACKS, 42, words, 2, " f+0x1/0x2 [m]\n g+0x3/0x4\n", 26);
}

static void make_stream(void)
{
	struct page_owner_raw_header header = {
		.byte_order = PAGE_OWNER_RAW_BYTE_ORDER,
		.version = PAGE_OWNER_RAW_VERSION,
		.header_size = sizeof(header) + EXTRA,
		.record_size = sizeof(record) + EXTRA,
		.freed_size = sizeof(struct page_owner_raw_freed) + EXTRA,
		.page_size = 4096,
		.block_order = 9,
	};
	struct page_owner_raw_freed freed = {
		.record = record, .free_ts = 7, .free_handle = 42, .free_pid = 5,
		.free_tgid = 6,
	};
	struct page_owner_raw_end end = { 2, 1 };
	char extra[EXTRA];

	memset(extra, 0x5a, sizeof(extra));
	memcpy(header.magic, PAGE_OWNER_RAW_MAGIC, sizeof(header.magic));
	add(&header, sizeof(header));
	add(extra, EXTRA);
	add_definitions();
	add_section(1000, 7, EXTRA);
	add(extra, EXTRA);
	add_section(PAGE_OWNER_RAW_RECORDS, 2, 2 * header.record_size);
	add(&record, sizeof(record));
	add(extra, EXTRA);
	add(&record, sizeof(record));
	add(extra, EXTRA);
	add_section(PAGE_OWNER_RAW_FREED, 1, header.freed_size);
	add(&freed, sizeof(freed));
	add(extra, EXTRA);
	add_section(PAGE_OWNER_RAW_END, 1, sizeof(end));
	add(&end, sizeof(end));
}

/* How many records can be had as text; 0 in *ret if the stream ended well. */
static int decode(const char *bytes, size_t len, size_t piece, int *ret)
{
	struct source source = { bytes, len, 0, piece };
	struct page_owner_raw_reader *raw = page_owner_raw_open(give, &source);
	struct page_owner_raw_text text = { .raw = raw };
	struct page_owner_raw_freed rec;
	const char *want;
	bool freed;
	int good = 0;

	while ((*ret = page_owner_raw_next(raw, &rec, &freed)) > 0) {
		want = freed ? freed_text : record_text;
		good += page_owner_raw_text_make(&text, &rec, freed,
						 PAGE_OWNER_RAW_STACK_HANDLE) &&
			text.len == strlen(want) && !memcmp(text.buf, want, text.len);
	}
	free(text.buf);
	if (*ret < 0 && !page_owner_raw_error(raw))
		*ret = -2;
	page_owner_raw_close(raw);
	return good;
}

static bool test_text(void)
{
	static const size_t pieces[] = { 1, 3, 4096, 1 << 20 };
	size_t i;
	int ret;

	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		if (decode(stream, stream_len, pieces[i], &ret) != 3 || ret)
			return false;
	}
	return true;
}

static bool test_cut_off(void)
{
	size_t len;
	int ret;

	for (len = 0; len < stream_len; len++) {
		decode(stream, len, 1 << 20, &ret);
		if (ret != -1)
			return false;
	}
	return true;
}

/* Spoilt bytes: anything may come out, but without a fault of memory. */
static bool test_spoilt(void)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	char *copy = malloc(stream_len);
	size_t i, v;
	int ret;

	for (i = 0; i < stream_len; i++) {
		for (v = 0; v < sizeof(values); v++) {
			memcpy(copy, stream, stream_len);
			copy[i] = values[v];
			decode(copy, stream_len, 1 << 20, &ret);
			if (ret == -2) {
				free(copy);
				return false;
			}
		}
	}
	free(copy);
	return true;
}

static bool test_no_raw_file(void)
{
	static const char text[] =
		"Page allocated via order 0, mask 0x0(), pid 1, tgid 1 (a), ts 1 ns\n"
		"PFN 0x1\n\n";
	int ret;

	return decode(text, strlen(text), 1 << 20, &ret) == 0 && ret == -1;
}

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} tests[] = {
		{ "raw: the text of records, and unknown sections and members", test_text },
		{ "raw: a stream that is cut off is known to be", test_cut_off },
		{ "raw: spoilt streams do no harm", test_spoilt },
		{ "raw: a text dump is refused", test_no_raw_file },
	};
	size_t i;
	int failed = 0;

	make_stream();
	for (i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
		bool ok = tests[i].run();

		printf("%s %s\n", ok ? "ok" : "not ok", tests[i].name);
		failed |= !ok;
	}
	return failed;
}
