"""Cycles per packet of each room, from the marks of a sensor built with PROFILE=1 (sensor/profile.h)."""
import os
import re
import subprocess

from . import table
from .engines import DAMAGED
from .traces import BenchError


def cycles(sensor, path, mode):
    """{room: cycles per packet} as the sensor prints them, and what it says of its marks."""
    os.makedirs(sensor.out, exist_ok=True)
    command = sensor.command(path, mode, 1)
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    head = re.search(r"^profile: (.*)$", done.stderr, re.M)
    if done.returncode not in (0, DAMAGED) or not head:
        raise BenchError(f"{' '.join(command)}: status {done.returncode}: no profile; build it with PROFILE=1")
    rooms = re.findall(r"^([A-Z]+) +(\d+)", done.stderr[head.end():], re.M)
    return {name: int(value) for name, value in rooms}, head[1]


def run(sensor, chosen, modes, say):
    """Prints a table: a row a room, a column a trace and mode."""
    columns, names = {}, []
    for trace in chosen:
        for mode in modes:
            say(f"{trace.name} {mode}: profile")
            columns[f"{trace.name} {mode}"], marks = cycles(sensor, trace.path, mode)
            names = list(columns[f"{trace.name} {mode}"])
    rows = [(n.lower(), *(f"{c[n]:,} {c[n] / c['ALL']:4.0%}" for c in columns.values())) for n in names]
    print(f"cycles per packet and share of all, one worker; {marks.partition(', ')[2]}")
    table.show(("room", *(f"{c} " for c in columns)), rows)
    return []
