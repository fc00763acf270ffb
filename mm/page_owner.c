// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: who allocated each page.
 *
 * Theory of operation
 * ===================
 *
 * Every page has a record in page_ext. The allocator's hooks fill in that of a
 * block's first page when the block leaves the free lists, and mark it free when
 * the block comes back; the last free is kept beside the allocation, for
 * dump_page(). A record says how large its block is, so nothing is written for
 * the other pages, and the cost of a hook does not grow with the order.
 *
 * To find the owner of any page: blocks are aligned to their size, so the first
 * page of the block that a page is part of is one of few, namely the page itself,
 * or its PFN with some of the lowest bits cleared. It is the one whose record is
 * marked allocated and reaches as far as the page:
 *
 *   a record is marked allocated exactly as long as the block that it describes
 *   is allocated as that block.
 *
 * So marked records never overlap. A block that falls apart without being freed
 * gets a record for each piece: split_page() and its like call a hook for that,
 * and the free of a part of a block is noticed because there is no marked record
 * of that order where the part begins (free_uneven()).
 *
 * What a page was last freed by is known, too: of all records that reach as far
 * as the page, the one whose free came last. For this a record knows how large
 * the block was that was freed (free_order), and before the record of a large
 * block makes way for a smaller one, it is copied to the first pages of the
 * pieces that remain (spread_free()). That is one per order, like the pieces that
 * the allocator puts back to its lists, unless they have been allocated already.
 *
 * A stack is stored once, by stackdepot. How many base pages each stack owns is
 * counted in mm/page_owner/stacks.c, under this invariant:
 *
 *   at rest, a stack's count is the number of pages in the blocks of records
 *   that are marked allocated and carry its handle.
 *
 * To keep it, code that marks or unmarks a record, or changes the handle or the
 * order of a marked one, moves the same number of pages in the counts, and
 * subtracts them from the stack in the record. What cannot be known goes to an
 * entry of its own and is counted there: early allocations, the tracker's own,
 * those made while recording was paused, and those whose stack could not be stored.
 *
 * Exceptions: "at rest" means that no hook is running; a hook marks first and
 * counts then. Memory that goes offline takes its marks and their counts along.
 * With deferred initialisation of struct pages, other CPUs allocate while early
 * pages are being marked: see mark_early_pages() in mm/page_owner/init.c.
 *
 * Writers: hooks run where their caller owns the block alone, so a record has one
 * writer at a time. The exceptions are free_uneven(), which has a lock, and
 * spread_free(), for which a record's sequence number is the lock.
 * Readers: any context, at any time, with only RCU to keep page_ext from going
 * away with its memory section. A reader can see a record half written; the
 * sequence number in it tells, see page_owner_record_begin().
 *
 * page_owner=lean keeps only the first 16 bytes of a record: neither times nor
 * anything about frees.
 *
 * The rooms in mm/page_owner/, each of which uses only those before it:
 *
 *   recording:  task, stacks, capture, this file, param, init
 *   reading:    read, walk
 *   the dump:   cache, filter, text, dump, raw
 *   other:      debugfs, mixed, show_mem
 */
#include <linux/bitfield.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>
#include <linux/stack_cache.h>
#include <linux/string.h>

#include "page_owner/base.h"
#include "page_owner/capture.h"
#include "page_owner/record.h"
#include "page_owner/stacks.h"
#include "page_owner/task.h"

DEFINE_STATIC_KEY_FALSE(page_owner_inited);
DEFINE_STATIC_KEY_FALSE(page_owner_lean);

/*
 * While recording is paused the hooks go on: a block gets a record with an entry
 * of its own in place of a stack, without a task. So a block that was recorded
 * before leaves the counts when it is freed, and one that is allocated does not
 * seem to be its last owner's. Each hook looks once whether recording is paused,
 * and both ways keep the invariant, so there is nothing to wait for. No static key:
 * to look costs one instruction more than that, and switching is free.
 */
bool page_owner_recording __read_mostly = true;

static unsigned int order_of(const struct page_owner_record *rec)
{
	return page_owner_bits_order(READ_ONCE(rec->bits));
}

/* Whether the last free was of a larger block. */
static bool bits_freed_larger(u32 bits, unsigned int order)
{
	return (bits & PAGE_OWNER_FREE_ORDER) > FIELD_PREP(PAGE_OWNER_FREE_ORDER, order);
}

/* The same bits with another order, or another order of what was freed. */
static u32 with_order(u32 bits, unsigned int order)
{
	return (bits & ~PAGE_OWNER_ORDER) | FIELD_PREP(PAGE_OWNER_ORDER, order);
}

static u32 with_free_order(u32 bits, unsigned int order)
{
	return (bits & ~PAGE_OWNER_FREE_ORDER) |
	       FIELD_PREP(PAGE_OWNER_FREE_ORDER, order);
}

static bool is_paused(void)
{
	/* Either answer is right while it changes, and each hook asks once. */
	return unlikely(!data_race(page_owner_recording));
}

/*
 * Writing a record
 *
 * begin_write() and end_write() enclose every change. The lowest bit of the
 * sequence number is set in between, which tells readers to come back later, and
 * keeps other writers out. Only in one case is a record written without owning its
 * block: spread_free(), with interrupts off, so that nothing waits long. Because
 * of it, whatever is not the caller's own to change is to be read in between, too.
 * The sequence number and all other bits are one word, so what begin_write()
 * returns is what they are until end_write() sets new ones.
 */

static __always_inline bool try_begin_write(struct page_owner_record *rec, u32 *bits)
{
	/* A full barrier; pairs with the smp_rmb() in page_owner_record_changed(). */
	return !(*bits & PAGE_OWNER_WRITING) &&
	       try_cmpxchg(&rec->bits, bits, *bits | PAGE_OWNER_WRITING);
}

static __always_inline u32 begin_write(struct page_owner_record *rec)
{
	u32 bits = READ_ONCE(rec->bits);

	while (unlikely(!try_begin_write(rec, &bits))) {
		cpu_relax();
		bits = READ_ONCE(rec->bits);
	}
	return bits;
}

/* The next sequence number; what is too much drops out at the top. */
static __always_inline void end_write(struct page_owner_record *rec, u32 bits)
{
	/* Pairs with smp_load_acquire() in page_owner_record_begin(). */
	smp_store_release(&rec->bits, bits + 2 * PAGE_OWNER_WRITING);
}

/**
 * struct owner_tally - pages on their way into or out of the counts
 * @handle: of the stack that they belong to
 * @pages: how many, negative if the stack loses them
 * @frees: frees among that
 *
 * Neighbours nearly always have the same stack, so a look-up serves many pages.
 */
struct owner_tally {
	depot_stack_handle_t handle;
	long pages;
	unsigned int frees;
};

static void tally_flush(struct owner_tally *tally)
{
	if (tally->pages)
		page_owner_stack_count(tally->handle, tally->pages, 0, tally->frees);
	tally->pages = 0;
	tally->frees = 0;
}

static void tally_add(struct owner_tally *tally, depot_stack_handle_t handle,
		      long pages)
{
	if (tally->handle != handle) {
		tally_flush(tally);
		tally->handle = handle;
	}
	tally->pages += pages;
	tally->frees += pages < 0;
}

/*
 * Takes a record's block from its owners, and the mark from the record, if it has
 * one. Without the mark another CPU may overwrite the rest (remember_free()), so
 * that is read before.
 */
static void unmark(struct page_owner_record *rec, struct owner_tally *tally)
{
	depot_stack_handle_t handle;
	u32 bits, task;

	if (!page_owner_marked(rec))
		return;
	bits = begin_write(rec);
	handle = rec->handle;
	task = rec->task;
	end_write(rec, bits & ~PAGE_OWNER_ALLOCATED);
	tally_add(tally, handle, -(1L << page_owner_bits_order(bits)));
	page_owner_task_put(task);
}

/* Where an array of page_ext ends: it is allocated per memory section. */
static unsigned long ext_array_end(unsigned long pfn)
{
#ifdef CONFIG_SPARSEMEM
	return SECTION_ALIGN_DOWN(pfn) + PAGES_PER_SECTION;
#else
	return ULONG_MAX;
#endif
}

/* Sections may have no page_ext. That of a PFN past the end is never formed. */
static void unmark_range(unsigned long pfn, unsigned long nr, struct owner_tally *tally)
{
	unsigned long end = pfn + nr, stop;

	for (; pfn < end; pfn = stop) {
		struct page_ext *ext = page_ext_get(pfn_to_page(pfn));
		unsigned long i;

		stop = min(end, ext_array_end(pfn));
		for (i = 0; ext && i < stop - pfn; i++)
			unmark(page_owner_record_of((void *)ext + i * page_ext_size), tally);
		page_ext_put(ext);
	}
}

/**
 * page_owner_unmark_range() - the pages of a range have no owners any more
 * @pfn: the first page
 * @nr: that many
 *
 * Context: Any. The caller owns the blocks, and keeps the memory online.
 */
void page_owner_unmark_range(unsigned long pfn, unsigned long nr)
{
	struct owner_tally tally = {};

	unmark_range(pfn, nr, &tally);
	tally_flush(&tally);
}

/*
 * Copies who allocated, between begin_write() and end_write(), from a record with
 * these bits. Returns the bits for @to.
 */
static u32 copy_allocation(struct page_owner_record *to, u32 bits,
			   const struct page_owner_record *from, u32 from_bits)
{
	const u32 mask = PAGE_OWNER_ORDER | PAGE_OWNER_REASON |
			 PAGE_OWNER_RECORDED | PAGE_OWNER_ALLOCATED;

	to->gfp_mask = from->gfp_mask;
	to->handle = from->handle;
	to->task = from->task;
	if (!page_owner_is_lean())
		to->ts_nsec = from->ts_nsec;
	return (bits & ~mask) | (from_bits & mask);
}

/* Copies who freed. Within begin_write() and end_write(); not if lean. */
static void copy_free(struct page_owner_record *to,
		      const struct page_owner_record *from)
{
	to->free_ts_nsec = from->free_ts_nsec;
	to->free_handle = from->free_handle;
	to->free_task = from->free_task;
}

/*
 * Lets the first page of a piece remember the last free, unless it has been freed
 * again since. Returns the order of the piece that this is settled for, at most
 * @order.
 */
static unsigned int remember_free(struct page_owner_record *to, unsigned int order,
				  const struct page_owner_record *rec)
{
	u32 bits = READ_ONCE(to->bits);

	/* Its writer owns the page; the neighbours are seen to. */
	if (!try_begin_write(to, &bits))
		return 0;
	if (to->free_ts_nsec > rec->free_ts_nsec) {
		order = min(order, page_owner_bits_free_order(bits));
	} else {
		if (bits & PAGE_OWNER_ALLOCATED)
			order = min(order, page_owner_bits_order(bits));
		else
			bits = copy_allocation(to, bits, rec,
					       rec->bits & ~PAGE_OWNER_ALLOCATED);
		copy_free(to, rec);
		bits = with_free_order(bits, order);
	}
	end_write(to, bits);
	return order;
}

/* Lets the pieces of a freed block remember that, all but the first 2^order pages. */
static void tell_pieces(unsigned long pfn, unsigned int order,
			const struct page_owner_record *rec)
{
	unsigned long end = pfn + (1UL << page_owner_bits_free_order(rec->bits));

	for (pfn += 1UL << order; pfn < end;) {
		struct page_ext *ext = page_owner_ext_of_pfn(pfn);
		/* As large as the alignment allows; this ends with the block. */
		unsigned int piece = __ffs(pfn);

		if (ext)
			piece = remember_free(page_owner_record_of(ext), piece, rec);
		page_ext_put(ext);
		pfn += 1UL << piece;
	}
}

/*
 * The last free of a block will not be found at its first page any more, but for
 * the first 2^order pages. So it goes to the first pages of the other pieces. They
 * may have other owners by now, and another CPU may be doing the same to this
 * record: only what has been told is taken from it.
 */
static void spread_free(unsigned long pfn, unsigned int order,
			struct page_owner_record *rec)
{
	struct page_owner_record copy = {};
	unsigned long flags;
	u32 bits;

	local_irq_save(flags);
	bits = begin_write(rec);
	memcpy(&copy, rec, page_owner_record_size());
	end_write(rec, bits);
	tell_pieces(pfn, order, &copy);
	bits = begin_write(rec);
	if (rec->free_ts_nsec == copy.free_ts_nsec)
		bits = with_free_order(bits, order);
	end_write(rec, bits);
	local_irq_restore(flags);
}

/*
 * begin_write() for a block of @order: a free of a larger one makes way before.
 * Until then another CPU may let the record remember one, so this looks again.
 */
static u32 begin_write_block(unsigned long pfn, unsigned int order,
			     struct page_owner_record *rec)
{
	u32 bits = begin_write(rec);

	while (bits_freed_larger(bits, order)) {
		end_write(rec, bits);
		spread_free(pfn, order, rec);
		bits = begin_write(rec);
	}
	return bits;
}

/**
 * struct owner_entry - what a hook puts into a record
 * @handle: of the stack
 * @gfp: GFP flags
 * @task: the running task's identity, NULL if it has none or is not looked at
 * @ts_nsec: when; 0 if lean
 */
struct owner_entry {
	depot_stack_handle_t handle;
	gfp_t gfp;
	struct page_owner_task *task;
	u64 ts_nsec;
};

/*
 * Between begin_write() and end_write(). Returns the bits for the record. The task
 * is referred to once more, which is the caller's business.
 */
static __always_inline u32 set_allocation(struct page_owner_record *rec, u32 bits,
					  unsigned int order,
					  const struct owner_entry *by)
{
	rec->gfp_mask = by->gfp;
	rec->handle = by->handle;
	if (!page_owner_is_lean())
		rec->ts_nsec = by->ts_nsec;
	rec->task = by->task ? by->task->id : 0;
	return (bits & (PAGE_OWNER_SEQ | PAGE_OWNER_FREE_ORDER)) |
	       FIELD_PREP(PAGE_OWNER_ORDER, order) | PAGE_OWNER_RECORDED |
	       PAGE_OWNER_ALLOCATED;
}

/* At a page that may be marked, although no hook told of its free. */
static noinline void record_alloc_slowly(struct page *page,
					 struct page_owner_record *rec,
					 unsigned int order,
					 const struct owner_entry *by)
{
	struct owner_tally tally = {};
	u32 bits;

	unmark(rec, &tally);
	tally_flush(&tally);
	bits = begin_write_block(page_to_pfn(page), order, rec);
	end_write(rec, set_allocation(rec, bits, order, by));
}

/* Writes the record of an allocation. The counts are the caller's business, too. */
static __always_inline void
record_alloc(struct page *page, struct page_owner_record *rec, unsigned int order,
	     const struct owner_entry *by)
{
	u32 bits = READ_ONCE(rec->bits);

	if (unlikely(bits & PAGE_OWNER_ALLOCATED || bits_freed_larger(bits, order) ||
		     !try_begin_write(rec, &bits))) {
		/* A copy, so that the usual case keeps it in registers. */
		struct owner_entry copy = *by;

		record_alloc_slowly(page, rec, order, &copy);
		return;
	}
	end_write(rec, set_allocation(rec, bits, order, by));
}

/* Between begin_write() and end_write(). Returns the bits for the record. */
static __always_inline u32 set_free(struct page_owner_record *rec, u32 bits,
				    unsigned int order, const struct owner_entry *by,
				    bool lean)
{
	bits &= ~PAGE_OWNER_ALLOCATED;
	if (lean)
		return bits;
	rec->free_handle = by->handle;
	rec->free_task = likely(by->task) ? by->task->id : 0;
	rec->free_ts_nsec = by->ts_nsec;
	return with_free_order(bits, order);
}

/*
 * Blocks that fall apart
 */

/* Makes a marked record for a piece of a block, from a copy of the block's. */
static void write_piece(unsigned long pfn, unsigned int order,
			const struct page_owner_record *rec)
{
	struct page_ext *ext = page_ext_get(pfn_to_page(pfn));
	struct page_owner_record *to;
	u32 bits;

	if (!ext)
		return;
	to = page_owner_record_of(ext);
	/* All but the first piece are one more record that refers to the task. */
	if (!page_owner_marked(to))
		page_owner_task_get(rec->task);
	bits = begin_write_block(pfn, order, to);
	bits = copy_allocation(to, bits, rec, rec->bits);
	end_write(to, with_order(bits, order));
	page_ext_put(ext);
}

/* The first record is changed last: until then it speaks for all pieces. */
static void split_block(unsigned long pfn, unsigned int new_order,
			const struct page_owner_record *rec)
{
	unsigned long step = 1UL << new_order;
	unsigned long at = pfn + (1UL << order_of(rec));

	while (at > pfn) {
		at -= step;
		write_piece(at, new_order, rec);
	}
}

/*
 * Splits a block into as few pieces as can be, one of them @order at @pfn. The
 * first record is changed last, as above.
 */
static void split_around(unsigned long first, const struct page_owner_record *rec,
			 unsigned long pfn, unsigned int order)
{
	unsigned int piece = order_of(rec), first_order = order;
	unsigned long at = first;

	while (piece-- > order) {
		unsigned long middle = at + (1UL << piece);

		if (pfn < middle) {
			write_piece(middle, piece, rec);
			continue;
		}
		if (at == first)
			first_order = piece;
		else
			write_piece(at, piece, rec);
		at = middle;
	}
	if (at != first)
		write_piece(at, order, rec);
	write_piece(first, first_order, rec);
}

/* Copies the record of @pfn if it is marked and reaches as far as @covers. */
static bool marked_record(unsigned long pfn, unsigned long covers,
			  struct page_owner_record *rec)
{
	struct page_ext *ext = page_owner_ext_of_pfn(pfn);
	bool found = false;

	if (ext && page_owner_marked(page_owner_record_of(ext))) {
		memcpy(rec, page_owner_record_of(ext), page_owner_record_size());
		/* It may have been freed meanwhile, and not be the caller's. */
		found = page_owner_marked(rec) && covers - pfn < 1UL << order_of(rec);
	}
	page_ext_put(ext);
	return found;
}

/* The marked record whose block @pfn is part of; its PFN goes to @first. */
static bool find_marked(unsigned long pfn, unsigned long *first,
			struct page_owner_record *rec)
{
	*first = pfn;
	do {
		if (marked_record(*first, pfn, rec))
			return true;
	} while (page_owner_next_first(first));
	return false;
}

/*
 * A free of a part of a block, and page_owner_free_pieces() for the same block, may
 * meet. The lock lets them do one after the other what both would do: give the
 * pieces records of their own. Protects marked records of an order above 0 from
 * being split by either while the other one is at it.
 */
static DEFINE_RAW_SPINLOCK(partial_lock);

/*
 * A block is freed that was not allocated as such: a part of a larger one, one
 * of several smaller ones, or never recorded. Afterwards nothing in it is marked
 * and all that is around it still is.
 */
static noinline void free_uneven(unsigned long pfn, unsigned int order)
{
	struct page_owner_record rec = {};
	struct owner_tally tally = {};
	unsigned long first, flags;

	raw_spin_lock_irqsave(&partial_lock, flags);
	if (find_marked(pfn, &first, &rec) && order_of(&rec) > order)
		split_around(first, &rec, pfn, order);
	unmark_range(pfn, 1UL << order, &tally);
	raw_spin_unlock_irqrestore(&partial_lock, flags);
	tally_flush(&tally);
}

/*
 * The hooks. Contracts: include/linux/page_owner.h
 */

static __always_inline depot_stack_handle_t
capture_alloc(const unsigned long *slot, gfp_t gfp)
{
	const struct stack_cache_stack *found;
	depot_stack_handle_t handle = 0;

	rcu_read_lock();
	found = page_owner_capture_known(slot, false);
	/* Without an entry in the counts it has only been freed from so far. */
	if (likely(found && found->data))
		handle = found->handle;
	rcu_read_unlock();
	return likely(handle) ? handle : page_owner_capture_alloc(slot, gfp);
}

static __always_inline depot_stack_handle_t
capture_free(const unsigned long *slot)
{
	const struct stack_cache_stack *found;
	depot_stack_handle_t handle = 0;

	rcu_read_lock();
	found = page_owner_capture_known(slot, true);
	if (likely(found))
		handle = found->handle;
	rcu_read_unlock();
	return likely(handle) ? handle : page_owner_capture_free(slot);
}

static __always_inline u64 time_stamp(void)
{
	return page_owner_is_lean() ? 0 : local_clock();
}

/* An allocation or a free while recording is paused. */
static void set_unrecorded(struct owner_entry *by, gfp_t gfp)
{
	by->handle = page_owner_special(PAGE_OWNER_PAUSED)->handle;
	by->gfp = gfp;
	by->task = NULL;
	by->ts_nsec = time_stamp();
}

/* Counts what happens to a stack's pages, and as many more or fewer records of a task. */
static __always_inline void count(depot_stack_handle_t handle, long pages, long allocs,
				  long frees, struct page_owner_task *task)
{
	bool begun = page_owner_count_begin();

	page_owner_task_refer(task, allocs - frees, begun);
	if (unlikely(!begun)) {
		page_owner_stack_count_nested(handle, pages, allocs, frees);
		return;
	}
	page_owner_stack_count_begun(handle, pages, allocs, frees);
	page_owner_count_end();
}

static __always_inline void alloc_block(struct page *page, unsigned int order,
					const struct owner_entry *by)
{
	struct page_ext *ext;

	if (!page_owner_base_ext_get(page, &ext))
		return;
	record_alloc(page, page_owner_record_of(ext), order, by);
	page_owner_base_ext_put(ext);
	count(by->handle, 1L << order, 1, 0, by->task);
	/* Tail pages marked on their way to this hook: mm/page_owner/init.c. */
	if (order && unlikely(system_state < SYSTEM_RUNNING))
		page_owner_unmark_range(page_to_pfn(page) + 1, (1UL << order) - 1);
}

static noinline void alloc_while_paused(struct page *page, unsigned int order,
					gfp_t gfp)
{
	struct owner_entry by;

	set_unrecorded(&by, gfp);
	alloc_block(page, order, &by);
}

noinline void __page_owner_alloc(struct page *page, unsigned int order,
				 gfp_t gfp)
{
	struct owner_entry by = { .gfp = gfp };

	if (is_paused()) {
		alloc_while_paused(page, order, gfp);
		return;
	}
	by.handle = capture_alloc(stack_cache_slot(), gfp);
	by.task = current->page_owner_task;
	by.ts_nsec = time_stamp();
	alloc_block(page, order, &by);
}

noinline void __page_owner_bulk_begin(struct page_owner_bulk *bulk, gfp_t gfp)
{
	struct owner_entry by;

	if (is_paused()) {
		set_unrecorded(&by, gfp);
	} else {
		by.handle = capture_alloc(stack_cache_slot(), gfp);
		by.task = current->page_owner_task;
		by.ts_nsec = time_stamp();
	}
	bulk->handle = by.handle;
	bulk->nr = 0;
	bulk->gfp = gfp;
	bulk->task = by.task;
	bulk->ts_nsec = by.ts_nsec;
}

void __page_owner_bulk_alloc(struct page_owner_bulk *bulk, struct page *page)
{
	const struct owner_entry by = {
		.handle = bulk->handle,
		.gfp = bulk->gfp,
		.task = bulk->task,
		.ts_nsec = bulk->ts_nsec,
	};
	struct page_ext *ext;

	if (!page_owner_base_ext_get(page, &ext))
		return;
	bulk->nr++;
	record_alloc(page, page_owner_record_of(ext), 0, &by);
	page_owner_base_ext_put(ext);
}

void __page_owner_bulk_end(struct page_owner_bulk *bulk)
{
	count(bulk->handle, bulk->nr, bulk->nr, 0, bulk->task);
}

/* A block that is not recorded as such, or whose record is just being written. */
static noinline void free_slowly(struct page *page, struct page_owner_record *rec,
				 unsigned int order, const struct owner_entry *by)
{
	unsigned long pfn = page_to_pfn(page);
	depot_stack_handle_t owner;
	bool whole;
	u32 bits, task;

	bits = READ_ONCE(rec->bits);
	whole = bits & PAGE_OWNER_ALLOCATED && page_owner_bits_order(bits) == order;
	if (!whole)
		free_uneven(pfn, order);
	bits = begin_write_block(pfn, order, rec);
	owner = rec->handle;
	task = rec->task;
	end_write(rec, set_free(rec, bits, order, by, page_owner_is_lean()));
	if (!whole)
		return;
	page_owner_task_put(task);
	page_owner_stack_count(owner, -(1L << order), 0, 1);
}

static __always_inline void free_block(struct page *page, unsigned int order,
				       const struct owner_entry *by, bool lean)
{
	const u32 want = FIELD_PREP(PAGE_OWNER_ORDER, order) | PAGE_OWNER_ALLOCATED;
	const u32 mask = PAGE_OWNER_ORDER | PAGE_OWNER_ALLOCATED | PAGE_OWNER_WRITING;
	struct page_owner_record *rec;
	depot_stack_handle_t owner;
	struct page_ext *ext;
	u32 bits, task;
	bool own;

	if (!page_owner_base_ext_get(page, &ext))
		return;
	rec = page_owner_record_of(ext);
	bits = READ_ONCE(rec->bits);
	/* Nothing larger was freed last: an allocation sees to that. */
	if (unlikely((bits & mask) != want ||
		     !try_cmpxchg(&rec->bits, &bits, bits | PAGE_OWNER_WRITING))) {
		struct owner_entry copy = *by;

		free_slowly(page, rec, order, &copy);
		page_owner_base_ext_put(ext);
		return;
	}
	owner = rec->handle;
	task = rec->task;
	end_write(rec, set_free(rec, bits, order, by, lean));
	page_owner_base_ext_put(ext);
	/* Nearly always it is the task that allocated the block. */
	own = by->task && by->task->id == task;
	count(owner, -(1L << order), 0, 1, likely(own) ? by->task : NULL);
	if (unlikely(!own))
		page_owner_task_put(task);
}

/* Without looking up a stack. */
static noinline void free_unseen(struct page *page, unsigned int order)
{
	struct owner_entry by = { .task = current->page_owner_task };

	if (!page_owner_is_lean())
		set_unrecorded(&by, 0);
	free_block(page, order, &by, page_owner_is_lean());
}

noinline void __page_owner_free(struct page *page, unsigned int order)
{
	struct owner_entry by = {};

	if (page_owner_is_lean() || is_paused()) {
		free_unseen(page, order);
		return;
	}
	by.handle = capture_free(stack_cache_slot());
	by.task = current->page_owner_task;
	by.ts_nsec = local_clock();
	free_block(page, order, &by, false);
}

void __page_owner_free_poisoned(struct page *page)
{
	page_owner_free(page, 0);
}

void __page_owner_split(struct page *page, unsigned int old_order,
			unsigned int new_order)
{
	struct page_owner_record rec = {};
	unsigned long pfn = page_to_pfn(page);

	if (marked_record(pfn, pfn, &rec) && order_of(&rec) > new_order)
		split_block(pfn, new_order, &rec);
}

/*
 * The first page has another owner, and may be being freed right now, as a block of
 * order 0. If that free came first, it has given the pieces their records; if not,
 * it is going to find a block of that order.
 */
void __page_owner_free_pieces(struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page), flags;
	struct page_owner_record rec = {};

	if (!order || !page_owner_enabled())
		return;
	raw_spin_lock_irqsave(&partial_lock, flags);
	if (!marked_record(pfn + 1, pfn + 1, &rec) && marked_record(pfn, pfn + 1, &rec))
		split_around(pfn, &rec, pfn, 0);
	raw_spin_unlock_irqrestore(&partial_lock, flags);
}

/*
 * The new folio takes over the record of the old one, and leaves that as it is:
 * both carry the old one's stack until the old one is freed, and both count.
 * The new folio's last free stays what it was; the migration was not one.
 */
void __page_owner_migrate(struct folio *dst, struct folio *src)
{
	unsigned long from = folio_pfn(src), pfn = folio_pfn(dst);
	struct page_owner_record rec = {}, *to;
	struct owner_tally tally = {};
	struct page_ext *ext;
	u32 bits;

	if (!marked_record(from, from, &rec))
		return;
	ext = page_ext_get(folio_page(dst, 0));
	if (!ext)
		return;
	to = page_owner_record_of(ext);
	unmark(to, &tally);
	tally_flush(&tally);
	page_owner_task_get(rec.task);
	bits = begin_write_block(pfn, order_of(&rec), to);
	end_write(to, copy_allocation(to, bits, &rec, rec.bits));
	page_ext_put(ext);
	page_owner_stack_add(rec.handle, 1L << order_of(&rec));
}

void __page_owner_set_migrate_reason(struct page *page, int reason)
{
	struct page_ext *ext = page_ext_get(page);
	struct page_owner_record *rec = ext ? page_owner_record_of(ext) : NULL;

	if (rec && page_owner_marked(rec))
		end_write(rec, (begin_write(rec) & ~PAGE_OWNER_REASON) |
			       FIELD_PREP(PAGE_OWNER_REASON, reason + 1));
	page_ext_put(ext);
}

/**
 * page_owner_mark_early() - record a page that was allocated before recording began
 * @page: a page that is not in the free lists
 * @early: stack to record it under. The caller counts the page.
 *
 * A page that a hook has freed already has the record of that free, and stays.
 *
 * Context: Boot.
 * Return: whether the page was neither reserved nor recorded by a hook.
 */
bool __init page_owner_mark_early(struct page *page, depot_stack_handle_t early)
{
	struct page_ext *ext = page_ext_get(page);
	struct page_owner_record *rec = ext ? page_owner_record_of(ext) : NULL;
	struct owner_entry by = {
		.handle = early,
		.task = current->page_owner_task,
		.ts_nsec = time_stamp(),
	};
	unsigned long first;
	struct page_owner_record none;
	bool mark = rec && !PageReserved(page) &&
		    (page_owner_is_lean() || !rec->free_handle) &&
		    !find_marked(page_to_pfn(page), &first, &none);

	if (mark) {
		record_alloc(page, rec, 0, &by);
		page_owner_task_refer(by.task, 1, false);
	}
	page_ext_put(ext);
	return mark;
}
