// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: how recording itself fares.
 *
 * page_owner_stats      how stacks were captured, and what memory is used
 * page_owner_verify     compare every capture with what the unwinder says
 * page_owner_recording  whether owners are recorded, or recording is paused
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/page_ext.h>
#include <linux/seq_file.h>
#include <linux/stack_cache.h>

#include "page_owner.h"

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

static int verify_get(void *data, u64 *val)
{
	*val = page_owner_capture_verifies();
	return 0;
}

static int verify_set(void *data, u64 val)
{
	if (val > 1)
		return -EINVAL;
	page_owner_capture_verify(val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(verify_fops, verify_get, verify_set, "%llu\n");

static int recording_get(void *data, u64 *val)
{
	*val = page_owner_records();
	return 0;
}

static int recording_set(void *data, u64 val)
{
	if (val > 1)
		return -EINVAL;
	page_owner_record_on(val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(recording_fops, recording_get, recording_set, "%llu\n");

static int __init page_owner_stats_init(void)
{
	if (!page_owner_enabled())
		return 0;
	debugfs_create_file("page_owner_stats", 0400, NULL, NULL,
			    &page_owner_stats_fops);
	debugfs_create_file("page_owner_verify", 0600, NULL, NULL, &verify_fops);
	debugfs_create_file("page_owner_recording", 0600, NULL, NULL,
			    &recording_fops);
	return 0;
}
late_initcall(page_owner_stats_init);
