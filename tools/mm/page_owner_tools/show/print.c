// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers, names and call chains, as they are shown.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "frame.h"
#include "show/output.h"
#include "show/print.h"

#define DEFAULT_COLUMNS	100
#define MIN_COLUMNS	60

/* The longest value of a key, and the least room for a call chain, on one line */
#define MAX_KEY_WIDTH	24
#define MIN_CHAIN	20

static const struct {
	const char *name;
	enum page_owner_key key;
} keys[] = {
	{ "stack", PAGE_OWNER_BY_STACK },
	{ "comm", PAGE_OWNER_BY_COMM },
	{ "pid", PAGE_OWNER_BY_PID },
	{ "tgid", PAGE_OWNER_BY_TGID },
	{ "memcg", PAGE_OWNER_BY_MEMCG },
	{ "module", PAGE_OWNER_BY_MODULE },
	{ "node", PAGE_OWNER_BY_NODE },
	{ "zone", PAGE_OWNER_BY_ZONE },
	{ "order", PAGE_OWNER_BY_ORDER },
	{ "migratetype", PAGE_OWNER_BY_MIGRATETYPE },
	{ "allocator", PAGE_OWNER_BY_ALLOCATOR },
};

const char *page_owner_human_bytes(char *buf, double bytes)
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB"
	};
	size_t unit = 0;

	while ((bytes >= 1023.95 || bytes <= -1023.95) &&
	       unit < sizeof(units) / sizeof(*units) - 1) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, PAGE_OWNER_NUMBER, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
	return buf;
}

const char *page_owner_human_time(char *buf, uint64_t ns)
{
	double s = ns / 1e9;

	if (s < 1)
		snprintf(buf, PAGE_OWNER_NUMBER, "%.0f ms", s * 1000);
	else if (s < 120)
		snprintf(buf, PAGE_OWNER_NUMBER, "%.1f s", s);
	else if (s < 2 * 3600)
		snprintf(buf, PAGE_OWNER_NUMBER, "%.0f min", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, PAGE_OWNER_NUMBER, "%.1f h", s / 3600);
	else
		snprintf(buf, PAGE_OWNER_NUMBER, "%.1f days", s / 86400);
	return buf;
}

unsigned int page_owner_columns(FILE *file)
{
	const char *env = getenv("COLUMNS");
	unsigned int columns = DEFAULT_COLUMNS;
	struct winsize size;

	if (!ioctl(fileno(file), TIOCGWINSZ, &size) && size.ws_col)
		columns = size.ws_col;
	else if (env && atoi(env) > 0)
		columns = atoi(env);
	return columns < MIN_COLUMNS ? MIN_COLUMNS : columns;
}

bool page_owner_has_colour(FILE *file)
{
	const char *term = getenv("TERM"), *off = getenv("NO_COLOR");

	return isatty(fileno(file)) && term && strcmp(term, "dumb") &&
	       !(off && *off);
}

void page_owner_put_chain(FILE *file, struct page_owner_span stack,
			  unsigned int width)
{
	static const char arrow[] = " < ", more[] = "...";
	struct page_owner_frame frame;
	struct page_owner_span line;
	unsigned int used = 0;

	stack = page_owner_stack_asker(stack);
	if (!stack.len)
		fputs("(no stack)", file);
	while (page_owner_next_line(&stack, &line)) {
		unsigned int need;

		page_owner_frame_parse(&frame, line);
		need = frame.name.len + (used ? strlen(arrow) : 0) +
		       (frame.module.len ? frame.module.len + 3 : 0);
		if (width && used &&
		    used + need + (stack.len ? strlen(arrow) + strlen(more) : 0) > width) {
			fprintf(file, "%s%s", arrow, more);
			return;
		}
		if (used)
			fputs(arrow, file);
		page_owner_put_text(file, frame.name, false);
		if (frame.module.len) {
			fputs(" [", file);
			page_owner_put_text(file, frame.module, false);
			fputc(']', file);
		}
		used += need;
	}
}

static struct page_owner_span number(char *buf, int val)
{
	int len = val < 0 ? snprintf(buf, PAGE_OWNER_NUMBER, "-") :
			    snprintf(buf, PAGE_OWNER_NUMBER, "%d", val);

	return (struct page_owner_span){ buf, len };
}

static struct page_owner_span string(const struct page_owner_str *str)
{
	return str && str->len ? (struct page_owner_span){ str->text, str->len } :
				 (struct page_owner_span){ "-", 1 };
}

static struct page_owner_span zone_name(char *buf, int zone,
					const struct page_owner_info *info)
{
	const char *name = NULL;

	if (info && zone >= 0 && zone < PAGE_OWNER_MAX_ZONES)
		name = info->zones[zone];
	return name ? (struct page_owner_span){ name, strlen(name) } :
		      number(buf, zone);
}

static struct page_owner_span allocator_names(char *buf, unsigned int found)
{
	static const char *const names[] = { "cma", "slab", "vmalloc", "others" };
	char *pos = buf;

	for (unsigned int i = 0; i < 4; i++) {
		if (found >> i & 1)
			pos += sprintf(pos, "%s%s", pos > buf ? "+" : "", names[i]);
	}
	return (struct page_owner_span){ buf, pos - buf };
}

struct page_owner_span page_owner_key_text(char *buf, enum page_owner_key key,
					   const struct page_owner_block *block,
					   const struct page_owner_info *info)
{
	const struct page_owner_record *rec = &block->first;

	switch (key) {
	case PAGE_OWNER_BY_PID:
		return number(buf, rec->pid);
	case PAGE_OWNER_BY_TGID:
		return number(buf, rec->tgid);
	case PAGE_OWNER_BY_NODE:
		return number(buf, rec->node);
	case PAGE_OWNER_BY_ORDER:
		return number(buf, rec->order);
	case PAGE_OWNER_BY_ZONE:
		return zone_name(buf, rec->zone, info);
	case PAGE_OWNER_BY_ALLOCATOR:
		return allocator_names(buf, rec->allocator);
	case PAGE_OWNER_BY_COMM:
		return string(rec->comm);
	case PAGE_OWNER_BY_MEMCG:
		return string(rec->memcg);
	case PAGE_OWNER_BY_MODULE:
		return string(rec->module);
	default:
		return string(rec->migratetype);
	}
}

void page_owner_put_owner(FILE *file, unsigned int mask,
			  const struct page_owner_block *block,
			  const struct page_owner_info *info, unsigned int width)
{
	const char *blanks = "";
	char buf[PAGE_OWNER_NUMBER];
	unsigned int used = 0;

	for (unsigned int key = PAGE_OWNER_BY_STACK + 1; key < PAGE_OWNER_BY_TEXT; key++) {
		struct page_owner_span text;

		if (!(mask & PAGE_OWNER_KEY_BIT(key)))
			continue;
		text = page_owner_key_text(buf, key, block, info);
		if (text.len > MAX_KEY_WIDTH)
			text.len = MAX_KEY_WIDTH;
		fputs(blanks, file);
		page_owner_put_text(file, text, false);
		blanks = "  ";
		used += text.len + strlen(blanks);
	}
	if (!(mask & PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_STACK)))
		return;
	fputs(blanks, file);
	page_owner_put_chain(file, page_owner_block_stack(block),
			     width > used + MIN_CHAIN ? width - used : MIN_CHAIN);
}

const char *page_owner_key_name(enum page_owner_key key)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].key == key)
			return keys[i].name;
	}
	return "?";
}

const char *page_owner_key_parse(const char *text, unsigned int *mask)
{
	*mask = 0;
	for (;; text++) {
		size_t len = strcspn(text, ","), i;

		for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
			if (strlen(keys[i].name) == len &&
			    !memcmp(keys[i].name, text, len))
				break;
		}
		if (i == sizeof(keys) / sizeof(*keys))
			return text;
		*mask |= 1u << keys[i].key;
		text += len;
		if (!*text)
			return NULL;
	}
}
