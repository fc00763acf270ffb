/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RAW_H
#define PAGE_OWNER_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../../../include/uapi/linux/page_owner_raw.h"

/*
 * Reads what the page_owner file gives with mode=raw, and turns it back into
 * the text that the file gives without.
 */

struct page_owner_raw_reader;

/** enum page_owner_raw_mode - what a record's text says of its stack */
enum page_owner_raw_mode {
	PAGE_OWNER_RAW_STACK = 1,
	PAGE_OWNER_RAW_HANDLE = 2,
	PAGE_OWNER_RAW_STACK_HANDLE = 3,
};

/**
 * struct page_owner_raw_def - what a number in a record means
 * @words: 64-bit words, as many as the type of definition has
 * @nr_words: how many
 * @text: text, terminated, though it may have other NUL bytes
 * @text_len: its length
 */
struct page_owner_raw_def {
	const uint64_t *words;
	size_t nr_words;
	const char *text;
	size_t text_len;
};

/**
 * page_owner_raw_open() - begin to read a stream
 * @read: gives the next bytes as read() does, fewer than asked for if it likes
 * @data: passed to @read
 *
 * Return: the reader, NULL without memory.
 */
struct page_owner_raw_reader *
page_owner_raw_open(ssize_t (*read)(void *data, void *buf, size_t len), void *data);

/**
 * page_owner_raw_close() - free a reader
 * @raw: the reader, or NULL
 */
void page_owner_raw_close(struct page_owner_raw_reader *raw);

/**
 * page_owner_raw_head() - the header of a stream
 * @raw: the reader
 *
 * Return: the header, NULL if it cannot be read; then there is an error.
 */
const struct page_owner_raw_header *
page_owner_raw_head(struct page_owner_raw_reader *raw);

/**
 * page_owner_raw_next() - read the next record
 * @raw: the reader
 * @rec: the record; what is behind its first member is zero for an allocation
 * @freed: set to whether it is a freed page
 *
 * Return: 1; 0 after the last record; -1 for a stream that is damaged or cut
 * off, or an error of @read.
 */
int page_owner_raw_next(struct page_owner_raw_reader *raw,
			struct page_owner_raw_freed *rec, bool *freed);

/**
 * page_owner_raw_unknown() - is the capture of another version of the format?
 * @raw: the reader, whose header was read
 *
 * Return: true if it is, and not damaged for all that is known.
 */
bool page_owner_raw_unknown(const struct page_owner_raw_reader *raw);

/**
 * page_owner_raw_error() - what was wrong
 * @raw: the reader
 *
 * Return: a text, NULL if nothing was.
 */
const char *page_owner_raw_error(const struct page_owner_raw_reader *raw);

/**
 * page_owner_raw_find() - what a number in the last record means
 * @raw: the reader
 * @type: the section that defines it, PAGE_OWNER_RAW_STACKS or such
 * @key: the number
 *
 * Return: the definition, good until the next record is read; NULL if there is
 * none.
 */
const struct page_owner_raw_def *
page_owner_raw_find(const struct page_owner_raw_reader *raw, uint32_t type,
		    uint64_t key);

/**
 * page_owner_raw_filter() - what the kernel was asked for
 * @raw: the reader, of which a record, or the end, was read
 *
 * Return: words, as they were written to the file, without the one that made it a
 * binary dump; NULL if there were no others. Good until the next record is read.
 */
const char *page_owner_raw_filter(const struct page_owner_raw_reader *raw);

/**
 * page_owner_raw_text() - the text of the last record, as the kernel prints it
 * @raw: the reader
 * @rec: the record
 * @freed: it is a freed page
 * @mode: what to say of its stack
 * @len: set to the length of the text
 *
 * Return: the text, good until the next call; NULL, and an error, if something
 * that it refers to is not defined, or without memory.
 */
const char *page_owner_raw_text(struct page_owner_raw_reader *raw,
				const struct page_owner_raw_freed *rec, bool freed,
				enum page_owner_raw_mode mode, size_t *len);

#endif
