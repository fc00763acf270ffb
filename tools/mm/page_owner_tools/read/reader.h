/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_READER_H
#define PAGE_OWNER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "read/window.h"

/** PAGE_OWNER_MAX_RECORD - a longer record is taken for damage */
#define PAGE_OWNER_MAX_RECORD	((size_t)16 << 20)

/**
 * struct page_owner_reader_stats - what became of the input
 * @records: records read
 * @freed: those of free pages among them
 * @lost: damaged records, and pieces of text that are in no record
 * @have: number of records that carry each optional field
 * @closed: number of records that end with an empty line
 * @first_lost: offset in the input of the first damage
 * @why: what was wrong there, NULL if nothing was
 * @cut: the input ends in the middle of the last record's last line
 * @open_end: no empty line after the last record
 */
struct page_owner_reader_stats {
	unsigned long long records;
	unsigned long long freed;
	unsigned long long lost;
	unsigned long long have[PAGE_OWNER_NR_FIELDS];
	unsigned long long closed;
	unsigned long long first_lost;
	const char *why;
	bool cut;
	bool open_end;
};

/**
 * page_owner_reader_missing() - how many records lack what others have
 * @stats: what became of an input
 * @field: an optional field
 *
 * Return: their number, 0 also if no record has the field: then the kernel does
 * not print it.
 */
unsigned long long
page_owner_reader_missing(const struct page_owner_reader_stats *stats,
			  enum page_owner_field field);

/**
 * page_owner_reader_unclosed() - how many records lack the empty line at their end
 * @stats: what became of an input
 *
 * Something of their text is missing, at least that line.
 *
 * Return: their number, 0 also if several records are there and none has it: then
 * some program took these lines out.
 */
unsigned long long
page_owner_reader_unclosed(const struct page_owner_reader_stats *stats);

/**
 * struct page_owner_reader - a stream of records
 * @window: what is read of it
 * @known: what was found to be whole
 * @stats: what became of the input so far
 * @in_junk: what is next belongs to damage that is counted already
 * @mid_line: what is next is not the start of a line
 *
 * Only @stats is for the users of a reader.
 */
struct page_owner_reader {
	struct page_owner_window window;
	struct page_owner_known *known;
	struct page_owner_reader_stats stats;
	bool in_junk;
	bool mid_line;
};

/**
 * page_owner_reader_init() - begin to read records
 * @reader: the reader
 * @stream: the stream, which stays the caller's
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_reader_init(struct page_owner_reader *reader,
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
