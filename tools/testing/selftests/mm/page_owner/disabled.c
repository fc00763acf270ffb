// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that was booted without page_owner=on: no files, no table, one line in
 * the log that says so, and switches that cannot be set.
 *
 * Everything here but the switches holds on stock 6.12. A kernel with page_owner=on
 * skips.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>

#include "po_util.h"

static char *kernel_log(void)
{
	int size = klogctl(10, NULL, 0);
	char *log = calloc(1, size + 1);

	if (size <= 0 || !log || klogctl(3, log, size) <= 0)
		ksft_exit_fail_perror("kernel log");
	return log;
}

/* A switch says why it cannot be set, and stays what it was. */
static bool refuses(const char *name, const char *value)
{
	char path[128], words[64], *before, *after, *log;
	bool refused;

	snprintf(path, sizeof(path), PO_PARAMETERS "%s", name);
	snprintf(words, sizeof(words), "page_owner.%s cannot be set", name);
	before = po_slurp(path, NULL);
	refused = !po_write(path, "%s", value) && errno == EOPNOTSUPP;
	after = po_slurp(path, NULL);
	log = kernel_log();
	return refused && !strcmp(before, after) && strstr(log, words);
}

int main(void)
{
	char *log, *table;

	ksft_print_header();
	if (!po_kernel_has(PO_DEBUGFS "fault_around_bytes"))
		mount("debugfs", PO_DEBUGFS, "debugfs", 0, NULL);
	if (po_kernel_has(PO_FILE))
		ksft_exit_skip("booted with page_owner=on\n");
	ksft_set_plan(7);
	log = kernel_log();
	if (strstr(log, "Linux version "))
		ksft_test_result(strstr(log, "page_owner is disabled\n"),
				 "log_says_disabled\n");
	else
		ksft_test_result_skip("log_says_disabled: the log's start is gone\n");
	ksft_test_result(!strstr(log, "page owner found early allocated"),
			 "no_early_pages\n");
	ksft_test_result(!po_kernel_has(PO_STACKS) && !po_kernel_has(PO_HANDLES),
			 "no_stacks\n");
	ksft_test_result(refuses("recording", "1"), "recording_refused\n");
	ksft_test_result(refuses("verify", "1"), "verify_refused\n");
	ksft_test_result(refuses("show_mem", "3"), "show_mem_refused\n");
	table = po_slurp("/proc/pagetypeinfo", NULL);
	ksft_test_result(!strstr(table, "Number of mixed blocks"),
			 "no_mixed_blocks\n");
	ksft_finished();
}
