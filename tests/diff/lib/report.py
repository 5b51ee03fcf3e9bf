"""What a run found, as a table and as files to look at."""
import collections
import os

from . import pcap
from .compare import shape


def keep(found, path):
    """Disagreements before they are shrunk, into a file."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        for d in found:
            f.write(f"# {d.kind} {d.capture or ''}: {d.detail}\n")
            f.writelines(f"{'*' if i == d.index else ' '} {text}\n" for i, (_, text) in enumerate(d.scenario.texts(0)))


def groups(found):
    """[(shape, [disagreements])], the most frequent first."""
    table = collections.defaultdict(list)
    for d in found:
        table[shape(d)].append(d)
    return sorted(table.items(), key=lambda row: -len(row[1]))


def smallest(group):
    return min(group, key=lambda d: (sum(len(t) for _, t in d.scenario.texts(0)), d.capture or ""))


def show(rows, out, write):
    """Prints a row a shape with its smallest example; leaves N.rules and N.pcap below `out`."""
    os.makedirs(out, exist_ok=True)
    for old in os.listdir(out):
        if old.endswith((".rules", ".pcap")):
            os.unlink(os.path.join(out, old))
    for n, (name, group) in enumerate(rows):
        d = smallest(group)
        texts = [t for _, t in d.scenario.texts(n)]
        write(f"{n:3} {len(group):4}x {name}")
        for i, text in enumerate(texts):
            write(f"          {'*' if i == d.index else ' '} {text}")
        place = f"{os.path.basename(d.capture)}" if d.capture else ""
        if d.frames:
            place += f" ({len(d.frames)} frames)"
            pcap.write(os.path.join(out, f"{n}.pcap"), d.frames)
        write(f"            {place}  {d.detail}")
        with open(os.path.join(out, f"{n}.rules"), "w", encoding="utf-8") as f:
            f.write(f"# {name}\n# {d.capture}: {d.detail}\n" + "".join(t + "\n" for t in texts))
