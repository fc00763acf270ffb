// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: what an open dump remembers, so that it need not be found out for
 * every record: the text of a stack, the names of GFP flags, what a raw stream
 * has said already.
 *
 * A cache is a hash table of keys in front of a store of bytes, to which is only
 * ever added. When either is full, all is forgotten, and what is missed is found out
 * again. What is used often is soon back, and no bookkeeping is needed to know what
 * that is.
 */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cache.h"

#define NR_SLOTS	BIT(PAGE_OWNER_CACHE_BITS)

/* So chains of slots stay short: those in use, at most. */
#define MAX_SLOTS	(NR_SLOTS / 4 * 3)

static_assert(PAGE_OWNER_CACHE_ENTRY_MAX <= PAGE_OWNER_CACHE_CHUNK);
static_assert(PAGE_OWNER_CACHE_ENTRY_MAX <= U16_MAX);

/**
 * page_owner_cache_init() - set up an empty cache
 * @cache: the cache
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int page_owner_cache_init(struct page_owner_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	cache->slots = kvcalloc(NR_SLOTS, sizeof(*cache->slots), GFP_KERNEL);
	cache->chunks[0] = kvmalloc(PAGE_OWNER_CACHE_CHUNK, GFP_KERNEL);
	cache->scratch = kvmalloc(PAGE_OWNER_CACHE_ENTRY_MAX, GFP_KERNEL);
	if (cache->slots && cache->chunks[0] && cache->scratch)
		return 0;
	page_owner_cache_destroy(cache);
	return -ENOMEM;
}

/**
 * page_owner_cache_destroy() - free a cache's memory
 * @cache: the cache, set up or zeroed
 *
 * Context: Process context, may sleep.
 */
void page_owner_cache_destroy(struct page_owner_cache *cache)
{
	int i;

	for (i = 0; i < PAGE_OWNER_CACHE_CHUNKS; i++)
		kvfree(cache->chunks[i]);
	kvfree(cache->scratch);
	kvfree(cache->slots);
	memset(cache, 0, sizeof(*cache));
}

/**
 * page_owner_cache_clear() - forget everything
 * @cache: the cache
 *
 * Context: Any.
 */
void page_owner_cache_clear(struct page_owner_cache *cache)
{
	memset(cache->slots, 0, NR_SLOTS * sizeof(*cache->slots));
	cache->nr_used = 0;
	cache->chunk = 0;
	cache->chunk_used = 0;
	cache->stack_len = 0;
}

/* The slot of a key, or the free one that it would get. */
static struct page_owner_cache_slot *
find_slot(const struct page_owner_cache *cache, enum page_owner_cached kind, u64 key)
{
	unsigned int i = hash_64(key + kind, PAGE_OWNER_CACHE_BITS);

	while (cache->slots[i].kind &&
	       (cache->slots[i].key != key || cache->slots[i].kind != kind))
		i = (i + 1) % NR_SLOTS;
	return &cache->slots[i];
}

/**
 * page_owner_cache_find() - look something up
 * @cache: the cache
 * @kind: what @key is a key of
 * @key: the key
 * @len: set to how many bytes there are, if any
 *
 * Context: Any.
 * Return: the bytes, good until page_owner_cache_room(); NULL if unknown.
 */
const char *page_owner_cache_find(const struct page_owner_cache *cache,
				  enum page_owner_cached kind, u64 key,
				  unsigned int *len)
{
	const struct page_owner_cache_slot *slot = find_slot(cache, kind, key);

	if (!slot->kind)
		return NULL;
	*len = slot->len;
	return cache->chunks[slot->chunk] + slot->offset;
}

/* Goes on in the next chunk. Returns false if there is none and no memory. */
static bool next_chunk(struct page_owner_cache *cache)
{
	unsigned int next = cache->chunk + 1;

	if (next == PAGE_OWNER_CACHE_CHUNKS)
		return false;
	if (!cache->chunks[next])
		cache->chunks[next] = kvmalloc(PAGE_OWNER_CACHE_CHUNK,
					       GFP_KERNEL | __GFP_NOWARN);
	if (!cache->chunks[next])
		return false;
	cache->chunk = next;
	cache->chunk_used = 0;
	return true;
}

/**
 * page_owner_cache_room() - where to put bytes that page_owner_cache_add() keeps
 * @cache: the cache; may have been emptied on return
 *
 * Context: Process context, may sleep.
 * Return: room for PAGE_OWNER_CACHE_ENTRY_MAX bytes.
 */
char *page_owner_cache_room(struct page_owner_cache *cache)
{
	bool full = cache->nr_used == MAX_SLOTS;

	if (cache->chunk_used + PAGE_OWNER_CACHE_ENTRY_MAX > PAGE_OWNER_CACHE_CHUNK)
		full |= !next_chunk(cache);
	if (full)
		page_owner_cache_clear(cache);
	return cache->chunks[cache->chunk] + cache->chunk_used;
}

/**
 * page_owner_cache_add() - remember what is at page_owner_cache_room()
 * @cache: the cache
 * @kind: what @key is a key of
 * @key: the key; what was known of it is forgotten
 * @len: how many bytes are there
 *
 * Context: Any, after a page_owner_cache_room() of its own.
 */
void page_owner_cache_add(struct page_owner_cache *cache,
			  enum page_owner_cached kind, u64 key, unsigned int len)
{
	struct page_owner_cache_slot *slot = find_slot(cache, kind, key);

	if (!slot->kind)
		cache->nr_used++;
	slot->key = key;
	slot->kind = kind;
	slot->chunk = cache->chunk;
	slot->offset = cache->chunk_used;
	slot->len = len;
	cache->chunk_used += len;
}
