/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_PAIRS_H
#define PAGE_OWNER_PAIRS_H

#include "count/agg.h"

/**
 * struct page_owner_pair - what two aggregations have counted by the same keys
 * @old: the block in the older one, NULL if it is not there
 * @new: the block in the newer one, likewise
 */
struct page_owner_pair {
	const struct page_owner_block *old;
	const struct page_owner_block *new;
};

/**
 * page_owner_pairs_find() - find what two aggregations have in common
 * @old: an aggregation, whose blocks change their order
 * @new: another with the same keys, likewise
 * @nr: receives the number of pairs
 *
 * Blocks are compared by their text, so the aggregations can be of two boots.
 *
 * Return: the pairs, in the order of their keys, for the caller to free; NULL
 * without memory.
 */
struct page_owner_pair *page_owner_pairs_find(struct page_owner_agg *old,
					      struct page_owner_agg *new,
					      size_t *nr);

/**
 * page_owner_pair_any() - the block of a pair
 * @pair: the pair
 *
 * Return: the newer one, if there is one.
 */
const struct page_owner_block *
page_owner_pair_any(const struct page_owner_pair *pair);

/**
 * page_owner_pair_growth() - how much was added from the old to the new
 * @pair: the pair
 *
 * Return: pages.
 */
double page_owner_pair_growth(const struct page_owner_pair *pair);

#endif
