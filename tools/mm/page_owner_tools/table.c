// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one hash table: of strings, of blocks, of what handles and numbers mean.
 */
#include <stdlib.h>
#include <string.h>

#include "table.h"

#ifdef PAGE_OWNER_SMALL
#define FIRST_SLOTS	64	/* for tests */
#else
#define FIRST_SLOTS	1024
#endif

static uint64_t load(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

uint64_t page_owner_hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t lane[4] = { len, 1, 2, 3 };
	uint64_t tail = 0;

	/* Four lanes, so that one multiplication need not wait for the last. */
	for (; len >= 32; len -= 32, p += 32) {
		for (int i = 0; i < 4; i++)
			lane[i] = page_owner_mix(lane[i], load(p + i * 8));
	}
	for (; len >= 8; len -= 8, p += 8)
		lane[0] = page_owner_mix(lane[0], load(p));
	if (len)
		memcpy(&tail, p, len);
	lane[0] = page_owner_mix(lane[0], tail);
	lane[0] = page_owner_mix(lane[0], lane[1]);
	lane[0] = page_owner_mix(lane[0], lane[2]);
	return page_owner_mix(page_owner_mix(lane[0], lane[3]), PAGE_OWNER_MIX);
}

static void put(struct page_owner_table *table, void *entry)
{
	size_t slot = *(uint64_t *)entry & (table->size - 1);

	while (table->slots[slot])
		slot = (slot + 1) & (table->size - 1);
	table->slots[slot] = entry;
}

static int grow(struct page_owner_table *table)
{
	struct page_owner_table bigger = {
		.size = table->size ? table->size * 2 : FIRST_SLOTS,
		.nr = table->nr,
	};

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -1;
	for (size_t i = 0; i < table->size; i++) {
		if (table->slots[i])
			put(&bigger, table->slots[i]);
	}
	free(table->slots);
	*table = bigger;
	return 0;
}

int page_owner_table_add(struct page_owner_table *table, void *entry)
{
	if (table->nr >= table->size / 4 * 3 && grow(table))
		return -1;
	put(table, entry);
	table->nr++;
	return 0;
}
