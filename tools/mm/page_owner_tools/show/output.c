// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing results so that no failure goes unseen, and no old result is lost to
 * a new one that is not complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "show/output.h"

/* The file to remove if a signal ends the program. */
static char tmp_file[PATH_MAX];

static bool is_stdout(const char *path)
{
	return !strcmp(path, "-") || !strcmp(path, "/dev/stdout");
}

/* Names of open files, behind which a regular file can be. */
static bool is_special(const char *path)
{
	return !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
}

bool page_owner_output_is_input(const char *path, int in)
{
	struct stat a, b;
	int ret;

	ret = is_stdout(path) ? fstat(STDOUT_FILENO, &a) : stat(path, &a);
	if (ret || fstat(in, &b))
		return false;
	if (!S_ISREG(a.st_mode) && !S_ISBLK(a.st_mode) && !S_ISFIFO(a.st_mode))
		return false;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool is_secret(mode_t mode)
{
	return !(mode & 077);
}

static int open_in_place(struct page_owner_output *out, const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	if (fd < 0)
		return -1;
	out->file = fdopen(fd, "w");
	if (!out->file)
		close(fd);
	return out->file ? 0 : -1;
}

/*
 * The owner and mode of the file that is replaced, or those of any new file. A
 * secret is nothing for who left a file of that name there.
 */
static int set_owner_and_mode(int fd, const struct stat *old, mode_t mode)
{
	mode_t mask;

	if (old && !is_secret(mode))
		return fchown(fd, old->st_uid, old->st_gid) ||
		       fchmod(fd, old->st_mode & 0777) ? -1 : 0;
	mask = umask(0);
	umask(mask);
	return fchmod(fd, mode & ~mask);
}

static int open_beside(struct page_owner_output *out, const char *path,
		       const struct stat *old, mode_t mode)
{
	size_t size = strlen(path) + sizeof(".XXXXXX");
	char *tmp = malloc(size);
	int fd, err;

	if (!tmp)
		return -1;
	snprintf(tmp, size, "%s.XXXXXX", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		goto out_free;
	if (!set_owner_and_mode(fd, old, mode))
		out->file = fdopen(fd, "w");
	if (!out->file)
		goto out_unlink;
	out->tmp = tmp;
	return 0;

out_unlink:
	err = errno;
	close(fd);
	unlink(tmp);
	errno = err;
out_free:
	free(tmp);
	return -1;
}

static bool no_room_beside(int err)
{
	return err == EACCES || err == EPERM || err == EROFS ||
	       err == ENAMETOOLONG;
}

int page_owner_output_open(struct page_owner_output *out, const char *path,
			   mode_t mode)
{
	struct stat st;
	bool exists;

	memset(out, 0, sizeof(*out));
	if (is_stdout(path)) {
		out->file = stdout;
		return 0;
	}
	exists = !stat(path, &st);
	if (!exists && errno != ENOENT)
		return -1;
	/* A link to nothing yet: only the kernel knows where that is. */
	if (!exists && !lstat(path, &st))
		return open_in_place(out, path, mode);
	out->secret = is_secret(mode) && !is_special(path);
	/* Renaming over a file must not be a way around its permissions. */
	if (exists && access(path, W_OK))
		return -1;
	if (exists && (!S_ISREG(st.st_mode) || st.st_nlink > 1 || is_special(path)))
		return open_in_place(out, path, mode);
	out->path = exists ? realpath(path, NULL) : strdup(path);
	if (!out->path)
		return -1;
	if (!open_beside(out, out->path, exists ? &st : NULL, mode))
		return 0;
	free(out->path);
	out->path = NULL;
	return no_room_beside(errno) ? open_in_place(out, path, mode) : -1;
}

static void remove_tmp(int sig)
{
	if (*tmp_file)
		unlink(tmp_file);
	signal(sig, SIG_DFL);
	raise(sig);
}

void page_owner_output_guard(const struct page_owner_output *out)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };

	if (out->tmp)
		snprintf(tmp_file, sizeof(tmp_file), "%s", out->tmp);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++) {
		/* nohup and shells ignore some of them on purpose */
		if (signal(sigs[i], remove_tmp) == SIG_IGN)
			signal(sigs[i], SIG_IGN);
	}
}

/* What is opened here can only fail. */
void page_owner_output_reserve(void)
{
	int fd;

	do {
		fd = open("/", O_PATH);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int page_owner_output_begin(struct page_owner_output *out)
{
	int fd = fileno(out->file);
	struct stat st;

	/* Standard output is the caller's: it may be meant to be added to. */
	if (out->tmp || out->file == stdout || fstat(fd, &st) ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (out->secret && st.st_uid != geteuid()) {
		errno = EPERM;
		return -1;
	}
	if (out->secret && fchmod(fd, st.st_mode & 0700))
		return -1;
	return ftruncate(fd, 0);
}

static int close_file(FILE *file)
{
	int failed = ferror(file);

	/* Standard output too: some errors only show when it is closed. */
	if (fclose(file))
		return -1;
	if (failed)
		errno = EIO;
	return failed ? -1 : 0;
}

int page_owner_output_commit(struct page_owner_output *out)
{
	int ret = close_file(out->file);

	out->file = NULL;
	if (!ret && out->tmp)
		ret = rename(out->tmp, out->path);
	if (!ret) {
		free(out->tmp);
		out->tmp = NULL;
	}
	page_owner_output_abort(out);
	return ret;
}

void page_owner_output_abort(struct page_owner_output *out)
{
	int err = errno;

	if (out->file && out->file != stdout)
		fclose(out->file);
	if (out->tmp)
		unlink(out->tmp);
	*tmp_file = '\0';
	free(out->tmp);
	free(out->path);
	memset(out, 0, sizeof(*out));
	errno = err;
}

void page_owner_put_text(FILE *file, struct page_owner_span text, bool keep_lines)
{
	size_t done = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.ptr[i];

		if ((c >= ' ' && c != 0x7f) || c == '\t' ||
		    (c == '\n' && keep_lines))
			continue;
		fwrite(text.ptr + done, 1, i - done, file);
		fprintf(file, "\\%03o", c);
		done = i + 1;
	}
	fwrite(text.ptr + done, 1, text.len - done, file);
}
