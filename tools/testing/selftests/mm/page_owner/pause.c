// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recording paused and resumed: a page that is allocated meanwhile has no owner,
 * one that is freed meanwhile leaves its owner's count.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

static void pause_recording(void)
{
	po_check(po_write(PO_RECORDING, "0"), "pause: %s", strerror(errno));
	po_check(!po_is_on(PO_RECORDING), "not paused");
}

static void resume_recording(void)
{
	po_check(po_write(PO_RECORDING, "1"), "resume: %s", strerror(errno));
	po_check(po_is_on(PO_RECORDING), "not resumed");
}

/* Whether the kernel was booted with page_owner=paused. */
static bool paused_at_boot(void)
{
	char *line = po_slurp("/proc/cmdline", NULL), *word = line;
	bool paused = false;

	while ((word = strtok(word, " ,=\n"))) {
		paused |= !strcmp(word, "paused");
		word = NULL;
	}
	free(line);
	return paused;
}

/* Before anything else pauses: the guest runs this program early. */
static void boots_as_asked(void)
{
	long long pages = po_stack_pages(PO_PAUSED_FRAME);
	bool asked = paused_at_boot();

	po_check(po_is_on(PO_RECORDING) == !asked, "recording is %d", asked);
	po_check(asked == !!pages, "%lld pages were allocated while paused", pages);
	po_invariant();
	resume_recording();
}

static void takes_0_and_1(void)
{
	static const char * const bad[] = { "2", "-1", "paused", "\n" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		errno = 0;
		po_check(!po_write(PO_RECORDING, "%s", bad[i]) && errno == EINVAL,
			 "\"%s\": %s", bad[i], strerror(errno));
		po_check(po_is_on(PO_RECORDING), "\"%s\" paused it", bad[i]);
	}
}

/* What dump_page() logs of a page. */
static char *dump_of(unsigned long pfn)
{
	int fd = po_kmsg_open();
	char *log;

	po_check(!po_control("dump pfn=%lu", pfn), "dump");
	log = po_kmsg(fd);
	close(fd);
	return log;
}

#define MANY	64

/* Finds a block with an owner, among those allocated now. */
static unsigned long again(const struct po_block *now, const struct po_block *then)
{
	size_t i, k;

	for (i = 0; i < MANY; i++)
		for (k = 0; k < MANY; k++)
			if (now[i].pfn[0] == then[k].pfn[0])
				return now[i].pfn[0];
	po_fail("no page came back");
}

static void expect_no_owner(unsigned long pfn, unsigned int order)
{
	struct po_record rec;

	po_expect(pfn, &rec);
	po_check(rec.nr_frames == 1 && po_has_frame(&rec, PO_PAUSED_FRAME),
		 "%u frames:\n%.*s", rec.nr_frames, (int)rec.frames_len, rec.frames);
	po_check(rec.order == order, "order %lu", rec.order);
	po_check(!rec.pid && !rec.tgid, "pid %lu tgid %lu", rec.pid, rec.tgid);
	po_check(!strcmp(rec.comm, "<unknown>"), "comm %s", rec.comm);
}

/* Pages that had an owner: the next one is not shown as the first, nor tails. */
static void allocated_while_paused(void)
{
	static struct po_block then[MANY], now[MANY];
	unsigned int order;
	unsigned long pfn;
	cpu_set_t cpu;
	char *log;

	/* Freed pages wait on a list of the CPU. */
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	po_check(!sched_setaffinity(0, sizeof(cpu), &cpu), "CPU 0: %s", strerror(errno));
	for (order = 0; order < 4; order += 3) {
		po_alloc(then, MANY, "how=compound order=%u count=%d chain=1", order,
			 MANY);
		pause_recording();
		po_check(!po_control("free"), "free");
		po_alloc(now, MANY, "how=compound order=%u count=%d chain=2", order,
			 MANY);
		resume_recording();
		pfn = again(now, then);
		expect_no_owner(pfn, order);
		pfn += (1UL << order) - 1;
		log = dump_of(pfn);
		po_check(strstr(log, PO_PAUSED_FRAME) &&
			 !strstr(log, "test_page_owner_chain_1") &&
			 !strstr(log, "test_page_owner_chain_2"), "dump_page: %s", log);
		free(log);
		po_check(!po_control("free"), "free");
	}
}

/* Owners from before keep what they have: the count is that of what is left. */
static void freed_while_paused(void)
{
	static struct po_block b[1];
	long long before = po_stack_pages("test_page_owner_chain_3");
	char *log;

	po_alloc(b, 1, "order=2 count=32 chain=3");
	pause_recording();
	po_check(!po_control("free"), "free");
	po_check(po_stack_pages("test_page_owner_chain_3") == before, "still counted");
	log = dump_of(b[0].pfn[0]);
	resume_recording();
	/* It may be allocated again; and page_owner=lean knows of no frees. */
	po_check(strstr(log, "tracks the page as allocated") ||
		 strstr(log, PO_PAUSED_FRAME) ||
		 po_field(PO_DEBUGFS "page_owner_stats", "record_bytes") == 16,
		 "not freed while paused: %s", log);
	free(log);
}

/* What was recorded stays so, and falls apart as ever. */
static void split_while_paused(void)
{
	static struct po_block b[1];
	struct po_record rec;
	long long before = po_stack_pages("test_page_owner_chain_4"), now;
	int id;

	po_alloc(b, 1, "how=split order=3 count=1 chain=4");
	id = b[0].id;
	pause_recording();
	po_check(!po_control("free id=%d from=2 pages=1", id), "free");
	po_expect(b[0].pfn[5], &rec);
	po_check(po_has_frame(&rec, "test_page_owner_chain_4"), "lost its owner");
	now = po_stack_pages("test_page_owner_chain_4");
	po_check(now == before + 7, "%lld pages, %lld before", now, before);
	resume_recording();
	po_check(!po_control("free"), "free");
	now = po_stack_pages("test_page_owner_chain_4");
	po_check(now == before, "%lld pages, %lld before", now, before);
}

/* In every context, and by the bulk allocator; freed while recording. */
static void contexts_while_paused(void)
{
	static const char * const words[] = {
		"how=bulk pages=48 chain=5", "how=exact pages=5 count=8 chain=5",
		"order=1 count=16 context=hardirq gfp=atomic chain=5",
		"order=0 count=16 context=softirq gfp=atomic chain=5",
		"how=extra_ref order=3 count=8 chain=5",
	};
	size_t i;

	pause_recording();
	for (i = 0; i < ARRAY_SIZE(words); i++)
		po_check(!po_control("alloc %s", words[i]), "%s", words[i]);
	po_check(!po_stack_pages("test_page_owner_chain_5"), "recorded");
	po_invariant();
	resume_recording();
	po_check(!po_control("free"), "free");
	po_invariant();
}

static const struct po_test tests[] = {
	{ "boots_as_asked", boots_as_asked, false },
	{ "takes_0_and_1", takes_0_and_1, false },
	{ "allocated_while_paused", allocated_while_paused, true },
	{ "freed_while_paused", freed_while_paused, true },
	{ "split_while_paused", split_while_paused, true },
	{ "contexts_while_paused", contexts_while_paused, true },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
