/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_FILTER_H
#define PAGE_OWNER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "read/capture.h"
#include "record.h"

/**
 * struct page_owner_filter - which records to look at
 * @terms: conditions, of which all have to hold
 * @nr: number of these
 * @info: what is known about the input: its clock and the names of its zones.
 *	Whoever opens the input sets it.
 *
 * Zeroed memory lets everything pass.
 */
struct page_owner_filter {
	struct page_owner_term *terms;
	size_t nr;
	const struct page_owner_info *info;
};

/**
 * page_owner_filter_add() - add a condition
 * @filter: the filter
 * @text: KEY OP VALUE[,VALUE]..., where OP is one of = != < <= > >= and one of
 *	the values has to agree; see the manual page for the keys
 * @why: receives what is wrong with it
 *
 * Return: 0, or -1 with @why set.
 */
int page_owner_filter_add(struct page_owner_filter *filter, const char *text,
			  const char **why);

/**
 * page_owner_filter_needs_clock() - is there a condition about the age?
 * @filter: the filter
 *
 * Return: true if there is. Without info->clock_ns, nothing has an age.
 */
bool page_owner_filter_needs_clock(const struct page_owner_filter *filter);

/**
 * page_owner_filter_wants_freed() - are records of free pages asked for?
 * @filter: the filter, or NULL
 *
 * Return: true if they are, and then those of pages in use are not.
 */
bool page_owner_filter_wants_freed(const struct page_owner_filter *filter);

/**
 * page_owner_filter_pass() - is this record asked for?
 * @filter: the filter
 * @rec: the record
 *
 * A record that lacks a field has no value that could agree with any other: it
 * passes != only, and the value "-", which is that of no other record.
 *
 * Return: true if it is.
 */
bool page_owner_filter_pass(const struct page_owner_filter *filter,
			    const struct page_owner_record *rec);

/**
 * page_owner_filter_destroy() - give back a filter
 * @filter: the filter
 */
void page_owner_filter_destroy(struct page_owner_filter *filter);

#endif
