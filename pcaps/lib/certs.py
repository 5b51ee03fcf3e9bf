"""X.509 certificates in DER (RFC 5280), seeded: right in form, signed by nobody."""
import datetime

OID = {"CN": "2.5.4.3", "O": "2.5.4.10", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8",
       "rsa": "1.2.840.113549.1.1.1", "sha256rsa": "1.2.840.113549.1.1.11", "san": "2.5.29.17"}


def tlv(tag, body):
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def sequence(*parts):
    return tlv(0x30, b"".join(parts))


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(name):
    first, second, *rest = (int(part) for part in OID[name].split("."))
    out = bytes([first * 40 + second])
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(number & 0x7F | 0x80)
        out += bytes(reversed(digits))
    return tlv(6, out)


def rdn_name(text):
    """"C=JP, O=Example, CN=www.example" as a Name."""
    parts = []
    for part in text.split(", "):
        key, value = part.split("=", 1)
        tag = 0x13 if key == "C" else 0x0C
        parts.append(tlv(0x31, sequence(oid(key), tlv(tag, value.encode()))))
    return sequence(*parts)


def utc(moment):
    return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def certificate(rng, subject, issuer, start, days, names=()):
    """start: a datetime in UTC; names: DNS names for subjectAltName."""
    algorithm = sequence(oid("sha256rsa"), tlv(5, b""))
    key = sequence(integer(rng.getrandbits(2048) | 1 << 2047 | 1), integer(65537))
    key_info = sequence(sequence(oid("rsa"), tlv(5, b"")), tlv(3, b"\0" + key))
    validity = sequence(utc(start), utc(start + datetime.timedelta(days=days)))
    body = tlv(0xA0, integer(2)) + integer(rng.getrandbits(63)) + algorithm + rdn_name(issuer) + validity
    body += rdn_name(subject) + key_info
    if names:
        general = sequence(*(tlv(0x82, name.encode()) for name in names))
        body += tlv(0xA3, sequence(sequence(oid("san"), tlv(4, general))))
    return sequence(tlv(0x30, body), algorithm, tlv(3, b"\0" + rng.randbytes(256)))
