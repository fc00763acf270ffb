/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: from PFN to PFN. The step in the usual case is inline, for the loops
 * that make millions of them.
 */
#ifndef _MM_PAGE_OWNER_WALK_H
#define _MM_PAGE_OWNER_WALK_H

#include <linux/bits.h>
#include <linux/cgroup.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "base.h"
#include "read.h"
#include "record.h"

/**
 * struct page_owner_walk - a walk over the allocations of a PFN range
 * @pfn: where it goes on: set by the caller to the first PFN of interest
 * @end: one past the last PFN of interest
 * @nodes: only pages of these nodes; NULL for all
 * @zone: only pages of this zone; NULL for all
 * @zones: only pages of zones of these numbers, a bit mask; 0 for all
 * @partial: also show a block of which the walk does not see the first page;
 *           cleared with the first page that the walk meets
 * @freed: also show freed blocks, or what of them has not been allocated again
 * @match: if set, says which records to show
 * @data: passed to @match
 * @block: the pages that @pfn is among, for the walk's own use: of at most one
 *         pageblock, all of them online. To be zeroed by a caller that lets go of
 *         memory before the walk has got to @end.
 * @last: the freed page that was read last, for the walk's own use
 */
struct page_owner_walk {
	unsigned long pfn;
	unsigned long end;
	const nodemask_t *nodes;
	const struct zone *zone;
	unsigned long zones;
	bool partial;
	bool freed;
	bool (*match)(const struct page_owner_snapshot *snap, void *data);
	void *data;
	struct page_owner_walk_block {
		unsigned long pfn;
		unsigned long nr;
		struct page *page;
		struct page_owner_record *rec;
		int migratetype;
	} block;
	struct {
		unsigned long pfn;
		u64 ts, free_ts;
	} last;
};

int page_owner_walk_next(struct page_owner_walk *walk,
			 struct page_owner_snapshot *snap);
void page_owner_walk_look_back(struct page_owner_walk *walk,
			       struct page_owner_snapshot *snap);

/* Whether pages of all nodes and zones are of interest. */
static __always_inline bool page_owner_walk_all(const struct page_owner_walk *walk)
{
	return !((unsigned long)walk->zone | walk->zones | (unsigned long)walk->nodes);
}

/* Whether a page's node and zone are of interest; its struct page is initialised. */
static __always_inline bool
page_owner_walk_wants(const struct page_owner_walk *walk, struct page *page)
{
	/* Most readers do not choose. */
	if (likely(page_owner_walk_all(walk)))
		return true;
	if (walk->zone && page_zone(page) != walk->zone)
		return false;
	if (walk->zones && !(walk->zones & BIT(page_zonenum(page))))
		return false;
	return !walk->nodes || node_isset(page_to_nid(page), *walk->nodes);
}

/* Decodes a charge word. The RCU read lock has been held since it was read. */
static __always_inline void
page_owner_set_charge(struct page_owner_snapshot *snap, unsigned long word)
{
	struct mem_cgroup *memcg = NULL;

	snap->charge = page_owner_base_memcg(word, &memcg);
#ifdef CONFIG_MEMCG
	if (snap->charge < PAGE_OWNER_CHARGED)
		return;
	snap->memcg_online = memcg->css.flags & CSS_ONLINE;
	if (likely(snap->memcg_ino == cgroup_ino(memcg->css.cgroup)))
		return;
	snap->memcg_ino = cgroup_ino(memcg->css.cgroup);
	cgroup_name(memcg->css.cgroup, snap->memcg_name, sizeof(snap->memcg_name));
#endif
}

/* The record of page @i in the pageblock of a walk. */
static __always_inline struct page_owner_record *
page_owner_record_at(const struct page_owner_walk_block *block, unsigned long i)
{
	return (void *)block->rec + i * page_ext_size;
}

/* Fills in where a page lies; the migrate type is looked up once a pageblock. */
static __always_inline void page_owner_set_place(struct page_owner_walk *walk,
						 struct page *page,
						 struct page_owner_snapshot *snap)
{
	struct page_owner_walk_block *block = &walk->block;

	if (unlikely(block->migratetype < 0))
		block->migratetype = get_pageblock_migratetype(page);
	snap->pageblock_mt = block->migratetype;
	snap->nid = page_to_nid(page);
	snap->zone = page_zonenum(page);
}

/* Asks the filter. */
static __always_inline bool
page_owner_walk_matches(const struct page_owner_walk *walk,
			const struct page_owner_snapshot *snap)
{
	return !walk->match || walk->match(snap, walk->data);
}

/**
 * enum page_owner_step - what became of a step
 * @PAGE_OWNER_STEP_NONE: the walk is where it was
 * @PAGE_OWNER_STEP_PAST: the walk is past a record that is not to be shown
 * @PAGE_OWNER_STEP_SHOW: the walk is past a record that is to be shown
 */
enum page_owner_step {
	PAGE_OWNER_STEP_NONE,
	PAGE_OWNER_STEP_PAST,
	PAGE_OWNER_STEP_SHOW,
};

/**
 * page_owner_walk_step() - go past the next record, if that is the usual case
 * @walk: the walk
 * @snap: the record before; then this one
 *
 * That is if it is in the same pageblock, at the page where the walk is, and has
 * the owner of the record before. Else page_owner_walk_next() finds out what is
 * there.
 *
 * Context: As page_owner_walk_next().
 * Return: how far that was.
 */
static __always_inline enum page_owner_step
page_owner_walk_step(struct page_owner_walk *walk, struct page_owner_snapshot *snap)
{
	const struct page_owner_walk_block *block = &walk->block;
	unsigned long pfn = walk->pfn, i = pfn - block->pfn;
	struct page *page = block->page + i;
	struct page_owner_rest rest;
	bool same;

	if (i >= block->nr || PagePoisoned(page) || !page_owner_walk_wants(walk, page))
		return PAGE_OWNER_STEP_NONE;
	rcu_read_lock();
	same = page_owner_read_same(page, page_owner_record_at(block, i), snap, &rest);
	if (likely(same))
		page_owner_set_charge(snap, rest.charge_word);
	rcu_read_unlock();
	if (!same)
		return PAGE_OWNER_STEP_NONE;
	snap->flags = rest.flags;
	snap->owner.ts_nsec = rest.ts_nsec;
	snap->pfn = pfn;
	snap->block_pfn = pfn;
	page_owner_set_place(walk, page, snap);
	walk->pfn = pfn + (1UL << snap->owner.order);
	walk->partial = false;
	return page_owner_walk_matches(walk, snap) ? PAGE_OWNER_STEP_SHOW :
						     PAGE_OWNER_STEP_PAST;
}

#endif /* _MM_PAGE_OWNER_WALK_H */
