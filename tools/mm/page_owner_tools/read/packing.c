// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which program packed a file, by its first bytes.
 */
#include <string.h>

#include "read/packing.h"

const char *page_owner_magic(const void *data, size_t len)
{
	static const struct {
		const char *program;
		unsigned int len;
		unsigned char bytes[PAGE_OWNER_MAGIC_LEN];
	} known[] = {
		{ "gzip", 2, { 0x1f, 0x8b } },
		{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd } },
		{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
		/* After "BZh" comes the size of its blocks, one digit. */
		{ "bzip2", 3, { 'B', 'Z', 'h' } },
		{ "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 } },
		{ "lz4", 4, { 0x02, 0x21, 0x4c, 0x18 } },
		{ "lzip", 4, { 'L', 'Z', 'I', 'P' } },
		{ "lzop", 5, { 0x89, 'L', 'Z', 'O', 0 } },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (len >= known[i].len && !memcmp(data, known[i].bytes, known[i].len))
			return known[i].program;
	}
	return NULL;
}
