// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which allocator a page went through.
 *
 * A page of a slab cache used to have a flag, which old dumps show on the PFN
 * line. Newer kernels have a page type instead, which is not shown: such a page
 * is known by its line in the record, or by the slab function that called the
 * page allocator. Slab functions further away do not count: an allocation made
 * by reclaim, on behalf of a slab, is not a slab's page.
 */
#include <stdbool.h>
#include <string.h>

#include "allocator.h"

static bool contains(struct page_owner_span s, const char *word)
{
	return s.len && memmem(s.ptr, s.len, word, strlen(word));
}

/* Takes the next line off the text. */
static bool next_line(struct page_owner_span *text, struct page_owner_span *line)
{
	const char *end;

	if (!text->len)
		return false;
	end = memchr(text->ptr, '\n', text->len);
	line->ptr = text->ptr;
	line->len = end ? (size_t)(end + 1 - text->ptr) : text->len;
	text->ptr += line->len;
	text->len -= line->len;
	return true;
}

/* " [<address>] name.part.0+0x1/0x2 [module]" -> "name" */
static struct page_owner_span function(struct page_owner_span line)
{
	struct page_owner_span name = { line.ptr, 0 };
	const char *end = line.ptr + line.len;

	while (name.ptr < end && (*name.ptr == ' ' || *name.ptr == '\t'))
		name.ptr++;
	if (end - name.ptr > 2 && name.ptr[0] == '[' && name.ptr[1] == '<') {
		const char *close = memchr(name.ptr, ']', end - name.ptr);

		if (close && end - close > 2)
			name.ptr = close + 2;
	}
	while (name.ptr + name.len < end && !strchr("\n+. ", name.ptr[name.len]))
		name.len++;
	if (name.len > 7 && !memcmp(name.ptr + name.len - 7, "_noprof", 7))
		name.len -= 7;
	return name;
}

static bool is_any_of(struct page_owner_span name, const char *const *names)
{
	for (; *names; names++) {
		if (strlen(*names) == name.len &&
		    !memcmp(*names, name.ptr, name.len))
			return true;
	}
	return false;
}

static bool is_page_allocator(struct page_owner_span name)
{
	static const char *const names[] = {
		"save_stack", "__set_page_owner", "__reset_page_owner",
		"set_page_owner", "prep_new_page", "post_alloc_hook",
		"get_page_from_freelist", "alloc_page_interleave", NULL
	};

	return contains(name, "alloc_pages") ||
	       contains(name, "alloc_frozen_pages") || is_any_of(name, names);
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

	return is_any_of(name, names);
}

static bool from_slab(struct page_owner_span stack)
{
	struct page_owner_span line;

	while (next_line(&stack, &line)) {
		struct page_owner_span name = function(line);

		if (is_slab(name))
			return true;
		if (!is_page_allocator(name))
			return false;
	}
	return false;
}

/* The frame that vmalloc called directly has to be the page allocator's. */
static bool from_vmalloc(struct page_owner_span stack)
{
	struct page_owner_span line, above = { NULL, 0 };

	while (next_line(&stack, &line)) {
		if (contains(line, "__vmalloc_node_range"))
			return contains(above, "alloc_pages");
		above = line;
	}
	return false;
}

static bool has_slab_line(struct page_owner_span body)
{
	static const char slab[] = "Slab cache page";
	struct page_owner_span line;

	while (next_line(&body, &line)) {
		if (line.len >= sizeof(slab) - 1 &&
		    !memcmp(line.ptr, slab, sizeof(slab) - 1))
			return true;
	}
	return false;
}

unsigned int page_owner_body_allocator(struct page_owner_span body,
				       struct page_owner_span stack)
{
	unsigned int found = 0;

	if (has_slab_line(body) || from_slab(stack))
		found |= PAGE_OWNER_SLAB;
	if (from_vmalloc(stack))
		found |= PAGE_OWNER_VMALLOC;
	return found;
}

unsigned int page_owner_pfn_allocator(struct page_owner_span pfn_line)
{
	unsigned int found = 0;

	if (contains(pfn_line, "CMA"))
		found |= PAGE_OWNER_CMA;
	if (contains(pfn_line, "slab"))
		found |= PAGE_OWNER_SLAB;
	return found;
}
