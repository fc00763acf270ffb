// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the largest owners, in show_mem().
 *
 * Out of memory, failed allocations, sysrq-m and panics print show_mem(): in any
 * context, and when nothing can be relied on. So the report allocates nothing and
 * waits for nobody. It goes through the list of stacks once, which is only ever
 * added to, and keeps the largest ones on its own kernel stack. Reports that are
 * printed at a time, or that interrupt one another, have nothing in common, and
 * none is lost if a CPU is stopped in the middle of one.
 *
 * Its lines are bounded: one, and for each owner that is asked for at most
 * 1 + PAGE_OWNER_DEPTH. At most PAGE_OWNER_TOP_MAX owners can be asked for.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>
#include <linux/vmstat.h>

#include "page_owner.h"

/* How many owners are printed; 0 for no report at all. */
static unsigned int nr_shown = 10;

static int __init page_owner_show_mem_param(char *arg)
{
	unsigned int nr;
	int ret = arg ? kstrtouint(arg, 0, &nr) : -EINVAL;

	if (ret)
		return ret;
	if (nr > PAGE_OWNER_TOP_MAX)
		return -ERANGE;
	nr_shown = nr;
	return 0;
}
early_param("page_owner_show_mem", page_owner_show_mem_param);

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

static int shown_get(void *data, u64 *val)
{
	*val = READ_ONCE(nr_shown);
	return 0;
}

static int shown_set(void *data, u64 val)
{
	if (val > PAGE_OWNER_TOP_MAX)
		return -EINVAL;
	WRITE_ONCE(nr_shown, val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(shown_fops, shown_get, shown_set, "%llu\n");

static int __init page_owner_report_init(void)
{
	if (page_owner_enabled())
		debugfs_create_file("page_owner_show_mem", 0600, NULL, NULL,
				    &shown_fops);
	return 0;
}
late_initcall(page_owner_report_init);
