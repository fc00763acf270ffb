// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: the way down the tree by frame pointers. Theory: lib/stack_cache.c.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/stack_tree.h>
#include <asm/stacktrace.h>
#include <asm/unwind.h>

/*
 * Where the CPU's stack for interrupts ends, as far as anybody has been seen on it.
 * It stays there.
 */
static DEFINE_PER_CPU(unsigned long, irq_stack_end);

/* Sees to it that the next lookup on this stack knows it. */
static void note_irq_stack(const unsigned long *slot)
{
	unsigned long visited = 0;
	struct stack_info info;

	if (!get_stack_info((unsigned long *)slot, current, &info, &visited) &&
	    info.type == STACK_TYPE_IRQ)
		this_cpu_write(irq_stack_end, (unsigned long)info.end);
}

/* The outermost frame of a task lies below the registers of its entry. */
static const struct stack_frame *last_frame(void)
{
	return (const struct stack_frame *)task_pt_regs(current) - 1;
}

/*
 * Whether the unwinder stops here. The last frame's function may have aligned the
 * stack, with a copy of its return address, or be traced as it is entered.
 */
static bool is_last(const struct stack_frame *frame, const struct stack_frame *last)
{
	const unsigned long *word = (const unsigned long *)frame;

	switch ((const unsigned long *)last - word) {
	case 0:
		return true;
	case 1:
		return frame->return_address == last->return_address;
	case 3:
		return word[0] == word[2] && word[1] == word[4];
	}
	return false;
}

/* Below this there is no need to ask. */
static const struct stack_frame *first_doubtful(const struct stack_frame *last)
{
	return (const void *)last - 3 * sizeof(long);
}

static bool lies_above(const struct stack_frame *next, const struct stack_frame *frame)
{
	return next >= frame + 1 && IS_ALIGNED((unsigned long)next, sizeof(long));
}

/*
 * Goes down the tree as long as frames lie above each other and below @limit. Sets
 * @at to the last one that does.
 */
static __always_inline const struct stack_node *
follow_frames(const struct stack_node *node, const struct stack_frame **at,
	      const struct stack_frame *limit)
{
	const struct stack_frame *frame = *at, *next;
	const struct stack_node *child;

	/* Pairs with smp_store_release() in publish_node(). */
	while ((child = READ_ONCE(node->child))) {
		if (unlikely(child->ip != frame->return_address)) {
			child = stack_tree_find_child(node, frame->return_address);
			if (!child)
				return NULL;
		}
		node = child;
		next = frame->next_frame;
		if (unlikely(next >= limit || !lies_above(next, frame))) {
			*at = frame;
			break;
		}
		frame = next;
	}
	return node;
}

static __always_inline const struct stack_node *
find_on_task_stack(const struct stack_node *node, const struct stack_frame *frame)
{
	const struct stack_frame *last = last_frame(), *next = frame;

	if (likely(frame < first_doubtful(last))) {
		node = follow_frames(node, &frame, first_doubtful(last));
		if (!node || !node->child)
			return node;
		next = frame->next_frame;
		if (!lies_above(next, frame))
			return NULL;
	}
	while (next <= last) {
		frame = next;
		node = stack_tree_get_child(node, frame->return_address);
		if (!node || !node->child || is_last(frame, last))
			return node;
		next = frame->next_frame;
		if (!lies_above(next, frame))
			return NULL;
	}
	return NULL;
}

/* The stack may go on where the interrupt came in, on the task's. */
static noinline const struct stack_node *
find_on_irq_stack(const struct stack_frame *frame)
{
	unsigned long end = this_cpu_read(irq_stack_end);
	const unsigned long *entered = (const unsigned long *)end - 1;
	const struct stack_node *node;

	if (end - (unsigned long)frame > IRQ_STACK_SIZE)
		return NULL;
	node = follow_frames(&stack_tree_root, &frame, (const struct stack_frame *)entered);
	if (!node || !node->child)
		return node;
	frame = frame->next_frame;
	if (!on_task_stack(*entered) || !on_task_stack((unsigned long)frame) ||
	    !IS_ALIGNED((unsigned long)frame, sizeof(long)))
		return NULL;
	return find_on_task_stack(node, frame);
}

/**
 * stack_cache_find() - look up the running stack
 * @slot: from stack_cache_slot()
 *
 * Context: Any; RCU read lock held until the result has been used.
 * Return: the stack, NULL if the cache does not know it.
 */
const struct stack_cache_stack *stack_cache_find(const unsigned long *slot)
{
	const struct stack_frame *frame =
		container_of(slot, struct stack_frame, return_address);
	const struct stack_node *node;

	if (likely(on_task_stack((unsigned long)frame)))
		node = find_on_task_stack(&stack_tree_root, frame);
	else
		node = find_on_irq_stack(frame);
	/* Pairs with smp_store_release() in end_stack(). */
	if (unlikely(!node || !smp_load_acquire(&node->stack.handle)))
		return NULL;
	this_cpu_inc(stack_cache_counters.hits);
	return &node->stack;
}

/* Whether looking up would come here, and find this return address. */
static bool is_plain_frame(const struct unwind_state *state, unsigned long ip)
{
	const struct stack_frame *frame = (const void *)state->bp;

	return !state->regs && IS_ALIGNED((unsigned long)frame, sizeof(long)) &&
	       frame->return_address == ip && stack_tree_keeps_code(ip);
}

void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path)
{
	unsigned long *first = (unsigned long *)slot - 1, ip;
	struct unwind_state state;

	note_irq_stack(slot);
	unwind_start(&state, current, NULL, first);
	path->known = state.bp == first;
	while (!unwind_done(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)
			break;
		path->known &= is_plain_frame(&state, ip);
		path->step[path->nr] = (struct stack_cache_step) { .ip = ip };
		if (++path->nr == STACK_CACHE_DEPTH || stack_tree_ends_at(ip))
			return;
		path->to_last = is_last((const void *)state.bp, last_frame());
		/* Behind it are only the registers of user space, if any. */
		if (path->to_last)
			return;
		unwind_next_frame(&state);
	}
	/* Some other end, which does not follow from what was seen. */
	path->known = false;
}

/* No rows: frames are found by following the chain, so the tree is as good. */
const unsigned int stack_cache_row_size;

struct stack_row *stack_cache_fill_row(void *memory,
				       const struct stack_cache_path *path,
				       const struct stack_cache_stack *stack)
{
	return NULL;
}

void stack_cache_forget_guesses(void)
{
}
