/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_AGG_H
#define PAGE_OWNER_AGG_H

#include "intern.h"

/**
 * struct page_owner_order - one key of a sort
 * @key: the key
 * @descending: the largest first
 */
struct page_owner_order {
	enum page_owner_key key;
	bool descending;
};

/**
 * struct page_owner_block - records that are counted as one
 * @hash: of @id
 * @first: the first record. What tells blocks apart is the same in all; its stack
 *	has no offsets if they do not count.
 * @times: number of records
 * @pages: number of pages, saturating
 * @old_pages: number of these that were allocated at agg->old_ts or before
 * @head: first line of the first record; NULL unless texts were asked for
 * @body: lines after the PFN line of the first record; likewise
 * @same_body: the records agree in all lines after the PFN line
 * @oldest: time of the first allocation of all
 * @newest: time of the last
 * @id: what tells it apart: its state, and the values of the keys
 */
struct page_owner_block {
	uint64_t hash;
	struct page_owner_record first;
	unsigned long long times;
	unsigned long long pages;
	unsigned long long old_pages;
	struct page_owner_str *head;
	struct page_owner_str *body;
	bool same_body;
	uint64_t oldest;
	uint64_t newest;
	uint64_t id[];
};

/**
 * struct page_owner_agg - blocks, counted
 * @blocks: the blocks, in no order before page_owner_agg_sort()
 * @nr: number of blocks
 * @max: number of blocks that @blocks has room for
 * @times: number of records
 * @pages: number of pages, saturating
 * @newest: time of the last allocation
 * @old_ts: what counts as old; set before anything is added
 * @functions: tell stacks apart by their functions, without offsets; likewise
 * @cull: bit mask of enum page_owner_key; 0 tells blocks apart by their text
 * @keep: bit mask of enum page_owner_field: times that are part of the text
 * @pool: all strings, also those of the records that are added
 * @table: the blocks, by their @id
 */
struct page_owner_agg {
	struct page_owner_block **blocks;
	size_t nr;
	size_t max;
	unsigned long long times;
	unsigned long long pages;
	uint64_t newest;
	uint64_t old_ts;
	bool functions;
	unsigned int cull;
	unsigned int keep;
	struct page_owner_pool pool;
	struct page_owner_table table;
};

/**
 * page_owner_agg_init() - begin to count
 * @agg: the aggregation
 * @cull: bit mask of enum page_owner_key up to PAGE_OWNER_BY_ORDER, or 0
 * @keep: bit mask of PAGE_OWNER_TS and PAGE_OWNER_FREE_TS: leave these times in
 *	the text of a record. All others are taken out, so that records which
 *	differ in nothing else are one block.
 */
void page_owner_agg_init(struct page_owner_agg *agg, unsigned int cull,
			 unsigned int keep);

/**
 * page_owner_agg_add() - count a record
 * @agg: the aggregation
 * @rec: the record, with strings of @agg->pool; its stack and text may be changed
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_agg_add(struct page_owner_agg *agg, struct page_owner_record *rec);

/**
 * page_owner_agg_merge() - add what another aggregation has counted
 * @agg: the aggregation
 * @from: another with the same keys, of records that come later in the input
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_agg_merge(struct page_owner_agg *agg,
			 const struct page_owner_agg *from);

/**
 * page_owner_block_compare() - compare what tells blocks apart
 * @cull: bit mask of enum page_owner_key, the keys of both aggregations
 * @a: a block
 * @b: a block, of the same aggregation or of another
 *
 * Return: less than, equal to or more than 0, as @a comes before @b.
 */
int page_owner_block_compare(unsigned int cull, const struct page_owner_block *a,
			     const struct page_owner_block *b);

/**
 * page_owner_agg_sort() - put the blocks in order
 * @agg: the aggregation
 * @order: keys, the first is the most important
 * @nr: number of keys
 *
 * No two blocks are equal to the sort: where the keys leave them so, the order
 * is that of what tells the blocks apart. So it does not depend on the input's.
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_agg_sort(struct page_owner_agg *agg,
			const struct page_owner_order *order, size_t nr);

/**
 * page_owner_block_stack() - the frames of a block
 * @block: the block
 *
 * Return: the frames, with a newline after each; empty unless they are a key.
 */
static inline struct page_owner_span
page_owner_block_stack(const struct page_owner_block *block)
{
	return page_owner_str_span(block->first.stack);
}

/**
 * page_owner_agg_destroy() - give back an aggregation and its blocks
 * @agg: the aggregation
 */
void page_owner_agg_destroy(struct page_owner_agg *agg);

/**
 * struct page_owner_pair - what two aggregations have counted by the same keys
 * @old: the block in the older one, NULL if it is not there
 * @new: the block in the newer one, likewise
 */
struct page_owner_pair {
	const struct page_owner_block *old;
	const struct page_owner_block *new;
};

/**
 * page_owner_pairs_find() - find what two aggregations have in common
 * @old: an aggregation, whose blocks change their order
 * @new: another with the same keys, likewise
 * @nr: receives the number of pairs
 *
 * Blocks are compared by their text, so the aggregations can be of two boots.
 *
 * Return: the pairs, in the order of their keys, for the caller to free; NULL
 * without memory.
 */
struct page_owner_pair *page_owner_pairs_find(struct page_owner_agg *old,
					      struct page_owner_agg *new,
					      size_t *nr);

/**
 * page_owner_pair_any() - the block of a pair
 * @pair: the pair
 *
 * Return: the newer one, if there is one.
 */
const struct page_owner_block *
page_owner_pair_any(const struct page_owner_pair *pair);

/**
 * page_owner_pair_growth() - how much was added from the old to the new
 * @pair: the pair
 *
 * Return: pages.
 */
double page_owner_pair_growth(const struct page_owner_pair *pair);

#endif
