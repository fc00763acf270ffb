// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of the memory controller: which group is charged, and how.
 *
 * Stock 6.12.117 crashes in most of these: it takes the memcg of a page in the
 * page cache or of a process for an objcg, and follows a wild pointer.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#define GROUP "po_test_group"

static char root[128];
static char group[512];

/* The unified hierarchy, where it is or mounted for us. */
static void find_root(void)
{
	static const char * const places[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/tmp/po_cgroup",
	};
	char path[256];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(root, sizeof(root), "%s", places[i]);
		snprintf(path, sizeof(path), "%s/cgroup.controllers", root);
		if (po_kernel_has(path))
			return;
	}
	mkdir(root, 0700);
	if (mount("cgroup2", root, "cgroup2", 0, NULL))
		po_skip("no cgroup2: %s", strerror(errno));
}

static void remove_group(void)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/cgroup.procs", root);
	po_write(path, "%d", getpid());
	rmdir(group);
}

static void make_group(const char *name)
{
	char path[1024];

	find_root();
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
	if (!po_write(path, "+memory"))
		po_skip("no memory controller: %s", strerror(errno));
	snprintf(group, sizeof(group), "%s/%s", root, name);
	po_check(!mkdir(group, 0700), "%s: %s", group, strerror(errno));
	atexit(remove_group);
}

static void move_self(const char *where)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/cgroup.procs", where);
	po_check(po_write(path, "%d", getpid()), "%s: %s", path, strerror(errno));
}

static void expect_charge(const struct po_record *rec, const char *name,
			  bool objcg, bool offline)
{
	po_check(rec->charged, "PFN %#lx is not charged", rec->pfn);
	po_check(!strcmp(rec->memcg, name), "charged to '%s'", rec->memcg);
	po_check(rec->objcg == objcg, "%svia objcg", rec->objcg ? "" : "not ");
	po_check(rec->offline == offline, "%sline", rec->offline ? "off" : "on");
}

static unsigned long touched_page(void)
{
	char *p = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	*p = 1;
	return po_pfn(p);
}

static void anonymous(void)
{
	struct po_record rec;

	make_group(GROUP);
	move_self(group);
	po_expect(touched_page(), &rec);
	expect_charge(&rec, GROUP, false, false);
	po_check(!rec.slab, "it is no slab");
	move_self(root);
}

static void name_of_any_length(void)
{
	char name[201];
	struct po_record rec;

	memset(name, 'n', 200);
	name[200] = '\0';
	make_group(name);
	move_self(group);
	po_expect(touched_page(), &rec);
	po_check(rec.charged && rec.memcg[0] &&
		 !strncmp(rec.memcg, name, strlen(rec.memcg)),
		 "charged to '%s'", rec.memcg);
	move_self(root);
}

/* It cannot forge a line: cgroupfs refuses a newline, not the rest. */
static void odd_name(void)
{
	static const char name[] = "a b) ns, PFN 0x1 [x]";
	struct po_record rec;

	make_group(name);
	move_self(group);
	po_expect(touched_page(), &rec);
	expect_charge(&rec, name, false, false);
	move_self(root);
}

static void kernel_memory(void)
{
	static struct po_block b[1];
	struct po_record rec;
	unsigned int i;

	make_group(GROUP);
	move_self(group);
	po_alloc(b, 1, "how=compound order=2 gfp=account");
	move_self(root);
	po_expect(b[0].pfn[0], &rec);
	expect_charge(&rec, GROUP, true, false);
	for (i = 1; i < 4; i++)
		po_check(!po_lookup(b[0].pfn[0] + i, &rec), "a record for a tail");
	po_control("free");
}

static void not_charged(void)
{
	static struct po_block b[1];
	struct po_record rec;

	make_group(GROUP);
	move_self(group);
	po_alloc(b, 1, "order=0 gfp=kernel");
	move_self(root);
	po_expect(b[0].pfn[0], &rec);
	po_check(!rec.charged && !rec.slab, "charged to '%s'", rec.memcg);
}

/*
 * Remove the group, and wait until the page is no longer shown as charged to
 * it online: a worker does that after some grace periods of RCU, and each
 * membarrier() waits for one.
 */
static void outlive_group(unsigned long pfn, struct po_record *rec)
{
	int i;

	while (rmdir(group) && errno == EBUSY)
		;
	for (i = 0; i < 200; i++) {
		po_expect(pfn, rec);
		if (rec->offline || strcmp(rec->memcg, GROUP))
			return;
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	}
	po_fail("the group is gone, but not offline");
}

/* A page that outlives its group: of a file in memory, written in the group. */
static void offline(void)
{
	static const char path[] = "/tmp/po_memcg_file";
	struct po_record rec;
	int fd, status;
	char *p;
	pid_t pid;

	make_group(GROUP);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	po_check(fd >= 0 && !ftruncate(fd, getpagesize()), "%s: %s", path,
		 strerror(errno));
	pid = fork();
	if (!pid) {
		move_self(group);
		_exit(write(fd, "x", 1) != 1);
	}
	po_check(waitpid(pid, &status, 0) == pid && !status, "in the child");
	p = mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, fd, 0);
	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	po_check(*p == 'x', "not what was written");
	unlink(path);
	po_expect(po_pfn(p), &rec);
	if (!rec.charged)
		po_skip("the file's memory is not charged (is /tmp in memory?)");
	expect_charge(&rec, GROUP, false, false);
	outlive_group(po_pfn(p), &rec);
	expect_charge(&rec, GROUP, false, true);
}

/* The same for memory of the kernel, which goes to the parent instead. */
static void offline_kernel_memory(void)
{
	static struct po_block b[1];
	struct po_record rec;
	int status;
	pid_t pid;

	make_group(GROUP);
	pid = fork();
	if (!pid) {
		move_self(group);
		_exit(!!po_control("alloc order=0 gfp=account"));
	}
	po_check(waitpid(pid, &status, 0) == pid && !status, "in the child");
	po_blocks(b, 1);
	po_expect(b[0].pfn[0], &rec);
	expect_charge(&rec, GROUP, true, false);
	outlive_group(b[0].pfn[0], &rec);
	po_check(rec.charged && rec.objcg, "no longer charged");
}

struct slabs {
	unsigned long slab;
	unsigned long both;
};

static void count_slab(const struct po_record *rec, void *arg)
{
	struct slabs *s = arg;

	s->slab += rec->slab;
	s->both += rec->slab && rec->charged;
}

static void slab_pages(void)
{
	struct slabs s = {};
	int fd, i, pipes[64][2], nr;

	make_group(GROUP);
	move_self(group);
	/* Charged objects: inodes, files and their buffers. */
	for (nr = 0; nr < 64 && !pipe(pipes[nr]); nr++)
		;
	fd = po_open(PO_FILE, O_RDONLY);
	po_each_record(fd, 65536, count_slab, &s);
	close(fd);
	for (i = 0; i < nr; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	move_self(root);
	po_check(s.slab, "no slab page");
	po_check(!s.both, "%lu pages are slab and charged", s.both);
	ksft_print_msg("%lu slab pages\n", s.slab);
}

static const struct po_test tests[] = {
	{ "anonymous", anonymous, false },
	{ "name_of_any_length", name_of_any_length, false },
	{ "odd_name", odd_name, false },
	{ "kernel_memory", kernel_memory, true },
	{ "not_charged", not_charged, true },
	{ "offline", offline, false },
	{ "offline_kernel_memory", offline_kernel_memory, true },
	{ "slab_pages", slab_pages, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
