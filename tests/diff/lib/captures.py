"""Which captures a run uses, and what they contain: flows, and what our sensor says of each."""
import json
import os
import random

from . import packets, pcap

ENDINGS = (".pcap", ".pcapng", ".cap", ".trace")


def below(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for top, dirs, names in os.walk(path):
            dirs.sort()
            yield from (os.path.join(top, n) for n in sorted(names) if n.endswith(ENDINGS))


def sample(paths, count, seed, cap_bytes):
    """`count` small captures, spread over the folders they lie in."""
    rng, groups = random.Random(f"captures {seed}"), {}
    for path in below(paths):
        if 24 < os.path.getsize(path) <= cap_bytes and pcap.for_both(path):
            groups.setdefault(os.path.dirname(path), []).append(path)
    chosen = []
    for group in groups.values():
        rng.shuffle(group)
    # A folder with many captures has its turn more often, but not in proportion.
    weights = {d: len(g) ** 0.6 for d, g in groups.items()}
    while groups and len(chosen) < count:
        d = rng.choices(list(groups), [weights[x] for x in groups])[0]
        chosen.append(groups[d].pop())
        if not groups[d]:
            del groups[d]
    return sorted(chosen)


def event_option(anomaly):
    """The rule option that asks for what an anomaly record tells."""
    name, kind = anomaly["event"].lower(), anomaly["type"]
    if kind in ("decode", "stream"):
        return f"{kind}-event:{name.partition('.')[2]}"
    whose = anomaly.get("app_proto")
    return "app-layer-event:" + (name if name.startswith("applayer_") or not whose else f"{whose}.{name}")


# Where Suricata 7 finds these, and from which protocols it follows a change to another.
PORTS = {"quic": (443, 80), "dns": (53,), "dnp3": (20000,), "pgsql": (5432,), "modbus": (502,), "ike": (500,), "ntp": (123,)}
CHANGES = ("http", "smtp", "ftp", "http2", "smb")


# Flows by what they hold that Suricata 7 does not read, or cannot read where it stands.
UNREAD = {
    "sip": lambda flow: b"SIP/" not in next((p.payload for p in flow.packets if p.payload), b"SIP/"),
    "ssh": lambda flow: any(data and not data.startswith(b"SSH-") for data in (flow.stream(True), flow.stream(False))),
    "ntp": lambda flow: any(p.payload and p.payload[0] & 7 in (6, 7) for p in flow.packets),
    "smtp": lambda flow: b"BDAT " in flow.stream(True),
}


def is_unread(flow):
    # Teredo with an authentication header (RFC 4380, 5.1.1)
    return any(3544 in (p.sport, p.dport) and p.payload[:2] == b"\0\1" for p in flow.packets) or \
        flow.app in UNREAD and UNREAD[flow.app](flow)


def is_beyond(flow):
    """Whether a flow record is about what Suricata 7 does not parse: see README.md, "What stays"."""
    app, before = flow.get("app_proto"), flow.get("app_proto_orig")
    ports = (flow.get("src_port"), flow.get("dest_port"))
    if before and (before not in CHANGES or (before, app) == ("ftp", "tls")):
        return True
    if app == "websocket" or app in PORTS and not set(ports) & set(PORTS[app]):
        return True
    # On these ports of UDP it takes nearly anything for QUIC.
    return flow.get("proto") == "UDP" and ports[1] in PORTS["quic"] and app != "quic"


YEAR_US = 365 * 86400 * 1000000
LIES = ("not_response", "not_request")  # a DNS server's answers that call themselves questions turn their flow there


def is_broken(flows):
    """Whether the clock jumps by years within a flow, or frames are cut short: see README.md, "What stays"."""
    times = [[p.frame.us for p in f.packets] for f in flows]
    jumps = any(abs(b - a) > YEAR_US for t in times for a, b in zip(t, t[1:]))
    return jumps or any(p.cut for f in flows for p in f.packets)


class Capture:
    def __init__(self, path):
        self.path, self.frames = path, pcap.read(path)
        self.flows = packets.flows(self.frames)
        self.beyond = is_broken(self.flows)  # or holds flows that only the sensor parses
        self.oddities = set()  # options about events that the sensor saw here

    def learn(self, events):
        """Takes our sensor's records to the flows they are about."""
        table = {(f.proto, tuple(sorted((f.client, f.server)))): f for f in self.flows}
        numbers = {"TCP": 6, "UDP": 17, "ICMP": 1, "IPv6-ICMP": 58, "IPV6-ICMP": 58}
        for e in events:
            if e.get("event_type") == "anomaly":
                self.oddities.add(event_option(e["anomaly"]))
                self.beyond |= e["anomaly"]["event"].lower() in LIES
            ends = tuple(sorted(((e.get("src_ip"), e.get("src_port", 0)), (e.get("dest_ip"), e.get("dest_port", 0)))))
            flow = table.get((numbers.get(e.get("proto")), ends)) if None not in ends[0] else None
            if flow is None:
                continue
            kind = e.get("event_type")
            if kind == "flow":
                self.beyond |= is_beyond({**e, **e[kind]})
                flow.app = e.get("app_proto") if e.get("app_proto") not in (None, "failed") else None
            elif kind in e:
                flow.records.append((kind, e[kind]))
        self.beyond |= any(is_unread(f) for f in self.flows)


def read_events(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return [json.loads(line) for line in f if line.strip()]
    except OSError:
        return []
