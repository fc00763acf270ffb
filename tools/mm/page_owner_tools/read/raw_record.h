/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RAW_RECORD_H
#define PAGE_OWNER_RAW_RECORD_H

#include "info.h"
#include "read/reader.h"

/**
 * page_owner_raw_start() - is this the start of a raw dump?
 * @text: the first bytes of the input
 * @len: how many there are
 *
 * Return: true if it is.
 */
bool page_owner_raw_start(const void *text, size_t len);

/**
 * page_owner_reader_raw() - read a raw dump
 * @stream: the dump, which stays the caller's
 * @info: receives what the dump says about itself
 * @wanted: what to find out
 *
 * Return: the reader, or NULL with errno set.
 */
struct page_owner_reader *page_owner_reader_raw(struct page_owner_stream *stream,
						struct page_owner_info *info,
						const struct page_owner_wanted *wanted);

#endif
