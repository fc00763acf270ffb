// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners of memory, at once: page_owner_stacks/show_counts, and the largest
 * owners in show_mem(), which sysrq-m prints.
 *
 * Stock 6.12 has neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

#define COUNTS	PO_DEBUGFS "page_owner_stacks/show_counts"
#define HEADER	"handle pages peak allocs frees\n"

/* Owners that can be asked for, and frames of each. */
#define MAX_SHOWN	32
#define MAX_FRAMES	16

/*
 * The counts
 */

struct counts {
	unsigned long handle;
	unsigned long long pages, peak, allocs, frees;
};

struct table {
	struct counts *row;
	size_t nr;
};

static struct table parse_counts(const char *text)
{
	struct table t = {};
	const char *p = text;
	int used;

	po_check(!strncmp(p, HEADER, strlen(HEADER)), "no header: %.60s", p);
	for (p += strlen(HEADER); *p; p += used) {
		struct counts *c;

		t.row = realloc(t.row, (t.nr + 1) * sizeof(*t.row));
		po_check(t.row, "no memory");
		c = &t.row[t.nr++];
		used = 0;
		po_check(sscanf(p, "%lu %llu %llu %llu %llu%n", &c->handle,
				&c->pages, &c->peak, &c->allocs, &c->frees,
				&used) == 5 && p[used] == '\n',
			 "not a row: %.80s", p);
		po_check(c->handle && c->peak >= c->pages, "%.*s", used, p);
		used++;
	}
	return t;
}

static struct table read_counts(void)
{
	char *text = po_slurp(COUNTS, NULL);
	struct table t = parse_counts(text);

	free(text);
	return t;
}

static const struct counts *find_counts(const struct table *t, unsigned long handle)
{
	size_t i;

	for (i = 0; i < t->nr; i++)
		if (t->row[i].handle == handle)
			return &t->row[i];
	return NULL;
}

/* The lines of a stack in show_stacks_handles, up to its handle. */
static const char *find_frames(const char *both, unsigned long handle, size_t *len)
{
	const char *p = both, *tail;
	char *end;

	while ((tail = strstr(p, "handle: "))) {
		*len = tail - p;
		if (strtoul(tail + 8, &end, 10) == handle)
			return p;
		p = end + 2;
	}
	return NULL;
}

/* What the stacks with a frame have done, all together. */
static struct counts counts_of(const char *symbol)
{
	struct table t = read_counts();
	char *both = po_slurp(PO_BOTH, NULL);
	struct counts sum = {};
	size_t i, len;

	for (i = 0; i < t.nr; i++) {
		const char *frames = find_frames(both, t.row[i].handle, &len);

		po_check(frames, "handle %lu has no stack", t.row[i].handle);
		if (!po_text_has_frame(frames, len, symbol))
			continue;
		sum.pages += t.row[i].pages;
		sum.peak += t.row[i].peak;
		sum.allocs += t.row[i].allocs;
		sum.frees += t.row[i].frees;
	}
	free(both);
	free(t.row);
	return sum;
}

static void counts_of_a_stack(void)
{
	static const char name[] = "test_page_owner_chain_5";
	static struct po_block b[4];
	struct counts was = counts_of(name), now;

	po_alloc(b, 4, "order=2 count=3 chain=5");
	now = counts_of(name);
	po_check(now.pages == was.pages + 12, "%llu pages", now.pages);
	po_check(now.allocs == was.allocs + 3, "%llu allocs", now.allocs);
	po_check(now.frees == was.frees, "%llu frees", now.frees);
	po_check(now.peak >= now.pages, "peak %llu", now.peak);

	po_control("free");
	now = counts_of(name);
	po_check(now.pages == was.pages, "%llu pages after", now.pages);
	po_check(now.allocs == was.allocs + 3, "%llu allocs after", now.allocs);
	po_check(now.frees == was.frees + 3, "%llu frees after", now.frees);
	po_check(now.peak >= was.pages + 12, "peak %llu after", now.peak);
}

/* A block that is freed in pieces is one allocation and several frees. */
static void counts_of_pieces(void)
{
	static const char name[] = "test_page_owner_chain_6";
	static struct po_block b[1];
	struct counts was = counts_of(name), now;

	po_alloc(b, 1, "how=split order=3 chain=6");
	po_control("free");
	now = counts_of(name);
	po_check(now.pages == was.pages, "%llu pages", now.pages);
	po_check(now.allocs == was.allocs + 1, "%llu allocs", now.allocs);
	po_check(now.frees == was.frees + 8, "%llu frees", now.frees);
}

/* Every stack is in it, once, whatever it owns now and whatever the threshold. */
static void counts_of_all(void)
{
	char *both = po_slurp(PO_BOTH, NULL);
	struct table t = read_counts();
	size_t i, k, nr = 0, len;
	const char *p;

	for (p = both; (p = strstr(p, "handle: ")); p++)
		nr++;
	po_check(t.nr >= nr, "%zu rows for %zu stacks", t.nr, nr);
	free(both);
	both = po_slurp(PO_BOTH, NULL);
	for (i = 0; i < t.nr; i++) {
		po_check(find_frames(both, t.row[i].handle, &len),
			 "handle %lu has no stack", t.row[i].handle);
		for (k = 0; k < i; k++)
			po_check(t.row[k].handle != t.row[i].handle,
				 "handle %lu comes twice", t.row[i].handle);
	}
}

/* Reading goes on where it was, whatever the buffer. */
static void counts_in_pieces(void)
{
	size_t used = 0, max = 1 << 22;
	char *text = malloc(max);
	int fd = po_open(COUNTS, O_RDONLY);
	struct table t, all = read_counts();
	ssize_t n;

	po_check(text, "no memory");
	while ((n = read(fd, text + used, 77)) > 0) {
		used += n;
		po_check(used + 77 < max, "no end");
	}
	po_check(!n, "read: %s", strerror(errno));
	text[used] = '\0';
	t = parse_counts(text);
	po_check(t.nr >= all.nr, "%zu rows of %zu", t.nr, all.nr);
}

/*
 * The report
 */

struct owner {
	unsigned long pages, kb, percent, tenths, handle;
	const char *frames;
	size_t frames_len, nr_frames;
};

struct report {
	char *text;
	long ram, owned, free, neither;
	size_t shown, stacks;
	struct owner owner[MAX_SHOWN];
	size_t nr, lines;
};

static void set_shown(int nr)
{
	po_check(po_write(PO_SHOW_MEM, "%d", nr), "%d: %s", nr, strerror(errno));
}

static void reset_shown(void)
{
	set_shown(10);
}

static const char *parse_owner(struct report *r, const char *line)
{
	struct owner *o = &r->owner[r->nr];
	int used = 0;

	po_check(r->nr < MAX_SHOWN, "more than %d owners", MAX_SHOWN);
	po_check(sscanf(line, "page_owner: %lu pages, %lukB, %lu.%lu%%, handle %lu%n",
			&o->pages, &o->kb, &o->percent, &o->tenths, &o->handle,
			&used) == 5 && line[used] == '\n',
		 "not an owner: %.100s", line);
	r->nr++;
	line += used + 1;
	o->frames = line;
	while (*line == ' ' && strchr(line, '\n')) {
		line = strchr(line, '\n') + 1;
		o->nr_frames++;
	}
	o->frames_len = line - o->frames;
	r->lines += 1 + o->nr_frames;
	return line;
}

/* From the only first line of a report on. There is none with nothing to show. */
static void parse_report(struct report *r)
{
	const char *p = strstr(r->text, "page_owner: of ");
	int used = 0;

	if (!p) {
		po_check(!strstr(r->text, "page_owner:"), "%s", r->text);
		return;
	}
	p += strlen("page_owner: ");
	po_check(sscanf(p, "of %ld pages %ld owned, %ld free, %ld neither; %zu of %zu stacks:%n",
			&r->ram, &r->owned, &r->free, &r->neither, &r->shown,
			&r->stacks, &used) == 6 && p[used] == '\n',
		 "not a first line: %.150s", p);
	r->lines = 1;
	for (p += used + 1; !strncmp(p, "page_owner: ", 12);)
		p = parse_owner(r, p);
	po_check(!strstr(p, "page_owner:"), "more of it: %s", p);
}

/* What sysrq-m prints. The log may have lines of others; not among the report's. */
static struct report sysrq_m(void)
{
	struct report r = {};
	int fd = po_kmsg_open();

	po_check(po_write("/proc/sysrq-trigger", "m"), "%s", strerror(errno));
	r.text = po_kmsg(fd);
	po_check(strstr(r.text, "Mem-Info:"), "no Mem-Info: %s", r.text);
	close(fd);
	parse_report(&r);
	return r;
}

static void report_by_default(void)
{
	struct report r;
	size_t i;

	po_check(po_number(PO_SHOW_MEM) == 10, "%lld", po_number(PO_SHOW_MEM));
	r = sysrq_m();
	po_check(r.nr == 10 && r.shown == 10, "%zu owners, %zu said", r.nr, r.shown);
	for (i = 0; i < r.nr; i++) {
		po_check(r.owner[i].pages, "owner %zu has no pages", i);
		po_check(r.owner[i].nr_frames, "owner %zu has no frames", i);
		po_check(!i || r.owner[i].pages <= r.owner[i - 1].pages,
			 "owner %zu is larger than the one before", i);
	}
}

static void report_none(void)
{
	struct report r;

	atexit(reset_shown);
	set_shown(0);
	r = sysrq_m();
	po_check(!r.lines, "%zu lines", r.lines);
}

static void report_as_many_as_asked(void)
{
	static const int asked[] = { 1, 3, MAX_SHOWN };
	struct report r;
	size_t i;

	atexit(reset_shown);
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		set_shown(asked[i]);
		po_check(po_number(PO_SHOW_MEM) == asked[i], "it did not stay");
		r = sysrq_m();
		po_check(r.nr == (size_t)asked[i] && r.shown == r.nr,
			 "%zu owners, %zu said, of %d", r.nr, r.shown, asked[i]);
		po_check(r.lines <= 1 + r.nr * (1 + MAX_FRAMES), "%zu lines", r.lines);
		free(r.text);
	}
}

static void report_refused(void)
{
	static const struct {
		const char *words;
		int error;
	} wrong[] = {
		{ "33", EINVAL }, { "-1", EINVAL }, { "many", EINVAL }, { "", EINVAL },
		{ "4294967297", ERANGE },
	};
	size_t i;

	atexit(reset_shown);
	set_shown(7);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		errno = 0;
		po_check(!po_write(PO_SHOW_MEM, "%s\n", wrong[i].words) &&
			 errno == wrong[i].error, "%s: %s", wrong[i].words, strerror(errno));
	}
	po_check(po_number(PO_SHOW_MEM) == 7, "%lld stayed", po_number(PO_SHOW_MEM));
}

/* The largest owner comes first, and what is said of it is right. */
static void report_culprit(void)
{
	const char *symbol = "test_page_owner_chain_7";
	struct table t = read_counts();
	unsigned long largest = 0;
	struct counts was, now;
	struct report r;
	size_t i;

	for (i = 0; i < t.nr; i++)
		if (t.row[i].pages > largest)
			largest = t.row[i].pages;
	was = counts_of(symbol);
	po_check(!po_control("alloc order=3 count=%lu chain=7", largest / 8 + 512),
		 "alloc");
	r = sysrq_m();
	now = counts_of(symbol);
	po_check(r.nr && po_text_has_frame(r.owner[0].frames, r.owner[0].frames_len,
					   symbol),
		 "another one is first: %.*s", (int)r.owner[0].frames_len,
		 r.owner[0].frames);
	po_check(r.owner[0].pages == now.pages - was.pages, "%lu of %llu pages",
		 r.owner[0].pages, now.pages - was.pages);
}

/* Stacks that counted the same before and after were at rest. */
static const struct counts *at_rest(const struct table *before,
				    const struct table *after, unsigned long handle)
{
	const struct counts *b = find_counts(before, handle);
	const struct counts *a = find_counts(after, handle);

	return a && b && a->allocs == b->allocs && a->frees == b->frees &&
	       a->pages == b->pages ? a : NULL;
}

static void check_owner(const struct report *r, const struct owner *o,
			const char *both)
{
	unsigned long tenths = o->pages * 1000 / r->ram;
	const char *frames;
	size_t len;

	po_check(o->kb == o->pages * (getpagesize() / 1024), "%lukB", o->kb);
	po_check(o->percent * 10 + o->tenths == tenths, "%lu.%lu%% of %ld",
		 o->percent, o->tenths, r->ram);
	frames = find_frames(both, o->handle, &len);
	po_check(frames && len == o->frames_len && !memcmp(frames, o->frames, len),
		 "other frames: %.*s", (int)o->frames_len, o->frames);
}

static void report_and_counts(void)
{
	struct table before, after;
	size_t i, k, same = 0;
	struct report r;
	char *both;

	before = read_counts();
	r = sysrq_m();
	after = read_counts();
	both = po_slurp(PO_BOTH, NULL);
	for (i = 0; i < r.nr; i++) {
		const struct counts *c = at_rest(&before, &after, r.owner[i].handle);

		check_owner(&r, &r.owner[i], both);
		po_check(!c || c->pages == r.owner[i].pages,
			 "handle %lu: %llu pages, the report says %lu",
			 c->handle, c->pages, r.owner[i].pages);
		same += !!c;
	}
	po_check(same, "not one of them was at rest");
	/* Owners that are not in it have no more than the last one that is. */
	for (i = 0; i < after.nr; i++) {
		const struct counts *c = at_rest(&before, &after, after.row[i].handle);

		for (k = 0; c && k < r.nr; k++)
			if (r.owner[k].handle == c->handle)
				c = NULL;
		po_check(!c || c->pages <= r.owner[r.nr - 1].pages,
			 "handle %lu with %llu pages is missing", c->handle, c->pages);
	}
	po_check(r.stacks >= before.nr && r.stacks <= after.nr, "%zu stacks", r.stacks);
}

/* Pages with an owner, free ones and others are all that there are. */
static void report_adds_up(void)
{
	long long ram = po_field("/proc/meminfo", "MemTotal:");
	struct table t = read_counts();
	struct report r = sysrq_m();
	long sum = 0;
	size_t i;

	for (i = 0; i < t.nr; i++)
		sum += t.row[i].pages;
	/* They are counted one after the other, so it can be a few too many. */
	po_check(r.owned + r.free + r.neither >= r.ram &&
		 r.owned + r.free < r.ram + r.ram / 32 &&
		 (!r.neither || r.owned + r.free + r.neither == r.ram),
		 "%ld + %ld + %ld != %ld", r.owned, r.free, r.neither, r.ram);
	po_check(r.ram * (getpagesize() / 1024) == ram, "%ld of %lld kB", r.ram, ram);
	/* Some thousand pages come and go between two looks. */
	po_check(labs(sum - r.owned) < r.ram / 32, "%ld counted, %ld reported", sum,
		 r.owned);
}

static const struct po_test tests[] = {
	{ "counts_of_a_stack", counts_of_a_stack, true },
	{ "counts_of_pieces", counts_of_pieces, true },
	{ "counts_of_all", counts_of_all, false },
	{ "counts_in_pieces", counts_in_pieces, false },
	{ "report_by_default", report_by_default, false },
	{ "report_none", report_none, false },
	{ "report_as_many_as_asked", report_as_many_as_asked, false },
	{ "report_refused", report_refused, false },
	{ "report_culprit", report_culprit, true },
	{ "report_and_counts", report_and_counts, false },
	{ "report_adds_up", report_adds_up, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
