// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes to the dump: mode= and nid=, per open file.
 *
 * Stock 6.12 has no filters and fails all but default_is_stack.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "po_util.h"

static int open_filtered(const char *filter)
{
	int fd = po_open(PO_FILE, O_RDWR);
	ssize_t len = strlen(filter);

	po_check(write(fd, filter, len) == len, "write '%s': %s", filter,
		 strerror(errno));
	return fd;
}

/* The record at or after a PFN, through a descriptor with a filter. */
static bool record_at(int fd, unsigned long pfn, struct po_record *rec)
{
	static char text[PO_RECORD_MAX];
	const char *error;
	ssize_t n;

	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek: %s",
		 strerror(errno));
	n = read(fd, text, sizeof(text));
	po_check(n >= 0, "read: %s", strerror(errno));
	if (!n)
		return false;
	error = po_parse(text, n, rec);
	po_check(!error, "%s:\n%.*s", error, (int)n, text);
	return true;
}

static unsigned long hold_page(void)
{
	static struct po_block b[1];

	po_alloc(b, 1, "order=0 chain=2");
	return b[0].pfn[0];
}

static void expect_mode(int fd, unsigned long pfn, bool stack, bool handle)
{
	struct po_record rec;

	po_check(record_at(fd, pfn, &rec) && rec.pfn == pfn, "no record");
	po_check(!!rec.nr_frames == stack, "%u frames", rec.nr_frames);
	po_check(rec.has_handle == handle, "%s handle", handle ? "no" : "a");
	po_check(!rec.has_handle || rec.handle, "handle 0");
}

static void default_is_stack(void)
{
	unsigned long pfn = hold_page();
	int fd = po_open(PO_FILE, O_RDONLY);

	expect_mode(fd, pfn, true, false);
	close(fd);
}

static void modes(void)
{
	unsigned long pfn = hold_page();
	int fd = open_filtered("mode=handle");

	expect_mode(fd, pfn, false, true);
	po_check(write(fd, "mode=stack_handle\n", 18) == 18, "write");
	expect_mode(fd, pfn, true, true);
	po_check(write(fd, "mode=stack", 10) == 10, "write");
	expect_mode(fd, pfn, true, false);
	close(fd);
}

/* The handle comes where 7.3 has it: right after the stack. */
static void handle_after_stack(void)
{
	struct po_record rec;
	unsigned long pfn;
	char *at;
	int fd;

	pfn = hold_page();
	fd = open_filtered("mode=stack_handle");
	po_check(record_at(fd, pfn, &rec), "no record");
	at = (char *)rec.frames + rec.frames_len;
	po_check(!strncmp(at, "handle: ", 8) && !rec.handle_last,
		 "after the stack:\n%.60s", at);
	close(fd);
}

static void per_open_file(void)
{
	unsigned long pfn = hold_page();
	int a = open_filtered("mode=handle"), b = po_open(PO_FILE, O_RDWR);

	expect_mode(b, pfn, true, false);
	expect_mode(a, pfn, false, true);
	close(a);
	close(b);
	b = po_open(PO_FILE, O_RDONLY);
	expect_mode(b, pfn, true, false);
	close(b);
}

static unsigned int nr_nodes(void)
{
	unsigned int nr = 0;
	char path[64];

	do {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u", nr);
	} while (po_kernel_has(path) && ++nr);
	return nr;
}

static unsigned int node_of(const struct po_record *rec)
{
	const char *node = strstr(rec->flags, "node=");

	po_check(node, "no node in flags %s", rec->flags);
	return strtoul(node + 5, NULL, 10);
}

struct node_count {
	unsigned long records[8];
};

static void count_node(const struct po_record *rec, void *arg)
{
	struct node_count *c = arg;
	unsigned int node = node_of(rec);

	po_check(node < 8, "node %u", node);
	c->records[node]++;
}

static void need_two_nodes(void)
{
	if (nr_nodes() < 2)
		po_skip("one node");
}

static void one_node(void)
{
	unsigned int wanted, node;

	need_two_nodes();
	for (wanted = 0; wanted < 2; wanted++) {
		struct node_count c = {};
		char filter[64];
		int fd;

		snprintf(filter, sizeof(filter), "mode=handle nid=%u", wanted);
		fd = open_filtered(filter);
		po_each_record(fd, 65536, count_node, &c);
		close(fd);
		for (node = 0; node < 8; node++)
			po_check(!!c.records[node] == (node == wanted),
				 "nid=%u: %lu records of node %u", wanted,
				 c.records[node], node);
	}
}

/* A page of the module on a node, and what filters let it through. */
static void check_list(const char *filter, bool zero, bool one)
{
	unsigned long pfn[2];
	static struct po_block b[1];
	struct po_record rec;
	int fd = open_filtered(filter), node;

	for (node = 0; node < 2; node++) {
		bool seen, wanted = node ? one : zero;

		po_alloc(b, 1, "order=0 node=%d gfp=kernel,thisnode", node);
		pfn[node] = b[0].pfn[0];
		seen = record_at(fd, pfn[node], &rec) && rec.pfn == pfn[node];
		po_check(seen == wanted, "'%s': the page on node %d is %s",
			 filter, node, seen ? "seen" : "not seen");
		po_control("free");
	}
	close(fd);
}

static void lists_of_nodes(void)
{
	need_two_nodes();
	check_list("nid=0", true, false);
	check_list("nid=1", false, true);
	check_list("nid=0,1", true, true);
	check_list("nid=0-1", true, true);
	check_list("nid=1 mode=handle", false, true);
	check_list("mode=stack\tnid=0\n", true, false);
	check_list("nid=0\nnid=1", false, true);
	check_list("  mode=handle   nid=0  ", true, false);
}

/* The last filter stays when a later one is refused, wholly. */
static void refused_keeps_filter(void)
{
	static const char * const bad[] = {
		"mode=", "mode=stacks", "mode=hand", "mode=STACK", "mode",
		"mode =stack", "nid=", "nid=x", "nid=0-", "nid=-1", "nid=0,x",
		"nid=1000000", "nid", "foo", "foo=1", "=", "mode=stack foo",
		"nid=1 mode=", "mode=stack nid=", "mode=stack_handle nid=x",
	};
	struct po_record rec;
	unsigned long pfn;
	size_t i;
	int fd;

	pfn = hold_page();
	fd = open_filtered("mode=handle");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		errno = 0;
		po_check(write(fd, bad[i], strlen(bad[i])) < 0 && errno == EINVAL,
			 "'%s': %s", bad[i], strerror(errno));
		expect_mode(fd, pfn, false, true);
	}
	po_check(record_at(fd, pfn, &rec) && rec.pfn == pfn, "no record");
	close(fd);
}

static void node_without_memory(void)
{
	unsigned int nr = nr_nodes();
	char filter[32];
	int fd = po_open(PO_FILE, O_RDWR);

	snprintf(filter, sizeof(filter), "nid=%u", nr);
	errno = 0;
	po_check(write(fd, filter, strlen(filter)) < 0 && errno == EINVAL,
		 "'%s' with %u nodes: %s", filter, nr, strerror(errno));
	close(fd);
}

/* Trap 23: what a user writes does not become a large allocation. */
static void long_write(void)
{
	static char text[0x100000];
	unsigned long pfn = hold_page();
	int fd = open_filtered("mode=handle");

	memset(text, ' ', sizeof(text));
	errno = 0;
	po_check(write(fd, text, sizeof(text)) < 0 && errno == EINVAL,
		 "a write of %zu bytes: %s", sizeof(text), strerror(errno));
	expect_mode(fd, pfn, false, true);
	close(fd);
}

static void write_needs_permission(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);

	po_check(po_kernel_has(PO_HANDLES), "no filters");
	errno = 0;
	po_check(write(fd, "mode=stack", 10) < 0 && errno == EBADF, "%s",
		 strerror(errno));
	close(fd);
}

/* A write does not move the position. */
static void position_kept(void)
{
	unsigned long pfn = hold_page();
	int fd = po_open(PO_FILE, O_RDWR);

	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek");
	po_check(write(fd, "mode=handle", 11) == 11, "write: %s",
		 strerror(errno));
	po_check(lseek(fd, 0, SEEK_CUR) == (off_t)pfn, "the write moved it");
	close(fd);
}

/* The small reads of other modes. */
static void small_reads_of_handles(void)
{
	char whole[PO_RECORD_MAX], text[PO_RECORD_MAX];
	unsigned long pfn = hold_page();
	int fd = open_filtered("mode=handle");
	struct po_record rec;
	size_t i;

	po_check(record_at(fd, pfn, &rec), "no record");
	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek");
	po_check(read(fd, whole, sizeof(whole)) >= (ssize_t)rec.len, "read");
	po_check(lseek(fd, pfn, SEEK_SET) == (off_t)pfn, "lseek");
	for (i = 0; i < rec.len; i++)
		po_check(read(fd, text + i, 1) == 1, "byte %zu: %s", i,
			 strerror(errno));
	po_check(!memcmp(whole, text, rec.len), "%.*s\nis not\n%.*s",
		 (int)rec.len, text, (int)rec.len, whole);
	close(fd);
}

static const struct po_test tests[] = {
	{ "default_is_stack", default_is_stack, true },
	{ "modes", modes, true },
	{ "handle_after_stack", handle_after_stack, true },
	{ "per_open_file", per_open_file, true },
	{ "one_node", one_node, false },
	{ "lists_of_nodes", lists_of_nodes, true },
	{ "refused_keeps_filter", refused_keeps_filter, true },
	{ "node_without_memory", node_without_memory, false },
	{ "long_write", long_write, true },
	{ "write_needs_permission", write_needs_permission, false },
	{ "position_kept", position_kept, true },
	{ "small_reads_of_handles", small_reads_of_handles, true },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
