// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner diff - what has grown
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "frame.h"
#include "count/agg.h"
#include "show/print.h"

#define DEFAULT_TOP	20
#define NUMBERS_WIDTH	57

/* Of fewer stacks, none in common means nothing. */
#define MANY_STACKS	20

/* With --exit-code: something has grown */
#define EXIT_GROWN	4

enum { OPT_EXIT_CODE = PAGE_OWNER_OPT_OWN, OPT_THRESHOLD };

struct diff {
	struct page_owner_cmd cmd;
	char **paths;
	struct page_owner_load old;
	struct page_owner_load new;
	struct page_owner_pair *rows;	/* what changed, grown first, then shrunk */
	size_t nr;
	size_t nr_grown;
	size_t nr_same;			/* left out: changed by less, or not at all */
	double same;			/* and by how many bytes together */
	bool verbose;
	bool exit_code;
	unsigned long long threshold;	/* bytes */
	FILE *file;
	bool colour;
	unsigned int width;
};

static const char help[] =
"Usage: page_owner diff [OPTION]... OLD NEW\n"
"Show what has grown and what has shrunk between two captures, dumps or files of\n"
"page_owner_stacks/, of one boot or of two: stacks are compared by their frames.\n"
"\n"
"      --by KEY[,KEY]... what to count together (default: stack)\n"
"      --top N           how many rows to show of what has grown, and of what has\n"
"                        shrunk, 0 for all (default: 20)\n"
"  -v, --verbose         whole stacks\n"
"      --threshold BYTES leave out what has grown or shrunk by less; as 64K or 1.5GiB\n"
"      --exit-code       exit with status 4 if something has grown (by the threshold)\n"
PAGE_OWNER_COMMON_HELP;

static unsigned long long pages_of(const struct page_owner_block *block)
{
	return block ? block->pages : 0;
}

/* Bytes; both counts saturate far below the end of a double's range. */
static double growth(const struct diff *d, const struct page_owner_pair *row)
{
	return (double)pages_of(row->new) * d->new.info.page_size -
	       (double)pages_of(row->old) * d->old.info.page_size;
}

static const struct diff *sorting;

/* The largest growth first; what is equal stays in the order of its keys. */
static int compare_rows(const void *a, const void *b)
{
	const struct page_owner_pair *x = a, *y = b;
	double left = growth(sorting, x), right = growth(sorting, y);

	if (left != right)
		return left < right ? 1 : -1;
	return page_owner_block_compare(sorting->cmd.keys, page_owner_pair_any(x),
					page_owner_pair_any(y));
}

/* Drops what has not changed enough. */
static void select_rows(struct diff *d)
{
	size_t nr = 0;

	for (size_t i = 0; i < d->nr; i++) {
		double by = growth(d, &d->rows[i]);

		if (by != 0 && (by < 0 ? -by : by) >= d->threshold) {
			d->nr_grown += by > 0;
			d->rows[nr++] = d->rows[i];
		} else {
			d->nr_same++;
			d->same += by;
		}
	}
	d->nr = nr;
	sorting = d;
	qsort(d->rows, d->nr, sizeof(*d->rows), compare_rows);
}

static const char *signed_bytes(char *buf, double bytes)
{
	char number[PAGE_OWNER_NUMBER];

	snprintf(buf, PAGE_OWNER_NUMBER, "%s%s", bytes < 0 ? "-" : "+",
		 page_owner_human_bytes(number, bytes < 0 ? -bytes : bytes));
	return buf;
}

static void set_colour(const struct diff *d, const char *code)
{
	if (d->colour)
		fprintf(d->file, "\033[%sm", code);
}

static void put_stack(const struct diff *d, const struct page_owner_block *block)
{
	struct page_owner_span stack = page_owner_block_stack(block), line;

	set_colour(d, "2");
	while (page_owner_next_line(&stack, &line)) {
		fprintf(d->file, "%7s", "");
		page_owner_put_text(d->file, line, false);
		fputc('\n', d->file);
	}
	set_colour(d, "0");
	fputc('\n', d->file);
}

/* How long the oldest of them are there */
static const char *age_of(const struct diff *d, char *buf,
			  const struct page_owner_block *block)
{
	uint64_t now = d->new.info.clock_ns;

	if (!now)
		now = d->new.agg.newest;
	if (!block || !block->newest || now < block->oldest)
		return "-";
	return page_owner_human_time(buf, now - block->oldest);
}

static void put_growth(const struct diff *d, double bytes)
{
	char by[PAGE_OWNER_NUMBER];

	set_colour(d, bytes > 0 ? "31" : "32");
	fprintf(d->file, "%12s", signed_bytes(by, bytes));
	set_colour(d, "0");
}

/* Both states, and the difference of the number of allocations */
static void put_states(const struct diff *d, unsigned long long old_pages,
		       unsigned long long new_pages, long long times)
{
	char old[PAGE_OWNER_NUMBER], new[PAGE_OWNER_NUMBER];

	fprintf(d->file, " %11s %11s ",
		page_owner_human_bytes(old, (double)old_pages * d->old.info.page_size),
		page_owner_human_bytes(new, (double)new_pages * d->new.info.page_size));
	/* A stack's count is not one of allocations: their number is not known then. */
	if (d->old.stacks_only || d->new.stacks_only)
		fprintf(d->file, "%8s", "-");
	else
		fprintf(d->file, "%+8lld", times);
}

static void put_row(const struct diff *d, const struct page_owner_pair *row)
{
	char age[PAGE_OWNER_NUMBER];

	put_growth(d, growth(d, row));
	put_states(d, pages_of(row->old), pages_of(row->new),
		   (long long)((row->new ? row->new->times : 0) -
			       (row->old ? row->old->times : 0)));
	fprintf(d->file, " %8s  ", age_of(d, age, row->new));
	page_owner_put_owner(d->file, d->cmd.keys, page_owner_pair_any(row), &d->new.info,
			     d->width - NUMBERS_WIDTH);
	fputc('\n', d->file);
	if (d->verbose && d->cmd.keys & 1u << PAGE_OWNER_BY_STACK)
		put_stack(d, page_owner_pair_any(row));
}

/* Another build of a kernel has other offsets, and may have the same name. */
static bool few_in_common(const struct diff *d)
{
	size_t least = d->old.agg.nr < d->new.agg.nr ? d->old.agg.nr : d->new.agg.nr;
	size_t common = d->old.agg.nr + d->new.agg.nr - d->nr - d->nr_same;

	return d->cmd.keys & 1u << PAGE_OWNER_BY_STACK && !d->cmd.request.functions &&
	       least >= MANY_STACKS && common < least / 10;
}

static void put_totals(const struct diff *d)
{
	double old = (double)d->old.agg.pages * d->old.info.page_size;
	double new = (double)d->new.agg.pages * d->new.info.page_size;
	char a[PAGE_OWNER_NUMBER], b[PAGE_OWNER_NUMBER], by[PAGE_OWNER_NUMBER];
	bool sure;

	fprintf(d->file, "%s, then %s: %s", page_owner_human_bytes(a, old),
		page_owner_human_bytes(b, new), signed_bytes(by, new - old));
	if (d->new.info.time_ns && d->old.info.time_ns &&
	    d->new.info.time_ns > d->old.info.time_ns)
		fprintf(d->file, " in %s",
			page_owner_human_time(a, d->new.info.time_ns -
					      d->old.info.time_ns));
	if (page_owner_info_other_boot(&d->old.info, &d->new.info, &sure))
		fputs(sure ? "; of two boots" : "; of two boots, or the machine slept", d->file);
	fputs("\n\n", d->file);
	if (d->old.info.time_ns && d->new.info.time_ns &&
	    d->old.info.time_ns > d->new.info.time_ns)
		page_owner_complain("OLD was taken later than NEW: what grew was given back");
	if (d->old.info.kernel && d->new.info.kernel &&
	    strcmp(d->old.info.kernel, d->new.info.kernel) &&
	    !d->cmd.request.functions)
		page_owner_complain("the kernels differ; --functions finds the stacks in common");
	else if (few_in_common(d))
		page_owner_complain("few stacks are in both, as of two builds of a kernel; %s",
				    "--functions finds those in common");
}

/* Rows that are not shown: how many, and how much they are */
static void put_more(const struct diff *d, size_t from, size_t to, const char *what)
{
	double bytes = 0;

	if (from >= to)
		return;
	for (size_t i = from; i < to; i++)
		bytes += growth(d, &d->rows[i]);
	put_growth(d, bytes);
	fprintf(d->file, "%43s %zu more that %s (--top 0 shows all)\n", "",
		to - from, what);
}

/*
 * What has grown, the most first, and what has shrunk, the most last: one order, cut
 * in the middle. All rows together are the difference of the totals.
 */
static void put_table(const struct diff *d)
{
	size_t top = d->cmd.top ? d->cmd.top : d->nr;
	size_t grown = d->nr_grown < top ? d->nr_grown : top;
	size_t shrunk = d->nr - d->nr_grown < top ? d->nr - d->nr_grown : top;

	set_colour(d, "1");
	fprintf(d->file, "%12s %11s %11s %8s %8s  owner\n", "growth", "before",
		"after", "times", "oldest");
	set_colour(d, "0");
	for (size_t i = 0; i < grown; i++)
		put_row(d, &d->rows[i]);
	put_more(d, grown, d->nr_grown, "grew");
	if (d->nr_same) {
		put_growth(d, d->same);
		fprintf(d->file, "%43s %zu more that %s\n", "", d->nr_same, d->threshold ?
			"changed by less, or not at all" : "did not change");
	}
	put_more(d, d->nr_grown, d->nr - shrunk, "shrank");
	for (size_t i = d->nr - shrunk; i < d->nr; i++)
		put_row(d, &d->rows[i]);
	put_growth(d, (double)d->new.agg.pages * d->new.info.page_size -
		   (double)d->old.agg.pages * d->old.info.page_size);
	put_states(d, d->old.agg.pages, d->new.agg.pages,
		   (long long)(d->new.agg.times - d->old.agg.times));
	fprintf(d->file, " %8s  all\n", "");
}

static int write_diff(struct diff *d)
{
	int ret;

	d->file = page_owner_cmd_open(&d->cmd);
	if (!d->file)
		return PAGE_OWNER_FAILED;
	d->width = page_owner_columns(d->file);
	d->colour = page_owner_has_colour(d->file);
	put_totals(d);
	put_table(d);
	ret = page_owner_cmd_close(&d->cmd);
	return ret == PAGE_OWNER_FINE && d->exit_code && d->nr_grown ? EXIT_GROWN : ret;
}

static int parse_own(void *data, int opt)
{
	struct diff *d = data;

	switch (opt) {
	case 'v':
		d->verbose = true;
		return 0;
	case OPT_EXIT_CODE:
		d->exit_code = true;
		return 0;
	case OPT_THRESHOLD:
		return page_owner_parse_bytes("--threshold", optarg, &d->threshold);
	case 'i':
		page_owner_complain("diff takes its inputs as OLD NEW");
		return -1;
	default:
		return page_owner_cmd_option(&d->cmd, opt);
	}
}

static int take_operands(void *data, int argc, char **argv)
{
	struct diff *d = data;

	if (argc != 2) {
		page_owner_complain("diff wants two inputs, OLD and NEW, not %d", argc);
		return -1;
	}
	page_owner_cmd_keys(&d->cmd);
	d->paths = argv;
	return page_owner_cmd_one_stdin(argv, 2);
}

static int diff(void *data)
{
	struct diff *d = data;
	const char *old = d->paths[0], *new = d->paths[1];
	int ret = page_owner_cmd_load(&d->cmd, &d->old, old);

	if (!ret)
		ret = page_owner_cmd_load(&d->cmd, &d->new, new);
	if (ret)
		return ret;
	page_owner_cmd_compare_filters(&d->old, old, &d->new, new);
	d->rows = page_owner_pairs_find(&d->old.agg, &d->new.agg, &d->nr);
	if (!d->rows) {
		page_owner_complain("out of memory; use fewer keys, or --filter");
		return PAGE_OWNER_FAILED;
	}
	select_rows(d);
	return write_diff(d);
}

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	{ "exit-code", no_argument, NULL, OPT_EXIT_CODE },
	{ "threshold", required_argument, NULL, OPT_THRESHOLD },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "i:o:vh",
	.options = options,
	.option = parse_own,
	.operands = take_operands,
	.run = diff,
};

int page_owner_cmd_diff(int argc, char **argv)
{
	struct diff d = { .cmd = { .name = "diff", .top = DEFAULT_TOP } };
	int ret = page_owner_cmd_run(&syntax, &d.cmd, argc, argv);

	free(d.rows);
	page_owner_load_destroy(&d.old);
	page_owner_load_destroy(&d.new);
	return ret;
}
