// SPDX-License-Identifier: GPL-2.0-only
/*
 * A memory of what was found to be whole, to know it again.
 *
 * It only saves work: what is found in it was compared, byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "read/known.h"

#define NR_STACKS	512
#define STACK_SIZE	1024
#define PART_SIZE	256

/* Where stacks differ most: not in the allocator, nor where all system calls begin. */
#define INNER		150
#define OUTER		250

struct stack {
	size_t len;
	char text[STACK_SIZE];
};

struct part {
	size_t len;
	char text[PART_SIZE];
};

struct page_owner_known {
	struct part parts[PAGE_OWNER_NR_KNOWN_PARTS];
	struct stack stacks[NR_STACKS];
};

struct page_owner_known *page_owner_known_new(void)
{
	return calloc(1, sizeof(struct page_owner_known));
}

static bool has_slot(size_t len)
{
	return len >= OUTER + sizeof(uint64_t);
}

/* That of a short stack is by what follows it, too: it is found less often. */
static size_t slot_of(const char *text)
{
	uint64_t inner, outer;

	memcpy(&inner, text + INNER, sizeof(inner));
	memcpy(&outer, text + OUTER, sizeof(outer));
	inner = (inner * 0x9e3779b97f4a7c15ULL ^ outer) * 0xc2b2ae3d27d4eb4fULL;
	return inner >> 32 & (NR_STACKS - 1);
}

size_t page_owner_known_stack(const struct page_owner_known *known,
			      const char *text, size_t len)
{
	const struct stack *stack;

	if (!has_slot(len))
		return 0;
	stack = &known->stacks[slot_of(text)];
	if (stack->len > len || memcmp(stack->text, text, stack->len))
		return 0;
	return stack->len;
}

void page_owner_known_add_stack(struct page_owner_known *known, const char *text,
				size_t len, size_t stack_len)
{
	struct stack *stack;

	if (!has_slot(len) || stack_len > STACK_SIZE)
		return;
	stack = &known->stacks[slot_of(text)];
	memcpy(stack->text, text, stack_len);
	stack->len = stack_len;
}

bool page_owner_known_part(const struct page_owner_known *known,
			   enum page_owner_known_part part, const char *text,
			   size_t len)
{
	const struct part *p = &known->parts[part];

	return len && p->len == len && !memcmp(p->text, text, len);
}

void page_owner_known_add_part(struct page_owner_known *known,
			       enum page_owner_known_part part, const char *text,
			       size_t len)
{
	struct part *p = &known->parts[part];

	if (len > PART_SIZE)
		return;
	memcpy(p->text, text, len);
	p->len = len;
}
