"""Seeded captures for tests: how packets may be wrapped, split and shuffled; files of every kind.

Each maker is one file of pcaps/features/. A web session carries its wrapping's name in the request
line (/wrapped/<name>), so that one rule can prove that the inside was read."""
import datetime
import functools
import random
import struct

from . import background, captures, frames as f, payloads, story, talks, tls

MAKERS = {}
BASE = story.DAY_US + 4 * 3600 * 1000000
INSIDE, SERVER = "10.50.1.20", "198.18.40.80"
INSIDE6, SERVER6 = "2001:db8:50::20", "2001:db8:f00d::80"
HOUSE = {"inside": "10.50", "inside6": "2001:db8:50:50", "domain": "example", "www": "10.50.0.80",
         "mail": "10.50.0.25", "resolver": "198.18.53.53"}


def feature(name, shows, folder="features"):
    """Registers a maker: called with a generator of its own and an empty capture."""
    def register(make):
        @functools.wraps(make)
        def content():
            rng, capture = random.Random(name), captures.Capture()
            made = make(rng, capture)
            return made if isinstance(made, bytes) else captures.pcap_bytes(capture.sorted())
        MAKERS[f"{folder}/{name}"] = (content, shows)
        return make
    return register


class Wrapped(talks.Tcp):
    """A session whose datagrams travel inside something: shell(side, datagram) gives the frame."""

    def __init__(self, shell, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.shell = shell

    def wrap(self, side, datagram):
        return self.shell(side, datagram)


def visit(talk, name, host="www.example"):
    talk.open()
    talk.to_server(payloads.request(host, f"/wrapped/{name}"))
    talk.to_client(payloads.response(b"<html>tide table</html>"))
    talk.close()
    return talk


def macs(side):
    return (f.CLIENT_MAC, f.SERVER_MAC) if side == 0 else (f.SERVER_MAC, f.CLIENT_MAC)


def ether(side, payload, ethertype=None):
    src, dst = macs(side)
    return f.ether(payload, ethertype, src, dst)


def shell_visit(rng, capture, name, shell, port, v6=False):
    ends = (INSIDE6, port, SERVER6, 80) if v6 else (INSIDE, port, SERVER, 80)
    visit(Wrapped(shell, capture, rng, BASE + port * 1000, *ends), name)


def outer(side, proto, payload):
    """The tunnel's own IPv4 header, between two gateways."""
    ends = ("10.50.0.1", "198.18.40.1") if side == 0 else ("198.18.40.1", "10.50.0.1")
    return ether(side, f.ip4(*ends, proto, payload))


@feature("link-tags.pcap", "VLAN, QinQ, MPLS (two labels) and PPPoE around a web session each")
def link_tags(rng, capture):
    shells = {
        "vlan": lambda side, d: ether(side, f.vlan(d, 100), f.ETH_VLAN),
        "qinq": lambda side, d: ether(side, f.vlan(f.vlan(d, 300), 200, f.ETH_VLAN), f.ETH_QINQ),
        "mpls": lambda side, d: ether(side, f.mpls(d, [1001, 1002]), f.ETH_MPLS),
        "pppoe": lambda side, d: ether(side, f.pppoe(d), f.ETH_PPPOE),
    }
    for i, (name, shell) in enumerate(shells.items()):
        shell_visit(rng, capture, name, shell, 41000 + i)


@feature("tunnels.pcap", "GRE (plain, keyed, with Ethernet), IP in IP, 6in4, VXLAN around a web session each")
def tunnels(rng, capture):
    def vxlan(side, d):
        frame = f.vxlan(ether(side, d), 77)
        ends = ("10.50.0.1", "198.18.40.1") if side == 0 else ("198.18.40.1", "10.50.0.1")
        return ether(side, f.ip4(*ends, f.UDP, f.udp(*ends, 50000, 4789, frame)))

    shells = {
        "gre": lambda side, d: outer(side, f.GRE, f.gre(d)),
        "gre-key": lambda side, d: outer(side, f.GRE, f.gre(d, key=42)),
        "gre-ethernet": lambda side, d: outer(side, f.GRE, f.gre(ether(side, d), f.ETH_TEB)),
        "ip-in-ip": lambda side, d: outer(side, 4, d),
        "vxlan": vxlan,
    }
    for i, (name, shell) in enumerate(shells.items()):
        shell_visit(rng, capture, name, shell, 42000 + i)
    shell_visit(rng, capture, "6in4", lambda side, d: outer(side, f.IPV6, d), 42010, v6=True)


@feature("fragments.pcap", "IPv4 and IPv6 datagrams in fragments: in order, reversed, doubled, one missing")
def fragments(rng, capture):
    def send(now, pieces):
        for i, piece in enumerate(pieces):
            capture.add(now + i * 500, f.ether(piece))

    for n, (name, order) in enumerate([("in-order", [0, 1, 2]), ("reversed", [2, 1, 0]), ("doubled", [0, 1, 1, 2]),
                                       ("missing", [0, 2])]):
        payload = f.udp(INSIDE, SERVER, 43000 + n, 9999, b"x" * 600 + f"/wrapped/frag4-{name}".encode() + b"y" * 400)
        pieces = f.fragments4(INSIDE, SERVER, f.UDP, payload, 400, 500 + n)
        send(BASE + n * 100000, [pieces[i] for i in order])
        payload = f.udp(INSIDE6, SERVER6, 43000 + n, 9999, b"x" * 600 + f"/wrapped/frag6-{name}".encode() + b"y" * 400)
        pieces = f.fragments6(INSIDE6, SERVER6, f.UDP, payload, 400, 500 + n)
        send(BASE + n * 100000 + 50000, [pieces[i] for i in order])

    class Fragmented(talks.Tcp):
        def emit(self, side, flags, payload=b"", options=b"", seq=None):
            whole = self.datagram(side, flags, payload, options, seq)
            src, dst = self.ends[side][0], self.ends[1 - side][0]
            if not payload:
                self.capture.add(self.now, self.wrap(side, whole))
                return
            for piece in f.fragments4(src, dst, f.TCP, whole[20:], 24, self.ident[side]):
                self.now += 50
                self.capture.add(self.now, self.wrap(side, piece))

    visit(Fragmented(capture, rng, BASE + 900000, INSIDE, 43100, SERVER, 80), "frag-tcp")


@feature("ipv6-extensions.pcap", "Hop-by-hop, destination options and routing headers before TCP, UDP and ICMPv6")
def ipv6_extensions(rng, capture):
    hop = (0, b"\0" + b"\x01\x04" + bytes(4))
    routing = (43, bytes([2, 4, 0, 0, 0, 0, 0]) + f.packed(SERVER6))
    options = (60, b"\0" + b"\x01\x04" + bytes(4))
    chains = {"hop-by-hop": [hop], "destination": [options], "routing": [routing], "all": [hop, options, routing]}

    def shell(chain):
        def wrap(side, datagram):
            src, dst = (INSIDE6, SERVER6) if side == 0 else (SERVER6, INSIDE6)
            return ether(side, f.ip6(src, dst, f.TCP, datagram[40:], extensions=chain))
        return wrap

    for i, (name, chain) in enumerate(chains.items()):
        shell_visit(rng, capture, f"ext-{name}", shell(chain), 44000 + i, v6=True)
    segment = f.udp(INSIDE6, SERVER6, 44100, 9999, b"/wrapped/ext-udp")
    capture.add(BASE + 50000000, f.ether(f.ip6(INSIDE6, SERVER6, f.UDP, segment, extensions=[hop, options])))
    echo = f.icmp6(INSIDE6, SERVER6, 128, 0, b"\0\7\0\1", b"/wrapped/ext-icmp")
    capture.add(BASE + 51000000, f.ether(f.ip6(INSIDE6, SERVER6, f.ICMPV6, echo, extensions=[options])))


@feature("sctp.pcap", "An SCTP association: INIT to DATA and SHUTDOWN")
def sctp(rng, capture):
    init = struct.pack("!IIHHI", 7, 65536, 1, 1, 100)
    data = struct.pack("!IHHI", 100, 0, 0, 0) + b"/wrapped/sctp"
    steps = [(0, 0, (1, 0, init)), (1, 7, (2, 0, init + struct.pack("!HH", 7, 8) + b"cook")), (0, 9, (10, 0, b"cook")),
             (1, 7, (11, 0, b"")), (0, 9, (0, 3, data)), (1, 7, (3, 0, struct.pack("!IIHH", 100, 65536, 0, 0))),
             (0, 9, (7, 0, struct.pack("!I", 100))), (1, 7, (8, 0, b"")), (0, 9, (14, 0, b""))]
    for i, (side, tag, chunk) in enumerate(steps):
        src, dst = (INSIDE, SERVER) if side == 0 else (SERVER, INSIDE)
        ports = (45000, 9898) if side == 0 else (9898, 45000)
        capture.add(BASE + i * 9000, ether(side, f.ip4(src, dst, f.SCTP, f.sctp(*ports, tag, [chunk]))))


class Loose(talks.Tcp):
    """A session whose client segments are placed by hand, relative to its first byte."""

    def place(self, offset, data):
        self.now += 300
        self.emit(0, f.ACK | f.PSH, data, seq=self.seq[0] + offset)


@feature("tcp-order.pcap", "Segments out of order, doubled, overlapping with other bytes, with a gap, without a start")
def tcp_order(rng, capture):
    def session(n):
        return Loose(capture, rng, BASE + n * 5000000, INSIDE, 46000 + n, SERVER, 80).open()

    def finish(talk, request):
        talk.seq[0] += len(request)
        talk.half()
        talk.to_client(payloads.response(b"ok")).close()

    def cut(request, at):
        return [(i, request[i:i + at]) for i in range(0, len(request), at)]

    request = payloads.request("www.example", "/wrapped/tcp-shuffled")
    talk, pieces = session(0), cut(request, 16)
    rng.shuffle(pieces)
    for offset, data in pieces:
        talk.place(offset, data)
    finish(talk, request)

    request = payloads.request("www.example", "/wrapped/tcp-doubled")
    talk = session(1)
    for offset, data in cut(request, 40):
        talk.place(offset, data)
        talk.place(offset, data)
    finish(talk, request)

    request = payloads.request("www.example", "/wrapped/tcp-first-copy")
    decoy = request.replace(b"first-copy", b"other-copy")
    talk = session(2)
    talk.place(0, request[:20])
    talk.place(20, request[20:])
    talk.place(0, decoy)
    finish(talk, request)

    request = payloads.request("www.example", "/wrapped/tcp-gap")
    talk = session(3)
    talk.place(0, request[:len(request) - 30])
    finish(talk, request)

    talk = Loose(capture, rng, BASE + 4 * 5000000, INSIDE, 46004, SERVER, 80)
    talk.to_server(payloads.request("www.example", "/wrapped/tcp-midstream"))
    talk.to_client(payloads.response(b"ok")).close()


@feature("odd-packets.pcap", "Broken headers: short, wrong lengths and checksums, tiny TTL, large pings, ARP")
def odd_packets(rng, capture):
    good = f.ip4(INSIDE, SERVER, f.TCP, f.tcp(INSIDE, SERVER, 47000, 80, 1, 0, f.SYN))
    broken = [good[:12], good[:24], good[:9] + b"\xfe" + good[10:], good[:2] + b"\xff\xff" + good[4:],
              b"\x4f" + good[1:], good[:10] + b"\0\0" + good[12:], good[:36] + b"\0\0" + good[38:],
              b"\x65" + good[1:], good[:32] + b"\xf0" + good[33:]]
    for i, datagram in enumerate(broken):
        capture.add(BASE + i * 1000, ether(0, datagram, f.ETH_IP4))
    capture.add(BASE + 20000, ether(0, struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + bytes(20), f.ETH_ARP))
    capture.add(BASE + 21000, b"\2\0\0\0\0")
    echo = f.icmp(8, 0, b"\0\1\0\1", rng.randbytes(1200))
    for i in range(8):
        capture.add(BASE + 30000 + i * 1000000, ether(0, f.ip4(INSIDE, SERVER, f.ICMP, echo)))
    trace = f.udp(SERVER, INSIDE, 33000, 33434, b"trace")
    capture.add(BASE + 9000000, ether(1, f.ip4(SERVER, INSIDE, f.UDP, trace, ttl=1)))


def small_talk(rng, name):
    capture = captures.Capture()
    visit(talks.Tcp(capture, rng, BASE, INSIDE, 48000, SERVER, 80), name)
    return capture.sorted()


@feature("two-interfaces.pcapng", "pcapng with two interfaces: Ethernet in microseconds, raw IP in nanoseconds")
def two_interfaces(rng, capture):
    web = [(ts, 0, frame) for ts, frame in small_talk(rng, "pcapng")]
    query = payloads.dns_query(9, "www.example")
    answer = payloads.dns_answer(9, "www.example", "A", [b"\xc6\x12\x28\x50"])
    talks.udp(capture, rng, BASE + 5000, INSIDE, 48001, "198.18.53.53", 53, query, answer)
    names = [(ts, 1, frame[14:]) for ts, frame in capture.frames]
    return captures.pcapng_bytes([("gw0", captures.ETHERNET, 6), ("gw1", captures.RAW_IP, 9)], sorted(web + names))


@feature("nanoseconds.pcap", "pcap with nanosecond times")
def nanoseconds(rng, capture):
    return captures.pcap_bytes(small_talk(rng, "nanoseconds"), nano=True)


@feature("big-endian.pcap", "pcap written by a big-endian machine")
def big_endian(rng, capture):
    return captures.pcap_bytes(small_talk(rng, "big-endian"), big_endian=True)


@feature("raw-ip.pcap", "pcap without link headers (LINKTYPE_RAW)")
def raw_ip(rng, capture):
    return captures.pcap_bytes([(ts, frame[14:]) for ts, frame in small_talk(rng, "raw-ip")], captures.RAW_IP)


@feature("cut.pcap", "pcap whose frames were cut at 96 bytes")
def cut(rng, capture):
    return captures.pcap_bytes(small_talk(rng, "cut"), snaplen=96)


@feature("packed.pcap.gz", "gzip file")
def packed(rng, capture):
    return captures.gzipped(captures.pcap_bytes(small_talk(rng, "gzip")))


@feature("beacons.pcap", "Twelve hours: TLS and HTTP beacons with 0, 10 and 30 % jitter, and people who browse")
def beacons(rng, capture):
    hour = 3600 * 1000000
    for i, jitter in enumerate((0.0, 0.1, 0.3)):
        now, port = BASE + i * 7000000, 30000 + i * 1000
        while now < BASE + 12 * hour:
            port += 1
            talk = talks.Tcp(capture, rng, now, f"10.50.2.{10 + i}", port, f"198.18.67.{10 + i}", 443, 30000).open()
            tls.session13(talk, rng, tls.TIDEWATCH | {"versions": [0x0304]}, f"cdn{i}.calm-sea.example", 200, 150)
            talk.close()
            now += int(5 * 60 * 1000000 * (1 + rng.uniform(-jitter, jitter)))
    story.http_beacon(capture, rng, "10.50.2.20", BASE, BASE + 12 * hour)
    background.Day(capture, rng, HOUSE, story.DAY_US).fill(0.15)


@feature("benign-day.pcap", "A day of web, TLS, names, mail, time and updates: nothing here is an attack")
def benign_day(rng, capture):
    background.Day(capture, rng, HOUSE, story.DAY_US).fill(0.3)


@feature("scan-horizontal.pcap", "One source, 150 hosts, port 445, within a minute; a few answer")
def scan_horizontal(rng, capture):
    for i in range(150):
        talk = talks.Tcp(capture, rng, BASE + i * 400000, "198.18.201.9", 50000 + i, f"10.50.9.{i + 1}", 445)
        talk.knock("open" if i % 50 == 7 else "rst" if i % 4 == 0 else None)


@feature("scan-vertical.pcap", "One source, one host, 200 ports, within a minute; most refuse")
def scan_vertical(rng, capture):
    for i in range(200):
        talk = talks.Tcp(capture, rng, BASE + i * 300000, "198.18.201.10", 50000 + i, "10.50.9.80", i + 1)
        talk.knock("open" if i + 1 in (22, 80) else "rst")


@feature("scan-slow.pcap", "Many sources of one network knock at one organisation over a day, once an hour each")
def scan_slow(rng, capture):
    for hour in range(24):
        for i in range(4):
            now = story.DAY_US + (hour * 3600 + rng.randrange(3600)) * 1000000
            talk = talks.Tcp(capture, rng, now, f"198.18.202.{10 + i}", rng.randint(40000, 60000),
                             f"10.50.9.{rng.randint(1, 250)}", (22, 3389)[i % 2])
            talk.knock("rst" if rng.random() < 0.4 else None)
