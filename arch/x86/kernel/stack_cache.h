/* SPDX-License-Identifier: GPL-2.0-only */
/* Stack cache: what the ways by ORC and by frame pointers, of which one is built, share. */
#ifndef _ARCH_X86_STACK_CACHE_H
#define _ARCH_X86_STACK_CACHE_H

#include <linux/percpu.h>
#include <linux/randomize_kstack.h>
#include <linux/sched/task_stack.h>
#include <linux/stack_tree.h>
#include <asm/stacktrace.h>

/*
 * Where the CPU's stack for interrupts ends, as far as anything has been seen on
 * it. It stays there.
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

/* Bytes to the end of the task's stack, or more than there are of any. */
static unsigned long task_room(unsigned long addr)
{
	return (unsigned long)task_stack_page(current) + THREAD_SIZE - addr;
}

/* Bytes to the end of the CPU's stack for interrupts, or 0 on another one. */
static unsigned long irq_room(unsigned long addr)
{
	unsigned long room = this_cpu_read(irq_stack_end) - addr;

	return room <= IRQ_STACK_SIZE ? room : 0;
}

/*
 * What has been added to the task's stack for this system call, as far as it is
 * one: SYSCALL leaves the address of the next instruction in rcx.
 */
static unsigned long random_offset(void)
{
#ifdef CONFIG_RANDOMIZE_KSTACK_OFFSET
	const struct pt_regs *regs = task_pt_regs(current);

	if (regs->cx == regs->ip)
		return KSTACK_OFFSET_MAX(current->kstack_offset);
#endif
	return 0;
}

/*
 * A guess from the first return address and from how far the stack's end is, less
 * what is random of that: nearly always this tells which stack it is.
 */
static __always_inline struct stack_row **guess_of(struct stack_tree *tree,
						   unsigned long word,
						   unsigned long room)
{
	return stack_tree_guess(tree, word + room * 4);
}

#endif /* _ARCH_X86_STACK_CACHE_H */
