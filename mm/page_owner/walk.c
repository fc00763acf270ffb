// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: from PFN to PFN.
 *
 * Every step has a trap: sections may be offline, holes may have no struct page, a
 * struct page may not be initialised yet, and the order of a free block is read
 * while the block may be taken apart.
 */
#include <linux/cgroup.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_ext.h>
#include <linux/sched/signal.h>

#include "../internal.h"
#include "free.h"
#include "read.h"
#include "record.h"
#include "walk.h"

/*
 * An allocation's record is at its first page. Only where a walk begins can there
 * be a page whose block began before; but of a freed block any page may be left.
 */
static bool read_record(struct page_owner_walk *walk, struct page *page,
			struct page_owner_snapshot *snap)
{
	if (walk->partial || walk->freed)
		return page_owner_read(page, snap);
	return page_owner_read_first(page, page_owner_record_at(&walk->block,
						     walk->pfn - walk->block.pfn), snap);
}

/* Reads any page, in full. */
static bool read_page(struct page_owner_walk *walk, struct page *page,
		      struct page_owner_snapshot *snap)
{
	bool done;

	rcu_read_lock();
	done = read_record(walk, page, snap);
	if (done)
		page_owner_set_charge(snap, snap->charge_word);
	rcu_read_unlock();
	/* For callers that remember what they made of the one before. */
	snap->owner_nr++;
	snap->owner_nr += !snap->owner_nr;
	return done;
}

/*
 * Freed pages are read one by one, as any of them may have been allocated again.
 * One is shown if it is the first of its block, or if the page before it is not of
 * the same block any more.
 */
static bool first_of_freed(struct page_owner_walk *walk,
			   const struct page_owner_snapshot *snap)
{
	const struct page_owner *owner = &snap->owner;
	bool same = walk->last.pfn + 1 == snap->pfn &&
		    walk->last.ts == owner->ts_nsec &&
		    walk->last.free_ts == owner->free_ts_nsec;

	walk->last.pfn = snap->pfn;
	walk->last.ts = owner->ts_nsec;
	walk->last.free_ts = owner->free_ts_nsec;
	return !same || IS_ALIGNED(snap->pfn, 1UL << owner->order);
}

/*
 * Reads in full, and goes behind the page or block; returns whether it is to be
 * shown.
 */
static bool walk_page(struct page_owner_walk *walk, struct page_owner_snapshot *snap)
{
	struct page *page = walk->block.page + (walk->pfn - walk->block.pfn);
	bool partial = walk->partial;

	if (PagePoisoned(page) || !page_owner_walk_wants(walk, page) ||
	    !read_page(walk, page, snap)) {
		walk->pfn++;
		return false;
	}
	page_owner_set_place(walk, page, snap);
	walk->partial = false;
	if (snap->allocated) {
		walk->pfn = snap->block_pfn + (1UL << snap->owner.order);
		return snap->block_pfn == snap->pfn || partial;
	}
	walk->pfn++;
	return walk->freed && snap->recorded && snap->owner.free_handle &&
	       first_of_freed(walk, snap);
}

/*
 * Goes to the next page in the block of which there is a record, by a look at no
 * more than its mark and, without one, at what lies in the free lists. Returns
 * false if there is none, and then is behind the block.
 */
static bool find_recorded(struct page_owner_walk *walk)
{
	const struct page_owner_walk_block *block = &walk->block;
	unsigned long i = walk->pfn - block->pfn;
	bool found = walk->freed || walk->partial;

	while (!found && i < block->nr) {
		unsigned long pfn = block->pfn + i;

		found = page_owner_marked(page_owner_record_at(block, i));
		if (!found)
			i += max(page_owner_skip_unowned(block->page + i, pfn) - pfn, 1UL);
	}
	walk->pfn = block->pfn + i;
	return found;
}

/*
 * Takes up the pages of a pageblock. Memory, and memory for page_ext, come in
 * units of at least that. As long as it is online its page_ext stays, and the
 * caller keeps it online. Where there is none, goes behind it.
 */
static noinline void enter_block(struct page_owner_walk *walk)
{
	unsigned long end = min(pageblock_end_pfn(walk->pfn), walk->end);
	struct page *page = pfn_to_online_page(walk->pfn);
	struct page_ext *ext = page ? page_ext_get(page) : NULL;

	walk->block.nr = 0;
	if (ext)
		walk->block = (struct page_owner_walk_block) {
			.pfn = walk->pfn,
			.nr = end - walk->pfn,
			.page = page,
			.rec = page_owner_record_of(ext),
			.migratetype = -1,
		};
	else
		walk->pfn = end;
	page_ext_put(ext);
}

/**
 * page_owner_walk_next() - find the next record
 * @walk: the walk; its pfn is set to one past the last page of the allocation,
 *        or the freed page, or to its end
 * @snap: the record, as found at its first page. To be zeroed once; its
 *        memcg_name is then only filled in when memcg_ino changes, and @snap is
 *        to be left as it is.
 *
 * Context: Process context, may sleep. The caller keeps memory online.
 * Return: 1 if a record was found, 0 at the end, -EINTR if a fatal signal
 * is pending.
 */
int page_owner_walk_next(struct page_owner_walk *walk,
			 struct page_owner_snapshot *snap)
{
	for (;;) {
		enum page_owner_step step = page_owner_walk_step(walk, snap);

		if (step == PAGE_OWNER_STEP_SHOW)
			return 1;
		if (step == PAGE_OWNER_STEP_PAST)
			continue;
		if (walk->pfn - walk->block.pfn < walk->block.nr) {
			if (find_recorded(walk) && walk_page(walk, snap) &&
			    page_owner_walk_matches(walk, snap))
				return 1;
			continue;
		}
		if (walk->pfn >= walk->end)
			return 0;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		enter_block(walk);
	}
}

/**
 * page_owner_walk_look_back() - look at the page before the first of a walk
 * @walk: the walk, about to begin, which shows freed pages
 * @snap: overwritten
 *
 * So that a walk that goes on in the middle of a freed block knows it.
 *
 * Context: As page_owner_walk_next().
 */
void page_owner_walk_look_back(struct page_owner_walk *walk,
			       struct page_owner_snapshot *snap)
{
	struct page *page = pfn_to_online_page(walk->pfn - 1);

	if (page && !PagePoisoned(page) && read_page(walk, page, snap) && !snap->allocated)
		first_of_freed(walk, snap);
}
