/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: one record, read back.
 */
#ifndef _MM_PAGE_OWNER_READ_H
#define _MM_PAGE_OWNER_READ_H

#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/stackdepot.h>
#include <linux/types.h>

#include "base.h"
#include "record.h"
#include "task.h"

/**
 * struct page_owner - what is known of one page, readable
 * @order: the block that the page is part of has 2^@order pages
 * @last_migrate_reason: enum migrate_reason, or -1 if never migrated
 * @handle: stack of the allocation. 0 only before the first allocation.
 * @gfp_mask: of the allocation
 * @tgid: allocating process, 0 if not known any more
 * @pid: allocating thread, 0 if not known any more
 * @comm: command name of the allocating thread, terminated
 * @free_pid: thread of the last free
 * @free_tgid: process of the last free
 * @free_handle: stack of the last free. 0 before the first free.
 * @free_ts_nsec: local_clock() of the last free
 * @ts_nsec: local_clock() of the allocation
 *
 * With page_owner=lean all about the last free, and both times, are 0.
 */
struct page_owner {
	unsigned int order;
	int last_migrate_reason;

	/* The allocation */
	depot_stack_handle_t handle;
	gfp_t gfp_mask;
	pid_t tgid;
	pid_t pid;
	char comm[TASK_COMM_LEN];

	/* The last free */
	pid_t free_pid;
	pid_t free_tgid;
	depot_stack_handle_t free_handle;
	u64 free_ts_nsec;

	u64 ts_nsec;
};

/**
 * struct page_owner_snapshot - one page, as it was at one moment
 * @pfn: page frame number
 * @flags: page flags
 * @block_pfn: first page of the block that @owner describes
 * @pageblock_mt: migrate type of the pageblock
 * @allocated: the page is allocated now
 * @recorded: the allocation's members of @owner have been set
 * @free_order: the last free was of a block of 2^@free_order pages
 * @owner: the record
 * @owner_nr: set by a walk only: the same as in the snapshot before if all of
 *            @owner but its time is; 0 if that is not known
 * @rec: the record, as it was copied; its bits are 0 if @owner is not from there
 * @gone: page_owner_tasks_gone when the task in @rec was looked up
 * @charge_word: page_owner_base_charge_word() while @owner was so
 * @charge: how the page is charged; set by a walk only
 * @memcg_online: for PAGE_OWNER_CHARGED*: the memory cgroup still exists
 * @memcg_name: for PAGE_OWNER_CHARGED*: its name, without the path
 * @memcg_ino: for PAGE_OWNER_CHARGED*: its cgroup's inode; set by a walk only,
 *             which leaves @memcg_name as it is if that is of this inode
 * @nid: node; set by a walk only
 * @zone: number of the zone; set by a walk only
 */
struct page_owner_snapshot {
	unsigned long pfn;
	unsigned long flags;
	unsigned long block_pfn;
	int pageblock_mt;
	bool allocated;
	bool recorded;
	unsigned int free_order;
	struct page_owner owner;
	unsigned long owner_nr;
	struct page_owner_record rec;
	unsigned long gone;
	unsigned long charge_word;
	enum page_owner_charge charge;
	bool memcg_online;
	char memcg_name[80];
	u64 memcg_ino;
	u16 nid;
	u8 zone;
};

bool page_owner_read(struct page *page, struct page_owner_snapshot *snap);
bool page_owner_read_first(struct page *page, const struct page_owner_record *rec,
			   struct page_owner_snapshot *snap);

/**
 * page_owner_same_owner() - whether an owner has been read already
 * @snap: the record that was read before
 * @rec: the record to be read
 * @bits: its page_owner_record_begin()
 *
 * The same number may be another task's only after an identity has gone.
 *
 * Context: The caller keeps memory online.
 * Return: true if @rec is not being written, and both are of allocated blocks with
 * the same owner, in all but the time.
 */
static __always_inline bool
page_owner_same_owner(const struct page_owner_snapshot *snap,
		      const struct page_owner_record *rec, u32 bits)
{
	const u32 differ = (PAGE_OWNER_SEQ & ~PAGE_OWNER_WRITING) | PAGE_OWNER_FREE_ORDER;
	const struct page_owner_record *known = &snap->rec;

	return bits & PAGE_OWNER_ALLOCATED && !((bits ^ known->bits) & ~differ) &&
	       READ_ONCE(rec->handle) == known->handle &&
	       READ_ONCE(rec->task) == known->task &&
	       READ_ONCE(rec->gfp_mask) == known->gfp_mask &&
	       READ_ONCE(page_owner_tasks_gone) == snap->gone;
}

/**
 * struct page_owner_rest - what differs between pages of one owner
 * @flags: page flags
 * @charge_word: page_owner_base_charge_word()
 * @ts_nsec: local_clock() of the allocation
 */
struct page_owner_rest {
	unsigned long flags;
	unsigned long charge_word;
	u64 ts_nsec;
};

/**
 * page_owner_read_same() - read a page whose owner has been read already
 * @page: the first page of a block
 * @rec: its record
 * @snap: the record that was read before
 * @rest: filled in
 *
 * Neighbours have mostly been allocated by one caller, so this is the usual case.
 * Everything is read while the record does not change, so it is of one life.
 *
 * Context: The caller keeps memory online, and holds the RCU read lock until the
 * charge has been decoded.
 * Return: false if the page has to be read in full.
 */
static __always_inline bool
page_owner_read_same(const struct page *page, const struct page_owner_record *rec,
		     const struct page_owner_snapshot *snap, struct page_owner_rest *rest)
{
	u32 bits = page_owner_record_begin(rec);

	if (!page_owner_same_owner(snap, rec, bits) || PageTail(page))
		return false;
	rest->charge_word = page_owner_base_charge_word(page);
	rest->flags = page_owner_base_flags(page);
	rest->ts_nsec = page_owner_is_lean() ? 0 : READ_ONCE(rec->ts_nsec);
	return !page_owner_record_changed(rec, bits);
}

#endif /* _MM_PAGE_OWNER_READ_H */
