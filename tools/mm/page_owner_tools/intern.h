/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_INTERN_H
#define PAGE_OWNER_INTERN_H

#include <string.h>

#include "record.h"
#include "table.h"

/**
 * struct page_owner_str - a string of which there is one copy only
 * @hash: hash of the text
 * @functions: of a stack: its functions without offsets; NULL until asked for
 * @module: of a stack: the module that asked; likewise
 * @note: for the user of the pool; 0 at first
 * @len: length of the text
 * @text: the text, not terminated
 *
 * Two strings of one pool are equal if and only if they are the same object.
 */
struct page_owner_str {
	uint64_t hash;
	struct page_owner_str *functions;
	struct page_owner_str *module;
	unsigned int note;
	size_t len;
	char text[];
};

/**
 * struct page_owner_pool - a set of strings
 * @table: the strings
 * @chunk: memory that strings are cut from; its first word links to the last one
 * @chunk_used: bytes used of @chunk
 * @chunk_size: bytes in @chunk
 *
 * Zeroed memory is an empty set.
 */
struct page_owner_pool {
	struct page_owner_table table;
	char *chunk;
	size_t chunk_used;
	size_t chunk_size;
};

/**
 * page_owner_intern() - find the one copy of a string, or make it
 * @pool: a pool
 * @text: the string
 *
 * Equal hashes are never taken for equal strings.
 *
 * Return: the string, valid as long as the pool, or NULL without memory.
 */
struct page_owner_str *page_owner_intern(struct page_owner_pool *pool,
					 struct page_owner_span text);

/**
 * page_owner_span_of() - a text that ends with a NUL
 * @text: the text
 *
 * Return: the text without the NUL.
 */
static inline struct page_owner_span page_owner_span_of(const char *text)
{
	return (struct page_owner_span){ text, strlen(text) };
}

/**
 * page_owner_str_span() - the text of a string
 * @str: the string, NULL for an empty one
 *
 * Return: the text.
 */
static inline struct page_owner_span
page_owner_str_span(const struct page_owner_str *str)
{
	return str ? (struct page_owner_span){ str->text, str->len } :
		     (struct page_owner_span){ "", 0 };
}

/**
 * page_owner_pool_destroy() - give back a pool and all its strings
 * @pool: the pool
 */
void page_owner_pool_destroy(struct page_owner_pool *pool);

#endif
