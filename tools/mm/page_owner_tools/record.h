/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RECORD_H
#define PAGE_OWNER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "read/known.h"

/*
 * One record of the page_owner file, as any kernel since 4.x prints it:
 *
 *	Page allocated via order N, mask M[, pid N[, tgid N (comm)], ts N ns
 *						[, free_ts N ns]]
 *	[PFN N ...]
 *	 frame
 *	 ...
 *	[other lines]
 *	(empty line)
 *
 * Asked for pages that are free, ours begins with other words, and goes on with
 * what the record says of the free:
 *
 *	Page last allocated via order N, mask M, ...
 *	[PFN N ...]
 *	 frame
 *	 ...
 *	[other lines]
 *	Page freed by pid N, tgid N, ts N ns
 *	 frame
 *	 ...
 *
 * comm is whatever a process chose to call itself, at most 15 bytes, and older
 * kernels print it raw: it can hold newlines, brackets, or a whole "), ts 1 ns".
 * It is too short to hold the first words of a record, so those always are one.
 */

/** PAGE_OWNER_MAX_ORDER - the largest order that a record may claim */
#define PAGE_OWNER_MAX_ORDER	51

/** enum page_owner_field - parts of a record that some kernels do not print */
enum page_owner_field {
	PAGE_OWNER_PFN,
	PAGE_OWNER_PID,
	PAGE_OWNER_TGID,
	PAGE_OWNER_COMM,
	PAGE_OWNER_TS,
	PAGE_OWNER_FREE_TS,
	PAGE_OWNER_NR_FIELDS
};

/**
 * struct page_owner_span - a piece of text, not terminated
 * @ptr: first byte
 * @len: number of bytes
 */
struct page_owner_span {
	const char *ptr;
	size_t len;
};

/**
 * struct page_owner_record - one record, taken apart
 * @head: first line with its newline
 * @pfn_line: the PFN line with its newline, empty if there is none
 * @body: all lines after the PFN line
 * @stack: the frames, a part of @body unless they were looked up by @handle
 * @comm: task name, a part of @head, empty if unknown
 * @has: bit mask of enum page_owner_field
 * @freed: the pages are free: all but @free_ts is of their last allocation
 * @order: order of the allocation
 * @handle: of an entry that has one in place of its frames, 0 if unknown
 * @pages: number of pages
 * @pid: process ID, -1 if unknown
 * @tgid: thread group ID, -1 if unknown
 * @pfn: page frame number, 0 if unknown
 * @ts: time of the allocation, 0 if unknown
 * @free_ts: time of the last release, 0 if unknown or never
 * @time_pos: where the digits of @ts and @free_ts are: in @head, or for the latter
 *	in @body, if @freed
 *
 * The text belongs to the buffer that the record was found in.
 */
struct page_owner_record {
	struct page_owner_span head;
	struct page_owner_span pfn_line;
	struct page_owner_span body;
	struct page_owner_span stack;
	struct page_owner_span comm;
	unsigned int has;
	bool freed;
	unsigned int order;
	unsigned int handle;
	uint64_t pages;
	int pid;
	int tgid;
	uint64_t pfn;
	uint64_t ts;
	uint64_t free_ts;
	struct page_owner_span time_pos[2];
};

/**
 * struct page_owner_layout - where the parts of a record are, while it is found
 * @known: what is known to be whole, or NULL
 * @pos: start of the next line to look at; the record's length when done
 * @head_len: length of the first line, 0 while it is not known
 * @comm_off: start of the task name
 * @comm_len: length of the task name
 * @time_off: start of the digits of ts and of free_ts
 * @time_len: number of these digits, 0 for a time that is not there
 * @pfn_len: length of the PFN line
 * @stack_off: start of the first frame, 0 if there is none
 * @stack_end: end of the last frame of that run
 * @known_end: end of those frames of it that are known to be whole
 * @frames_off: start of the last run of frames so far
 * @frames_end: end of the last frame so far
 * @nr_stacks: runs of frames so far; of a free page, since the line about the free
 * @why: what is wrong with the record, NULL if nothing is
 * @fields: the numbers; its spans are not set
 *
 * Offsets and not pointers, so that the buffer may move between two calls.
 */
struct page_owner_layout {
	struct page_owner_known *known;
	size_t pos;
	size_t head_len;
	size_t comm_off;
	size_t comm_len;
	size_t time_off[2];
	size_t time_len[2];
	size_t pfn_len;
	size_t stack_off;
	size_t stack_end;
	size_t known_end;
	size_t frames_off;
	size_t frames_end;
	unsigned int nr_stacks;
	const char *why;
	struct page_owner_record fields;
};

/**
 * page_owner_record_starts() - does a line begin a record?
 * @line: start of the line
 * @len: bytes available
 *
 * Return: true if it does.
 */
bool page_owner_record_starts(const char *line, size_t len);

/**
 * page_owner_record_find() - look for the first record
 * @text: where to look; only what follows a newline counts
 * @len: bytes available
 *
 * Return: the record's first byte, or NULL.
 */
const char *page_owner_record_find(const char *text, size_t len);

/**
 * page_owner_record_may_start() - could more bytes make this begin a record?
 * @line: start of the line
 * @len: bytes available
 *
 * Return: true if the bytes there are do not rule it out.
 */
bool page_owner_record_may_start(const char *line, size_t len);

/**
 * page_owner_layout_scan() - look for the end of a record
 * @layout: zeroed for a new record but for @known; holds the progress between calls
 * @buf: start of the record, where page_owner_record_starts() is true
 * @len: bytes available
 * @eof: no more bytes will come
 *
 * A record ends before an empty line, before the start of the next record, or
 * at the end of the input. A call with more bytes goes on at the line where the
 * one before it stopped.
 *
 * Return: true once the record is complete: @layout->pos is its length, and
 * @layout->why says if something is wrong with it. False: more bytes needed.
 */
bool page_owner_layout_scan(struct page_owner_layout *layout, const char *buf,
			    size_t len, bool eof);

/**
 * page_owner_frames_whole() - is each line a frame, from its start to its end?
 * @frames: lines
 *
 * Return: false if one is not: then something of them is missing.
 */
bool page_owner_frames_whole(struct page_owner_span frames);

/**
 * page_owner_record_load() - make a record of a complete layout
 * @rec: receives the record
 * @layout: a layout for which page_owner_layout_scan() returned true
 * @buf: start of the record
 */
void page_owner_record_load(struct page_owner_record *rec,
			    const struct page_owner_layout *layout,
			    const char *buf);

/**
 * page_owner_record_forget_time() - take the digits of a time out of the text
 * @rec: the record; its text is in a buffer that may be changed
 * @field: PAGE_OWNER_TS or PAGE_OWNER_FREE_TS
 *
 * Records that differ in their times only have the same text afterwards. The
 * number itself stays in the record.
 */
void page_owner_record_forget_time(struct page_owner_record *rec,
				   enum page_owner_field field);

#endif
