"""The demo's day, 16 November 2026: three organisations, one attacker, one patient scanner.

    01:10 UTC  kasen       198.18.7.77 scans the web server (nmap)
    02:03      kasen       ... tries known holes on it (curl); one of them takes
    02:05      kasen       the server fetches a program from 198.18.66.10
    02:10      kasen       the server calls update.tide-charts.example over TLS, every 5 minutes
    02:40      kowan       the same holes tried; nothing comes of it
    03:10      kaiyo-data  the same holes tried
    03:25      kaiyo-data  a workstation fetches a "picture" from the same host, and calls it over
                           HTTP every 10 minutes; its private address is also in use at kasen
    all day    everywhere  198.18.200.5 knocks at one door every now and then, ten at each body:
                           too few to be a scan anywhere, thirty for who sees all three
"""
import datetime
import random

from . import background, captures, certs, payloads, talks, tls

DAY_US = int(datetime.datetime(2026, 11, 16, tzinfo=datetime.timezone.utc).timestamp()) * 1000000
MINUTE = 60 * 1000000
ORGS = {
    "kasen": {"domain": "kasen.example", "inside": "10.20", "inside6": "2001:db8:10:20", "net": "192.0.2"},
    "kowan": {"domain": "kowan.example", "inside": "10.40", "inside6": "2001:db8:20:40", "net": "198.51.100"},
    "kaiyo-data": {"domain": "kaiyo-data.example", "inside": "10.20", "inside6": "2001:db8:30:20", "net": "203.0.113"},
}
for _org in ORGS.values():
    _org |= {"www": _org["net"] + ".80", "mail": _org["net"] + ".25", "resolver": "198.18.53.53"}
C2_HOST, C2_ADDRESS = "update.tide-charts.example", "198.18.66.10"
SLOW_SCANNER = "198.18.200.5"
WORKSTATION = "10.20.30.41"


def at(hour, minute, second=0):
    return DAY_US + ((hour * 60 + minute) * 60 + second) * 1000000


def program(rng, size=6000):
    """Looks like an ELF program to whoever looks at its first bytes; runs nowhere."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00" + rng.randbytes(size)


def windows_program(rng, size=6000):
    stub = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8" + bytes(43) + b"\x80\0\0\0"
    return stub + b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21This program cannot be run in DOS mode.\r\r\n$" + rng.randbytes(size)


def lookup(capture, rng, now, client, resolver):
    ident = rng.getrandbits(16)
    rdata = bytes(int(part) for part in C2_ADDRESS.split("."))
    talks.udp(capture, rng, now, client, rng.randint(20000, 60000), resolver, 53,
              payloads.dns_query(ident, C2_HOST), payloads.dns_answer(ident, C2_HOST, "A", [rdata], ttl=60))


def fetch(capture, rng, now, client, host, uri, body, agent, kind):
    talk = talks.Tcp(capture, rng, now, client, rng.randint(20000, 60000), C2_ADDRESS, 80, 41000).open()
    talk.to_server(payloads.request(host, uri, agent=agent))
    talk.wait(20000, 60000)
    talk.to_client(payloads.response(body, kind=kind, server="Apache")).close()


def tls_beacon(capture, rng, client, start, end):
    """Every five minutes, a tenth more or less; the certificate vouches for itself."""
    subject = "C=JP, O=Tide Charts, CN=tide-charts.example"
    chain = [certs.certificate(rng, subject, subject, datetime.datetime(2026, 11, 10), 3650)]
    now, port = start, 40000
    while now < end:
        port += 1
        talk = talks.Tcp(capture, rng, now, client, port, C2_ADDRESS, 443, 41000).open()
        tls.session12(talk, rng, tls.TIDEWATCH, C2_HOST, chain, 220, 180)
        talk.close()
        now += int(5 * MINUTE * rng.uniform(0.9, 1.1))


def http_beacon(capture, rng, client, start, end):
    now, port, ident = start, 50000, f"{rng.getrandbits(32):08x}"
    while now < end:
        port += 1
        talk = talks.Tcp(capture, rng, now, client, port, C2_ADDRESS, 80, 41000).open()
        talk.to_server(payloads.request(C2_HOST, f"/tide/check?id={ident}&v=2", agent="TideWatch/2.1"))
        talk.wait(5000, 30000)
        talk.to_client(payloads.response(b"ok\n", kind="text/plain", server="Apache")).close()
        now += int(10 * MINUTE * rng.uniform(0.85, 1.15))


def slow_scan(capture, rng, org, turn):
    """Ten knocks spread over the day; `turn` staggers the organisations."""
    hosts = rng.sample(range(2, 250), 10)
    for i, host in enumerate(hosts):
        now = at(0, 20) + int((i + turn / 3) * 140 * MINUTE * rng.uniform(0.98, 1.02))
        port = (3389, 445, 23, 5900)[i % 4]
        talk = talks.Tcp(capture, rng, now, SLOW_SCANNER, rng.randint(40000, 60000), f"{org['net']}.{host}", port)
        talk.knock("rst" if i % 3 == 0 else None)


def piece(capture, pieces, name, moment):
    capture.extend(captures.read_pcap(f"{pieces}/{name}.pcap").moved_to(moment))


def kasen(capture, rng, org, pieces):
    www = org["www"]
    piece(capture, pieces, "staff", at(0, 41))
    piece(capture, pieces, "visit", at(0, 52))
    piece(capture, pieces, "scan", at(1, 10))
    piece(capture, pieces, "attack", at(2, 3))
    fetch(capture, rng, at(2, 5), www, C2_ADDRESS, "/tide/stage.bin", program(rng), "curl/7.88.1",
          "application/octet-stream")
    lookup(capture, rng, at(2, 9, 58), www, org["resolver"])
    tls_beacon(capture, rng, www, at(2, 10), at(23, 50))
    # The twin of kaiyo-data's workstation: the same private address, an innocent user.
    talk = talks.Tcp(capture, rng, at(5, 12), WORKSTATION, 41222, "198.18.101.10", 80).open()
    talk.to_server(payloads.request("www.maps.example", "/login", "POST", body=b"user=hashimoto&password=ame-no-hi"))
    talk.to_client(payloads.response(b"<html>welcome</html>")).close()


def kowan(capture, rng, org, pieces):
    piece(capture, pieces, "visit", at(1, 2))
    piece(capture, pieces, "attack", at(2, 40))
    piece(capture, pieces, "staff", at(6, 30))


def kaiyo_data(capture, rng, org, pieces):
    piece(capture, pieces, "visit", at(1, 30))
    piece(capture, pieces, "attack", at(3, 10))
    piece(capture, pieces, "staff", at(7, 15))
    lookup(capture, rng, at(3, 24, 59), WORKSTATION, org["resolver"])
    fetch(capture, rng, at(3, 25), WORKSTATION, C2_HOST, "/charts/harbour.png", windows_program(rng),
          payloads.BROWSER, "image/png")
    http_beacon(capture, rng, WORKSTATION, at(3, 40), at(23, 50))


CHAPTERS = {"kasen": (kasen, 0.6), "kowan": (kowan, 0.6), "kaiyo-data": (kaiyo_data, 0.35)}


def day(name, pieces):
    """The frames of one organisation's day, in order of time."""
    chapter, scale = CHAPTERS[name]
    org, capture = ORGS[name], captures.Capture()
    background.Day(capture, random.Random(f"{name} background"), org, DAY_US).fill(scale)
    rng = random.Random(f"{name} story")
    chapter(capture, rng, org, pieces)
    slow_scan(capture, rng, org, list(CHAPTERS).index(name))
    return capture.sorted()
