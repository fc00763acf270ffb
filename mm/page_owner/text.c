// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the only place where records become text.
 *
 * The text is an interface, byte for byte: programs parse the dump, and crash
 * triage greps for the lines that dump_page() prints. New facts go after the
 * stack, into a new mode, or into a new file.
 */
#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/hash.h>
#include <linux/hex.h>
#include <linux/kallsyms.h>
#include <linux/math64.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner.h>
#include <linux/printk.h>
#include <linux/stackdepot.h>
#include <linux/string.h>
#include <linux/trace_events.h>

#include "../internal.h"
#include "cache.h"
#include "filter.h"
#include "read.h"
#include "text.h"

/*
 * Building blocks. vsnprintf() would make a record cost ten times as much; these
 * print the same. Each returns the end of what it has printed, and has been
 * given enough room: PAGE_OWNER_TEXT_MAX says how much that is.
 */

static __always_inline char *put(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

/* A literal, of which the compiler knows the length. */
#define put_text(p, text) put(p, text, sizeof(text) - 1)

static char *put_string(char *p, const char *text)
{
	return put(p, text, strlen(text));
}

/* The numbers below 100. */
#define TEN(d) #d "0" #d "1" #d "2" #d "3" #d "4" #d "5" #d "6" #d "7" #d "8" #d "9"

static const char two_digits[200] __nonstring =
	TEN(0) TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9);

static __always_inline void set_two_digits(char *p, u32 number)
{
	memcpy(p, two_digits + 2 * number, 2);
}

/* As %llu. Writes up to 20 bytes more, which is what copies fast. */
static char *put_dec(char *p, u64 value)
{
	char digits[40], *first = digits + 20;
	u32 low;

	/* Not printed, but copied. */
	memset(digits + 20, 0, 20);
	while (value > U32_MAX) {
		value = div_u64_rem(value, 10000, &low);
		first -= 4;
		set_two_digits(first, low / 100);
		set_two_digits(first + 2, low % 100);
	}
	for (low = value; low >= 100; low /= 100) {
		first -= 2;
		set_two_digits(first, low % 100);
	}
	first -= 2;
	set_two_digits(first, low);
	first += low < 10;
	memcpy(p, first, 20);
	return p + (digits + 20 - first);
}

/* As %d. */
static char *put_int(char *p, int value)
{
	if (value < 0)
		*p++ = '-';
	return put_dec(p, abs((s64)value));
}

/* As %#lx. */
static char *put_hex(char *p, unsigned long value)
{
	int shift = round_down(__fls(value | 1), 4);

	p = put_text(p, "0x");
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[(value >> shift) & 0xf];
	return p;
}

/* What begins the text behind a command name in a record. */
#define AFTER_COMM "),"

static bool comm_needs_escape(const char *c)
{
	return iscntrl(*c) || *c == '\\' ||
	       (c[0] == AFTER_COMM[0] && c[1] == AFTER_COMM[1]);
}

/**
 * page_owner_format_comm() - print a command name that cannot forge a record
 * @p: where to; PAGE_OWNER_COMM_MAX bytes are always enough
 * @comm: the name, terminated; any bytes a user could set
 *
 * Control characters, a backslash, and a bracket that would look like the end of
 * the name are printed as \xNN. All else, so every usual name, stays as it is.
 *
 * Context: Any.
 * Return: the end of the text, which is not terminated.
 */
char *page_owner_format_comm(char *p, const char *comm)
{
	for (; *comm; comm++) {
		if (likely(!comm_needs_escape(comm))) {
			*p++ = *comm;
			continue;
		}
		p = put_text(p, "\\x");
		p = hex_byte_pack(p, *comm);
	}
	return p;
}

/* In the order that %pGp prints them. */
const struct page_owner_flags_field page_owner_flags_fields[] = {
	{ "section", SECTIONS_WIDTH, SECTIONS_PGSHIFT, 10 },
	{ "node", NODES_WIDTH, NODES_PGSHIFT, 10 },
	{ "zone", ZONES_WIDTH, ZONES_PGSHIFT, 10 },
	{ "lastcpupid", LAST_CPUPID_WIDTH, LAST_CPUPID_PGSHIFT, 16 },
	{ "kasantag", KASAN_TAG_WIDTH, KASAN_TAG_PGSHIFT, 16 },
};

static_assert(ARRAY_SIZE(page_owner_flags_fields) == PAGE_OWNER_NR_FLAGS_FIELDS);

/* The names of flags, each followed by a '|'. */
static char *put_flag_names(char *p, unsigned long flags)
{
	const struct trace_print_flags *name;

	for (name = pageflag_names; flags && name->name; name++) {
		if ((flags & name->mask) != name->mask)
			continue;
		flags &= ~name->mask;
		p = put_string(p, name->name);
		*p++ = '|';
	}
	if (flags) {
		p = put_hex(p, flags);
		*p++ = '|';
	}
	return p;
}

/**
 * page_owner_format_flags() - print a page flags word
 * @p: where to
 * @flags: the word
 *
 * The same text as %pGp gives.
 *
 * Context: Any.
 * Return: the end of the text.
 */
char *page_owner_format_flags(char *p, unsigned long flags)
{
	int i;

	p = put_hex(p, flags);
	*p++ = '(';
	p = put_flag_names(p, flags & PAGEFLAGS_MASK);
	for (i = 0; i < PAGE_OWNER_NR_FLAGS_FIELDS; i++) {
		const struct page_owner_flags_field *field = &page_owner_flags_fields[i];
		unsigned long value;

		if (!field->width)
			continue;
		value = (flags >> field->shift) & GENMASK(field->width - 1, 0);
		p = put_string(p, field->name);
		*p++ = '=';
		p = field->base == 10 ? put_dec(p, value) : put_hex(p, value);
		*p++ = '|';
	}
	/* The last '|' separates nothing. There always is one: zones have names. */
	p[-1] = ')';
	return p;
}

/* Keeps what has been printed for the next record. */
static void keep_last(struct page_owner_last_text *last, const char *text,
		      const char *end)
{
	last->len = end - text <= sizeof(last->text) ? end - text : 0;
	memcpy(last->text, text, last->len);
}

/* The text of a page flags word, which the page before often had, too. */
static char *put_flags(char *p, unsigned long flags, struct page_owner_cache *cache)
{
	struct page_owner_flags_text *known =
		&cache->flags[hash_long(flags, PAGE_OWNER_FLAGS_BITS)];
	char *end;

	if (known->len && known->flags == flags)
		return put(p, known->text, known->len);
	end = page_owner_format_flags(p, flags);
	if (end - p <= sizeof(known->text)) {
		known->flags = flags;
		known->len = end - p;
		memcpy(known->text, p, known->len);
	}
	return end;
}

/*
 * As " %pS\n", of which the half goes into its format. Room for PAGE_OWNER_FRAME_MAX
 * bytes, of which the last ones are used for what is thrown away.
 */
static char *print_frame(char *p, unsigned long address)
{
	unsigned long size, offset;
	char *module = NULL;
	const char *name;

	*p = ' ';
	/* The name of a module goes with the module. */
	preempt_disable();
	name = kallsyms_lookup(address, &size, &offset, &module, p + 1);
	if (!name) {
		p += scnprintf(p, PAGE_OWNER_FRAME_MAX, " %pS", (void *)address);
	} else {
		p = put_string(p + 1, name);
		*p++ = '+';
		p = put_hex(p, offset);
		*p++ = '/';
		p = put_hex(p, size);
		if (module) {
			p = put_text(p, " [");
			p = put_string(p, module);
			*p++ = ']';
		}
	}
	preempt_enable();
	*p++ = '\n';
	return p;
}

/* A line of a stack. Looking up a symbol costs most of all that is done here. */
static char *put_frame(char *p, unsigned long address, struct page_owner_cache *cache)
{
	unsigned int len;
	const char *known = page_owner_cache_find(cache, PAGE_OWNER_CACHED_FRAME,
						  address, &len);
	char *text;

	if (known)
		return put(p, known, len);
	text = page_owner_cache_room(cache);
	len = print_frame(text, address) - text;
	page_owner_cache_add(cache, PAGE_OWNER_CACHED_FRAME, address, len);
	return put(p, text, len);
}

/**
 * page_owner_stack_text() - the lines of a stack
 * @cache: remembers them, and those of other stacks that have the same frames
 * @handle: the stack
 * @len: set to how many bytes they are
 *
 * Context: Process context, may sleep.
 * Return: the text, good until page_owner_cache_room().
 */
const char *page_owner_stack_text(struct page_owner_cache *cache,
				  depot_stack_handle_t handle, unsigned int *len)
{
	const char *known = page_owner_cache_find(cache, PAGE_OWNER_CACHED_STACK,
						  handle, len);
	unsigned long *entries;
	char *p = cache->scratch, *text;
	unsigned int i, nr;

	if (known)
		return known;
	nr = min(stack_depot_fetch(handle, &entries), PAGE_OWNER_DEPTH);
	for (i = 0; i < nr; i++)
		p = put_frame(p, entries[i], cache);
	*len = p - cache->scratch;
	text = page_owner_cache_room(cache);
	memcpy(text, cache->scratch, *len);
	page_owner_cache_add(cache, PAGE_OWNER_CACHED_STACK, handle, *len);
	return text;
}

/**
 * page_owner_gfp_text() - the names of GFP flags, as %pGg gives them
 * @cache: remembers them
 * @gfp: the flags
 * @len: set to how many bytes they are
 *
 * Context: Process context, may sleep.
 * Return: the text, good until page_owner_cache_room().
 */
const char *page_owner_gfp_text(struct page_owner_cache *cache, gfp_t gfp,
				unsigned int *len)
{
	const u64 key = (__force u32)gfp;
	const char *known = page_owner_cache_find(cache, PAGE_OWNER_CACHED_GFP,
						  key, len);
	char *text;

	if (known)
		return known;
	text = page_owner_cache_room(cache);
	*len = scnprintf(text, PAGE_OWNER_NAMES_MAX, "%pGg", &gfp);
	page_owner_cache_add(cache, PAGE_OWNER_CACHED_GFP, key, *len);
	return text;
}

static char *put_handle(char *p, depot_stack_handle_t handle,
			struct page_owner_cache *cache)
{
	struct page_owner_last_text *last = &cache->handle;
	char *const start = p;

	if (last->len && cache->last_handle == handle)
		return put(p, last->text, last->len);
	p = put_text(p, "handle: ");
	p = put_dec(p, handle);
	*p++ = '\n';
	cache->last_handle = handle;
	keep_last(last, start, p);
	return p;
}

static char *put_stack(char *p, depot_stack_handle_t handle,
		       enum page_owner_mode mode, struct page_owner_cache *cache)
{
	if (mode != PAGE_OWNER_MODE_HANDLE) {
		/* Good as long as nothing is added behind, or all forgotten. */
		if (!cache->stack_len || cache->stack_handle != handle) {
			cache->stack = page_owner_stack_text(cache, handle,
							     &cache->stack_len);
			cache->stack_handle = handle;
		}
		p = put(p, cache->stack, cache->stack_len);
	}
	if (mode != PAGE_OWNER_MODE_STACK)
		p = put_handle(p, handle, cache);
	return p;
}

static bool same_allocator(const struct page_owner *a, const struct page_owner *b)
{
	return a->order == b->order && a->gfp_mask == b->gfp_mask &&
	       a->pid == b->pid && a->tgid == b->tgid &&
	       !memcmp(a->comm, b->comm, TASK_COMM_LEN);
}

/* From the order to the time: often the same as for the record before. */
static char *put_allocator(char *p, const struct page_owner_snapshot *snap,
			   struct page_owner_cache *cache)
{
	struct page_owner_last_text *last = &cache->allocator;
	const struct page_owner *owner = &snap->owner;
	char *const start = p;
	const char *text;
	unsigned int len;

	if (last->len && ((snap->owner_nr && snap->owner_nr == cache->owner_nr) ||
			  same_allocator(owner, &cache->last))) {
		cache->owner_nr = snap->owner_nr;
		return put(p, last->text, last->len);
	}
	text = page_owner_gfp_text(cache, owner->gfp_mask, &len);
	p = put_dec(p, owner->order);
	p = put_text(p, ", mask ");
	p = put_hex(p, (__force u32)owner->gfp_mask);
	*p++ = '(';
	p = put(p, text, len);
	p = put_text(p, "), pid ");
	p = put_int(p, owner->pid);
	p = put_text(p, ", tgid ");
	p = put_int(p, owner->tgid);
	p = put_text(p, " (");
	p = page_owner_format_comm(p, owner->comm);
	p = put_text(p, "), ts ");
	cache->last = *owner;
	cache->owner_nr = snap->owner_nr;
	keep_last(last, start, p);
	return p;
}

/* What is between PFN and flags: the same for nearly all of a pageblock. */
static char *put_types(char *p, const struct page_owner_snapshot *snap,
		       struct page_owner_cache *cache)
{
	struct page_owner_last_text *last = &cache->types;
	unsigned long block = snap->pfn >> pageblock_order;
	int gfp_mt = gfp_migratetype(snap->owner.gfp_mask);
	char *const start = p;

	if (last->len && cache->last_block == block &&
	    cache->last_gfp_mt == gfp_mt && cache->last_block_mt == snap->pageblock_mt)
		return put(p, last->text, last->len);
	p = put_text(p, " type ");
	p = put_string(p, migratetype_names[gfp_mt]);
	p = put_text(p, " Block ");
	p = put_dec(p, block);
	p = put_text(p, " type ");
	p = put_string(p, migratetype_names[snap->pageblock_mt]);
	p = put_text(p, " Flags ");
	cache->last_block = block;
	cache->last_gfp_mt = gfp_mt;
	cache->last_block_mt = snap->pageblock_mt;
	keep_last(last, start, p);
	return p;
}

static char *put_lines(char *p, const struct page_owner_snapshot *snap,
		       struct page_owner_cache *cache)
{
	p = put_allocator(p, snap, cache);
	p = put_dec(p, snap->owner.ts_nsec);
	p = put_text(p, " ns\nPFN ");
	p = put_hex(p, snap->pfn);
	p = put_types(p, snap, cache);
	p = put_flags(p, snap->flags, cache);
	*p++ = '\n';
	return p;
}

static char *put_migrated(char *p, const struct page_owner *owner)
{
	if (owner->last_migrate_reason < 0)
		return p;
	p = put_text(p, "Page has been migrated, last migrate reason: ");
	p = put_string(p, migrate_reason_names[owner->last_migrate_reason]);
	*p++ = '\n';
	return p;
}

static char *put_charge(char *p, const struct page_owner_snapshot *snap)
{
	if (snap->charge == PAGE_OWNER_UNCHARGED)
		return p;
	if (snap->charge == PAGE_OWNER_SLAB)
		return put_text(p, "Slab cache page\n");
	p = put_text(p, "Charged ");
	if (snap->charge == PAGE_OWNER_CHARGED_OBJCG)
		p = put_text(p, "(via objcg) ");
	p = put_text(p, "to ");
	if (!snap->memcg_online)
		p = put_text(p, "offline ");
	p = put_text(p, "memcg ");
	p = put_string(p, snap->memcg_name);
	*p++ = '\n';
	return p;
}

/* What is known of the last free, with its stack. */
static char *put_freed(char *p, const struct page_owner *owner,
		       enum page_owner_mode mode, struct page_owner_cache *cache)
{
	p = put_text(p, "Page freed by pid ");
	p = put_int(p, owner->free_pid);
	p = put_text(p, ", tgid ");
	p = put_int(p, owner->free_tgid);
	p = put_text(p, ", ts ");
	p = put_dec(p, owner->free_ts_nsec);
	p = put_text(p, " ns\n");
	return put_stack(p, owner->free_handle, mode, cache);
}

/**
 * page_owner_format() - print a record of the dump
 * @p: where to; PAGE_OWNER_TEXT_MAX bytes are always enough
 * @snap: the allocation, or the freed page
 * @mode: how to show its stack
 * @cache: remembers texts from one record to the next
 *
 * Context: Process context, may sleep.
 * Return: the end of the text, which is not terminated.
 */
char *page_owner_format(char *p, const struct page_owner_snapshot *snap,
			enum page_owner_mode mode, struct page_owner_cache *cache)
{
	/* Other words, so that a freed page is not taken for an allocation. */
	p = snap->allocated ? put_text(p, "Page allocated via order ") :
			      put_text(p, "Page last allocated via order ");
	p = put_lines(p, snap, cache);
	p = put_stack(p, snap->owner.handle, mode, cache);
	p = put_migrated(p, &snap->owner);
	p = snap->allocated ? put_charge(p, snap) :
			      put_freed(p, &snap->owner, mode, cache);
	*p++ = '\n';
	return p;
}

static void log_allocation(const struct page_owner *owner)
{
	char comm[PAGE_OWNER_COMM_MAX + 1];

	*page_owner_format_comm(comm, owner->comm) = '\0';
	pr_alert("page last allocated via order %u, migratetype %s, gfp_mask %#x(%pGg), pid %d, tgid %d (%s), ts %llu, free_ts %llu\n",
		 owner->order,
		 migratetype_names[gfp_migratetype(owner->gfp_mask)],
		 owner->gfp_mask, &owner->gfp_mask, owner->pid, owner->tgid,
		 comm, owner->ts_nsec, owner->free_ts_nsec);

	if (owner->handle)
		stack_depot_print(owner->handle);
	else
		pr_alert("page_owner allocation stack trace missing\n");
}

static void log_free(const struct page_owner *owner)
{
	if (!owner->free_handle) {
		pr_alert("page_owner free stack trace missing\n");
		return;
	}
	pr_alert("page last free pid %d tgid %d stack trace:\n",
		 owner->free_pid, owner->free_tgid);
	stack_depot_print(owner->free_handle);
}

static void log_page(const struct page_owner_snapshot *snap)
{
	const struct page_owner *owner = &snap->owner;

	if (!snap->recorded) {
		pr_alert("page_owner info is not present (never set?)\n");
		return;
	}
	pr_alert("page_owner tracks the page as %s\n",
		 snap->allocated ? "allocated" : "freed");
	/* Then the record can be of any earlier life. */
	if (page_owner_is_lean() && !snap->allocated)
		return;
	log_allocation(owner);
	log_free(owner);
	if (owner->last_migrate_reason >= 0)
		pr_alert("page has been migrated, last migrate reason: %s\n",
			 migrate_reason_names[owner->last_migrate_reason]);
}

/* Contract: include/linux/page_owner.h. */
void __page_owner_dump(const struct page *page)
{
	struct page_owner_snapshot snap = {};

	/* Of a struct page that was never set up, not even its node is known. */
	if (PagePoisoned(page) ||
	    !page_owner_read((struct page *)page, &snap)) {
		pr_alert("page_owner info is not present (no page_ext, or being written)\n");
		return;
	}
	log_page(&snap);
}
