// SPDX-License-Identifier: GPL-2.0-only
/* Runs a table of tests, each in its own process, and reports in TAP. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#define MODULE "test_page_owner"

/* Written by the process of a test, read by its parent. */
static char *shared_reason;
#define REASON_MAX 4096

static char program_dir[256];

/**
 * po_fail_at() - end this test as failed
 * @file: where
 * @line: where
 * @fmt: why, as for printf()
 */
void po_fail_at(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# %s:%d: ", file, line);
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
	exit(KSFT_FAIL);
}

/**
 * po_skip() - end this test as skipped
 * @fmt: why, as for printf()
 */
void po_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (shared_reason)
		vsnprintf(shared_reason, REASON_MAX, fmt, args);
	va_end(args);
	exit(KSFT_SKIP);
}

static bool load_file(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return false;
	ret = syscall(SYS_finit_module, fd, params, 0);
	close(fd);
	return !ret || errno == EEXIST;
}

/**
 * po_load_module() - load the test module
 * @params: its parameters
 *
 * It is looked for in $TEST_PAGE_OWNER_KO, beside the program, and where
 * kernel modules are installed.
 *
 * Return: whether it is loaded.
 */
bool po_load_module(const char *params)
{
	const char *env = getenv("TEST_PAGE_OWNER_KO");
	struct utsname uts;
	char path[1024];

	if (po_kernel_has(PO_CONTROL))
		return true;
	if (env && load_file(env, params))
		return true;
	uname(&uts);
	snprintf(path, sizeof(path), "%s/" MODULE ".ko", program_dir);
	if (load_file(path, params))
		return true;
	snprintf(path, sizeof(path), "/lib/modules/%s/kernel/lib/" MODULE ".ko",
		 uts.release);
	if (load_file(path, params))
		return true;
	return load_file("/lib/modules/" MODULE ".ko", params);
}

/**
 * po_unload_module() - unload the test module
 *
 * Return: whether it could be unloaded.
 */
bool po_unload_module(void)
{
	return !syscall(SYS_delete_module, MODULE, O_NONBLOCK);
}

static const char * const bad_words[] = {
	"WARNING:", "BUG:", "Oops", "general protection fault", "refcount_t:",
	"Kernel panic", "UBSAN:", "KASAN:", "INFO: lockdep", "Call Trace:",
};

/* What a test left in the kernel log that no test may cause, or NULL. */
static const char *bad_word(const char *log)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_words); i++)
		if (strstr(log, bad_words[i]))
			return bad_words[i];
	return NULL;
}

static void print_lines(const char *text)
{
	char *copy = strdup(text);
	char *line, *save = NULL;

	for (line = copy ? strtok_r(copy, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		ksft_print_msg("kernel: %s\n", line);
	free(copy);
}

/* The test's own process. Does not return. */
static void child(const struct po_test *test)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (test->module && !po_load_module("")) {
		/* A path that is given is to be used. */
		po_check(!getenv("TEST_PAGE_OWNER_KO"), "%s: %s",
			 getenv("TEST_PAGE_OWNER_KO"), strerror(errno));
		po_skip("no " MODULE ".ko");
	}
	test->run();
	exit(KSFT_PASS);
}

static int run_child(const struct po_test *test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		ksft_exit_fail_perror("fork");
	if (!pid)
		child(test);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	ksft_print_msg("killed by signal %d\n", WTERMSIG(status));
	return KSFT_FAIL;
}

static void run_one(const struct po_test *test, int kmsg)
{
	const char *word;
	char *log;
	int code;

	shared_reason[0] = '\0';
	free(po_kmsg(kmsg));
	code = run_child(test);
	if (po_kernel_has(PO_CONTROL))
		po_control("free");
	log = po_kmsg(kmsg);
	word = bad_word(log);
	if (word) {
		ksft_print_msg("the kernel log has '%s':\n", word);
		print_lines(log);
		code = KSFT_FAIL;
	}
	free(log);
	if (code == KSFT_SKIP)
		ksft_test_result_skip("%s: %s\n", test->name, shared_reason);
	else
		ksft_test_result(code == KSFT_PASS, "%s\n", test->name);
}

static void prepare(char **argv)
{
	char *copy = strdup(argv[0]);

	snprintf(program_dir, sizeof(program_dir), "%s",
		 copy ? dirname(copy) : ".");
	free(copy);
	shared_reason = mmap(NULL, REASON_MAX, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared_reason == MAP_FAILED)
		ksft_exit_fail_perror("mmap");
	if (geteuid())
		ksft_exit_skip("needs root\n");
	if (!po_kernel_has(PO_DEBUGFS "fault_around_bytes") &&
	    !po_kernel_has(PO_FILE))
		mount("debugfs", PO_DEBUGFS, "debugfs", 0, NULL);
}

static bool wanted(const struct po_test *test, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strstr(test->name, argv[i]))
			return true;
	return argc < 2;
}

/**
 * po_main() - run a table of tests
 * @argc: as for main()
 * @argv: as for main(); words select the tests whose name has one of them
 * @tests: the table
 * @nr: its length
 *
 * Return: does not; exits as kselftest programs do.
 */
int po_main(int argc, char **argv, const struct po_test *tests, size_t nr)
{
	unsigned int plan = 0;
	size_t i;
	int kmsg;

	ksft_print_header();
	prepare(argv);
	if (!po_kernel_has(PO_FILE)) {
		char *cmdline = po_slurp("/proc/cmdline", NULL);

		if (strstr(cmdline, "page_owner=on"))
			ksft_exit_fail_msg("page_owner=on, but no " PO_FILE "\n");
		ksft_exit_skip("booted without page_owner=on\n");
	}
	for (i = 0; i < nr; i++)
		plan += wanted(&tests[i], argc, argv);
	ksft_set_plan(plan);
	kmsg = po_kmsg_open();
	for (i = 0; i < nr; i++)
		if (wanted(&tests[i], argc, argv))
			run_one(&tests[i], kmsg);
	ksft_finished();
}
