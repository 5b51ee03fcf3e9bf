# End to end: every tests/e2e/<what>/run, one after the other. BUILD names the folder of the programs.
.PHONY: e2e
e2e: deps-test $(PROGRAMS)
	@for run in tests/e2e/*/run; do BUILD=$(abspath $(OUT)) $$run || exit 1; done
test: e2e
