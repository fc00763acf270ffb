// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: how many pages each stack owns.
 *
 * stackdepot stores a stack once and names it by a handle. This table adds the
 * number of base pages that a stack owns now, and lists the stacks. An entry is
 * made before the first page is recorded under its handle: if there is no
 * memory for the entry, the page goes to the failure entry, and the next
 * allocation from the same stack tries again. So a stack that has a page is
 * always listed, and no page is ever outside the counts.
 *
 * Look-ups take no lock: entries are never removed, and published with a
 * release after they are complete.
 *
 * Counting takes no line from another CPU: each CPU adds up its changes in a
 * small table, and passes them on to the entry when another stack needs the
 * place, or when they are many. A stack's count is the sum of the entry and of
 * its place in each CPU's table, so it is exact whenever no hook is running.
 */
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "stacks.h"

/* With 10,000 stacks, as after days of mixed load, a chain has 1.2 entries. */
#define STACK_HASH_BITS 13

#define STACKS_PER_PAGE (PAGE_SIZE / sizeof(struct page_owner_stack))

/*
 * Protects writes to all below. Raw and taken with interrupts off, because
 * pages are allocated and freed in every context but NMI.
 */
static DEFINE_RAW_SPINLOCK(stacks_lock);
/* Heads of the hash chains; read without the lock. */
static struct page_owner_stack **stack_hash;
/* All entries from the oldest on; first_stack is constant after boot. */
static struct page_owner_stack *first_stack, *last_stack;
/* Entries not in use yet: the rest of the newest page of entries. */
static struct page_owner_stack *spare_stacks;
static unsigned int nr_spare_stacks;

/* Each CPU's table of changes, by a hash of the handle. */
struct page_owner_delta __percpu *page_owner_deltas __ro_after_init;
DEFINE_PER_CPU(bool, page_owner_counting);

static struct page_owner_stack *special_stacks[PAGE_OWNER_NR_SPECIAL];

/*
 * The frames shown for owners that are not a captured stack. They are never
 * called: their names are the message.
 */
static noinline void page_owner_early_allocation(void)
{
	barrier();
}

static noinline void page_owner_own_allocation(void)
{
	barrier();
}

static noinline void page_owner_stack_not_stored(void)
{
	barrier();
}

static noinline void page_owner_recording_paused(void)
{
	barrier();
}

static void (* const special_frames[])(void) = {
	[PAGE_OWNER_EARLY]	= page_owner_early_allocation,
	[PAGE_OWNER_RECURSION]	= page_owner_own_allocation,
	[PAGE_OWNER_FAILURE]	= page_owner_stack_not_stored,
	[PAGE_OWNER_PAUSED]	= page_owner_recording_paused,
};

static_assert(ARRAY_SIZE(special_frames) == PAGE_OWNER_NR_SPECIAL);

/**
 * page_owner_special() - the entry of an owner that is not a captured stack
 * @which: which one
 *
 * Context: Any, after page_owner_stacks_init().
 * Return: the entry.
 */
struct page_owner_stack *page_owner_special(enum page_owner_special which)
{
	return special_stacks[which];
}

static struct page_owner_stack **stack_bucket(depot_stack_handle_t handle)
{
	return &stack_hash[hash_32(handle, STACK_HASH_BITS)];
}

/**
 * page_owner_stack_find() - look up a stack's entry
 * @handle: the stack
 *
 * Context: Any.
 * Return: the entry, NULL if there is none.
 */
struct page_owner_stack *page_owner_stack_find(depot_stack_handle_t handle)
{
	struct page_owner_stack *stack;

	/* Pairs with smp_store_release() in insert_stack(). */
	stack = smp_load_acquire(stack_bucket(handle));
	while (stack && stack->handle != handle)
		stack = stack->hash_next;
	return stack;
}

/* Takes a spare entry into use, unless another CPU has just made this one. */
static struct page_owner_stack *insert_stack(depot_stack_handle_t handle)
{
	struct page_owner_stack **bucket = stack_bucket(handle);
	struct page_owner_stack *stack;

	lockdep_assert_held(&stacks_lock);
	stack = page_owner_stack_find(handle);
	if (stack || !nr_spare_stacks)
		return stack;

	stack = spare_stacks++;
	nr_spare_stacks--;
	*stack = (struct page_owner_stack) { .handle = handle };
	stack->hash_next = *bucket;
	/* Pairs with smp_load_acquire() in page_owner_stack_find(). */
	smp_store_release(bucket, stack);
	if (last_stack)
		/* Pairs with smp_load_acquire() in page_owner_stack_next(). */
		smp_store_release(&last_stack->next, stack);
	else
		first_stack = stack;
	last_stack = stack;
	return stack;
}

/* A page full of entries, zeroed; may be refused. */
static struct page_owner_stack *alloc_stacks(gfp_t gfp)
{
	struct page *page = alloc_page(gfp_nested_mask(gfp) | __GFP_ZERO);

	return page ? page_address(page) : NULL;
}

/**
 * page_owner_stack_get() - look up a stack's entry, make one if there is none
 * @handle: the stack, not 0
 * @gfp: restrictions for the memory that an entry needs
 * @can_alloc: whether memory may be allocated
 *
 * Context: Any, with @can_alloc where @gfp may be allocated with. The caller has set the
 * recursion guard.
 * Return: the entry, NULL if there is none and no memory for one.
 */
struct page_owner_stack *page_owner_stack_get(depot_stack_handle_t handle,
					      gfp_t gfp, bool can_alloc)
{
	struct page_owner_stack *stack, *fresh = NULL;
	unsigned long flags;

	stack = page_owner_stack_find(handle);
	/* An NMI must not wait for a lock that it may have interrupted. */
	if (stack || in_nmi())
		return stack;

	if (can_alloc && !READ_ONCE(nr_spare_stacks))
		fresh = alloc_stacks(gfp);

	raw_spin_lock_irqsave(&stacks_lock, flags);
	if (fresh && !nr_spare_stacks) {
		spare_stacks = fresh;
		nr_spare_stacks = STACKS_PER_PAGE;
		fresh = NULL;
	}
	stack = insert_stack(handle);
	raw_spin_unlock_irqrestore(&stacks_lock, flags);

	if (fresh)
		free_page((unsigned long)fresh);
	return stack;
}

static void raise_peak(struct page_owner_stack *stack, long pages)
{
	s64 peak = atomic64_read(&stack->peak);

	while (pages > peak && !atomic64_try_cmpxchg_relaxed(&stack->peak, &peak, pages))
		;
}

/*
 * Adds to the entry. There is always one: records only ever get handles that have.
 */
static void add_to_entry(depot_stack_handle_t handle, long pages,
			 unsigned long allocs, unsigned long frees)
{
	struct page_owner_stack *stack = page_owner_stack_find(handle);

	if (WARN_ON_ONCE(!stack))
		return;
	raise_peak(stack, atomic64_add_return(pages, &stack->pages));
	atomic64_add(allocs, &stack->allocs);
	atomic64_add(frees, &stack->frees);
}

/**
 * page_owner_stack_pass_on() - add a place in a CPU's table to its entry
 * @delta: the place, in this CPU's table; it is cleared
 *
 * Context: Behind page_owner_count_begin().
 */
noinline void page_owner_stack_pass_on(struct page_owner_delta *delta)
{
	const struct page_owner_delta change = *delta;

	WRITE_ONCE(delta->pages, 0);
	WRITE_ONCE(delta->allocs, 0);
	WRITE_ONCE(delta->frees, 0);
	/*
	 * So that a reader misses it meanwhile, but never has it twice: that would
	 * stay as a peak. Pairs with the first smp_rmb() in
	 * page_owner_stack_read().
	 */
	smp_wmb();
	if (change.handle)
		add_to_entry(change.handle, change.pages, change.allocs, change.frees);
}

/**
 * page_owner_stack_take_delta() - let a place in a CPU's table change hands
 * @delta: the place, in this CPU's table
 * @handle: whose changes it is for from now on
 *
 * Context: Behind page_owner_count_begin().
 */
noinline void page_owner_stack_take_delta(struct page_owner_delta *delta,
					  depot_stack_handle_t handle)
{
	page_owner_stack_pass_on(delta);
	/* Between the changes of two stacks the values are 0. */
	WRITE_ONCE(delta->handle, handle);
	/* Pairs with the first smp_rmb() in read_delta(). */
	smp_wmb();
}

/**
 * page_owner_stack_count_nested() - count without this CPU's table
 * @handle: the stack, which has an entry
 * @pages: base pages that it gets, negative if it loses them
 * @allocs: allocations that this is
 * @frees: frees that this is
 *
 * For a context that has interrupted its CPU at work on the table.
 *
 * Context: Any.
 */
noinline void page_owner_stack_count_nested(depot_stack_handle_t handle, long pages,
					    unsigned long allocs, unsigned long frees)
{
	add_to_entry(handle, pages, allocs, frees);
}

/* Adds what a CPU has not passed on yet, if its place is and stays the stack's. */
static void read_delta(const struct page_owner_delta *delta, depot_stack_handle_t handle,
		       struct page_owner_counts *counts)
{
	struct page_owner_delta change;

	if (READ_ONCE(delta->handle) != handle)
		return;
	/* Pairs with smp_wmb() in page_owner_stack_take_delta(). */
	smp_rmb();
	change.pages = READ_ONCE(delta->pages);
	change.allocs = READ_ONCE(delta->allocs);
	change.frees = READ_ONCE(delta->frees);
	/* Values of another stack come after its handle; pairs with the same. */
	smp_rmb();
	if (READ_ONCE(delta->handle) != handle)
		return;
	counts->pages += change.pages;
	counts->allocs += change.allocs;
	counts->frees += change.frees;
}

/**
 * page_owner_stack_read() - what a stack has done so far
 * @stack: the stack
 * @counts: filled in
 *
 * While pages come and go this can be ahead of, or behind, the records by the
 * blocks that hooks are just working on, and behind by what CPUs just pass on: at
 * most PAGE_OWNER_DELTA_MAX pages and a block, and PAGE_OWNER_EVENTS_MAX frees and
 * as many allocations, each.
 *
 * Context: Any.
 */
void page_owner_stack_read(struct page_owner_stack *stack,
			   struct page_owner_counts *counts)
{
	int cpu;

	counts->pages = atomic64_read(&stack->pages);
	counts->allocs = atomic64_read(&stack->allocs);
	counts->frees = atomic64_read(&stack->frees);
	/* Pairs with smp_wmb() in page_owner_stack_pass_on(). */
	smp_rmb();
	for_each_possible_cpu(cpu) {
		struct page_owner_delta *delta = per_cpu_ptr(page_owner_deltas, cpu);

		read_delta(delta + hash_32(stack->handle, PAGE_OWNER_DELTA_BITS),
			   stack->handle, counts);
	}
	raise_peak(stack, counts->pages);
	counts->peak = atomic64_read(&stack->peak);
}

/**
 * page_owner_stack_pages() - how many pages a stack owns
 * @stack: the stack
 *
 * Context: Any.
 * Return: base pages, see page_owner_stack_read().
 */
long page_owner_stack_pages(struct page_owner_stack *stack)
{
	struct page_owner_counts counts;

	page_owner_stack_read(stack, &counts);
	return counts.pages;
}

/**
 * page_owner_stack_first() - begin a pass over all stacks
 *
 * Context: Any, after page_owner_stacks_init().
 * Return: the oldest entry.
 */
struct page_owner_stack *page_owner_stack_first(void)
{
	return first_stack;
}

/**
 * page_owner_stack_next() - go on with a pass over all stacks
 * @stack: where the pass is
 *
 * Context: Any. Entries stay valid for ever, so a pass can rest between calls.
 * Return: the next younger entry, NULL after the last.
 */
struct page_owner_stack *page_owner_stack_next(struct page_owner_stack *stack)
{
	/* Pairs with smp_store_release() in insert_stack(). */
	return smp_load_acquire(&stack->next);
}

static struct page_owner_stack * __init make_special(void (*frame)(void))
{
	unsigned long entry = (unsigned long)dereference_function_descriptor(frame);
	depot_stack_handle_t handle = stack_depot_save(&entry, 1, GFP_KERNEL);

	return handle ? page_owner_stack_get(handle, GFP_KERNEL, true) : NULL;
}

/**
 * page_owner_stacks_init() - set up the table and the special entries
 *
 * Context: Boot, before recording begins.
 * Return: 0, or -ENOMEM, also if stackdepot is disabled.
 */
int __init page_owner_stacks_init(void)
{
	int i;

	stack_hash = kcalloc(1 << STACK_HASH_BITS, sizeof(*stack_hash),
			     GFP_KERNEL);
	page_owner_deltas = __alloc_percpu(sizeof(*page_owner_deltas) << PAGE_OWNER_DELTA_BITS,
					   __alignof__(*page_owner_deltas));
	if (!stack_hash || !page_owner_deltas)
		return -ENOMEM;

	for (i = 0; i < PAGE_OWNER_NR_SPECIAL; i++) {
		special_stacks[i] = make_special(special_frames[i]);
		if (!special_stacks[i])
			return -ENOMEM;
	}
	return 0;
}
