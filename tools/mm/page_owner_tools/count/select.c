// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which records a user asked for.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "count/agg.h"
#include "count/select.h"

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
			    !has_name(&s->comms, rec->comm)))
		return false;
	return !s->unreleased || !page_owner_released(rec);
}

void page_owner_select_destroy(struct page_owner_select *s)
{
	free(s->pids.val);
	free(s->tgids.val);
	free(s->comms.val);
	memset(s, 0, sizeof(*s));
}
