# make install DESTDIR=... PREFIX=...: programs, rules, console, units, sample configuration, manual.
INSTALL ?= install
SYSCONF ?= /etc/sekisho
UNITDIR ?= /lib/systemd/system

.PHONY: install uninstall
install: all
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/sekisho $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(SYSCONF) $(DESTDIR)$(UNITDIR)
	$(INSTALL) -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	cd rules && find . -type f ! -name README.md -exec $(INSTALL) -D -m 644 {} $(DESTDIR)$(PREFIX)/share/sekisho/rules/{} \;
	cd dashboards && find . -type f \( -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.svg' \) \
	  -exec $(INSTALL) -D -m 644 {} $(DESTDIR)$(PREFIX)/share/sekisho/dashboards/{} \;
	for f in sensor/man/*.1 analyzer/man/*.1; do $(INSTALL) -m 644 $$f $(DESTDIR)$(PREFIX)/share/man/man1; done
	for f in sensor/sensor.sample.yaml analyzer/analyzer.sample.yaml analyzer/directory/orgs.sample.yaml; do \
	  $(INSTALL) -m 640 $$f $(DESTDIR)$(SYSCONF)/$$(basename $$f); done
	for f in sensor/sekisho-sensor@.service analyzer/sekisho-analyzer.service; do \
	  sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONF@|$(SYSCONF)|g' $$f > $(DESTDIR)$(UNITDIR)/$$(basename $$f); done
	@echo "Installed. Next: copy $(SYSCONF)/*.sample.yaml, then systemctl enable --now sekisho-analyzer sekisho-sensor@IFACE"

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,sekisho-sensor sekisho-analyzer sekisho)
	rm -rf $(DESTDIR)$(PREFIX)/share/sekisho
	rm -f $(DESTDIR)$(UNITDIR)/sekisho-sensor@.service $(DESTDIR)$(UNITDIR)/sekisho-analyzer.service
