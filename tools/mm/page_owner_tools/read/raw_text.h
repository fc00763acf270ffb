/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RAW_TEXT_H
#define PAGE_OWNER_RAW_TEXT_H

#include "read/raw.h"
#include "record.h"

/** enum page_owner_raw_mode - what a record's text says of its stack */
enum page_owner_raw_mode {
	PAGE_OWNER_RAW_STACK = 1,
	PAGE_OWNER_RAW_HANDLE = 2,
	PAGE_OWNER_RAW_STACK_HANDLE = 3,
};

/**
 * struct page_owner_raw_text - the text of a record
 * @raw: the stream that the record is from
 * @buf: the text, for free() at the end; NULL at first
 * @len: its length
 * @size: room in @buf
 * @time_off: where the digits of the times of allocation and free begin
 * @time_len: how many these are, 0 for a time that is not there
 * @head_len: length of the first line
 * @stack_off: where the lines about the stack begin
 * @stack_end: and where they end
 */
struct page_owner_raw_text {
	struct page_owner_raw_reader *raw;
	char *buf;
	size_t len;
	size_t size;
	size_t time_off[2];
	size_t time_len[2];
	size_t head_len;
	size_t stack_off;
	size_t stack_end;
};

/**
 * page_owner_raw_text_make() - the text of a record, as the kernel prints it
 * @text: receives it, in place of an older one
 * @rec: the last record of the stream
 * @freed: it is a freed page
 * @mode: what to say of its stack
 *
 * Return: false if something that the record refers to is not defined, or without
 * memory: then the stream has an error.
 */
bool page_owner_raw_text_make(struct page_owner_raw_text *text,
			      const struct page_owner_raw_freed *rec, bool freed,
			      enum page_owner_raw_mode mode);

/**
 * page_owner_raw_text_parts() - where the parts of a text are
 * @text: a text with PAGE_OWNER_RAW_STACK
 *
 * Return: the parts, good until the next text is made.
 */
struct page_owner_text page_owner_raw_text_parts(const struct page_owner_raw_text *text);

/**
 * page_owner_raw_comm_char() - a byte of a task name, as the kernel prints it
 * @out: receives what is printed; terminated only if it is not the byte itself
 * @c: the byte, and what follows it
 *
 * Return: how many bytes are printed.
 */
size_t page_owner_raw_comm_char(char out[5], const char *c);

#endif
