// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a kernel booted with page_owner=lean: every view works, and shows nothing
 * where nothing is known.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

#include "../../../../../include/uapi/linux/page_owner_raw.h"

#define STATS PO_DEBUGFS "page_owner_stats"

static void record_size(void)
{
	po_check(po_field(STATS, "record_bytes") == 16, "%lld bytes",
		 po_field(STATS, "record_bytes"));
}

/* Stack, order, mask and task are those of the allocation; time is not known. */
static void a_record(void)
{
	static struct po_block b[1];
	struct po_record rec;

	po_alloc(b, 1, "order=2 gfp=kernel chain=3");
	po_expect(b[0].pfn[0], &rec);
	po_check(rec.order == 2, "order %lu", rec.order);
	po_check(rec.mask == b[0].gfp, "mask %#lx", rec.mask);
	po_check(rec.pid == (unsigned long)getpid(), "pid %lu", rec.pid);
	po_check(po_has_frame(&rec, "test_page_owner_chain_3"), "not its stack");
	po_check(!rec.ts, "ts %llu", rec.ts);
	po_check(!po_control("free"), "free");
	po_check(!po_lookup(b[0].pfn[0], &rec) || rec.order != 2 ||
		 !po_has_frame(&rec, "test_page_owner_chain_3"),
		 "it is still there");
}

/* What dump_page() logs of a page. */
static char *log_of(unsigned long pfn)
{
	int fd = po_kmsg_open();
	char *log;

	po_check(!po_control("dump pfn=%lu", pfn), "dump");
	log = po_kmsg(fd);
	close(fd);
	return log;
}

static void dump_of(unsigned long pfn, const char *want)
{
	char *log = log_of(pfn);

	po_check(strstr(log, want), "no \"%s\" in:\n%s", want, log);
	free(log);
}

/* Unless it is allocated again. Returns whether it was free. */
static bool has_no_past(unsigned long pfn)
{
	char *log = log_of(pfn);
	bool freed = strstr(log, "page_owner tracks the page as freed");

	po_check(!freed || !strstr(log, "page last allocated"), "it has:\n%s", log);
	free(log);
	return freed;
}

/* Tail pages find their block, and a free page has no past. */
static void dump_page(void)
{
	static struct po_block b[1];
	unsigned long pfn;
	int tries;

	po_alloc(b, 1, "order=3 gfp=kernel chain=4");
	pfn = b[0].pfn[0];
	dump_of(pfn, "page_owner tracks the page as allocated");
	dump_of(pfn + 5, "test_page_owner_chain_4");
	dump_of(pfn + 5, "page_owner free stack trace missing");
	po_check(!po_control("free"), "free");
	for (tries = 0; tries < 200 && !has_no_past(pfn); tries++) {
		po_alloc(b, 1, "order=3 gfp=kernel");
		pfn = b[0].pfn[0];
		po_check(!po_control("free"), "free");
	}
	po_check(tries < 200, "all have been allocated again");
}

/* A binary dump says what is not known, so that zeros are not taken for times. */
static void raw_header(void)
{
	int fd = po_open(PO_FILE, O_RDWR);
	struct page_owner_raw_header header;

	po_check(write(fd, "mode=raw", 8) == 8, "mode=raw: %s", strerror(errno));
	po_check(read(fd, &header, sizeof(header)) == sizeof(header), "read: %s",
		 strerror(errno));
	po_check(header.flags == (PAGE_OWNER_RAW_NO_TIME | PAGE_OWNER_RAW_NO_FREE),
		 "flags %#x", header.flags);
	close(fd);
}

static const struct po_test tests[] = {
	{ "record_size", record_size, false },
	{ "a_record", a_record, true },
	{ "dump_page", dump_page, true },
	{ "raw_header", raw_header, false },
	{ "invariant", po_invariant, false },
};

int main(int argc, char **argv)
{
	if (!strstr(po_slurp("/proc/cmdline", NULL), "page_owner=lean")) {
		ksft_print_header();
		ksft_exit_skip("not booted with page_owner=lean\n");
	}
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
