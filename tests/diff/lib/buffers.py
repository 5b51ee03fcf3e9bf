"""Which buffers a protocol has, and what they may hold in a flow: from its bytes and from our records."""
import re

# buffer: (legacy modifier or None, pcre letter or None, who: s = to the server, c = to the client, b = both)
HTTP = {
    "http.method": ("http_method", "M", "s"), "http.uri": ("http_uri", "U", "s"),
    "http.uri.raw": ("http_raw_uri", "I", "s"), "http.request_line": (None, None, "s"),
    "http.response_line": (None, None, "c"), "http.protocol": (None, None, "b"),
    "http.stat_code": ("http_stat_code", "S", "c"), "http.stat_msg": ("http_stat_msg", "Y", "c"),
    "http.header": ("http_header", "H", "b"), "http.header.raw": ("http_raw_header", "D", "b"),
    "http.header_names": (None, None, "b"), "http.cookie": ("http_cookie", "C", "b"),
    "http.user_agent": ("http_user_agent", "V", "s"), "http.host": ("http_host", "W", "s"),
    "http.host.raw": ("http_raw_host", "Z", "s"), "http.referer": (None, None, "s"),
    "http.accept": (None, None, "s"), "http.accept_enc": (None, None, "s"), "http.accept_lang": (None, None, "s"),
    "http.connection": (None, None, "b"), "http.content_type": (None, None, "b"),
    "http.content_len": (None, None, "b"), "http.server": (None, None, "c"), "http.location": (None, None, "c"),
    "http.request_body": ("http_client_body", "P", "s"), "http.response_body": ("http_server_body", "Q", "c"),
    "http.start": (None, None, "b"), "http.request_header": (None, None, "s"),
    "http.response_header": (None, None, "c"), "file.data": (None, None, "b"), "file.name": (None, None, "b"),
}
HEADERS = {"http.user_agent": "user-agent", "http.referer": "referer", "http.accept": "accept",
           "http.accept_enc": "accept-encoding", "http.accept_lang": "accept-language",
           "http.connection": "connection", "http.content_type": "content-type",
           "http.content_len": "content-length", "http.server": "server", "http.location": "location",
           "http.cookie": "cookie", "http.host": "host", "http.host.raw": "host"}
# Others: buffer -> where in the record the text stands ("" alone: any text of the record, or the stream).
OTHERS = {
    "tls": {"tls.sni": "sni", "tls.cert_subject": "subject", "tls.cert_issuer": "issuerdn",
            "tls.cert_serial": "serial", "tls.cert_fingerprint": "fingerprint", "ja3.hash": "ja3.hash",
            "ja3.string": "ja3.string", "ja3s.hash": "ja3s.hash", "ja3s.string": "ja3s.string",
            "ja4.hash": "ja4", "tls.certs": "<", "tls.random": ">", "tls.random_bytes": ">"},
    "dns": {"dns.query": "rrname"},
    "ssh": {"ssh.proto": "proto_version", "ssh.software": "software_version", "ssh.hassh": "hash",
            "ssh.hassh.string": "string", "ssh.hassh.server": "hash", "ssh.hassh.server.string": "string"},
    "smb": {"smb.named_pipe": "named_pipe", "smb.share": "share", "smb.ntlmssp_user": "user",
            "smb.ntlmssp_domain": "domain", "dcerpc.stub_data": ">", "file.data": ">", "file.name": "filename"},
    "dcerpc": {"dcerpc.stub_data": ">"},
    "krb5": {"krb5.cname": "cname", "krb5.sname": "sname"},
    "snmp": {"snmp.community": "community", "snmp.usm": "usm"},
    "sip": {"sip.method": "method", "sip.uri": "uri", "sip.request_line": "request_line", "sip.protocol": "version",
            "sip.stat_code": "code", "sip.stat_msg": "reason", "sip.response_line": "response_line"},
    "rfb": {"rfb.name": "name"},
    "mqtt": {"mqtt.connect.clientid": "client_id", "mqtt.connect.username": "username",
             "mqtt.connect.password": "password", "mqtt.connect.willtopic": "topic",
             "mqtt.connect.willmessage": "message", "mqtt.publish.topic": "topic",
             "mqtt.publish.message": "message", "mqtt.subscribe.topic": "topic", "mqtt.unsubscribe.topic": "topic"},
    "quic": {"quic.version": "version", "quic.sni": "sni", "quic.ua": "ua", "quic.cyu.hash": "hash",
             "quic.cyu.string": "string"},
    "ike": {"ike.init_spi": "init_spi", "ike.resp_spi": "resp_spi", "ike.nonce_payload": ">",
            "ike.key_exchange_payload": ">", "ike.vendor": ""},
    "smtp": {"file.data": ">", "file.name": "filename"},
    "ftp-data": {"file.data": "<", "file.name": "filename"},
    "nfs": {"file.data": ">", "file.name": "filename"},
    "dnp3": {"dnp3_data": ">"},
    "http2": {"http.uri": "url", "http.method": "http_method", "http.user_agent": "http_user_agent",
              "http2.header_name": "name", "http.host": "hostname", "http.stat_code": "status",
              "http.request_header": "", "http.response_header": "", "file.data": "<"},
}


def strings(value, key="", out=None):
    """[(key, bytes)] of every text and number in a record."""
    out = [] if out is None else out
    if isinstance(value, dict):
        for k, v in value.items():
            strings(v, k, out)
    elif isinstance(value, list):
        for v in value:
            strings(v, key, out)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        out.append((key, str(value).encode("utf-8", "replace")))
    return out


def _head(stream):
    """(first line, header block, body) of one HTTP message at the start of the bytes."""
    head, _, body = stream.partition(b"\r\n\r\n")
    line, _, block = head.partition(b"\r\n")
    return line, block + b"\r\n" if block else b"", body


def http(flow, to_server):
    """buffer -> bytes of the first message of that direction, as far as they can be read off the wire."""
    line, block, body = _head(flow.stream(to_server))
    words = line.split(b" ", 2)
    if not re.match(rb"[A-Z]+ |HTTP/", line):
        return {}
    fields = [f.partition(b":") for f in block.split(b"\r\n") if b":" in f]
    values = {n.strip().lower(): v.strip() for n, _, v in fields}
    out = {"http.header": block, "http.header.raw": block, "http.start": line + b"\r\n" + block + b"\r\n",
           "http.header_names": b"\r\n" + b"\r\n".join(n for n, _, _ in fields) + b"\r\n\r\n",
           "http.request_header" if to_server else "http.response_header":
               b": ".join((fields[-1][0], fields[-1][2].strip())) if fields else b"",
           "file.data": body, "http.request_body" if to_server else "http.response_body": body}
    if to_server:
        out["http.request_line"] = line
        out.update(zip(("http.method", "http.uri", "http.protocol"), words))
        out["http.uri.raw"] = out.get("http.uri", b"")
        out["file.name"] = out.get("http.uri", b"").rpartition(b"/")[2]
    else:
        out["http.response_line"] = line
        out.update(zip(("http.protocol", "http.stat_code", "http.stat_msg"), words))
    for buffer, name in HEADERS.items():
        value = values.get(name.encode())
        if value:
            out[buffer] = value.lower() if buffer == "http.host" else value
    return {k: v for k, v in out.items() if v}


def of(flow, rng):
    """(buffer, legacy, letter, to_server or None, bytes) of one buffer of the flow, or None."""
    if flow.app == "http":
        to_server = rng.random() < 0.6
        found = http(flow, to_server) or http(flow, not to_server)
        if not found:
            return None
        name = rng.choice(sorted(found))
        legacy, letter, who = HTTP[name]
        return name, legacy, letter, {"s": True, "c": False}.get(who), found[name]
    table = OTHERS.get({"rfb": "rfb", "ftp_data": "ftp-data"}.get(flow.app, flow.app))
    if not table:
        return None
    name = rng.choice(sorted(table))
    texts = [s for _, record in flow.records for s in strings(record)]
    wanted = table[name].rpartition(".")[2]
    fits = [v for k, v in texts if k == wanted and v]
    if not fits and rng.random() < 0.5:
        fits = [v for _, v in texts if v]
    if wanted in "<>" or not fits:
        whole = flow.stream(wanted != "<") or flow.stream(wanted == "<")
        start = rng.randrange(max(1, len(whole)))
        fits = [whole[start:start + 64]]
    data = rng.choice(fits)
    return (name, None, None, None, data) if data else None
