# shellcheck shell=bash
# The time asked for four times over IPv4 and IPv6: chronyd on both sides

serve() {
    printf 'local stratum 3\nallow all\ncmdport 0\nbindaddress %s\nbindaddress %s\npidfile %s\nuser root\n' \
        "$HOST" "$HOST6" "$WORK/chronyd.pid" >"$WORK/chrony.conf"
    daemon 123 chronyd -x -d -f "$WORK/chrony.conf"
}

talk() {
    ask chronyd -Q -t 8 -f /dev/null "pidfile $WORK/one.pid" 'cmdport 0' 'user root' "server $HOST iburst maxsamples 4"
    ask chronyd -Q -t 8 -f /dev/null "pidfile $WORK/two.pid" 'cmdport 0' 'user root' "server $HOST6 iburst maxsamples 4"
}
