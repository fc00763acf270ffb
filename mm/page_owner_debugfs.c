// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the files under /sys/kernel/debug.
 *
 * page_owner           the dump, one record per allocation; its file position is
 *                      a PFN. Writing to it sets this open file's filter.
 * page_owner_stacks/   pages per stack; joined with the dump by handle
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "page_owner.h"

/*
 * The dump
 */

/**
 * struct dump_file - an open dump
 * @lock: protects all members, against threads that share the file
 * @filter: what this reader wants
 * @text: the record formatted last
 * @rest: what of @text did not fit into the reader's buffer yet
 * @rest_len: bytes at @rest
 * @rest_pos: file position at which @rest is due
 * @buf: the bytes of @text
 *
 * Memory per open file is this structure: about 12 KiB.
 */
struct dump_file {
	struct mutex lock;	/* All members. */
	struct page_owner_filter filter;
	struct seq_buf text;
	const char *rest;
	size_t rest_len;
	loff_t rest_pos;
	char buf[PAGE_OWNER_TEXT_MAX];
};

static int dump_open(struct inode *inode, struct file *file)
{
	struct dump_file *dump = kvzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	mutex_init(&dump->lock);
	file->private_data = dump;
	return 0;
}

static int dump_release(struct inode *inode, struct file *file)
{
	kvfree(file->private_data);
	return 0;
}

/*
 * Formats the next record at or after *pos, and moves *pos to one past its PFN.
 * Returns 1, 0 at the end, or an error. Memory is kept online meanwhile, so that
 * no struct page goes away under the walk.
 */
static int dump_next_record(struct dump_file *dump, loff_t *pos)
{
	struct page_owner_walk walk = {
		.pfn = max_t(loff_t, *pos, min_low_pfn),
		.end = max_pfn,
		.nodes = dump->filter.by_node ? &dump->filter.nodes : NULL,
	};
	struct page_owner_snapshot snap;
	int ret;

	if (*pos >= max_pfn)
		return 0;
	get_online_mems();
	ret = page_owner_walk_next(&walk, &snap);
	put_online_mems();
	if (ret <= 0)
		return ret;

	seq_buf_init(&dump->text, dump->buf, sizeof(dump->buf));
	page_owner_format(&dump->text, &snap, dump->filter.mode);
	if (WARN_ON_ONCE(seq_buf_has_overflowed(&dump->text)))
		return -EOVERFLOW;
	*pos = snap.pfn + 1;
	return 1;
}

/* Hands out what there is of a record; what does not fit stays. */
static ssize_t dump_copy_rest(struct dump_file *dump, char __user *buf,
			      size_t count)
{
	size_t len = min(count, dump->rest_len);

	if (copy_to_user(buf, dump->rest, len))
		return -EFAULT;
	dump->rest += len;
	dump->rest_len -= len;
	return len;
}

/*
 * As many whole records as fit; a record that alone is larger than the reader's
 * buffer is handed out in pieces. *pos moves past a record with its first byte.
 */
static ssize_t dump_fill(struct dump_file *dump, char __user *buf, size_t count,
			 loff_t *pos)
{
	loff_t next = *pos;
	ssize_t done = 0, ret;

	while ((ret = dump_next_record(dump, &next)) > 0) {
		dump->rest = dump->buf;
		dump->rest_len = seq_buf_used(&dump->text);
		dump->rest_pos = next;
		if (done && dump->rest_len > count - done)
			break;
		ret = dump_copy_rest(dump, buf + done, count - done);
		if (ret < 0)
			break;
		done += ret;
		*pos = next;
		if (done == count || signal_pending(current))
			return done;
		cond_resched();
	}
	/* A record that was not begun is found again by its position. */
	dump->rest_len = 0;
	return done ?: ret;
}

static ssize_t dump_read(struct file *file, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct dump_file *dump = file->private_data;
	ssize_t ret;

	if (!count)
		return 0;
	if (mutex_lock_interruptible(&dump->lock))
		return -ERESTARTSYS;
	if (dump->rest_len && dump->rest_pos == *pos) {
		ret = dump_copy_rest(dump, buf, count);
	} else {
		dump->rest_len = 0;
		ret = dump_fill(dump, buf, count, pos);
	}
	mutex_unlock(&dump->lock);
	return ret;
}

/* Positions are PFNs. Looking where we are (ftell) keeps what is left over. */
static loff_t dump_llseek(struct file *file, loff_t offset, int whence)
{
	struct dump_file *dump = file->private_data;
	loff_t pos = -EINVAL;

	if (mutex_lock_interruptible(&dump->lock))
		return -ERESTARTSYS;
	if (whence == SEEK_SET)
		pos = offset;
	else if (whence == SEEK_CUR &&
		 check_add_overflow(file->f_pos, offset, &pos))
		pos = -EINVAL;

	if (pos < 0) {
		pos = -EINVAL;
	} else if (whence == SEEK_SET || offset) {
		dump->rest_len = 0;
		file->f_pos = pos;
	}
	mutex_unlock(&dump->lock);
	return pos;
}

static ssize_t dump_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct dump_file *dump = file->private_data;
	char *text;
	int ret;

	if (count > PAGE_OWNER_FILTER_MAX)
		return -EINVAL;
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);

	ret = mutex_lock_interruptible(&dump->lock);
	if (!ret) {
		ret = page_owner_filter_parse(&dump->filter, text);
		mutex_unlock(&dump->lock);
	}
	kfree(text);
	return ret ?: count;
}

static const struct file_operations dump_fops = {
	.owner		= THIS_MODULE,
	.open		= dump_open,
	.release	= dump_release,
	.read		= dump_read,
	.write		= dump_write,
	.llseek		= dump_llseek,
};

/*
 * The stacks
 */

/* What a file under page_owner_stacks/ shows, kept in its inode. */
#define SHOW_FRAMES	BIT(0)
#define SHOW_HANDLE	BIT(1)
#define SHOW_PAGES	BIT(2)

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

static int stacks_show(struct seq_file *m, void *v)
{
	struct stacks_file *stacks = m->private;
	struct page_owner_stack *stack = v;
	long pages = page_owner_stack_pages(stack);

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

static int threshold_get(void *data, u64 *val)
{
	*val = READ_ONCE(count_threshold);
	return 0;
}

static int threshold_set(void *data, u64 val)
{
	WRITE_ONCE(count_threshold, val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(threshold_fops, threshold_get, threshold_set, "%llu\n");

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

	debugfs_create_file("page_owner", 0600, NULL, NULL, &dump_fops);
	dir = debugfs_create_dir("page_owner_stacks", NULL);
	create_stacks_file("show_stacks", dir, SHOW_FRAMES | SHOW_PAGES);
	create_stacks_file("show_handles", dir, SHOW_HANDLE | SHOW_PAGES);
	create_stacks_file("show_stacks_handles", dir, SHOW_FRAMES | SHOW_HANDLE);
	debugfs_create_file("count_threshold", 0600, dir, NULL, &threshold_fops);
	return 0;
}
late_initcall(page_owner_debugfs_init);
