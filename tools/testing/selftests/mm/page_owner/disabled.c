// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that was booted without page_owner=on: no files, no table, and one
 * line in the log that says so.
 *
 * Everything here holds on stock 6.12. A kernel with page_owner=on skips.
 */
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

int main(void)
{
	char *log, *table;

	ksft_print_header();
	if (!po_kernel_has(PO_DEBUGFS "fault_around_bytes"))
		mount("debugfs", PO_DEBUGFS, "debugfs", 0, NULL);
	if (po_kernel_has(PO_FILE))
		ksft_exit_skip("booted with page_owner=on\n");
	ksft_set_plan(5);
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
	ksft_test_result(!po_kernel_has(PO_DEBUGFS "page_owner_show_mem"),
			 "no_report_to_set\n");
	table = po_slurp("/proc/pagetypeinfo", NULL);
	ksft_test_result(!strstr(table, "Number of mixed blocks"),
			 "no_mixed_blocks\n");
	ksft_finished();
}
