// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dump as a text: every record byte for byte, what a task name can do to
 * it, the modes of the files, the lines at boot, the table in pagetypeinfo.
 *
 * Stock 6.12 fails: comm_newline (trap 9), and file_modes (its dump takes no
 * writes, and it has no files for handles).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "po_util.h"

static long pageblock_order(void)
{
	long order = po_field("/proc/pagetypeinfo", "Page block order:");

	po_check(order > 0, "no pageblock order");
	return order;
}

struct walk {
	unsigned long last_pfn;
	unsigned long records;
	long pageblock_order;
};

static void check_record(const struct po_record *rec, void *arg)
{
	struct walk *w = arg;

	po_check(!w->records || rec->pfn > w->last_pfn,
		 "PFN %#lx after %#lx", rec->pfn, w->last_pfn);
	po_check(rec->block == rec->pfn >> w->pageblock_order,
		 "PFN %#lx is not in block %lu", rec->pfn, rec->block);
	po_check(!(rec->pfn & ((1UL << rec->order) - 1)),
		 "PFN %#lx is no head of order %lu", rec->pfn, rec->order);
	po_check(rec->nr_frames, "PFN %#lx has no stack", rec->pfn);
	po_check(!rec->has_handle, "PFN %#lx has a handle", rec->pfn);
	w->last_pfn = rec->pfn;
	w->records++;
}

/* The parser is the test: it takes nothing but what the interface says. */
static void every_record_parses(void)
{
	struct walk w = { .pageblock_order = pageblock_order() };
	int fd = po_open(PO_FILE, O_RDONLY);

	po_each_record(fd, 65536, check_record, &w);
	po_check(w.records, "no records");
	ksft_print_msg("%lu records\n", w.records);
	close(fd);
}

/* A page of a task with this name; its record must be whole. */
static void record_of(const char *name, struct po_record *rec)
{
	static struct po_block b[1];

	prctl(PR_SET_NAME, name);
	po_alloc(b, 1, "order=0");
	po_expect(b[0].pfn[0], rec);
	po_check(rec->pid == (unsigned long)getpid(), "pid %lu", rec->pid);
	po_check(po_has_frame(rec, "test_page_owner_alloc"), "not its stack");
	po_control("free");
}

static void comm_plain(void)
{
	static const char * const names[] = {
		"po_comm", "a b  c", "exactly15chars_", "(x) [y] {z}", ")",
		"(po", "100%s%n", "", "a/b.c",
	};
	struct po_record rec;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		record_of(names[i], &rec);
		po_check(!strcmp(rec.comm, names[i]), "comm '%s' is shown as '%s'",
			 names[i], rec.comm);
	}
}

/* However it is shown, it is not taken for what comes after it. */
static void comm_bracket(void)
{
	struct po_record rec;

	record_of("), ts 7 ns", &rec);
	po_check(rec.ts > 7, "ts %llu", rec.ts);
	po_check(strstr(rec.comm, ", ts 7 ns"), "comm '%s'", rec.comm);
}

/* Nor may it end the line or begin another record. */
static void comm_newline(void)
{
	struct po_record rec;

	record_of("x\nPFN 0x1 type", &rec);
	record_of("\n", &rec);
	record_of("\n\nPage alloca", &rec);
}

static void comm_not_ascii(void)
{
	struct po_record rec;

	record_of("\xff\xfe\x80", &rec);
	record_of("f\xc3\xb6\xc3\xb6", &rec);
	record_of("\x01\x1b[31m\x7f", &rec);
}

static void check_mode(const char *path, mode_t mode)
{
	struct stat st;

	po_check(!stat(path, &st), "%s: %s", path, strerror(errno));
	po_check((st.st_mode & 07777) == mode, "%s has mode %o, not %o", path,
		 st.st_mode & 07777, mode);
	po_check(!st.st_uid && !st.st_gid, "%s is not root's", path);
}

static void file_modes(void)
{
	check_mode(PO_STACKS, 0400);
	check_mode(PO_THRESHOLD, 0600);
	check_mode(PO_FILE, 0600);
	check_mode(PO_HANDLES, 0400);
	check_mode(PO_BOTH, 0400);
}

static char *kernel_log(void)
{
	int size = klogctl(10, NULL, 0);
	char *log = calloc(1, size + 1);

	po_check(size > 0 && log && klogctl(3, log, size) > 0, "kernel log: %s",
		 strerror(errno));
	return log;
}

/* One line per zone with memory, at boot. */
static void boot_lines(void)
{
	char *zoneinfo = po_slurp("/proc/zoneinfo", NULL);
	char *log = kernel_log();
	char zone[32], text[128], *line, *save = NULL;
	unsigned long present;
	int node = -1, zones = 0;

	if (!strstr(log, "Linux version "))
		po_skip("the start of the kernel log is gone");
	for (line = strtok_r(zoneinfo, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "Node %d, zone %31s", &node, zone) == 2 ||
		    sscanf(line, " present %lu", &present) != 1 || !present)
			continue;
		snprintf(text, sizeof(text),
			 "Node %d, zone %8s: page owner found early allocated ",
			 node, zone);
		line = strstr(log, text);
		po_check(line, "no '%s'", text);
		line += strlen(text);
		line += strspn(line, "0123456789");
		po_check(!strncmp(line, " pages\n", 7), "'%.40s' after the number",
			 line);
		zones++;
	}
	po_check(zones, "no zones");
}

/* The mixed blocks of one mobility: as in the file, and by our own count. */
#define MAX_TYPES 16

struct mixed {
	char names[MAX_TYPES][16];
	int nr_types;
	unsigned long file[MAX_TYPES];
	unsigned long blocks[MAX_TYPES];
	unsigned long counted[MAX_TYPES];
	unsigned long last_block;
	int zones;
	long pageblock_order;
};

static void read_names(struct mixed *m, const char *line)
{
	int n;

	m->nr_types = 0;
	while (m->nr_types < MAX_TYPES &&
	       sscanf(line, " %15s%n", m->names[m->nr_types], &n) == 1) {
		line += n;
		m->nr_types++;
	}
}

/* The head line of our table, byte for byte. */
static void check_head(const struct mixed *m, const char *names)
{
	char text[MAX_TYPES * 16] = "";
	int i;

	for (i = 0; i < m->nr_types; i++)
		sprintf(text + strlen(text), "%12s ", m->names[i]);
	po_check(!strcmp(names, text), "head line '%s', not '%s'", names, text);
}

/* A row of the table: Node %d, zone %8s, then %12lu and a space each. */
static void add_row(struct mixed *m, const char *line, unsigned long *sums)
{
	char zone[32], head[64];
	unsigned long n;
	int node, i;

	po_check(sscanf(line, "Node %d, zone %31s", &node, zone) == 2,
		 "row '%s'", line);
	snprintf(head, sizeof(head), "Node %d, zone %8s ", node, zone);
	po_check(!strncmp(line, head, strlen(head)), "row '%s'", line);
	line += strlen(head);
	for (i = 0; i < m->nr_types; i++) {
		char cell[32];

		n = strtoul(line, NULL, 10);
		snprintf(cell, sizeof(cell), "%12lu ", n);
		po_check(!strncmp(line, cell, strlen(cell)), "cell '%s'", line);
		line += strlen(cell);
		sums[i] += n;
	}
	po_check(!*line, "'%s' ends a row", line);
}

static void read_table(struct mixed *m)
{
	static const char blocks[] = "Number of blocks type ";
	static const char mixed[] = "Number of mixed blocks ";
	char *text = po_slurp("/proc/pagetypeinfo", NULL);
	unsigned long *sums = NULL;
	char *line, *next;

	memset(m->file, 0, sizeof(m->file));
	memset(m->blocks, 0, sizeof(m->blocks));
	m->zones = 0;
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, blocks, strlen(blocks))) {
			sums = m->blocks;
			read_names(m, line + strlen(blocks));
		} else if (!strncmp(line, mixed, strlen(mixed))) {
			sums = m->file;
			read_names(m, line + strlen(mixed));
			check_head(m, line + strlen(mixed));
		} else if (sums && !strncmp(line, "Node ", 5)) {
			add_row(m, line, sums);
			m->zones += sums == m->file;
		} else {
			sums = NULL;
		}
	}
	free(text);
	po_check(m->zones, "no table of mixed blocks");
}

static int type_index(const struct mixed *m, const char *name)
{
	int i;

	/* The table has no column of its own use for CMA: it counts as movable. */
	if (!strcmp(name, "CMA"))
		name = "Movable";
	for (i = 0; i < m->nr_types; i++)
		if (!strcmp(m->names[i], name))
			return i;
	po_fail("type %s is not in the table", name);
}

static void count_mixed(const struct po_record *rec, void *arg)
{
	struct mixed *m = arg;
	unsigned long block = rec->block, last;

	if (!strcmp(rec->type, rec->block_type))
		return;
	last = (rec->pfn + (1UL << rec->order) - 1) >> m->pageblock_order;
	if (block <= m->last_block)
		block = m->last_block + 1;
	for (; block <= last; block++) {
		m->counted[type_index(m, rec->block_type)]++;
		m->last_block = block;
	}
}

/*
 * The table must say what follows from the dump. Blocks change while both are
 * read, so it has to be so once, for each mobility, out of some attempts.
 */
static void pagetypeinfo_table(void)
{
	struct mixed m = { .pageblock_order = pageblock_order() };
	bool seen[MAX_TYPES] = {};
	unsigned long all = 0;
	int i, try, left = 1;

	/* Unmovable pages in a movable block, or there might be none at all. */
	po_alloc_contig("pages=3", 0);
	for (try = 0; try < 8 && left; try++) {
		int fd = po_open(PO_FILE, O_RDONLY);

		read_table(&m);
		memset(m.counted, 0, sizeof(m.counted));
		m.last_block = 0;
		po_each_record(fd, 65536, count_mixed, &m);
		close(fd);
		for (i = 0, left = 0; i < m.nr_types; i++) {
			if (m.counted[i] == m.file[i])
				seen[i] = true;
			left += !seen[i];
		}
	}
	for (i = 0; i < m.nr_types; i++) {
		ksft_print_msg("%s: %lu of %lu blocks are mixed, by the dump %lu\n",
			       m.names[i], m.file[i], m.blocks[i], m.counted[i]);
		po_check(seen[i], "%s differs", m.names[i]);
		all += m.file[i];
	}
	po_check(all, "no block is mixed");
}

static const struct po_test tests[] = {
	{ "every_record_parses", every_record_parses, false },
	{ "comm_plain", comm_plain, true },
	{ "comm_bracket", comm_bracket, true },
	{ "comm_newline", comm_newline, true },
	{ "comm_not_ascii", comm_not_ascii, true },
	{ "file_modes", file_modes, false },
	{ "boot_lines", boot_lines, false },
	{ "pagetypeinfo_table", pagetypeinfo_table, true },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
