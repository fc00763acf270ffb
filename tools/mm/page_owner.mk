# SPDX-License-Identifier: GPL-2.0-only
#
# The page_owner tools, which need a C compiler and make and nothing else:
#
#	make -f page_owner.mk [all|man|check|bench|install|uninstall|clean]
#
# The manual pages need rst2man, and are not installed where that is missing.
# PREFIX, DESTDIR, OUTPUT (an existing folder for what is built) and CC, CFLAGS,
# LDFLAGS are as usual. zlib and libzstd are used if they are there; ZLIB= or
# ZSTD= leaves one of them out.

PREFIX		?= /usr/local
sbindir		?= $(PREFIX)/sbin
mandir		?= $(PREFIX)/share/man
completiondir	?= $(PREFIX)/share/bash-completion/completions
OUTPUT		?=
override OUTPUT	:= $(OUTPUT:%=$(patsubst %/,%,$(OUTPUT))/)

CFLAGS		?= -O2 -g
PO_CPPFLAGS	:= -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
PO_CFLAGS	:= -std=gnu11 -pthread -Wall -Wextra -Wmissing-prototypes \
		   -Wstrict-prototypes -Wdeclaration-after-statement -Wshadow

# has HEADER LIBRARY: "y" if a program that needs both can be built
define has
$(shell echo 'int main(void) { return 0; }' | $(CC) $(CPPFLAGS) $(CFLAGS) \
	-include $(1).h -x c - -o /dev/null $(LDFLAGS) -l$(2) 2>/dev/null && echo y)
endef

ZLIB		?= $(call has,zlib,z)
ZSTD		?= $(call has,zstd,zstd)
ZLIB		:= $(ZLIB)
ZSTD		:= $(ZSTD)
PO_CPPFLAGS	+= $(if $(filter y,$(ZLIB)),-DHAVE_ZLIB) \
		   $(if $(filter y,$(ZSTD)),-DHAVE_ZSTD)
PO_LIBS		:= $(if $(filter y,$(ZLIB)),-lz) \
		   $(if $(filter y,$(ZSTD)),-lzstd)

PO_TOOLS	:= page_owner_sort page_owner
# Built from one file, the reader of binary dumps, and what packed files begin with
PO_DECODE	:= page_owner_decode
PO_ENGINE	:= page_owner_record page_owner_reader page_owner_intern \
		   page_owner_allocator page_owner_agg page_owner_select \
		   page_owner_output page_owner_stream page_owner_field \
		   page_owner_stacks page_owner_capture page_owner_filter \
		   page_owner_load page_owner_text page_owner_tree \
		   page_owner_pack page_owner_export page_owner_pairs \
		   page_owner_symbols page_owner_rawstream page_owner_raw \
		   page_owner_window page_owner_magic page_owner_known
PO_COMMANDS	:= page_owner_cmd page_owner_cmd_report page_owner_cmd_diff \
		   page_owner_cmd_export page_owner_cmd_record \
		   page_owner_cmd_top page_owner_cmd_leaks \
		   page_owner_cmd_annotate page_owner_pprof page_owner_flamegraph
PO_HEADERS	:= $(PO_ENGINE:=.h) page_owner_cmd.h
PO_OBJS		:= $(PO_ENGINE:%=$(OUTPUT)%.o)
PO_CMD_OBJS	:= $(PO_COMMANDS:%=$(OUTPUT)%.o)
PO_BENCH	:= $(OUTPUT)page_owner_gen $(OUTPUT)page_owner_repeat \
		   $(OUTPUT)page_owner_cost
PO_PROGRAMS	:= $(PO_TOOLS) $(PO_DECODE)
PO_MAN		:= $(PO_TOOLS:%=$(OUTPUT)%.8) $(PO_DECODE:%=$(OUTPUT)%.8)

all: $(PO_TOOLS:%=$(OUTPUT)%) $(PO_DECODE:%=$(OUTPUT)%)

$(PO_TOOLS:%=$(OUTPUT)%.o) $(PO_DECODE:%=$(OUTPUT)%.o) $(PO_CMD_OBJS) $(PO_OBJS): $(OUTPUT)%.o: %.c \
		$(PO_HEADERS) page_owner.mk
	$(CC) $(PO_CPPFLAGS) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(OUTPUT)page_owner_sort: $(OUTPUT)page_owner_sort.o $(PO_OBJS)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) -pthread $(PO_LIBS)

$(OUTPUT)page_owner: $(OUTPUT)page_owner.o $(PO_CMD_OBJS) $(PO_OBJS)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) -pthread $(PO_LIBS)

$(OUTPUT)page_owner_decode: $(OUTPUT)page_owner_decode.o $(OUTPUT)page_owner_raw.o \
		$(OUTPUT)page_owner_magic.o
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS)

# The unit tests contain the interner.
$(OUTPUT)page_owner_unit: tests/page_owner_unit.c page_owner_intern.c \
		$(filter-out %page_owner_intern.o,$(PO_OBJS))
	$(CC) $(PO_CPPFLAGS) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -o $@ \
		$(filter-out page_owner_intern.c,$^) $(LDFLAGS) -pthread \
		$(PO_LIBS)

$(OUTPUT)page_owner_raw_unit: tests/page_owner_raw_unit.c $(OUTPUT)page_owner_raw.o
	$(CC) $(PO_CPPFLAGS) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -o $@ $^ $(LDFLAGS)

# Any input, see the file; with CC=clang and FUZZER=-fsanitize=fuzzer by libFuzzer.
# Small windows are faster, and have more edges.
$(OUTPUT)page_owner_fuzz: tests/page_owner_fuzz.c $(PO_ENGINE:=.c) $(PO_HEADERS)
	$(CC) -DPAGE_OWNER_SMALL $(PO_CPPFLAGS) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) \
		$(if $(FUZZER),-DLIBFUZZER $(FUZZER)) -o $@ $(filter %.c,$^) $(LDFLAGS) \
		-pthread $(PO_LIBS)

$(PO_BENCH): $(OUTPUT)%: tests/%.c
	$(CC) $(PO_CFLAGS) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS)

# What makes the manual pages, empty if it is not there
RST2MAN		?= $(shell command -v rst2man || command -v rst2man.py)
RST2MAN		:= $(RST2MAN)

man: $(PO_MAN)

$(OUTPUT)%.8: Documentation/%.rst
	$(if $(RST2MAN),$(RST2MAN),rst2man) --strict $< > $@.tmp
	mv $@.tmp $@

# Builds what it needs by itself, with sanitizers, in a temporary folder.
check:
	CC="$(CC)" sh tests/page_owner_check.sh

# DUMP is a real one to repeat, OTHERS are other builds of page_owner_sort.
bench: all $(PO_BENCH)
	DUMP="$(DUMP)" sh tests/page_owner_bench.sh $(OUTPUT). $(OTHERS)

PO_SBIN		= "$(DESTDIR)$(sbindir)"
PO_COMPLETION	= "$(DESTDIR)$(completiondir)"
PO_MAN8		= "$(DESTDIR)$(mandir)/man8"

# bash looks for a completion by the name of the command.
install: all $(if $(RST2MAN),install-man,install-no-man)
	install -d $(PO_SBIN) $(PO_COMPLETION)
	install -m 755 -p $(PO_PROGRAMS:%=$(OUTPUT)%) $(PO_SBIN)
	install -m 644 page_owner_completion.bash $(PO_COMPLETION)/page_owner
	ln -sf page_owner $(PO_COMPLETION)/page_owner_sort
	ln -sf page_owner $(PO_COMPLETION)/page_owner_decode

install-man: man
	install -d $(PO_MAN8)
	install -m 644 $(PO_MAN) $(PO_MAN8)

install-no-man:
	@echo 'There is no rst2man (Debian: python3-docutils): installing no manual pages.' >&2

uninstall:
	rm -f $(PO_PROGRAMS:%=$(PO_SBIN)/%) $(PO_PROGRAMS:%=$(PO_COMPLETION)/%) \
		$(PO_PROGRAMS:%=$(PO_MAN8)/%.8)

clean:
	rm -f $(PO_TOOLS:%=$(OUTPUT)%) $(PO_TOOLS:%=$(OUTPUT)%.o) $(PO_OBJS) \
		$(PO_CMD_OBJS) $(PO_MAN) $(PO_MAN:=.tmp) $(OUTPUT)page_owner_unit \
		$(OUTPUT)page_owner_fuzz $(PO_BENCH) \
		$(PO_DECODE:%=$(OUTPUT)%) $(PO_DECODE:%=$(OUTPUT)%.o) \
		$(OUTPUT)page_owner_raw_unit

.PHONY: all man check bench install install-man install-no-man uninstall clean
.DELETE_ON_ERROR:
