// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the filters of the dump let through, compared with what is right: the
 * same choice made here, from the whole dump before and after. A record that was
 * there both times and is right must come through; none that is wrong may.
 *
 * Stock has none of these filters and fails all of the tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "po_util.h"

#define MAX_RECORDS	0x100000

enum verdict { NO, YES, MAYBE };

/* What decides here, and what it is given. */
typedef enum verdict (*judge_fn)(const struct po_record *rec, const void *arg);

/**
 * struct seen - what is kept of a record
 * @pfn: which one
 * @ts: of which time
 * @verdict: what it is by the judge
 */
struct seen {
	unsigned long pfn;
	unsigned long long ts;
	enum verdict verdict;
};

struct dump {
	struct seen *seen;
	size_t nr;
	judge_fn judge;
	const void *arg;
};

static int open_filtered(const char *fmt, const char *arg)
{
	int fd = po_open(PO_FILE, O_RDWR), len;
	char words[1024];

	len = snprintf(words, sizeof(words), fmt, arg);
	po_check(write(fd, words, len) == len, "write '%s': %s", words,
		 strerror(errno));
	return fd;
}

static void keep(const struct po_record *rec, void *data)
{
	struct dump *dump = data;

	po_check(dump->nr < MAX_RECORDS, "more than %d records", MAX_RECORDS);
	dump->seen[dump->nr++] = (struct seen) {
		rec->pfn, rec->ts, dump->judge(rec, dump->arg),
	};
}

static struct dump take(const char *words, judge_fn judge, const void *arg)
{
	struct dump dump = { .judge = judge, .arg = arg };
	int fd = open_filtered("mode=stack_handle %s", words);

	dump.seen = calloc(MAX_RECORDS, sizeof(*dump.seen));
	po_check(dump.seen, "no memory");
	po_each_record(fd, 65536, keep, &dump);
	close(fd);
	return dump;
}

/* All dumps are in order of PFN. */
static const struct seen *find(const struct dump *dump, const struct seen *what)
{
	size_t from = 0, to = dump->nr;

	while (from < to) {
		size_t at = (from + to) / 2;

		if (dump->seen[at].pfn < what->pfn)
			from = at + 1;
		else
			to = at;
	}
	if (from < dump->nr && dump->seen[from].pfn == what->pfn &&
	    dump->seen[from].ts == what->ts)
		return &dump->seen[from];
	return NULL;
}

/* At least @min records come through, and they are those that should. */
static void expect_filter(const char *words, judge_fn judge, const void *arg,
			  size_t min)
{
	struct dump before = take("", judge, arg), dump, after;
	size_t i;

	dump = take(words, judge, arg);
	after = take("", judge, arg);
	po_check(dump.nr >= min, "'%s': %zu records", words, dump.nr);
	po_check(dump.nr < before.nr || dump.nr < after.nr || !min,
		 "'%s' lets everything through", words);
	for (i = 0; i < dump.nr; i++)
		po_check(dump.seen[i].verdict != NO, "'%s': PFN %#lx is wrong",
			 words, dump.seen[i].pfn);
	for (i = 0; i < before.nr; i++) {
		const struct seen *still = find(&after, &before.seen[i]);

		if (before.seen[i].verdict == YES && still && still->verdict == YES)
			po_check(find(&dump, &before.seen[i]),
				 "'%s': PFN %#lx is missing", words,
				 before.seen[i].pfn);
	}
	free(before.seen);
	free(dump.seen);
	free(after.seen);
}

static void hold(const char *words)
{
	static struct po_block b[64];

	po_alloc(b, ARRAY_SIZE(b), "%s", words);
}

static enum verdict is_pid(const struct po_record *rec, const void *arg)
{
	return rec->pid == *(const unsigned long *)arg;
}

static void by_pid(void)
{
	unsigned long pid = getpid();
	char words[64];

	hold("order=0 chain=1");
	snprintf(words, sizeof(words), "pid=%lu", pid);
	expect_filter(words, is_pid, &pid, 1);
}

static enum verdict is_tgid(const struct po_record *rec, const void *arg)
{
	const unsigned long *tgids = arg;

	return rec->tgid == tgids[0] || (rec->tgid >= tgids[1] && rec->tgid <= tgids[2]);
}

static void by_tgid(void)
{
	unsigned long tgids[] = { getpid(), 1, 20 };
	char words[64];

	hold("order=0 chain=1");
	snprintf(words, sizeof(words), "tgid=%lu,1-20", tgids[0]);
	expect_filter(words, is_tgid, tgids, 2);
}

static enum verdict is_order(const struct po_record *rec, const void *arg)
{
	const unsigned long *range = arg;

	return rec->order >= range[0] && rec->order <= range[1];
}

static void by_order(void)
{
	static const unsigned long three[] = { 3, 3 }, more[] = { 2, 100 }, some[] = { 1, 2 };

	hold("order=1");
	hold("order=2");
	hold("order=3");
	hold("order=4");
	expect_filter("order=3", is_order, three, 1);
	expect_filter("order=2-", is_order, more, 3);
	expect_filter("order=1-2", is_order, some, 2);
	expect_filter("order=1,2", is_order, some, 2);
}

static enum verdict is_comm(const struct po_record *rec, const void *arg)
{
	const char *const *comms = arg;

	return !strcmp(rec->comm, comms[0]) || !strcmp(rec->comm, comms[1]);
}

/* As the dump prints them, and any byte as \xNN. */
static void by_comm(void)
{
	static const char * const odd[] = { "a b,c\\x0a\\x5c)", "swapper/0" };
	static const char * const empty[] = { "", "" };

	po_check(!prctl(PR_SET_NAME, "a b,c\n\\)"), "prctl: %s", strerror(errno));
	hold("order=0");
	expect_filter("comm=a\\x20b\\x2cc\\x0a\\x5c),swapper/0", is_comm, odd, 1);
	po_check(!prctl(PR_SET_NAME, ""), "prctl: %s", strerror(errno));
	hold("order=0");
	expect_filter("comm=\\x00", is_comm, empty, 1);
}

static enum verdict is_type(const struct po_record *rec, const void *arg)
{
	return !strcmp(rec->type, arg);
}

static void by_migratetype(void)
{
	hold("order=0 gfp=movable");
	expect_filter("migratetype=Movable", is_type, "Movable", 1);
	expect_filter("migratetype=Unmovable", is_type, "Unmovable", 1);
	expect_filter("migratetype=Reclaimable", is_type, "Reclaimable", 1);
}

static enum verdict is_zone(const struct po_record *rec, const void *arg)
{
	const char *zone = strstr(rec->flags, "zone=");

	po_check(zone, "no zone in flags %s", rec->flags);
	return strtoul(zone + 5, NULL, 10) == *(const unsigned long *)arg;
}

/* /proc/zoneinfo has the zones of a node in order of their numbers. */
static void by_zone(void)
{
	char *text = po_slurp("/proc/zoneinfo", NULL), *line, *save = NULL;
	unsigned long nr = 0, tested = 0;
	char name[32], words[64];

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "Node 0, zone %31s", name) != 1)
			continue;
		snprintf(words, sizeof(words), "zone=%s", name);
		expect_filter(words, is_zone, &nr, 0);
		nr++;
		tested++;
	}
	po_check(tested > 1, "%lu zones", tested);
	free(text);
}

static enum verdict is_node(const struct po_record *rec, const void *arg)
{
	const char *node = strstr(rec->flags, "node=");

	po_check(node, "no node in flags %s", rec->flags);
	return strtoul(node + 5, NULL, 10) == *(const unsigned long *)arg;
}

/* The first of one and the last of the other is what is easiest to get wrong. */
static void by_nid(void)
{
	char words[64];
	unsigned long nid;

	if (!po_kernel_has("/sys/devices/system/node/node1"))
		po_skip("one node");
	for (nid = 0; nid < 2; nid++) {
		snprintf(words, sizeof(words), "nid=%lu", nid);
		expect_filter(words, is_node, &nid, 1);
	}
}

static enum verdict is_group(const struct po_record *rec, const void *arg)
{
	return rec->charged && !strcmp(rec->memcg, arg);
}

#define GROUP_ROOT	"/sys/fs/cgroup"
#define GROUP		"po_match"

static void leave_group(void)
{
	po_write(GROUP_ROOT "/cgroup.procs", "%d", getpid());
	rmdir(GROUP_ROOT "/" GROUP);
}

static void by_memcg(void)
{
	char words[64];
	struct stat st;
	char *p;

	if (!po_write(GROUP_ROOT "/cgroup.subtree_control", "+memory"))
		po_skip("no memory controller: %s", strerror(errno));
	po_check(!mkdir(GROUP_ROOT "/" GROUP, 0700), "mkdir: %s", strerror(errno));
	atexit(leave_group);
	po_check(po_write(GROUP_ROOT "/" GROUP "/cgroup.procs", "%d", getpid()), "move");
	p = mmap(NULL, 64 * getpagesize(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	po_check(!stat(GROUP_ROOT "/" GROUP, &st), "stat: %s", strerror(errno));

	expect_filter("memcg=/" GROUP, is_group, GROUP, 64);
	snprintf(words, sizeof(words), "memcg=%llu", (unsigned long long)st.st_ino);
	expect_filter(words, is_group, GROUP, 64);
}

static enum verdict is_handle(const struct po_record *rec, const void *arg)
{
	return rec->handle == *(const unsigned long *)arg;
}

static unsigned long handle_of(unsigned long pfn)
{
	static char text[PO_RECORD_MAX];
	int fd = open_filtered("mode=%s", "handle");
	struct po_record rec;
	ssize_t n;

	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek");
	n = read(fd, text, sizeof(text));
	po_check(n > 0 && !po_parse(text, n, &rec) && rec.pfn == pfn, "no record");
	close(fd);
	return rec.handle;
}

static void by_handle(void)
{
	static struct po_block b[1];
	unsigned long handle;
	char words[64];

	po_alloc(b, 1, "how=split order=3 chain=3");
	handle = handle_of(b[0].pfn[0]);
	snprintf(words, sizeof(words), "handle=%lu", handle);
	expect_filter(words, is_handle, &handle, b[0].nr);
}

static enum verdict is_module(const struct po_record *rec, const void *arg)
{
	return !!memmem(rec->frames, rec->frames_len, arg, strlen(arg));
}

static void by_module(void)
{
	hold("order=0");
	expect_filter("module=test_page_owner", is_module, " [test_page_owner]\n", 1);
}

/* The clock of the records runs with this one; seconds apart is a fault. */
static enum verdict is_old(const struct po_record *rec, const void *arg)
{
	const long *range = arg;
	struct timespec now;
	long age;

	clock_gettime(CLOCK_MONOTONIC, &now);
	age = now.tv_sec - (long)(rec->ts / 1000000000);
	if (labs(age - range[0]) < 5 || labs(age - range[1]) < 5)
		return MAYBE;
	return age >= range[0] && age <= range[1];
}

static void by_age(void)
{
	static const long old[] = { 6, 1L << 40 }, young[] = { -(1L << 40), 30 };
	long middle[] = { 0, 0 };
	struct timespec now;
	char words[64];

	expect_filter("age=6-", is_old, old, 1);
	expect_filter("age=-30", is_old, young, 0);
	clock_gettime(CLOCK_MONOTONIC, &now);
	middle[0] = now.tv_sec / 2;
	middle[1] = now.tv_sec - 1;
	snprintf(words, sizeof(words), "age=%ld-%ld", middle[0], middle[1]);
	expect_filter(words, is_old, middle, 0);
}

struct both {
	unsigned long pid;
	unsigned long order;
};

static enum verdict is_both(const struct po_record *rec, const void *arg)
{
	const struct both *both = arg;

	return rec->pid == both->pid && rec->order == both->order &&
	       !strcmp(rec->type, "Unmovable");
}

static void all_words(void)
{
	struct both both = { getpid(), 2 };
	char words[128];

	hold("order=2");
	hold("order=3");
	hold("order=2 gfp=movable");
	snprintf(words, sizeof(words), "pid=%lu order=2 migratetype=Unmovable", both.pid);
	expect_filter(words, is_both, &both, 1);
}

/* The text of a freed page that has not been allocated meanwhile. */
static void freed_pages(void)
{
	static struct po_block b[1];
	char text[PO_RECORD_MAX], want[64];
	int fd = open_filtered("%s", "state=free"), tries;
	ssize_t n;

	for (tries = 0; tries < 200; tries++) {
		po_alloc(b, 1, "order=3 chain=1");
		po_check(!po_control("free"), "free");
		po_check(lseek(fd, b[0].pfn[0], SEEK_SET) == (off_t)b[0].pfn[0], "lseek");
		n = read(fd, text, sizeof(text) - 1);
		po_check(n >= 0, "read: %s", strerror(errno));
		text[n] = '\0';
		snprintf(want, sizeof(want), "\nPFN %#lx type ", b[0].pfn[0]);
		if (strstr(text, want))
			break;
	}
	po_check(tries < 200, "no freed page");
	*(strstr(text, "\n\n") + 1) = '\0';
	po_check(!strncmp(text, "Page last allocated via order 3, mask ", 38), "%s", text);
	snprintf(want, sizeof(want), "\nPage freed by pid %d, tgid %d, ts ", getpid(),
		 getpid());
	po_check(strstr(text, want), "not '%s':\n%s", want, text);
	close(fd);
}

/* A record of any state, by what all have: the text up to the PFN. */
static struct seen parse_state(const char *text)
{
	const char *ts = strstr(text, "), ts "), *pfn = strstr(text, "\nPFN 0x");
	struct seen seen = {};

	po_check(ts && pfn, "no record:\n%.200s", text);
	seen.ts = strtoull(ts + 6, NULL, 10);
	seen.pfn = strtoul(pfn + 5, NULL, 16);
	seen.verdict = strncmp(text, "Page last allocated ", 20) ? NO : YES;
	po_check(seen.verdict || !strncmp(text, "Page allocated ", 15), "%.200s", text);
	return seen;
}

/* All records of a dump with a state=, of which those of freed pages are YES. */
static struct dump take_states(const char *words)
{
	static char text[1 << 20];
	struct dump dump = {};
	int fd = open_filtered("mode=handle %s", words);
	size_t room = 0;
	ssize_t n;
	char *p;

	while ((n = read(fd, text, sizeof(text) - 1)) > 0) {
		text[n] = '\0';
		for (p = text; *p; p = strstr(p, "\n\n") + 2) {
			po_check(strstr(p, "\n\n"), "half a record:\n%s", p);
			if (dump.nr == room) {
				room = 2 * room + MAX_RECORDS;
				dump.seen = realloc(dump.seen, room * sizeof(*dump.seen));
				po_check(dump.seen, "no memory");
			}
			dump.seen[dump.nr++] = parse_state(p);
		}
	}
	po_check(!n, "read: %s", strerror(errno));
	close(fd);
	return dump;
}

/* Each state gives all records of it that both gives before and after. */
static void expect_state(const char *words, enum verdict wanted)
{
	struct dump before = take_states("state=free,allocated"), dump, after;
	size_t i, compared = 0;

	dump = take_states(words);
	after = take_states("state=free,allocated");
	for (i = 0; i < dump.nr; i++)
		po_check(dump.seen[i].verdict == wanted, "'%s': PFN %#lx is wrong",
			 words, dump.seen[i].pfn);
	for (i = 0; i < before.nr; i++) {
		const struct seen *still = find(&after, &before.seen[i]);

		if (before.seen[i].verdict != wanted || !still ||
		    still->verdict != wanted)
			continue;
		po_check(find(&dump, &before.seen[i]), "'%s': PFN %#lx is missing",
			 words, before.seen[i].pfn);
		compared++;
	}
	po_check(compared > 100, "'%s': %zu records compared", words, compared);
	free(before.seen);
	free(dump.seen);
	free(after.seen);
}

static void each_state(void)
{
	expect_state("state=free", YES);
	expect_state("state=allocated", NO);
}

/* Which modes there are, and what a record of each has. */
struct mode {
	const char *words;
	bool stack;
	bool handle;
};

static void check_mode(const struct po_record *rec, void *arg)
{
	const struct mode *mode = arg;

	po_check(!!rec->nr_frames == mode->stack && rec->has_handle == mode->handle,
		 "'%s': PFN %#lx has %u frames and %s handle", mode->words, rec->pfn,
		 rec->nr_frames, rec->has_handle ? "a" : "no");
}

/* All records are of the mode. */
static void by_mode(void)
{
	static struct mode modes[] = {
		{ "mode=stack", true, false },
		{ "mode=handle", false, true },
		{ "mode=stack_handle", true, true },
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		fd = open_filtered("%s", modes[i].words);
		po_each_record(fd, 65536, check_mode, &modes[i]);
		close(fd);
	}
}

static void count(const struct po_record *rec, void *arg)
{
	(void)rec;
	++*(unsigned long *)arg;
}

static void count_states(const char *words, unsigned long *allocated,
			 unsigned long *freed)
{
	static char text[1 << 20];
	int fd = open_filtered("mode=handle %s", words);
	ssize_t n;
	char *p;

	*allocated = *freed = 0;
	while ((n = read(fd, text, sizeof(text) - 1)) > 0) {
		text[n] = '\0';
		for (p = text; p && *p; p = strstr(p, "\n\n"), p = p ? p + 2 : p) {
			*allocated += !strncmp(p, "Page allocated ", 15);
			*freed += !strncmp(p, "Page last allocated ", 20);
		}
	}
	po_check(!n, "read: %s", strerror(errno));
	close(fd);
}

static void states(void)
{
	unsigned long allocated, freed;

	count_states("state=free", &allocated, &freed);
	po_check(!allocated && freed, "%lu, %lu", allocated, freed);
	count_states("state=allocated", &allocated, &freed);
	po_check(allocated && !freed, "%lu, %lu", allocated, freed);
	count_states("state=free,allocated", &allocated, &freed);
	po_check(allocated && freed, "%lu, %lu", allocated, freed);
}

static void expect_note(int fd, const char *want)
{
	char text[4096];
	ssize_t n;

	po_check(write(fd, "show", 4) == 4, "show: %s", strerror(errno));
	n = read(fd, text, sizeof(text) - 1);
	po_check(n >= 0, "read: %s", strerror(errno));
	text[n] = '\0';
	po_check(!strcmp(text, want), "it says\n%s\nnot\n%s", text, want);
}

/* What is in force, and what was wrong last; then the dump goes on. */
static void shown(void)
{
	static const char long_text[1 << 20] = "pid=1";
	int fd = po_open(PO_FILE, O_RDWR);
	unsigned long nr = 0;

	expect_note(fd, "filter: mode=stack\nerror: none\n\n");
	po_check(write(fd, "pid=1,5-9 comm=\\x41", 19) == 19, "write");
	expect_note(fd, "filter: mode=stack pid=1,5-9 comm=A\nerror: none\n\n");
	po_check(write(fd, "tgid=1 pid=x", 12) < 0 && errno == EINVAL, "bad word");
	expect_note(fd, "filter: mode=stack pid=1,5-9 comm=A\n"
			"error: pid=x: not a number or range\n\n");
	po_check(write(fd, long_text, sizeof(long_text)) < 0 && errno == EINVAL,
		 "a megabyte");
	expect_note(fd, "filter: mode=stack pid=1,5-9 comm=A\nerror: too long\n\n");
	po_check(write(fd, "reset", 5) == 5, "reset: %s", strerror(errno));
	expect_note(fd, "filter: mode=stack\nerror: none\n\n");
	po_check(!lseek(fd, 0, SEEK_CUR), "it moved");
	po_each_record(fd, 65536, count, &nr);
	po_check(nr > 1000, "%lu records", nr);
	close(fd);
}

static const struct po_test tests[] = {
	{ "by_pid", by_pid, true },
	{ "by_tgid", by_tgid, true },
	{ "by_order", by_order, true },
	{ "by_comm", by_comm, true },
	{ "by_migratetype", by_migratetype, true },
	{ "by_zone", by_zone, false },
	{ "by_nid", by_nid, false },
	{ "by_mode", by_mode, false },
	{ "by_memcg", by_memcg, false },
	{ "by_handle", by_handle, true },
	{ "by_module", by_module, true },
	{ "by_age", by_age, false },
	{ "all_words", all_words, true },
	{ "freed_pages", freed_pages, true },
	{ "states", states, false },
	{ "each_state", each_state, false },
	{ "shown", shown, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
