// SPDX-License-Identifier: GPL-2.0-only
/* Reading and writing the files that the tests look at. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

/**
 * po_open() - open a file that has to be there
 * @path: the file
 * @flags: as for open()
 *
 * Return: the descriptor.
 */
int po_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	po_check(fd >= 0, "open %s: %s", path, strerror(errno));
	return fd;
}

/**
 * po_slurp() - read a whole file
 * @path: the file
 * @len: where to put its length, or NULL
 *
 * Return: the text, ended by a NUL, to be given to free().
 */
char *po_slurp(const char *path, size_t *len)
{
	size_t size = 1 << 16, used = 0;
	int fd = po_open(path, O_RDONLY);
	char *buf = malloc(size);
	ssize_t n;

	while (buf && (n = read(fd, buf + used, size - used - 1)) > 0) {
		used += n;
		if (size - used < PO_RECORD_MAX) {
			size *= 2;
			buf = realloc(buf, size);
		}
	}
	po_check(buf, "no memory for %s", path);
	po_check(n == 0, "read %s: %s", path, strerror(errno));
	close(fd);
	buf[used] = '\0';
	if (len)
		*len = used;
	return buf;
}

/**
 * po_write() - write one text to a file
 * @path: the file
 * @fmt: as for printf()
 *
 * Return: whether all of it was taken; errno is set if not.
 */
bool po_write(const char *path, const char *fmt, ...)
{
	char text[512];
	va_list args;
	ssize_t n;
	int fd, len, error;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = write(fd, text, len);
	error = errno;
	close(fd);
	errno = error;
	return n == len;
}

/**
 * po_number() - read a file that holds a number
 * @path: the file
 *
 * Return: the number, -1 if there is none.
 */
long long po_number(const char *path)
{
	char text[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	return strtoll(text, NULL, 0);
}

/**
 * po_is_on() - read a kernel parameter that is on or off
 * @path: its file
 *
 * Return: whether it is on. A file that says neither ends the test.
 */
bool po_is_on(const char *path)
{
	char *text = po_slurp(path, NULL);
	bool on = !strcmp(text, "Y\n");

	po_check(on || !strcmp(text, "N\n"), "%s: %s", path, text);
	free(text);
	return on;
}

/**
 * po_field() - the number after a word in a file
 * @path: the file
 * @key: a word that begins a line
 *
 * Return: the number, -1 if there is none.
 */
long long po_field(const char *path, const char *key)
{
	char *text = po_slurp(path, NULL);
	size_t n = strlen(key);
	long long value = -1;
	char *line;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strncmp(line, key, n) && strpbrk(line + n, "0123456789")) {
			value = strtoll(strpbrk(line + n, "0123456789"), NULL, 10);
			break;
		}
	}
	free(text);
	return value;
}

/**
 * po_kmsg_open() - open the kernel log at its end
 *
 * Return: the descriptor, for po_kmsg().
 */
int po_kmsg_open(void)
{
	int fd = po_open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	lseek(fd, 0, SEEK_END);
	return fd;
}

/**
 * po_kmsg() - what came into the kernel log since the last call
 * @fd: from po_kmsg_open()
 *
 * Return: the messages without their prefixes, to be given to free().
 */
char *po_kmsg(int fd)
{
	size_t size = 1, used = 0;
	char *text = calloc(1, 1);
	char line[8192];
	ssize_t n;

	while (text) {
		char *start, *end;

		n = read(fd, line, sizeof(line) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		line[n] = '\0';
		start = strchr(line, ';');
		end = strchr(line, '\n');
		if (!start || !end)
			continue;
		end[1] = '\0';
		size += strlen(start);
		text = realloc(text, size);
		if (text)
			used += sprintf(text + used, "%s", start + 1);
	}
	po_check(text, "no memory for the log");
	return text;
}

/**
 * po_kernel_has() - does the kernel offer a file
 * @path: the file
 *
 * Return: whether it is there.
 */
bool po_kernel_has(const char *path)
{
	return !access(path, F_OK);
}

/* One descriptor for all look-ups of this process. */
static int lookup_fd(void)
{
	static int fd = -1;
	static pid_t owner;

	if (fd < 0 || owner != getpid()) {
		fd = po_open(PO_FILE, O_RDONLY);
		owner = getpid();
	}
	return fd;
}

/**
 * po_lookup() - find the record of a page
 * @pfn: the page
 * @rec: the record; its texts are good until the next look-up
 *
 * Return: whether the dump has a record for exactly that PFN. If not, @rec is
 * the next one, or all zeroes at the end of the dump.
 */
bool po_lookup(unsigned long pfn, struct po_record *rec)
{
	static char text[PO_RECORD_MAX];
	const char *error;
	int fd = lookup_fd();
	ssize_t n;

	memset(rec, 0, sizeof(*rec));
	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek to %#lx: %s",
		 pfn, strerror(errno));
	n = read(fd, text, sizeof(text));
	po_check(n >= 0, "read at %#lx: %s", pfn, strerror(errno));
	if (!n)
		return false;
	error = po_parse(text, n, rec);
	po_check(!error, "record at %#lx: %s:\n%.*s", pfn, error, (int)n, text);
	po_check(rec->pfn >= pfn, "asked for PFN %#lx, got %#lx", pfn, rec->pfn);
	return rec->pfn == pfn;
}

/**
 * po_expect() - find the record of a page that must have one
 * @pfn: the page
 * @rec: the record
 */
void po_expect(unsigned long pfn, struct po_record *rec)
{
	po_check(po_lookup(pfn, rec), "no record for PFN %#lx", pfn);
}

/* Fill the buffer as far as the file goes; 0 at the end of the file. */
static size_t read_more(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	po_check(n >= 0, "read of %zu bytes: %s", size, strerror(errno));
	po_check((size_t)n <= size, "read of %zu bytes gave %zd", size, n);
	return n;
}

/**
 * po_each_record() - call a function for every record
 * @fd: the dump, where to start from
 * @bufsize: bytes to ask for in one read
 * @fn: what to call
 * @arg: passed to @fn
 */
void po_each_record(int fd, size_t bufsize,
		    void (*fn)(const struct po_record *rec, void *arg),
		    void *arg)
{
	char *buf = malloc(bufsize);
	struct po_record rec;
	const char *error;
	size_t n, used;

	po_check(buf, "no memory for a buffer");
	while ((n = read_more(fd, buf, bufsize))) {
		for (used = 0; used < n; used += rec.len) {
			error = po_parse(buf + used, n - used, &rec);
			po_check(!error, "%s:\n%.*s", error,
				 (int)(n - used > 2000 ? 2000 : n - used),
				 buf + used);
			fn(&rec, arg);
		}
	}
	free(buf);
}

/**
 * po_pfns() - the pages behind a range of this process
 * @addr: its start
 * @pfn: where to put the PFNs, 0 where nothing is mapped
 * @nr: number of pages
 */
void po_pfns(const void *addr, unsigned long *pfn, size_t nr)
{
	int fd = po_open("/proc/self/pagemap", O_RDONLY);
	off_t at = (uintptr_t)addr / getpagesize() * 8;
	unsigned long long entry[512];
	size_t i, k, n;

	for (i = 0; i < nr; i += n) {
		n = nr - i < ARRAY_SIZE(entry) ? nr - i : ARRAY_SIZE(entry);
		po_check(pread(fd, entry, n * 8, at + i * 8) == (ssize_t)(n * 8),
			 "pagemap of %p", addr);
		for (k = 0; k < n; k++)
			pfn[i + k] = entry[k] >> 63 ?
				     entry[k] & ((1ULL << 55) - 1) : 0;
	}
	close(fd);
}

/**
 * po_pfn() - the page behind an address of this process
 * @addr: the address
 *
 * Return: its PFN, 0 if nothing is mapped there.
 */
unsigned long po_pfn(const void *addr)
{
	unsigned long pfn;

	po_pfns(addr, &pfn, 1);
	return pfn;
}

/**
 * po_control() - give a command to the test module
 * @fmt: as for printf()
 *
 * Return: 0 or a negative errno.
 */
int po_control(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	return po_write(PO_CONTROL, "%s", line) ? 0 : -errno;
}

static bool parse_block(char *line, struct po_block *b)
{
	char *p = line;

	memset(b, 0, sizeof(*b));
	b->id = strtoul(p, &p, 10);
	b->order = strtoul(p, &p, 10);
	b->gfp = strtoul(p, &p, 0);
	while (*p == ' ' && b->nr < 1024)
		b->pfn[b->nr++] = strtoul(p, &p, 0);
	return !*p;
}

/**
 * po_blocks() - what the test module holds
 * @blocks: where to put it
 * @max: size of @blocks
 *
 * Return: the number of blocks, the newest last.
 */
size_t po_blocks(struct po_block *blocks, size_t max)
{
	char *text = po_slurp(PO_CONTROL, NULL);
	char *line, *save = NULL;
	size_t nr = 0;

	for (line = strtok_r(text, "\n", &save); line && nr < max;
	     line = strtok_r(NULL, "\n", &save))
		po_check(parse_block(line, &blocks[nr++]), "bad line: %s", line);
	free(text);
	return nr;
}

/**
 * po_alloc() - allocate in the test module, and see what it got
 * @blocks: where to put all that it holds
 * @max: size of @blocks
 * @fmt: words for the alloc command
 *
 * Return: the number of blocks that it holds now.
 */
size_t po_alloc(struct po_block *blocks, size_t max, const char *fmt, ...)
{
	char words[256];
	va_list args;
	int ret;

	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	ret = po_control("alloc %s", words);
	po_check(!ret, "alloc %s: %s", words, strerror(-ret));
	return po_blocks(blocks, max);
}

/* Hold a free block of order 10: where it is, and in *id what frees it. */
static unsigned long hold_large_block(unsigned int *id)
{
	static struct po_block b[64];
	size_t nr;
	int ret;

	ret = po_control("alloc order=10 gfp=movable,nowarn");
	po_check(!ret, "no block of order 10: %s", strerror(-ret));
	nr = po_blocks(b, ARRAY_SIZE(b));
	po_check(nr && nr < ARRAY_SIZE(b), "%zu blocks", nr);
	*id = b[nr - 1].id;
	return b[nr - 1].pfn[0];
}

/**
 * po_alloc_contig() - hold a range from alloc_contig_range()
 * @words: for the alloc command, "pages=" among them
 * @shift: pages from the start of a free block of order 10
 *
 * The range is where a free block was found. Another task can be quicker to
 * take a page of it, and then keep it: each attempt holds what the ones before
 * it tried, and so gets another block.
 */
void po_alloc_contig(const char *words, unsigned int shift)
{
	unsigned int tried[32], nr = 0, id;
	int ret = -EBUSY;

	while (ret && nr < ARRAY_SIZE(tried)) {
		unsigned long pfn = hold_large_block(&id);

		po_check(!po_control("free id=%u", id), "free");
		ret = po_control("alloc how=contig gfp=kernel,nowarn %s pfn=%lu",
				 words, pfn + shift);
		if (ret)
			hold_large_block(&tried[nr++]);
	}
	while (nr)
		po_control("free id=%u", tried[--nr]);
	po_check(!ret, "alloc_contig_range: %s", strerror(-ret));
}
