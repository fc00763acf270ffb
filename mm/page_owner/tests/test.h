/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit tests of page_owner share: unit.c.
 */
#ifndef _MM_PAGE_OWNER_TESTS_TEST_H
#define _MM_PAGE_OWNER_TESTS_TEST_H

#include <linux/stackdepot.h>

struct kunit;

void page_owner_test_need(struct kunit *test);
bool page_owner_test_stack_has(depot_stack_handle_t handle, void *function);

#endif /* _MM_PAGE_OWNER_TESTS_TEST_H */
