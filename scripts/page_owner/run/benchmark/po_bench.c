// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the instructions of page allocations. To be loaded on a machine whose
 * clock counts them (QEMU with -icount shift=0: a nanosecond is an
 * instruction). Each figure is the lowest of many short batches, which leaves
 * out interrupts, less what an empty batch takes. Builds for any kernel, with
 * and without page_owner.
 */
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#define BATCHES		100
#define PAIRS		16
#define HELD		512
#define BULK		64
#define DEEPER		12

static struct page **pages;

/* Each of these does its work once and returns how many pairs that was. */

static noinline unsigned int empty(void)
{
	return 1;
}

static __always_inline unsigned int pairs(unsigned int order)
{
	unsigned int i;

	for (i = 0; i < PAIRS; i++)
		__free_pages(alloc_pages(GFP_KERNEL, order), order);
	return PAIRS;
}

static noinline unsigned int order_0(void)
{
	return pairs(0);
}

static noinline unsigned int order_3(void)
{
	return pairs(3);
}

static noinline unsigned int order_9(void)
{
	return pairs(9);
}

static noinline unsigned int held(void)
{
	unsigned int i;

	for (i = 0; i < HELD; i++)
		pages[i] = alloc_page(GFP_KERNEL);
	for (i = 0; i < HELD; i++)
		__free_page(pages[i]);
	return HELD;
}

static noinline unsigned int bulk(void)
{
	unsigned long nr, i;

	memset(pages, 0, BULK * sizeof(*pages));
	nr = alloc_pages_bulk_array(GFP_KERNEL, BULK, pages);
	for (i = 0; i < nr; i++)
		__free_page(pages[i]);
	return nr;
}

/* The barriers keep the compiler from making jumps or loops of the calls. */
static noinline unsigned int deeper(unsigned int frames)
{
	unsigned int nr;

	barrier();
	nr = frames > 1 ? deeper(frames - 1) : order_0();
	barrier();
	return nr;
}

static noinline unsigned int order_0_deeper(void)
{
	return deeper(DEEPER);
}

/* The lowest time of a batch, times 100 per pair. */
static void measure(const char *name, unsigned int (*work)(void), u64 *base)
{
	u64 best = U64_MAX;
	unsigned int nr = 1;
	int i;

	for (i = 0; i < BATCHES; i++) {
		u64 start = ktime_get_ns();

		nr = work();
		best = min(best, ktime_get_ns() - start);
	}
	if (!*base)
		*base = best;
	else
		pr_info("po_bench: %llu %s\n",
			div_u64(best - *base + nr / 2, nr), name);
}

/* The tracker's cost in memory is in a variable that modules do not see. */
static void page_ext(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	unsigned long *size;

	if (register_kprobe(&kp))
		return;
	lookup = (void *)kp.addr;
	unregister_kprobe(&kp);
	size = (unsigned long *)lookup("page_ext_size");
	pr_info("po_bench: %lu bytes of page_ext per page\n", size ? *size : 0);
}

static int __init po_bench_init(void)
{
	u64 base = 0;

	pages = kcalloc(HELD, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	measure("empty", empty, &base);
	measure("order 0", order_0, &base);
	measure("order 3", order_3, &base);
	measure("order 9", order_9, &base);
	measure("512 allocated then freed", held, &base);
	measure("bulk of 64, per page", bulk, &base);
	measure("order 0, 12 frames deeper", order_0_deeper, &base);
	page_ext();
	return 0;
}

static void __exit po_bench_exit(void)
{
	kfree(pages);
}

module_init(po_bench_init);
module_exit(po_bench_exit);
MODULE_DESCRIPTION("Instructions per page allocation");
MODULE_LICENSE("GPL");
