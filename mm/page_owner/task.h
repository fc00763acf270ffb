/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: identities of tasks, which records refer to by a number.
 */
#ifndef _MM_PAGE_OWNER_TASK_H
#define _MM_PAGE_OWNER_TASK_H

#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * struct page_owner_task - the identity of a task
 * @refs: records of allocated blocks that refer to it, less @own; while the task
 *        lives, PAGE_OWNER_TASK_LIVES more
 * @own: those that the task has counted itself: written by it alone, between
 *       page_owner_count_begin() and page_owner_count_end(), until it gives the
 *       identity up
 * @id: its number, 0 for the one that stands for tasks not known
 * @since: local_clock() of when it was made, U64_MAX if the place is free
 * @pid: thread
 * @tgid: process
 * @comm: command name, padded with zeroes
 * @orphan: link in a list of those whose last reference an NMI dropped
 * @next: next free place in the same page
 *
 * A cache line of its own: each allocation writes @own, and so would those of
 * neighbours on other CPUs. Both are as wide as memory has pages: one task may have
 * all of them.
 */
struct page_owner_task {
	atomic_long_t refs;
	long own;
	u32 id;
	u64 since;
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
	union {
		struct llist_node orphan;
		u32 next;
	};
} ____cacheline_aligned_in_smp;

/* More than there are pages, so that no number of them that go ends an identity. */
#define PAGE_OWNER_TASK_LIVES	(LONG_MAX / 2)

/**
 * struct page_owner_identity - a copy of a task's identity
 * @pid: thread, 0 if not known
 * @tgid: process, 0 if not known
 * @comm: command name, terminated
 */
struct page_owner_identity {
	pid_t pid;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
};

/* How many identities have gone: until one does, numbers mean the same. */
extern unsigned long page_owner_tasks_gone;

int page_owner_tasks_init(void);
struct page_owner_task *page_owner_task_new(gfp_t gfp, bool can_alloc);
void page_owner_task_get(u32 id);
void page_owner_task_put(u32 id);
void page_owner_task_read(u32 id, u64 when, struct page_owner_identity *identity);
void page_owner_tasks_read_stats(unsigned long *tasks, unsigned long *pages);

/**
 * page_owner_task_known() - whether the running task has an identity
 * @task: current->page_owner_task
 * @freeing: the name does not matter, as it is not shown of a free
 *
 * Context: Any.
 * Return: true if @task is what the running task is called now.
 */
static __always_inline bool
page_owner_task_known(const struct page_owner_task *task, bool freeing)
{
	return task && task->pid == current->pid &&
	       (freeing || !memcmp(task->comm, current->comm, sizeof(task->comm)));
}

/**
 * page_owner_task_refer() - records of allocated blocks refer to the running task
 * @task: the running task's identity, or NULL
 * @nr: how many records more, or fewer if negative
 * @begun: whether this is behind page_owner_count_begin()
 *
 * Context: Any.
 */
static __always_inline void
page_owner_task_refer(struct page_owner_task *task, long nr, bool begun)
{
	/* The task has a reference, so this can be done after they do. */
	if (unlikely(!task))
		return;
	if (begun)
		task->own += nr;
	else
		atomic_long_add(nr, &task->refs);
}

#endif /* _MM_PAGE_OWNER_TASK_H */
