# SPDX-License-Identifier: GPL-2.0-only
#
# gdb helper: who allocated each page
#
# Reads the records that mm/page_owner.c keeps in page_ext, from a running kernel
# or from a core dump. The layout is taken from the debug information, so only
# the names of members and symbols matter here.

import re

import gdb

from linux import constants, cpus, stackdepot, utils

# page_ext entries fetched at a time: a quarter of a megabyte or so.
BATCH = 4096


def text(pointer):
    return pointer.string(errors='backslashreplace')


def flag_names(flags, table):
    """Format flags as the kernel's %pG does, by a table of the kernel's."""
    names = ''
    entry = gdb.parse_and_eval(table + '[0]').address
    while flags and entry['name']:
        mask = int(entry['mask'])
        if flags & mask == mask:
            flags &= ~mask
            names += text(entry['name']) + ('|' if flags else '')
        entry += 1
    return names + ('0x%x' % flags if flags else '')


def escape_comm(comm):
    """Same escapes as page_owner_format_comm()."""
    name = comm.split(b'\0')[0].decode(errors='backslashreplace')
    return re.sub(r'[\x00-\x1f\x7f\\]|\)(?=,)',
                  lambda m: '\\x%02x' % ord(m.group()), name)


def symbol_at(address):
    """Name and offset of the function at an address, None if there is none."""
    line = gdb.execute('info symbol 0x%x' % address, to_string=True)
    found = re.match(r'(\S+)(?: \+ (\d+))? in section', line)
    return (found.group(1), int(found.group(2) or 0)) if found else None


def symbol_name(address):
    """Text for a return address."""
    found = symbol_at(address)
    if found:
        return '%s+0x%x' % found
    # A call that never returns can be the last thing in a function.
    found = symbol_at(address - 1)
    return '%s+0x%x' % (found[0], found[1] + 1) if found else '0x%x' % address


class Names:
    """Text for numbers in records. The same few come back all the time."""

    def __init__(self):
        self.gfp_masks = {}
        self.symbols = {}
        self.grouped = not gdb.parse_and_eval('page_group_by_mobility_disabled')

    def gfp(self, mask):
        if mask not in self.gfp_masks:
            self.gfp_masks[mask] = flag_names(mask, 'gfpflag_names')
        return '%#x(%s)' % (mask, self.gfp_masks[mask])

    def migratetype(self, mask):
        # Mobility is bits 3 and 4 of a GFP mask, see gfp_migratetype().
        mobility = mask >> 3 & 3 if self.grouped else 0
        return text(gdb.parse_and_eval('migratetype_names[%d]' % mobility))

    def migrate_reason(self, reason):
        return text(gdb.parse_and_eval('migrate_reason_names[%d]' % reason))

    def symbol(self, address):
        if address not in self.symbols:
            self.symbols[address] = symbol_name(address)
        return self.symbols[address]


class Stacks:
    """Frames of stackdepot handles, and the counts of pages per stack."""

    def __init__(self, names):
        self.names = names
        self.known = {}

    def frames(self, handle):
        """Frames of a handle, a value in the target's memory."""
        number = int(handle)
        if number not in self.known:
            entries, nr = stackdepot.stack_depot_fetch(handle)
            self.known[number] = ''.join(
                ' %s\n' % self.names.symbol(int(entries[i])) for i in range(nr))
        return self.known[number]

    def counted(self):
        """Yield (handle, pages) for each stack that the kernel counts."""
        changes = self.changes()
        stack = gdb.parse_and_eval('first_stack')
        while stack:
            pages = int(stack['pages']['counter'])
            yield stack['handle'], pages + changes.get(int(stack['handle']), 0)
            stack = stack['next']

    def changes(self):
        """Changes of pages that CPUs have not passed on yet, by handle."""
        delta = Layout('struct page_owner_delta')
        size = delta.size << int(gdb.parse_and_eval('PAGE_OWNER_DELTA_BITS'))
        pointer = gdb.parse_and_eval('page_owner_deltas')
        changes = {}
        for cpu in cpus.each_possible_cpu():
            table = bytes(utils.read_memoryview(
                gdb.selected_inferior(),
                int(cpus.per_cpu(pointer, cpu).address), size))
            for at in range(0, size, delta.size):
                change = delta.decode(table[at:at + delta.size])
                handle = change['handle']
                changes[handle] = changes.get(handle, 0) + change['pages']
        return changes


class Tasks:
    """Who tasks are, by the number in a record."""

    def __init__(self):
        self.known = {}
        self.bits = int(gdb.parse_and_eval('PLACE_BITS'))
        self.kind = gdb.lookup_type('struct page_owner_task').pointer()
        self.pages = gdb.parse_and_eval('task_pages')

    def look_up(self, number):
        if not number:
            return gdb.parse_and_eval('&unknown_task')
        page = self.pages[number >> self.bits].cast(self.kind)
        return page + (number & (1 << self.bits) - 1) if page else None

    def identity(self, number, when=None):
        """pid, tgid and escaped name. A page that is not allocated any more
        tells when it was: who has the number now may have come later."""
        if number not in self.known:
            task = self.look_up(number)
            comm = bytes(int(task['comm'][i]) & 255 for i in
                         range(task['comm'].type.sizeof)) if task else b''
            self.known[number] = (int(task['since']), int(task['pid']),
                                  int(task['tgid']), escape_comm(comm)) \
                if task else None
        found = self.known[number]
        if not found or when is not None and found[0] > when:
            return (0, 0, '<unknown>')
        return found[1:]


class Layout:
    """Takes the members of a structure out of bytes."""

    def __init__(self, name):
        order = utils.get_target_endianness() == utils.LITTLE_ENDIAN
        self.order = 'little' if order else 'big'
        self.type = gdb.lookup_type(name)
        self.size = self.type.sizeof
        self.members = [self.member(f) for f in self.type.fields()]

    def member(self, field):
        kind = field.type.strip_typedefs()
        signed = None
        if kind.code != gdb.TYPE_CODE_ARRAY:
            signed = bool(gdb.Value(-1).cast(kind) < 0)
        return field.name, field.bitpos // 8, kind.sizeof, signed

    def decode(self, raw):
        """What is behind the end of raw is taken as zeroes."""
        values = {}
        for name, at, size, signed in self.members:
            part = raw[at:at + size]
            values[name] = part if signed is None else \
                int.from_bytes(part, self.order, signed=signed)
        return values


class Bits:
    """Parts of a record's word: masks by their names in mm/page_owner/record.h."""

    def __init__(self):
        for name in 'ORDER', 'FREE_ORDER', 'REASON', 'RECORDED', 'ALLOCATED', \
                'WRITING':
            mask = int(gdb.parse_and_eval('PAGE_OWNER_' + name))
            setattr(self, name.lower(), mask)

    def get(self, mask, word):
        return (word & mask) // (mask & -mask)


class Record:
    """The record of one page."""

    def __init__(self, pfn, address, bits, members):
        self.pfn = pfn
        self.address = address
        self.__dict__.update(members)
        self.recorded = bool(self.bits & bits.recorded)
        self.allocated = bool(self.bits & bits.allocated)
        self.torn = bool(self.bits & bits.writing)
        self.order = bits.get(bits.order, self.bits)
        self.free_order = bits.get(bits.free_order, self.bits)
        self.last_migrate_reason = bits.get(bits.reason, self.bits) - 1

    def owns(self, pfn):
        return self.allocated and pfn - self.pfn < 1 << self.order

    def freed(self, pfn):
        return self.free_handle and pfn - self.pfn < 1 << self.free_order

    def value(self, member):
        """A member as a value in the target's memory."""
        kind = gdb.lookup_type('struct page_owner_record').pointer()
        return gdb.Value(self.address).cast(kind)[member]


class PageExts:
    """Finds and reads page_ext, as lookup_page_ext() in the kernel does."""

    def __init__(self):
        self.size = int(gdb.parse_and_eval('page_ext_size'))
        self.offset = int(gdb.parse_and_eval('page_owner_ops.offset'))
        self.max_pfn = int(gdb.parse_and_eval('max_pfn'))
        self.owner = Layout('struct page_owner_record')
        self.owner_size = int(gdb.parse_and_eval('page_owner_ops.size'))
        self.bits = Bits()
        self.wrap = (1 << 8 * gdb.lookup_type('void').pointer().sizeof) - 1

    def section_array(self, pfn):
        """Base that page_ext of a PFN's section is counted from, 0 if none."""
        number = pfn >> int(constants.LX_PFN_SECTION_SHIFT)
        per_root = int(constants.LX_SECTIONS_PER_ROOT)
        root = gdb.parse_and_eval('mem_section')
        if constants.LX_CONFIG_SPARSEMEM_EXTREME and not root:
            return 0
        root = root[number // per_root]
        if constants.LX_CONFIG_SPARSEMEM_EXTREME and not root:
            return 0
        base = int(root[number % per_root]['page_ext'])
        # Bit 0 marks an array that memory hot-remove is about to free.
        return 0 if base & 1 else base

    def arrays(self, pfn, end):
        """Yield (first PFN, PFN behind, address) for each array in a range."""
        end = min(end, self.max_pfn)
        if not constants.LX_CONFIG_SPARSEMEM:
            node = gdb.parse_and_eval('contig_page_data')
            first = int(node['node_start_pfn'])
            base = first - first % int(constants.LX_MAX_ORDER_NR_PAGES)
            pfn = max(pfn, first)
            if pfn < end and node['node_page_ext']:
                yield pfn, end, (int(node['node_page_ext']) +
                                 self.size * (pfn - base)) & self.wrap
            return
        nr = 1 << int(constants.LX_PFN_SECTION_SHIFT)
        while pfn < end:
            stop = min(end, pfn - pfn % nr + nr)
            base = self.section_array(pfn)
            if base:
                yield pfn, stop, (base + self.size * pfn) & self.wrap
            pfn = stop

    def records(self, pfn, end):
        """Yield the records of a range of PFNs."""
        for pfn, end, address in self.arrays(pfn, end):
            while pfn < end:
                nr = min(BATCH, end - pfn)
                raw = bytes(utils.read_memoryview(gdb.selected_inferior(),
                                                  address, nr * self.size))
                for i in range(nr):
                    yield self.record(pfn + i, address + i * self.size,
                                      raw[i * self.size:(i + 1) * self.size])
                pfn += nr
                address += nr * self.size

    def record(self, pfn, address, raw):
        raw = raw[self.offset:self.offset + self.owner_size]
        return Record(pfn, address + self.offset, self.bits,
                      self.owner.decode(raw))

    def covering(self, pfn):
        """Records of the pages at which a block with this one can begin."""
        found = []
        at = pfn
        while True:
            found += self.records(at, at + 1)
            if not at:
                return found
            at &= at - 1


class DumpPageOwner(gdb.Command):
    """Show who allocated pages, as recorded by page_owner=on or =lean.

lx-dump-page-owner               every allocated block, in the form of the dump
                                 /sys/kernel/debug/page_owner (no page flags)
lx-dump-page-owner --pfn PFN     all that is known of one page: its allocation
                                 and its last free
lx-dump-page-owner --stacks [N]  the N stacks with the most pages (default 10)
lx-dump-page-owner --check       recount the pages of every stack, and compare
                                 that with what the kernel has counted

Numbers are decimal, or hexadecimal with 0x. Ctrl-C ends a long output."""

    def __init__(self):
        super().__init__('lx-dump-page-owner', gdb.COMMAND_DATA)

    def invoke(self, arguments, from_tty):
        argv = gdb.string_to_argv(arguments)
        number = self.number(argv[1]) if len(argv) == 2 else None
        if not constants.LX_CONFIG_PAGE_OWNER:
            raise gdb.GdbError('CONFIG_PAGE_OWNER is not set')
        if not gdb.parse_and_eval('page_owner_inited.key.enabled.counter'):
            raise gdb.GdbError('page_owner is not recording; '
                               'boot with page_owner=on')
        # Or names lose what follows a dot, as in "foo.part.0".
        demangle = gdb.parameter('print demangle')
        gdb.execute('set print demangle off')
        try:
            self.run(argv, number)
        finally:
            gdb.execute('set print demangle ' + ('on' if demangle else 'off'))

    def run(self, argv, number):
        self.exts = PageExts()
        self.names = Names()
        self.stacks = Stacks(self.names)
        self.tasks = Tasks()
        if not argv:
            self.dump_all()
        elif argv[0] == '--pfn' and number is not None:
            self.dump_page(number)
        elif argv[0] == '--stacks' and len(argv) <= 2:
            self.dump_stacks(10 if number is None else number)
        elif argv == ['--check']:
            self.check()
        else:
            raise gdb.GdbError(self.__doc__)

    def number(self, word):
        try:
            return int(word, 0)
        except ValueError:
            raise gdb.GdbError('not a number: ' + word)

    def dump_all(self):
        for r in self.exts.records(0, self.exts.max_pfn):
            if r.allocated:
                gdb.write(self.block_text(r))

    def allocation(self, r):
        return 'pid %d, tgid %d (%s), ts %d' % (
            *self.tasks.identity(r.task, None if r.allocated else r.ts_nsec),
            r.ts_nsec)

    def migrated(self, r, form):
        if r.last_migrate_reason < 0:
            return ''
        return form % self.names.migrate_reason(r.last_migrate_reason)

    def block_text(self, r):
        return ('Page allocated via order %d, mask %s, %s ns\n'
                'PFN 0x%x type %s\n%shandle: %d\n%s\n' %
                (r.order, self.names.gfp(r.gfp_mask), self.allocation(r),
                 r.pfn, self.names.migratetype(r.gfp_mask),
                 self.stacks.frames(r.value('handle')), r.handle,
                 self.migrated(r, 'Page has been migrated, '
                                  'last migrate reason: %s\n')))

    def dump_page(self, pfn):
        """The block that the page is part of, and the last free of the page."""
        found = self.exts.covering(pfn)
        last = max((r for r in found if r.freed(pfn)),
                   key=lambda r: r.free_ts_nsec, default=None)
        r = next((r for r in found if r.owns(pfn)), last or found[0]
                 if found else None)
        if not r or not r.recorded:
            raise gdb.GdbError(
                'page_owner info is not present for PFN 0x%x' % pfn)
        if r.torn:
            gdb.write('this record was being written: it can be half old, '
                      'half new\n')
        gdb.write('page_owner tracks the page as %s\n' %
                  ('allocated' if r.allocated else 'freed'))
        gdb.write('page last allocated via order %d, migratetype %s, '
                  'gfp_mask %s, %s, free_ts %d\n' %
                  (r.order, self.names.migratetype(r.gfp_mask),
                   self.names.gfp(r.gfp_mask), self.allocation(r),
                   last.free_ts_nsec if last else 0))
        gdb.write(self.stacks.frames(r.value('handle')))
        gdb.write(self.free_text(last))
        gdb.write(self.migrated(r, 'page has been migrated, '
                                   'last migrate reason: %s\n'))

    def free_text(self, r):
        if not r:
            return 'page_owner free stack trace missing\n'
        return ('page last free pid %d tgid %d stack trace:\n%s' %
                (*self.tasks.identity(r.free_task, r.free_ts_nsec)[:2],
                 self.stacks.frames(r.value('free_handle'))))

    def dump_stacks(self, nr):
        counted = sorted(self.stacks.counted(), key=lambda c: -c[1])
        for handle, pages in counted[:nr]:
            gdb.write('%shandle: %d\nnr_base_pages: %d\n\n' %
                      (self.stacks.frames(handle), int(handle), pages))
        gdb.write('%d pages, %d stacks\n' %
                  (sum(pages for _, pages in counted), len(counted)))

    def check(self):
        found = {}
        for r in self.exts.records(0, self.exts.max_pfn):
            if r.allocated:
                found[r.handle] = found.get(r.handle, 0) + (1 << r.order)
        total = sum(found.values())
        wrong = 0
        for handle, pages in self.stacks.counted():
            seen = found.pop(int(handle), 0)
            if pages != seen:
                wrong += 1
                gdb.write('handle %d: counted %d pages, %d records\n%s\n' %
                          (int(handle), pages, seen,
                           self.stacks.frames(handle)))
        for handle, seen in found.items():
            wrong += 1
            gdb.write('handle %d: not counted, %d records\n' % (handle, seen))
        gdb.write('%d pages recorded; %d stacks with a wrong count\n' %
                  (total, wrong))


DumpPageOwner()
