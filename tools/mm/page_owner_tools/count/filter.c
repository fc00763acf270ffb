// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conditions that records have to meet: filters, and the lists of page_owner_sort.
 */
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "count/filter.h"
#include "frame.h"

enum key {
	PID, TGID, ORDER, NODE, ZONE, PFN, TS, AGE, PAGES,
	COMM, MEMCG, MODULE, MIGRATETYPE, ALLOCATOR, STACK, STATE,
	NR_KEYS,
	FIRST_NAME = COMM
};

static const char *const key_names[NR_KEYS] = {
	[PID] = "pid", [TGID] = "tgid", [ORDER] = "order", [NODE] = "node",
	[ZONE] = "zone", [PFN] = "pfn", [TS] = "ts", [AGE] = "age",
	[PAGES] = "pages", [COMM] = "comm", [MEMCG] = "memcg",
	[MODULE] = "module", [MIGRATETYPE] = "migratetype",
	[ALLOCATOR] = "allocator", [STACK] = "stack", [STATE] = "state",
};

enum op { EQUAL, UNEQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL };

/* The longer ones first */
static const struct {
	const char *text;
	enum op op;
} ops[] = {
	{ "!=", UNEQUAL }, { "<=", LESS_EQUAL }, { ">=", MORE_EQUAL },
	{ "=", EQUAL }, { "<", LESS }, { ">", MORE },
};

/*
 * A value: that there is none, or a pattern if there is one, or else a range of
 * numbers, of which the comparisons take the first
 */
struct value {
	unsigned long long first;
	unsigned long long last;
	char *pattern;
	bool absent;
	bool range;
};

struct page_owner_term {
	enum key key;
	enum op op;
	struct value *values;
	size_t nr;
};

static const struct {
	const char *text;
	unsigned long long factor;
} units[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	{ "m", 60000000000 }, { "min", 60000000000 },
	{ "h", 3600000000000 }, { "d", 86400000000000 },
};

/* A number and, for times, its unit; ages without one are in seconds */
static const char *get_number(enum key key, const char *text,
			      unsigned long long *val)
{
	char *end;

	errno = 0;
	*val = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (end == text || errno || *text == '-' || *text == '+')
		return NULL;
	if (key != AGE && key != TS)
		return end;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t len = strlen(units[i].text);

		if (strncmp(end, units[i].text, len) ||
		    (end[len] && end[len] != '-'))
			continue;
		return __builtin_mul_overflow(*val, units[i].factor, val) ?
			NULL : end + len;
	}
	if (key == AGE && __builtin_mul_overflow(*val, 1000000000ull, val))
		return NULL;
	return end;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As the kernel's: ages without a unit are in whole seconds, of which all count. */
static void end_of_second(enum key key, const char *text, unsigned long long *val)
{
	if (key == AGE && !text[strcspn(text, "numshd")] &&
	    __builtin_add_overflow(*val, 999999999, val))
		*val = ULLONG_MAX;
}

/* N, N-M, N- or -M, as the kernel's filter has it */
static const char *parse_range(enum key key, struct value *v, const char *text)
{
	const char *end = text;

	if (*text != '-') {
		end = get_number(key, text, &v->first);
		if (!end || (*end && *end != '-'))
			return "not a number or range, as 5, 5-9, 5- or -9";
	}
	v->range = *end == '-';
	if (!v->range) {
		v->last = v->first;
		end_of_second(key, text, &v->last);
		return NULL;
	}
	text = end + 1;
	v->last = ULLONG_MAX;
	if (!*text)
		return NULL;
	end = get_number(key, text, &v->last);
	if (!end || *end)
		return "not a number or range, as 5, 5-9, 5- or -9";
	end_of_second(key, text, &v->last);
	return v->first <= v->last ? NULL : "the range has its ends the wrong way round";
}

/* Names that the kernel gives, of which it knows this spelling only */
static const char *check_spelling(enum key key, const char *text)
{
	static const char start[] = "it is spelled ";
	static const struct {
		enum key key;
		const char *why;
	} names[] = {
		{ MIGRATETYPE, "it is spelled Unmovable" },
		{ MIGRATETYPE, "it is spelled Movable" },
		{ MIGRATETYPE, "it is spelled Reclaimable" },
		{ MIGRATETYPE, "it is spelled HighAtomic" },
		{ MIGRATETYPE, "it is spelled CMA" },
		{ MIGRATETYPE, "it is spelled Isolate" },
		{ ZONE, "it is spelled DMA" },
		{ ZONE, "it is spelled DMA32" },
		{ ZONE, "it is spelled Normal" },
		{ ZONE, "it is spelled HighMem" },
		{ ZONE, "it is spelled Movable" },
		{ ZONE, "it is spelled Device" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = names[i].why + sizeof(start) - 1;

		if (names[i].key == key && !strcasecmp(name, text) && strcmp(name, text))
			return names[i].why;
	}
	return NULL;
}

static const char *parse_value(enum key key, struct value *v, const char *text)
{
	/* What has no name or number is shown so. */
	v->absent = !strcmp(text, "-") && key != STATE;
	if (v->absent)
		return NULL;
	/* Zones have numbers in the dump, and names in a capture. */
	if (key < FIRST_NAME &&
	    (key != ZONE || is_digit(*text) || (*text == '-' && is_digit(text[1]))))
		return parse_range(key, v, text);
	v->pattern = strdup(text);
	return v->pattern ? check_spelling(key, text) : "out of memory";
}

static bool is_state(const char *text)
{
	return !strcmp(text, "allocated") || !strcmp(text, "free");
}

static const char *parse_values(struct page_owner_term *t, const char *text)
{
	char *copy = strdup(text), *rest = copy, *item;
	const char *why = NULL;

	if (!copy)
		return "out of memory";
	while (!why && (item = strsep(&rest, ","))) {
		struct value *values;

		values = realloc(t->values, (t->nr + 1) * sizeof(*values));
		if (!values) {
			why = "out of memory";
			break;
		}
		t->values = values;
		memset(&values[t->nr], 0, sizeof(*values));
		why = parse_value(t->key, &values[t->nr++], item);
	}
	free(copy);
	/* Together they would add up to what means nothing. */
	if (!why && t->key == STATE && (t->nr > 1 || !is_state(t->values->pattern)))
		why = "it is allocated or free";
	if (!why && t->op > UNEQUAL &&
	    (t->nr > 1 || t->values->pattern || t->values->absent ||
	     t->values->range))
		why = "< and > want one number";
	return why;
}

static const char *parse_op(struct page_owner_term *t, const char *text)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		size_t len = strlen(ops[i].text);

		if (strncmp(text, ops[i].text, len))
			continue;
		t->op = ops[i].op;
		return parse_values(t, text + len);
	}
	return "no comparison, as in 'comm=bash' or 'order>=3'";
}

static const char *parse_term(struct page_owner_term *t, const char *text)
{
	size_t len = strcspn(text, "=!<>"), i;

	for (i = 0; i < NR_KEYS; i++) {
		if (strlen(key_names[i]) == len && !memcmp(key_names[i], text, len))
			break;
	}
	/* The kernel's word for it */
	if (len == 3 && !memcmp(text, "nid", len))
		i = NODE;
	if (i == NR_KEYS)
		return "no such key; 'page_owner report --help' lists them";
	t->key = i;
	return parse_op(t, text + len);
}

static void free_term(struct page_owner_term *t)
{
	for (size_t i = 0; i < t->nr; i++)
		free(t->values[i].pattern);
	free(t->values);
}

int page_owner_filter_add(struct page_owner_filter *f, const char *text,
			  const char **why)
{
	struct page_owner_term term = { 0 }, *terms;

	*why = parse_term(&term, text);
	if (!*why) {
		terms = realloc(f->terms, (f->nr + 1) * sizeof(*terms));
		if (terms) {
			f->terms = terms;
			f->terms[f->nr++] = term;
			return 0;
		}
		*why = "out of memory";
	}
	free_term(&term);
	return -1;
}

bool page_owner_filter_needs_clock(const struct page_owner_filter *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		if (f->terms[i].key == AGE)
			return true;
	}
	return false;
}

unsigned int page_owner_filter_keys(const struct page_owner_filter *f)
{
	static const enum page_owner_key keys[NR_KEYS] = {
		[PID] = PAGE_OWNER_BY_PID, [TGID] = PAGE_OWNER_BY_TGID,
		[ORDER] = PAGE_OWNER_BY_ORDER, [NODE] = PAGE_OWNER_BY_NODE,
		[ZONE] = PAGE_OWNER_BY_ZONE, [COMM] = PAGE_OWNER_BY_COMM,
		[MEMCG] = PAGE_OWNER_BY_MEMCG, [MODULE] = PAGE_OWNER_BY_MODULE,
		[MIGRATETYPE] = PAGE_OWNER_BY_MIGRATETYPE,
		[ALLOCATOR] = PAGE_OWNER_BY_ALLOCATOR, [STACK] = PAGE_OWNER_BY_STACK,
		/* These need what is always known. */
		[PFN] = PAGE_OWNER_BY_ORDER, [TS] = PAGE_OWNER_BY_ORDER,
		[AGE] = PAGE_OWNER_BY_ORDER, [PAGES] = PAGE_OWNER_BY_ORDER,
		[STATE] = PAGE_OWNER_BY_ORDER,
	};
	unsigned int mask = 0;

	for (size_t i = 0; f && i < f->nr; i++)
		mask |= PAGE_OWNER_KEY_BIT(keys[f->terms[i].key]);
	return mask;
}

bool page_owner_filter_wants_freed(const struct page_owner_filter *f)
{
	for (size_t i = 0; f && i < f->nr; i++) {
		if (f->terms[i].key == STATE)
			return !strcmp(f->terms[i].values->pattern, "free") ==
			       (f->terms[i].op == EQUAL);
	}
	return false;
}

void page_owner_filter_destroy(struct page_owner_filter *f)
{
	for (size_t i = 0; i < f->nr; i++)
		free_term(&f->terms[i]);
	free(f->terms);
	memset(f, 0, sizeof(*f));
}

/* A shell's pattern, on text that is not terminated */
static bool matches(const char *pattern, struct page_owner_span s)
{
	char buf[256];

	if (!strpbrk(pattern, "*?[\\"))
		return strlen(pattern) == s.len && !memcmp(pattern, s.ptr, s.len);
	if (s.len >= sizeof(buf))
		s.len = sizeof(buf) - 1;
	memcpy(buf, s.ptr, s.len);
	buf[s.len] = '\0';
	return !fnmatch(pattern, buf, 0);
}

static bool str_matches(const char *pattern, const struct page_owner_str *str)
{
	return matches(pattern, page_owner_str_span(str));
}

static bool stack_matches(const char *pattern, struct page_owner_span stack)
{
	struct page_owner_frame frame;
	struct page_owner_span line;

	while (page_owner_next_line(&stack, &line)) {
		page_owner_frame_parse(&frame, line);
		if (matches(pattern, frame.name))
			return true;
	}
	return false;
}

static bool allocator_matches(const char *pattern,
			      const struct page_owner_record *rec)
{
	static const char *const names[] = { "cma", "slab", "vmalloc", "others" };

	for (unsigned int i = 0; i < 4; i++) {
		if (rec->allocator >> i & 1 && !strcasecmp(pattern, names[i]))
			return true;
	}
	return false;
}

static bool zone_matches(const struct page_owner_filter *f, const char *pattern,
			 int zone)
{
	const char *name;

	if (zone < 0 || zone >= PAGE_OWNER_MAX_ZONES || !f->info)
		return false;
	name = f->info->zones[zone];
	return name && matches(pattern, (struct page_owner_span){ name, strlen(name) });
}

static bool name_matches(const struct page_owner_filter *f, enum key key,
			 const char *pattern, const struct page_owner_record *rec)
{
	switch (key) {
	case COMM:
		return rec->has & 1u << PAGE_OWNER_COMM &&
		       str_matches(pattern, rec->comm);
	case MEMCG:
		return str_matches(pattern, rec->memcg);
	case MODULE:
		return str_matches(pattern, rec->module);
	case MIGRATETYPE:
		return str_matches(pattern, rec->migratetype);
	case ALLOCATOR:
		return allocator_matches(pattern, rec);
	case STACK:
		return stack_matches(pattern, page_owner_str_span(rec->stack));
	case STATE:
		return !strcmp(pattern, "free") == rec->freed;
	default:
		return zone_matches(f, pattern, rec->zone);
	}
}

/* False if the record has no such number */
static bool number_of(const struct page_owner_filter *f, enum key key,
		      const struct page_owner_record *rec,
		      unsigned long long *val)
{
	unsigned long long now = f->info ? f->info->clock_ns : 0;
	unsigned long long since = rec->freed ? rec->free_ts : rec->ts;
	int i = -1;

	switch (key) {
	case ORDER:
		*val = rec->order;
		return true;
	case PAGES:
		*val = rec->pages;
		return true;
	case PFN:
		*val = rec->pfn;
		return rec->has & 1u << PAGE_OWNER_PFN;
	case TS:
		*val = rec->ts;
		return rec->has & 1u << PAGE_OWNER_TS;
	case AGE:
		*val = now > since ? now - since : 0;
		return now && since && rec->has & 1u << PAGE_OWNER_TS;
	case PID:
		i = rec->pid;
		break;
	case TGID:
		i = rec->tgid;
		break;
	case NODE:
		i = rec->node;
		break;
	default:
		i = rec->zone;
		break;
	}
	*val = i;
	return i >= 0;
}

/* What a report shows as "-", or as "(no stack)" */
static bool is_absent(const struct page_owner_filter *f, enum key key,
		      const struct page_owner_record *rec)
{
	unsigned long long val;

	switch (key) {
	case COMM:
		return !rec->comm->len;
	case MEMCG:
		return !rec->memcg->len;
	case MODULE:
		return !rec->module->len;
	case MIGRATETYPE:
		return !rec->migratetype->len;
	case STACK:
		return !rec->frames;
	case ALLOCATOR:
	case STATE:
		return false;
	default:
		return !number_of(f, key, rec, &val);
	}
}

static bool is_equal(const struct page_owner_filter *f,
		     const struct page_owner_term *t,
		     const struct page_owner_record *rec)
{
	unsigned long long val = 0;
	bool known = t->key < FIRST_NAME && number_of(f, t->key, rec, &val);

	for (size_t i = 0; i < t->nr; i++) {
		const struct value *v = &t->values[i];

		if (v->absent ? is_absent(f, t->key, rec) :
		    v->pattern ? name_matches(f, t->key, v->pattern, rec) :
				 known && val >= v->first && val <= v->last)
			return true;
	}
	return false;
}

static bool term_holds(const struct page_owner_filter *f,
		       const struct page_owner_term *t,
		       const struct page_owner_record *rec)
{
	unsigned long long val;

	if (t->op <= UNEQUAL)
		return is_equal(f, t, rec) == (t->op == EQUAL);
	if (t->key >= FIRST_NAME || !number_of(f, t->key, rec, &val))
		return false;
	switch (t->op) {
	case LESS:
		return val < t->values->first;
	case LESS_EQUAL:
		return val <= t->values->first;
	case MORE:
		return val > t->values->first;
	default:
		return val >= t->values->first;
	}
}

bool page_owner_filter_pass(const struct page_owner_filter *f,
			    const struct page_owner_record *rec)
{
	for (size_t i = 0; i < f->nr; i++) {
		if (!term_holds(f, &f->terms[i], rec))
			return false;
	}
	return true;
}

static size_t count_items(const char *arg)
{
	size_t nr = 1;

	for (; *arg; arg++)
		nr += *arg == ',';
	return nr;
}

/* A number that ends at a comma or the end of the string. */
static const char *parse_int(const char *arg, int *val)
{
	const char *start = arg;
	long long v = 0;

	for (; *arg >= '0' && *arg <= '9'; arg++) {
		v = v * 10 + *arg - '0';
		if (v > INT_MAX)
			return NULL;
	}
	if (arg == start || (*arg && *arg != ','))
		return NULL;
	*val = v;
	return arg;
}

int page_owner_ints_parse(struct page_owner_ints *list, const char *arg)
{
	size_t nr = count_items(arg);
	int *val = calloc(nr, sizeof(*val));

	if (!val)
		return -1;
	for (size_t i = 0; i < nr; i++) {
		arg = parse_int(arg, &val[i]);
		if (!arg) {
			free(val);
			errno = EINVAL;
			return -1;
		}
		arg++;
	}
	free(list->val);
	list->val = val;
	list->nr = nr;
	return 0;
}

int page_owner_names_parse(struct page_owner_names *list, const char *arg)
{
	size_t nr = count_items(arg);
	struct page_owner_span *val = calloc(nr, sizeof(*val));

	if (!val)
		return -1;
	for (size_t i = 0; i < nr; i++) {
		val[i].ptr = arg;
		val[i].len = strcspn(arg, ",");
		arg += val[i].len + 1;
	}
	free(list->val);
	list->val = val;
	list->nr = nr;
	return 0;
}

static bool has_int(const struct page_owner_ints *list, int val)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->val[i] == val)
			return true;
	}
	return false;
}

static bool has_name(const struct page_owner_names *list,
		     struct page_owner_span name)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->val[i].len == name.len &&
		    !memcmp(list->val[i].ptr, name.ptr, name.len))
			return true;
	}
	return false;
}

bool page_owner_selected(const struct page_owner_select *s,
			 const struct page_owner_record *rec)
{
	if (s->pids.nr && !has_int(&s->pids, rec->pid))
		return false;
	if (s->tgids.nr && !has_int(&s->tgids, rec->tgid))
		return false;
	if (s->comms.nr && (!(rec->has & 1u << PAGE_OWNER_COMM) ||
			    !has_name(&s->comms, page_owner_str_span(rec->comm))))
		return false;
	return !s->unreleased || !page_owner_released(rec);
}

unsigned int page_owner_select_keys(const struct page_owner_select *s)
{
	return s && s->comms.nr ? PAGE_OWNER_KEY_BIT(PAGE_OWNER_BY_COMM) : 0;
}

void page_owner_select_destroy(struct page_owner_select *s)
{
	free(s->pids.val);
	free(s->tgids.val);
	free(s->comms.val);
	memset(s, 0, sizeof(*s));
}
