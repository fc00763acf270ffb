// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of page_owner: what can be tested inside the kernel better than
 * through its files. Tests that need records are skipped unless the kernel was
 * booted with page_owner=on.
 */
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/kallsyms.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/random.h>
#include <linux/seq_buf.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "../../internal.h"
#include "../cache.h"
#include "../capture.h"
#include "../filter.h"
#include "../free.h"
#include "../read.h"
#include "../record.h"
#include "../show_mem.h"
#include "../stacks.h"
#include "../task.h"
#include "../text.h"
#include "../walk.h"
#include "test.h"

/**
 * page_owner_test_need() - skip a test unless page owners are being recorded
 * @test: the test
 *
 * Context: A test's own task.
 * Return: only if they are.
 */
void page_owner_test_need(struct kunit *test)
{
	if (!page_owner_enabled())
		kunit_skip(test, "the kernel was not booted with page_owner=on");
}

/**
 * page_owner_test_stack_has() - whether a function is a frame of a stack
 * @handle: the stack
 * @function: the function, not inlined and not cloned
 *
 * Context: Any.
 * Return: true if it is.
 */
bool page_owner_test_stack_has(depot_stack_handle_t handle, void *function)
{
	unsigned long *entries, size, offset;
	unsigned int i, nr = stack_depot_fetch(handle, &entries);

	function = dereference_function_descriptor(function);
	for (i = 0; i < nr; i++) {
		/* The call, not what it returns to. */
		unsigned long call = entries[i] - 1;

		if (kallsyms_lookup_size_offset(call, &size, &offset) &&
		    call - offset == (unsigned long)function)
			return true;
	}
	return false;
}

/*
 * Filter
 */

static struct page_owner_filter *new_filter(struct kunit *test)
{
	struct page_owner_filter *filter = kunit_kzalloc(test, sizeof(*filter),
							 GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, filter);
	return filter;
}

static int parse_error(struct page_owner_filter *filter, const char *words,
		       struct page_owner_error *error)
{
	char text[256];

	strscpy(text, words, sizeof(text));
	return page_owner_filter_parse(filter, text, error);
}

static int parse(struct page_owner_filter *filter, const char *words)
{
	struct page_owner_error error = {};

	return parse_error(filter, words, &error);
}

static void test_filter_modes(struct kunit *test)
{
	static const struct {
		const char *words;
		enum page_owner_mode mode;
		int nr;
	} cases[] = {
		{ "mode=stack", PAGE_OWNER_MODE_STACK, 1 },
		{ "mode=handle\n", PAGE_OWNER_MODE_HANDLE, 1 },
		{ "\n \tmode=stack_handle\n", PAGE_OWNER_MODE_STACK_HANDLE, 1 },
		{ "mode=stack mode=handle", PAGE_OWNER_MODE_HANDLE, 2 },
	};
	struct page_owner_filter *filter = new_filter(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		filter->mode = PAGE_OWNER_NR_MODES;
		KUNIT_EXPECT_EQ_MSG(test, parse(filter, cases[i].words), cases[i].nr,
				    "\"%s\"", cases[i].words);
		KUNIT_EXPECT_EQ(test, filter->mode, cases[i].mode);
		KUNIT_EXPECT_FALSE(test, filter->by_node);
	}
}

static void test_filter_nodes(struct kunit *test)
{
	struct page_owner_filter *filter = new_filter(test);
	int nid = first_node(node_states[N_MEMORY]);
	char words[32];

	snprintf(words, sizeof(words), "nid=%d", nid);
	KUNIT_EXPECT_EQ(test, parse(filter, words), 1);
	KUNIT_EXPECT_TRUE(test, filter->by_node);
	KUNIT_EXPECT_EQ(test, nodes_weight(filter->nodes), 1);
	KUNIT_EXPECT_TRUE(test, node_isset(nid, filter->nodes));

	/* What is not mentioned stays. */
	KUNIT_EXPECT_EQ(test, parse(filter, "mode=handle"), 1);
	KUNIT_EXPECT_TRUE(test, filter->by_node);

	snprintf(words, sizeof(words), "mode=stack nid=%d,%d", nid, nid);
	KUNIT_EXPECT_EQ(test, parse(filter, words), 2);
	KUNIT_EXPECT_EQ(test, filter->mode, PAGE_OWNER_MODE_STACK);
	KUNIT_EXPECT_EQ(test, nodes_weight(filter->nodes), 1);
}

static void test_filter_refuses(struct kunit *test)
{
	static const char * const cases[] = {
		"", " ", "\n", "mode", "mode=", "mode=stacks", "mode=stac",
		"mode =stack", "mode= stack", "MODE=stack", "=stack", "nid", "nid=",
		"nid=x", "nid=-1", "nid=0-", "nid=1-0", "nid=0,,x", "nid=99999",
		"pages=1", "mode=handle pages=1", "pages=1 mode=handle",
		"mode=handle nid=", "mode=handle,stack", "show=1", "show pid=",
		"reset=", "reset pid=", "resets",
		"pid", "pid=", "pid=,", "pid=1,", "pid=,1", "pid=1,,2", "pid=-",
		"pid=x", "pid=1x", "pid=0x1", "pid=+1", "pid=--1", "pid=1-2-3",
		"pid=2-1", "pid=2147483648", "pid=99999999999999999999",
		"pid=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "pid=1.5",
		"tgid=", "tgid=x", "order=", "order=64", "order=x", "handle=0",
		"handle=", "handle=4294967296", "memcg=0", "memcg=", "memcg=x",
		"memcg=/no/such/group", "memcg=\\x", "age=", "age=>1", "age=1s",
		"age=18446744073709551615", "state=", "state=used",
		"state=free,", "zone=", "zone=normal", "zone=Normal,x",
		"migratetype=", "migratetype=movable", "migratetype=Movable,",
		"comm=", "comm=,", "comm=a,", "comm=\\", "comm=\\x1",
		"comm=\\xgg", "comm=\\n", "comm=a\\x00", "comm=\\x00a",
		"comm=sixteen-letters!", "module=", "module=no_such_module",
		"module=,",
	};
	struct page_owner_filter *before = new_filter(test);
	struct page_owner_filter *filter = new_filter(test);
	struct page_owner_error error;
	int i;

	before->mode = PAGE_OWNER_MODE_STACK_HANDLE;
	KUNIT_ASSERT_EQ(test, parse(before, "pid=1,5-7 comm=a state=free"), 3);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		*filter = *before;
		error.text[0] = '\0';
		KUNIT_EXPECT_EQ_MSG(test, parse_error(filter, cases[i], &error),
				    -EINVAL, "\"%s\"", cases[i]);
		KUNIT_EXPECT_MEMEQ(test, filter, before, sizeof(*filter));
		KUNIT_EXPECT_NE_MSG(test, error.text[0], '\0', "\"%s\"", cases[i]);
	}
}

static void test_filter_memoryless_node(struct kunit *test)
{
	struct page_owner_filter *filter = new_filter(test);
	char words[32];
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		if (!node_state(nid, N_MEMORY))
			break;
	}
	if (nid == MAX_NUMNODES)
		kunit_skip(test, "every possible node has memory");
	snprintf(words, sizeof(words), "nid=%d", nid);
	KUNIT_EXPECT_EQ(test, parse(filter, words), -EINVAL);
	KUNIT_EXPECT_FALSE(test, filter->by_node);
}

/* What a filter says of itself, and that it says the same when read again. */
static void expect_shown(struct kunit *test, const char *words, const char *want)
{
	struct page_owner_filter *filter = new_filter(test);
	struct page_owner_filter *again = new_filter(test);
	char *text = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct seq_buf s;

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_GT_MSG(test, parse(filter, words), 0, "\"%s\"", words);
	seq_buf_init(&s, text, 1024);
	page_owner_filter_show(&s, filter);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&s), want);
	KUNIT_EXPECT_GT(test, parse(again, text), 0);
	KUNIT_EXPECT_MEMEQ(test, filter, again, sizeof(*filter));
}

static void test_filter_shown(struct kunit *test)
{
	static const char * const same[] = {
		"mode=stack", "mode=handle pid=1", "mode=stack tgid=5-9,2,0",
		"mode=stack order=3-", "mode=stack order=0-2", "mode=stack age=60-",
		"mode=stack memcg=1,18446744073709551614 handle=4294967295",
		"mode=stack_handle state=allocated,free migratetype=Unmovable,Movable",
		"mode=stack zone=Normal pid=1", "mode=stack comm=\\x00",
		"mode=stack comm=a,\\x20\\x2c\\x5c\\x0a\\x7f,gr\xc3\xbc",
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(same); i++)
		expect_shown(test, same[i], same[i]);
	expect_shown(test, "pid=-5", "mode=stack pid=0-5");
	expect_shown(test, "handle=-5", "mode=stack handle=1-5");
	expect_shown(test, "comm=\\x61\\x41", "mode=stack comm=aA");
	expect_shown(test, "pid=1 pid=2,3", "mode=stack pid=2,3");
	expect_shown(test, "pid=1 reset tgid=2", "mode=stack tgid=2");
	expect_shown(test, "state=free,allocated", "mode=stack state=allocated,free");
}

/* "show" asks for the error of an earlier write, and keeps it. */
static void test_filter_errors(struct kunit *test)
{
	struct page_owner_filter *filter = new_filter(test);
	struct page_owner_error error = {};
	char word[200] = "comm=";

	KUNIT_EXPECT_EQ(test, parse_error(filter, "pid=1 pid=2,x", &error), -EINVAL);
	KUNIT_EXPECT_STREQ(test, error.text, "pid=2,x: not a number or range");
	KUNIT_EXPECT_FALSE(test, filter->show);
	KUNIT_EXPECT_EQ(test, parse_error(filter, "show", &error), 0);
	KUNIT_EXPECT_TRUE(test, filter->show);
	KUNIT_EXPECT_STREQ(test, error.text, "pid=2,x: not a number or range");
	KUNIT_EXPECT_EQ(test, parse_error(filter, "pid=2 show", &error), 1);
	KUNIT_EXPECT_STREQ(test, error.text, "");
	/* A word of any length leaves room for what is wrong with it. */
	memset(word + 5, 'a', sizeof(word) - 6);
	KUNIT_EXPECT_EQ(test, parse_error(filter, word, &error), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(error.text, "a: longer than a command name"));
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
	char buf[PAGE_OWNER_COMM_MAX + 1];
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		*page_owner_format_comm(buf, cases[i].comm) = '\0';
		KUNIT_EXPECT_STREQ(test, buf, cases[i].text);
	}
}

/* The same text as %pGp: every bit alone, with all others, and at random. */
static void test_flags(struct kunit *test)
{
	char *want = kunit_kzalloc(test, PAGE_OWNER_NAMES_MAX, GFP_KERNEL);
	char *have = kunit_kzalloc(test, PAGE_OWNER_NAMES_MAX, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, have);
	for (i = 0; i < 3 * BITS_PER_LONG + 1; i++) {
		unsigned long flags = i < BITS_PER_LONG ? BIT(i) :
				      i < 2 * BITS_PER_LONG ? ~BIT(i - BITS_PER_LONG) :
				      i < 3 * BITS_PER_LONG ? get_random_long() : 0;

		*page_owner_format_flags(have, flags) = '\0';
		snprintf(want, PAGE_OWNER_NAMES_MAX, "%pGp", &flags);
		KUNIT_EXPECT_STREQ(test, have, want);
	}
}

/*
 * Cache
 */

static void destroy_cache(void *cache)
{
	page_owner_cache_destroy(cache);
}

static struct page_owner_cache *test_cache(struct kunit *test)
{
	struct page_owner_cache *cache = kunit_kzalloc(test, sizeof(*cache), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_ASSERT_EQ(test, page_owner_cache_init(cache), 0);
	ret = kunit_add_action_or_reset(test, destroy_cache, cache);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return cache;
}

static void remember(struct page_owner_cache *cache, enum page_owner_cached kind,
		     u64 key, unsigned int len)
{
	memset(page_owner_cache_room(cache), (u8)(key + kind), len);
	page_owner_cache_add(cache, kind, key, len);
}

/* What is found is what was put there. Returns whether anything is. */
static bool recall(struct kunit *test, struct page_owner_cache *cache,
		   enum page_owner_cached kind, u64 key, unsigned int want)
{
	unsigned int len;
	const char *bytes = page_owner_cache_find(cache, kind, key, &len);

	if (!bytes)
		return false;
	KUNIT_EXPECT_EQ(test, len, want);
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, (u8)(key + kind), len));
	return true;
}

static void test_cache_keys(struct kunit *test)
{
	struct page_owner_cache *cache = test_cache(test);

	KUNIT_EXPECT_FALSE(test, recall(test, cache, PAGE_OWNER_CACHED_GFP, 0, 0));
	remember(cache, PAGE_OWNER_CACHED_GFP, 0, 10);
	remember(cache, PAGE_OWNER_CACHED_STACK, 0, 20);
	remember(cache, PAGE_OWNER_CACHED_STACK, U64_MAX, 0);
	KUNIT_EXPECT_TRUE(test, recall(test, cache, PAGE_OWNER_CACHED_GFP, 0, 10));
	KUNIT_EXPECT_TRUE(test, recall(test, cache, PAGE_OWNER_CACHED_STACK, 0, 20));
	KUNIT_EXPECT_TRUE(test, recall(test, cache, PAGE_OWNER_CACHED_STACK, U64_MAX, 0));
	KUNIT_EXPECT_FALSE(test, recall(test, cache, PAGE_OWNER_CACHED_GFP, U64_MAX, 0));
	/* The same key again: the newer bytes. */
	remember(cache, PAGE_OWNER_CACHED_GFP, 0, 30);
	KUNIT_EXPECT_TRUE(test, recall(test, cache, PAGE_OWNER_CACHED_GFP, 0, 30));
}

/* However much is put in, nothing is found wrong, and the memory is bounded. */
static void fill_cache(struct kunit *test, unsigned int len)
{
	struct page_owner_cache *cache = test_cache(test);
	unsigned int forgotten = 0;
	u64 key;

	for (key = 0; key < 4 << PAGE_OWNER_CACHE_BITS; key++) {
		remember(cache, PAGE_OWNER_CACHED_STACK, key, len);
		KUNIT_ASSERT_TRUE(test, recall(test, cache, PAGE_OWNER_CACHED_STACK,
					       key, len));
		forgotten += !recall(test, cache, PAGE_OWNER_CACHED_STACK, key / 2, len);
	}
	KUNIT_EXPECT_GT(test, forgotten, 0);
	KUNIT_EXPECT_LT(test, cache->nr_used, 1 << PAGE_OWNER_CACHE_BITS);
}

static void test_cache_full(struct kunit *test)
{
	fill_cache(test, 0);
	fill_cache(test, 700);
	fill_cache(test, PAGE_OWNER_CACHE_ENTRY_MAX);
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

	page_owner_test_need(test);
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
	char *have = kunit_kzalloc(test, PAGE_OWNER_TEXT_MAX + 1, GFP_KERNEL);
	struct page_owner_cache *cache = test_cache(test);
	int times;

	KUNIT_ASSERT_NOT_NULL(test, want);
	KUNIT_ASSERT_NOT_NULL(test, have);
	snprintf(want, PAGE_SIZE,
		 "Page allocated via order 3, mask 0x%x(%pGg), pid 41, tgid 40 (fifteen-letters), ts 18446744073709551615 ns\n"
		 "PFN 0x12345 type Unmovable Block %lu type Movable Flags %pGp\n%s",
		 snap->owner.gfp_mask, &snap->owner.gfp_mask,
		 snap->pfn >> pageblock_order, &snap->flags, tail);
	/* Once found out, once remembered. */
	for (times = 0; times < 2; times++) {
		*page_owner_format(have, snap, mode, cache) = '\0';
		KUNIT_EXPECT_STREQ(test, have, want);
	}
}

static void test_filter_match(struct kunit *test)
{
	static const struct {
		const char *words;
		bool match;
	} cases[] = {
		{ "mode=handle", true },
		{ "pid=41", true }, { "pid=40", false }, { "pid=1,41", true },
		{ "pid=42-50", false }, { "pid=30-41", true }, { "pid=42-", false },
		{ "tgid=40", true }, { "tgid=41", false },
		{ "order=3", true }, { "order=0-2", false }, { "order=2-", true },
		{ "migratetype=Unmovable", true }, { "migratetype=Movable", false },
		{ "migratetype=Movable,Unmovable", true },
		{ "comm=fifteen-letters", true }, { "comm=fifteen-letter", false },
		{ "comm=x,fifteen\\x2dletters", true }, { "comm=\\x00", false },
		{ "state=allocated", true }, { "state=free", false },
		{ "state=free,allocated", true },
		{ "memcg=77", true }, { "memcg=78", false }, { "memcg=1-", true },
		/* Allocated at 100.9 s, and it is 200.8 s. */
		{ "age=99", true }, { "age=100-", false }, { "age=-98", false },
		{ "age=-99", true }, { "age=0-98,100-", false },
		{ "pid=41 tgid=40 order=3", true }, { "pid=41 tgid=41 order=3", false },
	};
	struct page_owner_filter *filter = new_filter(test);
	struct page_owner_cache *cache = test_cache(test);
	struct page_owner_snapshot snap;
	int i;

	fill_snapshot(&snap, test_handle(test));
	snap.owner.ts_nsec = 100900ULL * NSEC_PER_MSEC;
	snap.charge = PAGE_OWNER_CHARGED;
	snap.memcg_ino = 77;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(filter, 0, sizeof(*filter));
		KUNIT_EXPECT_GT(test, parse(filter, cases[i].words), 0);
		KUNIT_EXPECT_EQ_MSG(test, cases[i].match,
				    page_owner_filter_match(filter, &snap,
							    200800ULL * NSEC_PER_MSEC,
							    cache),
				    "%s", cases[i].words);
	}
	/* An inode left over from another page is none. */
	snap.charge = PAGE_OWNER_UNCHARGED;
	KUNIT_EXPECT_GT(test, parse(filter, "reset memcg=77"), 0);
	KUNIT_EXPECT_FALSE(test, page_owner_filter_match(filter, &snap, 0, cache));
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

static void test_record_freed(struct kunit *test)
{
	char *have = kunit_kzalloc(test, PAGE_OWNER_TEXT_MAX + 1, GFP_KERNEL);
	depot_stack_handle_t handle = test_handle(test);
	struct page_owner_snapshot snap;
	char want[160];

	KUNIT_ASSERT_NOT_NULL(test, have);
	fill_snapshot(&snap, handle);
	snap.allocated = false;
	snap.owner.free_handle = handle;
	snap.owner.free_pid = 51;
	snap.owner.free_tgid = 50;
	snap.owner.free_ts_nsec = 12345;
	*page_owner_format(have, &snap, PAGE_OWNER_MODE_STACK_HANDLE,
			   test_cache(test)) = '\0';
	KUNIT_EXPECT_TRUE(test, strstarts(have, "Page last allocated via order 3, "));
	snprintf(want, sizeof(want),
		 " %pS\nhandle: %u\nPage freed by pid 51, tgid 50, ts 12345 ns\n %pS\nhandle: %u\n\n",
		 test_frame, handle, test_frame, handle);
	KUNIT_EXPECT_NOT_NULL(test, strstr(have, want));
}

/* Times as %llu prints them: around each power of ten, and of two. */
static void test_record_numbers(struct kunit *test)
{
	char *have = kunit_kzalloc(test, PAGE_OWNER_TEXT_MAX + 1, GFP_KERNEL);
	struct page_owner_cache *cache = test_cache(test);
	struct page_owner_snapshot snap;
	char want[40];
	u64 ten = 1;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, have);
	fill_snapshot(&snap, test_handle(test));
	for (i = 0; i < 5 * 64; i++) {
		u64 base = i < 3 * 64 ? 1ULL << i / 3 : ten;

		snap.owner.ts_nsec = base + i % 3 - 1;
		if (i >= 3 * 64 && i % 3 == 2)
			ten = ten > U64_MAX / 10 ? 1 : ten * 10;
		*page_owner_format(have, &snap, PAGE_OWNER_MODE_HANDLE, cache) = '\0';
		snprintf(want, sizeof(want), ", ts %llu ns\nPFN ", snap.owner.ts_nsec);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(have, want), "%s%s", want, have);
	}
}

/* Frames as %pS prints them: in the kernel, on its edges, and not there. */
static void test_stack_frames(struct kunit *test)
{
	const unsigned long function = (unsigned long)
				       dereference_function_descriptor(test_frame);
	unsigned long entries[] = {
		function, function + 1, function - 1, 1, ULONG_MAX,
		(unsigned long)test, (unsigned long)&page_owner_inited,
	};
	struct page_owner_cache *cache = test_cache(test);
	char *want = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int i, len, want_len = 0;
	depot_stack_handle_t handle;
	const char *have;

	page_owner_test_need(test);
	KUNIT_ASSERT_NOT_NULL(test, want);
	handle = stack_depot_save(entries, ARRAY_SIZE(entries), GFP_KERNEL);
	KUNIT_ASSERT_NE(test, handle, 0);
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		want_len += scnprintf(want + want_len, PAGE_SIZE - want_len, " %pS\n",
				      (void *)entries[i]);
	have = page_owner_stack_text(cache, handle, &len);
	KUNIT_EXPECT_EQ(test, len, want_len);
	KUNIT_EXPECT_MEMEQ(test, have, want, min(len, want_len));
}

/* The worst that can be: every name as long as a name can be. */
static void test_record_fits(struct kunit *test)
{
	char *buf = kunit_kzalloc(test, PAGE_OWNER_TEXT_MAX, GFP_KERNEL);
	struct page_owner_snapshot snap;
	char *end;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	fill_snapshot(&snap, test_handle(test));
	snap.pfn = ULONG_MAX;
	snap.flags = ULONG_MAX;
	snap.owner.order = U8_MAX;
	snap.owner.pid = INT_MIN;
	snap.owner.tgid = INT_MIN;
	snap.owner.gfp_mask = (__force gfp_t)~(__force u32)__GFP_MOVABLE;
	snap.owner.last_migrate_reason = MR_CONTIG_RANGE;
	memset(snap.owner.comm, '\n', TASK_COMM_LEN - 1);
	snap.charge = PAGE_OWNER_CHARGED_OBJCG;
	memset(snap.memcg_name, 'm', sizeof(snap.memcg_name) - 1);
	end = page_owner_format(buf, &snap, PAGE_OWNER_MODE_STACK_HANDLE,
				test_cache(test));
	KUNIT_EXPECT_NOT_NULL(test, strnstr(buf, "pid -2147483648, tgid", end - buf));
	/* As many of the longest frames still fit, twice. */
	KUNIT_EXPECT_LE(test, end - buf + 2 * PAGE_OWNER_CACHE_ENTRY_MAX,
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
	page_owner_stack_add(stack->handle, many);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), before + many);
	page_owner_stack_add(stack->handle, -many);
	KUNIT_EXPECT_EQ(test, page_owner_stack_pages(stack), before);
}

/* A stack's changes are in its place in a CPU's table until another needs it. */
static void test_stack_deltas(struct kunit *test)
{
	struct page_owner_stack *stack, *other;
	struct page_owner_counts before, after;

	stack = page_owner_stack_get(test_handle(test), GFP_KERNEL, true);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	page_owner_stack_read(stack, &before);
	page_owner_stack_count(stack->handle, 5, 2, 0);
	page_owner_stack_count(stack->handle, -3, 0, 1);
	/* All other stacks, so that those that share the place are among them. */
	for (other = page_owner_stack_first(); other;
	     other = page_owner_stack_next(other))
		page_owner_stack_count(other->handle, 0, 0, 0);
	page_owner_stack_count(stack->handle, 1, 1, 0);
	page_owner_stack_read(stack, &after);
	KUNIT_EXPECT_EQ(test, after.pages, before.pages + 3);
	KUNIT_EXPECT_EQ(test, after.allocs, before.allocs + 3);
	KUNIT_EXPECT_EQ(test, after.frees, before.frees + 1);
	KUNIT_EXPECT_GE(test, after.peak, after.pages);
	page_owner_stack_add(stack->handle, -3);
}

/* Frees are passed on before they are many, also if no pages remain. */
static void test_stack_events(struct kunit *test)
{
	struct page_owner_counts before, after;
	struct page_owner_stack *stack;
	u64 passed_on;
	int i;

	stack = page_owner_stack_get(test_handle(test), GFP_KERNEL, true);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	page_owner_stack_read(stack, &before);
	passed_on = atomic64_read(&stack->frees);
	/* On one CPU, whose table others in this place may leave earlier. */
	preempt_disable();
	for (i = 0; i < PAGE_OWNER_EVENTS_MAX; i++) {
		page_owner_stack_count(stack->handle, 1, 1, 0);
		page_owner_stack_count(stack->handle, -1, 0, 1);
	}
	preempt_enable();
	passed_on = atomic64_read(&stack->frees) - passed_on;
	page_owner_stack_read(stack, &after);
	KUNIT_EXPECT_GT(test, passed_on, 0);
	KUNIT_EXPECT_EQ(test, after.pages, before.pages);
	KUNIT_EXPECT_EQ(test, after.allocs, before.allocs + PAGE_OWNER_EVENTS_MAX);
	KUNIT_EXPECT_EQ(test, after.frees, before.frees + PAGE_OWNER_EVENTS_MAX);
}

static void test_stack_peak(struct kunit *test)
{
	const long many = 100 * PAGE_OWNER_DELTA_MAX;
	struct page_owner_counts before, after;
	struct page_owner_stack *stack;

	stack = page_owner_stack_get(test_handle(test), GFP_KERNEL, true);
	KUNIT_ASSERT_NOT_NULL(test, stack);
	page_owner_stack_read(stack, &before);
	page_owner_stack_add(stack->handle, many);
	page_owner_stack_add(stack->handle, -many);
	page_owner_stack_read(stack, &after);
	KUNIT_EXPECT_EQ(test, after.pages, before.pages);
	KUNIT_EXPECT_GE(test, after.peak, before.pages + many - PAGE_OWNER_DELTA_MAX);
}

/*
 * Report
 */

/* Adds some stacks, each with its page count for a handle. @want ends with a 0. */
static void expect_top(struct kunit *test, unsigned int max, const long *want)
{
	static const long pages[] = { 5, 0, 9, -3, 1, 7, 8, 2 };
	struct page_owner_stack stacks[ARRAY_SIZE(pages)] = {};
	struct page_owner_top top = { .max = max };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		stacks[i].handle = pages[i];
		page_owner_top_add(&top, &stacks[i], pages[i]);
	}
	for (i = 0; want[i]; i++) {
		KUNIT_ASSERT_LT(test, i, top.nr);
		KUNIT_EXPECT_EQ(test, top.owner[i].pages, want[i]);
		KUNIT_EXPECT_EQ(test, (long)top.owner[i].stack->handle, want[i]);
	}
	KUNIT_EXPECT_EQ(test, top.nr, i);
}

static void test_top(struct kunit *test)
{
	expect_top(test, 0, (const long[]){ 0 });
	expect_top(test, 3, (const long[]){ 9, 8, 7, 0 });
	expect_top(test, 20, (const long[]){ 9, 8, 7, 5, 2, 1, 0 });
}

/* Of equals the first stays first, and is not pushed out by the next. */
static void test_top_equals(struct kunit *test)
{
	struct page_owner_top top = { .max = 2 };
	struct page_owner_stack stacks[3] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stacks); i++)
		page_owner_top_add(&top, &stacks[i], 4);
	KUNIT_EXPECT_EQ(test, top.nr, 2);
	KUNIT_EXPECT_PTR_EQ(test, top.owner[0].stack, &stacks[0]);
	KUNIT_EXPECT_PTR_EQ(test, top.owner[1].stack, &stacks[1]);
}

/* As many as there can be, from the smallest to the largest, and one too many. */
static void test_top_full(struct kunit *test)
{
	struct page_owner_top *top = kunit_kzalloc(test, sizeof(*top), GFP_KERNEL);
	struct page_owner_stack stack = {};
	long pages;

	KUNIT_ASSERT_NOT_NULL(test, top);
	top->max = PAGE_OWNER_TOP_MAX;
	for (pages = 1; pages <= PAGE_OWNER_TOP_MAX + 1; pages++)
		page_owner_top_add(top, &stack, pages);
	KUNIT_EXPECT_EQ(test, top->nr, PAGE_OWNER_TOP_MAX);
	KUNIT_EXPECT_EQ(test, top->owner[0].pages, PAGE_OWNER_TOP_MAX + 1);
	KUNIT_EXPECT_EQ(test, top->owner[top->nr - 1].pages, 2);
}

/*
 * Tasks
 */

/* Gives the running task a name that it did not have before. */
static struct page_owner_task *rename_current(u32 number)
{
	memcpy(current->comm, &number, sizeof(number));
	return page_owner_task_new(GFP_KERNEL, true);
}

static void restore_name(const char *comm)
{
	set_task_comm(current, comm);
	page_owner_task_new(GFP_KERNEL, true);
}

/*
 * An identity stays as long as a page refers to it. Then it is remembered for a
 * while, and after that no other one is taken for it.
 */
static void test_task_references(struct kunit *test)
{
	struct page_owner_identity who;
	struct page_owner_task *task;
	char comm[TASK_COMM_LEN];
	unsigned int i;
	u64 when;
	u32 id;

	page_owner_test_need(test);
	get_task_comm(comm, current);
	task = rename_current(0x31313131);
	KUNIT_EXPECT_TRUE(test, page_owner_task_known(task, false));
	id = task->id;
	when = local_clock();
	page_owner_task_get(id);
	for (i = 0; i < 10000; i++)
		rename_current(0x40404040 + i);
	rcu_read_lock();
	page_owner_task_read(id, when, &who);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, who.pid, current->pid);
	KUNIT_EXPECT_EQ(test, who.tgid, current->tgid);
	KUNIT_EXPECT_MEMEQ(test, who.comm, "1111", 4);

	page_owner_task_put(id);
	rcu_read_lock();
	page_owner_task_read(id, when, &who);
	rcu_read_unlock();
	KUNIT_EXPECT_MEMEQ(test, who.comm, "1111", 4);

	for (i = 0; i < 10000; i++)
		rename_current(0x40404040 + i);
	rcu_read_lock();
	page_owner_task_read(id, when, &who);
	rcu_read_unlock();
	KUNIT_EXPECT_STREQ(test, who.comm, "<unknown>");
	KUNIT_EXPECT_EQ(test, who.pid, 0);
	restore_name(comm);
}

static void test_tasks_leave_nothing(struct kunit *test)
{
	/* Ten million tasks; checks of every access make that very slow. */
	const u32 many = IS_ENABLED(CONFIG_KASAN) ? 100000 : 10000000;
	unsigned long before, after, pages, most = 0;
	char comm[TASK_COMM_LEN];
	u32 i, id = 0;

	page_owner_test_need(test);
	get_task_comm(comm, current);
	page_owner_tasks_read_stats(&before, &pages);
	for (i = 1; i <= many; i++) {
		/* One page, which each task takes from the one before. */
		u32 next = rename_current(i)->id;

		page_owner_task_get(next);
		page_owner_task_put(id);
		id = next;
		if (i % 65536)
			continue;
		page_owner_tasks_read_stats(&after, &pages);
		most = max(most, after);
		cond_resched();
	}
	page_owner_task_put(id);
	restore_name(comm);
	page_owner_tasks_read_stats(&after, &pages);
	kunit_info(test, "%u tasks: %lu identities before, %lu at most, %lu after, in %lu pages",
		   many, before, most, after, pages);
	/* What the system did meanwhile may have pages under passing names. */
	KUNIT_EXPECT_LT(test, after, before + many / 1000);
	KUNIT_EXPECT_LT(test, most, before + many / 1000);
}

static void test_special_entries(struct kunit *test)
{
	int i, j;

	page_owner_test_need(test);
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
		KUNIT_ASSERT_TRUE(test, page_owner_read(page + i, &snap));
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

	page_owner_test_need(test);
	for (order = 0; order <= 4; order++) {
		page = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
		KUNIT_ASSERT_NOT_NULL(test, page);
		expect_block(test, page, 1 << order, true, order);
		KUNIT_ASSERT_TRUE(test, page_owner_read(page, &snap));
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

	page_owner_test_need(test);
	page = alloc_pages(GFP_KERNEL, 3);
	KUNIT_ASSERT_NOT_NULL(test, page);
	split_page(page, 3);
	expect_block(test, page, 8, true, 0);
	for (i = 0; i < 8; i++)
		__free_page(page + i);
}

/* A block whose first page still has a reference when it is freed. */
static void test_record_pieces(struct kunit *test)
{
	struct page_owner_snapshot snap;
	struct page_owner_stack *stack;
	struct page *page;
	long before;

	page_owner_test_need(test);
	page = alloc_pages(GFP_KERNEL, 4);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_TRUE(test, page_owner_read(page, &snap));
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

/* As if a hook began, or ended, to write the page's record. */
static void flip_writing(struct page *page)
{
	struct page_ext *ext = page_ext_get(page);

	page_owner_record_of(ext)->bits ^= PAGE_OWNER_WRITING;
	page_ext_put(ext);
}

/* A record that is being written is left out, and found again afterwards. */
static void test_record_torn(struct kunit *test)
{
	struct page_owner_snapshot snap;
	struct page *page;
	bool torn, whole;

	page_owner_test_need(test);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	flip_writing(page);
	torn = page_owner_read(page, &snap);
	flip_writing(page);
	whole = page_owner_read(page, &snap);
	__free_page(page);
	KUNIT_EXPECT_FALSE(test, torn);
	KUNIT_EXPECT_TRUE(test, whole);
}

/* Booted with page_owner=on,verify: all since then. Else there are none. */
static void test_captures_compared(struct kunit *test)
{
	struct page_owner_capture_stats stats;

	page_owner_test_need(test);
	page_owner_capture_read_stats(&stats);
	kunit_info(test, "%llu captures compared", stats.compared);
	if (static_key_enabled(&page_owner_verify))
		KUNIT_EXPECT_GT(test, stats.compared, 0);
	KUNIT_EXPECT_EQ(test, stats.different, 0);
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
	struct page_owner_snapshot snap = {};
	struct page_owner_walk walk;
	unsigned long pfn;
	struct page *page;

	page_owner_test_need(test);
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

/* Reads a page through a walk; @snap has what the walk read before. */
static void walk_to(struct kunit *test, struct page *page,
		    struct page_owner_snapshot *snap)
{
	struct page_owner_walk walk = {
		.pfn = page_to_pfn(page),
		.end = page_to_pfn(page) + 1,
	};

	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, snap), 1);
	KUNIT_EXPECT_EQ(test, snap->pfn, page_to_pfn(page));
	/* Of the same block once more, as a page after the first one is read. */
	walk.pfn = page_to_pfn(page);
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, snap), 1);
	KUNIT_EXPECT_EQ(test, snap->pfn, page_to_pfn(page));
}

/* What a walk says of a page is what reading it in full says. */
static void expect_same(struct kunit *test, struct page *page,
			const struct page_owner_snapshot *snap)
{
	struct page_owner_snapshot full = {};

	KUNIT_ASSERT_TRUE(test, page_owner_read(page, &full));
	KUNIT_EXPECT_EQ(test, snap->pfn, full.pfn);
	KUNIT_EXPECT_EQ(test, snap->block_pfn, full.block_pfn);
	KUNIT_EXPECT_EQ(test, snap->flags, full.flags);
	KUNIT_EXPECT_EQ(test, snap->allocated, full.allocated);
	KUNIT_EXPECT_EQ(test, snap->pageblock_mt, full.pageblock_mt);
	KUNIT_EXPECT_EQ(test, (int)snap->nid, page_to_nid(page));
	KUNIT_EXPECT_EQ(test, (int)snap->zone, (int)page_zonenum(page));
	KUNIT_EXPECT_EQ(test, snap->owner.order, full.owner.order);
	KUNIT_EXPECT_EQ(test, snap->owner.handle, full.owner.handle);
	KUNIT_EXPECT_TRUE(test, snap->owner.gfp_mask == full.owner.gfp_mask);
	KUNIT_EXPECT_EQ(test, snap->owner.ts_nsec, full.owner.ts_nsec);
	KUNIT_EXPECT_EQ(test, snap->owner.pid, full.owner.pid);
	KUNIT_EXPECT_EQ(test, snap->owner.tgid, full.owner.tgid);
	KUNIT_EXPECT_STREQ(test, snap->owner.comm, full.owner.comm);
	KUNIT_EXPECT_EQ(test, snap->owner.last_migrate_reason,
			full.owner.last_migrate_reason);
}

/* Another stack than its caller's. */
static noinline struct page *alloc_elsewhere(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	barrier();
	return page;
}

/* A walk that meets one owner again and again, then others. */
static void test_walk_same_owner(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_KERNEL, GFP_NOFS, GFP_KERNEL };
	static const unsigned int orders[] = { 0, 0, 0, 1 };
	struct page_owner_snapshot snap = {};
	unsigned long nr[4], gone[4];
	struct page *pages[4], *other;
	int i;

	page_owner_test_need(test);
	for (i = 0; i < 4; i++) {
		pages[i] = alloc_pages(gfps[i], orders[i]);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
	}
	for (i = 0; i < 4; i++) {
		walk_to(test, pages[i], &snap);
		expect_same(test, pages[i], &snap);
		nr[i] = snap.owner_nr;
		gone[i] = snap.gone;
	}
	KUNIT_EXPECT_NE(test, nr[0], 0);
	/* If a task has gone meanwhile, it must be looked up anew. */
	KUNIT_EXPECT_EQ(test, nr[0] == nr[1], gone[0] == gone[1]);
	KUNIT_EXPECT_NE(test, nr[1], nr[2]);
	KUNIT_EXPECT_NE(test, nr[2], nr[3]);
	/* The same but for the caller, or for why it was migrated. */
	other = alloc_elsewhere();
	if (other) {
		walk_to(test, pages[1], &snap);
		walk_to(test, other, &snap);
		expect_same(test, other, &snap);
		__free_page(other);
	}
	__page_owner_set_migrate_reason(pages[0], MR_COMPACTION);
	walk_to(test, pages[1], &snap);
	walk_to(test, pages[0], &snap);
	expect_same(test, pages[0], &snap);
	for (i = 0; i < 4; i++)
		__free_pages(pages[i], orders[i]);
}

/* A record that is being written is left out, also if the owner is known. */
static void test_walk_torn(struct kunit *test)
{
	struct page_owner_snapshot snap = {};
	struct page_owner_walk walk;
	struct page *page;

	page_owner_test_need(test);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	walk_to(test, page, &snap);
	walk = (struct page_owner_walk) {
		.pfn = page_to_pfn(page), .end = page_to_pfn(page) + 1,
	};
	flip_writing(page);
	KUNIT_EXPECT_EQ(test, page_owner_walk_next(&walk, &snap), 0);
	flip_writing(page);
	walk_to(test, page, &snap);
	expect_same(test, page, &snap);
	__free_page(page);
}

/* Gives the running task new names until one gets a number; it may never do. */
static bool get_number(u32 id, u32 *name)
{
	int tries;

	for (tries = 0; tries < 20000; tries++) {
		if (rename_current(++*name)->id == id)
			return true;
	}
	return false;
}

/*
 * A page whose record looks as the one before, but whose task is another one, which
 * has got the number of the first one since.
 */
static void test_walk_task_reused(struct kunit *test)
{
	struct page_owner_snapshot snap = {};
	u32 id, name = 0x50505050;
	char comm[TASK_COMM_LEN];
	int start, round = 0;
	struct page *page;

	page_owner_test_need(test);
	get_task_comm(comm, current);
	for (start = 0; start < 20 && round < 2; start++) {
		id = rename_current(++name)->id;
		for (round = 0; round < 2; round++) {
			if (round && !get_number(id, &name))
				break;
			page = alloc_page(GFP_KERNEL);
			if (!page)
				break;
			walk_to(test, page, &snap);
			KUNIT_EXPECT_EQ(test, snap.rec.task, id);
			KUNIT_EXPECT_MEMEQ(test, snap.owner.comm, &name, sizeof(name));
			__free_page(page);
		}
	}
	KUNIT_EXPECT_EQ(test, round, 2);
	restore_name(comm);
}

static struct kunit_case page_owner_cases[] = {
	KUNIT_CASE(test_filter_modes),
	KUNIT_CASE(test_filter_nodes),
	KUNIT_CASE(test_filter_refuses),
	KUNIT_CASE(test_filter_memoryless_node),
	KUNIT_CASE(test_filter_shown),
	KUNIT_CASE(test_filter_errors),
	KUNIT_CASE(test_filter_match),
	KUNIT_CASE(test_comm),
	KUNIT_CASE(test_flags),
	KUNIT_CASE(test_cache_keys),
	KUNIT_CASE(test_cache_full),
	KUNIT_CASE(test_record_modes),
	KUNIT_CASE(test_record_extras),
	KUNIT_CASE(test_record_freed),
	KUNIT_CASE(test_record_numbers),
	KUNIT_CASE(test_record_fits),
	KUNIT_CASE(test_stack_frames),
	KUNIT_CASE(test_stack_entries),
	KUNIT_CASE(test_stack_counts),
	KUNIT_CASE(test_stack_deltas),
	KUNIT_CASE(test_stack_events),
	KUNIT_CASE(test_stack_peak),
	KUNIT_CASE(test_top),
	KUNIT_CASE(test_top_equals),
	KUNIT_CASE(test_top_full),
	KUNIT_CASE(test_task_references),
	KUNIT_CASE(test_tasks_leave_nothing),
	KUNIT_CASE(test_special_entries),
	KUNIT_CASE(test_captures_compared),
	KUNIT_CASE(test_record_life),
	KUNIT_CASE(test_record_split),
	KUNIT_CASE(test_record_pieces),
	KUNIT_CASE(test_record_torn),
	KUNIT_CASE(test_skip_free),
	KUNIT_CASE(test_walk_block),
	KUNIT_CASE(test_walk_same_owner),
	KUNIT_CASE(test_walk_torn),
	KUNIT_CASE(test_walk_task_reused),
	{}
};

static struct kunit_suite page_owner_suite = {
	.name = "page_owner",
	.test_cases = page_owner_cases,
};

kunit_test_suite(page_owner_suite);

MODULE_DESCRIPTION("KUnit tests of page_owner");
MODULE_LICENSE("GPL");
