// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the identities of tasks.
 *
 * Thousands of pages have the same task. Its pid, tgid and name are stored once,
 * and a page's record refers to them by a number. An identity lives as long as
 * its task, and as long as it has pages: it counts the records of allocated
 * blocks that refer to it. So the memory that identities take is bounded by
 * those, however many tasks there ever were.
 *
 * The records of free pages only remember the number. Their identity may be gone,
 * and the number may be another task's by now: one that was made after the page was
 * allocated, or freed, cannot be meant. The last few that went are kept, as a page
 * in trouble has often been freed just before.
 *
 * A task holds a reference to its identity in task_struct, so that recording
 * need not look it up. A new name or pid makes a new identity.
 *
 * Not from the slab: slab allocates pages, and that comes back here.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/page_owner.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "task.h"

/*
 * A number has two parts: the page, and the place in it. The first places of a
 * page are its head.
 */
enum {
	PLACE_BITS	= PAGE_SHIFT - 5,
	NR_PLACES	= PAGE_SIZE / sizeof(struct page_owner_task),
	HEAD_PLACES	= 1,
	NO_PLACE	= 0,
	/* Identities without task and pages that are kept. */
	MAX_GONE	= 1024,
};

static_assert(NR_PLACES <= 1 << PLACE_BITS);

/**
 * struct task_page - a page of identities
 * @rcu: for freeing
 * @list: in partial_pages while there is a free place
 * @number: index in task_pages
 * @used: places in use
 * @free: a free place, NO_PLACE if there is none; its pid is the next one
 */
struct task_page {
	struct rcu_head rcu;
	struct list_head list;
	u32 number;
	u16 used;
	u16 free;
};

static_assert(sizeof(struct task_page) <= HEAD_PLACES * sizeof(struct page_owner_task));
static_assert(!offsetof(struct task_page, rcu));

/* Stands for tasks that could not be stored. Its number is 0. */
static struct page_owner_task unknown_task = {
	.refs = ATOMIC_LONG_INIT(1),
	.comm = "<unknown>",
};

/*
 * Protects writes to all below and in the pages. Raw and taken with interrupts
 * off, because pages are allocated and freed in every context. NMIs do not take
 * it: the identities that they release wait in orphans.
 */
static DEFINE_RAW_SPINLOCK(tasks_lock);
/* Read under RCU. Slot 0 stays empty, so that no number is 0. */
static struct task_page **task_pages;
static unsigned long *used_numbers;
static unsigned int nr_numbers __ro_after_init;
static LIST_HEAD(partial_pages);
/* Pages, those of them without any identity, identities in use. */
static unsigned int nr_pages, nr_empty;
static unsigned long nr_tasks;
static LLIST_HEAD(orphans);
/* The last ones that went, in a ring: numbers, 0 where there is none yet. */
static u32 gone[MAX_GONE];
static unsigned int next_gone;
/* Places that were given up. Written under the lock, read without. */
unsigned long page_owner_tasks_gone;

static struct page_owner_task *place(struct task_page *page, unsigned int i)
{
	return (struct page_owner_task *)page + i;
}

static struct task_page *page_of(struct page_owner_task *task)
{
	return (struct task_page *)((unsigned long)task & PAGE_MASK);
}

/* The identity with this number. Under RCU, or while a reference is held. */
static struct page_owner_task *find_task(u32 id)
{
	struct task_page *page;

	if (!id)
		return &unknown_task;
	/* A number from a record that is just being written can be anything. */
	if (id >> PLACE_BITS >= nr_numbers)
		return NULL;
	page = READ_ONCE(task_pages[id >> PLACE_BITS]);
	return page ? place(page, id & ((1 << PLACE_BITS) - 1)) : NULL;
}

static void free_task_page(struct rcu_head *rcu)
{
	free_page((unsigned long)rcu);
}

/* A page that has no identity any more; one is kept. */
static void give_back(struct task_page *page)
{
	lockdep_assert_held(&tasks_lock);
	if (++nr_empty == 1)
		return;
	nr_empty--;
	nr_pages--;
	list_del(&page->list);
	WRITE_ONCE(task_pages[page->number], NULL);
	__clear_bit(page->number, used_numbers);
	call_rcu(&page->rcu, free_task_page);
}

static void free_place(struct page_owner_task *task)
{
	struct task_page *page = page_of(task);

	lockdep_assert_held(&tasks_lock);
	if (page->free == NO_PLACE)
		list_add(&page->list, &partial_pages);
	/*
	 * Seen by all that see a record with this number as a later identity has it:
	 * the lock and the record's sequence number are in between.
	 */
	WRITE_ONCE(page_owner_tasks_gone, page_owner_tasks_gone + 1);
	/* No time is as late: readers take the place for free. */
	WRITE_ONCE(task->since, U64_MAX);
	task->next = page->free;
	page->free = task - (struct page_owner_task *)page;
	if (!--page->used)
		give_back(page);
}

/* Keeps the identity for a while, in place of the one that went first. */
static void retire(struct page_owner_task *task)
{
	u32 oldest = gone[next_gone];

	lockdep_assert_held(&tasks_lock);
	nr_tasks--;
	gone[next_gone] = task->id;
	next_gone = (next_gone + 1) % MAX_GONE;
	if (oldest)
		free_place(find_task(oldest));
}

static void retire_orphans(void)
{
	struct page_owner_task *task, *next;

	lockdep_assert_held(&tasks_lock);
	if (llist_empty(&orphans))
		return;
	llist_for_each_entry_safe(task, next, llist_del_all(&orphans), orphan)
		retire(task);
}

/* Its task is gone, and so are its pages. */
static noinline void release_identity(struct page_owner_task *task)
{
	unsigned long flags;

	if (in_nmi()) {
		llist_add(&task->orphan, &orphans);
		return;
	}
	raw_spin_lock_irqsave(&tasks_lock, flags);
	retire(task);
	retire_orphans();
	raw_spin_unlock_irqrestore(&tasks_lock, flags);
}

static void put_task(struct page_owner_task *task, long refs)
{
	if (task->id && atomic_long_sub_and_test(refs, &task->refs))
		release_identity(task);
}

/* The task that has it writes it no more. */
static void give_up(struct page_owner_task *task)
{
	put_task(task, PAGE_OWNER_TASK_LIVES - task->own);
}

/**
 * page_owner_task_get() - the record of an allocated block refers to a task
 * @id: its number, from another such record
 *
 * Context: Any.
 */
void page_owner_task_get(u32 id)
{
	if (id)
		atomic_long_inc(&find_task(id)->refs);
}

/**
 * page_owner_task_put() - a block is not allocated any more
 * @id: number of the task that its record refers to
 *
 * Context: Any.
 */
void page_owner_task_put(u32 id)
{
	if (id)
		put_task(find_task(id), 1);
}

/* Copies an identity, if it was one at @when and still is. */
static bool read_task(const struct page_owner_task *task, u64 when,
		      struct page_owner_identity *identity)
{
	u64 since = READ_ONCE(task->since);

	if (since > when)
		return false;
	/* Pairs with the second smp_wmb() in page_owner_task_new(). */
	smp_rmb();
	/* If the place changes hands meanwhile, this is thrown away below. */
	identity->pid = READ_ONCE(task->pid);
	identity->tgid = READ_ONCE(task->tgid);
	/* The same. */
	data_race(memcpy(identity->comm, task->comm, sizeof(identity->comm)));
	/* Pairs with the first smp_wmb() in page_owner_task_new(). */
	smp_rmb();
	return READ_ONCE(task->since) == since;
}

/**
 * page_owner_task_read() - the task that a record refers to
 * @id: the number in the record
 * @when: local_clock() of a moment at which the task was there; U64_MAX - 1 if
 *        the record is that of an allocated block
 * @identity: filled in; says so if it is not known any more
 *
 * Context: Any; RCU read lock held.
 */
void page_owner_task_read(u32 id, u64 when, struct page_owner_identity *identity)
{
	const struct page_owner_task *task = find_task(id);

	if (!task || !read_task(task, when, identity))
		read_task(&unknown_task, 0, identity);
}

static void add_page(struct task_page *page)
{
	unsigned int number, i;

	lockdep_assert_held(&tasks_lock);
	number = find_next_zero_bit(used_numbers, nr_numbers, 1);
	__set_bit(number, used_numbers);
	page->number = number;
	for (i = HEAD_PLACES; i < NR_PLACES; i++) {
		place(page, i)->since = U64_MAX;
		place(page, i)->next = i + 1 < NR_PLACES ? i + 1 : NO_PLACE;
	}
	page->free = HEAD_PLACES;
	page->used = 0;
	list_add(&page->list, &partial_pages);
	/* Old numbers find it: they must see that its places are free. */
	smp_store_release(&task_pages[number], page);
	nr_pages++;
	nr_empty++;
}

static struct page_owner_task *take_place(void)
{
	struct page_owner_task *task;
	struct task_page *page;

	lockdep_assert_held(&tasks_lock);
	page = list_first_entry_or_null(&partial_pages, struct task_page, list);
	if (!page)
		return NULL;
	task = place(page, page->free);
	task->id = (page->number << PLACE_BITS) | page->free;
	page->free = task->next;
	if (page->free == NO_PLACE)
		list_del(&page->list);
	if (!page->used++)
		nr_empty--;
	nr_tasks++;
	return task;
}

static struct page_owner_task *alloc_identity(gfp_t gfp, bool can_alloc)
{
	struct page_owner_task *task;
	struct page *fresh = NULL;
	unsigned long flags;

	if (in_nmi())
		return NULL;
	if (can_alloc && list_empty(&partial_pages))
		fresh = alloc_page(gfp_nested_mask(gfp));

	raw_spin_lock_irqsave(&tasks_lock, flags);
	if (fresh && list_empty(&partial_pages) && nr_pages + 1 < nr_numbers) {
		add_page(page_address(fresh));
		fresh = NULL;
	}
	task = take_place();
	raw_spin_unlock_irqrestore(&tasks_lock, flags);

	if (fresh)
		__free_page(fresh);
	return task;
}

/**
 * page_owner_task_new() - make a new identity for the running task
 * @gfp: restrictions for the memory that this needs
 * @can_alloc: whether memory may be allocated
 *
 * An interrupt only makes the first one: the task that it interrupted may be
 * just using the one that it has.
 *
 * Context: Any, with @can_alloc where @gfp may be allocated with. The caller has
 * set the recursion guard.
 * Return: the identity, valid as long as the task runs in this context. If there
 * is no memory, the one it had, or one that says that it is not known.
 */
struct page_owner_task *page_owner_task_new(gfp_t gfp, bool can_alloc)
{
	struct page_owner_task *old = current->page_owner_task, *task;
	unsigned long flags;

	if (old && interrupt_context_level())
		return old;
	task = alloc_identity(gfp, can_alloc);
	if (!task)
		return old ?: &unknown_task;

	atomic_long_set(&task->refs, PAGE_OWNER_TASK_LIVES);
	task->own = 0;
	/* After since was U64_MAX; pairs with the second smp_rmb() in read_task(). */
	smp_wmb();
	task->pid = current->pid;
	task->tgid = current->tgid;
	memcpy(task->comm, current->comm, sizeof(task->comm));
	task->comm[sizeof(task->comm) - 1] = '\0';
	/* Pairs with the first smp_rmb() in read_task(). */
	smp_wmb();
	WRITE_ONCE(task->since, local_clock());

	local_irq_save(flags);
	/* An interrupt may have made one since. */
	old = current->page_owner_task;
	current->page_owner_task = task;
	local_irq_restore(flags);
	if (old)
		give_up(old);
	return task;
}

/* Contract: include/linux/page_owner.h. */
void __page_owner_exit(struct task_struct *task)
{
	if (task->page_owner_task)
		give_up(task->page_owner_task);
	task->page_owner_task = NULL;
}

/**
 * page_owner_tasks_read_stats() - how much memory identities take
 * @tasks: set to how many there are, without those that are kept for a while
 * @pages: set to the pages that they take
 *
 * Context: Any but NMI.
 */
void page_owner_tasks_read_stats(unsigned long *tasks, unsigned long *pages)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&tasks_lock, flags);
	*tasks = nr_tasks;
	*pages = nr_pages;
	raw_spin_unlock_irqrestore(&tasks_lock, flags);
}

/**
 * page_owner_tasks_init() - set up the table of identities
 *
 * There is room for one identity per four pages of memory. A machine that has
 * more tasks alive, or remembered by pages, shows the rest as not known.
 *
 * Context: Boot, before recording begins.
 * Return: 0 or -ENOMEM.
 */
int __init page_owner_tasks_init(void)
{
	nr_numbers = clamp(totalram_pages() / 4 / NR_PLACES, 64UL,
			   1UL << (32 - PLACE_BITS));
	task_pages = kvcalloc(nr_numbers, sizeof(*task_pages), GFP_KERNEL);
	used_numbers = kvcalloc(BITS_TO_LONGS(nr_numbers), sizeof(long), GFP_KERNEL);
	return task_pages && used_numbers ? 0 : -ENOMEM;
}
