// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner - who allocated the memory
 *
 * This file finds the command; each of them has a file cmd/NAME.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "read/compress.h"
#include "version.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "record", page_owner_cmd_record },
	{ "report", page_owner_cmd_report },
	{ "top", page_owner_cmd_top },
	{ "diff", page_owner_cmd_diff },
	{ "leaks", page_owner_cmd_leaks },
	{ "export", page_owner_cmd_export },
	{ "annotate", page_owner_cmd_annotate },
};

static const char help[] =
"Usage: page_owner COMMAND [OPTION]...\n"
"Who allocated the memory, by the page_owner records of the kernel.\n"
"\n"
"  record      save what the kernel knows in a file\n"
"  report      show who owns how much, by call chain, task, cgroup, module, ...\n"
"  top         show it live, with the growth per second\n"
"  diff        show what has grown between two captures\n"
"  leaks       show what only grows over several captures, and say why it may leak\n"
"  export      write a flame graph, or what pprof, speedscope and Prometheus read\n"
"  annotate    show the source lines of the call chains\n"
"\n"
"  -h, --help      print this text; 'page_owner help COMMAND', or COMMAND --help, tells\n"
"                  more\n"
"  -V, --version   print the version and what the program was built with\n"
"\n"
"Example:\n"
"  page_owner record && page_owner report\n"
"\n"
"Exit status: 0 fine, 1 failure, 2 wrong usage, 3 damaged input (what could be\n"
"read is in the output, and what could not is counted on standard error).\n";

static int print_version(void)
{
	puts("page_owner " PAGE_OWNER_VERSION);
	page_owner_put_packing(stdout);
	return PAGE_OWNER_FINE;
}

static int print_help(void)
{
	fputs(help, stdout);
	return PAGE_OWNER_FINE;
}

static int run_command(char *name, int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			return commands[i].run(argc, argv);
	}
	page_owner_complain("there is no command '%s'", name);
	fputs("Try 'page_owner --help'.\n", stderr);
	return PAGE_OWNER_USAGE;
}

/* "help COMMAND" is "COMMAND --help". */
static int help_command(char *name)
{
	char option[] = "--help", *argv[] = { name, option, NULL };

	return run_command(name, 2, argv);
}

static int run(int argc, char **argv)
{
	char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		fputs(help, stderr);
		return PAGE_OWNER_USAGE;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		return print_version();
	if (!strcmp(name, "help") && argc == 3)
		return help_command(argv[2]);
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		return print_help();
	return run_command(name, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int ret;

	page_owner_output_reserve();
	ret = run(argc, argv);
	/* Help and version; a command's own output is closed by now. */
	if (ret == PAGE_OWNER_FINE && (fflush(stdout) || ferror(stdout)) &&
	    errno != EBADF) {
		page_owner_complain("cannot write: %s", strerror(errno));
		ret = PAGE_OWNER_FAILED;
	}
	return ret;
}
