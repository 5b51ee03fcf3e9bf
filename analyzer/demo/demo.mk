# The whole loop on the sample captures; ONCE=1 stops after the summary.
.PHONY: demo
demo: deps-run $(PROGRAMS)
	@$(OUT)/sekisho demo $(if $(filter 1,$(ONCE)),--once)
