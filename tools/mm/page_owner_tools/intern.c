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
	size_t step = 0;

	while ((str = page_owner_table_next(&pool->table, hash, &step))) {
		if (str->hash == hash && str->len == text.len &&
		    !memcmp(str->text, text.ptr, text.len))
			return str;
	}
	str = new_str(pool, text.len);
	if (!str)
		return NULL;
	*str = (struct page_owner_str){ .hash = hash, .len = text.len };
	memcpy(str->text, text.ptr, text.len);
	return page_owner_table_add(&pool->table, str) ? NULL : str;
}

void page_owner_pool_destroy(struct page_owner_pool *pool)
{
	while (pool->chunk) {
		char *chunk = pool->chunk;

		memcpy(&pool->chunk, chunk, sizeof(pool->chunk));
		free(chunk);
	}
	free(pool->table.slots);
	memset(pool, 0, sizeof(*pool));
}
