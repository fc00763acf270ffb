// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of page_owner where little is allowed, or nothing is certain:
 * hooks that must not allocate, in NMI and under a raw spinlock; reports from
 * there; a reader whose page is charged to others, or is poisoned, or that is
 * killed meanwhile.
 *
 * A hook that allocates where it must not is found in every kernel, by the
 * count of allocated pages of this CPU; lockdep, with PROVE_RAW_LOCK_NESTING,
 * finds locks that it must not take even if no memory was needed.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/cpufeature.h>
#include <linux/gfp.h>
#include <linux/hardirq.h>
#include <linux/kmsg_dump.h>
#include <linux/memblock.h>
#include <linux/memcontrol.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nmi.h>
#include <linux/nodemask.h>
#include <linux/page_owner.h>
#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

/* What it takes to send an NMI; linux/nmi.h declares it only then. */
#if defined(CONFIG_X86_LOCAL_APIC) && defined(CONFIG_HAVE_ACPI_APEI_NMI)
#define CAN_SEND_NMI
#include <asm/apic.h>
#endif

/* On x86 it comes after the write, on others before. */
#if defined(CONFIG_HAVE_HW_BREAKPOINT) && defined(CONFIG_X86)
#define CAN_WATCH_WRITES
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#endif

#include "../../internal.h"
#include "../capture.h"
#include "../read.h"
#include "../record.h"
#include "../stacks.h"
#include "../task.h"
#include "../walk.h"
#include "test.h"

/*
 * Hooks in a context
 *
 * They are called below NR_PATHS different chains of frames. If these are new,
 * they are more stacks than there is memory set aside for. They are as deep as
 * stacks are kept, so that it makes no difference where a chain is called from.
 */
#define PATH_DEPTH	(PAGE_OWNER_DEPTH - 1)
#define NR_PATHS	512

/**
 * struct job - hooks to be called in a context
 * @leaf: calls them
 * @page: the page that they are told of
 * @gfp: GFP flags that they are told of
 * @first: first of the paths
 * @path: bits that choose between left and right
 * @pages: pages that the page allocator has handed out meanwhile
 * @done: the hooks have been called
 */
struct job {
	void (*leaf)(struct job *job);
	struct page *page;
	gfp_t gfp;
	unsigned int first;
	unsigned int path;
	unsigned long pages;
	bool done;
};

/* The barriers prevent tail calls, which leave no frame. */
static noinline void free_leaf(struct job *job)
{
	page_owner_free(job->page, 0);
	barrier();
}

static noinline void free_alloc_leaf(struct job *job)
{
	page_owner_free(job->page, 0);
	page_owner_alloc(job->page, 0, job->gfp);
	barrier();
}

/* One report, however many paths there are. */
static noinline void report_leaf(struct job *job)
{
	if (job->path == job->first)
		page_owner_show_mem();
	barrier();
}

static void context_left(struct job *job, unsigned int depth);
static void context_right(struct job *job, unsigned int depth);

/* Each frame stores something of its own after the call, so that it stays. */
static __always_inline void call_next(struct job *job, unsigned int depth)
{
	if (!depth)
		job->leaf(job);
	else if (job->path & BIT(depth - 1))
		context_right(job, depth - 1);
	else
		context_left(job, depth - 1);
}

static noinline void context_left(struct job *job, unsigned int depth)
{
	call_next(job, depth);
	WRITE_ONCE(job->path, job->path);
}

static noinline void context_right(struct job *job, unsigned int depth)
{
	call_next(job, depth);
	WRITE_ONCE(job->gfp, job->gfp);
}

/* Pages allocated on this CPU so far; 0 if the kernel does not count them. */
static unsigned long pages_allocated(void)
{
	unsigned long nr = 0;
#ifdef CONFIG_VM_EVENT_COUNTERS
	int zid;

	for (zid = 0; zid < MAX_NR_ZONES; zid++)
		nr += this_cpu_read(vm_event_states.event[PGALLOC_NORMAL -
							  ZONE_NORMAL + zid]);
#endif
	return nr;
}

/* What is counted means something with interrupts off. */
static void run_job(struct job *job)
{
	unsigned long before = pages_allocated();

	for (job->path = job->first; job->path < job->first + NR_PATHS; job->path++)
		call_next(job, PATH_DEPTH);
	job->pages = pages_allocated() - before;
	WRITE_ONCE(job->done, true);
}

/* Pages that are counted for the stacks of a leaf. */
static long leaf_pages(void (*leaf)(struct job *job))
{
	struct page_owner_stack *stack;
	long pages = 0;

	for (stack = page_owner_stack_first(); stack;
	     stack = page_owner_stack_next(stack)) {
		if (page_owner_test_stack_has(stack->handle, leaf))
			pages += page_owner_stack_pages(stack);
	}
	return pages;
}

/* The page counts once: for its stack, or for those that are not stored. */
static void expect_counted(struct kunit *test, const struct job *job, long failed)
{
	struct page_owner_stack *failure = page_owner_special(PAGE_OWNER_FAILURE);
	struct page_owner_snapshot snap = {};
	bool own;

	KUNIT_EXPECT_TRUE(test, page_owner_read(job->page, &snap));
	KUNIT_EXPECT_TRUE(test, snap.allocated);
	KUNIT_EXPECT_TRUE(test, snap.owner.gfp_mask == job->gfp);
	KUNIT_EXPECT_EQ(test, snap.owner.pid, current->pid);
	own = page_owner_test_stack_has(snap.owner.handle, job->leaf);
	if (!own)
		KUNIT_EXPECT_EQ(test, snap.owner.handle, failure->handle);
	KUNIT_EXPECT_EQ(test, leaf_pages(job->leaf), own);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(failure), failed + !own);
}

static struct page *test_page(struct kunit *test)
{
	struct page *page;

	page_owner_test_need(test);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

/* A lock under which nothing may be waited for, not even in PREEMPT_RT. */
static DEFINE_RAW_SPINLOCK(context_lock);

/* A free cannot say what is held, so it never allocates. */
static void test_free_locked(struct kunit *test)
{
	struct job job = { .leaf = free_leaf, .page = test_page(test) };
	unsigned long flags;

	raw_spin_lock_irqsave(&context_lock, flags);
	run_job(&job);
	raw_spin_unlock_irqrestore(&context_lock, flags);
	KUNIT_EXPECT_EQ(test, job.pages, 0);
	page_owner_alloc(job.page, 0, GFP_KERNEL);
	__free_page(job.page);
}

/* An allocation whose stack is known needs nothing. */
static void test_alloc_locked(struct kunit *test)
{
	struct job job = {
		.leaf = free_alloc_leaf,
		.page = test_page(test),
		.gfp = GFP_ATOMIC,
	};
	unsigned long flags;
	long failed;

	failed = page_owner_stack_pages(page_owner_special(PAGE_OWNER_FAILURE));
	run_job(&job);
	raw_spin_lock_irqsave(&context_lock, flags);
	run_job(&job);
	raw_spin_unlock_irqrestore(&context_lock, flags);
	KUNIT_EXPECT_EQ(test, job.pages, 0);
	expect_counted(test, &job, failed);
	__free_page(job.page);
	KUNIT_EXPECT_EQ(test, leaf_pages(job.leaf), 0);
}

/*
 * Reports are read back from the kernel log
 */

/**
 * struct report - what a report in the log says
 * @headers: first lines
 * @ram: pages in all
 * @owned: pages that have an owner
 * @free: free pages
 * @neither: other pages
 * @shown: owners that are to come
 * @stacks: stacks that there are
 * @owners: owners that came
 * @last: pages of the last one
 * @pages: pages of all of them
 * @sorted: none is larger than the one before
 */
struct report {
	unsigned int headers;
	unsigned long ram, owned, free, neither;
	unsigned int shown, stacks;
	unsigned int owners;
	unsigned long last, pages;
	bool sorted;
};

static void read_report_line(struct report *r, const char *line)
{
	unsigned long pages;

	line = strstr(line, "page_owner: ");
	if (!line)
		return;
	line += strlen("page_owner: ");
	if (sscanf(line, "of %lu pages %lu owned, %lu free, %lu neither; %u of %u stacks:",
		   &r->ram, &r->owned, &r->free, &r->neither, &r->shown,
		   &r->stacks) == 6) {
		r->headers++;
	} else if (sscanf(line, "%lu pages, ", &pages) == 1) {
		if (r->owners++ && pages > r->last)
			r->sorted = false;
		r->last = pages;
		r->pages += pages;
	}
}

/* Goes to the end of the log; with @r, reads what comes on the way. */
static void read_log(struct kmsg_dump_iter *iter, struct report *r)
{
	static char line[512];
	size_t len;

	while (kmsg_dump_get_line(iter, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		if (r)
			read_report_line(r, line);
	}
}

static void expect_report(struct kunit *test, struct kmsg_dump_iter *iter,
			  const struct job *job)
{
	struct report r = { .sorted = true };

	read_log(iter, &r);
	KUNIT_EXPECT_EQ(test, job->pages, 0);
	KUNIT_EXPECT_EQ(test, r.headers, 1);
	KUNIT_EXPECT_GT(test, r.shown, 0);
	KUNIT_EXPECT_EQ(test, r.owners, r.shown);
	KUNIT_EXPECT_TRUE(test, r.sorted);
	KUNIT_EXPECT_GT(test, r.last, 0);
	KUNIT_EXPECT_LE(test, r.pages, r.owned);
	KUNIT_EXPECT_LE(test, r.owned + r.neither, r.ram);
}

static void test_report_locked(struct kunit *test)
{
	struct job job = { .leaf = report_leaf };
	struct kmsg_dump_iter iter;
	unsigned long flags;

	page_owner_test_need(test);
	kmsg_dump_rewind(&iter);
	read_log(&iter, NULL);
	raw_spin_lock_irqsave(&context_lock, flags);
	run_job(&job);
	raw_spin_unlock_irqrestore(&context_lock, flags);
	expect_report(test, &iter, &job);
}

#ifdef CAN_SEND_NMI
static struct job *nmi_job;

static int nmi_handler(unsigned int cmd, struct pt_regs *regs)
{
	struct job *job = nmi_job;

	if (!job || job->done)
		return NMI_DONE;
	run_job(job);
	return NMI_HANDLED;
}

/* This CPU interrupts itself, so that the task is a known one. */
static void run_in_nmi(struct kunit *test, struct job *job)
{
	if (!boot_cpu_has(X86_FEATURE_APIC))
		kunit_skip(test, "no APIC to send an NMI");
	KUNIT_ASSERT_EQ(test, register_nmi_handler(NMI_LOCAL, nmi_handler,
						   NMI_FLAG_FIRST,
						   "page_owner_test"), 0);
	preempt_disable();
	WRITE_ONCE(nmi_job, job);
	__apic_send_IPI_mask(cpumask_of(smp_processor_id()), NMI_VECTOR);
	while (!READ_ONCE(job->done))
		cpu_relax();
	WRITE_ONCE(nmi_job, NULL);
	preempt_enable();
	unregister_nmi_handler(NMI_LOCAL, "page_owner_test");
}
#else
/* None can be sent, but what code sees that runs in one can be had. */
static void run_in_nmi(struct kunit *test, struct job *job)
{
	unsigned long flags;

	local_irq_save(flags);
	nmi_enter();
	run_job(job);
	nmi_exit();
	local_irq_restore(flags);
}
#endif

/* New stacks, but nothing may be had, since any lock may be held below. */
static void test_nmi(struct kunit *test)
{
	struct job job = {
		.leaf = free_alloc_leaf,
		.gfp = GFP_ATOMIC,
		.first = NR_PATHS,
	};
	long failed;

	job.page = test_page(test);
	failed = page_owner_stack_pages(page_owner_special(PAGE_OWNER_FAILURE));
	run_in_nmi(test, &job);

	KUNIT_EXPECT_EQ(test, job.pages, 0);
	expect_counted(test, &job, failed);
	__free_page(job.page);
	KUNIT_EXPECT_EQ(test, leaf_pages(job.leaf), 0);
}

static void test_report_nmi(struct kunit *test)
{
	struct job job = { .leaf = report_leaf };
	struct kmsg_dump_iter iter;

	page_owner_test_need(test);
	kmsg_dump_rewind(&iter);
	read_log(&iter, NULL);
	run_in_nmi(test, &job);
	expect_report(test, &iter, &job);
}

/* The pcp lock is held where a page of a bulk allocation is recorded. */
static void test_bulk_locked(struct kunit *test)
{
	struct page *page = test_page(test);
	struct page_owner_snapshot snap = {};
	struct page_owner_stack *stack;
	unsigned long flags, allocated;
	struct page_owner_bulk bulk;

	page_owner_free(page, 0);
	page_owner_bulk_begin(&bulk, GFP_KERNEL);
	stack = page_owner_stack_find(bulk.handle);
	KUNIT_ASSERT_NOT_NULL(test, stack);

	raw_spin_lock_irqsave(&context_lock, flags);
	allocated = pages_allocated();
	page_owner_bulk_alloc(&bulk, page);
	page_owner_bulk_end(&bulk);
	allocated = pages_allocated() - allocated;
	raw_spin_unlock_irqrestore(&context_lock, flags);

	KUNIT_EXPECT_EQ(test, allocated, 0);
	KUNIT_EXPECT_TRUE(test, page_owner_read(page, &snap));
	KUNIT_EXPECT_TRUE(test, snap.allocated);
	KUNIT_EXPECT_EQ(test, snap.owner.handle, bulk.handle);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), 1);
	__free_page(page);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), 0);
}

/* The hooks that neither allocate nor free may be called anywhere. */
static void test_others_locked(struct kunit *test)
{
	struct page *page = test_page(test), *to = test_page(test), *block;
	unsigned long flags, allocated;

	block = alloc_pages(GFP_KERNEL, 3);
	KUNIT_ASSERT_NOT_NULL(test, block);
	raw_spin_lock_irqsave(&context_lock, flags);
	allocated = pages_allocated();
	page_owner_migrate(page_folio(to), page_folio(page));
	page_owner_set_migrate_reason(to, MR_COMPACTION);
	page_owner_free_pieces(block, 3);
	page_owner_split(block + 4, 2, 1);
	allocated = pages_allocated() - allocated;
	raw_spin_unlock_irqrestore(&context_lock, flags);

	KUNIT_EXPECT_EQ(test, allocated, 0);
	__free_page(page);
	__free_page(to);
	__free_pages(block, 3);
}

/*
 * Another CPU that comes just after a write
 *
 * A breakpoint at a record's bits plays it. Without the mark in a record, or with a
 * free in it that is no larger than its block, another CPU may write it at any time:
 * see remember_free() in mm/page_owner.c.
 */

#ifdef CAN_WATCH_WRITES
/**
 * struct other_cpu - what it does
 * @rec: the record
 * @act: called after each write, with the bits; returns whether it did something.
 *       Then it is not called again.
 * @done: it did
 */
static struct other_cpu {
	struct page_owner_record *rec;
	bool (*act)(struct page_owner_record *rec, u32 bits);
	bool done;
} other_cpu;

static void after_write(struct perf_event *event, struct perf_sample_data *data,
			struct pt_regs *regs)
{
	u32 bits = READ_ONCE(other_cpu.rec->bits);

	if (!other_cpu.done && !(bits & PAGE_OWNER_WRITING))
		other_cpu.done = other_cpu.act(other_cpu.rec, bits);
}

static struct perf_event * __percpu *
watch_record(struct kunit *test, struct page *page,
	     bool (*act)(struct page_owner_record *rec, u32 bits))
{
	struct perf_event * __percpu *watch;
	struct perf_event_attr attr;
	struct page_ext *ext;

	/* The page is the test's, so its page_ext stays. */
	ext = page_ext_get(page);
	other_cpu.rec = page_owner_record_of(ext);
	page_ext_put(ext);
	other_cpu.act = act;
	other_cpu.done = false;
	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&other_cpu.rec->bits;
	attr.bp_len = HW_BREAKPOINT_LEN_4;
	attr.bp_type = HW_BREAKPOINT_W;
	watch = register_wide_hw_breakpoint(&attr, after_write, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR((void __force *)watch));
	return watch;
}

static bool take_over_unmarked(struct page_owner_record *rec, u32 bits)
{
	if (bits & PAGE_OWNER_ALLOCATED)
		return false;
	rec->task = 0;
	rec->bits = bits + 2 * PAGE_OWNER_WRITING;
	return true;
}

/* The task that a record referred to is put, not the one that it refers to next. */
static void test_unmarked_changes(struct kunit *test)
{
	struct perf_event * __percpu *watch;
	struct page *page = test_page(test);
	struct page_owner_task *task;
	unsigned long flags;
	s64 refs;
	int i;

	watch = watch_record(test, page, take_over_unmarked);
	/* The first time stores the stack. */
	for (i = 0; i < 2; i++) {
		other_cpu.done = !i;
		local_irq_save(flags);
		task = current->page_owner_task;
		refs = atomic64_read(&task->refs) + task->own;
		page_owner_alloc(page, 0, GFP_ATOMIC);
		refs = atomic64_read(&task->refs) + task->own - refs;
		local_irq_restore(flags);
	}
	unregister_wide_hw_breakpoint(watch);
	__free_page(page);
	KUNIT_EXPECT_TRUE(test, other_cpu.done);
	KUNIT_EXPECT_EQ(test, refs, 0);
}

static bool remember_larger(struct page_owner_record *rec, u32 bits)
{
	if (page_owner_bits_free_order(bits))
		return false;
	rec->free_ts_nsec++;
	rec->bits = (bits | FIELD_PREP(PAGE_OWNER_FREE_ORDER, 1)) + 2 * PAGE_OWNER_WRITING;
	return true;
}

/* A free that is remembered while a larger one makes way makes way, too. */
static void test_larger_free_again(struct kunit *test)
{
	struct page *src = test_page(test), *page = alloc_pages(GFP_KERNEL, 1);
	struct page_owner_snapshot first = {}, second = {};
	struct perf_event * __percpu *watch;

	KUNIT_ASSERT_NOT_NULL(test, page);
	page_owner_free(page, 1);
	watch = watch_record(test, page, remember_larger);
	page_owner_migrate(page_folio(page), page_folio(src));
	unregister_wide_hw_breakpoint(watch);

	KUNIT_EXPECT_TRUE(test, other_cpu.done);
	KUNIT_EXPECT_TRUE(test, page_owner_read(page, &first));
	KUNIT_EXPECT_TRUE(test, page_owner_read(page + 1, &second));
	KUNIT_EXPECT_TRUE(test, first.allocated);
	KUNIT_EXPECT_EQ(test, first.free_order, 0);
	KUNIT_EXPECT_FALSE(test, second.allocated);
	KUNIT_EXPECT_EQ(test, second.owner.free_ts_nsec, first.owner.free_ts_nsec);
	__free_pages(page, 1);
	__free_page(src);
}
#else
static void test_unmarked_changes(struct kunit *test)
{
	kunit_skip(test, "no breakpoint after a write");
}

static void test_larger_free_again(struct kunit *test)
{
	kunit_skip(test, "no breakpoint after a write");
}
#endif

/* What interrupts a context that counts leaves its counts alone, and is counted. */
static void test_count_interrupted(struct kunit *test)
{
	struct page *page = test_page(test);
	struct page_owner_counts before, after;
	struct page_owner_snapshot snap = {};
	struct page_owner_stack *stack;
	struct page_owner_task *task;
	unsigned long flags;
	s64 refs, own;
	bool begun;

	KUNIT_ASSERT_TRUE(test, page_owner_read(page, &snap));
	stack = page_owner_stack_find(snap.owner.handle);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	page_owner_stack_read(stack, &before);

	local_irq_save(flags);
	task = current->page_owner_task;
	own = task->own;
	refs = atomic64_read(&task->refs);
	begun = page_owner_count_begin();
	page_owner_free(page, 0);
	if (begun)
		page_owner_count_end();
	own -= task->own;
	refs -= atomic64_read(&task->refs);
	local_irq_restore(flags);

	page_owner_stack_read(stack, &after);
	page_owner_alloc(page, 0, GFP_KERNEL);
	__free_page(page);
	KUNIT_EXPECT_TRUE(test, begun);
	KUNIT_EXPECT_EQ(test, own, 0);
	KUNIT_EXPECT_EQ(test, refs, 1);
	KUNIT_EXPECT_EQ(test, after.pages, before.pages - 1);
	KUNIT_EXPECT_EQ(test, after.frees, before.frees + 1);
}

/*
 * Nothing is recorded before all is ready: pages taken while the special
 * entries were made would have entries of their own among these.
 */
static void test_specials_first(struct kunit *test)
{
	struct page_owner_stack *stack;
	int i;

	page_owner_test_need(test);
	stack = page_owner_stack_first();
	for (i = 0; i < PAGE_OWNER_NR_SPECIAL; i++) {
		KUNIT_EXPECT_PTR_EQ(test, stack, page_owner_special(i));
		stack = page_owner_stack_next(stack);
	}
}

/*
 * A page that changes hands under the reader
 */

#ifdef CONFIG_MEMCG
/* To follow this as a pointer is a fault. */
#define NO_POINTER ((unsigned long)POISON_POINTER_DELTA + 0x1000)

/**
 * struct recharge - changes how a page is charged, until told to stop
 * @work: queued to a worker
 * @page: the page
 * @objcg: what it is charged by, at times
 * @running: the first change was made
 * @stop: enough
 */
struct recharge {
	struct work_struct work;
	struct page *page;
	struct obj_cgroup objcg;
	struct completion running;
	bool stop;
};

static void recharge_page(struct work_struct *work)
{
	struct recharge *r = container_of(work, struct recharge, work);
	const unsigned long words[] = {
		0,
		NO_POINTER | MEMCG_DATA_OBJEXTS,
		(unsigned long)root_mem_cgroup,
		(unsigned long)&r->objcg | MEMCG_DATA_KMEM,
	};
	unsigned int i;

	for (i = 0; !READ_ONCE(r->stop); i++) {
		WRITE_ONCE(r->page->memcg_data, words[i % ARRAY_SIZE(words)]);
		if (i == ARRAY_SIZE(words))
			complete(&r->running);
		if (!(i & 0xffff))
			cond_resched();
	}
	WRITE_ONCE(r->page->memcg_data, 0);
}

/* Whether each way to be charged was seen. */
static bool seen_all(const unsigned int seen[5])
{
	return seen[0] && seen[1] && seen[2] && seen[3];
}

/*
 * How often the page was seen charged in each way, or in a way that is none. Goes on
 * while a way is missing: on a busy host the other CPU may stand still for long.
 */
static void read_charges(struct page *page, unsigned int seen[5])
{
	const int enough = 200000, too_many = 1000 * enough;
	struct page_owner_snapshot snap = {};
	struct page_owner_walk walk = {};
	int i;

	for (i = 0; i < enough || (i < too_many && !seen_all(seen)); i++) {
		walk.pfn = page_to_pfn(page);
		walk.end = walk.pfn + 1;
		if (page_owner_walk_next(&walk, &snap) <= 0)
			continue;
		if (snap.charge > PAGE_OWNER_CHARGED_OBJCG ||
		    (snap.charge >= PAGE_OWNER_CHARGED &&
		     (strcmp(snap.memcg_name, "/") || !snap.memcg_online)))
			seen[4]++;
		else
			seen[snap.charge]++;
		if (!(i & 0xfff))
			cond_resched();
	}
}

/* The word that says so is read once: what it points at belongs to its kind. */
static void test_charge_changes(struct kunit *test)
{
	struct recharge *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int seen[5] = {};
	int i;

	page_owner_test_need(test);
	if (mem_cgroup_disabled())
		kunit_skip(test, "no memory cgroups");
	KUNIT_ASSERT_NOT_NULL(test, r);
	r->page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r->page);
	r->objcg.memcg = root_mem_cgroup;
	init_completion(&r->running);
	INIT_WORK(&r->work, recharge_page);
	queue_work(system_unbound_wq, &r->work);
	wait_for_completion(&r->running);
	read_charges(r->page, seen);
	WRITE_ONCE(r->stop, true);
	flush_work(&r->work);
	__free_page(r->page);

	KUNIT_EXPECT_EQ(test, seen[4], 0);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_GT_MSG(test, seen[i], 0, "never seen in way %d", i);
}
#else
static void test_charge_changes(struct kunit *test)
{
	kunit_skip(test, "no memory cgroups");
}
#endif

/* Which of four pages the walk shows if the second is poisoned. */
static unsigned long seen_beside_poison(struct page *page, const nodemask_t *nodes)
{
	struct page_owner_walk walk = {
		.pfn = page_to_pfn(page),
		.end = page_to_pfn(page) + 4,
		.nodes = nodes,
	};
	unsigned long flags = page[1].flags, seen = 0;
	struct page_owner_snapshot snap = {};

	WRITE_ONCE(page[1].flags, PAGE_POISON_PATTERN);
	while (page_owner_walk_next(&walk, &snap) > 0)
		seen |= BIT(snap.pfn - page_to_pfn(page));
	WRITE_ONCE(page[1].flags, flags);
	return seen;
}

/*
 * A struct page that is not initialised says nothing, and must not be asked for
 * its node.
 */
static void test_walk_poisoned(struct kunit *test)
{
	const unsigned long others = BIT(0) | BIT(2) | BIT(3);
	struct page *page;
	int i;

	page_owner_test_need(test);
	page = alloc_pages(GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, 2);
	KUNIT_EXPECT_EQ(test, seen_beside_poison(page, NULL), others);
	KUNIT_EXPECT_EQ(test, seen_beside_poison(page, &node_states[N_MEMORY]),
			others);
	for (i = 0; i < 4; i++)
		__free_page(page + i);
}

/* A task that has been killed gets no further, whatever is left to be seen. */
static void test_walk_killed(struct kunit *test)
{
	struct page_owner_walk walk = { .pfn = min_low_pfn, .end = max_pfn };
	nodemask_t none = NODE_MASK_NONE;
	struct page_owner_snapshot snap = {};
	int ret;

	page_owner_test_need(test);
	/* Nothing matches, so that no record ends the walk. */
	walk.nodes = &none;
	sigaddset(&current->pending.signal, SIGKILL);
	set_tsk_thread_flag(current, TIF_SIGPENDING);
	ret = page_owner_walk_next(&walk, &snap);
	sigdelset(&current->pending.signal, SIGKILL);
	clear_tsk_thread_flag(current, TIF_SIGPENDING);

	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	KUNIT_EXPECT_EQ(test, walk.pfn, min_low_pfn);
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, &snap), 0);
	KUNIT_EXPECT_EQ(test, walk.pfn, max_pfn);
}

static struct kunit_case page_owner_context_cases[] = {
	KUNIT_CASE(test_free_locked),
	KUNIT_CASE(test_alloc_locked),
	KUNIT_CASE(test_nmi),
	KUNIT_CASE(test_report_locked),
	KUNIT_CASE(test_report_nmi),
	KUNIT_CASE(test_bulk_locked),
	KUNIT_CASE(test_others_locked),
	KUNIT_CASE(test_unmarked_changes),
	KUNIT_CASE(test_larger_free_again),
	KUNIT_CASE(test_count_interrupted),
	KUNIT_CASE(test_specials_first),
	KUNIT_CASE(test_charge_changes),
	KUNIT_CASE(test_walk_poisoned),
	KUNIT_CASE(test_walk_killed),
	{}
};

static struct kunit_suite page_owner_context_suite = {
	.name = "page_owner_context",
	.test_cases = page_owner_context_cases,
};

kunit_test_suite(page_owner_context_suite);

MODULE_DESCRIPTION("KUnit tests of page_owner in hard places");
MODULE_LICENSE("GPL");
