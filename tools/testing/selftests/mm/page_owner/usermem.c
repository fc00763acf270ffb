// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of processes: anonymous pages, THP and its split, migration, hugetlb,
 * CMA, swap, hwpoison.
 *
 * Stock 6.12 fails invariant_after_all (early pages, trap 13) and
 * freed_by_after_migration (trap 12).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif
#define MPOL_MF_MOVE 2

static size_t page_size(void)
{
	return getpagesize();
}

/* Memory that is there, at a multiple of @align, and no page of it all zeroes. */
static char *touched(size_t size, size_t align, int advice)
{
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	p = (char *)(((uintptr_t)p + align - 1) / align * align);
	if (advice >= 0)
		po_check(!madvise(p, size, advice), "madvise %d: %s", advice,
			 strerror(errno));
	for (i = 0; i < size; i += page_size())
		p[i] = i / page_size() % 100 + 1;
	return p;
}

static size_t thp_size(void)
{
	long long size = po_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");

	if (size <= 0)
		po_skip("no transparent huge pages");
	return size;
}

static unsigned long thp_order(void)
{
	return __builtin_ctzl(thp_size() / page_size());
}

/*
 * The page behind an address, and its record, which is of this process. The
 * kernel may move the page just then, to make room for huge ones.
 */
static unsigned long own_page(const char *p, struct po_record *rec)
{
	unsigned long pfn;

	do {
		pfn = po_pfn(p);
		po_check(pfn, "no page at %p", p);
	} while (!po_lookup(pfn, rec) && po_pfn(p) != pfn);
	po_check(rec->pfn == pfn, "no record for PFN %#lx", pfn);
	po_check(rec->pid == (unsigned long)getpid(), "PFN %#lx has pid %lu", pfn,
		 rec->pid);
	return pfn;
}

static char *touched_thp(struct po_record *rec)
{
	size_t size = thp_size();
	char *p;
	int try;

	for (try = 0; try < 4; try++) {
		p = touched(size, size, MADV_HUGEPAGE);
		own_page(p, rec);
		if (rec->order == thp_order())
			return p;
	}
	po_skip("no huge page was given");
}

static void anonymous(void)
{
	char *p = touched(8 * page_size(), page_size(), MADV_NOHUGEPAGE);
	struct po_record rec;
	size_t i;

	for (i = 0; i < 8; i++) {
		own_page(p + i * page_size(), &rec);
		po_check(!rec.order, "order %lu", rec.order);
		po_check(!strcmp(rec.type, "Movable"), "type %s", rec.type);
		po_check(!rec.reason[0], "migrated: %s", rec.reason);
	}
}

/* A page that a child copied on write is the child's. */
static void copied_on_write(void)
{
	char *p = touched(page_size(), page_size(), MADV_NOHUGEPAGE);
	unsigned long old = po_pfn(p);
	struct po_record rec;
	int status;
	pid_t pid = fork();

	if (!pid) {
		*p = 99;
		po_check(po_pfn(p) != old, "not copied");
		own_page(p, &rec);
		exit(KSFT_PASS);
	}
	po_check(waitpid(pid, &status, 0) == pid && !status, "in the child");
	own_page(p, &rec);
}

static void thp(void)
{
	struct po_record head, rec;
	char *p = touched_thp(&head);
	unsigned long pfn;

	for (pfn = head.pfn + 1; pfn < head.pfn + 32; pfn++)
		po_check(!po_lookup(pfn, &rec), "a record for tail %#lx", pfn);
	munmap(p, thp_size());
	po_check(!po_lookup(head.pfn, &rec) || rec.ts != head.ts,
		 "it was freed and is still there");
}

static bool split_thp(const char *p)
{
	return po_write(PO_DEBUGFS "split_huge_pages", "%d,0x%lx,0x%lx", getpid(),
			(unsigned long)p, (unsigned long)p + thp_size());
}

/* Every page of what was one: own record, order 0, the owner of the whole. */
static void check_split(const char *p, const struct po_record *whole)
{
	struct po_record rec;
	size_t i;

	for (i = 0; i < thp_size() / page_size(); i++) {
		own_page(p + i * page_size(), &rec);
		po_check(rec.pfn == whole->pfn + i || rec.reason[0],
			 "PFN %#lx at page %zu", rec.pfn, i);
		po_check(!rec.order && rec.ts == whole->ts &&
			 rec.mask == whole->mask,
			 "page %zu: order %lu, ts %llu not %llu", i, rec.order,
			 rec.ts, whole->ts);
	}
}

static void thp_split(void)
{
	struct po_record whole;
	char *p = touched_thp(&whole);
	char *frames;
	struct po_record rec;

	frames = strndup(whole.frames, whole.frames_len);
	if (!split_thp(p))
		po_skip("split_huge_pages: %s", strerror(errno));
	check_split(p, &whole);
	own_page(p + 5 * page_size(), &rec);
	po_check(rec.frames_len == strlen(frames) &&
		 !memcmp(rec.frames, frames, rec.frames_len), "other frames");
	/* Trap 11: the head goes, the tails stay. */
	po_check(!madvise(p, page_size(), MADV_DONTNEED), "madvise: %s",
		 strerror(errno));
	own_page(p + page_size(), &rec);
	po_check(rec.ts == whole.ts, "the second page has another owner");
}

static int node_of(const char *p)
{
	void *page = (void *)p;
	int status = -ENOENT;

	if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0))
		return -errno;
	return status;
}

/* Move a page of a process to the other node; skips without one. */
static void move_page_of(pid_t pid, char *p, int from)
{
	int to = !from, status = 0, try;
	void *page = p;

	if (!po_kernel_has(to ? "/sys/devices/system/node/node1" :
			   "/sys/devices/system/node/node0"))
		po_skip("one node");
	for (try = 0; try < 10; try++) {
		po_check(!syscall(SYS_move_pages, pid, 1UL, &page, &to, &status,
				  MPOL_MF_MOVE) || errno == EBUSY,
			 "move_pages: %s", strerror(errno));
		if (status == to)
			return;
	}
	po_skip("move_pages: status %d", status);
}

static void move_page(char *p)
{
	int from = node_of(p);

	po_check(from >= 0, "its node: %s", strerror(-from));
	move_page_of(0, p, from);
}

/* Trap 12: the new page has the old one's owner, and the reason. */
static void check_moved(const char *p, const struct po_record *old,
			const char *reason)
{
	struct po_record rec, gone;

	own_page(p, &rec);
	po_check(rec.pfn != old->pfn, "it is at the same place");
	po_check(!strcmp(rec.reason, reason), "reason '%s'", rec.reason);
	po_check(rec.ts == old->ts && rec.order == old->order &&
		 rec.mask == old->mask && rec.pid == old->pid &&
		 !strcmp(rec.comm, old->comm), "the owner changed");
	po_check(!po_lookup(old->pfn, &gone) || gone.ts != old->ts ||
		 gone.pfn == rec.pfn, "the old page is still there");
}

static void migration(void)
{
	char *p = touched(page_size(), page_size(), MADV_NOHUGEPAGE);
	struct po_record old, rec;
	char *frames;
	unsigned long first;

	own_page(p, &old);
	frames = strndup(old.frames, old.frames_len);
	first = old.pfn;
	move_page(p);
	check_moved(p, &old, "syscall_or_cpuset");
	own_page(p, &rec);
	po_check(rec.frames_len == strlen(frames) &&
		 !memcmp(rec.frames, frames, rec.frames_len),
		 "other frames:\n%.*s", (int)rec.frames_len, rec.frames);
	move_page(p);
	own_page(p, &rec);
	po_check(rec.ts == old.ts, "moved twice from %#lx: another owner", first);
}

static void migration_of_thp(void)
{
	struct po_record old;
	char *p = touched_thp(&old);
	struct po_record rec;

	move_page(p);
	own_page(p, &rec);
	if (rec.order != old.order)
		po_skip("it was split to be moved");
	check_moved(p, &old, "syscall_or_cpuset");
}

static void dump_page_after_migration(void)
{
	char *p = touched(page_size(), page_size(), MADV_NOHUGEPAGE);
	int kmsg = po_kmsg_open();
	struct po_record old;
	char *log;

	own_page(p, &old);
	move_page(p);
	po_check(!po_control("dump pfn=%lu", po_pfn(p)), "dump");
	log = po_kmsg(kmsg);
	po_check(strstr(log, "page_owner tracks the page as allocated\n") &&
		 strstr(log, "page has been migrated, last migrate reason: syscall_or_cpuset\n"),
		 "no migration in\n%s", log);
	free(log);
	close(kmsg);
}

/* Trap 12: it is not the migrator that has freed the new page before. */
static void freed_by_after_migration(void)
{
	char *p = touched(page_size(), page_size(), MADV_NOHUGEPAGE);
	int kmsg = po_kmsg_open(), from = node_of(p), status;
	char line[64], *log;
	pid_t pid = fork();

	if (!pid) {
		/* A page that is shared cannot be moved. */
		munmap(p, page_size());
		move_page_of(getppid(), p, from);
		exit(KSFT_PASS);
	}
	po_check(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "wait");
	if (WEXITSTATUS(status) == KSFT_SKIP)
		exit(KSFT_SKIP);
	po_check(!WEXITSTATUS(status) && node_of(p) != from, "not moved");
	po_check(!po_control("dump pfn=%lu", po_pfn(p)), "dump");
	log = po_kmsg(kmsg);
	snprintf(line, sizeof(line), "page last free pid %d ", pid);
	po_check(!strstr(log, line), "'%s' is the migrator in\n%s", line, log);
	free(log);
	close(kmsg);
}

static size_t huge_kb(void)
{
	long long kb = po_field("/proc/meminfo", "Hugepagesize:");

	if (kb <= 0)
		po_skip("no hugetlb");
	return kb;
}

#define NR_HUGE "/proc/sys/vm/nr_hugepages"

static long long old_pool;

static void restore_pool(void)
{
	po_write(NR_HUGE, "%lld", old_pool);
}

static char *touched_hugetlb(size_t size)
{
	char *p;

	old_pool = po_number(NR_HUGE);
	atexit(restore_pool);
	po_write(NR_HUGE, "%lld", old_pool + 4);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (p == MAP_FAILED)
		po_skip("no huge page: %s", strerror(errno));
	*p = 1;
	return p;
}

/* The pool owns its pages, so pid is not of whom has them mapped. */
static void hugetlb(void)
{
	size_t size = huge_kb() * 1024;
	char *p = touched_hugetlb(size);
	struct po_record head, rec;
	unsigned long pfn = po_pfn(p), i;

	po_expect(pfn, &head);
	po_check(page_size() << head.order == size, "order %lu", head.order);
	for (i = 1; i < 16; i++)
		po_check(!po_lookup(pfn + i, &rec), "a record for tail %lu", i);
	munmap(p, size);
	restore_pool();
	po_check(old_pool || !po_lookup(pfn, &rec) || rec.ts != head.ts,
		 "it was freed and is still there");
}

static void migration_of_hugetlb(void)
{
	size_t size = huge_kb() * 1024;
	char *p = touched_hugetlb(size);
	struct po_record old, rec;

	po_expect(po_pfn(p), &old);
	move_page(p);
	po_expect(po_pfn(p), &rec);
	po_check(rec.pfn != old.pfn && rec.order == old.order &&
		 !strcmp(rec.reason, "syscall_or_cpuset"),
		 "PFN %#lx, order %lu, reason '%s'", rec.pfn, rec.order, rec.reason);
	munmap(p, size);
}

/* The first CMA area that can be allocated from through debugfs. */
static bool find_cma(char *dir, size_t size)
{
	static const char * const names[] = { "reserved", "cma", "hugetlb0", "cma0" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(dir, size, PO_DEBUGFS "cma/%s/", names[i]);
		if (po_kernel_has(dir))
			return true;
	}
	return false;
}

static void cma_area(void)
{
	unsigned long base, count, pfn, found = 0;
	char dir[128], path[192];
	struct po_record rec;

	if (!find_cma(dir, sizeof(dir)))
		po_skip("no CMA area (boot with cma=)");
	snprintf(path, sizeof(path), "%sbase_pfn", dir);
	base = po_number(path);
	snprintf(path, sizeof(path), "%scount", dir);
	count = po_number(path);
	snprintf(path, sizeof(path), "%salloc", dir);
	if (!po_write(path, "65"))
		po_skip("cma alloc: %s", strerror(errno));
	for (pfn = base; pfn < base + count; pfn++) {
		if (!po_lookup(pfn, &rec)) {
			/* Not this one, but the next allocated is known. */
			pfn = rec.pfn > pfn ? rec.pfn - 1 : base + count;
			continue;
		}
		if (po_has_frame(&rec, "cma_alloc_write") &&
		    rec.pid == (unsigned long)getpid())
			found += 1UL << rec.order;
	}
	po_check(found == 65, "%lu of 65 pages are in the dump", found);
	snprintf(path, sizeof(path), "%sfree", dir);
	po_check(po_write(path, "65"), "cma free: %s", strerror(errno));
}

static const char *swap_device;

static void end_swap(void)
{
	swapoff(swap_device);
}

/* A disk that is not used: not mounted, and nothing at its start. */
static int open_unused(const char *device, char *page)
{
	int fd = open(device, O_RDWR | O_CLOEXEC | O_EXCL);
	size_t size = page_size(), i;

	if (fd < 0)
		po_skip("%s: %s", device, strerror(errno));
	po_check(read(fd, page, size) == (ssize_t)size, "read %s: %s", device,
		 strerror(errno));
	if (!memcmp(page + size - 10, "SWAPSPACE2", 10))
		memset(page, 0, size);
	for (i = 0; i < size; i++)
		if (page[i])
			po_skip("%s holds something", device);
	return fd;
}

/* A swap signature as mkswap makes it, on a disk in memory. */
static void start_swap(const char *device)
{
	unsigned int head[3] = { 1, 0, 0 };
	static char page[65536];
	size_t size = page_size();
	int fd = open_unused(device, page);
	off_t bytes = lseek(fd, 0, SEEK_END);

	head[1] = bytes / size - 1;
	memcpy(page + 1024, head, sizeof(head));
	memcpy(page + size - 10, "SWAPSPACE2", 10);
	po_check(pwrite(fd, page, size, 0) == (ssize_t)size, "write: %s",
		 strerror(errno));
	close(fd);
	po_check(!swapon(device, 0), "swapon: %s", strerror(errno));
	swap_device = device;
	atexit(end_swap);
}

/* Out and in again: a new page, a new record, the same bytes. */
static void swap_out_and_in(void)
{
	size_t pages = 16, i, out = 0;
	struct po_record before[16], rec;
	char *p;

	if (!po_kernel_has("/dev/ram0"))
		mknod("/dev/ram0", S_IFBLK | 0600, makedev(1, 0));
	start_swap("/dev/ram0");
	p = touched(pages * page_size(), page_size(), MADV_NOHUGEPAGE);
	for (i = 0; i < pages; i++)
		own_page(p + i * page_size(), &before[i]);
	po_check(!madvise(p, pages * page_size(), MADV_PAGEOUT), "madvise: %s",
		 strerror(errno));
	for (i = 0; i < pages; i++) {
		if (po_pfn(p + i * page_size()))
			continue;
		out++;
		po_check(p[i * page_size()] == (char)(i + 1), "page %zu changed", i);
		own_page(p + i * page_size(), &rec);
		po_check(rec.ts >= before[i].ts, "it is older than before");
	}
	if (!out)
		po_skip("nothing was swapped out");
	ksft_print_msg("%zu pages went out and came in\n", out);
}

/* The other exit of the free path: a page that is poisoned when freed. */
static void soft_offline(void)
{
	char *p = touched(page_size(), page_size(), MADV_NOHUGEPAGE);
	struct po_record old, rec;

	own_page(p, &old);
	if (madvise(p, page_size(), MADV_SOFT_OFFLINE))
		po_skip("MADV_SOFT_OFFLINE: %s", strerror(errno));
	own_page(p, &rec);
	po_check(rec.pfn != old.pfn && rec.ts == old.ts &&
		 !strcmp(rec.reason, "memory_failure"),
		 "PFN %#lx after %#lx, reason '%s'", rec.pfn, old.pfn, rec.reason);
	po_check(!po_lookup(old.pfn, &rec), "the poisoned page is in the dump");
	po_write(PO_DEBUGFS "hwpoison/unpoison-pfn", "%lu", old.pfn);
}

/* A page that is poisoned while mapped, and goes with its process. */
static void hard_offline(void)
{
	unsigned long *shared = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct po_record rec;
	int status;
	pid_t pid;

	po_check(shared != MAP_FAILED, "mmap: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		char *p = touched(page_size(), page_size(), MADV_NOHUGEPAGE);

		own_page(p, &rec);
		shared[0] = rec.pfn;
		shared[1] = rec.ts;
		_exit(madvise(p, page_size(), MADV_HWPOISON) ? KSFT_SKIP : 0);
	}
	po_check(waitpid(pid, &status, 0) == pid, "waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		po_skip("MADV_HWPOISON is refused");
	if (!po_write(PO_DEBUGFS "hwpoison/unpoison-pfn", "%lu", shared[0]))
		po_skip("no unpoison-pfn: %s", strerror(errno));
	po_check(!po_lookup(shared[0], &rec) || rec.ts != shared[1],
		 "it was freed and is still there");
}

static const struct po_test tests[] = {
	{ "anonymous", anonymous, false },
	{ "copied_on_write", copied_on_write, false },
	{ "thp", thp, false },
	{ "thp_split", thp_split, false },
	{ "migration", migration, false },
	{ "migration_of_thp", migration_of_thp, false },
	{ "dump_page_after_migration", dump_page_after_migration, true },
	{ "freed_by_after_migration", freed_by_after_migration, true },
	{ "hugetlb", hugetlb, false },
	{ "migration_of_hugetlb", migration_of_hugetlb, false },
	{ "cma_area", cma_area, false },
	{ "swap_out_and_in", swap_out_and_in, false },
	{ "soft_offline", soft_offline, false },
	{ "hard_offline", hard_offline, false },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
