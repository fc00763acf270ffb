/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RECORD_H
#define PAGE_OWNER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_owner_str;

/** PAGE_OWNER_MAX_ORDER - the largest order that a record may claim */
#define PAGE_OWNER_MAX_ORDER	51

/** PAGE_OWNER_MAX_PLACE - the largest node or zone that a record may claim */
#define PAGE_OWNER_MAX_PLACE	999999

/** enum page_owner_field - parts of a record that some kernels do not print */
enum page_owner_field {
	PAGE_OWNER_PFN,
	PAGE_OWNER_PID,
	PAGE_OWNER_TGID,
	PAGE_OWNER_COMM,
	PAGE_OWNER_TS,
	PAGE_OWNER_FREE_TS,
	PAGE_OWNER_NR_FIELDS
};

/**
 * enum page_owner_key - what records are told apart and sorted by
 * @PAGE_OWNER_BY_STACK: frames
 * @PAGE_OWNER_BY_PID: process ID
 * @PAGE_OWNER_BY_TGID: thread group ID
 * @PAGE_OWNER_BY_COMM: task name
 * @PAGE_OWNER_BY_ALLOCATOR: allocator
 * @PAGE_OWNER_BY_RELEASED: whether the pages were released after @ts
 * @PAGE_OWNER_BY_MEMCG: memory cgroup that is charged
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

/** PAGE_OWNER_KEY_BIT() - a key in a bit mask of keys */
#define PAGE_OWNER_KEY_BIT(key)	(1u << (key))

/**
 * enum page_owner_allocator - which allocator a page went through
 * @PAGE_OWNER_CMA: the contiguous memory allocator's area
 * @PAGE_OWNER_SLAB: a slab cache
 * @PAGE_OWNER_VMALLOC: vmalloc
 * @PAGE_OWNER_OTHERS: none of these
 */
enum page_owner_allocator {
	PAGE_OWNER_CMA = 1,
	PAGE_OWNER_SLAB = 2,
	PAGE_OWNER_VMALLOC = 4,
	PAGE_OWNER_OTHERS = 8,
};

/**
 * struct page_owner_span - a piece of text, not terminated
 * @ptr: first byte
 * @len: number of bytes
 */
struct page_owner_span {
	const char *ptr;
	size_t len;
};

/**
 * struct page_owner_text - the text of a record, and where its parts are
 * @head: first line with its newline
 * @pfn_line: the PFN line with its newline, empty if there is none
 * @body: all lines after the PFN line
 * @stack: the frames, a part of @body; empty if there are none
 * @time_pos: where the digits of the times of allocation and release are: in
 *	@head, or for the latter in @body, if the pages are free; empty if unknown
 */
struct page_owner_text {
	struct page_owner_span head;
	struct page_owner_span pfn_line;
	struct page_owner_span body;
	struct page_owner_span stack;
	struct page_owner_span time_pos[2];
};

/**
 * struct page_owner_record - one record, of an input of any kind
 * @has: bit mask of enum page_owner_field
 * @freed: the pages are free: all but @free_ts is of their last allocation
 * @frames: the record has frames
 * @order: order of the allocation
 * @pages: number of pages
 * @pfn: page frame number, 0 if unknown
 * @ts: time of the allocation, 0 if unknown
 * @free_ts: time of the last release, 0 if unknown or never
 * @pid: process ID, -1 if unknown
 * @tgid: thread group ID, -1 if unknown
 * @node: node, -1 if unknown
 * @zone: zone, -1 if unknown
 * @allocator: bits of enum page_owner_allocator
 * @stack: frames, with a newline after each; empty if there are none
 * @comm: task name, empty if unknown
 * @memcg: memory cgroup that is charged, with "offline " before it if it is gone;
 *	empty if there is none
 * @module: module of the innermost frame that is in one, empty if none is
 * @migratetype: migrate type that was asked for, empty if unknown
 * @text: the text; NULL unless it was asked for
 *
 * From @node on, a member has its value only if its key was asked for. Strings are
 * of the pool that the reader was given.
 */
struct page_owner_record {
	unsigned int has;
	bool freed;
	bool frames;
	unsigned int order;
	uint64_t pages;
	uint64_t pfn;
	uint64_t ts;
	uint64_t free_ts;
	int pid;
	int tgid;
	int node;
	int zone;
	unsigned int allocator;
	struct page_owner_str *stack;
	struct page_owner_str *comm;
	struct page_owner_str *memcg;
	struct page_owner_str *module;
	struct page_owner_str *migratetype;
	struct page_owner_text *text;
};

/**
 * page_owner_released() - was the page released after this allocation?
 * @rec: the record
 *
 * The release that a record shows can be one from before the allocation, and
 * then the page is still in use.
 *
 * Return: true if it was.
 */
static inline bool page_owner_released(const struct page_owner_record *rec)
{
	return rec->free_ts > rec->ts;
}

#endif
