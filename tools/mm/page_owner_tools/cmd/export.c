// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner export - write what other programs read
 */
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "show/export.h"

#define DEFAULT_METRICS	50

enum { OPT_FORMAT = PAGE_OWNER_OPT_OWN };

/* Bit masks of enum page_owner_key */
enum {
	STACK		= 1 << PAGE_OWNER_BY_STACK,
	ALLOCATOR	= 1 << PAGE_OWNER_BY_ALLOCATOR,
	TASK		= 1 << PAGE_OWNER_BY_COMM | 1 << PAGE_OWNER_BY_PID |
			  1 << PAGE_OWNER_BY_MEMCG | 1 << PAGE_OWNER_BY_NODE,
};

/* What each format is counted by unless --by says otherwise */
static const struct format {
	const char *name;
	int (*write)(const struct page_owner_export *ex);
	unsigned int keys;
	unsigned int wants;		/* keys that have to be there */
	unsigned int limit;
	bool functions;
	bool binary;
} formats[] = {
	{ "folded", page_owner_write_folded, STACK, 0, 0, true, false },
	{ "pprof", page_owner_write_pprof, STACK | TASK, STACK, 0, true, true },
	{ "speedscope", page_owner_write_speedscope, STACK, 0, 0, true, false },
	{ "openmetrics", page_owner_write_openmetrics, STACK | ALLOCATOR, 0,
	  DEFAULT_METRICS, true, false },
	{ "json", page_owner_write_json, STACK, 0, 0, false, false },
	{ "flamegraph", page_owner_write_flamegraph, STACK, STACK, 0, true, false },
};

struct export {
	struct page_owner_cmd cmd;
	const struct format *format;
	bool top_given;
	bool whole;
};

static const char help[] =
"Usage: page_owner export --format=FORMAT [OPTION]... [-i] [FILE]\n"
"Write who owns the memory for another program. FILE is what 'page_owner report'\n"
"reads, too.\n"
"\n"
"      --format FORMAT   folded       stacks on lines, for flamegraph.pl and others\n"
"                        pprof        for pprof, Parca, Pyroscope, Grafana\n"
"                        speedscope   for https://www.speedscope.app\n"
"                        openmetrics  for Prometheus, as a file of node_exporter\n"
"                        json         all that is known, for programs\n"
"                        flamegraph   a picture for the browser, to search and zoom\n"
"  -i, --input FILE      the same as FILE\n"
"      --by KEY[,KEY]... what to count together (default: stack; for pprof also comm,\n"
"                        pid, memcg and node; for openmetrics also allocator)\n"
"  -v, --verbose         whole stacks, with the page allocator's own functions; json\n"
"                        has them always\n"
"      --top N           how many owners, 0 for all, in openmetrics (default: 50)\n"
"                        and json (default: all)\n"
PAGE_OWNER_COMMON_HELP;

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	page_owner_complain("there is no format '%s'; there are %s", name,
			    "folded, pprof, speedscope, openmetrics, json and flamegraph");
	return NULL;
}

static int settle(struct page_owner_cmd *cmd, const struct format *format,
		  bool top_given)
{
	if (!format) {
		page_owner_complain("export wants a --format");
		return -1;
	}
	if (!cmd->keys)
		cmd->keys = format->keys;
	if (format->wants & ~cmd->keys) {
		page_owner_complain("the format %s is of stacks; add the key stack to --by",
				    format->name);
		return -1;
	}
	if (format->binary && !cmd->out && isatty(STDOUT_FILENO)) {
		page_owner_complain("the format %s is not for a terminal; name a file with -o",
				    format->name);
		return -1;
	}
	if (!top_given)
		cmd->top = format->limit;
	cmd->request.functions |= format->functions;
	cmd->request.cull = cmd->keys;
	return 0;
}

static int parse_own(void *data, int opt)
{
	struct export *e = data;

	if (opt == 'v') {
		e->whole = true;
		return 0;
	}
	e->top_given |= opt == PAGE_OWNER_OPT_TOP;
	if (opt != OPT_FORMAT)
		return page_owner_cmd_option(&e->cmd, opt);
	e->format = find_format(optarg);
	return e->format ? 0 : -1;
}

static int take_operands(void *data, int argc, char **argv)
{
	struct export *e = data;

	if (settle(&e->cmd, e->format, e->top_given))
		return -1;
	return page_owner_cmd_input(&e->cmd, argc, argv);
}

static int export(void *data)
{
	struct export *e = data;
	struct page_owner_cmd *cmd = &e->cmd;
	struct page_owner_load load = { 0 };
	struct page_owner_export ex = {
		.load = &load, .keys = cmd->keys, .nr = cmd->top, .whole = e->whole
	};
	int ret = page_owner_cmd_load(cmd, &load, cmd->in);

	if (ret)
		goto out;
	ret = PAGE_OWNER_FAILED;
	if (page_owner_sort_by_pages(&load.agg))
		goto out;
	ex.file = page_owner_cmd_open(cmd);
	if (!ex.file)
		goto out;
	if (e->format->write(&ex))
		page_owner_complain("out of memory; use fewer keys, or --filter");
	else
		ret = page_owner_cmd_close(cmd);
out:
	page_owner_load_destroy(&load);
	return ret;
}

static const struct option options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "verbose", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "i:o:vh",
	.options = options,
	.option = parse_own,
	.operands = take_operands,
	.run = export,
};

int page_owner_cmd_export(int argc, char **argv)
{
	struct export e = { .cmd = { .name = "export" } };

	return page_owner_cmd_run(&syntax, &e.cmd, argc, argv);
}
