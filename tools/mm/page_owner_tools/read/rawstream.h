/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RAWSTREAM_H
#define PAGE_OWNER_RAWSTREAM_H

#include "read/capture.h"
#include "read/stream.h"

/**
 * page_owner_raw_start() - is this the start of a binary dump?
 * @text: the first bytes of the input
 * @len: how many there are
 *
 * Return: true if it is.
 */
bool page_owner_raw_start(const void *text, size_t len);

/**
 * page_owner_stream_raw() - the text of a binary dump
 * @under: the dump; belongs to the new stream
 * @info: receives what the dump says about itself; has to live as long as the
 *	stream
 *
 * Return: the stream, or NULL with errno set, and then @under is still the
 * caller's.
 */
struct page_owner_stream *page_owner_stream_raw(struct page_owner_stream *under,
						struct page_owner_info *info);

#endif
