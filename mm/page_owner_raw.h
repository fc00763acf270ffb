/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_owner: a record of a raw stream, in the usual case.
 *
 * Inline, for the loop that writes millions of them. All else about raw streams is
 * in mm/page_owner_raw.c.
 */
#ifndef _MM_PAGE_OWNER_RAW_H
#define _MM_PAGE_OWNER_RAW_H

#include "page_owner.h"

/**
 * page_owner_raw_room() - make room in a section, a new one if need be
 * @raw: the stream; its member p has room for that and a section's head
 * @type: the section's type
 * @size: bytes
 *
 * Context: Any.
 * Return: the place.
 */
static __always_inline void *page_owner_raw_room(struct page_owner_raw *raw, u32 type,
						 size_t size)
{
	void *room;

	if (unlikely(!raw->section || raw->section->type != type)) {
		raw->section = (struct page_owner_raw_section *)raw->p;
		raw->section->type = type;
		raw->section->count = 0;
		raw->section->size = 0;
		raw->p += sizeof(*raw->section);
	}
	room = raw->p;
	raw->section->count++;
	raw->section->size += size;
	raw->p += size;
	return room;
}

/**
 * page_owner_raw_fill() - fill in a record
 * @record: the record
 * @like: where what belongs to the owner is taken from
 * @snap: where the rest is taken from
 *
 * Context: Any.
 */
static __always_inline void
page_owner_raw_fill(struct page_owner_raw_record *record,
		    const struct page_owner_raw_record *like,
		    const struct page_owner_snapshot *snap)
{
	bool charged = snap->charge >= PAGE_OWNER_CHARGED;

	record->pfn = snap->pfn;
	record->page_flags = snap->flags;
	record->ts = snap->owner.ts_nsec;
	record->memcg = charged ? snap->memcg_ino : 0;
	record->handle = like->handle;
	record->gfp = like->gfp;
	record->pid = like->pid;
	record->tgid = like->tgid;
	record->comm = like->comm;
	record->node = snap->nid;
	record->zone = snap->zone;
	record->order = like->order;
	record->gfp_migratetype = like->gfp_migratetype;
	record->block_migratetype = snap->pageblock_mt;
	record->migrate_reason = like->migrate_reason;
	record->charge = snap->charge;
	record->flags = charged && snap->memcg_online ? PAGE_OWNER_RAW_MEMCG_ONLINE : 0;
}

/**
 * page_owner_raw_allocated() - write an allocation
 * @raw: the stream, in which all that the record refers to has been defined
 * @snap: the allocation
 *
 * Context: Any.
 */
static __always_inline void
page_owner_raw_allocated(struct page_owner_raw *raw,
			 const struct page_owner_snapshot *snap)
{
	struct page_owner_raw_record *record;

	record = page_owner_raw_room(raw, PAGE_OWNER_RAW_RECORDS, sizeof(*record));
	page_owner_raw_fill(record, &raw->like, snap);
	raw->records++;
}

/**
 * page_owner_raw_record() - write a record, and what it refers to before it
 * @raw: the stream; its member p has room for PAGE_OWNER_TEXT_MAX bytes
 * @snap: the allocation, or the freed page
 * @cache: remembers what has been written
 *
 * Context: Process context, may sleep.
 */
static __always_inline void
page_owner_raw_record(struct page_owner_raw *raw,
		      const struct page_owner_snapshot *snap,
		      struct page_owner_cache *cache)
{
	/* Freed pages never have the owner of the one before. */
	if (likely(snap->owner_nr && raw->owner_nr == snap->owner_nr &&
		   (snap->charge < PAGE_OWNER_CHARGED || raw->memcg == snap->memcg_ino)))
		page_owner_raw_allocated(raw, snap);
	else
		page_owner_raw_define(raw, snap, cache);
}

#endif /* _MM_PAGE_OWNER_RAW_H */
