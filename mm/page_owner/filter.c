// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: which records a reader of the dump wants: the parser of that, and
 * what compares records with it.
 *
 * Words are separated by white space, the items of a list by commas. A record
 * is shown if it matches one item of each word. Either all words of a write are
 * right and all take effect, or none does.
 */
#include <linux/cgroup.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/mmzone.h>
#include <linux/math64.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

#include "../internal.h"
#include "cache.h"
#include "filter.h"
#include "read.h"

#define BLANKS " \t\r\n\v\f"

const char *page_owner_mode_names[PAGE_OWNER_NR_MODES] __ro_after_init = {
	[PAGE_OWNER_MODE_STACK]		= "stack",
	[PAGE_OWNER_MODE_HANDLE]	= "handle",
	[PAGE_OWNER_MODE_STACK_HANDLE]	= "stack_handle",
};

static const struct {
	const char *key;
	u64 min, max;
} numbers[] = {
	[PAGE_OWNER_BY_PID]	= { "pid", 0, INT_MAX },
	[PAGE_OWNER_BY_TGID]	= { "tgid", 0, INT_MAX },
	[PAGE_OWNER_BY_ORDER]	= { "order", 0, BITS_PER_LONG - PAGE_SHIFT - 1 },
	[PAGE_OWNER_BY_MEMCG]	= { "memcg", 1, U64_MAX },
	[PAGE_OWNER_BY_HANDLE]	= { "handle", 1, U32_MAX },
	[PAGE_OWNER_BY_AGE]	= { "age", 0, U64_MAX / NSEC_PER_SEC - 1 },
};

static_assert(ARRAY_SIZE(numbers) == PAGE_OWNER_NR_NUMBERS);

static const char *state_name(unsigned int i)
{
	return i == PAGE_OWNER_STATE_FREE ? "free" : "allocated";
}

static const char *zone_name(unsigned int i)
{
	return NODE_DATA(first_online_node)->node_zones[i].name;
}

static const char *migratetype_name(unsigned int i)
{
	return migratetype_names[i];
}

static const struct {
	const char *key;
	const char *(*name)(unsigned int i);
	unsigned int nr;
} choices[] = {
	[PAGE_OWNER_BY_STATE]	= { "state", state_name, 2 },
	[PAGE_OWNER_BY_ZONE]	= { "zone", zone_name, MAX_NR_ZONES },
	[PAGE_OWNER_BY_TYPE]	= { "migratetype", migratetype_name, MIGRATE_TYPES },
};

static_assert(ARRAY_SIZE(choices) == PAGE_OWNER_NR_CHOICES);

static const char * const names[] = {
	[PAGE_OWNER_BY_COMM]	= "comm",
	[PAGE_OWNER_BY_MODULE]	= "module",
};

static_assert(ARRAY_SIZE(names) == PAGE_OWNER_NR_NAMES);
static_assert(PAGE_OWNER_NAME_LEN >= TASK_COMM_LEN);
static_assert(PAGE_OWNER_NAME_LEN >= MODULE_NAME_LEN);

static bool in_names(const struct page_owner_names *list, const char *name)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		if (!strcmp(list->name[i], name))
			return true;
	}
	return false;
}

#ifdef CONFIG_MODULES
static bool is_module(const char *name)
{
	bool found;

	preempt_disable();
	found = find_module(name);
	preempt_enable();
	return found;
}

static bool is_in_modules(unsigned long address, const struct page_owner_names *list)
{
	const struct module *mod;
	bool found;

	preempt_disable();
	mod = __module_address(address);
	found = mod && in_names(list, mod->name);
	preempt_enable();
	return found;
}
#else
static bool is_module(const char *name)
{
	return false;
}

static bool is_in_modules(unsigned long address, const struct page_owner_names *list)
{
	return false;
}
#endif

/*
 * Parsing. Each function returns NULL, or what is wrong.
 */

static const char too_many[] = "too many items";

/* Turns \xNN into bytes. Returns the length, or -1 for any other backslash. */
static int unescape(char *text)
{
	char *in, *out = text;
	u8 byte;

	for (in = text; *in; in++) {
		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		if (in[1] != 'x' || !in[2] || hex2bin(&byte, in + 2, 1))
			return -1;
		*out++ = byte;
		in += 3;
	}
	*out = '\0';
	return out - text;
}

static const char *parse_mode(struct page_owner_filter *filter, unsigned int which,
			      char *value)
{
	int mode = match_string(page_owner_mode_names, PAGE_OWNER_NR_MODES, value);

	if (mode < 0)
		return "no such mode";
	filter->mode = mode;
	return NULL;
}

/* A node without memory owns no page: asking for it must be a mistake. */
static const char *parse_nid(struct page_owner_filter *filter, unsigned int which,
			     char *value)
{
	if (nodelist_parse(value, filter->nodes) || nodes_empty(filter->nodes))
		return "not a list of nodes";
	if (!nodes_subset(filter->nodes, node_states[N_MEMORY]))
		return "a node without memory";
	filter->by_node = true;
	return NULL;
}

static bool parse_u64(const char *text, u64 *value)
{
	return isdigit(*text) && !kstrtou64(text, 10, value);
}

/* N, N-M, N- or -M. */
static const char *parse_range(char *item, unsigned int which,
			       struct page_owner_range *range)
{
	char *from = strsep(&item, "-"), *to = item;

	range->from = numbers[which].min;
	range->to = numbers[which].max;
	if ((*from || !to) && !parse_u64(from, &range->from))
		return "not a number or range";
	if (!to)
		range->to = range->from;
	else if ((*to || !*from) && !parse_u64(to, &range->to))
		return "not a number or range";
	if (range->from > range->to || range->from < numbers[which].min ||
	    range->to > numbers[which].max)
		return "out of range";
	return NULL;
}

/* The inode of the memory cgroup at a path, 0 if there is none. */
static u64 memcg_at(const char *path)
{
	u64 ino = 0;
#ifdef CONFIG_MEMCG
	struct cgroup *cgroup = cgroup_get_from_path(path);
	struct cgroup_subsys_state *css;

	if (IS_ERR(cgroup))
		return 0;
	/* Where the controller is off, pages are charged to one further up. */
	css = cgroup_get_e_css(cgroup, &memory_cgrp_subsys);
	if (css->cgroup == cgroup)
		ino = cgroup_ino(cgroup);
	css_put(css);
	cgroup_put(cgroup);
#endif
	return ino;
}

/* A memory cgroup's path becomes its inode, which is what it is compared by. */
static const char *parse_number(char *item, unsigned int which,
				struct page_owner_range *range)
{
	u64 ino;

	if (which != PAGE_OWNER_BY_MEMCG || *item != '/')
		return parse_range(item, which, range);
	ino = unescape(item) < 0 ? 0 : memcg_at(item);
	if (!ino)
		return "no memory cgroup at this path";
	range->from = ino;
	range->to = ino;
	return NULL;
}

static const char *parse_numbers(struct page_owner_filter *filter,
				 unsigned int which, char *value)
{
	struct page_owner_ranges *list = &filter->numbers[which];
	const char *error;
	char *item;

	list->nr = 0;
	while ((item = strsep(&value, ","))) {
		if (list->nr == PAGE_OWNER_FILTER_ITEMS)
			return too_many;
		error = parse_number(item, which, &list->range[list->nr++]);
		if (error)
			return error;
	}
	return NULL;
}

static const char *parse_choice(struct page_owner_filter *filter,
				unsigned int which, char *value)
{
	unsigned int i;
	char *item;

	filter->choices[which] = 0;
	while ((item = strsep(&value, ","))) {
		for (i = 0; i < choices[which].nr; i++) {
			if (!strcmp(item, choices[which].name(i)))
				break;
		}
		if (i == choices[which].nr)
			return "no such name";
		filter->choices[which] |= BIT(i);
	}
	return NULL;
}

/* A name without a byte in it has to be written as \x00. */
static const char *parse_comm(char *item)
{
	int len = unescape(item);

	if (len < 0)
		return "a backslash can only begin \\xNN";
	if (!len || (strlen(item) != len && len != 1))
		return "not a command name";
	return len < TASK_COMM_LEN ? NULL : "longer than a command name";
}

static const char *parse_names(struct page_owner_filter *filter,
			       unsigned int which, char *value)
{
	struct page_owner_names *list = &filter->names[which];
	const char *error;
	char *item;

	list->nr = 0;
	while ((item = strsep(&value, ","))) {
		if (list->nr == PAGE_OWNER_FILTER_ITEMS)
			return too_many;
		if (which == PAGE_OWNER_BY_COMM)
			error = parse_comm(item);
		else
			error = is_module(item) ? NULL : "no such module";
		if (error)
			return error;
		strscpy_pad(list->name[list->nr++], item, PAGE_OWNER_NAME_LEN);
	}
	return NULL;
}

static const struct {
	const char *key;
	const char *(*parse)(struct page_owner_filter *filter, unsigned int which,
			     char *value);
	unsigned int which;
} words[] = {
	{ "mode", parse_mode },
	{ "nid", parse_nid },
	{ "pid", parse_numbers, PAGE_OWNER_BY_PID },
	{ "tgid", parse_numbers, PAGE_OWNER_BY_TGID },
	{ "order", parse_numbers, PAGE_OWNER_BY_ORDER },
	{ "handle", parse_numbers, PAGE_OWNER_BY_HANDLE },
	{ "age", parse_numbers, PAGE_OWNER_BY_AGE },
	{ "memcg", parse_numbers, PAGE_OWNER_BY_MEMCG },
	{ "state", parse_choice, PAGE_OWNER_BY_STATE },
	{ "zone", parse_choice, PAGE_OWNER_BY_ZONE },
	{ "migratetype", parse_choice, PAGE_OWNER_BY_TYPE },
	{ "comm", parse_names, PAGE_OWNER_BY_COMM },
	{ "module", parse_names, PAGE_OWNER_BY_MODULE },
};

static const char *parse_word(struct page_owner_filter *filter, char *word)
{
	char *key = strsep(&word, "=");
	int i;

	if (!word) {
		if (strcmp(key, "reset"))
			return "not a word of the form key=value, reset or show";
		memset(filter, 0, sizeof(*filter));
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(key, words[i].key))
			continue;
		return *word ? words[i].parse(filter, words[i].which, word) :
			       "no value";
	}
	return "no such key";
}

/* Keeps what was wrong: the word as it was written, and why. */
static void set_error(struct page_owner_error *error, const char *word,
		      const char *why)
{
	char *c;

	scnprintf(error->text, sizeof(error->text), "%.80s: %s", word, why);
	for (c = error->text; *c; c++) {
		if (iscntrl(*c))
			*c = '?';
	}
}

/* All words go into @filter, until one is wrong. Returns how many, or -EINVAL. */
static int parse_words(struct page_owner_filter *filter, char *text,
		       struct page_owner_error *error)
{
	char said[PAGE_OWNER_ERROR_WORD];
	const char *why;
	bool show = false;
	int nr = 0;
	char *word;

	while ((word = strsep(&text, BLANKS))) {
		if (!*word)
			continue;
		if (!strcmp(word, "show")) {
			show = true;
			continue;
		}
		strscpy(said, word, sizeof(said));
		why = parse_word(filter, word);
		if (why) {
			set_error(error, said, why);
			return -EINVAL;
		}
		nr++;
	}
	if (!nr && !show) {
		set_error(error, "\"\"", "no word");
		return -EINVAL;
	}
	filter->show |= show;
	return nr;
}

/**
 * page_owner_filter_parse() - change a filter as a reader asks
 * @filter: the filter; what no word mentions stays as it is
 * @text: words of the form key=value, "reset" and "show"; taken apart
 * @error: set to what is wrong; emptied when words other than "show" are right
 *
 * Context: Process context, may sleep.
 * Return: how many words other than "show" there were; -EINVAL and an unchanged
 * filter for a word that is unknown, or has an unknown, too long or empty value,
 * and if there is no word at all; -ENOMEM.
 */
int page_owner_filter_parse(struct page_owner_filter *filter, char *text,
			    struct page_owner_error *error)
{
	struct page_owner_filter *new = kmemdup(filter, sizeof(*filter), GFP_KERNEL);
	int ret;

	if (!new)
		return -ENOMEM;
	ret = parse_words(new, text, error);
	if (ret >= 0)
		*filter = *new;
	if (ret > 0)
		error->text[0] = '\0';
	kfree(new);
	return ret;
}

/*
 * Printing, in words that page_owner_filter_parse() takes
 */

/* What comes before the item of a list. */
static void begin_item(struct seq_buf *s, const char *key, unsigned int nr)
{
	if (nr)
		seq_buf_putc(s, ',');
	else
		seq_buf_printf(s, " %s=", key);
}

static void show_numbers(struct seq_buf *s, const struct page_owner_filter *filter,
			 unsigned int which)
{
	const struct page_owner_ranges *list = &filter->numbers[which];
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		const struct page_owner_range *range = &list->range[i];

		begin_item(s, numbers[which].key, i);
		seq_buf_printf(s, "%llu", range->from);
		if (range->to == range->from)
			continue;
		seq_buf_putc(s, '-');
		if (range->to != numbers[which].max)
			seq_buf_printf(s, "%llu", range->to);
	}
}

static void show_choices(struct seq_buf *s, const struct page_owner_filter *filter,
			 unsigned int which)
{
	unsigned int i, nr = 0;

	for (i = 0; i < choices[which].nr; i++) {
		if (!(filter->choices[which] & BIT(i)))
			continue;
		begin_item(s, choices[which].key, nr++);
		seq_buf_puts(s, choices[which].name(i));
	}
}

/* What would end a word or an item, or is not to be seen, as \\xNN. */
static void show_names(struct seq_buf *s, const struct page_owner_filter *filter,
		       unsigned int which)
{
	const struct page_owner_names *list = &filter->names[which];
	const char *c;
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		begin_item(s, names[which], i);
		if (!*list->name[i])
			seq_buf_puts(s, "\\x00");
		for (c = list->name[i]; *c; c++) {
			if (iscntrl(*c) || strchr(" ,\\", *c))
				seq_buf_printf(s, "\\x%02x", (u8)*c);
			else
				seq_buf_putc(s, *c);
		}
	}
}

/**
 * page_owner_filter_show() - print what a filter asks for
 * @s: where to
 * @filter: the filter
 *
 * Context: Any.
 */
void page_owner_filter_show(struct seq_buf *s, const struct page_owner_filter *filter)
{
	unsigned int i;

	seq_buf_printf(s, "mode=%s", page_owner_mode_names[filter->mode]);
	if (filter->by_node)
		seq_buf_printf(s, " nid=%*pbl", nodemask_pr_args(&filter->nodes));
	for (i = 0; i < PAGE_OWNER_NR_CHOICES; i++)
		show_choices(s, filter, i);
	for (i = 0; i < PAGE_OWNER_NR_NUMBERS; i++)
		show_numbers(s, filter, i);
	for (i = 0; i < PAGE_OWNER_NR_NAMES; i++)
		show_names(s, filter, i);
}

/*
 * Comparing
 */

static bool in_ranges(const struct page_owner_filter *filter, unsigned int which,
		      u64 value)
{
	const struct page_owner_ranges *list = &filter->numbers[which];
	unsigned int i;

	for (i = 0; i < list->nr; i++) {
		if (value >= list->range[i].from && value <= list->range[i].to)
			return true;
	}
	return !list->nr;
}

static bool is_chosen(const struct page_owner_filter *filter, unsigned int which,
		      unsigned int value)
{
	return !filter->choices[which] || filter->choices[which] & BIT(value);
}

/* Since the allocation; of a freed page, since the free. Whole seconds. */
static u64 age_of(const struct page_owner_snapshot *snap, u64 now)
{
	u64 then = snap->allocated ? snap->owner.ts_nsec : snap->owner.free_ts_nsec;

	return now > then ? div_u64(now - then, NSEC_PER_SEC) : 0;
}

static bool in_memcgs(const struct page_owner_filter *filter,
		      const struct page_owner_snapshot *snap)
{
	if (!filter->numbers[PAGE_OWNER_BY_MEMCG].nr)
		return true;
	return snap->charge >= PAGE_OWNER_CHARGED &&
	       in_ranges(filter, PAGE_OWNER_BY_MEMCG, snap->memcg_ino);
}

/* By address, as the frames' text finds its module. */
static bool stack_in_modules(depot_stack_handle_t handle,
			     const struct page_owner_names *list)
{
	unsigned long *entries;
	unsigned int i, nr = stack_depot_fetch(handle, &entries);

	for (i = 0; i < nr; i++) {
		if (is_in_modules(entries[i], list))
			return true;
	}
	return false;
}

/* Found out once for each stack. */
static bool in_modules(const struct page_owner_filter *filter,
		       depot_stack_handle_t handle, struct page_owner_cache *cache)
{
	const struct page_owner_names *list = &filter->names[PAGE_OWNER_BY_MODULE];
	const char *known;
	unsigned int len;
	char *answer;

	if (!list->nr)
		return true;
	known = page_owner_cache_find(cache, PAGE_OWNER_CACHED_MODULE, handle, &len);
	if (known)
		return *known;
	answer = page_owner_cache_room(cache);
	*answer = stack_in_modules(handle, list);
	page_owner_cache_add(cache, PAGE_OWNER_CACHED_MODULE, handle, 1);
	return *answer;
}

static bool in_comms(const struct page_owner_filter *filter, const char *comm)
{
	const struct page_owner_names *list = &filter->names[PAGE_OWNER_BY_COMM];

	return !list->nr || in_names(list, comm);
}

/**
 * page_owner_filter_compares() - whether page_owner_filter_match() need be asked
 * @filter: what the reader wants
 *
 * Context: Any.
 * Return: false if it would say yes to every allocation.
 */
bool page_owner_filter_compares(const struct page_owner_filter *filter)
{
	unsigned int i, asked = filter->choices[PAGE_OWNER_BY_STATE] ||
				filter->choices[PAGE_OWNER_BY_TYPE];

	for (i = 0; i < PAGE_OWNER_NR_NUMBERS; i++)
		asked |= filter->numbers[i].nr;
	for (i = 0; i < PAGE_OWNER_NR_NAMES; i++)
		asked |= filter->names[i].nr;
	return asked;
}

/**
 * page_owner_filter_match() - compare a record with what a reader wants
 * @filter: what the reader wants. Nodes and zones are left to the walk.
 * @snap: the record
 * @now: local_clock(), for ages
 * @cache: remembers which stacks are in modules, until the filter changes
 *
 * What costs least comes first, what is rarely asked for last.
 *
 * Context: Process context, may sleep.
 * Return: whether the reader wants it.
 */
bool page_owner_filter_match(const struct page_owner_filter *filter,
			     const struct page_owner_snapshot *snap, u64 now,
			     struct page_owner_cache *cache)
{
	const struct page_owner *owner = &snap->owner;
	unsigned int state = snap->allocated ? PAGE_OWNER_STATE_ALLOCATED :
					       PAGE_OWNER_STATE_FREE;

	return is_chosen(filter, PAGE_OWNER_BY_STATE, state) &&
	       in_ranges(filter, PAGE_OWNER_BY_PID, owner->pid) &&
	       in_ranges(filter, PAGE_OWNER_BY_TGID, owner->tgid) &&
	       in_ranges(filter, PAGE_OWNER_BY_ORDER, owner->order) &&
	       in_ranges(filter, PAGE_OWNER_BY_HANDLE, owner->handle) &&
	       is_chosen(filter, PAGE_OWNER_BY_TYPE,
			 gfp_migratetype(owner->gfp_mask)) &&
	       (!filter->numbers[PAGE_OWNER_BY_AGE].nr ||
		in_ranges(filter, PAGE_OWNER_BY_AGE, age_of(snap, now))) &&
	       in_memcgs(filter, snap) &&
	       in_comms(filter, owner->comm) &&
	       in_modules(filter, owner->handle, cache);
}
