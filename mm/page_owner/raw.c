// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the dump as a binary stream, mode=raw.
 *
 * What it consists of: include/uapi/linux/page_owner_raw.h. What a record refers
 * to is defined in front of it, unless the cache knows that it has been already.
 * The cache forgets, and then it is defined once more.
 */
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner_raw.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/trace_events.h>

#include "../internal.h"
#include "base.h"
#include "cache.h"
#include "dump.h"
#include "filter.h"
#include "read.h"
#include "text.h"
#include "walk.h"

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

/**
 * struct page_owner_raw - a stream that is being written
 * @p: where to write
 * @section: the section that can still grow; NULL if there is none
 * @records: allocations written
 * @freed: freed pages written
 * @nr_comms: numbers given to command names
 * @memcg: memory cgroup of the last record that had one
 * @owner_nr: of the snapshot that @like is of
 * @like: the last record; only what is from its owner
 * @last: what that refers to
 */
struct page_owner_raw {
	char *p;
	struct page_owner_raw_section *section;
	u64 records;
	u64 freed;
	u32 nr_comms;
	u64 memcg;
	unsigned long owner_nr;
	struct page_owner_raw_record like;
	struct page_owner last;
};

static_assert(sizeof(struct page_owner_raw) <= PAGE_OWNER_DUMP_STREAM);

/* Room in a section, a new one if need be; there is that, and for a head, at raw->p. */
static __always_inline void *raw_room(struct page_owner_raw *raw, u32 type,
				      size_t size)
{
	void *room;

	if (unlikely(!raw->section || raw->section->type != type)) {
		raw->section = (struct page_owner_raw_section *)raw->p;
		raw->section->type = type;
		raw->section->count = 0;
		raw->section->size = 0;
		raw->p += sizeof(*raw->section);
	}
	room = raw->p;
	raw->section->count++;
	raw->section->size += size;
	raw->p += size;
	return room;
}

/* An entry without its text, for which there is room at the place returned. */
static char *raw_entry(struct page_owner_raw *raw, u32 type, u64 key, u32 nr_words,
		       u32 text_len)
{
	size_t words = nr_words * sizeof(u64), padded = ALIGN(text_len, 8);
	struct page_owner_raw_entry *entry;
	char *text;

	entry = raw_room(raw, type, sizeof(*entry) + words + padded);
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

/* Writes all that comes before the first record. */
static void raw_begin(struct page_owner_raw *raw,
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
		.flags = page_owner_is_lean() ?
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

/* Remembers that the stream has defined something. */
static void set_defined(struct page_owner_cache *cache, enum page_owner_cached kind, u64 key)
{
	page_owner_cache_room(cache);
	page_owner_cache_add(cache, kind, key, 0);
}

static bool is_defined(const struct page_owner_cache *cache, enum page_owner_cached kind,
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

	if (is_defined(cache, PAGE_OWNER_CACHED_RAW_STACK, handle))
		return;
	set_defined(cache, PAGE_OWNER_CACHED_RAW_STACK, handle);
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

	if (is_defined(cache, PAGE_OWNER_CACHED_RAW_GFP, key))
		return;
	set_defined(cache, PAGE_OWNER_CACHED_RAW_GFP, key);
	names = page_owner_gfp_text(cache, gfp, &len);
	memcpy(raw_entry(raw, PAGE_OWNER_RAW_GFPS, key, 0, len), names, len);
}

static void define_memcg(struct page_owner_raw *raw,
			 const struct page_owner_snapshot *snap,
			 struct page_owner_cache *cache)
{
	if (is_defined(cache, PAGE_OWNER_CACHED_RAW_MEMCG, snap->memcg_ino))
		return;
	set_defined(cache, PAGE_OWNER_CACHED_RAW_MEMCG, snap->memcg_ino);
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

/* @like has what belongs to the owner, @snap the rest. */
static __always_inline void raw_fill(struct page_owner_raw_record *record,
				     const struct page_owner_raw_record *like,
				     const struct page_owner_snapshot *snap)
{
	bool charged = snap->charge >= PAGE_OWNER_CHARGED;

	record->pfn = snap->pfn;
	record->page_flags = snap->flags;
	record->ts = snap->owner.ts_nsec;
	record->memcg = charged ? snap->memcg_ino : 0;
	record->handle = like->handle;
	record->gfp = like->gfp;
	record->pid = like->pid;
	record->tgid = like->tgid;
	record->comm = like->comm;
	record->node = snap->nid;
	record->zone = snap->zone;
	record->order = like->order;
	record->gfp_migratetype = like->gfp_migratetype;
	record->block_migratetype = snap->pageblock_mt;
	record->migrate_reason = like->migrate_reason;
	record->charge = snap->charge;
	record->flags = charged && snap->memcg_online ? PAGE_OWNER_RAW_MEMCG_ONLINE : 0;
}

static void raw_freed(struct page_owner_raw *raw, const struct page_owner_snapshot *snap,
		      struct page_owner_cache *cache)
{
	const struct page_owner *owner = &snap->owner;
	struct page_owner_raw_freed *freed;

	define_stack(raw, owner->free_handle, cache);
	freed = raw_room(raw, PAGE_OWNER_RAW_FREED, sizeof(*freed));
	raw_fill(&freed->record, &raw->like, snap);
	freed->free_ts = owner->free_ts_nsec;
	freed->free_handle = owner->free_handle;
	freed->free_pid = owner->free_pid;
	freed->free_tgid = owner->free_tgid;
	freed->reserved = 0;
	raw->freed++;
}

/* Writes an allocation; all that it refers to has been defined. */
static __always_inline void raw_allocated(struct page_owner_raw *raw,
					  const struct page_owner_snapshot *snap)
{
	struct page_owner_raw_record *record;

	record = raw_room(raw, PAGE_OWNER_RAW_RECORDS, sizeof(*record));
	raw_fill(record, &raw->like, snap);
	raw->records++;
}

/* Writes a record, and what it refers to before it. */
static noinline void raw_define(struct page_owner_raw *raw,
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
		raw_allocated(raw, snap);
	else
		raw_freed(raw, snap, cache);
}

/* Writes a record, in the usual case without anything else. */
static __always_inline void raw_record(struct page_owner_raw *raw,
				       const struct page_owner_snapshot *snap,
				       struct page_owner_cache *cache)
{
	/* Freed pages never have the owner of the one before. */
	if (likely(snap->owner_nr && raw->owner_nr == snap->owner_nr &&
		   (snap->charge < PAGE_OWNER_CHARGED || raw->memcg == snap->memcg_ino)))
		raw_allocated(raw, snap);
	else
		raw_define(raw, snap, cache);
}

/* A record, and the words that it is copied by. */
union raw_words {
	struct page_owner_raw_record record;
	u64 word[sizeof(struct page_owner_raw_record) / sizeof(u64)];
};

/* The words before these differ from record to record. */
#define FIRST_COMMON	3

static_assert(offsetof(struct page_owner_raw_record, pfn) == 0);
static_assert(offsetof(struct page_owner_raw_record, page_flags) == 8);
static_assert(offsetof(struct page_owner_raw_record, ts) == 16);

/**
 * struct raw_run - what records of a run have in common
 * @model: a record of it
 * @snap: the record before
 * @charge_word: page_owner_base_charge_word() of its pages
 */
struct raw_run {
	union raw_words model;
	const struct page_owner_snapshot *snap;
	unsigned long charge_word;
};

/* In the flags of a run's pages: where they lie. */
#define RUN_PLACE ((NODES_MASK << NODES_PGSHIFT) | (ZONES_MASK << ZONES_PGSHIFT))

/* Whether the page is charged as the record before says, and how to tell that of more. */
static bool begin_run(struct raw_run *run, struct page *page,
		      const struct page_owner_raw *raw,
		      const struct page_owner_snapshot *snap)
{
	struct mem_cgroup *memcg = NULL;

	run->snap = snap;
	run->charge_word = page_owner_base_charge_word(page);
	raw_fill(&run->model.record, &raw->like, snap);
	if (PageTail(page) || snap->charge == PAGE_OWNER_SLAB ||
	    page_owner_base_memcg(run->charge_word, &memcg) != snap->charge)
		return false;
#ifdef CONFIG_MEMCG
	if (memcg && (cgroup_ino(memcg->css.cgroup) != snap->memcg_ino ||
		      !(memcg->css.flags & CSS_ONLINE) != !snap->memcg_online))
		return false;
#endif
	return true;
}

/*
 * Writes a page's record if it is of the run, or else returns false. A struct page
 * that is not initialised lies nowhere.
 */
static __always_inline bool run_record(const struct raw_run *run, struct page *page,
				       const struct page_owner_record *rec,
				       union raw_words *to)
{
	struct page_owner_rest rest;
	int i;

	if (!page_owner_read_same(page, rec, run->snap, &rest) ||
	    (rest.flags ^ run->model.record.page_flags) & RUN_PLACE ||
	    rest.charge_word != run->charge_word)
		return false;
	to->record.page_flags = rest.flags;
	to->record.ts = rest.ts_nsec;
	for (i = FIRST_COMMON; i < ARRAY_SIZE(to->word); i++)
		to->word[i] = run->model.word[i];
	return true;
}

static void end_run(struct page_owner_raw *raw, size_t nr)
{
	raw->p += nr * sizeof(union raw_words);
	raw->records += nr;
	raw->section->count += nr;
	raw->section->size += nr * sizeof(union raw_words);
}

/*
 * Writes all records that follow and are like the last one, @snap, up to @limit and
 * within the pageblock. Neighbours have mostly been allocated by one caller, so most
 * records differ in their PFN, time and flags only. Only for a walk that shows all
 * allocations and no freed pages, which goes on behind what has been written.
 *
 * RCU is read-locked all the while, so that equal words mean the same memory cgroup.
 */
static void raw_run(struct page_owner_raw *raw, struct page_owner_walk *walk,
		    struct page_owner_snapshot *snap, const char *limit)
{
	const struct page_owner_walk_block *block = &walk->block;
	unsigned long pfn = walk->pfn, end = block->pfn + block->nr;
	const unsigned long step = 1UL << snap->owner.order;
	const size_t ext_step = step * page_ext_size;
	struct page_owner_record *rec = page_owner_record_at(block, pfn - block->pfn);
	struct page *page = block->page + (pfn - block->pfn);
	union raw_words *first = (void *)raw->p, *to = first;
	struct raw_run run;

	/* Most often there is none. */
	if (pfn >= end || !page_owner_same_owner(snap, rec, READ_ONCE(rec->bits)))
		return;
	rcu_read_lock();
	if (begin_run(&run, page, raw, snap)) {
		while (pfn < end && (char *)to < limit && run_record(&run, page, rec, to)) {
			to->record.pfn = pfn;
			to++;
			pfn += step;
			page += step;
			rec = (void *)rec + ext_step;
		}
	}
	rcu_read_unlock();
	end_run(raw, to - first);
	if (to == first)
		return;
	walk->pfn = pfn;
	snap->pfn = to[-1].record.pfn;
	snap->block_pfn = snap->pfn;
	snap->flags = to[-1].record.page_flags;
	snap->owner.ts_nsec = to[-1].record.ts;
}

/* Writes all that comes after the last record. */
static void raw_end(struct page_owner_raw *raw)
{
	struct page_owner_raw_end *end;

	end = raw_room(raw, PAGE_OWNER_RAW_END, sizeof(*end));
	end->records = raw->records;
	end->freed = raw->freed;
}

/*
 * Gathers a piece of a raw stream; a new one begins where the last one has not
 * led to. Pieces do not end with reads. Returns as page_owner_dump_find().
 */
static int gather_raw(struct page_owner_dump *dump, struct page_owner_walk *walk,
		      loff_t pos)
{
	/* Then neighbours need not be looked at one by one. */
	bool all = !walk->match && !walk->freed && page_owner_walk_all(walk);
	struct page_owner_raw *raw;
	int ret;

	if (!dump->stream)
		dump->stream = kzalloc(sizeof(*raw), GFP_KERNEL);
	raw = dump->stream;
	if (!raw)
		return -ENOMEM;
	raw->p = dump->buf;
	raw->section = NULL;
	if (!dump->stream_live || dump->stream_pos != pos) {
		page_owner_cache_clear(&dump->cache);
		raw_begin(raw, &dump->filter, walk->pfn);
		dump->stream_live = true;
	}
	while ((ret = page_owner_dump_find(dump, walk)) > 0) {
		raw_record(raw, &dump->snap, &dump->cache);
		if (all && dump->snap.allocated)
			raw_run(raw, walk, &dump->snap,
				dump->buf + PAGE_OWNER_DUMP_GATHER);
		pos = dump->snap.pfn + 1;
		if (raw->p - dump->buf >= PAGE_OWNER_DUMP_GATHER || signal_pending(current))
			break;
	}
	if (!ret) {
		raw_end(raw);
		dump->stream_live = false;
	}
	dump->rest_pos = pos;
	dump->stream_pos = pos;
	dump->rest_len = raw->p - dump->buf;
	return ret;
}

static int __init page_owner_raw_init(void)
{
	page_owner_dump_add_raw(gather_raw);
	return 0;
}
core_initcall(page_owner_raw_init);
