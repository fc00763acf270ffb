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
 * struct stack_cache_word - a step of the way along a stack
 * @at: where a word lies, in bytes from the first return address that the way's
 *      present part counts from
 * @low: the word's lower half, sign-extended: a return address. 0 is a mark that
 *       only the architecture's part knows the meaning of.
 */
struct stack_cache_word {
	u32 at;
	s32 low;
};

/* Beside a word per frame: marks, and what they take. */
#define STACK_CACHE_WORDS (STACK_CACHE_DEPTH + 32)

/**
 * struct stack_cache_path - the running stack, as the unwinder sees it
 * @nr: frames
 * @nr_words: words of the way
 * @known: every step follows from the return addresses before it, so the stack
 *         may be remembered
 * @flushes: the cache's, before the stack was unwound
 * @ip: the return addresses, innermost first
 * @word: the way along them
 */
struct stack_cache_path {
	unsigned int nr;
	unsigned int nr_words;
	bool known;
	unsigned long flushes;
	unsigned long ip[STACK_CACHE_DEPTH];
	struct stack_cache_word word[STACK_CACHE_WORDS];
};

/**
 * struct stack_cache_stats - what has been asked of the cache
 * @hits: stacks found
 * @misses: stacks not found, and then unwound
 * @unknown: of @misses, those that may not be remembered
 * @nodes: words remembered
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
