/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What page_owner needs to know of the kernel version that it is built into.
 * Everything else of page_owner is the same for every base.
 *
 * This one: 6.12.
 */
#ifndef _MM_PAGE_OWNER_BASE_H
#define _MM_PAGE_OWNER_BASE_H

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_ext.h>
#include <linux/rcupdate.h>

/**
 * page_owner_base_ext_get() - a page's page_ext, without a call
 * @page: a page of an online section
 * @ext: set to the page_ext
 *
 * The same as page_ext_get(), which is not inline, and asks whether there is a
 * section.
 *
 * Context: Any. RCU is read-locked until page_owner_base_ext_put().
 * Return: false if there is none; then RCU is not locked.
 */
static __always_inline bool page_owner_base_ext_get(const struct page *page,
						    struct page_ext **ext)
{
#ifdef CONFIG_SPARSEMEM
	unsigned long pfn = page_to_pfn(page), nr = pfn_to_section_nr(pfn), array;

	rcu_read_lock();
	array = (unsigned long)READ_ONCE(mem_section[SECTION_NR_TO_ROOT(nr)]
						    [nr & SECTION_ROOT_MASK].page_ext);
	*ext = (void *)array + page_ext_size * pfn;
	/* The lowest bit is PAGE_EXT_INVALID of mm/page_ext.c: it is being freed. */
	if (likely(array && !(array & 1)))
		return true;
	rcu_read_unlock();
	return false;
#else
	*ext = page_ext_get(page);
	return *ext;
#endif
}

/**
 * page_owner_base_ext_put() - done with what page_owner_base_ext_get() set
 * @ext: the page_ext
 *
 * Context: Any.
 */
static __always_inline void page_owner_base_ext_put(struct page_ext *ext)
{
#ifdef CONFIG_SPARSEMEM
	rcu_read_unlock();
#else
	page_ext_put(ext);
#endif
}

/**
 * page_owner_base_flags() - the page flags word
 * @page: any page
 *
 * Context: Any.
 * Return: page->flags; 7.x wraps the word in a structure.
 */
static inline unsigned long page_owner_base_flags(const struct page *page)
{
	return READ_ONCE(page->flags);
}

/**
 * page_owner_base_is_free() - whether a page heads a block without an owner
 * @page: any page
 *
 * Beside the buddy lists these are guards that debug_guardpage_minorder= leaves
 * around allocations, and memory that a virtual machine has not accepted yet.
 *
 * Context: Any.
 * Return: true if the page is the first one of such a block.
 */
static inline bool page_owner_base_is_free(struct page *page)
{
	return PageBuddy(page) || page_is_guard(page) || PageUnaccepted(page);
}

/**
 * page_owner_base_free_order() - order of a block without an owner
 * @page: its first page, by page_owner_base_is_free()
 *
 * Context: Any; the block may be taken meanwhile, and then this is garbage.
 * Return: the order; memory that is not accepted comes in the largest blocks.
 */
static inline unsigned int page_owner_base_free_order(struct page *page)
{
	return PageUnaccepted(page) ? MAX_PAGE_ORDER :
				      READ_ONCE(page_private(page));
}

/**
 * enum page_owner_charge - how a page is charged
 * @PAGE_OWNER_UNCHARGED: not at all
 * @PAGE_OWNER_SLAB: it is a slab page with a vector of object owners
 * @PAGE_OWNER_CHARGED: to a memory cgroup
 * @PAGE_OWNER_CHARGED_OBJCG: to a memory cgroup, by way of an object cgroup
 */
enum page_owner_charge {
	PAGE_OWNER_UNCHARGED,
	PAGE_OWNER_SLAB,
	PAGE_OWNER_CHARGED,
	PAGE_OWNER_CHARGED_OBJCG,
};

/**
 * page_owner_base_charge_word() - the word that says how a page is charged
 * @page: any page but a tail of a compound one
 *
 * The word may change at any moment. It is to be read once, and then decoded.
 *
 * Context: Any.
 * Return: the word, for page_owner_base_memcg().
 */
static inline unsigned long page_owner_base_charge_word(const struct page *page)
{
#ifdef CONFIG_MEMCG
	return READ_ONCE(page->memcg_data);
#else
	return 0;
#endif
}

/**
 * page_owner_base_memcg() - decode a page's memory cgroup word
 * @word: page_owner_base_charge_word()
 * @memcg: set to the memory cgroup, for PAGE_OWNER_CHARGED*
 *
 * What the word points at is freed by RCU (css_free and obj_cgroup_release).
 *
 * Context: RCU read lock held since the word was read.
 * Return: how the page is charged.
 */
static inline enum page_owner_charge
page_owner_base_memcg(unsigned long word, struct mem_cgroup **memcg)
{
#ifdef CONFIG_MEMCG
	void *target = (void *)(word & ~OBJEXTS_FLAGS_MASK);

	if (word & MEMCG_DATA_OBJEXTS)
		return PAGE_OWNER_SLAB;
	if (!target)
		return PAGE_OWNER_UNCHARGED;
	if (word & MEMCG_DATA_KMEM) {
		*memcg = obj_cgroup_memcg(target);
		return *memcg ? PAGE_OWNER_CHARGED_OBJCG : PAGE_OWNER_UNCHARGED;
	}
	*memcg = target;
	return PAGE_OWNER_CHARGED;
#else
	return PAGE_OWNER_UNCHARGED;
#endif
}

#endif /* _MM_PAGE_OWNER_BASE_H */
