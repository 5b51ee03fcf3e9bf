"""Both engines over captures: which rules they load, and what they raise, by rule and capture.

A result is {sid: {capture: Counter({"proto|end|end": alerts})}}, as parity counts: neither the direction
nor the moment of an alert matters, but who talked to whom does."""
import collections
import concurrent.futures
import glob
import hashlib
import itertools
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time

from . import captures, pcap
from .rule import FOR_GOOD, LASTING

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DAY_US = 86400 * 1000000
BREAKS = "keeps Suricata from starting"
CONFIG = os.path.join(HERE, "engines.yaml")


class EngineError(Exception):
    pass


def alerts(path, capture, into):
    try:
        lines = open(path, encoding="utf-8", errors="replace")
    except OSError:
        return
    with lines:
        for line in lines:
            if '"event_type":"alert"' not in line:
                continue
            e = json.loads(line)
            ends = sorted(f"{e.get(a, '')}:{e.get(p, '')}" for a, p in
                          (("src_ip", "src_port"), ("dest_ip", "dest_port")))
            proto = str(e.get("proto", "")).upper()
            # A packet whose IPv6 headers end with one that Suricata only steps over has no protocol there.
            proto = "IPV6-NONXT" if proto == "HOPOPT" else proto
            key = "|".join([proto, *ends])
            into[e["alert"]["signature_id"]][capture][key] += 1


def content_sizes(text):
    """Lengths of a rule's contents in bytes."""
    return {len(re.sub(r"\|([^|]*)\|", lambda m: "x" * len(m[1].split()), c)) for c in
            re.findall(r'content:!?"([^"]*)"', text)}


def empty():
    return collections.defaultdict(lambda: collections.defaultdict(collections.Counter))


def write_rules(path, texts, folder=None):
    """The rules, and beside them the lists they name (apps.listed()). folder: that place as the engine sees it."""
    place, folder = os.path.dirname(path), folder or os.path.dirname(path)

    def put(m):
        name = hashlib.sha1(m[0].encode()).hexdigest()[:16] + "." + m[2]
        with open(os.path.join(place, name), "w", encoding="utf-8") as f:
            f.write(bytes.fromhex(m[1]).decode() + "\n")
        return os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(re.sub(r"@@([0-9a-f]*)\.(\w+)", put, t) + "\n" for t in texts)


class Ours:
    name = "ours"

    def __init__(self, program, jobs):
        self.program, self.jobs, self.work = program, jobs, tempfile.mkdtemp(prefix="diff-ours-")

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def refused(self, texts):
        """{index: what it says} of the rules it does not load."""
        path = os.path.join(self.work, "load.rules")
        write_rules(path, texts)
        done = subprocess.run([self.program, "-T", "-c", CONFIG, "-S", path], capture_output=True, text=True,
                              errors="replace", timeout=600)
        found = re.finditer(re.escape(path) + r":(\d+)(?::\d+)?: (.*)", done.stderr + done.stdout)
        return {int(m[1]) - 1: m[2] for m in found}

    def events(self, capture):
        """What it records of a capture without rules."""
        return self._run((capture, os.devnull), captures.read_events)

    def _run(self, job, take):
        capture, rules = job
        out = tempfile.mkdtemp(dir=self.work)
        try:
            done = subprocess.run([self.program, "-c", CONFIG, "-S", rules, "-r", capture, "-l", out, "-k", "none"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=600)
            if done.returncode not in (0, 3):
                raise EngineError(f"ours ended with {done.returncode} on {capture}: {done.stderr[-400:]}")
            return take(os.path.join(out, "eve.json"))
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def run(self, texts, paths, progress):
        rules, result = os.path.join(self.work, "run.rules"), empty()
        for old in glob.glob(os.path.join(self.work, "*.hsdb")):
            os.unlink(old)
        write_rules(rules, texts)
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            def one(capture):
                raised = empty()
                self._run((capture, rules), lambda path: alerts(path, capture, raised))
                return raised
            first = one(paths[0])  # compiles what the others find in the cache
            for i, raised in enumerate(itertools.chain([first], pool.map(one, paths[1:]))):
                for sid, captures_of in raised.items():
                    result[sid].update(captures_of)
                progress(f"ours {i + 1}/{len(paths)}")
        return result


class Socket:
    """Suricata's control socket: one JSON object a message, the version first."""

    def __init__(self, path):
        self.sock, self.buf = socket.socket(socket.AF_UNIX), ""
        self.sock.connect(path)
        self.ask({"version": "0.2"})

    def ask(self, message):
        self.sock.sendall(json.dumps(message).encode() + b"\n")
        while True:
            try:
                reply, end = json.JSONDecoder().raw_decode(self.buf.lstrip())
                self.buf = self.buf.lstrip()[end:]
                return reply
            except ValueError:
                chunk = self.sock.recv(65536)
                if not chunk:
                    raise EngineError("Suricata closed its socket") from None
                self.buf += chunk.decode()


class Theirs:
    name = "theirs"

    def __init__(self, command, root, jobs):
        """root: where its file system begins, "/" unless the command enters another; all it reads and
        writes is put below it."""
        self.jobs, self.day = jobs, 0
        self.command, self.root = shlex.split(command), root.rstrip("/")
        os.makedirs(self.root + "/tmp", exist_ok=True)
        self.work = tempfile.mkdtemp(prefix="diff-", dir=self.root + "/tmp")
        os.chmod(self.work, 0o755)
        shutil.copy(CONFIG, self.work)
        self.copies = {}

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def inside(self, *names):
        return os.path.join(self.work, *names)[len(self.root):]

    def copy(self, capture):
        """The capture's path as Suricata sees it."""
        if capture not in self.copies:
            name = f"c{len(self.copies)}.pcap"
            shutil.copyfile(capture, os.path.join(self.work, name))
            self.copies[capture] = name
        return self.inside(self.copies[capture])

    def later(self, capture, number):
        """The same, but of later days than the one before: what was counted there is long past."""
        frames = pcap.read(capture)
        first = min(f.us for f in frames) if frames else 0
        self.day = self.day + 2 if number else 18000
        for f in frames:
            f.us += self.day * DAY_US - first // DAY_US * DAY_US
        self.day = max([self.day, *(f.us // DAY_US for f in frames)])
        pcap.write(os.path.join(self.work, "later.pcap"), frames)
        return self.inside("later.pcap")

    def forget(self, capture):
        name = self.copies.pop(capture, None)
        if name:
            os.unlink(os.path.join(self.work, name))

    def arguments(self, *more, out=""):
        return [*self.command, "-c", self.inside(os.path.basename(CONFIG)), "-S", self.inside("run.rules"),
                "-l", self.inside(out), "-k", "none", "--runmode", "single", *more]

    def refused(self, texts):
        """As Ours.refused(). A rule that keeps the whole engine from starting (Suricata's Hyperscan refuses some
        it made itself) is told by BREAKS."""
        found, sizes = self._load(texts)
        if sizes is not None:
            if self._load([])[1] is not None:
                raise EngineError("Suricata does not start without any rule")
            suspects = [i for i in range(len(texts))
                        if i not in found and (sizes & content_sizes(texts[i]) or not sizes)]
            for i in self._breakers(texts, suspects):
                found[i] = BREAKS
        return found

    def _breakers(self, texts, suspects):
        if not suspects or self._load([texts[i] for i in suspects])[1] is None:
            return []
        if len(suspects) == 1:
            return suspects
        half = len(suspects) // 2
        return self._breakers(texts, suspects[:half]) + self._breakers(texts, suspects[half:])

    def _load(self, texts):
        """({index: why it is refused}, None, or how long the contents are that keep the engine from starting: empty
        where it does not say)"""
        write_rules(os.path.join(self.work, "run.rules"), texts, self.inside())
        # -T alone does not compile what it loads.
        pcap.write(os.path.join(self.work, "one.pcap"), [pcap.Frame(1, 0, 60, bytes(60))])
        done = subprocess.run(self.arguments("-r", self.inside("one.pcap")), capture_output=True, text=True, errors="replace", timeout=600)
        out, last, found = done.stderr + done.stdout, "", {}
        for line in out.splitlines():
            m = re.search(r"error parsing signature .* at line (\d+)\s*$", line)
            if m:
                found[int(m[1]) - 1] = last
            last = line.partition(": ")[2] or line
        if "detection engine failed" not in out:
            return found, None
        return found, {int(n) for n in re.findall(r"requires (\d+) bytes to match", out)}

    def run(self, texts, paths, progress):
        """One process over all captures remembers counts and hosts from one to the next, so for rules that ask
        for such the captures are days apart, or get a process each."""
        write_rules(os.path.join(self.work, "run.rules"), texts, self.inside())
        if any(FOR_GOOD in t for t in texts):
            return self._one_by_one(paths, progress)
        name = self.later if any(word in t for t in texts for word in LASTING) else lambda capture, _: self.copy(capture)
        path = os.path.join(self.work, "s.sock")
        with open(os.path.join(self.work, "log"), "w") as log:
            proc = subprocess.Popen(self.arguments(f"--unix-socket={self.inside('s.sock')}"), stdout=log, stderr=log)
            try:
                self._wait_for(proc, path)
                result = self._captures(Socket(path), paths, name, progress)
                proc.wait(60)
                return result
            finally:
                if proc.poll() is None:
                    proc.kill()
                    proc.wait()
                if os.path.exists(path):
                    os.unlink(path)

    def _one_by_one(self, paths, progress):
        result = empty()
        names = [self.copy(p) for p in paths]

        def one(i):
            out = os.path.join(self.work, f"o{i}")
            os.mkdir(out)
            done = subprocess.run(self.arguments("-r", names[i], out=f"o{i}"), capture_output=True, timeout=600)
            if done.returncode:
                raise EngineError(f"Suricata ended with {done.returncode} on {paths[i]}: {done.stderr[-400:]}")
            alerts(os.path.join(out, "eve.json"), paths[i], result)
            shutil.rmtree(out, ignore_errors=True)
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for i, _ in enumerate(pool.map(one, range(len(paths)))):
                progress(f"theirs {i + 1}/{len(paths)}")
        return result

    def _wait_for(self, proc, path):
        end = time.monotonic() + 300
        while not os.path.exists(path):
            if proc.poll() is not None or time.monotonic() > end:
                with open(os.path.join(self.work, "log"), errors="replace") as f:
                    raise EngineError("Suricata did not start: " + f.read()[-800:])
            time.sleep(0.05)
        time.sleep(0.05)

    def _captures(self, control, paths, name_of, progress):
        result = empty()
        # Where time goes back from one capture to the next, Suricata may take flows for timed out.
        for i, capture in enumerate(sorted(paths, key=pcap.begins)):
            name = f"o{i}"
            os.mkdir(os.path.join(self.work, name))
            reply = control.ask({"command": "pcap-file", "arguments": {
                "filename": name_of(capture, i), "output-dir": self.inside(name)}})
            if reply["return"] != "OK":
                raise EngineError(f"Suricata does not take {capture}: {reply}")
            self._finish(control)
            alerts(os.path.join(self.work, name, "eve.json"), capture, result)
            shutil.rmtree(os.path.join(self.work, name), ignore_errors=True)
            progress(f"theirs {i + 1}/{len(paths)}")
        control.ask({"command": "shutdown"})
        return result

    @staticmethod
    def _finish(control):
        end = time.monotonic() + 300
        while time.monotonic() < end:
            waiting = control.ask({"command": "pcap-file-number"})["message"]
            if waiting == 0 and control.ask({"command": "pcap-current"})["message"] == "None":
                return
            time.sleep(0.01)
        raise EngineError("Suricata hangs on a capture")
