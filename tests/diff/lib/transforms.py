"""Transforms as rules write them, and what they make of bytes."""
import hashlib
import re
import urllib.parse


def _xor(key):
    return lambda d: bytes(b ^ key[i % len(key)] for i, b in enumerate(d))


def _decode(d):
    return urllib.parse.unquote_to_bytes(d.replace(b"+", b" "))


def pick(rng):
    """(option, function)"""
    key = bytes(rng.randrange(1, 256) for _ in range(rng.randrange(1, 4)))
    return rng.choice((
        ("dotprefix", lambda d: b"." + d), ("strip_whitespace", lambda d: re.sub(rb"[ \t\n\v\f\r]", b"", d)),
        ("compress_whitespace", lambda d: re.sub(rb"[ \t\n\v\f\r]+", b" ", d)),
        ("to_lowercase", bytes.lower), ("to_uppercase", bytes.upper),
        ("to_md5", lambda d: hashlib.md5(d).digest()), ("to_sha1", lambda d: hashlib.sha1(d).digest()),
        ("to_sha256", lambda d: hashlib.sha256(d).digest()), ("url_decode", _decode),
        (f'xor:"{key.hex()}"', _xor(key)), ("header_lowercase", bytes.lower),
        ("strip_pseudo_headers", lambda d: d),
        ('pcrexform:"([a-zA-Z0-9]+)"', lambda d: (re.search(rb"[a-zA-Z0-9]+", d) or [d])[0])))


def chain(rng, data):
    """([options], bytes after them)"""
    options = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        option, run = pick(rng)
        options.append(option)
        data = run(data)
    return options, data
