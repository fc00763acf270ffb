// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner_stacks/: the formats, that they agree with one another, and the
 * accounting invariant.
 *
 * Stock 6.12 fails: invariant_of_stacks (early pages are outside its counts,
 * trap 13) and all that needs handles, which it does not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

#define CHAIN	"test_page_owner_chain_0"

/*
 * struct entry - one entry of any of the three files
 * @frames: frame lines
 * @frames_len: their length, 0 without frames
 * @handle: handle, 0 without one
 * @pages: page count, -1 without one
 */
struct entry {
	const char *frames;
	size_t frames_len;
	unsigned long handle;
	long long pages;
};

struct list {
	char *text;
	struct entry *entry;
	size_t nr;
};

static const char *whole_number(const char *p, const char *key,
				unsigned long *value)
{
	char *end;

	*value = strtoul(p + strlen(key), &end, 10);
	po_check(end > p + strlen(key) && *end == '\n' &&
		 p[strlen(key)] >= '0' && p[strlen(key)] <= '9',
		 "bad number in '%.40s'", p);
	return end + 1;
}

/* Frames, then a handle, then a count, then an empty line; some may be left out. */
static const char *parse_entry(const char *p, struct entry *e)
{
	unsigned long pages;

	memset(e, 0, sizeof(*e));
	e->frames = p;
	e->pages = -1;
	while (*p == ' ') {
		p = strchr(p, '\n');
		po_check(p, "a frame without end");
		p++;
	}
	e->frames_len = p - e->frames;
	if (!strncmp(p, "handle: ", 8))
		p = whole_number(p, "handle: ", &e->handle);
	if (!strncmp(p, "nr_base_pages: ", 15)) {
		p = whole_number(p, "nr_base_pages: ", &pages);
		e->pages = pages;
	}
	po_check(*p == '\n', "'%.80s' in an entry", p);
	return p + 1;
}

static struct list read_list(const char *path)
{
	struct list l = { .text = po_slurp(path, NULL) };
	const char *p = l.text;
	size_t max = 0;

	while (*p) {
		if (l.nr == max) {
			max += 1024;
			l.entry = realloc(l.entry, max * sizeof(*l.entry));
			po_check(l.entry, "no memory");
		}
		p = parse_entry(p, &l.entry[l.nr++]);
	}
	po_check(l.nr, "%s is empty", path);
	return l;
}

static void free_list(struct list *l)
{
	free(l->entry);
	free(l->text);
}

static long long pages_of(const struct list *l, const char *symbol)
{
	long long pages = 0;
	size_t i;

	for (i = 0; i < l->nr; i++)
		if (po_text_has_frame(l->entry[i].frames,
				      l->entry[i].frames_len, symbol))
			pages += l->entry[i].pages;
	return pages;
}

static void need_handles(void)
{
	po_check(po_kernel_has(PO_HANDLES) && po_kernel_has(PO_BOTH),
		 "no files for handles");
}

static void format_of_stacks(void)
{
	struct list l = read_list(PO_STACKS);
	size_t i;

	for (i = 0; i < l.nr; i++) {
		po_check(l.entry[i].frames_len, "entry %zu has no frames", i);
		po_check(!l.entry[i].handle, "entry %zu has a handle", i);
		po_check(l.entry[i].pages > 0, "entry %zu: %lld pages", i,
			 l.entry[i].pages);
	}
	free_list(&l);
}

static void format_of_handles(void)
{
	struct list l;
	size_t i;

	need_handles();
	l = read_list(PO_HANDLES);
	for (i = 0; i < l.nr; i++) {
		po_check(!l.entry[i].frames_len, "entry %zu has frames", i);
		po_check(l.entry[i].handle, "entry %zu has no handle", i);
		po_check(l.entry[i].pages > 0, "entry %zu: %lld pages", i,
			 l.entry[i].pages);
	}
	free_list(&l);
}

static void format_of_stacks_handles(void)
{
	struct list l;
	size_t i, k;

	need_handles();
	l = read_list(PO_BOTH);
	for (i = 0; i < l.nr; i++) {
		po_check(l.entry[i].frames_len, "entry %zu has no frames", i);
		po_check(l.entry[i].handle, "entry %zu has no handle", i);
		po_check(l.entry[i].pages < 0, "entry %zu has a count", i);
		for (k = 0; k < i; k++)
			po_check(l.entry[k].handle != l.entry[i].handle,
				 "handle %lu comes twice", l.entry[i].handle);
	}
	free_list(&l);
}

static const struct entry *by_handle(const struct list *l, unsigned long handle)
{
	size_t i;

	for (i = 0; i < l->nr; i++)
		if (l->entry[i].handle == handle)
			return &l->entry[i];
	return NULL;
}

/* What the module holds: the same by stack, and by handle joined to stacks. */
static void handles_join_stacks(void)
{
	static struct po_block b[64];
	struct list stacks, handles, both;
	long long pages = 0;
	const struct entry *e;
	size_t i;

	need_handles();
	po_alloc(b, 64, "order=1 count=48 depth=5 step=1 chain=0");
	stacks = read_list(PO_STACKS);
	handles = read_list(PO_HANDLES);
	both = read_list(PO_BOTH);
	for (i = 0; i < handles.nr; i++) {
		e = by_handle(&both, handles.entry[i].handle);
		po_check(e, "handle %lu has no stack", handles.entry[i].handle);
		if (po_text_has_frame(e->frames, e->frames_len, CHAIN))
			pages += handles.entry[i].pages;
	}
	po_check(pages_of(&stacks, CHAIN) == pages && pages >= 96,
		 "%lld pages by stack, %lld by handle",
		 pages_of(&stacks, CHAIN), pages);
}

/* The handle in the dump names the stack in the dump. */
static void dump_joins_stacks(void)
{
	static struct po_block b[1];
	static char text[PO_RECORD_MAX];
	const struct entry *e;
	struct po_record rec;
	struct list both;
	ssize_t n;
	int fd;

	need_handles();
	fd = po_open(PO_FILE, O_RDWR);
	po_alloc(b, 1, "order=0 chain=0");
	po_check(write(fd, "mode=stack_handle", 17) == 17, "mode");
	lseek(fd, b[0].pfn[0], SEEK_SET);
	n = read(fd, text, sizeof(text));
	po_check(n > 0 && !po_parse(text, n, &rec), "read");
	both = read_list(PO_BOTH);
	e = by_handle(&both, rec.handle);
	po_check(e, "handle %lu is not known", rec.handle);
	po_check(e->frames_len == rec.frames_len &&
		 !memcmp(e->frames, rec.frames, rec.frames_len),
		 "other frames:\n%.*s\n%.*s", (int)e->frames_len, e->frames,
		 (int)rec.frames_len, rec.frames);
	close(fd);
}

static void reset_threshold(void)
{
	po_write(PO_THRESHOLD, "0");
}

static void threshold(void)
{
	static struct po_block b[1];
	struct list l;
	size_t i;

	atexit(reset_threshold);
	po_alloc(b, 1, "order=3 chain=0");
	po_check(po_number(PO_THRESHOLD) == 0, "not 0 at first");
	po_check(po_write(PO_THRESHOLD, "8"), "write: %s", strerror(errno));
	po_check(po_number(PO_THRESHOLD) == 8, "it did not stay");
	l = read_list(PO_STACKS);
	for (i = 0; i < l.nr; i++)
		po_check(l.entry[i].pages >= 8, "%lld pages are listed",
			 l.entry[i].pages);
	po_check(pages_of(&l, CHAIN) == 8, "8 pages are not listed");
	free_list(&l);
	po_check(po_write(PO_THRESHOLD, "9"), "write: %s", strerror(errno));
	l = read_list(PO_STACKS);
	po_check(pages_of(&l, CHAIN) == 0, "8 pages are listed");
	free_list(&l);
}

static void threshold_and_handles(void)
{
	static struct po_block b[1];
	struct list l;
	size_t i, all;

	need_handles();
	atexit(reset_threshold);
	po_alloc(b, 1, "order=0 chain=0");
	l = read_list(PO_BOTH);
	all = l.nr;
	free_list(&l);
	po_check(po_write(PO_THRESHOLD, "64"), "write: %s", strerror(errno));
	l = read_list(PO_HANDLES);
	for (i = 0; i < l.nr; i++)
		po_check(l.entry[i].pages >= 64, "%lld pages are listed",
			 l.entry[i].pages);
	free_list(&l);
	/* Every known stack, whatever the threshold. */
	l = read_list(PO_BOTH);
	po_check(l.nr >= all, "%zu stacks of %zu", l.nr, all);
	free_list(&l);
}

static void threshold_refused(void)
{
	atexit(reset_threshold);
	po_check(po_write(PO_THRESHOLD, "3"), "write: %s", strerror(errno));
	errno = 0;
	po_check(!po_write(PO_THRESHOLD, "many") && errno == EINVAL, "%s",
		 strerror(errno));
	po_check(po_number(PO_THRESHOLD) == 3, "it did not stay");
	po_check(po_write(PO_THRESHOLD, "18446744073709551615"), "the largest: %s",
		 strerror(errno));
	free(po_slurp(PO_STACKS, NULL));
}

/* A stack without pages is no longer counted, but still known. */
static void freed_stack(void)
{
	static struct po_block b[1];
	struct list l;
	size_t i;
	bool known = false;

	po_alloc(b, 1, "order=2 chain=0");
	po_control("free");
	l = read_list(PO_STACKS);
	po_check(!pages_of(&l, CHAIN), "%lld pages", pages_of(&l, CHAIN));
	free_list(&l);
	need_handles();
	l = read_list(PO_BOTH);
	for (i = 0; i < l.nr; i++)
		known |= po_text_has_frame(l.entry[i].frames,
					   l.entry[i].frames_len, CHAIN);
	po_check(known, "the stack is forgotten");
	free_list(&l);
}

/* Trap 22: reading goes on where it was, whatever the buffer. */
static void read_in_pieces(const char *path, size_t size)
{
	size_t used = 0, max = 1 << 24, entries = 0;
	char *text = malloc(max);
	int fd = po_open(path, O_RDONLY);
	struct entry e;
	const char *p;
	ssize_t n;

	po_check(text, "no memory");
	while ((n = read(fd, text + used, size)) > 0) {
		used += n;
		po_check(used + size < max, "no end");
	}
	po_check(!n, "read: %s", strerror(errno));
	text[used] = '\0';
	for (p = text; *p;) {
		p = parse_entry(p, &e);
		entries += po_text_has_frame(e.frames, e.frames_len, CHAIN);
	}
	po_check(entries == 32, "%zu byte reads: %zu of 32 stacks", size, entries);
	free(text);
	close(fd);
}

static void small_reads_of_stacks(void)
{
	static struct po_block b[32];
	static const size_t sizes[] = { 100, 333, 4096, 65536 };
	size_t i;

	po_alloc(b, 32, "count=32 depth=5 step=1 chain=0");
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		read_in_pieces(PO_STACKS, sizes[i]);
}

static void invariant_of_stacks(void)
{
	po_check(po_number(PO_THRESHOLD) == 0, "count_threshold is set");
	po_check(po_invariant_holds(false), "counts and dump differ");
}

static void invariant_of_handles(void)
{
	need_handles();
	po_check(po_invariant_holds(true), "counts and dump differ");
}

static const struct po_test tests[] = {
	{ "format_of_stacks", format_of_stacks, false },
	{ "format_of_handles", format_of_handles, false },
	{ "format_of_stacks_handles", format_of_stacks_handles, false },
	{ "handles_join_stacks", handles_join_stacks, true },
	{ "dump_joins_stacks", dump_joins_stacks, true },
	{ "threshold", threshold, true },
	{ "threshold_and_handles", threshold_and_handles, true },
	{ "threshold_refused", threshold_refused, false },
	{ "freed_stack", freed_stack, true },
	{ "small_reads_of_stacks", small_reads_of_stacks, true },
	{ "invariant_of_stacks", invariant_of_stacks, false },
	{ "invariant_of_handles", invariant_of_handles, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
