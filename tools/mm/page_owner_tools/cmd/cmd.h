/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_CMD_H
#define PAGE_OWNER_CMD_H

#include <getopt.h>
#include <time.h>

#include "input.h"
#include "show/output.h"

/* enum page_owner_exit - how a command can end */
enum page_owner_exit {
	PAGE_OWNER_FINE,
	PAGE_OWNER_FAILED,
	PAGE_OWNER_USAGE,
	PAGE_OWNER_DAMAGED,
};

/* Values of long options that several commands have */
enum page_owner_option {
	PAGE_OWNER_OPT_BY = 256,
	PAGE_OWNER_OPT_TOP,
	PAGE_OWNER_OPT_FILTER,
	PAGE_OWNER_OPT_FUNCTIONS,
	PAGE_OWNER_OPT_STACKS,
	PAGE_OWNER_OPT_THREADS,
	PAGE_OWNER_OPT_OWN,		/* those of one command only */
};

/** PAGE_OWNER_MAX_OWN - how many long options of its own a command can have */
#define PAGE_OWNER_MAX_OWN	8

/* Description of the options of page_owner_cmd_option(), for help texts */
#define PAGE_OWNER_COMMON_HELP						\
"  -o, --output FILE     write to FILE, which is replaced when complete\n" \
"      --filter KEY=VALUE[,VALUE]...\n"					\
"                        only records for which one of the values holds; != < <=\n" \
"                        > >= work too; several filters all have to hold. Names can\n" \
"                        be patterns, numbers ranges, ages have units: comm=kworker*,\n" \
"                        order>=3, pid=100-200, age>10min, stack=ext4_*, memcg!=/\n" \
"      --functions       tell stacks apart by their functions, not by the offsets in\n" \
"                        them, as is best between different kernels\n"	\
"      --handles FILE    show_stacks_handles, for a dump that has only handles\n" \
"      --threads N       how many may work on a file (default: one per processor)\n" \
"  -h, --help            print this text\n"				\
"\n"									\
"Keys: stack, comm, pid, tgid, memcg, module, node, zone, order, migratetype,\n" \
"allocator; to filter by also pfn, ts, age, pages, and state: state=free shows free\n" \
"pages by who allocated them last, if the dump has them.\n"

/**
 * struct page_owner_cmd - a command and what it was asked
 * @name: its name, for messages
 * @in: -i, or NULL
 * @out: -o, or NULL
 * @keys: --by, bit mask of enum page_owner_key; 0 if not given
 * @top: --top; 0 for all
 * @request: what to do with an input
 * @filter: --filter
 * @output: the output, when it is open
 * @damaged: an input was damaged
 * @secret: a new output is for its owner only
 */
struct page_owner_cmd {
	const char *name;
	const char *in;
	const char *out;
	unsigned int keys;
	size_t top;
	struct page_owner_request request;
	struct page_owner_filter filter;
	struct page_owner_output output;
	bool damaged;
	bool secret;
};

/**
 * page_owner_clock_ns() - what a clock says
 * @id: the clock
 *
 * Return: nanoseconds.
 */
static inline uint64_t page_owner_clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/**
 * page_owner_parse_count() - read a number of something
 * @option: the option, for the message
 * @text: its argument
 * @val: receives the number
 *
 * Return: 0, or -1 after a message.
 */
int page_owner_parse_count(const char *option, const char *text, size_t *val);

/**
 * page_owner_parse_bytes() - read a number of bytes
 * @option: the option, for the message
 * @text: its argument, a number that may have a fraction and a unit: K, M, G or T,
 *	or KiB and so on
 * @val: receives the number
 *
 * Return: 0, or -1 after a message.
 */
int page_owner_parse_bytes(const char *option, const char *text,
			   unsigned long long *val);

/**
 * page_owner_cmd_option() - take one of the common options
 * @cmd: the command
 * @opt: what getopt_long() returned
 *
 * Return: 0, or -1 for wrong usage, after a message.
 */
int page_owner_cmd_option(struct page_owner_cmd *cmd, int opt);

/**
 * struct page_owner_syntax - the command line of a command
 * @help: what --help prints
 * @letters: the short options, as for getopt_long()
 * @options: the command's own long options, at most PAGE_OWNER_MAX_OWN and an empty
 *	one; those that go with page_owner_cmd_option() are added
 * @own_only: of these, --help only
 * @option: takes an option: 0, or -1 for wrong usage, after a message
 * @operands: takes the rest of the command line, @argc words of it: likewise
 * @run: does what was asked for; returns how the command ends
 *
 * All get the command's own structure, which begins with a struct page_owner_cmd.
 */
struct page_owner_syntax {
	const char *help;
	const char *letters;
	const struct option *options;
	bool own_only;
	int (*option)(void *data, int opt);
	int (*operands)(void *data, int argc, char **argv);
	int (*run)(void *data);
};

/**
 * page_owner_cmd_run() - take the command line, and run the command
 * @syntax: what the command line can be
 * @cmd: the command, the first member of its own structure; given back
 * @argc: as main()'s
 * @argv: as main()'s
 *
 * An option with a value can be given once only, but --filter, which adds up: of
 * two inputs or outputs, none is forgotten silently.
 *
 * Return: how the command ends.
 */
int page_owner_cmd_run(const struct page_owner_syntax *syntax,
		       struct page_owner_cmd *cmd, int argc, char **argv);

/**
 * page_owner_cmd_input() - take the operands of a command with one input
 * @cmd: the command, whose input is then set
 * @argc: number of operands
 * @argv: the operands
 *
 * Return: 0, or -1 for wrong usage, after a message.
 */
int page_owner_cmd_input(struct page_owner_cmd *cmd, int argc, char **argv);

/**
 * page_owner_cmd_keys() - count by the keys that were given, or by stack
 * @cmd: the command
 */
void page_owner_cmd_keys(struct page_owner_cmd *cmd);

/**
 * page_owner_cmd_spare() - keep the output from destroying an input
 * @cmd: the command, whose output is not open yet
 * @fd: the input
 *
 * Return: 0, or -1 after a message if both are the same file.
 */
int page_owner_cmd_spare(const struct page_owner_cmd *cmd, int fd);

/**
 * page_owner_cmd_spare_file() - the same for an input by its name
 * @cmd: the command, whose output is not open yet
 * @path: the input, NULL for none; it may not be there
 *
 * Return: 0, or -1 after a message if both are the same file.
 */
int page_owner_cmd_spare_file(const struct page_owner_cmd *cmd, const char *path);

/**
 * page_owner_cmd_one_stdin() - standard input can be read only once
 * @paths: the inputs of a command
 * @nr: how many there are
 *
 * Return: 0, or -1 for wrong usage, after a message.
 */
int page_owner_cmd_one_stdin(char **paths, size_t nr);

/**
 * page_owner_cmd_load() - read an input
 * @cmd: the command, whose request is done
 * @load: receives the outcome
 * @path: the input, "-" for standard input
 *
 * Says what is wrong with the input and notes it in the command. An input that is
 * the output too is refused.
 *
 * Return: PAGE_OWNER_FINE, or how the command ends, after a message:
 * PAGE_OWNER_DAMAGED if there is damage and not one record, else
 * PAGE_OWNER_FAILED.
 */
int page_owner_cmd_load(struct page_owner_cmd *cmd, struct page_owner_load *load,
			const char *path);

/**
 * page_owner_cmd_compare_filters() - say if two inputs are not of the same records
 * @old: an input
 * @old_path: its name
 * @new: another
 * @new_path: its name
 */
void page_owner_cmd_compare_filters(const struct page_owner_load *old,
				    const char *old_path,
				    const struct page_owner_load *new,
				    const char *new_path);

/**
 * page_owner_cmd_open() - open the output
 * @cmd: the command; its inputs have been read
 *
 * Return: the stream to write to, or NULL after a message.
 */
FILE *page_owner_cmd_open(struct page_owner_cmd *cmd);

/**
 * page_owner_cmd_close() - complete the output
 * @cmd: the command
 *
 * Return: how the command ends: PAGE_OWNER_DAMAGED if an input was, or
 * PAGE_OWNER_FAILED after a message.
 */
int page_owner_cmd_close(struct page_owner_cmd *cmd);

/**
 * page_owner_sort_by_pages() - put the largest blocks first
 * @agg: the aggregation
 *
 * Return: 0, or -1 after a message.
 */
int page_owner_sort_by_pages(struct page_owner_agg *agg);

/* The commands: arguments begin with the command's name. */
int page_owner_cmd_report(int argc, char **argv);
int page_owner_cmd_diff(int argc, char **argv);
int page_owner_cmd_export(int argc, char **argv);
int page_owner_cmd_record(int argc, char **argv);
int page_owner_cmd_top(int argc, char **argv);
int page_owner_cmd_leaks(int argc, char **argv);
int page_owner_cmd_annotate(int argc, char **argv);

#endif
