/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_READER_H
#define PAGE_OWNER_READER_H

#include "intern.h"
#include "read/stream.h"

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
 * struct page_owner_wanted - what a reader is to find out
 * @keys: bit mask of enum page_owner_key
 * @text: the text of records too
 * @handles: which frames handles stand for; NULL for nothing
 * @pool: where strings are kept
 */
struct page_owner_wanted {
	unsigned int keys;
	bool text;
	const struct page_owner_handles *handles;
	struct page_owner_pool *pool;
};

/**
 * struct page_owner_reader - the records of an input of any kind
 * @next: see page_owner_reader_next()
 * @close: gives back all but the reader itself
 * @wanted: what to find out
 * @stats: what became of the input so far
 * @damage: why the input ended before its time, NULL if it did not
 */
struct page_owner_reader {
	int (*next)(struct page_owner_reader *reader, struct page_owner_record *rec);
	void (*close)(struct page_owner_reader *reader);
	struct page_owner_wanted wanted;
	struct page_owner_reader_stats stats;
	const char *damage;
};

/**
 * page_owner_reader_text() - read the dump of any kernel
 * @stream: the dump, which stays the caller's
 * @wanted: what to find out
 *
 * Return: the reader, or NULL with errno set.
 */
struct page_owner_reader *page_owner_reader_text(struct page_owner_stream *stream,
						 const struct page_owner_wanted *wanted);

/**
 * page_owner_reader_next() - read the next record
 * @reader: the reader
 * @rec: receives the record, valid until the next call
 *
 * What is damaged is counted in the statistics and left out.
 *
 * Return: 1 with a record, 0 at the end of the input, -1 with errno set if
 * reading failed.
 */
static inline int page_owner_reader_next(struct page_owner_reader *reader,
					 struct page_owner_record *rec)
{
	return reader->next(reader, rec);
}

/**
 * page_owner_reader_count() - count a record that was read
 * @reader: the reader
 * @rec: the record
 */
void page_owner_reader_count(struct page_owner_reader *reader,
			     const struct page_owner_record *rec);

/**
 * page_owner_reader_lose() - count damage
 * @reader: the reader
 * @offset: where it is in the input
 * @why: what is wrong, a literal
 */
void page_owner_reader_lose(struct page_owner_reader *reader,
			    unsigned long long offset, const char *why);

/**
 * page_owner_reader_close() - give back a reader
 * @reader: the reader, or NULL
 */
void page_owner_reader_close(struct page_owner_reader *reader);

#endif
