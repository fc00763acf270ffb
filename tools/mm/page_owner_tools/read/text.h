/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_TEXT_H
#define PAGE_OWNER_TEXT_H

#include "intern.h"

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

/* What was found to be whole, to know it again */
struct page_owner_known;

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
 * @known_stack: these frames, NULL if there are none
 * @frames_off: start of the last run of frames so far
 * @frames_end: end of the last frame so far
 * @nr_stacks: runs of frames so far; of a free page, since the line about the free
 * @charge_off: start of the line that names the memory cgroup, 0 if there is none
 * @slab: the record says that it is of a slab cache
 * @handle: of a record that has one in place of its frames, 0 if unknown
 * @why: what is wrong with the record, NULL if nothing is
 * @fields: the numbers
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
	struct page_owner_str *known_stack;
	size_t frames_off;
	size_t frames_end;
	unsigned int nr_stacks;
	size_t charge_off;
	bool slab;
	unsigned int handle;
	const char *why;
	struct page_owner_record fields;
};

/**
 * page_owner_known_new() - a memory of what is whole, empty
 * @pool: where the stacks are kept
 *
 * Return: the memory, for free(), or NULL with errno set.
 */
struct page_owner_known *page_owner_known_new(struct page_owner_pool *pool);

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
 * page_owner_handle_line() - read "handle: N"
 * @line: start of the line
 * @len: bytes available
 * @handle: receives the number
 *
 * Return: 1 if it is there, 0 if the line is another, -1 if there is no number.
 */
int page_owner_handle_line(const char *line, size_t len, unsigned int *handle);

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
 * page_owner_layout_check_frames() - is each indented line a frame, and whole?
 * @layout: a complete layout, whose @why is set if one is not
 * @known: the memory, which learns the stack
 * @buf: start of the record
 * @len: bytes available, some of what follows the record too
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_layout_check_frames(struct page_owner_layout *layout,
				   struct page_owner_known *known, const char *buf,
				   size_t len);

/**
 * page_owner_frames_whole() - is each line a frame, from its start to its end?
 * @frames: lines
 *
 * Return: false if one is not: then something of them is missing.
 */
bool page_owner_frames_whole(struct page_owner_span frames);

/**
 * page_owner_layout_text() - the parts of a record's text
 * @layout: a complete layout
 * @buf: start of the record
 *
 * Return: the parts.
 */
struct page_owner_text page_owner_layout_text(const struct page_owner_layout *layout,
					      const char *buf);

/**
 * page_owner_layout_fill() - find out what is asked for about a record
 * @layout: a complete layout without anything wrong
 * @buf: start of the record
 * @wants: bit mask of enum page_owner_key
 * @pool: for strings
 * @stack: the frames if they were looked up, or NULL
 * @rec: receives all but its text
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_layout_fill(const struct page_owner_layout *layout, const char *buf,
			   unsigned int wants, struct page_owner_pool *pool,
			   struct page_owner_str *stack, struct page_owner_record *rec);

/**
 * page_owner_text_forget_time() - take the digits of a time out of the text
 * @text: the text, in a buffer that may be changed
 * @field: PAGE_OWNER_TS or PAGE_OWNER_FREE_TS
 *
 * Records that differ in their times only have the same text afterwards.
 */
void page_owner_text_forget_time(struct page_owner_text *text,
				 enum page_owner_field field);

/**
 * page_owner_text_allocator() - which allocator a page went through
 * @text: the text of its record
 *
 * Return: bits of enum page_owner_allocator.
 */
unsigned int page_owner_text_allocator(const struct page_owner_text *text);

#endif
