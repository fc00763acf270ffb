/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: which records a reader wants, and how they are shown.
 */
#ifndef _MM_PAGE_OWNER_FILTER_H
#define _MM_PAGE_OWNER_FILTER_H

#include <linux/nodemask.h>
#include <linux/types.h>

struct page_owner_cache;
struct page_owner_snapshot;
struct seq_buf;

/**
 * enum page_owner_mode - what a record in the dump says of its stack
 * @PAGE_OWNER_MODE_STACK: the frames
 * @PAGE_OWNER_MODE_HANDLE: the handle, to be looked up in show_stacks_handles
 * @PAGE_OWNER_MODE_STACK_HANDLE: both
 * @PAGE_OWNER_MODE_RAW: not text at all, but include/uapi/linux/page_owner_raw.h
 * @PAGE_OWNER_NR_MODES: how many there are
 */
enum page_owner_mode {
	PAGE_OWNER_MODE_STACK,
	PAGE_OWNER_MODE_HANDLE,
	PAGE_OWNER_MODE_STACK_HANDLE,
	PAGE_OWNER_MODE_RAW,
	PAGE_OWNER_NR_MODES,
};

/* Numbers that a filter compares. */
enum page_owner_by_number {
	PAGE_OWNER_BY_PID,
	PAGE_OWNER_BY_TGID,
	PAGE_OWNER_BY_ORDER,
	PAGE_OWNER_BY_MEMCG,	/* inode */
	PAGE_OWNER_BY_HANDLE,
	PAGE_OWNER_BY_AGE,	/* whole seconds */
	PAGE_OWNER_NR_NUMBERS,
};

/* Things of which there are a few, known by name. */
enum page_owner_by_choice {
	PAGE_OWNER_BY_STATE,
	PAGE_OWNER_BY_ZONE,
	PAGE_OWNER_BY_TYPE,
	PAGE_OWNER_NR_CHOICES,
};

/* The bits of PAGE_OWNER_BY_STATE. */
enum page_owner_state {
	PAGE_OWNER_STATE_ALLOCATED,
	PAGE_OWNER_STATE_FREE,
};

/* Names of any kind. */
enum page_owner_by_name {
	PAGE_OWNER_BY_COMM,
	PAGE_OWNER_BY_MODULE,
	PAGE_OWNER_NR_NAMES,
};

/* Items of a list. */
#define PAGE_OWNER_FILTER_ITEMS	16
#define PAGE_OWNER_NAME_LEN	64

/**
 * struct page_owner_range - some numbers
 * @from: smallest
 * @to: largest
 */
struct page_owner_range {
	u64 from, to;
};

/**
 * struct page_owner_ranges - numbers that a record may have
 * @nr: members of @range in use; 0 if any number will do
 * @range: the numbers
 */
struct page_owner_ranges {
	unsigned int nr;
	struct page_owner_range range[PAGE_OWNER_FILTER_ITEMS];
};

/**
 * struct page_owner_names - names that a record may have
 * @nr: members of @name in use; 0 if any name will do
 * @name: the names, terminated
 */
struct page_owner_names {
	unsigned int nr;
	char name[PAGE_OWNER_FILTER_ITEMS][PAGE_OWNER_NAME_LEN];
};

/**
 * struct page_owner_filter - what a reader wants
 * @mode: how to show stacks
 * @by_node: show only pages of @nodes
 * @show: the reader wants to see this filter, and its last error
 * @nodes: the nodes
 * @choices: bit masks; 0 for any, but for states only allocated pages
 * @numbers: numbers
 * @names: names
 *
 * All zeros is what an open file begins with: the text of all allocations.
 */
struct page_owner_filter {
	enum page_owner_mode mode;
	bool by_node;
	bool show;
	nodemask_t nodes;
	unsigned long choices[PAGE_OWNER_NR_CHOICES];
	struct page_owner_ranges numbers[PAGE_OWNER_NR_NUMBERS];
	struct page_owner_names names[PAGE_OWNER_NR_NAMES];
};

/* So much of a wrong word is shown. */
#define PAGE_OWNER_ERROR_WORD	81

/**
 * struct page_owner_error - what a reader got wrong last
 * @text: the word and what is wrong with it; empty if all was right
 */
struct page_owner_error {
	char text[PAGE_OWNER_ERROR_WORD + 64];
};

/* More than any sensible filter needs; a longer write is refused. */
#define PAGE_OWNER_FILTER_MAX	(8192 + 6 * MAX_NUMNODES)

/* By enum page_owner_mode; NULL if there is no such mode in this kernel. */
extern const char *page_owner_mode_names[];

int page_owner_filter_parse(struct page_owner_filter *filter, char *text,
			    struct page_owner_error *error);
bool page_owner_filter_compares(const struct page_owner_filter *filter);
void page_owner_filter_show(struct seq_buf *s, const struct page_owner_filter *filter);
bool page_owner_filter_match(const struct page_owner_filter *filter,
			     const struct page_owner_snapshot *snap, u64 now,
			     struct page_owner_cache *cache);

#endif /* _MM_PAGE_OWNER_FILTER_H */
