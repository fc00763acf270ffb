// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: the way down the tree by frame pointers. Theory: lib/stack_cache.c.
 */
#include <linux/kernel.h>
#include <asm/unwind.h>

#include "stack_cache.h"

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
 * What a row consists of, behind its first word: the return addresses, and how the
 * stack ends. The places of words have no meaning but there:
 */
#define END_ALWAYS	0
/* Because this is the last frame, which is known by its place. */
#define END_LAST	1

/**
 * struct walk - where looking up is
 * @tree: the tree
 * @row: a row that is right so far
 * @word: its next word
 * @frame: the frame that this is about
 */
struct walk {
	const struct stack_tree *tree;
	struct stack_row *row;
	const struct stack_cache_word *word;
	const struct stack_frame *frame;
};

/* Takes a row that goes on with @word, an address or 0 for the end. */
static __always_inline bool take_word(struct walk *w, long word)
{
	if (unlikely(w->word->low != word)) {
		unsigned int index = w->word - w->row->word;

		w->row = stack_tree_next(w->tree, w->row, index, word);
		if (!w->row)
			return false;
		w->word = w->row->word + index;
	}
	w->word++;
	return true;
}

static bool ends_always(const struct walk *w)
{
	return !w->word->low && w->word->at == END_ALWAYS;
}

/*
 * Takes the words of frames that lie above each other and below @limit. Returns
 * whether the last one that does has been taken, and, if so, is the end or points
 * elsewhere.
 */
static __always_inline bool follow_frames(struct walk *w,
					  const struct stack_frame *limit)
{
	const struct stack_frame *next;

	while (take_word(w, w->frame->return_address)) {
		next = w->frame->next_frame;
		if (ends_always(w) || next >= limit || !lies_above(next, w->frame))
			return true;
		w->frame = next;
	}
	return false;
}

/* Whether the stack is known from the walk's frame on, which is the task's. */
static __always_inline bool ends_on_task_stack(struct walk *w)
{
	const struct stack_frame *last = last_frame(), *next = w->frame;

	if (likely(next < first_doubtful(last))) {
		if (!follow_frames(w, first_doubtful(last)))
			return false;
		if (ends_always(w))
			return true;
		next = w->frame->next_frame;
		if (!lies_above(next, w->frame))
			return false;
	}
	while (next <= last) {
		w->frame = next;
		if (!take_word(w, w->frame->return_address))
			return false;
		if (ends_always(w))
			return true;
		if (is_last(w->frame, last))
			return take_word(w, 0);
		next = w->frame->next_frame;
		if (!lies_above(next, w->frame))
			return false;
	}
	return false;
}

/* The stack may go on where the interrupt came in, on the task's. */
static __always_inline bool ends_from_irq_stack(struct walk *w)
{
	unsigned long end = this_cpu_read(irq_stack_end);
	const unsigned long *entered = (const unsigned long *)end - 1;
	const struct stack_frame *next;

	if (!follow_frames(w, (const struct stack_frame *)entered))
		return false;
	if (ends_always(w))
		return true;
	next = w->frame->next_frame;
	if (!stack_tree_on_task(*entered) || !stack_tree_on_task((unsigned long)next) ||
	    !IS_ALIGNED((unsigned long)next, sizeof(long)))
		return false;
	w->frame = next;
	return ends_on_task_stack(w);
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
	unsigned long addr = (unsigned long)slot, room = task_room(addr);
	bool on_task = room <= THREAD_SIZE, known;
	struct stack_row **guess;
	struct walk w;

	if (likely(on_task))
		room -= random_offset();
	else
		room = irq_room(addr);
	if (unlikely(!tree || !room))
		return NULL;
	guess = guess_of(tree, *slot, room);
	w.tree = tree;
	w.row = READ_ONCE(*guess);
	w.word = w.row->word + STACK_TREE_FIRST;
	w.frame = container_of(slot, struct stack_frame, return_address);
	known = on_task ? ends_on_task_stack(&w) : ends_from_irq_stack(&w);
	if (unlikely(!known))
		return NULL;
	if (unlikely(READ_ONCE(*guess) != w.row))
		/* Row before guess: pairs with the dependent loads above. */
		smp_store_release(guess, w.row);
	this_cpu_inc(stack_cache_counters.hits);
	return &w.row->stack;
}

/* Whether looking up would come here, and find this return address. */
static bool is_plain_frame(const struct unwind_state *state, unsigned long ip)
{
	const struct stack_frame *frame = (const void *)state->bp;

	return !state->regs && IS_ALIGNED((unsigned long)frame, sizeof(long)) &&
	       frame->return_address == ip && stack_tree_keeps_code(ip);
}

static void learn_address(struct stack_cache_path *path,
			  const struct unwind_state *state, unsigned long ip)
{
	if (!is_plain_frame(state, ip))
		path->known = false;
	stack_path_add(path, 0, ip);
	path->ip[path->nr++] = ip;
}

static void learn_end(struct stack_cache_path *path, u32 how)
{
	stack_path_add(path, how, 0);
}

void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path)
{
	unsigned long *first = (unsigned long *)slot - 1, ip;
	struct unwind_state state;

	note_irq_stack(slot);
	unwind_start(&state, current, NULL, first);
	path->known = state.bp == first;
	stack_path_add(path, 0, 0);
	for (; !unwind_done(&state); unwind_next_frame(&state)) {
		ip = unwind_get_return_address(&state);
		if (!ip)
			break;
		learn_address(path, &state, ip);
		if (path->nr == STACK_CACHE_DEPTH || stack_tree_ends_at(ip))
			return learn_end(path, END_ALWAYS);
		/* Behind it are only the registers of user space, if any. */
		if (is_last((const void *)state.bp, last_frame()))
			return learn_end(path, END_LAST);
	}
	/* Some other end, which does not follow from what was seen. */
	path->known = false;
}
