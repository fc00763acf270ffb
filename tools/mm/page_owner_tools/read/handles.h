/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_HANDLES_H
#define PAGE_OWNER_HANDLES_H

#include "intern.h"

/**
 * struct page_owner_handles - which frames a handle stands for
 * @table: the handles
 * @pool: the frames
 *
 * Zeroed memory is a table without handles.
 */
struct page_owner_handles {
	struct page_owner_table table;
	struct page_owner_pool pool;
};

/**
 * page_owner_handles_add() - learn a handle
 * @handles: the table
 * @handle: the handle; of two stacks for one, the last counts
 * @frames: its frames, of the table's pool
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_handles_add(struct page_owner_handles *handles, unsigned int handle,
			   struct page_owner_str *frames);

/**
 * page_owner_handles_find() - look a handle up
 * @handles: the table
 * @handle: the handle
 *
 * Return: its frames, or NULL.
 */
struct page_owner_str *page_owner_handles_find(const struct page_owner_handles *handles,
					       unsigned int handle);

/**
 * page_owner_handles_destroy() - give back a table
 * @handles: the table
 */
void page_owner_handles_destroy(struct page_owner_handles *handles);

#endif
