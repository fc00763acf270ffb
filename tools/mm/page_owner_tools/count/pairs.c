// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two aggregations, side by side.
 *
 * Both are sorted by what tells their blocks apart, and walked together.
 */
#include <stdlib.h>

#include "count/pairs.h"

struct page_owner_pair *page_owner_pairs_find(struct page_owner_agg *old,
					      struct page_owner_agg *new,
					      size_t *nr)
{
	struct page_owner_pair *pairs;
	size_t i = 0, j = 0;

	*nr = 0;
	pairs = calloc(old->nr + new->nr + 1, sizeof(*pairs));
	if (!pairs || page_owner_agg_sort(old, NULL, 0) ||
	    page_owner_agg_sort(new, NULL, 0)) {
		free(pairs);
		return NULL;
	}
	while (i < old->nr || j < new->nr) {
		struct page_owner_pair *pair = &pairs[(*nr)++];
		int ret = i == old->nr ? 1 : j == new->nr ? -1 :
			page_owner_block_compare(new->cull, old->blocks[i],
						 new->blocks[j]);

		if (ret <= 0)
			pair->old = old->blocks[i++];
		if (ret >= 0)
			pair->new = new->blocks[j++];
	}
	return pairs;
}

const struct page_owner_block *
page_owner_pair_any(const struct page_owner_pair *pair)
{
	return pair->new ? pair->new : pair->old;
}

double page_owner_pair_growth(const struct page_owner_pair *pair)
{
	return (pair->new ? (double)pair->new->pages : 0) -
	       (pair->old ? (double)pair->old->pages : 0);
}
