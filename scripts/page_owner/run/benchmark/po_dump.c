// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads page_owner once and prints how long it took in nanoseconds of the
 * guest's clock, by record and in all, and how many records there were.
 * Arguments are written to the file first: a filter.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "po_clock.h"

static char buffer[1 << 16];

/* Text: records end with an empty line. */
static unsigned long text_records(ssize_t len)
{
	const char *text = buffer;
	unsigned long nr = 0;

	for (; (text = memmem(text, buffer + len - text, "\n\n", 2)); text += 2)
		nr++;
	return nr;
}

/* mode=raw: the section at the end says how many there were. */
static unsigned long raw_records(ssize_t len)
{
	uint64_t nr = 0;

	if (len >= 16)
		memcpy(&nr, buffer + len - 16, sizeof(nr));
	return nr;
}

int main(int argc, char **argv)
{
	const char *filter = argc > 1 ? argv[1] : "mode=stack";
	int fd = open("/sys/kernel/debug/page_owner",
		      argc > 1 ? O_RDWR : O_RDONLY);
	bool raw = strstr(filter, "mode=raw");
	unsigned long long total = 0, start;
	unsigned long nr = 0;
	ssize_t len;

	if (fd < 0)
		return 1;
	if (argc > 1 && write(fd, filter, strlen(filter)) < 0)
		return 1;
	do {
		start = now();
		len = read(fd, buffer, sizeof(buffer));
		total += now() - start;
		if (len > 0)
			nr = raw ? raw_records(len) : nr + text_records(len);
	} while (len > 0);
	if (len < 0 || !nr)
		return 1;
	printf("dump\t%s, by record\t%llu\n", filter, total / nr);
	printf("dump\t%s, in all, thousands\t%llu\n", filter, total / 1000);
	printf("dump\t%s, records\t%lu\n", filter, nr);
	return 0;
}
