// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads page_owner once and prints how long a record took, in nanoseconds of
 * the guest's clock, and how many there were. An argument is written to the
 * file first: a filter.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 16];

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static unsigned long records(const char *text, ssize_t len)
{
	unsigned long nr = 0;

	for (; (text = memmem(text, buffer + len - text, "\n\n", 2)); text += 2)
		nr++;
	return nr;
}

int main(int argc, char **argv)
{
	int fd = open("/sys/kernel/debug/page_owner",
		      argc > 1 ? O_RDWR : O_RDONLY);
	unsigned long long total = 0, start;
	unsigned long nr = 0;
	ssize_t len;

	if (fd < 0)
		return 1;
	if (argc > 1 && write(fd, argv[1], strlen(argv[1])) < 0)
		return 1;
	do {
		start = now();
		len = read(fd, buffer, sizeof(buffer));
		total += now() - start;
		if (len > 0)
			nr += records(buffer, len);
	} while (len > 0);
	if (len < 0 || !nr)
		return 1;
	printf("po_bench: %llu %s\n", total / nr,
	       argc > 1 ? argv[1] : "mode=stack");
	printf("po_bench: %lu records\n", nr);
	return 0;
}
