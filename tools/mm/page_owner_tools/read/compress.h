/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_COMPRESS_H
#define PAGE_OWNER_COMPRESS_H

#include <stdio.h>

#include "read/stream.h"

/**
 * enum page_owner_packing - how an output is packed
 * @PAGE_OWNER_PLAIN: not at all
 * @PAGE_OWNER_GZIP: as gzip does
 * @PAGE_OWNER_ZSTD: as zstd does
 */
enum page_owner_packing {
	PAGE_OWNER_PLAIN,
	PAGE_OWNER_GZIP,
	PAGE_OWNER_ZSTD,
};

/**
 * struct page_owner_packer - an output that is packed on the way
 * @file: where it goes
 * @packing: how
 * @state: the library's
 * @buf: packed bytes
 */
struct page_owner_packer {
	FILE *file;
	enum page_owner_packing packing;
	void *state;
	unsigned char *buf;
};

/**
 * page_owner_best_packing() - the best that this program was built with
 *
 * Return: the packing.
 */
enum page_owner_packing page_owner_best_packing(void);

/**
 * page_owner_has_packing() - was this program built with it?
 * @packing: the packing
 *
 * Return: true if it was.
 */
bool page_owner_has_packing(enum page_owner_packing packing);

/**
 * page_owner_put_packing() - say what this program was built with
 * @file: where to
 */
void page_owner_put_packing(FILE *file);

/**
 * page_owner_pack_open() - begin to pack
 * @packer: the packer
 * @file: where the packed bytes go; stays the caller's
 * @packing: one that this program has
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_pack_open(struct page_owner_packer *packer, FILE *file,
			 enum page_owner_packing packing);

/**
 * page_owner_pack_write() - pack some bytes
 * @packer: the packer
 * @data: the bytes
 * @len: how many
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_pack_write(struct page_owner_packer *packer, const void *data,
			  size_t len);

/**
 * page_owner_pack_close() - write the end, give back the packer
 * @packer: the packer
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_pack_close(struct page_owner_packer *packer);

/**
 * page_owner_stream_unpack() - undo gzip or zstd, if there is one of them
 * @under: a stream that nothing was read from; belongs to the new one, if that
 *	is another
 *
 * Return: the stream of what was packed, or @under if it is not packed, or NULL
 * with errno set: EPROTONOSUPPORT if it is packed in another way, or this program
 * was built without the library.
 */
struct page_owner_stream *
page_owner_stream_unpack(struct page_owner_stream *under);

#endif
