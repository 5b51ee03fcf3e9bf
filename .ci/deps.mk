# The Debian 12 packages, by what needs them. `deps` asks dpkg only: no apt call when all is there.
BUILD_DEBS := gcc libc6-dev pkg-config libpcap-dev libndpi-dev libpcre2-dev \
              libssl-dev libhiredis-dev libmaxminddb-dev libxxhash-dev libcjson-dev libcyaml-dev libyaml-dev \
              libsqlite3-dev libmicrohttpd-dev libsodium-dev libcurl4-openssl-dev libcap-ng-dev \
              libseccomp-dev libsystemd-dev zlib1g-dev libarchive-dev libmagic-dev libnghttp2-dev libbrotli-dev libisal-dev
RUN_DEBS   := redis-server tor-geoipdb python3 python3-aiosmtpd
TEST_DEBS  := libcmocka-dev libhtp-dev python3-yaml python3-fastjsonschema clang libclang-rt-14-dev chromium fonts-noto-cjk iproute2 tcpreplay \
              $(if $(shell command -v npm),,nodejs npm)
# What speaks in the bench's web trace, and what it measures with. Suricata is the peer, and nobody's dependency.
BENCH_DEBS := curl dnsmasq-base dnsperf ethtool iproute2 libndpi-bin nghttp2-client nginx-light openssl \
              python3-aiosmtpd swaks tcpdump valgrind wrk
LINT_DEBS  := cppcheck clang-format
# What speaks in the live captures. Debian starts some of these servers when it installs them.
PCAPS_DEBS := iproute2 nginx-light curl openssl dnsmasq-base nmap tcpdump ethtool \
              atftpd charon-systemd chrony dovecot-imapd dovecot-pop3d freerdp2-x11 inetutils-telnet inetutils-telnetd \
              krb5-admin-server krb5-kdc krb5-user ldap-utils libnfs-utils mariadb-client mariadb-server microsocks \
              mosquitto mosquitto-clients nfs-ganesha nfs-ganesha-vfs nghttp2-client nghttp2-proxy nghttp2-server \
              ngtcp2-client ngtcp2-server openssh-client openssh-server postgresql-15 postgresql-client-15 \
              python3-libtorrent python3-pyftpdlib python3-pymodbus python3-serial-asyncio python3-websockets \
              python3-zeroconf rpcbind rsyslog samba sip-tester slapd smbclient snmp snmpd socat strongswan-swanctl \
              tigervnc-standalone-server tigervnc-tools tigervnc-viewer tinyproxy-bin udhcpc vncsnapshot xrdp

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Installs what of $(1) dpkg does not know as installed, saying so first.
define need
missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
[ "$(NODEPS)" = 1 ] || [ -z "$$missing" ] || { \
  echo "Installing from Debian:" $$missing; \
  $(SUDO) apt-get update -qq && \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null || { \
    echo "make: could not install:" $$missing "- install them by hand, then call make with NODEPS=1" >&2; exit 1; }; }
endef

.PHONY: deps deps-run deps-test deps-lint deps-pcaps deps-bench
deps:
	@$(call need,$(BUILD_DEBS))
deps-run: deps
	@$(call need,$(RUN_DEBS))
deps-test: deps-run
	@$(call need,$(TEST_DEBS))
deps-lint: deps-test
	@$(call need,$(LINT_DEBS))
deps-pcaps: deps-run
	@$(call need,$(PCAPS_DEBS))
deps-bench: deps-run
	@$(call need,$(BENCH_DEBS))
