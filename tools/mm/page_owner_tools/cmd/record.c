// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner record - save what the kernel knows
 *
 * The dump goes from debugfs to the file piece by piece as it is read: nothing
 * of it is kept, so a dump of any size can be recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "read/capture.h"
#include "read/compress.h"
#include "count/symbols.h"
#include "show/print.h"

#define PIECE_SIZE	((size_t)1 << 20)
#define MAX_FILE	((size_t)1 << 20)

enum { OPT_COMPRESS = PAGE_OWNER_OPT_OWN, OPT_TEXT, OPT_DEBUGFS, OPT_PROC };

struct record {
	struct page_owner_cmd cmd;
	enum page_owner_packing packing;
	bool text;
	const char *debugfs;
	const char *proc;
	char **words;			/* for the kernel's filter */
	int nr_words;
	bool raw;
	int fd;
	struct page_owner_packer packer;
	unsigned long long bytes;	/* of the dump, so far */
	uint64_t start_ns;
	uint64_t end_pfn;		/* where the dump will end, 0 if unknown */
};

static const char help[] =
"Usage: page_owner record [OPTION]... [FILTER]...\n"
"Save who owns each page in a capture: the dump of the kernel and what is needed to\n"
"read it elsewhere, packed. Only root can.\n"
"\n"
"  -o, --output FILE     the capture (default: page_owner.data), - is standard output\n"
"      --compress HOW    zstd, gzip or none (default: the best that is there)\n"
"      --text            text also where the kernel has a binary dump\n"
"      --debugfs DIR     where debugfs is mounted (default: /sys/kernel/debug)\n"
"      --proc DIR        where proc is mounted (default: /proc)\n"
"  -h, --help            print this text\n"
"\n"
"FILTER is what the kernel takes, such as nid=0 or comm=bash; what does not pass is\n"
"not in the capture.\n";

/* A small file, with a NUL at its end; NULL if it cannot be read */
static char *read_sized_file(const char *dir, const char *name, size_t *size)
{
	char path[4096], *text;
	size_t len = 0;
	ssize_t n = 1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = malloc(MAX_FILE + 1);
	while (text && n > 0 && len < MAX_FILE) {
		n = read(fd, text + len, MAX_FILE - len);
		if (n > 0)
			len += n;
	}
	close(fd);
	if (text)
		text[len] = '\0';
	*size = len;
	return text;
}

static char *read_file(const char *dir, const char *name)
{
	size_t size;

	return read_sized_file(dir, name, &size);
}

/* All that a capture says of itself is lines. */
static void one_line(char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	for (; *text; text++) {
		if (*text == '\n')
			*text = ' ';
	}
}

static int put_section(struct record *r, const char *name, const void *data,
		       size_t len)
{
	char head[128];
	int head_len = snprintf(head, sizeof(head), "section %s %zu\n", name, len);

	return page_owner_pack_write(&r->packer, head, head_len) ||
	       page_owner_pack_write(&r->packer, data, len) ||
	       page_owner_pack_write(&r->packer, "\n", 1) ? -1 : 0;
}

/* "DMA DMA32 Normal Movable", from the order of their first appearance */
static void put_zones(FILE *info, const char *zoneinfo)
{
	char seen[PAGE_OWNER_MAX_ZONES][16], name[16];
	int nr = 0, i;

	while (zoneinfo) {
		if (sscanf(zoneinfo, "Node %*d, zone %15s", name) == 1) {
			for (i = 0; i < nr && strcmp(seen[i], name); i++)
				;
			if (i == nr && nr < PAGE_OWNER_MAX_ZONES)
				memcpy(seen[nr++], name, sizeof(name));
		}
		zoneinfo = strchr(zoneinfo, '\n');
		zoneinfo += !!zoneinfo;
	}
	if (!nr)
		return;
	fputs("zones", info);
	for (i = 0; i < nr; i++)
		fprintf(info, " %s", seen[i]);
	fputc('\n', info);
}

/* One past the last page of all zones */
static uint64_t find_end_pfn(const char *zoneinfo)
{
	unsigned long long spanned = 0, val, end = 0;

	while (zoneinfo) {
		if (sscanf(zoneinfo, " spanned %llu", &val) == 1)
			spanned = val;
		else if (sscanf(zoneinfo, " start_pfn: %llu", &val) == 1 &&
			 val + spanned > end)
			end = val + spanned;
		zoneinfo = strchr(zoneinfo, '\n');
		zoneinfo += !!zoneinfo;
	}
	return end;
}

static void put_file(const struct record *r, FILE *info, const char *name,
		     const char *file)
{
	char *text = read_file(r->proc, file);

	if (text) {
		one_line(text);
		fprintf(info, "%s %s\n", name, text);
	}
	free(text);
}

/* Which build of the kernel this is, for what knows its symbols */
static void put_build_id(const struct record *r, FILE *info)
{
	char id[PAGE_OWNER_BUILD_ID];
	size_t size;
	char *notes = read_sized_file(r->debugfs, "../notes", &size);

	if (notes && page_owner_build_id(id, notes, size))
		fprintf(info, "build_id %s\n", id);
	free(notes);
}

static int put_info(struct record *r)
{
	char *zoneinfo = read_file(r->proc, "zoneinfo"), *text = NULL;
	size_t len = 0;
	FILE *info = open_memstream(&text, &len);
	int ret;

	if (!info) {
		free(zoneinfo);
		return -1;
	}
	put_file(r, info, "kernel", "version");
	put_build_id(r, info);
	put_file(r, info, "cmdline", "cmdline");
	put_file(r, info, "host", "sys/kernel/hostname");
	put_file(r, info, "boot", "sys/kernel/random/boot_id");
	fprintf(info, "time %llu\nclock %llu\npage_size %ld\n",
		(unsigned long long)page_owner_clock_ns(CLOCK_REALTIME),
		(unsigned long long)r->start_ns, sysconf(_SC_PAGESIZE));
	put_zones(info, zoneinfo);
	if (r->nr_words)
		fputs("filter", info);
	for (int i = 0; i < r->nr_words; i++) {
		one_line(r->words[i]);
		fprintf(info, " %s%s", r->words[i], i + 1 < r->nr_words ? "" : "\n");
	}
	r->end_pfn = find_end_pfn(zoneinfo);
	free(zoneinfo);
	ret = fclose(info) ? -1 : put_section(r, "info", text, len);
	free(text);
	if (ret)
		return -1;
	text = read_file(r->proc, "meminfo");
	ret = text ? put_section(r, "meminfo", text, strlen(text)) : 0;
	free(text);
	return ret;
}

/* The position in a dump, text or raw, is a page frame number: how far it is. */
static void show_progress(const struct record *r)
{
	static const char bar[] = "########################################";
	static uint64_t last;
	uint64_t now = page_owner_clock_ns(CLOCK_MONOTONIC);
	off_t pfn = lseek(r->fd, 0, SEEK_CUR);
	char mib[PAGE_OWNER_NUMBER], left[PAGE_OWNER_NUMBER];
	double part;

	if (!r->cmd.request.progress || now - last < 200000000)
		return;
	last = now;
	page_owner_human_bytes(mib, r->bytes);
	if (!r->end_pfn || pfn <= 0 || (uint64_t)pfn > r->end_pfn) {
		fprintf(stderr, "\r\033[K%s", mib);
		return;
	}
	part = (double)pfn / r->end_pfn;
	fprintf(stderr, "\r\033[K[%-40.*s] %3.0f %%  PFN %#llx  %s, %s left",
		(int)(part * 40), bar, part * 100, (unsigned long long)pfn, mib,
		page_owner_human_time(left, (now - r->start_ns) / part * (1 - part)));
}

static int copy_dump(struct record *r)
{
	char *buf = malloc(PIECE_SIZE);
	ssize_t n;
	int ret = -1;

	if (!buf)
		return -1;
	for (;;) {
		do {
			n = read(r->fd, buf, PIECE_SIZE);
		} while (n < 0 && errno == EINTR);
		if (n <= 0)
			break;
		if (put_section(r, "dump", buf, n))
			goto out;
		r->bytes += n;
		show_progress(r);
	}
	if (n < 0)
		page_owner_complain("cannot read %s/page_owner: %s", r->debugfs,
				    strerror(errno));
	else
		ret = 0;
out:
	if (r->cmd.request.progress)
		fputs("\r\033[K", stderr);
	free(buf);
	return ret;
}

static int write_capture(struct record *r)
{
	char end[64];
	int len;

	if (page_owner_pack_open(&r->packer, r->cmd.output.file, r->packing)) {
		page_owner_complain("out of memory");
		return -1;
	}
	if (page_owner_pack_write(&r->packer, PAGE_OWNER_CAPTURE_MAGIC,
				  strlen(PAGE_OWNER_CAPTURE_MAGIC)) ||
	    put_info(r) || copy_dump(r))
		goto failed;
	len = snprintf(end, sizeof(end), "bytes %llu\n", r->bytes);
	if (put_section(r, "end", end, len))
		goto failed;
	return page_owner_pack_close(&r->packer);

failed:
	page_owner_pack_close(&r->packer);
	return -1;
}

/* All words in one write: a write replaces what was asked for before. */
static int tell_kernel(const struct record *r, const char *mode)
{
	char words[4096];
	size_t len = snprintf(words, sizeof(words), "%s", mode);

	for (int i = 0; i < r->nr_words && len < sizeof(words); i++)
		len += snprintf(words + len, sizeof(words) - len, "%s%s",
				len ? " " : "", r->words[i]);
	if (len >= sizeof(words)) {
		errno = E2BIG;
		return -1;
	}
	return !len || write(r->fd, words, len) >= 0 ? 0 : -1;
}

/* A copy of a dump has a size; what the kernel shows has none, and takes words. */
static bool is_copy(int fd)
{
	struct stat st;

	return fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size;
}

static void cannot_open(const struct record *r, const char *path)
{
	if (errno == ENOENT)
		page_owner_complain("there is no %s; boot with page_owner=on, and mount debugfs",
				    path);
	else if (errno == EACCES && geteuid())
		page_owner_complain("cannot open %s: only root may", path);
	else if (errno == EACCES && r->nr_words)
		page_owner_complain("cannot write to %s: this kernel has no filters", path);
	else
		page_owner_complain("cannot open %s: %s", path, strerror(errno));
}

/* Opens the dump, and asks for the binary one and for what the filter says. */
static int open_dump(struct record *r)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/page_owner", r->debugfs);
	r->fd = open(path, O_RDWR | O_CLOEXEC);
	if (r->fd < 0 && !r->nr_words)
		r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0) {
		cannot_open(r, path);
		return -1;
	}
	if (is_copy(r->fd)) {
		if (!r->nr_words)
			return 0;
		page_owner_complain("%s is no file of the kernel's, and takes no filter", path);
		return -1;
	}
	/* A kernel that does not know the mode says so. */
	r->raw = !r->text && !tell_kernel(r, "mode=raw");
	if (r->raw || !tell_kernel(r, ""))
		return 0;
	page_owner_complain("this kernel does not take that filter, see its documentation: %s",
			    strerror(errno));
	return -1;
}

static int record(void *data)
{
	struct record *r = data;
	char dump[PAGE_OWNER_NUMBER], file[PAGE_OWNER_NUMBER];
	uint64_t start = page_owner_clock_ns(CLOCK_MONOTONIC);
	long written;
	int ret;

	r->start_ns = start;
	r->cmd.request.progress = isatty(STDERR_FILENO);
	if (open_dump(r) || page_owner_cmd_spare(&r->cmd, r->fd) ||
	    !page_owner_cmd_open(&r->cmd))
		return PAGE_OWNER_FAILED;
	errno = 0;
	if (write_capture(r)) {
		if (ferror(r->cmd.output.file))
			page_owner_complain("cannot write %s: %s", r->cmd.out,
					    strerror(errno));
		return PAGE_OWNER_FAILED;
	}
	written = ftell(r->cmd.output.file);
	ret = page_owner_cmd_close(&r->cmd);
	if (ret)
		return ret;
	if (!r->bytes)
		page_owner_complain("the dump is empty%s", r->nr_words ?
				    ": nothing passes the filter" : "");
	if (strcmp(r->cmd.out, "-"))
		fprintf(stderr, "page_owner: %s: %s of %s in %s, %.1f s\n", r->cmd.out,
			page_owner_human_bytes(dump, r->bytes),
			r->raw ? "binary dump" : "text",
			page_owner_human_bytes(file, written < 0 ? 0 : written),
			(page_owner_clock_ns(CLOCK_MONOTONIC) - start) / 1e9);
	return PAGE_OWNER_FINE;
}

static int parse_packing(struct record *r, const char *text)
{
	static const char *const names[] = {
		[PAGE_OWNER_PLAIN] = "none", [PAGE_OWNER_GZIP] = "gzip",
		[PAGE_OWNER_ZSTD] = "zstd",
	};

	for (int i = 0; i < 3; i++) {
		if (strcmp(names[i], text))
			continue;
		r->packing = i;
		if (page_owner_has_packing(i))
			return 0;
		page_owner_complain("this program was built without %s; see --version",
				    text);
		return -1;
	}
	page_owner_complain("--compress takes zstd, gzip or none, not '%s'", text);
	return -1;
}

static int parse_option(void *data, int opt)
{
	struct record *r = data;

	switch (opt) {
	case 'o':
		r->cmd.out = optarg;
		return 0;
	case OPT_COMPRESS:
		return parse_packing(r, optarg);
	case OPT_TEXT:
		r->text = true;
		return 0;
	case OPT_DEBUGFS:
		r->debugfs = optarg;
		return 0;
	case OPT_PROC:
		r->proc = optarg;
		return 0;
	default:
		return -1;
	}
}

static int take_operands(void *data, int argc, char **argv)
{
	struct record *r = data;

	r->words = argv;
	r->nr_words = argc;
	for (int i = 0; i < argc; i++) {
		if (strchr(argv[i], '='))
			continue;
		page_owner_complain("'%s' is no filter, as comm=bash is; -o names the file",
				    argv[i]);
		return -1;
	}
	if (!strcmp(r->cmd.out, "-") && isatty(STDOUT_FILENO)) {
		page_owner_complain("a capture is not for a terminal; name a file with -o");
		return -1;
	}
	return 0;
}

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "compress", required_argument, NULL, OPT_COMPRESS },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "debugfs", required_argument, NULL, OPT_DEBUGFS },
	{ "proc", required_argument, NULL, OPT_PROC },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "o:h",
	.options = options,
	.own_only = true,
	.option = parse_option,
	.operands = take_operands,
	.run = record,
};

int page_owner_cmd_record(int argc, char **argv)
{
	struct record r = {
		/* What debugfs keeps for root is not for all in a copy. */
		.cmd = { .name = "record", .out = PAGE_OWNER_DEFAULT_FILE, .secret = true },
		.packing = page_owner_best_packing(),
		.debugfs = "/sys/kernel/debug",
		.proc = "/proc",
		.fd = -1,
	};
	int ret = page_owner_cmd_run(&syntax, &r.cmd, argc, argv);

	if (r.fd >= 0)
		close(r.fd);
	return ret;
}
