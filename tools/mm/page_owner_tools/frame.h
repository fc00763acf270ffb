/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_FRAME_H
#define PAGE_OWNER_FRAME_H

#include <stdbool.h>

#include "intern.h"

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

/**
 * page_owner_stack_allocator() - which allocator called the page allocator
 * @stack: frames
 *
 * Return: PAGE_OWNER_SLAB and PAGE_OWNER_VMALLOC, as far as they hold.
 */
unsigned int page_owner_stack_allocator(struct page_owner_span stack);

/**
 * page_owner_stack_functions() - a stack without offsets
 * @pool: the pool of the stack
 * @stack: frames
 *
 * Return: the frames with functions and modules only, or NULL without memory.
 */
struct page_owner_str *page_owner_stack_functions(struct page_owner_pool *pool,
						  struct page_owner_str *stack);

/**
 * page_owner_record_set_stack() - give a record its stack and what that tells
 * @rec: the record; its allocator has what its other lines tell
 * @wants: bit mask of enum page_owner_key: what to find out
 * @pool: the pool of the stack
 * @stack: frames, or NULL, which fails
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_record_set_stack(struct page_owner_record *rec, unsigned int wants,
				struct page_owner_pool *pool,
				struct page_owner_str *stack);

#endif
