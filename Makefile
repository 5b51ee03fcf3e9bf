# Sekisho: `make` builds the three programs into build/, `make help` lists the targets.
#
# New files are found by themselves. SANITIZE=address,undefined or SANITIZE=thread goes with any
# target and builds beside the plain one; so does PROFILE=1, whose sensor counts cycles by room.

BUILD    ?= build
SANITIZE ?=
PROFILE  ?=
CC       ?= gcc
PREFIX   ?= /usr/local
DESTDIR  ?=
V        ?= 0

comma := ,
empty :=
space := $(empty) $(empty)
OUT := $(BUILD)$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))$(if $(PROFILE),/profile)
Q   := $(if $(filter 1,$(V)),,@)

SENSOR_PKGS   := libndpi libpcap libpcre2-8 openssl libmaxminddb yaml-0.1 zlib libcap-ng libseccomp libsystemd libmagic libnghttp2 libbrotlidec libisal
ANALYZER_PKGS := libarchive libpcre2-8 libcyaml yaml-0.1 sqlite3 libmicrohttpd libsodium libcurl libmaxminddb libsystemd openssl
COMMON_PKGS   := hiredis libxxhash libcjson
TEST_PKGS     := htp
pkg_cflags = $(shell pkg-config --cflags $(1) 2>/dev/null | sed 's/-I/-isystem /g')
pkg_libs   = $(shell pkg-config --libs $(1) 2>/dev/null)

WARN   := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wvla -Wformat=2 -Werror
OPT    := $(if $(SANITIZE),-O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all,-O2 -fno-plt)
CFLAGS ?= -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARN) $(OPT) $(CFLAGS) $(if $(PROFILE),-DSEKISHO_PROFILE) -include common/banned.h -MMD -MP \
             -DSEKISHO_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
VERSION := $(shell cat VERSION)
LDLIBS_COMMON   = $(call pkg_libs,$(COMMON_PKGS))
LDLIBS_SENSOR   = $(call pkg_libs,$(SENSOR_PKGS)) $(LDLIBS_COMMON) -lm -pthread
LDLIBS_ANALYZER = $(call pkg_libs,$(ANALYZER_PKGS)) $(LDLIBS_COMMON) -lm -pthread
LDFLAGS_ALL     = $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)
# Asked once, and only after `deps` had its turn: on a fresh machine pkg-config itself is missing before.
PKG_CFLAGS      = $(eval PKG_CFLAGS := $$(call pkg_cflags,$(SENSOR_PKGS) $(ANALYZER_PKGS) $(COMMON_PKGS)))$(PKG_CFLAGS)

sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
COMMON_SRC   := $(call sources,common)
SENSOR_SRC   := $(filter-out sensor/main.c,$(call sources,sensor))
CLI_SRC      := $(call sources,analyzer/cli)
ANALYZER_SRC := $(filter-out analyzer/main.c $(CLI_SRC),$(call sources,analyzer))
UNIT_SRC     := $(call sources,tests/unit)
FUZZ_SRC     := $(filter-out tests/fuzz/replay_main.c,$(call sources,tests/fuzz))

PROGRAMS := $(OUT)/sekisho-sensor $(OUT)/sekisho-analyzer $(OUT)/sekisho

.DEFAULT_GOAL := all
.PHONY: all help
.SECONDARY:
all: $(PROGRAMS)

help:
	@printf '%s\n' 'Targets:' \
	  '  all       build the three programs into $(BUILD)/ (default)' \
	  '  release   the sensor optimised by what it does on the sample captures, into $(BUILD)/release/' \
	  '  demo      build, then the whole loop on the sample captures; ONCE=1 stops after the summary' \
	  '  test      unit, fuzz seeds, replay cases, end to end, console in a browser' \
	  '  corpus    every capture below DIR=... through the sensor: no crash, same alerts for 1, 2, 4 workers' \
	  '  bench     what a packet costs, beside Suricata: ONLY=web MODE=alerts RUNS=1 ... (tests/bench/README.md)' \
	  '  benches   the benches of single rooms, into $(BUILD)/bench/' \
	  '  fuzz      TARGET=dns TIME=60, libFuzzer on one parser' \
	  '  lint      layers, headers alone, tables against folders, cppcheck, formatting' \
	  '  format    clang-format over the C sources' \
	  '  pcaps     make the sample captures again (root, network namespaces)' \
	  '  install   DESTDIR=... PREFIX=...' \
	  '  deps      install the Debian packages that are missing' \
	  'Variables: SANITIZE=address,undefined  BUILD=build  V=1'

# ---- packages -------------------------------------------------------------------------------
include .ci/deps.mk

# ---- objects, libraries, programs -----------------------------------------------------------
$(OUT)/obj/%.o: %.c | deps
	@mkdir -p $(@D)
	$(if $(Q),@printf '  CC   %s\n' $<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

archive = @mkdir -p $(@D); rm -f $@; ar rcs $@ $^
$(OUT)/libcommon.a: $(call objects,$(COMMON_SRC))
	$(archive)
$(OUT)/libsensor.a: $(call objects,$(SENSOR_SRC))
	$(archive)
$(OUT)/libanalyzer.a: $(call objects,$(ANALYZER_SRC))
	$(archive)

link = $(if $(Q),@printf '  LD   %s\n' $@);$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o %.a,$^)
$(OUT)/sekisho-sensor: $(OUT)/obj/sensor/main.o $(OUT)/libsensor.a $(OUT)/libcommon.a
	$(link) $(LDLIBS_SENSOR)
$(OUT)/sekisho-analyzer: $(OUT)/obj/analyzer/main.o $(OUT)/libanalyzer.a $(OUT)/libcommon.a
	$(link) $(LDLIBS_ANALYZER)
$(OUT)/sekisho: $(call objects,$(CLI_SRC)) $(OUT)/libanalyzer.a $(OUT)/libcommon.a
	$(link) $(LDLIBS_ANALYZER)

include .ci/release.mk

# ---- tests ----------------------------------------------------------------------------------
include tests/tests.mk

# ---- install --------------------------------------------------------------------------------
include .ci/install.mk

.PHONY: clean format
clean:
	rm -rf $(BUILD)
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
