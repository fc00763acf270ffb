// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text formats of other programs: folded stacks, speedscope, OpenMetrics, JSON.
 */
#include <limits.h>
#include <string.h>

#include "show/export.h"
#include "frame.h"
#include "show/print.h"
#include "count/tree.h"

unsigned long long page_owner_block_bytes(const struct page_owner_export *ex,
					  unsigned long long pages)
{
	unsigned long long bytes;

	if (__builtin_mul_overflow(pages, ex->load->info.page_size, &bytes))
		return ULLONG_MAX;
	return bytes;
}

static struct page_owner_span span_of(const char *text)
{
	return (struct page_owner_span){ text, strlen(text) };
}

/* The next key but the stack, in the order of enum page_owner_key */
static bool next_key(const struct page_owner_export *ex, unsigned int *key)
{
	while (++*key < PAGE_OWNER_BY_TEXT) {
		if (ex->keys >> *key & 1)
			return true;
	}
	return false;
}

/* "comm bash", "node 0": numbers alone would tell nothing */
static struct page_owner_span key_label(const struct page_owner_export *ex,
					unsigned int key, char *buf, size_t size,
					const struct page_owner_block *block)
{
	char number[PAGE_OWNER_NUMBER];
	struct page_owner_span text =
		page_owner_key_text(number, key, block, &ex->load->info);
	int len = snprintf(buf, size, "%s %.*s", page_owner_key_name(key),
			   text.len > size ? (int)size : (int)text.len, text.ptr);

	return (struct page_owner_span){ buf, (size_t)len < size ? (size_t)len :
								   size - 1 };
}

int page_owner_export_path(const struct page_owner_export *ex,
			   const struct page_owner_block *block,
			   int (*visit)(void *arg, struct page_owner_span label),
			   void *arg)
{
	struct page_owner_span lines[PAGE_OWNER_MAX_FRAMES], stack;
	char buf[512];
	size_t nr;
	int ret;

	for (unsigned int key = PAGE_OWNER_BY_STACK; next_key(ex, &key);) {
		ret = visit(arg, key_label(ex, key, buf, sizeof(buf), block));
		if (ret)
			return ret;
	}
	if (!(ex->keys & 1u << PAGE_OWNER_BY_STACK))
		return 0;
	stack = page_owner_block_stack(block);
	if (!ex->whole)
		stack = page_owner_stack_asker(stack);
	nr = page_owner_frame_lines(stack, lines);
	if (!nr)
		return visit(arg, span_of("(no stack)"));
	while (nr--) {
		ret = visit(arg, page_owner_frame_label(buf, sizeof(buf), lines[nr]));
		if (ret)
			return ret;
	}
	return 0;
}

struct folded {
	FILE *file;
	bool first;
};

static int put_folded(void *arg, struct page_owner_span label)
{
	struct folded *f = arg;

	if (!f->first)
		fputc(';', f->file);
	f->first = false;
	for (size_t i = 0; i < label.len; i++) {
		unsigned char c = label.ptr[i];

		fputc(c == ';' ? ':' : c < ' ' || c == 0x7f ? '_' : c, f->file);
	}
	return 0;
}

int page_owner_write_folded(const struct page_owner_export *ex)
{
	const struct page_owner_agg *agg = &ex->load->agg;

	for (size_t i = 0; i < agg->nr; i++) {
		struct folded f = { ex->file, true };

		page_owner_export_path(ex, agg->blocks[i], put_folded, &f);
		fprintf(ex->file, " %llu\n",
			page_owner_block_bytes(ex, agg->blocks[i]->pages));
	}
	return 0;
}

/* Length of the UTF-8 character at the start of the text, 0 if it is none */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	static const unsigned int first_of_len[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 :
		     *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
	unsigned int code = *p & (0xff >> (len + 1));

	if (len < 2)
		return len;
	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < first_of_len[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe)
		return 0;
	return len;
}

void page_owner_put_json(FILE *file, struct page_owner_span text)
{
	fputc('"', file);
	while (text.len) {
		const unsigned char *p = (const unsigned char *)text.ptr;
		size_t len = utf8_len(p, text.len);

		if (!len)
			fputs("\\ufffd", file);
		else if (*p == '"' || *p == '\\')
			fprintf(file, "\\%c", *p);
		else if (*p < ' ' || *p == 0x7f)
			fprintf(file, "\\u%04x", *p);
		else
			fwrite(p, 1, len, file);
		len += !len;
		text.ptr += len;
		text.len -= len;
	}
	fputc('"', file);
}

void page_owner_put_xml(FILE *file, struct page_owner_span text)
{
	while (text.len) {
		const unsigned char *p = (const unsigned char *)text.ptr;
		size_t len = utf8_len(p, text.len);

		if (!len || *p < ' ' || *p == 0x7f)
			fputs("\xef\xbf\xbd", file);
		else if (strchr("<>&\"'", *p))
			fprintf(file, "&#%d;", *p);
		else
			fwrite(p, 1, len, file);
		len += !len;
		text.ptr += len;
		text.len -= len;
	}
}

/* What the numbers in speedscope's samples mean, in order of appearance */
struct speedscope {
	const struct page_owner_export *ex;
	struct page_owner_pool pool;
	bool frames;			/* the table of frames, or samples? */
	bool first;
};

static int put_speedscope(void *arg, struct page_owner_span label)
{
	struct speedscope *s = arg;
	struct page_owner_str *str = page_owner_intern(&s->pool, label);
	FILE *file = s->ex->file;

	if (!str)
		return -1;
	if (!s->frames) {
		fprintf(file, "%s%u", s->first ? "" : ",", str->note - 1);
		s->first = false;
	} else if (!str->note) {
		fprintf(file, "%s{\"name\":", s->first ? "" : ",\n");
		page_owner_put_json(file, label);
		fputc('}', file);
		str->note = s->pool.table.nr;
		s->first = false;
	}
	return 0;
}

static void put_title(const struct page_owner_export *ex)
{
	const char *kernel = ex->load->info.kernel;
	char title[256];

	snprintf(title, sizeof(title), "page_owner%s%.*s", kernel ? ", " : "",
		 kernel ? (int)strcspn(kernel, "(") : 0, kernel ? kernel : "");
	page_owner_put_json(ex->file, span_of(title));
}

static int put_samples(const struct page_owner_export *ex, struct speedscope *s)
{
	const struct page_owner_agg *agg = &ex->load->agg;

	s->frames = false;
	for (size_t i = 0; i < agg->nr; i++) {
		fputs(i ? ",\n[" : "[", ex->file);
		s->first = true;
		if (page_owner_export_path(ex, agg->blocks[i], put_speedscope, s))
			return -1;
		fputc(']', ex->file);
	}
	fputs("],\n\"weights\":[", ex->file);
	for (size_t i = 0; i < agg->nr; i++)
		fprintf(ex->file, "%s%llu", i ? "," : "",
			page_owner_block_bytes(ex, agg->blocks[i]->pages));
	return 0;
}

int page_owner_write_speedscope(const struct page_owner_export *ex)
{
	const struct page_owner_agg *agg = &ex->load->agg;
	struct speedscope s = { .ex = ex, .frames = true, .first = true };
	int ret = 0;

	fputs("{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
	      "\"exporter\":\"page_owner\",\n\"name\":", ex->file);
	put_title(ex);
	fputs(",\n\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[\n", ex->file);
	for (size_t i = 0; i < agg->nr && !ret; i++)
		ret = page_owner_export_path(ex, agg->blocks[i], put_speedscope, &s);
	fputs("]},\n\"profiles\":[{\"type\":\"sampled\",\"name\":\"memory by owner\",\n"
	      "\"unit\":\"bytes\",\"startValue\":0,\"endValue\":", ex->file);
	fprintf(ex->file, "%llu,\n\"samples\":[", page_owner_block_bytes(ex, agg->pages));
	if (!ret)
		ret = put_samples(ex, &s);
	fputs("]}]}\n", ex->file);
	page_owner_pool_destroy(&s.pool);
	return ret;
}

/*
 * A label's value: backslash, quote and newline are all that has a meaning. Other
 * control characters are as in a report, so that a terminal can show the file.
 */
static void put_label(FILE *file, struct page_owner_span text)
{
	for (size_t i = 0; i < text.len;) {
		size_t len = utf8_len((const unsigned char *)text.ptr + i, text.len - i);
		char c = text.ptr[i];

		if (!len)
			fputs("\xef\xbf\xbd", file);
		else if (c == '\n')
			fputs("\\n", file);
		else if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if ((unsigned char)c < ' ' || c == 0x7f)
			fprintf(file, "\\\\%03o", c);
		else
			fwrite(text.ptr + i, 1, len, file);
		i += len + !len;
	}
}

/* The innermost function that is not the page allocator's */
static struct page_owner_span asking_function(struct page_owner_span stack)
{
	struct page_owner_frame frame = { .name = { "(no stack)", 10 } };
	struct page_owner_span line;

	while (page_owner_next_line(&stack, &line)) {
		page_owner_frame_parse(&frame, line);
		if (!page_owner_frame_is_allocator(frame.name))
			break;
	}
	return frame.name;
}

static void put_labels(const struct page_owner_export *ex,
		       const struct page_owner_block *block)
{
	const char *comma = "";
	char buf[PAGE_OWNER_NUMBER];

	for (unsigned int key = PAGE_OWNER_BY_STACK; next_key(ex, &key);) {
		fprintf(ex->file, "%s%s=\"", comma, page_owner_key_name(key));
		put_label(ex->file, page_owner_key_text(buf, key, block,
							&ex->load->info));
		fputc('"', ex->file);
		comma = ",";
	}
	if (ex->keys & 1u << PAGE_OWNER_BY_STACK) {
		struct page_owner_span stack = page_owner_block_stack(block);

		fprintf(ex->file, "%sstack=\"%016llx\",function=\"", comma,
			(unsigned long long)page_owner_hash(stack.ptr, stack.len));
		put_label(ex->file, asking_function(stack));
		fputc('"', ex->file);
	}
}

static void put_metric(const struct page_owner_export *ex, const char *name,
		       const char *what, unsigned long long val)
{
	fprintf(ex->file, "# HELP page_owner_%s %s\n# TYPE page_owner_%s gauge\n"
		"page_owner_%s %llu\n", name, what, name, name, val);
}

static void put_metrics(const struct page_owner_export *ex, const char *name,
			const char *what, bool bytes)
{
	const struct page_owner_agg *agg = &ex->load->agg;
	size_t nr = ex->nr && ex->nr < agg->nr ? ex->nr : agg->nr;

	fprintf(ex->file, "# HELP page_owner_%s %s\n# TYPE page_owner_%s gauge\n",
		name, what, name);
	for (size_t i = 0; i < nr; i++) {
		fprintf(ex->file, "page_owner_%s{", name);
		put_labels(ex, agg->blocks[i]);
		fprintf(ex->file, "} %llu\n", bytes ?
			page_owner_block_bytes(ex, agg->blocks[i]->pages) :
			agg->blocks[i]->times);
	}
}

int page_owner_write_openmetrics(const struct page_owner_export *ex)
{
	const struct page_owner_agg *agg = &ex->load->agg;

	put_metric(ex, "recorded_bytes", "Memory that has a record of its owner.",
		   page_owner_block_bytes(ex, agg->pages));
	put_metric(ex, "recorded_allocations", "Allocations that have a record.",
		   agg->times);
	put_metric(ex, "owners", "Different owners, of which the largest are below.",
		   agg->nr);
	put_metric(ex, "lost_records", "Records that were damaged.",
		   ex->load->stats.lost);
	put_metric(ex, "input_damaged", "1 if records are missing, as the input is damaged or cut.",
		   page_owner_load_damaged(ex->load));
	put_metrics(ex, "bytes", "Memory by its owner.", true);
	put_metrics(ex, "allocations", "Allocations by their owner.", false);
	fputs("# EOF\n", ex->file);
	return 0;
}

static void put_json_block(const struct page_owner_export *ex,
			   const struct page_owner_block *block)
{
	struct page_owner_span stack = page_owner_block_stack(block), line;
	const char *comma = "";
	char buf[PAGE_OWNER_NUMBER];

	fprintf(ex->file, "{\"bytes\":%llu,\"pages\":%llu,\"times\":%llu",
		page_owner_block_bytes(ex, block->pages), block->pages, block->times);
	if (block->newest)
		fprintf(ex->file, ",\"oldest_ns\":%llu,\"newest_ns\":%llu",
			(unsigned long long)block->oldest,
			(unsigned long long)block->newest);
	for (unsigned int key = PAGE_OWNER_BY_STACK; next_key(ex, &key);) {
		fprintf(ex->file, ",\"%s\":", page_owner_key_name(key));
		page_owner_put_json(ex->file, page_owner_key_text(buf, key, block,
								  &ex->load->info));
	}
	if (ex->keys & 1u << PAGE_OWNER_BY_STACK) {
		fputs(",\"stack\":[", ex->file);
		while (page_owner_next_line(&stack, &line)) {
			fputs(comma, ex->file);
			while (line.len && (*line.ptr == ' ' || *line.ptr == '\t')) {
				line.ptr++;
				line.len--;
			}
			page_owner_put_json(ex->file, line);
			comma = ",";
		}
		fputc(']', ex->file);
	}
	fputc('}', ex->file);
}

static void put_json_name(const struct page_owner_export *ex, const char *name,
			  const char *text)
{
	if (!text)
		return;
	fprintf(ex->file, "\"%s\":", name);
	page_owner_put_json(ex->file, span_of(text));
	fputs(",\n", ex->file);
}

static void put_json_info(const struct page_owner_export *ex)
{
	const struct page_owner_info *info = &ex->load->info;

	put_json_name(ex, "kernel", info->kernel);
	put_json_name(ex, "host", info->host);
	put_json_name(ex, "boot", info->boot);
	put_json_name(ex, "filter", info->filter);
	if (info->time_ns)
		fprintf(ex->file, "\"time_ns\":%llu,\n", info->time_ns);
	if (info->clock_ns)
		fprintf(ex->file, "\"clock_ns\":%llu,\n", info->clock_ns);
}

int page_owner_write_json(const struct page_owner_export *ex)
{
	const struct page_owner_agg *agg = &ex->load->agg;
	size_t nr = ex->nr && ex->nr < agg->nr ? ex->nr : agg->nr;

	fputs("{\"schema\":\"page_owner/1\",\n", ex->file);
	put_json_info(ex);
	fprintf(ex->file, "\"page_size\":%lu,\n\"records_read\":%llu,\n",
		ex->load->info.page_size, ex->load->stats.records);
	/* What is missing at the end is not counted: its number is not known. */
	fprintf(ex->file, "\"records_lost\":%llu,\n\"complete\":%s,\n",
		ex->load->stats.lost,
		page_owner_load_damaged(ex->load) ? "false" : "true");
	fprintf(ex->file, "\"allocations\":%llu,\n", agg->times);
	fprintf(ex->file, "\"pages\":%llu,\n\"owners\":[\n", agg->pages);
	for (size_t i = 0; i < nr; i++) {
		put_json_block(ex, agg->blocks[i]);
		fputs(i + 1 < nr ? ",\n" : "\n", ex->file);
	}
	fputs("]}\n", ex->file);
	return 0;
}
