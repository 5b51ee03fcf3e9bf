# Replay cases, and the sample captures against their manifest.
.PHONY: replay
replay: deps-test $(OUT)/sekisho-sensor
	@tests/replay/run --sensor $(OUT)/sekisho-sensor
	@/usr/bin/python3 tests/replay/check-captures
test: replay

# However the segments of a capture's streams are cut, shuffled and repeated, the records stay.
SEGMENTS := pcaps/protocols pcaps/features/http-nginx.pcap pcaps/features/tls-nginx.pcap pcaps/features/tcp-order.pcap pcaps/pieces
.PHONY: segments
segments: deps-test $(OUT)/sekisho-sensor
	@tests/segments --sensor $(OUT)/sekisho-sensor $(or $(DIR),$(SEGMENTS))
test: segments
