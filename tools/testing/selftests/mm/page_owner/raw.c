// SPDX-License-Identifier: GPL-2.0-only
/*
 * mode=raw: what the decoder makes of a stream is the text dump, byte for byte.
 *
 * Stock has no such mode and fails all of the tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "po_util.h"
#include "read/raw_text.h"

#define CAPTURE_MAX	(256UL << 20)

/**
 * struct capture - a raw stream in memory
 * @bytes: the stream
 * @len: its length
 * @done: how much of it the decoder has got
 */
struct capture {
	char *bytes;
	size_t len;
	size_t done;
};

static int open_words(const char *words)
{
	int fd = po_open(PO_FILE, O_RDWR);

	po_check(write(fd, words, strlen(words)) == (ssize_t)strlen(words),
		 "write '%s': %s", words, strerror(errno));
	return fd;
}

static struct capture take(const char *words, size_t size)
{
	struct capture capture = { .bytes = malloc(CAPTURE_MAX) };
	int fd = open_words(words);
	ssize_t n;

	po_check(capture.bytes, "no memory");
	while ((n = read(fd, capture.bytes + capture.len, size)) > 0) {
		capture.len += n;
		po_check(capture.len + size < CAPTURE_MAX, "it does not end");
	}
	po_check(!n, "read: %s", strerror(errno));
	close(fd);
	return capture;
}

static ssize_t give(void *data, void *buf, size_t len)
{
	struct capture *capture = data;

	if (len > capture->len - capture->done)
		len = capture->len - capture->done;
	memcpy(buf, capture->bytes + capture->done, len);
	capture->done += len;
	return len;
}

/* All the text of a capture. */
static char *decode(struct capture *capture, enum page_owner_raw_mode mode,
		    size_t *total)
{
	struct page_owner_raw_reader *raw = page_owner_raw_open(give, capture);
	struct page_owner_raw_text text = { .raw = raw };
	struct page_owner_raw_freed rec;
	size_t size = 1 << 20;
	char *all = malloc(size);
	bool freed;
	int ret;

	*total = 0;
	po_check(raw && all, "no memory");
	while ((ret = page_owner_raw_next(raw, &rec, &freed)) > 0) {
		po_check(page_owner_raw_text_make(&text, &rec, freed, mode), "%s",
			 page_owner_raw_error(raw));
		if (*total + text.len > size)
			all = realloc(all, size *= 2);
		po_check(all, "no memory");
		memcpy(all + *total, text.buf, text.len);
		*total += text.len;
	}
	free(text.buf);
	po_check(!ret, "%s", page_owner_raw_error(raw));
	po_check(capture->done == capture->len, "%zu bytes after the end",
		 capture->len - capture->done);
	page_owner_raw_close(raw);
	return all;
}

static char *slurp_words(const char *words, size_t *len)
{
	struct capture capture = take(words, 1 << 16);

	*len = capture.len;
	return capture.bytes;
}

static size_t record_len(const char *text, size_t left)
{
	const char *end = memmem(text, left, "\n\n", 2);

	po_check(end, "no end of a record:\n%.*s", (int)left, text);
	return end + 2 - text;
}

static unsigned long record_pfn(const char *text)
{
	return strtoul(strstr(text, "\nPFN 0x") + 5, NULL, 16);
}

/* Moves to the first record at or after a PFN; returns its length, 0 at the end. */
static size_t seek_record(const char **at, const char *end, unsigned long pfn)
{
	while (*at < end && record_pfn(*at) < pfn)
		*at += record_len(*at, end - *at);
	return *at < end ? record_len(*at, end - *at) : 0;
}

/* Records that are the same before and after are the same in the capture. */
static void compare(const char *mode, enum page_owner_raw_mode raw_mode)
{
	const char *a, *b, *c, *a_end, *b_end, *c_end;
	size_t len, b_len, c_len, same = 0, all = 0;
	char *before, *after, *decoded;
	struct capture capture;

	before = slurp_words(mode, &len);
	a_end = before + len;
	capture = take("mode=raw", 1 << 16);
	after = slurp_words(mode, &len);
	b_end = after + len;
	decoded = decode(&capture, raw_mode, &len);
	c_end = decoded + len;

	for (a = before, b = after, c = decoded; a < a_end; a += len, all++) {
		unsigned long pfn = record_pfn(a);

		len = record_len(a, a_end - a);
		b_len = seek_record(&b, b_end, pfn);
		if (len != b_len || memcmp(a, b, len))
			continue;
		c_len = seek_record(&c, c_end, pfn);
		po_check(len == c_len && !memcmp(a, c, len), "PFN %#lx is\n%.*s\nnot\n%.*s",
			 pfn, (int)c_len, c, (int)len, a);
		same++;
	}
	po_check(same > 1000 && same > all / 2, "%zu of %zu records compared", same, all);
	free(before);
	free(after);
	free(decoded);
	free(capture.bytes);
}

/* Names with all that the text escapes, and a stack in a module. */
static void hold_odd_pages(void)
{
	static struct po_block b[4];

	po_check(!prctl(PR_SET_NAME, "x), ts\n\\\x7f"), "prctl: %s", strerror(errno));
	po_alloc(b, 4, "how=split order=4 chain=2");
	po_check(!prctl(PR_SET_NAME, ""), "prctl: %s", strerror(errno));
	po_alloc(b, 4, "order=3 chain=1");
}

static void as_stack(void)
{
	hold_odd_pages();
	compare("mode=stack", PAGE_OWNER_RAW_STACK);
}

static void as_handle(void)
{
	hold_odd_pages();
	compare("mode=handle", PAGE_OWNER_RAW_HANDLE);
}

static void as_stack_handle(void)
{
	hold_odd_pages();
	compare("mode=stack_handle", PAGE_OWNER_RAW_STACK_HANDLE);
}

/* With page_owner=on, nothing is left out. */
static void header(void)
{
	struct capture capture = take("mode=raw", 1 << 16);
	const struct page_owner_raw_header *h = (const void *)capture.bytes;

	po_check(capture.len >= sizeof(*h) && !h->flags, "flags %#x", h->flags);
	free(capture.bytes);
}

/* Freed pages, of those that can hardly be taken: of the highest zone. */
static void as_freed(void)
{
	struct capture capture = take("mode=raw state=free", 1 << 16);
	size_t len, n;
	const char *p;
	char *text;

	text = decode(&capture, PAGE_OWNER_RAW_STACK, &len);
	po_check(len, "no freed page");
	for (p = text; p < text + len; p += n) {
		n = record_len(p, text + len - p);
		po_check(!strncmp(p, "Page last allocated via order ", 30) &&
			 memmem(p, n, "\nPage freed by pid ", 19), "%.*s", (int)n, p);
	}
	free(text);
	free(capture.bytes);
}

/* Any size of reads gives a stream that is whole. */
static void small_reads(void)
{
	static const size_t sizes[] = { 1, 7, 4096, 65537, 1 << 20 };
	static struct po_block b[1];
	struct capture capture;
	char words[64];
	char *text;
	size_t i, len;

	po_alloc(b, 1, "how=split order=3 chain=1");
	snprintf(words, sizeof(words), "mode=raw pid=%d", getpid());
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		capture = take(words, sizes[i]);
		text = decode(&capture, PAGE_OWNER_RAW_STACK, &len);
		po_check(len && memmem(text, len, "[test_page_owner]", 17),
			 "reads of %zu bytes", sizes[i]);
		free(text);
		free(capture.bytes);
	}
}

/* A seek, also to where it is, begins a new stream. */
static void seek_begins_anew(void)
{
	int fd = open_words("mode=raw");
	char head[8];
	int i;

	for (i = 0; i < 3; i++) {
		po_check(read(fd, head, 8) == 8, "read: %s", strerror(errno));
		po_check(!memcmp(head, PAGE_OWNER_RAW_MAGIC, 8), "no header");
		po_check(lseek(fd, 0, SEEK_SET) == 0, "lseek: %s", strerror(errno));
	}
	close(fd);
}

/* A stream that is cut off anywhere is known to be. */
static void cut_off(void)
{
	struct capture capture = take("mode=raw order=4-", 1 << 16), cut;
	size_t steps = 200, i;

	for (i = 0; i < steps; i++) {
		struct page_owner_raw_reader *raw;
		struct page_owner_raw_freed rec;
		bool is_freed;
		int ret;

		cut = capture;
		cut.len = capture.len * i / steps;
		raw = page_owner_raw_open(give, &cut);
		po_check(raw, "no memory");
		while ((ret = page_owner_raw_next(raw, &rec, &is_freed)) > 0)
			;
		po_check(ret < 0 && page_owner_raw_error(raw),
			 "%zu of %zu bytes are taken for all", cut.len, capture.len);
		page_owner_raw_close(raw);
	}
	free(capture.bytes);
}

/*
 * A million records
 */

/**
 * struct texts - the text dump, read as it is compared
 * @fd: where from
 * @buf: what has been read
 * @at: how much of it has been compared
 * @len: how much there is
 */
struct texts {
	int fd;
	char buf[1 << 20];
	size_t at;
	size_t len;
};

/* The next record, and its length; NULL at the end. */
static const char *next_text(struct texts *texts, size_t *len)
{
	const char *text = texts->buf + texts->at;
	ssize_t n;

	if (texts->at == texts->len) {
		n = read(texts->fd, texts->buf, sizeof(texts->buf));
		po_check(n >= 0, "read: %s", strerror(errno));
		texts->at = 0;
		texts->len = n;
		text = texts->buf;
	}
	if (!texts->len)
		return NULL;
	*len = record_len(text, texts->len - texts->at);
	texts->at += *len;
	return text;
}

static ssize_t read_fd(void *data, void *buf, size_t len)
{
	return read(*(int *)data, buf, len);
}

/* Whether the text of a page is this one, now. */
static bool is_text_now(int fd, const char *text, size_t len)
{
	static char now[PO_RECORD_MAX];
	unsigned long pfn = record_pfn(text);
	ssize_t n;

	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek: %s", strerror(errno));
	n = read(fd, now, sizeof(now));
	return n >= (ssize_t)len && !memcmp(now, text, len);
}

/* Blocks that come from different places, in one of eight calls each. */
static void hold(const char *how, const char *gfp, unsigned int chain,
		 unsigned long count)
{
	po_check(!po_control("alloc %s gfp=%s chain=%u count=%lu step=1", how, gfp, chain,
			     count), "no memory: %s", strerror(errno));
}

/* Blocks of several sizes, in all more than @nr. */
static void hold_pages(unsigned long nr)
{
	static const char * const gfps[] = {
		"kernel", "user", "nofs", "movable", "kernel,nowarn", "reclaimable",
		"account", "noio",
	};
	unsigned long blocks = nr / 8 / 1024;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		hold("how=split order=10 depth=6", gfps[i], i, blocks);
		hold("how=bulk pages=100 depth=5", gfps[i], i, 20);
		hold("order=1 depth=7", gfps[i], i, 100);
		hold("order=3 depth=7", gfps[i], i, 100);
	}
}

/*
 * All of the test module's pages, in both forms at the same time. Nothing touches
 * them; where they differ all the same, the page must have changed: its text is
 * looked at once more.
 */
static void a_million(void)
{
	/* Where everything is checked, that would take too long. */
	const char *few = getenv("PO_CAPTURES");
	unsigned long nr = few ? strtoul(few, NULL, 10) : 1000000;
	unsigned long same = 0, changed = 0;
	static struct texts texts;
	struct page_owner_raw_reader *raw;
	struct page_owner_raw_text decoded = {};
	struct page_owner_raw_freed rec;
	const char *text;
	int fd, now, ret;
	bool freed;
	size_t len;

	hold_pages(nr);
	texts.fd = open_words("mode=stack module=test_page_owner");
	fd = open_words("mode=raw module=test_page_owner");
	now = open_words("mode=stack module=test_page_owner");
	raw = page_owner_raw_open(read_fd, &fd);
	po_check(raw, "no memory");
	decoded.raw = raw;
	while ((ret = page_owner_raw_next(raw, &rec, &freed)) > 0) {
		po_check(page_owner_raw_text_make(&decoded, &rec, freed, PAGE_OWNER_RAW_STACK),
			 "%s", page_owner_raw_error(raw));
		text = next_text(&texts, &len);
		po_check(text, "the text ends before PFN %#llx",
			 (unsigned long long)rec.record.pfn);
		if (len == decoded.len && !memcmp(text, decoded.buf, len)) {
			same++;
			continue;
		}
		changed++;
		po_check(record_pfn(text) == rec.record.pfn && !is_text_now(now, text, len),
			 "it is\n%.*s\nnot\n%.*s", (int)decoded.len, decoded.buf, (int)len, text);
	}
	po_check(!ret, "%s", page_owner_raw_error(raw));
	po_check(!next_text(&texts, &len), "the text goes on");
	po_check(same >= nr && changed < same / 100,
		 "%lu records are the same, %lu have changed", same, changed);
	printf("# %lu records are the same, %lu have changed\n", same, changed);
	page_owner_raw_close(raw);
	close(fd);
	close(now);
	close(texts.fd);
}

static const struct po_test tests[] = {
	{ "as_stack", as_stack, true },
	{ "as_handle", as_handle, true },
	{ "as_stack_handle", as_stack_handle, true },
	{ "as_freed", as_freed, false },
	{ "header", header, false },
	{ "small_reads", small_reads, true },
	{ "seek_begins_anew", seek_begins_anew, false },
	{ "cut_off", cut_off, false },
	{ "a_million", a_million, true },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
