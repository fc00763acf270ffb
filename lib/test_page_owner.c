// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations on demand, for tools/testing/selftests/mm/page_owner.
 *
 * A test needs pages whose owner it knows: allocated by a call chain with
 * known symbols, from a chosen context, and freed when and how the test says.
 * debugfs test_page_owner/control takes one command per write:
 *
 *   alloc [how=HOW] [order=N] [pages=N] [count=N] [gfp=FLAG[,FLAG...]]
 *         [context=CTX] [chain=N] [path=N] [step=N] [depth=N] [node=N]
 *         [pfn=N] [fail=1]
 *   free [id=N [from=N pages=N]] [fail=1]
 *   dump pfn=N
 *
 * and lists the blocks that are held when read, oldest first, one per line:
 *
 *   ID ORDER GFP PFN[ PFN...]
 *
 * with one PFN per piece that is still held. Pieces have the given order.
 *
 * Every allocation is made below test_page_owner_chain_<chain>(). Above that,
 * in the direction of the system call, come @depth frames which are either
 * test_page_owner_left() or test_page_owner_right() according to the bits of
 * @path, so that 2^depth different stacks can be had. @step is added to @path
 * after each block of one command.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmdebug.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define MAX_COMMAND	256
#define MAX_DEPTH	20

enum how {
	HOW_PAGES,	/* alloc_pages(), no __GFP_COMP */
	HOW_COMPOUND,	/* alloc_pages() with __GFP_COMP */
	HOW_EXACT,	/* alloc_pages_exact() */
	HOW_BULK,	/* the bulk allocator */
	HOW_SPLIT,	/* alloc_pages() and split_page() */
	HOW_EXTRA_REF,	/* __free_pages() while the head has one more reference */
	HOW_CONTIG,	/* alloc_contig_range(), order 0 pages */
	HOW_GIGANTIC,	/* alloc_contig_range() with __GFP_COMP, one folio */
	NR_HOW,
};

static const char * const how_names[NR_HOW] = {
	[HOW_PAGES]	= "pages",
	[HOW_COMPOUND]	= "compound",
	[HOW_EXACT]	= "exact",
	[HOW_BULK]	= "bulk",
	[HOW_SPLIT]	= "split",
	[HOW_EXTRA_REF]	= "extra_ref",
	[HOW_CONTIG]	= "contig",
	[HOW_GIGANTIC]	= "gigantic",
};

enum context {
	CTX_TASK,
	CTX_ATOMIC,	/* preemption off */
	CTX_SPIN,	/* under a spinlock */
	CTX_IRQOFF,	/* interrupts off */
	CTX_BH,		/* bottom halves off */
	CTX_HARDIRQ,	/* irq_work, where taking a spinlock is allowed */
	CTX_SOFTIRQ,	/* tasklet */
	CTX_RECLAIM,	/* as lockdep sees a task inside filesystem reclaim */
	NR_CTX,
};

static const char * const context_names[NR_CTX] = {
	[CTX_TASK]	= "task",
	[CTX_ATOMIC]	= "atomic",
	[CTX_SPIN]	= "spin",
	[CTX_IRQOFF]	= "irqoff",
	[CTX_BH]	= "bh",
	[CTX_HARDIRQ]	= "hardirq",
	[CTX_SOFTIRQ]	= "softirq",
	[CTX_RECLAIM]	= "reclaim",
};

static const struct {
	const char *name;
	gfp_t set;
	gfp_t clear;
} gfp_names[] = {
	{ "kernel",	GFP_KERNEL },
	{ "atomic",	GFP_ATOMIC },
	{ "nowait",	GFP_NOWAIT },
	{ "nofs",	GFP_NOFS },
	{ "noio",	GFP_NOIO },
	{ "user",	GFP_USER },
	{ "movable",	GFP_HIGHUSER_MOVABLE },
	{ "reclaimable", GFP_KERNEL | __GFP_RECLAIMABLE },
	{ "account",	GFP_KERNEL_ACCOUNT },
	{ "thisnode",	__GFP_THISNODE },
	{ "nowarn",	__GFP_NOWARN },
	{ "norecurse",	0, __GFP_DIRECT_RECLAIM },
};

/**
 * struct command - one parsed write
 * @how:	way to allocate
 * @context:	where to allocate from
 * @gfp:	flags for the allocation
 * @order:	order of a block, HOW_PAGES, HOW_COMPOUND, HOW_SPLIT, HOW_EXTRA_REF
 * @pages:	pages of a block, the other ways; pieces to free
 * @count:	blocks to allocate
 * @chain:	number of the function to allocate below
 * @path:	bits that choose between left and right
 * @step:	what to add to @path after each block
 * @depth:	frames above the chain function
 * @node:	node to allocate on, or NUMA_NO_NODE
 * @pfn:	start of a contig range, or page to dump
 * @id:		block to free, 0 is all
 * @from:	first piece to free
 * @fail:	let fault injection see this task while it allocates or frees
 */
struct command {
	enum how how;
	enum context context;
	gfp_t gfp;
	unsigned int order;
	unsigned int pages;
	unsigned int count;
	unsigned int chain;
	unsigned int path;
	unsigned int step;
	unsigned int depth;
	int node;
	unsigned long pfn;
	unsigned int id;
	unsigned int from;
	unsigned int fail;
};

/**
 * struct block - the result of one allocation
 * @list:	on the list of blocks, under control_lock
 * @how:	how it was allocated, so how to free it
 * @id:		what user space calls it
 * @order:	order of each piece
 * @gfp:	flags it was allocated with
 * @nr:		pieces
 * @piece:	the pages, NULL when freed
 */
struct block {
	struct list_head list;
	enum how how;
	unsigned int id;
	unsigned int order;
	gfp_t gfp;
	unsigned int nr;
	struct page *piece[] __counted_by(nr);
};

/**
 * struct call - what travels down the call chain
 * @cmd:	the command
 * @block:	block to fill
 * @path:	path of this block
 * @chain:	set by the chain function
 * @done:	completed in interrupt context
 * @work:	for CTX_HARDIRQ
 * @tasklet:	for CTX_SOFTIRQ
 * @ret:	0 or negative errno
 */
struct call {
	const struct command *cmd;
	struct block *block;
	unsigned int path;
	unsigned int chain;
	struct completion done;
	struct irq_work work;
	struct tasklet_struct tasklet;
	int ret;
};

/* Serialises commands and protects the two below. */
static DEFINE_MUTEX(control_lock);
static LIST_HEAD(blocks);
static unsigned int last_id;

/* Held around allocations with CTX_SPIN, protects nothing. */
static DEFINE_SPINLOCK(context_lock);

static struct dentry *debugfs_dir;

/* Fill consecutive pieces from a block of contiguous pages. */
static void fill_pieces(struct block *b, struct page *page)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		b->piece[i] = page + ((unsigned long)i << b->order);
}

static int alloc_extra_ref(struct block *b, const struct command *cmd)
{
	struct page *page = alloc_pages_node(cmd->node, b->gfp, cmd->order);

	if (!page)
		return -ENOMEM;
	get_page(page);
	__free_pages(page, cmd->order);
	b->piece[0] = page;
	return 0;
}

#ifdef CONFIG_CONTIG_ALLOC
/* alloc_contig_range() takes its caller's word that there is memory. */
static bool range_is_online(unsigned long pfn, unsigned long pages)
{
	struct page *first = pfn_to_online_page(pfn), *page;
	unsigned long i;

	for (i = 0; i < pages; i++) {
		page = pfn_to_online_page(pfn + i);
		if (!page || page_zone(page) != page_zone(first))
			return false;
	}
	return true;
}

static int alloc_contig(struct block *b, const struct command *cmd)
{
	int ret;

	if (!range_is_online(cmd->pfn, cmd->pages))
		return -ENXIO;
	ret = alloc_contig_range(cmd->pfn, cmd->pfn + cmd->pages,
				 MIGRATE_MOVABLE, b->gfp);
	if (!ret)
		fill_pieces(b, pfn_to_page(cmd->pfn));
	return ret;
}
#else
static int alloc_contig(struct block *b, const struct command *cmd)
{
	return -EOPNOTSUPP;
}
#endif

static int alloc_bulk(struct block *b, const struct command *cmd)
{
	int node = cmd->node == NUMA_NO_NODE ? numa_mem_id() : cmd->node;

	/* It may stop early, and goes on where it stopped. */
	while (alloc_pages_bulk_array_node(b->gfp, node, b->nr, b->piece) < b->nr) {
		struct page *page;
		unsigned int i;

		for (i = 0; i < b->nr && b->piece[i]; i++)
			;
		page = alloc_pages_node(node, b->gfp, 0);
		if (!page)
			return -ENOMEM;
		b->piece[i] = page;
	}
	return 0;
}

/* The frame below which the page allocator begins. */
static noinline int test_page_owner_alloc(struct block *b, const struct command *cmd)
{
	struct page *page = NULL;
	void *addr;

	switch (b->how) {
	case HOW_EXACT:
		addr = alloc_pages_exact((size_t)cmd->pages << PAGE_SHIFT, b->gfp);
		if (addr)
			page = virt_to_page(addr);
		break;
	case HOW_BULK:
		return alloc_bulk(b, cmd);
	case HOW_EXTRA_REF:
		return alloc_extra_ref(b, cmd);
	case HOW_CONTIG:
	case HOW_GIGANTIC:
		return alloc_contig(b, cmd);
	default:
		page = alloc_pages_node(cmd->node, b->gfp, cmd->order);
		break;
	}
	if (!page)
		return -ENOMEM;
	if (b->how == HOW_SPLIT)
		split_page(page, cmd->order);
	fill_pieces(b, page);
	return 0;
}

/* Set the result only after the call, so that no frame is a tail call. */
static void call_alloc(struct call *c)
{
	int ret = test_page_owner_alloc(c->block, c->cmd);

	WRITE_ONCE(c->ret, ret);
}

static void alloc_in_irq_work(struct irq_work *work)
{
	struct call *c = container_of(work, struct call, work);

	call_alloc(c);
	complete(&c->done);
}

static void alloc_in_tasklet(struct tasklet_struct *tasklet)
{
	struct call *c = from_tasklet(c, tasklet, tasklet);

	call_alloc(c);
	complete(&c->done);
}

static void alloc_by_hardirq(struct call *c)
{
	init_irq_work(&c->work, alloc_in_irq_work);
	irq_work_queue(&c->work);
	wait_for_completion(&c->done);
	irq_work_sync(&c->work);
}

static void alloc_by_softirq(struct call *c)
{
	tasklet_setup(&c->tasklet, alloc_in_tasklet);
	local_bh_disable();
	tasklet_schedule(&c->tasklet);
	local_bh_enable();
	wait_for_completion(&c->done);
	tasklet_kill(&c->tasklet);
}

static void alloc_by_task(struct call *c)
{
	unsigned long flags;

	switch (c->cmd->context) {
	case CTX_ATOMIC:
		preempt_disable();
		call_alloc(c);
		preempt_enable();
		break;
	case CTX_SPIN:
		spin_lock(&context_lock);
		call_alloc(c);
		spin_unlock(&context_lock);
		break;
	case CTX_IRQOFF:
		local_irq_save(flags);
		call_alloc(c);
		local_irq_restore(flags);
		break;
	case CTX_BH:
		local_bh_disable();
		call_alloc(c);
		local_bh_enable();
		break;
	case CTX_RECLAIM:
		fs_reclaim_acquire(GFP_KERNEL);
		call_alloc(c);
		fs_reclaim_release(GFP_KERNEL);
		break;
	default:
		call_alloc(c);
		break;
	}
}

static void alloc_in_context(struct call *c)
{
	switch (c->cmd->context) {
	case CTX_HARDIRQ:
		alloc_by_hardirq(c);
		break;
	case CTX_SOFTIRQ:
		alloc_by_softirq(c);
		break;
	default:
		alloc_by_task(c);
		break;
	}
}

/*
 * The functions that tests look for in a stack. Each stores its own number,
 * after the call too: bodies that are the same would be folded into one, and
 * a tail call would leave no frame.
 */
#define CHAIN(n)							\
static noinline void test_page_owner_chain_##n(struct call *c)		\
{									\
	alloc_in_context(c);						\
	WRITE_ONCE(c->chain, n);					\
}

CHAIN(0)
CHAIN(1)
CHAIN(2)
CHAIN(3)
CHAIN(4)
CHAIN(5)
CHAIN(6)
CHAIN(7)

static void (* const chains[])(struct call *c) = {
	test_page_owner_chain_0, test_page_owner_chain_1,
	test_page_owner_chain_2, test_page_owner_chain_3,
	test_page_owner_chain_4, test_page_owner_chain_5,
	test_page_owner_chain_6, test_page_owner_chain_7,
};

static void test_page_owner_left(struct call *c, unsigned int depth);
static void test_page_owner_right(struct call *c, unsigned int depth);

static __always_inline void walk_path(struct call *c, unsigned int depth)
{
	if (!depth)
		chains[c->cmd->chain](c);
	else if (c->path & BIT(depth - 1))
		test_page_owner_right(c, depth - 1);
	else
		test_page_owner_left(c, depth - 1);
}

static noinline void test_page_owner_left(struct call *c, unsigned int depth)
{
	walk_path(c, depth);
	WRITE_ONCE(c->chain, 'l');
}

static noinline void test_page_owner_right(struct call *c, unsigned int depth)
{
	walk_path(c, depth);
	WRITE_ONCE(c->chain, 'r');
}

static void set_make_it_fail(bool fail)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = fail;
#endif
}

static void free_piece(struct block *b, unsigned int i)
{
	struct page *page = b->piece[i];

	b->piece[i] = NULL;
	if (!page)
		return;
	if (b->how == HOW_GIGANTIC)
		free_contig_range(page_to_pfn(page), 1UL << b->order);
	else
		__free_pages(page, b->order);
}

static void free_block(struct block *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++)
		free_piece(b, i);
	list_del(&b->list);
	kfree(b);
}

/* How many pieces, of which order, a command makes a block of. */
static void piece_shape(const struct command *cmd, unsigned int *nr,
			unsigned int *order)
{
	*nr = 1;
	*order = cmd->order;
	switch (cmd->how) {
	case HOW_SPLIT:
		*nr = 1U << cmd->order;
		*order = 0;
		break;
	case HOW_EXACT:
	case HOW_BULK:
	case HOW_CONTIG:
		*nr = cmd->pages;
		*order = 0;
		break;
	case HOW_GIGANTIC:
		*order = ilog2(cmd->pages);
		break;
	case HOW_EXTRA_REF:
		*order = 0;
		break;
	default:
		break;
	}
}

static struct block *new_block(const struct command *cmd)
{
	unsigned int nr, order;
	struct block *b;

	piece_shape(cmd, &nr, &order);
	b = kzalloc(struct_size(b, piece, nr), GFP_KERNEL);
	if (!b)
		return NULL;
	b->nr = nr;
	b->order = order;
	b->how = cmd->how;
	b->gfp = cmd->gfp;
	if (cmd->how == HOW_COMPOUND || cmd->how == HOW_GIGANTIC)
		b->gfp |= __GFP_COMP;
	INIT_LIST_HEAD(&b->list);
	return b;
}

static int alloc_one(const struct command *cmd, unsigned int path)
{
	struct call c = { .cmd = cmd, .path = path };
	struct block *b = new_block(cmd);

	if (!b)
		return -ENOMEM;
	c.block = b;
	init_completion(&c.done);
	set_make_it_fail(cmd->fail);
	walk_path(&c, cmd->depth);
	set_make_it_fail(false);
	if (c.ret) {
		free_block(b);
		return c.ret;
	}
	b->id = ++last_id;
	list_add_tail(&b->list, &blocks);
	return 0;
}

/* The blocks that were allocated after the one with this ID. */
static void free_younger(unsigned int id)
{
	struct block *b, *next;

	list_for_each_entry_safe(b, next, &blocks, list)
		if (b->id > id)
			free_block(b);
}

static int do_alloc(struct command *cmd)
{
	unsigned int first = last_id;
	unsigned int i;
	int ret = 0;

	if (cmd->context != CTX_TASK && cmd->context != CTX_RECLAIM)
		cmd->gfp &= ~__GFP_DIRECT_RECLAIM;
	for (i = 0; i < cmd->count && !ret && !fatal_signal_pending(current); i++)
		ret = alloc_one(cmd, cmd->path + i * cmd->step);
	/* If killed for want of memory, give back what was taken. */
	if (!fatal_signal_pending(current))
		return ret;
	free_younger(first);
	return -EINTR;
}

static int free_all(void)
{
	struct block *b, *next;

	list_for_each_entry_safe(b, next, &blocks, list)
		free_block(b);
	return 0;
}

static struct block *find_block(unsigned int id)
{
	struct block *b;

	list_for_each_entry(b, &blocks, list)
		if (b->id == id)
			return b;
	return NULL;
}

static int free_some(const struct command *cmd)
{
	struct block *b = find_block(cmd->id);
	unsigned int i;

	if (!b)
		return -ENOENT;
	if (!cmd->pages) {
		free_block(b);
		return 0;
	}
	if (cmd->from >= b->nr || cmd->pages > b->nr - cmd->from)
		return -ERANGE;
	for (i = 0; i < cmd->pages; i++)
		free_piece(b, cmd->from + i);
	return 0;
}

static int do_free(const struct command *cmd)
{
	int ret;

	set_make_it_fail(cmd->fail);
	ret = cmd->id ? free_some(cmd) : free_all();
	set_make_it_fail(false);
	return ret;
}

static int do_dump(const struct command *cmd)
{
	if (!pfn_valid(cmd->pfn))
		return -ENXIO;
	dump_page(pfn_to_page(cmd->pfn), KBUILD_MODNAME);
	return 0;
}

static int parse_gfp(struct command *cmd, char *value)
{
	char *word;
	int i;

	cmd->gfp = 0;
	while ((word = strsep(&value, ","))) {
		for (i = 0; i < ARRAY_SIZE(gfp_names); i++)
			if (!strcmp(word, gfp_names[i].name))
				break;
		if (i == ARRAY_SIZE(gfp_names))
			return -EINVAL;
		cmd->gfp |= gfp_names[i].set;
		cmd->gfp &= ~gfp_names[i].clear;
	}
	return 0;
}

static int parse_name(const char * const *names, size_t nr, const char *value,
		      int *result)
{
	*result = match_string(names, nr, value);
	return *result < 0 ? -EINVAL : 0;
}

static int parse_number(struct command *cmd, const char *key, const char *value)
{
	const struct {
		const char *key;
		unsigned int *field;
	} numbers[] = {
		{ "order", &cmd->order }, { "pages", &cmd->pages },
		{ "count", &cmd->count }, { "chain", &cmd->chain },
		{ "path", &cmd->path }, { "step", &cmd->step },
		{ "depth", &cmd->depth }, { "id", &cmd->id },
		{ "from", &cmd->from }, { "fail", &cmd->fail },
	};
	int i;

	if (!strcmp(key, "node"))
		return kstrtoint(value, 0, &cmd->node);
	if (!strcmp(key, "pfn"))
		return kstrtoul(value, 0, &cmd->pfn);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(key, numbers[i].key))
			return kstrtouint(value, 0, numbers[i].field);
	return -EINVAL;
}

static int parse_word(struct command *cmd, char *word)
{
	char *value = strchr(word, '=');
	int ret, number;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (!strcmp(word, "gfp"))
		return parse_gfp(cmd, value);
	if (!strcmp(word, "how")) {
		ret = parse_name(how_names, NR_HOW, value, &number);
		cmd->how = number;
		return ret;
	}
	if (!strcmp(word, "context")) {
		ret = parse_name(context_names, NR_CTX, value, &number);
		cmd->context = number;
		return ret;
	}
	return parse_number(cmd, word, value);
}

static bool alloc_is_sane(const struct command *cmd)
{
	unsigned int max_pages = MAX_ORDER_NR_PAGES;

	if (cmd->how == HOW_GIGANTIC)
		max_pages = 1U << 20;
	if (cmd->how == HOW_GIGANTIC && !is_power_of_2(cmd->pages))
		return false;
	/* alloc_contig_range() sleeps. */
	if ((cmd->how == HOW_GIGANTIC || cmd->how == HOW_CONTIG) &&
	    cmd->context != CTX_TASK)
		return false;
	if (cmd->node != NUMA_NO_NODE &&
	    (cmd->node < 0 || cmd->node >= MAX_NUMNODES ||
	     !node_online(cmd->node)))
		return false;
	return cmd->order <= MAX_PAGE_ORDER && cmd->pages &&
	       cmd->pages <= max_pages && cmd->chain < ARRAY_SIZE(chains) &&
	       cmd->depth <= MAX_DEPTH;
}

static int run_command(char *line)
{
	struct command cmd = {
		.gfp = GFP_KERNEL, .count = 1, .node = NUMA_NO_NODE,
	};
	char *verb = strsep(&line, " ");
	char *word;
	int ret;

	while ((word = strsep(&line, " "))) {
		if (!*word)
			continue;
		ret = parse_word(&cmd, word);
		if (ret)
			return ret;
	}
	if (!strcmp(verb, "free"))
		return do_free(&cmd);
	if (!strcmp(verb, "dump"))
		return do_dump(&cmd);
	if (strcmp(verb, "alloc"))
		return -EINVAL;
	if (!cmd.pages)
		cmd.pages = 1;
	return alloc_is_sane(&cmd) ? do_alloc(&cmd) : -EINVAL;
}

static ssize_t control_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *ppos)
{
	char line[MAX_COMMAND];
	int ret;

	if (count >= sizeof(line))
		return -E2BIG;
	if (copy_from_user(line, buf, count))
		return -EFAULT;
	line[count] = '\0';
	mutex_lock(&control_lock);
	ret = run_command(strim(line));
	mutex_unlock(&control_lock);
	return ret ? ret : count;
}

static int control_show(struct seq_file *m, void *v)
{
	struct block *b;
	unsigned int i;

	mutex_lock(&control_lock);
	list_for_each_entry(b, &blocks, list) {
		seq_printf(m, "%u %u %#x", b->id, b->order,
			   (__force unsigned int)b->gfp);
		for (i = 0; i < b->nr; i++)
			if (b->piece[i])
				seq_printf(m, " %#lx", page_to_pfn(b->piece[i]));
		seq_putc(m, '\n');
	}
	mutex_unlock(&control_lock);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, NULL);
}

static const struct file_operations control_fops = {
	.owner		= THIS_MODULE,
	.open		= control_open,
	.read		= seq_read,
	.write		= control_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/* For the test of stacks that outlive their module. */
static bool keep_pages;
module_param(keep_pages, bool, 0600);
MODULE_PARM_DESC(keep_pages, "Leave the pages allocated at exit");

static int __init test_page_owner_init(void)
{
	debugfs_dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("control", 0600, debugfs_dir, NULL, &control_fops);
	return 0;
}
module_init(test_page_owner_init);

static void __exit test_page_owner_exit(void)
{
	struct block *b, *next;

	debugfs_remove(debugfs_dir);
	list_for_each_entry_safe(b, next, &blocks, list) {
		if (keep_pages)
			memset(b->piece, 0, b->nr * sizeof(*b->piece));
		free_block(b);
	}
}
module_exit(test_page_owner_exit);

MODULE_DESCRIPTION("Allocations on demand for the page_owner selftests");
MODULE_LICENSE("GPL");
