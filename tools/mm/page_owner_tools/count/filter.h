/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_FILTER_H
#define PAGE_OWNER_FILTER_H

#include "info.h"
#include "intern.h"

/**
 * struct page_owner_filter - which records to look at
 * @terms: conditions, of which all have to hold
 * @nr: number of these
 * @info: what is known about the input: its clock and the names of its zones.
 *	Set by what opens the input.
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
 * page_owner_filter_keys() - what a filter looks at
 * @filter: the filter, or NULL
 *
 * Return: bit mask of enum page_owner_key, for the reader.
 */
unsigned int page_owner_filter_keys(const struct page_owner_filter *filter);

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
 * page_owner_select_keys() - what a selection looks at
 * @select: the selection, or NULL
 *
 * Return: bit mask of enum page_owner_key, for the reader.
 */
unsigned int page_owner_select_keys(const struct page_owner_select *select);

/**
 * page_owner_select_destroy() - give back the lists
 * @select: the selection
 */
void page_owner_select_destroy(struct page_owner_select *select);

#endif
