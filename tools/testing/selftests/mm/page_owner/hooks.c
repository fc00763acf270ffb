// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks: allocations that the test module makes in every way and from
 * every context, and what the dump and the counts say of them.
 *
 * Stock 6.12 fails: extra_reference (its dump goes on claiming the whole block) and
 * bulk_stays_bulk (it turns the bulk allocator off).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

/* In /proc/kpageflags */
#define KPF_RESERVED 32

#define CHAIN(n)	"test_page_owner_chain_" #n

/* The largest order of the buddy allocator, by asking for one too many. */
static unsigned int max_order(void)
{
	unsigned int order = 0;

	while (order < 32 && po_control("alloc order=%u gfp=kernel,nowarn",
					order + 1) != -EINVAL)
		order++;
	po_control("free");
	po_check(order >= 1 && order < 32, "no largest order");
	return order;
}

/* The record of one piece is that of an allocation by this process. */
static void check_piece(const struct po_block *b, size_t i, const char *symbol)
{
	struct po_record rec;

	po_expect(b->pfn[i], &rec);
	po_check(rec.order == b->order, "PFN %#lx: order %lu, not %u",
		 b->pfn[i], rec.order, b->order);
	po_check((rec.mask & b->gfp) == b->gfp, "PFN %#lx: mask %#lx, not %#x",
		 b->pfn[i], rec.mask, b->gfp);
	po_check(rec.pid == (unsigned long)getpid() && rec.tgid == rec.pid,
		 "PFN %#lx: pid %lu, tgid %lu", b->pfn[i], rec.pid, rec.tgid);
	po_check(po_has_frame(&rec, symbol), "PFN %#lx: no frame of %s in\n%.*s",
		 b->pfn[i], symbol, (int)rec.frames_len, rec.frames);
}

static void check_block(const struct po_block *b, const char *symbol)
{
	size_t i;

	for (i = 0; i < b->nr; i++)
		check_piece(b, i, symbol);
}

/* No record for any page of a range but those that are pieces of the block. */
static void check_no_others(const struct po_block *b, unsigned long pages,
			    const char *symbol)
{
	struct po_record rec;
	unsigned long pfn;
	size_t i = 0;

	for (pfn = b->pfn[0]; pfn < b->pfn[0] + pages; pfn++) {
		if (i < b->nr && pfn == b->pfn[i]) {
			i++;
			continue;
		}
		po_check(!po_lookup(pfn, &rec) || !po_has_frame(&rec, symbol),
			 "a record for PFN %#lx of the block at %#lx", pfn,
			 b->pfn[0]);
	}
}

static void check_count(const char *symbol, long long before, long long pages)
{
	long long now = po_stack_pages(symbol);

	po_check(now - before == pages, "%s: counted %lld pages, not %lld",
		 symbol, now - before, pages);
}

static void check_orders(const char *how)
{
	unsigned int order, max = max_order();
	long long before = po_stack_pages(CHAIN(0)), pages = 0;
	static struct po_block b[16];
	size_t i, nr = 0;

	for (order = 0; order <= max; order++) {
		nr = po_alloc(b, 16, "how=%s order=%u chain=0", how, order);
		pages += 1LL << order;
	}
	po_check(nr == max + 1, "%zu blocks", nr);
	for (i = 0; i < nr; i++) {
		check_block(&b[i], CHAIN(0));
		po_check(b[i].order == i, "order %u of block %zu", b[i].order, i);
		/* Every tail of small ones, the near ones of the others. */
		check_no_others(&b[i], i < 5 ? 1UL << i : 32, CHAIN(0));
	}
	check_count(CHAIN(0), before, pages);
	po_check(!po_control("free"), "free");
	check_count(CHAIN(0), before, 0);
}

static void orders_pages(void)
{
	check_orders("pages");
}

static void orders_compound(void)
{
	check_orders("compound");
}

static void freed_is_gone(void)
{
	static struct po_block b[8];
	struct po_record rec;
	size_t i;

	po_alloc(b, 8, "count=8 order=2 chain=1");
	po_check(!po_control("free"), "free");
	for (i = 0; i < 8; i++)
		po_check(!po_lookup(b[i].pfn[0], &rec) ||
			 !po_has_frame(&rec, CHAIN(1)),
			 "PFN %#lx was freed", b[i].pfn[0]);
}

/* The kernel's clock, which is that of its log, in microseconds. */
static unsigned long long log_time(int kmsg)
{
	unsigned long long seq, us = 0;
	char line[1024], *text;
	unsigned int prio;
	ssize_t n;

	if (!po_write("/dev/kmsg", "po_test: time\n"))
		po_skip("/dev/kmsg: %s", strerror(errno));
	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		text = strstr(line, ";po_test: time");
		if (text && sscanf(line, "%u,%llu,%llu", &prio, &seq, &us) == 3)
			return us;
	}
	po_skip("the log did not take a line");
}

static void time_of_allocation(void)
{
	unsigned long long before, after;
	int kmsg = po_kmsg_open();
	static struct po_block b[1];
	struct po_record rec;
	cpu_set_t cpus;

	/* The clocks of two CPUs can differ. */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	po_check(!sched_setaffinity(0, sizeof(cpus), &cpus), "affinity: %s",
		 strerror(errno));
	before = log_time(kmsg);
	po_alloc(b, 1, "order=0");
	after = log_time(kmsg);
	po_expect(b[0].pfn[0], &rec);
	po_check(rec.ts >= before * 1000 && rec.ts < (after + 1) * 1000,
		 "%llu ns is not between %llu and %llu us", rec.ts, before, after);
}

static void types_of_mobility(void)
{
	static const char * const types[][2] = {
		{ "kernel", "Unmovable" }, { "movable", "Movable" },
		{ "reclaimable", "Reclaimable" },
	};
	static struct po_block b[1];
	struct po_record rec;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		po_alloc(b, 1, "gfp=%s", types[i][0]);
		po_expect(b[0].pfn[0], &rec);
		po_check(!strcmp(rec.type, types[i][1]), "gfp %s: type %s",
			 types[i][0], rec.type);
		po_control("free");
	}
}

static void names_of_flags(void)
{
	static const char * const names[][2] = {
		{ "kernel", "GFP_KERNEL" }, { "nofs", "GFP_NOFS" },
		{ "noio", "GFP_NOIO" }, { "atomic", "GFP_ATOMIC" },
		{ "nowait", "GFP_NOWAIT" }, { "kernel,nowarn", "__GFP_NOWARN" },
	};
	static struct po_block b[1];
	struct po_record rec;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		po_alloc(b, 1, "gfp=%s", names[i][0]);
		po_expect(b[0].pfn[0], &rec);
		po_check(strstr(rec.mask_names, names[i][1]), "gfp %s: %s",
			 names[i][0], rec.mask_names);
		po_control("free");
	}
}

/* Pages that are not a power of two: the rest is given back at once. */
static void exact_sizes(void)
{
	long long before = po_stack_pages(CHAIN(2));
	static struct po_block b[1];
	unsigned int pages;

	for (pages = 1; pages <= 13; pages += 2) {
		po_alloc(b, 1, "how=exact pages=%u chain=2", pages);
		po_check(b[0].nr == pages, "%zu pieces", b[0].nr);
		check_block(&b[0], CHAIN(2));
		check_no_others(&b[0], 16, CHAIN(2));
		check_count(CHAIN(2), before, pages);
		po_check(!po_control("free"), "free");
	}
	check_count(CHAIN(2), before, 0);
}

/* Traps 10 and 11: freed piece by piece, the head first. */
static void free_in_pieces(const char *how)
{
	long long before = po_stack_pages(CHAIN(3));
	static struct po_block b[1];
	struct po_record rec;
	unsigned int i, pages = 8, id;

	po_alloc(b, 1, "how=%s order=3 pages=%u chain=3", how, pages);
	po_check(b[0].nr == pages, "%zu pieces", b[0].nr);
	id = b[0].id;
	for (i = 0; i < pages; i++) {
		unsigned long freed = b[0].pfn[0];

		check_block(&b[0], CHAIN(3));
		check_count(CHAIN(3), before, pages - i);
		po_check(!po_control("free id=%u from=%u pages=1", id, i),
			 "free of piece %u", i);
		po_blocks(b, 1);
		po_check(b[0].nr == pages - i - 1, "%zu pieces", b[0].nr);
		po_check(!po_lookup(freed, &rec) || !po_has_frame(&rec, CHAIN(3)),
			 "PFN %#lx was freed", freed);
	}
	check_count(CHAIN(3), before, 0);
}

static void exact_freed_in_pieces(void)
{
	free_in_pieces("exact");
}

static void split_freed_in_pieces(void)
{
	free_in_pieces("split");
}

static void bulk_freed_in_pieces(void)
{
	free_in_pieces("bulk");
}

static void split_orders(void)
{
	long long before = po_stack_pages(CHAIN(4));
	static struct po_block b[1];
	unsigned int order;

	for (order = 0; order <= 6; order++) {
		po_alloc(b, 1, "how=split order=%u chain=4", order);
		po_check(b[0].nr == 1UL << order, "%zu pieces", b[0].nr);
		check_block(&b[0], CHAIN(4));
		check_count(CHAIN(4), before, 1LL << order);
		po_check(!po_control("free"), "free");
	}
	check_count(CHAIN(4), before, 0);
}

/* Trap 10a: __free_pages() gives back all but the head, which is still held. */
static void extra_reference(void)
{
	long long before = po_stack_pages(CHAIN(5));
	static struct po_block b[8];
	unsigned int order;
	size_t i, nr = 0;

	for (order = 1; order <= 6; order++)
		nr = po_alloc(b, 8, "how=extra_ref order=%u chain=5", order);
	check_count(CHAIN(5), before, nr);
	for (i = 0; i < nr; i++)
		check_block(&b[i], CHAIN(5));
	po_check(!po_control("free"), "free");
	check_count(CHAIN(5), before, 0);
}

static void bulk_pages(void)
{
	long long before = po_stack_pages(CHAIN(6));
	static struct po_block b[1];

	po_alloc(b, 1, "how=bulk pages=64 chain=6");
	po_check(b[0].nr == 64, "%zu pieces", b[0].nr);
	check_block(&b[0], CHAIN(6));
	check_count(CHAIN(6), before, 64);
	po_check(!po_control("free"), "free");
	check_count(CHAIN(6), before, 0);
}

/*
 * The module takes single pages whenever the bulk allocator stops early. With
 * the bulk allocator turned off, that is every other page.
 */
static void bulk_stays_bulk(void)
{
	static struct po_block b[1];
	struct po_record rec;
	size_t i, in_bulk = 0;

	po_alloc(b, 1, "how=bulk pages=64 chain=6");
	for (i = 0; i < b[0].nr; i++) {
		po_expect(b[0].pfn[i], &rec);
		in_bulk += po_has_frame(&rec, "alloc_pages_bulk_noprof");
	}
	po_check(in_bulk > b[0].nr / 2, "%zu of %zu pages came in bulk", in_bulk,
		 b[0].nr);
}

/* What lies above the symbol, in the direction of the system call. */
enum above {
	WHOLE,		/* the caller, to its chain function */
	CUT,		/* nothing of the interrupted task */
	ANY,		/* a softirq can run in a task, and can be cut or not */
};

static void check_above(const struct po_record *rec, bool has_chain,
			enum above above)
{
	if (above != ANY)
		po_check(has_chain == (above == WHOLE), "the chain is %s in\n%.*s",
			 has_chain ? "still" : "not", (int)rec->frames_len,
			 rec->frames);
}

/* A page of the wanted context: the frame, and none of what it interrupted. */
static void check_context(const char *context, const char *symbol,
			  enum above above)
{
	static struct po_block b[8];
	struct po_record rec;
	char frames[2][PO_RECORD_MAX];
	int chain, ret;
	size_t nr;

	for (chain = 0; chain < 2; chain++) {
		ret = po_control("alloc context=%s chain=%d order=1 gfp=atomic",
				 context, chain);
		po_check(!ret, "context %s: %s", context, strerror(-ret));
		nr = po_blocks(b, 8);
		po_expect(b[nr - 1].pfn[0], &rec);
		po_check(rec.order == 1, "order %lu", rec.order);
		po_check(po_has_frame(&rec, symbol), "no %s in\n%.*s", symbol,
			 (int)rec.frames_len, rec.frames);
		check_above(&rec, po_has_frame(&rec, chain ? CHAIN(1) : CHAIN(0)),
			    above);
		snprintf(frames[chain], sizeof(frames[chain]), "%.*s",
			 (int)rec.frames_len, rec.frames);
	}
	/* Trap 2: what was interrupted makes no new stack. */
	if (above == CUT)
		po_check(!strcmp(frames[0], frames[1]), "two stacks:\n%s\n%s",
			 frames[0], frames[1]);
}

static void context_atomic(void)
{
	check_context("atomic", "test_page_owner_alloc", WHOLE);
}

static void context_spinlock(void)
{
	check_context("spin", "test_page_owner_alloc", WHOLE);
}

static void context_irqs_off(void)
{
	check_context("irqoff", "test_page_owner_alloc", WHOLE);
}

static void context_bh_off(void)
{
	check_context("bh", "test_page_owner_alloc", WHOLE);
}

static void context_hardirq(void)
{
	check_context("hardirq", "alloc_in_irq_work", CUT);
}

static void context_softirq(void)
{
	check_context("softirq", "alloc_in_tasklet", ANY);
}

static bool tracker_frame(const char *line, const char *eol)
{
	static const char * const names[] = {
		"page_owner", "stack_trace_save", "stack_depot", "save_stack",
		"arch_stack_walk",
	};
	size_t i, n = eol - line;

	if (memmem(line, n, "test_page_owner", 15))
		return false;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (memmem(line, n, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Trap 1: the tracker's own frames are no part of a trace. */
static void no_tracker_frames(void)
{
	static struct po_block b[1];
	struct po_record rec;
	const char *p, *eol;
	unsigned int right = 0;

	po_alloc(b, 1, "chain=7 depth=20 path=0xfffff");
	po_expect(b[0].pfn[0], &rec);
	for (p = rec.frames; p < rec.frames + rec.frames_len; p = eol + 1) {
		eol = memchr(p, '\n', rec.frames + rec.frames_len - p);
		po_check(!tracker_frame(p, eol), "own frame %.*s", (int)(eol - p), p);
		right += po_text_has_frame(p, eol - p, "test_page_owner_right");
	}
	po_check(po_has_frame(&rec, "test_page_owner_alloc") &&
		 po_has_frame(&rec, CHAIN(7)) && right,
		 "the trace is too short:\n%.*s", (int)rec.frames_len, rec.frames);
}

/* Traps 3 and 6: enough new stacks that recording has to allocate. */
static void many_stacks(void)
{
	long long before = po_stack_pages(CHAIN(7));
	static struct po_block b[512];
	size_t i, nr;

	nr = po_alloc(b, 512, "chain=7 depth=9 step=1 count=512");
	po_check(nr == 512, "%zu blocks", nr);
	for (i = 0; i < nr; i++)
		check_block(&b[i], CHAIN(7));
	check_count(CHAIN(7), before, nr);
	po_check(!po_control("free"), "free");
	check_count(CHAIN(7), before, 0);
}

/*
 * Trap 4: what recording allocates may do no more than its caller may. With
 * lockdep, a nested GFP_KERNEL inside filesystem reclaim is reported, and the
 * report fails the test.
 */
static void reclaim_restrictions(void)
{
	long long before = po_stack_pages(CHAIN(6));
	size_t nr;
	static struct po_block b[256];

	po_alloc(b, 256, "context=reclaim gfp=nofs chain=6 depth=7 step=1 count=128");
	nr = po_alloc(b, 256, "context=reclaim gfp=noio chain=6 depth=8 step=1 count=128");
	check_count(CHAIN(6), before, nr);
}

/* The range begins in the middle of a block of the buddy allocator. */
static void contig_range(void)
{
	long long before = po_stack_pages(CHAIN(1));
	static struct po_block b[1];

	po_alloc_contig("pages=500 chain=1", 7);
	po_blocks(b, 1);
	check_block(&b[0], CHAIN(1));
	check_count(CHAIN(1), before, 500);
	po_check(!po_control("free"), "free");
	check_count(CHAIN(1), before, 0);
}

/* The log lines of dump_page() for one page. */
static char *dump_page(unsigned long pfn)
{
	int kmsg = po_kmsg_open();
	int ret = po_control("dump pfn=%lu", pfn);
	char *log;

	po_check(!ret, "dump of %#lx: %s", pfn, strerror(-ret));
	log = po_kmsg(kmsg);
	close(kmsg);
	return log;
}

static void expect_text(const char *log, const char *fmt, ...)
	__printf(2, 3);

static void expect_text(const char *log, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	po_check(strstr(log, text), "no '%s' in\n%s", text, log);
}

static void dump_page_allocated(void)
{
	static struct po_block b[1];
	struct po_record rec;
	char *log;
	int tail;

	po_alloc(b, 1, "how=compound order=3 chain=3");
	po_expect(b[0].pfn[0], &rec);
	for (tail = 0; tail < 8; tail += 7) {
		log = dump_page(b[0].pfn[0] + tail);
		expect_text(log, "page_owner tracks the page as allocated\n");
		expect_text(log,
			    "page last allocated via order 3, migratetype %s, gfp_mask %#lx(%s), pid %d, tgid %d (%s), ts %llu, free_ts ",
			    rec.type, rec.mask, rec.mask_names, getpid(),
			    getpid(), rec.comm, rec.ts);
		expect_text(log, " " CHAIN(3) "+0x");
		po_check(!strstr(log, "tracks the page as freed"), "%s", log);
		free(log);
	}
}

/* The free has its own task, which is not the one that allocated. */
static void dump_page_freed(void)
{
	static struct po_block b[1];
	char *log = NULL;
	int try, status;
	pid_t pid = 0;

	/* Another task can take the page before it is dumped: try again. */
	for (try = 0; try < 10; try++) {
		po_alloc(b, 1, "order=9 chain=4");
		pid = fork();
		if (!pid)
			_exit(!!po_control("free"));
		po_check(waitpid(pid, &status, 0) == pid && !status, "free");
		log = dump_page(b[0].pfn[0]);
		if (strstr(log, "page_owner tracks the page as freed\n"))
			break;
	}
	expect_text(log, "page_owner tracks the page as freed\n");
	expect_text(log, "page last allocated via order 9, migratetype Unmovable, ");
	expect_text(log, ", pid %d, tgid %d (", getpid(), getpid());
	expect_text(log, "page last free pid %d tgid %d stack trace:\n", pid, pid);
	po_check(po_text_has_frame(strstr(log, "page last free pid"),
				   strlen(strstr(log, "page last free pid")),
				   "free_block") ||
		 strstr(strstr(log, "page last free pid"), "[test_page_owner]"),
		 "no free stack in\n%s", log);
	free(log);
}

/* The first page that was reserved at boot and so is never given out. */
static unsigned long reserved_pfn(void)
{
	int fd = po_open("/proc/kpageflags", O_RDONLY);
	static unsigned long long flags[4096];
	unsigned long pfn = 0;
	ssize_t got, i;

	while ((got = read(fd, flags, sizeof(flags))) > 0) {
		for (i = 0; i < got / (ssize_t)sizeof(flags[0]); i++, pfn++) {
			if (flags[i] >> KPF_RESERVED & 1) {
				close(fd);
				return pfn;
			}
		}
	}
	close(fd);
	po_skip("no page is reserved");
}

static void dump_page_never_set(void)
{
	unsigned long pfn = reserved_pfn();
	struct po_record rec;
	char *log;

	po_check(!po_lookup(pfn, &rec), "the reserved page %#lx has an owner", pfn);
	log = dump_page(pfn);
	expect_text(log, "page_owner info is not present (never set?)\n");
	free(log);
}

/* Stacks of a module are kept when it goes. */
static void module_unload(void)
{
	long long total;
	static struct po_block b[4];
	struct po_record before, after;
	size_t i;

	po_check(po_unload_module(), "unload: %s", strerror(errno));
	po_check(po_load_module("keep_pages=1"), "reload: %s", strerror(errno));
	po_alloc(b, 4, "count=4 order=1 chain=5");
	total = po_stack_pages(CHAIN(5));
	po_check(total >= 8, "%lld pages counted", total);
	po_expect(b[0].pfn[0], &before);
	po_check(memmem(before.frames, before.frames_len, " [test_page_owner]\n",
			strlen(" [test_page_owner]\n")),
		 "no module suffix in\n%.*s", (int)before.frames_len, before.frames);
	po_check(po_unload_module(), "unload: %s", strerror(errno));
	for (i = 0; i < 4; i++) {
		po_expect(b[i].pfn[0], &after);
		po_check(after.nr_frames == before.nr_frames && after.order == 1 &&
			 after.pid == before.pid, "the owner of %#lx changed",
			 b[i].pfn[0]);
	}
}

static const struct po_test tests[] = {
	{ "orders_pages", orders_pages, true },
	{ "orders_compound", orders_compound, true },
	{ "freed_is_gone", freed_is_gone, true },
	{ "time_of_allocation", time_of_allocation, true },
	{ "types_of_mobility", types_of_mobility, true },
	{ "names_of_flags", names_of_flags, true },
	{ "exact_sizes", exact_sizes, true },
	{ "exact_freed_in_pieces", exact_freed_in_pieces, true },
	{ "split_orders", split_orders, true },
	{ "split_freed_in_pieces", split_freed_in_pieces, true },
	{ "extra_reference", extra_reference, true },
	{ "bulk_pages", bulk_pages, true },
	{ "bulk_freed_in_pieces", bulk_freed_in_pieces, true },
	{ "bulk_stays_bulk", bulk_stays_bulk, true },
	{ "context_atomic", context_atomic, true },
	{ "context_spinlock", context_spinlock, true },
	{ "context_irqs_off", context_irqs_off, true },
	{ "context_bh_off", context_bh_off, true },
	{ "context_hardirq", context_hardirq, true },
	{ "context_softirq", context_softirq, true },
	{ "no_tracker_frames", no_tracker_frames, true },
	{ "many_stacks", many_stacks, true },
	{ "reclaim_restrictions", reclaim_restrictions, true },
	{ "contig_range", contig_range, true },
	{ "dump_page_allocated", dump_page_allocated, true },
	{ "dump_page_freed", dump_page_freed, true },
	{ "dump_page_never_set", dump_page_never_set, true },
	{ "module_unload", module_unload, true },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
