"""A resolver client: asks SERVER for names below DOMAIN over UDP and TCP, IDs from the system."""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import payloads  # noqa: E402

server, domain = sys.argv[1:]
QUESTIONS = [("www." + domain, "A"), ("mail." + domain, "AAAA"), ("portal." + domain, "A"), (domain, "MX"),
             (domain, "TXT"), ("missing." + domain, "A"), ("www." + domain, "AAAA")]


def ident():
    return struct.unpack("!H", os.urandom(2))[0]


for name, kind in QUESTIONS:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.sendto(payloads.dns_query(ident(), name, kind), (server, 53))
        s.recv(4096)
with socket.create_connection((server, 53), timeout=5) as s:
    for name, kind in QUESTIONS[:3]:
        message = payloads.dns_query(ident(), name, kind)
        s.sendall(struct.pack("!H", len(message)) + message)
        length, = struct.unpack("!H", s.recv(2, socket.MSG_WAITALL))
        s.recv(length, socket.MSG_WAITALL)
