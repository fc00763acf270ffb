/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stack cache: what the tree of stacks and an architecture's way through it know
 * of each other. For lib/stack_cache.c and the architecture's file beside its
 * unwinder only; users of the cache include <linux/stack_cache.h>.
 */
#ifndef _LINUX_STACK_TREE_H
#define _LINUX_STACK_TREE_H

#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stack_cache.h>

/**
 * struct stack_cache_counters - what this CPU asked of the cache
 * @hits: as in struct stack_cache_stats
 * @misses: the same
 * @unknown: the same
 */
struct stack_cache_counters {
	u64 hits;
	u64 misses;
	u64 unknown;
};

DECLARE_PER_CPU(struct stack_cache_counters, stack_cache_counters);

/**
 * struct stack_node - a return address below given others
 * @child: one that may follow; NULL if the stack ends here, or if finding one
 *         takes more than @next. With frame pointers, NULL only if the stack
 *         always ends here.
 * @next: with ORC: where the next return address lies, in bytes from the first
 * @user_regs: with ORC: 0, or where there must be registers of user space for the end
 * @kind: enum stack_cache_kind
 * @ip: the return address
 * @parent: the one before; with @ip the key in the hash table
 * @stack: if the stack ends here: what it is known by
 * @row: if it ends here and has only usual steps: its words
 * @word: if it does not end here, as in struct stack_cache_step
 * @hash_next: next one in the same hash bucket
 */
struct stack_node {
	struct stack_node *child;
	u32 next;
	u16 user_regs;
	u16 kind;
	unsigned long ip;
	const struct stack_node *parent;
	union {
		struct {
			struct stack_cache_stack stack;
			struct stack_row *row;
		};
		struct stack_cache_word word[2];
	};
	struct stack_node *hash_next;
};

/* Its return address is that of no function. */
extern struct stack_node stack_tree_no_node;
/* Knows nothing but where the first return address lies. */
extern struct stack_node stack_tree_root;

struct stack_node *stack_tree_find_child(const struct stack_node *parent,
					 unsigned long ip);
bool stack_tree_keeps_code(unsigned long ip);
bool stack_tree_ends_at(unsigned long ip);

/* A usual node's first child needs no place in the hash table. */
static inline struct stack_node *
stack_tree_get_child(const struct stack_node *parent, unsigned long ip)
{
	struct stack_node *child = parent->child;

	return child && child->ip == ip ? child : stack_tree_find_child(parent, ip);
}

static inline bool on_task_stack(unsigned long addr)
{
	return addr - (unsigned long)task_stack_page(current) < THREAD_SIZE;
}

/*
 * What an architecture with CONFIG_STACK_CACHE_FAST has, beside stack_cache_find():
 * to unwind the running stack and say how it goes on from frame to frame, and,
 * where rows are kept, how large one is, how it is filled (NULL if this path needs
 * none), and to forget those that were guessed.
 */
void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path);
extern const unsigned int stack_cache_row_size;
struct stack_row *stack_cache_fill_row(void *memory,
				       const struct stack_cache_path *path,
				       const struct stack_cache_stack *stack);
void stack_cache_forget_guesses(void);

#endif /* _LINUX_STACK_TREE_H */
