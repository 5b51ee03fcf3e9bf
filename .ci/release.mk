# make release: the sensor for a gateway, $(BUILD)/release/sekisho-sensor. Built with counters, run over the sample
# captures, and built again by what was counted, across files. Figures: tests/bench/README.md.
#
# Objects lie at the same path both times: gcc finds the counts of a static function by it. What the captures do not
# reach is compiled as ever (partial training), not for size.
RELEASE       := $(BUILD)/release
RELEASE_COUNT := -fprofile-generate -fprofile-update=prefer-atomic
RELEASE_USE   := -fprofile-use -fprofile-partial-training -Wno-missing-profile
release_build = $(MAKE) --no-print-directory BUILD=$(RELEASE) OPT='$(OPT) -flto=auto $(1)' \
                LDFLAGS='$(OPT) -flto=auto $(1) $(LDFLAGS)' $(RELEASE)/sekisho-sensor

.PHONY: release
release: deps
	@rm -rf $(RELEASE)
	+@$(call release_build,$(RELEASE_COUNT))
	@mkdir $(RELEASE)/training
	@for d in $(sort $(dir $(shell find pcaps -name '*.pcap'))); do \
	    $(RELEASE)/sekisho-sensor -r $$d -k none -l $(RELEASE)/training >/dev/null || [ $$? = 3 ] || exit 1; done
	@find $(RELEASE) -type f ! -name '*.gcda' -delete
	+@$(call release_build,$(RELEASE_USE))
