// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recording that cannot allocate: no page is lost, nothing warns, and a stack
 * is listed later if not now (traps 6, 7 and 14).
 *
 * Only the test module's own allocations are made to fail, through the
 * make_it_fail flag of the task, which the module sets where it allocates.
 *
 * Stock 6.12 fails: slab_fails, slab_fails_atomic and some_fail (a stack whose
 * list node could not be had is never listed) and, for the early pages,
 * invariant_after_all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#define CHAIN(n) "test_page_owner_chain_" #n

static void set_fault(const char *which, const char *name, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), PO_DEBUGFS "%s/%s", which, name);
	if (!po_write(path, "%s", value))
		po_skip("%s: %s", path, strerror(errno));
}

static void end_faults(void)
{
	po_write(PO_DEBUGFS "failslab/probability", "0");
	po_write(PO_DEBUGFS "fail_page_alloc/probability", "0");
}

static void start_fault(const char *which, const char *probability)
{
	atexit(end_faults);
	set_fault(which, "task-filter", "Y");
	set_fault(which, "verbose", "0");
	set_fault(which, "interval", "1");
	set_fault(which, "times", "-1");
	set_fault(which, "ignore-gfp-wait", "N");
	set_fault(which, "probability", probability);
}

/* Every page of the blocks is in the dump, with an owner. */
static void check_recorded(const struct po_block *b, size_t nr)
{
	struct po_record rec;
	size_t i;

	for (i = 0; i < nr; i++) {
		po_expect(b[i].pfn[0], &rec);
		po_check(rec.pid == (unsigned long)getpid() &&
			 rec.order == b[i].order, "PFN %#lx: pid %lu, order %lu",
			 b[i].pfn[0], rec.pid, rec.order);
		po_check(rec.nr_frames, "PFN %#lx has no stack", b[i].pfn[0]);
	}
}

/* Pages of the blocks that are shown with the stack they were allocated by. */
static long long with_own_stack(const struct po_block *b, size_t nr,
				const char *symbol)
{
	long long pages = 0;
	struct po_record rec;
	size_t i;

	for (i = 0; i < nr; i++) {
		po_expect(b[i].pfn[0], &rec);
		if (po_has_frame(&rec, symbol))
			pages += 1LL << rec.order;
	}
	return pages;
}

static struct po_block blocks[512];

/*
 * New stacks while nothing can be had: those that were kept are counted as
 * the dump shows them, then and after the faults are over.
 */
static void check_faults(const char *symbol, const char *words)
{
	long long before = po_stack_pages(symbol), own;
	size_t nr = po_alloc(blocks, ARRAY_SIZE(blocks), "%s fail=1", words);

	end_faults();
	check_recorded(blocks, nr);
	own = with_own_stack(blocks, nr, symbol);
	ksft_print_msg("%zu blocks, %lld pages with their own stack\n", nr, own);
	po_check(po_stack_pages(symbol) - before == own,
		 "counted %lld pages, the dump has %lld",
		 po_stack_pages(symbol) - before, own);
	/* The same stacks again, now that memory can be had. */
	nr = po_alloc(blocks, ARRAY_SIZE(blocks), "%s", words);
	check_recorded(blocks, nr);
	own = with_own_stack(blocks, nr, symbol);
	po_check(po_stack_pages(symbol) - before == own,
		 "later counted %lld pages, the dump has %lld",
		 po_stack_pages(symbol) - before, own);
	po_check(!po_control("free"), "free");
	po_check(po_stack_pages(symbol) == before, "%lld pages are left",
		 po_stack_pages(symbol) - before);
}

/* Trap 14: list nodes and the like. */
static void slab_fails(void)
{
	start_fault("failslab", "100");
	check_faults(CHAIN(4), "chain=4 depth=8 step=1 count=192 gfp=kernel,nowarn");
}

static void slab_fails_atomic(void)
{
	start_fault("failslab", "100");
	check_faults(CHAIN(6), "chain=6 depth=8 step=1 count=192 context=irqoff gfp=atomic,nowarn");
}

/* Single pages can be had, and the larger ones that the depot takes cannot. */
static void depot_fails(void)
{
	start_fault("fail_page_alloc", "100");
	set_fault("fail_page_alloc", "min-order", "1");
	check_faults(CHAIN(5), "chain=5 depth=8 step=1 count=224 gfp=kernel,nowarn");
}

/* Some of both, at random, as under memory pressure. */
static void some_fail(void)
{
	start_fault("failslab", "30");
	start_fault("fail_page_alloc", "30");
	set_fault("fail_page_alloc", "min-order", "1");
	check_faults(CHAIN(7), "chain=7 depth=8 step=1 count=224 gfp=kernel,nowarn");
}

/* The frees of pages whose stack was not kept. */
static void freed_while_failing(void)
{
	long long before = po_stack_pages(CHAIN(3));

	po_alloc(blocks, ARRAY_SIZE(blocks), "chain=3 depth=6 step=1 count=64 order=1");
	start_fault("failslab", "100");
	start_fault("fail_page_alloc", "100");
	po_check(!po_control("free fail=1"), "free");
	end_faults();
	po_check(po_stack_pages(CHAIN(3)) == before, "%lld pages are left",
		 po_stack_pages(CHAIN(3)) - before);
}

/* Touches memory and makes pipes, and returns how much of it failed. */
static unsigned int meet_failures(char *p, size_t size)
{
	unsigned int failed = 0;
	size_t i;

	for (i = 0; i < size; i += getpagesize()) {
		int fds[2];

		p[i] = 1;
		if (pipe(fds)) {
			failed++;
			continue;
		}
		close(fds[0]);
		close(fds[1]);
	}
	return failed;
}

/*
 * A process that meets failures wherever it goes: it gets errors, and not more.
 * All that it has got in spite of them is on record.
 */
static void failing_process(void)
{
	size_t size = 200 * getpagesize(), i;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct po_record rec;
	unsigned int failed;

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	po_check(po_write("/proc/self/make-it-fail", "1"), "make-it-fail: %s",
		 strerror(errno));
	failed = meet_failures(p, size);
	/* This can fail, too. */
	while (!po_write("/proc/self/make-it-fail", "0"))
		;
	end_faults();
	po_check(failed, "nothing failed");
	ksft_print_msg("%u of 200 pipes failed\n", failed);
	for (i = 0; i < size; i += getpagesize()) {
		po_expect(po_pfn(p + i), &rec);
		po_check(rec.pid == (unsigned long)getpid() && rec.nr_frames,
			 "PFN %#lx: pid %lu, %u frames", rec.pfn, rec.pid,
			 rec.nr_frames);
		/* A failure on the way out leaves no guard behind. */
		po_check(!po_has_frame(&rec, "page_owner_own_allocation"),
			 "PFN %#lx passes for the tracker's own", rec.pfn);
	}
	po_invariant();
}

static void process_fails(void)
{
	int status;
	pid_t pid;

	start_fault("failslab", "5");
	start_fault("fail_page_alloc", "5");
	set_fault("fail_page_alloc", "min-order", "0");
	fflush(stdout);
	pid = fork();
	po_check(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		failing_process();
		exit(0);
	}
	po_check(waitpid(pid, &status, 0) == pid, "waitpid");
	end_faults();
	po_check(!status, "the process ended with status %#x", status);
}

static const struct po_test tests[] = {
	{ "slab_fails", slab_fails, true },
	{ "slab_fails_atomic", slab_fails_atomic, true },
	{ "depot_fails", depot_fails, true },
	{ "some_fail", some_fail, true },
	{ "freed_while_failing", freed_while_failing, true },
	{ "process_fails", process_fails, false },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
