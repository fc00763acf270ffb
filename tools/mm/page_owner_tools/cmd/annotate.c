// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner annotate - the source lines of the call chains
 *
 * Addresses are found in the symbol table here, and their lines by the system's
 * addr2line, which is run once for all of them.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "frame.h"
#include "count/symbols.h"
#include "show/print.h"

#define DEFAULT_TOP	10

enum { OPT_VMLINUX = PAGE_OWNER_OPT_OWN, OPT_ADDR2LINE, OPT_STRIP, OPT_SYMFS };

/* A frame's text, the address of its call, and the lines once they are known */
struct place {
	struct page_owner_str *frame;
	uint64_t address;
	char *lines;
};

struct annotate {
	struct page_owner_cmd cmd;
	struct page_owner_load load;
	const char *vmlinux;
	char found[4096];		/* where @vmlinux is, if it was not given */
	const char *symfs;		/* where it is looked for */
	const char *addr2line;
	const char *strip;		/* a folder to leave out of file names */
	struct page_owner_symbols symbols;
	struct page_owner_pool frames;	/* note: index in places + 1 */
	struct place *places;
	size_t nr;
	size_t rows;
};

static const char help[] =
"Usage: page_owner annotate [OPTION]... [-i] [FILE]\n"
"Show the largest owners with the source line of each frame, and the functions that\n"
"were compiled into it.\n"
"\n"
"      --vmlinux FILE    the kernel with its debug information (default: that of the\n"
"                        capture's kernel, where distributions install it)\n"
"      --symfs DIR       look for it in DIR/usr/lib/debug and so on\n"
"      --addr2line PROGRAM\n"
"                        what finds the lines (default: addr2line, of binutils)\n"
"      --strip DIR       a folder to leave out of the names of source files\n"
"  -i, --input FILE      the same as FILE\n"
"      --top N           how many stacks, 0 for all (default: 10)\n"
PAGE_OWNER_COMMON_HELP;

/* It becomes a part of a path, one folder at most, and of messages. */
static bool in_release(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(".-_+~:@", c));
}

/* "6.12.1-arch" from "Linux version 6.12.1-arch (...", or empty */
static struct page_owner_span release_of(const char *kernel)
{
	static const char start[] = "Linux version ";
	struct page_owner_span release = { kernel, 0 };

	if (kernel && !strncmp(kernel, start, strlen(start))) {
		release.ptr += strlen(start);
		while (in_release(release.ptr[release.len]))
			release.len++;
		if (release.ptr[release.len] && release.ptr[release.len] != ' ')
			release.len = 0;
	}
	return release;
}

/* Finds the vmlinux of a kernel where distributions put it; false if there is none */
static bool find_release(struct annotate *a, struct page_owner_span release)
{
	static const char *const places[] = {
		"/usr/lib/debug/boot/vmlinux-%.*s",
		"/usr/lib/debug/lib/modules/%.*s/vmlinux",
		"/usr/lib/debug/usr/lib/modules/%.*s/vmlinux",
		"/lib/modules/%.*s/build/vmlinux",
		"/boot/vmlinux-%.*s",
	};
	char place[512];

	for (size_t i = 0; release.len && i < sizeof(places) / sizeof(*places); i++) {
		snprintf(place, sizeof(place), places[i], (int)release.len, release.ptr);
		snprintf(a->found, sizeof(a->found), "%s%s", a->symfs, place);
		if (!access(a->found, R_OK)) {
			a->vmlinux = a->found;
			return true;
		}
	}
	page_owner_complain("no vmlinux of %.*s is in %s/usr/lib/debug, %s/lib/modules, %s/boot",
			    (int)release.len, release.ptr, a->symfs, a->symfs, a->symfs);
	page_owner_complain("name one with --vmlinux, or install the kernel's debug package");
	return false;
}

static bool find_vmlinux(struct annotate *a)
{
	struct page_owner_span release = release_of(a->load.info.kernel);
	struct utsname name;

	if (a->vmlinux)
		return true;
	if (release.len)
		return find_release(a, release);
	/* Only captures know their kernel. */
	if (uname(&name))
		return false;
	page_owner_complain("%s does not tell its kernel; taking the one that runs here, %s",
			    a->cmd.in, name.release);
	return find_release(a, (struct page_owner_span){
		name.release, strlen(name.release) });
}

static void put_kernel(const char *path, struct page_owner_span banner, const char *id)
{
	fprintf(stderr, "  %s: ", path);
	if (banner.len)
		page_owner_put_text(stderr, banner, false);
	if (id) {
		fputs(", build ID ", stderr);
		page_owner_put_text(stderr, (struct page_owner_span){ id, strlen(id) }, false);
	}
	fputc('\n', stderr);
}

/* Lines of another kernel look as good as the right ones. */
static void compare_kernels(const struct annotate *a)
{
	const struct page_owner_info *info = &a->load.info;
	struct page_owner_span kernel = { info->kernel, 0 }, banner;
	bool same;

	if (kernel.ptr)
		kernel.len = strlen(kernel.ptr);
	banner = page_owner_symbols_banner(&a->symbols, kernel.len ? kernel.ptr : "");
	if (info->build_id && *a->symbols.build_id)
		same = !strcmp(info->build_id, a->symbols.build_id);
	else if (kernel.len && banner.len)
		same = kernel.len == banner.len &&
		       !memcmp(kernel.ptr, banner.ptr, kernel.len);
	else
		return;
	if (same)
		return;
	page_owner_complain("WARNING: %s is not the kernel of %s; the lines may be wrong",
			    a->vmlinux, a->cmd.in);
	put_kernel(a->cmd.in, kernel, info->build_id);
	put_kernel(a->vmlinux, banner, *a->symbols.build_id ? a->symbols.build_id : NULL);
}

static int add_frame(struct annotate *a, struct page_owner_span line)
{
	struct page_owner_str *str = page_owner_intern(&a->frames, line);
	struct page_owner_frame frame;
	uint64_t address = 0;

	if (!str)
		return -1;
	if (str->note)
		return 0;
	if (!(a->nr & (a->nr + 1))) {
		void *places = realloc(a->places, (a->nr + 1) * 2 * sizeof(*a->places));

		if (!places)
			return -1;
		a->places = places;
	}
	memset(&a->places[a->nr], 0, sizeof(*a->places));
	a->places[a->nr].frame = str;
	page_owner_frame_parse(&frame, line);
	if (!frame.module.len)
		address = page_owner_symbols_find(&a->symbols, &frame);
	/* Frames hold return addresses: the call is before them. */
	if (address && frame.offset)
		address--;
	a->places[a->nr].address = address;
	str->note = ++a->nr;
	return 0;
}

static int find_frames(struct annotate *a)
{
	for (size_t i = 0; i < a->rows; i++) {
		struct page_owner_span line, stack =
			page_owner_block_stack(a->load.agg.blocks[i]);

		while (page_owner_next_line(&stack, &line)) {
			if (add_frame(a, line))
				return -1;
		}
	}
	return 0;
}

static FILE *write_addresses(const struct annotate *a)
{
	FILE *file = tmpfile();

	if (!file)
		return NULL;
	for (size_t i = 0; i < a->nr; i++) {
		if (a->places[i].address)
			fprintf(file, "%#llx\n",
				(unsigned long long)a->places[i].address);
	}
	if (fflush(file) || ferror(file) || lseek(fileno(file), 0, SEEK_SET)) {
		fclose(file);
		return NULL;
	}
	return file;
}

static FILE *start_addr2line(const struct annotate *a, FILE *in, pid_t *pid)
{
	char *const argv[] = { (char *)a->addr2line, "-a", "-f", "-i", "-e",
			       (char *)a->vmlinux, NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	err = posix_spawnp(pid, a->addr2line, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (!err)
		return fdopen(fds[0], "r");
	close(fds[0]);
	errno = err;
	return NULL;
}

/* Lines of the file name that are the same for all are of no use. */
static const char *shorten(const struct annotate *a, const char *path)
{
	size_t len = a->strip ? strlen(a->strip) : 0;

	if (len && !strncmp(path, a->strip, len)) {
		path += len;
		path += *path == '/';
	}
	return path;
}

/* Adds "function file:line" to what is known of a place. */
static int add_line(const struct annotate *a, struct place *place,
		    const char *function, const char *path)
{
	char *lines;

	/* A name without a number is what a symbol table tells. */
	if (!strncmp(path, "??", 2) || strstr(path, ":?"))
		return 0;
	if (asprintf(&lines, "%s%s\t%s\n", place->lines ? place->lines : "", function,
		     shorten(a, path)) < 0)
		return -1;
	free(place->lines);
	place->lines = lines;
	return 0;
}

/* "0xADDRESS", then pairs of lines: a function, and where in the source it is */
static int read_lines(struct annotate *a, FILE *out)
{
	char *line = NULL, *function = NULL;
	size_t size = 0, i = 0;
	ssize_t len;
	int ret = 0;

	while (!ret && (len = getline(&line, &size, out)) > 0) {
		line[len - 1] = '\0';
		if (!strncmp(line, "0x", 2)) {
			free(function);
			function = NULL;
			while (i < a->nr && !a->places[i].address)
				i++;
			i++;
		} else if (!function) {
			function = strdup(line);
			ret = function ? 0 : -1;
		} else {
			ret = i && i <= a->nr ?
				add_line(a, &a->places[i - 1], function, line) : 0;
			free(function);
			function = NULL;
		}
	}
	free(function);
	free(line);
	return ret;
}

static int find_lines(struct annotate *a)
{
	FILE *in = write_addresses(a), *out;
	int ret = -1, status = 0;
	pid_t pid;

	if (!in) {
		page_owner_complain("cannot write a temporary file: %s", strerror(errno));
		return -1;
	}
	out = start_addr2line(a, in, &pid);
	fclose(in);
	if (!out) {
		page_owner_complain("cannot run %s: %s; it is part of binutils",
				    a->addr2line, strerror(errno));
		return -1;
	}
	ret = read_lines(a, out);
	fclose(out);
	if (waitpid(pid, &status, 0) < 0 || status) {
		page_owner_complain("%s failed on %s", a->addr2line, a->vmlinux);
		ret = -1;
	} else if (ret) {
		page_owner_complain("out of memory");
	}
	return ret;
}

static bool in_module(const struct place *place)
{
	return memchr(place->frame->text, '[', place->frame->len);
}

/* Says how many of the frames have no line, and why. */
static void count_unknown(const struct annotate *a)
{
	size_t modules = 0, others = 0;

	for (size_t i = 0; i < a->nr; i++) {
		if (a->places[i].lines)
			continue;
		if (in_module(&a->places[i]))
			modules++;
		else
			others++;
	}
	if (others && others + modules == a->nr)
		page_owner_complain("%s knows no lines; is it that kernel's, with DEBUG_INFO?",
				    a->vmlinux);
	if (modules + others)
		page_owner_complain("%zu of %zu frames have no line: %zu in modules, %zu not in %s",
				    modules + others, a->nr, modules, others, a->vmlinux);
}

static void put_place(FILE *file, const struct place *place)
{
	char *lines = place->lines, *line;

	fputs("     ", file);
	page_owner_put_text(file, (struct page_owner_span){
		place->frame->text, place->frame->len }, false);
	if (!lines)
		fputs(in_module(place) ? "  (in a module)" : "  (no line known)", file);
	fputc('\n', file);
	while (lines && (line = strsep(&lines, "\n")) && *line) {
		char *path = strchr(line, '\t');

		*path++ = '\0';
		fprintf(file, "%12s%s  %s\n", "", path, line);
	}
}

static int write_annotated(struct annotate *a)
{
	const struct page_owner_agg *agg = &a->load.agg;
	FILE *file = page_owner_cmd_open(&a->cmd);
	char buf[PAGE_OWNER_NUMBER];

	if (!file)
		return PAGE_OWNER_FAILED;
	for (size_t i = 0; i < a->rows; i++) {
		const struct page_owner_block *block = agg->blocks[i];
		struct page_owner_span line, stack = page_owner_block_stack(block);

		fprintf(file, "%s%.2f %%, %s, %llu times\n", i ? "\n" : "",
			agg->pages ? 100.0 * block->pages / agg->pages : 0,
			page_owner_human_bytes(buf, (double)block->pages *
					       a->load.info.page_size),
			block->times);
		while (page_owner_next_line(&stack, &line)) {
			struct page_owner_str *str = page_owner_intern(&a->frames, line);
			struct place place = a->places[str->note - 1];

			place.lines = place.lines ? strdup(place.lines) : NULL;
			put_place(file, &place);
			free(place.lines);
		}
	}
	return page_owner_cmd_close(&a->cmd);
}

static int annotate(void *data)
{
	struct annotate *a = data;
	const char *why;
	int ret;

	ret = page_owner_cmd_load(&a->cmd, &a->load, a->cmd.in);
	if (ret)
		return ret;
	if (page_owner_sort_by_pages(&a->load.agg))
		return PAGE_OWNER_FAILED;
	if (!find_vmlinux(a) || page_owner_cmd_spare_file(&a->cmd, a->vmlinux))
		return PAGE_OWNER_FAILED;
	if (page_owner_symbols_open(&a->symbols, a->vmlinux, &why)) {
		page_owner_complain("cannot use %s: %s", a->vmlinux, why);
		return PAGE_OWNER_FAILED;
	}
	compare_kernels(a);
	a->rows = a->load.agg.nr;
	if (a->cmd.top && a->rows > a->cmd.top)
		a->rows = a->cmd.top;
	if (find_frames(a)) {
		page_owner_complain("out of memory");
		return PAGE_OWNER_FAILED;
	}
	if (find_lines(a))
		return PAGE_OWNER_FAILED;
	count_unknown(a);
	return write_annotated(a);
}

static int parse_own(void *data, int opt)
{
	struct annotate *a = data;

	switch (opt) {
	case OPT_VMLINUX:
		a->vmlinux = optarg;
		return 0;
	case OPT_ADDR2LINE:
		a->addr2line = optarg;
		return 0;
	case OPT_SYMFS:
		a->symfs = optarg;
		return 0;
	case OPT_STRIP:
		a->strip = optarg;
		return 0;
	case PAGE_OWNER_OPT_BY:
		page_owner_complain("annotate is by stack; select with --filter");
		return -1;
	default:
		return page_owner_cmd_option(&a->cmd, opt);
	}
}

static int take_operands(void *data, int argc, char **argv)
{
	struct annotate *a = data;

	page_owner_cmd_keys(&a->cmd);
	return page_owner_cmd_input(&a->cmd, argc, argv);
}

static const struct option options[] = {
	{ "vmlinux", required_argument, NULL, OPT_VMLINUX },
	{ "addr2line", required_argument, NULL, OPT_ADDR2LINE },
	{ "symfs", required_argument, NULL, OPT_SYMFS },
	{ "strip", required_argument, NULL, OPT_STRIP },
	{ NULL, 0, NULL, 0 }
};

static const struct page_owner_syntax syntax = {
	.help = help,
	.letters = "i:o:h",
	.options = options,
	.option = parse_own,
	.operands = take_operands,
	.run = annotate,
};

int page_owner_cmd_annotate(int argc, char **argv)
{
	struct annotate a = {
		.cmd = { .name = "annotate", .top = DEFAULT_TOP },
		.addr2line = "addr2line",
		.symfs = "",
	};
	int ret = page_owner_cmd_run(&syntax, &a.cmd, argc, argv);

	for (size_t i = 0; i < a.nr; i++)
		free(a.places[i].lines);
	free(a.places);
	page_owner_pool_destroy(&a.frames);
	page_owner_symbols_close(&a.symbols);
	page_owner_load_destroy(&a.load);
	return ret;
}
