// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of a record that are in its text only.
 */
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

int page_owner_record_number(const struct page_owner_record *rec,
			     const char *word)
{
	struct page_owner_span s = rec->pfn_line;
	const char *found = memmem(s.ptr, s.len, "Flags ", 6);
	int val = 0;

	if (found) {
		drop(&s, found - s.ptr);
		found = memmem(s.ptr, s.len, word, strlen(word));
	}
	if (!found || (found[-1] != '(' && found[-1] != '|'))
		return -1;
	drop(&s, found + strlen(word) - s.ptr);
	if (!s.len || *s.ptr < '0' || *s.ptr > '9')
		return -1;
	for (; s.len && *s.ptr >= '0' && *s.ptr <= '9'; drop(&s, 1)) {
		if (val > 99999)
			return -1;
		val = val * 10 + *s.ptr - '0';
	}
	return val;
}

struct page_owner_span
page_owner_record_migratetype(const struct page_owner_record *rec)
{
	struct page_owner_span s = rec->pfn_line;
	const char *end, *type = s.len ? memchr(s.ptr, ' ', s.len) : NULL;

	/* "PFN N type T Block ..."; the oldest kernels have no such type. */
	if (type)
		type = memchr(type + 1, ' ', s.ptr + s.len - type - 1);
	if (!type)
		return (struct page_owner_span){ s.ptr, 0 };
	drop(&s, type - s.ptr);
	if (!has_word(s, " type "))
		return (struct page_owner_span){ s.ptr, 0 };
	drop(&s, strlen(" type "));
	end = memchr(s.ptr, ' ', s.len);
	s.len = end ? (size_t)(end - s.ptr) : 0;
	return s;
}

struct page_owner_span
page_owner_record_memcg(const struct page_owner_record *rec)
{
	static const char memcg[] = "memcg ";
	struct page_owner_span body = rec->body, line;

	/* After the frames, unless these were looked up. */
	if (rec->stack.ptr >= body.ptr && rec->stack.ptr <= body.ptr + body.len)
		drop(&body, rec->stack.ptr + rec->stack.len - body.ptr);
	while (page_owner_next_line(&body, &line)) {
		bool offline;

		if (!has_word(line, "Charged "))
			continue;
		drop(&line, strlen("Charged "));
		if (has_word(line, "(via objcg) "))
			drop(&line, strlen("(via objcg) "));
		if (!has_word(line, "to "))
			continue;
		drop(&line, strlen("to "));
		offline = has_word(line, "offline ");
		if (!offline && has_word(line, memcg))
			drop(&line, strlen(memcg));
		return line;
	}
	return (struct page_owner_span){ body.ptr, 0 };
}

struct page_owner_span page_owner_stack_module(struct page_owner_span stack)
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

static bool is(struct page_owner_span name, const char *word)
{
	return name.len == strlen(word) && !memcmp(name.ptr, word, name.len);
}

bool page_owner_frame_is_allocator(struct page_owner_span name)
{
	static const char *const names[] = {
		"post_alloc_hook", "prep_new_page", "get_page_from_freelist",
		"__get_free_pages", "get_free_pages", "get_zeroed_page",
		"alloc_pages_exact", "set_page_owner", "save_stack",
		"register_early_stack"
	};
	static const char *const starts[] = {
		"alloc_pages", "__alloc_pages", "alloc_frozen", "__alloc_frozen",
		"folio_alloc", "__folio_alloc", "vma_alloc_folio",
		"__set_page_owner", "alloc_page_interleave"
	};
	const char *dot = memchr(name.ptr, '.', name.len);

	if (dot)
		name.len = dot - name.ptr;
	if (name.len > 7 && !memcmp(name.ptr + name.len - 7, "_noprof", 7))
		name.len -= 7;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		if (has_word(name, starts[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (is(name, names[i]))
			return true;
	}
	return false;
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
