// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: the only place where records become text.
 *
 * The text is an interface, byte for byte: programs parse the dump, and crash
 * triage greps for the lines that dump_page() prints. New facts go after the
 * stack, into a new mode, or into a new file.
 */
#include <linux/ctype.h>
#include <linux/kallsyms.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "internal.h"
#include "page_owner.h"

/* What begins the text behind a command name in a record. */
#define AFTER_COMM "),"

/**
 * page_owner_format_comm() - print a command name that cannot forge a record
 * @s: where to
 * @comm: the name, terminated; any bytes a user could set
 *
 * Control characters, a backslash, and a bracket that would look like the end of
 * the name are printed as \xNN. All else, so every usual name, stays as it is.
 *
 * Context: Any.
 */
void page_owner_format_comm(struct seq_buf *s, const char *comm)
{
	for (; *comm; comm++) {
		if (iscntrl(*comm) || *comm == '\\' ||
		    !strncmp(comm, AFTER_COMM, strlen(AFTER_COMM)))
			seq_buf_printf(s, "\\x%02x", (unsigned char)*comm);
		else
			seq_buf_putc(s, *comm);
	}
}

static void format_stack(struct seq_buf *s, depot_stack_handle_t handle)
{
	unsigned long *entries;
	unsigned int i, nr = stack_depot_fetch(handle, &entries);

	for (i = 0; i < nr; i++)
		seq_buf_printf(s, " %pS\n", (void *)entries[i]);
}

static void format_migrated(struct seq_buf *s, const struct page_owner *owner)
{
	if (owner->last_migrate_reason < 0)
		return;
	seq_buf_printf(s, "Page has been migrated, last migrate reason: %s\n",
		       migrate_reason_names[owner->last_migrate_reason]);
}

static void format_charge(struct seq_buf *s, const struct page_owner_snapshot *snap)
{
	switch (snap->charge) {
	case PAGE_OWNER_UNCHARGED:
		return;
	case PAGE_OWNER_SLAB:
		seq_buf_puts(s, "Slab cache page\n");
		return;
	case PAGE_OWNER_CHARGED:
	case PAGE_OWNER_CHARGED_OBJCG:
		seq_buf_printf(s, "Charged %sto %smemcg %s\n",
			       snap->charge == PAGE_OWNER_CHARGED_OBJCG ?
					"(via objcg) " : "",
			       snap->memcg_online ? "" : "offline ",
			       snap->memcg_name);
	}
}

/**
 * page_owner_format() - print a record of the dump
 * @s: where to; PAGE_OWNER_TEXT_MAX bytes are always enough
 * @snap: the allocation
 * @mode: how to show its stack
 *
 * Context: Process context.
 */
void page_owner_format(struct seq_buf *s, const struct page_owner_snapshot *snap,
		       enum page_owner_mode mode)
{
	const struct page_owner *owner = &snap->owner;

	seq_buf_printf(s, "Page allocated via order %u, mask %#x(%pGg), pid %d, tgid %d (",
		       owner->order, owner->gfp_mask, &owner->gfp_mask,
		       owner->pid, owner->tgid);
	page_owner_format_comm(s, owner->comm);
	seq_buf_printf(s, "), ts %llu ns\n", owner->ts_nsec);

	seq_buf_printf(s, "PFN 0x%lx type %s Block %lu type %s Flags %pGp\n",
		       snap->pfn,
		       migratetype_names[gfp_migratetype(owner->gfp_mask)],
		       snap->pfn >> pageblock_order,
		       migratetype_names[snap->pageblock_mt], &snap->flags);

	if (mode != PAGE_OWNER_MODE_HANDLE)
		format_stack(s, owner->handle);
	if (mode != PAGE_OWNER_MODE_STACK)
		seq_buf_printf(s, "handle: %u\n", owner->handle);
	format_migrated(s, owner);
	format_charge(s, snap);
	seq_buf_putc(s, '\n');
}

static void log_allocation(const struct page_owner *owner)
{
	char name[4 * TASK_COMM_LEN];
	struct seq_buf comm;

	seq_buf_init(&comm, name, sizeof(name));
	page_owner_format_comm(&comm, owner->comm);
	pr_alert("page last allocated via order %u, migratetype %s, gfp_mask %#x(%pGg), pid %d, tgid %d (%s), ts %llu, free_ts %llu\n",
		 owner->order,
		 migratetype_names[gfp_migratetype(owner->gfp_mask)],
		 owner->gfp_mask, &owner->gfp_mask, owner->pid, owner->tgid,
		 seq_buf_str(&comm), owner->ts_nsec, owner->free_ts_nsec);

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

/**
 * page_owner_log() - print to the kernel log what is known of a page
 * @snap: the page, allocated or not
 *
 * Context: Any; allocates nothing.
 */
void page_owner_log(const struct page_owner_snapshot *snap)
{
	const struct page_owner *owner = &snap->owner;

	if (!snap->recorded) {
		pr_alert("page_owner info is not present (never set?)\n");
		return;
	}
	pr_alert("page_owner tracks the page as %s\n",
		 snap->allocated ? "allocated" : "freed");
	log_allocation(owner);
	log_free(owner);
	if (owner->last_migrate_reason >= 0)
		pr_alert("page has been migrated, last migrate reason: %s\n",
			 migrate_reason_names[owner->last_migrate_reason]);
}
