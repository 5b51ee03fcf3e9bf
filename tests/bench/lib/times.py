"""CPU and wall time side by side: ours, theirs, ours, theirs ... over each trace, mode and number of workers."""
import math
import statistics
from typing import NamedTuple

from . import parity, table
from .engines import Run

START_RUNS = 3


class Measure(NamedTuple):
    """One figure a run, start-up subtracted: of an engine, or (of) of those of its threads that see packets."""
    engine: str
    ns: list
    packets_s: list
    gbit_s: list
    mib: float


class Cell(NamedTuple):
    """A trace in a mode with so many workers."""
    trace: object
    mode: str
    workers: int
    measures: list  # ours first
    said: dict      # {engine: parity.Said}


class Bench:
    """engines: ours first; say: is told what goes on."""

    def __init__(self, engines, tiny, runs, say):
        self.engines, self.tiny, self.runs, self.say = engines, tiny, runs, say
        self.starts = {}

    def _start(self, engine, mode):
        """Once for each engine, with and without rules: records cost nothing before there are packets."""
        key = engine.name, mode != "none"
        if key not in self.starts:
            self.say(f"start of {engine.name}, {'with' if key[1] else 'no'} rules")
            rows = [engine.run(self.tiny, mode, 1) for _ in range(min(self.runs, START_RUNS))]
            self.starts[key] = Run(*map(min, zip(*rows)))
        return self.starts[key]

    def start_lines(self):
        """How long each takes to be ready with the rules."""
        for engine in self.engines:
            if (engine.name, True) not in self.starts:
                continue
            start = self.starts[engine.name, True]
            yield f"start with the rules, {engine.name}: {start.wall:.2f} s, {start.cpu:.2f} s CPU"

    def cell(self, trace, mode, workers):
        taking_part = [e for e in self.engines if mode in e.modes and (workers == 1 or e.scales)]
        starts = [self._start(e, mode) for e in taking_part]
        runs, said = [[] for _ in taking_part], {}
        for number in range(self.runs):
            for engine, rows in zip(taking_part, runs):
                self.say(f"{trace.name} {mode}, workers {workers}, run {number + 1}/{self.runs}: {engine.name}")
                rows.append(engine.run(trace.path, mode, workers))
                if engine.eve and mode != "none" and engine.name not in said:
                    said[engine.name] = parity.read(engine.out)
        measures = [m for e, s, rows in zip(taking_part, starts, runs) for m in measures_of(e, s, rows, trace)]
        return Cell(trace, mode, workers, measures, said)


def measures_of(engine, start, runs, trace):
    seconds = [r.reading - start.reading for r in runs]
    packets_s = [trace.packets / s if s > 0 else math.nan for s in seconds]
    same = (packets_s, [p * trace.octets * 8e-9 / trace.packets for p in packets_s], max(r.kib for r in runs) / 1024)
    yield Measure(engine.name, [(r.cpu - start.cpu) * 1e9 / trace.packets for r in runs], *same)
    if engine.packet_threads:
        yield Measure(f"{engine.name}, {engine.packet_threads}",
                      [(r.packet - start.packet) * 1e9 / trace.packets for r in runs], *same)


# ---- what is printed and kept ------------------------------------------------------------------


def ratio(ours, theirs):
    """Pair by pair, so that what slowed both for a while says nothing."""
    pairs = table.spread([t / o for o, t in zip(ours.ns, theirs.ns)], "{:.2f}")
    return f"{theirs.engine} / {ours.engine}: {pairs} in CPU, {theirs.mib / ours.mib:.2f} in memory"


def notes(cell, differences):
    """The lines below a cell's rows."""
    ours = cell.measures[0]
    yield from (ratio(ours, m) for m in cell.measures[1:])
    if len(cell.said) < 2:
        return
    mine, other = cell.said.values()
    equal, known = parity.share(mine.alerts, other.alerts)
    path = f"{differences}/{cell.trace.name}-{cell.mode}-{cell.workers}.tsv"
    parity.write_differences(mine.alerts, other.alerts, path)
    yield f"parity {equal:.2%} ({known:.2%} without the count): {path}"
    kinds = sorted(mine.records.keys() | other.records.keys())
    yield "records " + ", ".join(f"{k} {mine.records[k]:,}/{other.records[k]:,}" for k in kinds)


def alerts_of(cell, measure):
    said = cell.said.get(measure.engine)
    return sum(said.alerts.values()) if said else None


def show(cells, differences):
    rows = []
    for c in cells:
        rows.append(None)
        for i, m in enumerate(c.measures):
            alerts = alerts_of(c, m)
            rows.append((*((c.trace.name, c.mode, str(c.workers)) if i == 0 else ("", "", "")), m.engine, table.spread(m.ns),
                         f"{statistics.median(m.packets_s):,.0f}", f"{statistics.median(m.gbit_s):.2f}", f"{m.mib:,.0f}",
                         "-" if alerts is None else f"{alerts:,}"))
        rows.extend(notes(c, differences))
        rows.extend(scaling(cells, c))
    table.show(("trace", "mode", "workers ", "engine", "CPU ns/packet ", "packets/s ", "Gbit/s ", "MiB ", "alerts "), rows)


def scaling(cells, cell):
    """Against one worker, packets a second."""
    for one in cells:
        if one.workers == 1 < cell.workers and one[:2] == cell[:2]:
            of = [statistics.median(c.measures[0].packets_s) for c in (cell, one)]
            yield f"{cell.workers} workers: {of[0] / of[1]:.2f} x the packets/s of one"


def rows_of(cells):
    """For the history."""
    for c in cells:
        for m in c.measures:
            alerts = alerts_of(c, m)
            row = {"trace": c.trace.name, "mode": c.mode, "workers": c.workers, "engine": m.engine,
                   "packets_s": f"{statistics.median(m.packets_s):.0f}", "gbit_s": f"{statistics.median(m.gbit_s):.3f}",
                   "mib": round(m.mib), **({} if alerts is None else {"alerts": alerts})}
            for name, of in (("ns_min", min), ("ns_median", statistics.median), ("ns_max", max)):
                row[name] = round(of(m.ns))
            yield row

