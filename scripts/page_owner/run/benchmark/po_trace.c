// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU that looks at each instruction between the two marks in the
 * module po_bench. Appends a line to the file given as out=FILE for each time that
 * the second mark is reached: how many instructions there were, how many of them
 * locked, how many that read or changed the interrupt flag, and how many cache
 * lines were only read and were written, without those of the stack.
 *
 * Debian has no package of QEMU's header for plugins, so what is used of it is
 * declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	__attribute__((visibility("default")))

/* The version of the interface: as QEMU's; what is used here is in all of them. */
#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION	1
#endif

typedef uint64_t plugin_id;
typedef uint32_t plugin_meminfo;
struct plugin_info;
struct plugin_tb;
struct plugin_insn;
enum plugin_regs { NO_REGS };
enum plugin_rw { MEM_RW = 3 };

typedef void tb_callback(plugin_id id, struct plugin_tb *tb);
typedef void insn_callback(unsigned int cpu, void *data);
typedef void mem_callback(unsigned int cpu, plugin_meminfo info, uint64_t address,
			  void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_callback *callback);
size_t qemu_plugin_tb_n_insns(const struct plugin_tb *tb);
struct plugin_insn *qemu_plugin_tb_get_insn(const struct plugin_tb *tb, size_t i);
char *qemu_plugin_insn_disas(const struct plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct plugin_insn *insn,
					    insn_callback *callback,
					    enum plugin_regs regs, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct plugin_insn *insn,
				      mem_callback *callback,
				      enum plugin_regs regs, enum plugin_rw rw,
				      void *data);
bool qemu_plugin_mem_is_store(plugin_meminfo info);

/* What kind of instruction it is; also what a callback is given. */
enum kind { USUAL, LOCKED, FLAG, START, END };

#define LINE_SHIFT	6
#define STACK_SHIFT	14
#define MAX_LINES	1024

static FILE *out;
static bool running;
static unsigned long instructions[FLAG + 1];
/* The first write is that of the return address, to the stack. */
static uint64_t stack;
static struct {
	uint64_t line;
	bool written;
} lines[MAX_LINES];
static unsigned int nr_lines;

static void start(void)
{
	memset(instructions, 0, sizeof(instructions));
	stack = 0;
	nr_lines = 0;
	running = true;
}

static void end(void)
{
	unsigned int i, written = 0;

	for (i = 0; i < nr_lines; i++)
		written += lines[i].written;
	fprintf(out, "%lu %lu %lu %u %u\n",
		instructions[USUAL] + instructions[LOCKED] + instructions[FLAG],
		instructions[LOCKED], instructions[FLAG], nr_lines - written,
		written);
	fflush(out);
	running = false;
}

static void on_instruction(unsigned int cpu, void *data)
{
	enum kind kind = (uintptr_t)data;

	(void)cpu;
	if (kind == START)
		start();
	else if (running && kind == END)
		end();
	else if (running)
		instructions[kind]++;
}

static void on_access(unsigned int cpu, plugin_meminfo info, uint64_t address,
		      void *data)
{
	bool store = qemu_plugin_mem_is_store(info);
	uint64_t line = address >> LINE_SHIFT;
	unsigned int i;

	(void)cpu;
	(void)data;
	if (!running)
		return;
	if (!stack && store)
		stack = address >> STACK_SHIFT;
	if (address >> STACK_SHIFT == stack)
		return;
	for (i = 0; i < nr_lines && lines[i].line != line; i++)
		;
	if (i == MAX_LINES)
		return;
	if (i == nr_lines) {
		lines[nr_lines].line = line;
		lines[nr_lines++].written = false;
	}
	lines[i].written |= store;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static enum kind kind_of(const char *text)
{
	if (strstr(text, "0x70706f01"))
		return START;
	if (strstr(text, "0x70706f02"))
		return END;
	/* An exchange with memory is locked without saying so. */
	if (begins(text, "lock") || (begins(text, "xchg") && strchr(text, '(')))
		return LOCKED;
	if (begins(text, "cli") || begins(text, "sti") || begins(text, "popf") ||
	    begins(text, "pushf"))
		return FLAG;
	return USUAL;
}

static void on_translation(plugin_id id, struct plugin_tb *tb)
{
	size_t i;

	(void)id;
	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		char *text = qemu_plugin_insn_disas(insn);
		void *kind = (void *)(uintptr_t)kind_of(text);

		free(text);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_instruction,
						       NO_REGS, kind);
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, NO_REGS, MEM_RW,
						 NULL);
	}
}

EXPORT int qemu_plugin_version = PLUGIN_VERSION;

EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info,
			       int argc, char **argv)
{
	(void)info;
	if (argc != 1 || !begins(argv[0], "out="))
		return -1;
	out = fopen(argv[0] + strlen("out="), "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
