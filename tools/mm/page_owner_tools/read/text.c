// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking one record of the page_owner file apart.
 *
 * The first line is read field by field, and everything after it line by line.
 * The only hard part is the task name, see find_comm_end().
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "read/text.h"

#define START		"Page allocated via order "
#define START_LEN	(sizeof(START) - 1)

/* Of pages that are free */
#define FREED_START	"Page last allocated via order "
#define FREED_START_LEN	(sizeof(FREED_START) - 1)

static const char slab_line[] = "Slab cache page";

/* 15 bytes, each of which a careful kernel may print as \ooo */
#define COMM_MAX	60

/* "), ts N ns, free_ts N ns" and its line end at their longest */
#define TIMES_MAX	96

/*
 * What was found to be whole. Some hundred stacks are in nearly all records of a
 * dump, and neighbours have most else in common: to compare is faster than to look
 * again. It only saves work: what is found in it was compared, byte for byte.
 */
#define NR_STACKS	512
#define STACK_SIZE	1024
#define PART_SIZE	256

/* Where stacks differ most: not in the allocator, nor where all system calls begin. */
#define INNER		150
#define OUTER		250

/* Parts of the record before */
enum known_part { KNOWN_MASK, KNOWN_PFN_REST, NR_KNOWN_PARTS };

struct page_owner_known {
	struct page_owner_pool *pool;
	struct {
		size_t len;
		char text[PART_SIZE];
	} parts[NR_KNOWN_PARTS];
	struct page_owner_str *stacks[NR_STACKS];
};

struct page_owner_known *page_owner_known_new(struct page_owner_pool *pool)
{
	struct page_owner_known *known = calloc(1, sizeof(*known));

	if (known)
		known->pool = pool;
	return known;
}

/* Where a stack is kept; that of a short one is by what follows it, too. */
static struct page_owner_str **known_slot(struct page_owner_known *known,
					  const char *text, size_t len)
{
	uint64_t inner, outer;

	if (len < OUTER + sizeof(outer))
		return NULL;
	memcpy(&inner, text + INNER, sizeof(inner));
	memcpy(&outer, text + OUTER, sizeof(outer));
	inner = (inner * 0x9e3779b97f4a7c15ULL ^ outer) * 0xc2b2ae3d27d4eb4fULL;
	return &known->stacks[inner >> 32 & (NR_STACKS - 1)];
}

/* Another frame of the same stack may follow: that is for the caller to see. */
static struct page_owner_str *known_stack(struct page_owner_known *known,
					  const char *text, size_t len)
{
	struct page_owner_str **slot = known_slot(known, text, len);

	if (!slot || !*slot || (*slot)->len > len ||
	    memcmp((*slot)->text, text, (*slot)->len))
		return NULL;
	return *slot;
}

struct cursor {
	const char *pos;
	const char *end;
};

static bool skip(struct cursor *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->pos) < len || memcmp(c->pos, word, len))
		return false;
	c->pos += len;
	return true;
}

static bool get_u64(struct cursor *c, uint64_t *val)
{
	const char *start = c->pos;
	uint64_t v = 0;

	for (; c->pos < c->end && *c->pos >= '0' && *c->pos <= '9'; c->pos++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *c->pos - '0', &v))
			return false;
	}
	*val = v;
	return c->pos > start;
}

static bool get_hex(struct cursor *c, uint64_t *val)
{
	const char *start = c->pos;
	uint64_t v = 0;

	for (; c->pos < c->end; c->pos++) {
		unsigned int ch = *c->pos;

		if (ch >= '0' && ch <= '9')
			ch -= '0';
		else if (ch >= 'a' && ch <= 'f')
			ch -= 'a' - 10;
		else
			break;
		if (v >> 60)
			return false;
		v = v << 4 | ch;
	}
	*val = v;
	return c->pos > start;
}

static bool get_int(struct cursor *c, int *val)
{
	bool negative = skip(c, "-");
	uint64_t v;

	if (!get_u64(c, &v) || v > INT_MAX)
		return false;
	*val = negative ? -(int)v : (int)v;
	return true;
}

/* " N ns", as all times are written; notes where the digits are */
static bool get_time(struct cursor *c, uint64_t *val, struct page_owner_span *digits)
{
	digits->ptr = c->pos;
	if (!get_u64(c, val))
		return false;
	digits->len = c->pos - digits->ptr;
	return skip(c, " ns");
}

/* Only the end of the line, or a field that is not known yet, may follow. */
static bool at_field_end(const struct cursor *c)
{
	return c->pos == c->end || *c->pos == '\n' || *c->pos == '\r' ||
	       *c->pos == ',';
}

/*
 * The name ends where the last "), ts N ns" begins that a name of this length
 * leaves room for: all earlier ones are part of the name, and what follows the
 * real one (the PFN line, frames, another record) cannot have one so soon.
 */
static const char *find_comm_end(const char *comm, const char *end)
{
	size_t len = end - comm;
	const char *next;

	if (len > COMM_MAX + 1)
		len = COMM_MAX + 1;
	/* This record may be cut off: what follows is not a part of its name. */
	next = page_owner_record_find(comm, len);
	if (next)
		len = next - 1 - comm;
	while (len) {
		const char *p = memrchr(comm, ')', len);
		struct cursor c = { p, end };
		struct page_owner_span digits;
		uint64_t ts;

		if (!p)
			return NULL;
		if (skip(&c, "), ts ") && get_time(&c, &ts, &digits) &&
		    at_field_end(&c))
			return p;
		len = p - comm;
	}
	return NULL;
}

int page_owner_handle_line(const char *line, size_t len, unsigned int *handle)
{
	struct cursor c = { line, line + len };
	uint64_t val;

	if (!skip(&c, "handle: "))
		return 0;
	if (!get_u64(&c, &val) || val > UINT_MAX ||
	    (c.pos < c.end && *c.pos != '\n' && *c.pos != '\r'))
		return -1;
	*handle = val;
	return 1;
}

bool page_owner_record_may_start(const char *line, size_t len)
{
	return !memcmp(line, START, len < START_LEN ? len : START_LEN) ||
	       !memcmp(line, FREED_START, len < FREED_START_LEN ? len : FREED_START_LEN);
}

bool page_owner_record_starts(const char *line, size_t len)
{
	return (len >= START_LEN && !memcmp(line, START, START_LEN)) ||
	       (len >= FREED_START_LEN && !memcmp(line, FREED_START, FREED_START_LEN));
}

const char *page_owner_record_find(const char *text, size_t len)
{
	const char *end = text + len;

	while ((text = memchr(text, '\n', end - text))) {
		text++;
		if (page_owner_record_starts(text, end - text))
			return text;
	}
	return NULL;
}

static void set_has(struct page_owner_layout *l, enum page_owner_field field)
{
	l->fields.has |= 1u << field;
}

/* "ts N ns[, free_ts N ns]" */
static const char *scan_times(struct page_owner_layout *l, const char *buf,
			      struct cursor *c)
{
	struct page_owner_span digits;

	if (!skip(c, "ts ") || !get_time(c, &l->fields.ts, &digits))
		return "no time of allocation";
	set_has(l, PAGE_OWNER_TS);
	l->time_off[0] = digits.ptr - buf;
	l->time_len[0] = digits.len;

	/* Of free pages, the free has a line of its own. */
	if (!l->fields.freed && skip(c, ", free_ts ")) {
		if (!get_time(c, &l->fields.free_ts, &digits))
			return "no time of release";
		set_has(l, PAGE_OWNER_FREE_TS);
		l->time_off[1] = digits.ptr - buf;
		l->time_len[1] = digits.len;
	}
	return at_field_end(c) ? NULL : "trailing text on the first line";
}

/* "N (comm), ", after which the cursor stands at the times */
static const char *scan_task(struct page_owner_layout *l, const char *buf,
			     struct cursor *c)
{
	const char *end;

	if (!get_int(c, &l->fields.tgid) || !skip(c, " ("))
		return "no tgid";
	set_has(l, PAGE_OWNER_TGID);
	end = find_comm_end(c->pos, c->end);
	if (!end)
		return "no end of the task name";
	set_has(l, PAGE_OWNER_COMM);
	l->comm_off = c->pos - buf;
	l->comm_len = end - c->pos;
	c->pos = end + strlen("), ");
	return NULL;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* "0xcc0(GFP_KERNEL|__GFP_ZERO)", of which old kernels have only the number */
static bool is_mask(struct cursor c)
{
	uint64_t mask;

	if (!skip(&c, "0x") || !get_hex(&c, &mask))
		return false;
	if (c.pos == c.end)
		return true;
	return *c.pos == '(' && c.end[-1] == ')' && c.end - c.pos > 1 &&
	       !memchr(c.pos + 1, '(', c.end - c.pos - 1) &&
	       !memchr(c.pos, ' ', c.end - c.pos);
}

/* Has a part of a record the form that it should have? */
static bool has_form(struct page_owner_layout *l, enum known_part part,
		     struct cursor c, bool (*form)(struct cursor))
{
	size_t len = c.end - c.pos;
	struct page_owner_known *known = l->known;

	if (known && len && known->parts[part].len == len &&
	    !memcmp(known->parts[part].text, c.pos, len))
		return true;
	if (!form(c))
		return false;
	if (known && len <= PART_SIZE) {
		memcpy(known->parts[part].text, c.pos, len);
		known->parts[part].len = len;
	}
	return true;
}

static bool has_mask(struct page_owner_layout *l, struct cursor c)
{
	return has_form(l, KNOWN_MASK, c, is_mask);
}

/* The fields of the first line; the cursor's end is that of the buffer. */
static const char *scan_fields(struct page_owner_layout *l, const char *buf,
			       struct cursor *c)
{
	const char *line_end = memchr(c->pos, '\n', c->end - c->pos);
	const char *comma, *why;
	uint64_t order;

	l->fields.freed = skip(c, FREED_START);
	if ((!l->fields.freed && !skip(c, START)) || !get_u64(c, &order) ||
	    order > PAGE_OWNER_MAX_ORDER)
		return "no order";
	l->fields.order = order;
	if (!skip(c, ", mask ") || c->pos == c->end || *c->pos != '0')
		return "no mask";
	if (!line_end)
		line_end = c->end;
	comma = memchr(c->pos, ',', line_end - c->pos);
	if (!comma) {
		comma = line_end;
		if (comma > c->pos && comma[-1] == '\r')
			comma--;
		why = has_mask(l, (struct cursor){ c->pos, comma }) ? NULL : "no mask";
		c->pos = line_end;
		return why;
	}
	if (!has_mask(l, (struct cursor){ c->pos, comma }))
		return "no mask";
	c->pos = comma;
	if (!skip(c, ", pid ") || !get_int(c, &l->fields.pid))
		return "no pid";
	set_has(l, PAGE_OWNER_PID);
	if (!skip(c, ", "))
		return "no time of allocation";
	if (skip(c, "tgid ")) {
		why = scan_task(l, buf, c);
		if (why)
			return why;
	}
	return scan_times(l, buf, c);
}

/*
 * Sets head_len. False if more bytes are needed: as many as a name with line
 * ends in it can take.
 */
static bool scan_head(struct page_owner_layout *l, const char *buf, size_t len,
		      bool eof)
{
	const char *newline = memchr(buf, '\n', len);
	struct cursor c = { buf, buf + len };

	if (!eof && (!newline || buf + len - newline <= COMM_MAX + TIMES_MAX))
		return false;

	l->fields.pid = -1;
	l->fields.tgid = -1;
	l->why = scan_fields(l, buf, &c);
	if (l->why)
		c.pos = buf;
	newline = memchr(c.pos, '\n', c.end - c.pos);
	if (!newline && !eof)
		return false;
	l->head_len = newline ? (size_t)(newline + 1 - buf) : len;
	l->pos = l->head_len;
	return true;
}

/* A line without its end, whichever it is */
static struct cursor line_of(const char *line, size_t len)
{
	if (len && line[len - 1] == '\n')
		len--;
	if (len && line[len - 1] == '\r')
		len--;
	return (struct cursor){ line, line + len };
}

static void skip_blanks(struct cursor *c)
{
	while (c->pos < c->end && (*c->pos == ' ' || *c->pos == '\t'))
		c->pos++;
}

static bool skip_word(struct cursor *c)
{
	const char *start = c->pos;

	while (c->pos < c->end && *c->pos != ' ')
		c->pos++;
	return c->pos > start;
}

/* "0x40(head|node=1)", or the letters of old kernels; a later field may follow. */
static bool are_flags(struct cursor c)
{
	const char *close;
	uint64_t flags;

	if (skip(&c, " 0x")) {
		if (!get_hex(&c, &flags))
			return false;
		if (skip(&c, "(")) {
			close = memchr(c.pos, ')', c.end - c.pos);
			if (!close || memchr(c.pos, '(', close - c.pos) ||
			    memchr(c.pos, ' ', close - c.pos))
				return false;
			c.pos = close + 1;
		}
		return c.pos == c.end || *c.pos == ' ';
	}
	while (c.pos < c.end && (*c.pos == ' ' || (*c.pos >= 'A' && *c.pos <= 'Z')))
		c.pos++;
	return c.pos == c.end;
}

/* What follows the number: "[ type T] Block N type T [Fallback] Flags F" */
static bool is_pfn_rest(struct cursor c)
{
	uint64_t block;

	if (skip(&c, " type ") && !skip_word(&c))
		return false;
	if (!skip(&c, " Block ") || !get_u64(&c, &block) || !skip(&c, " type ") ||
	    !skip_word(&c))
		return false;
	skip_blanks(&c);
	if (skip(&c, "Fallback"))
		skip_blanks(&c);
	return skip(&c, "Flags") && are_flags(c);
}

static bool scan_pfn(struct page_owner_layout *l, const char *line, size_t len)
{
	struct cursor c = line_of(line, len);

	if (!skip(&c, "PFN "))
		return false;
	if (l->pos != l->head_len)
		l->why = "two records run together";
	else if (skip(&c, "0x") ? !get_hex(&c, &l->fields.pfn) :
				  !get_u64(&c, &l->fields.pfn))
		l->why = "no page frame number";
	else if (!has_form(l, KNOWN_PFN_REST, c, is_pfn_rest))
		l->why = "a PFN line that is not whole";
	set_has(l, PAGE_OWNER_PFN);
	l->pfn_len = len;
	return true;
}

/*
 * "Page freed by pid N, tgid N, ts N ns". The frames after it are of the free, and
 * not those of a stack that the allocation had not.
 */
static bool scan_free(struct page_owner_layout *l, const char *line, size_t len)
{
	struct cursor c = { line, line + len };
	struct page_owner_span digits;
	int pid, tgid;

	if (!skip(&c, "Page freed by pid "))
		return false;
	if (!l->stack_off) {
		l->stack_off = l->pos;
		l->stack_end = l->pos;
	}
	l->nr_stacks = 0;
	if (l->time_len[1]) {
		l->why = "two frees of one page";
	} else if (!get_int(&c, &pid) || !skip(&c, ", tgid ") || !get_int(&c, &tgid) ||
		   !skip(&c, ", ts ") || !get_time(&c, &l->fields.free_ts, &digits) ||
		   !at_field_end(&c)) {
		l->why = "no time of release";
	} else {
		set_has(l, PAGE_OWNER_FREE_TS);
		l->time_off[1] = l->pos + (digits.ptr - line);
		l->time_len[1] = digits.len;
	}
	return true;
}

/* Takes "0x1a" off the end. */
static bool drop_hex(struct cursor *c)
{
	const char *end = c->end;

	while (end > c->pos && is_hex(end[-1]))
		end--;
	if (end == c->end || end - c->pos < 2 || end[-1] != 'x' || end[-2] != '0')
		return false;
	c->end = end - 2;
	return true;
}

/* Takes " [module]" off the end, if it is there. */
static void drop_module(struct cursor *c)
{
	const char *open;

	if (c->pos == c->end || c->end[-1] != ']')
		return;
	open = memrchr(c->pos, '[', c->end - c->pos);
	if (open && open > c->pos && open[-1] == ' ' && c->end - open > 2)
		c->end = open - 1;
}

/* Takes "0x1/0x20" off the end, and the byte before it, which is returned. */
static char drop_offset(struct cursor *c)
{
	if (!drop_hex(c) || c->pos == c->end || *--c->end != '/' || !drop_hex(c) ||
	    c->pos == c->end)
		return 0;
	return *--c->end;
}

/*
 * " [<address>] name+0x1/0x20 [module]": the first and the last may be missing; or a
 * number, where the kernel knew no name. Looked at from its end: names are long.
 */
static bool is_frame(const char *line, size_t len)
{
	struct cursor c = line_of(line, len), bare;

	skip_blanks(&c);
	if (skip(&c, "[<")) {
		c.pos = memchr(c.pos, ']', c.end - c.pos);
		if (!c.pos || !skip(&c, "] "))
			return false;
	}
	drop_module(&c);
	bare = c;
	if (drop_hex(&bare) && bare.pos == bare.end)
		return true;
	return drop_offset(&c) == '+' && c.pos < c.end &&
	       !memchr(c.pos, '+', c.end - c.pos) &&
	       !memchr(c.pos, ' ', c.end - c.pos);
}

/*
 * Is a line that is not known, and not indented, the end of one that is? All lines
 * that a kernel may add have a blank in them.
 */
static bool is_piece(const char *line, size_t len)
{
	struct cursor c = line_of(line, len), tail = c;

	if (skip(&c, "Charged to ") || skip(&c, "Charged (via objcg) "))
		return false;
	if (!memchr(c.pos, ' ', c.end - c.pos))
		return true;
	drop_module(&tail);
	if (drop_hex(&tail) && tail.pos < tail.end &&
	    (tail.end[-1] == '/' || tail.end[-1] == '+'))
		return true;
	return memmem(c.pos, c.end - c.pos, " Flags 0x", 9) ||
	       (memmem(c.pos, c.end - c.pos, "ts ", 3) && c.end - c.pos > 3 &&
		!memcmp(c.end - 3, " ns", 3));
}

bool page_owner_frames_whole(struct page_owner_span frames)
{
	const char *line = frames.ptr, *end = line + frames.len;

	while (line < end) {
		const char *newline = memchr(line, '\n', end - line);
		size_t len = newline ? (size_t)(newline + 1 - line) : (size_t)(end - line);

		if (!is_frame(line, len))
			return false;
		line += len;
	}
	return true;
}

/* Frames are indented. The first run of them is the stack, and the only one. */
static void scan_frame(struct page_owner_layout *l, size_t len)
{
	if (!l->stack_off) {
		l->stack_off = l->pos;
		l->stack_end = l->pos;
	}
	if (l->stack_end == l->pos)
		l->stack_end += len;
	if (l->frames_end != l->pos) {
		if (l->nr_stacks++ && !l->why)
			l->why = "two stacks in one record";
		l->frames_off = l->pos;
	}
	l->frames_end = l->pos + len;
}

/* The stack in one step. What comes after it is looked at as after any frame. */
static bool skip_known(struct page_owner_layout *l, const char *line, size_t len)
{
	if (l->stack_off || !l->known || (*line != ' ' && *line != '\t'))
		return false;
	l->known_stack = known_stack(l->known, line, len);
	if (!l->known_stack)
		return false;
	scan_frame(l, l->known_stack->len);
	l->known_end = l->stack_end;
	l->pos += l->known_stack->len;
	return true;
}

/* A line after the PFN line that is no frame */
static void scan_other(struct page_owner_layout *l, const char *line, size_t len)
{
	struct cursor c = { line, line + len };
	unsigned int handle;

	l->slab |= skip(&c, slab_line);
	if (!l->charge_off && skip(&c, "Charged ")) {
		skip(&c, "(via objcg) ");
		if (skip(&c, "to "))
			l->charge_off = l->pos + (c.pos - line);
	}
	if (!l->handle && page_owner_handle_line(line, len, &handle) > 0)
		l->handle = handle;
	if (is_piece(line, len))
		l->why = "a piece of a line";
}

static void scan_body_line(struct page_owner_layout *l, const char *line,
			   size_t len)
{
	if (*line == ' ' || *line == '\t')
		scan_frame(l, len);
	else if (!scan_pfn(l, line, len) &&
		 !(l->fields.freed && scan_free(l, line, len)))
		scan_other(l, line, len);
}

/* At the end of a record */
static bool complete(struct page_owner_layout *l)
{
	if (l->fields.freed && !l->time_len[1] && !l->why)
		l->why = "no line about the release";
	return true;
}

bool page_owner_layout_scan(struct page_owner_layout *l, const char *buf,
			    size_t len, bool eof)
{
	if (!l->head_len && !scan_head(l, buf, len, eof))
		return false;

	while (l->pos < len) {
		const char *line = buf + l->pos;
		const char *end;

		if (skip_known(l, line, len - l->pos))
			continue;
		end = memchr(line, '\n', len - l->pos);
		if (!end && !eof)
			return false;
		if (*line == '\n' || (*line == '\r' && end == line + 1) ||
		    page_owner_record_starts(line, len - l->pos))
			return complete(l);
		end = end ? end + 1 : buf + len;
		scan_body_line(l, line, end - line);
		l->pos += end - line;
	}
	return eof && complete(l);
}

int page_owner_layout_check_frames(struct page_owner_layout *l,
				   struct page_owner_known *known, const char *buf,
				   size_t len)
{
	struct page_owner_span stack = {
		buf + l->stack_off, l->stack_end - l->stack_off
	}, last = {
		buf + l->frames_off, l->frames_end - l->frames_off
	};
	struct page_owner_str **slot;

	if ((last.ptr != stack.ptr && !page_owner_frames_whole(last)) ||
	    (l->known_end != l->stack_end && !page_owner_frames_whole(stack))) {
		l->why = "an indented line that is no frame";
		return 0;
	}
	if (l->known_end == l->stack_end)
		return 0;
	l->known_stack = NULL;
	slot = known_slot(known, stack.ptr, buf + len - stack.ptr);
	if (!slot || stack.len > STACK_SIZE)
		return 0;
	l->known_stack = page_owner_intern(known->pool, stack);
	l->known_end = l->stack_end;
	*slot = l->known_stack;
	return *slot ? 0 : -1;
}

struct page_owner_text page_owner_layout_text(const struct page_owner_layout *l,
					      const char *buf)
{
	struct page_owner_text text = {
		.head = { buf, l->head_len },
		.pfn_line = { buf + l->head_len, l->pfn_len },
		.body = { buf + l->head_len + l->pfn_len, l->pos - l->head_len - l->pfn_len },
		.stack = { buf + l->stack_off, l->stack_end - l->stack_off },
	};

	for (int i = 0; i < 2; i++)
		text.time_pos[i] = (struct page_owner_span){
			buf + l->time_off[i], l->time_len[i]
		};
	return text;
}

void page_owner_text_forget_time(struct page_owner_text *text,
				 enum page_owner_field field)
{
	struct page_owner_span *pos = &text->time_pos[field != PAGE_OWNER_TS];
	bool in_body = pos->ptr >= text->body.ptr;
	struct page_owner_span *part = in_body ? &text->body : &text->head;
	size_t len = pos->len;

	if (!len)
		return;
	/* What is before them is short: move it up to the digits' end. */
	memmove((char *)part->ptr + len, part->ptr, pos->ptr - part->ptr);
	part->ptr += len;
	part->len -= len;
	if (in_body)
		text->stack.ptr += len;
	if (!in_body && field == PAGE_OWNER_FREE_TS)
		text->time_pos[0].ptr += len;
	pos->ptr += len;
	pos->len = 0;
}

/* "node=N" or "zone=N" among the flags of a PFN line, or -1 */
static int flags_number(struct page_owner_span pfn_line, const char *word)
{
	const char *end = pfn_line.ptr + pfn_line.len;
	const char *found = memmem(pfn_line.ptr, pfn_line.len, "Flags ", 6);
	struct cursor c;
	uint64_t val;

	if (found)
		found = memmem(found, end - found, word, strlen(word));
	if (!found || (found[-1] != '(' && found[-1] != '|'))
		return -1;
	c = (struct cursor){ found + strlen(word), end };
	return get_u64(&c, &val) && val <= PAGE_OWNER_MAX_PLACE ? (int)val : -1;
}

/* "PFN N type T Block ..."; the oldest kernels have no such type. */
static struct page_owner_span migratetype_of(struct page_owner_span pfn_line)
{
	struct cursor c = line_of(pfn_line.ptr, pfn_line.len);
	struct page_owner_span type = { "", 0 };

	if (!skip(&c, "PFN ") || !skip_word(&c) || !skip(&c, " type "))
		return type;
	type.ptr = c.pos;
	skip_word(&c);
	type.len = c.pos - type.ptr;
	return type;
}

/* "memcg NAME", of which a group that is gone keeps both words: "offline memcg NAME" */
static struct page_owner_span memcg_of(const struct page_owner_layout *l, const char *buf)
{
	struct page_owner_span rest = { buf + l->charge_off, l->pos - l->charge_off };
	struct page_owner_span line = { "", 0 };
	struct cursor c;

	if (!l->charge_off || !page_owner_next_line(&rest, &line))
		return line;
	c = (struct cursor){ line.ptr, line.ptr + line.len };
	skip(&c, "memcg ");
	return (struct page_owner_span){ c.pos, c.end - c.pos };
}

static bool contains(struct page_owner_span s, const char *word)
{
	return s.len && memmem(s.ptr, s.len, word, strlen(word));
}

/*
 * A page of a slab cache used to have a flag, which old dumps show on the PFN line.
 * Newer kernels have a page type instead, which is not shown: such a page is known
 * by its line in the record, or by the slab function that called the page allocator.
 */
static unsigned int line_allocator(struct page_owner_span pfn_line, bool slab)
{
	return (contains(pfn_line, "CMA") ? PAGE_OWNER_CMA : 0) |
	       (slab || contains(pfn_line, "slab") ? PAGE_OWNER_SLAB : 0);
}

unsigned int page_owner_text_allocator(const struct page_owner_text *text)
{
	struct page_owner_span rest = text->body, line;
	unsigned int found;
	bool slab = false;

	while (!slab && page_owner_next_line(&rest, &line))
		slab = line.len >= strlen(slab_line) &&
		       !memcmp(line.ptr, slab_line, strlen(slab_line));
	found = line_allocator(text->pfn_line, slab) |
		page_owner_stack_allocator(text->stack);
	return found ? found : PAGE_OWNER_OTHERS;
}

#define WANTS(key)	(wants & PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_##key))

/* The names */
static int fill_names(const struct page_owner_layout *l, const char *buf,
		      unsigned int wants, struct page_owner_pool *pool,
		      struct page_owner_record *rec)
{
	struct page_owner_span pfn_line = { buf + l->head_len, l->pfn_len };

	if (WANTS(COMM)) {
		rec->comm = page_owner_intern(pool, (struct page_owner_span){
			buf + l->comm_off, l->comm_len });
		if (!rec->comm)
			return -1;
	}
	if (WANTS(MEMCG)) {
		rec->memcg = page_owner_intern(pool, memcg_of(l, buf));
		if (!rec->memcg)
			return -1;
	}
	if (WANTS(MIGRATETYPE)) {
		rec->migratetype = page_owner_intern(pool, migratetype_of(pfn_line));
		if (!rec->migratetype)
			return -1;
	}
	return 0;
}

int page_owner_layout_fill(const struct page_owner_layout *l, const char *buf,
			   unsigned int wants, struct page_owner_pool *pool,
			   struct page_owner_str *stack, struct page_owner_record *rec)
{
	struct page_owner_span pfn_line = { buf + l->head_len, l->pfn_len };
	struct page_owner_span frames = { buf + l->stack_off, l->stack_end - l->stack_off };

	*rec = l->fields;
	rec->pages = 1ull << rec->order;
	rec->frames = frames.len || stack;
	if (WANTS(NODE))
		rec->node = flags_number(pfn_line, "node=");
	if (WANTS(ZONE))
		rec->zone = flags_number(pfn_line, "zone=");
	if (WANTS(ALLOCATOR))
		rec->allocator = line_allocator(pfn_line, l->slab);
	if (fill_names(l, buf, wants, pool, rec))
		return -1;
	if (!WANTS(STACK) && !WANTS(MODULE) && !WANTS(ALLOCATOR))
		return 0;
	if (!stack)
		stack = l->known_stack && l->known_end == l->stack_end ?
			l->known_stack : page_owner_intern(pool, frames);
	return page_owner_record_set_stack(rec, wants, pool, stack);
}
