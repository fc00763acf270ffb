// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_owner: pageblocks of mixed mobility, for /proc/pagetypeinfo.
 *
 * A pageblock is mixed if it holds an allocation of another migrate type than
 * its own: the measure of how well grouping by mobility works.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page_owner.h>
#include <linux/seq_file.h>

#include "../internal.h"
#include "read.h"
#include "walk.h"

/* Index under which a mixed block counts, -1 if it is not mixed. */
static int mixed_as(struct zone *zone, unsigned long pfn, unsigned long end)
{
	struct page_owner_walk walk = {
		.pfn = pfn,
		.end = end,
		.zone = zone,
		.partial = true,
	};
	struct page_owner_snapshot snap = {};

	while (page_owner_walk_next(&walk, &snap) > 0) {
		if (gfp_migratetype(snap.owner.gfp_mask) == snap.pageblock_mt)
			continue;
		/* CMA blocks are there for movable allocations. */
		return is_migrate_cma(snap.pageblock_mt) ? MIGRATE_MOVABLE :
							   snap.pageblock_mt;
	}
	return -1;
}

/* Contract: include/linux/page_owner.h. */
void page_owner_show_mixed_blocks(struct seq_file *m, struct pglist_data *pgdat,
				  struct zone *zone)
{
	unsigned long count[MIGRATE_TYPES] = {};
	unsigned long pfn = zone->zone_start_pfn;
	int mt;

	while (pfn < zone_end_pfn(zone) && !fatal_signal_pending(current)) {
		unsigned long end = min(pageblock_end_pfn(pfn), zone_end_pfn(zone));

		get_online_mems();
		mt = mixed_as(zone, pfn, end);
		put_online_mems();
		if (mt >= 0)
			count[mt]++;
		pfn = end;
	}

	seq_printf(m, "Node %d, zone %8s ", pgdat->node_id, zone->name);
	for (mt = 0; mt < MIGRATE_TYPES; mt++)
		seq_printf(m, "%12lu ", count[mt]);
	seq_putc(m, '\n');
}
