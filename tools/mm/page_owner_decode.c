// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns a raw capture of page_owner back into text, byte for byte as the kernel
 * would have printed it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "page_owner_raw.h"

/* Exit status. */
enum { FINE, FAILED, USAGE, DAMAGED };

static void print_help(FILE *to)
{
	fputs("usage: page_owner_decode [-m stack|handle|stack_handle] [capture]\n"
	      "\n"
	      "Prints the text of a capture of page_owner that was taken with mode=raw:\n"
	      "    exec 3<>/sys/kernel/debug/page_owner; echo mode=raw >&3; cat <&3 >capture\n"
	      "Without a name, or with -, the capture is read from standard input.\n", to);
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

/* Where the capture comes from; @err is why it could not be read */
struct source {
	const char *name;
	int fd;
	int err;
};

static ssize_t read_file(void *data, void *buf, size_t len)
{
	struct source *source = data;
	ssize_t n;

	do
		n = read(source->fd, buf, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		source->err = errno;
	return n;
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
	const char *text;
	bool freed;
	size_t len;

	while (page_owner_raw_next(raw, &rec, &freed) > 0) {
		text = page_owner_raw_text(raw, &rec, freed, mode, &len);
		if (!text)
			break;
		if (fwrite(text, 1, len, stdout) != len)
			break;
		records++;
	}
	say_filter(raw, source);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "page_owner_decode: cannot write: %s\n", strerror(errno));
		return FAILED;
	}
	return page_owner_raw_error(raw) ? cannot_decode(raw, source, records) : FINE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "mode", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	enum page_owner_raw_mode mode = PAGE_OWNER_RAW_STACK;
	struct page_owner_raw_reader *raw;
	struct source source = { "standard input", STDIN_FILENO, 0 };
	int c, status;

	while ((c = getopt_long(argc, argv, "m:h", options, NULL)) != -1) {
		if (c == 'h') {
			print_help(stdout);
			return FINE;
		}
		if (c != 'm') {
			print_help(stderr);
			return USAGE;
		}
		mode = parse_mode(optarg);
	}
	if (argc - optind > 1) {
		print_help(stderr);
		return USAGE;
	}
	if (optind < argc && strcmp(argv[optind], "-")) {
		source.name = argv[optind];
		source.fd = open(source.name, O_RDONLY);
	}
	if (source.fd < 0) {
		fprintf(stderr, "page_owner_decode: cannot open %s: %s\n", source.name,
			strerror(errno));
		return FAILED;
	}
	raw = page_owner_raw_open(read_file, &source);
	if (!raw) {
		fputs("page_owner_decode: out of memory\n", stderr);
		return FAILED;
	}
	status = decode(raw, mode, &source);
	page_owner_raw_close(raw);
	return status;
}
