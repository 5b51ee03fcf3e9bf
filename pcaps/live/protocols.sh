# shellcheck shell=bash
# One capture a protocol: protocols/NAME.sh says in its second line what it shows, starts real servers in
# `serve` and lets real clients talk in `talk`; what crosses the wire meanwhile is ../protocols/NAME.pcap.

# protocol NAME
protocol() {
    # shellcheck source=/dev/null
    . "$LIVE/protocols/$1.sh"
    world_up "$HOST $HOST6" "$CLIENT $CLIENT6"
    authority
    serve
    mkdir -p "$PCAPS/protocols"
    capture_start "$PCAPS/protocols/$1.pcap"
    talk
    capture_stop
}

# ask COMMAND...: a client that has to succeed; attempt: one that may be refused.
ask() { attempt_log "$@" || { tail -n 20 "$WORK/talk.log" >&2; return 1; }; }
attempt() { attempt_log "$@" || true; }
attempt_log() { world timeout 20 "$@" </dev/null >>"$WORK/talk.log" 2>&1; }

# daemon PORT COMMAND...: a server that stays in the foreground; waits until it listens.
daemon() {
    local port=$1
    shift
    site "$@" </dev/null >>"$WORK/serve.log" 2>&1 &
    wait_for listening "$SITE" "$port" || { tail -n 20 "$WORK/serve.log" >&2; return 1; }
}

# report FILE: a small document with a few readable lines, for whoever carries files.
report() {
    mkdir -p "$(dirname "$1")"
    { echo '%PDF-1.4'; seq -f 'gauge %03g: the tide stood at 340 cm' 40; echo '%%EOF'; } >"$1"
}
