// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: setting up at boot, and what can be switched on and off later.
 */
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/memory.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/stack_cache.h>
#include <linux/stackdepot.h>

#include "../internal.h"
#include "capture.h"
#include "free.h"
#include "record.h"
#include "stacks.h"
#include "task.h"
#include "param.h"

/*
 * Early pages. Usually there is one CPU and nothing can change. With deferred
 * initialisation of struct pages the other CPUs are up. So recording is switched on
 * first, then frees that began without it are waited for, and the zone's pcp lists
 * are kept empty: now a page that the hooks do not know is either in the buddy lists
 * or allocated early, and the zone lock keeps the former there while we look.
 *
 * What remains are pages on their way between the buddy lists and a hook. They
 * are marked, and the hook then records the block over the marks and takes their
 * counts back: that of the first page as always, those of the others as long as
 * the system boots. Only if both look at a mark in the same instant is a page
 * counted twice.
 */

/* Goes on from @pfn to @stop. Returns how many pages were marked. */
static unsigned long __init mark_pages(struct zone *zone, unsigned long pfn,
				       unsigned long stop, depot_stack_handle_t early)
{
	unsigned long marked = 0, next;

	for (; pfn < stop; pfn = next) {
		struct page *page = pfn_to_online_page(pfn);

		/* Memory comes in units of at least a pageblock. */
		next = page ? page_owner_skip_unowned(page, pfn) : pageblock_end_pfn(pfn);
		if (next > pfn)
			continue;
		if (page_zone(page) == zone)
			marked += page_owner_mark_early(page, early);
		next++;
	}
	return marked;
}

static unsigned long __init mark_early_pages(struct zone *zone,
					     depot_stack_handle_t early)
{
	unsigned long pfn = zone->zone_start_pfn, end = zone_end_pfn(zone);
	unsigned long marked = 0, flags, stop;

	for (; pfn < end; pfn = stop) {
		/* A free block is known by its first page: begin with one. */
		stop = min(ALIGN(pfn + 1, MAX_ORDER_NR_PAGES), end);
		spin_lock_irqsave(&zone->lock, flags);
		marked += mark_pages(zone, pfn, stop, early);
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
		/* With one CPU up, the lists are empty, and not set up. */
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

	if (action == MEM_OFFLINE || action == MEM_CANCEL_ONLINE)
		page_owner_unmark_range(mem->start_pfn, mem->nr_pages);
	return NOTIFY_OK;
}

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

static __init bool page_owner_need(void)
{
	check_widths();
	if (page_owner_wanted.lean)
		page_owner_ops.size = PAGE_OWNER_LEAN_SIZE;
	return page_owner_wanted.on;
}

static __init void page_owner_init(void)
{
	if (!page_owner_wanted.on)
		return;
	if (page_owner_stacks_init() || page_owner_tasks_init() ||
	    stack_cache_init()) {
		pr_err("page_owner: no memory for stacks, or stack_depot_disable is set\n");
		page_owner_wanted.on = false;
		return;
	}
	if (page_owner_wanted.lean)
		static_branch_enable(&page_owner_lean);
	if (page_owner_wanted.paused)
		page_owner_recording = false;
	if (page_owner_wanted.verify)
		static_branch_enable(&page_owner_verify);
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

/*
 * The switches
 */

static int get_switch(char *buf, bool on)
{
	return sprintf(buf, "%c\n", on ? 'Y' : 'N');
}

/* 0 pauses recording, 1 resumes it. */
static int recording_set(const char *val, const struct kernel_param *kp)
{
	int ret = page_owner_may_set(kp);
	bool on;

	ret = ret ?: kstrtobool(val, &on);
	if (ret || on == page_owner_recording)
		return ret;
	WRITE_ONCE(page_owner_recording, on);
	/* A dump with a gap can be explained by when it was. */
	pr_info("page_owner: recording is %s by pid %d\n", on ? "resumed" : "paused",
		task_pid_nr(current));
	return 0;
}

static int recording_get(char *buf, const struct kernel_param *kp)
{
	return get_switch(buf, page_owner_wanted.on && page_owner_recording);
}

static const struct kernel_param_ops recording_ops = {
	.set = recording_set,
	.get = recording_get,
};
module_param_cb(recording, &recording_ops, NULL, 0644);

/* 1 compares each captured stack with what the unwinder says. */
static int verify_set(const char *val, const struct kernel_param *kp)
{
	int ret = page_owner_may_set(kp);
	bool on;

	ret = ret ?: kstrtobool(val, &on);
	if (ret)
		return ret;
	if (on)
		static_branch_enable(&page_owner_verify);
	else
		static_branch_disable(&page_owner_verify);
	return 0;
}

static int verify_get(char *buf, const struct kernel_param *kp)
{
	return get_switch(buf, static_key_enabled(&page_owner_verify));
}

static const struct kernel_param_ops verify_ops = {
	.set = verify_set,
	.get = verify_get,
};
module_param_cb(verify, &verify_ops, NULL, 0644);
