// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: from the running context to a stack.
 *
 * Storing a stack may allocate pages (stackdepot's pools, the table of counts),
 * and those allocations come back here. They are cut short by a guard in the
 * task: one bit per context level, because an interrupt that arrives while its
 * task records is not a recursion and has an owner of its own. The guard is set
 * before anything else is called, so that a page fault or a tracer below the
 * unwinder cannot recurse either.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "page_owner.h"

/*
 * stack_trace_save() leaves out this many of our own frames: save_stack(),
 * page_owner_capture_alloc() or _free(), and the hook. All are noinline, and
 * none of the calls is a tail call.
 */
#define OWN_FRAMES 3

/* Returns false, and does nothing, if this context is recording already. */
static bool guard_enter(void)
{
	unsigned int bit = 1U << interrupt_context_level();

	if (current->in_page_owner & bit)
		return false;
	current->in_page_owner |= bit;
	return true;
}

static void guard_exit(void)
{
	current->in_page_owner &= ~(1U << interrupt_context_level());
}

/*
 * Memory can be had from the page allocator whenever the hooks are reached
 * through it, with two exceptions: NMIs, and atomic contexts on PREEMPT_RT,
 * where the zone lock sleeps.
 */
static bool may_allocate(void)
{
	if (in_nmi())
		return false;
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

static noinline depot_stack_handle_t save_stack(gfp_t gfp, bool can_alloc)
{
	unsigned long entries[PAGE_OWNER_DEPTH];
	unsigned int nr;

	nr = stack_trace_save(entries, ARRAY_SIZE(entries), OWN_FRAMES);
	return stack_depot_save_flags(entries, nr, gfp_nested_mask(gfp),
				      can_alloc ? STACK_DEPOT_FLAG_CAN_ALLOC : 0);
}

/* Saves the running stack and sees to its entry. The guard is set. */
static __always_inline struct page_owner_stack *capture_entry(gfp_t gfp)
{
	bool can_alloc = may_allocate();
	depot_stack_handle_t handle = save_stack(gfp, can_alloc);
	struct page_owner_stack *stack = NULL;

	if (handle)
		stack = page_owner_stack_get(handle, gfp, can_alloc);
	return stack ?: page_owner_special(PAGE_OWNER_FAILURE);
}

/**
 * page_owner_capture_alloc() - the stack that an allocation is counted under
 * @gfp: GFP flags of the allocation, which storing the stack is restricted by
 *
 * To be called by a hook, from a call that is not a tail call.
 *
 * Context: Where the page allocator may be entered with @gfp; stores nothing
 * new in NMI and in atomic contexts of PREEMPT_RT.
 * Return: the entry of the stack, never NULL: an entry of its own stands for
 * stacks that cannot be stored, and for allocations made while recording.
 */
noinline struct page_owner_stack *page_owner_capture_alloc(gfp_t gfp)
{
	struct page_owner_stack *stack;

	if (!guard_enter())
		return page_owner_special(PAGE_OWNER_RECURSION);
	stack = capture_entry(gfp);
	guard_exit();
	return stack;
}

/**
 * page_owner_capture_free() - the stack of a free
 *
 * To be called by a hook, from a call that is not a tail call.
 *
 * Context: Any; never sleeps.
 * Return: a handle for stackdepot, never 0.
 */
noinline depot_stack_handle_t page_owner_capture_free(void)
{
	depot_stack_handle_t handle;

	if (!guard_enter())
		return page_owner_special(PAGE_OWNER_RECURSION)->handle;
	handle = save_stack(GFP_NOWAIT, may_allocate());
	guard_exit();
	return handle ?: page_owner_special(PAGE_OWNER_FAILURE)->handle;
}
