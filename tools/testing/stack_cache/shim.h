/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of a kernel as the stack cache needs, for one CPU. The test's main file
 * has the machine: stacks, registers, and a model of the unwinder.
 */
#ifndef STACK_CACHE_SHIM_H
#define STACK_CACHE_SHIM_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/cdefs.h>

/* What the kernel's configuration says. */
#define CONFIG_STACK_CACHE_FAST
#define CONFIG_UNWINDER_ORC
#define CONFIG_MODULES
#define CONFIG_RANDOMIZE_KSTACK_OFFSET

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef u32 depot_stack_handle_t;

/* The compiler, and helpers of all kinds */
#define gfp_t unsigned int
#define __init
#define __ro_after_init
#define noinline __attribute_noinline__
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define OPTIMIZER_HIDE_VAR(x) asm("" : "+r"(x))
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define data_race(x) (x)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define static_assert _Static_assert
#define BIT(n) (1UL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define IS_ALIGNED(x, a) (!((x) & ((a) - 1)))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define max_t(t, a, b) ((t)(a) > (t)(b) ? (t)(a) : (t)(b))
#define clamp(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))
#define struct_size_t(t, m, n) (sizeof(t) + (n) * sizeof(((t *)0)->m[0]))
#define sizeof_field(t, m) sizeof(((t *)0)->m)
#define container_of(p, t, m) ((t *)((char *)(p) - offsetof(t, m)))

static inline unsigned long hash_long(unsigned long x, unsigned int bits)
{
	return x * 0x61C8864680B583EBUL >> (64 - bits);
}

static inline void memset_p(void **p, void *v, size_t n)
{
	while (n--)
		*p++ = v;
}

/* One CPU, on which nothing comes in between */
#define DEFINE_PER_CPU(type, name) type name
#define DECLARE_PER_CPU(type, name) extern type name
#define this_cpu_inc(x) (++(x))
#define this_cpu_read(x) (x)
#define this_cpu_write(x, v) ((x) = (v))
#define per_cpu_ptr(p, cpu) ((void)(cpu), (p))
#define for_each_possible_cpu(cpu) for (cpu = 0; cpu < 1; cpu++)
#define DEFINE_RAW_SPINLOCK(name) int name
#define raw_spin_lock_irqsave(lock, flags) ((void)(lock), (flags) = 0)
#define raw_spin_unlock_irqrestore(lock, flags) ((void)(lock), (void)(flags))
#define lockdep_assert_held(lock) ((void)(lock))
#define preempt_disable() do { } while (0)
#define preempt_enable() do { } while (0)
#define in_nmi() false

/* Memory: all of it is freed at once, so that AddressSanitizer sees a late reader. */
#define PAGE_SIZE 4096UL
#define GFP_KERNEL 0
#define __GFP_NOWARN 0
#define gfp_nested_mask(gfp) (gfp)
#define kzalloc(size, gfp) ((void)(gfp), calloc(1, size))
#define kcalloc(n, size, gfp) ((void)(gfp), calloc(n, size))
#define kfree(p) free(p)
#define __get_free_page(gfp) ((void)(gfp), (unsigned long)calloc(1, PAGE_SIZE))
#define free_page(p) free((void *)(p))

struct rcu_head {
	void *unused[2];
};

#define call_rcu(head, func) func(head)
#define synchronize_rcu() do { } while (0)

/* Few pages, so that the cache is often full. */
static inline unsigned long totalram_pages(void)
{
	return 0;
}

/* Modules */
struct module {
	int state;
};

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long action, void *data);
};

#define MODULE_STATE_LIVE 0
#define MODULE_STATE_GOING 2
#define NOTIFY_DONE 0
#define NOTIFY_OK 1

extern struct module the_module;
extern struct notifier_block *the_notifier;

struct module *__module_text_address(unsigned long addr);
bool within_module_core(unsigned long addr, const struct module *mod);
bool is_module_text_address(unsigned long addr);
bool core_kernel_text(unsigned long addr);

static inline int register_module_notifier(struct notifier_block *nb)
{
	the_notifier = nb;
	return 0;
}

/* The machine */
#define THREAD_SIZE (16 * 1024UL)
#define IRQ_STACK_SIZE (16 * 1024UL)
#define KSTACK_OFFSET_MAX(x) ((x) & 0x3f0)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

struct task_struct {
	void *stack;
	u32 kstack_offset;
};

extern struct task_struct *current;

static inline void *task_stack_page(const struct task_struct *task)
{
	return task->stack;
}

static inline struct pt_regs *task_pt_regs(const struct task_struct *task)
{
	return (struct pt_regs *)((char *)task->stack + THREAD_SIZE) - 1;
}

static inline bool user_mode(const struct pt_regs *regs)
{
	return regs->cs & 3;
}

enum stack_type { STACK_TYPE_UNKNOWN, STACK_TYPE_TASK, STACK_TYPE_IRQ };

struct stack_info {
	enum stack_type type;
	unsigned long *begin, *end;
};

int get_stack_info(unsigned long *stack, struct task_struct *task,
		   struct stack_info *info, unsigned long *visit_mask);

/* ORC */
#define ORC_REG_UNDEFINED	0
#define ORC_REG_PREV_SP		1
#define ORC_REG_BP		4
#define ORC_REG_SP		5
#define ORC_REG_BP_INDIRECT	8
#define ORC_REG_SP_INDIRECT	9

#define ORC_TYPE_UNDEFINED	0
#define ORC_TYPE_END_OF_STACK	1
#define ORC_TYPE_CALL		2
#define ORC_TYPE_REGS		3

struct orc_entry {
	s16 sp_offset, bp_offset;
	unsigned int sp_reg, bp_reg, type;
	bool signal;
};

/* The unwinder */
struct unwind_state {
	unsigned long ip, sp, bp;
	struct pt_regs *regs;
	bool signal, done;
};

void unwind_start(struct unwind_state *state, struct task_struct *task,
		  struct pt_regs *regs, unsigned long *first_frame);
bool unwind_next_frame(struct unwind_state *state);
unsigned long unwind_get_return_address(struct unwind_state *state);
unsigned long *unwind_get_return_address_ptr(struct unwind_state *state);
bool unwind_orc_rule(unsigned long ip, bool signal, struct orc_entry *rule);

static inline bool unwind_done(struct unwind_state *state)
{
	return state->done;
}

unsigned int filter_irq_stacks(unsigned long *entries, unsigned int nr);

#endif /* STACK_CACHE_SHIM_H */
