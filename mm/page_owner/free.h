/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: how far to go past pages that have no owner.
 */
#ifndef _MM_PAGE_OWNER_FREE_H
#define _MM_PAGE_OWNER_FREE_H

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>

#include "base.h"

/**
 * page_owner_skip_free() - where to go on after a free block
 * @pfn: first page of the block, or any page that looked like one
 * @order: what was read as the order of the block, without a lock
 *
 * A garbage order must not lead past blocks that have not been seen: never beyond
 * the next boundary of the largest block that there can be.
 *
 * Context: Any.
 * Return: a PFN after @pfn.
 */
static inline unsigned long page_owner_skip_free(unsigned long pfn, unsigned int order)
{
	if (order > MAX_PAGE_ORDER)
		return pfn + 1;
	return min(pfn + (1UL << order), ALIGN(pfn + 1, MAX_ORDER_NR_PAGES));
}

/**
 * page_owner_skip_unowned() - where to go on after a page without an owner
 * @page: the page, of an online section
 * @pfn: its PFN
 *
 * Context: Any.
 * Return: the PFN behind the free block that the page begins; @pfn if it begins
 * none; @pfn + 1 if its struct page is not initialised.
 */
static inline unsigned long page_owner_skip_unowned(struct page *page, unsigned long pfn)
{
	if (PagePoisoned(page))
		return pfn + 1;
	if (!page_owner_base_is_free(page))
		return pfn;
	return page_owner_skip_free(pfn, page_owner_base_free_order(page));
}

#endif /* _MM_PAGE_OWNER_FREE_H */
