// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: find the handle of the running stack without unwinding it.
 *
 * Theory of operation
 * ===================
 *
 * Stacks repeat. The cache keeps each one that it has seen as a row of words: the
 * return addresses, innermost first, with how to find the next one on the stack, and
 * the stack's handle in stackdepot. To look a stack up is to compare it with a row:
 * four instructions per frame, where a step of the ORC unwinder is two hundred and
 * more.
 *
 * The result is what the unwinder would say, because each word that is compared is
 * one that the unwinder would read, in the order in which it would read them. By ORC
 * that is so for this reason. Let the unwinder be at a frame with return address ip
 * and stack pointer sp. ORC gives for each ip a rule how to find the caller's frame.
 *
 * - Nearly always it is "so many bytes above sp". Then where the next return address
 *   lies follows from ip and sp alone.
 * - In a function that lowers sp by an amount that is not known beforehand, or aligns
 *   it, the rule is "so many bytes above the frame pointer". Such are system calls,
 *   whose stack begins at a random place. Where the unwinder gets the frame pointer
 *   from follows from the rules before: some callee has saved it, at a place known
 *   from that callee's sp; the function that asks has saved it first of all. So that
 *   word is read, as the unwinder would, and the way goes on where it points to. From
 *   there on all places are counted from the next return address: a new part of the
 *   row begins.
 * - On the stack for interrupts the rule is that the task's stack pointer lies on
 *   that stack. It is read in the same way.
 *
 * Which rule applies depends on the return addresses only. So by induction from the
 * first one, whose place the caller of stack_cache_find() knows: as long as all words
 * before were equal, the next place is the unwinder's, however far the frames lie
 * apart this time. Two rows that begin with the same return addresses have the same
 * places in common, and no stack is taken for another one, whatever lies between the
 * words that are read.
 *
 * A pointer that is followed must lie above the frame that it was found in, on the
 * same stack, and be aligned, or the stack is left to the unwinder. A stack is learnt
 * only if the argument holds for each of its steps; what else ORC knows is not learnt.
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
 *   tracer's and in no row.
 * - The code has a rule that does not change: it belongs to the kernel or to a
 *   module, not to BPF, a trampoline or a probe, and not to a module's code for
 *   initialization, which goes without notice.
 * - The stack ends where the unwinder or stackdepot ends it: after
 *   STACK_CACHE_DEPTH frames, at the entry of an interrupt, softirq or exception
 *   (stackdepot leaves out what they interrupted), at the last frame or a mark in
 *   entry code, or at registers of user space, which are looked at again each time.
 *
 * Everything else is unwound each time. So is what lies on a stack that is neither
 * the task's nor the CPU's for interrupts, which are those of NMI, machine checks,
 * debug exceptions and double faults. That is decided, not left to do: what
 * allocates there is a kernel that is about to report an error or to die, where
 * speed is nothing and each assumption less is worth something.
 *
 * Which row to compare with is guessed, by the first return address and the distance
 * to the stack's end. A guess is wrong at some word, with all before right. Then the
 * rows that have other words there are the tree: a hash table says, for the words
 * before and the one that is there, which row goes on so. A row that has been found in
 * this way is the next guess. The words before are named by the first row that had
 * them; the table has an entry only where there are two ways. So two stacks never
 * displace each other, and a wrong guess costs little. When there is no room for more
 * rows, all is forgotten and learnt again.
 *
 * Rows are written under cache_lock, constant once they can be reached, and read under
 * RCU. To forget is to put an empty tree, with guesses of its own, into the place of
 * the old one, which is freed after a grace period, all at once.
 *
 * When a module goes, all is forgotten, since its addresses may soon mean something
 * else. This needs no waiting. A lookup that still reads the old tree has begun before
 * the module's code was freed. So has each call on the stack that it looks up: it is in
 * code that is there, and means what it meant when it was learnt. A lookup that begins
 * later reads the new tree. And nothing of the old module gets into that one: its
 * state says that it goes before all is forgotten, so from then on it is not learnt,
 * and a stack that was unwound before is not added afterwards.
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

/* What there was before the cache was emptied for the last time is not added. */
static unsigned long nr_flushes;

#ifdef CONFIG_STACK_CACHE_FAST

/**
 * struct stack_edge - where rows part
 * @next: next one in the same hash bucket
 * @from: the first row that had the words before
 * @to: a row that goes on with @low
 * @index: of the word
 * @low: its lower half
 */
struct stack_edge {
	struct stack_edge *next;
	const struct stack_row *from;
	struct stack_row *to;
	u32 index;
	s32 low;
};

/**
 * struct stack_page - where rows and edges are allocated
 * @older: the page that was filled before
 * @memory: room for them
 */
struct stack_page {
	struct stack_page *older;
	u8 memory[PAGE_SIZE - sizeof(struct stack_page *)];
};

/* No return address and no mark is 1. */
struct stack_row stack_tree_root = {
	.nr = 2,
	.word = { {}, { .low = 1 } },
};

struct stack_tree *stack_tree;

/* Protects writes to the tree and to all below; see the theory above for reading. */
static DEFINE_RAW_SPINLOCK(cache_lock);
/* Of the tree's pages, and bytes used of the last one. */
static unsigned int nr_pages, max_pages, nr_used;
static unsigned long nr_words;

#ifdef CONFIG_MODULES
/*
 * Code that a module only begins with goes without notice, and what goes on in a
 * module that is about to go could be learnt after the cache was emptied for it.
 */
static bool is_lasting_module_code(unsigned long ip)
{
	struct module *mod;
	bool lasting;

	preempt_disable();
	mod = __module_text_address(ip);
	lasting = mod && within_module_core(ip, mod) &&
		  READ_ONCE(mod->state) != MODULE_STATE_GOING;
	preempt_enable();
	return lasting;
}
#else
static bool is_lasting_module_code(unsigned long ip)
{
	return false;
}
#endif

/**
 * stack_tree_keeps_code() - whether an address may be learnt
 * @ip: a return address
 *
 * Context: Any.
 * Return: whether it is in code that stays, or that goes with a module's notice.
 */
bool stack_tree_keeps_code(unsigned long ip)
{
	return core_kernel_text(ip) || is_lasting_module_code(ip);
}

/**
 * stack_tree_ends_at() - whether stackdepot keeps nothing of a stack behind a word
 * @ip: a return address
 *
 * Context: Any.
 * Return: true if it is the entry of an interrupt, softirq or exception.
 */
bool stack_tree_ends_at(unsigned long ip)
{
	unsigned long entries[] = { ip, 0 };

	return filter_irq_stacks(entries, ARRAY_SIZE(entries)) == 1;
}

/* The first row that had the words before @index. */
static const struct stack_row *first_row(const struct stack_row *row,
					 unsigned int index)
{
	while (index <= row->left)
		row = row->from;
	return row;
}

static unsigned int bucket_of(const struct stack_row *first, unsigned int index,
			      unsigned long word)
{
	return hash_long((unsigned long)first + index + word, STACK_TREE_EDGE_BITS);
}

/**
 * stack_tree_next() - the row to go on with
 * @tree: the tree
 * @row: a row that is right before @index
 * @index: of a word that is not @row's
 * @word: what it is instead
 *
 * Context: Any, RCU read lock held, or the tree's lock.
 * Return: a row that is as right, and has @word, or NULL.
 */
struct stack_row *stack_tree_next(const struct stack_tree *tree,
				  const struct stack_row *row, unsigned int index,
				  unsigned long word)
{
	const struct stack_row *first = first_row(row, index);
	const struct stack_edge *edge;

	/* Pairs with smp_store_release() in add_edge(). */
	edge = smp_load_acquire(&tree->edge[bucket_of(first, index, word)]);
	while (edge && (edge->from != first || edge->index != index ||
			edge->low != (long)word))
		edge = edge->next;
	return edge ? edge->to : NULL;
}

static size_t row_size(const struct stack_cache_path *path)
{
	return struct_size_t(struct stack_row, word, path->nr_words);
}

static bool has_room(const struct stack_cache_path *path)
{
	return nr_used + row_size(path) + 2 * sizeof(struct stack_edge) <=
	       sizeof_field(struct stack_page, memory);
}

static void *take_memory(struct stack_tree *tree, size_t size)
{
	void *memory = tree->page->memory + nr_used;

	nr_used += size;
	return memory;
}

static void add_edge(struct stack_tree *tree, const struct stack_row *first,
		     unsigned int index, s32 low, struct stack_row *to)
{
	struct stack_edge **bucket = &tree->edge[bucket_of(first, index, (long)low)];
	struct stack_edge *edge = take_memory(tree, sizeof(*edge));

	*edge = (struct stack_edge) {
		.next = *bucket,
		.from = first,
		.to = to,
		.index = index,
		.low = low,
	};
	/* Pairs with smp_load_acquire() in stack_tree_next(). */
	smp_store_release(bucket, edge);
}

/* How far a path is known: sets @index to the first word that is not, in @row. */
static struct stack_row *follow_path(struct stack_tree *tree,
				     const struct stack_cache_path *path,
				     unsigned int *index)
{
	struct stack_row *row = &stack_tree_root, *next;
	unsigned int i;

	for (i = STACK_TREE_FIRST; i < path->nr_words; i++) {
		if (i < row->nr && row->word[i].low == path->word[i].low)
			continue;
		next = stack_tree_next(tree, row, i, (long)path->word[i].low);
		if (!next)
			break;
		row = next;
	}
	*index = i;
	return row;
}

static void add_row(struct stack_tree *tree, const struct stack_cache_path *path,
		    const struct stack_cache_stack *stack)
{
	const struct stack_row *first;
	struct stack_row *row, *before;
	unsigned int i;

	lockdep_assert_held(&cache_lock);
	before = follow_path(tree, path, &i);
	if (i == path->nr_words) {
		/* So far it was only added without data. */
		if (!before->stack.data)
			/* Pairs with the dependent loads of readers. */
			smp_store_release(&before->stack.data, stack->data);
		return;
	}
	row = take_memory(tree, row_size(path));
	row->stack = *stack;
	row->from = before;
	row->left = i;
	row->nr = path->nr_words;
	memcpy(row->word, path->word, path->nr_words * sizeof(*path->word));
	nr_words += path->nr_words;

	/* Now there are two ways from there. */
	first = first_row(before, i);
	if (!stack_tree_next(tree, before, i, (long)before->word[i].low))
		add_edge(tree, first, i, before->word[i].low, before);
	add_edge(tree, first, i, path->word[i].low, row);
}

/* Memory that was allocated before the lock was taken, and is used up or not. */
struct stack_memory {
	struct stack_tree *tree;
	struct stack_page *page;
};

static struct stack_tree *new_tree(gfp_t gfp)
{
	struct stack_tree *tree = kzalloc(sizeof(*tree), gfp);

	if (tree)
		memset_p((void **)tree->guess, &stack_tree_root, ARRAY_SIZE(tree->guess));
	return tree;
}

/* Puts an empty tree, or none, into the place of the present one. */
static struct stack_tree *replace_tree(struct stack_tree *tree)
{
	struct stack_tree *old = stack_tree;

	lockdep_assert_held(&cache_lock);
	nr_pages = 0;
	nr_words = 0;
	nr_used = PAGE_SIZE;
	/* Pairs with smp_load_acquire() in stack_cache_trace(). */
	smp_store_release(&nr_flushes, nr_flushes + 1);
	/* Pairs with the dependent loads of readers. */
	smp_store_release(&stack_tree, tree);
	return old;
}

static bool needs_tree(void)
{
	return !READ_ONCE(stack_tree) || READ_ONCE(nr_pages) >= max_pages;
}

/*
 * Sees to room for a path. Returns NULL if there is none; what it leaves in @old is
 * to be retired.
 */
static struct stack_tree *make_room(const struct stack_cache_path *path,
				    struct stack_memory *fresh,
				    struct stack_tree **old)
{
	lockdep_assert_held(&cache_lock);
	if (has_room(path))
		return stack_tree;
	if (!fresh->page || (needs_tree() && !fresh->tree))
		return NULL;
	if (needs_tree()) {
		*old = replace_tree(fresh->tree);
		fresh->tree = NULL;
	}
	fresh->page->older = stack_tree->page;
	stack_tree->page = fresh->page;
	fresh->page = NULL;
	nr_pages++;
	nr_used = 0;
	return stack_tree;
}

static void free_tree(struct rcu_head *rcu)
{
	struct stack_tree *tree = container_of(rcu, struct stack_tree, rcu);
	struct stack_page *page = tree->page;

	while (page) {
		struct stack_page *older = page->older;

		free_page((unsigned long)page);
		page = older;
	}
	kfree(tree);
}

/* Some may still read it. */
static void retire_tree(struct stack_tree *tree)
{
	if (tree)
		call_rcu(&tree->rcu, free_tree);
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
	struct stack_memory fresh = {};
	struct stack_tree *tree, *old = NULL;
	unsigned long flags;

	/* An NMI must not wait for a lock that it may have interrupted. */
	if (!path->known || in_nmi())
		return;
	/* It is looked at again under the lock. */
	if (can_alloc && !data_race(has_room(path))) {
		fresh.page = (void *)__get_free_page(gfp_nested_mask(gfp));
		if (needs_tree())
			fresh.tree = new_tree(gfp_nested_mask(gfp));
	}

	raw_spin_lock_irqsave(&cache_lock, flags);
	if (path->flushes == nr_flushes) {
		tree = make_room(path, &fresh, &old);
		if (tree)
			add_row(tree, path, stack);
	}
	raw_spin_unlock_irqrestore(&cache_lock, flags);

	if (fresh.page)
		free_page((unsigned long)fresh.page);
	kfree(fresh.tree);
	retire_tree(old);
}

#ifdef CONFIG_MODULES
/*
 * The addresses of a module that goes may mean something else soon, so all is
 * forgotten. No need to wait: see the theory above.
 */
static int stack_cache_module(struct notifier_block *nb, unsigned long action,
			      void *module)
{
	struct stack_tree *tree, *old;
	unsigned long flags;

	if (action != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	/* Without memory there is none until the next stack is added. */
	tree = new_tree(GFP_KERNEL | __GFP_NOWARN);
	raw_spin_lock_irqsave(&cache_lock, flags);
	old = replace_tree(tree);
	raw_spin_unlock_irqrestore(&cache_lock, flags);
	retire_tree(old);
	return NOTIFY_OK;
}

static struct notifier_block stack_cache_module_nb = {
	.notifier_call = stack_cache_module,
};

static int __init watch_modules(void)
{
	return register_module_notifier(&stack_cache_module_nb);
}
#else
static int __init watch_modules(void)
{
	return 0;
}
#endif

/* One more frame, as on architectures that know no faster way. */
static noinline void unwind(const unsigned long *slot, unsigned int skip,
			    struct stack_cache_path *path)
{
	path->known = true;
	stack_cache_unwind(slot, path);
}

static void read_tree_stats(struct stack_cache_stats *stats)
{
	stats->nodes = READ_ONCE(nr_words);
	stats->flushes = READ_ONCE(nr_flushes);
}

/* A thousandth of memory: far more than a kernel has stacks. */
static int __init init_tree(void)
{
	max_pages = clamp(totalram_pages() / 1024, 64UL, 4096UL);
	nr_used = PAGE_SIZE;
	stack_tree = new_tree(GFP_KERNEL);
	return stack_tree ? watch_modules() : -ENOMEM;
}

#else /* !CONFIG_STACK_CACHE_FAST */

static noinline void unwind(const unsigned long *slot, unsigned int skip,
			    struct stack_cache_path *path)
{
	/* This function and stack_cache_trace() are left out, too. */
	path->nr = stack_trace_save(path->ip, STACK_CACHE_DEPTH, skip + 2);
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

static void read_tree_stats(struct stack_cache_stats *stats)
{
}

static int __init init_tree(void)
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
	path->nr_words = 0;
	path->known = false;
	/* Pairs with smp_store_release() in replace_tree(). */
	path->flushes = smp_load_acquire(&nr_flushes);
	unwind(slot, skip, path);
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
	memcpy(entries, path->ip, path->nr * sizeof(*entries));
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
	read_tree_stats(stats);
}

/**
 * stack_cache_init() - set up the cache
 *
 * Context: Boot, before the other functions are used.
 * Return: 0 or an error.
 */
int __init stack_cache_init(void)
{
	return init_tree();
}
