// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner_repeat DUMP RECORDS - make a large dump of a small one
 *
 * Writes the records of DUMP again and again, each with its own PFN and time,
 * until there are RECORDS of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	*len = 0;
	while (file && !feof(file) && !ferror(file)) {
		if (size - *len < 1 << 20) {
			size += 16 << 20;
			text = realloc(text, size);
			if (!text)
				abort();
		}
		*len += fread(text + *len, 1, size - *len - 1, file);
	}
	if (!file || ferror(file)) {
		perror(path);
		exit(1);
	}
	fclose(file);
	text[*len] = '\0';
	return text;
}

/* The record with "ts N ns" and "PFN 0xN" put anew; returns what follows it. */
static const char *put_record(const char *text, unsigned long long nr)
{
	const char *end = strstr(text, "\n\n");
	const char *ts = strstr(text, "), ts ");
	const char *pfn = ts ? strstr(ts, "\nPFN 0x") : NULL;

	if (!end || !pfn || pfn > end) {
		fprintf(stderr, "this is no dump of a kernel since 5.18\n");
		exit(1);
	}
	printf("%.*s), ts %llu", (int)(ts - text), text, 1000000000 + nr * 12345);
	ts = strstr(ts, " ns");
	printf("%.*s\nPFN 0x%llx", (int)(pfn - ts), ts, 0x100000 + nr);
	pfn += strlen("\nPFN 0x");
	pfn += strspn(pfn, "0123456789abcdef");
	fwrite(pfn, 1, end + 2 - pfn, stdout);
	return end + 2;
}

int main(int argc, char **argv)
{
	unsigned long long records, nr;
	const char *text, *pos;
	size_t len;

	if (argc != 3) {
		fprintf(stderr, "usage: page_owner_repeat DUMP RECORDS\n");
		return 2;
	}
	text = read_all(argv[1], &len);
	records = strtoull(argv[2], NULL, 10);
	for (pos = text, nr = 0; nr < records; nr++) {
		pos = put_record(pos, nr);
		if (!*pos)
			pos = text;
	}
	return fflush(stdout) || ferror(stdout);
}
