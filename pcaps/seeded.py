"""Writes the seeded captures and MANIFEST.tsv: `seeded.py [FOLDER]`, default this one.

The demo's days are built from the live pieces beside this file and from seeds; with the same pieces
every byte comes out the same, which tests/replay/pcaps checks."""
import hashlib
import os
import sys

from lib import captures, controls, datagrams, features, moved, rulework, story, wrappings  # noqa: F401 (they register)

HERE = os.path.dirname(os.path.abspath(__file__))
LIVE = {
    "features/cleartext-logins.pcap": "FTP, Telnet, SMTP and POP3 logins in the clear, by Python's clients",
    "features/dns-dnsmasq.pcap": "A, AAAA, CNAME, MX, TXT, missing names, over UDP and TCP, answered by dnsmasq",
    "features/http-nginx.pcap": "HTTP/1.0 and 1.1, chunked, gzip, ranges, posts, 100-continue, IPv6: curl and nginx",
    "features/http-oddities.pcap": "HTTP evasions: split, folded, doubled, encoded, smuggled, pipelined, HTTP/0.9",
    "features/scan-nmap.pcap": "nmap: SYN, FIN, NULL, Xmas, UDP, system detection, scripts",
    "features/tls-nginx.pcap": "TLS 1.2 and 1.3, with and without server name, resumed, ALPN, IPv6: curl, openssl, nginx",
    "features/tls-old-and-selfsigned.pcap": "TLS 1.0 agreed and refused, a self-signed certificate: openssl and nginx",
}
PIECES = {"visit": "a visitor of the web server", "staff": "cleartext passwords, TLS 1.0, self-signed certificate",
          "attack": "known holes tried with curl", "scan": "nmap against the web server"}
DAYS = {"kasen": "a day at the Ministry of Rivers: scan, exploit, download, TLS beacon",
        "kowan": "a day at the Ministry of Harbours: exploits tried in vain, policy findings",
        "kaiyo-data": "a day at the Ocean Data Agency: exploits tried, a masked program, HTTP beacon"}


def seeded(out):
    """Writes every seeded file below out; yields (path, what it shows)."""
    for name, shows in DAYS.items():
        path = f"{name}/day.pcap"
        save(out, path, captures.pcap_bytes(story.day(name, f"{HERE}/pieces/{name}")))
        yield path, shows
    for path, (content, shows) in features.MAKERS.items():
        save(out, path, content())
        yield path, shows


def save(out, path, data):
    os.makedirs(os.path.dirname(f"{out}/{path}"), exist_ok=True)
    captures.write(f"{out}/{path}", data)


def live():
    yield from LIVE.items()
    for name in os.listdir(f"{HERE}/live/protocols"):
        with open(f"{HERE}/live/protocols/{name}", encoding="utf-8") as file:
            yield f"protocols/{name.removesuffix('.sh')}.pcap", file.readlines()[1].strip("# \n")
    for name in DAYS:
        for piece, shows in PIECES.items():
            if os.path.exists(f"{HERE}/pieces/{name}/{piece}.pcap"):
                yield f"pieces/{name}/{piece}.pcap", f"piece of {name}'s day: {shows}"


def row(base, path, shows, made_by):
    with open(f"{base}/{path}", "rb") as file:
        data = file.read()
    return "\t".join([path, shows, made_by, hashlib.sha256(data).hexdigest(), str(captures.count_packets(data))])


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else HERE
    rows = [row(out, path, shows, "seeded") for path, shows in seeded(out)]
    rows += [row(HERE, path, shows, "live") for path, shows in live()]
    lines = ["file\tshows\tmade by\tsha256\tpackets", *sorted(rows)]
    captures.write(f"{out}/MANIFEST.tsv", ("\n".join(lines) + "\n").encode())


main()
