"""Capture files: pcap and pcapng written byte by byte, and the small reader the merge needs."""
import gzip
import io
import struct

ETHERNET = 1
RAW_IP = 101


class Capture:
    """Frames with their times in microseconds since 1970, in any order until they are written."""

    def __init__(self):
        self.frames = []

    def add(self, ts_us, frame):
        self.frames.append((int(ts_us), bytes(frame)))

    def extend(self, other, shift_us=0):
        self.frames += [(ts + shift_us, frame) for ts, frame in other.frames]

    def sorted(self):
        return sorted(self.frames, key=lambda entry: entry[0])

    def moved_to(self, ts_us):
        """The same frames, the first one at ts_us."""
        out = Capture()
        first = min(ts for ts, _ in self.frames)
        out.extend(self, ts_us - first)
        return out


def pcap_bytes(frames, linktype=ETHERNET, nano=False, big_endian=False, snaplen=262144):
    order = ">" if big_endian else "<"
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = io.BytesIO()
    out.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, linktype))
    for i, (ts, frame) in enumerate(frames):
        # A nanosecond file shows digits that a microsecond file cannot hold.
        fraction = (ts % 1000000) * 1000 + i % 1000 if nano else ts % 1000000
        kept = frame[:snaplen]
        out.write(struct.pack(order + "IIII", ts // 1000000, fraction, len(kept), len(frame)))
        out.write(kept)
    return out.getvalue()


def _block(kind, body):
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _option(code, value):
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng_bytes(interfaces, frames):
    """interfaces: (name, linktype, tsresol exponent); frames: (ts_us, interface index, frame)."""
    out = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    for name, linktype, exponent in interfaces:
        options = _option(2, name.encode()) + _option(9, bytes([exponent])) + _option(0, b"")
        out += _block(1, struct.pack("<HHI", linktype, 0, 262144) + options)
    for ts, index, frame in frames:
        ticks = ts * 10 ** (interfaces[index][2] - 6)
        body = struct.pack("<IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
        out += _block(6, body + frame + b"\0" * (-len(frame) % 4))
    return out


def write(path, data):
    with open(path, "wb") as out:
        out.write(data)


def gzipped(data):
    """Without a time or name in the header, so that equal input gives equal output."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
        packed.write(data)
    return out.getvalue()


def read_pcap(path):
    """A microsecond, little-endian Ethernet pcap, as tcpdump writes it here."""
    capture = Capture()
    with open(path, "rb") as file:
        data = file.read()
    if struct.unpack_from("<I", data)[0] != 0xA1B2C3D4:
        raise ValueError(f"{path}: not a microsecond little-endian pcap")
    at = 24
    while at < len(data):
        seconds, micros, kept, _ = struct.unpack_from("<IIII", data, at)
        capture.add(seconds * 1000000 + micros, data[at + 16:at + 16 + kept])
        at += 16 + kept
    return capture


def count_packets(data):
    """Packets in a pcap or pcapng file, plain or gzip: what MANIFEST.tsv says."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return _count_pcapng(data)
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at, count = 24, 0
    while at < len(data):
        at += 16 + struct.unpack_from(order + "I", data, at + 8)[0]
        count += 1
    return count


def _count_pcapng(data):
    at, count = 0, 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        count += kind == 6
        at += length
    return count
