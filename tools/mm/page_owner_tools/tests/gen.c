// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner_gen KERNEL RECORDS BLOCKS - make up a page_owner dump
 *
 * The records of BLOCKS different blocks come in a fixed order that looks
 * random, each with its own PFN and time, in the format of that KERNEL, or of free
 * pages ("freed"). Sizes are those of a real dump: 650 bytes a record, most stacks
 * used rarely.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kernel { V4_4, V4_19, V5_11, V5_13, V5_18, V6_9, V6_12, FREED, NR_KERNELS };

static const char *const names[NR_KERNELS] = {
	"4.4", "4.19", "5.11", "5.13", "5.18", "6.9", "6.12", "freed"
};

static unsigned long long state = 1;

static unsigned int rnd(unsigned int n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % n;
}

/* A number that depends on the block only. */
static unsigned int of_block(unsigned int block, unsigned int salt, unsigned int n)
{
	unsigned long long x = (block * 31ull + salt + 1) * 0x9e3779b97f4a7c15ull;

	return (x >> 40) % n;
}

static unsigned int order_of(unsigned int block)
{
	static const unsigned char orders[] = { 0, 0, 0, 0, 1, 2, 3, 9 };

	return orders[of_block(block, 1, sizeof(orders))];
}

static int is_slab(unsigned int block)
{
	return of_block(block, 2, 4) == 0;
}

static void put_head(enum kernel v, unsigned int block, unsigned long long ts)
{
	static const char *const comms[] = {
		"init", "kworker/0:1-eve", "a b", "(sd-pam)", "bash,x", "swapper/0"
	};

	printf("Page %sallocated via order %u, mask 0x%x", v == FREED ? "last " : "",
	       order_of(block), 0xcc0 + of_block(block, 3, 3));
	if (v > V4_4)
		printf("(GFP_KERNEL|__GFP_ZERO)");
	if (v >= V5_11)
		printf(", pid %u", 1 + of_block(block, 4, 40));
	if (v >= V5_18)
		printf(", tgid %u (%s)", 1 + of_block(block, 5, 20),
		       comms[of_block(block, 6, sizeof(comms) / sizeof(*comms))]);
	if (v >= V5_11)
		printf(", ts %llu ns", ts);
	if (v == V5_13 || v == V5_18)
		printf(", free_ts %llu ns", rnd(2) ? ts / 2 : ts + 5);
	putchar('\n');
}

static void put_pfn(enum kernel v, unsigned int block, unsigned long pfn)
{
	const char *type = of_block(block, 7, 8) ? "Movable" : "CMA";

	printf(v <= V4_19 ? "PFN %lu " : "PFN 0x%lx ", pfn);
	printf("type Unmovable Block %lu type %s Flags 0x%s(%snode=0|zone=1)\n",
	       pfn >> 9, type, "17ffffc0000200",
	       is_slab(block) && v < V6_12 ? "slab|" : "");
}

static void put_stack(enum kernel v, unsigned int block)
{
	const char *addr = v == V4_4 ? "[<ffffffff8115f5a2>] " : "";
	unsigned int shape = of_block(block, 8, 60);
	unsigned int depth = 5 + shape % 12;

	printf(" %s__alloc_pages+0x1a5/0x2b0\n", addr);
	if (is_slab(block)) {
		printf(" %sallocate_slab+0x2f1/0x450\n", addr);
		printf(" %s___slab_alloc+0x3d/0x9a0\n", addr);
	} else if (shape % 5 == 0) {
		printf(" %svm_area_alloc_pages.constprop.0+0x6b/0x130\n", addr);
		printf(" %s__vmalloc_node_range+0x20c/0x6e0\n", addr);
	}
	for (unsigned int i = 0; i < depth; i++)
		printf(" %ssome_function_of_%05u+0x%x/0x%x%s\n", addr,
		       shape * 97 + i * 7, 0x11 + i, 0x400 + shape,
		       i == 3 && shape % 4 == 0 ? " [a_module]" : "");
	if (shape % 7 == 1)
		printf("Page has been migrated, last migrate reason: compaction\n");
	if (shape % 7 == 2 && v >= V5_18 && v != FREED)
		printf("Charged to memcg /system.slice/some.service\n");
}

static void put_free(unsigned int block, unsigned long long ts)
{
	printf("Page freed by pid %u, tgid %u, ts %llu ns\n", 1 + of_block(block, 9, 40),
	       1 + of_block(block, 10, 20), ts + 5);
	printf(" __free_pages+0x35/0x60\n some_release_of_%05u+0x1f/0x80\n",
	       of_block(block, 11, 30));
}

int main(int argc, char **argv)
{
	unsigned long long records, ts = 1000;
	unsigned int blocks, v;
	unsigned long pfn = 4096;

	for (v = 0; argc == 4 && v < NR_KERNELS; v++) {
		if (!strcmp(argv[1], names[v]))
			break;
	}
	if (argc != 4 || v == NR_KERNELS) {
		fprintf(stderr, "usage: page_owner_gen KERNEL RECORDS BLOCKS\n");
		return 2;
	}
	records = strtoull(argv[2], NULL, 10);
	blocks = atoi(argv[3]);
	while (records--) {
		unsigned int block = rnd(rnd(blocks) + 1);

		ts += 1 + rnd(100000);
		put_head(v, block, ts);
		put_pfn(v, block, pfn);
		put_stack(v, block);
		if (v == FREED)
			put_free(block, ts);
		putchar('\n');
		pfn += 1ul << order_of(block);
	}
	return fflush(stdout) || ferror(stdout);
}
