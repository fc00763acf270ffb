/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_SYMBOLS_H
#define PAGE_OWNER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/** PAGE_OWNER_BUILD_ID - room for a build ID in hexadecimal */
#define PAGE_OWNER_BUILD_ID	65

/**
 * struct page_owner_symbols - the functions of a vmlinux
 * @map: the file
 * @size: its size
 * @list: the functions, sorted by name
 * @nr: how many there are
 * @build_id: in hexadecimal, empty if it has none
 */
struct page_owner_symbols {
	const unsigned char *map;
	size_t size;
	struct page_owner_symbol {
		const char *name;
		uint64_t address;
		uint64_t size;
	} *list;
	size_t nr;
	char build_id[PAGE_OWNER_BUILD_ID];
};

/**
 * page_owner_build_id() - find a build ID among notes
 * @id: receives it in hexadecimal; room for PAGE_OWNER_BUILD_ID
 * @notes: ELF notes, as in /sys/kernel/notes
 * @size: their size
 *
 * Return: false if there is none.
 */
bool page_owner_build_id(char *id, const void *notes, size_t size);

/**
 * page_owner_symbols_banner() - what a vmlinux says of itself
 * @symbols: the functions
 * @like: the text of another kernel; if this one has it too, that is it
 *
 * Return: "Linux version ..." up to the end of the line, a part of the file; empty
 * if it is not there, as in files that have nothing but debug information.
 */
struct page_owner_span
page_owner_symbols_banner(const struct page_owner_symbols *symbols, const char *like);

/**
 * page_owner_symbols_open() - read the symbol table of a vmlinux
 * @symbols: receives the functions
 * @path: the file, a 64-bit ELF file of this machine's byte order
 * @why: receives what is wrong
 *
 * Return: 0, or -1 with @why set.
 */
int page_owner_symbols_open(struct page_owner_symbols *symbols, const char *path,
			    const char **why);

/**
 * page_owner_symbols_find() - the address of a frame
 * @symbols: the functions
 * @frame: the frame
 *
 * Of several functions with one name, that with the size in the frame is meant.
 *
 * Return: the address that the frame returns to, or 0 if it cannot be told.
 */
uint64_t page_owner_symbols_find(const struct page_owner_symbols *symbols,
				 const struct page_owner_frame *frame);

/**
 * page_owner_symbols_close() - give back the functions
 * @symbols: the functions; all zero is fine
 */
void page_owner_symbols_close(struct page_owner_symbols *symbols);

#endif
