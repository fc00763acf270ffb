// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: what the command line asks for.
 */
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>
#include <linux/string.h>

#include "param.h"

struct page_owner_wanted page_owner_wanted __ro_after_init;

/* A word of page_owner=: on, off and their like, lean, paused, verify. */
static int __init param_word(const char *word)
{
	struct page_owner_wanted *wanted = &page_owner_wanted;

	if (!strcmp(word, "verify")) {
		wanted->verify = true;
		return 0;
	}
	if (!strcmp(word, "lean"))
		wanted->lean = true;
	else if (!strcmp(word, "paused"))
		wanted->paused = true;
	else
		return kstrtobool(word, &wanted->on);
	wanted->on = true;
	return 0;
}

static int __init page_owner_param(char *arg)
{
	char *word;
	int ret = arg ? 0 : -EINVAL;

	while (!ret && (word = strsep(&arg, ",")))
		ret = param_word(word);
	if (page_owner_wanted.on)
		stack_depot_request_early_init();
	return ret;
}
early_param("page_owner", page_owner_param);

/**
 * page_owner_may_set() - whether a switch may be set
 * @kp: the switch; its name is logged if not
 *
 * Context: Process context, or boot.
 * Return: 0, or -EOPNOTSUPP if page owners are not recorded, nor going to be.
 */
int page_owner_may_set(const struct kernel_param *kp)
{
	if (page_owner_wanted.on)
		return 0;
	pr_err("%s cannot be set: the kernel was not booted with page_owner=on\n", kp->name);
	return -EOPNOTSUPP;
}
