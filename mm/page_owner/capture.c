// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: from the running context to a stack and a task.
 *
 * Nearly always the stack cache knows the running stack. Else it is unwound and
 * stored, which may allocate pages (stackdepot's pools, the cache, the table of
 * counts), and those allocations come back here. They are cut short by a guard
 * in the task: one bit per context level, because an interrupt that arrives
 * while its task records is not a recursion and has an owner of its own. The
 * guard is set before anything else is called, so that a page fault or a tracer
 * below the unwinder cannot recurse either.
 */
#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/stack_cache.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "capture.h"
#include "stacks.h"
#include "task.h"

/* Every capture is compared with what the unwinder says. */
DEFINE_STATIC_KEY_FALSE(page_owner_verify);

static DEFINE_PER_CPU(struct page_owner_capture_stats, capture_stats);

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
 * An allocation's hook can have memory from the page allocator, which its caller
 * has just been to, but not in NMI, nor in an atomic context of PREEMPT_RT, where
 * the zone lock sleeps. A free may happen under any lock and has no GFP flags to
 * say so: then only where nothing is held, as far as the kernel can tell. Without
 * CONFIG_PREEMPT_COUNT it can tell no more than whether interrupts are off, as they
 * are under locks that interrupts take, too.
 */
static bool may_allocate(bool freeing)
{
	if (in_nmi())
		return false;
	if (!freeing && !IS_ENABLED(CONFIG_PREEMPT_RT))
		return true;
	return IS_ENABLED(CONFIG_PREEMPT_COUNT) ? preemptible() : !irqs_disabled();
}

/* At most a few: one is a bug, and the first ones tell which. */
static void report_different(const unsigned long *want, unsigned int nr_want,
			     const unsigned long *have, unsigned int nr_have)
{
	static atomic_t reports = ATOMIC_INIT(4);
	unsigned int i;

	if (atomic_dec_if_positive(&reports) < 0)
		return;
	pr_err("page_owner: a captured stack is not what the unwinder says:\n");
	for (i = 0; i < max(nr_want, nr_have); i++)
		pr_err("  %2u captured %pS, unwound %pS\n", i,
		       i < nr_have ? (void *)have[i] : NULL,
		       i < nr_want ? (void *)want[i] : NULL);
}

/* The number of frames counts: capture() calls this, and nothing else. */
static noinline void verify(depot_stack_handle_t handle)
{
	unsigned long want[PAGE_OWNER_DEPTH], *have;
	unsigned int nr_want, nr_have;

	nr_want = stack_trace_save(want, ARRAY_SIZE(want), PAGE_OWNER_OWN_FRAMES + 2);
	/* As stackdepot does. */
	nr_want = filter_irq_stacks(want, nr_want);
	nr_have = stack_depot_fetch(handle, &have);
	this_cpu_inc(capture_stats.compared);
	if (nr_want == nr_have && !memcmp(want, have, nr_want * sizeof(*want)))
		return;
	this_cpu_inc(capture_stats.different);
	report_different(want, nr_want, have, nr_have);
}

/**
 * struct origin - where an allocation or a free comes from
 * @stack: for an allocation: the entry that it is counted under
 * @handle: the stack
 */
struct origin {
	struct page_owner_stack *stack;
	depot_stack_handle_t handle;
};

static void take_special(enum page_owner_special which, struct origin *origin)
{
	origin->stack = page_owner_special(which);
	origin->handle = origin->stack->handle;
}

/*
 * Unwinds and stores the stack, and sees to its entry if it is to be counted.
 * Here, too, the number of frames counts.
 */
static noinline void unwind(const unsigned long *slot, gfp_t gfp, bool freeing,
			    struct origin *origin)
{
	unsigned long entries[PAGE_OWNER_DEPTH];
	struct stack_cache_stack stack = {};
	struct stack_cache_path path;
	bool can_alloc = may_allocate(freeing);
	unsigned int nr;

	take_special(PAGE_OWNER_FAILURE, origin);
	stack_cache_trace(slot, PAGE_OWNER_OWN_FRAMES + 2, &path);
	nr = stack_cache_entries(&path, entries);
	stack.handle = stack_depot_save_flags(entries, nr, gfp_nested_mask(gfp),
					      can_alloc ? STACK_DEPOT_FLAG_CAN_ALLOC : 0);
	if (!stack.handle)
		return;
	if (!freeing) {
		stack.data = page_owner_stack_get(stack.handle, gfp, can_alloc);
		if (!stack.data)
			return;
	}
	stack_cache_add(&path, &stack, gfp, can_alloc);
	origin->stack = stack.data;
	origin->handle = stack.handle;
}

static bool find_known(const unsigned long *slot, bool freeing, struct origin *origin)
{
	const struct stack_cache_stack *found;
	bool known;

	rcu_read_lock();
	found = stack_cache_find(slot);
	/* An allocation needs an entry in the counts. */
	known = found && (freeing || found->data);
	if (known) {
		origin->stack = found->data;
		origin->handle = found->handle;
	}
	rcu_read_unlock();
	return known;
}

/*
 * Stays on the stack below its callees, which count frames: the guard's exit is
 * more than a tail call.
 */
static noinline void capture(const unsigned long *slot, gfp_t gfp, bool freeing,
			     struct origin *origin)
{
	if (!guard_enter()) {
		take_special(PAGE_OWNER_RECURSION, origin);
		return;
	}
	if (!find_known(slot, freeing, origin))
		unwind(slot, gfp, freeing, origin);
	if (static_branch_unlikely(&page_owner_verify) &&
	    origin->handle != page_owner_special(PAGE_OWNER_FAILURE)->handle)
		verify(origin->handle);
	if (!page_owner_task_known(current->page_owner_task, freeing))
		page_owner_task_new(gfp, may_allocate(freeing));
	guard_exit();
}

/**
 * page_owner_capture_alloc() - where an allocation comes from
 * @slot: stack_cache_slot() of the hook that calls this
 * @gfp: GFP flags of the allocation, which storing the stack is restricted by
 *
 * To be called by a hook if page_owner_capture_known() does not know. Sees to it
 * that the running task has an identity, too.
 *
 * Context: Where the page allocator may be entered with @gfp; stores nothing
 * new in NMI and in atomic contexts of PREEMPT_RT.
 * Return: a handle for stackdepot that has an entry in the counts, never 0: one
 * of its own stands for stacks that cannot be stored, and for allocations made
 * while recording.
 */
noinline depot_stack_handle_t
page_owner_capture_alloc(const unsigned long *slot, gfp_t gfp)
{
	struct origin origin;

	capture(slot, gfp, false, &origin);
	return origin.stack->handle;
}

/**
 * page_owner_capture_free() - the stack of a free
 * @slot: stack_cache_slot() of the hook that calls this
 *
 * As page_owner_capture_alloc().
 *
 * Context: Any; never sleeps.
 * Return: a handle for stackdepot, never 0.
 */
noinline depot_stack_handle_t page_owner_capture_free(const unsigned long *slot)
{
	struct origin origin;

	capture(slot, GFP_NOWAIT, true, &origin);
	return origin.handle;
}

/**
 * page_owner_capture_read_stats() - read how comparisons went
 * @stats: set to the sum over all CPUs
 *
 * Context: Any.
 */
void page_owner_capture_read_stats(struct page_owner_capture_stats *stats)
{
	int cpu;

	*stats = (struct page_owner_capture_stats) {};
	for_each_possible_cpu(cpu) {
		const struct page_owner_capture_stats *s = per_cpu_ptr(&capture_stats, cpu);

		stats->compared += READ_ONCE(s->compared);
		stats->different += READ_ONCE(s->different);
	}
}
