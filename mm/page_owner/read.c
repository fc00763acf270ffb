// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: reading a record back.
 *
 * Without a lock, while it may be written: a reader copies a record and then looks
 * whether its sequence number is still the same. Of a page that is not the first one
 * of its block, records of other pages may tell: see mm/page_owner.c.
 */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "base.h"
#include "read.h"
#include "record.h"
#include "task.h"

/* A time at which an allocated block's task was there. */
#define STILL_THERE	(U64_MAX - 1)

static void unpack_allocation(const struct page_owner_record *rec,
			      struct page_owner *owner)
{
	u64 when = page_owner_marked(rec) ? STILL_THERE :
		   page_owner_is_lean() ? 0 : rec->ts_nsec;
	struct page_owner_identity task;

	owner->order = page_owner_bits_order(rec->bits);
	owner->last_migrate_reason = (int)FIELD_GET(PAGE_OWNER_REASON, rec->bits) - 1;
	owner->handle = rec->handle;
	owner->gfp_mask = rec->gfp_mask;
	owner->ts_nsec = page_owner_is_lean() ? 0 : rec->ts_nsec;
	page_owner_task_read(rec->task, when, &task);
	owner->pid = task.pid;
	owner->tgid = task.tgid;
	memcpy(owner->comm, task.comm, sizeof(owner->comm));
}

static void unpack_free(struct page_owner_snapshot *snap)
{
	const struct page_owner_record *rec = &snap->rec;
	struct page_owner *owner = &snap->owner;
	struct page_owner_identity task;

	if (page_owner_is_lean() || !rec->free_handle)
		return;
	owner->free_handle = rec->free_handle;
	owner->free_ts_nsec = rec->free_ts_nsec;
	page_owner_task_read(rec->free_task, rec->free_ts_nsec, &task);
	owner->free_pid = task.pid;
	owner->free_tgid = task.tgid;
}

/* Returns false if the record was being written, or has been since. */
static bool try_read(struct page *page, const struct page_owner_record *rec,
		     struct page_owner_snapshot *snap)
{
	u32 bits = page_owner_record_begin(rec);

	if (bits & PAGE_OWNER_WRITING)
		return false;
	/* Half a record, if so it is, is thrown away below. */
	data_race(memcpy(&snap->rec, rec, page_owner_record_size()));
	snap->allocated = page_owner_marked(&snap->rec);
	snap->recorded = snap->rec.bits & PAGE_OWNER_RECORDED;
	snap->free_order = page_owner_bits_free_order(snap->rec.bits);
	memset(&snap->owner, 0, sizeof(snap->owner));
	snap->gone = READ_ONCE(page_owner_tasks_gone);
	if (snap->recorded)
		unpack_allocation(&snap->rec, &snap->owner);
	snap->flags = page_owner_base_flags(page);
	/* A tail page's word means something else. */
	snap->charge_word = PageTail(page) ? 0 : page_owner_base_charge_word(page);
	return !page_owner_record_changed(rec, bits);
}

/**
 * page_owner_read_first() - what is known of a block, if a page is its first one
 * @page: any page of an online section
 * @rec: its record
 * @snap: filled in, but for the migrate type of the pageblock; its owner's members
 *        are zero where nothing was recorded. Of an allocated block it does not
 *        say by whom it was freed last.
 *
 * Everything in @snap belongs to one life of the page: it was allocated, or was
 * free, all the time while it was read. A page whose record is being written all
 * the time while we try is one that changes hands just now, and is left out.
 *
 * Context: Any. The caller keeps @rec from going away.
 * Return: false if there is no moment of rest. If the page is not the first one of
 * an allocated block, @snap is not allocated.
 */
bool page_owner_read_first(struct page *page, const struct page_owner_record *rec,
			   struct page_owner_snapshot *snap)
{
	bool done = false;
	int tries;

	rcu_read_lock();
	for (tries = 0; tries < 8 && !done; tries++)
		done = try_read(page, rec, snap);
	if (!done)
		snap->rec.bits = 0;
	else if (!snap->allocated)
		unpack_free(snap);
	rcu_read_unlock();
	snap->pfn = page_to_pfn(page);
	snap->block_pfn = snap->pfn;
	return done;
}

/* Reads all of a page's own record. */
static bool read_record(struct page *page, struct page_owner_snapshot *snap)
{
	struct page_ext *ext = page_ext_get(page);
	bool done = ext && page_owner_read_first(page, page_owner_record_of(ext), snap);

	if (done && snap->allocated)
		unpack_free(snap);
	page_ext_put(ext);
	return done;
}

/* Takes over the last free. */
static void copy_free(struct page_owner *to, const struct page_owner *from)
{
	to->free_handle = from->free_handle;
	to->free_ts_nsec = from->free_ts_nsec;
	to->free_pid = from->free_pid;
	to->free_tgid = from->free_tgid;
}

/* Takes over the last free, and what that freed unless that is known better. */
static void take_free(struct page_owner_snapshot *snap,
		      const struct page_owner_snapshot *other)
{
	if (snap->allocated) {
		copy_free(&snap->owner, &other->owner);
		return;
	}
	snap->recorded = other->recorded;
	snap->block_pfn = other->block_pfn;
	snap->owner = other->owner;
}

/* Takes over the allocation of the block that another page of it tells about. */
static void take_allocation(struct page_owner_snapshot *snap,
			    const struct page_owner_snapshot *other)
{
	const struct page_owner own = snap->owner;

	snap->allocated = true;
	snap->recorded = true;
	snap->block_pfn = other->block_pfn;
	snap->owner = other->owner;
	copy_free(&snap->owner, &own);
}

/* What the record at @pfn tells of the page that @snap is about. */
static void consider(struct page_owner_snapshot *snap, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);
	struct page_owner_snapshot other;
	unsigned long distance = snap->pfn - pfn;

	if (!page || !read_record(page, &other))
		return;
	if (!snap->allocated && other.allocated &&
	    distance < 1UL << other.owner.order)
		take_allocation(snap, &other);
	if (distance < 1UL << other.free_order &&
	    other.owner.free_ts_nsec > snap->owner.free_ts_nsec)
		take_free(snap, &other);
}

/* A quick look whether a record tells of pages that are so far behind its own. */
static bool may_reach(const struct page_owner_record *rec, unsigned long distance)
{
	u32 bits = READ_ONCE(rec->bits);

	return distance < 1UL << max(page_owner_bits_order(bits),
				     page_owner_bits_free_order(bits));
}

/* Where page_ext surely goes on without a gap up to @pfn. */
static unsigned long ext_array_start(unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	return SECTION_ALIGN_DOWN(pfn);
#else
	return ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
#endif
}

/*
 * All pages that a block can begin at that this page is, or was, a part of. Most
 * have no record that reaches as far, which a look at it tells.
 */
static void consider_firsts(struct page_owner_snapshot *snap)
{
	unsigned long pfn = snap->pfn, start = ext_array_start(pfn);
	struct page_ext *ext = page_ext_get(pfn_to_page(pfn));

	if (!ext)
		return;
	while (page_owner_next_first(&pfn)) {
		unsigned long distance = snap->pfn - pfn;
		struct page_ext *own = NULL, *first;

		if (pfn < start)
			own = page_owner_ext_of_pfn(pfn);
		first = pfn < start ? own : (void *)ext - distance * page_ext_size;
		if (first && may_reach(page_owner_record_of(first), distance))
			consider(snap, pfn);
		page_ext_put(own);
	}
	page_ext_put(ext);
}

/**
 * page_owner_read() - what is known of a page, wherever in its block it is
 * @page: any page of an online section
 * @snap: filled in, as by page_owner_read_first(), and with all that it leaves out
 *
 * The page's own flags, and what is known of the block that it is part of, or of
 * the one that it was part of last. With page_owner=lean only the page's own
 * record tells of a free page, and there is no saying how old it is.
 *
 * Context: Any. The caller keeps the section online, or can live with a page that
 * has just gone.
 * Return: false if there is no page_ext, or no moment of rest.
 */
bool page_owner_read(struct page *page, struct page_owner_snapshot *snap)
{
	if (!read_record(page, snap))
		return false;
	snap->pageblock_mt = get_pageblock_migratetype(page);
	consider_firsts(snap);
	/* Records of several pages may have told. */
	snap->rec.bits = 0;
	return true;
}
