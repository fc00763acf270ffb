// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the dump as a binary stream, mode=raw.
 *
 * What it consists of: include/uapi/linux/page_owner_raw.h. What a record refers
 * to is defined in front of it, unless the cache knows that it has been already.
 * The cache forgets, and then it is defined once more.
 */
#include <linux/hash.h>
#include <linux/memblock.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner_raw.h>
#include <linux/sched/clock.h>
#include <linux/seq_buf.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/trace_events.h>

#include "internal.h"
#include "page_owner_raw.h"

/* Readers know the layout. */
static_assert(sizeof(struct page_owner_raw_header) == 72);
static_assert(sizeof(struct page_owner_raw_section) == 16);
static_assert(sizeof(struct page_owner_raw_entry) == 16);
static_assert(sizeof(struct page_owner_raw_record) == 64);
static_assert(sizeof(struct page_owner_raw_freed) == 88);
static_assert(sizeof(struct page_owner_raw_end) == 16);
static_assert(PAGE_OWNER_RAW_COMM_LEN == TASK_COMM_LEN);
static_assert((int)PAGE_OWNER_RAW_SLAB == PAGE_OWNER_SLAB);
static_assert((int)PAGE_OWNER_RAW_CHARGED == PAGE_OWNER_CHARGED);
static_assert((int)PAGE_OWNER_RAW_CHARGED_OBJCG == PAGE_OWNER_CHARGED_OBJCG);

/* An entry without its text, for which there is room at the place returned. */
static char *raw_entry(struct page_owner_raw *raw, u32 type, u64 key, u32 nr_words,
		       u32 text_len)
{
	size_t words = nr_words * sizeof(u64), padded = ALIGN(text_len, 8);
	struct page_owner_raw_entry *entry;
	char *text;

	entry = page_owner_raw_room(raw, type, sizeof(*entry) + words + padded);
	entry->key = key;
	entry->nr_words = nr_words;
	entry->text_len = text_len;
	text = (char *)(entry + 1) + words;
	memset(text + text_len, 0, padded - text_len);
	return text;
}

static void raw_name(struct page_owner_raw *raw, u32 type, u64 key, const char *name)
{
	u32 len = strlen(name);

	memcpy(raw_entry(raw, type, key, 0, len), name, len);
}

/* What the bits of the page flags word are. */
static void raw_page_flags(struct page_owner_raw *raw)
{
	const struct trace_print_flags *name;
	int i;

	raw_name(raw, PAGE_OWNER_RAW_PAGE_FLAGS, PAGEFLAGS_MASK, "");
	for (name = pageflag_names; name->name; name++)
		raw_name(raw, PAGE_OWNER_RAW_PAGE_FLAGS, name->mask, name->name);
	for (i = 0; i < PAGE_OWNER_NR_FLAGS_FIELDS; i++) {
		const struct page_owner_flags_field *field = &page_owner_flags_fields[i];
		u64 words[3] = { 0, field->shift, field->base };
		u32 len = strlen(field->name);
		char *text;

		if (!field->width)
			continue;
		words[0] = GENMASK(field->width - 1, 0);
		/* By number: fields can be of equal width. */
		text = raw_entry(raw, PAGE_OWNER_RAW_PAGE_FIELDS, i,
				 ARRAY_SIZE(words), len);
		memcpy(text - sizeof(words), words, sizeof(words));
		memcpy(text, field->name, len);
	}
}

static void raw_names(struct page_owner_raw *raw)
{
	int i;

	for (i = 0; i < MIGRATE_TYPES; i++)
		raw_name(raw, PAGE_OWNER_RAW_MIGRATETYPES, i, migratetype_names[i]);
	for (i = 0; i < MR_TYPES; i++)
		raw_name(raw, PAGE_OWNER_RAW_REASONS, i, migrate_reason_names[i]);
	for (i = 0; i < MAX_NR_ZONES; i++)
		raw_name(raw, PAGE_OWNER_RAW_ZONES, i,
			 NODE_DATA(first_online_node)->node_zones[i].name);
}

static void raw_filter(struct page_owner_raw *raw,
		       const struct page_owner_filter *filter)
{
	struct seq_buf s;
	char *text;

	/* Printed behind the place of the head, where it is copied upon itself. */
	text = raw->p + sizeof(*raw->section) + sizeof(struct page_owner_raw_entry);
	seq_buf_init(&s, text, PAGE_OWNER_FILTER_MAX);
	page_owner_filter_show(&s, filter);
	raw->section = NULL;
	raw_entry(raw, PAGE_OWNER_RAW_FILTER, 0, 0, seq_buf_used(&s));
}

/**
 * page_owner_raw_begin() - write all that comes before the first record
 * @raw: the stream; its member p says where to
 * @filter: what the reader wants
 * @pfn: where the dump begins
 *
 * Context: Process context.
 */
void page_owner_raw_begin(struct page_owner_raw *raw,
			  const struct page_owner_filter *filter, unsigned long pfn)
{
	struct page_owner_raw_header *header = (struct page_owner_raw_header *)raw->p;

	*raw = (struct page_owner_raw) { .p = (char *)(header + 1) };
	*header = (struct page_owner_raw_header) {
		.byte_order = PAGE_OWNER_RAW_BYTE_ORDER,
		.version = PAGE_OWNER_RAW_VERSION,
		.header_size = sizeof(*header),
		.record_size = sizeof(struct page_owner_raw_record),
		.freed_size = sizeof(struct page_owner_raw_freed),
		.page_size = PAGE_SIZE,
		.block_order = pageblock_order,
		.flags = static_branch_unlikely(&page_owner_lean) ?
			 PAGE_OWNER_RAW_NO_TIME | PAGE_OWNER_RAW_NO_FREE : 0,
		.clock = local_clock(),
		.realtime = ktime_get_real_ns(),
		.start_pfn = pfn,
		.end_pfn = max_pfn,
	};
	memcpy(header->magic, PAGE_OWNER_RAW_MAGIC, sizeof(header->magic));
	raw_page_flags(raw);
	raw_names(raw);
	raw_filter(raw, filter);
}

/* What has nothing but to be remembered as said. */
static void said(struct page_owner_cache *cache, enum page_owner_cached kind, u64 key)
{
	page_owner_cache_room(cache);
	page_owner_cache_add(cache, kind, key, 0);
}

static bool is_said(const struct page_owner_cache *cache, enum page_owner_cached kind,
		    u64 key)
{
	unsigned int len;

	return page_owner_cache_find(cache, kind, key, &len);
}

static void define_stack(struct page_owner_raw *raw, depot_stack_handle_t handle,
			 struct page_owner_cache *cache)
{
	unsigned int i, nr, len;
	unsigned long *entries;
	const char *lines;
	char *text;
	u64 *words;

	if (is_said(cache, PAGE_OWNER_CACHED_RAW_STACK, handle))
		return;
	said(cache, PAGE_OWNER_CACHED_RAW_STACK, handle);
	lines = page_owner_stack_text(cache, handle, &len);
	nr = min(stack_depot_fetch(handle, &entries), PAGE_OWNER_DEPTH);
	text = raw_entry(raw, PAGE_OWNER_RAW_STACKS, handle, nr, len);
	words = (u64 *)text - nr;
	for (i = 0; i < nr; i++)
		words[i] = entries[i];
	memcpy(text, lines, len);
}

static void define_gfp(struct page_owner_raw *raw, gfp_t gfp,
		       struct page_owner_cache *cache)
{
	const u64 key = (__force u32)gfp;
	const char *names;
	unsigned int len;

	if (is_said(cache, PAGE_OWNER_CACHED_RAW_GFP, key))
		return;
	said(cache, PAGE_OWNER_CACHED_RAW_GFP, key);
	names = page_owner_gfp_text(cache, gfp, &len);
	memcpy(raw_entry(raw, PAGE_OWNER_RAW_GFPS, key, 0, len), names, len);
}

static void define_memcg(struct page_owner_raw *raw,
			 const struct page_owner_snapshot *snap,
			 struct page_owner_cache *cache)
{
	if (is_said(cache, PAGE_OWNER_CACHED_RAW_MEMCG, snap->memcg_ino))
		return;
	said(cache, PAGE_OWNER_CACHED_RAW_MEMCG, snap->memcg_ino);
	raw_name(raw, PAGE_OWNER_RAW_MEMCGS, snap->memcg_ino, snap->memcg_name);
}

/* A command name and its number, as the cache has them. */
struct raw_comm {
	char comm[TASK_COMM_LEN];
	u32 nr;
};

/* Numbers are never used twice; another name with the same hash gets another. */
static u32 define_comm(struct page_owner_raw *raw, const char *comm,
		       struct page_owner_cache *cache)
{
	const struct raw_comm *known;
	struct raw_comm new;
	unsigned int len;
	u64 key[2];

	static_assert(sizeof(key) == TASK_COMM_LEN);
	memcpy(key, comm, sizeof(key));
	key[0] = key[0] * GOLDEN_RATIO_64 ^ key[1];
	known = (const void *)page_owner_cache_find(cache, PAGE_OWNER_CACHED_RAW_COMM,
						    key[0], &len);
	if (known) {
		memcpy(&new, known, sizeof(new));
		if (!memcmp(new.comm, comm, TASK_COMM_LEN))
			return new.nr;
	}
	memcpy(new.comm, comm, TASK_COMM_LEN);
	new.nr = ++raw->nr_comms;
	memcpy(page_owner_cache_room(cache), &new, sizeof(new));
	page_owner_cache_add(cache, PAGE_OWNER_CACHED_RAW_COMM, key[0], sizeof(new));
	memcpy(raw_entry(raw, PAGE_OWNER_RAW_COMMS, new.nr, 0, TASK_COMM_LEN), comm,
	       TASK_COMM_LEN);
	return new.nr;
}

/* What the record before referred to need not be looked up. */
static void define(struct page_owner_raw *raw, const struct page_owner *owner,
		   struct page_owner_cache *cache)
{
	if (raw->last.handle != owner->handle)
		define_stack(raw, owner->handle, cache);
	if (!raw->nr_comms || raw->last.gfp_mask != owner->gfp_mask)
		define_gfp(raw, owner->gfp_mask, cache);
	if (!raw->nr_comms || memcmp(raw->last.comm, owner->comm, TASK_COMM_LEN))
		raw->like.comm = define_comm(raw, owner->comm, cache);
	raw->last.handle = owner->handle;
	raw->last.gfp_mask = owner->gfp_mask;
	memcpy(raw->last.comm, owner->comm, TASK_COMM_LEN);
}

/* An owner that the record before did not have. */
static void begin_owner(struct page_owner_raw *raw, const struct page_owner_snapshot *snap,
			struct page_owner_cache *cache)
{
	const struct page_owner *owner = &snap->owner;
	struct page_owner_raw_record *like = &raw->like;

	define(raw, owner, cache);
	like->handle = owner->handle;
	like->gfp = (__force u32)owner->gfp_mask;
	like->pid = owner->pid;
	like->tgid = owner->tgid;
	like->order = owner->order;
	like->gfp_migratetype = gfp_migratetype(owner->gfp_mask);
	like->migrate_reason = owner->last_migrate_reason;
	raw->owner_nr = snap->owner_nr;
}

static void raw_freed(struct page_owner_raw *raw, const struct page_owner_snapshot *snap,
		      struct page_owner_cache *cache)
{
	const struct page_owner *owner = &snap->owner;
	struct page_owner_raw_freed *freed;

	define_stack(raw, owner->free_handle, cache);
	freed = page_owner_raw_room(raw, PAGE_OWNER_RAW_FREED, sizeof(*freed));
	page_owner_raw_fill(&freed->record, &raw->like, snap);
	freed->free_ts = owner->free_ts_nsec;
	freed->free_handle = owner->free_handle;
	freed->free_pid = owner->free_pid;
	freed->free_tgid = owner->free_tgid;
	freed->reserved = 0;
	raw->freed++;
}

/**
 * page_owner_raw_define() - write a record, and what it refers to before it
 * @raw: the stream; its member p has room for PAGE_OWNER_TEXT_MAX bytes
 * @snap: the allocation, or the freed page
 * @cache: remembers what has been written
 *
 * Context: Process context, may sleep.
 */
void page_owner_raw_define(struct page_owner_raw *raw,
			   const struct page_owner_snapshot *snap,
			   struct page_owner_cache *cache)
{
	if (!snap->owner_nr || raw->owner_nr != snap->owner_nr)
		begin_owner(raw, snap, cache);
	if (snap->charge >= PAGE_OWNER_CHARGED && raw->memcg != snap->memcg_ino) {
		define_memcg(raw, snap, cache);
		raw->memcg = snap->memcg_ino;
	}
	if (snap->allocated)
		page_owner_raw_allocated(raw, snap);
	else
		raw_freed(raw, snap, cache);
}

/**
 * page_owner_raw_end() - write all that comes after the last record
 * @raw: the stream
 *
 * Context: Any.
 */
void page_owner_raw_end(struct page_owner_raw *raw)
{
	struct page_owner_raw_end *end;

	end = page_owner_raw_room(raw, PAGE_OWNER_RAW_END, sizeof(*end));
	end->records = raw->records;
	end->freed = raw->freed;
}
