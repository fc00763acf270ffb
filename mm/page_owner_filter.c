// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the only parser of what a reader of the dump asks for.
 *
 * Words are separated by white space. Either all words of a write are right and
 * all take effect, or none does.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/nodemask.h>
#include <linux/string.h>

#include "page_owner.h"

static const char * const mode_names[] = {
	[PAGE_OWNER_MODE_STACK]		= "stack",
	[PAGE_OWNER_MODE_HANDLE]	= "handle",
	[PAGE_OWNER_MODE_STACK_HANDLE]	= "stack_handle",
};

static_assert(ARRAY_SIZE(mode_names) == PAGE_OWNER_NR_MODES);

static int parse_mode(struct page_owner_filter *filter, char *value)
{
	int mode = match_string(mode_names, ARRAY_SIZE(mode_names), value);

	if (mode < 0)
		return -EINVAL;
	filter->mode = mode;
	return 0;
}

/* A node without memory owns no page: asking for it must be a mistake. */
static int parse_nid(struct page_owner_filter *filter, char *value)
{
	if (nodelist_parse(value, filter->nodes) || nodes_empty(filter->nodes) ||
	    !nodes_subset(filter->nodes, node_states[N_MEMORY]))
		return -EINVAL;
	filter->by_node = true;
	return 0;
}

static const struct {
	const char *key;
	int (*parse)(struct page_owner_filter *filter, char *value);
} words[] = {
	{ "mode", parse_mode },
	{ "nid", parse_nid },
};

static int parse_word(struct page_owner_filter *filter, char *word)
{
	char *key = strsep(&word, "=");
	int i;

	if (!word)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(key, words[i].key))
			return words[i].parse(filter, word);
	}
	return -EINVAL;
}

/**
 * page_owner_filter_parse() - change a filter as a reader asks
 * @filter: the filter; what no word mentions stays as it is
 * @text: words of the form key=value; taken apart
 *
 * Context: Any.
 * Return: 0, or -EINVAL and an unchanged filter: for a word that is unknown, or
 * has an unknown or empty value, and if there is no word at all.
 */
int page_owner_filter_parse(struct page_owner_filter *filter, char *text)
{
	struct page_owner_filter new = *filter;
	bool any = false;
	char *word;

	while ((word = strsep(&text, " \t\r\n\v\f"))) {
		if (!*word)
			continue;
		if (parse_word(&new, word))
			return -EINVAL;
		any = true;
	}
	if (!any)
		return -EINVAL;
	*filter = new;
	return 0;
}
