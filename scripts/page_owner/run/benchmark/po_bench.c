// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the instructions of page allocations, in several kinds of stacks. To be
 * loaded on a machine with one CPU whose clock counts instructions (QEMU with
 * -icount shift=0: a nanosecond is an instruction). Builds for any kernel, with
 * and without page_owner. po_pairs is the program for it.
 *
 * Writing "STACK WORK" to /dev/po_bench does a work once in that kind of stack
 * and adds its instructions to the sums; reading takes the sums and clears them.
 * A work is called anew each time, so that in the stacks that end at a system
 * call each one comes with the stack offset of its own call. The stack of a page
 * fault is had by touching a page of a mapping of the device afterwards.
 */
#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "po_bench.h"

#define DEEPER	12
#define STACKS	1024

static struct page *pages[PO_HELD];
static unsigned int held;
static struct page *many[PO_BULK_PAGES];
static struct page *mapped;
static gfp_t gfp;

static struct po_sums sums;
static void (*work)(void);

/* Each of these is one work. */

static noinline void nothing(void)
{
}

static __always_inline void pair(unsigned int order)
{
	__free_pages(alloc_pages(gfp, order), order);
}

static noinline void order_0(void)
{
	pair(0);
}

static noinline void order_3(void)
{
	pair(3);
}

static noinline void order_9(void)
{
	pair(9);
}

static noinline void hold(void)
{
	pages[held++] = alloc_page(gfp);
}

static noinline void release(void)
{
	__free_page(pages[--held]);
}

static noinline void bulk(void)
{
	unsigned long nr, i;

	memset(many, 0, sizeof(many));
	nr = alloc_pages_bulk_array(gfp, PO_BULK_PAGES, many);
	for (i = 0; i < nr; i++)
		__free_page(many[i]);
}

/* po_trace.c looks at the instructions between these marks. */
#ifdef CONFIG_X86
#define MARK(n)	".byte 0x0f, 0x1f, 0x80, 0x0" #n ", 0x6f, 0x70, 0x70"
#else
#define MARK(n)	"# mark " #n
#endif

static noinline void marked(void)
{
	asm volatile(MARK(1));
	pair(0);
	asm volatile(MARK(2));
}

static void (* const works[])(void) = {
	[PO_NOTHING] = nothing,
	[PO_ORDER_0] = order_0,
	[PO_ORDER_3] = order_3,
	[PO_ORDER_9] = order_9,
	[PO_HOLD] = hold,
	[PO_RELEASE] = release,
	[PO_BULK] = bulk,
	[PO_MARKED] = marked,
};

/* Does the work, and counts it unless a tick came between. */
static noinline void count(void)
{
	unsigned long tick;
	u64 start, end;

	gfp = in_task() ? GFP_KERNEL : GFP_ATOMIC;
	tick = jiffies;
	start = ktime_get_ns();
	work();
	end = ktime_get_ns();
	if (time_after(jiffies, tick))
		return;
	sums.instructions += end - start;
	sums.times++;
}

/* Each of these calls count() in one kind of stack. */

static long call(void *function)
{
	((void (*)(void))function)();
	return 0;
}

static void in_kthread(void (*function)(void))
{
	work_on_cpu(raw_smp_processor_id(), call, function);
}

static void kthread_stack(void)
{
	in_kthread(count);
}

static void interrupt(struct irq_work *irq_work)
{
	count();
}

static void interrupt_stack(void)
{
	static struct irq_work irq_work = IRQ_WORK_INIT_HARD(interrupt);

	irq_work_queue(&irq_work);
	irq_work_sync(&irq_work);
}

/* The barriers keep the compiler from making jumps or loops of the calls. */
static noinline void deeper(unsigned int frames)
{
	barrier();
	if (frames > 1)
		deeper(frames - 1);
	else
		count();
	barrier();
}

static void deep_stack(void)
{
	deeper(DEEPER);
}

/* ORC finds the caller of this by the frame pointer. */
static noinline void aligned(void)
{
	char buffer[64] __aligned(64);

	barrier_data(buffer);
	count();
	barrier_data(buffer);
}

static void aligned_stack(void)
{
	in_kthread(aligned);
}

/*
 * A tree of five levels with four branches each: 1024 stacks. What tells branches
 * apart is the place of the call; without the comments the compiler would see
 * four times the same.
 */
#define LEVEL(name, next)					\
static noinline void name(unsigned int branch)			\
{								\
	switch (branch % 4) {					\
	case 0:							\
		next(branch / 4);				\
		asm volatile("# branch 0");			\
		break;						\
	case 1:							\
		next(branch / 4);				\
		asm volatile("# branch 1");			\
		break;						\
	case 2:							\
		next(branch / 4);				\
		asm volatile("# branch 2");			\
		break;						\
	case 3:							\
		next(branch / 4);				\
		asm volatile("# branch 3");			\
		break;						\
	}							\
}

static noinline void leaf(unsigned int branch)
{
	count();
	barrier();
}

LEVEL(level_1, leaf)
LEVEL(level_2, level_1)
LEVEL(level_3, level_2)
LEVEL(level_4, level_3)
LEVEL(level_5, level_4)

static void next_branch(void)
{
	static unsigned int branch;

	branch = (branch + 1) % STACKS;
	level_5(branch);
	barrier();
}

static void many_stacks(void)
{
	in_kthread(next_branch);
}

/* po_fault() does it. */
static void fault_stack(void)
{
}

static void (* const stacks[])(void) = {
	[PO_SYSCALL] = count,
	[PO_FAULT] = fault_stack,
	[PO_KTHREAD] = kthread_stack,
	[PO_INTERRUPT] = interrupt_stack,
	[PO_DEEP] = deep_stack,
	[PO_ALIGNED] = aligned_stack,
	[PO_MANY] = many_stacks,
};

/* The device */

static ssize_t po_write(struct file *file, const char __user *buf, size_t len,
			loff_t *pos)
{
	struct po_entry entry;

	if (len != sizeof(entry))
		return -EINVAL;
	if (copy_from_user(&entry, buf, len))
		return -EFAULT;
	if (entry.stack >= ARRAY_SIZE(stacks) || entry.work >= ARRAY_SIZE(works))
		return -EINVAL;
	if ((entry.work == PO_HOLD && held == PO_HELD) ||
	    (entry.work == PO_RELEASE && !held))
		return -EINVAL;
	work = works[entry.work];
	stacks[entry.stack]();
	return len;
}

static ssize_t po_read(struct file *file, char __user *buf, size_t len,
		       loff_t *pos)
{
	if (len != sizeof(sums))
		return -EINVAL;
	if (copy_to_user(buf, &sums, len))
		return -EFAULT;
	memset(&sums, 0, sizeof(sums));
	return len;
}

/* The same page everywhere, so that nothing else is allocated and freed. */
static vm_fault_t po_fault(struct vm_fault *vmf)
{
	count();
	get_page(mapped);
	vmf->page = mapped;
	return 0;
}

static const struct vm_operations_struct po_vm_ops = {
	.fault = po_fault,
};

static int po_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &po_vm_ops;
	return 0;
}

static const struct file_operations po_fops = {
	.owner = THIS_MODULE,
	.read = po_read,
	.write = po_write,
	.mmap = po_mmap,
};

static struct miscdevice po_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "po_bench",
	.fops = &po_fops,
};

static unsigned long page_ext_bytes;
module_param(page_ext_bytes, ulong, 0444);
MODULE_PARM_DESC(page_ext_bytes, "What page_ext takes per page");

/* The tracker's cost in memory is in a variable that modules do not see. */
static void find_page_ext_bytes(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	unsigned long *size;

	if (register_kprobe(&kp))
		return;
	lookup = (void *)kp.addr;
	unregister_kprobe(&kp);
	size = (unsigned long *)lookup("page_ext_size");
	page_ext_bytes = size ? *size : 0;
}

static int __init po_bench_init(void)
{
	int err;

	find_page_ext_bytes();
	mapped = alloc_page(GFP_KERNEL);
	if (!mapped)
		return -ENOMEM;
	err = misc_register(&po_device);
	if (err)
		__free_page(mapped);
	return err;
}

static void __exit po_bench_exit(void)
{
	misc_deregister(&po_device);
	__free_page(mapped);
}

module_init(po_bench_init);
module_exit(po_bench_exit);
MODULE_DESCRIPTION("Instructions per page allocation");
MODULE_LICENSE("GPL");
