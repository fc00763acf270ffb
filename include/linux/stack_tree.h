/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stack cache: what the tree of stacks and an architecture's way along a stack
 * know of each other. For lib/stack_cache.c and the architecture's file beside its
 * unwinder only; users of the cache include <linux/stack_cache.h>.
 */
#ifndef _LINUX_STACK_TREE_H
#define _LINUX_STACK_TREE_H

#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stack_cache.h>

/**
 * struct stack_row - a stack that the cache knows
 * @stack: what it is known by
 * @from: a row that begins with the same words
 * @left: index of the first word that @from has not
 * @nr: words
 * @word: the way along the stack, as the architecture's part has learnt it
 */
struct stack_row {
	struct stack_cache_stack stack;
	const struct stack_row *from;
	u32 left;
	u32 nr;
	struct stack_cache_word word[];
};

#define STACK_TREE_GUESS_BITS	10
#define STACK_TREE_EDGE_BITS	12

/**
 * struct stack_tree - all stacks that are known, from one flush to the next
 * @guess: which row it may be this time, by whatever the architecture's part finds
 *         telling; never NULL
 * @edge: hash table of the places where a row leaves another one
 * @rcu: for freeing
 * @page: where rows and edges are allocated, and how much of it is used
 * @used: bytes of it
 * @nr_pages: this and those that were filled before
 * @nr_words: words of all rows
 */
struct stack_tree {
	struct stack_row *guess[1 << STACK_TREE_GUESS_BITS];
	struct stack_edge *edge[1 << STACK_TREE_EDGE_BITS];
	struct rcu_head rcu;
	struct stack_page *page;
	unsigned int used;
	unsigned int nr_pages;
	unsigned long nr_words;
};

/* Read under RCU; NULL while there is none. */
extern struct stack_tree *stack_tree;

/* Begins all rows. Its only word is nowhere on a stack. */
extern struct stack_row stack_tree_root;
#define STACK_TREE_FIRST 1

struct stack_row *stack_tree_next(const struct stack_tree *tree,
				  const struct stack_row *row, unsigned int index,
				  unsigned long word);

/* A guess by @key, of which the bits from 3 on count. */
static __always_inline struct stack_row **
stack_tree_guess(struct stack_tree *tree, unsigned long key)
{
	/* Bytes instead of an index save the compiler two shifts. */
	return (void *)tree->guess +
	       (key & (sizeof(tree->guess) - sizeof(tree->guess[0])));
}

static inline bool stack_tree_on_task(unsigned long addr)
{
	return addr - (unsigned long)task_stack_page(current) < THREAD_SIZE;
}

/* What this CPU asked of the cache, as in struct stack_cache_stats. */
struct stack_cache_counters {
	u64 hits;
	u64 misses;
	u64 unknown;
};

DECLARE_PER_CPU(struct stack_cache_counters, stack_cache_counters);

bool stack_tree_keeps_code(unsigned long ip);
bool stack_tree_ends_at(unsigned long ip);

/*
 * Adds to a path. It may not be remembered without room for more, or with a word
 * that its lower half does not tell.
 */
static inline void stack_path_add(struct stack_cache_path *path, u32 at, long low)
{
	if (path->nr_words == STACK_CACHE_WORDS || low != (s32)low)
		path->known = false;
	else
		path->word[path->nr_words++] = (struct stack_cache_word) { at, low };
}

/*
 * What an architecture with CONFIG_STACK_CACHE_FAST has, beside stack_cache_find():
 * to unwind the running stack and say how it goes on from frame to frame. Fills in
 * @path but for @flushes; it is all 0 before, but for @known, which is true. The
 * first word is not compared. For equal words up to some index, the one after must
 * lie in the same place.
 */
void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path);

#endif /* _LINUX_STACK_TREE_H */
