// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same work for two kernels, to compare what their page_owners say of it.
 *
 * Holds memory of the test module and of some processes, and writes into a
 * folder, /host by default, while it is held:
 *
 *   dump       the dump
 *   stacks     show_stacks
 *   manifest   what is to be found in them, one line each:
 *     frame SYMBOL PAGES        stacks with this frame hold this many pages
 *     comm NAME LOW HIGH        movable pages of tasks with this name, which
 *                               hold LOW in one mapping and HIGH in all
 *
 * Whatever stock 6.12 is known to get wrong is left out: extra references,
 * charged pages, early pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

static const char *folder = "/host";

static FILE *create(const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	po_check(f, "%s: %s", path, strerror(errno));
	return f;
}

static void finish(FILE *f)
{
	po_check(!fflush(f) && !ferror(f) && !fclose(f), "write: %s",
		 strerror(errno));
}

static void copy_file(const char *from, const char *to)
{
	static char buf[65536];
	int fd = po_open(from, O_RDONLY);
	FILE *f = create(to);
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		po_check(fwrite(buf, 1, n, f) == (size_t)n, "write %s: %s", to,
			 strerror(errno));
	po_check(!n, "read %s: %s", from, strerror(errno));
	finish(f);
	close(fd);
}

static const struct {
	const char *words;
	const char *frame;
	unsigned int pages;
} module_work[] = {
	{ "chain=0 order=0 count=100", "test_page_owner_chain_0", 100 },
	{ "chain=1 how=compound order=5 count=4", "test_page_owner_chain_1", 128 },
	{ "chain=2 how=exact pages=5 count=9", "test_page_owner_chain_2", 45 },
	{ "chain=3 how=bulk pages=64", "test_page_owner_chain_3", 64 },
	{ "chain=4 how=split order=4 count=3", "test_page_owner_chain_4", 48 },
	{ "chain=5 order=9 gfp=movable", "test_page_owner_chain_5", 512 },
	{ "chain=6 depth=6 step=1 count=64 order=1", "test_page_owner_chain_6", 128 },
	{ "chain=7 context=hardirq order=2 count=7 gfp=atomic", "alloc_in_irq_work", 28 },
	{ "chain=7 context=softirq order=0 count=11 gfp=atomic", "alloc_in_tasklet", 11 },
};

static void do_module_work(FILE *manifest)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(module_work); i++) {
		int ret = po_control("alloc %s", module_work[i].words);

		po_check(!ret, "alloc %s: %s", module_work[i].words,
			 strerror(-ret));
		fprintf(manifest, "frame %s %u\n", module_work[i].frame,
			module_work[i].pages);
	}
}

enum kind { SMALL, HUGE, SHARED };

static char *map_kind(enum kind kind, size_t size)
{
	int fd = -1, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	char *p;

	if (kind == SHARED) {
		fd = memfd_create("po_shared", MFD_CLOEXEC);
		flags = MAP_SHARED;
		po_check(fd >= 0 && !ftruncate(fd, size), "memfd: %s",
			 strerror(errno));
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	madvise(p, size, kind == HUGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return p;
}

/* A process that holds pages until the parent closes the pipe. */
static void hold(enum kind kind, const char *name, size_t pages, const int *pipes)
{
	size_t size = pages * getpagesize(), i, all[2];
	char *p, c;

	prctl(PR_SET_NAME, name);
	close(pipes[3]);
	p = map_kind(kind, size);
	for (i = 0; i < size; i += getpagesize())
		p[i] = 1;
	all[0] = pages;
	all[1] = (po_field("/proc/self/status", "RssAnon:") +
		  po_field("/proc/self/status", "RssShmem:")) * 1024 /
		 getpagesize();
	if (write(pipes[1], all, sizeof(all)) != sizeof(all))
		_exit(1);
	_exit(read(pipes[2], &c, 1) != 0);
}

static const struct {
	enum kind kind;
	const char *name;
	size_t pages;
} processes[] = {
	{ SMALL, "po_small", 700 },
	{ HUGE, "po_huge", 2048 },
	{ SHARED, "po_shared", 300 },
};

static void start_processes(FILE *manifest, const int *pipes)
{
	size_t i, all[2];

	for (i = 0; i < ARRAY_SIZE(processes); i++) {
		pid_t pid;

		fflush(NULL);
		pid = fork();
		po_check(pid >= 0, "fork: %s", strerror(errno));
		if (!pid)
			hold(processes[i].kind, processes[i].name,
			     processes[i].pages, pipes);
		po_check(read(pipes[0], all, sizeof(all)) == sizeof(all),
			 "%s did not get its memory", processes[i].name);
		fprintf(manifest, "comm %s %zu %zu\n", processes[i].name, all[0],
			all[1]);
	}
}

static void work(void)
{
	FILE *manifest = create("manifest");
	int pipes[4], status;

	po_check(!pipe(pipes) && !pipe(pipes + 2), "pipe: %s", strerror(errno));
	do_module_work(manifest);
	start_processes(manifest, pipes);
	finish(manifest);
	copy_file(PO_FILE, "dump");
	copy_file(PO_STACKS, "stacks");
	close(pipes[3]);
	while (wait(&status) > 0)
		po_check(!status, "a process ended with status %#x", status);
}

static const struct po_test tests[] = {
	{ "work", work, true },
};

int main(int argc, char **argv)
{
	if (argc > 1)
		folder = argv[1];
	return po_main(1, argv, tests, ARRAY_SIZE(tests));
}
