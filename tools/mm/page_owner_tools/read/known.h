/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_KNOWN_H
#define PAGE_OWNER_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What was found to be whole. Some hundred stacks are in nearly all records of a dump,
 * and neighbours have most else in common: to compare is faster than to look again.
 */
struct page_owner_known;

/** enum page_owner_known_part - what is remembered of the record before */
enum page_owner_known_part {
	PAGE_OWNER_KNOWN_MASK,
	PAGE_OWNER_KNOWN_PFN_REST,
	PAGE_OWNER_NR_KNOWN_PARTS
};

/**
 * page_owner_known_new() - a memory that is empty
 *
 * Return: the memory, for free(), or NULL with errno set.
 */
struct page_owner_known *page_owner_known_new(void);

/**
 * page_owner_known_stack() - does a text begin with a stack that is known?
 * @known: the memory
 * @text: the text, at the start of a line
 * @len: bytes available
 *
 * Another frame of the same stack may follow: that is for the caller to see.
 *
 * Return: the length of the stack, which ends with a newline, or 0.
 */
size_t page_owner_known_stack(const struct page_owner_known *known,
			      const char *text, size_t len);

/**
 * page_owner_known_add_stack() - remember a stack in place of an older one
 * @known: the memory
 * @text: the stack, and what follows it
 * @len: bytes available
 * @stack_len: length of the stack, each line of which has its end
 */
void page_owner_known_add_stack(struct page_owner_known *known, const char *text,
				size_t len, size_t stack_len);

/**
 * page_owner_known_part() - is a part the same as in the record before?
 * @known: the memory
 * @part: which part
 * @text: all of it
 * @len: its length
 *
 * Return: true if it is.
 */
bool page_owner_known_part(const struct page_owner_known *known,
			   enum page_owner_known_part part, const char *text,
			   size_t len);

/**
 * page_owner_known_add_part() - remember a part in place of that of a record before
 * @known: the memory
 * @part: which part
 * @text: all of it
 * @len: its length
 */
void page_owner_known_add_part(struct page_owner_known *known,
			       enum page_owner_known_part part, const char *text,
			       size_t len);

#endif
