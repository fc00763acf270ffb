// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: the way along a stack by ORC. Theory: lib/stack_cache.c.
 */
#include <linux/kernel.h>
#include <asm/orc_types.h>
#include <asm/unwind.h>

#include "stack_cache.h"

/*
 * What a row consists of: parts, each of words whose places are counted from the
 * part's first return address. A part begins with a head, which looking up does not
 * compare:
 *
 *   at    bytes from the first return address to the end of all that is looked at
 *   low   how the way has come from the part before to this one: PART_*
 *
 * Then come the part's return addresses, and, if the stack ends at registers of
 * user space, the code segment in these. A mark ends the part. Then follow the next
 * one's head, where the pointer to it lies:
 *
 *   at    in bytes from the first return address of the part before
 *   low   how many bytes above the address that it holds the next return address lies
 *
 * and its words. A head with PART_END ends the row.
 */
#define PART_END	0
/* By the frame pointer of a function, on the same stack. */
#define PART_FRAME	BIT(0)
/* By the task's stack pointer, on an interrupt's stack. */
#define PART_INTERRUPT	BIT(1)
/* Beside PART_FRAME: by the stack pointer that lies near where the frame pointer points. */
#define PART_INDIRECT	BIT(2)
/* That many bytes from there. */
#define PART_NEAR(low)	((low) >> 8)
/* Beside PART_FRAME: it lies where the frame pointer of the last such part points. */
#define PART_FROM_FRAME	BIT(3)

/**
 * struct place - where on a stack looking up is
 * @base: the first return address of the part
 * @room: bytes from there to the end of the stack
 * @frame: the last frame pointer that PART_INDIRECT has gone by
 */
struct place {
	unsigned long base;
	unsigned long room;
	unsigned long frame;
};

/* Frames that have called us do not change. */
static unsigned long stack_word(unsigned long addr)
{
	return *(const unsigned long *)addr;
}

static bool is_there(const struct stack_cache_word *w, unsigned long base)
{
	return stack_word(base + w->at) == (long)w->low;
}

/*
 * The first of the words from @w that is not what it is on the stack at @base. It
 * is a mark at the latest, since a return address is not 0.
 */
static __always_inline const struct stack_cache_word *
first_other(const struct stack_cache_word *w, unsigned long base)
{
	for (;; w += 8) {
		if (!is_there(w, base))
			return w;
		if (!is_there(w + 1, base))
			return w + 1;
		if (!is_there(w + 2, base))
			return w + 2;
		if (!is_there(w + 3, base))
			return w + 3;
		if (!is_there(w + 4, base))
			return w + 4;
		if (!is_there(w + 5, base))
			return w + 5;
		if (!is_there(w + 6, base))
			return w + 6;
		if (!is_there(w + 7, base))
			return w + 7;
	}
}

/* Whether an address lies above @above bytes of the part, on the same stack. */
static bool lies_above(const struct place *p, unsigned long addr, unsigned long above)
{
	return addr - p->base > above && addr - p->base < p->room &&
	       IS_ALIGNED(addr, sizeof(long));
}

/* To a part that begins above @frame, which lies on the same stack as @p. */
static __always_inline bool enter_above(struct place *p, unsigned long frame,
					const struct stack_cache_word *head)
{
	unsigned long next = frame + head[1].low;

	/* Before the head there are the last word and a mark. */
	if (!lies_above(p, next, head[-2].at))
		return false;
	p->room -= next - p->base;
	p->base = next;
	return true;
}

static __always_inline bool follow_frame(struct place *p,
					 const struct stack_cache_word *head)
{
	return enter_above(p, stack_word(p->base + (s32)head[1].at), head);
}

/* With PART_INDIRECT or PART_FROM_FRAME. */
static bool follow_indirect(struct place *p, const struct stack_cache_word *head)
{
	unsigned long from = head->low & PART_FROM_FRAME ? p->frame : p->base;
	unsigned long frame = stack_word(from + (s32)head[1].at), near = frame;

	if (head->low & PART_INDIRECT) {
		near += PART_NEAR(head->low);
		if (!lies_above(p, near, 0) || !lies_above(p, frame, 0))
			return false;
		p->frame = frame;
		near = stack_word(near);
	}
	return enter_above(p, near, head);
}

/* Follows the stack pointer from an interrupt's stack to the task's. */
static bool follow_interrupt(struct place *p, const struct stack_cache_word *head)
{
	unsigned long next;

	if (stack_tree_on_task(p->base) || head[1].at + sizeof(long) > p->room)
		return false;
	next = stack_word(p->base + head[1].at) + head[1].low;
	if (!stack_tree_on_task(next) || !IS_ALIGNED(next, sizeof(long)))
		return false;
	p->base = next;
	p->room = task_room(next);
	return true;
}

/* To the part that @head begins. */
static bool enter_part(struct place *p, const struct stack_cache_word *head)
{
	if (head->low == PART_FRAME)
		return follow_frame(p, head);
	if (head->low == PART_INTERRUPT)
		return follow_interrupt(p, head);
	return follow_indirect(p, head);
}

/*
 * Whether the stack is that of @row, which has only usual parts. If not, @word is
 * where to go on in another way, or NULL.
 */
static __always_inline bool is_row(struct place *p, const struct stack_row *row,
				   const struct stack_cache_word **word)
{
	const struct stack_cache_word *head = row->word, *w = head + 1;
	bool known = false;

	while (likely(head->at <= p->room)) {
		w = first_other(w, p->base);
		/* Else its value would be kept while the words are compared. */
		OPTIMIZER_HIDE_VAR(w);
		if (unlikely(w->low))
			break;
		head = w + 1;
		known = head->low == PART_END;
		if (known || unlikely(head->low != PART_FRAME))
			break;
		w = head + 2;
		if (!follow_frame(p, head)) {
			w = NULL;
			break;
		}
	}
	*word = w;
	return known;
}

/*
 * Down the tree, from @word on, which is @row's as all before. What lies beyond the
 * stack is not looked at: no stack that begins like this one has something there.
 */
static struct stack_row *find_row(const struct stack_tree *tree, struct place *p,
				  struct stack_row *row,
				  const struct stack_cache_word *word)
{
	struct stack_row *next;

	for (;; word++) {
		if (!word->low) {
			if (word[1].low == PART_END)
				return row;
			if (!enter_part(p, word + 1))
				return NULL;
			word += 3;
		}
		if (word->at + sizeof(long) > p->room)
			return NULL;
		if (is_there(word, p->base))
			continue;
		next = stack_tree_next(tree, row, word - row->word,
				       stack_word(p->base + word->at));
		if (!next)
			return NULL;
		word = next->word + (word - row->word);
		row = next;
	}
}

/* Goes on where @guess was wrong, or @row is not usual, and guesses better. */
static noinline const struct stack_cache_stack *
find_other(struct stack_row **guess, struct stack_row *row,
	   const struct stack_cache_word *word, unsigned long base, unsigned long room)
{
	struct stack_tree *tree = READ_ONCE(stack_tree);
	struct place p = { .base = base, .room = room };

	row = tree && word ? find_row(tree, &p, row, word) : NULL;
	if (!row)
		return NULL;
	if (READ_ONCE(*guess) != row)
		/* Row before guess: pairs with the dependent loads of readers. */
		smp_store_release(guess, row);
	this_cpu_inc(stack_cache_counters.hits);
	return &row->stack;
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
	struct stack_tree *tree = READ_ONCE(stack_tree);
	struct place p = { .base = (unsigned long)slot };
	const struct stack_cache_word *word;
	struct stack_row **guess, *row;
	unsigned long random = 0;

	p.room = task_room(p.base);
	if (likely(p.room <= THREAD_SIZE))
		random = random_offset();
	else
		p.room = irq_room(p.base);
	if (unlikely(!tree))
		return NULL;
	/* Without room, on some other stack, no row is as short. */
	guess = guess_of(tree, stack_word(p.base), p.room - random);
	row = READ_ONCE(*guess);
	if (unlikely(!is_row(&p, row, &word)))
		return find_other(guess, row, word, p.base, p.room);
	this_cpu_inc(stack_cache_counters.hits);
	return &row->stack;
}

/*
 * Learning
 */

/**
 * struct learner - a stack while it is being learnt
 * @path: what is known so far
 * @state: the unwinder, at the last of @path's return addresses
 * @p: where that is; the last frame pointer is not needed
 * @head: index of the part's head in @path
 * @bp_from: where @state's frame pointer was loaded from; 0 if that does not follow
 *           from what is known
 * @bp_at_frame: that is where the last frame pointer points
 */
struct learner {
	struct stack_cache_path *path;
	struct unwind_state state;
	struct place p;
	unsigned int head;
	unsigned long bp_from;
	bool bp_at_frame;
};

static struct place place_of(unsigned long addr)
{
	return (struct place) {
		.base = addr,
		.room = stack_tree_on_task(addr) ? task_room(addr) : irq_room(addr),
	};
}

/* The part extends to @end at least. Returns whether that is on the stack. */
static bool reach(struct learner *l, unsigned long end)
{
	struct stack_cache_word *head = &l->path->word[l->head];
	unsigned long bytes = end - l->p.base;

	if (bytes > l->p.room)
		return false;
	head->at = max_t(u32, head->at, bytes);
	return true;
}

static void begin_part(struct learner *l, s32 kind, s32 at, s32 to, unsigned long next)
{
	stack_path_add(l->path, 0, 0);
	l->head = l->path->nr_words;
	stack_path_add(l->path, 0, kind);
	stack_path_add(l->path, at, to);
	l->p = place_of(next);
}

/*
 * The caller's stack pointer is known from the frame pointer. Sets @sp to it, and
 * begins a part at the return address below.
 */
static bool learn_frame(struct learner *l, const struct orc_entry *rule,
			unsigned long *sp)
{
	unsigned long frame = l->state.bp, from = l->bp_from;
	unsigned long last = l->state.sp - sizeof(long);
	long at = l->bp_at_frame ? 0 : from - l->p.base, to = rule->sp_offset;
	s32 kind = PART_FRAME | (l->bp_at_frame ? PART_FROM_FRAME : 0);

	/* It lies below what is looked at, and at most so far below the first. */
	if (!from || from >= last || at < -(long)sizeof(long) || stack_word(from) != frame)
		return false;
	*sp = frame + to;
	if (rule->sp_reg == ORC_REG_BP_INDIRECT) {
		if (!lies_above(&l->p, *sp, 0) || !lies_above(&l->p, frame, 0))
			return false;
		*sp = stack_word(*sp);
		kind |= PART_INDIRECT + to * 256;
		to = 0;
	}
	if (!lies_above(&l->p, *sp - sizeof(long), last - l->p.base))
		return false;
	begin_part(l, kind, at, to - (long)sizeof(long), *sp - sizeof(long));
	return true;
}

/* The task's stack pointer lies on the stack of an interrupt. */
static bool learn_interrupt(struct learner *l, const struct orc_entry *rule,
			    unsigned long *sp)
{
	unsigned long from = l->state.sp;
	long to = rule->sp_offset - (int)sizeof(long);

	if (stack_tree_on_task(from) || !reach(l, from + sizeof(long)))
		return false;
	*sp = stack_word(from) + rule->sp_offset;
	if (!stack_tree_on_task(*sp - sizeof(long)))
		return false;
	begin_part(l, PART_INTERRUPT, from - l->p.base, to, *sp - sizeof(long));
	return true;
}

/* Finds the caller's stack pointer by @rule, as the unwinder does. */
static bool learn_sp(struct learner *l, const struct orc_entry *rule,
		     unsigned long *sp)
{
	switch (rule->sp_reg) {
	case ORC_REG_SP:
		*sp = l->state.sp + rule->sp_offset;
		return true;
	case ORC_REG_BP:
	case ORC_REG_BP_INDIRECT:
		return learn_frame(l, rule, sp);
	case ORC_REG_SP_INDIRECT:
		return learn_interrupt(l, rule, sp);
	}
	return false;
}

/* Notes where the caller's frame pointer is loaded from. */
static bool learn_bp(struct learner *l, const struct orc_entry *rule, unsigned long sp)
{
	switch (rule->bp_reg) {
	case ORC_REG_UNDEFINED:
		/* It is the same, but where it came from is in another part. */
		if (rule->sp_reg != ORC_REG_SP)
			l->bp_from = 0;
		return true;
	case ORC_REG_PREV_SP:
		l->bp_from = sp + rule->bp_offset;
		l->bp_at_frame = false;
		return true;
	case ORC_REG_BP:
		l->bp_from = l->state.bp + rule->bp_offset;
		l->bp_at_frame = rule->sp_reg == ORC_REG_BP_INDIRECT;
		return rule->sp_reg == ORC_REG_BP ||
		       (l->bp_at_frame && !rule->bp_offset);
	}
	return false;
}

/*
 * Takes the unwinder a step further. Returns whether where it came follows from
 * where it was and from what has been added to the path.
 */
static bool take_step(struct learner *l)
{
	struct unwind_state *state = &l->state;
	struct orc_entry rule = {};
	unsigned long sp = 0;
	bool known;

	known = l->path->known && unwind_orc_rule(state->ip, state->signal, &rule);
	if (known && rule.type != ORC_TYPE_END_OF_STACK)
		known = learn_sp(l, &rule, &sp) && learn_bp(l, &rule, sp);
	if (!unwind_next_frame(state))
		return known && rule.type == ORC_TYPE_END_OF_STACK;
	if (rule.type == ORC_TYPE_REGS)
		return known && (unsigned long)state->regs == sp;
	return known && rule.type == ORC_TYPE_CALL && state->sp == sp;
}

/* Adds the return address that the unwinder has come to. */
static bool learn_address(struct learner *l, unsigned long ip)
{
	unsigned long found = (unsigned long)unwind_get_return_address_ptr(&l->state);

	if (l->state.regs || stack_word(found) != ip || !stack_tree_keeps_code(ip) ||
	    !reach(l, found + sizeof(long)))
		return false;
	stack_path_add(l->path, found - l->p.base, ip);
	return true;
}

/* Whether the stack ends at registers of user space; adds what says that they are. */
static bool learn_user_regs(struct learner *l)
{
	const struct pt_regs *regs = l->state.regs;

	if (!regs || !user_mode(l->state.regs) ||
	    !reach(l, (unsigned long)(regs + 1)))
		return false;
	stack_path_add(l->path, (unsigned long)&regs->cs - l->p.base, regs->cs);
	return true;
}

static void know(struct stack_cache_path *path, bool known)
{
	if (!known)
		path->known = false;
}

static void learn_stack(struct learner *l)
{
	struct stack_cache_path *path = l->path;

	while (!unwind_done(&l->state)) {
		unsigned long ip = unwind_get_return_address(&l->state);

		if (!ip) {
			know(path, path->known && learn_user_regs(l));
			return;
		}
		know(path, path->known && learn_address(l, ip));
		path->ip[path->nr++] = ip;
		if (path->nr == STACK_CACHE_DEPTH || stack_tree_ends_at(ip))
			return;
		know(path, take_step(l));
	}
}

void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path)
{
	struct learner l = { .path = path, .bp_from = (unsigned long)(slot - 1) };

	note_irq_stack(slot);
	l.p = place_of((unsigned long)slot);
	unwind_start(&l.state, current, NULL, (unsigned long *)slot);
	know(path, unwind_get_return_address_ptr(&l.state) == slot);
	stack_path_add(path, 0, 0);
	learn_stack(&l);
	stack_path_add(path, 0, 0);
	stack_path_add(path, 0, PART_END);
}
