"""A mail server that takes everything but one recipient, `mail.py serve HOST CERTIFICATE`, and clients
for what curl does not say, `mail.py smtp|pop3|imap HOST`."""
import imaplib
import poplib
import smtplib
import ssl
import sys
import threading
from email.message import EmailMessage

HELLO = "gauge-07.kasen.example"


def serve(host, certificate):
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult

    class Box:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("nobody"):
                return "550 5.1.1 No such user here"
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 Ok"

        async def handle_DATA(self, server, session, envelope):
            return "250 2.0.0 Ok: queued"

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate + ".pem", certificate + ".key")

    def known(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"spring-tide")

    class Server(Controller):
        def factory(self):
            return SMTP(Box(), hostname="mail.kasen.example", tls_context=tls, auth_require_tls=False,
                        authenticator=known, enable_SMTPUTF8=True)

    Server(Box(), hostname=host, port=25).start()
    threading.Event().wait()


def message():
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "keeper@kasen.example", "duty@kowan.example", "潮位"
    mail.set_content("The chart of the day is at https://www.kasen.example/chart.bin\n")
    mail.add_attachment(bytes(range(256)) * 8, maintype="application", subtype="octet-stream", filename="chart.bin")
    mail.add_attachment("station;level\n12;3,40 m\n", subtype="csv", filename="levels.csv")
    return mail


def with_login(host):
    with smtplib.SMTP(host, 25, HELLO, timeout=5) as client:
        client.login("keeper", "spring-tide")
        client.send_message(message())
        client.send_message(message(), to_addrs=["harbour@kowan.example"])


def refused(host):
    with smtplib.SMTP(host, 25, HELLO, timeout=5) as client:
        client.ehlo()
        client.vrfy("duty")
        client.mail("keeper@kasen.example")
        client.rcpt("nobody@kasen.example")
        client.rset()


def encrypted(host):
    with smtplib.SMTP(host, 25, HELLO, timeout=5) as client:
        client.starttls(context=ssl._create_unverified_context())
        client.send_message(message())


def smtp(host):
    for talk in (with_login, refused, encrypted):
        talk(host)


def refused_pop3(host):
    box = poplib.POP3(host, timeout=5)
    box.user("keeper")
    try:
        box.pass_("low-tide")
    except poplib.error_proto:
        box.quit()


def pop3(host):
    refused_pop3(host)
    box = poplib.POP3(host, timeout=5)
    box.capa()
    box.user("keeper")
    box.pass_("spring-tide")
    box.stat()
    box.uidl()
    box.top(1, 2)
    box.retr(2)
    box.dele(1)
    box.quit()


def imap(host):
    box = imaplib.IMAP4(host, timeout=5)
    box.login("keeper", "spring-tide")
    box.list()
    box.create("Levels")
    box.append("Levels", None, None, b"Subject: high\r\n\r\nwater\r\n")
    box.select("INBOX")
    box.search(None, "SUBJECT", "Levels")
    box.fetch("1:*", "(RFC822)")
    box.close()
    box.logout()


{"serve": serve, "smtp": smtp, "pop3": pop3, "imap": imap}[sys.argv[1]](*sys.argv[2:])
