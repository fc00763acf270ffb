/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the page_owner selftests share: running test functions, reading and
 * parsing the debugfs files, driving lib/test_page_owner.c.
 *
 * A test is a function. It runs in a process of its own: returning is passing,
 * po_fail() and po_skip() end it. What it allocated in the test module is
 * freed after it, and a kernel warning that it caused makes it fail.
 */
#ifndef PO_UTIL_H
#define PO_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "kselftest.h"

#define PO_DEBUGFS	"/sys/kernel/debug/"
#define PO_FILE		PO_DEBUGFS "page_owner"
#define PO_STACKS	PO_DEBUGFS "page_owner_stacks/show_stacks"
#define PO_HANDLES	PO_DEBUGFS "page_owner_stacks/show_handles"
#define PO_BOTH		PO_DEBUGFS "page_owner_stacks/show_stacks_handles"
#define PO_THRESHOLD	PO_DEBUGFS "page_owner_stacks/count_threshold"
#define PO_CONTROL	PO_DEBUGFS "test_page_owner/control"

#define PO_PARAMETERS	"/sys/module/page_owner/parameters/"
#define PO_RECORDING	PO_PARAMETERS "recording"
#define PO_VERIFY	PO_PARAMETERS "verify"
#define PO_SHOW_MEM	PO_PARAMETERS "show_mem"

/* What stands for the stack of what happened while recording was paused. */
#define PO_PAUSED_FRAME	"page_owner_recording_paused"

/* More than any record: 16 long frames and all extras. */
#define PO_RECORD_MAX	8192

/**
 * struct po_test - one entry of a program's table
 * @name:	what TAP calls it
 * @run:	the test
 * @module:	it needs lib/test_page_owner.ko
 */
struct po_test {
	const char *name;
	void (*run)(void);
	bool module;
};

/**
 * struct po_record - one parsed record of the dump
 * @order:	order of the allocation
 * @mask:	gfp mask, as a number
 * @mask_names:	gfp mask, as names
 * @pid:	process id
 * @tgid:	thread group id
 * @comm:	task name as printed
 * @ts:		time of allocation
 * @pfn:	page frame number
 * @type:	mobility of the allocation
 * @block:	number of the pageblock
 * @block_type:	mobility of the pageblock
 * @flags:	page flags as printed
 * @frames:	start of the frames in the text
 * @frames_len:	length of the frames in the text
 * @nr_frames:	number of frames
 * @reason:	last migrate reason, or empty
 * @slab:	it has the slab line
 * @charged:	it has the memcg line
 * @objcg:	charged via objcg
 * @offline:	the memcg is offline
 * @memcg:	name of the memcg
 * @has_handle:	it has a handle line
 * @handle_last: the handle line came after other extras
 * @handle:	the handle
 * @len:	length of the whole record, empty line included
 */
struct po_record {
	unsigned long order;
	unsigned long mask;
	char mask_names[512];
	unsigned long pid;
	unsigned long tgid;
	char comm[128];
	unsigned long long ts;
	unsigned long pfn;
	char type[32];
	unsigned long block;
	char block_type[32];
	char flags[512];
	const char *frames;
	size_t frames_len;
	unsigned int nr_frames;
	char reason[32];
	bool slab;
	bool charged;
	bool objcg;
	bool offline;
	char memcg[256];
	bool has_handle;
	bool handle_last;
	unsigned long handle;
	size_t len;
};

/**
 * struct po_block - pages that the test module holds
 * @id:		its name in the module
 * @order:	order of each piece
 * @gfp:	flags it was asked for
 * @nr:		number of pieces
 * @pfn:	the pieces
 */
struct po_block {
	unsigned int id;
	unsigned int order;
	unsigned int gfp;
	size_t nr;
	unsigned long pfn[1024];
};

/* Running tests: po_run.c */

int po_main(int argc, char **argv, const struct po_test *tests, size_t nr);
void po_fail_at(const char *file, int line, const char *fmt, ...)
	__printf(3, 4) __noreturn;
void po_skip(const char *fmt, ...) __printf(1, 2) __noreturn;
bool po_load_module(const char *params);
bool po_unload_module(void);

#define po_fail(...)	po_fail_at(__FILE__, __LINE__, __VA_ARGS__)
#define po_check(cond, ...) do {				\
	if (!(cond))						\
		po_fail_at(__FILE__, __LINE__, __VA_ARGS__);	\
} while (0)

/* Parsing records: po_record.c */

const char *po_parse(const char *text, size_t len, struct po_record *rec);
bool po_has_frame(const struct po_record *rec, const char *symbol);
bool po_text_has_frame(const char *text, size_t len, const char *symbol);

/* Files: po_file.c */

int po_open(const char *path, int flags);
char *po_slurp(const char *path, size_t *len);
bool po_write(const char *path, const char *fmt, ...) __printf(2, 3);
long long po_number(const char *path);
bool po_is_on(const char *path);
long long po_field(const char *path, const char *key);
char *po_kmsg(int fd);
int po_kmsg_open(void);
bool po_kernel_has(const char *path);

/* Pages: po_file.c */

bool po_lookup(unsigned long pfn, struct po_record *rec);
void po_expect(unsigned long pfn, struct po_record *rec);
void po_each_record(int fd, size_t bufsize,
		    void (*fn)(const struct po_record *rec, void *arg),
		    void *arg);
unsigned long po_pfn(const void *addr);
void po_pfns(const void *addr, unsigned long *pfn, size_t nr);

/* The test module: po_file.c */

int po_control(const char *fmt, ...) __printf(1, 2);
size_t po_blocks(struct po_block *blocks, size_t max);
size_t po_alloc(struct po_block *blocks, size_t max, const char *fmt, ...)
	__printf(3, 4);
void po_alloc_contig(const char *words, unsigned int shift);

/* Counts: po_counts.c */

long long po_stack_pages(const char *symbol);
void po_invariant(void);
bool po_invariant_holds(bool by_handle);

#endif
