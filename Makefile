# vmanger: collect, analyze, plan, apply.
#
#   make demo     install what the build needs, build, run the whole pipeline on samples/snapshot
#   make check    install what the tests need, build under sanitizers, run every check and test
#   make          build bin/collect bin/analyze bin/plan bin/apply
#   make check-faults  let every write, flush, rename and open fail in turn
#   make check-threads  run the programs under the thread sanitizer
#   make check-memory   run them under valgrind
#   make check-xen      run the whole pipeline on two emulated hosts of Xen
#   make fuzz     fuzz every reader for FUZZ_SECONDS each
#   make bench    ratios against peers (BENCH=NAME for one); make bench-full for the long forms
#   make install  PREFIX, DESTDIR

VERSION = 0.1.0
PREFIX ?= /usr/local
DATA ?= ../shared/data
BUILD ?= build
BIN ?= bin
SANITIZE ?=

STAGES = collect analyze plan apply
PROGRAMS = $(STAGES:%=$(BIN)/%)
BUILD_PACKAGES = gcc libc6-dev make pkg-config libcsv-dev libcurl4-openssl-dev libxml2-dev libglib2.0-dev libssl-dev \
	libgpgme-dev gnupg libzip-dev zlib1g-dev libvirt-dev
TEST_PACKAGES = $(BUILD_PACKAGES) libcunit1-dev clang-format clang-tidy cppcheck shellcheck python3 git openssl curl util-linux \
	openssh-client chromium \
	golang-go golang-github-vmware-govmomi-dev python3-pyvmomi python3-jsonschema \
	zsh $(LAB_PACKAGES) $(FLEET_PACKAGES)
# A Slurm of the test's own, on this machine.
FLEET_PACKAGES = slurm-wlm munge
# The lab of libvirt hosts in tests/hypervisors.
LAB_PACKAGES = libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 busybox-static cpio \
	iproute2 lxcfs
# The hosts of Xen, whose own packages are unpacked and not installed.
XEN_PACKAGES = $(BUILD_PACKAGES) libvirt-daemon libvirt-clients qemu-system-x86 busybox-static cpio util-linux python3
# The benchmarks' peers: ganeti's hbal, the exact solver cbc, VMware's pyvmomi, curl and xmllint.
BENCH_PACKAGES = python3 ganeti-htools coinor-cbc python3-pyvmomi curl libxml2-utils golang-go \
	golang-github-vmware-govmomi-dev
LIBRARIES = glib-2.0 gio-2.0 libcurl libxml-2.0 libssl libcrypto gpgme libzip zlib libvirt

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

objects = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(1)/$(1).c,$(wildcard $(1)/*.c $(1)/*/*.c)))

# A stage links its own library and those of the stages to its left, never to its right.
LIBS_collect = $(BUILD)/libcollect.a
LIBS_analyze = $(BUILD)/libanalyze.a $(LIBS_collect)
LIBS_plan = $(BUILD)/libplan.a $(LIBS_analyze)
LIBS_apply = $(BUILD)/libapply.a $(LIBS_plan)

TOOL_SOURCES = $(wildcard tests/tools/*.c)
TOOLS = $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(TOOL_SOURCES)) $(BUILD)/tests/generate
UNIT_SOURCES = $(wildcard tests/unit/*.c)
SUITES = $(patsubst tests/unit/test_%.c,X(%),$(wildcard tests/unit/test_*.c))

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
$(BUILD)/tests/plan-check: $(BUILD)/tests/tools/plan-check.o $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/check/*.c)) $(LIBS_plan)
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
SAMPLES = $(patsubst %.c,$(BUILD)/%.o,$(filter-out samples/generate.c,$(wildcard samples/*.c)))
$(BUILD)/tests/generate: $(BUILD)/samples/generate.o $(SAMPLES) $(LIBS_collect)
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/unit/main.o: CPPFLAGS += '-DSUITES(X)=$(SUITES)'
$(BUILD)/tests/unit/main.o: $(UNIT_SOURCES)
FUZZ_CORPUS = $(BUILD)/tests/fuzz/corpus.o $(BUILD)/tests/fuzz/conversation.o $(BUILD)/tests/fuzz/estate.o
$(BUILD)/tests/unit/all: $(UNIT_SOURCES:%.c=$(BUILD)/%.o) $(FUZZ_CORPUS) $(SAMPLES) $(LIBS_apply)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcunit

# For LD_PRELOAD, and so without sanitizers of its own.
$(BUILD)/tests/faults.so: tests/faults/shim.c
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(CPPFLAGS) -std=c11 $(WARNINGS) -O1 -g -fPIC -shared -o $@ $<

$(BUILD)/tests/allocations.so: tests/faults/allocations.c
	@mkdir -p $(@D)
	@echo LINK $@
	@$(CC) $(CPPFLAGS) -std=c11 $(WARNINGS) $(PKG_CFLAGS) -O1 -g -fPIC -shared -o $@ $< -lcsv $(PKG_LIBS)

# clang-tidy on one file at a time (what it remembers of one misleads it in the next), again where something changed.
# The analyzer's depth is bounded: a quarter of its default finds the same in a third of the time.
TIDY_DEPTH = -Xclang -analyzer-config -Xclang max-nodes=50000
C_SOURCES = $(wildcard $(STAGES:%=%/*.c) $(STAGES:%=%/*/*.c) samples/*.c tests/*/*.c)
C_HEADERS = $(wildcard $(STAGES:%=%/*.h) $(STAGES:%=%/*/*.h) samples/*.h tests/*/*.h)
.PHONY: tidy
tidy: $(C_SOURCES:%=$(BUILD)/%.tidy)
$(BUILD)/%.c.tidy: %.c $(C_HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS) '-DSUITES(X)=$(SUITES)' $(PKG_CFLAGS) $(TIDY_DEPTH) 2>$@.log || { cat $@.log >&2; exit 1; }
	@mv $@.log $@

# $(call need,PACKAGES): installs what is missing, by sudo when not root; where it cannot, says the line to type.
# A system without dpkg is left to its owner.
define need
@command -v dpkg-query >/dev/null || exit 0; \
missing=; \
for package in $(1); do \
	dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
test -n "$$missing" || exit 0; \
line="apt-get install -y --no-install-recommends$$missing"; \
if test "$$(id -u)" = 0; then root=; \
elif command -v sudo >/dev/null; then root=sudo; \
else echo "Packages are missing. As root: $$line"; exit 1; fi; \
$$root apt-get install -s --no-install-recommends $$missing >/dev/null 2>&1 || $$root apt-get update; \
$$root env DEBIAN_FRONTEND=noninteractive $$line || { echo "Packages are missing. As root: $$line"; exit 1; }
endef

.PHONY: build-packages test-packages
build-packages:
	@$(call need,$(BUILD_PACKAGES))
test-packages:
	@$(call need,$(TEST_PACKAGES))

# The whole pipeline on the sample, shown as a person would type it.
DEMO = $(BUILD)/demo
define demo_steps
$(BIN)/collect samples/snapshot -o $(DEMO)/before
$(BIN)/analyze $(DEMO)/before -o $(DEMO)/before.csv
$(BIN)/plan $(DEMO)/before $(DEMO)/before.csv -o $(DEMO)/plan.csv
$(BIN)/apply $(DEMO)/plan.csv $(DEMO)/before -o $(DEMO)/after
$(BIN)/analyze $(DEMO)/after -o $(DEMO)/after.csv
endef
export demo_steps
.PHONY: demo
demo: build-packages
	@$(MAKE) --no-print-directory all
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@echo "$$demo_steps" | while read -r step; do echo; echo "\$$ $$step"; $$step || exit 1; done

# Every check and test, with what was built under sanitizers. Their reports need lines, which -g1 has, and no variables.
CHECKED = BUILD=$(BUILD)/sanitized BIN=$(BUILD)/sanitized/bin SANITIZE=address,undefined CFLAGS='-O1 -g1'
.PHONY: check
check: test-packages
	@$(MAKE) --no-print-directory -j$$(nproc) $(CHECKED) all tools \
		$(BUILD)/sanitized/tests/unit/all $(BUILD)/sanitized/tests/vcenter $(BUILD)/sanitized/tests/faults.so \
		$(BUILD)/sanitized/tests/allocations.so
	@$(CHECKED) DATA=$(DATA) tests/run

# All points of failure, of which check tries a sample: calls on files, allocations, kills of apply (half an hour to an
# hour on two cores; SEED=N draws other pairs of them). FAULTS=kills tries those alone.
FAULTS ?= files allocations kills
SEED ?= 1
.PHONY: check-faults $(addprefix faults-of-,files allocations kills)
check-faults: build-packages
	@$(MAKE) --no-print-directory all $(BUILD)/tests/generate $(BUILD)/tests/vcenter $(BUILD)/tests/faults.so \
		$(BUILD)/tests/allocations.so
	@$(MAKE) --no-print-directory $(FAULTS:%=faults-of-%)
IN_FAULTS = TOP=$(CURDIR) BUILD=$(abspath $(BUILD)) BIN=$(abspath $(BIN))
faults-of-files:
	@$(IN_FAULTS) python3 tests/faults/files.py --all
	@$(IN_FAULTS) FAULTS=1 TEST_TIMEOUT_S=14400 tests/run vcenter-faults-of-files
faults-of-allocations:
	@$(IN_FAULTS) ALLOCATIONS=1 TEST_TIMEOUT_S=14400 tests/run faults-of-allocations
faults-of-kills:
	@$(IN_FAULTS) python3 tests/faults/kills.py --seed $(SEED)

# All four programs under an instrument: none may find anything. GLib's own allocator keeps its chunks in lists behind
# futexes that the thread sanitizer cannot see, and which valgrind takes for reachable; G_SLICE has it use malloc.
INSTRUMENTED = G_SLICE=always-malloc SERVER=$(abspath $(BUILD))/tests/vcenter sh -eu tests/instrumented/programs.sh
.PHONY: check-threads check-memory
check-threads: test-packages
	@$(MAKE) --no-print-directory -j$$(nproc) $(BUILD)/tests/vcenter
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(BUILD)/threads BIN=$(BUILD)/threads/bin SANITIZE=thread \
		CFLAGS='-O1 -g' all $(BUILD)/threads/tests/generate
	@BUILD=$(abspath $(BUILD))/threads BIN=$(abspath $(BUILD))/threads/bin TSAN_OPTIONS=exitcode=66:history_size=7 \
		RECIPE='--clusters 4 --hosts 40 --vms 500 --hot 20 --odd 10 --rules 0.3' $(INSTRUMENTED)
check-memory: test-packages
	@$(call need,valgrind)
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/generate $(BUILD)/tests/vcenter
	@BUILD=$(abspath $(BUILD)) BIN=$(abspath $(BIN)) RECIPE=--company \
		UNDER='valgrind -q --error-exitcode=66 --leak-check=full --errors-for-leak-kinds=definite' $(INSTRUMENTED)

# Two real hosts of Xen 4.17 as Debian 12 has it, in QEMU without KVM, and the whole chain on them: a few minutes.
.PHONY: check-xen
check-xen: build-packages
	@$(call need,$(XEN_PACKAGES))
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/hypervisors/xen.py $(BIN) $(BUILD)/xen

# Fuzzes each format's reader, and what accepted input goes through, for FUZZ_SECONDS; what it learns stays in the
# corpus for the next time.
FUZZ_SECONDS ?= 10
FUZZED = $(BUILD)/fuzzed
$(BUILD)/tests/fuzz/all: $(BUILD)/tests/fuzz/fuzz.o $(FUZZ_CORPUS) $(SAMPLES) $(LIBS_apply)
	@echo LINK $@
	@$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LDLIBS)
.PHONY: fuzz
fuzz: build-packages
	@$(call need,clang)
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(FUZZED) CC=clang WARNINGS= \
		SANITIZE=fuzzer-no-link,address,undefined CFLAGS="-O1 -g" $(FUZZED)/tests/fuzz/all
	@for format in $$($(FUZZED)/tests/fuzz/all); do \
		corpus=$(FUZZED)/corpus/$${format##*/}; mkdir -p $$corpus; echo "$$format, $(FUZZ_SECONDS) s"; \
		FUZZ_FORMAT=$$format FUZZ_CORPUS=$$corpus $(FUZZED)/tests/fuzz/all -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
			-verbosity=0 -print_final_stats=1 -artifact_prefix=$(FUZZED)/ $$corpus || exit 1; \
	done

# Each benchmark is tests/bench/NAME.sh and prints what it measured; none can fail for being slow.
BENCH ?= $(patsubst tests/bench/%.sh,%,$(wildcard tests/bench/*.sh))
.PHONY: bench bench-full
bench: export SHORT = 1
bench bench-full: build-packages
	@$(call need,$(BENCH_PACKAGES))
	@$(MAKE) --no-print-directory all tools
	@for name in $(BENCH); do \
		TOP=$(CURDIR) BUILD=$(abspath $(BUILD)) BIN=$(abspath $(BIN)) DATA=$(abspath $(DATA)) \
			bash -eu tests/bench/$$name.sh || exit 1; \
	done

DOCUMENTS = $(DESTDIR)$(PREFIX)/share/doc/vmanger
EXAMPLES = $(DOCUMENTS)/examples
SCHEMAS = $(DESTDIR)$(PREFIX)/share/vmanger/schemas
BASH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_FUNCTIONS = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 $(EXAMPLES) $(SCHEMAS) \
		$(BASH_COMPLETIONS) $(ZSH_FUNCTIONS)
	set -e; for stage in $(STAGES); do install -m 755 $(BIN)/$$stage $(DESTDIR)$(PREFIX)/bin/vmanger-$$stage; done
	set -e; for page in $(wildcard $(STAGES:%=%/*.[15])); do \
		sed 's|/usr/local/share/|$(PREFIX)/share/|g' $$page >$(BUILD)/page; \
		install -m 644 $(BUILD)/page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/vmanger-$${page##*/}; \
	done; rm $(BUILD)/page
	install -m 644 README.md $(DOCUMENTS)
	install -m 644 $(wildcard samples/*.ini samples/vmanger.*) $(EXAMPLES)
	install -m 755 samples/*.sh $(EXAMPLES)
	install -d $(EXAMPLES)/fleet
	install -m 644 samples/fleet/sites.csv samples/fleet/fleet.mk samples/fleet/kubernetes.yaml $(EXAMPLES)/fleet
	install -m 755 samples/fleet/fleet.sh samples/fleet/fleet.sbatch $(EXAMPLES)/fleet
	install -m 644 samples/schemas/* $(SCHEMAS)
	set -e; for stage in $(STAGES); do \
		install -m 644 samples/completions/vmanger.bash $(BASH_COMPLETIONS)/vmanger-$$stage; \
	done
	install -m 644 samples/completions/_vmanger $(ZSH_FUNCTIONS)

# The simulated vCenter, on Debian's own packages only: nothing is downloaded.
GO = GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE=$(CURDIR)/build/go-cache go
$(BUILD)/tests/vcenter: $(wildcard tests/vcenter/*.go)
	@mkdir -p $(@D)
	@echo GO $@
	@$(GO) build -o $@ ./tests/vcenter
.PHONY: go-check
go-check:
	@test -z "$$(gofmt -l tests)" || { gofmt -d tests; exit 1; }
	@$(GO) vet ./tests/vcenter && $(GO) test ./tests/vcenter

.PHONY: clean
clean:
	rm -rf bin build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
