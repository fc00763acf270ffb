/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: how many pages each stack owns.
 */
#ifndef _MM_PAGE_OWNER_STACKS_H
#define _MM_PAGE_OWNER_STACKS_H

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/stackdepot.h>
#include <linux/types.h>

/**
 * struct page_owner_stack - a stack that has owned pages
 * @handle: the stack in stackdepot
 * @pages: base pages that it owns now, less what CPUs have not passed on yet
 * @peak: most pages that it owned, as far as that was seen
 * @allocs: allocations since boot, less what CPUs have not passed on yet
 * @frees: the same of frees
 * @hash_next: next one in the same hash bucket
 * @next: next younger one, in the list of all
 *
 * Never freed. @handle is constant, the links are set once.
 */
struct page_owner_stack {
	depot_stack_handle_t handle;
	atomic64_t pages;
	atomic64_t peak;
	atomic64_t allocs;
	atomic64_t frees;
	struct page_owner_stack *hash_next;
	struct page_owner_stack *next;
};

/**
 * struct page_owner_counts - what a stack has done
 * @pages: base pages that it owns now
 * @peak: most base pages that it owned, right to twice PAGE_OWNER_DELTA_MAX pages,
 *        and a block, for each CPU
 * @allocs: allocations since boot
 * @frees: frees since boot
 */
struct page_owner_counts {
	long pages;
	long peak;
	u64 allocs;
	u64 frees;
};

/*
 * A CPU passes on a change of as many pages, 2 MiB with pages of 4 KiB, or as many
 * frees. Allocations that are not freed become pages.
 */
#define PAGE_OWNER_DELTA_MAX	512
#define PAGE_OWNER_EVENTS_MAX	4096

/**
 * enum page_owner_special - owners that are not a captured stack
 * @PAGE_OWNER_EARLY: allocated before recording began
 * @PAGE_OWNER_RECURSION: allocated by page_owner itself, while recording
 * @PAGE_OWNER_FAILURE: the stack could not be stored
 * @PAGE_OWNER_PAUSED: allocated, or freed, while recording was paused
 * @PAGE_OWNER_NR_SPECIAL: how many there are
 */
enum page_owner_special {
	PAGE_OWNER_EARLY,
	PAGE_OWNER_RECURSION,
	PAGE_OWNER_FAILURE,
	PAGE_OWNER_PAUSED,
	PAGE_OWNER_NR_SPECIAL,
};

int page_owner_stacks_init(void);
struct page_owner_stack *page_owner_special(enum page_owner_special which);
struct page_owner_stack *page_owner_stack_find(depot_stack_handle_t handle);
struct page_owner_stack *page_owner_stack_get(depot_stack_handle_t handle,
					      gfp_t gfp, bool can_alloc);
struct page_owner_stack *page_owner_stack_first(void);
struct page_owner_stack *page_owner_stack_next(struct page_owner_stack *stack);

void page_owner_stack_read(struct page_owner_stack *stack,
			   struct page_owner_counts *counts);
long page_owner_stack_pages(struct page_owner_stack *stack);

/**
 * struct page_owner_delta - what a CPU has not passed on yet
 * @handle: the stack whose changes these are, 0 for none
 * @pages: change of the stack's pages
 * @allocs: change of its allocations
 * @frees: change of its frees
 *
 * Written by its CPU between page_owner_count_begin() and page_owner_count_end().
 */
struct page_owner_delta {
	depot_stack_handle_t handle;
	long pages;
	unsigned long allocs;
	unsigned long frees;
};

/* An enum, and so known to debuggers. */
enum { PAGE_OWNER_DELTA_BITS = 8 };

extern struct page_owner_delta __percpu *page_owner_deltas;

/* Whether this CPU is between page_owner_count_begin() and page_owner_count_end(). */
DECLARE_PER_CPU(bool, page_owner_counting);

void page_owner_stack_take_delta(struct page_owner_delta *delta,
				 depot_stack_handle_t handle);
void page_owner_stack_pass_on(struct page_owner_delta *delta);
void page_owner_stack_count_nested(depot_stack_handle_t handle, long pages,
				   unsigned long allocs, unsigned long frees);

/**
 * page_owner_count_begin() - begin to count without atomic instructions
 *
 * What only this CPU or the running task writes is kept from interrupts by a mark:
 * a context that has interrupted one which has begun is told so, and leaves alone
 * what that one is changing. This takes less than turning interrupts off, and serves
 * for NMIs, too.
 *
 * Context: Any. If it returns true, preemption is off until page_owner_count_end().
 * Return: false if the interrupted context has begun; then nothing is to be ended.
 */
static __always_inline bool page_owner_count_begin(void)
{
	preempt_disable();
	if (unlikely(__this_cpu_read(page_owner_counting))) {
		preempt_enable();
		return false;
	}
	__this_cpu_write(page_owner_counting, true);
	/* The mark is for contexts on this CPU: only the compiler could move it. */
	barrier();
	return true;
}

/**
 * page_owner_count_end() - end what page_owner_count_begin() began
 *
 * Context: Behind page_owner_count_begin().
 */
static __always_inline void page_owner_count_end(void)
{
	barrier();
	__this_cpu_write(page_owner_counting, false);
	preempt_enable();
}

/* Whether a change amounts to PAGE_OWNER_DELTA_MAX pages, either way. */
static inline bool page_owner_delta_is_full(struct page_owner_delta __percpu *delta)
{
	const long max = PAGE_OWNER_DELTA_MAX;
	unsigned long pages = __this_cpu_read(delta->pages);

	return pages + max - 1 > 2 * (unsigned long)max - 2;
}

/**
 * page_owner_stack_count_begun() - count what happens to a stack's pages
 * @handle: the stack, which has an entry
 * @pages: base pages that it gets, negative if it loses them
 * @allocs: allocations that this is
 * @frees: frees that this is
 *
 * Context: Behind page_owner_count_begin().
 */
static __always_inline void
page_owner_stack_count_begun(depot_stack_handle_t handle, long pages,
			     unsigned long allocs, unsigned long frees)
{
	struct page_owner_delta __percpu *delta =
		page_owner_deltas + hash_32(handle, PAGE_OWNER_DELTA_BITS);

	if (unlikely(__this_cpu_read(delta->handle) != handle))
		page_owner_stack_take_delta(this_cpu_ptr(delta), handle);
	__this_cpu_add(delta->pages, pages);
	if (allocs)
		__this_cpu_add(delta->allocs, allocs);
	if (frees)
		__this_cpu_add(delta->frees, frees);
	/* Pages that come and go are as many events as are passed on at a time. */
	if (unlikely(page_owner_delta_is_full(delta) ||
		     (frees && __this_cpu_read(delta->frees) >= PAGE_OWNER_EVENTS_MAX)))
		page_owner_stack_pass_on(this_cpu_ptr(delta));
}

/**
 * page_owner_stack_count() - count what happens to a stack's pages
 * @handle: as of page_owner_stack_count_begun(), and so are the others
 * @pages: the same
 * @allocs: the same
 * @frees: the same
 *
 * Context: Any.
 */
static inline void page_owner_stack_count(depot_stack_handle_t handle, long pages,
					  unsigned long allocs, unsigned long frees)
{
	if (page_owner_count_begin()) {
		page_owner_stack_count_begun(handle, pages, allocs, frees);
		page_owner_count_end();
	} else {
		page_owner_stack_count_nested(handle, pages, allocs, frees);
	}
}

/**
 * page_owner_stack_add() - change the number of pages that a stack owns
 * @handle: the stack, which has an entry
 * @nr: base pages that it gets, negative if it loses them
 *
 * Context: Any.
 */
static inline void page_owner_stack_add(depot_stack_handle_t handle, long nr)
{
	page_owner_stack_count(handle, nr, 0, 0);
}

#endif /* _MM_PAGE_OWNER_STACKS_H */
