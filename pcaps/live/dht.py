"""A node of the DHT: `dht.py ADDRESS` says "announced" once another one has announced itself there,
`dht.py ADDRESS OTHER` joins that one, asks for peers of a torrent and announces itself as one."""
import sys

import libtorrent

MAGNET = "magnet:?xt=urn:btih:" + bytes(range(20)).hex()
PORT = 6881


def seen(session, kind):
    """Waits for an alert of this kind, half a minute at most."""
    for _ in range(60):
        session.wait_for_alert(500)
        if any(isinstance(alert, kind) for alert in session.pop_alerts()):
            return
    sys.exit(f"no {kind.__name__}")


session = libtorrent.session({
    "listen_interfaces": f"{sys.argv[1]}:{PORT}", "dht_bootstrap_nodes": "", "enable_dht": True, "enable_lsd": False,
    "enable_upnp": False, "enable_natpmp": False, "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False, "alert_mask": libtorrent.alert.category_t.dht_notification,
})
if len(sys.argv) == 3:
    session.add_dht_node((sys.argv[2], PORT))
    torrent = libtorrent.parse_magnet_uri(MAGNET)
    torrent.save_path = "."
    session.add_torrent(torrent)
    seen(session, libtorrent.dht_reply_alert)
else:
    seen(session, libtorrent.dht_announce_alert)
    print("announced", flush=True)
    seen(session, libtorrent.dht_pkt_alert)
