/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PAGE_OWNER_VERSION_H
#define PAGE_OWNER_VERSION_H

/** PAGE_OWNER_VERSION - of all the tools */
#define PAGE_OWNER_VERSION	"2.0"

#endif
