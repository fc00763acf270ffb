/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_EXPORT_H
#define PAGE_OWNER_EXPORT_H

#include <stdio.h>

#include "load.h"

/**
 * struct page_owner_export - something to write for another program
 * @file: where it goes; errors are left for its owner to find
 * @load: what was counted, the largest block first
 * @keys: bit mask of enum page_owner_key, by which it was counted
 * @nr: how many blocks to write, where the format wants a limit
 * @whole: with the page allocator's own functions; json always has them
 */
struct page_owner_export {
	FILE *file;
	const struct page_owner_load *load;
	unsigned int keys;
	size_t nr;
	bool whole;
};

/*
 * The formats. Each returns 0, or -1 without memory.
 *
 * folded	root;...;leaf BYTES: what flamegraph.pl and its relatives read
 * pprof	profile.proto, packed with gzip if that can be
 * speedscope	JSON of https://www.speedscope.app
 * openmetrics	what Prometheus reads; bounded by @nr
 * json		everything, for other programs
 * flamegraph	an SVG that searches and zooms
 */
int page_owner_write_folded(const struct page_owner_export *ex);
int page_owner_write_pprof(const struct page_owner_export *ex);
int page_owner_write_speedscope(const struct page_owner_export *ex);
int page_owner_write_openmetrics(const struct page_owner_export *ex);
int page_owner_write_json(const struct page_owner_export *ex);
int page_owner_write_flamegraph(const struct page_owner_export *ex);

/**
 * page_owner_export_path() - a block as a path from a root
 * @ex: the export
 * @block: the block
 * @visit: called for each step, the root first, with its label
 * @arg: for @visit
 *
 * Keys that are not the stack come before the frames, as if they had called.
 *
 * Return: 0, or what @visit returned if it was not 0.
 */
int page_owner_export_path(const struct page_owner_export *ex,
			   const struct page_owner_block *block,
			   int (*visit)(void *arg, struct page_owner_span label),
			   void *arg);

/**
 * page_owner_block_bytes() - the memory of a block
 * @ex: the export
 * @pages: its pages
 *
 * Return: bytes, saturating.
 */
unsigned long long page_owner_block_bytes(const struct page_owner_export *ex,
					  unsigned long long pages);

/**
 * page_owner_put_json() - write a JSON string with its quotes
 * @file: the output
 * @text: any bytes; what is not UTF-8 becomes U+FFFD
 */
void page_owner_put_json(FILE *file, struct page_owner_span text);

/**
 * page_owner_put_xml() - write text between tags or in an attribute
 * @file: the output
 * @text: any bytes; what XML cannot hold becomes U+FFFD
 */
void page_owner_put_xml(FILE *file, struct page_owner_span text);

#endif
