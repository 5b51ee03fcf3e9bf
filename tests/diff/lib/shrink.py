"""Smaller rules and smaller captures that still disagree in the same way."""
import os
import re

from . import packets, pcap
from .bench import temporary
from .compare import same_kind

ROUNDS = 40


# ---- rules ----
def simpler(scenario, index):
    """[(scenario, index)] each one step smaller, the biggest steps first."""
    out = []

    def variant(change, i=index):
        s = scenario.copy()
        if change(s) is not False:
            out.append((s, i))
    for k in range(len(scenario.rules)):
        if k != index:
            variant(lambda s, k=k: s.rules.pop(k), index - (k < index))
    for k, rule in enumerate(scenario.rules):
        for e in range(len(rule.elements)):
            variant(lambda s, k=k, e=e: s.rules[k].elements.pop(e))
        for field in ("src", "sport", "dst", "dport"):
            if getattr(rule, field) != "any":
                variant(lambda s, k=k, f=field: setattr(s.rules[k], f, "any"))
        if rule.arrow != "->":
            variant(lambda s, k=k: setattr(s.rules[k], "arrow", "->"))
        for proto in ("ip", "tcp", "udp"):
            if rule.proto not in ("ip", proto) and not (proto == "ip" and (rule.sport, rule.dport) != ("any", "any")):
                variant(lambda s, k=k, p=proto: setattr(s.rules[k], "proto", p))
        for e, element in enumerate(rule.elements):
            for o in range(1, len(element)):
                variant(lambda s, k=k, e=e, o=o: s.rules[k].elements[e].pop(o))
            for shorter in _shorter(element[0]):
                variant(lambda s, k=k, e=e, t=shorter: s.rules[k].elements[e].__setitem__(0, t))
    return out


def _shorter(option):
    """The option with half its content, one byte less of it, or one part of its list less."""
    m = re.fullmatch(r'(content:!?)"(.*)"', option)
    if m:
        units = re.findall(r"\|[^|]*\||.", m[2])
        units = [u for x in units for u in ([f"|{h}|" for h in x[1:-1].split()] if x[0] == "|" else [x])]
        n = len(units)
        cuts = [units[:n // 2], units[n // 2:], units[:-1], units[1:]] if n > 1 else []
        return [f'{m[1]}"{"".join(c)}"'.replace("||", " ") for c in cuts if c]
    name, _, value = option.partition(":")
    if name in ("flow", "byte_test", "byte_jump", "byte_extract") and "," in value:
        parts = value.split(",")
        keep = {"flow": 0, "byte_test": 4, "byte_jump": 2, "byte_extract": 3}[name]
        return [f"{name}:{','.join(parts[:i] + parts[i + 1:])}" for i in range(keep, len(parts))]
    m = re.fullmatch(r'pcre:(!?)"/(.*)/(\w*)"', option)
    if m:
        atoms = re.findall(r"\\x..|\\.|\[[^]]*\]|\([^)]*\)|.", m[2])
        n = len(atoms)
        cuts = [atoms[:n // 2], atoms[n // 2:], atoms[:-1], atoms[1:]] if n > 1 else []
        out = [f'pcre:{m[1]}"/{"".join(c)}/{m[3]}"' for c in cuts if c]
        return out + [f'pcre:{m[1]}"/{m[2]}/{m[3].replace(f, "")}"' for f in m[3]]
    return []


def rules(bench, found, progress):
    """Shrinks the scenarios of all disagreements side by side, a step a round."""
    open_ = list(found)
    for round_ in range(ROUNDS):
        if not open_:
            return
        progress(f"shrinking rules: round {round_ + 1}, {len(open_)} to go")
        tries, owners = [], []
        for d in open_:
            for scenario, index in simpler(d.scenario, d.index):
                tries.append((scenario, d.capture))
                owners.append((d, index))
        taken = set()
        for (d, index), (scenario, _), verdicts in zip(owners, tries, bench.trial(tries)):
            if id(d) not in taken and same_kind(verdicts[index], d.kind):
                taken.add(id(d))
                d.scenario, d.index, d.detail = scenario, index, verdicts[index][2]
        open_ = [d for d in open_ if id(d) in taken]


# ---- captures ----
def _flow_frames(d):
    """The frames of the flow the disagreement is about, or all where that cannot be told."""
    ends = d.detail.partition(" ")[0].split("|")[1:]
    frames = pcap.read(d.capture)
    mine = []
    for frame in frames:
        p = packets.parse(frame)
        if p and sorted(f"{ip}:{n}" if n else f"{ip}:" for ip, n in p.ends()) == sorted(
                e if not e.endswith(":0") else e[:-1] for e in ends):
            mine.append(frame)
    return mine or frames


class _Cut:
    """One capture on its way down: chunks of ever fewer frames are left out."""

    def __init__(self, d):
        self.d, self.frames = d, pcap.read(d.capture)
        self.size = None

    def candidates(self):
        if self.size is None:
            return [_flow_frames(self.d)]
        n = len(self.frames)
        return [self.frames[:at] + self.frames[at + self.size:] for at in range(0, n, self.size)][:64]

    def take(self, frames):
        if frames is not None:
            self.frames = frames
        if self.size is None:
            self.size = max(1, len(self.frames) // 2)
        elif frames is None:
            if self.size == 1:
                return False
            self.size = max(1, self.size // 2)
        return len(self.frames) > 1


def captures(bench, found, folder, progress):
    """Shrinks the captures of disagreements; leaves the frames in each."""
    open_ = [_Cut(d) for d in found if d.capture]
    for round_ in range(30):
        if not open_:
            return
        progress(f"shrinking captures: round {round_ + 1}, {len(open_)} to go")
        tries, owners = [], []
        for cut in open_:
            for frames in cut.candidates():
                if frames and len(frames) < max(2, len(cut.frames) + (cut.size is None)):
                    path = temporary(folder, len(tries))
                    pcap.write(path, frames)
                    tries.append((cut.d.scenario, path))
                    owners.append((cut, frames))
        best = {}
        for (cut, frames), verdicts in zip(owners, bench.trial(tries)):
            if id(cut) not in best and same_kind(verdicts[cut.d.index], cut.d.kind):
                best[id(cut)] = frames
        for _, path in tries:
            bench.theirs.forget(path)
            os.unlink(path)
        for cut in open_:
            cut.d.frames = best.get(id(cut), cut.d.frames)
        open_ = [cut for cut in open_ if cut.take(best.get(id(cut)))]
