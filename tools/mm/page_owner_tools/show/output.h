/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_OUTPUT_H
#define PAGE_OWNER_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "record.h"

/**
 * struct page_owner_output - where results go
 * @file: the stream to write to
 * @path: the file that is meant, links followed; NULL if written in place
 * @tmp: the file beside it that is written; NULL if written in place
 * @secret: written in place, and readable by its owner only
 */
struct page_owner_output {
	FILE *file;
	char *path;
	char *tmp;
	bool secret;
};

/**
 * page_owner_output_is_input() - would writing destroy what is to be read?
 * @path: the output, "-" for standard output
 * @in: the input
 *
 * Return: true if both are the same file, by whatever name. Devices that a
 * reader and a writer share without harm, as a terminal, are not meant.
 */
bool page_owner_output_is_input(const char *path, int in);

/**
 * page_owner_output_open() - open the output
 * @out: the output
 * @path: the file, "-" for standard output
 * @mode: permissions of a file that does not exist yet, less the umask
 *
 * A file that is replaced passes on its owner and its mode. But if @mode leaves
 * nothing to others, the result is the caller's alone, whatever was there.
 *
 * A regular file, or one that does not exist, is written under another name
 * beside it and gets its name when complete. Anything else, and a file that
 * this would part from its hard links or its owner, or that cannot have another
 * beside it, is written in place.
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_output_open(struct page_owner_output *out, const char *path,
			   mode_t mode);

/**
 * page_owner_output_guard() - let signals that end the program clean up
 * @out: the output, open; the only one of the program
 *
 * They remove the file that is not complete.
 */
void page_owner_output_guard(const struct page_owner_output *out);

/**
 * page_owner_output_reserve() - keep standard files from being others
 *
 * One that is closed must not lend its number to the input or the output:
 * messages would go there. To be called before anything is opened.
 */
void page_owner_output_reserve(void);

/**
 * page_owner_output_begin() - drop the old contents of a file
 * @out: the output, before anything is written to it
 *
 * Only needed, and only done, where a file is written in place. Until then, a
 * failure leaves it as it was.
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_output_begin(struct page_owner_output *out);

/**
 * page_owner_output_commit() - complete the output
 * @out: the output
 *
 * Return: 0, or -1 with errno set if anything was not written; there is no new
 * file then, unless it was written in place.
 */
int page_owner_output_commit(struct page_owner_output *out);

/**
 * page_owner_output_abort() - drop the output
 * @out: the output; nothing happens if it is not open
 */
void page_owner_output_abort(struct page_owner_output *out);

/**
 * page_owner_put_text() - write text so that it cannot pass for other text
 * @file: the stream
 * @text: the text
 * @keep_lines: newlines are line ends; else they are part of a name
 *
 * Control characters are written as \ooo.
 */
void page_owner_put_text(FILE *file, struct page_owner_span text, bool keep_lines);

#endif
