// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the dump, /sys/kernel/debug/page_owner.
 *
 * One record per allocation. The file position is a PFN: a read gives the
 * allocations at or after it, as many as fit, and leaves the position one past
 * the last one. Writing sets what this open file shows; after "show" the next
 * read gives what that is, and nothing else.
 *
 * Records are gathered in a buffer and copied out together, because copying and
 * keeping memory online have a price of their own each time. Memory is online
 * while records are gathered, not while they are copied, which may sleep for
 * memory.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../internal.h"
#include "cache.h"
#include "dump.h"
#include "filter.h"
#include "text.h"
#include "walk.h"

/* Enough for any filter, in its own words, and the error. */
#define DUMP_NOTE	(2 * PAGE_OWNER_FILTER_MAX)

/* A walk keeps memory online for at most so many pages: 1 GiB of 4 KiB pages. */
#define DUMP_SPAN	BIT(18)

/* Gathers in mode=raw, if this kernel has it. */
static int (*gather_raw)(struct page_owner_dump *dump, struct page_owner_walk *walk,
			 loff_t pos) __ro_after_init;

/* What has been promised, less what the allocator may round up to. */
static_assert(SZ_4M + 4 * SZ_1M / 10 - 100 * SZ_1K >=
	      sizeof(struct page_owner_dump) + PAGE_OWNER_DUMP_BUFFER + DUMP_NOTE +
	      PAGE_OWNER_DUMP_STREAM + PAGE_OWNER_CACHE_MAX);

static void dump_free(struct page_owner_dump *dump)
{
	page_owner_cache_destroy(&dump->cache);
	kfree(dump->stream);
	kvfree(dump->note);
	kvfree(dump->buf);
	kvfree(dump);
}

static int dump_open(struct inode *inode, struct file *file)
{
	struct page_owner_dump *dump = kvzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	dump->buf = kvmalloc(PAGE_OWNER_DUMP_BUFFER, GFP_KERNEL);
	if (!dump->buf || page_owner_cache_init(&dump->cache)) {
		dump_free(dump);
		return -ENOMEM;
	}
	mutex_init(&dump->lock);
	file->private_data = dump;
	return 0;
}

static int dump_release(struct inode *inode, struct file *file)
{
	dump_free(file->private_data);
	return 0;
}

static bool dump_is_raw(const struct page_owner_dump *dump)
{
	return dump->filter.mode == PAGE_OWNER_MODE_RAW;
}

static bool dump_match(const struct page_owner_snapshot *snap, void *data)
{
	struct page_owner_dump *dump = data;

	return page_owner_filter_match(&dump->filter, snap, dump->now, &dump->cache);
}

/* Where a read begins, and which records it wants. */
static void dump_begin(struct page_owner_dump *dump, struct page_owner_walk *walk,
		       loff_t pos)
{
	const struct page_owner_filter *filter = &dump->filter;

	*walk = (struct page_owner_walk) {
		.pfn = clamp_t(loff_t, pos, min_low_pfn, max_pfn),
		.nodes = filter->by_node ? &filter->nodes : NULL,
		.zones = filter->choices[PAGE_OWNER_BY_ZONE],
		.freed = filter->choices[PAGE_OWNER_BY_STATE] &
			 BIT(PAGE_OWNER_STATE_FREE),
		.match = page_owner_filter_compares(filter) ? dump_match : NULL,
		.data = dump,
	};
	walk->end = min(max_pfn, walk->pfn + DUMP_SPAN);
	/* One page earlier: is the first one part of a freed block before it? */
	if (walk->freed && walk->pfn)
		page_owner_walk_look_back(walk, &dump->snap);
	/* The name of a memory cgroup is good for one gathering. */
	dump->snap.memcg_ino = 0;
}

/* Not in the usual case; as page_owner_dump_find(). */
int page_owner_dump_find_slowly(struct page_owner_dump *dump,
				struct page_owner_walk *walk)
{
	int ret;

	while (!(ret = page_owner_walk_next(walk, &dump->snap))) {
		if (walk->pfn >= max_pfn)
			return 0;
		put_online_mems();
		cond_resched();
		get_online_mems();
		walk->end = min(max_pfn, walk->pfn + DUMP_SPAN);
	}
	return ret;
}

/*
 * Gathers whole records of text, up to @room bytes. If the first one is larger
 * than that it is gathered alone. Returns as page_owner_dump_find().
 */
static int gather_text(struct page_owner_dump *dump, struct page_owner_walk *walk,
		       size_t room)
{
	char *p = dump->buf, *end;
	int ret;

	while ((ret = page_owner_dump_find(dump, walk)) > 0) {
		end = page_owner_format(p, &dump->snap, dump->filter.mode,
					&dump->cache);
		/* One that does not fit is found again by its position. */
		if (end - dump->buf > room && p != dump->buf)
			break;
		p = end;
		dump->rest_pos = dump->snap.pfn + 1;
		if (p - dump->buf >= room || signal_pending(current))
			break;
	}
	dump->rest_len = p - dump->buf;
	return ret;
}

/*
 * Gathers what comes at @pos in dump->rest. dump->rest_pos becomes one past the
 * last PFN. Returns 0 or an error, which comes after all that is gathered.
 */
static int dump_gather(struct page_owner_dump *dump, size_t room, loff_t pos)
{
	bool known_end = dump->at_end && dump->rest_pos == pos;
	struct page_owner_walk walk;
	int ret;

	dump->rest = dump->buf;
	dump->rest_len = 0;
	dump->rest_pos = pos;
	dump->at_end = false;
	if (known_end)
		return 0;

	get_online_mems();
	dump_begin(dump, &walk, pos);
	if (dump_is_raw(dump))
		ret = gather_raw(dump, &walk, pos);
	else
		ret = gather_text(dump, &walk, room);
	put_online_mems();
	dump->at_end = !ret && dump->rest_len;
	return min(ret, 0);
}

/* Hands out what has been gathered; what does not fit stays. */
static ssize_t dump_copy_rest(struct page_owner_dump *dump, char __user *buf,
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
static ssize_t dump_fill(struct page_owner_dump *dump, char __user *buf, size_t count,
			 loff_t *pos)
{
	ssize_t done = 0, ret;

	do {
		size_t room = min(count - done, PAGE_OWNER_DUMP_GATHER);

		ret = dump_gather(dump, room, *pos);
		if (!dump->rest_len)
			break;
		/* Only a raw stream goes on in the next read wherever it is. */
		if (done && dump->rest_len > room && !dump_is_raw(dump)) {
			dump->rest_len = 0;
			break;
		}
		ret = dump_copy_rest(dump, buf + done, room);
		/* What has not been begun is found again by its position. */
		if (ret < 0) {
			dump->rest_len = 0;
			dump->stream_live = false;
			break;
		}
		done += ret;
		*pos = dump->rest_pos;
		if (dump->rest_len || dump->at_end || signal_pending(current))
			return done;
		if (room < PAGE_OWNER_DUMP_GATHER && !dump_is_raw(dump))
			return done;
		cond_resched();
	} while (done < count);
	return done ?: ret;
}

/* Prints what is in force, and what was wrong, for the next read. */
static int dump_make_note(struct page_owner_dump *dump)
{
	struct seq_buf s;

	if (!dump->note)
		dump->note = kvmalloc(DUMP_NOTE, GFP_KERNEL);
	if (!dump->note)
		return -ENOMEM;
	seq_buf_init(&s, dump->note, DUMP_NOTE);
	seq_buf_puts(&s, "filter: ");
	page_owner_filter_show(&s, &dump->filter);
	seq_buf_printf(&s, "\nerror: %s\n\n", dump->error.text[0] ?
					       dump->error.text : "none");
	dump->filter.show = false;
	dump->note_len = seq_buf_used(&s);
	dump->note_done = 0;
	return 0;
}

static ssize_t dump_read_note(struct page_owner_dump *dump, char __user *buf, size_t count)
{
	size_t len = min(count, dump->note_len - dump->note_done);

	if (copy_to_user(buf, dump->note + dump->note_done, len))
		return -EFAULT;
	dump->note_done += len;
	return len;
}

static ssize_t dump_read(struct file *file, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct page_owner_dump *dump = file->private_data;
	ssize_t ret;

	if (!count)
		return 0;
	if (mutex_lock_interruptible(&dump->lock))
		return -ERESTARTSYS;
	dump->now = local_clock();
	if (dump->note_done < dump->note_len)
		ret = dump_read_note(dump, buf, count);
	else if (dump->rest_len && dump->rest_pos == *pos)
		ret = dump_copy_rest(dump, buf, count);
	else
		ret = dump_fill(dump, buf, count, pos);
	mutex_unlock(&dump->lock);
	return ret;
}

/* The next read begins anew, whatever its position. */
static void dump_forget(struct page_owner_dump *dump)
{
	dump->rest_len = 0;
	dump->at_end = false;
	dump->stream_live = false;
}

/* Positions are PFNs. To ask for the position (ftell) keeps what is left over. */
static loff_t dump_llseek(struct file *file, loff_t offset, int whence)
{
	struct page_owner_dump *dump = file->private_data;
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
		dump_forget(dump);
		file->f_pos = pos;
	}
	mutex_unlock(&dump->lock);
	return pos;
}

/* Says why nothing was taken of a filter that is not even looked at. */
static ssize_t dump_refuse(struct page_owner_dump *dump, const char *why)
{
	int ret = mutex_lock_interruptible(&dump->lock);

	if (ret)
		return ret;
	strscpy(dump->error.text, why);
	mutex_unlock(&dump->lock);
	return -EINVAL;
}

static ssize_t dump_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct page_owner_dump *dump = file->private_data;
	char *text;
	int ret;

	if (count > PAGE_OWNER_FILTER_MAX)
		return dump_refuse(dump, "too long");
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(text);

	ret = mutex_lock_interruptible(&dump->lock);
	if (!ret) {
		bool was_raw = dump_is_raw(dump);

		ret = page_owner_filter_parse(&dump->filter, text, &dump->error);
		/* What is remembered may depend on the filter. */
		if (ret > 0) {
			page_owner_cache_clear(&dump->cache);
			if (was_raw || dump_is_raw(dump))
				dump_forget(dump);
			dump->at_end = false;
		}
		if (ret >= 0 && dump->filter.show)
			ret = dump_make_note(dump);
		mutex_unlock(&dump->lock);
	}
	kfree(text);
	return ret < 0 ? ret : count;
}

/**
 * page_owner_dump_add_raw() - there is a mode=raw
 * @gather: gathers a piece of the stream at dump->buf, as the walk comes from file
 *          position @pos. Sets the stream's members of @dump, rest_len and rest_pos.
 *          Returns as page_owner_dump_find(). Pieces do not end with reads.
 *
 * Context: Boot.
 */
void __init page_owner_dump_add_raw(int (*gather)(struct page_owner_dump *dump,
						  struct page_owner_walk *walk,
						  loff_t pos))
{
	gather_raw = gather;
	page_owner_mode_names[PAGE_OWNER_MODE_RAW] = "raw";
}

const struct file_operations page_owner_dump_fops = {
	.owner		= THIS_MODULE,
	.open		= dump_open,
	.release	= dump_release,
	.read		= dump_read,
	.write		= dump_write,
	.llseek		= dump_llseek,
};
