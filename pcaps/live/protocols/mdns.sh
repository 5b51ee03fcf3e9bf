# shellcheck shell=bash
# A service announced, browsed for, resolved and withdrawn in multicast DNS: Python's zeroconf on both sides

serve() {
    ip -n "$SITE" route add 224.0.0.0/4 dev wan
    ip -n "$WORLD" route add 224.0.0.0/4 dev wan
}

talk() {
    site "$PYTHON" "$LIVE/mdns.py" announce "$HOST" >>"$WORK/serve.log" 2>&1 &
    wait_for grep -q ready "$WORK/serve.log"
    ask "$PYTHON" "$LIVE/mdns.py" browse "$CLIENT"
    wait_for grep -q gone "$WORK/serve.log"
}
