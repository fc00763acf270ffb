// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner top - who owns how much, live
 *
 * Every interval the counts are read anew and paired with those before. Stacks
 * are read from show_stacks, which the kernel keeps counted; everything else
 * takes a walk through the dump.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "count/agg.h"
#include "show/print.h"

#define DEFAULT_ROWS	20
#define NUMBERS_WIDTH	51

/* Lines of the screen that are not rows */
#define HEAD_LINES	4

enum { OPT_DEBUGFS = PAGE_OWNER_OPT_OWN };

enum sort { BY_PAGES, BY_GROWTH, BY_TIMES, NR_SORTS };

static const char *const sort_names[NR_SORTS] = { "memory", "growth", "times" };

struct top {
	struct page_owner_cmd cmd;
	struct page_owner_load load[2];
	int current;			/* index in load of the newer one */
	uint64_t read_ns[2];		/* when they were read */
	const char *debugfs;
	char path[4096];
	double delay;
	size_t count;			/* how many screens, 0 for no end */
	size_t shown;
	bool batch;
	enum sort sort;
	FILE *file;
	struct termios saved;
};

/* What a signal has to put right: the terminal is not as it was. */
static struct termios *saved_terminal;

static const char help[] =
"Usage: page_owner top [OPTION]...\n"
"Show who owns the memory, and how fast that grows, again and again. Only root can.\n"
"\n"
"  -d, --delay SECONDS   how long to wait between two screens (default: 2)\n"
"  -n, --count N         how many screens (default: until q)\n"
"  -b, --batch           write one screen after the other, for a file or a pipe\n"
"  -s, --sort KEY        memory, growth or times (default: memory)\n"
"      --by KEY[,KEY]... what to count together (default: stack). Other keys than the\n"
"                        stack, and filters, take more of the machine\n"
"      --top N           how many rows (default: what fits)\n"
"  -i, --input FILE      read this, and not a file in debugfs\n"
"      --debugfs DIR     where debugfs is mounted (default: /sys/kernel/debug)\n"
"\n"
"While it runs: m, g, t sort by memory, growth or times; s, c, p, n show stacks, task\n"
"names, process IDs, cgroups; space reads at once; q ends.\n"
"\n"
PAGE_OWNER_COMMON_HELP;

static void restore_terminal(int sig)
{
	if (saved_terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, saved_terminal);
	if (write(STDOUT_FILENO, "\033[?25h\n", 7) < 0)
		_exit(PAGE_OWNER_FAILED);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Keys are taken as they are pressed. */
static void prepare_terminal(struct top *t)
{
	struct termios raw;

	if (t->batch || tcgetattr(STDIN_FILENO, &t->saved))
		return;
	raw = t->saved;
	raw.c_lflag &= ~(ICANON | ECHO);
	saved_terminal = &t->saved;
	signal(SIGINT, restore_terminal);
	signal(SIGTERM, restore_terminal);
	signal(SIGHUP, restore_terminal);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs("\033[?25l", t->file);
}

static void release_terminal(const struct top *t)
{
	if (!saved_terminal)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
	saved_terminal = NULL;
	fputs("\033[?25h", stdout);
	fflush(stdout);
}

static void choose_input(struct top *t)
{
	bool stacks = t->cmd.keys == 1u << PAGE_OWNER_BY_STACK && !t->cmd.filter.nr;

	page_owner_cmd_keys(&t->cmd);
	if (t->cmd.in)
		snprintf(t->path, sizeof(t->path), "%s", t->cmd.in);
	else
		snprintf(t->path, sizeof(t->path), "%s/%s", t->debugfs, stacks ?
			 "page_owner_stacks/show_stacks" : "page_owner");
}

static double rate(const struct top *t, const struct page_owner_pair *pair)
{
	double s = (t->read_ns[t->current] - t->read_ns[!t->current]) / 1e9;

	/* The first screen has nothing to compare with. */
	if (!t->read_ns[!t->current] || s <= 0)
		return 0;
	return page_owner_pair_growth(pair) * t->load[t->current].info.page_size / s;
}

static const struct top *sorting;

static double sort_value(const struct page_owner_pair *pair)
{
	if (sorting->sort == BY_GROWTH)
		return rate(sorting, pair);
	if (!pair->new)
		return 0;
	return sorting->sort == BY_PAGES ? pair->new->pages : pair->new->times;
}

static int compare(const void *a, const void *b)
{
	const struct page_owner_pair *x = a, *y = b;
	double left = sort_value(x), right = sort_value(y);

	if (left != right)
		return left < right ? 1 : -1;
	return page_owner_block_compare(sorting->cmd.keys, page_owner_pair_any(x),
					page_owner_pair_any(y));
}

static void put_row(const struct top *t, const struct page_owner_pair *pair,
		    unsigned int width)
{
	const struct page_owner_load *load = &t->load[t->current];
	const struct page_owner_block *block = page_owner_pair_any(pair);
	char buf[PAGE_OWNER_NUMBER], grown[PAGE_OWNER_NUMBER];
	unsigned long long pages = pair->new ? pair->new->pages : 0;
	double by = rate(t, pair);

	page_owner_human_bytes(grown, by < 0 ? -by : by);
	fprintf(t->file, "%11s %s%11s/s %6.2f%% %9llu  ",
		page_owner_human_bytes(buf, (double)pages * load->info.page_size),
		by > 0 ? "+" : by < 0 ? "-" : " ", grown, load->agg.pages ?
		100.0 * pages / load->agg.pages : 0, pair->new ? pair->new->times : 0);
	page_owner_put_owner(t->file, t->cmd.keys, block, &load->info, width - NUMBERS_WIDTH);
	fputs(t->batch ? "\n" : "\033[K\n", t->file);
}

static size_t nr_rows(const struct top *t)
{
	struct winsize size;

	if (t->cmd.top)
		return t->cmd.top;
	if (!t->batch && !ioctl(fileno(t->file), TIOCGWINSZ, &size) &&
	    size.ws_row > HEAD_LINES + 1)
		return size.ws_row - HEAD_LINES - 1;
	return DEFAULT_ROWS;
}

static void put_screen(struct top *t, struct page_owner_pair *pairs, size_t nr)
{
	const struct page_owner_load *load = &t->load[t->current];
	unsigned int width = page_owner_columns(t->file);
	const char *end = t->batch ? "\n" : "\033[K\n";
	size_t rows = nr_rows(t);
	char buf[PAGE_OWNER_NUMBER];

	sorting = t;
	qsort(pairs, nr, sizeof(*pairs), compare);
	if (!t->batch)
		fputs("\033[H", t->file);
	fprintf(t->file, "page_owner top: %s by %zu owners, sorted by %s%s%s",
		page_owner_human_bytes(buf, (double)load->agg.pages *
				       load->info.page_size),
		load->agg.nr, sort_names[t->sort], end, end);
	fprintf(t->file, "%11s %14s %7s %9s  owner%s", "memory", "growth", "share",
		load->stacks_only ? "stacks" : "times", end);
	for (size_t i = 0; i < nr && i < rows; i++)
		put_row(t, &pairs[i], width);
	fputs(t->batch ? "\n" : "\033[J", t->file);
}

/* Reads the counts once more, and shows them; a page owner exit status */
static int refresh(struct top *t)
{
	struct page_owner_pair *pairs;
	size_t nr;
	int ret;

	t->current = !t->current;
	page_owner_load_destroy(&t->load[t->current]);
	ret = page_owner_cmd_load(&t->cmd, &t->load[t->current], t->path);
	if (ret)
		return ret;
	t->read_ns[t->current] = page_owner_clock_ns(CLOCK_MONOTONIC);
	pairs = page_owner_pairs_find(&t->load[!t->current].agg,
				      &t->load[t->current].agg, &nr);
	if (!pairs) {
		page_owner_complain("out of memory");
		return PAGE_OWNER_FAILED;
	}
	put_screen(t, pairs, nr);
	free(pairs);
	if (!fflush(t->file))
		return PAGE_OWNER_FINE;
	page_owner_complain("cannot write: %s", strerror(errno));
	return PAGE_OWNER_FAILED;
}

static void show_keys(struct top *t, enum page_owner_key key)
{
	t->cmd.keys = 1u << key;
	choose_input(t);
	/* What was counted by other keys cannot be compared. */
	page_owner_load_destroy(&t->load[0]);
	page_owner_load_destroy(&t->load[1]);
	t->read_ns[0] = 0;
	t->read_ns[1] = 0;
}

/* False to end */
static bool take_key(struct top *t, char key)
{
	switch (key) {
	case 'q':
		return false;
	case 'm':
		t->sort = BY_PAGES;
		break;
	case 'g':
		t->sort = BY_GROWTH;
		break;
	case 't':
		t->sort = BY_TIMES;
		break;
	case 's':
		show_keys(t, PAGE_OWNER_BY_STACK);
		break;
	case 'c':
		show_keys(t, PAGE_OWNER_BY_COMM);
		break;
	case 'p':
		show_keys(t, PAGE_OWNER_BY_PID);
		break;
	case 'n':
		show_keys(t, PAGE_OWNER_BY_MEMCG);
		break;
	}
	return true;
}

/* Waits for a key or the next screen; false to end */
static bool pause_for(struct top *t)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	char key;

	if (t->batch || !saved_terminal) {
		struct timespec ts = { t->delay, (t->delay - (long)t->delay) * 1e9 };

		nanosleep(&ts, NULL);
		return true;
	}
	if (poll(&in, 1, t->delay * 1000) <= 0)
		return true;
	return read(STDIN_FILENO, &key, 1) == 1 && take_key(t, key);
}

static int run(void *data)
{
	struct top *t = data;
	int ret;

	choose_input(t);
	t->file = page_owner_cmd_open(&t->cmd);
	if (!t->file)
		return PAGE_OWNER_FAILED;
	t->batch |= !isatty(fileno(t->file));
	prepare_terminal(t);
	if (!t->batch)
		fputs("\033[2J", t->file);
	do {
		ret = refresh(t);
		t->shown++;
	} while (!ret && t->shown != t->count && pause_for(t));
	release_terminal(t);
	return ret ? ret : page_owner_cmd_close(&t->cmd);
}

static int parse_sort(struct top *t, const char *text)
{
	for (int i = 0; i < NR_SORTS; i++) {
		if (!strcmp(sort_names[i], text)) {
			t->sort = i;
			return 0;
		}
	}
	page_owner_complain("--sort takes memory, growth or times, not '%s'", text);
	return -1;
}

static int parse_own(void *data, int opt)
{
	struct top *t = data;
	char *end;

	switch (opt) {
	case 'b':
		t->batch = true;
		return 0;
	case 's':
		return parse_sort(t, optarg);
	case 'n':
		return page_owner_parse_count("--count", optarg, &t->count);
	case 'd':
		t->delay = strtod(optarg, &end);
		if (end != optarg && !*end && t->delay >= 0 && t->delay < 1e6)
			return 0;
		page_owner_complain("--delay wants seconds, not '%s'", optarg);
		return -1;
	case OPT_DEBUGFS:
		t->debugfs = optarg;
		return 0;
	default:
		return page_owner_cmd_option(&t->cmd, opt);
	}
}

static int take_operands(void *data, int argc, char **argv)
{
	struct top *t = data;

	if (argc) {
		page_owner_complain("top takes no '%s'; -i names an input", *argv);
		return -1;
	}
	page_owner_cmd_keys(&t->cmd);
	return 0;
}

static const struct option options[] = {
	{ "batch", no_argument, NULL, 'b' },
	{ "sort", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'n' },
	{ "delay", required_argument, NULL, 'd' },
	{ "debugfs", required_argument, NULL, OPT_DEBUGFS },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "bs:n:d:i:o:h",
	.options = options,
	.option = parse_own,
	.operands = take_operands,
	.run = run,
};

int page_owner_cmd_top(int argc, char **argv)
{
	struct top t = {
		.cmd = { .name = "top" },
		.debugfs = "/sys/kernel/debug",
		.delay = 2,
	};
	int ret = page_owner_cmd_run(&syntax, &t.cmd, argc, argv);

	page_owner_load_destroy(&t.load[0]);
	page_owner_load_destroy(&t.load[1]);
	return ret;
}
