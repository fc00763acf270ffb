// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: who allocated each page.
 *
 * Theory of operation
 * ===================
 *
 * Every page has a struct page_owner in page_ext. The allocator's hooks fill it
 * in when a block leaves the free lists and mark it free when the block comes
 * back; the record of the last free is kept beside that of the allocation, for
 * dump_page(). All pages of a block carry the block's record, so a block can be
 * taken apart without anybody knowing where it began; the walk shows a block
 * once, at the page that its order is aligned to.
 *
 * A stack is stored once, by stackdepot. How many base pages each stack owns is
 * counted in mm/page_owner_stacks.c, under this invariant:
 *
 *   at rest, a stack's count is the number of pages that are marked allocated
 *   and carry its handle.
 *
 * To keep it, whoever marks or unmarks a page, or changes the handle of a
 * marked one, moves the same number of pages in the counts: pages are counted,
 * not calls, and a page is subtracted from the stack in its own record. So it
 * does not matter whether a block is freed whole, in pieces, or after a split.
 * What cannot be known goes to an entry of its own and is counted there: early
 * allocations, the tracker's own, and those whose stack could not be stored.
 *
 * Exceptions: "at rest" means that no hook is running; a hook marks first and
 * counts then. Memory that goes offline takes its marks and their counts along.
 * With deferred initialisation of struct pages, other CPUs allocate while early
 * pages are being marked: see mark_early_pages().
 *
 * Who writes: hooks run where their caller owns the block alone, so records
 * have one writer at a time and need no lock. (page_owner_free_pieces() tells of
 * the one exception.) Who reads: anybody, at any time, with only RCU to keep
 * page_ext from going away with its memory section. A reader can see a record
 * half written; the sequence number in it tells, see page_owner_read().
 *
 * Cost: off, a jump label per hook. On, a hook unwinds the stack and looks it
 * up, which is nearly all of its time, and writes 64 bytes per page.
 */
#include <linux/cgroup.h>
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/string.h>

#include "internal.h"
#include "page_owner.h"

DEFINE_STATIC_KEY_FALSE(page_owner_inited);

/* Asked for on the command line. */
static bool page_owner_wanted __initdata;

static int __init page_owner_param(char *arg)
{
	int ret = kstrtobool(arg, &page_owner_wanted);

	if (!ret && page_owner_wanted)
		stack_depot_request_early_init();
	return ret;
}
early_param("page_owner", page_owner_param);

/* Debuggers and documents know the layout. */
static_assert(sizeof(struct page_owner) == 64);

/*
 * Going through the records of a range of pages
 */

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
 * begin_write() and end_write() enclose every change that a reader must not see
 * a half of. @seq is made odd and even, not incremented, so that it is even
 * after the last of several writers whatever they did to each other.
 */

static void begin_write(struct page_owner *owner)
{
	WRITE_ONCE(owner->seq, owner->seq | 1);
	/* Pairs with the smp_rmb() in page_owner_read(). */
	smp_wmb();
}

static void end_write(struct page_owner *owner)
{
	/* Pairs with smp_load_acquire() in page_owner_read(). */
	smp_store_release(&owner->seq, (owner->seq | 1) + 1);
}

static bool marked_allocated(const struct page_ext *ext)
{
	return test_bit(PAGE_EXT_OWNER_ALLOCATED, &ext->flags);
}

/*
 * The flags word is ours alone on 64 bit. On 32 bit it is shared with idle page
 * tracking, which sets its bits at any time.
 */
static void mark_allocated(struct page_ext *ext)
{
	if (IS_ENABLED(CONFIG_64BIT)) {
		__set_bit(PAGE_EXT_OWNER, &ext->flags);
		__set_bit(PAGE_EXT_OWNER_ALLOCATED, &ext->flags);
	} else {
		set_bit(PAGE_EXT_OWNER, &ext->flags);
		set_bit(PAGE_EXT_OWNER_ALLOCATED, &ext->flags);
	}
}

static void mark_free(struct page_ext *ext)
{
	if (IS_ENABLED(CONFIG_64BIT))
		__clear_bit(PAGE_EXT_OWNER_ALLOCATED, &ext->flags);
	else
		clear_bit(PAGE_EXT_OWNER_ALLOCATED, &ext->flags);
}

/**
 * struct owner_tally - pages on their way into or out of the counts
 * @handle: of the stack that they belong to
 * @nr: how many, negative if the stack loses them
 *
 * Neighbours nearly always have the same stack, so a look-up serves many pages.
 */
struct owner_tally {
	depot_stack_handle_t handle;
	long nr;
};

static void tally_flush(struct owner_tally *tally)
{
	struct page_owner_stack *stack;

	if (!tally->nr)
		return;
	stack = page_owner_stack_find(tally->handle);
	/* Records only ever get handles that have an entry. */
	if (!WARN_ON_ONCE(!stack))
		page_owner_stack_add(stack, tally->nr);
	tally->nr = 0;
}

static void tally_add(struct owner_tally *tally, depot_stack_handle_t handle,
		      long nr)
{
	if (tally->handle != handle) {
		tally_flush(tally);
		tally->handle = handle;
	}
	tally->nr += nr;
}

/* What an allocation leaves alone: the record of the page's last free. */
static void set_allocation(struct page_owner *owner, const struct page_owner *new)
{
	owner->order = new->order;
	owner->last_migrate_reason = new->last_migrate_reason;
	owner->gfp_mask = new->gfp_mask;
	owner->handle = new->handle;
	owner->ts_nsec = new->ts_nsec;
	memcpy(owner->comm, new->comm, sizeof(owner->comm));
	owner->pid = new->pid;
	owner->tgid = new->tgid;
}

static void init_allocation(struct page_owner *owner, unsigned int order,
			    gfp_t gfp, depot_stack_handle_t handle)
{
	owner->order = order;
	owner->last_migrate_reason = -1;
	owner->gfp_mask = gfp;
	owner->handle = handle;
	owner->ts_nsec = local_clock();
	strscpy_pad(owner->comm, current->comm, sizeof(owner->comm));
	owner->pid = current->pid;
	owner->tgid = current->tgid;
}

/* Marks a page. One that was still marked is taken from its stack first. */
static void record_page(struct page_ext *ext, const struct page_owner *new,
			struct owner_tally *tally)
{
	struct page_owner *owner = page_owner_of(ext);

	if (marked_allocated(ext))
		tally_add(tally, owner->handle, -1);
	begin_write(owner);
	set_allocation(owner, new);
	mark_allocated(ext);
	end_write(owner);
}

static void record_block(struct page *page, const struct page_owner *new,
			 struct page_owner_stack *stack)
{
	struct owner_tally tally = {};
	struct owner_iter it;
	long nr = 0;

	for (owner_iter_start(&it, page_to_pfn(page), 1UL << new->order); it.ext;
	     owner_iter_next(&it)) {
		record_page(it.ext, new, &tally);
		nr++;
	}
	page_owner_stack_add(stack, nr);
	tally_flush(&tally);
}

/*
 * The hooks. Contracts: include/linux/page_owner.h
 */

noinline void __page_owner_alloc(struct page *page, unsigned int order,
				 gfp_t gfp)
{
	struct page_owner_stack *stack = page_owner_capture_alloc(gfp);
	struct page_owner new;

	init_allocation(&new, order, gfp, stack->handle);
	record_block(page, &new, stack);
}

noinline struct page_owner_stack *__page_owner_bulk_capture(gfp_t gfp)
{
	struct page_owner_stack *stack = page_owner_capture_alloc(gfp);

	/* No tail call: this frame is one of those that capture leaves out. */
	barrier();
	return stack;
}

void __page_owner_bulk_alloc(struct page *page, gfp_t gfp,
			     struct page_owner_stack *stack)
{
	struct page_owner new;

	if (!stack)
		return;
	init_allocation(&new, 0, gfp, stack->handle);
	record_block(page, &new, stack);
}

noinline void __page_owner_free(struct page *page, unsigned int order)
{
	depot_stack_handle_t handle = page_owner_capture_free();
	struct owner_tally tally = {};
	u64 now = local_clock();
	struct owner_iter it;

	for (owner_iter_start(&it, page_to_pfn(page), 1UL << order); it.ext;
	     owner_iter_next(&it)) {
		struct page_owner *owner = page_owner_of(it.ext);

		if (marked_allocated(it.ext))
			tally_add(&tally, owner->handle, -1);
		begin_write(owner);
		mark_free(it.ext);
		owner->free_handle = handle;
		owner->free_ts_nsec = now;
		owner->free_pid = current->pid;
		owner->free_tgid = current->tgid;
		end_write(owner);
	}
	tally_flush(&tally);
}

void __page_owner_split(struct page *page, unsigned int old_order,
			unsigned int new_order)
{
	struct owner_iter it;

	for (owner_iter_start(&it, page_to_pfn(page), 1UL << old_order); it.ext;
	     owner_iter_next(&it)) {
		struct page_owner *owner = page_owner_of(it.ext);

		begin_write(owner);
		owner->order = new_order;
		end_write(owner);
	}
}

/*
 * The first page belongs to somebody else, who may be freeing it right now. Its
 * order is a single byte that no other page depends on, and 0 is also right for
 * whatever becomes of that page: as long as its neighbours are not free, it can
 * only be handed out alone. So it is set without the sequence number, which has
 * a writer already.
 */
void __page_owner_free_pieces(struct page *page, unsigned int order)
{
	struct page_ext *ext;

	if (!order)
		return;
	ext = page_ext_get(page);
	if (ext)
		WRITE_ONCE(page_owner_of(ext)->order, 0);
	page_ext_put(ext);

	while (order--)
		__page_owner_split(page + (1UL << order), order, 0);
}

/* The record of a page goes to another one. Returns the handle, or 0. */
static depot_stack_handle_t copy_record(struct page *dst, struct page *src,
					struct owner_tally *lost)
{
	struct page_ext *from = page_ext_get(src);
	struct page_ext *to = page_ext_get(dst);
	depot_stack_handle_t handle = 0;

	if (from && to && marked_allocated(from)) {
		record_page(to, page_owner_of(from), lost);
		handle = page_owner_of(from)->handle;
	}
	page_ext_put(to);
	page_ext_put(from);
	return handle;
}

/*
 * The new folio takes over the record of the old one, and leaves that as it is:
 * both carry the old one's stack until the old one is freed, and both count.
 * The new folio's last free stays what it was; the migration was not one.
 */
void __page_owner_migrate(struct folio *dst, struct folio *src)
{
	struct owner_tally lost = {}, gained = {};
	depot_stack_handle_t handle;
	long i;

	for (i = 0; i < folio_nr_pages(dst); i++) {
		handle = copy_record(folio_page(dst, i), folio_page(src, i), &lost);
		if (handle)
			tally_add(&gained, handle, 1);
	}
	tally_flush(&lost);
	tally_flush(&gained);
}

void __page_owner_set_migrate_reason(struct page *page, int reason)
{
	struct owner_iter it;

	for (owner_iter_start(&it, page_to_pfn(page), compound_nr(page)); it.ext;
	     owner_iter_next(&it)) {
		struct page_owner *owner = page_owner_of(it.ext);

		begin_write(owner);
		owner->last_migrate_reason = reason;
		end_write(owner);
	}
}

/*
 * Reading
 */

static void read_charge(struct page *page, struct page_owner_snapshot *snap)
{
	struct mem_cgroup *memcg;

	snap->charge = page_owner_base_memcg(page, &memcg);
#ifdef CONFIG_MEMCG
	if (snap->charge < PAGE_OWNER_CHARGED)
		return;
	snap->memcg_online = memcg->css.flags & CSS_ONLINE;
	cgroup_name(memcg->css.cgroup, snap->memcg_name,
		    sizeof(snap->memcg_name));
#endif
}

/* Returns false if the record was being written, or has been since. */
static bool try_read(struct page *page, struct page_ext *ext,
		     struct page_owner_snapshot *snap, bool with_charge)
{
	struct page_owner *owner = page_owner_of(ext);
	/* Pairs with smp_store_release() in end_write(). */
	u16 seq = smp_load_acquire(&owner->seq);

	if (seq & 1)
		return false;
	snap->allocated = marked_allocated(ext);
	snap->recorded = test_bit(PAGE_EXT_OWNER, &ext->flags);
	/* Half a record, if so it is, is thrown away below. */
	snap->owner = data_race(*owner);
	snap->flags = page_owner_base_flags(page);
	snap->charge = PAGE_OWNER_UNCHARGED;
	/* A tail page's memory cgroup word means something else. */
	if (with_charge && snap->allocated && !PageTail(page))
		read_charge(page, snap);
	/* Pairs with smp_wmb() in begin_write(). */
	smp_rmb();
	return READ_ONCE(owner->seq) == seq;
}

/**
 * page_owner_read() - what is known of a page
 * @page: any page of an online section
 * @snap: filled in; its owner's members are zero where nothing was recorded
 * @with_charge: find out how the page is charged, too
 *
 * Everything in @snap belongs to one life of the page: it was allocated, or was
 * free, all the time while it was read. A page whose record is being written all
 * the time while we try is one that changes hands just now, and is left out.
 *
 * Context: Any; with @with_charge, where a spinlock may be taken that sleeps on
 * PREEMPT_RT. The caller keeps the section online, or can live with a page that
 * has just gone.
 * Return: false if there is no page_ext, or no moment of rest.
 */
bool page_owner_read(struct page *page, struct page_owner_snapshot *snap,
		     bool with_charge)
{
	struct page_ext *ext = page_ext_get(page);
	bool done = false;
	int tries;

	if (!ext)
		return false;
	for (tries = 0; tries < 8 && !done; tries++)
		done = try_read(page, ext, snap, with_charge);
	page_ext_put(ext);

	snap->pfn = page_to_pfn(page);
	snap->pageblock_mt = get_pageblock_migratetype(page);
	return done;
}

void __page_owner_dump(const struct page *page)
{
	struct page_owner_snapshot snap = {};

	if (!page_owner_read((struct page *)page, &snap, false)) {
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
				   const struct page_owner *early)
{
	struct page_ext *ext = page_ext_get(page);
	struct owner_tally none = {};
	bool mark = ext && !PageReserved(page) && !marked_allocated(ext) &&
		    !page_owner_of(ext)->free_handle;

	if (mark)
		record_page(ext, early, &none);
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
 * What remains is a page on its way between the buddy lists and a hook. It is
 * marked, and the hook then records it over the mark and takes the mark's count
 * back. Only if both look at the mark in the same instant is it counted twice.
 */
static unsigned long __init mark_early_pages(struct zone *zone,
					     const struct page_owner *early)
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
	struct page_owner early;
	unsigned long nr;
	struct zone *zone;

	init_allocation(&early, 0, 0, stack->handle);
	for_each_populated_zone(zone) {
		/* Alone on the machine, the lists are empty, and not set up. */
		bool alone = system_state == SYSTEM_BOOTING;

		if (!alone)
			zone_pcp_disable(zone);
		nr = mark_early_pages(zone, &early);
		if (!alone)
			zone_pcp_enable(zone);
		page_owner_stack_add(stack, nr);
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
		struct page_owner *owner = page_owner_of(it.ext);

		if (!marked_allocated(it.ext))
			continue;
		tally_add(&tally, owner->handle, -1);
		begin_write(owner);
		mark_free(it.ext);
		end_write(owner);
	}
	tally_flush(&tally);
	return NOTIFY_OK;
}

static __init bool page_owner_need(void)
{
	return page_owner_wanted;
}

static __init void page_owner_init(void)
{
	if (!page_owner_wanted)
		return;
	if (page_owner_stacks_init()) {
		pr_err("page_owner: no memory for stacks, or stack_depot_disable is set\n");
		return;
	}
	hotplug_memory_notifier(page_owner_hotplug, DEFAULT_CALLBACK_PRI + 1);

	/* All that hooks use is ready. */
	static_branch_enable(&page_owner_inited);
	synchronize_rcu();
	record_early_pages();
}

struct page_ext_operations page_owner_ops = {
	.size = sizeof(struct page_owner),
	.need = page_owner_need,
	.init = page_owner_init,
	.need_shared_flags = true,
};
