/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_PRINT_H
#define PAGE_OWNER_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "count/agg.h"
#include "info.h"

/** PAGE_OWNER_NUMBER - room for any number that these functions write */
#define PAGE_OWNER_NUMBER	32

/**
 * page_owner_human_bytes() - bytes in a unit that is easy to read
 * @buf: receives "64.0 MiB"; room for PAGE_OWNER_NUMBER
 * @bytes: the number
 *
 * Return: @buf.
 */
const char *page_owner_human_bytes(char *buf, double bytes);

/**
 * page_owner_human_time() - a span of time in a unit that is easy to read
 * @buf: receives "12.3 s"; room for PAGE_OWNER_NUMBER
 * @ns: nanoseconds
 *
 * Return: @buf.
 */
const char *page_owner_human_time(char *buf, uint64_t ns);

/**
 * page_owner_columns() - how wide a line may be
 * @file: where it is written
 *
 * Return: the width of the terminal, or what COLUMNS says, or 100.
 */
unsigned int page_owner_columns(FILE *file);

/**
 * page_owner_has_colour() - may the output have colours?
 * @file: where it is written
 *
 * Return: true on a terminal that can, unless NO_COLOR is set.
 */
bool page_owner_has_colour(FILE *file);

/**
 * page_owner_put_chain() - write who called whom, innermost first, on one line
 * @file: the output
 * @stack: frames
 * @width: where to cut it off, 0 for never
 *
 * The functions of the page allocator itself are left out.
 */
void page_owner_put_chain(FILE *file, struct page_owner_span stack,
			  unsigned int width);

/**
 * page_owner_key_text() - the value of a key, as text
 * @buf: room for numbers, PAGE_OWNER_NUMBER
 * @key: a key that tells blocks apart; not the stack
 * @block: the block
 * @info: to name the zones; may be NULL
 *
 * Return: the text, "-" for a value that is unknown or empty.
 */
struct page_owner_span page_owner_key_text(char *buf, enum page_owner_key key,
					   const struct page_owner_block *block,
					   const struct page_owner_info *info);

/**
 * page_owner_put_owner() - write the values of all keys of a block on one line
 * @file: the output
 * @mask: bit mask of enum page_owner_key
 * @block: the block
 * @info: to name the zones
 * @width: columns that are left on the line
 */
void page_owner_put_owner(FILE *file, unsigned int mask,
			  const struct page_owner_block *block,
			  const struct page_owner_info *info, unsigned int width);

/**
 * page_owner_key_name() - the name of a key
 * @key: the key
 *
 * Return: its name in options and headings.
 */
const char *page_owner_key_name(enum page_owner_key key);

/**
 * page_owner_key_parse() - read a list of keys
 * @text: names with commas between them
 * @keys: receives a bit mask of enum page_owner_key
 *
 * Return: NULL, or the name that is not one of a key.
 */
const char *page_owner_key_parse(const char *text, unsigned int *keys);

#endif
