"""The programs under measure, each run over a capture in one of three modes:

    none    no rules, no records: decoding, flows, streams, DPI
    alerts  the rules, alert records alone
    full    the rules, and every record that both engines write"""
import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from typing import NamedTuple

from .traces import BenchError

MODES = ("none", "alerts", "full")
RECORDS = {"none": "alert", "alerts": "alert", "full": "alert,flow,http,dns,tls,fileinfo"}
POLL_S = 0.03
DAMAGED = 3  # the sensor's exit status for a capture that ends in the middle of a packet


class Run(NamedTuple):
    cpu: float      # s, user and system, all threads
    packet: float   # s, those threads that see packets, as far as they are told apart
    wall: float     # s, from start to exit
    reading: float  # s, of that at the capture, where the engine says so; else as wall
    kib: int        # resident, at its peak


class Watch(threading.Thread):
    """Looks at a process until it ends: what the scheduler counted for each thread, and its peak of memory (what
    wait4() tells of that is at least the memory of us, who forked it)."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.place, self.over = f"/proc/{pid}", threading.Event()
        self.threads, self.kib = {}, 0  # {thread: (name, seconds)}

    def run(self):
        while not self.over.wait(POLL_S):
            try:
                self._look()
            except (OSError, IndexError, ValueError):
                pass  # something ended while we looked

    def _look(self):
        with open(f"{self.place}/status", encoding="utf-8") as f:
            peak = re.search(r"VmHWM:\s*(\d+)", f.read())
        self.kib = int(peak[1]) if peak else self.kib
        for thread in os.listdir(f"{self.place}/task"):
            with open(f"{self.place}/task/{thread}/comm", encoding="utf-8") as f:
                name = f.read().strip()
            with open(f"{self.place}/task/{thread}/schedstat", encoding="utf-8") as f:
                self.threads[thread] = (name, int(f.read().split()[0]) / 1e9)

    def end(self):
        self.over.set()
        self.join()


def measure(command, fine=(0,), packet_threads=""):
    """Runs it to its end. fine: exit statuses; packet_threads: expression over the names of threads."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    watch = Watch(child.pid)
    watch.start()
    said = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    watch.end()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in fine:
        raise BenchError(f"{' '.join(command)}: status {child.returncode}: {said.strip()[-300:]}")
    packet = sum(s for name, s in watch.threads.values() if re.match(packet_threads, name))
    return Run(usage.ru_utime + usage.ru_stime, packet, wall, wall, watch.kib)


def _fresh(out):
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    os.chmod(out, 0o755)


class Sensor:
    """This tree's.

    An engine has a name, the modes it knows, whether it takes a number of workers, whether it writes eve.json into
    self.out, and what to call those of its threads that see packets where they are told apart."""
    name, modes, scales, eve, packet_threads = "sekisho", MODES, True, True, None

    def __init__(self, program, rules, work):
        self.program, self.rules = os.path.abspath(program), rules
        self.out = os.path.join(work, "ours")
        if not os.path.exists(self.program):
            raise BenchError(f"{program}: no such sensor; `make` builds it")

    def command(self, path, mode, workers):
        return [self.program, "-S", self.rules if mode != "none" else os.devnull, "-r", path, "-l", self.out, "-k", "none",
                "--workers", str(workers), "--set", f"eve-log.types={RECORDS[mode]}",
                "--set", "eve-log.files.force-hash=none"]  # the peer's configuration asks for no digests either

    def run(self, path, mode, workers):
        _fresh(self.out)
        return measure(self.command(path, mode, workers), fine=(0, DAMAGED))


class Suricata:
    """The peer. Where it lives in a root of its own, what it reads is linked or copied below that root."""
    modes, scales, eve, packet_threads = MODES, True, True, "packet threads"
    PACKET_THREADS = r"W#|RX#"

    def __init__(self, command, root, store, rules):
        self.command_words, self.root, self.store = shlex.split(command), root.rstrip("/"), store
        self.rules = rules
        self.place = self.root + "/tmp/sekisho-bench"
        self.out = self.place + "/out"
        version = subprocess.run([*self.command_words, "-V"], capture_output=True, text=True).stdout
        self.name = "suricata " + re.search(r"version (\S+)|$", version)[1]

    @staticmethod
    def is_there(command):
        """Whether the command runs."""
        try:
            done = subprocess.run([*shlex.split(command), "-V"], capture_output=True, text=True)
            return bool(command) and done.returncode == 0
        except OSError:
            return False

    def close(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def _inside(self, path):
        """The path as Suricata sees it."""
        path = os.path.realpath(path)
        if os.path.exists(self.root + path) and os.path.samefile(self.root + path, path):
            return path
        os.makedirs(self.place, exist_ok=True)
        copy = os.path.join(self.place, path.strip("/").replace("/", "-"))
        if not os.path.exists(copy):
            try:
                os.link(path, copy)
            except OSError:
                shutil.copyfile(path, copy)
        return copy[len(self.root):]

    def run(self, path, mode, workers):
        _fresh(self.out)
        command = [*self.command_words, "-v", "-c", self._inside(self.store.peer_config()),
                   "-S", self._inside(self.rules) if mode != "none" else os.devnull,
                   "-r", self._inside(path), "-l", self.out[len(self.root):], "-k", "none",
                   "--set", f"classification-file={self._inside(self.store.classification())}"]
        # Of outputs, suricata-bench.yaml has alerts alone first and all records second.
        if mode != "none":
            command += ["--set", f"outputs.{1 if mode == 'full' else 0}.eve-log.enabled=yes"]
        if workers == 1:
            command += ["--runmode", "single"]
        else:
            command += ["--runmode", "autofp", "--set", f"threading.detect-thread-ratio={workers / os.cpu_count()}"]
        run = measure(command, packet_threads=self.PACKET_THREADS)
        with open(os.path.join(self.out, "suricata.log"), encoding="utf-8", errors="replace") as f:
            reading = re.search(r"time elapsed ([\d.]+)s", f.read())
        return run._replace(reading=float(reading[1])) if reading else run


class NdpiReader:
    """nDPI's own program: what decoding, flows and DPI cost there."""
    name, modes, scales, eve, packet_threads = "ndpiReader", ("none",), False, False, None

    @staticmethod
    def is_there():
        return shutil.which("ndpiReader") is not None

    def run(self, path, mode, workers):
        del mode, workers
        return measure(["ndpiReader", "-q", "-i", path])
