"""Seeded captures of protocols over UDP whose programs here speak TCP only: NFS, LDAP, DNP3."""
import struct

from . import controls, talks
from .features import BASE, feature

CLIENT, SERVER = "10.50.1.20", "10.50.0.49"


class Exchange:
    """Requests and answers between one pair of ports."""

    def __init__(self, rng, capture, cport, port, server=SERVER):
        self.rng, self.capture, self.ports, self.server, self.now = rng, capture, (cport, port), server, BASE

    def ask(self, request, answer=None):
        self.now += 100000
        talks.udp(self.capture, self.rng, self.now, CLIENT, self.ports[0], self.server, self.ports[1], request, answer)


# NFS version 3 (RFC 1813) in ONC RPC (RFC 5531); XDR fills to four bytes.
NFS, LOOKUP, READ, WRITE = 100003, 3, 6, 7
ROOT, FILE, NEW = b"root-000", b"file-001", b"file-002"
DOCUMENT = b"%PDF-1.4\n" + b"the tide stood at 340 cm\n" * 40 + b"%%EOF\n"


def opaque(data):
    return struct.pack(">I", len(data)) + data + b"\0" * (-len(data) % 4)


def call(xid, procedure, arguments):
    credentials = struct.pack(">I", 7) + opaque(b"gauge-07") + struct.pack(">III", 1000, 100, 0)
    return struct.pack(">IIIIII", xid, 0, 2, NFS, 3, procedure) + struct.pack(">I", 1) + opaque(credentials) + \
        struct.pack(">II", 0, 0) + arguments


def accepted(xid, results, status=0):
    return struct.pack(">IIIIIII", xid, 1, 0, 0, 0, 0, status) + results


@feature("nfs-udp.pcap", "NFS 3 over UDP: names looked up, one missing, a file read in two pieces, one written",
         "protocols")
def nfs_udp(rng, capture):
    talk, half = Exchange(rng, capture, 811, 2049), len(DOCUMENT) // 2
    nothing_known = bytes(8)
    talk.ask(call(1, LOOKUP, opaque(ROOT) + opaque(b"levels.pdf")), accepted(1, opaque(FILE) + nothing_known))
    talk.ask(call(2, LOOKUP, opaque(ROOT) + opaque(b"no-such-file")), accepted(2, bytes(4), 2))
    for xid, at in ((3, 0), (4, half)):
        piece = DOCUMENT[at:half] if at == 0 else DOCUMENT[at:]
        end = at + len(piece) == len(DOCUMENT)
        talk.ask(call(xid, READ, opaque(FILE) + struct.pack(">QI", at, len(piece))),
                 accepted(xid, struct.pack(">III", 0, len(piece), end) + opaque(piece)))
    talk.ask(call(5, LOOKUP, opaque(ROOT) + opaque(b"night.pdf")), accepted(5, opaque(NEW) + nothing_known))
    written = struct.pack(">QII", 0, len(DOCUMENT), 2) + opaque(DOCUMENT)
    receipt = nothing_known + struct.pack(">II8s", len(DOCUMENT), 2, b"verifier")
    talk.ask(call(6, WRITE, opaque(NEW) + written), accepted(6, receipt))


# LDAP (RFC 4511) in BER, as Windows asks for a domain controller before it logs in.
def ber(tag, *parts):
    body = b"".join(parts)
    length = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + length + body


def matches(name, value):
    return ber(0xA3, ber(4, name), ber(4, value))


def ping(ident, domain):
    wanted = ber(0xA0, matches(b"DnsDomain", domain), matches(b"Host", b"GAUGE-07"), matches(b"NtVer", b"\x16\0\0\0"))
    numbers = ber(10, b"\0") + ber(10, b"\0") + ber(2, b"\0") + ber(2, b"\0") + ber(1, b"\0")
    return ber(0x30, ber(2, bytes([ident])), ber(0x63, ber(4), numbers, wanted, ber(0x30, ber(4, b"Netlogon"))))


def pong(ident, blob):
    entry = ber(0x64, ber(4), ber(0x30, ber(0x30, ber(4, b"Netlogon"), ber(0x31, ber(4, blob)))))
    done = ber(0x65, ber(10, b"\0"), ber(4), ber(4))
    return b"".join(ber(0x30, ber(2, bytes([ident])), message) for message in (entry, done))


@feature("ldap-udp.pcap", "LDAP over UDP: a domain controller asked for its Netlogon, once in vain", "protocols")
def ldap_udp(rng, capture):
    talk = Exchange(rng, capture, 50389, 389)
    talk.ask(ping(1, b"kasen.example"), pong(1, b"\x17\0\0\0" + rng.randbytes(60)))
    talk.ask(ping(2, b"nowhere.example"), ber(0x30, ber(2, b"\2"), ber(0x65, ber(10, b"\x20"), ber(4), ber(4))))


@feature("dnp3-udp.pcap", "DNP3 over UDP: classes read, a gate opened directly", "protocols")
def dnp3_udp(rng, capture):
    talk = Exchange(rng, capture, controls.DNP3, controls.DNP3, controls.STATION)
    talk.ask(controls.ask_dnp3(0, controls.READ, controls.CLASSES), controls.answer_dnp3(0, controls.BINARY_INPUTS))
    talk.ask(controls.ask_dnp3(1, controls.DIRECT, controls.GATE_OPENS), controls.answer_dnp3(1, controls.GATE_OPENS))
