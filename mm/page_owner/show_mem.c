// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the largest owners, in show_mem().
 *
 * Out of memory, failed allocations, sysrq-m and panics print show_mem(): in any
 * context, and when nothing can be relied on. So the report allocates nothing and
 * does not wait. It goes through the list of stacks once, which is only ever
 * added to, and keeps the largest ones on its own kernel stack. Reports that are
 * printed at a time, or that interrupt one another, have nothing in common, and
 * none is lost if a CPU is stopped in the middle of one.
 *
 * Its lines are bounded: one, and for each owner that is asked for at most
 * 1 + PAGE_OWNER_DEPTH. At most PAGE_OWNER_TOP_MAX owners can be asked for.
 */
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>
#include <linux/vmstat.h>

#include "capture.h"
#include "show_mem.h"
#include "stacks.h"
#include "param.h"

/* How many owners are printed; 0 for no report at all. */
static unsigned int nr_shown = 10;

static int nr_shown_set(const char *val, const struct kernel_param *kp)
{
	return page_owner_may_set(kp) ?:
	       param_set_uint_minmax(val, kp, 0, PAGE_OWNER_TOP_MAX);
}

static const struct kernel_param_ops nr_shown_ops = {
	.set = nr_shown_set,
	.get = param_get_uint,
};
module_param_cb(show_mem, &nr_shown_ops, &nr_shown, 0644);

/**
 * page_owner_top_add() - let a stack compete for a place among the largest
 * @top: the largest so far, the largest first
 * @stack: a stack that has not been added before
 * @pages: base pages that it owns
 *
 * Of stacks that own equally many, the one that was added first comes first. One
 * that owns nothing gets no place.
 *
 * Context: Any; @top is the caller's own.
 */
void page_owner_top_add(struct page_owner_top *top,
			struct page_owner_stack *stack, long pages)
{
	unsigned int i;

	if (pages < 1)
		return;
	if (top->nr < top->max)
		i = top->nr++;
	else if (top->nr && top->owner[top->nr - 1].pages < pages)
		i = top->nr - 1;
	else
		return;
	for (; i && top->owner[i - 1].pages < pages; i--)
		top->owner[i] = top->owner[i - 1];
	top->owner[i].stack = stack;
	top->owner[i].pages = pages;
}

/* Returns what all stacks own together. */
static long find_top(struct page_owner_top *top, unsigned int *nr_stacks)
{
	struct page_owner_stack *stack;
	long all = 0;

	*nr_stacks = 0;
	for (stack = page_owner_stack_first(); stack;
	     stack = page_owner_stack_next(stack)) {
		long pages = page_owner_stack_pages(stack);

		page_owner_top_add(top, stack, pages);
		all += pages;
		++*nr_stacks;
	}
	return all;
}

/* Free pages, as page_owner sees it: also those that a CPU keeps at hand. */
static long free_pages_now(void)
{
	struct zone *zone;
	long pages = 0;
	int cpu;

	for_each_populated_zone(zone) {
		pages += zone_page_state_snapshot(zone, NR_FREE_PAGES);
		for_each_online_cpu(cpu)
			pages += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset,
						       cpu)->count);
	}
	return pages;
}

static void report_owner(const struct page_owner_top_entry *owner, long ram)
{
	unsigned int permille = div64_ul(1000ULL * owner->pages, ram);
	unsigned int i, nr;
	unsigned long *entries;

	pr_warn("page_owner: %ld pages, %ldkB, %u.%u%%, handle %u\n",
		owner->pages, owner->pages << (PAGE_SHIFT - 10),
		permille / 10, permille % 10, owner->stack->handle);
	nr = stack_depot_fetch(owner->stack->handle, &entries);
	for (i = 0; i < nr && i < PAGE_OWNER_DEPTH; i++)
		pr_warn(" %pS\n", (void *)entries[i]);
}

/* Counts, the total and what is free are read one after the other. */
void __page_owner_show_mem(void)
{
	struct page_owner_top top = {
		.max = min(READ_ONCE(nr_shown), PAGE_OWNER_TOP_MAX),
	};
	long ram = max(totalram_pages(), 1UL), owned, free;
	unsigned int i, nr_stacks;

	/* Counts that are read under a lock, which the NMI may have interrupted. */
	if (!top.max || (IS_ENABLED(CONFIG_GENERIC_ATOMIC64) && in_nmi()))
		return;
	owned = find_top(&top, &nr_stacks);
	free = free_pages_now();
	pr_warn("page_owner: of %ld pages %ld owned, %ld free, %ld neither; %u of %u stacks:\n",
		ram, owned, free, max(ram - owned - free, 0L), top.nr, nr_stacks);
	for (i = 0; i < top.nr; i++)
		report_owner(&top.owner[i], ram);
}
