/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_STREAM_H
#define PAGE_OWNER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** PAGE_OWNER_MIN_READ - debugfs gives whole records only: ask for this much */
#ifdef PAGE_OWNER_SMALL
#define PAGE_OWNER_MIN_READ	((size_t)1 << 10)	/* for tests */
#else
#define PAGE_OWNER_MIN_READ	((size_t)128 << 10)
#endif

/**
 * struct page_owner_stream - bytes, wherever they come from
 * @read: as read(2); bytes that do not make sense end the stream
 * @close: gives back all but the stream itself; NULL if there is nothing
 * @damage: why the stream ended before its time, NULL if it did not
 * @peeked: bytes that were looked at and not read yet
 * @peek_pos: first of these that is not read
 * @peek_len: end of these
 * @consumed: bytes that went in at the lowest level, for a progress display
 * @under: the stream that this one is made from, NULL at the lowest level
 *
 * Only @damage and @consumed are for the users of a stream.
 */
struct page_owner_stream {
	ssize_t (*read)(struct page_owner_stream *stream, void *buf, size_t size);
	void (*close)(struct page_owner_stream *stream);
	const char *damage;
	unsigned char *peeked;
	size_t peek_pos;
	size_t peek_len;
	unsigned long long consumed;
	struct page_owner_stream *under;
};

/**
 * page_owner_stream_fd() - the bytes of a file, a pipe or debugfs
 * @fd: stays the caller's to close
 *
 * Return: the stream, or NULL with errno set.
 */
struct page_owner_stream *page_owner_stream_fd(int fd);

/**
 * page_owner_stream_range() - a part of a regular file
 * @fd: stays the caller's to close; its position is not used
 * @start: offset of the first byte
 * @end: offset after the last byte
 *
 * Return: the stream, or NULL with errno set.
 */
struct page_owner_stream *page_owner_stream_range(int fd, uint64_t start,
						  uint64_t end);

/**
 * page_owner_stream_memory() - bytes in memory
 * @data: the bytes, which have to live as long as the stream
 * @len: number of bytes
 *
 * Return: the stream, or NULL with errno set.
 */
struct page_owner_stream *page_owner_stream_memory(const void *data, size_t len);

/**
 * page_owner_stream_peek() - look at the bytes that will be read next
 * @stream: the stream
 * @size: number of bytes, up to PAGE_OWNER_MIN_READ
 * @len: receives how many there are: less at the end of the stream only
 *
 * Return: the bytes, valid until the next call, or NULL with errno set.
 */
const void *page_owner_stream_peek(struct page_owner_stream *stream, size_t size,
				   size_t *len);

/**
 * page_owner_stream_read() - read
 * @stream: the stream
 * @buf: receives the bytes
 * @size: its size
 *
 * Return: the number of bytes, 0 at the end, -1 with errno set.
 */
ssize_t page_owner_stream_read(struct page_owner_stream *stream, void *buf,
			       size_t size);

/**
 * page_owner_stream_damage() - did the stream, or one under it, end too early?
 * @stream: the stream
 *
 * Return: what is wrong, or NULL.
 */
const char *page_owner_stream_damage(const struct page_owner_stream *stream);

/**
 * page_owner_stream_consumed() - how far the input is read
 * @stream: the stream
 *
 * Return: bytes of the lowest level, which are those of the file.
 */
unsigned long long
page_owner_stream_consumed(const struct page_owner_stream *stream);

/**
 * page_owner_stream_close() - give back a stream and those under it
 * @stream: the stream, or NULL
 */
void page_owner_stream_close(struct page_owner_stream *stream);

/**
 * struct page_owner_window - a piece of the input, which slides over it
 * @stream: where it is read from; the caller's
 * @buf: the piece, and room for more
 * @size: size of @buf
 * @start: first byte in @buf that is not consumed
 * @end: end of the bytes in @buf
 * @offset: offset in the input of @buf's first byte
 * @eof: the input has ended
 * @added_newline: its last line had none
 */
struct page_owner_window {
	struct page_owner_stream *stream;
	char *buf;
	size_t size;
	size_t start;
	size_t end;
	unsigned long long offset;
	bool eof;
	bool added_newline;
};

/**
 * page_owner_window_init() - begin at the start of an input
 * @window: the window, empty
 * @stream: the input, which stays the caller's
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_window_init(struct page_owner_window *window,
			   struct page_owner_stream *stream);

/**
 * page_owner_window_fill() - read on
 * @window: the window; what is not consumed stays in it, and can move
 *
 * It grows if what is not consumed leaves no room. At the end of the input, a
 * last line without a newline gets one.
 *
 * Return: 0, or -1 with errno set.
 */
int page_owner_window_fill(struct page_owner_window *window);

/**
 * page_owner_window_destroy() - give back what a window holds
 * @window: the window
 */
void page_owner_window_destroy(struct page_owner_window *window);

#endif
