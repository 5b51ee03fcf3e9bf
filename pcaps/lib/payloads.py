"""Application bytes: HTTP messages, DNS messages, SMTP dialogues."""
import gzip
import struct

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"
DNS_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "AXFR": 252}


def request(host, uri, method="GET", agent=BROWSER, headers=(), body=b""):
    lines = [f"{method} {uri} HTTP/1.1", f"Host: {host}"]
    if agent is not None:
        lines.append(f"User-Agent: {agent}")
    lines += ["Accept: */*", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def response(body=b"", status="200 OK", kind="text/html; charset=utf-8", server="nginx", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Server: {server}", f"Content-Type: {kind}",
             f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body, sizes, extension=""):
    """body in chunks of the given sizes, the rest in one."""
    out, at = b"", 0
    for size in [*sizes, len(body)]:
        part = body[at:at + size]
        if part:
            out += f"{len(part):x}{extension}\r\n".encode() + part + b"\r\n"
        at += size
    return out + b"0\r\n\r\n"


def gzip_body(body):
    return gzip.compress(body, mtime=0)


def page(rng, low=2000, high=20000):
    """An HTML page of words that mean nothing."""
    words = ["tide", "river", "level", "harbour", "gauge", "survey", "notice", "depth", "permit", "chart"]
    out = ["<!doctype html><html><head><title>Report</title></head><body>"]
    size = rng.randint(low, high)
    while sum(map(len, out)) < size:
        out.append("<p>" + " ".join(rng.choice(words) for _ in range(40)) + ".</p>\n")
    return "".join(out).encode() + b"</body></html>\n"


def name_bytes(name):
    out = b""
    for label in name.encode().split(b"."):
        out += bytes([len(label)]) + label if label else b""
    return out + b"\0"


def dns_query(ident, name, kind="A", klass=1, flags=0x0100):
    return struct.pack("!HHHHHH", ident, flags, 1, 0, 0, 0) + name_bytes(name) + \
        struct.pack("!HH", DNS_TYPES[kind], klass)


def dns_answer(ident, name, kind, data, rcode=0, ttl=300, klass=1):
    """data: list of rdata bytes; the names point at the question (RFC 1035 section 4.1.4)."""
    head = struct.pack("!HHHHHH", ident, 0x8180 | rcode, 1, len(data), 0, 0)
    out = head + name_bytes(name) + struct.pack("!HH", DNS_TYPES[kind], klass)
    for rdata in data:
        out += struct.pack("!HHHIH", 0xC00C, DNS_TYPES[kind], klass, ttl, len(rdata)) + rdata
    return out


def txt(text):
    raw = text.encode()
    return b"".join(bytes([len(raw[i:i + 255])]) + raw[i:i + 255] for i in range(0, len(raw), 255))


def mail(talk, sender, recipients, subject, body, helo, login=None):
    """An SMTP dialogue (RFC 5321) on an open session; login: the AUTH PLAIN response."""
    def say(line, answer):
        talk.to_server(line.encode() + b"\r\n").to_client(answer.encode() + b"\r\n")

    talk.to_client(b"220 mx ESMTP\r\n")
    say(f"EHLO {helo}", "250-mx\r\n250-SIZE 10485760\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")
    if login:
        say(f"AUTH PLAIN {login}", "235 2.7.0 Authentication successful")
    say(f"MAIL FROM:<{sender}>", "250 2.1.0 Ok")
    for recipient in recipients:
        say(f"RCPT TO:<{recipient}>", "250 2.1.5 Ok")
    say("DATA", "354 End data with <CR><LF>.<CR><LF>")
    head = f"From: <{sender}>\r\nTo: <{recipients[0]}>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\r\n"
    talk.to_server(head.encode() + body.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
    talk.to_client(b"250 2.0.0 Ok: queued\r\n")
    say("QUIT", "221 2.0.0 Bye")
