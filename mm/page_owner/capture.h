/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: from the running context to a stack and a task.
 */
#ifndef _MM_PAGE_OWNER_CAPTURE_H
#define _MM_PAGE_OWNER_CAPTURE_H

#include <linux/jump_label.h>
#include <linux/sched.h>
#include <linux/stack_cache.h>
#include <linux/stackdepot.h>
#include <linux/types.h>

#include "task.h"

/* Frames kept of a stack, the tracker's own not among them. */
#define PAGE_OWNER_DEPTH	STACK_CACHE_DEPTH

/* Frames between a hook and the tracer: they are not the allocation's. */
#define PAGE_OWNER_OWN_FRAMES	2

/**
 * struct page_owner_capture_stats - comparison with the unwinder
 * @compared: stacks compared
 * @different: stacks that were not what stack_trace_save() says
 */
struct page_owner_capture_stats {
	u64 compared;
	u64 different;
};

/* Every capture is compared with what the unwinder says. */
DECLARE_STATIC_KEY_FALSE(page_owner_verify);

depot_stack_handle_t page_owner_capture_alloc(const unsigned long *slot,
					      gfp_t gfp);
depot_stack_handle_t page_owner_capture_free(const unsigned long *slot);
void page_owner_capture_read_stats(struct page_owner_capture_stats *stats);

/**
 * page_owner_capture_known() - the running stack, in the usual case
 * @slot: stack_cache_slot() of the hook that calls this
 * @freeing: whether that is a free
 *
 * That is if it has been seen before, and the running task has an identity, and is
 * not recording already.
 *
 * Context: Any; RCU read lock held until the result has been used.
 * Return: the stack; NULL if it must be captured.
 */
static __always_inline const struct stack_cache_stack *
page_owner_capture_known(const unsigned long *slot, bool freeing)
{
	if (unlikely(current->in_page_owner) ||
	    static_branch_unlikely(&page_owner_verify) ||
	    unlikely(!page_owner_task_known(current->page_owner_task, freeing)))
		return NULL;
	return stack_cache_find(slot);
}

#endif /* _MM_PAGE_OWNER_CAPTURE_H */
