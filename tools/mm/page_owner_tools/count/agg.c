// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting records by what they have in common.
 *
 * A record costs a lookup of each text that tells blocks apart, and one of the
 * block. Everything else about a block is taken from its first record. Memory
 * is needed for a new block or a new text only.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "count/agg.h"
#include "allocator.h"
#include "frame.h"

#define FIRST_SLOTS	1024

/* In the note of a body: the allocator bits are there */
#define NOTED		0x80000000u

void page_owner_agg_init(struct page_owner_agg *agg, unsigned int cull,
			 unsigned int keep)
{
	memset(agg, 0, sizeof(*agg));
	agg->cull = cull;
	agg->keep = keep;
}

void page_owner_agg_destroy(struct page_owner_agg *agg)
{
	for (size_t i = 0; i < agg->nr; i++)
		free(agg->blocks[i]);
	free(agg->blocks);
	free(agg->table);
	page_owner_pool_destroy(&agg->pool);
	memset(agg, 0, sizeof(*agg));
}

bool page_owner_released(const struct page_owner_record *rec)
{
	return rec->free_ts > rec->ts;
}

struct page_owner_span page_owner_block_stack(const struct page_owner_block *block)
{
	if (block->id.stack)
		return (struct page_owner_span){ block->id.stack->text,
						 block->id.stack->len };
	return (struct page_owner_span){ block->body->text + block->stack_off,
					 block->stack_len };
}

struct page_owner_span page_owner_block_comm(const struct page_owner_block *block)
{
	return (struct page_owner_span){ block->head->text + block->comm_off,
					 block->comm_len };
}

static bool culled_by(const struct page_owner_agg *agg, enum page_owner_key key)
{
	return agg->cull & 1u << key;
}

static int find_allocator(struct page_owner_agg *agg,
			  const struct page_owner_record *rec,
			  unsigned int *allocator)
{
	struct page_owner_str *body = page_owner_intern(&agg->pool, rec->body);

	if (!body)
		return -1;
	if (!body->note)
		body->note = NOTED | page_owner_body_allocator(rec->body, rec->stack);
	*allocator = body->note & ~NOTED;
	*allocator |= page_owner_pfn_allocator(rec->pfn_line);
	if (!*allocator)
		*allocator = PAGE_OWNER_OTHERS;
	return 0;
}

static int intern(struct page_owner_agg *agg, const struct page_owner_str **str,
		  struct page_owner_span text)
{
	*str = page_owner_intern(&agg->pool, text);
	return *str ? 0 : -1;
}

/* Frames without their offsets: the same for every build of a function. */
static int intern_functions(struct page_owner_agg *agg,
			    const struct page_owner_str **str,
			    struct page_owner_span stack)
{
	struct page_owner_str *whole = page_owner_intern(&agg->pool, stack);
	struct page_owner_span line, text;
	struct page_owner_frame frame;
	char *buf, *pos;

	if (!whole)
		return -1;
	*str = whole->alias;
	if (*str)
		return 0;
	/* No frame gets longer than it was, but for its line end. */
	buf = malloc(stack.len + 1);
	if (!buf)
		return -1;
	pos = buf;
	while (page_owner_next_line(&stack, &line)) {
		page_owner_frame_parse(&frame, line);
		*pos++ = ' ';
		pos = mempcpy(pos, frame.name.ptr, frame.name.len);
		if (frame.module.len) {
			pos = mempcpy(pos, " [", 2);
			pos = mempcpy(pos, frame.module.ptr, frame.module.len);
			*pos++ = ']';
		}
		*pos++ = '\n';
	}
	text = (struct page_owner_span){ buf, pos - buf };
	whole->alias = page_owner_intern(&agg->pool, text);
	free(buf);
	*str = whole->alias;
	return *str ? 0 : -1;
}

static int find_stack(struct page_owner_agg *agg,
		      const struct page_owner_record *rec,
		      struct page_owner_id *id)
{
	return agg->functions ? intern_functions(agg, &id->stack, rec->stack) :
				intern(agg, &id->stack, rec->stack);
}

/* The keys that take a look into the text. */
static int find_fields(struct page_owner_agg *agg,
		       const struct page_owner_record *rec,
		       struct page_owner_id *id)
{
	if (culled_by(agg, PAGE_OWNER_BY_NODE))
		id->node = page_owner_record_number(rec, "node=");
	if (culled_by(agg, PAGE_OWNER_BY_ZONE))
		id->zone = page_owner_record_number(rec, "zone=");
	if (culled_by(agg, PAGE_OWNER_BY_ORDER))
		id->order = rec->order;
	if (culled_by(agg, PAGE_OWNER_BY_MEMCG) &&
	    intern(agg, &id->memcg, page_owner_record_memcg(rec)))
		return -1;
	if (culled_by(agg, PAGE_OWNER_BY_MODULE) &&
	    intern(agg, &id->module, page_owner_stack_module(rec->stack)))
		return -1;
	if (culled_by(agg, PAGE_OWNER_BY_MIGRATETYPE) &&
	    intern(agg, &id->migratetype, page_owner_record_migratetype(rec)))
		return -1;
	return 0;
}

static int find_id(struct page_owner_agg *agg, const struct page_owner_record *rec,
		   struct page_owner_id *id)
{
	memset(id, 0, sizeof(*id));
	id->freed = rec->freed;
	if (!agg->cull)
		return intern(agg, &id->head, rec->head) ||
		       intern(agg, &id->body, rec->body) ? -1 : 0;
	if (culled_by(agg, PAGE_OWNER_BY_PID))
		id->pid = rec->pid;
	if (culled_by(agg, PAGE_OWNER_BY_TGID))
		id->tgid = rec->tgid;
	if (culled_by(agg, PAGE_OWNER_BY_RELEASED))
		id->released = page_owner_released(rec);
	if (culled_by(agg, PAGE_OWNER_BY_STACK) && find_stack(agg, rec, id))
		return -1;
	if (culled_by(agg, PAGE_OWNER_BY_COMM) &&
	    intern(agg, &id->comm, rec->comm))
		return -1;
	if (agg->cull >> PAGE_OWNER_BY_MEMCG && find_fields(agg, rec, id))
		return -1;
	if (culled_by(agg, PAGE_OWNER_BY_ALLOCATOR))
		return find_allocator(agg, rec, &id->allocator);
	return 0;
}

static uint64_t hash_of(const struct page_owner_str *str)
{
	return str ? str->hash : 0;
}

static uint64_t hash_id(const struct page_owner_id *id)
{
	uint64_t words[] = {
		hash_of(id->head), hash_of(id->body), hash_of(id->stack),
		hash_of(id->comm), hash_of(id->memcg), hash_of(id->module),
		hash_of(id->migratetype),
		(uint64_t)(uint32_t)id->pid << 32 | (uint32_t)id->tgid,
		(uint64_t)(uint32_t)id->node << 32 | (uint32_t)id->zone,
		(uint64_t)(uint32_t)id->order << 32 | id->allocator << 2 |
		id->released << 1 | id->freed,
	};

	return page_owner_hash(words, sizeof(words));
}

static bool same_id(const struct page_owner_id *a, const struct page_owner_id *b)
{
	return a->head == b->head && a->body == b->body &&
	       a->stack == b->stack && a->comm == b->comm && a->pid == b->pid &&
	       a->tgid == b->tgid && a->allocator == b->allocator &&
	       a->released == b->released && a->freed == b->freed &&
	       a->memcg == b->memcg && a->module == b->module &&
	       a->migratetype == b->migratetype && a->node == b->node &&
	       a->zone == b->zone && a->order == b->order;
}

/* The slot where the block is, or where it would go. */
static struct page_owner_block **find_slot(const struct page_owner_agg *agg,
					   const struct page_owner_id *id)
{
	size_t slot = hash_id(id) & (agg->size - 1);

	while (agg->table[slot] && !same_id(&agg->table[slot]->id, id))
		slot = (slot + 1) & (agg->size - 1);
	return &agg->table[slot];
}

static int make_room(struct page_owner_agg *agg)
{
	size_t size = agg->size ? agg->size * 2 : FIRST_SLOTS;
	struct page_owner_block **blocks, **table;

	if (agg->nr < agg->max)
		return 0;
	/* The table is at most half full when the array of blocks is full. */
	blocks = realloc(agg->blocks, size / 2 * sizeof(*blocks));
	if (!blocks)
		return -1;
	agg->blocks = blocks;
	table = calloc(size, sizeof(*table));
	if (!table)
		return -1;
	free(agg->table);
	agg->table = table;
	agg->size = size;
	agg->max = size / 2;
	for (size_t i = 0; i < agg->nr; i++)
		*find_slot(agg, &blocks[i]->id) = blocks[i];
	return 0;
}

static struct page_owner_block *new_block(struct page_owner_agg *agg,
					  const struct page_owner_record *rec)
{
	struct page_owner_block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	if (intern(agg, &block->head, rec->head) ||
	    intern(agg, &block->body, rec->body) ||
	    find_allocator(agg, rec, &block->allocator)) {
		free(block);
		return NULL;
	}
	if (rec->stack.ptr >= rec->body.ptr &&
	    rec->stack.ptr <= rec->body.ptr + rec->body.len) {
		block->stack_off = rec->stack.ptr - rec->body.ptr;
		block->stack_len = rec->stack.len;
	}
	block->comm_off = rec->comm.len ? rec->comm.ptr - rec->head.ptr : 0;
	block->comm_len = rec->comm.len;
	block->pid = rec->pid;
	block->tgid = rec->tgid;
	block->released = page_owner_released(rec);
	block->same_body = true;
	block->ts = rec->ts;
	block->free_ts = rec->free_ts;
	block->oldest = rec->ts;
	return block;
}

static void add_saturating(unsigned long long *sum, unsigned long long val)
{
	if (__builtin_add_overflow(*sum, val, sum))
		*sum = ULLONG_MAX;
}

static void count(struct page_owner_agg *agg, struct page_owner_block *block,
		  const struct page_owner_record *rec)
{
	block->times++;
	add_saturating(&block->pages, rec->pages);
	if (rec->ts <= agg->old_ts)
		add_saturating(&block->old_pages, rec->pages);
	if (rec->ts < block->oldest)
		block->oldest = rec->ts;
	if (rec->ts > block->newest)
		block->newest = rec->ts;
	agg->times++;
	add_saturating(&agg->pages, rec->pages);
	if (rec->ts > agg->newest)
		agg->newest = rec->ts;
}

static bool same_text(const struct page_owner_str *str, struct page_owner_span s)
{
	return str->len == s.len && !memcmp(str->text, s.ptr, s.len);
}

int page_owner_agg_add(struct page_owner_agg *agg, struct page_owner_record *rec)
{
	struct page_owner_block **slot, *block;
	struct page_owner_id id;

	if (!(agg->keep & 1u << PAGE_OWNER_TS))
		page_owner_record_forget_time(rec, PAGE_OWNER_TS);
	if (!(agg->keep & 1u << PAGE_OWNER_FREE_TS))
		page_owner_record_forget_time(rec, PAGE_OWNER_FREE_TS);
	if (make_room(agg) || find_id(agg, rec, &id))
		return -1;
	slot = find_slot(agg, &id);
	block = *slot;
	if (!block) {
		block = new_block(agg, rec);
		if (!block)
			return -1;
		block->id = id;
		*slot = block;
		agg->blocks[agg->nr++] = block;
	} else if (id.stack && block->same_body) {
		block->same_body = same_text(block->body, rec->body);
	}
	count(agg, block, rec);
	return 0;
}

/* The same string in the pool of another aggregation. */
static int adopt(struct page_owner_agg *agg, const struct page_owner_str **str)
{
	if (!*str)
		return 0;
	return intern(agg, str, (struct page_owner_span){ (*str)->text, (*str)->len });
}

static int adopt_id(struct page_owner_agg *agg, struct page_owner_id *id)
{
	return adopt(agg, &id->head) || adopt(agg, &id->body) ||
	       adopt(agg, &id->stack) || adopt(agg, &id->comm) ||
	       adopt(agg, &id->memcg) || adopt(agg, &id->module) ||
	       adopt(agg, &id->migratetype) ? -1 : 0;
}

static struct page_owner_block *adopt_block(struct page_owner_agg *agg,
					    const struct page_owner_block *from,
					    const struct page_owner_id *id)
{
	struct page_owner_block *block = malloc(sizeof(*block));

	if (!block)
		return NULL;
	*block = *from;
	block->id = *id;
	if (adopt(agg, &block->head) || adopt(agg, &block->body)) {
		free(block);
		return NULL;
	}
	return block;
}

static void merge_block(struct page_owner_block *block,
			const struct page_owner_block *from)
{
	struct page_owner_span body = { from->body->text, from->body->len };

	block->same_body &= from->same_body && same_text(block->body, body);
	block->times += from->times;
	add_saturating(&block->pages, from->pages);
	add_saturating(&block->old_pages, from->old_pages);
	if (from->oldest < block->oldest)
		block->oldest = from->oldest;
	if (from->newest > block->newest)
		block->newest = from->newest;
}

int page_owner_agg_merge(struct page_owner_agg *agg,
			 const struct page_owner_agg *from)
{
	for (size_t i = 0; i < from->nr; i++) {
		struct page_owner_id id = from->blocks[i]->id;
		struct page_owner_block **slot;

		if (make_room(agg) || adopt_id(agg, &id))
			return -1;
		slot = find_slot(agg, &id);
		if (*slot) {
			merge_block(*slot, from->blocks[i]);
			continue;
		}
		*slot = adopt_block(agg, from->blocks[i], &id);
		if (!*slot)
			return -1;
		agg->blocks[agg->nr++] = *slot;
	}
	agg->times += from->times;
	add_saturating(&agg->pages, from->pages);
	if (from->newest > agg->newest)
		agg->newest = from->newest;
	return 0;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_int(int a, int b)
{
	return a < b ? -1 : a > b;
}

static int compare_span(struct page_owner_span a, struct page_owner_span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int ret = len ? memcmp(a.ptr, b.ptr, len) : 0;

	return ret ? ret : compare_u64(a.len, b.len);
}

static int compare_str(const struct page_owner_str *a,
		       const struct page_owner_str *b)
{
	if (a == b)
		return 0;
	return compare_span((struct page_owner_span){ a->text, a->len },
			    (struct page_owner_span){ b->text, b->len });
}

static int compare_text(const struct page_owner_block *a,
			const struct page_owner_block *b)
{
	int ret = compare_str(a->head, b->head);

	return ret ? ret : compare_str(a->body, b->body);
}

static int compare_key(enum page_owner_key key, const struct page_owner_block *a,
		       const struct page_owner_block *b)
{
	switch (key) {
	case PAGE_OWNER_BY_STACK:
		return compare_span(page_owner_block_stack(a),
				    page_owner_block_stack(b));
	case PAGE_OWNER_BY_PID:
		return compare_int(a->pid, b->pid);
	case PAGE_OWNER_BY_TGID:
		return compare_int(a->tgid, b->tgid);
	case PAGE_OWNER_BY_COMM:
		return compare_span(page_owner_block_comm(a),
				    page_owner_block_comm(b));
	case PAGE_OWNER_BY_ALLOCATOR:
		return compare_int(a->allocator, b->allocator);
	case PAGE_OWNER_BY_RELEASED:
		return compare_int(a->released, b->released);
	case PAGE_OWNER_BY_MEMCG:
		return compare_str(a->id.memcg, b->id.memcg);
	case PAGE_OWNER_BY_MODULE:
		return compare_str(a->id.module, b->id.module);
	case PAGE_OWNER_BY_MIGRATETYPE:
		return compare_str(a->id.migratetype, b->id.migratetype);
	case PAGE_OWNER_BY_NODE:
		return compare_int(a->id.node, b->id.node);
	case PAGE_OWNER_BY_ZONE:
		return compare_int(a->id.zone, b->id.zone);
	case PAGE_OWNER_BY_ORDER:
		return compare_int(a->id.order, b->id.order);
	case PAGE_OWNER_BY_TEXT:
		return compare_text(a, b);
	case PAGE_OWNER_BY_TS:
		return compare_u64(a->ts, b->ts);
	case PAGE_OWNER_BY_FREE_TS:
		return compare_u64(a->free_ts, b->free_ts);
	case PAGE_OWNER_BY_TIMES:
		return compare_u64(a->times, b->times);
	case PAGE_OWNER_BY_PAGES:
		return compare_u64(a->pages, b->pages);
	}
	return 0;
}

int page_owner_block_compare(unsigned int cull, const struct page_owner_block *a,
			     const struct page_owner_block *b)
{
	for (unsigned int key = 0; cull >> key; key++) {
		int ret = cull >> key & 1 ? compare_key(key, a, b) : 0;

		if (ret)
			return ret;
	}
	return cull ? compare_int(a->id.freed, b->id.freed) : compare_text(a, b);
}

struct sort {
	const struct page_owner_order *order;
	size_t nr;
	unsigned int cull;
};

static int compare(const struct sort *sort, const struct page_owner_block *a,
		   const struct page_owner_block *b)
{
	bool by_stack = false;
	int ret;

	for (size_t i = 0; i < sort->nr; i++) {
		ret = compare_key(sort->order[i].key, a, b);
		if (ret)
			return sort->order[i].descending ? -ret : ret;
		by_stack |= sort->order[i].key == PAGE_OWNER_BY_STACK;
	}
	ret = sort->cull ? page_owner_block_compare(sort->cull, a, b) : 0;
	if (ret)
		return ret;
	/* Blocks with the same frames: those with the same other lines together. */
	ret = by_stack ? compare_str(a->body, b->body) : 0;
	return ret ? ret : compare_text(a, b);
}

static void merge(const struct sort *sort, struct page_owner_block **from,
		  struct page_owner_block **to, const size_t bounds[3])
{
	size_t a = bounds[0], b = bounds[1];

	for (size_t i = bounds[0]; i < bounds[2]; i++) {
		if (b == bounds[2] ||
		    (a < bounds[1] && compare(sort, from[a], from[b]) <= 0))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
}

/* A merge sort: qsort() takes no context, and qsort_r() is not everywhere. */
int page_owner_agg_sort(struct page_owner_agg *agg,
			const struct page_owner_order *order, size_t nr)
{
	struct sort sort = { order, nr, agg->cull };
	struct page_owner_block **from = agg->blocks, **to, **tmp;

	if (agg->nr < 2)
		return 0;
	to = malloc(agg->max * sizeof(*to));
	if (!to)
		return -1;
	for (size_t width = 1; width < agg->nr; width *= 2) {
		for (size_t i = 0; i < agg->nr; i += 2 * width) {
			size_t mid = i + width, end = i + 2 * width;
			size_t bounds[3] = {
				i, mid < agg->nr ? mid : agg->nr,
				end < agg->nr ? end : agg->nr
			};

			merge(&sort, from, to, bounds);
		}
		tmp = from;
		from = to;
		to = tmp;
	}
	free(to);
	agg->blocks = from;
	return 0;
}
