// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stack cache on made-up stacks, beside a model of the ORC unwinder.
 *
 * A made-up kernel of functions, each with a kind of frame and some places that it
 * calls from, runs on a task's stack and on one for interrupts. Nothing is cleared
 * in between, so stacks lie on what older ones left there, with much that looks like
 * a return address or a frame pointer. Whatever the cache says of a stack must be
 * what the model says, which reads only what an unwinder would read.
 *
 * Usage: stack_cache [SEED]
 */
#include <stdio.h>
#include <time.h>

#include "shim.h"
#include <linux/stack_cache.h>

#define FUNCTIONS	60
#define SITES		3
#define PROGRAMS	400
#define LONGEST		24

/* How a function makes its frame. */
enum frame {
	FRAME_PLAIN,		/* lowers sp */
	FRAME_SAVES_BP,		/* and saves bp, which it uses for something else */
	FRAME_POINTER,		/* finds its frame by bp, and lowers sp by any amount */
	FRAME_ALIGNED,		/* the same, but aligns sp */
	FRAME_REALIGNED,	/* copies its return address to an aligned place */
	NR_FRAMES,
};

struct function {
	enum frame frame;
	unsigned int size;
};

/* What all begins with. */
enum entry {
	ENTRY_SYSCALL,
	ENTRY_KTHREAD,
	ENTRY_FAULT,		/* of user space */
	ENTRY_NESTED,		/* of the kernel, and not where stackdepot cuts */
	ENTRY_INTERRUPT,	/* of the kernel */
	NR_ENTRIES,
	ENTRY_NONE,
};

/* A stack, outermost call first. */
struct program {
	enum entry entry;
	unsigned int user_cs;
	unsigned int nr;
	struct {
		u8 function, site;
	} call[LONGEST];
};

/* Where special code calls from. */
#define TEXT		0xffffffff81000000UL
#define MODULE		0xffffffffa0000000UL
#define SPECIAL		0xffffffff82000000UL
#define RET_FROM_FORK	(SPECIAL + 0x10)
#define ENTRY_SYSCALL_64 (SPECIAL + 0x20)
#define ASM_EXC_FAULT	(SPECIAL + 0x30)
#define ASM_EXC_NESTED	(SPECIAL + 0x40)
#define ASM_INTERRUPT	(SPECIAL + 0x50)
#define COMMON_INTERRUPT (SPECIAL + 0x60)
#define TRACER		0xffffffffc0000000UL
#define INTERRUPT_FRAME	40

static struct function function[FUNCTIONS];
static struct program program[PROGRAMS];

static struct task_struct task;
struct task_struct *current = &task;
struct module the_module;
struct notifier_block *the_notifier;

/* The machine */
static unsigned long sp, bp;
static char *irq_stack;
/* What the tracer has replaced: one return address at most. */
static unsigned long traced_at, traced;

static u64 random_state;

static u32 any(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}

static u32 below(u32 n)
{
	return any() % n;
}

static unsigned long site_ip(unsigned int f, unsigned int site)
{
	/* The last functions are a module's. */
	return (f >= FUNCTIONS - 6 ? MODULE : TEXT) + (f * SITES + site) * 16 + 5;
}

static bool site_of(unsigned long ip, unsigned int *f)
{
	unsigned long at;

	if (ip - TEXT >= FUNCTIONS * SITES * 16 && ip - MODULE >= FUNCTIONS * SITES * 16)
		return false;
	at = ip & 0xffffff;
	*f = at / 16 / SITES;
	return at % 16 == 5 && site_ip(*f, at / 16 % SITES) == ip;
}

bool core_kernel_text(unsigned long ip)
{
	return ip - TEXT < 0x2000000;
}

struct module *__module_text_address(unsigned long ip)
{
	return ip - MODULE < 0x1000000 ? &the_module : NULL;
}

bool within_module_core(unsigned long ip, const struct module *mod)
{
	return true;
}

bool is_module_text_address(unsigned long ip)
{
	return __module_text_address(ip);
}

static bool is_entry(unsigned long ip)
{
	return ip == ASM_EXC_FAULT || ip == ASM_INTERRUPT;
}

unsigned int filter_irq_stacks(unsigned long *entries, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (is_entry(entries[i]))
			return i + 1;
	}
	return nr;
}

/*
 * The unwinder
 */

static struct orc_entry call_rule(int sp_reg, int sp_offset, int bp_reg, int bp_offset)
{
	return (struct orc_entry) { sp_offset, bp_offset, sp_reg, bp_reg, ORC_TYPE_CALL };
}

static struct orc_entry function_rule(const struct function *f)
{
	switch (f->frame) {
	case FRAME_PLAIN:
		return call_rule(ORC_REG_SP, f->size + 8, ORC_REG_UNDEFINED, 0);
	case FRAME_SAVES_BP:
		return call_rule(ORC_REG_SP, f->size + 16, ORC_REG_PREV_SP, -16);
	case FRAME_POINTER:
	case FRAME_ALIGNED:
		return call_rule(ORC_REG_BP, 16, ORC_REG_PREV_SP, -16);
	default:
		return call_rule(ORC_REG_BP_INDIRECT, -8, ORC_REG_BP, 0);
	}
}

bool unwind_orc_rule(unsigned long ip, bool signal, struct orc_entry *rule)
{
	unsigned int f;

	if (site_of(ip, &f)) {
		*rule = function_rule(&function[f]);
		return true;
	}
	*rule = (struct orc_entry) { .sp_reg = ORC_REG_SP, .type = ORC_TYPE_REGS };
	switch (ip) {
	case RET_FROM_FORK:
		rule->type = ORC_TYPE_END_OF_STACK;
		return true;
	case COMMON_INTERRUPT:
		*rule = call_rule(ORC_REG_SP_INDIRECT, INTERRUPT_FRAME + 8,
				  ORC_REG_UNDEFINED, 0);
		return true;
	case ENTRY_SYSCALL_64:
	case ASM_EXC_FAULT:
	case ASM_EXC_NESTED:
	case ASM_INTERRUPT:
		return true;
	}
	return false;
}

int get_stack_info(unsigned long *stack, struct task_struct *t, struct stack_info *info,
		   unsigned long *visit_mask)
{
	unsigned long addr = (unsigned long)stack;

	if (addr - (unsigned long)task.stack < THREAD_SIZE) {
		info->type = STACK_TYPE_TASK;
		info->end = task.stack + THREAD_SIZE;
		return 0;
	}
	if (addr - (unsigned long)irq_stack < IRQ_STACK_SIZE) {
		info->type = STACK_TYPE_IRQ;
		info->end = (void *)(irq_stack + IRQ_STACK_SIZE);
		return 0;
	}
	info->type = STACK_TYPE_UNKNOWN;
	return -1;
}

static enum stack_type type_of(unsigned long addr)
{
	struct stack_info info;

	get_stack_info((unsigned long *)addr, &task, &info, NULL);
	return info.type;
}

static bool readable(unsigned long addr, size_t size)
{
	return addr + size > addr && type_of(addr) &&
	       type_of(addr) == type_of(addr + size - 1);
}

static bool load(unsigned long addr, unsigned long *value)
{
	if (!readable(addr, sizeof(*value)))
		return false;
	memcpy(value, (void *)addr, sizeof(*value));
	return true;
}

static unsigned long untraced(unsigned long addr, unsigned long ip)
{
	return ip == TRACER && addr == traced_at ? traced : ip;
}

void unwind_start(struct unwind_state *state, struct task_struct *t,
		  struct pt_regs *regs, unsigned long *first_frame)
{
	*state = (struct unwind_state) {
		.ip = untraced((unsigned long)first_frame, *first_frame),
		.sp = (unsigned long)(first_frame + 1),
		.bp = first_frame[-1],
	};
}

static bool unwind_sp(const struct unwind_state *state, const struct orc_entry *rule,
		      unsigned long *to)
{
	switch (rule->sp_reg) {
	case ORC_REG_SP:
		*to = state->sp + rule->sp_offset;
		return true;
	case ORC_REG_BP:
		*to = state->bp + rule->sp_offset;
		return true;
	case ORC_REG_BP_INDIRECT:
		return load(state->bp + rule->sp_offset, to);
	default:
		if (!load(state->sp, to))
			return false;
		*to += rule->sp_offset;
		return true;
	}
}

static bool unwind_ip(struct unwind_state *state, const struct orc_entry *rule,
		      unsigned long to)
{
	struct pt_regs *regs = (struct pt_regs *)to;

	if (rule->type == ORC_TYPE_CALL) {
		if (!load(to - 8, &state->ip))
			return false;
		state->ip = untraced(to - 8, state->ip);
		state->sp = to;
		state->regs = NULL;
		return true;
	}
	if (!readable(to, sizeof(*regs)) || to % 8)
		return false;
	state->ip = regs->ip;
	state->sp = regs->sp;
	state->regs = regs;
	return true;
}

static bool unwind_bp(struct unwind_state *state, const struct orc_entry *rule,
		      unsigned long to)
{
	switch (rule->bp_reg) {
	case ORC_REG_UNDEFINED:
		if (state->regs)
			state->bp = state->regs->bp;
		return true;
	case ORC_REG_PREV_SP:
		return load(to + rule->bp_offset, &state->bp);
	default:
		return load(state->bp + rule->bp_offset, &state->bp);
	}
}

bool unwind_next_frame(struct unwind_state *state)
{
	unsigned long before = state->sp, to;
	struct orc_entry rule;

	state->done = true;
	if ((state->regs && user_mode(state->regs)) ||
	    !unwind_orc_rule(state->ip, state->signal, &rule) ||
	    rule.type == ORC_TYPE_END_OF_STACK || !unwind_sp(state, &rule, &to) ||
	    !unwind_ip(state, &rule, to) || !unwind_bp(state, &rule, to) ||
	    (type_of(state->sp) == type_of(before) && state->sp <= before))
		return false;
	state->done = false;
	return true;
}

unsigned long unwind_get_return_address(struct unwind_state *state)
{
	/* User space runs nothing at the kernel's addresses. */
	if (state->done || (state->regs && user_mode(state->regs)))
		return 0;
	return core_kernel_text(state->ip) || is_module_text_address(state->ip) ?
	       state->ip : 0;
}

unsigned long *unwind_get_return_address_ptr(struct unwind_state *state)
{
	return state->regs ? &state->regs->ip : (unsigned long *)state->sp - 1;
}

/* What the kernel would save of a stack. */
static unsigned int true_stack(const unsigned long *slot, unsigned long *ip)
{
	struct unwind_state state;
	unsigned int nr = 0;

	unwind_start(&state, &task, NULL, (unsigned long *)slot);
	while (!unwind_done(&state) && nr < STACK_CACHE_DEPTH) {
		ip[nr] = unwind_get_return_address(&state);
		if (!ip[nr])
			break;
		nr++;
		unwind_next_frame(&state);
	}
	return filter_irq_stacks(ip, nr);
}

/*
 * The machine
 */

static void push(unsigned long value)
{
	sp -= 8;
	*(unsigned long *)sp = value;
}

/* Something that looks like what a stack holds. */
static unsigned long any_word(void)
{
	switch (below(5)) {
	case 0:
		return site_ip(below(FUNCTIONS), below(SITES));
	case 1:
		return sp + 8 * below(64);
	case 2:
		return (unsigned long)task.stack + below(THREAD_SIZE + 64);
	case 3:
		return SPECIAL + below(8) * 16;
	}
	return any();
}

/* Lowers sp. Of what lies there little is written. */
static void reserve(unsigned int bytes)
{
	sp -= bytes;
	if (bytes >= 8 && !below(4))
		((unsigned long *)sp)[below(bytes / 8)] = any_word();
}

/* @extra is how far sp is lowered beyond the frame's size, where that is not fixed. */
static void begin_function(const struct function *f, unsigned int extra)
{
	unsigned long caller_sp = sp + 8;

	if (f->frame == FRAME_REALIGNED) {
		reserve(extra);
		sp &= -32UL;
		push(*(unsigned long *)(caller_sp - 8));
	}
	if (f->frame != FRAME_PLAIN)
		push(bp);
	if (f->frame == FRAME_SAVES_BP)
		bp = any_word();
	else if (f->frame != FRAME_PLAIN)
		bp = sp;
	if (f->frame == FRAME_REALIGNED)
		push(caller_sp);
	else if (f->frame == FRAME_POINTER || f->frame == FRAME_ALIGNED)
		reserve(extra);
	reserve(f->size);
	if (f->frame == FRAME_ALIGNED)
		sp &= -64UL;
}

static void begin_regs(unsigned int cs, unsigned long ip)
{
	struct pt_regs regs = { .bp = bp, .sp = sp, .ip = ip, .cs = cs };
	bool user = cs & 3;

	if (user) {
		regs.ip = any();
		regs.cx = below(2) ? regs.ip : any();
	}
	sp -= sizeof(regs);
	memcpy((void *)sp, &regs, sizeof(regs));
	if (user)
		bp = any_word();
}

static void interrupt(void)
{
	unsigned long before;

	sp -= INTERRUPT_FRAME;
	before = sp;
	sp = (unsigned long)irq_stack + IRQ_STACK_SIZE;
	push(before);
	push(COMMON_INTERRUPT);
}

static void begin_entry(const struct program *p)
{
	if (p->entry == ENTRY_NONE)
		return;
	if (p->entry != ENTRY_SYSCALL && p->entry != ENTRY_FAULT) {
		push(RET_FROM_FORK);
		return;
	}
	begin_regs(p->user_cs, 0);
	push(p->entry == ENTRY_SYSCALL ? ENTRY_SYSCALL_64 : ASM_EXC_FAULT);
}

/* Something comes in between, in the function that has called last. */
static void come_between(enum entry entry)
{
	unsigned long ip = *(unsigned long *)sp;

	sp += 8;
	begin_regs(0x10, ip);
	push(entry == ENTRY_NESTED ? ASM_EXC_NESTED : ASM_INTERRUPT);
	if (entry == ENTRY_INTERRUPT)
		interrupt();
}

/* Runs @p up to a hook, and returns the hook's slot. */
static unsigned long *run(const struct program *p)
{
	unsigned long slot;
	unsigned int i;

	sp = (unsigned long)task.stack + THREAD_SIZE;
	bp = any_word();
	task.kstack_offset = any();
	begin_entry(p);
	for (i = 0; i < p->nr; i++) {
		unsigned int extra = 8 * below(8);

		if (!i && p->entry == ENTRY_SYSCALL)
			extra = KSTACK_OFFSET_MAX(task.kstack_offset);
		begin_function(&function[p->call[i].function], extra);
		push(site_ip(p->call[i].function, p->call[i].site));
		if (i == p->nr / 2 && (p->entry == ENTRY_NESTED || p->entry == ENTRY_INTERRUPT))
			come_between(p->entry);
	}
	slot = sp;
	push(bp);
	return (unsigned long *)slot;
}

/*
 * What stands in for stackdepot
 */

#define DEPOT 131072

static struct {
	u32 nr;
	unsigned long ip[STACK_CACHE_DEPTH];
} depot[DEPOT];

static u32 handle_of(const unsigned long *ip, unsigned int nr)
{
	unsigned long hash = nr;
	unsigned int i, tries;

	for (i = 0; i < nr; i++)
		hash = (hash ^ ip[i]) * 0x100000001b3UL;
	for (tries = 0; tries < DEPOT; tries++) {
		i = ((hash >> 20) + tries) % DEPOT;
		if (!depot[i].nr) {
			depot[i].nr = nr + 1;
			memcpy(depot[i].ip, ip, nr * sizeof(*ip));
		}
		if (depot[i].nr == nr + 1 && !memcmp(depot[i].ip, ip, nr * sizeof(*ip)))
			return i + 1;
	}
	abort();
}

/*
 * Tests
 */

static unsigned int test, failures, failed;
static unsigned int lookups, hits, learnt;
/* The last stack that was unwound has a way for which a path has no room. */
static bool too_long;

static bool fail(const char *why)
{
	if (failures++ < 5)
		printf("# %s\n", why);
	return false;
}

/* What a hook does. Returns false if the cache did not know the stack. */
static bool look(const unsigned long *slot)
{
	const struct stack_cache_stack *found = stack_cache_find(slot);
	unsigned long want[STACK_CACHE_DEPTH], have[STACK_CACHE_DEPTH];
	unsigned int nr = true_stack(slot, want);
	struct stack_cache_stack stack = { .handle = handle_of(want, nr) };
	struct stack_cache_path path;

	lookups++;
	if (found) {
		hits++;
		if (found->handle != stack.handle)
			fail("a stack was taken for another one");
		return true;
	}
	stack_cache_trace(slot, 0, &path);
	if (filter_irq_stacks(have, stack_cache_entries(&path, have)) != nr ||
	    memcmp(have, want, nr * sizeof(*want)))
		fail("the path is not the stack");
	too_long = path.nr_words == STACK_CACHE_WORDS;
	if (!path.known)
		return false;
	learnt++;
	stack_cache_add(&path, &stack, 0, true);
	found = stack_cache_find(slot);
	if (!found)
		fail("a stack that was just learnt is not known");
	else if (found->handle != stack.handle)
		fail("a stack that was just learnt is another one");
	return false;
}

static void result(const char *name)
{
	printf("%s %u - %s # %u lookups, %u hits, %u learnt\n", failures ? "not ok" : "ok",
	       ++test, name, lookups, hits, learnt);
	failed |= failures;
	failures = 0;
	lookups = 0;
	hits = 0;
	learnt = 0;
}

/* The cache knows nothing any more. */
static void forget(void)
{
	memset(depot, 0, sizeof(depot));
	the_notifier->notifier_call(the_notifier, MODULE_STATE_GOING, &the_module);
}

static void make_function(struct function *f)
{
	f->frame = below(3) ? below(2) : below(NR_FRAMES);
	f->size = 8 * below(12);
}

static void make_kernel(void)
{
	unsigned int i;

	for (i = 0; i < FUNCTIONS; i++)
		make_function(&function[i]);
	/* Has the random offset of a system call. */
	function[0] = (struct function) { FRAME_POINTER, 24 };
}

/* Calls mostly go where calls from there have gone before, as in a real kernel. */
static void make_program(struct program *p, unsigned int nr)
{
	unsigned int i, f = 0;

	p->entry = below(8) ? below(ENTRY_NESTED) : below(NR_ENTRIES);
	/* Some tasks have 32 bits. */
	p->user_cs = below(4) ? 0x33 : 0x23;
	p->nr = nr;
	for (i = 0; i < nr; i++) {
		p->call[i].function = f;
		p->call[i].site = below(SITES);
		/* Some call themselves. */
		if (f % 8 != 1 || !below(6))
			f = (f * 7 + p->call[i].site * 3 + 1) % FUNCTIONS;
	}
}

static void make_programs(void)
{
	unsigned int i;

	for (i = 0; i < PROGRAMS; i++)
		make_program(&program[i], 1 + below(LONGEST));
}

/* As often as that, the stack is one that was learnt. */
static void need_hits(unsigned int percent)
{
	if (hits < lookups / 100 * percent)
		fail("too few lookups hit");
}

static void random_shapes(void)
{
	unsigned int round, i;

	for (round = 0; round < 20; round++) {
		forget();
		make_kernel();
		make_programs();
		for (i = 0; i < 6000; i++)
			look(run(&program[below(PROGRAMS)]));
	}
	need_hits(80);
	result("random shapes of frames");
}

/* After one time, always; but not what comes in where stackdepot does not cut. */
static void all_found_again(void)
{
	unsigned int i, again, before;
	bool known;

	forget();
	make_kernel();
	make_programs();
	for (i = 0; i < PROGRAMS; i++) {
		before = learnt;
		known = look(run(&program[i])) || learnt > before;
		if (!known && !too_long && program[i].entry != ENTRY_NESTED)
			fail("a stack that follows from its words is not learnt");
		for (again = 0; again < 20; again++) {
			if (look(run(&program[i])) != known)
				fail("a stack that was learnt is not known");
		}
	}
	result("with any padding a stack is found again");
}

static unsigned long *stack_end(const unsigned long *slot)
{
	if (type_of((unsigned long)slot) == STACK_TYPE_IRQ)
		return (unsigned long *)(irq_stack + IRQ_STACK_SIZE);
	return task.stack + THREAD_SIZE;
}

/* Writes to a word of the stacks from @slot on: something new, or what another has. */
static void damage(unsigned long *slot)
{
	unsigned long *begin = slot, *end = stack_end(slot);
	unsigned long word = below(2) ? any_word() : slot[below(end - slot)];

	if (type_of((unsigned long)slot) == STACK_TYPE_IRQ && below(2)) {
		end = task.stack + THREAD_SIZE;
		begin = end - 100;
	}
	begin[below(end - begin)] = word;
}

/* Words are not what they should be. */
static void damaged_stacks(void)
{
	unsigned int i, n;

	for (i = 0; i < 100000; i++) {
		unsigned long *slot;

		if (!(i % 5000)) {
			forget();
			make_kernel();
			make_programs();
		}
		slot = run(&program[below(PROGRAMS)]);
		for (n = below(4); n; n--)
			damage(slot);
		look(slot);
	}
	result("damaged stacks");
}

/* The outermost calls are missing, so the stack ends where there should be more. */
static void short_stacks(void)
{
	unsigned int i, missing;
	struct program p;

	for (i = 0; i < 150000; i++) {
		if (!(i % 5000)) {
			forget();
			make_kernel();
			make_programs();
		}
		p = program[below(PROGRAMS)];
		if (below(2) && p.entry < ENTRY_NESTED) {
			missing = below(p.nr);
			p.nr -= missing;
			memmove(p.call, p.call + missing, p.nr * sizeof(*p.call));
			p.entry = ENTRY_NONE;
		}
		/* This one copies its return address. */
		if (p.entry != ENTRY_NONE ||
		    function[p.call[0].function].frame != FRAME_REALIGNED)
			look(run(&p));
	}
	result("stacks that end where they should go on");
}

static void traced_stacks(void)
{
	unsigned int i;

	forget();
	make_kernel();
	make_programs();
	for (i = 0; i < 100000; i++) {
		unsigned long *slot = run(&program[below(PROGRAMS)]), *word;

		word = slot + below(40);
		if (below(2) && readable((unsigned long)word, 8) &&
		    core_kernel_text(*word)) {
			traced = *word;
			traced_at = (unsigned long)word;
			*word = TRACER;
		}
		look(slot);
		traced_at = 0;
	}
	need_hits(50);
	result("a tracer that replaces return addresses");
}

/* A module comes to where another one has been. */
static void module_goes(void)
{
	unsigned int i, f;

	forget();
	make_kernel();
	make_programs();
	for (i = 0; i < 50000; i++) {
		if (!(i % 1000)) {
			/* What runs while it goes is not to be learnt again. */
			the_module.state = MODULE_STATE_GOING;
			look(run(&program[below(PROGRAMS)]));
			forget();
			look(run(&program[below(PROGRAMS)]));
			look(run(&program[below(PROGRAMS)]));
			for (f = FUNCTIONS - 6; f < FUNCTIONS; f++)
				make_function(&function[f]);
			the_module.state = MODULE_STATE_LIVE;
		}
		look(run(&program[below(PROGRAMS)]));
	}
	need_hits(50);
	result("modules that come and go");
}

/* A stack that was unwound before the cache was emptied is not added afterwards. */
static void late_add(void)
{
	struct stack_cache_stack stack = { .handle = 1 };
	struct stack_cache_path path;
	unsigned long *slot;

	forget();
	make_kernel();
	make_program(&program[0], 5);
	program[0].entry = ENTRY_KTHREAD;
	slot = run(&program[0]);
	stack_cache_trace(slot, 0, &path);
	forget();
	stack_cache_add(&path, &stack, 0, true);
	if (stack_cache_find(slot))
		fail("it was added");
	stack_cache_trace(slot, 0, &path);
	stack_cache_add(&path, &stack, 0, true);
	if (!stack_cache_find(slot))
		fail("nothing was added");
	result("what was unwound before a flush");
}

static void full_cache(void)
{
	struct stack_cache_stats before, after;
	struct program p;
	unsigned int i;

	forget();
	make_kernel();
	stack_cache_read_stats(&before);
	for (i = 0; i < 12000; i++) {
		make_program(&p, 12 + below(6));
		look(run(&p));
		look(run(&p));
	}
	stack_cache_read_stats(&after);
	if (after.flushes < before.flushes + 2)
		fail("the cache was never full");
	forget();
	result("more stacks than there is room for");
}

/* Runs functions 1 and up from @first on the task's stack: C, then F. */
static unsigned long *run_chain(const u8 *call, unsigned int nr, unsigned int padding)
{
	unsigned int i;

	sp = (unsigned long)task.stack + THREAD_SIZE;
	bp = 0;
	push(RET_FROM_FORK);
	for (i = 0; i < nr; i++) {
		/* Nothing but what a function itself must write. */
		const struct function *f = &function[call[i]];

		if (f->frame == FRAME_POINTER) {
			push(bp);
			bp = sp;
			sp -= padding;
		}
		sp -= f->size;
		push(site_ip(call[i], 0));
	}
	push(bp);
	return (unsigned long *)sp + 1;
}

/*
 * F's frame has a padding. F<-C1 is learnt with none, then F<-C2<-D2<-E with 8. Then
 * F<-C2<-D3<-E, with none, has D2's old return address where it is sought if places
 * behind F are counted across the padding.
 */
static void padding_between(void)
{
	enum { F = 1, C1, C2, D2, D3, E };
	static const u8 first[] = { C1, F }, second[] = { E, D2, C2, F },
			third[] = { E, D3, C2, F };
	unsigned int i;

	for (i = F; i <= E; i++)
		function[i] = (struct function) { FRAME_PLAIN, 32 };
	function[F].frame = FRAME_POINTER;
	function[D3].size += 8;
	memset(task.stack, 0, THREAD_SIZE);
	forget();
	look(run_chain(first, ARRAY_SIZE(first), 0));
	look(run_chain(second, ARRAY_SIZE(second), 8));
	if (look(run_chain(third, ARRAY_SIZE(third), 0)))
		fail("a stack was known that has not been seen");
	result("a padding is not counted across");
}

int main(int argc, char **argv)
{
	u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (u64)time(NULL);

	setvbuf(stdout, NULL, _IOLBF, 0);
	random_state = seed * 2 + 1;
	printf("TAP version 13\n# seed %llu\n", (unsigned long long)seed);
	task.stack = aligned_alloc(THREAD_SIZE, THREAD_SIZE);
	irq_stack = aligned_alloc(IRQ_STACK_SIZE, IRQ_STACK_SIZE);
	memset(task.stack, 0, THREAD_SIZE);
	memset(irq_stack, 0, IRQ_STACK_SIZE);
	if (stack_cache_init())
		return 1;

	padding_between();
	random_shapes();
	all_found_again();
	damaged_stacks();
	short_stacks();
	traced_stacks();
	module_goes();
	late_add();
	full_cache();
	printf("1..%u\n", test);
	return failed != 0;
}
