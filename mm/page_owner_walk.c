// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: from PFN to PFN.
 *
 * The only place that steps through memory, because every step has a trap:
 * sections may be offline, holes may have no struct page, a struct page may not
 * be initialised yet, and the order of a free block is read while the block may
 * be taken apart.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/signal.h>

#include "internal.h"
#include "page_owner.h"

/* A walk looks for signals and offers the CPU at every boundary of these. */
#define PFNS_PER_BREAK	(4 * MAX_ORDER_NR_PAGES)

/**
 * page_owner_skip_free() - where a walk goes on after a free block
 * @pfn: first page of the block, or any page that looked like one
 * @order: what was read as the order of the block, without a lock
 *
 * A garbage order must not carry the walk past blocks that it has not seen: it
 * never goes beyond the next boundary of the largest block that there can be.
 *
 * Context: Any.
 * Return: a PFN after @pfn.
 */
unsigned long page_owner_skip_free(unsigned long pfn, unsigned int order)
{
	if (order > MAX_PAGE_ORDER)
		return pfn + 1;
	return min(pfn + (1UL << order), ALIGN(pfn + 1, MAX_ORDER_NR_PAGES));
}

/**
 * page_owner_next_used() - next page that is not in a free block
 * @pfn: where to begin; set to where the page was found, or to @end
 * @end: one past the last PFN of interest
 *
 * Pages on pcp lists, reserved pages and tail pages are not told apart here.
 *
 * Context: Any. The caller keeps memory online, or can live with a page that
 * has just gone.
 * Return: the page, NULL if there is none before @end.
 */
struct page *page_owner_next_used(unsigned long *pfn, unsigned long end)
{
	while (*pfn < end) {
		struct page *page = pfn_to_online_page(*pfn);

		if (!page) {
			/* Memory comes in units of at least a pageblock. */
			*pfn = min(pageblock_end_pfn(*pfn), end);
			continue;
		}
		if (PagePoisoned(page)) {
			(*pfn)++;
			continue;
		}
		if (!page_owner_base_is_free(page))
			return page;
		*pfn = min(page_owner_skip_free(*pfn, page_owner_base_free_order(page)),
			   end);
	}
	return NULL;
}

/* A page of interest by what struct page says. */
static bool page_matches(const struct page_owner_walk *walk, struct page *page)
{
	if (walk->zone && page_zone(page) != walk->zone)
		return false;
	return !walk->nodes || node_isset(page_to_nid(page), *walk->nodes);
}

/*
 * A record is shown at the first page of its block, to which the order is
 * aligned. Returns false, and where the block ends, for any other page.
 */
static bool first_of_block(const struct page_owner_snapshot *snap,
			   unsigned long *next)
{
	unsigned long nr = 1UL << snap->owner.order;
	unsigned long first = ALIGN_DOWN(snap->pfn, nr);

	*next = first + nr;
	return snap->pfn == first;
}

/* The next allocation before @stop, if any: true, and @walk is behind it. */
static bool walk_chunk(struct page_owner_walk *walk, unsigned long stop,
		       struct page_owner_snapshot *snap)
{
	struct page *page;

	while ((page = page_owner_next_used(&walk->pfn, stop))) {
		if (!page_matches(walk, page) || !page_owner_read(page, snap, true) ||
		    !snap->allocated) {
			walk->pfn++;
			continue;
		}
		if (first_of_block(snap, &walk->pfn) || walk->partial)
			return true;
	}
	return false;
}

/**
 * page_owner_walk_next() - find the next allocation
 * @walk: the walk; its pfn is set to one past the last page of the allocation,
 *        or to its end
 * @snap: the allocation, as recorded at its first page
 *
 * Context: Process context, may sleep. The caller keeps memory online.
 * Return: 1 if an allocation was found, 0 at the end, -EINTR if a fatal signal
 * is pending.
 */
int page_owner_walk_next(struct page_owner_walk *walk,
			 struct page_owner_snapshot *snap)
{
	while (walk->pfn < walk->end) {
		unsigned long stop = min(walk->end, ALIGN(walk->pfn + 1, PFNS_PER_BREAK));

		if (fatal_signal_pending(current))
			return -EINTR;
		if (walk_chunk(walk, stop, snap))
			return 1;
		cond_resched();
	}
	return 0;
}
