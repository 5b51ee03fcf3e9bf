"""Many scenarios through both engines at once."""
import collections
import os
import time

from .compare import Disagreement, verdict
from .engines import BREAKS
from .rule import SPAN

PER_CAPTURE = 100  # scenarios that may look at one capture in one run: a packet raises at most 255 alerts


class Bench:
    def __init__(self, ours, theirs, progress):
        self.ours, self.theirs, self.progress = ours, theirs, progress
        self.seconds = collections.Counter()

    def loads(self, scenarios):
        """(texts that both load as [(sid, text)], disagreements about loading, refused by both)"""
        rows = [(n, i, sid, text) for n, s in enumerate(scenarios) for i, (sid, text) in enumerate(s.texts(n))]
        texts = [r[3] for r in rows]
        ours, theirs = self.ours.refused(texts), self.theirs.refused(texts)
        good, apart, both = [], [], 0
        for k, (n, i, sid, text) in enumerate(rows):
            if theirs.get(k) == BREAKS or (k in ours and k in theirs):
                both += 1
            elif k in ours:
                apart.append((n, Disagreement(scenarios[n], i, "loads-theirs", None, ours[k])))
            elif k in theirs:
                apart.append((n, Disagreement(scenarios[n], i, "loads-ours", None, theirs[k])))
            else:
                good.append((sid, text))
        return good, apart, both

    def run(self, texts, captures):
        results = []
        for engine in (self.ours, self.theirs):
            began = time.monotonic()
            results.append(engine.run(texts, captures, self.progress))
            self.seconds[engine.name] += time.monotonic() - began
        return results

    def disagreements(self, scenarios, captures):
        """(all disagreements, rules both load, rules both refuse, rules that raised anything)"""
        good, apart, both = self.loads(scenarios)
        ours, theirs = self.run([t for _, t in good], captures)
        out, alive = [d for _, d in apart], 0
        for sid, _ in good:
            a, b = ours.get(sid, {}), theirs.get(sid, {})
            alive += bool(a or b)
            found = verdict(a, b)
            if found:
                n, i = divmod(sid - 1000, SPAN)
                out.append(Disagreement(scenarios[n], i, *found))
                out[-1].captures = len(a.keys() | b.keys())
        return out, len(good), both, alive

    def again(self, found):
        """Those that are seen again when the rules that disagree run among themselves: with many captures in one
        process, Suricata now and then ends a flow of the next one early."""
        verdicts = self.trial([(d.scenario, d.capture) for d in found])
        return [d for d, v in zip(found, verdicts) if v[d.index] is not None and v[d.index][0] == d.kind]

    def trial(self, tries):
        """tries: [(scenario, capture or None)]. For each: [verdict of rule 0, 1, ...], capture None: loading
        alone. A verdict is None, or (kind, capture, detail)."""
        out = [None] * len(tries)
        for wave in self._waves(tries):
            for k, verdicts in zip(wave, self._wave([tries[k] for k in wave])):
                out[k] = verdicts
        return out

    def _waves(self, tries):
        left = list(range(len(tries)))
        while left:
            used, wave, rest = collections.Counter(), [], []
            for k in left:
                fits = used[tries[k][1]] < (PER_CAPTURE if tries[k][1] else 3000) and len(wave) < 4000
                (wave if fits else rest).append(k)
                used[tries[k][1]] += fits
            yield wave
            left = rest

    def _wave(self, tries):
        scenarios = [s for s, _ in tries]
        good, apart, _ = self.loads(scenarios)
        verdicts = [[None] * len(s.rules) for s in scenarios]
        refused = {n for n, _ in apart}
        for n, d in apart:
            verdicts[n][d.index] = (d.kind, None, d.detail)
        captures = sorted({c for _, c in tries if c})
        texts = [t for sid, t in good if tries[(sid - 1000) // SPAN][1]]
        if captures and texts:
            ours, theirs = self.run(texts, captures)
            for sid, _ in good:
                n, i = divmod(sid - 1000, SPAN)
                c = tries[n][1]
                if c and n not in refused:
                    verdicts[n][i] = verdict({c: ours[sid][c]} if c in ours.get(sid, {}) else {},
                                             {c: theirs[sid][c]} if c in theirs.get(sid, {}) else {})
        return verdicts


def temporary(folder, number):
    return os.path.join(folder, f"try{number}.pcap")
