// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of page_owner: what can be tested inside the kernel better than
 * through its files. Tests that need records are skipped unless the kernel was
 * booted with page_owner=on.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/seq_buf.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "internal.h"
#include "page_owner.h"

static void need_recording(struct kunit *test)
{
	if (!page_owner_enabled())
		kunit_skip(test, "the kernel was not booted with page_owner=on");
}

/*
 * Filter
 */

static int parse(struct page_owner_filter *filter, const char *words)
{
	char text[64];

	strscpy(text, words, sizeof(text));
	return page_owner_filter_parse(filter, text);
}

static void test_filter_modes(struct kunit *test)
{
	static const struct {
		const char *words;
		enum page_owner_mode mode;
	} cases[] = {
		{ "mode=stack", PAGE_OWNER_MODE_STACK },
		{ "mode=handle\n", PAGE_OWNER_MODE_HANDLE },
		{ "\n \tmode=stack_handle\n", PAGE_OWNER_MODE_STACK_HANDLE },
		{ "mode=stack mode=handle", PAGE_OWNER_MODE_HANDLE },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct page_owner_filter filter = { .mode = PAGE_OWNER_NR_MODES };

		KUNIT_EXPECT_EQ_MSG(test, parse(&filter, cases[i].words), 0,
				    "\"%s\"", cases[i].words);
		KUNIT_EXPECT_EQ(test, filter.mode, cases[i].mode);
		KUNIT_EXPECT_FALSE(test, filter.by_node);
	}
}

static void test_filter_nodes(struct kunit *test)
{
	struct page_owner_filter filter = {};
	int nid = first_node(node_states[N_MEMORY]);
	char words[32];

	snprintf(words, sizeof(words), "nid=%d", nid);
	KUNIT_EXPECT_EQ(test, parse(&filter, words), 0);
	KUNIT_EXPECT_TRUE(test, filter.by_node);
	KUNIT_EXPECT_EQ(test, nodes_weight(filter.nodes), 1);
	KUNIT_EXPECT_TRUE(test, node_isset(nid, filter.nodes));

	/* What is not mentioned stays. */
	KUNIT_EXPECT_EQ(test, parse(&filter, "mode=handle"), 0);
	KUNIT_EXPECT_TRUE(test, filter.by_node);

	snprintf(words, sizeof(words), "mode=stack nid=%d,%d", nid, nid);
	KUNIT_EXPECT_EQ(test, parse(&filter, words), 0);
	KUNIT_EXPECT_EQ(test, filter.mode, PAGE_OWNER_MODE_STACK);
	KUNIT_EXPECT_EQ(test, nodes_weight(filter.nodes), 1);
}

static void test_filter_refuses(struct kunit *test)
{
	static const char * const cases[] = {
		"", " ", "\n", "mode", "mode=", "mode=stacks", "mode=stac",
		"mode =stack", "mode= stack", "MODE=stack", "=stack", "nid", "nid=",
		"nid=x", "nid=-1", "nid=0-", "nid=1-0", "nid=0,,x", "nid=99999",
		"pages=1", "mode=handle pages=1", "pages=1 mode=handle",
		"mode=handle nid=", "mode=handle,stack",
	};
	struct page_owner_filter before = { .mode = PAGE_OWNER_MODE_STACK_HANDLE };
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct page_owner_filter filter = before;

		KUNIT_EXPECT_EQ_MSG(test, parse(&filter, cases[i]), -EINVAL,
				    "\"%s\"", cases[i]);
		KUNIT_EXPECT_MEMEQ(test, &filter, &before, sizeof(filter));
	}
}

static void test_filter_memoryless_node(struct kunit *test)
{
	struct page_owner_filter filter = {};
	char words[32];
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		if (!node_state(nid, N_MEMORY))
			break;
	}
	if (nid == MAX_NUMNODES)
		kunit_skip(test, "every possible node has memory");
	snprintf(words, sizeof(words), "nid=%d", nid);
	KUNIT_EXPECT_EQ(test, parse(&filter, words), -EINVAL);
	KUNIT_EXPECT_FALSE(test, filter.by_node);
}

/*
 * Format
 */

static void test_comm(struct kunit *test)
{
	static const struct {
		const char *comm, *text;
	} cases[] = {
		{ "bash", "bash" },
		{ "(sd-pam)", "(sd-pam)" },
		{ "kworker/0:1-eve", "kworker/0:1-eve" },
		{ "a b, c", "a b, c" },
		{ "x), ts 1 ns", "x\\x29, ts 1 ns" },
		{ "a\nPFN 0x1", "a\\x0aPFN 0x1" },
		{ "\x1b[31m\x7f\t\r", "\\x1b[31m\\x7f\\x09\\x0d" },
		{ "back\\slash", "back\\x5cslash" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "", "" },
	};
	char buf[4 * TASK_COMM_LEN];
	struct seq_buf s;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		seq_buf_init(&s, buf, sizeof(buf));
		page_owner_format_comm(&s, cases[i].comm);
		KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), cases[i].text);
	}
}

/* The frame that the made-up stacks of these tests consist of. */
static noinline void test_frame(void)
{
	barrier();
}

static depot_stack_handle_t test_handle(struct kunit *test)
{
	unsigned long entry = (unsigned long)dereference_function_descriptor(test_frame);
	depot_stack_handle_t handle;

	need_recording(test);
	handle = stack_depot_save(&entry, 1, GFP_KERNEL);
	KUNIT_ASSERT_NE(test, handle, 0);
	return handle;
}

/* An allocation in which every member has a value of its own. */
static void fill_snapshot(struct page_owner_snapshot *snap,
			  depot_stack_handle_t handle)
{
	*snap = (struct page_owner_snapshot) {
		.pfn = 0x12345,
		.pageblock_mt = MIGRATE_MOVABLE,
		.allocated = true,
		.recorded = true,
		.owner = {
			.order = 3,
			.last_migrate_reason = -1,
			.gfp_mask = GFP_KERNEL,
			.handle = handle,
			.ts_nsec = 18446744073709551615ULL,
			.comm = "fifteen-letters",
			.pid = 41,
			.tgid = 40,
		},
	};
}

static void expect_text(struct kunit *test, const struct page_owner_snapshot *snap,
			enum page_owner_mode mode, const char *tail)
{
	char *want = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	char *have = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct seq_buf s;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, have);
	snprintf(want, PAGE_SIZE,
		 "Page allocated via order 3, mask 0x%x(%pGg), pid 41, tgid 40 (fifteen-letters), ts 18446744073709551615 ns\n"
		 "PFN 0x12345 type Unmovable Block %lu type Movable Flags %pGp\n%s",
		 snap->owner.gfp_mask, &snap->owner.gfp_mask,
		 snap->pfn >> pageblock_order, &snap->flags, tail);
	seq_buf_init(&s, have, PAGE_SIZE);
	page_owner_format(&s, snap, mode);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), want);
}

static void test_record_modes(struct kunit *test)
{
	depot_stack_handle_t handle = test_handle(test);
	struct page_owner_snapshot snap;
	char tail[160];

	fill_snapshot(&snap, handle);
	snprintf(tail, sizeof(tail), " %pS\n\n", test_frame);
	expect_text(test, &snap, PAGE_OWNER_MODE_STACK, tail);
	snprintf(tail, sizeof(tail), "handle: %u\n\n", handle);
	expect_text(test, &snap, PAGE_OWNER_MODE_HANDLE, tail);
	snprintf(tail, sizeof(tail), " %pS\nhandle: %u\n\n", test_frame, handle);
	expect_text(test, &snap, PAGE_OWNER_MODE_STACK_HANDLE, tail);
}

static void test_record_extras(struct kunit *test)
{
	depot_stack_handle_t handle = test_handle(test);
	struct page_owner_snapshot snap;
	char tail[160];
	int len;

	fill_snapshot(&snap, handle);
	len = snprintf(tail, sizeof(tail), "handle: %u\n", handle);

	snap.owner.last_migrate_reason = MR_COMPACTION;
	strscpy(tail + len, "Page has been migrated, last migrate reason: compaction\n\n",
		sizeof(tail) - len);
	expect_text(test, &snap, PAGE_OWNER_MODE_HANDLE, tail);

	snap.owner.last_migrate_reason = -1;
	snap.charge = PAGE_OWNER_SLAB;
	strscpy(tail + len, "Slab cache page\n\n", sizeof(tail) - len);
	expect_text(test, &snap, PAGE_OWNER_MODE_HANDLE, tail);

	snap.charge = PAGE_OWNER_CHARGED;
	snap.memcg_online = true;
	strscpy(snap.memcg_name, "system.slice", sizeof(snap.memcg_name));
	strscpy(tail + len, "Charged to memcg system.slice\n\n", sizeof(tail) - len);
	expect_text(test, &snap, PAGE_OWNER_MODE_HANDLE, tail);

	snap.charge = PAGE_OWNER_CHARGED_OBJCG;
	snap.memcg_online = false;
	strscpy(tail + len, "Charged (via objcg) to offline memcg system.slice\n\n",
		sizeof(tail) - len);
	expect_text(test, &snap, PAGE_OWNER_MODE_HANDLE, tail);
}

/* The worst that can be: every name as long as a name can be. */
static void test_record_fits(struct kunit *test)
{
	char *buf = kunit_kzalloc(test, PAGE_OWNER_TEXT_MAX, GFP_KERNEL);
	struct page_owner_snapshot snap;
	struct seq_buf s;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	fill_snapshot(&snap, test_handle(test));
	snap.pfn = ULONG_MAX;
	snap.flags = ULONG_MAX;
	snap.owner.gfp_mask = (__force gfp_t)~(__force u32)__GFP_MOVABLE;
	snap.owner.last_migrate_reason = MR_CONTIG_RANGE;
	memset(snap.owner.comm, '\n', TASK_COMM_LEN - 1);
	snap.charge = PAGE_OWNER_CHARGED_OBJCG;
	memset(snap.memcg_name, 'm', sizeof(snap.memcg_name) - 1);
	seq_buf_init(&s, buf, PAGE_OWNER_TEXT_MAX);
	page_owner_format(&s, &snap, PAGE_OWNER_MODE_STACK_HANDLE);
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(&s));
	/* And as many of the longest frames still fit. */
	KUNIT_EXPECT_LE(test, seq_buf_used(&s) + PAGE_OWNER_DEPTH * KSYM_SYMBOL_LEN,
			PAGE_OWNER_TEXT_MAX);
}

/*
 * Stacks
 */

static void test_stack_entries(struct kunit *test)
{
	depot_stack_handle_t handle = test_handle(test);
	struct page_owner_stack *stack, *i;
	int seen = 0;

	stack = page_owner_stack_get(handle, GFP_KERNEL, true);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	KUNIT_EXPECT_EQ(test, stack->handle, handle);
	KUNIT_EXPECT_PTR_EQ(test, page_owner_stack_get(handle, 0, false), stack);
	KUNIT_EXPECT_PTR_EQ(test, page_owner_stack_find(handle), stack);
	KUNIT_EXPECT_NULL(test, page_owner_stack_find(~handle));

	for (i = page_owner_stack_first(); i; i = page_owner_stack_next(i))
		seen += i == stack;
	KUNIT_EXPECT_EQ(test, seen, 1);
}

static void test_stack_counts(struct kunit *test)
{
	struct page_owner_stack *stack;
	const long many = 1L << (BITS_PER_LONG - 2);
	long before;

	stack = page_owner_stack_get(test_handle(test), GFP_KERNEL, true);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	before = page_owner_stack_pages(stack);
	/* Far past what 32 bits hold, 8 TiB: nothing saturates. */
	page_owner_stack_add(stack, many);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), before + many);
	page_owner_stack_add(stack, -many);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), before);
}

static void test_special_entries(struct kunit *test)
{
	int i, j;

	need_recording(test);
	for (i = 0; i < PAGE_OWNER_NR_SPECIAL; i++) {
		KUNIT_ASSERT_NOT_NULL(test, page_owner_special(i));
		KUNIT_EXPECT_NE(test, page_owner_special(i)->handle, 0);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, page_owner_special(i),
					    page_owner_special(j));
	}
	KUNIT_EXPECT_GT(test, page_owner_stack_pages(page_owner_special(PAGE_OWNER_EARLY)),
			0);
}

/*
 * Records
 */

/* The records of a block of 2^order pages at @page. */
static void expect_block(struct kunit *test, struct page *page, int nr,
			 bool allocated, int order)
{
	struct page_owner_snapshot snap;
	int i;

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_TRUE(test, page_owner_read(page + i, &snap, true));
		KUNIT_EXPECT_EQ_MSG(test, snap.allocated, allocated, "page %d", i);
		KUNIT_EXPECT_EQ_MSG(test, (int)snap.owner.order, order, "page %d", i);
	}
}

static void test_record_life(struct kunit *test)
{
	struct page_owner_snapshot snap;
	struct page_owner_stack *stack;
	struct page *page;
	long before;
	int order;

	need_recording(test);
	for (order = 0; order <= 4; order++) {
		page = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		expect_block(test, page, 1 << order, true, order);
		KUNIT_ASSERT_TRUE(test, page_owner_read(page, &snap, true));
		KUNIT_EXPECT_EQ(test, snap.owner.pid, current->pid);
		KUNIT_EXPECT_EQ(test, snap.owner.tgid, current->tgid);
		KUNIT_EXPECT_STREQ(test, snap.owner.comm, current->comm);
		KUNIT_EXPECT_EQ(test, (int)snap.owner.last_migrate_reason, -1);
		stack = page_owner_stack_find(snap.owner.handle);
		KUNIT_ASSERT_NOT_NULL(test, stack);
		before = page_owner_stack_pages(stack);
		__free_pages(page, order);
		KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack),
				before - (1 << order));
	}
}

static void test_record_split(struct kunit *test)
{
	struct page *page;
	int i;

	need_recording(test);
	page = alloc_pages(GFP_KERNEL, 3);
	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, 3);
	expect_block(test, page, 8, true, 0);
	for (i = 0; i < 8; i++)
		__free_page(page + i);
}

/* A block whose first page somebody else still holds when it is freed. */
static void test_record_pieces(struct kunit *test)
{
	struct page_owner_snapshot snap;
	struct page_owner_stack *stack;
	struct page *page;
	long before;

	need_recording(test);
	page = alloc_pages(GFP_KERNEL, 4);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, page_owner_read(page, &snap, true));
	stack = page_owner_stack_find(snap.owner.handle);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	before = page_owner_stack_pages(stack);

	get_page(page);
	__free_pages(page, 4);
	expect_block(test, page, 1, true, 0);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), before - 15);
	put_page(page);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), before - 16);
}

/* A record that is being written is left out, and found again afterwards. */
static void test_record_torn(struct kunit *test)
{
	struct page_owner_snapshot snap;
	struct page_ext *ext;
	struct page *page;
	bool torn, whole;

	need_recording(test);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	ext = page_ext_get(page);
	page_owner_of(ext)->seq++;
	torn = page_owner_read(page, &snap, true);
	page_owner_of(ext)->seq++;
	whole = page_owner_read(page, &snap, true);
	page_ext_put(ext);
	__free_page(page);
	KUNIT_EXPECT_FALSE(test, torn);
	KUNIT_EXPECT_TRUE(test, whole);
}

/*
 * Walk
 */

static void test_skip_free(struct kunit *test)
{
	const unsigned long block = MAX_ORDER_NR_PAGES;

	KUNIT_EXPECT_EQ(test, page_owner_skip_free(0, 0), 1);
	KUNIT_EXPECT_EQ(test, page_owner_skip_free(block, 3), block + 8);
	KUNIT_EXPECT_EQ(test, page_owner_skip_free(block, MAX_PAGE_ORDER), 2 * block);
	/* Garbage that is no order at all, and garbage that looks like one. */
	KUNIT_EXPECT_EQ(test, page_owner_skip_free(block, MAX_PAGE_ORDER + 1), block + 1);
	KUNIT_EXPECT_EQ(test, page_owner_skip_free(block, UINT_MAX), block + 1);
	KUNIT_EXPECT_EQ(test, page_owner_skip_free(block + 1, MAX_PAGE_ORDER), 2 * block);
	KUNIT_EXPECT_EQ(test, page_owner_skip_free(2 * block - 1, MAX_PAGE_ORDER), 2 * block);
}

/* A walk over a range shows a block once, and only at its first page. */
static void test_walk_block(struct kunit *test)
{
	struct page_owner_snapshot snap;
	struct page_owner_walk walk;
	unsigned long pfn;
	struct page *page;

	need_recording(test);
	page = alloc_pages(GFP_KERNEL, 3);
	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = page_to_pfn(page);

	walk = (struct page_owner_walk) { .pfn = pfn, .end = pfn + 8 };
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, &snap), 1);
	KUNIT_EXPECT_EQ(test, snap.pfn, pfn);
	KUNIT_EXPECT_EQ(test, walk.pfn, pfn + 8);
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, &snap), 0);

	walk = (struct page_owner_walk) { .pfn = pfn + 1, .end = pfn + 8 };
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, &snap), 0);

	walk = (struct page_owner_walk) {
		.pfn = pfn + 1, .end = pfn + 8, .partial = true,
	};
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, &snap), 1);
	KUNIT_EXPECT_EQ(test, snap.pfn, pfn + 1);
	__free_pages(page, 3);
}

static struct kunit_case page_owner_cases[] = {
	KUNIT_CASE(test_filter_modes),
	KUNIT_CASE(test_filter_nodes),
	KUNIT_CASE(test_filter_refuses),
	KUNIT_CASE(test_filter_memoryless_node),
	KUNIT_CASE(test_comm),
	KUNIT_CASE(test_record_modes),
	KUNIT_CASE(test_record_extras),
	KUNIT_CASE(test_record_fits),
	KUNIT_CASE(test_stack_entries),
	KUNIT_CASE(test_stack_counts),
	KUNIT_CASE(test_special_entries),
	KUNIT_CASE(test_record_life),
	KUNIT_CASE(test_record_split),
	KUNIT_CASE(test_record_pieces),
	KUNIT_CASE(test_record_torn),
	KUNIT_CASE(test_skip_free),
	KUNIT_CASE(test_walk_block),
	{}
};

static struct kunit_suite page_owner_suite = {
	.name = "page_owner",
	.test_cases = page_owner_cases,
};

kunit_test_suite(page_owner_suite);

MODULE_DESCRIPTION("KUnit tests of page_owner");
MODULE_LICENSE("GPL");
