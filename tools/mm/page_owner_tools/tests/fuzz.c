// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as input: no crash, no record lost without a word.
 *
 * With clang's libFuzzer (-DLIBFUZZER) it is a target for that; else a program
 * of its own: page_owner_fuzz RUNS FILE... runs each file as it is, and then
 * RUNS inputs that it makes of the files by a fixed sequence of damage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show/export.h"
#include "load.h"
#include "count/tree.h"

#define ALL_KEYS	(((1u << PAGE_OWNER_BY_TEXT) - 1) & \
			 ~(1u << PAGE_OWNER_BY_RELEASED))

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "page_owner_fuzz: %s\n", what);
	abort();
}

/* Every line that begins a record is one, or is counted as lost. */
static size_t count_starts(const unsigned char *data, size_t size)
{
	static const char *const starts[] = {
		"Page allocated via order ", "Page last allocated via order "
	};
	const unsigned char *end = data + size;
	size_t nr = 0;

	for (int i = 0; i < 2; i++) {
		const unsigned char *pos = data;

		while ((pos = memmem(pos, end - pos, starts[i], strlen(starts[i])))) {
			nr += pos == data || pos[-1] == '\n';
			pos++;
		}
	}
	return nr;
}

static int is_plain_text(const unsigned char *data, size_t size)
{
	static const char *const magic[] = {
		"\x1f\x8b", "\x28\xb5\x2f\xfd", "page_owner capture", "PGOWNER\n"
	};

	for (size_t i = 0; i < sizeof(magic) / sizeof(*magic); i++) {
		size_t len = strlen(magic[i]);

		if (size >= len && !memcmp(data, magic[i], len))
			return 0;
	}
	return 1;
}

static void check_counts(const struct page_owner_load *load,
			 const unsigned char *data, size_t size)
{
	unsigned long long times = 0;

	for (size_t i = 0; i < load->agg.nr; i++)
		times += load->agg.blocks[i]->times;
	must(times == load->agg.times, "the blocks do not add up");
	must(times + load->left_out == load->stats.records,
	     "a record was not counted");
	must(load->left_out <= load->stats.freed, "a page in use was left out");
	must(load->stats.lost || !load->stats.why, "damage without a loss");
	if (is_plain_text(data, size) && !load->stacks_only)
		must(load->stats.records + load->stats.lost >=
		     count_starts(data, size), "a record was lost without a word");
}

static void use(struct page_owner_load *load)
{
	struct page_owner_export ex = { .load = load, .keys = load->agg.cull };
	struct page_owner_tree tree;
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "w");
	ex.file = null;
	page_owner_write_folded(&ex);
	page_owner_write_json(&ex);
	must(!page_owner_tree_build(&tree, &load->agg, true, false), "no tree");
	page_owner_tree_destroy(&tree);
}

static int test_input(const unsigned char *data, size_t size)
{
	struct page_owner_request request = { .cull = ALL_KEYS };
	struct page_owner_load load;
	struct page_owner_stream *stream = page_owner_stream_memory(data, size);

	request.functions = size & 1;
	request.any_state = size & 2;
	must(!!stream, "no memory");
	errno = 0;
	if (page_owner_load_stream(&load, stream, size, &request)) {
		must(errno == EPROTONOSUPPORT || errno == ENOMEM,
		     "an input cannot be read");
	} else {
		check_counts(&load, data, size);
		use(&load);
	}
	page_owner_load_destroy(&load);
	return 0;
}

#ifdef LIBFUZZER
/* libFuzzer has no header with this. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	return test_input(data, size);
}
#else
#define MAX_FILES	4096
#define MAX_INPUT	((size_t)64 << 10)

static struct {
	unsigned char *data;
	size_t size;
} files[MAX_FILES];
static size_t nr_files;

static unsigned long long state = 1;

static size_t rnd(size_t n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return n ? (state >> 33) % n : 0;
}

static void read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char *data = malloc(MAX_INPUT);

	if (!file || !data || nr_files == MAX_FILES) {
		perror(path);
		exit(2);
	}
	files[nr_files].size = fread(data, 1, MAX_INPUT, file);
	files[nr_files].data = realloc(data, files[nr_files].size + 1);
	must(!!files[nr_files++].data, "no memory");
	fclose(file);
}

/* Cuts, changes, repeats or puts in a piece of another file. */
static size_t damage(unsigned char *buf, size_t size)
{
	size_t other = rnd(nr_files), at = rnd(size + 1), len;

	switch (rnd(6)) {
	case 0:
		return at;
	case 1:
		if (at < size)
			buf[at] = rnd(256);
		return size;
	case 2:
		if (at < size)
			buf[at] ^= 1 << rnd(8);
		return size;
	case 3:
		len = rnd(size - at + 1);
		memmove(buf + at, buf + at + len, size - at - len);
		return size - len;
	case 4:
		len = rnd(64);
		if (size + len > MAX_INPUT)
			return size;
		memmove(buf + at + len, buf + at, size - at);
		memset(buf + at, "\n\r \0Pf1,"[rnd(8)], len);
		return size + len;
	default:
		len = rnd(files[other].size + 1);
		if (at + len > MAX_INPUT)
			return size;
		memcpy(buf + at, files[other].data + files[other].size - len, len);
		return at + len > size ? at + len : size;
	}
}

int main(int argc, char **argv)
{
	unsigned char *buf = malloc(MAX_INPUT);
	unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (argc < 3 || !buf) {
		fprintf(stderr, "usage: page_owner_fuzz RUNS FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		read_file(argv[i]);
	for (size_t i = 0; i < nr_files; i++)
		test_input(files[i].data, files[i].size);
	while (runs--) {
		size_t from = rnd(nr_files), size = files[from].size;

		memcpy(buf, files[from].data, size);
		for (size_t i = 1 + rnd(4); i; i--)
			size = damage(buf, size);
		test_input(buf, size);
	}
	free(buf);
	for (size_t i = 0; i < nr_files; i++)
		free(files[i].data);
	return 0;
}
#endif
