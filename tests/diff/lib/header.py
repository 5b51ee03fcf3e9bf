"""Rule headers and the options about one packet or one flow, true of some flow of a capture or nearly so."""
import ipaddress

from .packets import ICMP, ICMP6, TCP, UDP

NAMES = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmp"}


def address(rng, ip, tight=False):
    """Text of a group that holds the address, or rarely does not."""
    roll = rng.random()
    if roll < 0.6 and not tight:
        return "any"
    host = ipaddress.ip_address(ip)
    bits = host.max_prefixlen
    net = ipaddress.ip_network(f"{ip}/{rng.choice((bits - 8, bits - 4, bits // 2, bits - 1))}", strict=False)
    other = "198.51.100.0/24" if host.version == 4 else "2001:db8:77::/48"
    forms = [ip, str(net), f"[{ip},{other}]", f"!{other}", f"[{net},!{other}]", "$HOME_NET"]
    if rng.random() < 0.1:
        forms = [f"!{ip}", f"[{net},!{ip}]", other]
    return rng.choice(forms[:3] if tight else forms)


def port(rng, number, proto):
    if proto not in (TCP, UDP) or rng.random() < 0.6:
        return "any"
    low, high = max(0, number - rng.randrange(50)), min(65535, number + rng.randrange(50))
    forms = [number, f"{low}:{high}", f"[{number},9]", f"[{low}:{high},!{low}]", f"!{(number + 7) % 65536}",
             f":{high}", f"{low}:"]
    if rng.random() < 0.08:
        forms = [f"!{number}", (number + 1) % 65536]
    return str(rng.choice(forms))


def apply(rng, rule, flow, to_server=None, tight=False, app=None):
    """Gives the rule a header that suits the flow. tight: bound to its addresses, for rules that test little."""
    proto = NAMES.get(flow.proto, "ip")
    if app and rng.random() < 0.7:
        proto = app
    elif proto == "tcp":
        proto = rng.choice(("tcp",) * 6 + ("tcp-pkt", "tcp-stream", "ip"))
    elif rng.random() < 0.12:
        proto = "ip"
    rule.proto = proto
    a, b = (flow.client, flow.server) if to_server is not False else (flow.server, flow.client)
    if to_server is None and rng.random() < 0.3:
        a, b = b, a
    rule.src, rule.dst = address(rng, a[0], tight), address(rng, b[0])
    if proto not in ("ip", "icmp"):
        rule.sport, rule.dport = port(rng, a[1], flow.proto), port(rng, b[1], flow.proto)
    rule.arrow = "<>" if rng.random() < 0.08 else "->"


def flow_option(rng, rule, to_server, chance=0.35):
    if rng.random() > chance:
        return
    parts = []
    if rng.random() < 0.7:
        way = to_server if to_server is not None else rng.random() < 0.5
        if rng.random() < 0.06:
            way = not way
        parts.append(rng.choice(("to_server", "from_client") if way else ("to_client", "from_server")))
    if rng.random() < 0.6:
        parts.append(rng.choice(("established",) * 6 + ("not_established", "stateless")))
    if rng.random() < 0.1:
        parts.append(rng.choice(("only_stream", "no_stream")))
    if parts:
        rule.add("flow:" + rng.choice((",", ", ")).join(parts))


def compare(rng, n, top, negation=True):
    """A comparison that n passes, mostly."""
    n = min(top, max(0, n + (rng.choice((-1, 1)) if rng.random() < 0.15 else 0)))
    forms = [str(n), f"<{min(top, n + 1)}", f">{max(0, n - 1)}"]
    if 1 < n < top - 2:
        forms += [f"{n - 1}-{n + 1}"]
    if negation and rng.random() < 0.15:
        forms = [f"!{(n + 1) % (top + 1)}"]
    return rng.choice(forms)


def _bits(flags, letters):
    return "".join(c for i, c in enumerate(letters) if flags >> i & 1)


def _flags(rng, p):
    letters = _bits(p.flags, "FSRPAUEC") or "0"
    extra = rng.choice(("",) * 4 + (",CE", ",12"))
    if rng.random() < 0.3:
        letters = rng.choice(letters)
    mode = rng.choice(("", "", "", "+", "*", "!"))
    if mode in ("*", "!"):  # with other letters Suricata looks at packets alone that have one of them
        letters = "".join(c for c in letters if c in "AP") or "A"
    return f"flags:{mode}{letters}{extra}"


def _dsize(rng, p):
    n = len(p.payload)
    return "dsize:" + rng.choice((compare(rng, n, 65535).replace("-", "<>"), f"{max(0, n - 3)}<>{n + 3}"))


def _ip_proto(rng, p):
    name = NAMES.get(p.proto, str(p.proto)) if p.proto != ICMP6 else "ipv6-icmp"
    return f"ip_proto:{rng.choice((name, str(p.proto), '!' + str(p.proto + 1), '>' + str(max(0, p.proto - 1))))}"


def _fragbits(rng, p):
    letters = "".join(c for bit, c in ((2, "D"), (1, "M"), (4, "R")) if p.fragbits & bit)
    return f"fragbits:{rng.choice(('', '+', '*', '!'))}{letters or rng.choice('DM')}"


# An option by the packet, each a row.
OPTIONS = {
    "ttl": lambda rng, p: f"ttl:{compare(rng, p.ttl, 255, False)}",
    "dsize": _dsize,
    "ip_proto": _ip_proto,
    "tos": lambda rng, p: f"tos:{rng.choice(('', '', '!'))}{p.tos}",
    "id": lambda rng, p: f"id:{p.ip_id}",
    "fragbits": _fragbits,
    "fragoffset": lambda rng, p: f"fragoffset:{rng.choice(('', '<', '>'))}{p.fragoffset}",
    "ipopts": lambda rng, p: f"ipopts:{rng.choice(p.options)}",
    "flags": _flags,
    "seq": lambda rng, p: f"seq:{p.seq}",
    "ack": lambda rng, p: f"ack:{p.ack}",
    "window": lambda rng, p: f"window:{rng.choice(('', '', '!'))}{p.window}",
    "tcp.mss": lambda rng, p: f"tcp.mss:{compare(rng, p.mss, 65535)}",
    "itype": lambda rng, p: f"itype:{compare(rng, p.itype, 255, False).replace('-', '<>')}",
    "icode": lambda rng, p: f"icode:{compare(rng, p.icode, 255, False).replace('-', '<>')}",
    "icmp_id": lambda rng, p: f"icmp_id:{p.icmp_id}",
    "icmp_seq": lambda rng, p: f"icmp_seq:{p.icmp_seq}",
    "icmpv6.mtu": lambda rng, p: f"icmpv6.mtu:{compare(rng, p.icmp_id << 16 | p.icmp_seq, 65535)}",
    "l3_proto": lambda rng, p: f"l3_proto:{rng.choice(('ip4', 'ip6', 'ipv4', 'ipv6'))}",
    "flow.age": lambda rng, p: f"flow.age:{rng.choice('<><')}{rng.randrange(1, 6)}",
    "csum": lambda rng, p: (f"{rng.choice(('ipv4', 'tcpv4', 'udpv4', 'icmpv4', 'tcpv6', 'udpv6', 'icmpv6'))}-csum:"
                            f"{rng.choice(('valid', 'valid', 'invalid'))}"),
    "sameip": lambda rng, p: "sameip",
}


def _suitable(rng, p):
    """Names of options, by the packet; those that tell more are there more often."""
    kinds = ["ttl", "dsize", "ip_proto"] if p.proto in (TCP, UDP) else ["ttl", "ip_proto"]
    if p.tos is not None:
        kinds += ["tos", "id", "fragbits", "fragoffset"]
    if p.proto == TCP and p.flags is not None:
        kinds += ["flags", "flags", "seq", "ack", "window"] + (["tcp.mss"] if p.mss else [])
    if p.itype is not None:
        kinds += ["itype", "icode", "icmp_id", "icmp_seq"] * 2 + ["icmpv6.mtu"] * (p.itype == 2)
    if p.options:
        kinds += ["ipopts", "ipopts"]
    return kinds + list(rng.choice(((), (), ("l3_proto", "flow.age", "csum", "sameip"))))


def packet_option(rng, rule, p):
    """One option about the header of the packet."""
    given = {o.partition(":")[0] for e in rule.elements for o in e}
    kinds = [k for k in _suitable(rng, p) if k not in given]
    kind = rng.choice(kinds) if kinds else None
    if kind is None:
        return
    if kind == "ip_proto":  # is for rules about any protocol
        rule.proto, rule.sport, rule.dport = "ip", "any", "any"
    rule.add(OPTIONS[kind](rng, p))
