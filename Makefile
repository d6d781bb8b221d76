# vmanger: collect, analyze, plan, apply.
#
#   make demo     install what the build needs, build, run the whole pipeline on samples/snapshot
#   make check    install what the tests need, build under sanitizers, run every check and test
#   make          build bin/collect bin/analyze bin/plan bin/apply
#   make bench    ratios against peers (BENCH=NAME for one); make bench-full for the long ones
#   make install  PREFIX, DESTDIR

VERSION = 0.1.0
PREFIX ?= /usr/local
DATA ?= ../shared/data
BUILD ?= build
BIN ?= bin
SANITIZE ?=

STAGES = collect analyze plan apply
PROGRAMS = $(STAGES:%=$(BIN)/%)
BUILD_PACKAGES = gcc libc6-dev make pkg-config libcsv-dev libcurl4-openssl-dev libxml2-dev libglib2.0-dev libssl-dev
TEST_PACKAGES = $(BUILD_PACKAGES) libcunit1-dev clang-format clang-tidy cppcheck python3 git
LIBRARIES = glib-2.0 gio-2.0 libcurl libxml-2.0 libcrypto

CC = gcc
CPPFLAGS += -I. -D_GNU_SOURCE -DVMANGER_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wformat=2 -Wvla -Wundef -Werror
SANITIZERS = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(LIBRARIES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(LIBRARIES)))$(PKG_LIBS)
ALL_CFLAGS = -std=c11 $(WARNINGS) $(CFLAGS) $(SANITIZERS) $(PKG_CFLAGS)
LDLIBS = $(PKG_LIBS) -lcsv -lm

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(1)/$(1).c,$(wildcard $(1)/*.c)))

# A stage links its own library and those of the stages to its left, never to its right.
LIBS_collect = $(BUILD)/libcollect.a
LIBS_analyze = $(BUILD)/libanalyze.a $(LIBS_collect)
LIBS_plan = $(BUILD)/libplan.a $(LIBS_analyze)
LIBS_apply = $(BUILD)/libapply.a $(LIBS_plan)

TOOL_SOURCES = $(wildcard tests/tools/*.c)
TOOLS = $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(TOOL_SOURCES)) $(BUILD)/tests/generate
UNIT_SOURCES = $(wildcard tests/unit/*.c)

.PHONY: all
all: $(PROGRAMS)

.SECONDEXPANSION:
$(PROGRAMS): $(BIN)/%: $(BUILD)/%/$$*.o $$(LIBS_$$*)
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

define stage_library
$(BUILD)/lib$(1).a: $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach stage,$(STAGES),$(eval $(call stage_library,$(stage))))

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo CC $<
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Stand-alone tools of the tests and benchmarks: build/tests/NAME.
.PHONY: tools
tools: $(TOOLS)
$(BUILD)/tests/%: $(BUILD)/tests/tools/%.o $(LIBS_apply)
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/tests/generate: $(patsubst %.c,$(BUILD)/%.o,$(wildcard samples/*.c)) $(LIBS_collect)
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/unit/all: $(UNIT_SOURCES:%.c=$(BUILD)/%.o) $(LIBS_apply)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit

.PHONY: clean
clean:
	rm -rf bin build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
