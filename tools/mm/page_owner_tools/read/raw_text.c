// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of a raw record, byte for byte as the kernel prints it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/raw_text.h"

static void put(struct page_owner_raw_text *t, const char *text, size_t len)
{
	if (t->len + len > t->size) {
		size_t size = 2 * t->size + len + 4096;
		char *new = realloc(t->buf, size);

		if (!new) {
			page_owner_raw_no_memory(t->raw);
			return;
		}
		t->buf = new;
		t->size = size;
	}
	memcpy(t->buf + t->len, text, len);
	t->len += len;
}

static void print(struct page_owner_raw_text *t, const char *fmt, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	put(t, line, len);
}

/* " N ns", and where the digits are */
static void put_time(struct page_owner_raw_text *t, int which, uint64_t ts)
{
	t->time_off[which] = t->len;
	print(t, "%llu", (unsigned long long)ts);
	t->time_len[which] = t->len - t->time_off[which];
	print(t, " ns");
}

static void put_name(struct page_owner_raw_text *t, uint32_t type, uint64_t key,
		     const char *what)
{
	const struct page_owner_raw_def *def = page_owner_raw_need(t->raw, type, key, what);

	if (def)
		put(t, def->text, def->text_len);
}

/* As the kernel: a name must not look as if it ended the line. */
size_t page_owner_raw_comm_char(char out[5], const char *c)
{
	unsigned char byte = *c;

	if (byte < 32 || byte == 127 || byte == '\\' || (byte == ')' && c[1] == ','))
		return sprintf(out, "\\x%02x", byte);
	*out = byte;
	return 1;
}

static void put_comm(struct page_owner_raw_text *t, uint32_t comm)
{
	const struct page_owner_raw_def *def =
		page_owner_raw_need(t->raw, PAGE_OWNER_RAW_COMMS, comm, "command name");
	char out[5];

	for (const char *c = def ? def->text : ""; *c; c++)
		put(t, out, page_owner_raw_comm_char(out, c));
}

static void put_flags(struct page_owner_raw_text *t, unsigned long long flags)
{
	const struct page_owner_raw_def *const first =
		page_owner_raw_first(t->raw, PAGE_OWNER_RAW_PAGE_FLAGS), *def;
	unsigned long long rest = flags;

	print(t, "0x%llx(", flags);
	/* The mask of all that are flags comes without a name. */
	for (def = first; def; def = def->after) {
		if (!def->text_len)
			rest &= def->key;
	}
	for (def = first; def; def = def->after) {
		if (!rest || !def->text_len || (rest & def->key) != def->key)
			continue;
		rest &= ~def->key;
		put(t, def->text, def->text_len);
		put(t, "|", 1);
	}
	if (rest)
		print(t, "0x%llx|", rest);
	def = page_owner_raw_first(t->raw, PAGE_OWNER_RAW_PAGE_FIELDS);
	for (; def; def = def->after) {
		put(t, def->text, def->text_len);
		print(t, def->words[2] == 16 ? "=0x%llx|" : "=%llu|",
		      (unsigned long long)page_owner_raw_field(def, flags));
	}
	if (t->len && t->buf[t->len - 1] == '|')
		t->len--;
	put(t, ")", 1);
}

static void put_stack(struct page_owner_raw_text *t, uint32_t handle,
		      enum page_owner_raw_mode mode)
{
	if (mode & PAGE_OWNER_RAW_STACK)
		put_name(t, PAGE_OWNER_RAW_STACKS, handle, "stack");
	if (mode & PAGE_OWNER_RAW_HANDLE)
		print(t, "handle: %u\n", handle);
}

static void put_lines(struct page_owner_raw_text *t,
		      const struct page_owner_raw_record *r, bool freed)
{
	print(t, "Page %sallocated via order %u, mask 0x%x(",
	      freed ? "last " : "", r->order, r->gfp);
	put_name(t, PAGE_OWNER_RAW_GFPS, r->gfp, "GFP flags");
	print(t, "), pid %d, tgid %d (", r->pid, r->tgid);
	put_comm(t, r->comm);
	print(t, "), ts ");
	put_time(t, 0, r->ts);
	print(t, "\n");
	t->head_len = t->len;
	print(t, "PFN 0x%llx type ", (unsigned long long)r->pfn);
	put_name(t, PAGE_OWNER_RAW_MIGRATETYPES, r->gfp_migratetype, "migrate type");
	print(t, " Block %llu type ",
	      (unsigned long long)r->pfn >> page_owner_raw_head(t->raw)->block_order);
	put_name(t, PAGE_OWNER_RAW_MIGRATETYPES, r->block_migratetype, "migrate type");
	print(t, " Flags ");
	put_flags(t, r->page_flags);
	put(t, "\n", 1);
	t->stack_off = t->len;
}

static void put_charge(struct page_owner_raw_text *t,
		       const struct page_owner_raw_record *r)
{
	if (r->charge == PAGE_OWNER_RAW_SLAB)
		print(t, "Slab cache page\n");
	if (r->charge != PAGE_OWNER_RAW_CHARGED &&
	    r->charge != PAGE_OWNER_RAW_CHARGED_OBJCG)
		return;
	print(t, "Charged %sto %smemcg ",
	      r->charge == PAGE_OWNER_RAW_CHARGED_OBJCG ? "(via objcg) " : "",
	      r->flags & PAGE_OWNER_RAW_MEMCG_ONLINE ? "" : "offline ");
	put_name(t, PAGE_OWNER_RAW_MEMCGS, r->memcg, "memory cgroup");
	put(t, "\n", 1);
}

bool page_owner_raw_text_make(struct page_owner_raw_text *t,
			      const struct page_owner_raw_freed *rec, bool freed,
			      enum page_owner_raw_mode mode)
{
	const struct page_owner_raw_record *r = &rec->record;

	t->len = 0;
	t->time_len[1] = 0;
	put_lines(t, r, freed);
	put_stack(t, r->handle, mode);
	t->stack_end = t->len;
	if (r->migrate_reason >= 0) {
		print(t, "Page has been migrated, last migrate reason: ");
		put_name(t, PAGE_OWNER_RAW_REASONS, r->migrate_reason, "migrate reason");
		put(t, "\n", 1);
	}
	if (freed) {
		print(t, "Page freed by pid %d, tgid %d, ts ", rec->free_pid, rec->free_tgid);
		put_time(t, 1, rec->free_ts);
		print(t, "\n");
		put_stack(t, rec->free_handle, mode);
	} else {
		put_charge(t, r);
	}
	put(t, "\n", 1);
	return !page_owner_raw_error(t->raw);
}

struct page_owner_text page_owner_raw_text_parts(const struct page_owner_raw_text *t)
{
	const char *buf = t->buf;
	struct page_owner_text text = {
		.head = { buf, t->head_len },
		.pfn_line = { buf + t->head_len, t->stack_off - t->head_len },
		/* The empty line at the end is between records. */
		.body = { buf + t->stack_off, t->len - 1 - t->stack_off },
		.stack = { buf + t->stack_off, t->stack_end - t->stack_off },
	};

	for (int i = 0; i < 2; i++)
		text.time_pos[i] = (struct page_owner_span){
			buf + t->time_off[i], t->time_len[i]
		};
	return text;
}
