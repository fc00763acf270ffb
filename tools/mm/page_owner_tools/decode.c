// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns a raw capture of page_owner back into text, byte for byte as the kernel
 * would have printed it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read/packing.h"
#include "read/raw_text.h"
#include "version.h"

/* Exit status. */
enum { FINE, FAILED, USAGE, DAMAGED };

static void print_help(FILE *to)
{
	fputs("Usage: page_owner_decode [OPTION]... [DUMP]\n"
	      "Print the text of a binary dump of page_owner, which is taken with mode=raw:\n"
	      "    exec 3<>/sys/kernel/debug/page_owner; echo mode=raw >&3; cat <&3 >dump\n"
	      "Without a name, or with -, the dump is read from standard input.\n"
	      "\n"
	      "  -m, --mode MODE   what to say of stacks: stack (default), handle or\n"
	      "                    stack_handle\n"
	      "  -h, --help        print this text\n"
	      "  -V, --version     print the version\n"
	      "\n"
	      "Exit status: 0 fine, 1 failure, 2 wrong usage, 3 damaged input (what is before\n"
	      "the damage is in the output).\n", to);
}

static enum page_owner_raw_mode parse_mode(const char *name)
{
	if (!strcmp(name, "stack"))
		return PAGE_OWNER_RAW_STACK;
	if (!strcmp(name, "handle"))
		return PAGE_OWNER_RAW_HANDLE;
	if (!strcmp(name, "stack_handle"))
		return PAGE_OWNER_RAW_STACK_HANDLE;
	fprintf(stderr, "page_owner_decode: no such mode: %s\n"
		"There are: stack, handle, stack_handle\n", name);
	exit(USAGE);
}

/* How much of a source tells what it is; the kernel wants to be asked for more. */
#define HEAD_WANTED	((size_t)4 << 10)
#define HEAD_SIZE	((size_t)132 << 10)

/**
 * struct source - where the dump comes from
 * @name: for messages
 * @fd: the file
 * @err: why it could not be read, 0 if it could
 * @head: its first bytes
 * @head_len: how many of these there are
 * @head_pos: how many were given to the reader
 */
struct source {
	const char *name;
	int fd;
	int err;
	char head[HEAD_SIZE];
	size_t head_len;
	size_t head_pos;
};

static ssize_t read_fd(struct source *source, void *buf, size_t len)
{
	ssize_t n;

	do
		n = read(source->fd, buf, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		source->err = errno;
	return n;
}

static ssize_t read_file(void *data, void *buf, size_t len)
{
	struct source *source = data;
	size_t left = source->head_len - source->head_pos;

	if (!left)
		return source->err ? -1 : read_fd(source, buf, len);
	if (len > left)
		len = left;
	memcpy(buf, source->head + source->head_pos, len);
	source->head_pos += len;
	return len;
}

static void read_head(struct source *source)
{
	ssize_t n;

	do {
		n = read_fd(source, source->head + source->head_len,
			    HEAD_SIZE - source->head_len);
		if (n > 0)
			source->head_len += n;
	} while (n > 0 && source->head_len < HEAD_WANTED);
}

static bool head_begins(const struct source *source, const char *word)
{
	size_t len = strlen(word);

	return source->head_len >= len && !memcmp(source->head, word, len);
}

static bool head_has(const struct source *source, const char *word)
{
	return memmem(source->head, source->head_len, word, strlen(word));
}

/* What the input is, if that is known and not what is to be decoded; else NULL */
static const char *other_kind(const struct source *source)
{
	if (head_begins(source, PAGE_OWNER_RAW_MAGIC))
		return NULL;
	if (head_begins(source, "page_owner capture "))
		return "a capture of 'page_owner record', which 'page_owner report' reads";
	if (head_has(source, "Page allocated via order ") ||
	    head_has(source, "Page last allocated via order "))
		return "a text dump already; there is nothing to decode";
	if (head_begins(source, "handle: ") || head_begins(source, "handle pages ") ||
	    head_has(source, "nr_base_pages: ") ||
	    (head_begins(source, " ") && head_has(source, "+0x")))
		return "a file of page_owner_stacks/, which is text and no dump";
	return NULL;
}

/* Says so if the input is something else, and what to do. */
static bool is_other_kind(const struct source *source)
{
	const char *program = page_owner_magic(source->head, source->head_len);
	const char *kind = other_kind(source);

	if (program)
		fprintf(stderr, "page_owner_decode: %s is packed with %s\n"
			"Try '%s -dc <%s | page_owner_decode', or 'page_owner report' for a capture.\n",
			source->name, program, program,
			source->fd == STDIN_FILENO ? "FILE" : source->name);
	else if (kind)
		fprintf(stderr, "page_owner_decode: %s is %s\n", source->name, kind);
	return program || kind;
}

/* Says why the capture is not whole; returns an exit status. */
static int cannot_decode(const struct page_owner_raw_reader *raw,
			 const struct source *source, unsigned long long records)
{
	if (source->err) {
		fprintf(stderr, "page_owner_decode: cannot read %s: %s\n", source->name,
			strerror(source->err));
		return FAILED;
	}
	fprintf(stderr, "page_owner_decode: %s: %s; %llu records decoded\n",
		source->name, page_owner_raw_error(raw), records);
	return DAMAGED;
}

/* The text has no place for the filter, and looks like that of a whole dump. */
static void say_filter(const struct page_owner_raw_reader *raw,
		       const struct source *source)
{
	const char *c = page_owner_raw_filter(raw);

	if (!c)
		return;
	fprintf(stderr, "page_owner_decode: %s was recorded with a filter: ", source->name);
	for (; *c; c++)
		fputc((unsigned char)*c < ' ' || *c == 127 ? '?' : *c, stderr);
	fputc('\n', stderr);
}

/* Returns an exit status. */
static int decode(struct page_owner_raw_reader *raw, enum page_owner_raw_mode mode,
		  const struct source *source)
{
	struct page_owner_raw_freed rec;
	unsigned long long records = 0;
	struct page_owner_raw_text text = { .raw = raw };
	bool freed;

	while (page_owner_raw_next(raw, &rec, &freed) > 0) {
		if (!page_owner_raw_text_make(&text, &rec, freed, mode) ||
		    fwrite(text.buf, 1, text.len, stdout) != text.len)
			break;
		records++;
	}
	free(text.buf);
	say_filter(raw, source);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "page_owner_decode: cannot write: %s\n", strerror(errno));
		return FAILED;
	}
	return page_owner_raw_error(raw) ? cannot_decode(raw, source, records) : FINE;
}

static int wrong_usage(const char *why)
{
	fprintf(stderr, "%s%sTry 'page_owner_decode --help'.\n", why, *why ? "\n" : "");
	return USAGE;
}

/* Help and version were all that was wanted; returns an exit status. */
static int end_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return FINE;
	fprintf(stderr, "page_owner_decode: cannot write: %s\n", strerror(errno));
	return FAILED;
}

/* Returns an exit status, or -1 to go on. */
static int parse_args(int argc, char **argv, enum page_owner_raw_mode *mode)
{
	static const struct option options[] = {
		{ "mode", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int c;

	while ((c = getopt_long(argc, argv, "m:hV", options, NULL)) != -1) {
		if (c == 'h') {
			print_help(stdout);
			return end_output();
		}
		if (c == 'V') {
			puts("page_owner_decode " PAGE_OWNER_VERSION);
			return end_output();
		}
		if (c != 'm')
			return wrong_usage("");
		if (*mode)
			return wrong_usage("page_owner_decode: --mode is given twice");
		*mode = parse_mode(optarg);
	}
	if (argc - optind > 1)
		return wrong_usage("page_owner_decode: takes one dump");
	if (!*mode)
		*mode = PAGE_OWNER_RAW_STACK;
	return -1;
}

int main(int argc, char **argv)
{
	enum page_owner_raw_mode mode = 0;
	struct page_owner_raw_reader *raw;
	static struct source source = { .name = "standard input", .fd = STDIN_FILENO };
	int status = parse_args(argc, argv, &mode);

	if (status >= 0)
		return status;
	if (optind < argc && strcmp(argv[optind], "-")) {
		source.name = argv[optind];
		source.fd = open(source.name, O_RDONLY);
	}
	if (source.fd < 0) {
		fprintf(stderr, "page_owner_decode: cannot open %s: %s\n", source.name,
			strerror(errno));
		return FAILED;
	}
	read_head(&source);
	if (is_other_kind(&source))
		return FAILED;
	raw = page_owner_raw_open(read_file, &source);
	if (!raw) {
		fputs("page_owner_decode: out of memory\n", stderr);
		return FAILED;
	}
	status = decode(raw, mode, &source);
	page_owner_raw_close(raw);
	return status;
}
