/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: the largest owners, in show_mem().
 */
#ifndef _MM_PAGE_OWNER_SHOW_MEM_H
#define _MM_PAGE_OWNER_SHOW_MEM_H

#include <linux/types.h>

struct page_owner_stack;

/* They lie on the kernel stack, which may be nearly full out of memory. */
#define PAGE_OWNER_TOP_MAX	32U

/**
 * struct page_owner_top_entry - one of the largest owners
 * @stack: the stack
 * @pages: base pages that it owns
 */
struct page_owner_top_entry {
	struct page_owner_stack *stack;
	long pages;
};

/**
 * struct page_owner_top - the largest owners
 * @max: how many are wanted, at most PAGE_OWNER_TOP_MAX
 * @nr: how many there are
 * @owner: the largest first
 */
struct page_owner_top {
	unsigned int max;
	unsigned int nr;
	struct page_owner_top_entry owner[PAGE_OWNER_TOP_MAX];
};

void page_owner_top_add(struct page_owner_top *top,
			struct page_owner_stack *stack, long pages);

#endif /* _MM_PAGE_OWNER_SHOW_MEM_H */
