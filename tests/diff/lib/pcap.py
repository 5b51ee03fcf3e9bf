"""Frames of a capture file, and the file of some of them: enough of pcap and pcapng for small captures."""
import struct

MAGICS = {b"\xd4\xc3\xb2\xa1": ("<", 1), b"\xa1\xb2\xc3\xd4": (">", 1),
          b"\x4d\x3c\xb2\xa1": ("<", 1000), b"\xa1\xb2\x3c\x4d": (">", 1000)}


class Frame:
    """One captured frame: link type, time in microseconds, length on the wire, bytes."""
    __slots__ = ("link", "us", "wire", "data")

    def __init__(self, link, us, wire, data):
        self.link, self.us, self.wire, self.data = link, us, wire, data


def read(path):
    """All frames that can be read; a broken end is left out."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] in MAGICS:
        return list(_classic(data))
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return list(_packets(data))
    return []


def _classic(data):
    order, per_us = MAGICS[data[:4]]
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    at = 24
    while at + 16 <= len(data):
        sec, part, kept, wire = struct.unpack_from(order + "IIII", data, at)
        at += 16
        if kept > len(data) - at:
            return
        yield Frame(link, sec * 1000000 + part // per_us, wire, data[at:at + kept])
        at += kept


def _blocks(data):
    """(byte order, type, where it begins, size) of each block of a pcapng file."""
    at, order = 0, "<"
    while at + 12 <= len(data):
        kind = struct.unpack_from(order + "I", data, at)[0]
        if kind == 0x0A0D0D0A:
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        size = struct.unpack_from(order + "I", data, at + 4)[0]
        if size < 12 or size > len(data) - at:
            return
        yield order, kind, at, size
        at += size


def _units(data, at, end, order):
    """Units of an interface's time stamps in a second."""
    while at + 4 <= end:
        code, size = struct.unpack_from(order + "HH", data, at)
        if code == 9 and size:
            power = data[at + 4]
            return 1 << (power & 127) if power & 128 else 10 ** power
        if code == 0:
            break
        at += 4 + (size + 3) // 4 * 4
    return 1000000


def _packets(data):
    links = []
    for order, kind, at, size in _blocks(data):
        if kind == 0x0A0D0D0A:
            links = []
        elif kind == 1:
            links.append((struct.unpack_from(order + "H", data, at + 8)[0],
                          _units(data, at + 16, at + size - 4, order)))
        elif kind == 6:
            index, high, low, kept, wire = struct.unpack_from(order + "IIIII", data, at + 8)
            if index < len(links) and kept <= size - 32:
                link, units = links[index]
                us = (high << 32 | low) * 1000000 // units
                yield Frame(link, us, wire, data[at + 28:at + 28 + kept])


# Link types Suricata 7 decodes: null, Ethernet, PPP, raw IP (as LINKTYPE and as the DLT of two systems), Cisco HDLC,
# Linux "cooked" of the first kind, IPv4, IPv6, GRE over IP.
FOR_SURICATA = {0, 1, 9, 12, 14, 101, 104, 113, 228, 229, 778}


def for_both(path):
    """Whether Suricata 7 reads it to its end: libpcap wants the same link type and snapshot length of all
    interfaces."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] in MAGICS:
        return struct.unpack_from(MAGICS[data[:4]][0] + "I", data, 20)[0] & 0xFFFF in FOR_SURICATA
    kinds = {(struct.unpack_from(order + "H", data, at + 8)[0], data[at + 12:at + 16])
             for order, kind, at, _ in _blocks(data) if kind == 1}
    return len(kinds) <= 1 and all(link in FOR_SURICATA for link, _ in kinds)


def begins(path):
    """Time of its first frame."""
    return next((f.us for f in read(path)), 0)


def write(path, frames):
    """As classic pcap, with the link type of the first frame."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, frames[0].link if frames else 1))
        for fr in frames:
            f.write(struct.pack("<IIII", fr.us // 1000000 & 0xFFFFFFFF, fr.us % 1000000, len(fr.data), fr.wire))
            f.write(fr.data)
