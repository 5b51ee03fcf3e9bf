# shellcheck shell=bash
# Addresses leased to clients that ask for any, for one of the range and for a foreign one: udhcpc and dnsmasq

serve() {
    ip -n "$SITE" addr add 10.51.0.1/24 dev wan
    daemon 67 dnsmasq --conf-file=/dev/null --no-hosts --no-resolv --no-daemon --user=root --port=0 \
        --interface=wan --bind-interfaces --pid-file="$WORK/dnsmasq.pid" \
        --dhcp-leasefile="$WORK/leases" --dhcp-authoritative --no-ping \
        --dhcp-range=10.51.0.100,10.51.0.120,12h --dhcp-option=option:router,10.51.0.1 \
        --dhcp-option=option:dns-server,10.51.0.53 --domain=kasen.example
    printf '#!/bin/sh\nexit 0\n' >"$WORK/nothing"
    chmod +x "$WORK/nothing"
}

talk() {
    local client="udhcpc -i wan -f -q -n -t 3 -T 1 -s $WORK/nothing -x hostname:gauge-07"
    ask $client -V gauge
    ask $client -r 10.51.0.117
    attempt $client -r 192.168.7.7
}
