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
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stack_cache.h>
#include <linux/stacktrace.h>

/**
 * struct cache_counters - what this CPU asked of the cache
 * @hits: as in struct stack_cache_stats
 * @misses: the same
 * @unknown: the same
 */
struct cache_counters {
	u64 hits;
	u64 misses;
	u64 unknown;
};

static DEFINE_PER_CPU(struct cache_counters, cache_counters);

#ifdef CONFIG_STACK_CACHE_FAST

#include <asm/orc_types.h>
#include <asm/stacktrace.h>
#include <asm/unwind.h>

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

/* Its return address is that of no function. */
static struct stack_node no_node;
/* Knows nothing but where the first return address lies. */
static struct stack_node root_node = { .child = &no_node };

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

static noinline struct stack_node *find_child(const struct stack_node *parent,
					      unsigned long ip)
{
	struct stack_node *node;

	/* Pairs with smp_store_release() in publish_node(). */
	node = smp_load_acquire(node_bucket(parent, ip));
	while (node && (node->parent != parent || node->ip != ip))
		node = node->hash_next;
	return node;
}

/* A usual node's first child needs no place in the hash table. */
static struct stack_node *get_child(const struct stack_node *parent,
				    unsigned long ip)
{
	struct stack_node *child = parent->child;

	return child && child->ip == ip ? child : find_child(parent, ip);
}

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

static bool on_task_stack(unsigned long addr)
{
	return addr - (unsigned long)task_stack_page(current) < THREAD_SIZE;
}

/*
 * Whether the code is there to stay, or goes with a module. All of it lies in
 * the last 2 GiB of the address space.
 */
static bool is_lasting_code(unsigned long ip)
{
	return ip >> 31 == ULONG_MAX >> 31 &&
	       (core_kernel_text(ip) || is_module_text_address(ip));
}

/* Whether stackdepot keeps nothing of a stack behind this return address. */
static bool is_irq_entry(unsigned long ip)
{
	unsigned long entries[] = { ip, 0 };

	return filter_irq_stacks(entries, ARRAY_SIZE(entries)) == 1;
}

#ifdef CONFIG_UNWINDER_ORC
/*
 * With ORC
 */

/**
 * struct row_word - a word of a stack
 * @at: where it lies, in bytes from the first return address
 * @low: its lower half. The upper half of return addresses has all bits set, and
 *       user_mode() looks at the lower half of a code segment only.
 */
struct row_word {
	u32 at;
	u32 low;
};

/* Words that are compared before the next look at whether there are more. */
#define ROW_STEP	4

/**
 * struct stack_row - all words of a stack
 * @stack: what it is known by
 * @reach: bytes from the first return address to the end of all that is looked at
 * @end: the end of @word
 * @word: the return addresses, and the code segment in user space's registers if
 *        the stack ends there. The last one is repeated up to a multiple of
 *        ROW_STEP.
 */
struct stack_row {
	struct stack_cache_stack stack;
	unsigned long reach;
	const struct row_word *end;
	struct row_word word[];
};

/* Reaches farther than any stack. */
static struct stack_row no_row = { .reach = ULONG_MAX };

#define ROW_NODES \
	DIV_ROUND_UP(struct_size_t(struct stack_row, word, STACK_CACHE_DEPTH), \
		     sizeof(struct stack_node))

#define ROW_GUESS_BITS 10

/*
 * Guesses; written under RCU by anybody who has come down the tree, so for a grace
 * period after a flush with rows that are about to go: see retire_pages().
 */
static struct stack_row *row_guess[1 << ROW_GUESS_BITS];

static void forget_guesses(void)
{
	memset_p((void **)row_guess, &no_row, ARRAY_SIZE(row_guess));
}

/* Nobody else writes to frames that have called us. */
static unsigned long stack_word(unsigned long addr)
{
	return *(const unsigned long *)addr;
}

/*
 * Bytes from @slot to the end of the stack that it lies on, the task's or the
 * CPU's for interrupts; 0 if it is another one.
 */
static unsigned long stack_room(const unsigned long *slot)
{
	unsigned long room = (unsigned long)task_stack_page(current) +
			     THREAD_SIZE - (unsigned long)slot;

	if (likely(room <= THREAD_SIZE))
		return room;
	room = this_cpu_read(irq_stack_end) - (unsigned long)slot;
	return room <= IRQ_STACK_SIZE ? room : 0;
}

/* The words that hold frame pointers must point to where they did. */
static bool words_match(const struct stack_node *node, unsigned long base)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(node->word) && node->word[i].at; i++) {
		if (stack_word(base + node->word[i].at) != base + node->word[i].to)
			return false;
	}
	return true;
}

/*
 * Where the stack goes on from an interrupt's: sets @base and @room to the return
 * address there.
 */
static bool leave_irq_stack(const struct stack_node *node, unsigned long *base,
			    unsigned long *room)
{
	unsigned long at = stack_word(*base + node->word[0].at) + node->word[0].to;

	if (on_task_stack(*base) || !on_task_stack(at))
		return false;
	*base = at;
	*room = stack_room((unsigned long *)at);
	return true;
}

/* What follows a node whose rule is not one of the usual. */
static noinline const struct stack_node *find_rarer(const struct stack_node *node,
						    unsigned long *base,
						    unsigned long *room)
{
	if (node->kind == STACK_CACHE_INTERRUPT) {
		if (!leave_irq_stack(node, base, room))
			return NULL;
	} else if (!words_match(node, *base)) {
		return NULL;
	}
	if (node->next >= *room)
		return NULL;
	return find_child(node, stack_word(*base + node->next));
}

/* Whether user space's registers are where the end of a stack asks for them. */
static bool ends_here(const struct stack_node *node, unsigned long base,
		      unsigned long room)
{
	if (!node->user_regs)
		return true;
	/* As user_mode() looks at it. */
	return node->user_regs + sizeof(struct pt_regs) <= room &&
	       stack_word(base + node->user_regs + offsetof(struct pt_regs, cs)) & 3;
}

/*
 * Follows the words at @base down the tree. All words must lie in the first
 * @room bytes.
 */
static __always_inline const struct stack_node *
find_stack(unsigned long base, unsigned long room)
{
	const struct stack_node *node = &root_node, *child;

	do {
		/* Pairs with smp_store_release() in publish_node(). */
		while ((child = READ_ONCE(node->child))) {
			unsigned long ip;

			if (unlikely(node->next >= room))
				return NULL;
			ip = stack_word(base + node->next);
			if (unlikely(child->ip != ip)) {
				child = find_child(node, ip);
				if (!child)
					return NULL;
			}
			node = child;
		}
		if (likely(node->kind == STACK_CACHE_USUAL))
			return ends_here(node, base, room) ? node : NULL;
		node = find_rarer(node, &base, &room);
	} while (node);
	return NULL;
}

static struct stack_row **guess_of(unsigned long base, unsigned long room)
{
	unsigned long key = stack_word(base) + room * 4;

	/* Bytes instead of an index save the compiler two shifts. */
	return (void *)row_guess + (key & (sizeof(row_guess) - sizeof(*row_guess)));
}

/* Whether the words at @base are those of @row. */
static __always_inline bool row_matches(const struct stack_row *row,
					unsigned long base, unsigned long room)
{
	const struct row_word *w = row->word;

	if (unlikely(row->reach > room))
		return false;
	do {
		if ((u32)stack_word(base + w[0].at) != w[0].low ||
		    (u32)stack_word(base + w[1].at) != w[1].low ||
		    (u32)stack_word(base + w[2].at) != w[2].low ||
		    (u32)stack_word(base + w[3].at) != w[3].low)
			return false;
		w += ROW_STEP;
	} while (w != row->end);
	return true;
}

/* The way down the tree, and a better guess for the next time. */
static noinline const struct stack_cache_stack *
find_and_guess(unsigned long base, unsigned long room)
{
	const struct stack_node *node = find_stack(base, room);
	struct stack_row **guess, *row;

	/* Pairs with smp_store_release() in end_stack(). */
	if (!node || !smp_load_acquire(&node->stack.handle))
		return NULL;
	this_cpu_inc(cache_counters.hits);
	row = node->row;
	guess = guess_of(base, room);
	if (row && READ_ONCE(*guess) != row)
		WRITE_ONCE(*guess, row);
	return &node->stack;
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
	unsigned long base = (unsigned long)slot, room = stack_room(slot);
	const struct stack_row *row;

	/* Pairs with smp_store_release() in end_stack(), by way of the tree. */
	row = READ_ONCE(*guess_of(base, room));
	if (unlikely(!row_matches(row, base, room)))
		return find_and_guess(base, room);
	this_cpu_inc(cache_counters.hits);
	return &row->stack;
}

/*
 * Learning
 */

/**
 * struct learner - a stack while it is being learnt
 * @slot: the first return address; after an interrupt's stack the first one on the
 *        task's
 * @path: what is known so far
 * @state: the unwinder, at the last of @path's steps
 * @bp_at: where state's frame pointer was loaded from, in bytes from @slot
 */
struct learner {
	const unsigned long *slot;
	struct stack_cache_path *path;
	struct unwind_state state;
	long bp_at;
};

/* In bytes from the first return address. */
static long distance(const struct learner *l, unsigned long addr)
{
	return addr - (unsigned long)l->slot;
}

/* The step depends on a word that points somewhere: it must be so again. */
static bool add_word(struct learner *l, struct stack_cache_step *step, long at,
		     unsigned long to)
{
	unsigned int i = step->word[0].at != 0;
	long room = stack_room(l->slot);

	/* The caller's frame pointer lies before the first return address. */
	if (at < -(long)sizeof(long) || at >= room || !at || distance(l, to) >= room ||
	    distance(l, to) < 0 || stack_word((unsigned long)l->slot + at) != to)
		return false;
	step->word[i].at = at;
	step->word[i].to = distance(l, to);
	step->kind = STACK_CACHE_FRAME_POINTER;
	return true;
}

/*
 * Finds the caller's stack pointer by @rule, as the unwinder does, and notes
 * what it depends on.
 */
static bool follow_sp(struct learner *l, struct stack_cache_step *step,
		      const struct orc_entry *rule, unsigned long *sp)
{
	unsigned long at;

	switch (rule->sp_reg) {
	case ORC_REG_SP:
		*sp = l->state.sp + rule->sp_offset;
		return true;
	case ORC_REG_BP:
		*sp = l->state.bp + rule->sp_offset;
		return add_word(l, step, l->bp_at, l->state.bp);
	case ORC_REG_BP_INDIRECT:
		at = l->state.bp + rule->sp_offset;
		if (!add_word(l, step, l->bp_at, l->state.bp))
			return false;
		*sp = stack_word(at);
		return add_word(l, step, distance(l, at), *sp);
	case ORC_REG_SP_INDIRECT:
		*sp = stack_word(l->state.sp) + rule->sp_offset;
		step->kind = STACK_CACHE_INTERRUPT;
		step->word[0].at = distance(l, l->state.sp);
		step->word[0].to = rule->sp_offset - (int)sizeof(long);
		return distance(l, l->state.sp) < stack_room(l->slot);
	}
	return false;
}

/* Notes where the caller's frame pointer is loaded from. */
static bool follow_bp(struct learner *l, struct stack_cache_step *step,
		      const struct orc_entry *rule, unsigned long sp)
{
	switch (rule->bp_reg) {
	case ORC_REG_UNDEFINED:
		return true;
	case ORC_REG_PREV_SP:
		l->bp_at = distance(l, sp + rule->bp_offset);
		return true;
	case ORC_REG_BP:
		if (step->kind == STACK_CACHE_USUAL &&
		    !add_word(l, step, l->bp_at, l->state.bp))
			return false;
		l->bp_at = distance(l, l->state.bp + rule->bp_offset);
		return true;
	}
	return false;
}

/*
 * Takes the unwinder a step further. Returns whether where it came follows from
 * where it was and from what has been noted in @step.
 */
static bool take_step(struct learner *l, struct stack_cache_step *step)
{
	struct unwind_state *state = &l->state;
	struct orc_entry rule;
	unsigned long sp = 0;
	bool known;

	known = unwind_orc_rule(state->ip, state->signal, &rule);
	if (known && rule.type != ORC_TYPE_END_OF_STACK)
		known = follow_sp(l, step, &rule, &sp) &&
			follow_bp(l, step, &rule, sp);
	if (!unwind_next_frame(state))
		return known && rule.type == ORC_TYPE_END_OF_STACK;
	if (rule.type == ORC_TYPE_REGS)
		return known && (unsigned long)state->regs == sp;
	return known && rule.type == ORC_TYPE_CALL && state->sp == sp;
}

/*
 * From an interrupt's stack to the task's, where all is counted from @found, the
 * first return address there.
 */
static bool change_stacks(struct learner *l, const unsigned long *found)
{
	if (on_task_stack((unsigned long)l->slot) || !on_task_stack((unsigned long)found))
		return false;
	l->bp_at += (unsigned long)l->slot - (unsigned long)found;
	l->slot = found;
	return true;
}

/* Fills in where @step's return address was found. */
static bool locate_step(struct learner *l, const struct stack_cache_step *before,
			struct stack_cache_step *step)
{
	unsigned long *found = unwind_get_return_address_ptr(&l->state);
	long at;

	if (l->state.regs || stack_word((unsigned long)found) != step->ip ||
	    !is_lasting_code(step->ip))
		return false;
	if (before && before->kind == STACK_CACHE_INTERRUPT && !change_stacks(l, found))
		return false;
	at = distance(l, (unsigned long)found);
	step->at = at;
	return at >= 0 && at < stack_room(l->slot);
}

/* Whether the stack ends at registers of user space; fills in where. */
static bool ends_in_user_space(struct learner *l)
{
	long at = distance(l, (unsigned long)l->state.regs);

	if (!l->state.regs || !user_mode(l->state.regs) || at <= 0 ||
	    at + sizeof(struct pt_regs) > stack_room(l->slot))
		return false;
	l->path->user_regs = at;
	l->path->user_cs = l->state.regs->cs;
	return true;
}

static void unwind_path(const unsigned long *slot, struct stack_cache_path *path)
{
	struct learner l = { .slot = slot, .path = path, .bp_at = -(long)sizeof(long) };
	struct stack_cache_step *step = NULL, *before;

	unwind_start(&l.state, current, NULL, (unsigned long *)slot);
	path->known = unwind_get_return_address_ptr(&l.state) == slot;
	while (!unwind_done(&l.state)) {
		before = step;
		step = &path->step[path->nr];
		*step = (struct stack_cache_step) {
			.ip = unwind_get_return_address(&l.state),
		};
		if (!step->ip) {
			path->known &= ends_in_user_space(&l);
			break;
		}
		path->known &= locate_step(&l, before, step);
		if (++path->nr == STACK_CACHE_DEPTH || is_irq_entry(step->ip))
			break;
		path->known &= take_step(&l, step);
	}
}

/* A row of a path's words, if it has none but usual steps. */
static struct stack_row *new_row(const struct stack_cache_path *path,
				 const struct stack_cache_stack *stack)
{
	struct stack_row *row = (void *)&node_pages->node[nr_nodes];
	unsigned int i;

	for (i = 0; i + 1 < path->nr; i++) {
		if (path->step[i].kind != STACK_CACHE_USUAL)
			return NULL;
	}
	nr_nodes += ROW_NODES;
	row->stack = *stack;
	row->reach = path->step[i].at + sizeof(long);
	for (i = 0; i < path->nr; i++) {
		row->word[i].at = path->step[i].at;
		row->word[i].low = path->step[i].ip;
	}
	/* Then the stack has less than STACK_CACHE_DEPTH frames. */
	if (path->user_regs) {
		row->reach = path->user_regs + sizeof(struct pt_regs);
		row->word[i].at = path->user_regs + offsetof(struct pt_regs, cs);
		row->word[i++].low = path->user_cs;
	}
	for (; i % ROW_STEP; i++)
		row->word[i] = row->word[i - 1];
	row->end = row->word + i;
	return row;
}

#else /* CONFIG_UNWINDER_FRAME_POINTER */
/*
 * With frame pointers
 */

/* No rows: frames are found by following the chain, so the tree is as good. */
#define ROW_NODES 0

static struct stack_row *new_row(const struct stack_cache_path *path,
				 const struct stack_cache_stack *stack)
{
	return NULL;
}

static void forget_guesses(void)
{
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
			child = find_child(node, frame->return_address);
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
		node = get_child(node, frame->return_address);
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
	node = follow_frames(&root_node, &frame, (const struct stack_frame *)entered);
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
		node = find_on_task_stack(&root_node, frame);
	else
		node = find_on_irq_stack(frame);
	/* Pairs with smp_store_release() in end_stack(). */
	if (unlikely(!node || !smp_load_acquire(&node->stack.handle)))
		return NULL;
	this_cpu_inc(cache_counters.hits);
	return &node->stack;
}

/* Whether looking up would come here, and find this return address. */
static bool is_plain_frame(const struct unwind_state *state, unsigned long ip)
{
	const struct stack_frame *frame = (const void *)state->bp;

	return !state->regs && IS_ALIGNED((unsigned long)frame, sizeof(long)) &&
	       frame->return_address == ip && is_lasting_code(ip);
}

static void unwind_path(const unsigned long *slot, struct stack_cache_path *path)
{
	unsigned long *first = (unsigned long *)slot - 1, ip;
	struct unwind_state state;

	unwind_start(&state, current, NULL, first);
	path->known = state.bp == first;
	while (!unwind_done(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)
			break;
		path->known &= is_plain_frame(&state, ip);
		path->step[path->nr] = (struct stack_cache_step) { .ip = ip };
		if (++path->nr == STACK_CACHE_DEPTH || is_irq_entry(ip))
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

#endif /* CONFIG_UNWINDER_FRAME_POINTER */

/* What a path needs at most. */
#define PATH_NODES	(STACK_CACHE_DEPTH + ROW_NODES)

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
	forget_guesses();
	node_pages = NULL;
	nr_node_pages = 0;
	nr_nodes = NODES_PER_PAGE;
	nr_flushes++;
	return pages;
}

/* Nobody is on the page any more, but the last ones to be may have guessed it. */
static void drop_guesses(struct rcu_head *rcu)
{
	forget_guesses();
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
		node->child = path->to_last ? &no_node : NULL;
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
	/* Pairs with the loads in find_child() and find_stack(). */
	smp_store_release(bucket, node);
}

static void end_stack(struct stack_node *node, const struct stack_cache_path *path,
		      const struct stack_cache_stack *stack)
{
	if (node->stack.handle)
		return;
	node->row = new_row(path, stack);
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
	struct stack_node *node = &root_node, *first = NULL;
	unsigned int i;

	lockdep_assert_held(&cache_lock);
	for (i = 0; i < path->nr; i++) {
		struct stack_node *child = first ? NULL : get_child(node, path->step[i].ip);

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
	forget_guesses();
	synchronize_rcu();
	return NOTIFY_OK;
}

static struct notifier_block stack_cache_module_nb = {
	.notifier_call = stack_cache_module,
};

static void unwind_or_save(const unsigned long *slot, unsigned int skip,
			   struct stack_cache_path *path)
{
	note_irq_stack(slot);
	unwind_path(slot, path);
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
	forget_guesses();
	node_hash = kcalloc(1 << NODE_HASH_BITS, sizeof(*node_hash), GFP_KERNEL);
	if (!node_hash)
		return -ENOMEM;
	return register_module_notifier(&stack_cache_module_nb);
}

#else /* !CONFIG_STACK_CACHE_FAST */

static void unwind_or_save(const unsigned long *slot, unsigned int skip,
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
	this_cpu_inc(cache_counters.misses);
	if (!path->known)
		this_cpu_inc(cache_counters.unknown);
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
		const struct cache_counters *c = per_cpu_ptr(&cache_counters, cpu);

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
