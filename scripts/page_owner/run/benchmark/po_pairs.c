// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what an allocation and its free take in each kind of stack, as the
 * module po_bench counts it: the mean of many, after more that do not count, less
 * what measuring takes. Arguments are kinds of stacks, by their names below;
 * without any, all are measured. With --marked, po_trace is what looks.
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "po_bench.h"

/* How often each work is done: in each of the stacks of PO_MANY. */
#define ENTRIES	1024

static const char * const stack_name[PO_NR_STACKS] = {
	[PO_SYSCALL] = "system call",
	[PO_FAULT] = "page fault",
	[PO_KTHREAD] = "kernel thread",
	[PO_INTERRUPT] = "interrupt",
	[PO_DEEP] = "more than 16 frames",
	[PO_ALIGNED] = "aligned frame",
	[PO_MANY] = "1024 stacks in turn",
};

static int device;

/* Does a work many times and returns its mean. */
static double run(enum po_stack stack, enum po_work work, unsigned int entries)
{
	const struct po_entry entry = { .stack = stack, .work = work };
	size_t page_size = getpagesize(), i;
	struct po_sums sums;
	volatile char *map;

	/* A page to touch for each entry. */
	map = mmap(NULL, ENTRIES * page_size, PROT_READ, MAP_SHARED, device, 0);
	if (map == MAP_FAILED)
		err(1, "mapping the device");
	for (i = 0; i < entries; i++) {
		if (write(device, &entry, sizeof(entry)) != sizeof(entry))
			err(1, "writing to the device");
		if (stack == PO_FAULT)
			(void)map[i * page_size];
	}
	munmap((void *)map, ENTRIES * page_size);
	if (read(device, &sums, sizeof(sums)) != sizeof(sums) || !sums.times)
		err(1, "reading from the device");
	return (double)sums.instructions / sums.times;
}

/*
 * How often all that is done before it counts. Many stacks may find what is known
 * of stacks full, and be learnt again.
 */
static unsigned int warm_runs(enum po_stack stack)
{
	return stack == PO_MANY ? 3 : 1;
}

/* A pair of allocation and free that one work does. */
static double pair(enum po_stack stack, enum po_work work)
{
	unsigned int i;

	for (i = 0; i < warm_runs(stack); i++)
		run(stack, work, ENTRIES);
	return run(stack, work, ENTRIES);
}

/* A pair that two works do. */
static double pair_held(enum po_stack stack)
{
	double hold, release;
	unsigned int i;

	for (i = 0; i <= warm_runs(stack); i++) {
		hold = run(stack, PO_HOLD, PO_HELD);
		release = run(stack, PO_RELEASE, PO_HELD);
	}
	return hold + release;
}

static void print(enum po_stack stack, const char *work, double instructions)
{
	printf("pairs\t%s, %s\t%.0f\n", work, stack_name[stack], instructions);
}

static void measure(enum po_stack stack)
{
	double nothing = pair(stack, PO_NOTHING);

	print(stack, "order 0", pair(stack, PO_ORDER_0) - nothing);
	print(stack, "order 3", pair(stack, PO_ORDER_3) - nothing);
	print(stack, "order 9", pair(stack, PO_ORDER_9) - nothing);
	print(stack, "512 held", pair_held(stack) - 2 * nothing);
	print(stack, "bulk of 64, per page",
	      (pair(stack, PO_BULK) - nothing) / PO_BULK_PAGES);
}

static bool is_asked_for(const char *name, char **names)
{
	if (!*names)
		return true;
	while (*names && strcmp(*names, name))
		names++;
	return *names;
}

int main(int argc, char **argv)
{
	enum po_stack stack;

	device = open("/dev/po_bench", O_RDWR);
	if (device < 0)
		err(1, "/dev/po_bench");
	if (argc == 2 && !strcmp(argv[1], "--marked")) {
		run(PO_SYSCALL, PO_MARKED, ENTRIES);
		return 0;
	}
	for (stack = 0; stack < PO_NR_STACKS; stack++) {
		if (is_asked_for(stack_name[stack], argv + 1))
			measure(stack);
	}
	return 0;
}
