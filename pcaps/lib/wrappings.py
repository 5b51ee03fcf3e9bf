"""Seeded captures for tests: tunnels within tunnels, fragments within tunnels, fragments that overlap."""
import struct

from . import frames as f, talks
from .features import BASE, INSIDE, INSIDE6, SERVER, SERVER6, ether, feature, outer, shell_visit, visit

GATES = ("10.50.0.1", "198.18.40.1")
GATES6 = ("2001:db8:50::1", "2001:db8:f00d::1")


def between(ends, side):
    return ends if side == 0 else ends[::-1]


def over_udp(side, port, payload):
    ends = between(GATES, side)
    return outer(side, f.UDP, f.udp(*ends, 50000, port, payload))


def outer6(side, proto, payload):
    return ether(side, f.ip6(*between(GATES6, side), proto, payload))


def erspan2(side, d):
    return f.gre(struct.pack("!II", 0x10170001, 0) + ether(side, d), 0x88BE)


def with_sequence(gre):
    """The same GRE packet with a sequence number, as ERSPAN types II and III have."""
    return struct.pack("!H", 0x1000) + gre[2:4] + struct.pack("!I", 7) + gre[4:]


def erspan3(side, d, platform):
    head = struct.pack("!IIHH", 0x20170001, 99, 0, 0x8000 | platform) + bytes(8 * platform)
    return with_sequence(f.gre(head + ether(side, d), 0x22EB))


def geneve(payload, ethertype, options=b""):
    return struct.pack("!BBHI", len(options) // 4, 0, ethertype, 77 << 8) + options + payload


def gtpu(payload, rest=b"", flags=0x30):
    return struct.pack("!BBHI", flags, 255, len(rest) + len(payload), 1) + rest + payload


def pptp(payload):
    ppp = b"\xff\x03" + struct.pack("!H", 0x21) + payload
    return struct.pack("!HHHHI", 0x3001, 0x880B, len(ppp), 1, 9) + ppp


@feature("tunnels-more.pcap", "ERSPAN I to III, GENEVE, GTP-U, Teredo, PPTP, IP in IPv6, GRE in VXLAN around a web session each")
def tunnels_more(rng, capture):
    shells = {
        "erspan1": lambda side, d: outer(side, f.GRE, f.gre(ether(side, d), 0x88BE)),
        "erspan2": lambda side, d: outer(side, f.GRE, with_sequence(erspan2(side, d))),
        "erspan3": lambda side, d: outer(side, f.GRE, erspan3(side, d, 0)),
        "erspan3-platform": lambda side, d: outer(side, f.GRE, erspan3(side, d, 1)),
        "geneve": lambda side, d: over_udp(side, 6081, geneve(ether(side, d), f.ETH_TEB)),
        "geneve-ip": lambda side, d: over_udp(side, 6081, geneve(d, f.ETH_IP4, b"\xde\xad\x01\x01\0\0\0\x09")),
        "gtpu": lambda side, d: over_udp(side, 2152, gtpu(d)),
        "gtpu-extended": lambda side, d: over_udp(side, 2152, gtpu(d, b"\0\7\0\x85\1\0\x09\0", 0x36)),
        "pptp": lambda side, d: outer(side, f.GRE, pptp(d)),
        "4in6": lambda side, d: outer6(side, 4, d),
        "gre-in-vxlan": lambda side, d: over_udp(side, 4789, f.vxlan(outer(side, f.GRE, f.gre(d)), 5)),
    }
    for i, (name, shell) in enumerate(shells.items()):
        shell_visit(rng, capture, name, shell, 49000 + i)
    shell_visit(rng, capture, "6in6", lambda side, d: outer6(side, f.IPV6, d), 49100, v6=True)
    shell_visit(rng, capture, "teredo", lambda side, d: over_udp(side, 3544, d), 49101, v6=True)


class InPieces(talks.Tcp):
    """A session whose data travels in IP fragments, each in a tunnel packet that is cut up itself."""

    def emit(self, side, flags, payload=b"", options=b"", seq=None):
        whole = self.datagram(side, flags, payload, options, seq)
        src, dst = self.ends[side][0], self.ends[1 - side][0]
        if f.is_v6(src):
            inner = f.fragments6(src, dst, f.TCP, whole[40:], 48, self.ident[side]) if payload else [whole]
        else:
            inner = f.fragments4(src, dst, f.TCP, whole[20:], 48, self.ident[side]) if payload else [whole]
        for number, piece in enumerate(inner):
            ident = 1000 * self.ident[side] + number & 0xFFFF
            for part in f.fragments4(*between(GATES, side), f.GRE, f.gre(piece), 24, ident)[::-1]:
                self.now += 50
                self.capture.add(self.now, ether(side, part))


@feature("fragments-nested.pcap", "Web sessions in fragments, each fragment in a GRE packet that travels in fragments itself, last one first")
def fragments_nested(rng, capture):
    visit(InPieces(capture, rng, BASE, INSIDE, 49200, SERVER, 80), "nested4")
    visit(InPieces(capture, rng, BASE + 5000000, INSIDE6, 49201, SERVER6, 80), "nested6")


# As in J. Novak, "Target-Based Fragmentation Reassembly" (2005): letter, begin and length in eights of bytes.
NOVAK = [("A", 0, 3), ("B", 4, 2), ("C", 6, 3), ("D", 10, 1), ("E", 13, 2), ("F", 15, 3), ("G", 18, 2), ("H", 20, 2),
         ("I", 22, 1), ("J", 1, 4), ("K", 6, 3), ("L", 9, 3), ("M", 12, 3), ("N", 16, 1), ("O", 19, 1), ("P", 20, 1),
         ("Q", 22, 2)]
POLICIES = ["first", "last", "bsd", "bsd-right", "linux", "windows", "solaris"]


@feature("fragments-overlap.pcap", "The same overlapping fragments to seven hosts, of which each kind of system keeps others")
def fragments_overlap(rng, capture):
    for host, _ in enumerate(POLICIES):
        target, target6 = f"198.18.60.{host + 1}", f"2001:db8:f00d::60:{host + 1}"
        for i, (letter, at, size) in enumerate(NOVAK):
            body = letter.encode() * (8 * size)
            if at == 0:
                body = struct.pack("!HHHH", 43200 + host, 9999, 24 * 8, 0) + body[8:]
            more = i + 1 < len(NOVAK)
            now = BASE + host * 1000000 + i * 1000
            capture.add(now, ether(0, f.ip4(INSIDE, target, f.UDP, body, ident=600 + host, flags=0x2000 * more | at)))
            head = struct.pack("!BHI", 0, at << 3 | more, 600 + host)
            capture.add(now + 500, ether(0, f.ip6(INSIDE6, target6, f.UDP, body, extensions=[(44, head)])))
