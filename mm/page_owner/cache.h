/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: what an open dump remembers.
 */
#ifndef _MM_PAGE_OWNER_CACHE_H
#define _MM_PAGE_OWNER_CACHE_H

#include <linux/kallsyms.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "capture.h"
#include "read.h"

/* 8,192 slots of 16 bytes, and up to 64 chunks of 64 KiB: 4.2 MiB in all. */
#define PAGE_OWNER_CACHE_BITS	13
#define PAGE_OWNER_CACHE_CHUNK	SZ_64K
#define PAGE_OWNER_CACHE_CHUNKS	64

/* A frame: a space, a symbol, the end of the line, and snprintf()'s NUL byte. */
#define PAGE_OWNER_FRAME_MAX	(KSYM_SYMBOL_LEN + 3)

/* The largest that a cache has to keep: a stack. */
#define PAGE_OWNER_CACHE_ENTRY_MAX (PAGE_OWNER_DEPTH * PAGE_OWNER_FRAME_MAX)

/**
 * enum page_owner_cached - what is kept in a cache
 * @PAGE_OWNER_CACHED_STACK: the lines of a stack, by handle
 * @PAGE_OWNER_CACHED_FRAME: a line of a stack, by address
 * @PAGE_OWNER_CACHED_GFP: names of GFP flags, by the flags
 * @PAGE_OWNER_CACHED_MODULE: whether a stack is in the filter's modules, by handle
 * @PAGE_OWNER_CACHED_RAW_STACK: a raw stream has defined the stack; so below
 * @PAGE_OWNER_CACHED_RAW_GFP: GFP flags
 * @PAGE_OWNER_CACHED_RAW_MEMCG: a memory cgroup, by inode
 * @PAGE_OWNER_CACHED_RAW_COMM: a command name, by a hash of it, and its number
 */
enum page_owner_cached {
	PAGE_OWNER_CACHED_STACK = 1,
	PAGE_OWNER_CACHED_FRAME,
	PAGE_OWNER_CACHED_GFP,
	PAGE_OWNER_CACHED_MODULE,
	PAGE_OWNER_CACHED_RAW_STACK,
	PAGE_OWNER_CACHED_RAW_GFP,
	PAGE_OWNER_CACHED_RAW_MEMCG,
	PAGE_OWNER_CACHED_RAW_COMM,
};

/**
 * struct page_owner_cache_slot - where some bytes are
 * @key: what they are of
 * @kind: of which kind @key is, an enum page_owner_cached; 0 if the slot is free
 * @chunk: number of the chunk that they are in
 * @offset: where there
 * @len: how many they are
 */
struct page_owner_cache_slot {
	u64 key;
	u16 offset;
	u16 len;
	u8 kind;
	u8 chunk;
};

/* What a cache takes beside its structure, at most. */
#define PAGE_OWNER_CACHE_MAX						\
	((sizeof(struct page_owner_cache_slot) << PAGE_OWNER_CACHE_BITS) + \
	 PAGE_OWNER_CACHE_CHUNKS * PAGE_OWNER_CACHE_CHUNK +		\
	 2 * PAGE_OWNER_CACHE_ENTRY_MAX)

/**
 * struct page_owner_flags_text - a page flags word and its text
 * @flags: the word
 * @len: how long the text is; 0 if there is none
 * @text: the text
 *
 * Words can have numbers in them that differ from page to page (lastcpupid), so
 * they would fill the cache.
 */
struct page_owner_flags_text {
	unsigned long flags;
	u8 len;
	char text[119];
};

#define PAGE_OWNER_FLAGS_BITS	7

/**
 * struct page_owner_last_text - a part of the record printed last
 * @len: how long it is; 0 if there is none
 * @text: the text
 */
struct page_owner_last_text {
	unsigned int len;
	char text[252];
};

/**
 * struct page_owner_cache - what an open dump remembers
 * @slots: hash table
 * @nr_used: slots in use
 * @chunk: the chunk that is being filled
 * @chunk_used: bytes of it that are in use
 * @scratch: where a stack is put together, PAGE_OWNER_CACHE_ENTRY_MAX bytes
 * @chunks: memory, allocated as it is needed and then kept
 * @flags: texts of page flags words, each in the only place where it can be
 * @owner_nr: of the snapshot that @allocator is of; 0 if that is not known
 * @stack_handle: a stack
 * @stack: its lines
 * @stack_len: bytes at @stack, 0 if that is not known any more
 * @last: the allocation that @allocator is the text of
 * @last_block: pageblock that @types is the text of
 * @last_gfp_mt: migrate type by the GFP flags, in @types
 * @last_block_mt: migrate type of the pageblock, in @types
 * @allocator: text from the order to the time
 * @types: text from the PFN to the page flags
 * @last_handle: handle that @handle is the text of
 * @handle: the line with the handle
 *
 * Locking: that of the open dump.
 */
struct page_owner_cache {
	struct page_owner_cache_slot *slots;
	unsigned int nr_used;
	unsigned int chunk;
	unsigned int chunk_used;
	char *scratch;
	char *chunks[PAGE_OWNER_CACHE_CHUNKS];
	struct page_owner_flags_text flags[1 << PAGE_OWNER_FLAGS_BITS];
	unsigned long owner_nr;
	depot_stack_handle_t stack_handle;
	unsigned int stack_len;
	const char *stack;
	struct page_owner last;
	unsigned long last_block;
	int last_gfp_mt;
	int last_block_mt;
	struct page_owner_last_text allocator;
	struct page_owner_last_text types;
	depot_stack_handle_t last_handle;
	struct page_owner_last_text handle;
};

int page_owner_cache_init(struct page_owner_cache *cache);
void page_owner_cache_destroy(struct page_owner_cache *cache);
void page_owner_cache_clear(struct page_owner_cache *cache);
const char *page_owner_cache_find(const struct page_owner_cache *cache,
				  enum page_owner_cached kind, u64 key,
				  unsigned int *len);
char *page_owner_cache_room(struct page_owner_cache *cache);
void page_owner_cache_add(struct page_owner_cache *cache,
			  enum page_owner_cached kind, u64 key, unsigned int len);

#endif /* _MM_PAGE_OWNER_CACHE_H */
