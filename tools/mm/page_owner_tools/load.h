/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_LOAD_H
#define PAGE_OWNER_LOAD_H

#include "count/agg.h"
#include "count/filter.h"
#include "read/reader.h"
#include "read/stacks.h"

/**
 * struct page_owner_request - what to make of an input
 * @cull: bit mask of enum page_owner_key, as page_owner_agg_init() wants it
 * @keep: likewise
 * @sort: bit mask of enum page_owner_key: what else blocks will be compared by
 * @text: keep the text of each block's first record
 * @functions: tell stacks apart by their functions
 * @old_ts: records from before are counted as old
 * @filter: which records to look at; NULL for all
 * @select: likewise
 * @any_state: free pages too, told apart from those in use; else those are left
 *	out of which the filter does not ask for
 * @threads: how many may work on it, 0 for one per processor
 * @stacks: show_stacks_handles, to look handles up in; NULL for none
 * @progress: show on standard error how far it is
 */
struct page_owner_request {
	unsigned int cull;
	unsigned int keep;
	unsigned int sort;
	bool text;
	bool functions;
	uint64_t old_ts;
	struct page_owner_filter *filter;
	const struct page_owner_select *select;
	bool any_state;
	unsigned int threads;
	const char *stacks;
	bool progress;
};

/**
 * struct page_owner_load - an input, counted
 * @agg: what was counted
 * @stats: what became of the input
 * @info: what it says about itself
 * @handles: which frames its handles stand for
 * @damage: why the input ended before its time, empty if it did not
 * @stacks_only: the input is one of page_owner_stacks/: no records, only pages
 * @freed: what was counted is free
 * @left_out: number of records in the other state
 * @left_out_pages: number of their pages, saturating
 * @no_frames: number of records without any
 * @failed: what could not be read, if page_owner_load() failed
 * @unpack: the program that unpacks it, if it failed with EPROTONOSUPPORT
 */
struct page_owner_load {
	struct page_owner_agg agg;
	struct page_owner_reader_stats stats;
	struct page_owner_info info;
	struct page_owner_handles handles;
	char damage[160];
	bool stacks_only;
	bool freed;
	unsigned long long left_out;
	unsigned long long left_out_pages;
	unsigned long long no_frames;
	const char *failed;
	const char *unpack;
};

/**
 * page_owner_load() - count the records of an input of any kind
 * @load: receives the outcome, also after a failure
 * @fd: the input: text of any kernel, a file of page_owner_stacks/, a capture,
 *	or a raw dump; packed or not. Stays the caller's to close.
 * @request: what to do
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_load(struct page_owner_load *load, int fd,
		    const struct page_owner_request *request);

/**
 * page_owner_load_stream() - the same for a stream
 * @load: receives the outcome, also after a failure
 * @stream: the input, which is closed
 * @total: how many bytes there are at its lowest level, 0 if unknown
 * @request: what to do
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_load_stream(struct page_owner_load *load,
			   struct page_owner_stream *stream, uint64_t total,
			   const struct page_owner_request *request);

/**
 * page_owner_load_damaged() - was anything lost?
 * @load: a loaded input
 *
 * Return: true if the input is damaged or cut off.
 */
bool page_owner_load_damaged(const struct page_owner_load *load);

/**
 * page_owner_load_destroy() - give back an input
 * @load: the input; all zero is fine
 */
void page_owner_load_destroy(struct page_owner_load *load);

#endif
