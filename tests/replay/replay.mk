# Replay cases, and the sample captures against their manifest.
.PHONY: replay
replay: deps-test $(OUT)/sekisho-sensor
	@tests/replay/run --sensor $(OUT)/sekisho-sensor
	@/usr/bin/python3 tests/replay/check-captures
test: replay
