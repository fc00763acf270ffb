// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page counts per stack, and the accounting invariant: at rest, the count of
 * every stack is the sum of 2^order over the records of the dump.
 *
 * A running kernel is never quite at rest. So the dump is read, then the
 * counts, then the dump again: a stack whose records are the same before and
 * after was at rest, and is settled if its count is right. This is repeated
 * until every stack has been settled. One whose count is wrong can never be
 * settled, however often it is at rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "po_util.h"

#define MAX_KEYS	32768
#define MAX_READ	0x100000
#define MAX_TEXT	(24 * MAX_READ)
#define MAX_ROUNDS	12
#define MAX_REPORTS	12
/* Rounds that a stack is at rest and wrong before it is given up. */
#define MAX_WRONG	3

/*
 * struct sum - one stack
 * @hash: of the key, 0 if the slot is free
 * @key: frame lines, or a handle, in the text arena
 * @len: length of the key
 * @pages: sum over the dump, first and second reading
 * @print: fingerprint of the records, first and second reading
 * @count: what the counts say
 * @settled: was at rest and right
 * @wrong: rounds in which it was at rest and wrong
 */
struct sum {
	unsigned long long hash;
	const char *key;
	size_t len;
	unsigned long long pages[2];
	unsigned long long print[2];
	unsigned long long count;
	bool settled;
	int wrong;
};

/* All that a round writes to: faulted in before the first reading. */
static struct sum *sums;
static char *arena;
static size_t arena_used;
static char *buffer;
static int pass;
static bool keyed_by_handle;

static unsigned long long hash_bytes(const char *p, size_t len)
{
	unsigned long long h = 0xcbf29ce484222325ULL;

	while (len--)
		h = (h ^ (unsigned char)*p++) * 0x100000001b3ULL;
	return h ? h : 1;
}

static struct sum *find_sum(const char *key, size_t len)
{
	unsigned long long hash = hash_bytes(key, len);
	size_t i = hash % MAX_KEYS, tries;

	for (tries = 0; tries < MAX_KEYS; tries++, i = (i + 1) % MAX_KEYS) {
		struct sum *s = &sums[i];

		if (s->hash == hash && s->len == len && !memcmp(s->key, key, len))
			return s;
		if (s->hash)
			continue;
		po_check(arena_used + len <= MAX_TEXT, "too much stack text");
		memcpy(arena + arena_used, key, len);
		s->key = arena + arena_used;
		s->len = len;
		s->hash = hash;
		arena_used += len;
		return s;
	}
	po_fail("more than %d stacks", MAX_KEYS);
}

static void add_record(const struct po_record *rec)
{
	char handle[32];
	unsigned long long id[4] = { rec->pfn, rec->ts, rec->order, rec->mask };
	struct sum *s;

	if (keyed_by_handle) {
		snprintf(handle, sizeof(handle), "%lu", rec->handle);
		s = find_sum(handle, strlen(handle));
	} else {
		s = find_sum(rec->frames, rec->frames_len);
	}
	s->pages[pass] += 1ULL << rec->order;
	s->print[pass] += hash_bytes((const char *)id, sizeof(id));
}

static void read_dump(int fd)
{
	struct po_record rec;
	const char *error;
	ssize_t n;
	size_t at;

	po_check(lseek(fd, 0, SEEK_SET) == 0, "lseek: %s", strerror(errno));
	while ((n = read(fd, buffer, MAX_READ)) > 0) {
		for (at = 0; at < (size_t)n; at += rec.len) {
			error = po_parse(buffer + at, n - at, &rec);
			po_check(!error, "%s:\n%.2000s", error, buffer + at);
			add_record(&rec);
		}
	}
	po_check(!n, "read: %s", strerror(errno));
}

/* Whole entries of the counts at the start of @text; how much was used. */
static size_t add_counts(const char *text, size_t len)
{
	static const char word[] = "nr_base_pages: ";
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *tail = memmem(p, end - p, word, sizeof(word) - 1);
		const char *stop = memmem(p, end - p, "\n\n", 2);
		const char *key = p;
		size_t keylen;

		if (!stop)
			break;
		po_check(tail && tail < stop, "entry without count:\n%.500s", p);
		keylen = tail - p;
		if (keyed_by_handle) {
			po_check(!strncmp(p, "handle: ", 8), "bad entry:\n%.500s", p);
			key += 8;
			keylen -= 9;
		}
		find_sum(key, keylen)->count +=
			strtoull(tail + sizeof(word) - 1, NULL, 10);
		p = stop + 2;
	}
	return p - text;
}

static void read_counts(int fd)
{
	size_t have = 0, used;
	ssize_t n;

	po_check(lseek(fd, 0, SEEK_SET) == 0, "lseek: %s", strerror(errno));
	while ((n = read(fd, buffer + have, MAX_READ - have)) > 0) {
		have += n;
		buffer[have] = '\0';
		used = add_counts(buffer, have);
		have -= used;
		memmove(buffer, buffer + used, have);
	}
	po_check(!n, "read of the counts: %s", strerror(errno));
	po_check(!have, "the counts end in the middle:\n%.500s", buffer);
}

/* How many stacks another round could still settle; @left counts the others too. */
static size_t settle(size_t *left)
{
	size_t i, hope = 0;

	*left = 0;

	for (i = 0; i < MAX_KEYS; i++) {
		struct sum *s = &sums[i];

		if (!s->hash)
			continue;
		if (s->print[0] == s->print[1]) {
			if (s->pages[0] == s->count)
				s->settled = true;
			else
				s->wrong++;
		}
		*left += !s->settled;
		hope += !s->settled && s->wrong < MAX_WRONG;
	}
	return hope;
}

static void start_round(void)
{
	size_t i;

	for (i = 0; i < MAX_KEYS; i++) {
		memset(sums[i].pages, 0, sizeof(sums[i].pages));
		memset(sums[i].print, 0, sizeof(sums[i].print));
		sums[i].count = 0;
	}
}

static void report(void)
{
	unsigned int shown = 0;
	size_t i;

	for (i = 0; i < MAX_KEYS && shown < MAX_REPORTS; i++) {
		struct sum *s = &sums[i];
		const char *p = s->key;
		int lines = 0;

		if (!s->hash || s->settled)
			continue;
		ksft_print_msg("count %llu, dump %llu, dump again %llu:\n",
			       s->count, s->pages[0], s->pages[1]);
		while (p < s->key + s->len && lines++ < 9) {
			const char *eol = memchr(p, '\n', s->key + s->len - p);

			if (!eol)
				eol = s->key + s->len;
			ksft_print_msg("  %.*s\n", (int)(eol - p), p);
			p = eol + 1;
		}
		shown++;
	}
}

static void *faulted_in(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	return p;
}

static int open_dump(bool by_handle)
{
	int fd = po_open(PO_FILE, by_handle ? O_RDWR : O_RDONLY);

	if (by_handle)
		po_check(write(fd, "mode=handle", 11) == 11, "mode=handle: %s",
			 strerror(errno));
	return fd;
}

/**
 * po_invariant_holds() - check the accounting invariant
 * @by_handle: read handles, which is quick, and not stacks
 *
 * Return: whether it holds; what is wrong is printed.
 */
bool po_invariant_holds(bool by_handle)
{
	size_t left = 0;
	int dump, counts, round;

	keyed_by_handle = by_handle;
	sums = faulted_in(MAX_KEYS * sizeof(*sums));
	arena = faulted_in(MAX_TEXT);
	buffer = faulted_in(MAX_READ + 1);
	arena_used = 0;
	/* Open all the time, so that their own buffers do not come and go. */
	dump = open_dump(by_handle);
	counts = po_open(by_handle ? PO_HANDLES : PO_STACKS, O_RDONLY);
	for (round = 0; round < MAX_ROUNDS; round++) {
		start_round();
		pass = 0;
		read_dump(dump);
		read_counts(counts);
		pass = 1;
		read_dump(dump);
		if (!settle(&left))
			break;
	}
	if (left)
		report();
	if (left)
		ksft_print_msg("%zu stacks not settled\n", left);
	close(counts);
	close(dump);
	munmap(sums, MAX_KEYS * sizeof(*sums));
	munmap(arena, MAX_TEXT);
	munmap(buffer, MAX_READ + 1);
	return !left;
}

/**
 * po_invariant() - fail this test if the accounting invariant does not hold
 */
void po_invariant(void)
{
	po_check(po_number(PO_THRESHOLD) == 0, "count_threshold is set");
	po_check(po_invariant_holds(po_kernel_has(PO_HANDLES)),
		 "counts and dump differ");
}

/**
 * po_stack_pages() - pages counted for the stacks with a frame
 * @symbol: the frame
 *
 * Return: the sum of their counts.
 */
long long po_stack_pages(const char *symbol)
{
	static const char word[] = "nr_base_pages: ";
	char *text = po_slurp(PO_STACKS, NULL);
	char *p = text, *tail, *stop;
	long long pages = 0;

	while ((stop = strstr(p, "\n\n"))) {
		tail = strstr(p, word);
		po_check(tail && tail < stop, "entry without count:\n%.500s", p);
		if (po_text_has_frame(p, tail - p, symbol))
			pages += strtoll(tail + sizeof(word) - 1, NULL, 10);
		p = stop + 2;
	}
	po_check(!*p, "the counts end in the middle:\n%.500s", p);
	free(text);
	return pages;
}
