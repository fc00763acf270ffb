# SPDX-License-Identifier: GPL-2.0-only
#
# The page_owner tools, which need a C compiler and make and nothing else:
#
#	make -f page_owner.mk [all|man|check|bench|install|install-man|clean]
#
# PREFIX, DESTDIR, OUTPUT (an existing folder for what is built) and CC, CFLAGS,
# LDFLAGS are as usual.

PREFIX		?= /usr/local
sbindir		?= $(PREFIX)/sbin
mandir		?= $(PREFIX)/share/man
OUTPUT		?=
override OUTPUT	:= $(OUTPUT:%=$(patsubst %/,%,$(OUTPUT))/)

CFLAGS		?= -O2 -g
PO_CPPFLAGS	:= -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
PO_CFLAGS	:= -std=gnu11 -Wall -Wextra -Wmissing-prototypes \
		   -Wstrict-prototypes -Wdeclaration-after-statement -Wshadow

PO_TOOLS	:= page_owner_sort
PO_ENGINE	:= page_owner_record page_owner_reader page_owner_intern \
		   page_owner_allocator page_owner_agg page_owner_select \
		   page_owner_output
PO_HEADERS	:= $(PO_ENGINE:=.h)
PO_OBJS		:= $(PO_ENGINE:%=$(OUTPUT)%.o)
PO_MAN		:= $(PO_TOOLS:%=$(OUTPUT)%.8)

all: $(PO_TOOLS:%=$(OUTPUT)%)

$(OUTPUT)page_owner_%.o: page_owner_%.c $(PO_HEADERS) page_owner.mk
	$(CC) $(PO_CPPFLAGS) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUTPUT)page_owner_sort: $(OUTPUT)page_owner_sort.o $(PO_OBJS)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS)

# The unit tests contain the interner.
$(OUTPUT)page_owner_unit: tests/page_owner_unit.c page_owner_intern.c \
		$(filter-out %page_owner_intern.o,$(PO_OBJS))
	$(CC) $(PO_CPPFLAGS) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -o $@ \
		$(filter-out page_owner_intern.c,$^) $(LDFLAGS)

$(OUTPUT)page_owner_gen $(OUTPUT)page_owner_cost: $(OUTPUT)%: tests/%.c
	$(CC) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS)

man: $(PO_MAN)

$(OUTPUT)%.8: Documentation/%.rst
	rst2man --strict $< > $@.tmp
	mv $@.tmp $@

# Builds what it needs by itself, with sanitizers, in a temporary folder.
check:
	CC="$(CC)" sh tests/page_owner_check.sh

bench: all $(OUTPUT)page_owner_gen $(OUTPUT)page_owner_cost
	sh tests/page_owner_bench.sh $(OUTPUT). $(OUTPUT)page_owner_sort $(OTHERS)

install: all
	install -d $(DESTDIR)$(sbindir)
	install -m 755 -p $(PO_TOOLS:%=$(OUTPUT)%) $(DESTDIR)$(sbindir)

install-man: man
	install -d $(DESTDIR)$(mandir)/man8
	install -m 644 $(PO_MAN) $(DESTDIR)$(mandir)/man8

clean:
	rm -f $(PO_TOOLS:%=$(OUTPUT)%) $(PO_TOOLS:%=$(OUTPUT)%.o) $(PO_OBJS) \
		$(PO_MAN) $(PO_MAN:=.tmp) $(OUTPUT)page_owner_unit \
		$(OUTPUT)page_owner_gen $(OUTPUT)page_owner_cost

.PHONY: all man check bench install install-man clean
.DELETE_ON_ERROR:
