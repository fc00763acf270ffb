/* SPDX-License-Identifier: GPL-2.0-only */
/* What the module po_bench and the programs for it agree on. */
#ifndef PO_BENCH_H
#define PO_BENCH_H

#include <linux/types.h>

/* Kinds of stacks that end in the work, by where they begin. */
enum po_stack {
	PO_SYSCALL,
	PO_FAULT,
	PO_KTHREAD,
	PO_INTERRUPT,
	PO_DEEP,
	PO_ALIGNED,
	PO_MANY,
	PO_NR_STACKS
};

/* Works. What PO_NOTHING takes is what measuring takes. */
enum po_work {
	PO_NOTHING,
	PO_ORDER_0,
	PO_ORDER_3,
	PO_ORDER_9,
	PO_HOLD,
	PO_RELEASE,
	PO_BULK,
	PO_MARKED,
	PO_NR_WORKS
};

/* Pages that PO_HOLD holds at most. */
#define PO_HELD	512
/* Pages that PO_BULK allocates. */
#define PO_BULK_PAGES	64

/**
 * struct po_entry - what is written to the device
 * @stack: enum po_stack
 * @work: enum po_work
 */
struct po_entry {
	__u32 stack;
	__u32 work;
};

/**
 * struct po_sums - what is read from it
 * @instructions: of all works since it was read last
 * @times: how many works that were
 */
struct po_sums {
	__u64 instructions;
	__u64 times;
};

#endif /* PO_BENCH_H */
