// SPDX-License-Identifier: GPL-2.0-only
/*
 * pprof's profile.proto, as much of it as stacks with sizes need.
 *
 * A message is a sequence of fields in any order, so the functions and locations
 * are written when they are first met, and the strings at the end. Numbers that
 * name things begin with 1.
 */
#include <stdlib.h>
#include <string.h>

#include "show/export.h"
#include "read/compress.h"
#include "show/print.h"
#include "count/tree.h"

/* Field numbers of profile.proto */
enum {
	PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE = 2, PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4, PROFILE_FUNCTION = 5, PROFILE_STRING = 6,
	PROFILE_TIME = 9, PROFILE_PERIOD_TYPE = 11, PROFILE_PERIOD = 12,
	PROFILE_COMMENT = 13, PROFILE_DEFAULT_TYPE = 14,
	TYPE_TYPE = 1, TYPE_UNIT = 2,
	SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3,
	LABEL_KEY = 1, LABEL_STR = 2, LABEL_NUM = 3,
	MAPPING_ID = 1, MAPPING_FILE = 5, MAPPING_HAS_FUNCTIONS = 7,
	LOCATION_ID = 1, LOCATION_MAPPING = 2, LOCATION_LINE = 4,
	LINE_FUNCTION = 1,
	FUNCTION_ID = 1, FUNCTION_NAME = 2, FUNCTION_SYSTEM_NAME = 3,
};

/* A message that is being put together; its length has to be known first. */
struct message {
	unsigned char *buf;
	size_t len;
	size_t max;
	bool failed;
};

struct pprof {
	const struct page_owner_export *ex;
	struct page_owner_packer packer;
	struct page_owner_pool strings;		/* note: index in list + 1 */
	const struct page_owner_str **list;
	size_t max_list;
	struct page_owner_pool locations;	/* note: id */
	struct page_owner_pool mappings;	/* note: id */
	uint64_t path[PAGE_OWNER_MAX_FRAMES];
	size_t depth;
	bool failed;
};

static void put_byte(struct message *m, unsigned char byte)
{
	if (m->len == m->max) {
		size_t max = m->max ? m->max * 2 : 256;
		unsigned char *buf = realloc(m->buf, max);

		if (!buf) {
			m->failed = true;
			return;
		}
		m->buf = buf;
		m->max = max;
	}
	m->buf[m->len++] = byte;
}

static void put_varint(struct message *m, uint64_t val)
{
	for (; val >= 0x80; val >>= 7)
		put_byte(m, val | 0x80);
	put_byte(m, val);
}

static void put_number(struct message *m, unsigned int field, uint64_t val)
{
	put_varint(m, field << 3);
	put_varint(m, val);
}

static void put_bytes(struct message *m, unsigned int field, const void *data,
		      size_t len)
{
	put_varint(m, field << 3 | 2);
	put_varint(m, len);
	for (size_t i = 0; i < len && !m->failed; i++)
		put_byte(m, ((const unsigned char *)data)[i]);
}

/* Adds a message to another, and empties it. */
static void put_message(struct message *m, unsigned int field, struct message *sub)
{
	put_bytes(m, field, sub->buf, sub->len);
	m->failed |= sub->failed;
	free(sub->buf);
	memset(sub, 0, sizeof(*sub));
}

/* Writes a part of the profile, and empties it. */
static void flush(struct pprof *p, struct message *m)
{
	p->failed |= m->failed;
	if (!p->failed && page_owner_pack_write(&p->packer, m->buf, m->len))
		p->failed = true;
	free(m->buf);
	memset(m, 0, sizeof(*m));
}

/* Index of a string in the table */
static uint64_t string(struct pprof *p, struct page_owner_span text)
{
	struct page_owner_str *str = page_owner_intern(&p->strings, text);

	if (!str) {
		p->failed = true;
		return 0;
	}
	if (str->note)
		return str->note - 1;
	if (p->strings.table.nr > p->max_list) {
		size_t max = p->max_list ? p->max_list * 2 : 1024;
		void *list = realloc(p->list, max * sizeof(*p->list));

		if (!list) {
			p->failed = true;
			return 0;
		}
		p->list = list;
		p->max_list = max;
	}
	p->list[p->strings.table.nr - 1] = str;
	str->note = p->strings.table.nr;
	return str->note - 1;
}

static uint64_t word(struct pprof *p, const char *text)
{
	return string(p, (struct page_owner_span){ text, strlen(text) });
}

static void put_type(struct pprof *p, unsigned int field, const char *type,
		     const char *unit)
{
	struct message m = { 0 }, sub = { 0 };

	put_number(&sub, TYPE_TYPE, word(p, type));
	put_number(&sub, TYPE_UNIT, word(p, unit));
	put_message(&m, field, &sub);
	flush(p, &m);
}

/* One for the kernel, and one for each module: "name [module]" */
static uint64_t mapping(struct pprof *p, struct page_owner_span label)
{
	struct page_owner_span name = { "vmlinux", strlen("vmlinux") };
	const char *bracket = memchr(label.ptr, '[', label.len);
	struct message m = { 0 }, sub = { 0 };
	struct page_owner_str *str;

	if (bracket && bracket > label.ptr && label.ptr[label.len - 1] == ']') {
		name.ptr = bracket + 1;
		name.len = label.ptr + label.len - 1 - name.ptr;
	}
	str = page_owner_intern(&p->mappings, name);
	if (!str) {
		p->failed = true;
		return 0;
	}
	if (!str->note) {
		str->note = p->mappings.table.nr;
		put_number(&sub, MAPPING_ID, str->note);
		put_number(&sub, MAPPING_FILE, string(p, name));
		put_number(&sub, MAPPING_HAS_FUNCTIONS, 1);
		put_message(&m, PROFILE_MAPPING, &sub);
		flush(p, &m);
	}
	return str->note;
}

/* A function and its one location, which have the same number */
static void put_function(struct pprof *p, struct page_owner_span label, uint64_t id)
{
	struct message m = { 0 }, sub = { 0 }, line = { 0 };

	put_number(&sub, FUNCTION_ID, id);
	put_number(&sub, FUNCTION_NAME, string(p, label));
	put_number(&sub, FUNCTION_SYSTEM_NAME, string(p, label));
	put_message(&m, PROFILE_FUNCTION, &sub);
	put_number(&sub, LOCATION_ID, id);
	put_number(&sub, LOCATION_MAPPING, mapping(p, label));
	put_number(&line, LINE_FUNCTION, id);
	put_message(&sub, LOCATION_LINE, &line);
	put_message(&m, PROFILE_LOCATION, &sub);
	flush(p, &m);
}

static int add_step(void *arg, struct page_owner_span label)
{
	struct pprof *p = arg;
	struct page_owner_str *str = page_owner_intern(&p->locations, label);

	if (!str) {
		p->failed = true;
		return -1;
	}
	if (!str->note) {
		str->note = p->locations.table.nr;
		put_function(p, label, str->note);
	}
	p->path[p->depth++] = str->note;
	return 0;
}

static void put_labels(struct pprof *p, struct message *sample,
		       const struct page_owner_block *block)
{
	const unsigned int numbers = 1u << PAGE_OWNER_BY_PID |
		1u << PAGE_OWNER_BY_TGID | 1u << PAGE_OWNER_BY_NODE |
		1u << PAGE_OWNER_BY_ORDER;
	char buf[PAGE_OWNER_NUMBER];

	for (unsigned int key = 1; key < PAGE_OWNER_BY_TEXT; key++) {
		struct page_owner_span text;
		struct message label = { 0 };

		if (!(p->ex->keys >> key & 1))
			continue;
		text = page_owner_key_text(buf, key, block, &p->ex->load->info);
		put_number(&label, LABEL_KEY, word(p, page_owner_key_name(key)));
		if (numbers >> key & 1 && *text.ptr != '-')
			put_number(&label, LABEL_NUM, strtoull(buf, NULL, 10));
		else
			put_number(&label, LABEL_STR, string(p, text));
		put_message(sample, SAMPLE_LABEL, &label);
	}
}

static void put_sample(struct pprof *p, const struct page_owner_block *block)
{
	struct page_owner_export stack_only = *p->ex;
	struct message m = { 0 }, sample = { 0 }, list = { 0 };

	stack_only.keys = 1u << PAGE_OWNER_BY_STACK;
	p->depth = 0;
	page_owner_export_path(&stack_only, block, add_step, p);
	while (p->depth)
		put_varint(&list, p->path[--p->depth]);
	put_message(&sample, SAMPLE_LOCATION, &list);
	put_varint(&list, block->times);
	put_varint(&list, page_owner_block_bytes(p->ex, block->pages));
	put_message(&sample, SAMPLE_VALUE, &list);
	put_labels(p, &sample, block);
	put_message(&m, PROFILE_SAMPLE, &sample);
	flush(p, &m);
}

static void put_rest(struct pprof *p)
{
	const struct page_owner_info *info = &p->ex->load->info;
	struct message m = { 0 };

	if (info->time_ns)
		put_number(&m, PROFILE_TIME, info->time_ns);
	put_number(&m, PROFILE_PERIOD, 1);
	put_number(&m, PROFILE_DEFAULT_TYPE, word(p, "space"));
	if (info->kernel)
		put_number(&m, PROFILE_COMMENT, word(p, info->kernel));
	flush(p, &m);
	for (size_t i = 0; i < p->strings.table.nr && !p->failed; i++) {
		put_bytes(&m, PROFILE_STRING, p->list[i]->text, p->list[i]->len);
		flush(p, &m);
	}
}

int page_owner_write_pprof(const struct page_owner_export *ex)
{
	enum page_owner_packing packing = page_owner_has_packing(PAGE_OWNER_GZIP) ?
		PAGE_OWNER_GZIP : PAGE_OWNER_PLAIN;
	struct pprof p = { .ex = ex };

	if (page_owner_pack_open(&p.packer, ex->file, packing))
		return -1;
	/* The first string has to be the empty one. */
	word(&p, "");
	put_type(&p, PROFILE_SAMPLE_TYPE, "objects", "count");
	put_type(&p, PROFILE_SAMPLE_TYPE, "space", "bytes");
	put_type(&p, PROFILE_PERIOD_TYPE, "space", "bytes");
	/* The kernel comes before the modules. */
	mapping(&p, (struct page_owner_span){ "", 0 });
	for (size_t i = 0; i < ex->load->agg.nr && !p.failed; i++)
		put_sample(&p, ex->load->agg.blocks[i]);
	put_rest(&p);
	p.failed |= page_owner_pack_close(&p.packer) != 0;
	page_owner_pool_destroy(&p.strings);
	page_owner_pool_destroy(&p.locations);
	page_owner_pool_destroy(&p.mappings);
	free(p.list);
	return p.failed && !ferror(ex->file) ? -1 : 0;
}
