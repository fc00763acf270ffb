// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking one record of the page_owner file apart.
 *
 * The first line is read field by field, and everything after it line by line.
 * The only hard part is the task name, see find_comm_end().
 */
#include <limits.h>
#include <string.h>

#include "page_owner_record.h"

#define START		"Page allocated via order "
#define START_LEN	(sizeof(START) - 1)

/* Of pages that are free */
#define FREED_START	"Page last allocated via order "
#define FREED_START_LEN	(sizeof(FREED_START) - 1)

/* What both have in common, after the end of the line before */
#define ANY_START	"\nPage "
#define ANY_START_LEN	(sizeof(ANY_START) - 1)

/* 15 bytes, each of which a careful kernel may print as \ooo */
#define COMM_MAX	60

/* "), ts N ns, free_ts N ns" and its line end at their longest */
#define TIMES_MAX	96

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

	while ((text = memmem(text, end - text, ANY_START, ANY_START_LEN))) {
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
		c->pos = line_end;
		return NULL;
	}
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

static bool scan_pfn(struct page_owner_layout *l, const char *line, size_t len)
{
	struct cursor c = { line, line + len };

	if (!skip(&c, "PFN "))
		return false;
	if (l->pos != l->head_len)
		l->why = "two records run together";
	else if (skip(&c, "0x") ? !get_hex(&c, &l->fields.pfn) :
				  !get_u64(&c, &l->fields.pfn))
		l->why = "no page frame number";
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

/* Frames are indented; only the first run of them is the stack. */
static void scan_body_line(struct page_owner_layout *l, const char *line,
			   size_t len)
{
	if (*line == ' ' || *line == '\t') {
		if (!l->stack_off) {
			l->stack_off = l->pos;
			l->stack_end = l->pos;
		}
		if (l->stack_end == l->pos)
			l->stack_end += len;
	} else if (!scan_pfn(l, line, len) && l->fields.freed) {
		scan_free(l, line, len);
	}
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
		const char *end = memchr(line, '\n', len - l->pos);

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

void page_owner_record_load(struct page_owner_record *rec,
			    const struct page_owner_layout *l, const char *buf)
{
	*rec = l->fields;
	rec->pages = 1ull << rec->order;
	rec->head = (struct page_owner_span){ buf, l->head_len };
	rec->pfn_line = (struct page_owner_span){ buf + l->head_len, l->pfn_len };
	rec->body.ptr = buf + l->head_len + l->pfn_len;
	rec->body.len = l->pos - l->head_len - l->pfn_len;
	rec->stack.ptr = l->stack_off ? buf + l->stack_off : rec->body.ptr;
	rec->stack.len = l->stack_end - l->stack_off;
	rec->comm = (struct page_owner_span){ buf + l->comm_off, l->comm_len };
	for (int i = 0; i < 2; i++)
		rec->time_pos[i] = (struct page_owner_span){
			buf + l->time_off[i], l->time_len[i]
		};
}

void page_owner_record_forget_time(struct page_owner_record *rec,
				   enum page_owner_field field)
{
	struct page_owner_span *pos = &rec->time_pos[field != PAGE_OWNER_TS];
	bool in_body = field == PAGE_OWNER_FREE_TS && rec->freed;
	struct page_owner_span *text = in_body ? &rec->body : &rec->head;
	size_t len = pos->len;

	if (!len)
		return;
	/* What is before them is short: move it up to the digits' end. */
	memmove((char *)text->ptr + len, text->ptr, pos->ptr - text->ptr);
	/* Frames that were looked up are elsewhere, and stay there. */
	if (in_body && rec->stack.ptr >= text->ptr &&
	    rec->stack.ptr <= text->ptr + text->len)
		rec->stack.ptr += len;
	text->ptr += len;
	text->len -= len;
	if (!in_body)
		rec->comm.ptr += len;
	if (!in_body && field == PAGE_OWNER_FREE_TS)
		rec->time_pos[0].ptr += len;
	pos->ptr += len;
	pos->len = 0;
}
