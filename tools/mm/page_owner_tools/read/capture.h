/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_CAPTURE_H
#define PAGE_OWNER_CAPTURE_H

#include "info.h"
#include "read/stream.h"

/*
 * A capture is a dump with what is needed to understand it elsewhere: a first
 * line, and then sections, each with its name and size and a newline at its end:
 *
 *	page_owner capture 1
 *	section NAME SIZE
 *	(SIZE bytes)
 *	...
 *
 *	info	"name value" lines: kernel, build_id (hex), cmdline, host, boot (the
 *		kernel's boot_id), time (ns since 1970), clock (ns on the clock of the
 *		records), page_size, zones, filter
 *	meminfo	/proc/meminfo when the dump began
 *	dump	a piece of the dump, text or raw; the pieces follow one another
 *	end	"bytes N": the bytes in all dump sections. A capture without is cut
 *
 * Names that a reader does not know are for it to skip. The whole is packed with
 * zstd or gzip, or not at all.
 */

#define PAGE_OWNER_CAPTURE_MAGIC	"page_owner capture 1\n"

/**
 * page_owner_capture_start() - is this the start of a capture?
 * @text: the first bytes of the input
 * @len: how many there are
 *
 * Return: true if it is.
 */
bool page_owner_capture_start(const char *text, size_t len);

/**
 * page_owner_capture_open() - the dump in a capture
 * @under: the capture; belongs to the new stream
 * @info: receives what the capture says; has to live as long as the stream
 *
 * What comes before the dump in the capture is known when this returns.
 *
 * Return: the stream of the dump, or NULL with errno set, and then @under is
 * still the caller's.
 */
struct page_owner_stream *
page_owner_capture_open(struct page_owner_stream *under,
			struct page_owner_info *info);

#endif
