// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory, because of a stack that is known: the kernel log names it, and
 * first. For a machine with little memory and nothing else to do; it kills.
 *
 * Not run with the others: the log of an OOM has a call trace, and what the
 * others hold would be in the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_util.h"

#define CULPRIT	"test_page_owner_chain_2"
#define REPORT	"page_owner: of "

static void set_score(const char *score)
{
	po_check(po_write("/proc/self/oom_score_adj", "%s", score), "%s",
		 strerror(errno));
}

/*
 * Takes memory until it is killed for that; the module gives it back then.
 * Whether it was killed.
 */
static bool eat_all(void)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	po_check(pid >= 0, "fork: %s", strerror(errno));
	if (!pid) {
		set_score("1000");
		po_control("alloc order=0 gfp=kernel count=100000000 chain=2");
		_exit(0);
	}
	po_check(waitpid(pid, &status, 0) == pid, "wait: %s", strerror(errno));
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The lines of the first owner after the first line of a report. */
static const char *first_owner(const char *report, size_t *len)
{
	const char *p = strchr(report, '\n');
	const char *start;

	if (!p || strncmp(p + 1, "page_owner: ", 12))
		return NULL;
	start = strchr(p + 1, '\n') + 1;
	for (p = start; *p == ' ' && strchr(p, '\n');)
		p = strchr(p, '\n') + 1;
	*len = p - start;
	return start;
}

int main(void)
{
	const char *oom, *report, *frames = NULL;
	unsigned long share = 0;
	size_t len = 0;
	bool killed;
	char *log;
	int kmsg;

	ksft_print_header();
	if (!po_kernel_has(PO_FILE))
		ksft_exit_skip("booted without page_owner=on\n");
	if (!po_load_module(""))
		ksft_exit_fail_msg("no test module\n");
	ksft_set_plan(5);
	set_score("-1000");
	kmsg = po_kmsg_open();
	killed = eat_all();
	log = po_kmsg(kmsg);
	ksft_test_result(killed, "the one that took it all was killed\n");

	oom = strstr(log, "invoked oom-killer");
	report = oom ? strstr(oom, REPORT) : NULL;
	ksft_test_result(report, "the log names owners\n");
	if (report)
		frames = first_owner(report, &len);
	ksft_test_result(frames && po_text_has_frame(frames, len, CULPRIT),
			 "the first one is the culprit\n");
	if (frames)
		sscanf(strchr(report, '\n') + 1, "page_owner: %*u pages, %*ukB, %lu.", &share);
	ksft_test_result(share >= 50, "the culprit has %lu%% of the memory\n", share);
	if (!frames || share < 50)
		printf("# %.3000s\n", report ? report : log);

	ksft_test_result(!po_stack_pages(CULPRIT) && po_invariant_holds(true),
			 "the counts still agree with the dump\n");
	ksft_finished();
}
