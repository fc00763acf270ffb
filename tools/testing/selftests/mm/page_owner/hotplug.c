// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is taken offline and put online again while the dump is read:
 * traps 17 and 18, the tracker's memory for a section goes with the section.
 * And compaction, for which a block of its own is a zone small enough to fill.
 *
 * Stock 6.12 fails only invariant_after_all (early pages, trap 13).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "po_util.h"

#define MPOL_BIND 2
#define MEMORY "/sys/devices/system/memory/"

static atomic_bool stop;

static bool set_state(unsigned int block, const char *state)
{
	char path[128];

	snprintf(path, sizeof(path), MEMORY "memory%u/state", block);
	return po_write(path, "%s", state);
}

static unsigned long block_pages(void)
{
	char *text = po_slurp(MEMORY "block_size_bytes", NULL);
	unsigned long bytes = strtoul(text, NULL, 16);

	free(text);
	return bytes / getpagesize();
}

/* One past the highest memory block. */
static unsigned int end_block(void)
{
	DIR *dir = opendir(MEMORY);
	struct dirent *entry;
	unsigned int n, end = 0;

	if (!dir)
		po_skip("no memory hotplug");
	while ((entry = readdir(dir)))
		if (sscanf(entry->d_name, "memory%u", &n) == 1 && n >= end)
			end = n + 1;
	closedir(dir);
	return end;
}

static bool is_online(unsigned int block)
{
	char path[128], *text;
	bool online;

	snprintf(path, sizeof(path), MEMORY "memory%u/state", block);
	if (!po_kernel_has(path))
		return false;
	text = po_slurp(path, NULL);
	online = !strncmp(text, "online", 6);
	free(text);
	return online;
}

/* Take any block offline, from the highest down. */
static unsigned int offline_one(void)
{
	unsigned int block, tried = 0;

	for (block = end_block(); block-- > 0;) {
		if (!is_online(block))
			continue;
		tried++;
		if (set_state(block, "offline"))
			return block;
	}
	po_skip("none of %u memory blocks can be taken offline", tried);
}

static atomic_ulong records_read;

static void count_record(const struct po_record *rec, void *arg)
{
	(void)rec;
	(void)arg;
	records_read++;
}

static void *read_loop(void *arg)
{
	atomic_ulong *passes = arg;
	int fd = po_open(PO_FILE, O_RDONLY);

	do {
		lseek(fd, 0, SEEK_SET);
		po_each_record(fd, 65536, count_record, NULL);
		++*passes;
	} while (!stop);
	close(fd);
	return NULL;
}

/* The other file that walks every zone. */
static void *table_loop(void *arg)
{
	atomic_ulong *passes = arg;

	do {
		free(po_slurp("/proc/pagetypeinfo", NULL));
		++*passes;
	} while (!stop);
	return NULL;
}

static void expect_no_records(unsigned int block)
{
	unsigned long first = block * block_pages();
	struct po_record rec;

	po_check(!po_lookup(first, &rec), "a record in offline memory");
	po_check(!rec.pfn || rec.pfn >= first + block_pages(),
		 "PFN %#lx is offline", rec.pfn);
}

static unsigned int chosen;

static void put_online(void)
{
	set_state(chosen, "online_movable");
	set_state(chosen, "online");
}

/* Leave it as memory for all, which is what most blocks are. */
static void put_back(void)
{
	set_state(chosen, "offline");
	set_state(chosen, "online_kernel");
	set_state(chosen, "online");
}

static void offline_block(void)
{
	chosen = offline_one();
	atexit(put_back);
	ksft_print_msg("memory block %u\n", chosen);
	expect_no_records(chosen);
	put_online();
	po_check(is_online(chosen), "it did not come back");
}

/* Until each reader has been through the whole of memory. */
static void offline_while_read(void)
{
	static atomic_ulong dumps, tables;
	unsigned int rounds = 0, taken = 0;
	unsigned long before;
	pthread_t threads[2];

	chosen = offline_one();
	atexit(put_back);
	put_online();
	po_check(!pthread_create(&threads[0], NULL, read_loop, &dumps) &&
		 !pthread_create(&threads[1], NULL, table_loop, &tables),
		 "no threads");
	while (rounds++ < 4 || !dumps || !tables) {
		before = records_read;
		taken += set_state(chosen, "offline");
		put_online();
		/* Each time at another place of the dump. */
		while (records_read < before + 1000)
			sched_yield();
	}
	stop = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	po_check(is_online(chosen), "it did not come back");
	ksft_print_msg("offline %u times of %u, %lu dumps, %lu tables meanwhile\n",
		       taken, rounds, dumps, tables);
	if (!taken)
		po_skip("it could not be taken offline again");
}

static int node_of(unsigned int block)
{
	char path[128];
	int node;

	for (node = 0; node < 64; node++) {
		snprintf(path, sizeof(path), MEMORY "memory%u/node%d", block, node);
		if (po_kernel_has(path))
			return node;
	}
	return -1;
}

/* Movable memory is what a process gets first, on the node that it is bound to. */
static char *bound_memory(size_t size, int node)
{
	unsigned long mask = 1UL << node;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	if (syscall(SYS_mbind, p, size, MPOL_BIND, &mask, 8 * sizeof(mask), 0))
		po_skip("mbind to node %d: %s", node, strerror(errno));
	return p;
}

/* Put a block back as movable memory, and touch memory that comes from it. */
static char *memory_of_block(size_t pages)
{
	size_t i;
	char *p;

	chosen = offline_one();
	atexit(put_back);
	if (!set_state(chosen, "online_movable"))
		po_skip("online_movable: %s", strerror(errno));
	p = bound_memory(pages * getpagesize(), node_of(chosen));
	for (i = 0; i < pages; i++)
		p[i * getpagesize()] = 1;
	return p;
}

static bool in_block(unsigned long pfn)
{
	return pfn / block_pages() == chosen;
}

/* What is allocated in a block that came back has an owner. */
static void owners_after_online(void)
{
	unsigned long pfn[256];
	struct po_record rec;
	char *p = memory_of_block(ARRAY_SIZE(pfn));
	size_t i, found = 0;

	po_pfns(p, pfn, ARRAY_SIZE(pfn));
	for (i = 0; i < ARRAY_SIZE(pfn); i++) {
		if (!in_block(pfn[i]))
			continue;
		po_expect(pfn[i], &rec);
		po_check(rec.pid == (unsigned long)getpid(), "PFN %#lx: pid %lu",
			 pfn[i], rec.pid);
		found++;
	}
	if (!found)
		po_skip("nothing was allocated in block %u", chosen);
}

/* All pages that moved have the reason, the first ones their owner as well. */
static size_t count_moved(const char *p, const unsigned long *old, size_t pages)
{
	unsigned long *now = calloc(pages, sizeof(*now));
	struct po_record rec;
	size_t i, moved = 0;

	po_check(now, "no memory");
	po_pfns(p, now, pages);
	for (i = 0; i < pages && moved < 64; i++) {
		if (!now[i] || now[i] == old[i])
			continue;
		po_expect(now[i], &rec);
		po_check(!strcmp(rec.reason, "compaction"), "reason '%s'",
			 rec.reason);
		po_check(rec.pid == (unsigned long)getpid() && !rec.order,
			 "PFN %#lx: pid %lu, order %lu", now[i], rec.pid, rec.order);
		moved++;
	}
	free(now);
	return moved;
}

/* Every other page of a zone goes, and compaction moves what stays. */
static void compacted(void)
{
	size_t pages = block_pages(), i, moved;
	unsigned long *pfn = calloc(pages, sizeof(*pfn));
	char *p = memory_of_block(pages), path[128];

	po_check(pfn, "no memory");
	for (i = 0; i < pages; i += 2)
		po_check(!madvise(p + i * getpagesize(), getpagesize(),
				  MADV_DONTNEED), "madvise: %s", strerror(errno));
	po_pfns(p, pfn, pages);
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/compact",
		 node_of(chosen));
	if (!po_write(path, "1"))
		po_skip("%s: %s", path, strerror(errno));
	moved = count_moved(p, pfn, pages);
	if (!moved)
		po_skip("compaction moved nothing");
	ksft_print_msg("%zu pages were looked at that moved\n", moved);
}

static const struct po_test tests[] = {
	{ "offline_block", offline_block, false },
	{ "offline_while_read", offline_while_read, false },
	{ "owners_after_online", owners_after_online, false },
	{ "compacted", compacted, false },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
