"""HISTORY.tsv: one row a result, so that a figure of today can be held against one of then."""
import os
import platform
import subprocess
import time

COLUMNS = ("date", "commit", "machine", "trace", "mode", "workers", "engine", "ns_min", "ns_median", "ns_max",
           "packets_s", "gbit_s", "mib", "alerts", "instructions")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = next((l.split(":", 1)[1].strip() for l in f if l.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores"


def commit():
    """The commit of the working tree, with a + when it was changed since."""
    name = _git("rev-parse", "--short", "HEAD") or "unknown"
    return name + ("+" if _git("status", "--porcelain", "-uno", "--", ":!tests/bench/HISTORY.tsv") else "")


def _git(*words):
    done = subprocess.run(["git", *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def append(path, rows):
    """rows: dicts of COLUMNS; what a row does not have is "-". Date, commit and machine are added here."""
    if not path:
        return
    same = {"date": time.strftime("%Y-%m-%d"), "commit": commit(), "machine": machine()}
    new = not os.path.exists(path)
    with open(path, "a", encoding="utf-8") as f:
        if new:
            f.write("\t".join(COLUMNS) + "\n")
        for row in rows:
            f.write("\t".join(str({**same, **row}.get(c, "-")) for c in COLUMNS) + "\n")
