/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner's rooms, and what one may ask of another. Data flows one way:
 *
 *   recording: record (page_owner.c) -> capture -> stacks
 *   reading:   debugfs -> filter, walk -> format
 *
 * mm/page_owner.c tells how it all fits together.
 */
#ifndef _MM_PAGE_OWNER_H
#define _MM_PAGE_OWNER_H

#include <linux/atomic.h>
#include <linux/kallsyms.h>
#include <linux/mm_types.h>
#include <linux/nodemask.h>
#include <linux/page_ext.h>
#include <linux/page_owner.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/stackdepot.h>

#include "page_owner_base.h"

/* Frames kept of a stack, the tracker's own not among them. */
#define PAGE_OWNER_DEPTH	16

/**
 * struct page_owner - what is known of one page, in page_ext beside struct page
 * @seq: odd while the other members are being written, see page_owner_read()
 * @order: the block that the page is part of has 2^@order pages
 * @last_migrate_reason: enum migrate_reason, or -1 if never migrated
 * @handle: stack of the allocation; counted, see mm/page_owner_stacks.c. 0 only
 *          before the first allocation.
 * @gfp_mask: of the allocation
 * @tgid: allocating process
 * @pid: allocating thread
 * @comm: command name of the allocating thread, terminated
 * @free_pid: thread of the last free
 * @free_tgid: process of the last free
 * @free_handle: stack of the last free; not counted. 0 before the first free.
 * @free_ts_nsec: local_clock() of the last free
 * @ts_nsec: local_clock() of the allocation
 *
 * PAGE_EXT_OWNER in page_ext->flags says that the allocation's members were set
 * at least once, PAGE_EXT_OWNER_ALLOCATED that the page is allocated now.
 *
 * Locking: none. A block's pages are written by whoever owns the block (hooks
 * run after a page left the free lists, and before it returns), read by anybody
 * under RCU. The layout is read by debuggers: scripts/gdb/linux/page_owner.py.
 */
struct page_owner {
	u16 seq;
	u8 order;
	s8 last_migrate_reason;

	/* The allocation */
	depot_stack_handle_t handle;
	gfp_t gfp_mask;
	pid_t tgid;
	pid_t pid;
	char comm[TASK_COMM_LEN];

	/* The last free */
	pid_t free_pid;
	pid_t free_tgid;
	depot_stack_handle_t free_handle;
	u64 free_ts_nsec;

	u64 ts_nsec;
};

/**
 * struct page_owner_snapshot - one page, as it was at one moment
 * @pfn: page frame number
 * @flags: page flags
 * @pageblock_mt: migrate type of the pageblock
 * @allocated: the page is allocated now
 * @recorded: the allocation's members of @owner have been set
 * @owner: the record
 * @charge: how the page is charged
 * @memcg_online: for PAGE_OWNER_CHARGED*: the memory cgroup still exists
 * @memcg_name: for PAGE_OWNER_CHARGED*: its name, without the path
 */
struct page_owner_snapshot {
	unsigned long pfn;
	unsigned long flags;
	int pageblock_mt;
	bool allocated;
	bool recorded;
	struct page_owner owner;
	enum page_owner_charge charge;
	bool memcg_online;
	char memcg_name[80];
};

static inline struct page_owner *page_owner_of(struct page_ext *ext)
{
	return page_ext_data(ext, &page_owner_ops);
}

/* Capture: from the running context to a stack. mm/page_owner_capture.c */

struct page_owner_stack *page_owner_capture_alloc(gfp_t gfp);
depot_stack_handle_t page_owner_capture_free(void);

/* Stacks: pages per stack. mm/page_owner_stacks.c */

/**
 * struct page_owner_stack - a stack that has owned pages
 * @handle: the stack in stackdepot
 * @pages: base pages that it owns now
 * @hash_next: next one in the same hash bucket
 * @next: next younger one, in the list of all
 *
 * Never freed. @handle is constant, the links are set once.
 */
struct page_owner_stack {
	depot_stack_handle_t handle;
	atomic64_t pages;
	struct page_owner_stack *hash_next;
	struct page_owner_stack *next;
};

/**
 * enum page_owner_special - owners that are not a captured stack
 * @PAGE_OWNER_EARLY: allocated before recording began
 * @PAGE_OWNER_RECURSION: allocated by page_owner itself, while recording
 * @PAGE_OWNER_FAILURE: the stack could not be stored
 * @PAGE_OWNER_NR_SPECIAL: how many there are
 */
enum page_owner_special {
	PAGE_OWNER_EARLY,
	PAGE_OWNER_RECURSION,
	PAGE_OWNER_FAILURE,
	PAGE_OWNER_NR_SPECIAL,
};

int page_owner_stacks_init(void);
struct page_owner_stack *page_owner_special(enum page_owner_special which);
struct page_owner_stack *page_owner_stack_find(depot_stack_handle_t handle);
struct page_owner_stack *page_owner_stack_get(depot_stack_handle_t handle,
					      gfp_t gfp, bool can_alloc);
struct page_owner_stack *page_owner_stack_first(void);
struct page_owner_stack *page_owner_stack_next(struct page_owner_stack *stack);

/**
 * page_owner_stack_add() - change the number of pages that a stack owns
 * @stack: the stack
 * @nr: base pages that it gets, negative if it loses them
 *
 * Context: Any.
 */
static inline void page_owner_stack_add(struct page_owner_stack *stack, long nr)
{
	atomic64_add(nr, &stack->pages);
}

/**
 * page_owner_stack_pages() - how many pages a stack owns
 * @stack: the stack
 *
 * Context: Any.
 * Return: base pages. While pages come and go this can be ahead of, or behind,
 * the records by the blocks that hooks are just working on.
 */
static inline long page_owner_stack_pages(struct page_owner_stack *stack)
{
	return atomic64_read(&stack->pages);
}

/* Record: the hooks, and reading one record back. mm/page_owner.c */

bool page_owner_read(struct page *page, struct page_owner_snapshot *snap,
		     bool with_charge);

/* Walk: from PFN to PFN. mm/page_owner_walk.c */

/**
 * struct page_owner_walk - a walk over the allocations of a PFN range
 * @pfn: where it goes on: set by the caller to the first PFN of interest
 * @end: one past the last PFN of interest
 * @nodes: only pages of these nodes; NULL for all
 * @zone: only pages of this zone; NULL for all
 * @partial: also show a block of which the walk does not see the first page
 */
struct page_owner_walk {
	unsigned long pfn;
	unsigned long end;
	const nodemask_t *nodes;
	const struct zone *zone;
	bool partial;
};

struct page *page_owner_next_used(unsigned long *pfn, unsigned long end);
unsigned long page_owner_skip_free(unsigned long pfn, unsigned int order);
int page_owner_walk_next(struct page_owner_walk *walk,
			 struct page_owner_snapshot *snap);

/* Filter: what a reader wants. mm/page_owner_filter.c */

/**
 * enum page_owner_mode - what a record in the dump says of its stack
 * @PAGE_OWNER_MODE_STACK: the frames
 * @PAGE_OWNER_MODE_HANDLE: the handle, to be looked up in show_stacks_handles
 * @PAGE_OWNER_MODE_STACK_HANDLE: both
 * @PAGE_OWNER_NR_MODES: how many there are
 */
enum page_owner_mode {
	PAGE_OWNER_MODE_STACK,
	PAGE_OWNER_MODE_HANDLE,
	PAGE_OWNER_MODE_STACK_HANDLE,
	PAGE_OWNER_NR_MODES,
};

/**
 * struct page_owner_filter - what a reader wants
 * @mode: how to show stacks
 * @by_node: show only pages of @nodes
 * @nodes: the nodes
 */
struct page_owner_filter {
	enum page_owner_mode mode;
	bool by_node;
	nodemask_t nodes;
};

/* More than any sensible list of nodes needs; a longer write is refused. */
#define PAGE_OWNER_FILTER_MAX	(64 + 6 * MAX_NUMNODES)

int page_owner_filter_parse(struct page_owner_filter *filter, char *text);

/* Format: the only place where records become text. mm/page_owner_format.c */

/*
 * A record's text is bounded: two lines of fixed fields, GFP and page flags
 * (all names together stay below 1 KiB), a memory cgroup's name, and frames.
 */
#define PAGE_OWNER_TEXT_MAX	(2048 + PAGE_OWNER_DEPTH * KSYM_SYMBOL_LEN)

void page_owner_format(struct seq_buf *s, const struct page_owner_snapshot *snap,
		       enum page_owner_mode mode);
void page_owner_format_comm(struct seq_buf *s, const char *comm);
void page_owner_log(const struct page_owner_snapshot *snap);

#endif /* _MM_PAGE_OWNER_H */
