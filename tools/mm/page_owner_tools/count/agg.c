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
#include "frame.h"
#include "read/text.h"

#define FIRST_BLOCKS	256

/* Words of an ID: the state of the pages, and the values of all keys */
#define MAX_ID		(1 + PAGE_OWNER_BY_TEXT)

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
	free(agg->table.slots);
	page_owner_pool_destroy(&agg->pool);
	memset(agg, 0, sizeof(*agg));
}

/* Equal for records that agree in a key: strings are there once */
static uint64_t key_value(enum page_owner_key key, const struct page_owner_record *rec)
{
	switch (key) {
	case PAGE_OWNER_BY_STACK:
		return (uintptr_t)rec->stack;
	case PAGE_OWNER_BY_PID:
		return rec->pid;
	case PAGE_OWNER_BY_TGID:
		return rec->tgid;
	case PAGE_OWNER_BY_COMM:
		return (uintptr_t)rec->comm;
	case PAGE_OWNER_BY_ALLOCATOR:
		return rec->allocator;
	case PAGE_OWNER_BY_RELEASED:
		return page_owner_released(rec);
	case PAGE_OWNER_BY_MEMCG:
		return (uintptr_t)rec->memcg;
	case PAGE_OWNER_BY_MODULE:
		return (uintptr_t)rec->module;
	case PAGE_OWNER_BY_MIGRATETYPE:
		return (uintptr_t)rec->migratetype;
	case PAGE_OWNER_BY_NODE:
		return rec->node;
	case PAGE_OWNER_BY_ZONE:
		return rec->zone;
	default:
		return rec->order;
	}
}

/* The lines of a record, NULL unless they were asked for */
struct lines {
	struct page_owner_str *head;
	struct page_owner_str *body;
};

/* What tells a record's block apart; returns the number of words. */
static size_t make_id(const struct page_owner_agg *agg, uint64_t id[MAX_ID],
		      const struct page_owner_record *rec, const struct lines *lines)
{
	unsigned int cull = agg->cull;
	size_t nr = 0;

	id[nr++] = rec->freed;
	if (!cull) {
		id[nr++] = (uintptr_t)lines->head;
		id[nr++] = (uintptr_t)lines->body;
	}
	for (; cull; cull &= cull - 1)
		id[nr++] = key_value(__builtin_ctz(cull), rec);
	return nr;
}

static struct page_owner_block *find_block(const struct page_owner_agg *agg,
					   uint64_t hash, const uint64_t *id, size_t nr)
{
	struct page_owner_block *block;
	size_t step = 0;

	while ((block = page_owner_table_next(&agg->table, hash, &step))) {
		if (block->hash == hash && !memcmp(block->id, id, nr * sizeof(*id)))
			return block;
	}
	return NULL;
}

static int make_room(struct page_owner_agg *agg)
{
	size_t max = agg->max ? agg->max * 2 : FIRST_BLOCKS;
	struct page_owner_block **blocks;

	if (agg->nr < agg->max)
		return 0;
	blocks = realloc(agg->blocks, max * sizeof(*blocks));
	if (!blocks)
		return -1;
	agg->blocks = blocks;
	agg->max = max;
	return 0;
}

/* The block of a record, which is made if there is none yet */
static struct page_owner_block *get_block(struct page_owner_agg *agg,
					  const struct page_owner_record *rec,
					  const struct lines *lines)
{
	uint64_t id[MAX_ID];
	size_t nr = make_id(agg, id, rec, lines);
	struct page_owner_block *block;
	uint64_t hash = nr;

	for (size_t i = 0; i < nr; i++)
		hash = page_owner_mix(hash, id[i]);
	block = find_block(agg, hash, id, nr);
	if (block)
		return block;
	block = make_room(agg) ? NULL : calloc(1, sizeof(*block) + nr * sizeof(*id));
	if (!block)
		return NULL;
	block->hash = hash;
	block->first = *rec;
	block->first.text = NULL;
	block->head = lines->head;
	block->body = lines->body;
	block->same_body = true;
	block->oldest = rec->ts;
	memcpy(block->id, id, nr * sizeof(*id));
	if (page_owner_table_add(&agg->table, block)) {
		free(block);
		return NULL;
	}
	agg->blocks[agg->nr++] = block;
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

static int intern_lines(struct page_owner_agg *agg, struct lines *lines,
			const struct page_owner_text *text)
{
	lines->head = page_owner_intern(&agg->pool, text->head);
	lines->body = page_owner_intern(&agg->pool, text->body);
	return lines->head && lines->body ? 0 : -1;
}

/* Takes out the times that do not tell records apart. */
static void forget_times(const struct page_owner_agg *agg, struct page_owner_text *text)
{
	if (!(agg->keep & 1u << PAGE_OWNER_TS))
		page_owner_text_forget_time(text, PAGE_OWNER_TS);
	if (!(agg->keep & 1u << PAGE_OWNER_FREE_TS))
		page_owner_text_forget_time(text, PAGE_OWNER_FREE_TS);
}

/* The text of a block is that of its first record. */
static int add_text(struct page_owner_agg *agg, struct page_owner_block *block,
		    struct lines *lines, const struct page_owner_text *text)
{
	if (block->times) {
		if (block->same_body)
			block->same_body = same_text(block->body, text->body);
		return 0;
	}
	if (!lines->head && intern_lines(agg, lines, text))
		return -1;
	block->head = lines->head;
	block->body = lines->body;
	block->first.allocator = page_owner_text_allocator(text);
	return 0;
}

int page_owner_agg_add(struct page_owner_agg *agg, struct page_owner_record *rec)
{
	struct page_owner_block *block;
	struct lines lines = { 0 };

	if (agg->functions && rec->stack) {
		rec->stack = page_owner_stack_functions(&agg->pool, rec->stack);
		if (!rec->stack)
			return -1;
	}
	if (rec->text)
		forget_times(agg, rec->text);
	if (rec->text && !agg->cull && intern_lines(agg, &lines, rec->text))
		return -1;
	block = get_block(agg, rec, &lines);
	if (!block || (rec->text && add_text(agg, block, &lines, rec->text)))
		return -1;
	count(agg, block, rec);
	return 0;
}

/* The same string in the pool of this aggregation */
static int adopt(struct page_owner_agg *agg, struct page_owner_str **str)
{
	if (!*str)
		return 0;
	*str = page_owner_intern(&agg->pool, page_owner_str_span(*str));
	return *str ? 0 : -1;
}

static int merge_block(struct page_owner_agg *agg, const struct page_owner_block *from)
{
	struct page_owner_record rec = from->first;
	struct lines lines = { from->head, from->body };
	struct page_owner_block *block;

	if (adopt(agg, &lines.head) || adopt(agg, &lines.body) || adopt(agg, &rec.stack) ||
	    adopt(agg, &rec.comm) || adopt(agg, &rec.memcg) || adopt(agg, &rec.module) ||
	    adopt(agg, &rec.migratetype))
		return -1;
	block = get_block(agg, &rec, &lines);
	if (!block)
		return -1;
	block->same_body &= from->same_body && block->body == lines.body;
	block->times += from->times;
	add_saturating(&block->pages, from->pages);
	add_saturating(&block->old_pages, from->old_pages);
	if (from->oldest < block->oldest)
		block->oldest = from->oldest;
	if (from->newest > block->newest)
		block->newest = from->newest;
	return 0;
}

int page_owner_agg_merge(struct page_owner_agg *agg,
			 const struct page_owner_agg *from)
{
	for (size_t i = 0; i < from->nr; i++) {
		if (merge_block(agg, from->blocks[i]))
			return -1;
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
	return compare_span(page_owner_str_span(a), page_owner_str_span(b));
}

static int compare_text(const struct page_owner_block *a,
			const struct page_owner_block *b)
{
	int ret = compare_str(a->head, b->head);

	return ret ? ret : compare_str(a->body, b->body);
}

static int compare_key(enum page_owner_key key, const struct page_owner_block *x,
		       const struct page_owner_block *y)
{
	const struct page_owner_record *a = &x->first, *b = &y->first;

	switch (key) {
	case PAGE_OWNER_BY_STACK:
		return compare_str(a->stack, b->stack);
	case PAGE_OWNER_BY_PID:
		return compare_int(a->pid, b->pid);
	case PAGE_OWNER_BY_TGID:
		return compare_int(a->tgid, b->tgid);
	case PAGE_OWNER_BY_COMM:
		return compare_str(a->comm, b->comm);
	case PAGE_OWNER_BY_ALLOCATOR:
		return compare_int(a->allocator, b->allocator);
	case PAGE_OWNER_BY_RELEASED:
		return compare_int(page_owner_released(a), page_owner_released(b));
	case PAGE_OWNER_BY_MEMCG:
		return compare_str(a->memcg, b->memcg);
	case PAGE_OWNER_BY_MODULE:
		return compare_str(a->module, b->module);
	case PAGE_OWNER_BY_MIGRATETYPE:
		return compare_str(a->migratetype, b->migratetype);
	case PAGE_OWNER_BY_NODE:
		return compare_int(a->node, b->node);
	case PAGE_OWNER_BY_ZONE:
		return compare_int(a->zone, b->zone);
	case PAGE_OWNER_BY_ORDER:
		return compare_int(a->order, b->order);
	case PAGE_OWNER_BY_TEXT:
		return compare_text(x, y);
	case PAGE_OWNER_BY_TS:
		return compare_u64(a->ts, b->ts);
	case PAGE_OWNER_BY_FREE_TS:
		return compare_u64(a->free_ts, b->free_ts);
	case PAGE_OWNER_BY_TIMES:
		return compare_u64(x->times, y->times);
	case PAGE_OWNER_BY_PAGES:
		return compare_u64(x->pages, y->pages);
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
	return cull ? compare_int(a->first.freed, b->first.freed) : compare_text(a, b);
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

struct page_owner_pair *page_owner_pairs_find(struct page_owner_agg *old,
					      struct page_owner_agg *new,
					      size_t *nr)
{
	struct page_owner_pair *pairs;
	size_t i = 0, j = 0;

	*nr = 0;
	pairs = calloc(old->nr + new->nr + 1, sizeof(*pairs));
	if (!pairs || page_owner_agg_sort(old, NULL, 0) ||
	    page_owner_agg_sort(new, NULL, 0)) {
		free(pairs);
		return NULL;
	}
	while (i < old->nr || j < new->nr) {
		struct page_owner_pair *pair = &pairs[(*nr)++];
		int ret = i == old->nr ? 1 : j == new->nr ? -1 :
			page_owner_block_compare(new->cull, old->blocks[i],
						 new->blocks[j]);

		if (ret <= 0)
			pair->old = old->blocks[i++];
		if (ret >= 0)
			pair->new = new->blocks[j++];
	}
	return pairs;
}

const struct page_owner_block *
page_owner_pair_any(const struct page_owner_pair *pair)
{
	return pair->new ? pair->new : pair->old;
}

double page_owner_pair_growth(const struct page_owner_pair *pair)
{
	return (pair->new ? (double)pair->new->pages : 0) -
	       (pair->old ? (double)pair->old->pages : 0);
}
