"""Servers and clients for what nginx and curl would never say: `oddities.py serve HOST` and then
`oddities.py http HOST` (evasions of HTTP inspection) or `oddities.py logins HOST` (cleartext)."""
import ftplib
import os
import smtplib
import socket
import socketserver
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import payloads  # noqa: E402

HTTP, FTP, TELNET, SMTP, POP3 = 2380, 21, 23, 25, 110
PAGE = b"<html>" + b"the tide table of the harbour " * 40 + b"</html>"
ANSWERS = {
    b"/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + payloads.chunked(PAGE, [1, 2, 3, 500]),
    b"/both": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
              + payloads.chunked(payloads.gzip_body(PAGE), [10, 7]),
    b"/extension": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   + payloads.chunked(PAGE, [64], ";name=value"),
    b"/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"/length-and-chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + payloads.chunked(PAGE, [50]),
}
DEFAULT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Web(socketserver.StreamRequestHandler):
    """Answers each request line; bodies are read by Content-Length alone."""

    def handle(self):
        while line := self.rfile.readline():
            words, length = line.split(), 0
            if len(words) < 2:
                continue
            if len(words) == 2:  # HTTP/0.9
                self.wfile.write(PAGE)
                return
            while (header := self.rfile.readline()).strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            self.rfile.read(length)
            self.wfile.write(ANSWERS.get(words[1], DEFAULT))


class Script(socketserver.StreamRequestHandler):
    """A server that greets and answers each line by its first word."""
    greeting, answers, otherwise = b"", {}, b""

    def handle(self):
        self.wfile.write(self.greeting)
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            self.wfile.write(self.answers.get(word, self.otherwise))
            if word in (b"QUIT", b"EXIT"):
                return
            if word == b"DATA":
                while self.rfile.readline() != b".\r\n":
                    pass
                self.wfile.write(b"250 2.0.0 Ok: queued\r\n")


def script(greeting, answers, otherwise):
    return type("Scripted", (Script,), {"greeting": greeting, "answers": answers, "otherwise": otherwise})


SERVERS = {
    HTTP: Web,
    FTP: script(b"220 gauge-archive FTP\r\n", {b"USER": b"331 Password required\r\n", b"PASS": b"230 Logged in\r\n",
                                               b"QUIT": b"221 Bye\r\n"}, b"200 Ok\r\n"),
    TELNET: script(b"\xff\xfd\x18\xff\xfd\x20gauge-07 login: ",
                   {b"KEEPER": b"Password: ", b"SPRING-TIDE": b"\r\ngauge-07$ ", b"EXIT": b"logout\r\n"}, b"\r\n$ "),
    SMTP: script(b"220 mail.kasen.example ESMTP\r\n",
                 {b"EHLO": b"250-mail.kasen.example\r\n250 AUTH PLAIN LOGIN\r\n", b"AUTH": b"235 2.7.0 Ok\r\n",
                  b"DATA": b"354 Go ahead\r\n", b"QUIT": b"221 Bye\r\n"}, b"250 Ok\r\n"),
    POP3: script(b"+OK ready\r\n", {b"QUIT": b"+OK bye\r\n"}, b"+OK\r\n"),
}


def serve(host):
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    # The web server comes last: whoever waits for its port knows that all others listen too.
    for port in sorted(SERVERS):
        server = socketserver.ThreadingTCPServer((host, port), SERVERS[port])
        threading.Thread(target=server.serve_forever).start()


def http_one(host, parts):
    """Sends the parts as segments of their own and reads until the server is done."""
    with socket.create_connection((host, HTTP), timeout=5) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            s.sendall(part)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass


def get(uri, headers=b"Host: www.kasen.example\r\n"):
    return b"GET " + uri + b" HTTP/1.1\r\n" + headers + b"\r\n"


def http(host):
    for uri in ANSWERS:
        http_one(host, [get(uri)])
    split = get(b"/split/secret.html")
    http_one(host, [split[i:i + 1] for i in range(len(split))])
    http_one(host, [get(b"/%2e%2e/%2e%2e/etc/passwd")])
    http_one(host, [get(b"/%252e%252e/etc/passwd")])
    http_one(host, [get(b"/a/./b/../c//d.html?x=%41%42")])
    http_one(host, [get(b"/folded", b"Host: www.kasen.example\r\nX-Note: one\r\n two\r\n\tthree\r\n")])
    http_one(host, [b"GET /bare-lf HTTP/1.1\nHost: www.kasen.example\n\n"])
    http_one(host, [get(b"/first") + get(b"/second") + get(b"/third")])
    http_one(host, [b"GET /old\r\n"])
    http_one(host, [b"POST /smuggle HTTP/1.1\r\nHost: www.kasen.example\r\nContent-Length: 4\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r"])
    http_one(host, [get(b"/hosts", b"Host: www.kasen.example\r\nHost: other.example\r\n")])
    http_one(host, [b"gEt /case HTTP/1.1\r\nhOST: www.kasen.example\r\n\r\n"])


def line_login(host, port, lines):
    with socket.create_connection((host, port), timeout=5) as s:
        for line in lines:
            s.recv(4096)
            s.sendall(line + b"\r\n")
        s.recv(4096)


def logins(host):
    ftp = ftplib.FTP(host, "keeper", "spring-tide", timeout=5)
    ftp.quit()
    mail = smtplib.SMTP(host, SMTP, "gauge-07.kasen.example", timeout=5)
    mail.login("keeper", "spring-tide")
    mail.sendmail("keeper@kasen.example", ["duty@kowan.example"], "Subject: levels\n\nThe gauges are fine.\n")
    mail.quit()
    line_login(host, TELNET, [b"keeper", b"spring-tide", b"exit"])
    line_login(host, POP3, [b"USER keeper", b"PASS spring-tide", b"QUIT"])


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    {"http": http, "logins": logins}[sys.argv[1]](sys.argv[2])
