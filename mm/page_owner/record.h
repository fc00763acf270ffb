/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: what is kept of each page, and what mm/page_owner.c, which keeps it,
 * does for other rooms. Theory of operation: mm/page_owner.c.
 */
#ifndef _MM_PAGE_OWNER_RECORD_H
#define _MM_PAGE_OWNER_RECORD_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/jump_label.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/page_ext.h>
#include <linux/page_owner.h>
#include <linux/stackdepot.h>
#include <linux/types.h>

/**
 * struct page_owner_record - what is kept of one page, in page_ext
 * @bits: see below
 * @gfp_mask: of the allocation
 * @handle: stack of the allocation; counted, see mm/page_owner/stacks.c
 * @task: number of the allocating task, see mm/page_owner/task.c
 * @ts_nsec: local_clock() of the allocation
 * @free_ts_nsec: local_clock() of the last free
 * @free_handle: stack of the last free; not counted. 0 before the first free.
 * @free_task: number of the freeing task
 *
 * @bits, from the lowest::
 *
 *	 31 ... 16    15 14   13 12 11 10    9 8 7 6 5    4 3 2 1 0
 *	+-----------+-------+-------------+-------------+-----------+
 *	|    seq    | flags | reason + 1  | free_order  |   order   |
 *	+-----------+-------+-------------+-------------+-----------+
 *
 * seq is odd while the other members are being written, which is what
 * PAGE_OWNER_WRITING says. order and free_order belong to the allocation and to
 * the last free, reason is why the page was migrated last. PAGE_OWNER_RECORDED says
 * that the members of the allocation were set at least once; PAGE_OWNER_ALLOCATED
 * that the page is now the first one of a block that it describes.
 *
 * Locking: none. A block's record is written by the owner of the block (hooks run
 * after a page left the free lists, and before it returns), and read by anyone
 * under RCU. The layout is read by debuggers: scripts/gdb/linux/page_owner.py.
 */
struct page_owner_record {
	u32 bits;
	gfp_t gfp_mask;
	depot_stack_handle_t handle;
	u32 task;
	/* Up to here with page_owner=lean. */
	u64 ts_nsec;
	u64 free_ts_nsec;
	depot_stack_handle_t free_handle;
	u32 free_task;
};

#define PAGE_OWNER_LEAN_SIZE	offsetof(struct page_owner_record, ts_nsec)

/* Members of @bits, as an enum for debuggers. */
enum page_owner_bits {
	PAGE_OWNER_ORDER	= GENMASK(4, 0),
	PAGE_OWNER_FREE_ORDER	= GENMASK(9, 5),
	PAGE_OWNER_REASON	= GENMASK(13, 10),
	PAGE_OWNER_RECORDED	= BIT(14),
	PAGE_OWNER_ALLOCATED	= BIT(15),
	PAGE_OWNER_SEQ		= GENMASK(31, 16),
	PAGE_OWNER_WRITING	= BIT(16),
};

/* Without times and all about the last free. */
DECLARE_STATIC_KEY_FALSE(page_owner_lean);

/* False while recording is paused. */
extern bool page_owner_recording;

bool page_owner_mark_early(struct page *page, depot_stack_handle_t early);
void page_owner_unmark_range(unsigned long pfn, unsigned long nr);

static inline bool page_owner_is_lean(void)
{
	return static_branch_unlikely(&page_owner_lean);
}

/* Bytes of a record that are kept. */
static inline size_t page_owner_record_size(void)
{
	return page_owner_is_lean() ? PAGE_OWNER_LEAN_SIZE :
				      sizeof(struct page_owner_record);
}

/* The record in a page's page_ext. */
static inline struct page_owner_record *page_owner_record_of(struct page_ext *ext)
{
	return page_ext_data(ext, &page_owner_ops);
}

/* Whether the page is the first one of an allocated block. */
static inline bool page_owner_marked(const struct page_owner_record *rec)
{
	return READ_ONCE(rec->bits) & PAGE_OWNER_ALLOCATED;
}

static inline unsigned int page_owner_bits_order(u32 bits)
{
	return FIELD_GET(PAGE_OWNER_ORDER, bits);
}

static inline unsigned int page_owner_bits_free_order(u32 bits)
{
	return FIELD_GET(PAGE_OWNER_FREE_ORDER, bits);
}

/**
 * page_owner_record_begin() - begin to read a record
 * @rec: the record
 *
 * Context: Any. The caller keeps the memory online, or holds the RCU read lock.
 * Return: the record's bits, for page_owner_record_changed(). PAGE_OWNER_WRITING is
 * among them while the record is being written.
 */
static __always_inline u32 page_owner_record_begin(const struct page_owner_record *rec)
{
	/* Pairs with smp_store_release() in end_write(). */
	return smp_load_acquire(&rec->bits);
}

/**
 * page_owner_record_changed() - whether what has been read must be thrown away
 * @rec: the record
 * @bits: page_owner_record_begin()
 *
 * Context: As page_owner_record_begin().
 * Return: true if the record has been, or is being, written since.
 */
static __always_inline bool
page_owner_record_changed(const struct page_owner_record *rec, u32 bits)
{
	/* Pairs with cmpxchg() in try_begin_write(). */
	smp_rmb();
	return READ_ONCE(rec->bits) != bits;
}

/**
 * page_owner_ext_of_pfn() - the page_ext of a page that may not be there
 * @pfn: any PFN
 *
 * Context: Any. To be put with page_ext_put() in any case.
 * Return: the page_ext, NULL if there is none.
 */
static inline struct page_ext *page_owner_ext_of_pfn(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page ? page_ext_get(page) : NULL;
}

/**
 * page_owner_next_first() - where else the block can begin that a page is part of
 * @pfn: set to the next candidate: its lowest bit that is set is cleared. Blocks
 *       are aligned to their size, so there is no other place.
 *
 * Context: Any.
 * Return: false if there is none.
 */
static inline bool page_owner_next_first(unsigned long *pfn)
{
	if (!*pfn)
		return false;
	*pfn &= *pfn - 1;
	return true;
}

#endif /* _MM_PAGE_OWNER_RECORD_H */
