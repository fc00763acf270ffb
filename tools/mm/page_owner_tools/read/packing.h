/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_PACKING_H
#define PAGE_OWNER_PACKING_H

#include <stddef.h>

/** PAGE_OWNER_MAGIC_LEN - how many bytes tell how something is packed */
#define PAGE_OWNER_MAGIC_LEN	8

/**
 * page_owner_magic() - is this packed, and what unpacks it?
 * @data: the first bytes
 * @len: how many there are, PAGE_OWNER_MAGIC_LEN or more unless there are no more
 *
 * Return: the program, which writes to standard output with -dc, as gzip does; or
 * NULL.
 */
const char *page_owner_magic(const void *data, size_t len);

#endif
