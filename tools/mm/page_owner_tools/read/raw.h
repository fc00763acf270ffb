/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_RAW_H
#define PAGE_OWNER_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "table.h"
#include "../../../../include/uapi/linux/page_owner_raw.h"

/* Reads what the page_owner file gives with mode=raw. */

struct page_owner_raw_reader;

/**
 * struct page_owner_raw_def - what a number in a record means
 * @hash: of @type and @key
 * @key: the number
 * @type: the section that defines it
 * @words: 64-bit words, as many as the type of definition has
 * @nr_words: how many
 * @text: text, terminated, though it may have other NUL bytes
 * @text_len: its length
 * @contents: the memory of @words and @text
 * @after: the next one of the same type, in the order of the stream
 * @note: for the user of the reader; zero at first, and again when the number gets
 *	another meaning
 */
struct page_owner_raw_def {
	uint64_t hash;
	uint64_t key;
	uint32_t type;
	const uint64_t *words;
	size_t nr_words;
	const char *text;
	size_t text_len;
	char *contents;
	struct page_owner_raw_def *after;
	struct {
		void *str[2];
		int answer;
	} note;
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
 * page_owner_raw_offset() - how far a stream is read
 * @raw: the reader
 *
 * Return: the number of bytes.
 */
unsigned long long page_owner_raw_offset(const struct page_owner_raw_reader *raw);

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
struct page_owner_raw_def *page_owner_raw_find(const struct page_owner_raw_reader *raw,
					       uint32_t type, uint64_t key);

/**
 * page_owner_raw_need() - the same for a number that has to be defined
 * @raw: the reader
 * @type: the section that defines it
 * @key: the number
 * @what: what it is called in the error
 *
 * Return: the definition, or NULL, and then there is an error.
 */
struct page_owner_raw_def *page_owner_raw_need(struct page_owner_raw_reader *raw,
					       uint32_t type, uint64_t key,
					       const char *what);

/**
 * page_owner_raw_first() - the first definition of a type
 * @raw: the reader
 * @type: the section that defines it
 *
 * Return: the definition, which leads to the others; NULL if there is none.
 */
struct page_owner_raw_def *page_owner_raw_first(const struct page_owner_raw_reader *raw,
						uint32_t type);

/**
 * page_owner_raw_field() - a number in the page flags
 * @def: its definition, of PAGE_OWNER_RAW_PAGE_FIELDS
 * @flags: the page flags
 *
 * Return: the number.
 */
static inline uint64_t page_owner_raw_field(const struct page_owner_raw_def *def,
					    uint64_t flags)
{
	return flags >> def->words[1] & def->words[0];
}

/**
 * page_owner_raw_no_memory() - end the stream, as there is no memory
 * @raw: the reader
 */
void page_owner_raw_no_memory(struct page_owner_raw_reader *raw);

/**
 * page_owner_raw_filter() - what the kernel was asked for
 * @raw: the reader, of which a record, or the end, was read
 *
 * Return: words, as they were written to the file, without the one that made it a
 * binary dump; NULL if there were no others. Good until the next record is read.
 */
const char *page_owner_raw_filter(const struct page_owner_raw_reader *raw);

#endif
