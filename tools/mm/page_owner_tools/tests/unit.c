// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the engine that need to be inside of it: how the input happens to
 * be cut into reads, hash collisions, every way to cut or to damage a sample.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count/agg.h"
#include "read/reader.h"
#include "read/text.h"

static const char sample[] =
"Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 2 (init), ts 5 ns\n"
"PFN 0x1000 type Movable Block 8 type Movable Flags 0x0()\n"
" __alloc_pages+0x1/0x2\n"
" foo+0x3/0x4 [mod]\n"
"Charged to memcg /a\n"
"\n"
"Page allocated via order 9, mask 0x0(), pid 12, tgid 12 (a\n\nPFN b), ts 678 ns, free_ts 9 ns\n"
"PFN 4660 type Movable Block 8 type Movable Flags 0x0()\n"
" __alloc_pages+0x1/0x2\n"
" bar+0x3/0x4\n"
"\n"
"Page last allocated via order 2, mask 0x0(), pid 3, tgid 3 (x), ts 4 ns\n"
"PFN 0x2000 type Movable Block 16 type Movable Flags 0x0()\n"
" __alloc_pages+0x1/0x2\n"
"Page freed by pid 5, tgid 5, ts 99 ns\n"
" __free_pages+0x1/0x2\n"
"\n"
"Page allocated via order 3, mask 0x1\n"
"PFN 512 Block 1 type 2 Flags\n"
" [<ffffffff8115f5a2>] __alloc_pages_nodemask+0x1b2/0x9f0\n"
"\n";

#define SAMPLE_LEN	(sizeof(sample) - 1)
#define NR_SAMPLES	4

static int failures;

static void result(const char *name, int ok)
{
	printf("%s %s\n", ok ? "ok" : "not ok", name);
	failures += !ok;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* What a reader made of an input. */
struct outcome {
	struct page_owner_reader_stats stats;
	unsigned long long orders;	/* decimal digits: the orders seen */
	uint64_t text;			/* hash over all texts seen */
	int ret;
};

static uint64_t add_text(uint64_t sum, struct page_owner_span text)
{
	return sum * 31 + page_owner_hash(text.ptr, text.len);
}

/* The comm and the text of records, of which the pool keeps what it should */
static struct page_owner_reader *open_reader(struct page_owner_stream *stream,
					     struct page_owner_pool *pool)
{
	const struct page_owner_wanted wanted = {
		.keys = PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_STACK) |
			PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_COMM),
		.text = true,
		.pool = pool,
	};
	struct page_owner_reader *reader;

	reader = stream ? page_owner_reader_text(stream, &wanted) : NULL;
	if (!reader)
		die("reader");
	return reader;
}

static void read_fd(int fd, struct outcome *o)
{
	struct page_owner_stream *stream = page_owner_stream_fd(fd);
	struct page_owner_pool pool = { 0 };
	struct page_owner_reader *reader = open_reader(stream, &pool);
	struct page_owner_record rec;

	memset(o, 0, sizeof(*o));
	while ((o->ret = page_owner_reader_next(reader, &rec)) > 0) {
		o->orders = o->orders * 10 + rec.order;
		page_owner_text_forget_time(rec.text, PAGE_OWNER_FREE_TS);
		page_owner_text_forget_time(rec.text, PAGE_OWNER_TS);
		o->text = add_text(o->text, rec.text->head);
		o->text = add_text(o->text, rec.text->body);
		o->text = add_text(o->text, page_owner_str_span(rec.comm));
		o->text = add_text(o->text, rec.text->stack);
		o->text = add_text(o->text, page_owner_str_span(rec.stack));
	}
	o->stats = reader->stats;
	page_owner_reader_close(reader);
	page_owner_stream_close(stream);
	page_owner_pool_destroy(&pool);
}

static void read_mem(const void *data, size_t len, struct outcome *o)
{
	int fd = memfd_create("dump", 0);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET))
		die("memfd");
	read_fd(fd, o);
	close(fd);
}

/* A pipe in packet mode: each write is a read of its own. */
static int read_pieces(const char *data, size_t len, size_t first, size_t piece,
		       struct outcome *o)
{
	int fds[2];
	size_t n;

	if (pipe2(fds, O_DIRECT) || fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) < 0)
		return -1;
	for (n = first; len; n = piece) {
		if (n > len)
			n = len;
		if (n && write(fds[1], data, n) != (ssize_t)n)
			die("pipe");
		data += n;
		len -= n;
	}
	close(fds[1]);
	read_fd(fds[0], o);
	close(fds[0]);
	return 0;
}

static int same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->ret == b->ret && a->orders == b->orders && a->text == b->text &&
	       a->stats.records == b->stats.records &&
	       a->stats.lost == b->stats.lost && a->stats.cut == b->stats.cut;
}

static void test_sample(void)
{
	struct outcome o;

	read_mem(sample, SAMPLE_LEN, &o);
	result("the sample is read whole", o.ret == 0 && o.orders == 923 &&
	       o.stats.records == NR_SAMPLES &&
	       o.stats.freed == 1 && !o.stats.lost && !o.stats.cut &&
	       !o.stats.open_end);
}

static void test_pieces(void)
{
	struct outcome whole, o;
	int ok = 1;

	read_mem(sample, SAMPLE_LEN, &whole);
	for (size_t i = 1; i < SAMPLE_LEN; i++) {
		if (read_pieces(sample, SAMPLE_LEN, i, SAMPLE_LEN, &o)) {
			printf("skip reads of any size: no pipes in packet mode\n");
			return;
		}
		ok &= same_outcome(&whole, &o);
	}
	for (size_t piece = 5; piece < 100; piece++) {
		ok &= !read_pieces(sample, SAMPLE_LEN, piece, piece, &o);
		ok &= same_outcome(&whole, &o);
	}
	result("reads of any size give the same records", ok);
}

/* The number of records that begin before an offset. */
static unsigned int starts_before(size_t end)
{
	unsigned int nr = 0;
	const char *p = sample;

	for (; (p = strstr(p, "Page ")) && (size_t)(p - sample) < end; p++)
		nr += page_owner_record_starts(p, strlen(p));
	return nr;
}

static void test_cut(void)
{
	struct outcome o;
	int ok = 1, told = 1;

	for (size_t i = 0; i <= SAMPLE_LEN; i++) {
		read_mem(sample, i, &o);
		if (o.ret || o.stats.records > starts_before(i) ||
		    o.stats.records + o.stats.lost < starts_before(i)) {
			printf("# cut at %zu: %llu read, %llu lost\n", i,
			       o.stats.records, o.stats.lost);
			ok = 0;
		}
		if (i && sample[i - 1] != '\n' && !o.stats.lost && !o.stats.cut)
			told = 0;
		if (i && sample[i - 1] == '\n' && o.stats.cut)
			told = 0;
		if (i == SAMPLE_LEN - 1 && (!o.stats.open_end || o.stats.lost))
			told = 0;
	}
	result("cut anywhere, no record is lost silently", ok);
	result("cut in a line, that is reported", told);
}

static void test_damage(void)
{
	static const char bytes[] = { 0, '\n', '\r', ' ', 'P', ')', '9', (char)0xff };
	char copy[SAMPLE_LEN];
	int sane = 1, nul = 1;
	struct outcome o;

	for (size_t i = 0; i < SAMPLE_LEN; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			memcpy(copy, sample, SAMPLE_LEN);
			copy[i] = bytes[j];
			read_mem(copy, SAMPLE_LEN, &o);
			if (o.ret || o.stats.records + o.stats.lost + 1 < NR_SAMPLES)
				sane = 0;
			if (!bytes[j] && !o.stats.lost)
				nul = 0;
		}
	}
	result("any byte damaged, reading goes on", sane);
	result("a NUL byte is never read as good text", nul);
}

/* Long enough to be remembered, as is what follows it */
static const char long_record[] =
"Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 1, tgid 2 (init), ts 5 ns\n"
"PFN 0x1000 type Movable Block 8 type Movable Flags 0x40(head|node=1)\n"
" get_page_from_freelist+0x147e/0x16a0\n"
" __alloc_pages_noprof+0x183/0x2f0\n"
" alloc_pages_mpol_noprof+0xd2/0x1b0\n"
" vma_alloc_folio_noprof+0x5d/0xb0\n"
" __handle_mm_fault+0x5d4/0x15a0\n"
" handle_mm_fault+0x6f/0x1d0\n"
" do_user_addr_fault+0x2c5/0x6b0 [mod]\n"
" exc_page_fault+0x5e/0x120\n"
" asm_exc_page_fault+0x22/0x30\n"
"Charged to memcg /\n"
"\n";

#define LONG_LEN	(sizeof(long_record) - 1)

/* Whole records before and after a damaged one change nothing of what it is. */
static int same_among_whole(const char *damaged, size_t len)
{
	char text[4 * LONG_LEN + 1];
	struct outcome alone, among;
	size_t n = 0;

	read_mem(damaged, len, &alone);
	for (int i = 0; i < 4; i++) {
		const char *from = i == 2 ? damaged : long_record;
		size_t size = i == 2 ? len : LONG_LEN;

		memcpy(text + n, from, size);
		n += size;
	}
	read_mem(text, n, &among);
	return !among.ret && among.stats.lost == alone.stats.lost &&
	       among.stats.records == alone.stats.records + 3;
}

static void test_known(void)
{
	static const char bytes[] = { 0, '\r', ' ', '+', 'x', '0', '(' };
	char copy[LONG_LEN + 1];
	int ok = 1;

	/* Its last bytes stay, or it would be one with the record after it. */
	for (size_t i = 0; i < LONG_LEN - 2; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			memcpy(copy, long_record, LONG_LEN);
			copy[i] = bytes[j];
			ok &= same_among_whole(copy, LONG_LEN);
			memcpy(copy + i + 1, long_record + i, LONG_LEN - i);
			ok &= same_among_whole(copy, LONG_LEN + 1);
		}
		for (size_t gap = 1; gap < 40 && i + gap < LONG_LEN - 2; gap++) {
			memcpy(copy, long_record, i);
			memcpy(copy + i, long_record + i + gap, LONG_LEN - i - gap);
			ok &= same_among_whole(copy, LONG_LEN - gap);
		}
	}
	result("damage is seen among records that are known", ok);
}

static void test_crlf(void)
{
	char *copy = malloc(2 * SAMPLE_LEN);
	struct outcome a, b;
	size_t n = 0;
	int ok;

	/* A name keeps its own line ends; leave the record with one out. */
	const char *plain = strstr(sample, "Page allocated via order 3");

	for (const char *p = plain; *p; p++) {
		if (*p == '\n')
			copy[n++] = '\r';
		copy[n++] = *p;
	}
	read_mem(plain, strlen(plain), &a);
	read_mem(copy, n, &b);
	ok = same_outcome(&a, &b);
	read_mem(copy, n - 3, &b);
	ok &= b.stats.records == 1 && a.text == b.text;
	free(copy);
	result("CRLF line ends change nothing", ok);
}

static int comm_survives(const char *comm, size_t comm_len)
{
	static const char head[] = "Page allocated via order 1, mask 0x1(A), pid 1, tgid 1 (";
	static const char tail[] = "), ts 99 ns\n";
	char buf[1024];
	struct page_owner_pool pool = { 0 };
	struct page_owner_stream *stream;
	struct page_owner_reader *reader;
	struct page_owner_record rec;
	size_t len = 0;
	int fd = memfd_create("dump", 0), ok = 1;

	/* The hardest place: nothing but other records around. */
	for (int i = 0; i < 3; i++) {
		len += sprintf(buf + len, "%s", head);
		memcpy(buf + len, comm, comm_len);
		len += comm_len;
		len += sprintf(buf + len, "%s%s", tail, i == 1 ? " f+0x1/0x2\n\n" : "\n");
	}
	if (fd < 0 || write(fd, buf, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET))
		die("memfd");
	stream = page_owner_stream_fd(fd);
	reader = open_reader(stream, &pool);
	for (int i = 0; i < 3; i++) {
		ok &= page_owner_reader_next(reader, &rec) == 1 &&
		      rec.comm->len == comm_len &&
		      !memcmp(rec.comm->text, comm, comm_len) && rec.ts == 99 &&
		      rec.stack->len == (i == 1 ? 11 : 0);
	}
	ok &= !page_owner_reader_next(reader, &rec) && !reader->stats.lost;
	page_owner_reader_close(reader);
	page_owner_stream_close(stream);
	page_owner_pool_destroy(&pool);
	close(fd);
	return ok;
}

static void test_comm(void)
{
	static const char *const pieces[] = {
		"), ts 1 ns", "\n", "\n\n", ")", "(", "), ", "ts 2", " ns", ",", "PFN 0",
		"\n x+0", "[m]", "Page all", "\r", "\\"
	};
	unsigned int state = 1;
	int ok = comm_survives("", 0);

	for (int i = 0; i < 5000; i++) {
		char comm[16] = "";
		size_t len = 0;

		while (len < 15) {
			const char *p;

			state = state * 1103515245 + 12345;
			p = pieces[(state >> 16) % (sizeof(pieces) / sizeof(*pieces))];
			if (len + strlen(p) > 15)
				break;
			len += sprintf(comm + len, "%s", p);
		}
		/* "\r\n" is a line end, in whatever place */
		if (strstr(comm, "\r\n"))
			continue;
		if (!comm_survives(comm, len)) {
			printf("# not survived: '%s'\n", comm);
			ok = 0;
			break;
		}
	}
	result("no task name can forge or break a record", ok);
}

static void test_sizes(void)
{
	static const char frame[] = " a_frame_like_any_other+0x10/0x20\n";
	static const char head[] = "Page allocated via order 2, mask 0x1\n";
	size_t big = 1 << 20, huge = PAGE_OWNER_MAX_RECORD + (8 << 20);
	char *buf = malloc(huge + 4096);
	size_t len = sprintf(buf, "%s", head);
	struct outcome o;

	while (len < big)
		len += sprintf(buf + len, "%s", frame);
	len += sprintf(buf + len, "\n%s\n", head);
	read_mem(buf, len, &o);
	result("a record of 1 MiB is read", o.ret == 0 && o.orders == 22 &&
	       !o.stats.lost && o.stats.records == 2);

	len = sprintf(buf, "%s", head);
	while (len < huge)
		len += sprintf(buf + len, "%s", frame);
	len += sprintf(buf + len, "\n%s\n", head);
	read_mem(buf, len, &o);
	result("a record without end is given up, and the next is read",
	       o.ret == 0 && o.orders == 2 && o.stats.lost == 1);

	memset(buf, 'x', huge);
	sprintf(buf + huge, "\n%s\n", head);
	read_mem(buf, huge + sizeof(head) + 1, &o);
	result("a line without end is given up, and the next record is read",
	       o.ret == 0 && o.orders == 2 && o.stats.lost == 1);
	free(buf);
}

static struct page_owner_span span(const char *s, size_t len)
{
	return (struct page_owner_span){ s, len };
}

static void test_intern(void)
{
	struct page_owner_pool pool = { 0 };
	struct page_owner_str *a, *b;
	char text[32];
	int ok = 1;

	a = page_owner_intern(&pool, span("abc", 3));
	ok &= a == page_owner_intern(&pool, span("abcd", 3));
	ok &= a != page_owner_intern(&pool, span("abcd", 4));
	ok &= a != page_owner_intern(&pool, span("", 0));
	for (int i = 0; i < 100000; i++)
		ok &= !!page_owner_intern(&pool, span(text, sprintf(text, "%d", i)));
	ok &= pool.table.nr == 100003;
	ok &= a == page_owner_intern(&pool, span("abc", 3));
	for (int i = 0; i < 100000; i++) {
		b = page_owner_intern(&pool, span(text, sprintf(text, "%d", i)));
		ok &= b->len == strlen(text) && !memcmp(b->text, text, b->len);
	}
	ok &= pool.table.nr == 100003;
	page_owner_pool_destroy(&pool);
	result("each string is there once, however many there are", ok);
}

static void test_collision(void)
{
	/* The state after the first word, undone by the second */
	uint64_t w1[2] = { 1, 2 }, w2[2] = { 3, 0 };
	struct page_owner_pool pool = { 0 };
	struct page_owner_str *a, *b;

	w2[1] = w1[1] ^ page_owner_mix(16, w1[0]) ^ page_owner_mix(16, w2[0]);
	a = page_owner_intern(&pool, span((char *)w1, 16));
	b = page_owner_intern(&pool, span((char *)w2, 16));
	result("two strings with one hash stay two", a->hash == b->hash && a != b &&
	       b == page_owner_intern(&pool, span((char *)w2, 16)));
	page_owner_pool_destroy(&pool);
}

static void test_read_error(void)
{
	struct outcome o;
	int fd = open(".", O_RDONLY);

	read_fd(fd, &o);
	result("a read error is an error", o.ret == -1);
	close(fd);
}

static void test_saturation(void)
{
	struct page_owner_text text = { .head = { "x\n", 2 }, .body = { "", 0 } };
	struct page_owner_record rec = {
		.text = &text, .pages = 1ull << PAGE_OWNER_MAX_ORDER
	};
	struct page_owner_agg agg;
	int ok = 1;

	page_owner_agg_init(&agg, 0, 0);
	for (int i = 0; i < 8191; i++)
		ok &= !page_owner_agg_add(&agg, &rec);
	ok &= agg.nr == 1 && agg.blocks[0]->pages == 8191ull << PAGE_OWNER_MAX_ORDER;
	for (int i = 0; i < 2; i++)
		ok &= !page_owner_agg_add(&agg, &rec);
	ok &= agg.blocks[0]->pages == ~0ull && agg.blocks[0]->times == 8193;
	page_owner_agg_destroy(&agg);
	result("a count of pages stops at its largest value", ok);
}

/* More records than a test can have: two counts that are added to each other */
static void test_many(void)
{
	struct page_owner_text text = { .head = { "x\n", 2 }, .body = { "", 0 } };
	struct page_owner_record rec = { .text = &text, .pages = 1 };
	struct page_owner_agg agg[2];
	unsigned long long times[2] = { 1, 1 };
	int ok = 1;

	for (int i = 0; i < 2; i++) {
		page_owner_agg_init(&agg[i], 0, 0);
		ok &= !page_owner_agg_add(&agg[i], &rec);
	}
	for (int i = 0; times[0] >> 33 == 0; i = !i) {
		ok &= !page_owner_agg_merge(&agg[i], &agg[!i]);
		times[i] += times[!i];
	}
	for (int i = 0; i < 2; i++) {
		ok &= agg[i].times == times[i] && agg[i].pages == times[i] &&
		      agg[i].nr == 1 && agg[i].blocks[0]->times == times[i] &&
		      agg[i].blocks[0]->pages == times[i];
		page_owner_agg_destroy(&agg[i]);
	}
	result("more than 2^32 records are counted", ok);
}

/* Likewise of what a reader counts: it has read nearly that many before. */
static void test_many_read(void)
{
	const unsigned long long before = (1ull << 32) - 2;
	struct page_owner_stream *stream;
	struct page_owner_pool pool = { 0 };
	struct page_owner_reader *reader;
	struct page_owner_record rec;

	stream = page_owner_stream_memory(sample, SAMPLE_LEN);
	reader = open_reader(stream, &pool);
	reader->stats.records = before;
	reader->stats.lost = before;
	reader->stats.have[PAGE_OWNER_PFN] = before;
	while (page_owner_reader_next(reader, &rec) > 0)
		;
	result("more than 2^32 records are read",
	       reader->stats.records == before + NR_SAMPLES &&
	       reader->stats.have[PAGE_OWNER_PFN] == before + NR_SAMPLES &&
	       reader->stats.lost == before &&
	       page_owner_reader_missing(&reader->stats, PAGE_OWNER_COMM) ==
	       before + NR_SAMPLES - 3);
	page_owner_reader_close(reader);
	page_owner_stream_close(stream);
	page_owner_pool_destroy(&pool);
}

int main(void)
{
	test_sample();
	test_pieces();
	test_cut();
	test_damage();
	test_known();
	test_crlf();
	test_comm();
	test_sizes();
	test_intern();
	test_collision();
	test_read_error();
	test_saturation();
	test_many();
	test_many_read();
	return failures ? 1 : 0;
}
