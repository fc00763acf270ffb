/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * page_owner: the binary form of the dump, mode=raw.
 *
 * A stream is a header and then sections, of which the last is
 * PAGE_OWNER_RAW_END. A section is a head, which says how long it is, and its
 * contents. Records refer to stacks and names by number; sections of entries
 * say what the numbers mean, always before the first record that uses them. An
 * entry can come more than once: the latest one before a record counts.
 *
 * Numbers are in the kernel's byte order. Headers, heads, records and entries
 * are multiples of 8 bytes, so that all of them can be read in place.
 *
 * Within a version, sections, flags and members at the end of the header and of
 * records can be added. A reader skips sections of a type that it does not know
 * and goes by the sizes that the header gives.
 *
 * Field by field, with an example: Documentation/mm/page_owner_raw.rst
 */
#ifndef _UAPI_LINUX_PAGE_OWNER_RAW_H
#define _UAPI_LINUX_PAGE_OWNER_RAW_H

#include <linux/types.h>

/* The first eight bytes, and what the member byte_order must read as. */
#define PAGE_OWNER_RAW_MAGIC		"PGOWNER\n"
#define PAGE_OWNER_RAW_MAGIC_LEN	8
#define PAGE_OWNER_RAW_BYTE_ORDER	0x01020304
#define PAGE_OWNER_RAW_VERSION		2

/* Bytes of a command name, with the NUL byte at its end. */
#define PAGE_OWNER_RAW_COMM_LEN		16

/* In header flags: what this kernel does not record, and leaves zero. */
#define PAGE_OWNER_RAW_NO_TIME		(1U << 1)	/* ts */
#define PAGE_OWNER_RAW_NO_FREE		(1U << 2)	/* the last free */

/**
 * struct page_owner_raw_header - begins a stream
 * @magic: PAGE_OWNER_RAW_MAGIC
 * @byte_order: PAGE_OWNER_RAW_BYTE_ORDER
 * @version: PAGE_OWNER_RAW_VERSION
 * @header_size: bytes from here to the first section
 * @record_size: bytes of a struct page_owner_raw_record
 * @freed_size: bytes of a struct page_owner_raw_freed
 * @page_size: bytes of a page
 * @block_order: a pageblock has 2^@block_order pages
 * @flags: PAGE_OWNER_RAW_NO_*
 * @clock: now, by the clock of the records' times, in nanoseconds
 * @realtime: the same moment, in nanoseconds since 1970
 * @start_pfn: where the dump begins
 * @end_pfn: one past the last page there can be
 */
struct page_owner_raw_header {
	__u8 magic[PAGE_OWNER_RAW_MAGIC_LEN];
	__u32 byte_order;
	__u32 version;
	__u32 header_size;
	__u32 record_size;
	__u32 freed_size;
	__u32 page_size;
	__u32 block_order;
	__u32 flags;
	__u64 clock;
	__u64 realtime;
	__u64 start_pfn;
	__u64 end_pfn;
};

/**
 * enum page_owner_raw_type - types of sections
 * @PAGE_OWNER_RAW_RECORDS: allocations, struct page_owner_raw_record
 * @PAGE_OWNER_RAW_FREED: freed blocks, struct page_owner_raw_freed
 * @PAGE_OWNER_RAW_STACKS: entries; key is a handle, words are return addresses,
 *	text is the lines of the text dump, each with its end of line
 * @PAGE_OWNER_RAW_COMMS: entries; key is a record's @comm, text is the name as
 *	it is, PAGE_OWNER_RAW_COMM_LEN bytes, which can be any but begin with the
 *	name and end with a NUL byte
 * @PAGE_OWNER_RAW_MEMCGS: entries; key is an inode, text is the name
 * @PAGE_OWNER_RAW_GFPS: entries; key is a mask of GFP flags, text their names
 * @PAGE_OWNER_RAW_PAGE_FLAGS: entries; key is a mask in the page flags word,
 *	text its name. To be looked for in the order given. One without text is
 *	the mask of all bits that are flags, with a name or not.
 * @PAGE_OWNER_RAW_PAGE_FIELDS: entries; a number in the page flags word,
 *	(flags >> shift) & mask. Key is its place among them, words are the mask,
 *	the shift and the base, 10 or 16, that it is printed in, text is its name
 * @PAGE_OWNER_RAW_MIGRATETYPES: entries; key is a migrate type, text its name
 * @PAGE_OWNER_RAW_REASONS: entries; key is a migrate reason, text its name
 * @PAGE_OWNER_RAW_ZONES: entries; key is a zone, text its name
 * @PAGE_OWNER_RAW_FILTER: one entry; text is the filter in force
 * @PAGE_OWNER_RAW_END: a struct page_owner_raw_end; nothing follows
 */
enum page_owner_raw_type {
	PAGE_OWNER_RAW_RECORDS		= 1,
	PAGE_OWNER_RAW_FREED		= 2,
	PAGE_OWNER_RAW_STACKS		= 3,
	PAGE_OWNER_RAW_COMMS		= 4,
	PAGE_OWNER_RAW_MEMCGS		= 5,
	PAGE_OWNER_RAW_GFPS		= 6,
	PAGE_OWNER_RAW_PAGE_FLAGS	= 7,
	PAGE_OWNER_RAW_PAGE_FIELDS	= 8,
	PAGE_OWNER_RAW_MIGRATETYPES	= 9,
	PAGE_OWNER_RAW_REASONS		= 10,
	PAGE_OWNER_RAW_ZONES		= 11,
	PAGE_OWNER_RAW_FILTER		= 12,
	PAGE_OWNER_RAW_END		= 13,
};

/**
 * struct page_owner_raw_section - head of a section
 * @type: enum page_owner_raw_type, or one that this header does not know yet
 * @count: records or entries in it
 * @size: bytes that follow until the next section's head
 */
struct page_owner_raw_section {
	__u32 type;
	__u32 count;
	__u64 size;
};

/**
 * struct page_owner_raw_entry - head of an entry: what a number means
 * @key: the number
 * @nr_words: 64-bit words that follow
 * @text_len: bytes of text that follow them; then zeros, up to 8 bytes' boundary
 */
struct page_owner_raw_entry {
	__u64 key;
	__u32 nr_words;
	__u32 text_len;
};

/* How an allocation is charged. */
#define PAGE_OWNER_RAW_UNCHARGED	0
#define PAGE_OWNER_RAW_SLAB		1	/* "Slab cache page" */
#define PAGE_OWNER_RAW_CHARGED		2	/* to @memcg */
#define PAGE_OWNER_RAW_CHARGED_OBJCG	3	/* that, "(via objcg)" */

/* In record flags. */
#define PAGE_OWNER_RAW_MEMCG_ONLINE	(1U << 0)

/**
 * struct page_owner_raw_record - an allocation
 * @pfn: its first page
 * @page_flags: that page's flags word; its names are in PAGE_FLAGS, PAGE_FIELDS
 * @ts: when, see @clock in the header
 * @memcg: inode of the memory cgroup, 0 for none
 * @handle: stack
 * @gfp: GFP flags
 * @pid: thread
 * @tgid: process
 * @comm: command name, a number
 * @node: NUMA node
 * @zone: zone
 * @order: it has 2^@order pages
 * @gfp_migratetype: migrate type by its GFP flags
 * @block_migratetype: migrate type of the pageblock
 * @migrate_reason: why it was migrated last, -1 if never
 * @charge: PAGE_OWNER_RAW_UNCHARGED, ...
 * @flags: PAGE_OWNER_RAW_MEMCG_ONLINE
 */
struct page_owner_raw_record {
	__u64 pfn;
	__u64 page_flags;
	__u64 ts;
	__u64 memcg;
	__u32 handle;
	__u32 gfp;
	__s32 pid;
	__s32 tgid;
	__u32 comm;
	__u16 node;
	__u8 zone;
	__u8 order;
	__u8 gfp_migratetype;
	__u8 block_migratetype;
	__s8 migrate_reason;
	__u8 charge;
	__u32 flags;
};

/**
 * struct page_owner_raw_freed - a freed block
 * @record: its last allocation
 * @free_ts: when it was freed
 * @free_handle: stack of the free
 * @free_pid: thread that freed it
 * @free_tgid: process that freed it
 * @reserved: 0
 */
struct page_owner_raw_freed {
	struct page_owner_raw_record record;
	__u64 free_ts;
	__u32 free_handle;
	__s32 free_pid;
	__s32 free_tgid;
	__u32 reserved;
};

/**
 * struct page_owner_raw_end - last words
 * @records: how many records all PAGE_OWNER_RAW_RECORDS have had
 * @freed: how many all PAGE_OWNER_RAW_FREED have had
 */
struct page_owner_raw_end {
	__u64 records;
	__u64 freed;
};

#endif /* _UAPI_LINUX_PAGE_OWNER_RAW_H */
