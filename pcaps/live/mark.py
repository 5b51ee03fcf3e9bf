"""The datagram that ends a live capture: `mark.py send TO` puts it on the wire, `mark.py strip FILE`
takes it out of the file, and with it neighbour discovery, group reports and whatever else is no part
of the talk."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import captures  # noqa: E402

MARK = b"sekisho end of capture"
IGMP = 2
NOISE = {133, 134, 135, 136, 143}  # ICMPv6: router and neighbour discovery, multicast reports


def is_noise(frame):
    if MARK in frame:
        return True
    if frame[12:14] == b"\x08\x00" and frame[23] == IGMP:
        return True
    if frame[12:14] != b"\x86\xdd":
        return False
    hop_by_hop = frame[20] == 0
    return (frame[20] == 58 and frame[54] in NOISE) or hop_by_hop


def strip(path):
    kept = [entry for entry in captures.read_pcap(path).sorted() if not is_noise(entry[1])]
    captures.write(path, captures.pcap_bytes(kept))


if sys.argv[1] == "send":
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(MARK, (sys.argv[2], 9))
else:
    strip(sys.argv[2])
