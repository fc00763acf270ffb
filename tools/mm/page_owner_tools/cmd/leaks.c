// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner leaks - what only grows, and grows old
 *
 * A leak is memory that is taken again and again and never given back. In a
 * series of captures such an owner never shrinks, and of what it has in one
 * capture, what was there in the one before has not been freed since. The
 * records have the times of their allocation, which tells both.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "frame.h"
#include "show/print.h"

#define DEFAULT_TOP	10
#define MAX_CAPTURES	1000

/* With --exit-code: there are suspects */
#define EXIT_SUSPECTS	4

/* Of the memory at one capture, how much has to be there at the next */
#define DEFAULT_KEPT	90

enum { OPT_EXIT_CODE = PAGE_OWNER_OPT_OWN, OPT_KEPT };

struct suspect {
	const struct page_owner_block *first;	/* NULL if it was not there yet */
	const struct page_owner_block *last;
	unsigned int grew;		/* in how many intervals */
	double kept;			/* the least share, of all intervals */
};

struct leaks {
	struct page_owner_cmd cmd;
	char **paths;
	struct page_owner_load *loads;
	size_t nr;
	struct suspect *suspects;
	size_t nr_suspects;
	size_t min_kept;		/* per cent */
	bool exit_code;
	FILE *file;
};

static const char help[] =
"Usage: page_owner leaks [OPTION]... CAPTURE CAPTURE...\n"
"Show who only takes memory and does not give it back, in a series of captures or\n"
"dumps of one boot, the oldest first. Three captures or more, some minutes apart, tell\n"
"a leak from a cache that fills.\n"
"\n"
"      --kept PERCENT    how much of the memory in one capture has to be still there\n"
"                        in the next (default: 90)\n"
"      --by KEY[,KEY]... what to count together (default: stack)\n"
"      --top N           how many suspects, 0 for all (default: 10)\n"
"      --exit-code       exit with status 4 if there are suspects\n"
PAGE_OWNER_COMMON_HELP;

/* Counts of stacks have no times, nor have the records of page_owner=lean. */
static bool tells_age(const struct page_owner_load *load)
{
	return !load->stacks_only && load->agg.newest;
}

static uint64_t time_of(const struct page_owner_load *load)
{
	return load->info.clock_ns ? load->info.clock_ns : load->agg.newest;
}

/*
 * What grows over a boot says nothing about what was there before it. False, after
 * a message, if the last capture is for sure not of the boot of the others.
 */
static bool same_boot(const struct leaks *l, size_t last)
{
	char **paths = l->paths;
	const char *doubt = NULL;
	size_t other = 0;

	for (size_t i = 0; i < last; i++) {
		bool sure;
		const char *why = page_owner_info_other_boot(&l->loads[i].info,
							     &l->loads[last].info, &sure);

		if (why && sure) {
			page_owner_complain("%s and %s are not of one boot: %s", paths[i],
					    paths[last], why);
			page_owner_complain("leaks wants one boot, diff compares two; %s",
					    "nothing is written");
			return false;
		}
		if (why && !doubt) {
			doubt = why;
			other = i;
		}
	}
	if (doubt)
		page_owner_complain("%s and %s may not be of one boot: %s", paths[other],
				    paths[last], doubt);
	return true;
}

/*
 * Sorts what was read, and loads the next with the time of the one before; an
 * exit status.
 */
static int load_all(struct leaks *l)
{
	char **paths = l->paths;
	int ret;

	l->loads = calloc(l->nr, sizeof(*l->loads));
	if (!l->loads) {
		page_owner_complain("out of memory");
		return PAGE_OWNER_FAILED;
	}
	for (size_t i = 0; i < l->nr; i++) {
		l->cmd.request.old_ts = i ? time_of(&l->loads[i - 1]) : 0;
		ret = page_owner_cmd_load(&l->cmd, &l->loads[i], paths[i]);
		if (ret)
			return ret;
		if (!same_boot(l, i))
			return PAGE_OWNER_FAILED;
		if (i)
			page_owner_cmd_compare_filters(&l->loads[i - 1], paths[i - 1],
						       &l->loads[i], paths[i]);
		if (page_owner_agg_sort(&l->loads[i].agg, NULL, 0)) {
			page_owner_complain("out of memory");
			return PAGE_OWNER_FAILED;
		}
		if (i && time_of(&l->loads[i]) < time_of(&l->loads[i - 1])) {
			page_owner_complain("%s is older than %s; name the oldest first",
					    paths[i], paths[i - 1]);
			return PAGE_OWNER_FAILED;
		}
	}
	return PAGE_OWNER_FINE;
}

/* The block with the keys of another one; the aggregation is sorted by them. */
static const struct page_owner_block *find(const struct page_owner_agg *agg,
					   const struct page_owner_block *like)
{
	size_t from = 0, to = agg->nr;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int ret = page_owner_block_compare(agg->cull, agg->blocks[mid], like);

		if (!ret)
			return agg->blocks[mid];
		if (ret < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

/* True if the owner never shrank, grew, and gave nothing much back */
static bool examine(const struct leaks *l, const struct page_owner_block *last,
		    struct suspect *s)
{
	const struct page_owner_block *before = find(&l->loads[0].agg, last);

	memset(s, 0, sizeof(*s));
	s->first = before;
	s->last = last;
	s->kept = 100;
	for (size_t i = 1; i < l->nr; i++) {
		const struct page_owner_block *now = find(&l->loads[i].agg, last);
		unsigned long long had = before ? before->pages : 0;
		unsigned long long has = now ? now->pages : 0;

		if (has < had)
			return false;
		s->grew += has > had;
		if (had && tells_age(&l->loads[i]) &&
		    100.0 * now->old_pages / had < s->kept)
			s->kept = 100.0 * now->old_pages / had;
		before = now;
	}
	return s->grew && s->kept >= l->min_kept;
}

static double growth(const struct suspect *s)
{
	return (double)s->last->pages - (s->first ? s->first->pages : 0);
}

/* What grew most often comes first, then what grew most. */
static int compare(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;
	double left = growth(x), right = growth(y);

	if (x->grew != y->grew)
		return x->grew < y->grew ? 1 : -1;
	if (left != right)
		return left < right ? 1 : -1;
	return 0;
}

static int find_suspects(struct leaks *l)
{
	const struct page_owner_agg *last = &l->loads[l->nr - 1].agg;

	l->suspects = calloc(last->nr + 1, sizeof(*l->suspects));
	if (!l->suspects) {
		page_owner_complain("out of memory");
		return -1;
	}
	for (size_t i = 0; i < last->nr; i++) {
		struct suspect *s = &l->suspects[l->nr_suspects];

		l->nr_suspects += examine(l, last->blocks[i], s);
	}
	qsort(l->suspects, l->nr_suspects, sizeof(*l->suspects), compare);
	return 0;
}

static void put_owner(const struct leaks *l, const struct page_owner_block *block)
{
	const struct page_owner_info *info = &l->loads[l->nr - 1].info;
	struct page_owner_span stack, line;
	char buf[PAGE_OWNER_NUMBER];

	for (unsigned int key = 1; key < PAGE_OWNER_BY_TEXT; key++) {
		if (!(l->cmd.keys >> key & 1))
			continue;
		fprintf(l->file, "   %s ", page_owner_key_name(key));
		page_owner_put_text(l->file, page_owner_key_text(buf, key, block, info),
				    false);
		fputc('\n', l->file);
	}
	if (!(l->cmd.keys & 1u << PAGE_OWNER_BY_STACK))
		return;
	stack = page_owner_block_stack(block);
	while (page_owner_next_line(&stack, &line)) {
		fputs("      ", l->file);
		page_owner_put_text(l->file, line, false);
		fputc('\n', l->file);
	}
}

static void put_suspect(const struct leaks *l, const struct suspect *s, size_t number)
{
	const struct page_owner_load *first = &l->loads[0];
	const struct page_owner_load *last = &l->loads[l->nr - 1];
	double seconds = (time_of(last) - time_of(first)) / 1e9;
	double bytes = growth(s) * last->info.page_size;
	char has[PAGE_OWNER_NUMBER], by[PAGE_OWNER_NUMBER], per[PAGE_OWNER_NUMBER];

	fprintf(l->file, "\n%zu. %s, %s more than at first", number,
		page_owner_human_bytes(has, (double)s->last->pages *
				       last->info.page_size),
		page_owner_human_bytes(by, bytes));
	if (seconds > 0)
		fprintf(l->file, ", %s per minute",
			page_owner_human_bytes(per, bytes / seconds * 60));
	fprintf(l->file, ".\n   It grew in %u of %zu intervals and shrank in none.",
		s->grew, l->nr - 1);
	if (!tells_age(last))
		fputs(" These inputs do not tell the age.", l->file);
	else if (s->first)
		fprintf(l->file,
			" Of what it had at one capture,\n   %.0f %% or more was still there at the next.",
			s->kept);
	else
		fputs(" At the first capture it had nothing.", l->file);
	if (s->last->newest && time_of(last) >= s->last->oldest)
		fprintf(l->file, " The oldest is from %s ago.",
			page_owner_human_time(per, time_of(last) - s->last->oldest));
	fputc('\n', l->file);
	put_owner(l, s->last);
}

static void put_verdict(const struct leaks *l)
{
	uint64_t from = time_of(&l->loads[0]), to = time_of(&l->loads[l->nr - 1]);
	char span[PAGE_OWNER_NUMBER];

	if (from && to)
		fprintf(l->file, "%zu captures over %s: ", l->nr,
			page_owner_human_time(span, to - from));
	else
		fprintf(l->file, "%zu captures without their times: ", l->nr);
	if (!l->nr_suspects) {
		fputs("no owner only grew and kept what it had.\n", l->file);
		return;
	}
	fprintf(l->file, "%zu owner%s of memory only grew, and gave back less than %zu %% of\n"
		"what they had between two captures.\n", l->nr_suspects,
		l->nr_suspects == 1 ? "" : "s", 100 - l->min_kept);
	if (l->nr >= 4)
		return;
	fputs("A cache that fills looks the same; more captures, further apart, will tell.\n",
	      l->file);
}

static int write_leaks(struct leaks *l)
{
	size_t rows = l->nr_suspects;
	int ret;

	l->file = page_owner_cmd_open(&l->cmd);
	if (!l->file)
		return PAGE_OWNER_FAILED;
	put_verdict(l);
	if (l->cmd.top && rows > l->cmd.top)
		rows = l->cmd.top;
	for (size_t i = 0; i < rows; i++)
		put_suspect(l, &l->suspects[i], i + 1);
	if (rows < l->nr_suspects)
		fprintf(l->file, "\nand %zu more (--top 0 shows all)\n",
			l->nr_suspects - rows);
	ret = page_owner_cmd_close(&l->cmd);
	return ret == PAGE_OWNER_FINE && l->exit_code && l->nr_suspects ?
		EXIT_SUSPECTS : ret;
}

static int leaks(void *data)
{
	struct leaks *l = data;
	int ret = load_all(l);

	if (ret)
		return ret;
	return find_suspects(l) ? PAGE_OWNER_FAILED : write_leaks(l);
}

static int parse_own(void *data, int opt)
{
	struct leaks *l = data;

	switch (opt) {
	case OPT_EXIT_CODE:
		l->exit_code = true;
		return 0;
	case OPT_KEPT:
		if (page_owner_parse_count("--kept", optarg, &l->min_kept))
			return -1;
		if (l->min_kept <= 100)
			return 0;
		page_owner_complain("--kept wants a percentage, not '%s'", optarg);
		return -1;
	case 'i':
		page_owner_complain("leaks takes its captures without -i, the oldest first");
		return -1;
	default:
		return page_owner_cmd_option(&l->cmd, opt);
	}
}

static int take_operands(void *data, int argc, char **argv)
{
	struct leaks *l = data;

	if (argc < 2 || argc > MAX_CAPTURES) {
		page_owner_complain("leaks wants two captures or more, the oldest first");
		return -1;
	}
	l->nr = argc;
	l->paths = argv;
	page_owner_cmd_keys(&l->cmd);
	return page_owner_cmd_one_stdin(argv, argc);
}

static const struct option options[] = {
	{ "exit-code", no_argument, NULL, OPT_EXIT_CODE },
	{ "kept", required_argument, NULL, OPT_KEPT },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "i:o:h",
	.options = options,
	.option = parse_own,
	.operands = take_operands,
	.run = leaks,
};

int page_owner_cmd_leaks(int argc, char **argv)
{
	struct leaks l = {
		.cmd = { .name = "leaks", .top = DEFAULT_TOP },
		.min_kept = DEFAULT_KEPT,
	};
	int ret = page_owner_cmd_run(&syntax, &l.cmd, argc, argv);

	for (size_t i = 0; l.loads && i < l.nr; i++)
		page_owner_load_destroy(&l.loads[i]);
	free(l.loads);
	free(l.suspects);
	return ret;
}
