/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: what the command line asks for, and the switches in
 * /sys/module/page_owner/parameters/. To be included after all other headers.
 */
#ifndef _MM_PAGE_OWNER_PARAM_H
#define _MM_PAGE_OWNER_PARAM_H

#include <linux/moduleparam.h>
#include <linux/types.h>

/* Not the name of the file that a switch is in. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "page_owner."

/**
 * struct page_owner_wanted - words of page_owner= on the command line
 * @on: record page owners
 * @lean: neither times nor frees
 * @paused: do not begin yet
 * @verify: compare each captured stack with what the unwinder says
 */
struct page_owner_wanted {
	bool on, lean, paused, verify;
};

extern struct page_owner_wanted page_owner_wanted;

int page_owner_may_set(const struct kernel_param *kp);

#endif /* _MM_PAGE_OWNER_PARAM_H */
