/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_AGG_H
#define PAGE_OWNER_AGG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "intern.h"
#include "record.h"

/**
 * enum page_owner_key - what records are told apart and sorted by
 * @PAGE_OWNER_BY_STACK: frames
 * @PAGE_OWNER_BY_PID: process ID
 * @PAGE_OWNER_BY_TGID: thread group ID
 * @PAGE_OWNER_BY_COMM: task name
 * @PAGE_OWNER_BY_ALLOCATOR: allocator
 * @PAGE_OWNER_BY_RELEASED: whether the pages were released after @ts
 * @PAGE_OWNER_BY_MEMCG: memory cgroup that pays
 * @PAGE_OWNER_BY_MODULE: module that asked
 * @PAGE_OWNER_BY_MIGRATETYPE: migrate type that was asked for
 * @PAGE_OWNER_BY_NODE: node
 * @PAGE_OWNER_BY_ZONE: zone
 * @PAGE_OWNER_BY_ORDER: order of the allocation
 * @PAGE_OWNER_BY_TEXT: the whole text; sort only
 * @PAGE_OWNER_BY_TS: time of the allocation; sort only
 * @PAGE_OWNER_BY_FREE_TS: time of the release; sort only
 * @PAGE_OWNER_BY_TIMES: number of records; sort only
 * @PAGE_OWNER_BY_PAGES: number of pages; sort only
 *
 * Blocks that a sort leaves equal come in the order of these keys.
 */
enum page_owner_key {
	PAGE_OWNER_BY_STACK,
	PAGE_OWNER_BY_PID,
	PAGE_OWNER_BY_TGID,
	PAGE_OWNER_BY_COMM,
	PAGE_OWNER_BY_ALLOCATOR,
	PAGE_OWNER_BY_RELEASED,
	PAGE_OWNER_BY_MEMCG,
	PAGE_OWNER_BY_MODULE,
	PAGE_OWNER_BY_MIGRATETYPE,
	PAGE_OWNER_BY_NODE,
	PAGE_OWNER_BY_ZONE,
	PAGE_OWNER_BY_ORDER,
	PAGE_OWNER_BY_TEXT,
	PAGE_OWNER_BY_TS,
	PAGE_OWNER_BY_FREE_TS,
	PAGE_OWNER_BY_TIMES,
	PAGE_OWNER_BY_PAGES,
};

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
 * struct page_owner_id - what the records of one block have in common
 * @head: first line; NULL if blocks are told apart by keys
 * @body: lines after the PFN line; NULL likewise
 * @stack: frames; NULL unless they are a key
 * @comm: task name; NULL unless it is a key
 * @memcg: memory cgroup; NULL unless it is a key
 * @module: module; NULL unless it is a key
 * @migratetype: migrate type; NULL unless it is a key
 * @pid: process ID; 0 unless it is a key
 * @tgid: thread group ID; 0 unless it is a key
 * @node: node, -1 if unknown; 0 unless it is a key
 * @zone: zone, -1 if unknown; 0 unless it is a key
 * @order: order; 0 unless it is a key
 * @allocator: bits of enum page_owner_allocator; 0 unless they are a key
 * @released: released after the allocation; false unless that is a key
 * @freed: the pages are free, and owned by nobody any more; always told apart
 */
struct page_owner_id {
	const struct page_owner_str *head;
	const struct page_owner_str *body;
	const struct page_owner_str *stack;
	const struct page_owner_str *comm;
	const struct page_owner_str *memcg;
	const struct page_owner_str *module;
	const struct page_owner_str *migratetype;
	int pid;
	int tgid;
	int node;
	int zone;
	int order;
	unsigned int allocator;
	bool released;
	bool freed;
};

/**
 * struct page_owner_block - records that are counted as one
 * @id: what they have in common
 * @times: number of records
 * @pages: number of pages, saturating
 * @old_pages: number of these that were allocated at agg->old_ts or before
 * @head: first line of the first record
 * @body: lines after the PFN line of the first record
 * @stack_off: where in @body the frames begin
 * @stack_len: length of the frames
 * @comm_off: where in @head the task name begins
 * @comm_len: length of the task name
 * @pid: process ID of the first record
 * @tgid: thread group ID of the first record
 * @allocator: allocator of the first record
 * @released: the first record's page was released after its allocation
 * @same_body: the records agree in all lines after the PFN line
 * @ts: time of the first record's allocation
 * @free_ts: time of the first record's release
 * @oldest: time of the first allocation of all
 * @newest: time of the last
 */
struct page_owner_block {
	struct page_owner_id id;
	unsigned long long times;
	unsigned long long pages;
	unsigned long long old_pages;
	const struct page_owner_str *head;
	const struct page_owner_str *body;
	size_t stack_off;
	size_t stack_len;
	size_t comm_off;
	size_t comm_len;
	int pid;
	int tgid;
	unsigned int allocator;
	bool released;
	bool same_body;
	uint64_t ts;
	uint64_t free_ts;
	uint64_t oldest;
	uint64_t newest;
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
 * @pool: all strings
 * @table: open hash table of the blocks
 * @size: number of slots in @table
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
	struct page_owner_block **table;
	size_t size;
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
 * @rec: the record, whose head may be changed
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
 * page_owner_released() - was the page released after this allocation?
 * @rec: the record
 *
 * The release that a record shows can be one from before the allocation, and
 * then the page is still in use.
 *
 * Return: true if it was.
 */
bool page_owner_released(const struct page_owner_record *rec);

/**
 * page_owner_block_stack() - the frames of a block
 * @block: the block
 *
 * Return: the frames, with a newline after each.
 */
struct page_owner_span page_owner_block_stack(const struct page_owner_block *block);

/**
 * page_owner_block_comm() - the task name of a block
 * @block: the block
 *
 * Return: the name in the block's first record.
 */
struct page_owner_span page_owner_block_comm(const struct page_owner_block *block);

/**
 * page_owner_agg_destroy() - give back an aggregation and its blocks
 * @agg: the aggregation
 */
void page_owner_agg_destroy(struct page_owner_agg *agg);

#endif
