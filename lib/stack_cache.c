// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: find the handle of the running stack without unwinding it.
 *
 * Theory of operation
 * ===================
 *
 * Stacks repeat. The cache is a tree of the stacks seen so far: the root's
 * children are the innermost return addresses, a node's children are the return
 * addresses found in the next frame out, and the end of a stack holds its handle
 * in stackdepot. So to look a stack up is to find the next return address, compare
 * it with the child, and go on there: ten or fifteen instructions per frame, where
 * a step of the ORC unwinder is two hundred and more.
 *
 * The result is what the unwinder would say. How the next return address is found
 * so that this holds depends on the unwinder.
 *
 * With ORC, a node knows where the next return address lies, as a distance from
 * the first one. Let the unwinder be at a frame with return address ip and stack
 * pointer sp. ORC gives for each ip a rule how to find the caller's frame. Nearly
 * always it is "so many bytes above sp". Then where the next return address lies
 * follows from ip and sp alone. By induction from the first return address, whose
 * place the caller of stack_cache_find() knows, all places follow from the return
 * addresses before. So if each word is what it was when the stack was learnt, the
 * unwinder would go the same way to the same end. No word that is compared can be
 * anything else than what the unwinder would read there, whatever else lies on the
 * stack.
 *
 * A stack is learnt only if that argument holds for each of its steps:
 *
 * - The rule uses sp. Or it uses the frame pointer, as in functions that align
 *   their stack; then the node knows where on the stack the unwinder would get
 *   that from (function prologues save it, the one that asks first of all), and
 *   it is compared, too: as a distance, like all other places.
 * - Or the rule is that of the change to the stack for interrupts and softirqs,
 *   which keeps the task's stack pointer on the new stack. Where that points is
 *   where the next return address lies, and where all places behind it are counted
 *   from.
 *
 * With frame pointers, looking up follows their chain as the unwinder does, so
 * each frame is found as the unwinder finds it, and nothing need be known about
 * its place. What the unwinder does beside that, looking up does as well, or
 * recognizes and leaves to it:
 *
 * - A frame pointer that is none, but tells of registers (its lowest bit is set),
 *   or that points down or to some other stack, is left to it. Only from an
 *   interrupt's stack does the chain go on, on the task's.
 * - The last frame of a task. The unwinder knows it by its place, or by its place
 *   and what lies beside it, and stops there whether registers of user space
 *   follow or not. So it is not the return address that tells this end.
 *
 * With both, a stack is learnt only if this holds as well:
 *
 * - The word on the stack is the return address reported. It is not while the
 *   function graph tracer or a kretprobe has replaced it; then the word is the
 *   tracer's and matches no node.
 * - The code has a rule that does not change: it belongs to the kernel or to a
 *   module, not to BPF, a trampoline or a probe. Modules are unloaded, so the
 *   whole cache is emptied when one goes, and when its init code goes.
 * - The stack ends where the unwinder or stackdepot ends it: after
 *   STACK_CACHE_DEPTH frames, at the entry of an interrupt, softirq or exception
 *   (stackdepot leaves out what they interrupted), at the last frame or a mark in
 *   entry code, or at registers of user space, which are looked at again each time.
 *
 * Everything else is unwound each time. So is what lies on a stack that is neither
 * the task's nor the CPU's for interrupts, which are those of NMI, machine checks,
 * debug exceptions and double faults. That is decided, not left to do: nobody
 * allocates there but in a kernel that is about to report an error or to die, where
 * speed is nothing and each assumption less is worth something.
 *
 * Conflicts: a node's first child is found by a pointer, all others by a hash
 * table with chains, so two stacks never displace each other. When there is no
 * room for more nodes, all is forgotten and learnt again.
 *
 * With ORC, a stack that has only usual steps is also kept as a row of its words.
 * A small table guesses from the first return address, and how far the stack's end
 * is, which row it will be this time. To compare with a row takes half of what the
 * way down the tree takes. A wrong guess costs a few instructions more, and is
 * replaced by what the tree says. With frame pointers a row would save little,
 * since the chain is followed all the same.
 *
 * Nodes are written under cache_lock, read under RCU, constant once they can be
 * reached, and freed, all together, after a grace period.
 */
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stack_cache.h>
#include <linux/stack_tree.h>
#include <linux/stacktrace.h>

DEFINE_PER_CPU(struct stack_cache_counters, stack_cache_counters);

#ifdef CONFIG_STACK_CACHE_FAST

/**
 * struct node_page - where nodes and rows are allocated
 * @rcu: for freeing
 * @older: the page that was filled before
 * @node: the nodes
 */
struct node_page {
	struct rcu_head rcu;
	struct node_page *older;
	struct stack_node node[];
};

#define NODES_PER_PAGE \
	((PAGE_SIZE - sizeof(struct node_page)) / sizeof(struct stack_node))

#define NODE_HASH_BITS 12

struct stack_node stack_tree_no_node;
struct stack_node stack_tree_root = { .child = &stack_tree_no_node };

/* Protects writes to all below; see the theory above for reading. */
static DEFINE_RAW_SPINLOCK(cache_lock);
static struct stack_node **node_hash __ro_after_init;
/* The page that nodes are taken from, and those before it. */
static struct node_page *node_pages;
static unsigned int nr_node_pages, max_node_pages;
/* Nodes of node_pages that are in use. */
static unsigned int nr_nodes = NODES_PER_PAGE;
static unsigned long nr_flushes;

static struct stack_node **node_bucket(const struct stack_node *parent,
				       unsigned long ip)
{
	return &node_hash[hash_long((unsigned long)parent + ip, NODE_HASH_BITS)];
}

struct stack_node *stack_tree_find_child(const struct stack_node *parent,
					 unsigned long ip)
{
	struct stack_node *node;

	/* Pairs with smp_store_release() in publish_node(). */
	node = smp_load_acquire(node_bucket(parent, ip));
	while (node && (node->parent != parent || node->ip != ip))
		node = node->hash_next;
	return node;
}

/*
 * Whether the code is there to stay, or goes with a module. All of it lies in
 * the last 2 GiB of the address space.
 */
bool stack_tree_keeps_code(unsigned long ip)
{
	return ip >> 31 == ULONG_MAX >> 31 &&
	       (core_kernel_text(ip) || is_module_text_address(ip));
}

/* Whether stackdepot keeps nothing of a stack behind this return address. */
bool stack_tree_ends_at(unsigned long ip)
{
	unsigned long entries[] = { ip, 0 };

	return filter_irq_stacks(entries, ARRAY_SIZE(entries)) == 1;
}

/* What a path needs at most. */
#define PATH_NODES	(STACK_CACHE_DEPTH + row_nodes())

static unsigned int row_nodes(void)
{
	return DIV_ROUND_UP(stack_cache_row_size, sizeof(struct stack_node));
}

static void free_node_page(struct rcu_head *rcu)
{
	free_page((unsigned long)rcu);
}

/* Forgets all. Returns the pages, to be freed without the lock. */
static struct node_page *flush_nodes(void)
{
	struct node_page *pages = node_pages;

	lockdep_assert_held(&cache_lock);
	memset(node_hash, 0, sizeof(*node_hash) << NODE_HASH_BITS);
	stack_cache_forget_guesses();
	node_pages = NULL;
	nr_node_pages = 0;
	nr_nodes = NODES_PER_PAGE;
	nr_flushes++;
	return pages;
}

/* Nobody is on the page any more, but the last ones to be may have guessed it. */
static void drop_guesses(struct rcu_head *rcu)
{
	stack_cache_forget_guesses();
	call_rcu(rcu, free_node_page);
}

/*
 * Readers may still be on these pages: after one grace period nobody comes upon
 * them but by a guess, after another one nobody does at all.
 */
static void retire_pages(struct node_page *pages)
{
	static_assert(!offsetof(struct node_page, rcu));

	while (pages) {
		struct node_page *older = pages->older;

		call_rcu(&pages->rcu, drop_guesses);
		pages = older;
	}
}

/*
 * Sees to room for a whole path. Returns false if there is none; what it leaves
 * in @old is to be retired, @fresh is used up or not.
 */
static bool make_room(struct node_page **fresh, struct node_page **old)
{
	lockdep_assert_held(&cache_lock);
	if (nr_nodes + PATH_NODES <= NODES_PER_PAGE)
		return true;
	if (!*fresh)
		return false;
	if (nr_node_pages >= max_node_pages)
		*old = flush_nodes();
	(*fresh)->older = node_pages;
	node_pages = *fresh;
	*fresh = NULL;
	nr_node_pages++;
	nr_nodes = 0;
	return true;
}

/* Makes the node for a path's step @i. Nobody can reach it yet. */
static struct stack_node *new_node(const struct stack_node *parent,
				   const struct stack_cache_path *path,
				   unsigned int i)
{
	struct stack_node *node = &node_pages->node[nr_nodes++];

	*node = (struct stack_node) {
		.ip = path->step[i].ip,
		.parent = parent,
	};
	if (i + 1 == path->nr) {
		node->user_regs = path->user_regs;
		node->child = path->to_last ? &stack_tree_no_node : NULL;
		return node;
	}
	node->next = path->step[i + 1].at;
	node->kind = path->step[i].kind;
	memcpy(node->word, path->step[i].word, sizeof(node->word));
	return node;
}

static void publish_node(struct stack_node *node)
{
	struct stack_node **bucket = node_bucket(node->parent, node->ip);

	node->hash_next = *bucket;
	/* Pairs with the loads in stack_tree_find_child() and find_stack(). */
	smp_store_release(bucket, node);
}

static void end_stack(struct stack_node *node, const struct stack_cache_path *path,
		      const struct stack_cache_stack *stack)
{
	if (node->stack.handle)
		return;
	node->row = stack_cache_fill_row(&node_pages->node[nr_nodes], path, stack);
	if (node->row)
		nr_nodes += row_nodes();
	node->stack.data = stack->data;
	/* Pairs with smp_load_acquire() in stack_cache_find(). */
	smp_store_release(&node->stack.handle, stack->handle);
}

/*
 * Adds what is not there yet of a path. The new nodes hang together before the
 * first of them is published, so that no reader finds an end that is none.
 */
static void add_path(const struct stack_cache_path *path,
		     const struct stack_cache_stack *stack)
{
	struct stack_node *node = &stack_tree_root, *first = NULL;
	unsigned int i;

	lockdep_assert_held(&cache_lock);
	for (i = 0; i < path->nr; i++) {
		struct stack_node *child = first ? NULL : stack_tree_get_child(node, path->step[i].ip);

		if (!child) {
			child = new_node(node, path, i);
			if (!first)
				first = child;
			else if (node->kind == STACK_CACHE_USUAL)
				node->child = child;
			else
				publish_node(child);
		}
		node = child;
	}
	end_stack(node, path, stack);
	if (first)
		publish_node(first);
}

/**
 * stack_cache_add() - remember a stack
 * @path: from stack_cache_trace()
 * @stack: what stack_cache_find() shall say
 * @gfp: restrictions for the memory that this needs
 * @can_alloc: whether memory may be allocated
 *
 * Does nothing with a path that may not be remembered, or without memory.
 *
 * Context: Any, with @can_alloc where @gfp may be allocated with. The caller has
 * seen to it that an allocation made here does not come back here.
 */
void stack_cache_add(const struct stack_cache_path *path,
		     const struct stack_cache_stack *stack, gfp_t gfp,
		     bool can_alloc)
{
	struct node_page *fresh = NULL, *old = NULL;
	unsigned long flags;

	/* An NMI must not wait for a lock that it may have interrupted. */
	if (!path->known || !path->nr || in_nmi())
		return;
	if (can_alloc && READ_ONCE(nr_nodes) + PATH_NODES > NODES_PER_PAGE)
		fresh = (void *)__get_free_page(gfp_nested_mask(gfp));

	raw_spin_lock_irqsave(&cache_lock, flags);
	if (make_room(&fresh, &old))
		add_path(path, stack);
	raw_spin_unlock_irqrestore(&cache_lock, flags);

	if (fresh)
		free_page((unsigned long)fresh);
	retire_pages(old);
}

/*
 * A module's addresses mean something else after it has gone, and those of its
 * init code after it has come up. No task can be in that code any more.
 */
static int stack_cache_module(struct notifier_block *nb, unsigned long action,
			      void *module)
{
	struct node_page *old;
	unsigned long flags;

	if (action != MODULE_STATE_GOING && action != MODULE_STATE_LIVE)
		return NOTIFY_DONE;
	raw_spin_lock_irqsave(&cache_lock, flags);
	old = flush_nodes();
	raw_spin_unlock_irqrestore(&cache_lock, flags);
	retire_pages(old);
	/* Whoever looks at the old nodes, or guesses them, does so before the code goes. */
	synchronize_rcu();
	stack_cache_forget_guesses();
	synchronize_rcu();
	return NOTIFY_OK;
}

static struct notifier_block stack_cache_module_nb = {
	.notifier_call = stack_cache_module,
};

/* One more frame, as on architectures that know no faster way. */
static noinline void unwind_or_save(const unsigned long *slot, unsigned int skip,
				    struct stack_cache_path *path)
{
	stack_cache_unwind(slot, path);
}

static void read_node_stats(struct stack_cache_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&cache_lock, flags);
	stats->nodes = nr_node_pages ? (nr_node_pages - 1) * NODES_PER_PAGE + nr_nodes : 0;
	stats->flushes = nr_flushes;
	raw_spin_unlock_irqrestore(&cache_lock, flags);
}

/* A thousandth of memory: far more nodes than a kernel has stacks. */
static int __init init_nodes(void)
{
	max_node_pages = clamp(totalram_pages() / 1024, 64UL, 4096UL);
	stack_cache_forget_guesses();
	node_hash = kcalloc(1 << NODE_HASH_BITS, sizeof(*node_hash), GFP_KERNEL);
	if (!node_hash)
		return -ENOMEM;
	return register_module_notifier(&stack_cache_module_nb);
}

#else /* !CONFIG_STACK_CACHE_FAST */

static noinline void unwind_or_save(const unsigned long *slot, unsigned int skip,
				    struct stack_cache_path *path)
{
	unsigned long entries[STACK_CACHE_DEPTH];
	unsigned int i;

	/* This function and stack_cache_trace() are left out, too. */
	path->nr = stack_trace_save(entries, STACK_CACHE_DEPTH, skip + 2);
	for (i = 0; i < path->nr; i++)
		path->step[i].ip = entries[i];
}

/**
 * stack_cache_add() - remember a stack
 * @path: from stack_cache_trace()
 * @stack: what stack_cache_find() shall say
 * @gfp: restrictions for the memory that this needs
 * @can_alloc: whether memory may be allocated
 *
 * Context: Any. On this architecture nothing is remembered.
 */
void stack_cache_add(const struct stack_cache_path *path,
		     const struct stack_cache_stack *stack, gfp_t gfp,
		     bool can_alloc)
{
}

static void read_node_stats(struct stack_cache_stats *stats)
{
}

static int __init init_nodes(void)
{
	return 0;
}

#endif /* CONFIG_STACK_CACHE_FAST */

/**
 * stack_cache_trace() - unwind the running stack
 * @slot: from stack_cache_slot()
 * @skip: frames between this function and the first one of interest
 * @path: set to the stack as stack_trace_save() would give it, without frames
 *        of the function whose slot it is and those that it calls
 *
 * Context: Any.
 */
noinline void stack_cache_trace(const unsigned long *slot, unsigned int skip,
				struct stack_cache_path *path)
{
	path->nr = 0;
	path->known = false;
	path->user_regs = 0;
	path->to_last = false;
	unwind_or_save(slot, skip, path);
	this_cpu_inc(stack_cache_counters.misses);
	if (!path->known)
		this_cpu_inc(stack_cache_counters.unknown);
}

/**
 * stack_cache_entries() - a path's return addresses, as stackdepot takes them
 * @path: from stack_cache_trace()
 * @entries: room for STACK_CACHE_DEPTH of them
 *
 * Context: Any.
 * Return: how many there are.
 */
unsigned int stack_cache_entries(const struct stack_cache_path *path,
				 unsigned long *entries)
{
	unsigned int i;

	for (i = 0; i < path->nr; i++)
		entries[i] = path->step[i].ip;
	return path->nr;
}

/**
 * stack_cache_read_stats() - read the cache's counters
 * @stats: set to the sum over all CPUs
 *
 * Context: Any but NMI.
 */
void stack_cache_read_stats(struct stack_cache_stats *stats)
{
	int cpu;

	*stats = (struct stack_cache_stats) {};
	for_each_possible_cpu(cpu) {
		const struct stack_cache_counters *c =
			per_cpu_ptr(&stack_cache_counters, cpu);

		stats->hits += READ_ONCE(c->hits);
		stats->misses += READ_ONCE(c->misses);
		stats->unknown += READ_ONCE(c->unknown);
	}
	read_node_stats(stats);
}

/**
 * stack_cache_init() - set up the cache
 *
 * Context: Boot, before the other functions are used.
 * Return: 0 or an error.
 */
int __init stack_cache_init(void)
{
	return init_nodes();
}
