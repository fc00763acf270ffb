// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the files under /sys/kernel/debug.
 *
 * page_owner           the dump: mm/page_owner/dump.c
 * page_owner_stacks/   pages per stack; joined with the dump by handle
 * page_owner_stats     how stacks were captured, and what memory is used
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/page_ext.h>
#include <linux/page_owner.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/stack_cache.h>
#include <linux/stackdepot.h>

#include "capture.h"
#include "dump.h"
#include "stacks.h"
#include "task.h"

/*
 * The stacks
 */

/* What a file under page_owner_stacks/ shows, kept in its inode. */
#define SHOW_FRAMES	BIT(0)
#define SHOW_HANDLE	BIT(1)
#define SHOW_PAGES	BIT(2)
#define SHOW_COUNTS	BIT(3)

/**
 * struct stacks_file - an open list of stacks
 * @show: what to print, SHOW_*
 * @at: the stack at position @index, where the last pass stopped
 * @index: position of @at
 */
struct stacks_file {
	unsigned long show;
	struct page_owner_stack *at;
	loff_t index;
};

/* Files that count pages leave out stacks with fewer than this. */
static u64 count_threshold;

/*
 * Called again at the same position when the buffer had to grow, and at any
 * position after a seek. Entries are only ever added at the end, so positions
 * are stable.
 */
static void *stacks_start(struct seq_file *m, loff_t *pos)
{
	struct stacks_file *stacks = m->private;

	if (!stacks->at || *pos < stacks->index) {
		stacks->at = page_owner_stack_first();
		stacks->index = 0;
	}
	while (stacks->index < *pos) {
		struct page_owner_stack *next = page_owner_stack_next(stacks->at);

		if (!next)
			return NULL;
		stacks->at = next;
		stacks->index++;
	}
	return stacks->at;
}

static void *stacks_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	cond_resched();
	return stacks_start(m, pos);
}

static void stacks_stop(struct seq_file *m, void *v)
{
}

static void show_frames(struct seq_file *m, depot_stack_handle_t handle)
{
	unsigned long *entries;
	unsigned int i, nr = stack_depot_fetch(handle, &entries);

	for (i = 0; i < nr; i++)
		seq_printf(m, " %pS\n", (void *)entries[i]);
}

/* Programs read this every second, so it is a table and not name: value. */
static void show_counts(struct seq_file *m, struct page_owner_stack *stack)
{
	struct page_owner_counts counts;

	page_owner_stack_read(stack, &counts);
	if (stack == page_owner_stack_first())
		seq_puts(m, "handle pages peak allocs frees\n");
	seq_put_decimal_ull(m, "", stack->handle);
	/* A reader can meet a free on one CPU without its allocation on another. */
	seq_put_decimal_ull(m, " ", max(counts.pages, 0L));
	seq_put_decimal_ull(m, " ", counts.peak);
	seq_put_decimal_ull(m, " ", counts.allocs);
	seq_put_decimal_ull(m, " ", counts.frees);
	seq_putc(m, '\n');
}

static int stacks_show(struct seq_file *m, void *v)
{
	struct stacks_file *stacks = m->private;
	struct page_owner_stack *stack = v;
	long pages;

	if (stacks->show & SHOW_COUNTS) {
		show_counts(m, stack);
		return 0;
	}
	pages = page_owner_stack_pages(stack);
	if ((stacks->show & SHOW_PAGES) &&
	    (pages < 1 || pages < READ_ONCE(count_threshold)))
		return 0;
	if (stacks->show & SHOW_FRAMES)
		show_frames(m, stack->handle);
	if (stacks->show & SHOW_HANDLE)
		seq_printf(m, "handle: %u\n", stack->handle);
	if (stacks->show & SHOW_PAGES)
		seq_printf(m, "nr_base_pages: %ld\n", pages);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations stacks_seq_ops = {
	.start	= stacks_start,
	.next	= stacks_next,
	.stop	= stacks_stop,
	.show	= stacks_show,
};

static int stacks_open(struct inode *inode, struct file *file)
{
	struct stacks_file *stacks;

	stacks = __seq_open_private(file, &stacks_seq_ops, sizeof(*stacks));
	if (!stacks)
		return -ENOMEM;
	stacks->show = (unsigned long)inode->i_private;
	return 0;
}

static const struct file_operations stacks_fops = {
	.owner		= THIS_MODULE,
	.open		= stacks_open,
	.release	= seq_release_private,
	.read		= seq_read,
	.llseek		= seq_lseek,
};

/*
 * How recording itself fares
 */

static int page_owner_stats_show(struct seq_file *m, void *v)
{
	struct page_owner_capture_stats capture;
	struct stack_cache_stats cache;
	unsigned long tasks, task_pages;

	stack_cache_read_stats(&cache);
	page_owner_capture_read_stats(&capture);
	page_owner_tasks_read_stats(&tasks, &task_pages);

	seq_printf(m, "stack_hits %llu\n", cache.hits);
	seq_printf(m, "stack_misses %llu\n", cache.misses);
	seq_printf(m, "stack_slow %llu\n", cache.unknown);
	seq_printf(m, "stack_nodes %lu\n", cache.nodes);
	seq_printf(m, "stack_flushes %lu\n", cache.flushes);
	seq_printf(m, "stacks_compared %llu\n", capture.compared);
	seq_printf(m, "stacks_different %llu\n", capture.different);
	seq_printf(m, "tasks %lu\n", tasks);
	seq_printf(m, "task_pages %lu\n", task_pages);
	seq_printf(m, "record_bytes %zu\n", page_owner_ops.size);
	seq_printf(m, "page_ext_bytes %lu\n", page_ext_size);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(page_owner_stats);

static void __init create_stacks_file(const char *name, struct dentry *dir,
				      unsigned long show)
{
	debugfs_create_file(name, 0400, dir, (void *)show, &stacks_fops);
}

static int __init page_owner_debugfs_init(void)
{
	struct dentry *dir;

	if (!page_owner_enabled()) {
		pr_info("page_owner is disabled\n");
		return 0;
	}

	debugfs_create_file("page_owner", 0600, NULL, NULL, &page_owner_dump_fops);
	debugfs_create_file("page_owner_stats", 0400, NULL, NULL,
			    &page_owner_stats_fops);
	dir = debugfs_create_dir("page_owner_stacks", NULL);
	create_stacks_file("show_stacks", dir, SHOW_FRAMES | SHOW_PAGES);
	create_stacks_file("show_handles", dir, SHOW_HANDLE | SHOW_PAGES);
	create_stacks_file("show_stacks_handles", dir, SHOW_FRAMES | SHOW_HANDLE);
	create_stacks_file("show_counts", dir, SHOW_COUNTS);
	debugfs_create_u64("count_threshold", 0600, dir, &count_threshold);
	return 0;
}
late_initcall(page_owner_debugfs_init);
