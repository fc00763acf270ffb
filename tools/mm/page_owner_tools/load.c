// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a file descriptor to counted records.
 *
 * The input is unwrapped layer by layer, each found by its first bytes: gzip or
 * zstd, capture. What is left is text or a raw dump, whose readers give the same
 * records. If there were no layers and the input is a large file of text, it is
 * cut into as many parts as there are processors, each of which begins with a
 * record, and the counts are added up in the order of the parts.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"
#include "read/capture.h"
#include "read/compress.h"
#include "read/packing.h"
#include "read/raw_record.h"
#include "read/text.h"

#define DEFAULT_PAGE_SIZE	4096

/* A part that is smaller is not worth a thread. */
#define MIN_PART	(16ull << 20)
#define MAX_PARTS	16

/* How far to look for the start of a record */
#define SPLIT_WINDOW	((size_t)1 << 20)

#define PROGRESS_STEP	(32ull << 20)

/* The records of one stream, on their way into one aggregation. */
struct part {
	const struct page_owner_request *request;
	struct page_owner_stream *stream;
	struct page_owner_wanted wanted;
	uint64_t start;			/* offset in the input, when it is split */
	uint64_t total;			/* bytes of the input, 0 if unknown */
	struct page_owner_agg agg;
	struct page_owner_reader_stats stats;
	bool freed;
	unsigned long long left_out;
	unsigned long long left_out_pages;
	unsigned long long no_frames;
	pthread_t thread;
	bool started;
	bool progress;			/* shows how far it is */
	int err;
};

static void show_progress(const struct part *part, uint64_t *next)
{
	unsigned long long done = page_owner_stream_consumed(part->stream);

	if (!part->progress || done < *next)
		return;
	*next = done + PROGRESS_STEP;
	if (part->total)
		fprintf(stderr, "\r\033[Kreading %3llu %%",
			done * 100 / part->total);
	else
		fprintf(stderr, "\r\033[Kreading %llu MiB", done >> 20);
}

static void end_progress(const struct part *part, uint64_t next)
{
	if (part->progress && next != PROGRESS_STEP)
		fputs("\r\033[K", stderr);
}

static void add_pages(unsigned long long *sum, unsigned long long pages)
{
	if (__builtin_add_overflow(*sum, pages, sum))
		*sum = ULLONG_MAX;
}

static int add(struct part *part, struct page_owner_record *rec)
{
	const struct page_owner_request *req = part->request;

	if (!req->any_state && rec->freed != part->freed) {
		part->left_out++;
		add_pages(&part->left_out_pages, rec->pages);
		return 0;
	}
	part->no_frames += !rec->frames;
	if (req->select && !page_owner_selected(req->select, rec))
		return 0;
	if (req->filter && !page_owner_filter_pass(req->filter, rec))
		return 0;
	return page_owner_agg_add(&part->agg, rec);
}

/* Counts what a reader gives; closes it. */
static int count_records(struct part *part, struct page_owner_reader *reader,
			 char *damage, size_t size)
{
	struct page_owner_record rec;
	uint64_t next = PROGRESS_STEP;
	int ret;

	if (!reader)
		return -1;
	while ((ret = page_owner_reader_next(reader, &rec)) > 0) {
		show_progress(part, &next);
		ret = add(part, &rec);
		if (ret)
			break;
	}
	end_progress(part, next);
	part->stats = reader->stats;
	if (damage && reader->damage)
		snprintf(damage, size, "%s", reader->damage);
	page_owner_reader_close(reader);
	return ret;
}

static void init_part(struct part *part, const struct page_owner_request *req,
		      const struct page_owner_load *load)
{
	memset(part, 0, sizeof(*part));
	part->request = req;
	part->progress = req->progress;
	part->freed = load->freed;
	part->wanted.keys = req->cull | req->sort | page_owner_filter_keys(req->filter) |
			    page_owner_select_keys(req->select);
	part->wanted.text = req->text;
	part->wanted.handles = load->handles.table.nr ? &load->handles : NULL;
	part->wanted.pool = &part->agg.pool;
	page_owner_agg_init(&part->agg, req->cull, req->keep);
	part->agg.functions = req->functions;
	part->agg.old_ts = req->old_ts;
}

/* Adds what came of a part to what came of those before it. */
static int take_part(struct page_owner_load *load, struct part *part, bool first)
{
	struct page_owner_reader_stats *sum = &load->stats, *stats = &part->stats;
	int ret = 0;

	if (!sum->lost) {
		sum->first_lost = part->start + stats->first_lost;
		sum->why = stats->why;
	}
	sum->records += stats->records;
	sum->freed += stats->freed;
	sum->lost += stats->lost;
	sum->closed += stats->closed;
	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++)
		sum->have[i] += stats->have[i];
	sum->cut = stats->cut;
	sum->open_end = stats->open_end;
	load->left_out += part->left_out;
	add_pages(&load->left_out_pages, part->left_out_pages);
	load->no_frames += part->no_frames;
	if (first) {
		load->agg = part->agg;
	} else {
		ret = page_owner_agg_merge(&load->agg, &part->agg);
		page_owner_agg_destroy(&part->agg);
	}
	return ret;
}

/* Offset of the first record at or after @from, 0 if it is not near. */
static uint64_t find_split(int fd, uint64_t from)
{
	char *buf = malloc(SPLIT_WINDOW);
	const char *found = NULL;
	ssize_t n;

	if (!buf)
		return 0;
	n = pread(fd, buf, SPLIT_WINDOW, from);
	if (n > 0)
		found = page_owner_record_find(buf, n);
	from = found ? from + (found - buf) : 0;
	free(buf);
	return from;
}

static void *run_part(void *arg)
{
	struct part *part = arg;
	struct page_owner_reader *reader =
		page_owner_reader_text(part->stream, &part->wanted);

	if (count_records(part, reader, NULL, 0))
		part->err = errno ? errno : ENOMEM;
	return NULL;
}

static unsigned int nr_parts(const struct page_owner_request *req, uint64_t size)
{
	long n = req->threads ? (long)req->threads : sysconf(_SC_NPROCESSORS_ONLN);

	if (n > MAX_PARTS)
		n = MAX_PARTS;
	if (n < 1)
		n = 1;
	if (!req->threads && (uint64_t)n > size / MIN_PART)
		n = size / MIN_PART;
	return n < 1 ? 1 : n;
}

/* Counts the parts between the given offsets, the first of them in this thread. */
static int run_parts(struct page_owner_load *load, int fd,
		     const struct page_owner_request *req, const uint64_t *bounds,
		     unsigned int nr)
{
	struct part *parts = calloc(nr, sizeof(*parts));
	int err = 0;

	if (!parts)
		return -1;
	for (unsigned int i = nr; i-- > 0;) {
		struct part *part = &parts[i];

		init_part(part, req, load);
		/* All are of one size: the first tells for all. */
		part->progress &= !i;
		part->start = bounds[i] - bounds[0];
		part->total = bounds[i + 1] - bounds[i];
		part->stream = page_owner_stream_range(fd, bounds[i], bounds[i + 1]);
		if (!part->stream)
			part->err = ENOMEM;
		else if (i && !pthread_create(&part->thread, NULL, run_part, part))
			part->started = true;
		else
			run_part(part);
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (parts[i].started)
			pthread_join(parts[i].thread, NULL);
		if (take_part(load, &parts[i], !i) && !err)
			err = ENOMEM;
		if (!err)
			err = parts[i].err;
		page_owner_stream_close(parts[i].stream);
	}
	free(parts);
	errno = err;
	return err ? -1 : 0;
}

/* 1 if the input was split and counted, 0 if it is not to be split, or -1. */
static int count_split(struct page_owner_load *load, int fd, off_t start,
		       const struct page_owner_request *req)
{
	uint64_t bounds[MAX_PARTS + 1];
	unsigned int nr = 1, want;
	struct stat st;

	if (start < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size <= start)
		return 0;
	want = nr_parts(req, st.st_size - start);
	if (want < 2)
		return 0;
	bounds[0] = start;
	for (unsigned int i = 1; i < want; i++) {
		uint64_t at = start + (st.st_size - start) / want * i;
		uint64_t split = find_split(fd, at);

		if (split > bounds[nr - 1])
			bounds[nr++] = split;
	}
	bounds[nr] = st.st_size;
	return run_parts(load, fd, req, bounds, nr) ? -1 : 1;
}

/* NULL with errno set, and then load->unpack says what helps */
static struct page_owner_stream *unpack(struct page_owner_load *load,
					struct page_owner_stream *packed)
{
	struct page_owner_stream *s = page_owner_stream_unpack(packed);
	const void *magic;
	size_t len;

	if (s || errno != EPROTONOSUPPORT)
		return s;
	/* It is in memory already. */
	magic = page_owner_stream_peek(packed, PAGE_OWNER_MAGIC_LEN, &len);
	load->unpack = magic ? page_owner_magic(magic, len) : NULL;
	errno = EPROTONOSUPPORT;
	return NULL;
}

static int read_stacks_file(struct page_owner_load *load, const char *path)
{
	struct page_owner_stream *s = NULL, *packed;
	int ret = -1, fd = open(path, O_RDONLY | O_CLOEXEC);

	load->failed = path;
	if (fd < 0)
		return -1;
	packed = page_owner_stream_fd(fd);
	if (packed)
		s = unpack(load, packed);
	if (s)
		ret = page_owner_handles_read(&load->handles, s);
	page_owner_stream_close(s ? s : packed);
	close(fd);
	if (!ret)
		load->failed = NULL;
	return ret;
}

/* What an input is, by its first bytes, once no layer is around it */
enum kind { TEXT, STACKS, RAW };

/* -1 with errno set if it cannot be read */
static int kind_of(struct page_owner_stream *s)
{
	size_t len;
	const char *text = page_owner_stream_peek(s, PAGE_OWNER_MIN_READ, &len);

	if (!text)
		return -1;
	if (page_owner_raw_start(text, len))
		return RAW;
	/* Not if it is a dump whose beginning is missing */
	return page_owner_stacks_start(text, len) && !page_owner_record_find(text, len) ?
		STACKS : TEXT;
}

/* Takes off the layers around the dump; the stream stays one to close. */
static int unwrap(struct page_owner_load *load, struct page_owner_stream **s)
{
	struct page_owner_stream *inner = unpack(load, *s);
	const char *text;
	size_t len;

	if (!inner)
		return -1;
	*s = inner;
	text = page_owner_stream_peek(*s, 64, &len);
	if (!text)
		return -1;
	if (!page_owner_capture_start(text, len))
		return 0;
	inner = page_owner_capture_open(*s, &load->info);
	if (!inner)
		return -1;
	*s = inner;
	return 0;
}

static struct page_owner_reader *open_reader(struct page_owner_load *load,
					     struct part *part, enum kind kind)
{
	switch (kind) {
	case RAW:
		return page_owner_reader_raw(part->stream, &load->info, &part->wanted);
	case STACKS:
		return page_owner_reader_stacks(part->stream, &part->wanted);
	default:
		return page_owner_reader_text(part->stream, &part->wanted);
	}
}

static int count_stream(struct page_owner_load *load,
			const struct page_owner_request *req,
			struct page_owner_stream *s, uint64_t total)
{
	struct part part;
	int ret, err, kind = kind_of(s);

	if (kind < 0)
		return -1;
	load->stacks_only = kind == STACKS;
	init_part(&part, req, load);
	part.stream = s;
	part.total = total;
	errno = 0;
	ret = count_records(&part, open_reader(load, &part, kind), load->damage,
			    sizeof(load->damage));
	err = errno ? errno : ENOMEM;
	take_part(load, &part, true);
	if (!*load->damage && page_owner_stream_damage(s))
		snprintf(load->damage, sizeof(load->damage), "%s",
			 page_owner_stream_damage(s));
	errno = err;
	return ret;
}

static int begin(struct page_owner_load *load, const struct page_owner_request *req)
{
	memset(load, 0, sizeof(*load));
	load->info.page_size = DEFAULT_PAGE_SIZE;
	load->freed = page_owner_filter_wants_freed(req->filter);
	if (req->filter)
		req->filter->info = &load->info;
	return req->stacks ? read_stacks_file(load, req->stacks) : 0;
}

static int close_stream(struct page_owner_stream *s, int ret)
{
	int err = errno;

	page_owner_stream_close(s);
	errno = err;
	return ret < 0 ? -1 : 0;
}

int page_owner_load_stream(struct page_owner_load *load,
			   struct page_owner_stream *s, uint64_t total,
			   const struct page_owner_request *req)
{
	int ret = begin(load, req) || unwrap(load, &s) ? -1 : 0;

	if (!ret)
		ret = count_stream(load, req, s, total);
	return close_stream(s, ret);
}

int page_owner_load(struct page_owner_load *load, int fd,
		    const struct page_owner_request *req)
{
	struct page_owner_stream *plain = page_owner_stream_fd(fd), *s = plain;
	off_t start = lseek(fd, 0, SEEK_CUR);
	struct stat st;
	int ret;

	if (begin(load, req) || !plain)
		return close_stream(plain, -1);
	ret = unwrap(load, &s);
	if (!ret && s == plain && kind_of(s) == TEXT)
		ret = count_split(load, fd, start, req);
	if (!ret)
		ret = count_stream(load, req, s, fstat(fd, &st) ? 0 : st.st_size);
	return close_stream(s, ret);
}

bool page_owner_load_damaged(const struct page_owner_load *load)
{
	for (int i = 0; i < PAGE_OWNER_NR_FIELDS; i++) {
		if (page_owner_reader_missing(&load->stats, i))
			return true;
	}
	return load->stats.lost || load->stats.cut || *load->damage ||
	       page_owner_reader_unclosed(&load->stats);
}

void page_owner_load_destroy(struct page_owner_load *load)
{
	page_owner_agg_destroy(&load->agg);
	page_owner_handles_destroy(&load->handles);
	page_owner_info_destroy(&load->info);
	memset(load, 0, sizeof(*load));
}
