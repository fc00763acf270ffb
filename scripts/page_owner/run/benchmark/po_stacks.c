// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads page_owner_stacks/show_counts once and prints how long it took in
 * nanoseconds of the guest's clock, by stack, and how many stacks there were.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "po_clock.h"

static char buffer[1 << 16];

int main(void)
{
	int fd = open("/sys/kernel/debug/page_owner_stacks/show_counts", O_RDONLY);
	unsigned long long total = 0, start;
	unsigned long nr = 0;
	ssize_t len, i;

	/* Stock has no such file. */
	if (fd < 0)
		return 0;
	do {
		start = now();
		len = read(fd, buffer, sizeof(buffer));
		total += now() - start;
		for (i = 0; i < len; i++)
			nr += buffer[i] == '\n';
	} while (len > 0);
	if (len < 0 || nr < 2)
		return 1;
	printf("counts\tshow_counts, by stack\t%llu\n", total / (nr - 1));
	printf("counts\tshow_counts, stacks\t%lu\n", nr - 1);
	return 0;
}
