/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: who allocated each page.
 *
 * These are the hooks that the page allocator and its neighbours call. Nearly each
 * one is a static branch around an out-of-line body, so a kernel booted without
 * page_owner=on pays one patched-out jump per hook and no memory per page.
 * What is recorded, and what a reader can rely on: mm/page_owner.c.
 */
#ifndef _LINUX_PAGE_OWNER_H
#define _LINUX_PAGE_OWNER_H

#include <linux/jump_label.h>
#include <linux/types.h>

struct folio;
struct page;
struct page_owner_task;
struct pglist_data;
struct seq_file;
struct task_struct;
struct zone;

/**
 * struct page_owner_bulk - a bulk allocation while it is being made
 * @handle: its stack; 0 if that is not recorded
 * @nr: pages recorded so far
 * @gfp: GFP flags of it
 * @task: identity of the task that makes it
 * @ts_nsec: time of all of them
 */
struct page_owner_bulk {
	u32 handle;
	unsigned int nr;
	gfp_t gfp;
	struct page_owner_task *task;
	u64 ts_nsec;
};

/**
 * page_owner_show_mixed_blocks() - print a zone's line of mixed block counts
 * @m: /proc/pagetypeinfo
 * @pgdat: node of @zone
 * @zone: the zone, populated
 *
 * Only called if page_owner_enabled(), so not even linked without it.
 *
 * Context: Process context, may sleep.
 */
void page_owner_show_mixed_blocks(struct seq_file *m, struct pglist_data *pgdat,
				  struct zone *zone);

#ifdef CONFIG_PAGE_OWNER

/* True once recording may start; never turned off again. */
DECLARE_STATIC_KEY_FALSE(page_owner_inited);
extern struct page_ext_operations page_owner_ops;

void __page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp);
void __page_owner_free(struct page *page, unsigned int order);
void __page_owner_free_poisoned(struct page *page);
void __page_owner_split(struct page *page, unsigned int old_order,
			unsigned int new_order);
void __page_owner_free_pieces(struct page *page, unsigned int order);
void __page_owner_migrate(struct folio *dst, struct folio *src);
void __page_owner_set_migrate_reason(struct page *page, int reason);
void __page_owner_dump(const struct page *page);
void __page_owner_show_mem(void);
void __page_owner_exit(struct task_struct *task);
void __page_owner_bulk_begin(struct page_owner_bulk *bulk, gfp_t gfp);
void __page_owner_bulk_alloc(struct page_owner_bulk *bulk, struct page *page);
void __page_owner_bulk_end(struct page_owner_bulk *bulk);

/**
 * page_owner_enabled() - whether page owners are being recorded
 *
 * Context: Any.
 * Return: true from the end of page_owner's boot time set-up on, if the kernel
 * was booted with page_owner=on.
 */
static inline bool page_owner_enabled(void)
{
	return static_branch_unlikely(&page_owner_inited);
}

/**
 * page_owner_alloc() - record the caller as the owner of a new allocation
 * @page: first page of the block
 * @order: the block has 2^@order pages; it may be gigantic and cross sections
 * @gfp: GFP flags of the allocation. Memory that recording needs is allocated
 *       with the restrictions of these flags, never with more than GFP_KERNEL.
 *
 * Context: Where the page allocator may be entered with @gfp. The caller owns
 * the block alone and holds neither the zone lock nor a pcp lock.
 */
static inline void page_owner_alloc(struct page *page, unsigned int order,
				    gfp_t gfp)
{
	if (page_owner_enabled())
		__page_owner_alloc(page, order, gfp);
}

/**
 * page_owner_free() - record that a block is given back
 * @page: first page of the block
 * @order: the block has 2^@order pages. It need not have been allocated as one
 *         block: each page is subtracted from the stack that allocated it.
 *
 * Context: Any. Memory is only ever allocated, with GFP_NOWAIT, where the kernel
 * does not know that anything is held: with CONFIG_PREEMPT_COUNT it knows of all,
 * else only of what is held with interrupts off. The caller owns the block alone.
 */
static inline void page_owner_free(struct page *page, unsigned int order)
{
	if (page_owner_enabled())
		__page_owner_free(page, order);
}

/**
 * page_owner_free_poisoned() - record that a page is given up for good
 * @page: a poisoned page, which is freed but not to the free lists
 *
 * Context: As of page_owner_free().
 */
static inline void page_owner_free_poisoned(struct page *page)
{
	/* No static branch: this is rare, and inlined where every free passes. */
	__page_owner_free_poisoned(page);
}

/**
 * page_owner_split() - a block becomes several blocks with the same owner
 * @page: first page of the block
 * @old_order: order of the block so far
 * @new_order: order of each of the resulting blocks, at most @old_order
 *
 * Context: Any. The caller owns the block alone, or holds all its references.
 */
static inline void page_owner_split(struct page *page, unsigned int old_order,
				    unsigned int new_order)
{
	if (page_owner_enabled())
		__page_owner_split(page, old_order, new_order);
}

/**
 * page_owner_free_pieces() - a block goes, but its first page stays with others
 * @page: first page of a non-compound block that is referenced by others, too
 * @order: order of the block
 *
 * __free_pages() calls this before it frees all but the first page.
 *
 * Context: Any. The caller owns all pages but the first, which may be freed and
 * allocated again meanwhile, as a single page.
 */
static inline void page_owner_free_pieces(struct page *page, unsigned int order)
{
	/* No static branch: this is rare, and the callers are small. */
	__page_owner_free_pieces(page, order);
}

/**
 * page_owner_migrate() - contents move from one folio to another
 * @dst: the new folio; it takes over the allocation record of @src
 * @src: the old folio, of the same size; its own record stays until it is freed
 *
 * Context: Any; both folios are locked or frozen by the caller.
 */
static inline void page_owner_migrate(struct folio *dst, struct folio *src)
{
	if (page_owner_enabled())
		__page_owner_migrate(dst, src);
}

/**
 * page_owner_set_migrate_reason() - note why a folio was migrated
 * @page: first page of the folio that now holds the contents
 * @reason: an enum migrate_reason
 *
 * Context: Any; the caller holds a reference.
 */
static inline void page_owner_set_migrate_reason(struct page *page, int reason)
{
	if (page_owner_enabled())
		__page_owner_set_migrate_reason(page, reason);
}

/**
 * page_owner_dump() - print to the kernel log what is known of a page
 * @page: any page, also a tail page or a free one
 *
 * Context: Any; allocates nothing.
 */
static inline void page_owner_dump(const struct page *page)
{
	if (page_owner_enabled())
		__page_owner_dump(page);
}

/**
 * page_owner_show_mem() - print the largest owners to the kernel log
 *
 * Part of show_mem(). The owners are those of all nodes; how many are printed is
 * set by page_owner.show_mem, on the command line or in /sys/module/.
 *
 * Context: Any, NMI and panic too. Allocates nothing and takes no lock.
 */
static inline void page_owner_show_mem(void)
{
	if (page_owner_enabled())
		__page_owner_show_mem();
}

/**
 * page_owner_bulk_begin() - find the caller's stack before a pcp lock is taken
 * @bulk: filled in
 * @gfp: GFP flags of the bulk allocation
 *
 * The bulk allocator hands out pages under a pcp lock, where recording must not
 * allocate. So the stack is looked up, and stored if it is new, beforehand. All
 * pages get the time of this call.
 *
 * Context: Where the page allocator may be entered with @gfp.
 */
static inline void page_owner_bulk_begin(struct page_owner_bulk *bulk, gfp_t gfp)
{
	bulk->handle = 0;
	if (page_owner_enabled())
		__page_owner_bulk_begin(bulk, gfp);
}

/**
 * page_owner_bulk_alloc() - record one page of a bulk allocation
 * @bulk: from page_owner_bulk_begin(). If recording was switched on since, the
 *        page stays without a record.
 * @page: the page
 *
 * Context: Any; the pcp lock may be held. Allocates nothing, takes no lock that
 * is held while anything is allocated.
 */
static inline void page_owner_bulk_alloc(struct page_owner_bulk *bulk,
					 struct page *page)
{
	/* No static branch: without recording there is no handle. */
	if (bulk->handle)
		__page_owner_bulk_alloc(bulk, page);
}

/**
 * page_owner_bulk_end() - count the pages of a bulk allocation
 * @bulk: from page_owner_bulk_begin()
 *
 * To be called before any of the pages can be freed.
 *
 * Context: Any.
 */
static inline void page_owner_bulk_end(struct page_owner_bulk *bulk)
{
	if (bulk->handle)
		__page_owner_bulk_end(bulk);
}

/**
 * page_owner_exit() - a task goes
 * @task: the task, whose last reference is dropped
 *
 * Context: Any but NMI.
 */
static inline void page_owner_exit(struct task_struct *task)
{
	if (page_owner_enabled())
		__page_owner_exit(task);
}

#else /* !CONFIG_PAGE_OWNER */

static inline bool page_owner_enabled(void) { return false; }
static inline void page_owner_alloc(struct page *page, unsigned int order,
				    gfp_t gfp) { }
static inline void page_owner_free(struct page *page, unsigned int order) { }
static inline void page_owner_free_poisoned(struct page *page) { }
static inline void page_owner_split(struct page *page, unsigned int old_order,
				    unsigned int new_order) { }
static inline void page_owner_free_pieces(struct page *page, unsigned int order) { }
static inline void page_owner_migrate(struct folio *dst, struct folio *src) { }
static inline void page_owner_set_migrate_reason(struct page *page, int reason) { }
static inline void page_owner_dump(const struct page *page) { }
static inline void page_owner_show_mem(void) { }
static inline void page_owner_exit(struct task_struct *task) { }
static inline void page_owner_bulk_begin(struct page_owner_bulk *bulk, gfp_t gfp) { }
static inline void page_owner_bulk_alloc(struct page_owner_bulk *bulk,
					 struct page *page) { }
static inline void page_owner_bulk_end(struct page_owner_bulk *bulk) { }

#endif /* CONFIG_PAGE_OWNER */
#endif /* _LINUX_PAGE_OWNER_H */
