// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is taken offline and put online again while the dump is read:
 * traps 17 and 18, the tracker's memory for a section goes with the section.
 *
 * Stock 6.12 fails only invariant_after_all (early pages, trap 13).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

static void count_record(const struct po_record *rec, void *arg)
{
	(void)rec;
	++*(unsigned long *)arg;
}

static void *read_loop(void *arg)
{
	atomic_ulong *passes = arg;
	unsigned long records = 0;
	int fd = po_open(PO_FILE, O_RDONLY);

	do {
		lseek(fd, 0, SEEK_SET);
		po_each_record(fd, 65536, count_record, &records);
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

static void offline_block(void)
{
	chosen = offline_one();
	atexit(put_online);
	ksft_print_msg("memory block %u\n", chosen);
	expect_no_records(chosen);
	put_online();
	po_check(is_online(chosen), "it did not come back");
}

/* Until each reader has been through the whole of memory twice. */
static void offline_while_read(void)
{
	static atomic_ulong dumps, tables;
	unsigned int rounds = 0, taken = 0;
	pthread_t threads[2];

	chosen = offline_one();
	atexit(put_online);
	put_online();
	po_check(!pthread_create(&threads[0], NULL, read_loop, &dumps) &&
		 !pthread_create(&threads[1], NULL, table_loop, &tables),
		 "no threads");
	while (rounds++ < 4 || dumps < 2 || tables < 2) {
		taken += set_state(chosen, "offline");
		put_online();
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

/* What is allocated in a block that came back has an owner. */
static void owners_after_online(void)
{
	unsigned long first, pfn, found = 0;
	size_t size = 4096UL * getpagesize(), i;
	struct po_record rec;
	char *p;

	chosen = offline_one();
	atexit(put_online);
	if (!set_state(chosen, "online_movable"))
		po_skip("online_movable: %s", strerror(errno));
	first = chosen * block_pages();
	p = bound_memory(size, node_of(chosen));
	for (i = 0; i < size && found < 64; i += getpagesize()) {
		p[i] = 1;
		pfn = po_pfn(p + i);
		if (pfn < first || pfn >= first + block_pages())
			continue;
		po_expect(pfn, &rec);
		po_check(rec.pid == (unsigned long)getpid(), "PFN %#lx: pid %lu",
			 pfn, rec.pid);
		found++;
	}
	if (!found)
		po_skip("nothing was allocated in block %u", chosen);
}

static const struct po_test tests[] = {
	{ "offline_block", offline_block, false },
	{ "offline_while_read", offline_while_read, false },
	{ "owners_after_online", owners_after_online, false },
	{ "invariant_after_all", po_invariant, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
