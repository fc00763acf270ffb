/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_FRAME_H
#define PAGE_OWNER_FRAME_H

#include <stdbool.h>

#include "record.h"

/*
 * What a record says beyond its first line. These are found when somebody asks
 * for them: most programs want none or one of them, from a billion bytes.
 */

/**
 * page_owner_record_number() - a number among the page flags
 * @rec: the record
 * @word: "node=" or "zone="
 *
 * Return: the number, or -1 if the record does not have it.
 */
int page_owner_record_number(const struct page_owner_record *rec,
			     const char *word);

/**
 * page_owner_record_migratetype() - the migrate type that was asked for
 * @rec: the record
 *
 * Return: its name, a part of the PFN line; empty if the record has none.
 */
struct page_owner_span
page_owner_record_migratetype(const struct page_owner_record *rec);

/**
 * page_owner_record_memcg() - the memory cgroup that pays for the pages
 * @rec: the record
 *
 * Return: its name, with "offline " before it if it is gone, a part of the
 * record; empty if nobody pays.
 */
struct page_owner_span
page_owner_record_memcg(const struct page_owner_record *rec);

/**
 * page_owner_stack_module() - the module that asked for the pages
 * @stack: frames
 *
 * Return: the module of the innermost frame that is in one, a part of @stack;
 * empty if none is.
 */
struct page_owner_span page_owner_stack_module(struct page_owner_span stack);

/**
 * page_owner_next_line() - take the first line off a text
 * @text: the text, which loses it
 * @line: receives the line without its end
 *
 * Return: false at the end of the text.
 */
bool page_owner_next_line(struct page_owner_span *text,
			  struct page_owner_span *line);

/**
 * struct page_owner_frame - one frame, taken apart
 * @name: the function
 * @module: its module, empty for the kernel itself
 * @offset: offset in the function, 0 if unknown
 * @size: size of the function, 0 if unknown
 */
struct page_owner_frame {
	struct page_owner_span name;
	struct page_owner_span module;
	uint64_t offset;
	uint64_t size;
};

/**
 * page_owner_frame_parse() - take a frame apart
 * @frame: receives the parts
 * @line: a line of a stack, without its end
 */
void page_owner_frame_parse(struct page_owner_frame *frame,
			    struct page_owner_span line);

/**
 * page_owner_frame_is_allocator() - a function of the page allocator itself?
 * @name: the function
 *
 * Such functions are in every stack, and tell nothing about who asked.
 *
 * Return: true if it is.
 */
bool page_owner_frame_is_allocator(struct page_owner_span name);

/**
 * page_owner_stack_asker() - a stack from the function that asked for the pages
 * @stack: frames, innermost first
 *
 * Return: the frames without the page allocator's own at their start; all of them
 * if there are no others.
 */
struct page_owner_span page_owner_stack_asker(struct page_owner_span stack);

#endif
