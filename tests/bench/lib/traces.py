"""What the bench runs on: traces, rules and pieces of traces. Made once into a scratch folder, then kept there."""
import mmap
import os
import shutil
import struct
import subprocess
from typing import NamedTuple

NAMES = ("web", "mix", "small")
WEB_MB, MIX_MB, MIX_FILE_MB, SMALL_PACKETS, SMALL_SEED = 1050, 1000, 4, 5_000_000, 42
START_PACKETS = 12  # of the capture that shows what starting costs
NOT_RULES = "emerging-deleted.rules,emerging-retired.rules,malicious_ips.rules,suricata.rules"
DOCUMENTS = ("/usr/share", "/usr/lib/node_modules", "/usr/lib/x86_64-linux-gnu", "/var/cache/apt/archives", "/usr/bin")


class BenchError(Exception):
    """One line: what, where, how to mend."""


class Trace(NamedTuple):
    name: str
    path: str
    packets: int
    octets: int  # captured


def scan(path, limit=None):
    """(packets, captured bytes, offset behind them) of a pcap file, or of its first packets."""
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
        order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<",
                 b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(m[:4])
        if not order:
            raise BenchError(f"{path}: no pcap file; `editcap -F pcap` makes one of a pcapng")
        length, at, packets, octets, size = struct.Struct(order + "I"), 24, 0, 0, len(m)
        while at + 16 <= size and packets != limit:
            captured, = length.unpack_from(m, at + 8)
            at, packets, octets = at + 16 + captured, packets + 1, octets + captured
        return packets, octets, min(at, size)


def cut(path, packets, into):
    """A capture of the first packets of another."""
    end = scan(path, packets)[2]
    with open(path, "rb") as f, open(into, "wb") as out:
        while end > 0:
            end -= out.write(f.read(min(end, 1 << 20)))
    return into


class Store:
    """The scratch folder, and the folder of programs and rules that fill it."""

    def __init__(self, folder, shared, say):
        self.folder, self.shared, self.say = os.path.abspath(folder), os.path.abspath(shared), say
        os.makedirs(self.folder, exist_ok=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def _need_shared(self, what):
        place = os.path.join(self.shared, what)
        if not os.path.exists(place):
            raise BenchError(f"{place}: not there; name the folder that has bench/, captures/ and et-open-2025/ with SHARED=")
        return place

    def _tool(self, name, *libraries):
        source, program = self._need_shared(f"bench/{name}.c"), self.path(name)
        if not os.path.exists(program):
            _run(["cc", "-O2", "-o", program, source, *libraries])
        return program

    def rules(self):
        path = self.path("et2025.rules")
        if not os.path.exists(path):
            self.say("making the rules")
            script, folder = self._need_shared("bench/make_rules.py"), self._need_shared("et-open-2025")
            _make(path, lambda into: _run(["python3", script, into, "--skip", NOT_RULES, folder]))
        return path

    def classification(self):
        return self._need_shared("et-open-2025/classification.config")

    def peer_config(self):
        return self._need_shared("bench/suricata-bench.yaml")

    def trace(self, name):
        """Its path, made when it is not there yet."""
        path = self.path(name + ".pcap")
        if not os.path.exists(path):
            self.say(f"making the trace {name}")
            _make(path, getattr(self, "_make_" + name))
        return path

    def _make_web(self, into):
        if os.geteuid() != 0:
            raise BenchError("the trace web needs root, for its network namespaces: run as root, or give TRACES=web=FILE")
        documents, raw = self.path("docroot"), self.path("web-raw.pcap")
        rewrite = self._tool("rewrite_flows", "-lpcap")
        try:
            if not os.path.exists(documents):
                script = self._need_shared("bench/make_docroot.py")
                _make(documents, lambda d: _run(["python3", script, d, *filter(os.path.isdir, DOCUMENTS)]))
            _run(["bash", self._need_shared("bench/make_web.sh"), documents, raw, str(WEB_MB)])
            _run([rewrite, raw, into, "10.200.1.", "1"])
        finally:
            if os.path.exists(raw):
                os.unlink(raw)

    def _make_mix(self, into):
        mix = self._tool("pcapmix", "-lpcap")
        folders = [self._need_shared(d) for d in ("captures/ndpi", "captures/zeek", "verify")]
        found = {os.path.join(root, n) for d in folders for root, _, names in os.walk(d) for n in names
                 if ".pcap" in n or n.endswith((".trace", ".cap"))}
        _run([mix, into, str(MIX_MB), str(MIX_FILE_MB)], "".join(f + "\n" for f in sorted(found)))

    def _make_small(self, into):
        _run([self._tool("gensmall"), into, str(SMALL_PACKETS), str(SMALL_SEED)])


def _run(command, text=""):
    done = subprocess.run(command, input=text, capture_output=True, text=True, errors="replace")
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word why").splitlines()[-1]
        raise BenchError(f"{' '.join(command)}: status {done.returncode}: {last}")


def _make(path, make):
    """So that what was interrupted half way is not taken for the whole."""
    part = path + ".part"
    shutil.rmtree(part, ignore_errors=True)
    make(part)
    os.rename(part, path)


def choose(store, given, only, packets, work):
    """The traces to run on; those that cannot be made are told and left out.

    given: {name: path} instead of what the store makes; only: names, or None for all; packets: so many
    from the front of each, whose pieces go into work, or None for the whole."""
    for name in only or ():
        if name not in NAMES and name not in given:
            raise BenchError(f"no trace {name}; there are {', '.join(dict.fromkeys((*NAMES, *given)))}")
    chosen = []
    for name in only or dict.fromkeys((*NAMES, *given)):
        try:
            path = given.get(name) or store.trace(name)
            if not os.path.isfile(path):
                raise BenchError(f"{path}: no such trace; see TRACES=")
        except BenchError as e:
            store.say(f"without {name}: {e}")
            continue
        if packets:
            name, path = f"{name}:{packets}", cut(path, packets, os.path.join(work, f"{name}.pcap"))
        count, octets, _ = scan(path)
        chosen.append(Trace(name, path, count, octets))
    if not chosen:
        raise BenchError("no trace to run on")
    return chosen
