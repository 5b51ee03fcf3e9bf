"""Options about transactions that are no buffers: numbers, words, files, frames, sets of values.

VALUES: protocol -> rows of (keyword, where in our records its value stands or None, form). A form
makes the option's value of a random generator and that text; what it makes of None is a guess."""
import base64
import hashlib
import re

from . import buffers
from .rule import quoted


def number(*guesses):
    def form(r, text):
        n = int(text, 0) if text and re.fullmatch(rb"\d+|0x[0-9a-fA-F]+", text) and not re.match(rb"0\d", text) \
            else r.choice(guesses)
        n = max(0, n + (r.choice((-1, 1)) if r.random() < 0.2 else 0))
        return r.choice((str(n), str(n), str(n), f">{max(0, n - 1)}", f"<{n + 1}", f"!{n}", f">={n}", f"<={n}",
                         f"{max(0, n - 1)}-{n + 1}", f"!={n}", f"{max(0, n - 2)}<>{n + 2}"))
    return form


def word(*words):
    return lambda r, text: r.choice(words)


def negatable(*words):
    return lambda r, text: r.choice(("", "", "", "!")) + r.choice(words)


def flag(r, text):
    return ""


def text_of(r, text):
    if not text:
        return None
    text = re.match(rb"[\w ./=,:-]*", text)[0] or b"x"  # no hexadecimal in these
    start = r.randrange(len(text)) if r.random() < 0.3 else 0
    return r.choice(("", "", "", "!")) + f'"{quoted(text[start:start + r.randrange(1, 40)])}"'


def software(r, text):
    return text.decode("utf-8", "replace") if text and re.fullmatch(rb"[\w.-]+", text) else "OpenSSH_9.0"


def date(r, text):
    m = re.match(rb"(\d{4})-(\d\d)-(\d\d)", text or b"2015-06-01")
    day = (m or re.match(rb"(\d+)-(\d+)-(\d+)", b"2015-06-01"))[0].decode()
    return r.choice("<>") + r.choice((day, day[:7], day[:4]))


def tls_version(r, text):
    return r.choice(("1.0", "1.1", "1.2", "1.3"))


def interface(r, text):
    uuid = text.decode() if text and re.fullmatch(rb"[0-9a-f-]{36}", text) else "367abb81-9844-35f1-ad32-98f038001003"
    return uuid + r.choice(("", "", ",any_frag", ",=0", ",>0", ",<3"))


TLS = ("tls1.0", "tls1.1", "tls1.2", "tls1.3", "sslv3", "sslv2")
VALUES = {
    "dns": [("dns.opcode", None, negatable("0", "1", "4", "5"))],
    "tls": [("tls.version", None, tls_version), ("ssl_version", None, lambda r, t: ",".join(r.sample(TLS, r.randrange(1, 4)))),
            ("ssl_state", None, negatable("client_hello", "server_hello", "client_keyx", "server_keyx", "unknown")),
            ("tls.cert_chain_len", None, number(0, 1, 2, 3)), ("tls_cert_expired", None, flag),
            ("tls_cert_valid", None, flag), ("tls_cert_notbefore", "notbefore", date),
            ("tls_cert_notafter", "notafter", date), ("tls.subject", "subject", text_of),
            ("tls.issuerdn", "issuerdn", text_of), ("tls.fingerprint", "fingerprint", text_of)],
    "http": [("urilen", None, lambda r, t: number(1, 2, 5, 12, 30)(r, t) + r.choice(("", ",raw", ",norm")))],
    "ssh": [("ssh.protoversion", None, word("1", "2", "2_compat", "1.99", "2.0")),
            ("ssh.softwareversion", "software_version", software)],
    "ftp": [("ftpbounce", None, flag)],
    "ftp-data": [("ftpdata_command", None, word("stor", "retr"))],
    "smb": [("dcerpc.opnum", "opnum", lambda r, t: str(int(t)) if t and t.isdigit() else r.choice(("0", "5", "1-20", "3,15"))),
            ("dcerpc.iface", "uuid", interface)],
    "dcerpc": [("dcerpc.opnum", "opnum", lambda r, t: str(int(t)) if t and t.isdigit() else r.choice(("0", "5", "1-20"))),
               ("dcerpc.iface", "uuid", interface)],
    "krb5": [("krb5_msg_type", None, word("10", "11", "12", "13", "30")), ("krb5_err_code", None, word("6", "18", "25")),
             ("krb5.ticket_encryption", None, negatable("weak", "aes256-cts-hmac-sha1-96", "18", "23", "rc4-hmac"))],
    "snmp": [("snmp.version", "version", number(1, 2, 3)), ("snmp.pdu_type", None, word("0", "1", "2", "5", "7"))],
    "rfb": [("rfb.sectype", "security_type", number(1, 2)), ("rfb.secresult", None, word("ok", "fail", "toomany", "unknown"))],
    "mqtt": [("mqtt.type", None, word("CONNECT", "CONNACK", "PUBLISH", "PUBACK", "SUBSCRIBE", "SUBACK", "PINGREQ",
                                      "DISCONNECT", "UNASSIGNED")),
             ("mqtt.flags", None, word("dup", "retain", "!dup", "!retain", "dup,!retain")),
             ("mqtt.qos", "qos", number(0, 1, 2)), ("mqtt.reason_code", "return_code", number(0, 1, 5)),
             ("mqtt.protocol_version", "protocol_version", number(3, 4, 5)),
             ("mqtt.connect.flags", None, word("username", "password", "clean_session", "!will", "will,!will_retain")),
             ("mqtt.connack.session_present", None, word("yes", "no"))],
    "ike": [("ike.exchtype", "exchange_type", number(2, 4, 34, 35, 37)), ("ike.nonce_payload_length", None, number(16, 20, 32)),
            ("ike.key_exchange_payload_length", None, number(128, 256)),
            ("ike.chosen_sa_attribute", None, word("alg_enc=7", "alg_hash=2", "alg_auth=1", "sa_life_type=1"))],
    "dhcp": [("dhcp.leasetime", "lease_time", number(3600, 86400)), ("dhcp.rebinding_time", "rebinding_time", number(3150)),
             ("dhcp.renewal_time", "renewal_time", number(1800))],
    "nfs": [("nfs.version", None, number(2, 3, 4)), ("nfs_procedure", None, number(0, 1, 3, 4, 6, 16, 21))],
    "modbus": [("modbus", None, word("function 3", "function !3", "function 1", "function assigned", "function public",
                                     "access read", "access write", "access read coils", "access write holding",
                                     "unit 1", "unit >0", "unit 255, function 3", "access read, address 0<>100"))],
    "dnp3": [("dnp3_func", None, word("read", "write", "response", "confirm", "1", "129")),
             ("dnp3_ind", None, word("class_1_events", "device_restart", "need_time", "all_stations")),
             ("dnp3_obj", None, word("60,1", "60,2", "1,2", "30,1", "12,1", "50,1"))],
    "enip": [("enip_command", None, number(4, 99, 100, 101, 111, 112)),
             ("cip_service", None, word("14", "76", "77", "82", "1,1", "14,2"))],
    "http2": [("http2.frametype", None, word("HEADERS", "DATA", "SETTINGS", "GOAWAY", "WINDOWUPDATE", "PRIORITY")),
              ("http2.errorcode", None, word("NO_ERROR", "CANCEL", "PROTOCOL_ERROR")), ("http2.priority", None, number(0, 15, 41)),
              ("http2.window", None, number(65535, 1000)), ("http2.size_update", None, number(0, 4096)),
              ("http2.settings", None, word("SETTINGS_ENABLE_PUSH=0", "SETTINGS_MAX_CONCURRENT_STREAMS>10"))],
}
FRAMES = {
    "tls": ("tls.pdu", "tls.hdr", "tls.data"), "dns": ("dns.pdu",), "mqtt": ("mqtt.pdu", "mqtt.header", "mqtt.data"),
    "rfb": ("rfb.pdu",), "http": ("http1.request", "http1.response"), "telnet": ("telnet.pdu", "telnet.ctl", "telnet.data"),
    "sip": ("sip.pdu", "sip.request.line", "sip.response.line", "sip.request.headers", "sip.response.headers",
            "sip.request.body", "sip.response.body"),
    "smb": ("smb.nbss.pdu", "smb.nbss.hdr", "smb.nbss.data", "smb.smb1.pdu", "smb.smb1.hdr", "smb.smb1.data",
            "smb.smb2.pdu", "smb.smb2.hdr", "smb.smb2.data"),
    "nfs": ("nfs.rpc.pdu", "nfs.rpc.hdr", "nfs.rpc.data"),
}


def texts(flow, key=None):
    """Texts of a flow's records, those under that key where there is one."""
    found = [(k, v) for _, record in flow.records for k, v in buffers.strings(record)]
    return [v for k, v in found if v and key in (None, k)]


def value(r, flow, app):
    """An option of the flow's protocol, or None."""
    rows = VALUES.get(app)
    if not rows:
        return None
    keyword, key, form = r.choice(rows)
    known = texts(flow, key) if key else []
    made = form(r, r.choice(known) if known else None)
    return None if made is None else keyword + (f":{made}" if made else "")


def listed(kind, lines):
    """What a rule names a file with these lines by; the engines write it."""
    return "@@" + "\n".join(lines).encode().hex() + "." + kind


def file_option(r, flow):
    """An option about one file that the flow carries."""
    record = r.choice([record for kind, record in flow.records if kind == "fileinfo"])
    name, size = record.get("filename", "x"), record.get("size", 0)
    not_ = r.choice(("", "", "", "!"))
    body = flow.stream(r.random() < 0.5).partition(b"\r\n\r\n")[2] or b"?"
    digest = r.choice(("md5", "sha1", "sha256"))
    known = hashlib.new(digest, body[:size] if size else body).hexdigest()
    start = r.randrange(len(name)) if name else 0
    return r.choice((
        f'filename:{not_}"{quoted(name.encode()[start:start + r.randrange(1, 16)] or b"x")}"',
        f'fileext:{not_}"{quoted(name.rpartition(".")[2].encode()[:8] or b"x")}"',
        "filesize:" + r.choice((f"<{size + 1}", f">{max(0, size - 1)}", str(size), f"{max(0, size - 9)}<>{size + 9}")),
        f'filemagic:{not_}"{r.choice(("text", "data", "HTML", "ASCII", "image", "executable"))}"',
        f"file{digest}:{not_}" + listed(digest, [known, "0" * len(known)])))


def set_option(r, name, data):
    """([transforms], option) that looks the value of a buffer up in a set."""
    others = [bytes(r.randrange(97, 123) for _ in range(6)) for _ in range(3)]
    values = others + ([data] if r.random() < 0.75 else [data[:-1] or b"x"])
    r.shuffle(values)
    if r.random() < 0.25:
        lines = [base64.b64encode(v).decode() + f",{r.choice((1, 20, 50, 80))}" for v in values]
        return [], f"datarep:{name},{r.choice('<>')},{r.choice((1, 20, 50, 80))},load {listed('rep', lines)},type string"
    kind = r.choice(("string", "string", "md5", "sha256"))
    to = [] if kind == "string" else [f"to_{kind}"]
    lines = [base64.b64encode(v).decode() if kind == "string" else hashlib.new(kind, v).hexdigest() for v in values]
    return to, f"dataset:{r.choice(('isset', 'isset', 'isnotset'))},{name},type {kind},load {listed('lst', lines)}"
