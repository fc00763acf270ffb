// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packed input and output, with what libraries there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/compress.h"
#include "read/packing.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define BUF_SIZE	((size_t)128 << 10)

/* What the unpackers read at a time */
#define PACKED_SIZE	(2 * PAGE_OWNER_MIN_READ)

bool page_owner_has_packing(enum page_owner_packing packing)
{
	switch (packing) {
	case PAGE_OWNER_PLAIN:
		return true;
#ifdef HAVE_ZLIB
	case PAGE_OWNER_GZIP:
		return true;
#endif
#ifdef HAVE_ZSTD
	case PAGE_OWNER_ZSTD:
		return true;
#endif
	default:
		return false;
	}
}

enum page_owner_packing page_owner_best_packing(void)
{
	if (page_owner_has_packing(PAGE_OWNER_ZSTD))
		return PAGE_OWNER_ZSTD;
	return page_owner_has_packing(PAGE_OWNER_GZIP) ? PAGE_OWNER_GZIP :
							  PAGE_OWNER_PLAIN;
}

void page_owner_put_packing(FILE *file)
{
	fprintf(file, "gzip: %s\n", page_owner_has_packing(PAGE_OWNER_GZIP) ?
		"yes (zlib)" : "no (built without zlib)");
	fprintf(file, "zstd: %s\n", page_owner_has_packing(PAGE_OWNER_ZSTD) ?
		"yes (libzstd)" : "no (built without libzstd)");
}

static int put(struct page_owner_packer *p, const void *data, size_t len)
{
	return fwrite(data, 1, len, p->file) == len ? 0 : -1;
}

#ifdef HAVE_ZLIB
static int open_gzip(struct page_owner_packer *p)
{
	z_stream *z = calloc(1, sizeof(*z));

	p->state = z;
	if (z && deflateInit2(z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS,
			      8, Z_DEFAULT_STRATEGY) == Z_OK)
		return 0;
	free(z);
	p->state = NULL;
	return -1;
}

static int write_gzip(struct page_owner_packer *p, const void *data, size_t len,
		      int flush)
{
	z_stream *z = p->state;

	z->next_in = (void *)data;
	z->avail_in = len;
	do {
		z->next_out = p->buf;
		z->avail_out = BUF_SIZE;
		deflate(z, flush);
		if (put(p, p->buf, BUF_SIZE - z->avail_out))
			return -1;
	} while (!z->avail_out);
	return 0;
}

static void free_gzip(struct page_owner_packer *p)
{
	deflateEnd(p->state);
	free(p->state);
}
#endif

#ifdef HAVE_ZSTD
static int write_zstd(struct page_owner_packer *p, const void *data, size_t len,
		      ZSTD_EndDirective end)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->buf, BUF_SIZE, 0 };

		left = ZSTD_compressStream2(p->state, &out, &in, end);
		if (ZSTD_isError(left)) {
			errno = ENOMEM;
			return -1;
		}
		if (put(p, p->buf, out.pos))
			return -1;
	} while (end == ZSTD_e_end ? left : in.pos < in.size);
	return 0;
}
#endif

int page_owner_pack_open(struct page_owner_packer *p, FILE *file,
			 enum page_owner_packing packing)
{
	int ret = 0;

	memset(p, 0, sizeof(*p));
	p->file = file;
	p->packing = packing;
	if (packing == PAGE_OWNER_PLAIN)
		return 0;
	p->buf = malloc(BUF_SIZE);
	if (!p->buf)
		return -1;
#ifdef HAVE_ZLIB
	if (packing == PAGE_OWNER_GZIP)
		ret = open_gzip(p);
#endif
#ifdef HAVE_ZSTD
	if (packing == PAGE_OWNER_ZSTD) {
		p->state = ZSTD_createCStream();
		/* As in gzip: what is damaged must not pass for a capture. */
		if (p->state)
			ZSTD_CCtx_setParameter(p->state, ZSTD_c_checksumFlag, 1);
		ret = p->state ? 0 : -1;
	}
#endif
	if (ret)
		free(p->buf);
	return ret;
}

int page_owner_pack_write(struct page_owner_packer *p, const void *data, size_t len)
{
	switch (p->packing) {
#ifdef HAVE_ZLIB
	case PAGE_OWNER_GZIP:
		return write_gzip(p, data, len, Z_NO_FLUSH);
#endif
#ifdef HAVE_ZSTD
	case PAGE_OWNER_ZSTD:
		return write_zstd(p, data, len, ZSTD_e_continue);
#endif
	default:
		return put(p, data, len);
	}
}

int page_owner_pack_close(struct page_owner_packer *p)
{
	int ret = 0;

#ifdef HAVE_ZLIB
	if (p->packing == PAGE_OWNER_GZIP) {
		ret = write_gzip(p, "", 0, Z_FINISH);
		free_gzip(p);
	}
#endif
#ifdef HAVE_ZSTD
	if (p->packing == PAGE_OWNER_ZSTD) {
		ret = write_zstd(p, "", 0, ZSTD_e_end);
		ZSTD_freeCStream(p->state);
	}
#endif
	free(p->buf);
	p->buf = NULL;
	return ret;
}

#ifdef HAVE_ZLIB
struct gzip_stream {
	struct page_owner_stream stream;
	z_stream z;
	bool in_member;
	unsigned char packed[PACKED_SIZE];
};

/* More packed bytes; 0 at their end, which is damage within a member. */
static int fill_gzip(struct gzip_stream *s)
{
	ssize_t n = page_owner_stream_read(s->stream.under, s->packed, PACKED_SIZE);

	if (n < 0)
		return -1;
	if (!n && s->in_member)
		s->stream.damage = "the gzip data ends too early";
	s->z.next_in = s->packed;
	s->z.avail_in = n;
	return n > 0;
}

static ssize_t read_gzip(struct page_owner_stream *stream, void *buf, size_t size)
{
	struct gzip_stream *s = (struct gzip_stream *)stream;
	int ret;

	s->z.next_out = buf;
	s->z.avail_out = size;
	while (s->z.avail_out == size && !stream->damage) {
		if (!s->z.avail_in) {
			ret = fill_gzip(s);
			if (ret <= 0)
				return ret;
		}
		s->in_member = true;
		ret = inflate(&s->z, Z_NO_FLUSH);
		if (ret == Z_STREAM_END) {
			/* gzip files may be put one after the other. */
			s->in_member = false;
			inflateReset(&s->z);
		} else if (ret != Z_OK) {
			stream->damage = "the gzip data is damaged";
		}
	}
	return size - s->z.avail_out;
}

static void close_gzip(struct page_owner_stream *stream)
{
	inflateEnd(&((struct gzip_stream *)stream)->z);
}

static struct page_owner_stream *unpack_gzip(struct page_owner_stream *under)
{
	struct gzip_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (inflateInit2(&s->z, 16 + MAX_WBITS) != Z_OK) {
		free(s);
		errno = ENOMEM;
		return NULL;
	}
	s->stream.read = read_gzip;
	s->stream.close = close_gzip;
	s->stream.under = under;
	return &s->stream;
}
#else
static struct page_owner_stream *unpack_gzip(struct page_owner_stream *under)
{
	(void)under;
	errno = EPROTONOSUPPORT;
	return NULL;
}
#endif

#ifdef HAVE_ZSTD
struct zstd_stream {
	struct page_owner_stream stream;
	ZSTD_DStream *z;
	ZSTD_inBuffer in;
	bool in_frame;
	unsigned char packed[PACKED_SIZE];
};

static ssize_t read_zstd(struct page_owner_stream *stream, void *buf, size_t size)
{
	struct zstd_stream *s = (struct zstd_stream *)stream;
	ZSTD_outBuffer out = { buf, size, 0 };

	while (!out.pos && !stream->damage) {
		size_t before = s->in.pos;
		size_t ret = ZSTD_decompressStream(s->z, &out, &s->in);
		ssize_t n;

		if (ZSTD_isError(ret)) {
			stream->damage = "the zstd data is damaged";
			break;
		}
		if (s->in.pos != before || out.pos)
			s->in_frame = ret != 0;
		if (out.pos || s->in.pos < s->in.size)
			continue;
		n = page_owner_stream_read(stream->under, s->packed, PACKED_SIZE);
		if (n < 0)
			return -1;
		if (!n) {
			if (s->in_frame)
				stream->damage = "the zstd data ends too early";
			break;
		}
		s->in.size = n;
		s->in.pos = 0;
	}
	return out.pos;
}

static void close_zstd(struct page_owner_stream *stream)
{
	ZSTD_freeDStream(((struct zstd_stream *)stream)->z);
}

static struct page_owner_stream *unpack_zstd(struct page_owner_stream *under)
{
	struct zstd_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->z = ZSTD_createDStream();
	if (!s->z) {
		free(s);
		errno = ENOMEM;
		return NULL;
	}
	s->in.src = s->packed;
	s->stream.read = read_zstd;
	s->stream.close = close_zstd;
	s->stream.under = under;
	return &s->stream;
}
#else
static struct page_owner_stream *unpack_zstd(struct page_owner_stream *under)
{
	(void)under;
	errno = EPROTONOSUPPORT;
	return NULL;
}
#endif

struct page_owner_stream *
page_owner_stream_unpack(struct page_owner_stream *under)
{
	const char *program;
	const void *magic;
	size_t len;

	magic = page_owner_stream_peek(under, PAGE_OWNER_MAGIC_LEN, &len);
	if (!magic)
		return NULL;
	program = page_owner_magic(magic, len);
	if (!program)
		return under;
	if (!strcmp(program, "gzip"))
		return unpack_gzip(under);
	if (!strcmp(program, "zstd"))
		return unpack_zstd(under);
	errno = EPROTONOSUPPORT;
	return NULL;
}
