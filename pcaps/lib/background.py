"""A working day at a gateway, seeded: web, TLS, DNS, mail, time, software updates.

Every organisation has a few servers that the world visits and many clients that visit the world.
Nothing here should ever raise an alert: it is what the detectors are measured against."""
import datetime

from . import certs, payloads, talks, tls

HOUR = 3600 * 1000000
SITES = ["news", "maps", "weather", "library", "journal", "video", "search", "shop", "mail", "wiki", "photos", "travel"]
# Share of the day's traffic by hour UTC; Japan's office hours are 0:00 to 9:00 UTC.
BUSY = [9, 10, 10, 5, 8, 10, 10, 9, 7, 4, 3, 2, 1, 1, 1, 0.5, 0.5, 0.3, 0.3, 0.3, 0.4, 0.6, 2, 6]


class Day:
    """One organisation's day: `org` is a row of story.ORGS, day_us its midnight UTC."""

    def __init__(self, capture, rng, org, day_us):
        self.capture, self.rng, self.org, self.day = capture, rng, org, day_us
        # People come back to where they have been: each client has its own few sites.
        self.favourites = {}
        self.ports = {}

    def moment(self):
        hour = self.rng.choices(range(24), BUSY)[0]
        return self.day + int((hour + self.rng.random()) * HOUR)

    def client(self):
        return f"{self.org['inside']}.{self.rng.randint(10, 14)}.{self.rng.randint(2, 60)}"

    def port(self, client):
        """Each client's own counter, so that no tuple comes twice within a day."""
        self.ports[client] = self.ports.get(client, 32767 + self.rng.randrange(4000)) + 1
        return self.ports[client]

    def site(self, client):
        mine = self.favourites.setdefault(client, self.rng.sample(SITES, 4))
        name = self.rng.choice(mine)
        return f"www.{name}.example", f"198.18.{100 + SITES.index(name)}.{self.rng.randint(10, 13)}"

    def lookup(self, now, client, name, address):
        """Asks the organisation's resolver abroad; the answer names the address."""
        ident, rng = self.rng.getrandbits(16), self.rng
        rdata = bytes(int(part) for part in address.split("."))
        talks.udp(self.capture, rng, now, client, self.port(client), self.org["resolver"], 53,
                  payloads.dns_query(ident, name), payloads.dns_answer(ident, name, "A", [rdata]))

    def talk(self, now, client, server, port):
        rtt = self.rng.randint(6000, 90000)
        return talks.Tcp(self.capture, self.rng, now, client, self.port(client), server, port, rtt).open()

    def over_ip6(self, client, address):
        """The same two hosts, with their IPv6 addresses."""
        subnet, host = client.split(".")[2:]
        net, server = address.split(".")[2:]
        return f"{self.org['inside6']}:{subnet}::{host}", f"2001:db8:f00d:{net}::{server}"

    def browse_tls(self):
        client, now = self.client(), self.moment()
        name, address = self.site(client)
        self.lookup(now, client, name, address)
        if "inside6" in self.org and self.rng.random() < 0.2:
            client, address = self.over_ip6(client, address)
        talk = self.talk(now + 40000, client, address, 443)
        profile = self.rng.choice([tls.BROWSER, tls.BROWSER, tls.TOOL])
        tls.session13(talk, self.rng, profile, name, self.rng.randint(300, 900), self.rng.randint(600, 3500))
        talk.wait(100000, 5000000)
        talk.close()

    def browse_http(self):
        client, now = self.client(), self.moment()
        name, address = self.site(client)
        talk = self.talk(now, client, address, 80)
        for _ in range(self.rng.randint(1, 3)):
            uri = f"/{self.rng.choice(SITES)}/{self.rng.randint(1, 999)}.html"
            talk.to_server(payloads.request(name, uri))
            talk.wait(5000, 80000)
            talk.to_client(payloads.response(payloads.page(self.rng, 500, 2500)))
            talk.wait(200000, 9000000)
        talk.close()

    def visitor(self):
        """Somebody from outside reads the organisation's own site."""
        rng, now = self.rng, self.moment()
        client = f"198.18.{rng.randint(130, 180)}.{rng.randint(2, 250)}"
        talk = self.talk(now, client, self.org["www"], 443)
        tls.session13(talk, rng, tls.BROWSER, f"www.{self.org['domain']}", 600, rng.randint(1000, 4000))
        talk.close()

    def mail(self):
        rng, now = self.rng, self.moment()
        other = rng.choice(["news", "journal", "travel", "library"])
        talk = self.talk(now, f"198.18.{100 + SITES.index(other)}.25", self.org["mail"], 25)
        payloads.mail(talk, f"desk@{other}.example", [f"info@{self.org['domain']}"], "Request",
                      payloads.page(rng, 400, 2500), f"mx.{other}.example")
        talk.close()

    def time(self):
        client, now = self.client(), self.moment()
        request = bytes([0x23]) + bytes(39) + self.rng.randbytes(8)
        answer = bytes([0x24, 2, 0, 0xE9]) + self.rng.randbytes(44)
        talks.udp(self.capture, self.rng, now, client, self.port(client), "198.18.99.123", 123, request, answer)

    def update(self):
        """A package manager fetches its index and a package."""
        client, now = self.client(), self.moment()
        talk = self.talk(now, client, "198.18.98.10", 80)
        agent = "Debian APT-HTTP/1.3 (2.6.1)"
        package = f"/debian/pool/main/t/tide/tide_{self.rng.randint(1, 99)}_amd64.deb"
        for uri in ("/debian/dists/bookworm/InRelease", package):
            talk.to_server(payloads.request("deb.mirror.example", uri, agent=agent))
            body = b"!<arch>\n" + self.rng.randbytes(self.rng.randint(1000, 5000)) if "pool" in uri else b""
            kind = "application/vnd.debian.binary-package" if body else "text/plain"
            talk.to_client(payloads.response(body or b"Origin: Debian\nSuite: stable\n", kind=kind))
        talk.close()

    def update_tls(self, chain):
        client, now = self.client(), self.moment()
        talk = self.talk(now, client, "198.18.98.20", 443)
        tls.session12(talk, self.rng, tls.UPDATER, "updates.vendor.example", chain, 700, self.rng.randint(1000, 4000))
        talk.close()

    def fill(self, scale):
        """The whole day; scale 1 is about 900 conversations."""
        start = datetime.datetime(2026, 3, 1)
        chain = [certs.certificate(self.rng, "C=JP, O=Vendor, CN=updates.vendor.example",
                                   "C=JP, O=Example Trust Services, CN=Example Issuing CA", start, 365,
                                   ["updates.vendor.example"])]
        plan = [(self.browse_tls, 420), (self.browse_http, 110), (self.visitor, 170), (self.mail, 45),
                (self.time, 60), (self.update, 30), (lambda: self.update_tls(chain), 60)]
        for conversation, count in plan:
            for _ in range(int(count * scale)):
                conversation()
