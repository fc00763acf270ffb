/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_TABLE_H
#define PAGE_OWNER_TABLE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct page_owner_table - an open hash table
 * @slots: entries, each of which begins with its hash, a uint64_t; NULL for none
 * @size: number of slots, a power of two, or 0
 * @nr: number of entries, at most three quarters of the slots
 *
 * Zeroed memory is an empty table.
 */
struct page_owner_table {
	void **slots;
	size_t size;
	size_t nr;
};

/**
 * page_owner_table_next() - go through the entries that may have a hash
 * @table: the table
 * @hash: the hash
 * @step: 0 at first, counted up
 *
 * Return: an entry to be compared, or NULL: there are no more.
 */
static inline void *page_owner_table_next(const struct page_owner_table *table,
					  uint64_t hash, size_t *step)
{
	if (!table->size)
		return NULL;
	return table->slots[(hash + (*step)++) & (table->size - 1)];
}

/**
 * page_owner_table_add() - put an entry in that is not there
 * @table: the table
 * @entry: the entry, with its hash; stays the caller's
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_table_add(struct page_owner_table *table, void *entry);

/* An odd number with no pattern in its bits, the golden ratio's */
#define PAGE_OWNER_MIX	0x9e3779b97f4a7c15ull

/**
 * page_owner_mix() - add a word to a hash
 * @hash: the hash so far
 * @word: the word
 *
 * Return: the hash.
 */
static inline uint64_t page_owner_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * PAGE_OWNER_MIX;
	return hash ^ (hash >> 29);
}

/**
 * page_owner_hash() - hash of some bytes
 * @data: the bytes
 * @len: number of bytes
 *
 * Return: 64 bits, of which all are fit for use.
 */
uint64_t page_owner_hash(const void *data, size_t len);

#endif
