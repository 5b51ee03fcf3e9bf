"""Packets as bytes: one small function a header, written from the RFCs.

Addresses are text ("192.0.2.1", "2001:db8::1"). Every builder takes what it carries and returns
bytes with correct lengths and checksums; `bad` arguments make the deliberate mistakes.
"""
import ipaddress
import struct

CLIENT_MAC = bytes.fromhex("02000000000a")
SERVER_MAC = bytes.fromhex("020000000001")
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ICMP, TCP, UDP, IPV6, GRE, ICMPV6, SCTP = 1, 6, 17, 41, 47, 58, 132
ETH_IP4, ETH_ARP, ETH_VLAN, ETH_IP6, ETH_QINQ = 0x0800, 0x0806, 0x8100, 0x86DD, 0x88A8
ETH_MPLS, ETH_PPPOE, ETH_TEB = 0x8847, 0x8864, 0x6558


def checksum(data):
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return ipaddress.ip_address(address).packed


def ethertype_of(datagram):
    return ETH_IP6 if datagram[0] >> 4 == 6 else ETH_IP4


def ether(payload, ethertype=None, src=CLIENT_MAC, dst=SERVER_MAC):
    return dst + src + struct.pack("!H", ethertype or ethertype_of(payload)) + payload


def vlan(payload, tag, ethertype=None):
    """What follows an Ethernet header of type 0x8100 or 0x88A8 (IEEE 802.1Q)."""
    return struct.pack("!HH", tag, ethertype or ethertype_of(payload)) + payload


def mpls(payload, labels):
    stack = b""
    for i, label in enumerate(labels):
        bottom = i == len(labels) - 1
        stack += struct.pack("!I", label << 12 | int(bottom) << 8 | 64)
    return stack + payload


def pppoe(payload, session=7):
    """A PPPoE session frame (RFC 2516) with its PPP protocol field."""
    ppp = struct.pack("!H", 0x0057 if ethertype_of(payload) == ETH_IP6 else 0x0021) + payload
    return struct.pack("!BBHH", 0x11, 0, session, len(ppp)) + ppp


def gre(payload, ethertype=None, key=None):
    flags = 0x2000 if key is not None else 0
    head = struct.pack("!HH", flags, ethertype or ethertype_of(payload))
    return head + (struct.pack("!I", key) if key is not None else b"") + payload


def vxlan(frame, vni):
    return struct.pack("!II", 0x08000000, vni << 8) + frame


def ip4(src, dst, proto, payload, ttl=64, ident=0, flags=0x4000, options=b""):
    """flags: the 16 bits of flags and fragment offset (0x4000 don't fragment, 0x2000 more)."""
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, words * 4 + len(payload), ident, flags, ttl, proto, 0,
                       packed(src), packed(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(src, dst, proto, payload, hops=64, extensions=()):
    """extensions: (type, body after the next-header byte) in order, RFC 8200 section 4."""
    kinds = [kind for kind, _ in extensions] + [proto]
    chain = b"".join(bytes([kinds[i + 1]]) + body for i, (_, body) in enumerate(extensions))
    body = chain + payload
    return struct.pack("!IHBB16s16s", 0x60000000, len(body), kinds[0], hops, packed(src), packed(dst)) + body


def is_v6(address):
    return ":" in address


def ip(src, dst, proto, payload, ttl=64, ident=0):
    if is_v6(src):
        return ip6(src, dst, proto, payload, ttl)
    return ip4(src, dst, proto, payload, ttl, ident)


def pseudo(src, dst, proto, length):
    if is_v6(src):
        return packed(src) + packed(dst) + struct.pack("!II", length, proto)
    return packed(src) + packed(dst) + struct.pack("!BBH", 0, proto, length)


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b"", window=64240, options=b""):
    options += b"\1" * (-len(options) % 4)
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                       (5 + len(options) // 4) << 4, flags, window, 0, 0) + options
    check = checksum(pseudo(src, dst, TCP, len(head) + len(payload)) + head + payload)
    return head[:16] + struct.pack("!H", check) + head[18:] + payload


def udp(src, dst, sport, dport, payload):
    head = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    check = checksum(pseudo(src, dst, UDP, len(head) + len(payload)) + head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", check) + payload


def icmp(kind, code, rest, payload=b""):
    """rest: the four bytes after the checksum."""
    body = struct.pack("!BBH", kind, code, 0) + rest + payload
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def icmp6(src, dst, kind, code, rest, payload=b""):
    body = struct.pack("!BBH", kind, code, 0) + rest + payload
    check = checksum(pseudo(src, dst, ICMPV6, len(body)) + body)
    return body[:2] + struct.pack("!H", check) + body[4:]


def _crc32c_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


CRC32C = _crc32c_table()


def sctp(sport, dport, tag, chunks):
    """chunks: (type, flags, value); the checksum is CRC32c, RFC 9260 appendix A."""
    body = b""
    for kind, flags, value in chunks:
        body += struct.pack("!BBH", kind, flags, 4 + len(value)) + value + b"\0" * (-len(value) % 4)
    head = struct.pack("!HHI", sport, dport, tag)
    crc = 0xFFFFFFFF
    for byte in head + b"\0\0\0\0" + body:
        crc = crc >> 8 ^ CRC32C[(crc ^ byte) & 0xFF]
    return head + struct.pack("<I", crc ^ 0xFFFFFFFF) + body


def fragments4(src, dst, proto, payload, size, ident):
    """The datagram's payload in fragments of `size` bytes (a multiple of 8), in order."""
    out = []
    for at in range(0, len(payload), size):
        more = 0x2000 if at + size < len(payload) else 0
        out.append(ip4(src, dst, proto, payload[at:at + size], ident=ident, flags=more | at // 8))
    return out


def fragments6(src, dst, proto, payload, size, ident):
    out = []
    for at in range(0, len(payload), size):
        more = int(at + size < len(payload))
        body = struct.pack("!BHI", 0, at | more, ident)
        out.append(ip6(src, dst, proto, payload[at:at + size], extensions=[(44, body)]))
    return out
