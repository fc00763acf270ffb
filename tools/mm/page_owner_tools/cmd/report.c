// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner report - who owns how much
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "frame.h"
#include "show/print.h"
#include "count/tree.h"

#define DEFAULT_TOP	20
#define MAX_KEY_WIDTH	32

/* Share, bytes, pages and times with the blanks after them */
#define NUMBERS_WIDTH	42

enum { OPT_TREE = PAGE_OWNER_OPT_OWN, OPT_MIN };

enum tree { NO_TREE, CALLERS, CALLEES };

struct report {
	struct page_owner_cmd cmd;
	struct page_owner_load load;
	enum tree tree;
	bool whole_stacks;
	double min_share;
	FILE *file;
	unsigned int width;
	bool colour;
	/* Widths of the keys but the stack, in the order of enum page_owner_key */
	unsigned int widths[PAGE_OWNER_BY_TEXT];
};

static const char help[] =
"Usage: page_owner report [OPTION]... [-i] [FILE]\n"
"Show who owns how much memory. FILE is a capture of 'page_owner record' (default:\n"
"page_owner.data), a copy of /sys/kernel/debug/page_owner from any kernel, a file of\n"
"page_owner_stacks/, packed with gzip or zstd or not; - is standard input.\n"
"\n"
"  -i, --input FILE      the same as FILE\n"
"      --by KEY[,KEY]... what to count together (default: stack)\n"
"      --top N           how many rows to show, 0 for all (default: 20)\n"
"  -v, --verbose         whole stacks, and the age of what they own; in a tree, also\n"
"                        the page allocator's own functions\n"
"      --tree[=callers|callees]\n"
"                        a tree of calls, from the outermost caller (the default) or\n"
"                        from the function that asked for the memory\n"
"      --min-share PERCENT\n"
"                        leave smaller branches out of the tree (default: 0.5)\n"
PAGE_OWNER_COMMON_HELP;

static double share(const struct report *r, unsigned long long pages)
{
	return r->load.agg.pages ? 100.0 * pages / r->load.agg.pages : 0;
}

static const char *bytes(const struct report *r, char *buf,
			 unsigned long long pages)
{
	return page_owner_human_bytes(buf, (double)pages * r->load.info.page_size);
}

static void set_colour(const struct report *r, const char *code)
{
	if (r->colour)
		fprintf(r->file, "\033[%sm", code);
}

/* The clock that ages are counted from */
static uint64_t now(const struct report *r)
{
	return r->load.info.clock_ns ? r->load.info.clock_ns : r->load.agg.newest;
}

static uint64_t age(const struct report *r, uint64_t ts)
{
	return now(r) > ts ? now(r) - ts : 0;
}

static void put_info(const struct report *r)
{
	const struct page_owner_info *info = &r->load.info;
	char buf[PAGE_OWNER_NUMBER], date[64];
	unsigned long long records = r->load.stats.records - r->load.left_out;
	time_t seconds = info->time_ns / 1000000000;
	struct tm tm;

	if (info->kernel) {
		struct page_owner_span kernel = { info->kernel, strlen(info->kernel) };
		const char *end = strstr(info->kernel, " (");

		if (end)
			kernel.len = end - info->kernel;
		page_owner_put_text(r->file, kernel, false);
		if (info->host) {
			fputs(" on ", r->file);
			page_owner_put_text(r->file, (struct page_owner_span){
				info->host, strlen(info->host) }, false);
		}
		if (info->time_ns && gmtime_r(&seconds, &tm) &&
		    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm))
			fprintf(r->file, ", %s", date);
		if (info->clock_ns)
			fprintf(r->file, ", up %s",
				page_owner_human_time(buf, info->clock_ns));
		fputc('\n', r->file);
	}
	if (info->filter) {
		fputs("recorded with: ", r->file);
		page_owner_put_text(r->file, (struct page_owner_span){
			info->filter, strlen(info->filter) }, false);
		fputc('\n', r->file);
	}
	if (r->load.stacks_only)
		fprintf(r->file, "%llu stacks", r->load.agg.times);
	else
		fprintf(r->file, "%llu %s", r->load.agg.times,
			r->load.freed ? "free blocks" : "allocations");
	fprintf(r->file, ", %llu pages, %s", r->load.agg.pages,
		bytes(r, buf, r->load.agg.pages));
	if (r->load.agg.times != records)
		fprintf(r->file, " (of %llu records; the rest is filtered out)", records);
	fputc('\n', r->file);
	if (r->load.left_out && r->load.freed)
		fprintf(r->file, "and %llu allocations, %s, which are not shown here\n",
			r->load.left_out, bytes(r, buf, r->load.left_out_pages));
	else if (r->load.left_out)
		fprintf(r->file, "and %llu free blocks, %s, which --filter state=free shows\n",
			r->load.left_out, bytes(r, buf, r->load.left_out_pages));
	fputc('\n', r->file);
}

static bool has_key(const struct report *r, unsigned int key)
{
	return r->cmd.keys >> key & 1;
}

static bool next_key(const struct report *r, unsigned int *key)
{
	while (++*key < PAGE_OWNER_BY_TEXT) {
		if (has_key(r, *key))
			return true;
	}
	return false;
}

static void find_widths(struct report *r, size_t rows)
{
	char buf[PAGE_OWNER_NUMBER];

	for (unsigned int key = PAGE_OWNER_BY_STACK; next_key(r, &key);) {
		unsigned int *width = &r->widths[key];

		*width = strlen(page_owner_key_name(key));
		for (size_t i = 0; i < rows; i++) {
			struct page_owner_span text =
				page_owner_key_text(buf, key, r->load.agg.blocks[i],
						    &r->load.info);

			if (text.len > *width)
				*width = text.len;
		}
		if (*width > MAX_KEY_WIDTH)
			*width = MAX_KEY_WIDTH;
	}
}

static void put_heading(const struct report *r)
{
	bool last = !has_key(r, PAGE_OWNER_BY_STACK);

	set_colour(r, "1");
	fprintf(r->file, "%7s %11s %10s %9s  ", "share", "memory", "pages",
		r->load.stacks_only ? "stacks" : "times");
	for (unsigned int key = PAGE_OWNER_BY_STACK, next = key; next_key(r, &key);) {
		next = key;
		fprintf(r->file, "%-*s", last && !next_key(r, &next) ? 0 :
			(int)r->widths[key] + 2, page_owner_key_name(key));
	}
	if (!last)
		fputs("stack, innermost function first", r->file);
	set_colour(r, "0");
	fputc('\n', r->file);
}

/* Frames one by one, and since when they own what they own */
static void put_whole_stack(const struct report *r,
			    const struct page_owner_block *block)
{
	char oldest[PAGE_OWNER_NUMBER], newest[PAGE_OWNER_NUMBER];
	struct page_owner_span stack = page_owner_block_stack(block), line;

	set_colour(r, "2");
	if (block->newest)
		fprintf(r->file, "%8soldest %s ago, newest %s ago\n", "",
			page_owner_human_time(oldest, age(r, block->oldest)),
			page_owner_human_time(newest, age(r, block->newest)));
	while (has_key(r, PAGE_OWNER_BY_STACK) &&
	       page_owner_next_line(&stack, &line)) {
		fprintf(r->file, "%7s", "");
		page_owner_put_text(r->file, line, false);
		fputc('\n', r->file);
	}
	set_colour(r, "0");
	fputc('\n', r->file);
}

static void put_row(const struct report *r, const struct page_owner_block *block)
{
	bool stack = has_key(r, PAGE_OWNER_BY_STACK);
	unsigned int used = NUMBERS_WIDTH;
	char buf[PAGE_OWNER_NUMBER];

	fprintf(r->file, "%6.2f%% %11s %10llu %9llu  ", share(r, block->pages),
		bytes(r, buf, block->pages), block->pages, block->times);
	for (unsigned int key = PAGE_OWNER_BY_STACK, next = key; next_key(r, &key);) {
		struct page_owner_span text =
			page_owner_key_text(buf, key, block, &r->load.info);
		int pad;

		if (text.len > r->widths[key])
			text.len = r->widths[key];
		page_owner_put_text(r->file, text, false);
		next = key;
		pad = stack || next_key(r, &next) ?
			(int)(r->widths[key] - text.len) + 2 : 0;
		fprintf(r->file, "%*s", pad, "");
		used += text.len + pad;
	}
	if (stack)
		page_owner_put_chain(r->file, page_owner_block_stack(block),
				     r->width > used + 20 ? r->width - used : 20);
	fputc('\n', r->file);
	if (r->whole_stacks)
		put_whole_stack(r, block);
}

static int put_table(struct report *r)
{
	const struct page_owner_agg *agg = &r->load.agg;
	size_t rows = agg->nr;
	unsigned long long pages = 0;
	char buf[PAGE_OWNER_NUMBER];

	if (page_owner_sort_by_pages(&r->load.agg))
		return -1;
	if (r->cmd.top && rows > r->cmd.top)
		rows = r->cmd.top;
	find_widths(r, rows);
	put_heading(r);
	for (size_t i = 0; i < rows; i++)
		put_row(r, agg->blocks[i]);
	for (size_t i = rows; i < agg->nr; i++)
		pages += agg->blocks[i]->pages;
	if (rows < agg->nr)
		fprintf(r->file, "%6.2f%% %11s %10llu %9s  in %zu more rows (--top 0 shows all)\n",
			share(r, pages), bytes(r, buf, pages), pages, "",
			agg->nr - rows);
	return 0;
}

/*
 * A chain of nodes without branches is at one depth: what moves to the right is
 * a choice between several.
 */
static void put_children(const struct report *r, const struct page_owner_node *parent,
			 unsigned int depth)
{
	const struct page_owner_node *node = parent->child;
	unsigned long long left = 0;
	char buf[PAGE_OWNER_NUMBER];
	unsigned int nr_left = 0;

	for (; node; node = node->next) {
		const struct page_owner_node *inner = node;

		if (share(r, node->pages) < r->min_share) {
			left += node->pages;
			nr_left++;
			continue;
		}
		fprintf(r->file, "%6.2f%% %11s  %*s", share(r, node->pages),
			bytes(r, buf, node->pages), depth * 2, "");
		for (;;) {
			page_owner_put_text(r->file, (struct page_owner_span){
				inner->label->text, inner->label->len }, false);
			fputc('\n', r->file);
			if (!inner->child || inner->child->next || inner->own_pages)
				break;
			inner = inner->child;
			fprintf(r->file, "%21s%*s", "", depth * 2, "");
		}
		put_children(r, inner, depth + 1);
	}
	if (parent->child && parent->own_pages)
		fprintf(r->file, "%6.2f%% %11s  %*s%s\n", share(r, parent->own_pages),
			bytes(r, buf, parent->own_pages), depth * 2, "",
			r->tree == CALLEES ? "(outermost)" : "(itself)");
	if (nr_left)
		fprintf(r->file, "%6.2f%% %11s  %*s(%u smaller)\n", share(r, left),
			bytes(r, buf, left), depth * 2, "", nr_left);
}

static int put_tree(const struct report *r)
{
	struct page_owner_tree tree;

	if (page_owner_tree_build(&tree, &r->load.agg, r->tree == CALLEES,
				  r->whole_stacks)) {
		page_owner_tree_destroy(&tree);
		page_owner_complain("out of memory; use --filter");
		return -1;
	}
	set_colour(r, "1");
	fprintf(r->file, "%7s %11s  %s\n", "share", "memory", r->tree == CALLEES ?
		"who asked, and who called that" :
		"outermost caller, and whom it called");
	set_colour(r, "0");
	put_children(r, &tree.root, 0);
	page_owner_tree_destroy(&tree);
	return 0;
}

/* One line of a sum: a sign, an amount, and its share */
static void put_memory(const struct report *r, const char *name, char sign,
		       unsigned long long amount, unsigned long long of)
{
	char buf[PAGE_OWNER_NUMBER];

	fprintf(r->file, "  %-36s %c %10s", name, sign, page_owner_human_bytes(buf, amount));
	if (of)
		fprintf(r->file, "  %5.1f %%", 100.0 * amount / of);
	fputc('\n', r->file);
}

/* A part, and what makes it the whole: the rest, or what is too much of it */
static void put_parts(const struct report *r, unsigned long long used,
		      unsigned long long part, const char *name, const char *rest,
		      const char *beyond)
{
	fputc('\n', r->file);
	put_memory(r, name, ' ', part, used);
	if (part <= used)
		put_memory(r, rest, '+', used - part, used);
	else
		put_memory(r, beyond, '-', part - used, used);
	put_memory(r, "in use", '=', used, used);
}

/* The lines of meminfo that are of different pages, or nearly so */
static const char *const meminfo_lines[] = {
	"Buffers", "Cached", "SwapCached", "AnonPages", "Slab", "KernelStack",
	"PageTables", "SecPageTables", "Percpu", "Hugetlb", "Zswap", NULL
};

static unsigned long long known_to_meminfo(const struct page_owner_info *info)
{
	unsigned long long sum = 0, val;

	for (size_t i = 0; meminfo_lines[i]; i++) {
		if (page_owner_info_meminfo(info, meminfo_lines[i], &val))
			sum += val;
	}
	return sum;
}

static void put_notes(const struct report *r)
{
	unsigned long long val;
	unsigned int column = 0;

	fputs("\n  (1)", r->file);
	for (size_t i = 0; meminfo_lines[i]; i++) {
		if (!page_owner_info_meminfo(&r->load.info, meminfo_lines[i], &val))
			continue;
		if (column > 60) {
			fputs("\n     ", r->file);
			column = 0;
		}
		column += fprintf(r->file, " %s%s", i ? "+ " : "", meminfo_lines[i]);
	}
	fputs("\n  (2) taken straight from the page allocator, by drivers, vmalloc and others:\n"
	      "      meminfo does not tell for what, the rows above do\n", r->file);
}

/*
 * The records beside what /proc/meminfo said when they were taken. Of a part of
 * them, the sum of what has no record would be wrong.
 */
static void put_meminfo(const struct report *r)
{
	unsigned long long total, unused, used;
	unsigned long long owned = r->load.agg.pages * r->load.info.page_size;

	if (r->cmd.filter.nr || r->load.info.filter || r->cmd.damaged ||
	    !page_owner_info_meminfo(&r->load.info, "MemTotal", &total) ||
	    !page_owner_info_meminfo(&r->load.info, "MemFree", &unused))
		return;
	used = total > unused ? total - unused : 0;
	set_colour(r, "1");
	fputs("\nbeside /proc/meminfo\n", r->file);
	set_colour(r, "0");
	put_memory(r, "MemTotal", ' ', total, 0);
	put_memory(r, "MemFree", '-', unused, 0);
	put_memory(r, "in use", '=', used, used);
	put_parts(r, used, owned, "recorded above", "recorded to nobody",
		  "recorded, but not in MemTotal");
	put_parts(r, used, known_to_meminfo(&r->load.info), "in lines of meminfo (1)",
		  "in no line of meminfo (2)", "in several of these lines");
	put_notes(r);
}

static int write_report(struct report *r)
{
	int ret;

	r->file = page_owner_cmd_open(&r->cmd);
	if (!r->file)
		return PAGE_OWNER_FAILED;
	r->width = page_owner_columns(r->file);
	r->colour = page_owner_has_colour(r->file);
	put_info(r);
	ret = r->tree ? put_tree(r) : put_table(r);
	if (ret)
		return PAGE_OWNER_FAILED;
	put_meminfo(r);
	return page_owner_cmd_close(&r->cmd);
}

static int parse_own(void *data, int opt)
{
	struct report *r = data;
	char *end;

	switch (opt) {
	case 'v':
		r->whole_stacks = true;
		return 0;
	case OPT_TREE:
		r->tree = optarg && !strcmp(optarg, "callees") ? CALLEES : CALLERS;
		if (!optarg || r->tree == CALLEES || !strcmp(optarg, "callers"))
			return 0;
		page_owner_complain("--tree is of callers or callees, not of '%s'", optarg);
		return -1;
	case OPT_MIN:
		r->min_share = strtod(optarg, &end);
		if (end != optarg && !*end && r->min_share >= 0 && r->min_share <= 100)
			return 0;
		page_owner_complain("--min-share wants a percentage, not '%s'", optarg);
		return -1;
	default:
		return page_owner_cmd_option(&r->cmd, opt);
	}
}

static int take_operands(void *data, int argc, char **argv)
{
	struct report *r = data;

	if (r->tree && r->cmd.keys && r->cmd.keys != 1u << PAGE_OWNER_BY_STACK) {
		page_owner_complain("--tree is by stack; select with --filter instead of --by");
		return -1;
	}
	page_owner_cmd_keys(&r->cmd);
	return page_owner_cmd_input(&r->cmd, argc, argv);
}

static int run(void *data)
{
	struct report *r = data;
	int ret = page_owner_cmd_load(&r->cmd, &r->load, r->cmd.in);

	return ret ? ret : write_report(r);
}

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	{ "tree", optional_argument, NULL, OPT_TREE },
	{ "min-share", required_argument, NULL, OPT_MIN },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "i:o:vh",
	.options = options,
	.option = parse_own,
	.operands = take_operands,
	.run = run,
};

int page_owner_cmd_report(int argc, char **argv)
{
	struct report r = {
		.cmd = { .name = "report", .top = DEFAULT_TOP },
		.min_share = 0.5,
	};
	int ret = page_owner_cmd_run(&syntax, &r.cmd, argc, argv);

	page_owner_load_destroy(&r.load);
	return ret;
}
