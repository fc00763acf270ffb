// SPDX-License-Identifier: GPL-2.0-only
/*
 * The symbol table of a vmlinux. The file may be damaged: every offset in it is
 * checked before it is used.
 */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "count/symbols.h"

/*
 * Sizes in frames are kallsyms', up to the next symbol, and are a little larger
 * than those of the symbol table, because of alignment.
 */
#define MAX_PADDING	64

/* A part of the file; NULL if it is not all there */
static const void *part(const struct page_owner_symbols *s, uint64_t offset,
			uint64_t size)
{
	if (offset > s->size || size > s->size - offset)
		return NULL;
	return s->map + offset;
}

static int compare(const void *a, const void *b)
{
	const struct page_owner_symbol *x = a, *y = b;
	int ret = strcmp(x->name, y->name);

	return ret ? ret : (x->address > y->address) - (x->address < y->address);
}

static int add_table(struct page_owner_symbols *s, const Elf64_Shdr *table,
		     const Elf64_Shdr *names)
{
	size_t nr = table->sh_size / sizeof(Elf64_Sym);
	const char *text = part(s, names->sh_offset, names->sh_size);
	const Elf64_Sym *syms = part(s, table->sh_offset, table->sh_size);
	void *list;

	/* The last name has to have an end. */
	if (!text || !syms || !names->sh_size || text[names->sh_size - 1])
		return 0;
	list = realloc(s->list, (s->nr + nr + 1) * sizeof(*s->list));
	if (!list)
		return -1;
	s->list = list;
	for (size_t i = 0; i < nr; i++) {
		Elf64_Sym sym;

		memcpy(&sym, &syms[i], sizeof(sym));
		if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || !sym.st_value ||
		    sym.st_name >= names->sh_size)
			continue;
		s->list[s->nr].name = text + sym.st_name;
		s->list[s->nr].address = sym.st_value;
		s->list[s->nr++].size = sym.st_size;
	}
	return 0;
}

bool page_owner_build_id(char *id, const void *notes, size_t size)
{
	const unsigned char *pos = notes;
	Elf64_Nhdr note;

	while (size >= sizeof(note)) {
		uint64_t name_size, id_size;

		memcpy(&note, pos, sizeof(note));
		name_size = ((uint64_t)note.n_namesz + 3) & ~3ull;
		id_size = ((uint64_t)note.n_descsz + 3) & ~3ull;
		pos += sizeof(note);
		size -= sizeof(note);
		if (name_size + id_size > size)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(pos, "GNU", 4) && note.n_descsz &&
		    note.n_descsz <= (PAGE_OWNER_BUILD_ID - 1) / 2) {
			for (unsigned int i = 0; i < note.n_descsz; i++)
				sprintf(id + 2 * i, "%02x", pos[name_size + i]);
			return true;
		}
		pos += name_size + id_size;
		size -= name_size + id_size;
	}
	return false;
}

static const char *read_tables(struct page_owner_symbols *s)
{
	const int byte_order = htole16(1) == 1 ? ELFDATA2LSB : ELFDATA2MSB;
	const Elf64_Ehdr *head = part(s, 0, sizeof(*head));
	Elf64_Shdr table, names;
	const unsigned char *sections;

	if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_ident[EI_DATA] != byte_order)
		return "it is no vmlinux, a 64-bit ELF file; a bzImage does not do";
	sections = part(s, head->e_shoff, (uint64_t)head->e_shnum * sizeof(table));
	if (!sections || head->e_shentsize != sizeof(table))
		return "it is damaged";
	for (unsigned int i = 0; i < head->e_shnum; i++) {
		memcpy(&table, sections + i * sizeof(table), sizeof(table));
		if (table.sh_type == SHT_NOTE && !*s->build_id &&
		    part(s, table.sh_offset, table.sh_size))
			page_owner_build_id(s->build_id, part(s, table.sh_offset,
							      table.sh_size), table.sh_size);
		if (table.sh_type != SHT_SYMTAB || table.sh_link >= head->e_shnum)
			continue;
		memcpy(&names, sections + table.sh_link * sizeof(names), sizeof(names));
		if (add_table(s, &table, &names))
			return "out of memory";
	}
	return s->nr ? NULL : "it has no symbols";
}

int page_owner_symbols_open(struct page_owner_symbols *s, const char *path,
			    const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map = MAP_FAILED;

	memset(s, 0, sizeof(*s));
	*why = NULL;
	if (fd >= 0 && !fstat(fd, &st) && st.st_size > 0)
		map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		*why = fd >= 0 && !st.st_size ? "it is empty" : strerror(errno);
	if (fd >= 0)
		close(fd);
	if (*why)
		return -1;
	s->map = map;
	s->size = st.st_size;
	*why = read_tables(s);
	if (*why) {
		page_owner_symbols_close(s);
		return -1;
	}
	qsort(s->list, s->nr, sizeof(*s->list), compare);
	return 0;
}

struct page_owner_span
page_owner_symbols_banner(const struct page_owner_symbols *s, const char *like)
{
	static const char start[] = "Linux version ";
	struct page_owner_span span = { (const char *)s->map, 0 };
	const char *end = span.ptr + s->size, *pos;

	pos = *like ? memmem(span.ptr, s->size, like, strlen(like)) : NULL;
	for (pos = pos ? pos : span.ptr; pos; pos++) {
		pos = memmem(pos, end - pos, start, strlen(start));
		if (!pos)
			return span;
		/* Not a format string, nor an empty one */
		if (pos + strlen(start) < end && pos[strlen(start)] >= '0' &&
		    pos[strlen(start)] <= '9')
			break;
	}
	span.ptr = pos;
	while (pos < end && *pos && *pos != '\n')
		pos++;
	span.len = pos - span.ptr;
	return span;
}

static int compare_name(const char *name, struct page_owner_span span)
{
	int ret = strncmp(name, span.ptr, span.len);

	return ret ? ret : name[span.len] != '\0';
}

uint64_t page_owner_symbols_find(const struct page_owner_symbols *s,
				 const struct page_owner_frame *frame)
{
	const struct page_owner_symbol *found = NULL;
	size_t from = 0, to = s->nr;
	unsigned int fits = 0;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (compare_name(s->list[mid].name, frame->name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < s->nr && !compare_name(s->list[from].name, frame->name); from++) {
		const struct page_owner_symbol *sym = &s->list[from];

		if (found && found->address == sym->address)
			continue;
		if (frame->size && (frame->size < sym->size ||
				    frame->size - sym->size > MAX_PADDING))
			continue;
		found = sym;
		fits++;
	}
	return fits == 1 ? found->address + frame->offset : 0;
}

void page_owner_symbols_close(struct page_owner_symbols *s)
{
	if (s->map)
		munmap((void *)s->map, s->size);
	free(s->list);
	memset(s, 0, sizeof(*s));
}
