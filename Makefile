# populace: one command, one library. `make test` and `make demo` install what is missing and need nothing else.
# Variables: CC=clang, asan=1, tsan=1, ubsan=1, MODEL=small (demo), PREFIX, DESTDIR.

VERSION := 0.1.0
CC      ?= cc
PREFIX  ?= /usr/local
DESTDIR ?=
MODEL   ?= default

PKGS    := libcurl libuv yaml-0.1 sqlite3 libzstd libxxhash libpcre2-8 libutf8proc lua5.4
WARN    := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Werror $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
OPT     := -O2 -g
SAN     := $(if $(asan),-fsanitize=address) $(if $(ubsan),-fsanitize=undefined -fno-sanitize-recover=undefined) \
           $(if $(tsan),-fsanitize=thread)
FLAVOUR := $(if $(asan),-asan)$(if $(ubsan),-ubsan)$(if $(tsan),-tsan)$(if $(findstring clang,$(CC)),-clang)
B       := build/obj$(FLAVOUR)
# asked once, when first needed: on a bare machine pkg-config comes with `deps`
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
# -ffp-contract=off: fused multiply-adds differ between CPUs, and what is drawn must not (DESIGN: plan)
CFLAGS_ALL = -std=c11 -D_GNU_SOURCE -DPOP_VERSION='"$(VERSION)"' -I. $(OPT) $(WARN) -ffp-contract=off -fno-strict-aliasing -pthread $(SAN) \
             $(PKG_CFLAGS) $(CFLAGS)
LIBS     = $(PKG_LIBS) -lglpk -lm -pthread $(SAN)

LIB_DIRS := pipeline/base pipeline/model $(addprefix taxonomy/,solve compose compile plan draw taxon) taxonomy validators stages out pipeline
LIB_SRC  := $(sort $(foreach d,$(LIB_DIRS),$(wildcard $(d)/*.c)))
CLI_SRC  := $(sort $(wildcard cli/*.c))
SIM_SRC  := $(sort $(wildcard tests/llmsim/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*_test.c))
BENCH_SRC:= $(sort $(wildcard tests/bench/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*_fuzz.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(B)/%.o)
SIM_OBJ  := $(SIM_SRC:%.c=$(B)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
BENCH_BIN:= $(BENCH_SRC:%.c=$(B)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(B)/%)
LIBA     := $(B)/libpopulace.a
BIN      := $(B)/populace
SIM      := $(B)/llmsim

.PHONY: all test demo bench install uninstall clean deps warnings sim units fuzzers benches check-tables check-deps check-banned format
all: deps
	@$(MAKE) --no-print-directory build

.PHONY: build share
build: $(BIN) $(SIM) libpopulace.a populace share

deps:
	@tests/deps.sh build

# what is installed beside the command, laid out as it will be: the command looks for it relative to itself
share:
	@mkdir -p build/share/populace
	@ln -sfn ../../../taxonomy/populations build/share/populace/populations
	@ln -sfn ../../../pipeline/model/embedded build/share/populace/embedded

# V=1 shows the commands
Q := $(if $(V),,@)
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC $<")
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@
$(LIBA): $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(BIN): $(CLI_OBJ) $(LIBA)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) -o $@ $^ $(LIBS)
$(SIM): $(SIM_OBJ) $(LIBA)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) -o $@ $^ $(LIBS)
populace: $(BIN)
	@cp -f $< $@
libpopulace.a: $(LIBA)
	@cp -f $< $@
$(UNIT_BIN): $(B)/%: $(B)/%.o $(LIBA)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) -o $@ $^ $(LIBS) -lcmocka
$(BENCH_BIN): $(B)/%: $(B)/%.o $(LIBA)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) -o $@ $^ $(LIBS)
# a fuzzer is a libFuzzer target; built plainly it replays its corpus through fuzz_main.c
$(FUZZ_BIN): $(B)/%: $(B)/%.o $(B)/tests/fuzz/fuzz_main.o $(LIBA)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) -o $@ $^ $(LIBS)
sim: $(SIM)
units: $(UNIT_BIN)
fuzzers: $(FUZZ_BIN)
benches: $(BENCH_BIN)

# Everything: builds with the compiler at hand, once more with clang for its warnings, and runs every test.
# T="name..." runs only those whose names contain one of the words.
test:
	@tests/deps.sh test
	@$(MAKE) --no-print-directory -j2 build units fuzzers
	@$(if $(T),,$(MAKE) --no-print-directory -j2 CC=clang B=build/obj-clang-warnings OPT=-O0 warnings)
	@$(if $(T),,$(MAKE) --no-print-directory -j2 asan=1 ubsan=1 OPT=-O1 binaries units fuzzers)
	@$(if $(T),,$(MAKE) --no-print-directory -j2 tsan=1 OPT=-O1 binaries)
	@tests/run.sh $(B) $(T)

.PHONY: binaries
binaries: $(BIN) $(SIM)

# compiled only: clang's warnings are errors as gcc's are
warnings: $(LIB_OBJ) $(CLI_OBJ) $(SIM_OBJ)

demo:
	@tests/deps.sh demo
	@$(MAKE) --no-print-directory -j2 build
	@MODEL=$(MODEL) tests/demo.sh

bench:
	@tests/deps.sh bench
	@$(MAKE) --no-print-directory -j2 build benches
	@tests/bench/run.sh $(B)

check-tables:
	@tests/check-tables.sh
check-deps:
	@tests/check-deps.sh
check-banned:
	@tests/check-banned.sh
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/populace
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/populace
	install -m 644 $(LIBA) $(DESTDIR)$(PREFIX)/lib/libpopulace.a
	install -m 644 include/populace.h $(DESTDIR)$(PREFIX)/include/populace.h
	cp -R taxonomy/populations $(DESTDIR)$(PREFIX)/share/populace/
	cp -R pipeline/model/embedded $(DESTDIR)$(PREFIX)/share/populace/
	$(if $(wildcard docs/man/*.1),install -d $(DESTDIR)$(PREFIX)/share/man/man1 && install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/populace $(DESTDIR)$(PREFIX)/lib/libpopulace.a $(DESTDIR)$(PREFIX)/include/populace.h
	rm -f $(patsubst docs/man/%,$(DESTDIR)$(PREFIX)/share/man/man1/%,$(wildcard docs/man/*.1))
	rm -rf $(DESTDIR)$(PREFIX)/share/populace

clean:
	rm -rf build populace libpopulace.a

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(SIM_OBJ:.o=.d) $(UNIT_BIN:=.d) $(BENCH_BIN:=.d) $(FUZZ_BIN:=.d)
