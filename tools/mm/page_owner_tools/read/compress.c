// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packed output, with what libraries there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/compress.h"

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#define BUF_SIZE	((size_t)128 << 10)

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
