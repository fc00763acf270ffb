/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_INTERN_H
#define PAGE_OWNER_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

/**
 * struct page_owner_str - a string of which there is one copy only
 * @hash: hash of the text
 * @alias: another string, for the user of the pool; NULL at first
 * @note: for the user of the pool; 0 at first
 * @len: length of the text
 * @text: the text, not terminated
 *
 * Two strings of one pool are equal if and only if they are the same object.
 */
struct page_owner_str {
	uint64_t hash;
	struct page_owner_str *alias;
	unsigned int note;
	size_t len;
	char text[];
};

/**
 * struct page_owner_pool - a set of strings
 * @table: open hash table, a power of two in size, at most three quarters full
 * @size: number of slots
 * @nr: number of strings
 * @chunk: memory that strings are cut from; its first word links to the last one
 * @chunk_used: bytes used of @chunk
 * @chunk_size: bytes in @chunk
 */
struct page_owner_pool {
	struct page_owner_str **table;
	size_t size;
	size_t nr;
	char *chunk;
	size_t chunk_used;
	size_t chunk_size;
};

/**
 * page_owner_hash() - hash of some bytes
 * @data: the bytes
 * @len: number of bytes
 *
 * Return: 64 bits, of which all are fit for use.
 */
uint64_t page_owner_hash(const void *data, size_t len);

/**
 * page_owner_intern() - find the one copy of a string, or make it
 * @pool: a pool; zeroed memory is an empty one
 * @text: the string
 *
 * Equal hashes are never taken for equal strings.
 *
 * Return: the string, valid as long as the pool, or NULL without memory.
 */
struct page_owner_str *page_owner_intern(struct page_owner_pool *pool,
					 struct page_owner_span text);

/**
 * page_owner_pool_destroy() - give back a pool and all its strings
 * @pool: the pool
 */
void page_owner_pool_destroy(struct page_owner_pool *pool);

#endif
