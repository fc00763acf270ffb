// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner_sort - count the records of a page_owner dump
 *
 * This file is the command line only: the options, what they ask of the
 * sibling files, and the text that comes out.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "read/compress.h"
#include "show/output.h"
#include "version.h"

#define MAX_KEYS	32

enum {
	EXIT_FINE,
	EXIT_FAILED,
	EXIT_USAGE,
	EXIT_DAMAGED,
};

static const char *const field_since[PAGE_OWNER_NR_FIELDS] = {
	[PAGE_OWNER_PID]	= "kernels before 5.11 do not print it",
	[PAGE_OWNER_TGID]	= "kernels before 5.18 do not print it",
	[PAGE_OWNER_COMM]	= "kernels before 5.18 do not print it",
	[PAGE_OWNER_TS]		= "kernels before 5.11 do not print it",
	[PAGE_OWNER_FREE_TS]	= "only kernels from 5.13 to 6.x print it",
};

/* What the command line asks for. */
struct options {
	const char *in;
	const char *out;
	const char *in_name;		/* the same, for messages */
	const char *out_name;
	unsigned int cull;		/* enum page_owner_key, bits */
	unsigned int needs;		/* enum page_owner_field, bits */
	int letter;			/* the single-letter sort, or 0 */
	struct page_owner_order order[MAX_KEYS];
	size_t nr_order;		/* 0 without --sort */
	struct page_owner_select select;
};

static const char help[] =
"Usage: page_owner_sort [OPTION]... INPUT OUTPUT\n"
"Count the records of a page_owner dump that are alike, and sort the counts.\n"
"INPUT is such a dump or /sys/kernel/debug/page_owner; - is standard input,\n"
"and as OUTPUT standard output.\n"
"\n"
"Sort by one of these:\n"
"  -t    number of records, the largest first (default)\n"
"  -m    number of pages, the largest first\n"
"  -a    time of allocation\n"
"  -r    time of release\n"
"  -p    process ID\n"
"  -P    thread group ID\n"
"  -n    task name\n"
"  -s    stack\n"
"or by several, in place of the above:\n"
"  --sort [+|-]KEY[,[+|-]KEY]...    - puts the largest first\n"
"\n"
"Count together what agrees in the keys, instead of in the whole text:\n"
"  --cull KEY[,KEY]...\n"
"  -c    the same as --cull stacktrace\n"
"\n"
"Keys:\n"
"  p, pid                 process ID\n"
"  tg, tgid               thread group ID\n"
"  n, name, comm          task name\n"
"  st, stacktrace         stack\n"
"  ator, allocator        CMA, SLAB, VMALLOC or OTHERS\n"
"  f, free                released or not (--cull only)\n"
"  T, txt                 the whole text (--sort only)\n"
"  at, alloc_ts           time of allocation (--sort only)\n"
"  ft, free_ts            time of release (--sort only)\n"
"\n"
"Leave out what does not agree with all of these:\n"
"  --pid PID[,PID]...     process IDs\n"
"  --tgid TGID[,TGID]...  thread group IDs\n"
"  --name NAME[,NAME]...  task names\n"
"  -f                     pages that are not released\n"
"\n"
"  -h, --help             print this text\n"
"  -V, --version          print the version\n"
"  -d                     does nothing; old scripts have it\n"
"\n"
"Exit status: 0 fine, 1 failure, 2 wrong usage, 3 damaged input (what could be\n"
"read is in the output, and what could not is counted on standard error).\n";

static const struct {
	const char *names[3];
	enum page_owner_key key;
	unsigned int needs;
	bool cull;
	bool sort;
} keys[] = {
	{ { "p", "pid" }, PAGE_OWNER_BY_PID, 1 << PAGE_OWNER_PID, true, true },
	{ { "tg", "tgid" }, PAGE_OWNER_BY_TGID, 1 << PAGE_OWNER_TGID, true, true },
	{ { "n", "name", "comm" }, PAGE_OWNER_BY_COMM, 1 << PAGE_OWNER_COMM,
	  true, true },
	{ { "st", "stacktrace" }, PAGE_OWNER_BY_STACK, 0, true, true },
	{ { "ator", "allocator" }, PAGE_OWNER_BY_ALLOCATOR, 0, true, true },
	{ { "f", "free" }, PAGE_OWNER_BY_RELEASED, 1 << PAGE_OWNER_FREE_TS,
	  true, false },
	{ { "T", "txt" }, PAGE_OWNER_BY_TEXT, 0, false, true },
	{ { "at", "alloc_ts" }, PAGE_OWNER_BY_TS, 1 << PAGE_OWNER_TS, false, true },
	{ { "ft", "free_ts" }, PAGE_OWNER_BY_FREE_TS, 1 << PAGE_OWNER_FREE_TS,
	  false, true },
};

static const struct {
	int letter;
	struct page_owner_order order;
	unsigned int needs;
} letters[] = {
	{ 't', { PAGE_OWNER_BY_TIMES, true }, 0 },
	{ 'm', { PAGE_OWNER_BY_PAGES, true }, 0 },
	{ 'a', { PAGE_OWNER_BY_TS, false }, 1 << PAGE_OWNER_TS },
	{ 'r', { PAGE_OWNER_BY_FREE_TS, false }, 1 << PAGE_OWNER_FREE_TS },
	{ 'p', { PAGE_OWNER_BY_PID, false }, 1 << PAGE_OWNER_PID },
	{ 'P', { PAGE_OWNER_BY_TGID, false }, 1 << PAGE_OWNER_TGID },
	{ 'n', { PAGE_OWNER_BY_COMM, false }, 1 << PAGE_OWNER_COMM },
	{ 's', { PAGE_OWNER_BY_STACK, false }, 0 },
};

/* Index in keys[] of the key at the start of a list, or -1. */
static int find_key(const char *list, size_t len)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		for (int j = 0; j < 3 && keys[i].names[j]; j++) {
			if (strlen(keys[i].names[j]) == len &&
			    !memcmp(keys[i].names[j], list, len))
				return i;
		}
	}
	return -1;
}

static int bad_key(const char *option, const char *key, size_t len)
{
	page_owner_complain("%s does not know the key '%.*s'; --help lists the keys",
			    option, (int)len, key);
	return -1;
}

static int parse_cull(struct options *opts, const char *arg)
{
	for (;; arg++) {
		size_t len = strcspn(arg, ",");
		int i = find_key(arg, len);

		if (i < 0 || !keys[i].cull)
			return bad_key("--cull", arg, len);
		opts->cull |= 1u << keys[i].key;
		opts->needs |= keys[i].needs;
		arg += len;
		if (!*arg)
			return 0;
	}
}

static int parse_sort(struct options *opts, const char *arg)
{
	for (;; arg++) {
		bool descending = *arg == '-';
		size_t len;
		int i;

		if (*arg == '+' || *arg == '-')
			arg++;
		len = strcspn(arg, ",");
		i = find_key(arg, len);
		if (i < 0 || !keys[i].sort)
			return bad_key("--sort", arg, len);
		if (opts->nr_order == MAX_KEYS) {
			page_owner_complain("--sort takes no more than %d keys", MAX_KEYS);
			return -1;
		}
		opts->order[opts->nr_order].key = keys[i].key;
		opts->order[opts->nr_order++].descending = descending;
		opts->needs |= keys[i].needs;
		arg += len;
		if (!*arg)
			return 0;
	}
}

static int parse_letter(struct options *opts, int letter)
{
	if (opts->letter && opts->letter != letter) {
		page_owner_complain("-%c and -%c exclude each other; use --sort for several keys",
				    opts->letter, letter);
		return -1;
	}
	opts->letter = letter;
	return 0;
}

static int parse_ints(struct page_owner_ints *list, const char *option,
		      const char *arg)
{
	if (!page_owner_ints_parse(list, arg))
		return 0;
	page_owner_complain("%s wants decimal numbers with commas between them, not '%s'",
			    option, arg);
	return -1;
}

enum { OPT_PID = 256, OPT_TGID, OPT_NAME, OPT_CULL, OPT_SORT };

static int parse_option(struct options *opts, int opt)
{
	struct page_owner_select *select = &opts->select;

	switch (opt) {
	case 'c':
		return parse_cull(opts, "stacktrace");
	case 'd':
		/* Asked for debugging output once; scripts still pass it. */
		return 0;
	case 'f':
		select->unreleased = true;
		opts->needs |= 1u << PAGE_OWNER_FREE_TS;
		return 0;
	case OPT_PID:
		opts->needs |= 1u << PAGE_OWNER_PID;
		return parse_ints(&select->pids, "--pid", optarg);
	case OPT_TGID:
		opts->needs |= 1u << PAGE_OWNER_TGID;
		return parse_ints(&select->tgids, "--tgid", optarg);
	case OPT_NAME:
		opts->needs |= 1u << PAGE_OWNER_COMM;
		return page_owner_names_parse(&select->comms, optarg);
	case OPT_CULL:
		return parse_cull(opts, optarg);
	case OPT_SORT:
		return parse_sort(opts, optarg);
	case '?':
		return -1;
	default:
		return parse_letter(opts, opt);
	}
}

/* --sort has the last word; without it the letter decides. */
static void settle_order(struct options *opts)
{
	int letter = opts->letter ? opts->letter : 't';

	if (opts->nr_order)
		return;
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		if (letters[i].letter != letter)
			continue;
		opts->order[0] = letters[i].order;
		opts->nr_order = 1;
		opts->needs |= letters[i].needs;
	}
}

/* 0 to go on, -1 for wrong usage, 1 if all is done already. */
static int parse_args(struct options *opts, int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "pid", required_argument, NULL, OPT_PID },
		{ "tgid", required_argument, NULL, OPT_TGID },
		{ "name", required_argument, NULL, OPT_NAME },
		{ "cull", required_argument, NULL, OPT_CULL },
		{ "sort", required_argument, NULL, OPT_SORT },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "acdfhmnpPrstV", longopts, NULL)) >= 0) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (opt == 'V') {
			puts("page_owner_sort " PAGE_OWNER_VERSION);
			page_owner_put_packing(stdout);
			return 1;
		}
		if (parse_option(opts, opt))
			return -1;
	}
	if (argc - optind != 2) {
		page_owner_complain("wants one input and one output file; %d given",
				    argc - optind);
		return -1;
	}
	opts->in = argv[optind];
	opts->out = argv[optind + 1];
	opts->in_name = page_owner_input_name(opts->in);
	opts->out_name = strcmp(opts->out, "-") ? opts->out : "standard output";
	settle_order(opts);
	return 0;
}

static void put_allocator(FILE *file, unsigned int allocator)
{
	fprintf(file, ", allocated by %s%s%s%s",
		allocator & PAGE_OWNER_CMA ? "CMA " : "",
		allocator & PAGE_OWNER_SLAB ? "SLAB " : "",
		allocator & PAGE_OWNER_VMALLOC ? "VMALLOC " : "",
		allocator & PAGE_OWNER_OTHERS ? "OTHERS " : "");
}

static void put_whole(FILE *file, const struct page_owner_block *block)
{
	struct page_owner_span head = page_owner_str_span(block->head);

	put_allocator(file, block->first.allocator);
	fputs(":\n", file);
	/* A newline in a task name must not look like the end of the line. */
	if (head.len) {
		head.len--;
		page_owner_put_text(file, head, false);
		fputc('\n', file);
	}
	page_owner_put_text(file, page_owner_str_span(block->body), true);
	fputc('\n', file);
}

static void put_culled(FILE *file, const struct options *opts,
		       const struct page_owner_block *block)
{
	const struct page_owner_record *first = &block->first;
	const struct page_owner_select *select = &opts->select;
	unsigned int cull = opts->cull;

	if (first->freed)
		fputs(", freed", file);
	if (cull & 1u << PAGE_OWNER_BY_PID || select->pids.nr)
		fprintf(file, ", PID %d", first->pid);
	if (cull & 1u << PAGE_OWNER_BY_TGID || select->tgids.nr)
		fprintf(file, ", TGID %d", first->tgid);
	if (cull & 1u << PAGE_OWNER_BY_COMM || select->comms.nr) {
		fputs(", task_comm_name: ", file);
		page_owner_put_text(file, page_owner_str_span(first->comm), false);
	}
	if (cull & 1u << PAGE_OWNER_BY_RELEASED)
		fputs(page_owner_released(first) ? ", released" : ", not released", file);
	if (cull & 1u << PAGE_OWNER_BY_ALLOCATOR)
		put_allocator(file, block->first.allocator);
	if (cull & 1u << PAGE_OWNER_BY_STACK) {
		fputs(":\n", file);
		/* Lines that are true of some of the pages only are left out. */
		page_owner_put_text(file, block->same_body ?
				    page_owner_str_span(block->body) :
				    page_owner_block_stack(block), true);
	}
	fputc('\n', file);
}

/* Stops at the first error, whose errno the close would lose. */
static int put_blocks(struct page_owner_output *out, const struct options *opts,
		      const struct page_owner_agg *agg)
{
	for (size_t i = 0; i < agg->nr; i++) {
		const struct page_owner_block *block = agg->blocks[i];

		fprintf(out->file, "%llu times, %llu pages",
			block->times, block->pages);
		if (opts->cull)
			put_culled(out->file, opts, block);
		else
			put_whole(out->file, block);
		if (ferror(out->file))
			return -1;
	}
	return 0;
}

/*
 * A sort or a list without the field it is about leaves all or nothing, as it
 * always did, and says so. Without the time of release there is no answer.
 */
static int check_needs(const struct options *opts,
		       const struct page_owner_reader_stats *stats)
{
	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++) {
		if (!stats->records || stats->have[i] || !(opts->needs >> i & 1))
			continue;
		page_owner_complain("%s has no %s: %s", opts->in_name, page_owner_field_name(i),
				    field_since[i]);
		if (i == PAGE_OWNER_FREE_TS) {
			page_owner_complain("-r, -f and the keys ft and f need it; %s",
					    "nothing is written");
			return -1;
		}
	}
	return 0;
}

/* Says what is wrong with the input; true if anything was lost. */
static bool report_damage(const struct options *opts,
			  const struct page_owner_load *load)
{
	if (page_owner_input_damage(load, opts->in_name))
		return true;
	if (!load->stats.records && load->info.filter)
		page_owner_complain("%s has no records, none passed the filter of record; %s",
				    opts->in_name, "the output is empty");
	else if (!load->stats.records)
		page_owner_complain("%s has no records, and so the output is empty; %s",
				    opts->in_name, "was the kernel booted with page_owner=on?");
	return false;
}

static int sort_and_write(const struct options *opts, struct page_owner_agg *agg,
			  struct page_owner_output *out)
{
	if (page_owner_agg_sort(agg, opts->order, opts->nr_order)) {
		page_owner_complain("out of memory");
		return -1;
	}
	if (page_owner_output_begin(out) || put_blocks(out, opts, agg) ||
	    page_owner_output_commit(out)) {
		page_owner_complain("cannot write %s: %s", opts->out_name, strerror(errno));
		return -1;
	}
	return 0;
}

/* Times that are sorted by first are part of the text, so that they are seen. */
static unsigned int times_to_keep(const struct options *opts)
{
	if (opts->order[0].key == PAGE_OWNER_BY_TS)
		return 1u << PAGE_OWNER_TS;
	if (opts->order[0].key == PAGE_OWNER_BY_FREE_TS)
		return 1u << PAGE_OWNER_FREE_TS;
	return 0;
}

static unsigned int sort_keys(const struct options *opts)
{
	unsigned int mask = 0;

	for (size_t i = 0; i < opts->nr_order; i++)
		mask |= PAGE_OWNER_KEY_BIT(opts->order[i].key);
	return mask;
}

static void load_failed(const struct options *opts, const struct page_owner_load *load)
{
	if (errno == EPROTONOSUPPORT) {
		page_owner_complain("%s is packed with %s, which this program cannot unpack",
				    opts->in_name, load->unpack);
		page_owner_complain("unpack it first: %s -dc <%s | page_owner_sort - %s",
				    load->unpack, strcmp(opts->in, "-") ? opts->in : "FILE",
				    opts->out);
	} else if (errno == ENOMEM) {
		page_owner_complain("out of memory; cull by fewer keys, or select less");
	} else {
		page_owner_complain("cannot read %s: %s", opts->in_name, strerror(errno));
	}
}

static int process(const struct options *opts, int in, struct page_owner_output *out)
{
	const struct page_owner_request request = {
		.cull = opts->cull,
		.keep = times_to_keep(opts),
		.sort = sort_keys(opts),
		.text = true,
		.select = &opts->select,
		.any_state = true,
		.progress = isatty(STDERR_FILENO),
	};
	struct page_owner_load load;
	int ret = EXIT_FAILED;
	bool damaged;

	if (page_owner_load(&load, in, &request)) {
		load_failed(opts, &load);
	} else {
		damaged = report_damage(opts, &load);
		/* Nothing is no result, and must not replace an old one. */
		if (damaged && !load.stats.records) {
			page_owner_complain("no record can be read; nothing is written");
			ret = EXIT_DAMAGED;
		} else if (!check_needs(opts, &load.stats) &&
			   !sort_and_write(opts, &load.agg, out)) {
			ret = damaged ? EXIT_DAMAGED : EXIT_FINE;
		}
	}
	page_owner_load_destroy(&load);
	return ret;
}

static int run(const struct options *opts)
{
	struct page_owner_output out;
	int ret, in = page_owner_input_open(opts->in);

	if (in < 0)
		return EXIT_FAILED;
	if (page_owner_output_is_input(opts->out, in)) {
		page_owner_complain("%s is the input too; nothing is written, name another output",
				    opts->out_name);
		return EXIT_FAILED;
	}
	if (page_owner_output_open(&out, opts->out, 0666)) {
		page_owner_complain("cannot open %s: %s", opts->out_name, strerror(errno));
		return EXIT_FAILED;
	}
	page_owner_output_guard(&out);
	ret = process(opts, in, &out);
	page_owner_output_abort(&out);
	page_owner_input_close(in);
	return ret;
}

int main(int argc, char **argv)
{
	struct options opts = { 0 };
	int ret;

	page_owner_program = "page_owner_sort";
	page_owner_output_reserve();
	ret = parse_args(&opts, argc, argv);
	if (ret < 0) {
		fputs("Try 'page_owner_sort --help'.\n", stderr);
		ret = EXIT_USAGE;
	} else if (ret > 0) {
		ret = EXIT_FINE;
		if (fflush(stdout) || ferror(stdout)) {
			page_owner_complain("cannot write: %s", strerror(errno));
			ret = EXIT_FAILED;
		}
	} else {
		ret = run(&opts);
	}
	page_owner_select_destroy(&opts.select);
	return ret;
}
