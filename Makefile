# SPDX-License-Identifier: GPL-2.0-only
# The commands of this repository. Each sets up what it needs first: packages, the kernel source, builds.

BIN := scripts/page_owner
VARIANT ?= ours

RUN_demo := run/demo
RUN_check := check/suites $(SUITES)
RUN_kernel := build/kernel $(VARIANT)
RUN_boot := run/boot boot $(VARIANT)
RUN_shell := run/boot shell $(VARIANT)
RUN_bench := run/bench

.PHONY: help demo check check-viewers apply series kernel boot shell tools install uninstall bench setup

help:
	@echo 'make demo              build the kernel, boot it, run a workload, show who owns its memory'
	@echo 'make check             run every test; the last line counts them (SUITES="series gdb": these)'
	@echo 'make check-viewers     open the exports in pprof, promtool, speedscope and Chromium'
	@echo 'make apply KSRC=dir    put the feature into your own 6.12 tree'
	@echo 'make series OUT=dir    write the patches for git am (KSRC=dir: for that tree)'
	@echo 'make kernel            build the test kernel (VARIANT=ours|stock|debug)'
	@echo 'make boot              boot it with page_owner=on and turn it off again'
	@echo 'make shell             boot it and look around in it'
	@echo 'make tools             build the user space tools; no kernel needed'
	@echo 'make install           install them with their manual pages and completion (PREFIX=/usr/local DESTDIR=)'
	@echo 'make uninstall         take that back, with the same PREFIX and DESTDIR'
	@echo 'make bench             count the instructions per allocation, beside stock, off and not built; time the tools'
	@echo
	@echo 'PAGE_OWNER_CACHE=dir   where sources, builds and results lie (default: ~/.cache/page_owner)'
	@echo 'KVM=1                  boot with KVM instead of emulation'
	@echo 'ARCH=arm64             demo, check, kernel, boot, shell and bench for arm64, cross-built and emulated (default: x86)'

demo check kernel boot shell bench: setup
	@$(BIN)/$(RUN_$@)

check-viewers:
	@$(BIN)/check/test-viewers

setup:
	@$(BIN)/build/setup

apply:
	@$(if $(KSRC),,$(error usage: make apply KSRC=folder-of-a-kernel-tree))$(BIN)/patch/apply '$(KSRC)'

series:
	@$(if $(OUT),,$(error usage: make series OUT=folder [KSRC=folder-of-a-kernel-tree]))$(BIN)/patch/series '$(OUT)' $(KSRC:%='%')

tools:
	@$(MAKE) --no-print-directory -C tools/mm/page_owner_tools

# Relative folders are those of the caller, not of the tools.
folder = $(if $(filter-out /%,$(firstword $($(1)))),$(1)='$(CURDIR)/$($(1))')

install uninstall:
	@$(MAKE) --no-print-directory -C tools/mm/page_owner_tools $@ $(call folder,PREFIX) $(call folder,DESTDIR)
