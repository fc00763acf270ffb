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
 * Whose is a page, then? Blocks are aligned to their size, so the first page of
 * the block that a page is part of is one of few: the page itself, or its PFN
 * with some of the lowest bits cleared. It is the one whose record is marked
 * allocated and reaches as far as the page:
 *
 *   a record is marked allocated exactly as long as the block that it describes
 *   is allocated as that block.
 *
 * So marked records never overlap. A block that falls apart without being freed
 * gets a record for each piece: split_page() and its like say so, and whoever
 * frees a part of a block is noticed, because there is no marked record of that
 * order where he frees (free_uneven()).
 *
 * What a page was last freed by is known, too: of all records that reach as far
 * as the page, the one whose free came last. For this a record knows how large
 * the block was that was freed (free_order), and before the record of a large
 * block makes way for a smaller one, it is copied to the first pages of the
 * pieces that remain (spread_free()). That is one per order, like the pieces that
 * the allocator puts back to its lists, unless others have them already.
 *
 * A stack is stored once, by stackdepot. How many base pages each stack owns is
 * counted in mm/page_owner_stacks.c, under this invariant:
 *
 *   at rest, a stack's count is the number of pages in the blocks of records
 *   that are marked allocated and carry its handle.
 *
 * To keep it, whoever marks or unmarks a record, or changes the handle or the
 * order of a marked one, moves the same number of pages in the counts, and
 * subtracts them from the stack in the record. What cannot be known goes to an
 * entry of its own and is counted there: early allocations, the tracker's own,
 * those made while recording was paused, and those whose stack could not be stored.
 *
 * Exceptions: "at rest" means that no hook is running; a hook marks first and
 * counts then. Memory that goes offline takes its marks and their counts along.
 * With deferred initialisation of struct pages, other CPUs allocate while early
 * pages are being marked: see mark_early_pages().
 *
 * Who writes: hooks run where their caller owns the block alone, so records
 * have one writer at a time. The exceptions are free_uneven(), which has a lock,
 * and spread_free(), for which a record's sequence number is one.
 * Who reads: anybody, at any time, with only RCU to keep page_ext from going
 * away with its memory section. A reader can see a record half written; the
 * sequence number in it tells, see page_owner_record_begin().
 *
 * page_owner=lean keeps only the first 16 bytes of a record: neither times nor
 * anything about frees.
 */
#include <linux/bitfield.h>
#include <linux/cgroup.h>
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>
#include <linux/stack_cache.h>
#include <linux/string.h>

#include "internal.h"
#include "page_owner.h"

DEFINE_STATIC_KEY_FALSE(page_owner_inited);
DEFINE_STATIC_KEY_FALSE(page_owner_lean);

/*
 * Blocks get records, but nobody is looked up to put in them. No static key: to
 * look costs one instruction more than that, and switching is free.
 */
static bool paused __read_mostly;

/* Asked for on the command line. */
static bool page_owner_wanted __initdata;
static bool lean_wanted __initdata;
static bool paused_wanted __initdata;
static bool verify_wanted __initdata;

/* A word of page_owner=: on, off and their like, lean, paused, verify. */
static int __init param_word(const char *word)
{
	if (!strcmp(word, "lean")) {
		page_owner_wanted = true;
		lean_wanted = true;
	} else if (!strcmp(word, "paused")) {
		page_owner_wanted = true;
		paused_wanted = true;
	} else if (!strcmp(word, "verify")) {
		verify_wanted = true;
	} else {
		return kstrtobool(word, &page_owner_wanted);
	}
	return 0;
}

static int __init page_owner_param(char *arg)
{
	char *word;
	int ret = arg ? 0 : -EINVAL;

	while (!ret && (word = strsep(&arg, ",")))
		ret = param_word(word);
	if (page_owner_wanted)
		stack_depot_request_early_init();
	return ret;
}
early_param("page_owner", page_owner_param);

/* Debuggers and documents know the layout. */
static_assert(sizeof(struct page_owner_record) == 40);
static_assert(PAGE_OWNER_LEAN_SIZE == 16);

/* Gigantic pages are the largest blocks: 16 GiB of 4 KiB pages need 22. */
#define LARGEST_ORDER	31

static void __init check_widths(void)
{
	const unsigned int any = PAGE_OWNER_ORDER | PAGE_OWNER_FREE_ORDER |
				 PAGE_OWNER_REASON | PAGE_OWNER_RECORDED |
				 PAGE_OWNER_ALLOCATED | PAGE_OWNER_SEQ;
	const unsigned int sum = PAGE_OWNER_ORDER + PAGE_OWNER_FREE_ORDER +
				 PAGE_OWNER_REASON + PAGE_OWNER_RECORDED +
				 PAGE_OWNER_ALLOCATED + PAGE_OWNER_SEQ;
	const unsigned int gfp_bits = __GFP_BITS_SHIFT;

	BUILD_BUG_ON(!FIELD_FIT(PAGE_OWNER_ORDER, MAX_PAGE_ORDER));
	BUILD_BUG_ON(!FIELD_FIT(PAGE_OWNER_ORDER, LARGEST_ORDER));
	BUILD_BUG_ON(!FIELD_FIT(PAGE_OWNER_FREE_ORDER, LARGEST_ORDER));
	BUILD_BUG_ON(!FIELD_FIT(PAGE_OWNER_REASON, MR_TYPES));
	/* Each bit of the word has one meaning. */
	BUILD_BUG_ON(any != U32_MAX);
	BUILD_BUG_ON(any != sum);
	/* The sequence number runs over without touching the rest. */
	BUILD_BUG_ON(PAGE_OWNER_SEQ & (PAGE_OWNER_WRITING - 1));
	BUILD_BUG_ON(gfp_bits > BITS_PER_TYPE(gfp_t));
}

static unsigned int bits_order(u32 bits)
{
	return FIELD_GET(PAGE_OWNER_ORDER, bits);
}

static unsigned int bits_free_order(u32 bits)
{
	return FIELD_GET(PAGE_OWNER_FREE_ORDER, bits);
}

static unsigned int order_of(const struct page_owner_record *rec)
{
	return bits_order(READ_ONCE(rec->bits));
}

static unsigned int free_order_of(const struct page_owner_record *rec)
{
	return bits_free_order(READ_ONCE(rec->bits));
}

static bool marked_allocated(const struct page_owner_record *rec)
{
	return READ_ONCE(rec->bits) & PAGE_OWNER_ALLOCATED;
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

static bool is_lean(void)
{
	return static_branch_unlikely(&page_owner_lean);
}

static bool is_paused(void)
{
	/* Either answer is right while it changes, and each hook asks once. */
	return unlikely(data_race(paused));
}

static size_t record_size(void)
{
	return is_lean() ? PAGE_OWNER_LEAN_SIZE : sizeof(struct page_owner_record);
}

/*
 * Going through the records of a range of pages
 */

/* NULL if there is none; to be put with page_ext_put() in any case. */
static struct page_ext *page_ext_of_pfn(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page ? page_ext_get(page) : NULL;
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

/**
 * struct owner_iter - a pass over the records of a range of PFNs
 * @pfn: current PFN
 * @end: one past the last PFN
 * @stop: one past the last PFN for which @ext can be advanced
 * @ext: page_ext of @pfn, RCU-locked; NULL at the end
 */
struct owner_iter {
	unsigned long pfn;
	unsigned long end;
	unsigned long stop;
	struct page_ext *ext;
};

/* Enters the next array at or after it->pfn; sections may have none. */
static void owner_iter_enter(struct owner_iter *it)
{
	it->ext = NULL;
	while (it->pfn < it->end) {
		it->stop = min(it->end, ext_array_end(it->pfn));
		it->ext = page_ext_get(pfn_to_page(it->pfn));
		if (it->ext)
			return;
		it->pfn = it->stop;
	}
}

static void owner_iter_start(struct owner_iter *it, unsigned long pfn,
			     unsigned long nr)
{
	it->pfn = pfn;
	it->end = pfn + nr;
	owner_iter_enter(it);
}

/* Never forms the page_ext of a PFN past the end. */
static void owner_iter_next(struct owner_iter *it)
{
	if (++it->pfn < it->stop) {
		it->ext = page_ext_next(it->ext);
		return;
	}
	page_ext_put(it->ext);
	owner_iter_enter(it);
}

/*
 * Writing a record
 *
 * begin_write() and end_write() enclose every change. The lowest bit of the
 * sequence number is set in between, which tells readers to come back later, and
 * keeps other writers out: there is only one case in which somebody else than the
 * block's owner writes a record, spread_free(). He does so with interrupts off,
 * so nobody waits long. The sequence number and all other bits are one word, so
 * what begin_write() returns is what they are until end_write() sets new ones.
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

/* Takes a marked record's block from its owners, and the mark from the record. */
static void unmark(struct page_owner_record *rec, struct owner_tally *tally)
{
	tally_add(tally, rec->handle, -(1L << order_of(rec)));
	end_write(rec, begin_write(rec) & ~PAGE_OWNER_ALLOCATED);
	page_owner_task_put(rec->task);
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
	if (!is_lean())
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

	/* Whoever is writing it has the page; its neighbours are seen to. */
	if (!try_begin_write(to, &bits))
		return 0;
	if (to->free_ts_nsec > rec->free_ts_nsec) {
		order = min(order, bits_free_order(bits));
	} else {
		if (bits & PAGE_OWNER_ALLOCATED)
			order = min(order, bits_order(bits));
		else
			bits = copy_allocation(to, bits, rec,
					       rec->bits & ~PAGE_OWNER_ALLOCATED);
		copy_free(to, rec);
		bits = with_free_order(bits, order);
	}
	end_write(to, bits);
	return order;
}

/*
 * The last free of a block will not be found at its first page any more, but for
 * the first 2^order pages. So it goes to the first pages of the other pieces. They
 * belong to anybody by now, and another CPU may be doing the same to this record.
 */
static void spread_free(unsigned long pfn, unsigned int order,
			struct page_owner_record *rec)
{
	struct page_owner_record copy = {};
	unsigned long end, flags;
	u32 bits;

	local_irq_save(flags);
	bits = begin_write(rec);
	memcpy(&copy, rec, record_size());
	end_write(rec, bits);
	end = pfn + (1UL << bits_free_order(bits));
	for (pfn += 1UL << order; pfn < end;) {
		struct page_ext *ext = page_ext_of_pfn(pfn);
		/* As large as the alignment allows; this ends with the block. */
		unsigned int piece = __ffs(pfn);

		if (ext)
			piece = remember_free(page_owner_record_of(ext), piece, &copy);
		page_ext_put(ext);
		pfn += 1UL << piece;
	}
	local_irq_restore(flags);
}

/*
 * Makes way for a block of @order at a page that is marked, although nobody told
 * of its free, or whose last free was that of a larger block.
 */
static noinline void make_way(struct page *page, unsigned int order,
			      struct page_owner_record *rec)
{
	struct owner_tally tally = {};

	if (marked_allocated(rec))
		unmark(rec, &tally);
	tally_flush(&tally);
	if (free_order_of(rec) > order) {
		spread_free(page_to_pfn(page), order, rec);
		end_write(rec, with_free_order(begin_write(rec), order));
	}
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
	if (!is_lean())
		rec->ts_nsec = by->ts_nsec;
	rec->task = by->task ? by->task->id : 0;
	return (bits & (PAGE_OWNER_SEQ | PAGE_OWNER_FREE_ORDER)) |
	       FIELD_PREP(PAGE_OWNER_ORDER, order) | PAGE_OWNER_RECORDED |
	       PAGE_OWNER_ALLOCATED;
}

static noinline void record_alloc_slowly(struct page *page,
					 struct page_owner_record *rec,
					 unsigned int order,
					 const struct owner_entry *by)
{
	u32 bits;

	if (marked_allocated(rec) || free_order_of(rec) > order)
		make_way(page, order, rec);
	/* Until the mark is there another CPU may let it remember a free. */
	bits = begin_write(rec);
	while (bits_freed_larger(bits, order)) {
		end_write(rec, bits);
		make_way(page, order, rec);
		bits = begin_write(rec);
	}
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
		/* A copy, so that else all of it is in registers. */
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

/*
 * Makes a marked record for a piece of a block, from a copy of the block's. What
 * was freed last at the piece's first page may have been larger than the piece.
 */
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
	if (!marked_allocated(to))
		page_owner_task_get(rec->task);
	if (free_order_of(to) > order)
		spread_free(pfn, order, to);
	bits = copy_allocation(to, begin_write(to), rec, rec->bits);
	bits = with_free_order(bits, min(bits_free_order(bits), order));
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
	struct page_ext *ext = page_ext_of_pfn(pfn);
	bool found = false;

	if (ext && marked_allocated(page_owner_record_of(ext))) {
		memcpy(rec, page_owner_record_of(ext), record_size());
		/* It may have been freed meanwhile, and not be the caller's. */
		found = marked_allocated(rec) && covers - pfn < 1UL << order_of(rec);
	}
	page_ext_put(ext);
	return found;
}

/*
 * Where else a block that @pfn is part of can begin: the lowest bit that is set
 * is cleared. Blocks are aligned to their size, so there is no other place.
 */
static bool next_first(unsigned long *pfn)
{
	if (!*pfn)
		return false;
	*pfn &= *pfn - 1;
	return true;
}

/* The marked record whose block @pfn is part of; its PFN goes to @first. */
static bool find_marked(unsigned long pfn, unsigned long *first,
			struct page_owner_record *rec)
{
	*first = pfn;
	do {
		if (marked_record(*first, pfn, rec))
			return true;
	} while (next_first(first));
	return false;
}

/*
 * Whoever frees a part of a block, and page_owner_free_pieces() for the same
 * block, may meet. The lock lets them do one after the other what both would do:
 * give the pieces records of their own. Protects marked records of an order
 * above 0 from being split by either while the other one is at it.
 */
static DEFINE_RAW_SPINLOCK(partial_lock);

/*
 * A block is freed that was not allocated as such: a part of a larger one, one
 * of several smaller ones, or never recorded. Afterwards nothing in it is marked
 * and all that is around it still is.
 */
static noinline void free_uneven(unsigned long pfn, unsigned int order)
{
	unsigned long end = pfn + (1UL << order), first, flags;
	struct page_owner_record rec = {};
	struct owner_tally tally = {};
	struct owner_iter it;

	raw_spin_lock_irqsave(&partial_lock, flags);
	if (find_marked(pfn, &first, &rec) && order_of(&rec) > order)
		split_around(first, &rec, pfn, order);

	for (owner_iter_start(&it, pfn, end - pfn); it.ext; owner_iter_next(&it)) {
		struct page_owner_record *own = page_owner_record_of(it.ext);

		if (marked_allocated(own))
			unmark(own, &tally);
	}
	raw_spin_unlock_irqrestore(&partial_lock, flags);
	tally_flush(&tally);
}

/*
 * The hooks. Contracts: include/linux/page_owner.h
 */

/* See mark_early_pages(). */
static noinline void unmark_early_tails(unsigned long pfn, unsigned int order)
{
	struct owner_tally tally = {};
	struct owner_iter it;

	for (owner_iter_start(&it, pfn + 1, (1UL << order) - 1); it.ext;
	     owner_iter_next(&it)) {
		if (marked_allocated(page_owner_record_of(it.ext)))
			unmark(page_owner_record_of(it.ext), &tally);
	}
	tally_flush(&tally);
}

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
	return is_lean() ? 0 : local_clock();
}

/* An allocation or a free that nobody is to be known for. */
static void set_unrecorded(struct owner_entry *by, gfp_t gfp)
{
	by->handle = page_owner_special(PAGE_OWNER_PAUSED)->handle;
	by->gfp = gfp;
	by->task = NULL;
	by->ts_nsec = time_stamp();
}

static __always_inline void alloc_block(struct page *page, unsigned int order,
					const struct owner_entry *by)
{
	struct page_ext *ext;

	if (!page_owner_base_ext_get(page, &ext))
		return;
	record_alloc(page, page_owner_record_of(ext), order, by);
	page_owner_base_ext_put(ext);
	page_owner_task_refer(by->task, 1);
	page_owner_stack_count(by->handle, 1L << order, 1, 0);
	if (order && unlikely(system_state < SYSTEM_RUNNING))
		unmark_early_tails(page_to_pfn(page), order);
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
	by.task = page_owner_task_current();
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
		by.task = page_owner_task_current();
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
	page_owner_task_refer(bulk->task, bulk->nr);
	page_owner_stack_count(bulk->handle, bulk->nr, bulk->nr, 0);
}

/* Of a block that is not recorded as such, or whose record somebody looks at. */
static noinline void free_slowly(struct page *page, struct page_owner_record *rec,
				 unsigned int order, const struct owner_entry *by)
{
	unsigned long pfn = page_to_pfn(page);
	depot_stack_handle_t owner = rec->handle;
	u32 task = rec->task, bits = READ_ONCE(rec->bits);
	bool whole = bits & PAGE_OWNER_ALLOCATED && bits_order(bits) == order;

	if (!whole)
		free_uneven(pfn, order);
	if (free_order_of(rec) > order)
		spread_free(pfn, order, rec);
	end_write(rec, set_free(rec, begin_write(rec), order, by, is_lean()));
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
	page_owner_task_done(task, by->task);
	page_owner_stack_count(owner, -(1L << order), 0, 1);
}

/* Without looking who it is. */
static noinline void free_unseen(struct page *page, unsigned int order)
{
	struct owner_entry by = { .task = page_owner_task_current() };

	if (!is_lean())
		set_unrecorded(&by, 0);
	free_block(page, order, &by, is_lean());
}

noinline void __page_owner_free(struct page *page, unsigned int order)
{
	struct owner_entry by = {};

	if (is_lean() || is_paused()) {
		free_unseen(page, order);
		return;
	}
	by.handle = capture_free(stack_cache_slot());
	by.task = page_owner_task_current();
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
 * The first page belongs to somebody else, who may be freeing it right now, as
 * a block of order 0. If he was first, he has given the pieces their records; if
 * not, he is going to find a block of that order.
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
	unsigned long pfn = folio_pfn(src);
	struct page_owner_record rec = {}, *to;
	struct page_ext *ext;

	if (!marked_record(pfn, pfn, &rec))
		return;
	ext = page_ext_get(folio_page(dst, 0));
	if (!ext)
		return;
	to = page_owner_record_of(ext);
	if (marked_allocated(to) || free_order_of(to) > order_of(&rec))
		make_way(folio_page(dst, 0), order_of(&rec), to);
	page_owner_task_get(rec.task);
	end_write(to, copy_allocation(to, begin_write(to), &rec, rec.bits));
	page_ext_put(ext);
	page_owner_stack_add(rec.handle, 1L << order_of(&rec));
}

void __page_owner_set_migrate_reason(struct page *page, int reason)
{
	struct page_ext *ext = page_ext_get(page);
	struct page_owner_record *rec = ext ? page_owner_record_of(ext) : NULL;

	if (rec && marked_allocated(rec))
		end_write(rec, (begin_write(rec) & ~PAGE_OWNER_REASON) |
			       FIELD_PREP(PAGE_OWNER_REASON, reason + 1));
	page_ext_put(ext);
}

/*
 * Pausing
 *
 * While recording is paused the hooks go on: a block gets a record with an entry
 * of its own in place of a stack, without a task. So a block that was recorded
 * before leaves the counts when it is freed, and one that is allocated is nobody's
 * instead of its last owner's. Each hook looks once whether recording is paused,
 * and both ways keep the invariant, so there is nothing to wait for.
 */

/**
 * page_owner_record_on() - resume recording, or pause it
 * @on: whether owners are to be recorded
 *
 * Context: Any.
 */
void page_owner_record_on(bool on)
{
	if (on == page_owner_records())
		return;
	WRITE_ONCE(paused, !on);
	/* Who reads a dump with a gap wants to know when it was. */
	pr_info("page_owner: recording is %s by pid %d\n", on ? "resumed" : "paused",
		task_pid_nr(current));
}

/**
 * page_owner_records() - whether owners are recorded
 *
 * Context: Any.
 * Return: false if recording is paused.
 */
bool page_owner_records(void)
{
	return !is_paused();
}

/*
 * Reading
 */

/* A time at which an allocated block's task was there. */
#define STILL_THERE	(U64_MAX - 1)

static void unpack_allocation(const struct page_owner_record *rec,
			      struct page_owner *owner)
{
	u64 when = marked_allocated(rec) ? STILL_THERE :
		   is_lean() ? 0 : rec->ts_nsec;
	struct page_owner_identity task;

	owner->order = order_of(rec);
	owner->last_migrate_reason = (int)FIELD_GET(PAGE_OWNER_REASON, rec->bits) - 1;
	owner->handle = rec->handle;
	owner->gfp_mask = rec->gfp_mask;
	owner->ts_nsec = is_lean() ? 0 : rec->ts_nsec;
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

	if (is_lean() || !rec->free_handle)
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
	data_race(memcpy(&snap->rec, rec, record_size()));
	snap->allocated = marked_allocated(&snap->rec);
	snap->recorded = snap->rec.bits & PAGE_OWNER_RECORDED;
	snap->free_order = free_order_of(&snap->rec);
	memset(&snap->owner, 0, sizeof(snap->owner));
	snap->gone = READ_ONCE(page_owner_tasks_gone);
	if (snap->recorded)
		unpack_allocation(&snap->rec, &snap->owner);
	snap->flags = page_owner_base_flags(page);
	snap->charge = PAGE_OWNER_UNCHARGED;
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

/* Takes over who freed, and what that one freed unless that is known better. */
static void take_free(struct page_owner_snapshot *snap,
		      const struct page_owner_snapshot *other)
{
	struct page_owner *to = &snap->owner;
	const struct page_owner *from = &other->owner;

	if (!snap->allocated) {
		snap->recorded = other->recorded;
		snap->block_pfn = other->block_pfn;
		*to = *from;
		return;
	}
	to->free_handle = from->free_handle;
	to->free_ts_nsec = from->free_ts_nsec;
	to->free_pid = from->free_pid;
	to->free_tgid = from->free_tgid;
}

/* Takes over who allocated the block that other pages of it tell about. */
static void take_allocation(struct page_owner_snapshot *snap,
			    const struct page_owner_snapshot *other)
{
	struct page_owner own = snap->owner;

	snap->allocated = true;
	snap->recorded = true;
	snap->block_pfn = other->block_pfn;
	snap->owner = other->owner;
	snap->owner.free_handle = own.free_handle;
	snap->owner.free_ts_nsec = own.free_ts_nsec;
	snap->owner.free_pid = own.free_pid;
	snap->owner.free_tgid = own.free_tgid;
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
	return distance < 1UL << max(order_of(rec), free_order_of(rec));
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
	while (next_first(&pfn)) {
		unsigned long distance = snap->pfn - pfn;
		struct page_ext *own = NULL, *first;

		if (pfn < start)
			own = page_ext_of_pfn(pfn);
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

void __page_owner_dump(const struct page *page)
{
	struct page_owner_snapshot snap = {};

	/* Of a struct page that was never set up, not even its node is known. */
	if (PagePoisoned(page) ||
	    !page_owner_read((struct page *)page, &snap)) {
		pr_alert("page_owner info is not present (no page_ext, or being written)\n");
		return;
	}
	page_owner_log(&snap);
}

/*
 * Boot
 */

/*
 * Marks a page that is neither free, nor reserved, nor recorded by a hook. A
 * page that a hook has freed already has the record of that free.
 */
static bool __init mark_early_page(struct page *page,
				   depot_stack_handle_t early)
{
	struct page_ext *ext = page_ext_get(page);
	struct page_owner_record *rec = ext ? page_owner_record_of(ext) : NULL;
	struct owner_entry by = {
		.handle = early,
		.task = page_owner_task_current(),
		.ts_nsec = time_stamp(),
	};
	unsigned long first;
	struct page_owner_record none;
	bool mark = rec && !PageReserved(page) && !marked_allocated(rec) &&
		    (is_lean() || !rec->free_handle) &&
		    !find_marked(page_to_pfn(page), &first, &none);

	if (mark) {
		record_alloc(page, rec, 0, &by);
		page_owner_task_refer(by.task, 1);
	}
	page_ext_put(ext);
	return mark;
}

/*
 * Usually there is one CPU and nothing can change. With deferred initialisation
 * of struct pages the other CPUs are up. So recording is switched on first, then
 * frees that began without it are waited for, and the zone's pcp lists are kept
 * empty: now a page that the hooks do not know is either in the buddy lists or
 * allocated early, and the zone lock keeps the former there while we look.
 *
 * What remains are pages on their way between the buddy lists and a hook. They
 * are marked, and the hook then records the block over the marks and takes their
 * counts back: that of the first page as always, those of the others as long as
 * the system boots. Only if both look at a mark in the same instant is a page
 * counted twice.
 */
static unsigned long __init mark_early_pages(struct zone *zone,
					     depot_stack_handle_t early)
{
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone);
	unsigned long marked = 0, flags;

	while (pfn < end) {
		/* A free block is known by its first page: begin with one. */
		unsigned long stop = min(ALIGN(pfn + 1, MAX_ORDER_NR_PAGES), end);
		struct page *page;

		spin_lock_irqsave(&zone->lock, flags);
		while ((page = page_owner_next_used(&pfn, stop))) {
			if (page_zone(page) == zone)
				marked += mark_early_page(page, early);
			pfn++;
		}
		spin_unlock_irqrestore(&zone->lock, flags);
		cond_resched();
	}
	return marked;
}

static void __init record_early_pages(void)
{
	struct page_owner_stack *stack = page_owner_special(PAGE_OWNER_EARLY);
	unsigned long nr;
	struct zone *zone;

	page_owner_task_new(GFP_KERNEL, true);
	for_each_populated_zone(zone) {
		/* Alone on the machine, the lists are empty, and not set up. */
		bool alone = system_state == SYSTEM_BOOTING;

		if (!alone)
			zone_pcp_disable(zone);
		nr = mark_early_pages(zone, stack->handle);
		if (!alone)
			zone_pcp_enable(zone);
		page_owner_stack_add(stack->handle, nr);
		pr_info("Node %d, zone %8s: page owner found early allocated %lu pages\n",
			zone_to_nid(zone), zone->name, nr);
	}
}

/*
 * Memory that goes offline takes its page_ext along. No allocated page is left
 * in it, but a driver may have taken its own pages offline (virtio-mem, balloons)
 * while they are marked. Runs before page_ext's own callback.
 */
static int page_owner_hotplug(struct notifier_block *nb, unsigned long action,
			      void *arg)
{
	struct memory_notify *mem = arg;
	struct owner_tally tally = {};
	struct owner_iter it;

	if (action != MEM_OFFLINE && action != MEM_CANCEL_ONLINE)
		return NOTIFY_OK;

	for (owner_iter_start(&it, mem->start_pfn, mem->nr_pages); it.ext;
	     owner_iter_next(&it)) {
		if (marked_allocated(page_owner_record_of(it.ext)))
			unmark(page_owner_record_of(it.ext), &tally);
	}
	tally_flush(&tally);
	return NOTIFY_OK;
}

static __init bool page_owner_need(void)
{
	check_widths();
	if (lean_wanted)
		page_owner_ops.size = PAGE_OWNER_LEAN_SIZE;
	return page_owner_wanted;
}

static __init void page_owner_init(void)
{
	if (!page_owner_wanted)
		return;
	if (page_owner_stacks_init() || page_owner_tasks_init() ||
	    stack_cache_init()) {
		pr_err("page_owner: no memory for stacks, or stack_depot_disable is set\n");
		return;
	}
	if (lean_wanted)
		static_branch_enable(&page_owner_lean);
	paused = paused_wanted;
	page_owner_capture_verify(verify_wanted);
	hotplug_memory_notifier(page_owner_hotplug, DEFAULT_CALLBACK_PRI + 1);

	/* All that hooks use is ready. */
	static_branch_enable(&page_owner_inited);
	synchronize_rcu();
	record_early_pages();
}

struct page_ext_operations page_owner_ops = {
	.size = sizeof(struct page_owner_record),
	.need = page_owner_need,
	.init = page_owner_init,
};
