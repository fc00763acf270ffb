/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_TREE_H
#define PAGE_OWNER_TREE_H

#include <stdbool.h>

#include "count/agg.h"

/** PAGE_OWNER_MAX_FRAMES - what is further out than this is left out of trees */
#define PAGE_OWNER_MAX_FRAMES	256

/**
 * struct page_owner_node - calls that have all callers up to here in common
 * @label: "function" or "function [module]"; NULL at the root
 * @pages: pages of all stacks through here
 * @times: records of these
 * @own_pages: pages of the stacks that end here
 * @child: first of those one call further
 * @next: next of the same parent
 * @nr_children: number of children
 */
struct page_owner_node {
	const struct page_owner_str *label;
	unsigned long long pages;
	unsigned long long times;
	unsigned long long own_pages;
	struct page_owner_node *child;
	struct page_owner_node *next;
	unsigned int nr_children;
};

/**
 * struct page_owner_tree - stacks, merged
 * @root: the node that all stacks go through
 * @pool: labels
 * @chunk: memory for nodes; the first bytes link to the one before
 * @chunk_used: number of nodes of @chunk that are in use
 */
struct page_owner_tree {
	struct page_owner_node root;
	struct page_owner_pool pool;
	struct page_owner_chunk *chunk;
	unsigned int chunk_used;
};

/**
 * page_owner_frame_label() - what a frame is called in trees and exports
 * @buf: room for @size bytes
 * @size: its size
 * @line: a line of a stack
 *
 * Return: "function" or "function [module]", cut off if there is no room.
 */
struct page_owner_span page_owner_frame_label(char *buf, size_t size,
					      struct page_owner_span line);

/**
 * page_owner_frame_lines() - the frames of a stack, one by one
 * @stack: frames
 * @lines: receives them, innermost first
 *
 * A stack of more than PAGE_OWNER_MAX_FRAMES loses its outermost ones, and then
 * the last line says "[more]".
 *
 * Return: how many there are; 0 for an empty stack.
 */
size_t page_owner_frame_lines(struct page_owner_span stack,
			      struct page_owner_span lines[PAGE_OWNER_MAX_FRAMES]);

/**
 * page_owner_tree_build() - merge the stacks of an aggregation
 * @tree: receives the tree, children by falling number of pages
 * @agg: an aggregation with the stack among its keys
 * @inverted: start at the function that asked for the pages, and not at the
 *	outermost caller
 * @whole: with the page allocator's own functions, which every stack has
 *
 * Return: 0, or -1 without memory.
 */
int page_owner_tree_build(struct page_owner_tree *tree,
			  const struct page_owner_agg *agg, bool inverted, bool whole);

/**
 * page_owner_tree_destroy() - give back a tree
 * @tree: the tree
 */
void page_owner_tree_destroy(struct page_owner_tree *tree);

#endif
