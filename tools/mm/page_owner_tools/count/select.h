/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_SELECT_H
#define PAGE_OWNER_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"

/**
 * struct page_owner_ints - a list of numbers
 * @val: the numbers
 * @nr: how many there are; 0 for a list that was not given
 */
struct page_owner_ints {
	int *val;
	size_t nr;
};

/**
 * struct page_owner_names - a list of task names
 * @val: the names, parts of the string that they were parsed from
 * @nr: how many there are; 0 for a list that was not given
 */
struct page_owner_names {
	struct page_owner_span *val;
	size_t nr;
};

/**
 * struct page_owner_select - which records to look at
 * @pids: process IDs
 * @tgids: thread group IDs
 * @comms: task names
 * @unreleased: only pages that are still in use
 *
 * All that is given has to hold.
 */
struct page_owner_select {
	struct page_owner_ints pids;
	struct page_owner_ints tgids;
	struct page_owner_names comms;
	bool unreleased;
};

/**
 * page_owner_ints_parse() - read a list of numbers
 * @list: receives the numbers, in place of those it has
 * @arg: decimal numbers with commas between them
 *
 * Return: 0, or -1 with errno set: EINVAL for an argument that is no such list.
 */
int page_owner_ints_parse(struct page_owner_ints *list, const char *arg);

/**
 * page_owner_names_parse() - read a list of task names
 * @list: receives the names, in place of those it has
 * @arg: names with commas between them; has to live as long as the list
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_names_parse(struct page_owner_names *list, const char *arg);

/**
 * page_owner_selected() - is this record asked for?
 * @select: what is asked for
 * @rec: the record
 *
 * A record without a field is in no list of that field.
 *
 * Return: true if it is.
 */
bool page_owner_selected(const struct page_owner_select *select,
			 const struct page_owner_record *rec);

/**
 * page_owner_select_destroy() - give back the lists
 * @select: the selection
 */
void page_owner_select_destroy(struct page_owner_select *select);

#endif
