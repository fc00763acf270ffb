/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stack cache: find the handle of the running stack without unwinding it.
 *
 * For users of stackdepot that save a stack so often that the unwinder is what
 * they cost. How it works, and why it is exact: lib/stack_cache.c.
 */
#ifndef _LINUX_STACK_CACHE_H
#define _LINUX_STACK_CACHE_H

#include <linux/stackdepot.h>
#include <linux/types.h>

/* Frames of a stack; deeper ones are cut off. */
#define STACK_CACHE_DEPTH 16

/**
 * struct stack_cache_stack - a stack that the cache knows
 * @handle: the stack in stackdepot
 * @data: what the user gave to stack_cache_add()
 */
struct stack_cache_stack {
	depot_stack_handle_t handle;
	void *data;
};

/**
 * enum stack_cache_kind - how to get from a return address to the next one
 * @STACK_CACHE_USUAL: its place is known
 * @STACK_CACHE_FRAME_POINTER: if frame pointers are where they were, too
 * @STACK_CACHE_INTERRUPT: on the stack that was left for an interrupt or softirq
 */
enum stack_cache_kind {
	STACK_CACHE_USUAL,
	STACK_CACHE_FRAME_POINTER,
	STACK_CACHE_INTERRUPT,
};

/**
 * struct stack_cache_word - a pointer to the stack, on the stack
 * @at: where it lies, in bytes from the first return address on its stack; 0 for
 *      none
 * @to: where it points, in bytes from there. For STACK_CACHE_INTERRUPT, how many
 *      bytes above the address that it holds the next return address lies.
 */
struct stack_cache_word {
	s32 at;
	s32 to;
};

/**
 * struct stack_cache_step - how to find one return address, and the next
 * @ip: the return address
 * @at: where it lies, in bytes from the first one on the same stack
 * @kind: how to get to the next one
 * @word: for other than usual kinds, what that depends on
 */
struct stack_cache_step {
	unsigned long ip;
	u32 at;
	enum stack_cache_kind kind;
	struct stack_cache_word word[2];
};

/**
 * struct stack_cache_path - the running stack, as the unwinder sees it
 * @nr: frames
 * @known: every step follows from the return addresses before it, so the stack
 *         may be remembered
 * @to_last: with frame pointers: the stack ends because this is the last frame of
 *           a task, which is known by its place
 * @user_regs: with ORC: 0, or where the registers lie with which user space
 *             entered the kernel: the stack ends there
 * @user_cs: the code segment in these registers, which says whose they are
 * @step: the frames, innermost first
 */
struct stack_cache_path {
	unsigned int nr;
	bool known;
	bool to_last;
	u32 user_regs;
	u32 user_cs;
	struct stack_cache_step step[STACK_CACHE_DEPTH];
};

/**
 * struct stack_cache_stats - what has been asked of the cache
 * @hits: stacks found
 * @misses: stacks not found, and then unwound
 * @unknown: of @misses, those that may not be remembered
 * @nodes: frames remembered
 * @flushes: times that all was forgotten
 */
struct stack_cache_stats {
	u64 hits;
	u64 misses;
	u64 unknown;
	unsigned long nodes;
	unsigned long flushes;
};

/*
 * The first return address of the running function's caller, for the functions
 * below. The function must not be inlined, and stays on the stack meanwhile.
 */
#ifdef CONFIG_STACK_CACHE_FAST
#define stack_cache_slot() \
	((const unsigned long *)__builtin_frame_address(0) + 1)
#else
#define stack_cache_slot() ((const unsigned long *)NULL)
#endif

#ifdef CONFIG_STACK_CACHE_FAST
const struct stack_cache_stack *stack_cache_find(const unsigned long *slot);
#else
static inline const struct stack_cache_stack *
stack_cache_find(const unsigned long *slot)
{
	return NULL;
}
#endif

void stack_cache_trace(const unsigned long *slot, unsigned int skip,
		       struct stack_cache_path *path);
unsigned int stack_cache_entries(const struct stack_cache_path *path,
				 unsigned long *entries);
void stack_cache_add(const struct stack_cache_path *path,
		     const struct stack_cache_stack *stack, gfp_t gfp,
		     bool can_alloc);
void stack_cache_read_stats(struct stack_cache_stats *stats);
int stack_cache_init(void);

#endif /* _LINUX_STACK_CACHE_H */
