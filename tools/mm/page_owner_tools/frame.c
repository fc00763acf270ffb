// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the frames of a stack tell: functions, modules, which allocator it was.
 */
#include <stdlib.h>
#include <string.h>

#include "frame.h"

static bool has_word(struct page_owner_span s, const char *word)
{
	size_t len = strlen(word);

	return s.len >= len && !memcmp(s.ptr, word, len);
}

static void drop(struct page_owner_span *s, size_t len)
{
	s->ptr += len;
	s->len -= len;
}

bool page_owner_next_line(struct page_owner_span *text,
			  struct page_owner_span *line)
{
	const char *end;

	if (!text->len)
		return false;
	end = memchr(text->ptr, '\n', text->len);
	line->ptr = text->ptr;
	line->len = end ? (size_t)(end - text->ptr) : text->len;
	drop(text, line->len + !!end);
	return true;
}

/* The module of the innermost frame that is in one */
static struct page_owner_span module_of(struct page_owner_span stack)
{
	struct page_owner_span line;
	struct page_owner_frame frame;

	/* Few stacks have a module at all. */
	if (!stack.len || !memmem(stack.ptr, stack.len, " [", 2))
		return (struct page_owner_span){ stack.ptr, 0 };
	while (page_owner_next_line(&stack, &line)) {
		page_owner_frame_parse(&frame, line);
		if (frame.module.len)
			return frame.module;
	}
	return (struct page_owner_span){ stack.ptr, 0 };
}

static uint64_t take_hex(struct page_owner_span *s)
{
	uint64_t val = 0;

	if (!has_word(*s, "0x"))
		return 0;
	for (drop(s, 2); s->len; drop(s, 1)) {
		char c = *s->ptr;

		if (c >= '0' && c <= '9')
			val = val << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			val = val << 4 | (c - 'a' + 10);
		else
			break;
	}
	return val;
}

/* " [<address>] name.part.0+0x1/0x2 [module]", most of which may be missing */
void page_owner_frame_parse(struct page_owner_frame *frame,
			    struct page_owner_span line)
{
	const char *close;

	memset(frame, 0, sizeof(*frame));
	while (line.len && (*line.ptr == ' ' || *line.ptr == '\t'))
		drop(&line, 1);
	close = has_word(line, "[<") ? memchr(line.ptr, ']', line.len) : NULL;
	if (close && line.ptr + line.len - close > 2)
		drop(&line, close + 2 - line.ptr);
	frame->name = line;
	frame->module.ptr = line.ptr;
	/* What stands for frames that are not there. */
	if (line.len && (*line.ptr == '(' || *line.ptr == '['))
		return;
	while (line.len && *line.ptr != '+' && *line.ptr != ' ')
		drop(&line, 1);
	frame->name.len = line.ptr - frame->name.ptr;
	if (has_word(line, "+")) {
		drop(&line, 1);
		frame->offset = take_hex(&line);
		if (has_word(line, "/")) {
			drop(&line, 1);
			frame->size = take_hex(&line);
		}
	}
	if (!has_word(line, " ["))
		return;
	drop(&line, 2);
	frame->module.ptr = line.ptr;
	/* A build ID may follow the name. */
	while (line.len && *line.ptr != ']' && *line.ptr != ' ')
		drop(&line, 1);
	frame->module.len = line.len ? (size_t)(line.ptr - frame->module.ptr) : 0;
}

static bool is_any_of(struct page_owner_span name, const char *const *names)
{
	for (; *names; names++) {
		if (name.len == strlen(*names) && !memcmp(name.ptr, *names, name.len))
			return true;
	}
	return false;
}

/* "name.part.0" and "name_noprof" are "name" to those who look for it. */
static struct page_owner_span plain_name(struct page_owner_span name)
{
	static const char suffix[] = "_noprof";
	const char *dot = memchr(name.ptr, '.', name.len);
	size_t len = strlen(suffix);

	if (dot)
		name.len = dot - name.ptr;
	if (name.len > len && !memcmp(name.ptr + name.len - len, suffix, len))
		name.len -= len;
	return name;
}

bool page_owner_frame_is_allocator(struct page_owner_span name)
{
	static const char *const names[] = {
		"post_alloc_hook", "prep_new_page", "get_page_from_freelist",
		"__get_free_pages", "get_free_pages", "get_zeroed_page",
		"alloc_pages_exact", "set_page_owner", "__reset_page_owner",
		"save_stack", "register_early_stack", NULL
	};
	static const char *const starts[] = {
		"alloc_pages", "__alloc_pages", "alloc_frozen", "__alloc_frozen",
		"folio_alloc", "__folio_alloc", "vma_alloc_folio",
		"__set_page_owner", "alloc_page_interleave"
	};

	name = plain_name(name);
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		if (has_word(name, starts[i]))
			return true;
	}
	return is_any_of(name, names);
}

struct page_owner_span page_owner_stack_asker(struct page_owner_span stack)
{
	struct page_owner_span line, rest = stack;
	struct page_owner_frame frame;

	while (page_owner_next_line(&rest, &line)) {
		page_owner_frame_parse(&frame, line);
		if (page_owner_frame_is_allocator(frame.name))
			continue;
		drop(&stack, line.ptr - stack.ptr);
		break;
	}
	return stack;
}

static bool is_slab(struct page_owner_span name)
{
	static const char *const names[] = {
		/* SLUB */
		"alloc_slab_page", "allocate_slab", "new_slab", "new_slab_objects",
		"__slab_alloc", "___slab_alloc",
		/* SLAB, until 6.8 */
		"kmem_getpages", "cache_grow", "cache_grow_begin",
		"fallback_alloc", "cache_alloc_refill",
		/* SLOB, until 6.4 */
		"slob_new_pages", "slob_alloc", NULL
	};

	return is_any_of(plain_name(name), names);
}

/*
 * Did the slab function call the page allocator? Slab functions further away do
 * not count: an allocation made by reclaim, on behalf of a slab, is not a slab's.
 */
static bool from_slab(struct page_owner_span stack)
{
	struct page_owner_frame frame;
	struct page_owner_span line;

	stack = page_owner_stack_asker(stack);
	if (!page_owner_next_line(&stack, &line))
		return false;
	page_owner_frame_parse(&frame, line);
	return is_slab(frame.name);
}

static bool contains(struct page_owner_span s, const char *word)
{
	return s.len && memmem(s.ptr, s.len, word, strlen(word));
}

/* The frame that vmalloc called directly has to be the page allocator's. */
static bool from_vmalloc(struct page_owner_span stack)
{
	struct page_owner_span line, above = { NULL, 0 };

	while (page_owner_next_line(&stack, &line)) {
		if (contains(line, "__vmalloc_node_range"))
			return contains(above, "alloc_pages");
		above = line;
	}
	return false;
}

unsigned int page_owner_stack_allocator(struct page_owner_span stack)
{
	return (from_slab(stack) ? PAGE_OWNER_SLAB : 0) |
	       (from_vmalloc(stack) ? PAGE_OWNER_VMALLOC : 0);
}

/* Frames without their offsets: the same for every build of a function. */
static struct page_owner_str *intern_functions(struct page_owner_pool *pool,
					       struct page_owner_span stack)
{
	/* No frame gets longer than it was, but for its line end. */
	char *buf = malloc(stack.len + 1), *pos = buf;
	struct page_owner_frame frame;
	struct page_owner_str *str;
	struct page_owner_span line;

	if (!buf)
		return NULL;
	while (page_owner_next_line(&stack, &line)) {
		page_owner_frame_parse(&frame, line);
		*pos++ = ' ';
		pos = mempcpy(pos, frame.name.ptr, frame.name.len);
		if (frame.module.len) {
			pos = mempcpy(pos, " [", 2);
			pos = mempcpy(pos, frame.module.ptr, frame.module.len);
			*pos++ = ']';
		}
		*pos++ = '\n';
	}
	str = page_owner_intern(pool, (struct page_owner_span){ buf, pos - buf });
	free(buf);
	return str;
}

struct page_owner_str *page_owner_stack_functions(struct page_owner_pool *pool,
						  struct page_owner_str *stack)
{
	if (!stack->functions)
		stack->functions = intern_functions(pool, page_owner_str_span(stack));
	return stack->functions;
}

/* In the note of a stack: the allocator bits are there */
#define NOTED		0x80000000u

int page_owner_record_set_stack(struct page_owner_record *rec, unsigned int wants,
				struct page_owner_pool *pool,
				struct page_owner_str *stack)
{
	if (!stack)
		return -1;
	rec->stack = stack;
	if (wants & PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_ALLOCATOR)) {
		if (!stack->note)
			stack->note = NOTED |
				page_owner_stack_allocator(page_owner_str_span(stack));
		rec->allocator |= stack->note & ~NOTED;
		if (!rec->allocator)
			rec->allocator = PAGE_OWNER_OTHERS;
	}
	if (wants & PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_MODULE)) {
		if (!stack->module) {
			struct page_owner_span name = module_of(page_owner_str_span(stack));

			stack->module = page_owner_intern(pool, name);
		}
		rec->module = stack->module;
		return rec->module ? 0 : -1;
	}
	return 0;
}
