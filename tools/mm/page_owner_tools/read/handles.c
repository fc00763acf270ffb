// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks by their handles, for records that have no frames.
 */
#include <stdlib.h>
#include <string.h>

#include "read/handles.h"

/* What a handle stands for */
struct handle {
	uint64_t hash;
	unsigned int handle;
	struct page_owner_str *frames;
};

static uint64_t hash_handle(unsigned int handle)
{
	return page_owner_hash(&handle, sizeof(handle));
}

static struct handle *find_handle(const struct page_owner_handles *h,
				  unsigned int handle)
{
	uint64_t hash = hash_handle(handle);
	struct handle *found;
	size_t step = 0;

	while ((found = page_owner_table_next(&h->table, hash, &step))) {
		if (found->handle == handle)
			return found;
	}
	return NULL;
}

struct page_owner_str *page_owner_handles_find(const struct page_owner_handles *h,
					       unsigned int handle)
{
	struct handle *found = find_handle(h, handle);

	return found ? found->frames : NULL;
}

int page_owner_handles_add(struct page_owner_handles *h, unsigned int handle,
			   struct page_owner_str *frames)
{
	struct handle *new = find_handle(h, handle);

	if (new) {
		new->frames = frames;
		return 0;
	}
	new = malloc(sizeof(*new));
	if (!new)
		return -1;
	*new = (struct handle){ hash_handle(handle), handle, frames };
	if (!page_owner_table_add(&h->table, new))
		return 0;
	free(new);
	return -1;
}

void page_owner_handles_destroy(struct page_owner_handles *h)
{
	for (size_t i = 0; i < h->table.size; i++)
		free(h->table.slots[i]);
	free(h->table.slots);
	page_owner_pool_destroy(&h->pool);
	memset(h, 0, sizeof(*h));
}
