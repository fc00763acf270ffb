// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the dump is read: small buffers, the position as a PFN, errors, signals.
 *
 * Stock 6.12 fails: small_reads and awk_reads (ENOMEM for a buffer smaller than a
 * record), empty_read (the same), seek_refused (it takes a negative position).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

/* Consecutive pages of order 0 that stay as they are. */
static struct po_block held[1];

static void hold_pages(unsigned int order)
{
	po_alloc(held, 1, "how=split order=%u chain=1", order);
	po_check(held[0].nr == 1UL << order, "%zu pages", held[0].nr);
}

static void seek_to(int fd, off_t pfn)
{
	po_check(lseek(fd, pfn, SEEK_SET) == pfn, "lseek to %#llx: %s",
		 (long long)pfn, strerror(errno));
}

/* All whole records of the held pages are at the start of the text. */
static size_t whole_records(const char *text, size_t len)
{
	unsigned long last = held[0].pfn[held[0].nr - 1];
	struct po_record rec;
	size_t used = 0;

	while (used < len && !po_parse(text + used, len - used, &rec)) {
		used += rec.len;
		if (rec.pfn == last)
			return used;
		po_check(rec.pfn < last, "PFN %#lx is missing", last);
	}
	return 0;
}

/* The records of the held pages, read with buffers of one size. */
static char *read_held(size_t size)
{
	size_t cap = (held[0].nr + 2) * PO_RECORD_MAX + size, len = 0, whole = 0;
	char *text = malloc(cap);
	int fd = po_open(PO_FILE, O_RDONLY);
	ssize_t n;

	po_check(text, "no memory");
	seek_to(fd, held[0].pfn[0]);
	do {
		po_check(len + size <= cap, "PFN %#lx did not come",
			 held[0].pfn[held[0].nr - 1]);
		n = read(fd, text + len, size);
		po_check(n >= 0, "read of %zu bytes: %s", size, strerror(errno));
		po_check(n, "end of file before the last page");
		len += n;
		/* Parse only when a record can have ended. */
		if (text[len - 1] == '\n' || size > 1)
			whole = whole_records(text, len);
	} while (!whole);
	text[whole] = '\0';
	close(fd);
	return text;
}

static void small_reads(void)
{
	static const size_t sizes[] = { 1, 7, 64, 500, 4096 };
	char *whole, *text;
	size_t i;

	hold_pages(3);
	whole = read_held(65536);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		text = read_held(sizes[i]);
		po_check(!strcmp(text, whole), "%zu byte reads give:\n%s\nnot:\n%s",
			 sizes[i], text, whole);
		free(text);
	}
	free(whole);
}

/* Whole records only, for buffers that can hold one. */
static void whole_records_only(void)
{
	static const size_t sizes[] = { PO_RECORD_MAX, 65536, 0x100000 };
	char *first, *text;
	size_t i;

	hold_pages(5);
	first = read_held(sizes[0]);
	for (i = 1; i < ARRAY_SIZE(sizes); i++) {
		text = read_held(sizes[i]);
		po_check(!strcmp(text, first), "%zu byte reads differ", sizes[i]);
		free(text);
	}
	free(first);
}

static void empty_read(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	char c;

	hold_pages(0);
	seek_to(fd, held[0].pfn[0]);
	po_check(read(fd, &c, 0) == 0, "read of nothing: %s", strerror(errno));
	po_check(lseek(fd, 0, SEEK_CUR) == (off_t)held[0].pfn[0], "it moved");
	close(fd);
}

/* Does the guest have a program? */
static bool have_program(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "%s >/dev/null 2>&1 </dev/null", name);
	return WEXITSTATUS(system(command)) != 127;
}

static void awk_reads(void)
{
	static const char script[] =
		"awk '$1 == \"PFN\" { print $2 }' " PO_FILE " 2>&1";
	unsigned long pfn;
	size_t found = 0;
	char line[256];
	FILE *pipe;

	if (!have_program("awk 'BEGIN { exit 0 }'"))
		po_skip("no awk");
	hold_pages(3);
	pipe = popen(script, "r");
	po_check(pipe, "popen: %s", strerror(errno));
	while (fgets(line, sizeof(line), pipe)) {
		po_check(sscanf(line, "0x%lx\n", &pfn) == 1, "awk: %s", line);
		if (found < held[0].nr && pfn == held[0].pfn[found])
			found++;
	}
	po_check(!pclose(pipe), "awk failed");
	po_check(found == held[0].nr, "%zu of %zu pages", found, held[0].nr);
}

static ssize_t read_one(int fd, struct po_record *rec)
{
	static char text[2 * PO_RECORD_MAX];
	size_t used = 0;
	const char *error;
	ssize_t n = read(fd, text, PO_RECORD_MAX);

	po_check(n > 0, "read: %s", n ? strerror(errno) : "end of file");
	/* The last record of what came. */
	while (used < (size_t)n) {
		error = po_parse(text + used, n - used, rec);
		po_check(!error, "%s:\n%.*s", error, (int)(n - used), text + used);
		used += rec->len;
	}
	return n;
}

static void position_after_read(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	struct po_record rec;
	int i;

	hold_pages(4);
	seek_to(fd, held[0].pfn[0]);
	for (i = 0; i < 4; i++) {
		read_one(fd, &rec);
		po_check(lseek(fd, 0, SEEK_CUR) == (off_t)rec.pfn + 1,
			 "the position is %#llx after PFN %#lx",
			 (long long)lseek(fd, 0, SEEK_CUR), rec.pfn);
	}
	close(fd);
}

static void seek_set(void)
{
	struct po_record rec;
	size_t i;

	hold_pages(4);
	/* Backwards: no order but that of the positions. */
	for (i = held[0].nr; i-- > 0;)
		po_expect(held[0].pfn[i], &rec);
}

static void seek_cur(void)
{
	unsigned long first;
	int fd = po_open(PO_FILE, O_RDONLY);
	char text[PO_RECORD_MAX];
	struct po_record rec;
	ssize_t n;

	hold_pages(4);
	first = held[0].pfn[0];
	seek_to(fd, first);
	po_check(lseek(fd, 5, SEEK_CUR) == (off_t)first + 5, "5 on");
	po_check(lseek(fd, -2, SEEK_CUR) == (off_t)first + 3, "2 back");
	n = read(fd, text, sizeof(text));
	po_check(n > 0 && !po_parse(text, n, &rec), "read");
	po_check(rec.pfn == first + 3, "PFN %#lx, not %#lx", rec.pfn, first + 3);
	close(fd);
}

/* From the middle of an allocation, or of free memory: what comes after. */
static void seek_between(void)
{
	static struct po_block b[2];
	struct po_record rec;
	size_t nr;

	hold_pages(4);
	po_check(!po_control("free id=%u from=5 pages=3", held[0].id), "free");
	if (!po_lookup(held[0].pfn[5], &rec))
		po_check(rec.pfn <= held[0].pfn[8], "PFN %#lx was passed over",
			 held[0].pfn[8]);
	nr = po_alloc(b, 2, "how=compound order=3");
	po_check(nr == 2, "%zu blocks", nr);
	po_check(!po_lookup(b[1].pfn[0] + 3, &rec), "a record for a tail");
	po_check(rec.pfn >= b[1].pfn[0] + 8 || !rec.pfn,
		 "PFN %#lx from the middle of %#lx", rec.pfn, b[1].pfn[0]);
}

static void seek_refused(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	struct po_record rec;

	hold_pages(0);
	seek_to(fd, held[0].pfn[0]);
	errno = 0;
	po_check(lseek(fd, 0, SEEK_END) < 0 && errno == EINVAL, "SEEK_END: %s",
		 strerror(errno));
	errno = 0;
	po_check(lseek(fd, 0, 99) < 0 && errno == EINVAL, "whence 99: %s",
		 strerror(errno));
	errno = 0;
	po_check(lseek(fd, -5, SEEK_SET) < 0 && errno == EINVAL, "set to -5: %s",
		 strerror(errno));
	errno = 0;
	po_check(lseek(fd, -(off_t)held[0].pfn[0] - 1, SEEK_CUR) < 0 &&
		 errno == EINVAL, "moved below 0: %s", strerror(errno));
	po_check(lseek(fd, 0, SEEK_CUR) == (off_t)held[0].pfn[0], "it moved");
	read_one(fd, &rec);
	close(fd);
}

static void seek_beyond_end(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	char c[PO_RECORD_MAX];
	int i;

	for (i = 0; i < 3; i++) {
		seek_to(fd, 1LL << (40 + 8 * i));
		po_check(read(fd, c, sizeof(c)) == 0, "read: %s", strerror(errno));
		po_check(read(fd, c, sizeof(c)) == 0, "again: %s", strerror(errno));
	}
	close(fd);
}

static void two_readers(void)
{
	int a = po_open(PO_FILE, O_RDONLY), b = po_open(PO_FILE, O_RDONLY);
	struct po_record rec;

	hold_pages(4);
	seek_to(a, held[0].pfn[0]);
	seek_to(b, held[0].pfn[8]);
	read_one(a, &rec);
	po_check(lseek(b, 0, SEEK_CUR) == (off_t)held[0].pfn[8],
		 "a reader moved another");
	close(a);
	close(b);
}

static void read_at(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	char text[PO_RECORD_MAX];
	struct po_record rec;
	ssize_t n;

	hold_pages(4);
	seek_to(fd, held[0].pfn[1]);
	n = pread(fd, text, sizeof(text), held[0].pfn[7]);
	po_check(n > 0 && !po_parse(text, n, &rec), "pread: %s", strerror(errno));
	po_check(rec.pfn == held[0].pfn[7], "PFN %#lx", rec.pfn);
	po_check(lseek(fd, 0, SEEK_CUR) == (off_t)held[0].pfn[1], "it moved");
	close(fd);
}

static void bad_buffer(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	void *bad = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	char text[PO_RECORD_MAX];
	struct po_record rec;
	ssize_t n;

	hold_pages(4);
	po_check(bad != MAP_FAILED, "mmap: %s", strerror(errno));
	seek_to(fd, held[0].pfn[2]);
	errno = 0;
	po_check(read(fd, bad, 65536) < 0 && errno == EFAULT, "read: %s",
		 strerror(errno));
	n = read(fd, text, sizeof(text));
	po_check(n > 0 && !po_parse(text, n, &rec), "read after the fault");
	po_check(rec.pfn == held[0].pfn[2], "PFN %#lx was lost", held[0].pfn[2]);
	close(fd);
}

/* Memory of this process, one record per page, so that the dump is long. */
static void make_long_dump(void)
{
	size_t size = 256 << 20;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	memset(p, 1, size);
}

/*
 * Has a process read all of the dump, by one call if the kernel does as much in
 * one, and kills it when the first bytes come.
 */
static void kill_reader(int fd, char *buf, size_t size)
{
	atomic_char *first = (atomic_char *)buf;
	pid_t pid;
	int status;

	atomic_store(first, '\0');
	pid = fork();
	po_check(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		while (read(fd, buf, size) > 0)
			;
		_exit(0);
	}
	while (!atomic_load(first) && !waitpid(pid, &status, WNOHANG))
		sched_yield();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/*
 * Trap 24: a signal ends a reader, in the middle of the dump. A signal that
 * comes too late shows nothing, so there are several attempts.
 */
static void killed_reader(void)
{
	size_t size = 1UL << 30;
	char *buf = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char text[PO_RECORD_MAX];
	ssize_t left = 0;
	int i;

	po_check(buf != MAP_FAILED, "mmap: %s", strerror(errno));
	make_long_dump();
	for (i = 0; i < 8 && !left; i++) {
		int fd = po_open(PO_FILE, O_RDONLY);

		kill_reader(fd, buf, size);
		/* They share the position. */
		left = read(fd, text, sizeof(text));
		po_check(left >= 0, "read: %s", strerror(errno));
		close(fd);
	}
	po_check(left, "killed readers went on to the end of the dump");
	ksft_print_msg("%d attempts\n", i);
}

#define TRACING "/sys/kernel/tracing/"

static void empty_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static void end_trace(void)
{
	po_write(TRACING "current_tracer", "nop");
	empty_file(TRACING "set_ftrace_filter");
	empty_file(TRACING "set_ftrace_pid");
	empty_file(TRACING "trace");
}

/* Count from here on how often functions run for this process. */
static void start_trace(const char *function)
{
	if (!po_write(TRACING "set_ftrace_filter", "%s*", function) ||
	    !po_write(TRACING "set_ftrace_pid", "%d", getpid()) ||
	    !po_write(TRACING "current_tracer", "function"))
		po_skip("no function tracer: %s", strerror(errno));
	atexit(end_trace);
}

/* By the start of its name: the compiler may have added something. */
static unsigned int traced_calls(const char *function)
{
	char *text = po_slurp(TRACING "trace", NULL), *at;
	char wanted[64];
	unsigned int nr = 0;

	snprintf(wanted, sizeof(wanted), ": %s", function);
	for (at = text; (at = strstr(at, wanted)); at++)
		nr++;
	free(text);
	return nr;
}

static void ignore_record(const struct po_record *rec, void *arg)
{
	(void)rec;
	(void)arg;
}

/* Trap 25: the CPUs are not made to give back their free pages all the time. */
static void one_drain(void)
{
	/* Below drain_all_pages(), which the compiler inlines at places. */
	static const char function[] = "__drain_all_pages";
	int fd = po_open(PO_FILE, O_RDONLY);
	unsigned int before;

	start_trace(function);
	/* This does drain them: the tracer sees it. */
	po_alloc_contig("pages=4", 0);
	before = traced_calls(function);
	po_check(before, "%s() is not traced", function);
	po_each_record(fd, 65536, ignore_record, NULL);
	po_check(traced_calls(function) - before <= 1, "%u drains for one dump",
		 traced_calls(function) - before);
	close(fd);
}

static const struct po_test tests[] = {
	{ "small_reads", small_reads, true },
	{ "whole_records_only", whole_records_only, true },
	{ "empty_read", empty_read, true },
	{ "awk_reads", awk_reads, true },
	{ "position_after_read", position_after_read, true },
	{ "seek_set", seek_set, true },
	{ "seek_cur", seek_cur, true },
	{ "seek_between", seek_between, true },
	{ "seek_refused", seek_refused, true },
	{ "seek_beyond_end", seek_beyond_end, false },
	{ "two_readers", two_readers, true },
	{ "read_at", read_at, true },
	{ "bad_buffer", bad_buffer, true },
	{ "killed_reader", killed_reader, false },
	{ "one_drain", one_drain, true },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
