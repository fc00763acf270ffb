// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dump repeats few texts many times: keep each of them once.
 */
#include <stdlib.h>
#include <string.h>

#include "intern.h"

#ifdef PAGE_OWNER_SMALL
#define CHUNK_SIZE	((size_t)4 << 10)	/* for tests */
#else
#define CHUNK_SIZE	((size_t)64 << 10)
#endif
/* Of struct page_owner_str, and room for the link at a chunk's start */
#define ALIGN		((size_t)8)

#define FIRST_SLOTS	1024

/* An odd number with no pattern in its bits, the golden ratio's */
#define MIX		0x9e3779b97f4a7c15ull

static uint64_t load(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * MIX;
	return h ^ (h >> 29);
}

uint64_t page_owner_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t lane[4] = { len, 1, 2, 3 };
	uint64_t tail = 0;

	/* Four lanes, so that one multiplication need not wait for the last. */
	for (; len >= 32; len -= 32, p += 32) {
		for (int i = 0; i < 4; i++)
			lane[i] = mix(lane[i], load(p + i * 8));
	}
	for (; len >= 8; len -= 8, p += 8)
		lane[0] = mix(lane[0], load(p));
	if (len)
		memcpy(&tail, p, len);
	lane[0] = mix(lane[0], tail);
	lane[0] = mix(lane[0], lane[1]);
	lane[0] = mix(lane[0], lane[2]);
	return mix(mix(lane[0], lane[3]), MIX);
}

static int grow(struct page_owner_pool *pool)
{
	size_t size = pool->size ? pool->size * 2 : FIRST_SLOTS;
	struct page_owner_str **table = calloc(size, sizeof(*table));

	if (!table)
		return -1;
	for (size_t i = 0; i < pool->size; i++) {
		struct page_owner_str *str = pool->table[i];
		size_t slot;

		if (!str)
			continue;
		for (slot = str->hash & (size - 1); table[slot];)
			slot = (slot + 1) & (size - 1);
		table[slot] = str;
	}
	free(pool->table);
	pool->table = table;
	pool->size = size;
	return 0;
}

static struct page_owner_str *new_str(struct page_owner_pool *pool, size_t len)
{
	size_t need = (sizeof(struct page_owner_str) + len + ALIGN - 1) & -ALIGN;
	struct page_owner_str *str;

	if (pool->chunk_size - pool->chunk_used < need) {
		size_t size = need + ALIGN > CHUNK_SIZE ? need + ALIGN : CHUNK_SIZE;
		char *chunk = malloc(size);

		if (!chunk)
			return NULL;
		memcpy(chunk, &pool->chunk, sizeof(pool->chunk));
		pool->chunk = chunk;
		pool->chunk_used = ALIGN;
		pool->chunk_size = size;
	}
	str = (struct page_owner_str *)(pool->chunk + pool->chunk_used);
	pool->chunk_used += need;
	return str;
}

struct page_owner_str *page_owner_intern(struct page_owner_pool *pool,
					 struct page_owner_span text)
{
	uint64_t hash = page_owner_hash(text.ptr, text.len);
	struct page_owner_str *str;
	size_t slot;

	if (pool->nr >= pool->size / 4 * 3 && grow(pool))
		return NULL;
	for (slot = hash & (pool->size - 1); (str = pool->table[slot]);
	     slot = (slot + 1) & (pool->size - 1)) {
		if (str->hash == hash && str->len == text.len &&
		    !memcmp(str->text, text.ptr, text.len))
			return str;
	}
	str = new_str(pool, text.len);
	if (!str)
		return NULL;
	str->hash = hash;
	str->alias = NULL;
	str->note = 0;
	str->len = text.len;
	memcpy(str->text, text.ptr, text.len);
	pool->table[slot] = str;
	pool->nr++;
	return str;
}

void page_owner_pool_destroy(struct page_owner_pool *pool)
{
	while (pool->chunk) {
		char *chunk = pool->chunk;

		memcpy(&pool->chunk, chunk, sizeof(pool->chunk));
		free(chunk);
	}
	free(pool->table);
	memset(pool, 0, sizeof(*pool));
}
