// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: the way down the tree by ORC. Theory: lib/stack_cache.c.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/stack_tree.h>
#include <asm/orc_types.h>
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

const unsigned int stack_cache_row_size =
	struct_size_t(struct stack_row, word, STACK_CACHE_DEPTH);

#define ROW_GUESS_BITS 10

/*
 * Guesses; written under RCU by anybody who has come down the tree, so for a grace
 * period after a flush with rows that are about to go: see retire_pages().
 */
static struct stack_row *row_guess[1 << ROW_GUESS_BITS];

void stack_cache_forget_guesses(void)
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
	return stack_tree_find_child(node, stack_word(*base + node->next));
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
	const struct stack_node *node = &stack_tree_root, *child;

	do {
		/* Pairs with smp_store_release() in publish_node(). */
		while ((child = READ_ONCE(node->child))) {
			unsigned long ip;

			if (unlikely(node->next >= room))
				return NULL;
			ip = stack_word(base + node->next);
			if (unlikely(child->ip != ip)) {
				child = stack_tree_find_child(node, ip);
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
	this_cpu_inc(stack_cache_counters.hits);
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
	this_cpu_inc(stack_cache_counters.hits);
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
	    !stack_tree_keeps_code(step->ip))
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

void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path)
{
	struct learner l = { .slot = slot, .path = path, .bp_at = -(long)sizeof(long) };
	struct stack_cache_step *step = NULL, *before;

	note_irq_stack(slot);
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
		if (++path->nr == STACK_CACHE_DEPTH || stack_tree_ends_at(step->ip))
			break;
		path->known &= take_step(&l, step);
	}
}

/* A row of a path's words, if it has none but usual steps. */
struct stack_row *stack_cache_fill_row(void *memory,
				       const struct stack_cache_path *path,
				       const struct stack_cache_stack *stack)
{
	struct stack_row *row = memory;
	unsigned int i;

	for (i = 0; i + 1 < path->nr; i++) {
		if (path->step[i].kind != STACK_CACHE_USUAL)
			return NULL;
	}
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
