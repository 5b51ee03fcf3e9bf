# shellcheck shell=bash
# Two nodes of BitTorrent's DHT: pings, nodes and peers asked for, a peer announced: libtorrent on both sides

serve() {
    site "$PYTHON" "$LIVE/dht.py" "$HOST" >>"$WORK/serve.log" 2>&1 &
    wait_for listening "$SITE" 6881
}

talk() {
    ask "$PYTHON" "$LIVE/dht.py" "$CLIENT" "$HOST"
    wait_for grep -q announced "$WORK/serve.log"
}
