// SPDX-License-Identifier: GPL-2.0-only
/*
 * A strict parser for one record of the dump. It accepts what the interface
 * says and nothing else, byte for byte.
 */
#include <ctype.h>
#include <string.h>

#include "po_util.h"

struct cursor {
	const char *p;
	const char *end;
};

static bool literal(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->p) < len || memcmp(c->p, text, len))
		return false;
	c->p += len;
	return true;
}

/* A number as the kernel prints it: no sign, no leading zeros. */
static bool number(struct cursor *c, unsigned int base, unsigned long long *val)
{
	static const char digits[] = "0123456789abcdef";
	const char *start = c->p;
	const char *digit;

	*val = 0;
	while (c->p < c->end && *c->p) {
		digit = memchr(digits, *c->p, base);
		if (!digit)
			break;
		*val = *val * base + (digit - digits);
		c->p++;
	}
	if (c->p == start)
		return false;
	return *start != '0' || c->p == start + 1;
}

static bool ulong_number(struct cursor *c, unsigned int base, unsigned long *val)
{
	unsigned long long wide;
	bool ok = number(c, base, &wide);

	*val = wide;
	return ok;
}

static bool hex(struct cursor *c, unsigned long *val)
{
	return literal(c, "0x") && ulong_number(c, 16, val);
}

/* The rest up to @stop, which is consumed, bounded by the line. */
static bool until(struct cursor *c, const char *stop, char *buf, size_t size)
{
	const char *eol = memchr(c->p, '\n', c->end - c->p);
	size_t len = strlen(stop);
	const char *p;

	if (!eol)
		return false;
	for (p = c->p; p + len <= eol + 1; p++)
		if (!memcmp(p, stop, len))
			break;
	if (p + len > eol + 1 || (size_t)(p - c->p) >= size)
		return false;
	memcpy(buf, c->p, p - c->p);
	buf[p - c->p] = '\0';
	c->p = p + len;
	return true;
}

static bool names_only(const char *text, const char *extra)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(extra, *text))
			return false;
	return true;
}

/* comm can hold anything but ends at the last "), ts " of the line. */
static bool parse_comm(struct cursor *c, struct po_record *rec)
{
	const char *eol = memchr(c->p, '\n', c->end - c->p);
	const char *p;

	if (!eol)
		return false;
	for (p = eol - 6; p >= c->p; p--)
		if (!memcmp(p, "), ts ", 6))
			break;
	if (p < c->p || (size_t)(p - c->p) >= sizeof(rec->comm))
		return false;
	memcpy(rec->comm, c->p, p - c->p);
	rec->comm[p - c->p] = '\0';
	c->p = p + 6;
	return true;
}

static const char *parse_first(struct cursor *c, struct po_record *rec)
{
	if (!literal(c, "Page allocated via order ") ||
	    !ulong_number(c, 10, &rec->order))
		return "no order";
	if (!literal(c, ", mask ") || !hex(c, &rec->mask) || !literal(c, "(") ||
	    !until(c, "), ", rec->mask_names, sizeof(rec->mask_names)) ||
	    !names_only(rec->mask_names, "_|"))
		return "bad mask";
	if (!literal(c, "pid ") || !ulong_number(c, 10, &rec->pid))
		return "bad pid";
	if (!literal(c, ", tgid ") || !ulong_number(c, 10, &rec->tgid))
		return "bad tgid";
	if (!literal(c, " (") || !parse_comm(c, rec))
		return "bad comm";
	if (!number(c, 10, &rec->ts) || !literal(c, " ns\n"))
		return "bad time";
	return NULL;
}

static const char *parse_second(struct cursor *c, struct po_record *rec)
{
	unsigned long flags;

	if (!literal(c, "PFN ") || !hex(c, &rec->pfn))
		return "no PFN on line 2";
	if (!literal(c, " type ") ||
	    !until(c, " Block ", rec->type, sizeof(rec->type)) ||
	    !names_only(rec->type, ""))
		return "bad type";
	if (!ulong_number(c, 10, &rec->block) || !literal(c, " type ") ||
	    !until(c, " Flags ", rec->block_type, sizeof(rec->block_type)) ||
	    !names_only(rec->block_type, ""))
		return "bad block type";
	if (!hex(c, &flags) || !literal(c, "(") ||
	    !until(c, ")\n", rec->flags, sizeof(rec->flags)) ||
	    !names_only(rec->flags, "_|=#"))
		return "bad flags";
	return NULL;
}

/* symbol+0xoff/0xsize[ [module]] or, for what has no symbol, 0xaddress */
static bool parse_frame(struct cursor *c)
{
	char symbol[512];
	unsigned long n;

	if (literal(c, "0x"))
		return ulong_number(c, 16, &n) && literal(c, "\n");
	if (!until(c, "+0x", symbol, sizeof(symbol)) || !symbol[0] ||
	    !names_only(symbol, "_.$") || !ulong_number(c, 16, &n) ||
	    !literal(c, "/0x") || !ulong_number(c, 16, &n))
		return false;
	if (literal(c, " [") &&
	    (!until(c, "]", symbol, sizeof(symbol)) || !names_only(symbol, "_")))
		return false;
	return literal(c, "\n");
}

static const char *parse_frames(struct cursor *c, struct po_record *rec)
{
	rec->frames = c->p;
	while (literal(c, " ")) {
		if (!parse_frame(c))
			return "bad frame";
		rec->nr_frames++;
	}
	rec->frames_len = c->p - rec->frames;
	return NULL;
}

static bool parse_handle(struct cursor *c, struct po_record *rec)
{
	if (!literal(c, "handle: "))
		return true;
	rec->has_handle = true;
	return ulong_number(c, 10, &rec->handle) && literal(c, "\n");
}

static const char *parse_extras(struct cursor *c, struct po_record *rec)
{
	bool early;

	if (!parse_handle(c, rec))
		return "bad handle";
	early = rec->has_handle;
	if (literal(c, "Page has been migrated, last migrate reason: ") &&
	    (!until(c, "\n", rec->reason, sizeof(rec->reason)) ||
	     !rec->reason[0] || !names_only(rec->reason, "_")))
		return "bad reason";
	rec->slab = literal(c, "Slab cache page\n");
	if (literal(c, "Charged ")) {
		rec->charged = true;
		rec->objcg = literal(c, "(via objcg) ");
		if (!literal(c, "to "))
			return "bad charge";
		rec->offline = literal(c, "offline ");
		if (!literal(c, "memcg ") ||
		    !until(c, "\n", rec->memcg, sizeof(rec->memcg)))
			return "bad memcg";
	}
	if (!early && !parse_handle(c, rec))
		return "bad handle";
	rec->handle_last = rec->has_handle && !early;
	return NULL;
}

/**
 * po_parse() - parse the record at the start of a text
 * @text: the text
 * @len: its length
 * @rec: the result, which points into the text
 *
 * Return: NULL, or what is wrong with the record.
 */
const char *po_parse(const char *text, size_t len, struct po_record *rec)
{
	struct cursor c = { text, text + len };
	const char *error;

	memset(rec, 0, sizeof(*rec));
	error = parse_first(&c, rec);
	if (!error)
		error = parse_second(&c, rec);
	if (!error)
		error = parse_frames(&c, rec);
	if (!error)
		error = parse_extras(&c, rec);
	if (!error && !literal(&c, "\n"))
		error = "no empty line after the known lines";
	rec->len = c.p - text;
	return error;
}

/**
 * po_text_has_frame() - look for a symbol in frame lines
 * @text: frame lines
 * @len: length of @text
 * @symbol: name to look for, the whole of it
 *
 * Return: whether one of the lines is a frame of that symbol.
 */
bool po_text_has_frame(const char *text, size_t len, const char *symbol)
{
	const char *end = text + len;
	size_t n = strlen(symbol);

	while (text < end) {
		const char *eol = memchr(text, '\n', end - text);

		if (!eol)
			eol = end;
		if (*text == ' ' && (size_t)(eol - text) > n + 1 &&
		    !memcmp(text + 1, symbol, n) &&
		    (text[n + 1] == '+' || text[n + 1] == '.'))
			return true;
		text = eol + 1;
	}
	return false;
}

/**
 * po_has_frame() - look for a symbol in the stack of a record
 * @rec: the record
 * @symbol: name to look for
 *
 * Return: whether a frame of the record is of that symbol.
 */
bool po_has_frame(const struct po_record *rec, const char *symbol)
{
	return po_text_has_frame(rec->frames, rec->frames_len, symbol);
}
