# shellcheck shell=bash
# Two network namespaces and the wire between them: `site` (an organisation) and `world`.
#
# world_up makes them, with offloads off so that a capture shows what a wire would; world_down
# removes them and ends everything that was started inside. Callers set a trap for world_down.

SITE=sk-site-$$ WORLD=sk-world-$$
WORK=$(mktemp -d)

# world_up "SITE ADDRESSES" "WORLD ADDRESSES": each side owns its addresses, routes all else across.
world_up() {
    local ns
    ip netns add "$SITE"
    ip netns add "$WORLD"
    ip link add wan netns "$SITE" address 02:00:00:00:00:01 type veth \
        peer name wan netns "$WORLD" address 02:00:00:00:00:0a
    for ns in "$SITE" "$WORLD"; do
        ip -n "$ns" link set lo up
        ip -n "$ns" link set wan up
        ip netns exec "$ns" ethtool -K wan tx off rx off tso off gso off gro off >/dev/null
        ip netns exec "$ns" sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
            echo 0 >/proc/sys/net/ipv4/tcp_syncookies
            echo 0 >/proc/sys/net/ipv6/conf/wan/accept_dad'
    done
    SITE_ADDRESS=${1%% *}
    addresses "$SITE" $1
    addresses "$WORLD" $2
}

addresses() {
    local ns=$1 address
    shift
    for address in "$@"; do
        case $address in
        *:*) ip -n "$ns" addr add "$address/128" dev wan nodad ;;
        *) ip -n "$ns" addr add "$address/32" dev wan ;;
        esac
    done
    ip -n "$ns" route add default dev wan
    ip -n "$ns" -6 route add default dev wan
}

world_down() {
    local ns
    for ns in "$SITE" "$WORLD"; do
        ip netns list | grep -q "^$ns" || continue
        signal_all TERM "$ns"
        # Whoever still writes would leave its files behind.
        wait_for all_gone "$ns" || signal_all KILL "$ns"
        ip netns del "$ns"
    done
    rm -rf "$WORK"
}

signal_all() {
    local pid
    for pid in $(ip netns pids "$2"); do kill "-$1" "$pid" 2>/dev/null || true; done
}

all_gone() { [ -z "$(ip netns pids "$1")" ]; }

site() { ip netns exec "$SITE" "$@"; }
world() { ip netns exec "$WORLD" "$@"; }

# wait_for COMMAND...: until it succeeds, at most ten seconds.
wait_for() {
    local i
    for ((i = 0; i < 200; i++)); do
        "$@" 2>/dev/null && return 0
        sleep 0.05
    done
    echo "live: gave up waiting for: $*" >&2
    return 1
}

# listening NAMESPACE PORT: something accepts on it there.
listening() { ip netns exec "$1" ss -Hltun "sport = :$2" | grep -q .; }

# capture_start FILE [FILTER...]: what crosses the wire from here on.
capture_start() {
    CAPTURE_FILE=$1
    shift
    # Not through site(): the pid must be tcpdump's own.
    ip netns exec "$SITE" tcpdump -i wan -U --immediate-mode -Z root -s 0 -w "$CAPTURE_FILE" "${@:-ip or ip6}" 2>"$WORK/tcpdump.log" &
    CAPTURE_PID=$!
    wait_for grep -q 'listening on' "$WORK/tcpdump.log"
}

# Sends one last marked datagram and waits until it is in the file, then takes it out again.
capture_stop() {
    world "$PYTHON" "$LIVE/mark.py" send "$SITE_ADDRESS"
    wait_for grep -q 'sekisho end of capture' "$CAPTURE_FILE"
    kill -TERM "$CAPTURE_PID"
    wait "$CAPTURE_PID" || true
    "$PYTHON" "$LIVE/mark.py" strip "$CAPTURE_FILE"
}
