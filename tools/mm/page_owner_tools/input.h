/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_INPUT_H
#define PAGE_OWNER_INPUT_H

#include <stdio.h>

#include "load.h"

/** PAGE_OWNER_DEFAULT_FILE - what record writes and the others read */
#define PAGE_OWNER_DEFAULT_FILE	"page_owner.data"

/** page_owner_program - the name of the program, for messages */
extern const char *page_owner_program;

/**
 * page_owner_complain() - a message on standard error
 * @format: as printf()'s, a literal; the program's name and a newline are added
 */
#define page_owner_complain(format, ...) \
	fprintf(stderr, "%s: " format "\n", page_owner_program, ##__VA_ARGS__)

/**
 * page_owner_field_name() - what a field is called in messages
 * @field: the field
 *
 * Return: its name.
 */
const char *page_owner_field_name(enum page_owner_field field);

/**
 * page_owner_input_name() - what an input is called in messages
 * @path: the input, "-" for standard input
 *
 * Return: its name.
 */
const char *page_owner_input_name(const char *path);

/**
 * page_owner_input_open() - open an input
 * @path: the input, "-" for standard input
 *
 * Return: the file descriptor, or -1 after a message.
 */
int page_owner_input_open(const char *path);

/**
 * page_owner_input_close() - close an input, but not standard input
 * @fd: the file descriptor
 */
void page_owner_input_close(int fd);

/**
 * page_owner_input_damage() - say what is wrong with an input
 * @load: the input, loaded
 * @name: its name
 *
 * Return: true if anything was lost.
 */
bool page_owner_input_damage(const struct page_owner_load *load, const char *name);

#endif
