"""Instructions per packet, counted by valgrind's cachegrind without its caches: a third of callgrind's time.

Valgrind has no AVX-512: where there are several ways, the one for AVX2 is taken there. A run over half of the packets is
subtracted, so neither starting nor the first packets' cold tables count."""
import os
import re
import subprocess

from . import table, traces
from .engines import DAMAGED


def count(sensor, path, mode, profile):
    """Instructions of a whole run over the capture; profile: file for cg_annotate."""
    os.makedirs(sensor.out, exist_ok=True)
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={profile}",
               *sensor.command(path, mode, 1)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except FileNotFoundError:
        raise traces.BenchError("valgrind: not installed; `apt install valgrind`") from None
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode not in (0, DAMAGED) or not found:
        raise traces.BenchError(f"{' '.join(command)}: status {done.returncode}: {done.stderr[-300:]}")
    return int(found[1].replace(",", ""))


def run(sensor, chosen, modes, folder, say):
    """Prints the table; rows for the history."""
    rows, kept = [], []
    half_path = os.path.join(os.path.dirname(sensor.out), "half.pcap")
    for trace in chosen:
        half = trace.packets // 2
        traces.cut(trace.path, half, half_path)
        for mode in modes:
            say(f"{trace.name} {mode}: {trace.packets:,} and {half:,} packets under cachegrind")
            profile = os.path.join(folder, f"cachegrind.{trace.name}.{mode}")
            whole, part = count(sensor, trace.path, mode, profile), count(sensor, half_path, mode, os.devnull)
            each = round((whole - part) / (trace.packets - half))
            rows.append((trace.name, mode, f"{each:,}", f"{whole / 1e6:,.0f}", profile))
            kept.append({"trace": trace.name, "mode": mode, "workers": 1, "engine": sensor.name, "instructions": each})
    print("instructions per packet, without AVX-512; `cg_annotate PROFILE` says where")
    table.show(("trace", "mode", "per packet ", "whole run, M ", "profile"), rows)
    return kept
