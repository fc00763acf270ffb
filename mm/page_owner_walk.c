// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: from PFN to PFN.
 *
 * The only place that steps through memory, because every step has a trap:
 * sections may be offline, holes may have no struct page, a struct page may not
 * be initialised yet, and the order of a free block is read while the block may
 * be taken apart.
 */
#include <linux/cgroup.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_ext.h>
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
	if (walk->zones && !(walk->zones & BIT(page_zonenum(page))))
		return false;
	return !walk->nodes || node_isset(page_to_nid(page), *walk->nodes);
}

/*
 * Fills in how the page is charged, and by which memory cgroup. RCU keeps that
 * one from going away. The name is looked up only when it is another one's.
 */
static void set_charge(struct page_owner_snapshot *snap,
		       enum page_owner_charge charge, struct mem_cgroup *memcg)
{
	snap->charge = charge;
#ifdef CONFIG_MEMCG
	if (charge < PAGE_OWNER_CHARGED)
		return;
	snap->memcg_online = memcg->css.flags & CSS_ONLINE;
	if (snap->memcg_ino == cgroup_ino(memcg->css.cgroup))
		return;
	snap->memcg_ino = cgroup_ino(memcg->css.cgroup);
	cgroup_name(memcg->css.cgroup, snap->memcg_name, sizeof(snap->memcg_name));
#endif
}

/*
 * An allocation's record is at its first page. Only where a walk begins can there
 * be a page whose block began before; but of a freed block any page may be left.
 */
static bool read_record(struct page_owner_walk *walk, struct page *page,
			struct page_owner_snapshot *snap)
{
	bool first = !walk->partial && !walk->freed;

	return first ? page_owner_read_first(page, snap) : page_owner_read(page, snap);
}

/*
 * Reads the record, and the charge before and after it: if that has not changed,
 * both are of one life of the page. (For them not to be, the page would have to
 * come back twice, and to the same memory cgroup, between the two.)
 */
static bool read_charged(struct page_owner_walk *walk, struct page *page,
			 struct page_owner_snapshot *snap)
{
	struct mem_cgroup *memcg = NULL, *again = NULL;
	enum page_owner_charge charge;
	bool done = false;
	int tries;

	rcu_read_lock();
	for (tries = 0; tries < 8 && !done; tries++) {
		charge = page_owner_base_memcg(page, &memcg);
		if (!read_record(walk, page, snap))
			break;
		done = page_owner_base_memcg(page, &again) == charge &&
		       again == memcg;
	}
	if (done)
		set_charge(snap, charge, memcg);
	rcu_read_unlock();
	return done;
}

/* A tail page's memory cgroup word means something else. */
static bool read_page(struct page_owner_walk *walk, struct page *page,
		      struct page_owner_snapshot *snap)
{
	bool done = PageTail(page) ? read_record(walk, page, snap) :
				     read_charged(walk, page, snap);

	snap->nid = page_to_nid(page);
	snap->zone = page_zonenum(page);
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

/* Goes behind the page or block; returns whether it is to be shown. */
static bool walk_page(struct page_owner_walk *walk, struct page *page,
		      struct page_owner_snapshot *snap)
{
	bool partial = walk->partial, shown = false;

	if (PagePoisoned(page) || !page_matches(walk, page) ||
	    !read_page(walk, page, snap)) {
		walk->pfn++;
		return false;
	}
	walk->partial = false;
	if (snap->allocated) {
		walk->pfn = snap->block_pfn + (1UL << snap->owner.order);
		shown = snap->block_pfn == snap->pfn || partial;
	} else {
		walk->pfn++;
		if (walk->freed && snap->recorded && snap->owner.free_handle)
			shown = first_of_freed(walk, snap);
	}
	return shown && (!walk->match || walk->match(snap, walk->data));
}

/* Pages that a page without a mark stands for: a free block, or itself. */
static unsigned long step_over(struct page *page, unsigned long pfn)
{
	unsigned int order;

	if (PagePoisoned(page) || !page_owner_base_is_free(page))
		return 1;
	order = page_owner_base_free_order(page);
	return page_owner_skip_free(pfn, order) - pfn;
}

/*
 * The next page before @stop of which there is a record, by a look at no more
 * than its mark and, without one, at what lies in the free lists. The first page
 * is online, and so are those up to @stop.
 */
static struct page *next_recorded(struct page_owner_walk *walk,
				  struct page *page, unsigned long stop)
{
	struct page_ext *const first = page_ext_get(page), *ext = first;
	unsigned long step;

	for (; ext && walk->pfn < stop; walk->pfn += step, page += step) {
		if (page_owner_ext_marked(ext, walk->freed || walk->partial))
			break;
		step = walk->freed ? 1 : step_over(page, walk->pfn);
		ext = (void *)ext + step * page_ext_size;
	}
	page_ext_put(first);
	if (!ext)
		walk->pfn = stop;
	return walk->pfn < stop ? page : NULL;
}

/*
 * The next record before @stop, if any: true, and @walk is behind it. Memory, and
 * memory for page_ext, come in units of at least a pageblock.
 */
static bool walk_chunk(struct page_owner_walk *walk, unsigned long stop,
		       struct page_owner_snapshot *snap)
{
	while (walk->pfn < stop) {
		unsigned long end = min(pageblock_end_pfn(walk->pfn), stop);
		struct page *page = pfn_to_online_page(walk->pfn);

		if (!page) {
			walk->pfn = end;
			continue;
		}
		page = next_recorded(walk, page, end);
		if (page && walk_page(walk, page, snap))
			return true;
	}
	return false;
}

/**
 * page_owner_walk_next() - find the next record
 * @walk: the walk; its pfn is set to one past the last page of the allocation,
 *        or the freed page, or to its end
 * @snap: the record, as found at its first page. To be zeroed once; its
 *        memcg_name is then only filled in when memcg_ino changes.
 *
 * Context: Process context, may sleep. The caller keeps memory online.
 * Return: 1 if a record was found, 0 at the end, -EINTR if a fatal signal
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
