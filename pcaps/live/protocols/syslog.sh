# shellcheck shell=bash
# Messages of several facilities and severities, RFC 3164 and RFC 5424, over UDP and TCP: logger and rsyslogd

serve() {
    cat >"$WORK/rsyslog.conf" <<CONF
module(load="imudp")
module(load="imtcp")
input(type="imudp" address="$HOST" port="514")
input(type="imtcp" address="$HOST" port="601")
*.* action(type="omfile" file="$WORK/messages")
CONF
    daemon 601 rsyslogd -n -f "$WORK/rsyslog.conf" -i "$WORK/rsyslogd.pid"
}

talk() {
    local to="--server $HOST --port 514 --udp"
    gauge logger $to --rfc3164 -p auth.warning -t sshd 'Failed password for keeper from 198.18.7.77'
    gauge logger $to --rfc5424 -p local3.err -t gauged --id=17 --msgid LEVEL \
        --sd-id gauge@32473 --sd-param 'station="12"' 'level 3.40 m'
    gauge logger $to -p user.emerg -t gate 'flood gate open'
    gauge logger --server "$HOST" --port 601 --tcp --octet-count -p daemon.info -t pump 'counted octets'
    gauge logger --server "$HOST" --port 601 --tcp -p mail.notice -t post 'ended by a line feed'
}

# gauge COMMAND...: on a machine of that name.
gauge() { ask unshare --uts sh -c 'hostname gauge-07 && exec "$@"' sh "$@"; }
