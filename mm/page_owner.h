/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner's rooms, and what one may ask of another. Data flows one way:
 *
 *   recording: record (page_owner.c) -> capture -> stacks
 *   reading:   debugfs, dump -> filter, walk -> format or raw -> cache
 *   report:    stacks, to the kernel log
 *
 * mm/page_owner.c tells how it all fits together.
 */
#ifndef _MM_PAGE_OWNER_H
#define _MM_PAGE_OWNER_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/irqflags.h>
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/llist.h>
#include <linux/mm_types.h>
#include <linux/nodemask.h>
#include <linux/page_ext.h>
#include <linux/page_owner.h>
#include <linux/page_owner_raw.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/stack_cache.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "page_owner_base.h"

struct page_owner_cache;
struct seq_buf;

/* Frames kept of a stack, the tracker's own not among them. */
#define PAGE_OWNER_DEPTH	STACK_CACHE_DEPTH

/**
 * struct page_owner - what is known of one page, readable
 * @order: the block that the page is part of has 2^@order pages
 * @last_migrate_reason: enum migrate_reason, or -1 if never migrated
 * @handle: stack of the allocation. 0 only before the first allocation.
 * @gfp_mask: of the allocation
 * @tgid: allocating process, 0 if not known any more
 * @pid: allocating thread, 0 if not known any more
 * @comm: command name of the allocating thread, terminated
 * @free_pid: thread of the last free
 * @free_tgid: process of the last free
 * @free_handle: stack of the last free. 0 before the first free.
 * @free_ts_nsec: local_clock() of the last free
 * @ts_nsec: local_clock() of the allocation
 *
 * With page_owner=lean all about the last free, and both times, are 0.
 */
struct page_owner {
	unsigned int order;
	int last_migrate_reason;

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
 * struct page_owner_record - what is kept of one page, in page_ext
 * @bits: see below
 * @gfp_mask: of the allocation
 * @handle: stack of the allocation; counted, see mm/page_owner_stacks.c
 * @task: who allocated, see mm/page_owner_task.c
 * @ts_nsec: local_clock() of the allocation
 * @free_ts_nsec: local_clock() of the last free
 * @free_handle: stack of the last free; not counted. 0 before the first free.
 * @free_task: who freed
 *
 * @bits, from the lowest::
 *
 *	 31 ... 16    15 14   13 12 11 10    9 8 7 6 5    4 3 2 1 0
 *	+-----------+-------+-------------+-------------+-----------+
 *	|    seq    | flags | reason + 1  | free_order  |   order   |
 *	+-----------+-------+-------------+-------------+-----------+
 *
 * seq is odd while the other members are being written, which is what
 * PAGE_OWNER_WRITING says. order and free_order belong to the allocation and to
 * the last free, reason is why the page was migrated last. PAGE_OWNER_RECORDED says
 * that the members of the allocation were set at least once; PAGE_OWNER_ALLOCATED
 * that the page is now the first one of a block that it describes.
 *
 * Locking: none. A block's record is written by whoever owns the block (hooks
 * run after a page left the free lists, and before it returns), read by anybody
 * under RCU. The layout is read by debuggers: scripts/gdb/linux/page_owner.py.
 */
struct page_owner_record {
	u32 bits;
	gfp_t gfp_mask;
	depot_stack_handle_t handle;
	u32 task;
	/* Up to here with page_owner=lean. */
	u64 ts_nsec;
	u64 free_ts_nsec;
	depot_stack_handle_t free_handle;
	u32 free_task;
};

#define PAGE_OWNER_LEAN_SIZE	offsetof(struct page_owner_record, ts_nsec)

/* Members of @bits, as an enum for debuggers. */
enum page_owner_bits {
	PAGE_OWNER_ORDER	= GENMASK(4, 0),
	PAGE_OWNER_FREE_ORDER	= GENMASK(9, 5),
	PAGE_OWNER_REASON	= GENMASK(13, 10),
	PAGE_OWNER_RECORDED	= BIT(14),
	PAGE_OWNER_ALLOCATED	= BIT(15),
	PAGE_OWNER_SEQ		= GENMASK(31, 16),
	PAGE_OWNER_WRITING	= BIT(16),
};

/**
 * struct page_owner_snapshot - one page, as it was at one moment
 * @pfn: page frame number
 * @flags: page flags
 * @block_pfn: first page of the block that @owner describes
 * @pageblock_mt: migrate type of the pageblock
 * @allocated: the page is allocated now
 * @recorded: the allocation's members of @owner have been set
 * @free_order: the last free was of a block of 2^@free_order pages
 * @owner: the record
 * @owner_nr: set by a walk only: the same as in the snapshot before if all of
 *            @owner but its time is; 0 if that is not known
 * @rec: the record, as it was copied; its bits are 0 if @owner is not from there
 * @gone: page_owner_tasks_gone when the task in @rec was looked up
 * @charge: how the page is charged
 * @memcg_online: for PAGE_OWNER_CHARGED*: the memory cgroup still exists
 * @memcg_name: for PAGE_OWNER_CHARGED*: its name, without the path
 * @memcg_ino: for PAGE_OWNER_CHARGED*: its cgroup's inode; set by a walk only,
 *             which leaves @memcg_name as it is if that is of this inode
 * @nid: node; set by a walk only
 * @zone: number of the zone; set by a walk only
 */
struct page_owner_snapshot {
	unsigned long pfn;
	unsigned long flags;
	unsigned long block_pfn;
	int pageblock_mt;
	bool allocated;
	bool recorded;
	unsigned int free_order;
	struct page_owner owner;
	unsigned long owner_nr;
	struct page_owner_record rec;
	unsigned long gone;
	enum page_owner_charge charge;
	bool memcg_online;
	char memcg_name[80];
	u64 memcg_ino;
	u16 nid;
	u8 zone;
};

/* Without times and all about the last free. */
DECLARE_STATIC_KEY_FALSE(page_owner_lean);

/**
 * page_owner_record_of() - the record in a page's page_ext
 * @ext: the page_ext
 *
 * Context: Any.
 * Return: the record.
 */
static inline struct page_owner_record *page_owner_record_of(struct page_ext *ext)
{
	return page_ext_data(ext, &page_owner_ops);
}

/**
 * page_owner_record_begin() - begin to read a record
 * @rec: the record
 *
 * Context: Any. The caller keeps the memory online, or holds the RCU read lock.
 * Return: the record's bits, for page_owner_record_changed(). PAGE_OWNER_WRITING is
 * among them while the record is being written.
 */
static __always_inline u32 page_owner_record_begin(const struct page_owner_record *rec)
{
	/* Pairs with smp_store_release() in end_write(). */
	return smp_load_acquire(&rec->bits);
}

/**
 * page_owner_record_changed() - whether what has been read must be thrown away
 * @rec: the record
 * @bits: page_owner_record_begin()
 *
 * Context: As page_owner_record_begin().
 * Return: true if somebody has begun to write the record since.
 */
static __always_inline bool
page_owner_record_changed(const struct page_owner_record *rec, u32 bits)
{
	/* Pairs with cmpxchg() in try_begin_write(). */
	smp_rmb();
	return READ_ONCE(rec->bits) != bits;
}

/* Capture: from the running context to a stack. mm/page_owner_capture.c */

/* Frames between a hook and the tracer: they are not the allocation's. */
#define PAGE_OWNER_OWN_FRAMES	2

/**
 * struct page_owner_capture_stats - comparison with the unwinder
 * @compared: stacks compared
 * @different: stacks that were not what stack_trace_save() says
 */
struct page_owner_capture_stats {
	u64 compared;
	u64 different;
};

/* Every capture is compared with what the unwinder says. */
DECLARE_STATIC_KEY_FALSE(page_owner_verify);

depot_stack_handle_t page_owner_capture_alloc(const unsigned long *slot,
					      gfp_t gfp);
depot_stack_handle_t page_owner_capture_free(const unsigned long *slot);
void page_owner_capture_verify(bool on);
bool page_owner_capture_verifies(void);
void page_owner_capture_read_stats(struct page_owner_capture_stats *stats);

/* Tasks: who they are. mm/page_owner_task.c */

/**
 * struct page_owner_task - the identity of a task
 * @refs: records of allocated blocks that refer to it, and one for the task
 * @id: its number, 0 for the one that stands for tasks not known
 * @since: local_clock() of when it was made, U64_MAX if nobody is here
 * @pid: thread
 * @tgid: process
 * @comm: command name, padded with zeroes
 * @orphan: link in a list of those whose last reference an NMI dropped
 * @next: next free place in the same page
 *
 * A line of its own: who allocates writes @refs each time, and so would neighbours
 * on other CPUs. As wide as memory has pages: one task may have all of them.
 */
struct page_owner_task {
	atomic_long_t refs;
	u32 id;
	u64 since;
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	union {
		struct llist_node orphan;
		u32 next;
	};
} ____cacheline_aligned_in_smp;

/**
 * struct page_owner_identity - a copy of that
 * @pid: thread, 0 if not known
 * @tgid: process, 0 if not known
 * @comm: command name, terminated
 */
struct page_owner_identity {
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
};

/* How many identities have gone: until one does, numbers mean the same. */
extern unsigned long page_owner_tasks_gone;

int page_owner_tasks_init(void);
struct page_owner_task *page_owner_task_new(gfp_t gfp, bool can_alloc);
void page_owner_task_get(u32 id);
void page_owner_task_put(u32 id);
void page_owner_task_read(u32 id, u64 when, struct page_owner_identity *identity);
void page_owner_tasks_read_stats(unsigned long *tasks, unsigned long *pages);

/**
 * page_owner_task_known() - whether the running task has an identity
 * @task: current->page_owner_task
 * @freeing: the name does not matter, as nothing shows that of who freed a page
 *
 * Context: Any.
 * Return: true if @task is what the running task is called now.
 */
static __always_inline bool
page_owner_task_known(const struct page_owner_task *task, bool freeing)
{
	return task && task->pid == current->pid &&
	       (freeing || !memcmp(task->comm, current->comm, sizeof(task->comm)));
}

/**
 * page_owner_task_current() - the identity of the running task
 *
 * Context: Any, behind a capture.
 * Return: the identity, NULL if it could not be stored.
 */
static inline struct page_owner_task *page_owner_task_current(void)
{
	return current->page_owner_task;
}

/**
 * page_owner_task_refer() - records of allocated blocks refer to the running task
 * @task: the running task's identity, or NULL
 * @nr: how many records
 *
 * Context: Any.
 */
static inline void page_owner_task_refer(struct page_owner_task *task, int nr)
{
	/* The task has a reference, so this can be done after they do. */
	if (likely(task))
		atomic_long_add(nr, &task->refs);
}

/**
 * page_owner_task_done() - a block is not allocated any more
 * @id: number of the task that its record referred to
 * @task: the running task's identity, or NULL
 *
 * Context: Any.
 */
static inline void page_owner_task_done(u32 id, struct page_owner_task *task)
{
	/* The running task's own reference stays. */
	if (likely(task && task->id == id))
		atomic_long_dec(&task->refs);
	else
		page_owner_task_put(id);
}

/**
 * page_owner_capture_known() - the running stack, in the usual case
 * @slot: stack_cache_slot() of the hook that calls this
 * @freeing: whether that is a free
 *
 * That is if it has been seen before, the running task has an identity, and is
 * not recording already.
 *
 * Context: Any; RCU read lock held until the result has been used.
 * Return: the stack; NULL if it must be captured.
 */
static __always_inline const struct stack_cache_stack *
page_owner_capture_known(const unsigned long *slot, bool freeing)
{
	if (unlikely(current->in_page_owner) ||
	    static_branch_unlikely(&page_owner_verify) ||
	    unlikely(!page_owner_task_known(current->page_owner_task, freeing)))
		return NULL;
	return stack_cache_find(slot);
}

/* Stacks: pages per stack. mm/page_owner_stacks.c */

/**
 * struct page_owner_stack - a stack that has owned pages
 * @handle: the stack in stackdepot
 * @pages: base pages that it owns now, less what CPUs have not passed on yet
 * @peak: most pages that it owned, as far as anybody looked
 * @allocs: allocations since boot, less what CPUs have not passed on yet
 * @frees: the same of frees
 * @hash_next: next one in the same hash bucket
 * @next: next younger one, in the list of all
 *
 * Never freed. @handle is constant, the links are set once.
 */
struct page_owner_stack {
	depot_stack_handle_t handle;
	atomic64_t pages;
	atomic64_t peak;
	atomic64_t allocs;
	atomic64_t frees;
	struct page_owner_stack *hash_next;
	struct page_owner_stack *next;
};

/**
 * struct page_owner_counts - what a stack has done
 * @pages: base pages that it owns now
 * @peak: most base pages that it owned, right to twice PAGE_OWNER_DELTA_MAX pages,
 *        and a block, for each CPU
 * @allocs: allocations since boot
 * @frees: frees since boot
 */
struct page_owner_counts {
	long pages;
	long peak;
	u64 allocs;
	u64 frees;
};

/*
 * A CPU passes on a change of as many pages, 2 MiB with pages of 4 KiB, or as many
 * frees. Allocations that are not freed become pages.
 */
#define PAGE_OWNER_DELTA_MAX	512
#define PAGE_OWNER_EVENTS_MAX	4096

/**
 * enum page_owner_special - owners that are not a captured stack
 * @PAGE_OWNER_EARLY: allocated before recording began
 * @PAGE_OWNER_RECURSION: allocated by page_owner itself, while recording
 * @PAGE_OWNER_FAILURE: the stack could not be stored
 * @PAGE_OWNER_PAUSED: allocated, or freed, while recording was paused
 * @PAGE_OWNER_NR_SPECIAL: how many there are
 */
enum page_owner_special {
	PAGE_OWNER_EARLY,
	PAGE_OWNER_RECURSION,
	PAGE_OWNER_FAILURE,
	PAGE_OWNER_PAUSED,
	PAGE_OWNER_NR_SPECIAL,
};

int page_owner_stacks_init(void);
struct page_owner_stack *page_owner_special(enum page_owner_special which);
struct page_owner_stack *page_owner_stack_find(depot_stack_handle_t handle);
struct page_owner_stack *page_owner_stack_get(depot_stack_handle_t handle,
					      gfp_t gfp, bool can_alloc);
struct page_owner_stack *page_owner_stack_first(void);
struct page_owner_stack *page_owner_stack_next(struct page_owner_stack *stack);

void page_owner_stack_read(struct page_owner_stack *stack,
			   struct page_owner_counts *counts);
long page_owner_stack_pages(struct page_owner_stack *stack);

/**
 * struct page_owner_delta - what a CPU has not passed on yet
 * @handle: whose changes these are, 0 if nobody's
 * @pages: change of the stack's pages
 * @allocs: change of its allocations
 * @frees: change of its frees
 *
 * Written by its CPU with interrupts off, never in NMI.
 */
struct page_owner_delta {
	depot_stack_handle_t handle;
	long pages;
	unsigned long allocs;
	unsigned long frees;
};

/* An enum, and so known to debuggers. */
enum { PAGE_OWNER_DELTA_BITS = 8 };

extern struct page_owner_delta __percpu *page_owner_deltas;

void page_owner_stack_take_delta(struct page_owner_delta *delta,
				 depot_stack_handle_t handle);
void page_owner_stack_pass_on(struct page_owner_delta *delta);
void page_owner_stack_count_in_nmi(depot_stack_handle_t handle, long pages,
				   unsigned long allocs, unsigned long frees);

/**
 * page_owner_delta_is_full() - whether a change is large enough to be passed on
 * @delta: the place, in this CPU's table
 *
 * Context: Interrupts are off.
 * Return: true if it amounts to PAGE_OWNER_DELTA_MAX pages.
 */
static inline bool page_owner_delta_is_full(struct page_owner_delta __percpu *delta)
{
	const long max = PAGE_OWNER_DELTA_MAX;
	unsigned long pages = __this_cpu_read(delta->pages);

	return pages + max - 1 > 2 * (unsigned long)max - 2;
}

/**
 * page_owner_stack_count() - count what happens to a stack's pages
 * @handle: the stack, which has an entry
 * @pages: base pages that it gets, negative if it loses them
 * @allocs: allocations that this is
 * @frees: frees that this is
 *
 * Context: Any.
 */
static __always_inline void page_owner_stack_count(depot_stack_handle_t handle,
						   long pages, unsigned long allocs,
						   unsigned long frees)
{
	struct page_owner_delta __percpu *delta =
		page_owner_deltas + hash_32(handle, PAGE_OWNER_DELTA_BITS);
	unsigned long flags;

	if (in_nmi()) {
		page_owner_stack_count_in_nmi(handle, pages, allocs, frees);
		return;
	}
	local_irq_save(flags);
	if (unlikely(__this_cpu_read(delta->handle) != handle))
		page_owner_stack_take_delta(this_cpu_ptr(delta), handle);
	__this_cpu_add(delta->pages, pages);
	if (allocs)
		__this_cpu_add(delta->allocs, allocs);
	if (frees)
		__this_cpu_add(delta->frees, frees);
	/* Pages that come and go are as many events as are passed on at a time. */
	if (unlikely(page_owner_delta_is_full(delta) ||
		     (frees && __this_cpu_read(delta->frees) >= PAGE_OWNER_EVENTS_MAX)))
		page_owner_stack_pass_on(this_cpu_ptr(delta));
	local_irq_restore(flags);
}

/**
 * page_owner_stack_add() - change the number of pages that a stack owns
 * @handle: the stack, which has an entry
 * @nr: base pages that it gets, negative if it loses them
 *
 * Context: Any.
 */
static inline void page_owner_stack_add(depot_stack_handle_t handle, long nr)
{
	page_owner_stack_count(handle, nr, 0, 0);
}

/* Report: the largest owners. mm/page_owner_report.c */

/* They are on the stack of whoever prints them, who may be deep in a call chain. */
#define PAGE_OWNER_TOP_MAX	32U

/**
 * struct page_owner_top_entry - one of the largest owners
 * @stack: the stack
 * @pages: base pages that it owns
 */
struct page_owner_top_entry {
	struct page_owner_stack *stack;
	long pages;
};

/**
 * struct page_owner_top - the largest owners
 * @max: how many are wanted, at most PAGE_OWNER_TOP_MAX
 * @nr: how many there are
 * @owner: the largest first
 */
struct page_owner_top {
	unsigned int max;
	unsigned int nr;
	struct page_owner_top_entry owner[PAGE_OWNER_TOP_MAX];
};

void page_owner_top_add(struct page_owner_top *top,
			struct page_owner_stack *stack, long pages);

/* Record: the hooks, and reading one record back. mm/page_owner.c */

void page_owner_record_on(bool on);
bool page_owner_records(void);
bool page_owner_read(struct page *page, struct page_owner_snapshot *snap);
bool page_owner_read_first(struct page *page, const struct page_owner_record *rec,
			   struct page_owner_snapshot *snap);

/* Walk: from PFN to PFN. mm/page_owner_walk.c */

/**
 * struct page_owner_walk - a walk over the allocations of a PFN range
 * @pfn: where it goes on: set by the caller to the first PFN of interest
 * @end: one past the last PFN of interest
 * @nodes: only pages of these nodes; NULL for all
 * @zone: only pages of this zone; NULL for all
 * @zones: only pages of zones of these numbers, a bit mask; 0 for all
 * @partial: also show a block of which the walk does not see the first page;
 *           cleared with the first page that the walk meets
 * @freed: also show freed blocks, or what of them has not been allocated again
 * @match: if set, says which records to show
 * @data: passed to @match
 * @block: the pages that @pfn is among, for the walk's own use: of at most one
 *         pageblock, all of them online. To be zeroed by a caller who lets go of
 *         memory before the walk has got to @end.
 * @last: the freed page that was read last, for the walk's own use
 */
struct page_owner_walk {
	unsigned long pfn;
	unsigned long end;
	const nodemask_t *nodes;
	const struct zone *zone;
	unsigned long zones;
	bool partial;
	bool freed;
	bool (*match)(const struct page_owner_snapshot *snap, void *data);
	void *data;
	struct page_owner_walk_block {
		unsigned long pfn;
		unsigned long nr;
		struct page *page;
		struct page_owner_record *rec;
		int migratetype;
	} block;
	struct {
		unsigned long pfn;
		u64 ts, free_ts;
	} last;
};

struct page *page_owner_next_used(unsigned long *pfn, unsigned long end);
unsigned long page_owner_skip_free(unsigned long pfn, unsigned int order);
int page_owner_walk_next(struct page_owner_walk *walk,
			 struct page_owner_snapshot *snap);
void page_owner_walk_look_back(struct page_owner_walk *walk,
			       struct page_owner_snapshot *snap);

/* Filter: what a reader wants. mm/page_owner_filter.c */

/**
 * enum page_owner_mode - what a record in the dump says of its stack
 * @PAGE_OWNER_MODE_STACK: the frames
 * @PAGE_OWNER_MODE_HANDLE: the handle, to be looked up in show_stacks_handles
 * @PAGE_OWNER_MODE_STACK_HANDLE: both
 * @PAGE_OWNER_MODE_RAW: not text at all, but include/uapi/linux/page_owner_raw.h
 * @PAGE_OWNER_NR_MODES: how many there are
 */
enum page_owner_mode {
	PAGE_OWNER_MODE_STACK,
	PAGE_OWNER_MODE_HANDLE,
	PAGE_OWNER_MODE_STACK_HANDLE,
	PAGE_OWNER_MODE_RAW,
	PAGE_OWNER_NR_MODES,
};

/* Numbers that a filter compares. */
enum page_owner_by_number {
	PAGE_OWNER_BY_PID,
	PAGE_OWNER_BY_TGID,
	PAGE_OWNER_BY_ORDER,
	PAGE_OWNER_BY_MEMCG,	/* inode */
	PAGE_OWNER_BY_HANDLE,
	PAGE_OWNER_BY_AGE,	/* whole seconds */
	PAGE_OWNER_NR_NUMBERS,
};

/* Things of which there are a few, known by name. */
enum page_owner_by_choice {
	PAGE_OWNER_BY_STATE,
	PAGE_OWNER_BY_ZONE,
	PAGE_OWNER_BY_TYPE,
	PAGE_OWNER_NR_CHOICES,
};

/* The bits of PAGE_OWNER_BY_STATE. */
enum page_owner_state {
	PAGE_OWNER_STATE_ALLOCATED,
	PAGE_OWNER_STATE_FREE,
};

/* Names that can be anything. */
enum page_owner_by_name {
	PAGE_OWNER_BY_COMM,
	PAGE_OWNER_BY_MODULE,
	PAGE_OWNER_NR_NAMES,
};

/* Items of a list. */
#define PAGE_OWNER_FILTER_ITEMS	16
#define PAGE_OWNER_NAME_LEN	64

/**
 * struct page_owner_range - some numbers
 * @from: smallest
 * @to: largest
 */
struct page_owner_range {
	u64 from, to;
};

/**
 * struct page_owner_ranges - numbers that a record may have
 * @nr: members of @range in use; 0 if any number will do
 * @range: the numbers
 */
struct page_owner_ranges {
	unsigned int nr;
	struct page_owner_range range[PAGE_OWNER_FILTER_ITEMS];
};

/**
 * struct page_owner_names - names that a record may have
 * @nr: members of @name in use; 0 if any name will do
 * @name: the names, terminated
 */
struct page_owner_names {
	unsigned int nr;
	char name[PAGE_OWNER_FILTER_ITEMS][PAGE_OWNER_NAME_LEN];
};

/**
 * struct page_owner_filter - what a reader wants
 * @mode: how to show stacks
 * @by_node: show only pages of @nodes
 * @show: the reader wants to see this filter, and what it got wrong last
 * @nodes: the nodes
 * @choices: bit masks; 0 for any, but for states only allocated pages
 * @numbers: numbers
 * @names: names
 *
 * All zeros is what an open file begins with: the text of all allocations.
 */
struct page_owner_filter {
	enum page_owner_mode mode;
	bool by_node;
	bool show;
	nodemask_t nodes;
	unsigned long choices[PAGE_OWNER_NR_CHOICES];
	struct page_owner_ranges numbers[PAGE_OWNER_NR_NUMBERS];
	struct page_owner_names names[PAGE_OWNER_NR_NAMES];
};

/* So much of a wrong word is shown. */
#define PAGE_OWNER_ERROR_WORD	81

/**
 * struct page_owner_error - what a reader got wrong last
 * @text: the word and what is wrong with it; empty if all was right
 */
struct page_owner_error {
	char text[PAGE_OWNER_ERROR_WORD + 64];
};

/* More than any sensible filter needs; a longer write is refused. */
#define PAGE_OWNER_FILTER_MAX	(8192 + 6 * MAX_NUMNODES)

int page_owner_filter_parse(struct page_owner_filter *filter, char *text,
			    struct page_owner_error *error);
bool page_owner_filter_compares(const struct page_owner_filter *filter);
void page_owner_filter_show(struct seq_buf *s, const struct page_owner_filter *filter);
bool page_owner_filter_match(const struct page_owner_filter *filter,
			     const struct page_owner_snapshot *snap, u64 now,
			     struct page_owner_cache *cache);

/* Cache: what an open dump remembers. mm/page_owner_cache.c */

/* 8,192 slots of 16 bytes, and up to 64 chunks of 64 KiB: 4.2 MiB in all. */
#define PAGE_OWNER_CACHE_BITS	13
#define PAGE_OWNER_CACHE_CHUNK	SZ_64K
#define PAGE_OWNER_CACHE_CHUNKS	64

/**
 * enum page_owner_cached - what is kept in a cache
 * @PAGE_OWNER_CACHED_STACK: the lines of a stack, by handle
 * @PAGE_OWNER_CACHED_FRAME: a line of a stack, by address
 * @PAGE_OWNER_CACHED_GFP: names of GFP flags, by the flags
 * @PAGE_OWNER_CACHED_MODULE: whether a stack is in the filter's modules, by handle
 * @PAGE_OWNER_CACHED_RAW_STACK: a raw stream has defined the stack; so below
 * @PAGE_OWNER_CACHED_RAW_GFP: GFP flags
 * @PAGE_OWNER_CACHED_RAW_MEMCG: a memory cgroup, by inode
 * @PAGE_OWNER_CACHED_RAW_COMM: a command name, by a hash of it, and its number
 */
enum page_owner_cached {
	PAGE_OWNER_CACHED_STACK = 1,
	PAGE_OWNER_CACHED_FRAME,
	PAGE_OWNER_CACHED_GFP,
	PAGE_OWNER_CACHED_MODULE,
	PAGE_OWNER_CACHED_RAW_STACK,
	PAGE_OWNER_CACHED_RAW_GFP,
	PAGE_OWNER_CACHED_RAW_MEMCG,
	PAGE_OWNER_CACHED_RAW_COMM,
};

/**
 * struct page_owner_cache_slot - where some bytes are
 * @key: what they are of
 * @kind: of which kind @key is, an enum page_owner_cached; 0 if the slot is free
 * @chunk: number of the chunk that they are in
 * @offset: where there
 * @len: how many they are
 */
struct page_owner_cache_slot {
	u64 key;
	u16 offset;
	u16 len;
	u8 kind;
	u8 chunk;
};

/* What a cache takes beside its structure, at most. */
#define PAGE_OWNER_CACHE_MAX						\
	((sizeof(struct page_owner_cache_slot) << PAGE_OWNER_CACHE_BITS) + \
	 PAGE_OWNER_CACHE_CHUNKS * PAGE_OWNER_CACHE_CHUNK +		\
	 2 * PAGE_OWNER_CACHE_ENTRY_MAX)

/**
 * struct page_owner_flags_text - a page flags word and its text
 * @flags: the word
 * @len: how long the text is; 0 if there is none
 * @text: the text
 *
 * Words can have numbers in them that differ from page to page (lastcpupid), so
 * they would fill the cache.
 */
struct page_owner_flags_text {
	unsigned long flags;
	u8 len;
	char text[119];
};

#define PAGE_OWNER_FLAGS_BITS	7

/**
 * struct page_owner_last_text - a part of the record printed last
 * @len: how long it is; 0 if there is none
 * @text: the text
 */
struct page_owner_last_text {
	unsigned int len;
	char text[252];
};

/**
 * struct page_owner_cache - what an open dump remembers
 * @slots: hash table
 * @nr_used: slots in use
 * @chunk: the chunk that is being filled
 * @chunk_used: bytes of it that are in use
 * @scratch: where a stack is put together, PAGE_OWNER_CACHE_ENTRY_MAX bytes
 * @chunks: memory, allocated as it is needed and then kept
 * @flags: texts of page flags words, each in the only place where it can be
 * @owner_nr: of the snapshot that @allocator is of; 0 if that is not known
 * @stack_handle: a stack
 * @stack: its lines
 * @stack_len: bytes at @stack, 0 if that is not known any more
 * @last: who allocated the record that @allocator is the text of
 * @last_block: pageblock that @types is the text of
 * @last_gfp_mt: migrate type by the GFP flags, in @types
 * @last_block_mt: migrate type of the pageblock, in @types
 * @allocator: text from the order to the time
 * @types: text from the PFN to the page flags
 * @last_handle: handle that @handle is the text of
 * @handle: the line with the handle
 *
 * Locking: the owner's.
 */
struct page_owner_cache {
	struct page_owner_cache_slot *slots;
	unsigned int nr_used;
	unsigned int chunk;
	unsigned int chunk_used;
	char *scratch;
	char *chunks[PAGE_OWNER_CACHE_CHUNKS];
	struct page_owner_flags_text flags[1 << PAGE_OWNER_FLAGS_BITS];
	unsigned long owner_nr;
	depot_stack_handle_t stack_handle;
	unsigned int stack_len;
	const char *stack;
	struct page_owner last;
	unsigned long last_block;
	int last_gfp_mt;
	int last_block_mt;
	struct page_owner_last_text allocator;
	struct page_owner_last_text types;
	depot_stack_handle_t last_handle;
	struct page_owner_last_text handle;
};

int page_owner_cache_init(struct page_owner_cache *cache);
void page_owner_cache_destroy(struct page_owner_cache *cache);
void page_owner_cache_clear(struct page_owner_cache *cache);
const char *page_owner_cache_find(const struct page_owner_cache *cache,
				  enum page_owner_cached kind, u64 key,
				  unsigned int *len);
char *page_owner_cache_room(struct page_owner_cache *cache);
void page_owner_cache_add(struct page_owner_cache *cache,
			  enum page_owner_cached kind, u64 key, unsigned int len);

/* Format: the only place where records become text. mm/page_owner_format.c */

/* A frame: a space, a symbol, the end of the line, and snprintf()'s NUL byte. */
#define PAGE_OWNER_FRAME_MAX	(KSYM_SYMBOL_LEN + 3)
/* The names of all GFP flags, or of all page flags with their numbers. */
#define PAGE_OWNER_NAMES_MAX	1024
/* A command name of which each byte is printed as \xNN. */
#define PAGE_OWNER_COMM_MAX	(4 * (TASK_COMM_LEN - 1))

/* What a cache has to be able to keep: a stack. */
#define PAGE_OWNER_CACHE_ENTRY_MAX (PAGE_OWNER_DEPTH * PAGE_OWNER_FRAME_MAX)

/*
 * A record's text is bounded: fixed words, numbers and a memory cgroup's name
 * fit into a KiB; and there are GFP flags, page flags, and up to two stacks.
 */
#define PAGE_OWNER_TEXT_MAX	(1024 + 2 * PAGE_OWNER_NAMES_MAX + \
				 2 * PAGE_OWNER_CACHE_ENTRY_MAX)

/**
 * struct page_owner_flags_field - a number that is part of the page flags word
 * @name: name
 * @width: bits that it has; 0 if this kernel has no such number
 * @shift: where it begins
 * @base: how it is printed, 10 or 16
 */
struct page_owner_flags_field {
	const char *name;
	u8 width;
	u8 shift;
	u8 base;
};

#define PAGE_OWNER_NR_FLAGS_FIELDS 5

extern const struct page_owner_flags_field page_owner_flags_fields[];

char *page_owner_format(char *p, const struct page_owner_snapshot *snap,
			enum page_owner_mode mode, struct page_owner_cache *cache);
char *page_owner_format_comm(char *p, const char *comm);
char *page_owner_format_flags(char *p, unsigned long flags);
const char *page_owner_stack_text(struct page_owner_cache *cache,
				  depot_stack_handle_t handle, unsigned int *len);
const char *page_owner_gfp_text(struct page_owner_cache *cache, gfp_t gfp,
				unsigned int *len);
void page_owner_log(const struct page_owner_snapshot *snap);

/* Raw: records as a binary stream. mm/page_owner_raw.c */

/**
 * struct page_owner_raw - a stream that is being written
 * @p: where to write
 * @section: the section that can still grow; NULL if there is none
 * @records: allocations written
 * @freed: freed pages written
 * @nr_comms: numbers given to command names
 * @memcg: memory cgroup of the last record that had one
 * @owner_nr: of the snapshot that @like is of
 * @like: the last record; only what is from its owner
 * @last: what that refers to
 */
struct page_owner_raw {
	char *p;
	struct page_owner_raw_section *section;
	u64 records;
	u64 freed;
	u32 nr_comms;
	u64 memcg;
	unsigned long owner_nr;
	struct page_owner_raw_record like;
	struct page_owner last;
};

void page_owner_raw_begin(struct page_owner_raw *raw,
			  const struct page_owner_filter *filter, unsigned long pfn);
void page_owner_raw_define(struct page_owner_raw *raw,
			   const struct page_owner_snapshot *snap,
			   struct page_owner_cache *cache);
void page_owner_raw_run(struct page_owner_raw *raw, struct page_owner_walk *walk,
			struct page_owner_snapshot *snap, const char *limit);
void page_owner_raw_end(struct page_owner_raw *raw);

/* Dump: the file page_owner. mm/page_owner_dump.c */

extern const struct file_operations page_owner_dump_fops;

#endif /* _MM_PAGE_OWNER_H */
