#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""rawgen.py [lean] [WORD=VALUE]... <TEXT >RAW: make a binary dump of a text dump.

For kernels since 6.9, and the few page flags that the tests use, also of free
pages. With "lean", the header says that times and frees are not recorded. Words
are those of the filter in force.
Written from the description of the format, not from the decoder's source.
"""
import re
import struct
import sys

RECORDS, FREED, STACKS, COMMS, MEMCGS, GFPS = 1, 2, 3, 4, 5, 6
PAGE_FLAGS, PAGE_FIELDS, MIGRATETYPES, REASONS, ZONES, FILTER, END = 7, 8, 9, 10, 11, 12, 13
TYPES = ["Unmovable", "Movable", "Reclaimable", "CMA"]


def entry(key, text, words=()):
    data = struct.pack("=QII", key, len(words), len(text))
    data += b"".join(struct.pack("=Q", w) for w in words) + text
    return data + bytes(-len(data) % 8)


def section(kind, items):
    data = b"".join(items)
    return struct.pack("=IIQ", kind, len(items), len(data)) + data


def number(table, text):
    return table.setdefault(text, len(table) + 1)


HEAD = re.compile(rb"Page (?:last )?allocated via order (\d+), mask 0x([0-9a-f]+)\((.*)\), "
                  rb"pid (-?\d+), tgid (-?\d+) \((.*)\), ts (\d+) ns\n"
                  rb"PFN 0x([0-9a-f]+) type (\w+) Block \d+ type (\w+) "
                  rb"Flags 0x[0-9a-f]+\((?:lru\|)?(?:node=(\d+)\|zone=(\d+))?\)\n"
                  rb"((?: .*\n)*)((?:.+\n)*)")
FREE = re.compile(rb"Page freed by pid (-?\d+), tgid (-?\d+), ts (\d+) ns\n((?: .*\n)*)")


def main():
    text = sys.stdin.buffer.read()
    stacks, comms, memcgs, gfps, records, freed = {}, {}, {}, {}, [], []
    for match in HEAD.finditer(text):
        (order, gfp, names, pid, tgid, comm, ts, pfn, asked, block, node, zone,
         frames, rest) = match.groups()
        gfps[int(gfp, 16)] = names
        charge, memcg, online = 0, 0, 1
        charged = re.match(rb"Charged (\(via objcg\) )?to (offline )?memcg (.*)\n", rest)
        if rest.startswith(b"Slab"):
            charge = 1
        elif charged:
            charge = 3 if charged.group(1) else 2
            online = 0 if charged.group(2) else 1
            memcg = number(memcgs, charged.group(3))
        node, zone = int(node or 0), int(zone or 0)
        flags = 1 | node << 8 | zone << 12
        record = struct.pack(
            "=QQQQIIiiIHBBBBbBI", int(pfn, 16), flags, int(ts), memcg,
            number(stacks, frames), int(gfp, 16), int(pid), int(tgid),
            number(comms, comm), node, zone, int(order),
            TYPES.index(asked.decode()), TYPES.index(block.decode()), -1, charge,
            online)
        free = FREE.search(rest)
        if free:
            freed.append(record + struct.pack(
                "=QIiiI", int(free.group(3)), number(stacks, free.group(4)),
                int(free.group(1)), int(free.group(2)), 0))
        else:
            records.append(record)
    out = sys.stdout.buffer
    head = struct.pack("=8sIIIIIIIIQQQQ", b"PGOWNER\n", 0x01020304, 2, 72,
                       64, 88, 4096, 9, 6 if "lean" in sys.argv else 0,
                       99000000000, 1795258538588437793, 0, 1 << 40)
    assert len(head) == 72 and (not records or len(records[0]) == 64)
    out.write(head)
    out.write(section(PAGE_FLAGS, [entry(1, b""), entry(1, b"lru")]))
    out.write(section(PAGE_FIELDS, [entry(0, b"node", (15, 8, 10)),
                                    entry(1, b"zone", (15, 12, 10))]))
    out.write(section(MIGRATETYPES, [entry(i, t.encode()) for i, t in enumerate(TYPES)]))
    out.write(section(ZONES, [entry(0, b"DMA"), entry(1, b"Normal")]))
    words = ["mode=raw"] + [word for word in sys.argv[1:] if "=" in word]
    out.write(section(FILTER, [entry(0, " ".join(words).encode())]))
    out.write(section(GFPS, [entry(k, v) for k, v in gfps.items()]))
    out.write(section(STACKS, [entry(v, k, (0xffffffff81000000,)) for k, v in stacks.items()]))
    out.write(section(COMMS, [entry(v, k[:15].ljust(16, b"\0")) for k, v in comms.items()]))
    out.write(section(MEMCGS, [entry(v, k) for k, v in memcgs.items()]))
    out.write(section(77, [bytes(8)]))
    half = len(records) // 2
    out.write(section(RECORDS, records[:half]))
    out.write(section(RECORDS, records[half:]))
    out.write(section(FREED, freed))
    out.write(section(END, [struct.pack("=QQ", len(records), len(freed))]))


main()
