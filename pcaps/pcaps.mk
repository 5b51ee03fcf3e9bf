# The sample captures, made again: live ones in network namespaces (root), then the seeded ones.
.PHONY: pcaps
pcaps: deps-pcaps
	@pcaps/make all
