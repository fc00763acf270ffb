// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of page_owner against a model: random operations, and after each
 * of them a look at every page.
 *
 * The model is an array that says for each page what page_owner must say of it:
 * its block, the allocation, the last free. It knows nothing of how that is
 * stored. It is compared with what page_owner_read() gives for every page, tail
 * pages too, with the blocks that the walk shows, and with the pages counted
 * for each stack.
 *
 * Pages that are freed belong to others at once. So the first tests have an
 * arena, one block of the real allocator, and play the allocator on its pages:
 * they bring the struct pages into the state in which the allocator calls a
 * hook, and call it. Nothing else knows of these pages, so that a seed always
 * gives the same walk, and freed pages stay as they are. Then the real
 * allocator has a test, in which freed pages are looked at unless they have been
 * allocated since.
 *
 * page_owner_test.seed= and page_owner_test.steps= give another, or a longer,
 * walk.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/page_owner.h>
#include <linux/prandom.h>
#include <linux/preempt.h>
#include <linux/sched/clock.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../../internal.h"
#include "../read.h"
#include "../stacks.h"
#include "../walk.h"
#include "test.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "page_owner_test."

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "Where the random walks begin");

static unsigned int steps = 16384;
module_param(steps, uint, 0444);
MODULE_PARM_DESC(steps, "Steps of the walk over a small arena");

/*
 * Sites: functions to be found in the stacks. Each stores its own number after
 * the call, or they would be folded into one, or leave no frame. They are only
 * called through the tables, so that there is one copy of each.
 */
static int last_site;

#define ALLOC_SITE(n)							\
static noinline void shadow_alloc_##n(struct page *page,		\
				      unsigned int order, gfp_t gfp)	\
{									\
	page_owner_alloc(page, order, gfp);				\
	WRITE_ONCE(last_site, n);					\
}

#define FREE_SITE(n)							\
static noinline void shadow_free_##n(struct page *page,			\
				     unsigned int order)		\
{									\
	page_owner_free(page, order);					\
	WRITE_ONCE(last_site, n);					\
}

#define BULK_SITE(n)							\
static noinline void shadow_bulk_##n(struct page **pages,		\
				     unsigned int nr, gfp_t gfp)	\
{									\
	struct page_owner_bulk bulk;					\
									\
	page_owner_bulk_begin(&bulk, gfp);				\
	while (nr--)							\
		page_owner_bulk_alloc(&bulk, pages[nr]);			\
	page_owner_bulk_end(&bulk);					\
	WRITE_ONCE(last_site, n);					\
}

ALLOC_SITE(0)
ALLOC_SITE(1)
ALLOC_SITE(2)
FREE_SITE(3)
FREE_SITE(4)
FREE_SITE(5)
BULK_SITE(6)
BULK_SITE(7)

static void (* const alloc_sites[])(struct page *page, unsigned int order,
				    gfp_t gfp) = {
	shadow_alloc_0, shadow_alloc_1, shadow_alloc_2,
};

static void (* const free_sites[])(struct page *page, unsigned int order) = {
	shadow_free_3, shadow_free_4, shadow_free_5,
};

static void (* const bulk_sites[])(struct page **pages, unsigned int nr,
				   gfp_t gfp) = {
	shadow_bulk_6, shadow_bulk_7,
};

static const gfp_t gfps[] = {
	GFP_KERNEL, GFP_ATOMIC, GFP_NOFS, GFP_KERNEL | __GFP_ZERO,
	GFP_HIGHUSER_MOVABLE,
};

/**
 * struct stack_count - pages that a stack must own
 * @handle: the stack
 * @pages: the pages
 */
struct stack_count {
	depot_stack_handle_t handle;
	unsigned long pages;
};

/**
 * struct walk - a random walk
 * @rnd: state of the random numbers
 * @op: what is being done, to be told if it goes wrong
 * @wrong: what is wrong; empty as long as nothing is
 * @counts: all stacks that have had a page, @nr_counts of them
 * @nr_counts: that many
 */
struct walk {
	struct rnd_state rnd;
	const char *op;
	char wrong[128];
	struct stack_count counts[128];
	unsigned int nr_counts;
};

static unsigned int below(struct walk *w, unsigned int end)
{
	return prandom_u32_state(&w->rnd) % end;
}

/* Only the first thing that is wrong is kept; more may follow from it. */
static void expect(struct walk *w, unsigned int i, const char *what, u64 have,
		   u64 want)
{
	if (have != want && !w->wrong[0])
		snprintf(w->wrong, sizeof(w->wrong),
			 "page %u: %s is %lld, must be %lld", i, what, have, want);
}

static struct stack_count *count_of(struct walk *w, depot_stack_handle_t handle)
{
	unsigned int i;

	for (i = 0; i < w->nr_counts; i++) {
		if (w->counts[i].handle == handle)
			return &w->counts[i];
	}
	if (i == ARRAY_SIZE(w->counts)) {
		expect(w, 0, "a stack more than there is room for", true, false);
		return &w->counts[0];
	}
	w->counts[i] = (struct stack_count) { .handle = handle };
	w->nr_counts++;
	return &w->counts[i];
}

/* The stacks are those of our sites: nothing else has a page of them. */
static void check_counts(struct walk *w)
{
	struct page_owner_stack *stack;
	unsigned int i;

	for (i = 0; i < w->nr_counts; i++) {
		stack = page_owner_stack_find(w->counts[i].handle);
		expect(w, i, "entry of this stack", !!stack, true);
		if (stack)
			expect(w, i, "number of pages of this stack",
			       page_owner_stack_pages(stack), w->counts[i].pages);
	}
}

static void report(struct kunit *test, const struct walk *w, unsigned int step)
{
	if (w->wrong[0])
		KUNIT_FAIL(test, "seed %u, step %u, %s: %s", seed, step, w->op,
			   w->wrong);
}

/*
 * The arena and its model
 */

/**
 * struct shadow_alloc - an allocation
 * @handle: its stack
 * @gfp: its GFP flags
 * @pid: its thread
 * @tgid: its process
 * @comm: its command name
 * @ts: when
 * @reason: why it was migrated, -1 if it was not
 */
struct shadow_alloc {
	depot_stack_handle_t handle;
	gfp_t gfp;
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	u64 ts;
	int reason;
};

/**
 * struct shadow_free - a free
 * @handle: its stack
 * @pid: its thread
 * @tgid: its process
 * @ts: when
 */
struct shadow_free {
	depot_stack_handle_t handle;
	pid_t pid;
	pid_t tgid;
	u64 ts;
};

/**
 * struct shadow - what page_owner must say of a page
 * @head: first page of its block
 * @order: order of its block
 * @any_order: the order is not defined: the block is about to fall apart, or
 *	       did so while it was freed
 * @allocated: the page is allocated
 * @compound: its block is a compound page
 * @alloc: the last allocation
 * @free: the last free
 */
struct shadow {
	unsigned int head;
	unsigned int order;
	bool any_order;
	bool allocated;
	bool compound;
	struct shadow_alloc alloc;
	struct shadow_free free;
};

/**
 * struct arena - pages on which a test plays the allocator
 * @walk: the state of the test
 * @page: the first page
 * @order: it has 2^@order pages
 * @nr: that many
 * @shadow: the model, a member per page
 * @untouched: what the struct pages were, without any reference
 * @torn: an operation is half done, so that blocks are not what they seem
 */
struct arena {
	struct walk walk;
	struct page *page;
	unsigned int order;
	unsigned int nr;
	struct shadow *shadow;
	struct page *untouched;
	bool torn;
};

static void check_alloc(struct arena *a, unsigned int i,
			const struct page_owner_snapshot *snap)
{
	const struct shadow_alloc *s = &a->shadow[i].alloc;

	expect(&a->walk, i, "handle", snap->owner.handle, s->handle);
	expect(&a->walk, i, "gfp_mask", (__force u32)snap->owner.gfp_mask,
	       (__force u32)s->gfp);
	expect(&a->walk, i, "pid", snap->owner.pid, s->pid);
	expect(&a->walk, i, "tgid", snap->owner.tgid, s->tgid);
	expect(&a->walk, i, "difference of comm",
	       strcmp(snap->owner.comm, s->comm), 0);
	expect(&a->walk, i, "ts", snap->owner.ts_nsec, s->ts);
	expect(&a->walk, i, "migrate reason", snap->owner.last_migrate_reason,
	       s->reason);
}

static void check_free(struct arena *a, unsigned int i,
		       const struct page_owner_snapshot *snap)
{
	const struct shadow_free *s = &a->shadow[i].free;

	expect(&a->walk, i, "free_handle", snap->owner.free_handle, s->handle);
	expect(&a->walk, i, "free_pid", snap->owner.free_pid, s->pid);
	expect(&a->walk, i, "free_tgid", snap->owner.free_tgid, s->tgid);
	expect(&a->walk, i, "free_ts", snap->owner.free_ts_nsec, s->ts);
}

static void check_page(struct arena *a, unsigned int i)
{
	const struct shadow *s = &a->shadow[i];
	struct page_owner_snapshot snap = {};

	expect(&a->walk, i, "read", page_owner_read(a->page + i, &snap), true);
	expect(&a->walk, i, "pfn", snap.pfn, page_to_pfn(a->page) + i);
	expect(&a->walk, i, "allocated", snap.allocated, s->allocated);
	expect(&a->walk, i, "recorded", snap.recorded, true);
	if (!s->any_order)
		expect(&a->walk, i, "order", snap.owner.order, s->order);
	check_alloc(a, i, &snap);
	check_free(a, i, &snap);
}

/* The first block at or after a page, a->nr if there is none. */
static unsigned int next_block(const struct arena *a, unsigned int i)
{
	while (i < a->nr && !a->shadow[i].allocated)
		i++;
	return i;
}

/* The walk shows each block, once, and nothing else. */
static void check_walk(struct arena *a)
{
	struct page_owner_walk walk = { .pfn = page_to_pfn(a->page) };
	unsigned int i = next_block(a, 0);
	struct page_owner_snapshot snap = {};

	walk.end = walk.pfn + a->nr;
	while (page_owner_walk_next(&walk, &snap) > 0) {
		expect(&a->walk, i, "shown by the walk",
		       snap.pfn - page_to_pfn(a->page), i);
		if (a->walk.wrong[0])
			return;
		expect(&a->walk, i, "order in the walk", snap.owner.order,
		       a->shadow[i].order);
		i = next_block(a, i + (1U << a->shadow[i].order));
	}
	expect(&a->walk, i, "end of the walk", i, a->nr);
}

static void check_arena_counts(struct arena *a)
{
	struct walk *w = &a->walk;
	struct stack_count *count = NULL;
	unsigned int i;

	for (i = 0; i < w->nr_counts; i++)
		w->counts[i].pages = 0;
	for (i = 0; i < a->nr; i++) {
		const struct shadow *s = &a->shadow[i];

		if (!s->allocated)
			continue;
		if (!count || count->handle != s->alloc.handle)
			count = count_of(w, s->alloc.handle);
		count->pages++;
	}
	check_counts(w);
}

static void check_all(struct arena *a)
{
	unsigned int i;

	for (i = 0; i < a->nr && !a->walk.wrong[0]; i++)
		check_page(a, i);
	if (!a->torn && !a->walk.wrong[0])
		check_walk(a);
	check_arena_counts(a);
}

/*
 * The allocator's part
 */

/* Struct pages as they are handed out. */
static void make_block(struct arena *a, unsigned int i, unsigned int order,
		       bool compound)
{
	set_page_refcounted(a->page + i);
	if (compound)
		prep_compound_page(a->page + i, order);
}

/* Struct pages as they are when they are free. */
static void unmake_block(struct arena *a, unsigned int i, unsigned int order)
{
	memcpy(a->page + i, a->untouched + i, sizeof(struct page) << order);
}

/*
 * Takes into the model what a hook has just recorded, by the first page of the
 * block. Whether the other pages say the same is for check_all().
 */
static void note_alloc(struct arena *a, unsigned int i, unsigned int order,
		       gfp_t gfp, u64 before, void *site)
{
	struct page_owner_snapshot snap = {};
	struct shadow_alloc new = {
		.gfp = gfp,
		.pid = current->pid,
		.tgid = current->tgid,
		.reason = -1,
	};
	unsigned int k;

	page_owner_read(a->page + i, &snap);
	new.handle = snap.owner.handle;
	new.ts = snap.owner.ts_nsec;
	strscpy_pad(new.comm, current->comm);
	expect(&a->walk, i, "allocation in time",
	       new.ts >= before && new.ts <= local_clock(), true);
	expect(&a->walk, i, "allocation at its site",
	       page_owner_test_stack_has(new.handle, site), true);
	/* The stack may lose the block before the counts are looked at. */
	count_of(&a->walk, new.handle);
	for (k = i; k < i + (1U << order); k++) {
		struct shadow *s = &a->shadow[k];

		s->head = i;
		s->order = order;
		s->any_order = false;
		s->allocated = true;
		s->compound = order && (gfp & __GFP_COMP);
		s->alloc = new;
	}
}

static void note_free(struct arena *a, unsigned int i, unsigned int order,
		      u64 before, void *site)
{
	struct page_owner_snapshot snap = {};
	struct shadow_free new = {
		.pid = current->pid,
		.tgid = current->tgid,
	};
	unsigned int k;

	page_owner_read(a->page + i, &snap);
	new.handle = snap.owner.free_handle;
	new.ts = snap.owner.free_ts_nsec;
	expect(&a->walk, i, "free in time",
	       new.ts >= before && new.ts <= local_clock(), true);
	/* Some machines' clocks stand still for a while; the next free is later. */
	while (local_clock() <= new.ts)
		cpu_relax();
	expect(&a->walk, i, "free at its site",
	       page_owner_test_stack_has(new.handle, site), true);
	for (k = i; k < i + (1U << order); k++) {
		a->shadow[k].allocated = false;
		a->shadow[k].free = new;
	}
}

static void note_split(struct arena *a, unsigned int i, unsigned int old_order,
		       unsigned int new_order)
{
	unsigned int k;

	for (k = i; k < i + (1U << old_order); k++) {
		struct shadow *s = &a->shadow[k];

		s->head = round_down(k, 1U << new_order);
		s->order = new_order;
		s->any_order = false;
		s->compound = s->compound && new_order;
	}
}

/* The clock of one CPU only goes forward; those of two can differ. */
static void alloc_block(struct arena *a, unsigned int i, unsigned int order,
			gfp_t gfp)
{
	unsigned int site = below(&a->walk, ARRAY_SIZE(alloc_sites));
	u64 before;

	migrate_disable();
	before = local_clock();
	alloc_sites[site](a->page + i, order, gfp);
	note_alloc(a, i, order, gfp, before, alloc_sites[site]);
	migrate_enable();
	make_block(a, i, order, a->shadow[i].compound);
}

static void free_block(struct arena *a, unsigned int i, unsigned int order)
{
	unsigned int site = below(&a->walk, ARRAY_SIZE(free_sites));
	u64 before;

	unmake_block(a, i, order);
	migrate_disable();
	before = local_clock();
	free_sites[site](a->page + i, order);
	note_free(a, i, order, before, free_sites[site]);
	migrate_enable();
}

/* As split_page() does it. */
static void split_block(struct arena *a, unsigned int i, unsigned int order)
{
	unsigned int k;

	for (k = i + 1; k < i + (1U << order); k++)
		set_page_refcounted(a->page + k);
	page_owner_split(a->page + i, order, 0);
	note_split(a, i, order, 0);
}

/*
 * Choosing
 */

static gfp_t any_gfp(struct arena *a)
{
	return gfps[below(&a->walk, ARRAY_SIZE(gfps))];
}

static bool all_free(const struct arena *a, unsigned int i, unsigned int nr)
{
	while (nr && !a->shadow[i + nr - 1].allocated)
		nr--;
	return !nr;
}

/*
 * A free place for a block of at most *order, whichever the allocator might
 * find: it only has to be aligned. Returns false if there is none.
 */
static bool find_free(struct arena *a, unsigned int *i, unsigned int *order)
{
	unsigned int tries, start;

	for (;; --*order) {
		start = below(&a->walk, a->nr >> *order);
		for (tries = 0; tries < a->nr >> *order; tries++) {
			*i = (start + tries) % (a->nr >> *order) << *order;
			if (all_free(a, *i, 1U << *order))
				return true;
		}
		if (!*order)
			return false;
	}
}

/* Any block that is, or is not, compound, or else a->nr. */
static unsigned int find_block(struct arena *a, bool compound,
			       unsigned int min_order)
{
	unsigned int start = below(&a->walk, a->nr), tries, i;

	for (tries = 0; tries < a->nr; tries++) {
		const struct shadow *s;

		i = (start + tries) % a->nr;
		s = &a->shadow[i];
		if (s->allocated && s->head == i && s->compound == compound &&
		    s->order >= min_order)
			return i;
	}
	return a->nr;
}

/*
 * The operations. Each does nothing where there is nothing to do it with.
 */

static void op_alloc(struct arena *a)
{
	unsigned int order = below(&a->walk, a->order + 1), i;
	gfp_t gfp = any_gfp(a);

	if (below(&a->walk, 2))
		gfp |= __GFP_COMP;
	if (find_free(a, &i, &order))
		alloc_block(a, i, order, gfp);
}

static void op_free(struct arena *a)
{
	unsigned int i = next_block(a, below(&a->walk, a->nr));

	if (i < a->nr)
		free_block(a, a->shadow[i].head, a->shadow[i].order);
}

/* All blocks of a range, so that large ones come together again. */
static void op_free_range(struct arena *a)
{
	unsigned int order = below(&a->walk, a->order + 1);
	unsigned int i = below(&a->walk, a->nr >> order) << order;
	unsigned int end = i + (1U << order);

	for (i = next_block(a, i); i < end; i = next_block(a, i)) {
		const struct shadow *s = &a->shadow[i];
		unsigned int next = s->head + (1U << s->order);

		if (s->head == i && next <= end)
			free_block(a, i, s->order);
		i = next;
	}
}

/* split_page(); then the pieces are freed by other operations. */
static void op_split(struct arena *a)
{
	unsigned int i = find_block(a, false, 1);

	if (i < a->nr)
		split_block(a, i, a->shadow[i].order);
}

/* A huge page's split calls the hook afterwards, hugetlb's demotion before. */
static void op_split_folio(struct arena *a)
{
	unsigned int i = find_block(a, true, 1), order, new_order, k;
	bool before = below(&a->walk, 2);

	if (i == a->nr)
		return;
	order = a->shadow[i].order;
	new_order = below(&a->walk, order);
	if (before)
		page_owner_split(a->page + i, order, new_order);
	unmake_block(a, i, order);
	for (k = i; k < i + (1U << order); k += 1U << new_order)
		make_block(a, k, new_order, new_order);
	if (!before)
		page_owner_split(a->page + i, order, new_order);
	note_split(a, i, order, new_order);
}

/* alloc_pages_exact(): what is too much goes back at once, page by page. */
static void op_exact(struct arena *a)
{
	unsigned int order = below(&a->walk, a->order + 1), i, nr;

	if (!find_free(a, &i, &order))
		return;
	nr = 1 + below(&a->walk, 1U << order);
	alloc_block(a, i, order, any_gfp(a));
	split_block(a, i, order);
	for (; nr < 1U << order; nr++)
		free_block(a, i + nr, 0);
}

/* alloc_contig_range(): all free blocks of a range, as pages; less its ends. */
static void op_contig(struct arena *a)
{
	unsigned int order = 0, start, end, i;
	gfp_t gfp = any_gfp(a);

	if (!find_free(a, &start, &order))
		return;
	for (end = start; end < a->nr && !a->shadow[end].allocated;
	     end += 1U << order) {
		order = below(&a->walk, a->order + 1);
		while (!IS_ALIGNED(end, 1U << order) ||
		       !all_free(a, end, 1U << order))
			order--;
		alloc_block(a, end, order, gfp);
		split_block(a, end, order);
	}
	for (i = below(&a->walk, end - start); i; i--)
		free_block(a, start++, 0);
	for (i = below(&a->walk, end - start); i; i--)
		free_block(a, --end, 0);
}

static void op_bulk(struct arena *a)
{
	unsigned int site = below(&a->walk, ARRAY_SIZE(bulk_sites)), order = 0;
	unsigned int at[8], nr = 0, i;
	struct page *pages[8];
	gfp_t gfp = any_gfp(a);
	u64 before;

	while (nr < ARRAY_SIZE(at) && find_free(a, &at[nr], &order)) {
		/* So that it is not found again. */
		a->shadow[at[nr]].allocated = true;
		pages[nr] = a->page + at[nr];
		nr++;
	}
	migrate_disable();
	before = local_clock();
	bulk_sites[site](pages, nr, gfp);
	for (i = 0; i < nr; i++)
		note_alloc(a, at[i], 0, gfp, before, bulk_sites[site]);
	migrate_enable();
	for (i = 0; i < nr; i++)
		make_block(a, at[i], 0, false);
}

/* A folio moves, and its old pages are freed now or later. */
static void op_migrate(struct arena *a)
{
	unsigned int src = find_block(a, below(&a->walk, 2), 0), dst, order, wanted, k;
	int reason = below(&a->walk, MR_TYPES);

	if (src == a->nr || (a->shadow[src].order && !a->shadow[src].compound))
		return;
	order = a->shadow[src].order;
	wanted = order;
	if (!find_free(a, &dst, &order) || order != wanted)
		return;
	alloc_block(a, dst, order, any_gfp(a) | __GFP_COMP);
	page_owner_migrate(page_folio(a->page + dst), page_folio(a->page + src));
	page_owner_set_migrate_reason(a->page + dst, reason);
	for (k = 0; k < 1U << order; k++) {
		a->shadow[dst + k].alloc = a->shadow[src + k].alloc;
		a->shadow[dst + k].alloc.reason = reason;
	}
	if (below(&a->walk, 2))
		free_block(a, src, order);
}

/* What __free_pages() gives back of a block whose first page stays. */
static void free_pieces(struct arena *a, unsigned int i, unsigned int order)
{
	check_all(a);
	while (order--) {
		free_block(a, i + (1U << order), order);
		check_all(a);
	}
	a->torn = false;
}

static void begin_pieces(struct arena *a, unsigned int i, unsigned int order)
{
	unsigned int k;

	for (k = i; k < i + (1U << order); k++)
		a->shadow[k].any_order = true;
	a->torn = true;
}

/* __free_pages() of a block whose first page has another reference. */
static void op_extra_reference(struct arena *a)
{
	unsigned int i = find_block(a, false, 1), order;

	if (i == a->nr)
		return;
	order = a->shadow[i].order;
	begin_pieces(a, i, order);
	page_owner_free_pieces(a->page + i, order);
	note_split(a, i, 0, 0);
	free_pieces(a, i, order);
}

/* The same, but the other reference is dropped first. */
static void op_lost_reference(struct arena *a)
{
	unsigned int i = find_block(a, false, 1), order;

	if (i == a->nr)
		return;
	order = a->shadow[i].order;
	begin_pieces(a, i, order);
	free_block(a, i, 0);
	check_all(a);
	if (below(&a->walk, 2)) {
		alloc_block(a, i, 0, any_gfp(a));
		check_all(a);
	}
	page_owner_free_pieces(a->page + i, order);
	free_pieces(a, i, order);
}

static const struct {
	const char *name;
	void (*run)(struct arena *a);
	unsigned int weight;
} ops[] = {
	{ "alloc", op_alloc, 6 },
	{ "free", op_free, 4 },
	{ "free range", op_free_range, 2 },
	{ "split", op_split, 1 },
	{ "split folio", op_split_folio, 2 },
	{ "exact", op_exact, 1 },
	{ "contig", op_contig, 1 },
	{ "bulk", op_bulk, 1 },
	{ "migrate", op_migrate, 3 },
	{ "extra reference", op_extra_reference, 1 },
	{ "lost reference", op_lost_reference, 1 },
};

/*
 * The walk
 */

/**
 * struct other_task - an operation for another task to do
 * @work: queued to a worker
 * @a: the arena
 * @op: the operation
 */
struct other_task {
	struct work_struct work;
	struct arena *a;
	unsigned int op;
};

static void run_op(struct work_struct *work)
{
	struct other_task *other = container_of(work, struct other_task, work);

	ops[other->op].run(other->a);
}

/* One operation, by this task or another one. */
static void step(struct arena *a)
{
	struct other_task other = { .a = a };
	unsigned int i, total = 0, dice;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		total += ops[i].weight;
	dice = below(&a->walk, total);
	for (i = 0; dice >= ops[i].weight; i++)
		dice -= ops[i].weight;
	a->walk.op = ops[i].name;
	other.op = i;
	INIT_WORK_ONSTACK(&other.work, run_op);
	if (below(&a->walk, 4)) {
		run_op(&other.work);
	} else {
		queue_work_on(0, system_wq, &other.work);
		flush_work(&other.work);
	}
	destroy_work_on_stack(&other.work);
}

/*
 * All on one CPU: which of two frees was the last is told by their times, and
 * clocks of different CPUs agree only so far.
 */
static struct arena *get_arena(struct kunit *test, unsigned int order)
{
	struct arena *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	size_t nr = 1UL << order;
	unsigned int i;

	page_owner_test_need(test);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(0)), 0);
	a->order = order;
	a->nr = nr;
	a->shadow = kunit_kcalloc(test, nr, sizeof(*a->shadow), GFP_KERNEL);
	a->untouched = kunit_kcalloc(test, nr, sizeof(*a->untouched), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, a->shadow);
	KUNIT_ASSERT_NOT_NULL(test, a->untouched);
	a->page = alloc_pages(GFP_KERNEL, order);
	KUNIT_ASSERT_NOT_NULL(test, a->page);
	set_page_count(a->page, 0);
	memcpy(a->untouched, a->page, nr * sizeof(*a->page));
	prandom_seed_state(&a->walk.rnd, seed);
	a->walk.op = "begin";

	/* From a state that the model knows: all of it is one block. */
	for (i = 0; i < nr; i++)
		a->shadow[i].allocated = true;
	free_block(a, 0, order);
	alloc_block(a, 0, order, GFP_KERNEL);
	return a;
}

/* The arena as one free block, and then as the real allocator knows it. */
static void put_arena(struct arena *a)
{
	unsigned int i;

	a->walk.op = "end";
	for (i = next_block(a, 0); i < a->nr; i = next_block(a, i))
		free_block(a, a->shadow[i].head, a->shadow[i].order);
	check_all(a);
	page_owner_alloc(a->page, a->order, GFP_KERNEL);
	set_page_refcounted(a->page);
	__free_pages(a->page, a->order);
}

static void walk_arena(struct kunit *test, unsigned int order,
		       unsigned int nr_steps)
{
	struct arena *a = get_arena(test, order);
	unsigned int i;

	check_all(a);
	for (i = 0; i < nr_steps && !a->walk.wrong[0]; i++) {
		step(a);
		check_all(a);
		cond_resched();
	}
	/* An arena about which there is doubt is not given back. */
	if (!a->walk.wrong[0])
		put_arena(a);
	report(test, &a->walk, i);
}

/* Few pages, so that each has many lives in every constellation. */
static void test_small_arena(struct kunit *test)
{
	walk_arena(test, 5, steps);
}

static void test_large_arena(struct kunit *test)
{
	walk_arena(test, MAX_PAGE_ORDER, steps / 16);
}

/*
 * The real allocator
 */

/**
 * struct held - a block that a test has from the real allocator
 * @page: its first page
 * @order: its order
 * @handle: stack of its allocation
 * @ts: time of its allocation
 */
struct held {
	struct page *page;
	unsigned int order;
	depot_stack_handle_t handle;
	u64 ts;
};

/* Most pieces that a way of allocating gives. */
#define MAX_PIECES 16

/**
 * struct holder - a walk with the real allocator
 * @walk: the state of the test
 * @held: blocks, @nr of them
 * @nr: that many
 */
struct holder {
	struct walk walk;
	struct held held[256];
	unsigned int nr;
};

/*
 * Ways to get pages. Each returns how many pieces it got. Those with several
 * get at most MAX_PIECES, of order 0.
 */

static noinline unsigned int real_block(struct page **pieces, unsigned int order)
{
	pieces[0] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
	return !!pieces[0];
}

static noinline unsigned int real_compound(struct page **pieces,
					   unsigned int order)
{
	pieces[0] = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_NOWARN, order);
	return !!pieces[0];
}

static noinline unsigned int real_split(struct page **pieces, unsigned int order)
{
	unsigned int i;

	pieces[0] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
	if (!pieces[0])
		return 0;
	split_page(pieces[0], order);
	for (i = 1; i < 1U << order; i++)
		pieces[i] = pieces[0] + i;
	return 1U << order;
}

static noinline unsigned int real_exact(struct page **pieces, unsigned int order)
{
	unsigned int i, nr = (1U << order) - order;
	void *addr = alloc_pages_exact(nr * PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);

	for (i = 0; addr && i < nr; i++)
		pieces[i] = virt_to_page(addr) + i;
	return addr ? nr : 0;
}

static noinline unsigned int real_extra_reference(struct page **pieces,
						  unsigned int order)
{
	pieces[0] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
	if (!pieces[0])
		return 0;
	get_page(pieces[0]);
	__free_pages(pieces[0], order);
	return 1;
}

static noinline unsigned int real_bulk(struct page **pieces, unsigned int order)
{
	memset(pieces, 0, sizeof(*pieces) << order);
	return alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOWARN, 1UL << order,
				      pieces);
}

/**
 * struct way - a way to get pages
 * @name: its name
 * @alloc: see above
 * @max_order: largest order to ask for
 * @whole: one block of that order comes, and not pieces of order 0
 */
struct way {
	const char *name;
	unsigned int (*alloc)(struct page **pieces, unsigned int order);
	unsigned int max_order;
	bool whole;
};

static const struct way ways[] = {
	{ "block", real_block, MAX_PAGE_ORDER, true },
	{ "compound", real_compound, MAX_PAGE_ORDER, true },
	{ "split", real_split, ilog2(MAX_PIECES) },
	{ "exact", real_exact, ilog2(MAX_PIECES) },
	{ "extra reference", real_extra_reference, MAX_PAGE_ORDER },
	{ "bulk", real_bulk, ilog2(MAX_PIECES) },
};

static void check_held(struct walk *w, const struct held *h)
{
	struct page_owner_snapshot snap = {};
	unsigned int i;

	for (i = 0; i < 1U << h->order && !w->wrong[0]; i++) {
		memset(&snap, 0, sizeof(snap));
		page_owner_read(h->page + i, &snap);
		expect(w, i, "allocated", snap.allocated, true);
		expect(w, i, "order", snap.owner.order, h->order);
		expect(w, i, "handle", snap.owner.handle, h->handle);
		expect(w, i, "ts", snap.owner.ts_nsec, h->ts);
		expect(w, i, "pid", snap.owner.pid, current->pid);
	}
}

/* Pages that have not been allocated since; others tell of their new owner. */
static void check_gone(struct walk *w, const struct held *h, void *site)
{
	struct page_owner_snapshot snap = {};
	unsigned int i;

	for (i = 0; i < 1U << h->order && !w->wrong[0]; i++) {
		if (!page_owner_read(h->page + i, &snap) ||
		    snap.owner.ts_nsec != h->ts || snap.owner.handle != h->handle)
			continue;
		expect(w, i, "allocated", snap.allocated, false);
		expect(w, i, "free_pid", snap.owner.free_pid, current->pid);
		expect(w, i, "free at its site",
		       page_owner_test_stack_has(snap.owner.free_handle, site), true);
	}
}

static void hold(struct holder *r, struct page *page, unsigned int order,
		 void *site)
{
	struct held *h = &r->held[r->nr++];
	struct page_owner_snapshot snap = {};

	page_owner_read(page, &snap);
	*h = (struct held) {
		.page = page,
		.order = order,
		.handle = snap.owner.handle,
		.ts = snap.owner.ts_nsec,
	};
	expect(&r->walk, 0, "allocation at its site",
	       page_owner_test_stack_has(h->handle, site), true);
	count_of(&r->walk, h->handle)->pages += 1UL << order;
}

static void real_alloc(struct holder *r)
{
	unsigned int way = below(&r->walk, ARRAY_SIZE(ways));
	unsigned int order = below(&r->walk, ways[way].max_order + 1);
	struct page *pieces[MAX_PIECES];
	unsigned int i, nr;

	r->walk.op = ways[way].name;
	nr = ways[way].alloc(pieces, order);
	for (i = 0; i < nr; i++)
		hold(r, pieces[i], ways[way].whole ? order : 0, ways[way].alloc);
}

static noinline __noclone void real_free(struct holder *r, unsigned int i)
{
	struct held h = r->held[i];

	r->walk.op = "free";
	r->held[i] = r->held[--r->nr];
	__free_pages(h.page, h.order);
	count_of(&r->walk, h.handle)->pages -= 1UL << h.order;
	check_gone(&r->walk, &h, real_free);
}

static void test_real_allocator(struct kunit *test)
{
	struct holder *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int i, k;

	page_owner_test_need(test);
	KUNIT_ASSERT_NOT_NULL(test, r);
	prandom_seed_state(&r->walk.rnd, seed);
	for (i = 0; i < steps / 16 && !r->walk.wrong[0]; i++) {
		real_alloc(r);
		while (r->nr > ARRAY_SIZE(r->held) - MAX_PIECES)
			real_free(r, below(&r->walk, r->nr));
		for (k = below(&r->walk, 16); k && r->nr; k--)
			real_free(r, below(&r->walk, r->nr));
		for (k = 0; k < r->nr; k++)
			check_held(&r->walk, &r->held[k]);
		check_counts(&r->walk);
		cond_resched();
	}
	while (r->nr)
		real_free(r, r->nr - 1);
	check_counts(&r->walk);
	report(test, &r->walk, i);
}

/*
 * A block that crosses memory sections, whose page_ext are not adjacent.
 */

#ifdef CONFIG_SPARSEMEM
#define GIGANTIC_ORDER (PFN_SECTION_SHIFT + 1)
#else
#define GIGANTIC_ORDER (MAX_PAGE_ORDER + 1)
#endif

#ifdef CONFIG_CONTIG_ALLOC
static noinline __noclone bool gigantic_life(struct holder *r)
{
	struct page *page = alloc_contig_pages(1UL << GIGANTIC_ORDER,
					       GFP_KERNEL | __GFP_COMP |
					       __GFP_NOWARN, numa_node_id(), NULL);
	struct held *h = &r->held[0];

	if (!page)
		return false;
	hold(r, page, GIGANTIC_ORDER, gigantic_life);
	check_held(&r->walk, h);
	check_counts(&r->walk);
	folio_put(page_folio(page));
	count_of(&r->walk, h->handle)->pages = 0;
	check_gone(&r->walk, h, gigantic_life);
	check_counts(&r->walk);
	return true;
}
#else
static bool gigantic_life(struct holder *r)
{
	return false;
}
#endif

static void test_gigantic(struct kunit *test)
{
	struct holder *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	page_owner_test_need(test);
	KUNIT_ASSERT_NOT_NULL(test, r);
	r->walk.op = "gigantic";
	if (!gigantic_life(r))
		kunit_skip(test, "no room for a block that crosses sections");
	report(test, &r->walk, 0);
}

static struct kunit_case page_owner_model_cases[] = {
	KUNIT_CASE_SLOW(test_small_arena),
	KUNIT_CASE_SLOW(test_large_arena),
	KUNIT_CASE(test_real_allocator),
	KUNIT_CASE(test_gigantic),
	{}
};

static struct kunit_suite page_owner_model_suite = {
	.name = "page_owner_model",
	.test_cases = page_owner_model_cases,
};

kunit_test_suite(page_owner_model_suite);

MODULE_DESCRIPTION("KUnit tests of page_owner against a model");
MODULE_LICENSE("GPL");
