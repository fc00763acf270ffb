// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks are not unwound but looked up: each must be what the unwinder says.
 * The kernel compares every capture while the parameter verify is on. Also, that
 * looking up is what happens, and that tasks leave nothing behind.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#define STATS	PO_DEBUGFS "page_owner_stats"
#define TRACING	PO_DEBUGFS "tracing/"

#define CHUNK	256

static size_t page_size(void)
{
	return getpagesize();
}

/* Page faults, forks, files, memory given back in pieces. */
static void touch_memory(void)
{
	size_t size = CHUNK * page_size(), i;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	po_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	for (i = 0; i < size; i += page_size())
		p[i] = 1;
	for (i = 0; i < size; i += 2 * page_size())
		madvise(p + i, page_size(), MADV_DONTNEED);
	munmap(p, size);
}

static void use_file(void)
{
	static char text[1 << 16];
	int fd = memfd_create("po_capture", MFD_CLOEXEC);
	pid_t pid;

	po_check(fd >= 0, "memfd: %s", strerror(errno));
	po_check(write(fd, text, sizeof(text)) == sizeof(text), "write: %s",
		 strerror(errno));
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	close(fd);
}

/* Reading into fresh memory: the fault interrupts the kernel. */
static void fault_in_kernel(void)
{
	size_t size = 64 * page_size();
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("/dev/zero", O_RDONLY);

	po_check(p != MAP_FAILED && fd >= 0, "%s", strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	po_check(read(fd, p, size) == (ssize_t)size, "read: %s", strerror(errno));
	close(fd);
	munmap(p, size);
}

static void work(int rounds)
{
	while (rounds--) {
		touch_memory();
		use_file();
		fault_in_kernel();
	}
}

/* In two tasks, so that they use what the other one has just learnt. */
static void work_twice(int rounds)
{
	pid_t pid = fork();
	int status;

	po_check(pid >= 0, "fork: %s", strerror(errno));
	work(rounds);
	if (!pid)
		_exit(0);
	po_check(waitpid(pid, &status, 0) == pid && !status, "status %#x", status);
}

/*
 * Work meanwhile; every capture must be the unwinder's. Returns how many in a
 * hundred were unwound instead of being looked up.
 */
static int compare(void (*fn)(void))
{
	long long compared, different = po_field(STATS, "stacks_different");
	long long unwound = po_field(STATS, "stack_misses");

	po_check(po_write(PO_VERIFY, "1"), "%s: %s", PO_VERIFY, strerror(errno));
	compared = po_field(STATS, "stacks_compared");
	fn();
	compared = po_field(STATS, "stacks_compared") - compared;
	different = po_field(STATS, "stacks_different") - different;
	unwound = po_field(STATS, "stack_misses") - unwound;
	po_check(po_write(PO_VERIFY, "0"), "%s: %s", PO_VERIFY, strerror(errno));
	ksft_print_msg("%lld captures compared, %lld were unwound\n", compared,
		       unwound);
	po_check(compared > 1000, "%lld captures", compared);
	po_check(!different, "%lld captures are not the unwinder's", different);
	return unwound * 100 / compared;
}

/*
 * As before, and looking up is what happens to these stacks. A kernel that is so
 * slow that PO_CAPTURES is set has checks in every function, which change what
 * stack frames look like: there all that counts is that captures are right.
 */
static void compare_known(void (*fn)(void))
{
	int unwound = compare(fn);

	po_check(getenv("PO_CAPTURES") || unwound < 10, "%d %% were unwound", unwound);
}

static void plain_work(void)
{
	work_twice(4);
}

static void compare_plain(void)
{
	compare(plain_work);
}

/* How many captures: a million, or what the environment says. */
static void much_work(void)
{
	const char *wanted = getenv("PO_CAPTURES");
	long long end = po_field(STATS, "stacks_compared") +
			(wanted ? atoll(wanted) : 1000000);

	while (po_field(STATS, "stacks_compared") < end)
		work_twice(8);
}

static void compare_million(void)
{
	compare(much_work);
}

/* Different stacks in each context, for ever more frames. */
#define WORDS " gfp=atomic chain=%zu depth=%zu step=1"

static void all_contexts(void)
{
	static const char * const context[] = {
		"task", "atomic", "spin", "irqoff", "bh", "hardirq", "softirq",
	};
	size_t i, round;

	for (round = 0; round < 16; round++) {
		for (i = 0; i < ARRAY_SIZE(context); i++) {
			int ret = po_control("alloc order=%zu count=8 context=%s"
					     WORDS, round % 3, context[i], i, 1 + i);

			po_check(!ret, "alloc in %s: %s", context[i], strerror(-ret));
		}
		po_check(!po_control("free"), "free");
	}
	work(2);
}

static void compare_contexts(void)
{
	compare_known(all_contexts);
}

/*
 * Network: cards interrupt whatever runs, and their drivers allocate and free in
 * the softirq after that. PO_NETWORK names two cards on one wire that nothing else
 * is on.
 */
#define FRAMES		20000
/* A port number for local experiments. */
#define ETHERTYPE	0x88b5

static char card[2][IFNAMSIZ];

/* A socket that sends and gets whole frames of one card. */
static int open_card(const char *name)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERTYPE));
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE),
		.sll_ifindex = if_nametoindex(name),
	};
	struct ifreq req = {};

	po_check(fd >= 0, "packet socket: %s", strerror(errno));
	memcpy(req.ifr_name, name, IFNAMSIZ);
	po_check(!ioctl(fd, SIOCGIFFLAGS, &req), "%s: %s", name, strerror(errno));
	req.ifr_flags |= IFF_UP;
	po_check(!ioctl(fd, SIOCSIFFLAGS, &req), "%s up: %s", name, strerror(errno));
	po_check(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)), "bind: %s",
		 strerror(errno));
	return fd;
}

static void send_frames(int fd)
{
	static struct {
		struct ether_header header;
		char data[ETHERMTU];
	} frame;
	int i;

	memset(frame.header.ether_dhost, 0xff, ETH_ALEN);
	frame.header.ether_type = htons(ETHERTYPE);
	for (i = 0; i < FRAMES; i++) {
		while (send(fd, &frame, sizeof(frame), 0) < 0)
			po_check(errno == ENOBUFS, "send: %s", strerror(errno));
	}
}

/* The latest page that was allocated while frames came in. */
static void note_received(const struct po_record *rec, void *arg)
{
	unsigned long long *latest = arg;

	if (rec->ts > *latest && po_has_frame(rec, "net_rx_action"))
		*latest = rec->ts;
}

static unsigned long long last_received(void)
{
	int fd = po_open(PO_FILE, O_RDONLY);
	unsigned long long latest = 0;

	po_each_record(fd, 1 << 18, note_received, &latest);
	close(fd);
	return latest;
}

static void network_work(void)
{
	int from = open_card(card[0]), to = open_card(card[1]), status;
	unsigned long long before = last_received();
	pid_t pid = fork();
	char byte;

	po_check(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		send_frames(from);
		_exit(0);
	}
	work(4);
	po_check(waitpid(pid, &status, 0) == pid && !status, "status %#x", status);
	/* They wait in the socket, as many as it has room for. */
	po_check(recv(to, &byte, 1, MSG_TRUNC | MSG_DONTWAIT) == ETH_HLEN + ETHERMTU,
		 "recv: %s", strerror(errno));
	po_check(last_received() > before, "no page was allocated in a softirq");
	close(to);
	close(from);
}

static void compare_network(void)
{
	const char *names = getenv("PO_NETWORK");

	if (!names || sscanf(names, "%15s %15s", card[0], card[1]) != 2)
		po_skip("PO_NETWORK does not name two cards");
	compare_known(network_work);
}

/* The tracer puts itself in the place of return addresses. */
static void compare_graph_tracer(void)
{
	if (!po_kernel_has(TRACING "set_ftrace_filter") ||
	    !po_write(TRACING "set_ftrace_filter", "*page*"))
		po_skip("no function tracer");
	po_check(po_write(TRACING "current_tracer", "function_graph"),
		 "function_graph: %s", strerror(errno));
	compare(plain_work);
	po_check(po_write(TRACING "current_tracer", "nop"), "nop: %s",
		 strerror(errno));
	po_write(TRACING "set_ftrace_filter", " ");
	compare(plain_work);
}

static void compare_kretprobes(void)
{
	static const char probes[] = "r:po_fault handle_mm_fault\n"
				     "r:po_write vfs_write\n"
				     "p:po_free free_unref_page\n";

	if (!po_write(TRACING "kprobe_events", "%s", probes))
		po_skip("no kprobes: %s", strerror(errno));
	po_check(po_write(TRACING "events/kprobes/enable", "1"), "enable: %s",
		 strerror(errno));
	compare(plain_work);
	po_check(po_write(TRACING "events/kprobes/enable", "0"), "disable: %s",
		 strerror(errno));
	po_write(TRACING "kprobe_events", " ");
	compare(plain_work);
}

/* The module comes back to where it was, or to where something else was. */
#define RELOADS 16

static void reload_modules(void)
{
	int i;

	for (i = 0; i < RELOADS; i++) {
		po_check(po_unload_module(), "unload: %s", strerror(errno));
		po_check(po_load_module(""), "load: %s", strerror(errno));
		po_check(!po_control("alloc order=0 count=32 depth=5 step=1"), "alloc");
		po_check(!po_control("free"), "free");
		work(1);
	}
}

static void compare_modules(void)
{
	long long flushes = po_field(STATS, "stack_flushes");

	compare(reload_modules);
	/* What a module begins with is not remembered, so nothing is to forget then. */
	po_check(po_field(STATS, "stack_flushes") >= flushes + RELOADS,
		 "the cache was not emptied");
}

/* If the kernel was booted with page_owner=on,verify: not at boot, either. */
static void never_different(void)
{
	long long different = po_field(STATS, "stacks_different");

	po_check(po_field(STATS, "stacks_compared") > 0, "none was compared");
	po_check(!different, "%lld since boot", different);
}

/* What is compared is looked up, not unwound twice. */
static void lookups_hit(void)
{
	long long hits, misses;

	work(2);
	hits = po_field(STATS, "stack_hits");
	misses = po_field(STATS, "stack_misses");
	work(8);
	hits = po_field(STATS, "stack_hits") - hits;
	misses = po_field(STATS, "stack_misses") - misses;
	ksft_print_msg("%lld hits, %lld misses\n", hits, misses);
	po_check(hits > 20 * misses, "%lld hits, %lld misses", hits, misses);
}

static void verify_takes_0_and_1(void)
{
	po_check(!po_write(PO_VERIFY, "2") && errno == EINVAL, "2: %s",
		 strerror(errno));
	po_check(!po_is_on(PO_VERIFY), "it is on");
}

/* The owners in the dump, each as often as there are records of it. */
struct owners {
	struct owner {
		unsigned long pid;
		unsigned long tgid;
		char comm[128];
	} *of;
	size_t nr;
	size_t room;
};

static void note_owner(const struct po_record *rec, void *arg)
{
	struct owners *owners = arg;
	struct owner *owner;

	if (owners->nr == owners->room) {
		owners->room = owners->room * 2 + 1024;
		owners->of = realloc(owners->of, owners->room * sizeof(*owners->of));
		po_check(owners->of, "no memory");
	}
	owner = &owners->of[owners->nr++];
	memset(owner, 0, sizeof(*owner));
	owner->pid = rec->pid;
	owner->tgid = rec->tgid;
	snprintf(owner->comm, sizeof(owner->comm), "%s", rec->comm);
}

static int compare_owners(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct owner));
}

static size_t count_owners(void)
{
	struct owners owners = {};
	size_t different = 0, i;
	int fd = po_open(PO_FILE, O_RDONLY);

	po_each_record(fd, 1 << 16, note_owner, &owners);
	close(fd);
	qsort(owners.of, owners.nr, sizeof(*owners.of), compare_owners);
	for (i = 0; i < owners.nr; i++) {
		if (!i || compare_owners(&owners.of[i - 1], &owners.of[i]))
			different++;
	}
	free(owners.of);
	return different;
}

static size_t count_threads(void)
{
	glob_t threads;
	size_t nr;

	po_check(!glob("/proc/[0-9]*/task/[0-9]*", 0, NULL, &threads), "/proc");
	nr = threads.gl_pathc;
	globfree(&threads);
	return nr;
}

/*
 * Identities are those of threads and of the pages in the dump. A thread that
 * has just ended has one until RCU lets it go.
 */
static bool none_left_over(void)
{
	size_t owners = count_owners();
	long long tasks = po_field(STATS, "tasks");
	size_t threads = count_threads();

	ksft_print_msg("%lld identities, %zu owners in the dump, %zu threads\n",
		       tasks, owners, threads);
	return tasks <= (long long)(owners + threads);
}

/* Each with a name and pages of its own; those that are gone have nothing. */
static void tasks_leave_nothing(void)
{
	const int many = 2000;
	char name[16];
	int i, tries;

	for (i = 0; i < many; i++) {
		pid_t pid = fork();

		po_check(pid >= 0, "fork: %s", strerror(errno));
		if (!pid) {
			snprintf(name, sizeof(name), "po-%d", i);
			prctl(PR_SET_NAME, name);
			touch_memory();
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	for (tries = 0; tries < 200 && !none_left_over(); tries++)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	po_check(tries < 200, "there are identities without a task or page");
}

static const struct po_test tests[] = {
	{ "compare_plain", compare_plain, false },
	{ "compare_contexts", compare_contexts, true },
	{ "compare_network", compare_network, false },
	{ "compare_graph_tracer", compare_graph_tracer, false },
	{ "compare_kretprobes", compare_kretprobes, false },
	{ "compare_modules", compare_modules, true },
	{ "compare_million", compare_million, false },
	{ "never_different", never_different, false },
	{ "lookups_hit", lookups_hit, false },
	{ "verify_takes_0_and_1", verify_takes_0_and_1, false },
	{ "tasks_leave_nothing", tasks_leave_nothing, false },
};

int main(int argc, char **argv)
{
	return po_main(argc, argv, tests, ARRAY_SIZE(tests));
}
