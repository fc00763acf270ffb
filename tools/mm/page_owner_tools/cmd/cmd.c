// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the commands have in common: options, inputs, outputs, messages.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "show/print.h"

int page_owner_parse_count(const char *option, const char *text, size_t *val)
{
	char *end;

	errno = 0;
	*val = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return 0;
	page_owner_complain("%s wants a number, not '%s'", option, text);
	return -1;
}

int page_owner_parse_bytes(const char *option, const char *text,
			   unsigned long long *val)
{
	static const char units[] = { 'K', 'M', 'G', 'T' };
	const char *unit;
	char *end;
	double bytes = strtod(text, &end);

	unit = memchr(units, *end & ~0x20, sizeof(units));
	if (unit) {
		bytes *= 1ull << 10 * (unit - units + 1);
		end++;
		if (!strcmp(end, "iB"))
			end += 2;
	}
	/* strtod() takes more forms of a number than are meant here. */
	if (*text >= '0' && *text <= '9' && !memchr(text, 'x', end - text) &&
	    !memchr(text, 'X', end - text) && !*end && bytes < 0x1p63) {
		*val = bytes;
		return 0;
	}
	page_owner_complain("%s wants a number of bytes, as 64K or 10MiB, not '%s'",
			    option, text);
	return -1;
}

static int parse_keys(struct page_owner_cmd *cmd, const char *text)
{
	static const char known[] =
		"stack, comm, pid, tgid, memcg, module, node, zone, order, migratetype, allocator";
	const char *bad = page_owner_key_parse(text, &cmd->keys);

	if (!bad)
		return 0;
	page_owner_complain("--by does not know the key '%.*s'; there are %s",
			    (int)strcspn(bad, ","), bad, known);
	return -1;
}

int page_owner_cmd_option(struct page_owner_cmd *cmd, int opt)
{
	const char *why;
	size_t val;

	switch (opt) {
	case 'i':
		cmd->in = optarg;
		return 0;
	case 'o':
		cmd->out = optarg;
		return 0;
	case PAGE_OWNER_OPT_BY:
		return parse_keys(cmd, optarg);
	case PAGE_OWNER_OPT_TOP:
		return page_owner_parse_count("--top", optarg, &cmd->top);
	case PAGE_OWNER_OPT_FILTER:
		if (!page_owner_filter_add(&cmd->filter, optarg, &why))
			return 0;
		page_owner_complain("--filter '%s': %s", optarg, why);
		return -1;
	case PAGE_OWNER_OPT_FUNCTIONS:
		cmd->request.functions = true;
		return 0;
	case PAGE_OWNER_OPT_STACKS:
		cmd->request.stacks = optarg;
		return 0;
	case PAGE_OWNER_OPT_THREADS:
		if (page_owner_parse_count("--threads", optarg, &val))
			return -1;
		cmd->request.threads = val > 64 ? 64 : val;
		return 0;
	default:
		return -1;
	}
}

/* Room for the options of a command, those of all commands, and the end */
#define MAX_OPTIONS	(PAGE_OWNER_MAX_OWN + 16)

/* How many values of options there can be */
#define NR_VALUES	(PAGE_OWNER_OPT_OWN + PAGE_OWNER_MAX_OWN)

static void list_options(const struct page_owner_syntax *syntax, struct option *all)
{
	static const struct option common[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "by", required_argument, NULL, PAGE_OWNER_OPT_BY },
		{ "top", required_argument, NULL, PAGE_OWNER_OPT_TOP },
		{ "filter", required_argument, NULL, PAGE_OWNER_OPT_FILTER },
		{ "functions", no_argument, NULL, PAGE_OWNER_OPT_FUNCTIONS },
		{ "handles", required_argument, NULL, PAGE_OWNER_OPT_STACKS },
		{ "threads", required_argument, NULL, PAGE_OWNER_OPT_THREADS },
		{ "input", required_argument, NULL, 'i' },
		{ "output", required_argument, NULL, 'o' },
	};
	size_t nr = 0;

	static_assert(sizeof(common) / sizeof(*common) < MAX_OPTIONS - PAGE_OWNER_MAX_OWN,
		      "no room for the end");

	while (nr < PAGE_OWNER_MAX_OWN && syntax->options[nr].name) {
		all[nr] = syntax->options[nr];
		nr++;
	}
	memcpy(all + nr, common, syntax->own_only ? sizeof(*common) : sizeof(common));
}

/* Complains of what has a value already. */
static int check_once(const struct option *all, bool *seen, int opt)
{
	if (opt >= NR_VALUES || opt == PAGE_OWNER_OPT_FILTER)
		return 0;
	while (all->name && all->val != opt)
		all++;
	if (!all->name || all->has_arg == no_argument)
		return 0;
	if (seen[opt]) {
		page_owner_complain("--%s is given twice", all->name);
		return -1;
	}
	seen[opt] = true;
	return 0;
}

/* 0 to go on, 1 if the help was all that was wanted, -1 for wrong usage */
static int take_options(const struct page_owner_syntax *syntax, void *data,
			int argc, char **argv)
{
	struct option all[MAX_OPTIONS] = { 0 };
	bool seen[NR_VALUES] = { 0 };
	int opt;

	list_options(syntax, all);
	while ((opt = getopt_long(argc, argv, syntax->letters, all, NULL)) >= 0) {
		if (opt == 'h') {
			fputs(syntax->help, stdout);
			return 1;
		}
		if (check_once(all, seen, opt) || syntax->option(data, opt))
			return -1;
	}
	return syntax->operands(data, argc - optind, argv + optind);
}

int page_owner_cmd_run(const struct page_owner_syntax *syntax,
		       struct page_owner_cmd *cmd, int argc, char **argv)
{
	int ret = take_options(syntax, cmd, argc, argv);

	if (!ret) {
		ret = syntax->run(cmd);
	} else if (ret > 0) {
		ret = PAGE_OWNER_FINE;
	} else {
		fprintf(stderr, "Try 'page_owner %s --help'.\n", cmd->name);
		ret = PAGE_OWNER_USAGE;
	}
	page_owner_output_abort(&cmd->output);
	page_owner_filter_destroy(&cmd->filter);
	return ret;
}

int page_owner_cmd_input(struct page_owner_cmd *cmd, int argc, char **argv)
{
	if (argc && !cmd->in) {
		cmd->in = *argv++;
		argc--;
	}
	if (argc) {
		page_owner_complain("%s takes one input, not '%s' too", cmd->name, *argv);
		return -1;
	}
	if (!cmd->in)
		cmd->in = PAGE_OWNER_DEFAULT_FILE;
	return 0;
}

void page_owner_cmd_keys(struct page_owner_cmd *cmd)
{
	if (!cmd->keys)
		cmd->keys = 1u << PAGE_OWNER_BY_STACK;
	cmd->request.cull = cmd->keys;
}

int page_owner_cmd_one_stdin(char **paths, size_t nr)
{
	size_t times = 0;

	for (size_t i = 0; i < nr; i++)
		times += !strcmp(paths[i], "-");
	if (times < 2)
		return 0;
	page_owner_complain("of several inputs, standard input can be only one of them");
	return -1;
}

/* An input that is packed: how to go on */
static void packed_input(const struct page_owner_cmd *cmd,
			 const struct page_owner_load *load, const char *path)
{
	bool known = !strcmp(load->unpack, "gzip") || !strcmp(load->unpack, "zstd");

	page_owner_complain("%s is packed with %s, %s", page_owner_input_name(path), load->unpack,
			    known ? "and this program was built without that library" :
			    "which this program does not read");
	if (!cmd->in || path == load->failed || !strcmp(path, "-"))
		page_owner_complain("unpack it first, with %s -dc", load->unpack);
	else
		page_owner_complain("unpack it first: %s -dc %s | page_owner %s -i -",
				    load->unpack, path, cmd->name);
}

static void load_failed(const struct page_owner_cmd *cmd,
			const struct page_owner_load *load, const char *path)
{
	if (load->failed)
		path = load->failed;
	if (errno == EPROTONOSUPPORT) {
		packed_input(cmd, load, path);
	} else if (errno == ENOMEM) {
		page_owner_complain("out of memory; use fewer keys, or --filter");
	} else {
		page_owner_complain("cannot read %s: %s", page_owner_input_name(path),
				    strerror(errno));
	}
}

/* There are records, but none of pages in use. */
static bool only_free(const struct page_owner_load *load)
{
	return load->left_out && load->left_out == load->stats.records && !load->freed;
}

static void give_hints(const struct page_owner_cmd *cmd,
		       const struct page_owner_load *load, const char *name)
{
	if (!load->stats.records && page_owner_load_damaged(load))
		return;
	if (!load->stats.records && load->info.filter)
		page_owner_complain("%s has no records: none passed the filter of record",
				    name);
	else if (!load->stats.records)
		page_owner_complain("%s has no records; was the kernel booted with page_owner=on?",
				    name);
	else if (only_free(load))
		page_owner_complain("%s has free pages only; --filter state=free shows them",
				    name);
	if (load->no_frames && !cmd->request.stacks && !load->handles.table.nr &&
	    load->no_frames == load->stats.records)
		page_owner_complain("%s has no frames; give show_stacks_handles with --handles",
				    name);
}

int page_owner_cmd_spare(const struct page_owner_cmd *cmd, int fd)
{
	const char *out = cmd->out ? cmd->out : "-";

	if (!page_owner_output_is_input(out, fd))
		return 0;
	page_owner_complain("%s is the input too; nothing is written, name another output",
			    strcmp(out, "-") ? out : "standard output");
	return -1;
}

int page_owner_cmd_spare_file(const struct page_owner_cmd *cmd, const char *path)
{
	/* Only to be compared: a file that is not there fails when it is read. */
	int ret, fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;

	if (fd < 0)
		return 0;
	ret = page_owner_cmd_spare(cmd, fd);
	close(fd);
	return ret;
}

static int open_spared(const struct page_owner_cmd *cmd, const char *path)
{
	int fd;

	if (page_owner_cmd_spare_file(cmd, cmd->request.stacks))
		return -1;
	fd = page_owner_input_open(path);
	if (fd < 0 || !page_owner_cmd_spare(cmd, fd))
		return fd;
	page_owner_input_close(fd);
	return -1;
}

/*
 * Nothing to show is no result: it must not replace an old one, nor look like
 * memory that was given back. What a filter left out is one.
 */
static int check_records(const struct page_owner_load *load, const char *name)
{
	if (load->stats.records)
		return PAGE_OWNER_FINE;
	if (page_owner_load_damaged(load)) {
		page_owner_complain("no record of %s can be read; nothing is written", name);
		return PAGE_OWNER_DAMAGED;
	}
	return load->info.filter ? PAGE_OWNER_FINE : PAGE_OWNER_FAILED;
}

static int check_times(const struct page_owner_cmd *cmd,
		       const struct page_owner_load *load, const char *name)
{
	if (!page_owner_filter_needs_clock(&cmd->filter))
		return PAGE_OWNER_FINE;
	if (load->info.no_times && !load->freed) {
		page_owner_complain("%s has no times, which the filter age needs: page_owner=lean",
				    name);
		return PAGE_OWNER_FAILED;
	}
	if (load->info.clock_ns)
		return PAGE_OWNER_FINE;
	page_owner_complain("%s does not say when it was taken, as the filter age needs",
			    name);
	page_owner_complain("filter by ts, or use a capture of 'page_owner record'");
	return PAGE_OWNER_FAILED;
}

int page_owner_cmd_load(struct page_owner_cmd *cmd, struct page_owner_load *load,
			const char *path)
{
	const char *name = page_owner_input_name(path);
	int ret, fd = open_spared(cmd, path);

	memset(load, 0, sizeof(*load));
	if (fd < 0)
		return PAGE_OWNER_FAILED;
	cmd->request.filter = cmd->filter.nr ? &cmd->filter : NULL;
	cmd->request.progress = isatty(STDERR_FILENO);
	ret = page_owner_load(load, fd, &cmd->request);
	if (ret)
		load_failed(cmd, load, path);
	page_owner_input_close(fd);
	if (ret)
		return PAGE_OWNER_FAILED;
	cmd->damaged |= page_owner_input_damage(load, name);
	give_hints(cmd, load, name);
	ret = check_records(load, name);
	if (!ret)
		ret = check_times(cmd, load, name);
	if (!ret && cmd->filter.nr && load->stats.records && !load->agg.times &&
	    !only_free(load))
		page_owner_complain("no record of %s passes the filter", name);
	return ret;
}

static void put_filter(const struct page_owner_load *load, const char *path)
{
	const char *filter = load->info.filter;

	fprintf(stderr, "%s %s", page_owner_input_name(path), filter ? "with " : "with no filter");
	if (filter)
		page_owner_put_text(stderr, (struct page_owner_span){
			filter, strlen(filter) }, false);
}

void page_owner_cmd_compare_filters(const struct page_owner_load *old,
				    const char *old_path,
				    const struct page_owner_load *new,
				    const char *new_path)
{
	const char *a = old->info.filter, *b = new->info.filter;

	if (a == b || (a && b && !strcmp(a, b)))
		return;
	fputs("page_owner: the inputs cannot be compared as they are: recorded were ", stderr);
	put_filter(old, old_path);
	fputs(", ", stderr);
	put_filter(new, new_path);
	fputc('\n', stderr);
}

FILE *page_owner_cmd_open(struct page_owner_cmd *cmd)
{
	const char *out = cmd->out ? cmd->out : "-";

	if (page_owner_output_open(&cmd->output, out, cmd->secret ? 0600 : 0666)) {
		page_owner_complain("cannot open %s: %s", out, strerror(errno));
		return NULL;
	}
	page_owner_output_guard(&cmd->output);
	if (!page_owner_output_begin(&cmd->output))
		return cmd->output.file;
	page_owner_complain("cannot write %s: %s", out, strerror(errno));
	return NULL;
}

int page_owner_cmd_close(struct page_owner_cmd *cmd)
{
	int ret = page_owner_output_commit(&cmd->output);

	if (ret) {
		page_owner_complain("cannot write %s: %s", cmd->out && strcmp(cmd->out, "-") ?
				    cmd->out : "standard output", strerror(errno));
		return PAGE_OWNER_FAILED;
	}
	return cmd->damaged ? PAGE_OWNER_DAMAGED : PAGE_OWNER_FINE;
}

int page_owner_sort_by_pages(struct page_owner_agg *agg)
{
	static const struct page_owner_order order[] = {
		{ PAGE_OWNER_BY_PAGES, true }, { PAGE_OWNER_BY_TIMES, true }
	};

	if (!page_owner_agg_sort(agg, order, 2))
		return 0;
	page_owner_complain("out of memory");
	return -1;
}
