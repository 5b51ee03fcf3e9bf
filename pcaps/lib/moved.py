"""A capture built from the live ones of protocols/: conversations whose server sits on a port of no name."""
import os
import struct

from . import captures, frames as f
from .features import feature

PROTOCOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocols")
# Not those that are told by their port alone: Modbus, mDNS, NTP, TFTP, EtherNet/IP over UDP.
PORTS = {"bittorrent-dht": 6881, "dcerpc": 135, "dhcp": 67, "dnp3": 20000, "ftp": 21, "http": 80, "http2": 8080,
         "ike": 500, "imap": 143, "krb5": 88, "ldap": 389, "mqtt": 1883, "mysql": 3306, "nfs": 2049, "pgsql": 5432,
         "pop3": 110, "quic": 443, "rdp": 3389, "rfb": 5900, "s7comm": 102, "sip": 5060, "smb": 445, "smtp": 25,
         "snmp": 161, "socks": 1080, "ssh": 22, "syslog": 514, "telnet": 23, "websocket": 8765}
FURTHER = 10000
CHECKSUM_AT = {f.TCP: 16, f.UDP: 6}


def ends(frame):
    """((address, port), (address, port)) of an IPv4 frame without options, or nothing."""
    if frame[12:15] != b"\x08\x00\x45" or frame[23] not in CHECKSUM_AT:
        return None
    ports = struct.unpack_from("!HH", frame, 34)
    return (frame[26:30], ports[0]), (frame[30:34], ports[1])


def moved(frame, port):
    """The same frame, its port `port` further up, with a checksum that is right again."""
    proto, length = frame[23], struct.unpack_from("!H", frame, 16)[0]
    ports = [p + FURTHER if p == port else p for p in struct.unpack_from("!HH", frame, 34)]
    at = CHECKSUM_AT[proto]
    body = struct.pack("!HH", *ports) + frame[38:34 + at] + b"\0\0" + frame[36 + at:14 + length]
    check = f.checksum(frame[26:34] + struct.pack("!BBH", 0, proto, len(body)) + body)
    return frame[:34] + body[:at] + struct.pack("!H", check or 0xFFFF) + body[at + 2:]


def first_talk(name, port):
    """(time, frame) of the first conversation with that port of the server."""
    talk = None
    for ts, frame in captures.read_pcap(f"{PROTOCOLS}/{name}.pcap").sorted():
        pair = ends(frame)
        if talk is None and pair and pair[1][1] == port:
            talk = set(pair)
        if pair and set(pair) == talk:
            yield ts, moved(frame, port)


@feature("other-ports.pcap", "The first conversation of each protocol in protocols/, its server's port moved up by 10000")
def other_ports(rng, capture):
    for name, port in PORTS.items():
        for ts, frame in first_talk(name, port):
            capture.add(ts, frame)
