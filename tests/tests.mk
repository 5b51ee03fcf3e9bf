# Tests: unit (cmocka), fuzz seeds, replay cases, end to end, browser; corpora and benches.
UNIT_BIN := $(patsubst tests/unit/%.c,$(OUT)/unit/%,$(UNIT_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(FUZZ_SRC))
$(call objects,$(UNIT_SRC) $(FUZZ_SRC)): | deps-test

# A test links the libraries of the half it stands under: common, sensor or analyzer; of the sensor's
# also what is there to be compared with.
$(OUT)/unit/common/%: $(OUT)/obj/tests/unit/common/%.o $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(link) -lcmocka $(LDLIBS_COMMON) -lm -pthread
$(OUT)/unit/sensor/%: $(OUT)/obj/tests/unit/sensor/%.o $(OUT)/libsensor.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(link) -lcmocka $(LDLIBS_SENSOR) $(call pkg_libs,$(TEST_PKGS))
$(OUT)/unit/analyzer/%: $(OUT)/obj/tests/unit/analyzer/%.o $(OUT)/libanalyzer.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(link) -lcmocka $(LDLIBS_ANALYZER)

# A fuzz target is LLVMFuzzerTestOneInput; with replay_main it runs its seeds as a plain test.
$(OUT)/fuzz/%: $(OUT)/obj/tests/fuzz/%.o $(OUT)/obj/tests/fuzz/replay_main.o $(OUT)/libsensor.a $(OUT)/libanalyzer.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(link) $(LDLIBS_SENSOR) $(LDLIBS_ANALYZER)

# make fuzz TARGET=dns TIME=60: the same file with libFuzzer, clang and the sanitizers. What it finds
# new stays in build/corpus/; a crash is left there too, and belongs into seeds/ with its fix.
TIME ?= 60
FUZZ_MAKE = $(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/libfuzzer SANITIZE=fuzzer-no-link,address,undefined \
            CFLAGS="-g -Wno-error" LDFLAGS=-fsanitize=fuzzer
FUZZ_EXE  = $(BUILD)/libfuzzer/fuzzer-no-link-address-undefined/libfuzzer/$(TARGET)
$(OUT)/libfuzzer/%: $(OUT)/obj/tests/fuzz/fuzz_%.o $(OUT)/libsensor.a $(OUT)/libanalyzer.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(link) $(LDLIBS_SENSOR) $(LDLIBS_ANALYZER)
.PHONY: fuzz
fuzz: deps-test
	@[ -f "tests/fuzz/fuzz_$(TARGET).c" ] || { echo "make fuzz wants TARGET=one of: $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_SRC))" >&2; exit 2; }
	@$(FUZZ_MAKE) $(FUZZ_EXE)
	@mkdir -p $(BUILD)/corpus/$(TARGET)
	@$(FUZZ_EXE) -max_total_time=$(TIME) -max_len=16384 -print_final_stats=1 \
	    -artifact_prefix=$(BUILD)/corpus/ $(BUILD)/corpus/$(TARGET) tests/fuzz/seeds/$(TARGET)

.PHONY: test unit fuzz-seeds
unit: deps-test $(UNIT_BIN)
	@tests/run-unit $(UNIT_BIN)
fuzz-seeds: deps-test $(FUZZ_BIN)
	@for f in $(FUZZ_BIN); do $$f tests/fuzz/seeds/$$(basename $$f | sed 's/^fuzz_//') || exit 1; done
test: unit fuzz-seeds

# ---- corpora, floors, lint, bench -------------------------------------------------------------
.PHONY: corpus lint bench benches
corpus: deps-test $(OUT)/sekisho-sensor
	@[ -n "$(DIR)" ] || { echo "make corpus wants DIR=folder of captures" >&2; exit 2; }
	@tests/corpus --sensor $(OUT)/sekisho-sensor $(if $(WORKERS),--workers $(WORKERS)) $(if $(RULES),--rules $(RULES)) $(DIR)

# A failed realloc ends the program (ASSERT), so nothing is left to leak; NULL ends our variadic calls.
CPPCHECK_FLAGS := --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
                  --suppress=missingIncludeSystem --suppress=missingInclude --suppress=varFuncNullUB --suppress=memleakOnRealloc -I. -j 2 --max-ctu-depth=2
lint: deps-lint
	@HEADER_CFLAGS="$(PKG_CFLAGS)" tests/lint/check
	@cppcheck $(CPPCHECK_FLAGS) common sensor analyzer tests/fuzz
	@clang-format --dry-run -Werror $$(git ls-files '*.c' '*.h') && echo "format: clean"

# Suricata where it is installed, or SURICATA='chroot DIR suricata' SURICATA_ROOT=DIR; SURICATA= leaves it out.
SURICATA      ?= suricata
SURICATA_ROOT ?= /

# What a packet costs (tests/bench/README.md). An answer in a minute: make bench ONLY=web MODE=alerts RUNS=1 WORKERS=1 SURICATA=
SHARED    ?= ../shared
BENCH_DIR ?= $(BUILD)/bench-traces
HISTORY   ?= tests/bench/HISTORY.tsv
BENCH_RUN  = @tests/bench/run $(1) --sensor $(2) --shared $(SHARED) --dir $(BENCH_DIR) --history '$(HISTORY)' \
             --suricata '$(SURICATA)' --suricata-root $(SURICATA_ROOT) $(foreach o,TRACES RULES ONLY MODE WORKERS RUNS PACKETS,$(bench_option))
bench_option = $(if $($(o)),--$(shell echo $(o) | tr A-Z a-z) '$($(o))')
.PHONY: bench-instructions bench-profile
bench: deps-bench $(OUT)/sekisho-sensor
	$(call BENCH_RUN,times,$(OUT)/sekisho-sensor)
bench-instructions: deps-bench $(OUT)/sekisho-sensor
	$(call BENCH_RUN,instructions,$(OUT)/sekisho-sensor)
bench-profile: deps-bench
	@$(MAKE) --no-print-directory PROFILE=1 $(BUILD)/profile/sekisho-sensor
	$(call BENCH_RUN,profile,$(BUILD)/profile/sekisho-sensor)

# Needs Suricata, so it is no part of `make test`: make diff SEED=1 RULES=5000 CAPTURES=DIR SURICATA=suricata
SEED ?= 1
.PHONY: diff
diff: $(OUT)/sekisho-sensor
	@[ -n "$(CAPTURES)" ] || { echo "make diff wants CAPTURES=folder of captures" >&2; exit 2; }
	@tests/diff/run --sensor $(OUT)/sekisho-sensor --seed $(SEED) --rules $(if $(RULES),$(RULES),5000) \
	    --suricata '$(SURICATA)' --suricata-root $(SURICATA_ROOT) --out $(BUILD)/diff $(CAPTURES)

# The rooms' own benches: make benches, then run build/bench/bench_<what>.
benches: $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(wildcard tests/bench/bench_*.c))
$(OUT)/bench/%: $(OUT)/obj/tests/bench/%.o $(OUT)/libsensor.a $(OUT)/libanalyzer.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(link) $(LDLIBS_SENSOR) $(LDLIBS_ANALYZER)

# ---- sample captures, replay cases, the demo ----------------------------------------------------
include pcaps/pcaps.mk
include tests/replay/replay.mk
include analyzer/demo/demo.mk
include tests/e2e/e2e.mk
