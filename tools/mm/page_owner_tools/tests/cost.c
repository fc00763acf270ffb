// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner_cost COMMAND [ARGUMENT]... - what a command costs, on standard
 * error: milliseconds of CPU, milliseconds, kB of memory at most
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long ms(struct timeval tv)
{
	return tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: page_owner_cost COMMAND [ARGUMENT]...\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("page_owner_cost");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	fprintf(stderr, "%ld %ld %ld\n", ms(usage.ru_utime) + ms(usage.ru_stime),
		(end.tv_sec - start.tv_sec) * 1000 +
		(end.tv_nsec - start.tv_nsec) / 1000000, usage.ru_maxrss);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}
