/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_READER_H
#define PAGE_OWNER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page_owner_record.h"
#include "page_owner_stream.h"

/** PAGE_OWNER_MAX_RECORD - a longer record is taken for damage */
#define PAGE_OWNER_MAX_RECORD	((size_t)16 << 20)

/**
 * struct page_owner_reader_stats - what became of the input
 * @bytes: bytes read
 * @records: records read
 * @lost: damaged records, and pieces of text that are in no record
 * @have: number of records that carry each optional field
 * @first_lost: offset in the input of the first damage
 * @why: what was wrong there, NULL if nothing was
 * @cut: the input ends in the middle of the last record's last line
 * @open_end: no empty line after the last record
 */
struct page_owner_reader_stats {
	unsigned long long bytes;
	unsigned long long records;
	unsigned long long lost;
	unsigned long long have[PAGE_OWNER_NR_FIELDS];
	unsigned long long first_lost;
	const char *why;
	bool cut;
	bool open_end;
};

/**
 * struct page_owner_reader - a stream of records
 * @stream: where it is read from
 * @stats: what became of the input so far
 * @buf: a window on the input
 * @size: size of @buf
 * @start: first byte in @buf that is not consumed
 * @end: end of the bytes in @buf
 * @offset: offset in the input of @buf's first byte
 * @eof: the input has ended
 * @added_newline: its last line had none
 * @in_junk: what is at @start belongs to damage that is counted already
 * @mid_line: @start is not the start of a line
 * @own_stream: @stream is the reader's to close
 *
 * Only @stats is for the users of a reader.
 */
struct page_owner_reader {
	struct page_owner_stream *stream;
	struct page_owner_reader_stats stats;
	char *buf;
	size_t size;
	size_t start;
	size_t end;
	unsigned long long offset;
	bool eof;
	bool added_newline;
	bool in_junk;
	bool mid_line;
	bool own_stream;
};

/**
 * page_owner_reader_init() - begin to read records
 * @reader: the reader
 * @fd: a file, a pipe or debugfs; stays the caller's to close
 *
 * The input is read once from where it stands, and its size is never asked for.
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_reader_init(struct page_owner_reader *reader, int fd);

/**
 * page_owner_reader_init_stream() - begin to read records of a stream
 * @reader: the reader
 * @stream: the stream, which stays the caller's
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_reader_init_stream(struct page_owner_reader *reader,
				  struct page_owner_stream *stream);

/**
 * page_owner_reader_next() - read the next record
 * @reader: the reader
 * @rec: receives the record; valid until the next call, and may be changed
 *	by page_owner_record_forget_time()
 *
 * What is damaged is counted in the statistics and left out.
 *
 * Return: 1 with a record, 0 at the end of the input, -1 with errno set if
 * reading failed.
 */
int page_owner_reader_next(struct page_owner_reader *reader,
			   struct page_owner_record *rec);

/**
 * page_owner_reader_destroy() - give back what a reader holds
 * @reader: the reader
 */
void page_owner_reader_destroy(struct page_owner_reader *reader);

#endif
