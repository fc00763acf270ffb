/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_ALLOCATOR_H
#define PAGE_OWNER_ALLOCATOR_H

#include "record.h"

/**
 * enum page_owner_allocator - who handed a page out; several can hold at once
 * @PAGE_OWNER_CMA: from a page block that belongs to CMA
 * @PAGE_OWNER_SLAB: for a slab cache
 * @PAGE_OWNER_VMALLOC: for vmalloc
 * @PAGE_OWNER_OTHERS: none of these
 *
 * The values order the blocks of --cull=allocator.
 */
enum page_owner_allocator {
	PAGE_OWNER_CMA		= 1 << 0,
	PAGE_OWNER_SLAB		= 1 << 1,
	PAGE_OWNER_VMALLOC	= 1 << 2,
	PAGE_OWNER_OTHERS	= 1 << 3,
};

/**
 * page_owner_body_allocator() - what the lines after the PFN line tell
 * @body: these lines
 * @stack: the frames among them
 *
 * Return: PAGE_OWNER_SLAB and PAGE_OWNER_VMALLOC, as far as they hold.
 */
unsigned int page_owner_body_allocator(struct page_owner_span body,
				       struct page_owner_span stack);

/**
 * page_owner_pfn_allocator() - what the PFN line tells
 * @pfn_line: the PFN line, or nothing
 *
 * Return: PAGE_OWNER_CMA and PAGE_OWNER_SLAB, as far as they hold.
 */
unsigned int page_owner_pfn_allocator(struct page_owner_span pfn_line);

#endif
