"""What is in a frame, and whose conversation it belongs to: plain IP over the usual links, no tunnels."""
import ipaddress
import struct

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58


class Packet:
    """Header fields as rules name them (absent: None), payload, and the frame it came in."""

    def __init__(self, frame):
        self.frame = frame
        self.proto = self.src = self.dst = None
        self.sport = self.dport = 0
        self.ttl = self.tos = self.ip_id = self.fragbits = self.fragoffset = None
        self.flags = self.seq = self.ack = self.window = self.mss = None
        self.itype = self.icode = self.icmp_id = self.icmp_seq = None
        self.options = []  # of IPv4, as ipopts calls them
        self.headers = {}  # "tcp.hdr" -> bytes
        self.payload = b""
        self.cut = len(frame.data) < frame.wire  # or the header says another length than there is

    def ends(self):
        return tuple(sorted(((self.src, self.sport), (self.dst, self.dport))))


def _network(frame):
    """(ethertype-like number, offset of the network header)"""
    d, link = frame.data, frame.link
    if link == 1 and len(d) >= 14:
        at, kind = 14, struct.unpack_from(">H", d, 12)[0]
        while kind in (0x8100, 0x88A8) and len(d) >= at + 4:
            kind = struct.unpack_from(">H", d, at + 2)[0]
            at += 4
        return kind, at
    if link == 113 and len(d) >= 16:
        return struct.unpack_from(">H", d, 14)[0], 16
    at = {0: 4, 108: 4}.get(link, 0)
    if link in (0, 12, 14, 101, 108, 228, 229) and len(d) > at:
        return (0x0800 if d[at] >> 4 == 4 else 0x86DD), at
    return None, 0


def parse(frame):
    """The frame's packet, or None when it is nothing this file knows."""
    kind, at = _network(frame)
    d = frame.data
    p = Packet(frame)
    if kind == 0x0800 and len(d) >= at + 20 and d[at] >> 4 == 4:
        return _ipv4(p, d, at)
    if kind == 0x86DD and len(d) >= at + 40 and d[at] >> 4 == 6:
        return _ipv6(p, d, at)
    return None


def _ipv4(p, d, at):
    head = (d[at] & 15) * 4
    p.tos, total, p.ip_id, frag, p.ttl, p.proto = struct.unpack_from(">xBHHHBB", d, at)
    p.src, p.dst = (str(ipaddress.IPv4Address(d[at + n:at + n + 4])) for n in (12, 16))
    p.fragbits, p.fragoffset = frag >> 13, frag & 0x1FFF
    p.headers["ipv4.hdr"] = d[at:at + head]
    p.options = _ip_options(d[at + 20:at + head])
    end = at + total if total >= head else len(d)
    p.cut |= end > len(d) or total < head
    if p.fragoffset == 0:
        _transport(p, d[at + head:end])
    return p


def _ipv6(p, d, at):
    size, p.proto, p.ttl = struct.unpack_from(">xxxxHBB", d, at)
    p.src, p.dst = (str(ipaddress.IPv6Address(d[at + n:at + n + 16])) for n in (8, 24))
    p.headers["ipv6.hdr"] = d[at:at + 40]
    p.cut |= at + 40 + size > len(d)
    _transport(p, d[at + 40:at + 40 + size])
    return p


def _transport(p, d):
    if p.proto == TCP and len(d) >= 20:
        p.sport, p.dport, p.seq, p.ack, off, p.flags, p.window = struct.unpack_from(">HHIIBBH", d)
        head = (off >> 4) * 4
        p.headers["tcp.hdr"] = d[:head]
        p.mss = _mss(d[20:head])
        p.payload = d[head:]
    elif p.proto == UDP and len(d) >= 8:
        p.sport, p.dport = struct.unpack_from(">HH", d)
        p.headers["udp.hdr"] = d[:8]
        p.payload = d[8:]
    elif p.proto in (ICMP, ICMP6) and len(d) >= 8:
        p.itype, p.icode, p.icmp_id, p.icmp_seq = struct.unpack_from(">BBxxHH", d)
        p.headers["icmpv4.hdr" if p.proto == ICMP else "icmpv6.hdr"] = d[:8]
        p.payload = d[8:]
    else:
        p.payload = d


IP_OPTIONS = {0: "eol", 1: "nop", 7: "rr", 68: "ts", 130: "sec", 131: "lsrr", 133: "esec", 134: "cipso", 136: "satid",
              137: "ssrr"}


def _ip_options(d):
    at, found = 0, []
    while at < len(d):
        found += [IP_OPTIONS[d[at]]] if d[at] in IP_OPTIONS else []
        if d[at] == 0 or (d[at] > 1 and (at + 1 >= len(d) or d[at + 1] < 2)):
            break
        at += 1 if d[at] == 1 else d[at + 1]
    return found


def _mss(options):
    at = 0
    while at < len(options) and options[at] != 0:
        if options[at] == 1:
            at += 1
        elif at + 1 >= len(options) or options[at + 1] < 2:
            return None
        elif options[at] == 2 and at + 4 <= len(options):
            return struct.unpack_from(">H", options, at + 2)[0]
        else:
            at += options[at + 1]
    return None


class Flow:
    """Packets between two ends; the first one's sender is the client."""

    def __init__(self, first):
        self.proto, self.client, self.server = first.proto, (first.src, first.sport), (first.dst, first.dport)
        self.packets, self.app, self.records = [], None, []

    def to_server(self, p):
        return (p.src, p.sport) == self.client

    def stream(self, to_server):
        """TCP payloads of a direction put in order, first copy wins; other protocols: one after the other."""
        mine = [p for p in self.packets if self.to_server(p) == to_server and p.payload]
        if self.proto != TCP or not mine:
            return b"".join(p.payload for p in mine)
        base = min(mine, key=lambda p: (p.seq - mine[0].seq + (1 << 31)) % (1 << 32)).seq
        out = bytearray()
        for p in sorted(mine, key=lambda p: (p.seq - base) % (1 << 32)):
            at = (p.seq - base) % (1 << 32)
            if at > len(out) + (1 << 16):
                break
            out += p.payload[max(0, len(out) - at):]
        return bytes(out)


def flows(frames):
    table = {}
    for frame in frames:
        p = parse(frame)
        if p is None:
            continue
        key = (p.proto, p.ends())
        if key not in table:
            table[key] = Flow(p)
        table[key].packets.append(p)
    return list(table.values())
