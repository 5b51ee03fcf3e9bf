"""Scenarios out of what captures hold: one family of rules a function, picked by weight."""
import base64
import random
import re

from . import apps, buffers, header, regex, transforms
from .chain import Chain
from .packets import TCP, UDP
from .rule import Rule, Scenario, quoted

APPS = ("http", "http1", "http2", "tls", "dns", "smtp", "ftp", "ssh", "smb", "dcerpc", "krb5", "snmp", "sip", "rfb",
        "mqtt", "quic", "ike", "nfs", "ftp-data", "dnp3", "modbus", "tftp", "ntp", "dhcp", "rdp", "imap", "telnet")


# The families of rules, each a method of the generator, with their weights.
FAMILIES = {"payload": 26, "numbers": 13, "pcre": 11, "buffer": 24, "headers": 8, "addresses": 4, "base64": 2,
            "thresholds": 4, "flowbits": 4, "flowint": 2, "passing": 2, "events": 3, "hosts": 2,
            "values": 6, "files": 3, "frames": 3, "sets": 3, "protocols": 2}


class Source:
    """A capture with the flows of it that rules can be made of."""

    def __init__(self, capture):
        self.path = capture.path
        self.flows = capture.flows
        self.talking = [f for f in capture.flows if any(p.payload for p in f.packets)]
        self.spoken = [f for f in self.talking if f.app]
        self.oddities = sorted(capture.oddities)


class Generator:
    def __init__(self, seed, captures):
        self.rng = random.Random(f"rules {seed}")
        self.sources = [s for s in map(Source, captures) if s.flows]
        self.oddities = [(s, o) for s in self.sources for o in s.oddities]
        self.rng.shuffle(self.oddities)

    # ---- what to look at ----
    def flow(self, spoken=False):
        source = self.rng.choice(self.sources)
        for _ in range(50):
            flows = source.spoken if spoken else source.talking
            if flows:
                return source, self.rng.choice(flows)
            source = self.rng.choice(self.sources)
        return source, self.rng.choice(source.flows)

    def bytes_of(self, flow):
        """(payload or part of a stream, direction)"""
        r, to_server = self.rng, self.rng.random() < 0.55
        mine = [p for p in flow.packets if p.payload and flow.to_server(p) == to_server]
        if not mine:
            to_server = not to_server
            mine = [p for p in flow.packets if p.payload and flow.to_server(p) == to_server]
        if not mine:
            return b"", to_server
        if flow.proto == TCP and r.random() < 0.35:
            whole = flow.stream(to_server)
            start = r.choice((0, 0, r.randrange(len(whole))))
            return whole[start:start + 2000], to_server
        return r.choice(mine).payload[:2000], to_server

    def app(self, flow):
        name = {"ftp_data": "ftp-data"}.get(flow.app, flow.app)
        return name if name in APPS else None

    def extras(self, rule, flow, to_server, often=0.15):
        r = self.rng
        header.flow_option(r, rule, to_server)
        if r.random() < often:
            header.packet_option(r, rule, r.choice(flow.packets))

    # ---- families ----
    def payload(self):
        source, flow = self.flow()
        data, to_server = self.bytes_of(flow)
        rule = Rule()
        header.apply(self.rng, rule, flow, to_server, app=self.app(flow) if self.rng.random() < 0.2 else None)
        self.extras(rule, flow, to_server)
        Chain(self.rng, data, rule).go(self.rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 7)))
        return source, [rule]

    def numbers(self):
        source, flow = self.flow()
        data, to_server = self.bytes_of(flow)
        rule = Rule()
        header.apply(self.rng, rule, flow, to_server)
        header.flow_option(self.rng, rule, to_server)
        chain = Chain(self.rng, data, rule)
        chain.go(1)
        for _ in range(self.rng.choice((1, 2, 2, 3))):
            if data:
                getattr(chain, self.rng.choice(("byte_test", "byte_jump", "byte_extract", "byte_math", "isdataat")))()
        chain.go(self.rng.choice((0, 1, 1, 2)))
        return source, [rule]

    def pcre(self):
        source, flow = self.flow()
        data, to_server = self.bytes_of(flow)
        rule = Rule()
        header.apply(self.rng, rule, flow, to_server)
        self.extras(rule, flow, to_server)
        if not data:
            return source, [rule]
        chain = Chain(self.rng, data, rule)
        chain.go(self.rng.choice((0, 1, 1, 2)), tests=False)
        text, end = regex.expression(self.rng, data, None, chain.at if chain.began and self.rng.random() < 0.6 else None)
        rule.add("pcre:" + text)
        chain.at, chain.began = end, True
        chain.go(self.rng.choice((0, 0, 1)))
        return source, [rule]

    def buffer(self):
        r = self.rng
        source, flow = self.flow(spoken=True)
        rule, app = Rule(), self.app(flow)
        found = buffers.of(flow, r) if flow.app else None
        header.apply(r, rule, flow, found[3] if found else None, app=app)
        header.flow_option(r, rule, found[3] if found else None)
        for _ in range(r.choice((1, 1, 1, 2, 3))):
            if found:
                self.one_buffer(rule, *found)
            found = buffers.of(flow, r) if flow.app else None
        if r.random() < 0.15 or not rule.elements:
            data, _ = self.bytes_of(flow)
            rule.add("pkt_data") if rule.elements else None
            Chain(r, data, rule).go(1, tests=False)
        return source, [rule]

    def one_buffer(self, rule, name, legacy, letter, _, data):
        r = self.rng
        if legacy and r.random() < 0.3:
            Chain(r, data, rule).go(r.choice((1, 1, 2, 3)), modifier=legacy, tests=False)
            if letter and r.random() < 0.3:
                rule.add("pcre:" + regex.expression(r, data, letter)[0])
            return
        rule.add(name)
        if name.startswith("tls.random"):  # Suricata looks at a server's before there is one, and sees zeros
            start = r.randrange(max(1, len(data) - 4))
            rule.add(f'content:"{quoted(data[start:start + r.randrange(1, 5)])}"')
            return
        if r.random() < 0.25:
            options, data = transforms.chain(r, data)
            rule.elements[-1] += options
            if not data:
                return
        roll = r.random()
        if roll < 0.12:
            n = max(0, len(data) + (r.choice((-1, 1)) if r.random() < 0.2 else 0))
            rule.add("bsize:" + r.choice((str(n), f">{max(0, n - 1)}", f"<{n + 1}", f"{max(0, n - 2)}<>{n + 2}")))
        if roll < 0.12 and r.random() < 0.3:
            return
        if roll < 0.2:
            rule.add(f'content:"{quoted(data[:200])}"', *(["startswith", "endswith"] if r.random() < 0.7 else []))
        elif roll < 0.3:
            rule.add("pcre:" + regex.expression(r, data)[0])
        else:
            Chain(r, data, rule).go(r.choice((1, 1, 2, 2, 3, 4)))

    def headers(self):
        r = self.rng
        source = r.choice(self.sources)
        flow = r.choice(source.flows)
        rule, p = Rule(), r.choice(flow.packets)
        header.apply(r, rule, flow, flow.to_server(p), tight=True)
        header.flow_option(r, rule, flow.to_server(p), 0.2)
        for _ in range(r.choice((1, 1, 2, 3))):
            header.packet_option(r, rule, p)
        if p.headers and r.random() < 0.3:
            name = r.choice(sorted(p.headers))
            rule.add(name)
            Chain(r, p.headers[name], rule).go(r.choice((1, 2)))
        return source, [rule]

    def addresses(self):
        """Rules that test nothing but the header, or hardly more."""
        r = self.rng
        source = r.choice(self.sources)
        flow = r.choice(source.flows)
        rule = Rule()
        header.apply(r, rule, flow, tight=True, app=self.app(flow) if flow.app else None)
        roll = r.random()
        if roll < 0.3:
            rule.add(f"flow:{r.choice(('established', 'to_server', 'to_client', 'not_established', 'stateless', 'established,to_client'))}")
        elif roll < 0.45 and flow.app:
            rule.proto = "tcp" if flow.proto == TCP else "udp" if flow.proto == UDP else "ip"
            name = self.app(flow) or r.choice(APPS)
            rule.add(f"app-layer-protocol:{r.choice(('', '', '!'))}{name}")
        elif roll < 0.55:
            size = len(flow.stream(True))
            rule.proto = "tcp"
            rule.add(f"stream_size:{r.choice(('server', 'client', 'both', 'either'))},{r.choice('<>=!')},{size}")
        elif roll < 0.62:
            rule.add("sameip")
        return source, [rule]

    def base64(self):
        r = self.rng
        for _ in range(30):
            source, flow = self.flow()
            data, to_server = self.bytes_of(flow)
            runs = [m for m in re.finditer(rb"[A-Za-z0-9+/]{8,}={0,2}", data)]
            if runs:
                break
        else:
            return self.payload()
        m = r.choice(runs)
        rule, text = Rule(), m.group()
        header.apply(r, rule, flow, to_server)
        plain = base64.b64decode(text[:len(text) // 4 * 4])
        size = f"bytes {len(text)}, " if r.random() < 0.5 else ""
        if m.start() and r.random() < 0.6:
            before = data[max(0, m.start() - 4):m.start()]
            rule.add(f'content:"{quoted(before)}"')
            rule.add(f"base64_decode:{size}relative" if r.random() < 0.7 else f"base64_decode:{size}offset 0, relative")
        else:
            rule.add(f"base64_decode:{size}offset {m.start()}")
        rule.add("base64_data")
        Chain(r, plain, rule).go(r.choice((1, 1, 2)), tests=False)
        return source, [rule]

    def thresholds(self):
        r = self.rng
        source, rules = r.choice((self.payload, self.headers, self.buffer))()
        track = r.choice(("by_src", "by_dst", "by_rule", "by_both"))
        count, seconds = r.choice((1, 1, 2, 2, 3, 5)), r.choice((1, 10, 60, 3600))
        if r.random() < 0.6:
            rules[0].add(f"threshold:type {r.choice(('limit', 'threshold', 'both'))}, track {track}, "
                         f"count {count}, seconds {seconds}")
        else:
            rules[0].add(f"detection_filter:track {track}, count {count}, seconds {seconds}")
        return source, rules

    def simple(self, flow, to_server=None):
        """A rule with one content of the flow."""
        r, rule = self.rng, Rule()
        if self.app(flow) and r.random() < 0.4:
            found = buffers.of(flow, r)
            if found:
                header.apply(r, rule, flow, found[3], app=self.app(flow))
                self.one_buffer(rule, *found)
                return rule
        data, to_server = self.bytes_of(flow)
        header.apply(r, rule, flow, to_server)
        Chain(r, data, rule).go(1, tests=False)
        return rule

    def flowbits(self):
        r = self.rng
        source, flow = self.flow()
        bits = ["\x00", "\x00x"]
        rules = []
        for i in range(r.choice((2, 2, 3, 4))):
            rule = self.simple(flow)
            if i == 0 or r.random() < 0.3:
                rule.add(f"flowbits:{r.choice(('set',) * 4 + ('toggle', 'unset'))},{r.choice(bits[:1] if i == 0 else bits)}")
                if r.random() < 0.5:
                    rule.add(r.choice(("flowbits:noalert", "noalert")))
            else:
                rule.add(f"flowbits:{r.choice(('isset',) * 4 + ('isnotset',))},{r.choice((bits[0], bits[0], '|'.join(bits)))}")
                if r.random() < 0.3:
                    rule.add(f"flowbits:{r.choice(('set', 'unset'))},{r.choice(bits)}")
            rules.append(rule)
        r.shuffle(rules)
        return source, rules

    def flowint(self):
        r = self.rng
        source, flow = self.flow()
        first, second = self.simple(flow), self.simple(flow)
        if r.random() < 0.3:
            first.add("flowint:\x00,notset")
        first.add(f"flowint:\x00,{r.choice(('+', '+', '=', '-'))},{r.randrange(1, 4)}")
        if r.random() < 0.4:
            first.add("noalert")
        if r.random() < 0.5:
            second.add("flowint:\x00,isset")
        second.add(f"flowint:\x00,{r.choice(('>', '<', '==', '!=', '>=', '<='))},{r.randrange(0, 4)}")
        return source, [first, second]

    def passing(self):
        """A pass rule bound to one flow, and what it may silence there."""
        r = self.rng
        source, flow = self.flow()
        silent = self.simple(flow)
        silent.action = "pass"
        silent.src, silent.dst = flow.client[0], flow.server[0]
        silent.arrow = "<>"
        rules = [silent, self.simple(flow)]
        if r.random() < 0.4:
            rules[1].add(f"priority:{r.randrange(1, 5)}")
        return source, rules

    def about_app(self, often=0.5):
        """(source, flow, its protocol, rule with a header) for options about transactions"""
        r = self.rng
        for _ in range(60):
            source, flow = self.flow(spoken=True)
            if self.app(flow):
                break
        rule = Rule()
        header.apply(r, rule, flow, app=self.app(flow) if r.random() < often else None)
        header.flow_option(r, rule, None, 0.3)
        return source, flow, self.app(flow), rule

    def values(self):
        """Numbers and words of transactions, sometimes beside a buffer."""
        r = self.rng
        source, flow, app, rule = self.about_app()
        for _ in range(r.choice((1, 1, 2))):
            option = apps.value(r, flow, app)
            if option:
                rule.add(option)
        found = buffers.of(flow, r) if r.random() < 0.25 else None
        if found:
            self.one_buffer(rule, *found)
        return source, [rule]

    def files(self):
        r = self.rng
        for _ in range(60):
            source, flow, app, rule = self.about_app(0.3)
            if any(kind == "fileinfo" for kind, _ in flow.records):
                rule.add(apps.file_option(r, flow))
                if r.random() < 0.3:
                    rule.add(apps.file_option(r, flow))
                break
        return source, [rule]

    def frames(self):
        r = self.rng
        source, flow, app, rule = self.about_app()
        rule.elements = []  # Suricata asks a rule about a frame for its addresses only, not what else it wants
        names = apps.FRAMES.get(app)
        data, to_server = self.bytes_of(flow)
        if names and data:
            rule.add("frame:" + r.choice(names))
            Chain(r, data, rule).go(r.choice((1, 1, 2)), tests=False)
        return source, [rule]

    def sets(self):
        """The value of a buffer in a set that a file holds."""
        r = self.rng
        source, flow, app, rule = self.about_app()
        found = buffers.of(flow, r)
        if found:
            to, option = apps.set_option(r, "s\x00", found[4])
            rule.add(found[0], *to, option)
        return source, [rule]

    def protocols(self):
        r = self.rng
        source, flow, app, rule = self.about_app(0)
        rule.proto = "tcp" if flow.proto == TCP else "udp" if flow.proto == UDP else "ip"
        for name in r.sample(APPS, r.choice((1, 1, 2))):
            rule.add(f"app-layer-protocol:{'!' if r.random() < 0.3 else ''}{app if r.random() < 0.7 else name}")
        return source, [rule]

    def events(self):
        """Rules about what decoder, stream engine or a parser found odd."""
        if not self.oddities:
            return self.headers()
        r, rule = self.rng, Rule()
        source, option = self.oddities.pop()  # each once: what differs about it differs in all rules
        flow = r.choice(source.flows)
        rule.proto = "ip"
        if not option.startswith("app-layer") and r.random() < 0.4:
            rule.proto = "pkthdr"
        elif r.random() < 0.4:
            header.apply(r, rule, flow)
        rule.add(option)
        if rule.proto != "pkthdr" and r.random() < 0.4:
            header.flow_option(r, rule, None, 0.5)
            header.packet_option(r, rule, r.choice(flow.packets))
        return source, [rule]

    def hosts(self):
        """Marks on a pair of hosts that one rule leaves and another asks for."""
        r = self.rng
        source, flow = self.flow()
        first, second = self.simple(flow), self.simple(flow)
        kind, track = r.choice(("xbits", "hostbits")), r.choice(("ip_src", "ip_dst", "ip_pair"))
        end = ""
        if kind == "xbits":
            # Longer than a capture lasts: in Suricata an expired mark is in the way of the next.
            end = f",track {track}" + (",expire 36000" if r.random() < 0.5 else "")
        elif r.random() < 0.6:
            end = "," + r.choice(("src", "dst"))
        first.add(f"{kind}:{r.choice(('set',) * 4 + ('unset', 'toggle'))},\x00{end}")
        if r.random() < 0.4:
            first.add("noalert")
        end = end.partition(",expire")[0]
        second.add(f"{kind}:{r.choice(('isset', 'isset', 'isnotset'))},\x00{end}")
        return source, [first, second]

    def scenarios(self, rules, families=None):
        """Scenarios with that many rules in all, of all families or of those named."""
        names = families or list(FAMILIES)
        weights = [FAMILIES[n] for n in names]
        out = []
        while rules > 0:
            source, made = getattr(self, self.rng.choices(names, weights)[0])()
            made = [m for m in made if m.elements or m.proto != "ip"]
            if made:
                out.append(Scenario(made, source.path))
                rules -= len(made)
        return out
