/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: the step from one record to the next, in the usual case.
 *
 * Inline, for the loops that make millions of them. All other cases, and the
 * traps of walking through memory, are in mm/page_owner_walk.c.
 */
#ifndef _MM_PAGE_OWNER_WALK_H
#define _MM_PAGE_OWNER_WALK_H

#include <linux/cgroup.h>
#include <linux/mm.h>
#include <linux/mmzone.h>

#include "page_owner.h"

/**
 * page_owner_walk_all() - whether pages of all nodes and zones are of interest
 * @walk: the walk
 *
 * Context: Any.
 * Return: true if they are.
 */
static __always_inline bool page_owner_walk_all(const struct page_owner_walk *walk)
{
	return !((unsigned long)walk->zone | walk->zones | (unsigned long)walk->nodes);
}

/**
 * page_owner_walk_wants() - whether a page may be of interest
 * @walk: the walk
 * @page: a page with an initialised struct page
 *
 * Context: Any.
 * Return: false if its node or zone says that it is not.
 */
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

/**
 * page_owner_set_charge() - fill in how a page is charged, and by which memory cgroup
 * @snap: its members about that are set; the name only if it is another one's
 * @word: page_owner_base_charge_word() of the page
 *
 * Context: RCU read lock held since @word was read, so that the memory cgroup has
 * not gone away.
 */
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

/**
 * page_owner_record_at() - the record of a page in the pageblock of a walk
 * @block: the pageblock
 * @i: which page, counted from the block's first
 *
 * Context: The caller keeps memory online.
 * Return: the record.
 */
static __always_inline struct page_owner_record *
page_owner_record_at(const struct page_owner_walk_block *block, unsigned long i)
{
	return (void *)block->rec + i * page_ext_size;
}

/**
 * page_owner_same_owner() - whether an owner has been read already
 * @snap: the record that was read before
 * @rec: the record to be read
 * @bits: its page_owner_record_begin()
 *
 * Another task of the same number would have come after somebody went.
 *
 * Context: The caller keeps memory online.
 * Return: true if both have the same owner, in all but the time.
 */
static __always_inline bool
page_owner_same_owner(const struct page_owner_snapshot *snap,
		      const struct page_owner_record *rec, u32 bits)
{
	const u32 mask = (u32)~(PAGE_OWNER_SEQ | PAGE_OWNER_FREE_ORDER);
	const struct page_owner_record *known = &snap->rec;

	return bits & PAGE_OWNER_ALLOCATED && !((bits ^ known->bits) & mask) &&
	       READ_ONCE(rec->handle) == known->handle &&
	       READ_ONCE(rec->task) == known->task &&
	       READ_ONCE(rec->gfp_mask) == known->gfp_mask &&
	       READ_ONCE(page_owner_tasks_gone) == snap->gone;
}

/**
 * page_owner_read_same() - read a page whose owner has been read already
 * @page: the first page of a block
 * @rec: its record
 * @snap: the record that was read before; what differs is set
 *
 * Most often all of the owner but the time is the same: neighbours have been
 * allocated by one caller. The charge is read while the record does not change, so
 * it is of the same life.
 *
 * Context: The caller keeps memory online.
 * Return: false if the page has to be read in full.
 */
static __always_inline bool
page_owner_read_same(struct page *page, const struct page_owner_record *rec,
		     struct page_owner_snapshot *snap)
{
	u32 bits = page_owner_record_begin(rec);
	unsigned long word;
	bool done;

	if (bits & PAGE_OWNER_WRITING || !page_owner_same_owner(snap, rec, bits) ||
	    PageTail(page))
		return false;
	rcu_read_lock();
	word = page_owner_base_charge_word(page);
	snap->flags = page_owner_base_flags(page);
	if (!static_branch_unlikely(&page_owner_lean))
		snap->owner.ts_nsec = READ_ONCE(rec->ts_nsec);
	done = !page_owner_record_changed(rec, bits);
	if (likely(done))
		page_owner_set_charge(snap, word);
	rcu_read_unlock();
	return done;
}

/**
 * page_owner_set_place() - fill in where a page lies
 * @walk: the walk, in the pageblock of the page; that is looked at once
 * @page: the page
 * @snap: its members about that are set
 *
 * Context: The caller keeps memory online.
 */
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

/**
 * page_owner_walk_matches() - ask the filter
 * @walk: the walk
 * @snap: a record
 *
 * Context: As the filter's.
 * Return: whether the record is to be shown.
 */
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

	if (i >= block->nr || PagePoisoned(page) || !page_owner_walk_wants(walk, page) ||
	    !page_owner_read_same(page, page_owner_record_at(block, i), snap))
		return PAGE_OWNER_STEP_NONE;
	snap->pfn = pfn;
	snap->block_pfn = pfn;
	page_owner_set_place(walk, page, snap);
	walk->pfn = pfn + (1UL << snap->owner.order);
	walk->partial = false;
	return page_owner_walk_matches(walk, snap) ? PAGE_OWNER_STEP_SHOW :
						     PAGE_OWNER_STEP_PAST;
}

#endif /* _MM_PAGE_OWNER_WALK_H */
