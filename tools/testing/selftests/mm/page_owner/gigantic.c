// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trap 8: allocations that are larger than a memory section, which the
 * tracker's memory is not contiguous for.
 *
 * Stock 6.12 writes over other memory, and the kernel crashes.
 */
#include <errno.h>
#include <fcntl.h>
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

#define SYS_1G "/sys/kernel/mm/hugepages/hugepages-1048576kB/"
#define NR_HUGE "/proc/sys/vm/nr_hugepages"

static void drop_pools(void)
{
	po_write(SYS_1G "nr_hugepages", "0");
	po_write(NR_HUGE, "0");
}

struct search {
	unsigned long order;
	unsigned long pfn;
};

static void find_order(const struct po_record *rec, void *arg)
{
	struct search *s = arg;

	if (rec->order == s->order)
		s->pfn = rec->pfn;
}

/*
 * A page of 1 GiB becomes pages of the default size, 2 MiB, each with its own
 * record. arm64 has a size between.
 */
static void hugetlb_demotion(void)
{
	unsigned long huge = po_field("/proc/meminfo", "Hugepagesize:") * 1024 /
			     getpagesize();
	struct search s = { .order = __builtin_ctzl((1UL << 30) / getpagesize()) };
	struct po_record rec;
	unsigned long pfn;
	int fd;

	if (!po_kernel_has(SYS_1G "demote"))
		po_skip("no huge pages of 1 GiB");
	if (po_number(SYS_1G "nr_hugepages") || po_number(NR_HUGE))
		po_skip("there are huge pages already");
	atexit(drop_pools);
	po_write(SYS_1G "nr_hugepages", "1");
	if (po_number(SYS_1G "nr_hugepages") < 1)
		po_skip("no free range of 1 GiB (6G and hugetlb_cma=1:1G give one)");
	fd = po_open(PO_FILE, O_RDONLY);
	po_each_record(fd, 65536, find_order, &s);
	close(fd);
	po_check(s.pfn, "no record of order %lu", s.order);
	po_check(po_write(SYS_1G "demote_size", "%lu", huge * getpagesize()),
		 "demote_size: %s", strerror(errno));
	po_check(po_write(SYS_1G "demote", "1"), "demote: %s", strerror(errno));
	for (pfn = s.pfn; pfn < s.pfn + (1UL << s.order); pfn += huge) {
		po_expect(pfn, &rec);
		po_check(1UL << rec.order == huge, "PFN %#lx has order %lu", pfn,
			 rec.order);
	}
}

static const struct po_test tests[] = {
	{ "gigantic_over_sections", gigantic_over_sections, true },
	{ "hugetlb_demotion", hugetlb_demotion, false },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
