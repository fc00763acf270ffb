// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stack cache: the way along the chain of frame records. Theory: lib/stack_cache.c.
 *
 * The chain is followed as the unwinder does it: a record must be aligned and lie
 * above the one before, on the same stack, and the last one of a task is known by
 * its place. Exceptions from EL1 put a record of what they interrupted into the
 * chain, so nothing is special about them. Where the chain leaves a stack, or the
 * stack is neither the task's nor the CPU's for interrupts, that is left to the
 * unwinder: the entry of an interrupt or softirq ends a stack before that.
 *
 * With CONFIG_ARM64_PTR_AUTH_KERNEL, the return addresses in the records are
 * signed, with a signature that depends on the task and on where they lie. It is
 * taken out as the unwinder does it, and then compared.
 */
#include <linux/bits.h>
#include <linux/cpufeature.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/randomize_kstack.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stack_tree.h>
#include <linux/stacktrace.h>
#include <asm/pointer_auth.h>
#include <asm/ptrace.h>
#include <asm/sections.h>
#include <asm/stacktrace.h>

/**
 * struct frame_record - what a function keeps of its caller
 * @next: the caller's record
 * @lr: the return address
 */
struct frame_record {
	const struct frame_record *next;
	unsigned long lr;
};

/*
 * What a row consists of, behind its first word: the return addresses, in bytes
 * from the kernel's text, and how the stack ends. The places of words have no
 * meaning but there:
 */
#define END_ALWAYS	0
/* Because this is a task's last record. */
#define END_LAST	1

/* The bits of a signed return address that hold the signature. */
static __always_inline unsigned long signature_bits(void)
{
	if (!IS_ENABLED(CONFIG_ARM64_PTR_AUTH_KERNEL) ||
	    !system_supports_address_auth())
		return 0;
	/* Bit 55 is the address's, and says what all these are without a signature. */
	return ptrauth_kernel_pac_mask() & ~BIT(55);
}

/* The word of a return address, signed or not. */
static __always_inline long word_of(unsigned long lr, unsigned long signature)
{
	return (lr | signature) - (unsigned long)_text;
}

static __always_inline const struct frame_record *last_record(void)
{
	return (const struct frame_record *)task_pt_regs(current)->stackframe;
}

/* Where records end of the stack that @record lies on; NULL if it is left alone. */
static __always_inline const struct frame_record *
records_end(const struct frame_record *record)
{
	unsigned long addr = (unsigned long)record;

	if (likely(stack_tree_on_task(addr)))
		return last_record();
	/* No record begins at a stack's last word. */
	if (on_irq_stack(addr, sizeof(*record)))
		return (const void *)(stackinfo_get_irq().high - sizeof(long));
	return NULL;
}

/* Whether the unwinder goes on from @record to @next, on the same stack. */
static __always_inline bool leads_to(const struct frame_record *record,
				     const struct frame_record *next,
				     const struct frame_record *end)
{
	return next >= record + 1 && next < end &&
	       IS_ALIGNED((unsigned long)next, sizeof(long));
}

/* What has been added to the task's stack for this system call, if it is one. */
static __always_inline unsigned long random_offset(void)
{
#ifdef CONFIG_RANDOMIZE_KSTACK_OFFSET
	if (in_syscall(task_pt_regs(current)))
		return round_up(KSTACK_OFFSET_MAX(current->kstack_offset), 16);
#endif
	return 0;
}

/*
 * A guess from the first return address and from how far the stack's end is, less
 * what is random of that: nearly always this tells which stack it is.
 */
static __always_inline struct stack_row **
guess_of(struct stack_tree *tree, const struct frame_record *record,
	 const struct frame_record *end, unsigned long signature)
{
	unsigned long room = (unsigned long)end - (unsigned long)record;

	if (end == last_record())
		room -= random_offset();
	return stack_tree_guess(tree, (record->lr | signature) * 2 + room * 4);
}

static bool ends_always(const struct stack_cache_word *word)
{
	return !word->low && word->at == END_ALWAYS;
}

/*
 * Follows the chain from @next on, in @row as far as that is right. Returns the
 * stack's own row, NULL if there is none.
 */
static __always_inline struct stack_row *
follow_records(const struct stack_tree *tree, struct stack_row *row,
	       const struct frame_record *next, const struct frame_record *end,
	       unsigned long signature)
{
	const struct stack_cache_word *word = row->word + STACK_TREE_FIRST;
	const struct frame_record *record;

	do {
		long low = word_of(next->lr, signature);

		record = next;
		next = record->next;
		if (unlikely(word->low != low)) {
			unsigned int index = word - row->word;

			if (ends_always(word))
				return row;
			row = stack_tree_next(tree, row, index, low);
			if (!row)
				return NULL;
			word = row->word + index;
		}
		word++;
	} while (likely(leads_to(record, next, end)));

	if (ends_always(word))
		return row;
	if (next != last_record() || next != end)
		return NULL;
	return word->low ? stack_tree_next(tree, row, word - row->word, 0) : row;
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
	const struct frame_record *first = container_of(slot, struct frame_record, lr);
	const struct frame_record *end = records_end(first);
	const unsigned long signature = signature_bits();
	struct stack_tree *tree = READ_ONCE(stack_tree);
	struct stack_row **guess, *guessed, *row;

	if (unlikely(!tree || !end))
		return NULL;
	guess = guess_of(tree, first, end, signature);
	guessed = READ_ONCE(*guess);
	row = follow_records(tree, guessed, first, end, signature);
	if (unlikely(!row))
		return NULL;
	if (unlikely(row != guessed))
		/* Row before guess: pairs with the dependent loads above. */
		smp_store_release(guess, row);
	this_cpu_inc(stack_cache_counters.hits);
	return &row->stack;
}

/**
 * struct learner - a stack while it is being learnt
 * @path: what is known so far
 * @record: where the unwinder has its next return address from
 * @first: the first one to be learnt
 * @ends: the stack ends here, whatever follows
 */
struct learner {
	struct stack_cache_path *path;
	const struct frame_record *record;
	const struct frame_record *first;
	bool ends;
};

static void learn_address(struct learner *l, unsigned long pc)
{
	long low = word_of(l->record->lr, signature_bits());
	struct stack_cache_path *path = l->path;

	/* A tracer may have replaced it, which the unwinder sees through. */
	if (low != word_of(pc, 0) || !stack_tree_keeps_code(pc))
		path->known = false;
	stack_path_add(path, 0, low);
	path->ip[path->nr++] = pc;
	l->ends = path->nr == STACK_CACHE_DEPTH || stack_tree_ends_at(pc);
}

/* Takes a return address from the unwinder. Returns whether it is to go on. */
static bool take_address(void *cookie, unsigned long pc)
{
	struct learner *l = cookie;
	const struct frame_record *record = l->record;

	if (l->path->nr || record == l->first)
		learn_address(l, pc);
	l->record = record->next;
	return !l->ends;
}

void stack_cache_unwind(const unsigned long *slot, struct stack_cache_path *path)
{
	/* The unwinder begins in this function, and goes on from its record. */
	const struct frame_record self = { .next = __builtin_frame_address(0) };
	struct learner l = {
		.path = path,
		.record = &self,
		.first = container_of(slot, struct frame_record, lr),
	};

	stack_path_add(path, 0, 0);
	arch_stack_walk(take_address, &l, current, NULL);
	if (l.ends)
		stack_path_add(path, END_ALWAYS, 0);
	else if (path->nr && l.record == last_record())
		stack_path_add(path, END_LAST, 0);
	else
		path->known = false;
}
