"""TLS handshakes byte by byte (RFC 5246, RFC 8446), so that a seed gives the same bytes.

Nothing is really encrypted: after the handshake records carry random bytes, which is all that
somebody on the wire would see.
"""
import struct

RECORD_ALERT, RECORD_HANDSHAKE, RECORD_DATA, RECORD_CCS, RECORD_HEARTBEAT = 21, 22, 23, 20, 24
TLS10, TLS12 = 0x0301, 0x0303

# What a client offers: cipher suites, extension order, groups, versions, ALPN.
BROWSER = {
    "ciphers": [0x1301, 0x1303, 0x1302, 0xC02B, 0xC02F, 0xCCA9, 0xCCA8, 0xC02C, 0xC030, 0xC013, 0xC014, 0x9C, 0x9D],
    "extensions": [0, 23, 0xFF01, 10, 11, 35, 16, 5, 51, 43, 13, 45],
    "groups": [0x1D, 0x17, 0x18, 0x19],
    "versions": [0x0304, 0x0303],
    "alpn": ["h2", "http/1.1"],
}
TOOL = {
    "ciphers": [0x1302, 0x1303, 0x1301, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC02B, 0xC02F, 0xC024, 0xC028, 0xFF],
    "extensions": [0, 11, 10, 16, 22, 23, 49, 13, 43, 45, 51],
    "groups": [0x1D, 0x17, 0x1E, 0x19, 0x18],
    "versions": [0x0304, 0x0303],
    "alpn": ["http/1.1"],
}
UPDATER = {
    "ciphers": [0xC02C, 0xC02B, 0xC030, 0xC02F, 0x9F, 0x9E, 0xC024, 0xC023, 0xC028, 0xC027],
    "extensions": [0, 10, 11, 13, 35, 16, 23, 0xFF01],
    "groups": [0x1D, 0x17, 0x18],
    "versions": [],
    "alpn": ["http/1.1"],
}
# The fictional implant "tidewatch": few suites, no ALPN, no session ticket.
TIDEWATCH = {
    "ciphers": [0xC02F, 0xC030, 0xC013, 0xC014, 0x2F, 0x35, 0x0A],
    "extensions": [0, 10, 11, 13],
    "groups": [0x17, 0x18],
    "versions": [],
    "alpn": [],
}
OLD = {
    "ciphers": [0x2F, 0x35, 0x0A, 0x05, 0x04],
    "extensions": [0],
    "groups": [],
    "versions": [],
    "alpn": [],
}


def record(kind, body, version=TLS12):
    return struct.pack("!BHH", kind, version, len(body)) + body


def handshake(kind, body):
    return struct.pack("!I", kind << 24 | len(body)) + body


def _u16_list(values):
    return struct.pack("!H", 2 * len(values)) + struct.pack(f"!{len(values)}H", *values)


def _extension(kind, profile, sni, rng):
    name = sni.encode() if sni else b""
    protocols = b"".join(bytes([len(p)]) + p.encode() for p in profile["alpn"])
    versions = profile["versions"]
    bodies = {
        0: struct.pack("!HBH", len(name) + 3, 0, len(name)) + name,
        5: b"\1\0\0\0\0",
        10: _u16_list(profile["groups"]),
        11: b"\1\0",
        13: _u16_list([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]),
        16: struct.pack("!H", len(protocols)) + protocols,
        43: bytes([2 * len(versions)]) + struct.pack(f"!{len(versions)}H", *versions),
        45: b"\1\1",
        51: struct.pack("!HHH", 36, 0x1D, 32) + (rng.randbytes(32) if kind == 51 else b""),
        0xFF01: b"\0",
    }
    body = bodies.get(kind, b"")
    return struct.pack("!HH", kind, len(body)) + body


def client_hello(rng, profile, sni, version=TLS12):
    random = rng.randbytes(32)
    session = rng.randbytes(32) if profile["versions"] else b""
    kinds = [k for k in profile["extensions"] if k != 0 or sni]
    extensions = b"".join(_extension(k, profile, sni, rng) for k in kinds)
    body = struct.pack("!H", version) + random + bytes([len(session)]) + session
    body += _u16_list(profile["ciphers"]) + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    return record(RECORD_HANDSHAKE, handshake(1, body), TLS10)


def server_hello(rng, cipher, version=TLS12, tls13=False, tail=b""):
    """tail: handshake messages in the same record."""
    extensions = b""
    if tls13:
        extensions = struct.pack("!HHH", 43, 2, 0x0304) + struct.pack("!HHHH", 51, 36, 0x1D, 32) + rng.randbytes(32)
    elif version == TLS12:
        extensions = struct.pack("!HHB", 0xFF01, 1, 0)
    session = rng.randbytes(32)
    body = struct.pack("!H", version) + rng.randbytes(32) + bytes([32]) + session
    body += struct.pack("!HB", cipher, 0) + (struct.pack("!H", len(extensions)) + extensions if extensions else b"")
    return record(RECORD_HANDSHAKE, handshake(2, body) + tail, version)


def certificate(chain):
    entries = b"".join(struct.pack("!I", len(der))[1:] + der for der in chain)
    return handshake(11, struct.pack("!I", len(entries))[1:] + entries)


def data(rng, length, version=TLS12):
    out = b""
    while length > 0:
        part = min(length, 8192)
        out += record(RECORD_DATA, rng.randbytes(part), version)
        length -= part
    return out


def session13(talk, rng, profile, sni, up, down):
    """A TLS 1.3 session on an open connection: hello, then `up` and `down` bytes of data."""
    talk.to_server(client_hello(rng, profile, sni))
    talk.to_client(server_hello(rng, profile["ciphers"][0], tls13=True) + record(RECORD_CCS, b"\1") + data(rng, 2300))
    talk.to_server(record(RECORD_CCS, b"\1") + data(rng, 53))
    talk.to_server(data(rng, up)).to_client(data(rng, down))


def point(rng):
    """A public value on P-256, uncompressed, with its length (RFC 8422 section 5.4)."""
    return b"\x41\x04" + rng.randbytes(64)


def session12(talk, rng, profile, sni, chain, up, down, version=TLS12):
    """TLS 1.2 or older, certificate in the clear."""
    cipher = next(c for c in profile["ciphers"] if c < 0x1300 or c > 0x13FF)
    tail = certificate(chain)
    ephemeral = cipher >= 0xC000
    if ephemeral:
        signature = struct.pack("!HH", 0x0401, 256) + rng.randbytes(256)
        tail += handshake(12, b"\x03\x00\x17" + point(rng) + signature)
    tail += handshake(14, b"")
    talk.to_server(client_hello(rng, profile, sni, version))
    talk.to_client(server_hello(rng, cipher, version, tail=tail))
    key = handshake(16, point(rng) if ephemeral else struct.pack("!H", 256) + rng.randbytes(256))
    finished = record(RECORD_CCS, b"\1", version) + record(RECORD_HANDSHAKE, rng.randbytes(40), version)
    talk.to_server(record(RECORD_HANDSHAKE, key, version) + finished)
    talk.to_client(finished)
    talk.to_server(data(rng, up, version)).to_client(data(rng, down, version))
    talk.to_server(record(RECORD_ALERT, rng.randbytes(26), version))
