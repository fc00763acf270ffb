// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks, merged into a tree of callers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "count/tree.h"

#define CHUNK_NODES	100

struct page_owner_chunk {
	struct page_owner_chunk *before;
	struct page_owner_node nodes[CHUNK_NODES];
};

struct page_owner_span page_owner_frame_label(char *buf, size_t size,
					      struct page_owner_span line)
{
	struct page_owner_frame frame;
	int len;

	page_owner_frame_parse(&frame, line);
	len = snprintf(buf, size, frame.module.len ? "%.*s [%.*s]" : "%.*s",
		       frame.name.len > 4096 ? 4096 : (int)frame.name.len,
		       frame.name.ptr,
		       frame.module.len > 256 ? 256 : (int)frame.module.len,
		       frame.module.ptr);
	if ((size_t)len >= size)
		len = size - 1;
	return (struct page_owner_span){ buf, len };
}

size_t page_owner_frame_lines(struct page_owner_span stack,
			      struct page_owner_span lines[PAGE_OWNER_MAX_FRAMES])
{
	static const char more[] = " [more]";
	size_t nr = 0;

	while (nr < PAGE_OWNER_MAX_FRAMES && page_owner_next_line(&stack, &lines[nr]))
		nr++;
	if (stack.len)
		lines[nr - 1] = (struct page_owner_span){ more, sizeof(more) - 1 };
	return nr;
}

static struct page_owner_node *new_node(struct page_owner_tree *tree)
{
	if (!tree->chunk || tree->chunk_used == CHUNK_NODES) {
		struct page_owner_chunk *chunk = calloc(1, sizeof(*chunk));

		if (!chunk)
			return NULL;
		chunk->before = tree->chunk;
		tree->chunk = chunk;
		tree->chunk_used = 0;
	}
	return &tree->chunk->nodes[tree->chunk_used++];
}

/* The child with this label; made, and put first, if there is none. */
static struct page_owner_node *get_child(struct page_owner_tree *tree,
					 struct page_owner_node *node,
					 const struct page_owner_str *label)
{
	struct page_owner_node *child;

	for (child = node->child; child; child = child->next) {
		if (child->label == label)
			return child;
	}
	child = new_node(tree);
	if (!child)
		return NULL;
	child->label = label;
	child->next = node->child;
	node->child = child;
	node->nr_children++;
	return child;
}

/* The labels of a stack, innermost first; -1 without memory */
static int labels_of(struct page_owner_tree *tree, struct page_owner_span stack,
		     const struct page_owner_str *labels[PAGE_OWNER_MAX_FRAMES])
{
	static const struct page_owner_span none = { " (no stack)", 11 };
	struct page_owner_span lines[PAGE_OWNER_MAX_FRAMES];
	size_t nr = page_owner_frame_lines(stack, lines);
	char buf[512];

	if (!nr)
		lines[nr++] = none;
	for (size_t i = 0; i < nr; i++) {
		struct page_owner_span label =
			page_owner_frame_label(buf, sizeof(buf), lines[i]);

		labels[i] = page_owner_intern(&tree->pool, label);
		if (!labels[i])
			return -1;
	}
	return nr;
}

static int add_block(struct page_owner_tree *tree,
		     const struct page_owner_block *block, bool inverted, bool whole)
{
	struct page_owner_span stack = page_owner_block_stack(block);
	const struct page_owner_str *labels[PAGE_OWNER_MAX_FRAMES];
	struct page_owner_node *node = &tree->root;
	int nr;

	nr = labels_of(tree, whole ? stack : page_owner_stack_asker(stack), labels);
	if (nr < 0)
		return -1;
	for (int i = 0; i <= nr; i++) {
		node->pages += block->pages;
		node->times += block->times;
		if (i == nr)
			break;
		node = get_child(tree, node, labels[inverted ? i : nr - 1 - i]);
		if (!node)
			return -1;
	}
	node->own_pages += block->pages;
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct page_owner_node *const *x = a, *const *y = b;
	size_t len;
	int ret;

	if ((*x)->pages != (*y)->pages)
		return (*x)->pages < (*y)->pages ? 1 : -1;
	len = (*x)->label->len < (*y)->label->len ? (*x)->label->len :
						    (*y)->label->len;
	ret = memcmp((*x)->label->text, (*y)->label->text, len);
	return ret ? ret : ((*x)->label->len > (*y)->label->len) * 2 - 1;
}

static int sort_children(struct page_owner_node *node)
{
	struct page_owner_node **list, *child;
	unsigned int nr = 0;

	if (!node->nr_children)
		return 0;
	list = malloc(node->nr_children * sizeof(*list));
	if (!list)
		return -1;
	for (child = node->child; child; child = child->next)
		list[nr++] = child;
	qsort(list, nr, sizeof(*list), compare_nodes);
	node->child = NULL;
	while (nr--) {
		list[nr]->next = node->child;
		node->child = list[nr];
	}
	free(list);
	for (child = node->child; child; child = child->next) {
		if (sort_children(child))
			return -1;
	}
	return 0;
}

int page_owner_tree_build(struct page_owner_tree *tree,
			  const struct page_owner_agg *agg, bool inverted, bool whole)
{
	memset(tree, 0, sizeof(*tree));
	for (size_t i = 0; i < agg->nr; i++) {
		if (add_block(tree, agg->blocks[i], inverted, whole))
			return -1;
	}
	return sort_children(&tree->root);
}

void page_owner_tree_destroy(struct page_owner_tree *tree)
{
	while (tree->chunk) {
		struct page_owner_chunk *before = tree->chunk->before;

		free(tree->chunk);
		tree->chunk = before;
	}
	page_owner_pool_destroy(&tree->pool);
	memset(tree, 0, sizeof(*tree));
}
