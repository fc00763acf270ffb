// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: po_time NAME COMMAND...
 *
 * Runs a command and prints how many thousand instructions that took.
 */
#include <err.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "po_clock.h"

int main(int argc, char **argv)
{
	unsigned long long start = now();
	pid_t pid;
	int status;

	if (argc < 3)
		errx(2, "usage: po_time NAME COMMAND...");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "%s failed", argv[1]);
	printf("workload\t%s\t%llu\n", argv[1], (now() - start + 500) / 1000);
	return 0;
}
