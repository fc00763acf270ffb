// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trap 8: an allocation that is larger than a memory section, which the
 * tracker's memory is not contiguous for.
 *
 * Stock 6.12 writes over other memory, and the kernel crashes.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

#define CHAIN	"test_page_owner_chain_0"

static unsigned long section_pages(void)
{
	char *text = po_slurp("/sys/devices/system/memory/block_size_bytes",
			      NULL);
	unsigned long bytes = strtoul(text, NULL, 16);

	free(text);
	po_check(bytes, "no size of memory blocks");
	return bytes / getpagesize();
}

/* One past the last page frame of any zone. */
static unsigned long end_pfn(void)
{
	char *text = po_slurp("/proc/zoneinfo", NULL);
	unsigned long start, spanned = 0, end = 0;
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, " spanned %lu", &spanned) == 1)
			continue;
		if (sscanf(line, " start_pfn: %lu", &start) == 1 &&
		    start + spanned > end)
			end = start + spanned;
	}
	free(text);
	return end;
}

static void gigantic_over_sections(void)
{
	long long before = po_stack_pages(CHAIN);
	unsigned long pfn, pages, end;
	static struct po_block b[1];
	struct po_record rec;
	long long now;
	int ret = -1;

	pages = 2 * section_pages();
	end = end_pfn();
	for (pfn = end / pages * pages; pfn && ret; pfn -= pages)
		ret = po_control("alloc how=gigantic pages=%lu gfp=kernel,nowarn chain=0 pfn=%lu",
				 pages, pfn);
	if (ret)
		po_skip("no range of %lu pages: %s", pages, strerror(-ret));
	po_blocks(b, 1);
	po_expect(b[0].pfn[0], &rec);
	po_check(1UL << rec.order == pages, "order %lu", rec.order);
	po_check(po_has_frame(&rec, CHAIN), "not its stack");
	for (pfn = b[0].pfn[0] + 1; pfn < b[0].pfn[0] + pages; pfn += 511)
		po_check(!po_lookup(pfn, &rec) || rec.pid != (unsigned long)getpid(),
			 "a record for tail %#lx", pfn);
	now = po_stack_pages(CHAIN);
	po_check(now - before == (long long)pages, "counted %lld pages, not %lu",
		 now - before, pages);
	po_check(!po_control("free"), "free");
	now = po_stack_pages(CHAIN);
	po_check(now == before, "%lld pages are left", now - before);
}

static const struct po_test tests[] = {
	{ "gigantic_over_sections", gigantic_over_sections, true },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
