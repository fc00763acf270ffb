// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many tasks that allocate, free, split and migrate, and readers of every file
 * meanwhile. Then all is quiet, and the accounting invariant must hold.
 *
 * The amount of work is given, not the time. Stock 6.12 fails where the
 * invariant is checked (early pages, trap 13; extra references, trap 10a).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#define ROUNDS 8

static size_t page_size(void)
{
	return getpagesize();
}

static char *mapped(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void touch(char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += page_size())
		p[i] = 1;
}

static void small_pages(void)
{
	size_t size = 256 * page_size(), i;
	char *p = mapped(size);

	if (!p)
		return;
	madvise(p, size, MADV_NOHUGEPAGE);
	touch(p, size);
	for (i = 0; i < size; i += 2 * page_size())
		madvise(p + i, page_size(), MADV_DONTNEED);
	touch(p, size);
	munmap(p, size);
}

/* A huge page, of which a part is given back, so that it is split. */
static void huge_pages(void)
{
	size_t size = 8 << 20;
	char *p = mapped(size);

	if (!p)
		return;
	madvise(p, size, MADV_HUGEPAGE);
	touch(p, size);
	madvise(p + (1 << 20), 5 << 20, MADV_DONTNEED);
	po_write(PO_DEBUGFS "split_huge_pages", "%d,0x%lx,0x%lx", getpid(),
		 (unsigned long)p, (unsigned long)p + size);
	munmap(p, size);
}

static void files(void)
{
	static char text[65536];
	int fd = memfd_create("po_stress", MFD_CLOEXEC), i;

	if (fd < 0)
		return;
	for (i = 0; i < 8; i++)
		if (write(fd, text, sizeof(text)) < 0)
			break;
	if (ftruncate(fd, 4096) || ftruncate(fd, 0))
		errno = 0;
	close(fd);
}

static void forks(void)
{
	size_t size = 64 * page_size();
	char *p = mapped(size);
	pid_t pid;

	if (!p)
		return;
	touch(p, size);
	pid = fork();
	if (!pid) {
		touch(p, size);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	munmap(p, size);
}

static void migrations(void)
{
	size_t size = 64 * page_size(), i;
	char *p = mapped(size);
	int node;

	if (!p)
		return;
	madvise(p, size, MADV_NOHUGEPAGE);
	touch(p, size);
	for (node = 0; node < 2; node++) {
		for (i = 0; i < size; i += page_size()) {
			void *page = p + i;
			int status;

			syscall(SYS_move_pages, 0, 1UL, &page, &node, &status, 2);
		}
	}
	munmap(p, size);
}

static void (* const work[])(void) = {
	small_pages, huge_pages, files, forks, migrations,
};

static void worker(void (*fn)(void))
{
	int i;

	for (i = 0; i < ROUNDS; i++)
		fn();
	_exit(0);
}

static void ignore_record(const struct po_record *rec, void *arg)
{
	(void)rec;
	(void)arg;
}

/* Reads, checking what it reads, until told to stop. */
static void reader(atomic_bool *stop, int which)
{
	int fd;

	do {
		switch (which) {
		case 0:
			fd = po_open(PO_FILE, O_RDONLY);
			po_each_record(fd, 65536, ignore_record, NULL);
			close(fd);
			break;
		case 1:
			free(po_slurp(PO_STACKS, NULL));
			break;
		default:
			free(po_slurp("/proc/pagetypeinfo", NULL));
			if (po_kernel_has(PO_HANDLES))
				free(po_slurp(PO_HANDLES, NULL));
			break;
		}
	} while (!atomic_load(stop));
	exit(KSFT_PASS);
}

static void wait_for(const pid_t *pid, int nr, const char *what)
{
	int i, status;

	for (i = 0; i < nr; i++) {
		po_check(waitpid(pid[i], &status, 0) == pid[i], "waitpid: %s",
			 strerror(errno));
		po_check(!status, "%s %d: status %#x", what, i, status);
	}
}

/* Pauses recording and resumes it, until told to stop. */
static void switcher(atomic_bool *stop)
{
	do {
		po_check(po_write(PO_RECORDING, "0"), "pause: %s", strerror(errno));
		sched_yield();
		po_check(po_write(PO_RECORDING, "1"), "resume: %s", strerror(errno));
		sched_yield();
	} while (!atomic_load(stop));
	exit(KSFT_PASS);
}

static void work_beside(void (*helper)(atomic_bool *stop, int which), int nr)
{
	atomic_bool *stop = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t helpers[4], workers[ARRAY_SIZE(work)];
	int i;

	po_check(stop != MAP_FAILED, "mmap: %s", strerror(errno));
	for (i = 0; i < nr; i++) {
		helpers[i] = fork();
		if (!helpers[i])
			helper(stop, i);
		po_check(helpers[i] > 0, "fork: %s", strerror(errno));
	}
	for (i = 0; i < (int)ARRAY_SIZE(work); i++) {
		workers[i] = fork();
		if (!workers[i])
			worker(work[i]);
		po_check(workers[i] > 0, "fork: %s", strerror(errno));
	}
	wait_for(workers, ARRAY_SIZE(work), "worker");
	atomic_store(stop, true);
	wait_for(helpers, nr, "helper");
}

static void workers_and_readers(void)
{
	work_beside(reader, 3);
}

/* Reading, or pausing and resuming. */
static void reader_or_switcher(atomic_bool *stop, int which)
{
	if (which == 3)
		switcher(stop);
	reader(stop, which);
}

/* Whatever was paused or not, the counts are those of the records. */
static void workers_and_switches(void)
{
	long long paused = po_stack_pages(PO_PAUSED_FRAME);

	work_beside(reader_or_switcher, 4);
	po_invariant();
	ksft_print_msg("%lld pages of work while paused are left, %lld before\n",
		       po_stack_pages(PO_PAUSED_FRAME), paused);
	po_check(po_write(PO_RECORDING, "0"), "pause: %s", strerror(errno));
	work_beside(reader, 3);
	po_invariant();
	po_check(po_write(PO_RECORDING, "1"), "resume: %s", strerror(errno));
}

/* The module's allocations of all kinds, from two tasks at once. */
static void module_and_readers(void)
{
	static const char * const words[] = {
		"order=0 count=32 depth=5 step=1", "order=3 count=8 chain=1",
		"how=exact pages=5 count=8 chain=2", "how=bulk pages=48 chain=3",
		"how=split order=4 count=4 chain=4",
		"how=extra_ref order=3 count=8 chain=5",
		"order=1 count=16 context=hardirq gfp=atomic chain=6",
		"order=0 count=16 context=softirq gfp=atomic chain=7",
	};
	pid_t child[2];
	size_t i, k;

	for (k = 0; k < 2; k++) {
		child[k] = fork();
		if (child[k])
			continue;
		for (i = 0; i < 4 * ARRAY_SIZE(words); i++) {
			po_control("alloc %s", words[i % ARRAY_SIZE(words)]);
			if (i % 5 == k)
				po_control("free");
		}
		_exit(0);
	}
	free(po_slurp(PO_STACKS, NULL));
	wait_for(child, 2, "task");
	po_invariant();
}

static const struct po_test tests[] = {
	{ "workers_and_readers", workers_and_readers, false },
	{ "workers_and_switches", workers_and_switches, false },
	{ "module_and_readers", module_and_readers, true },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
