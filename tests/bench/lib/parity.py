"""Whether two engines say the same of a trace: alerts by rule and ends, records by type."""
import collections
import json
import os
import re
from typing import NamedTuple

TYPE = re.compile(rb'"event_type":\s*"(\w+)"')


class Said(NamedTuple):
    alerts: collections.Counter   # {(sid, protocol, end, end): how often}
    records: collections.Counter  # {event_type: how many}


def read(folder):
    """What an engine left in eve.json there."""
    said = Said(collections.Counter(), collections.Counter())
    path = os.path.join(folder, "eve.json")
    if not os.path.exists(path):
        return said
    with open(path, "rb") as f:
        for line in f:
            kind = TYPE.search(line)
            if not kind:
                continue
            said.records[kind[1].decode()] += 1
            if kind[1] == b"alert":
                said.alerts[_identity(json.loads(line.decode(errors="replace")))] += 1
    return said


def _identity(event):
    """Neither the direction nor the moment of an alert matters, but who talked to whom does."""
    ends = sorted(f"{event.get(a)}:{event.get(p, '')}" for a, p in (("src_ip", "src_port"), ("dest_ip", "dest_port")))
    return event["alert"]["signature_id"], event.get("proto", "").upper(), *ends


def share(mine, other):
    """(share of (rule, ends, count) that both have, share of (rule, ends)), of those either has."""
    either = mine.keys() | other.keys()
    common = mine.keys() & other.keys()
    equal = sum(mine[k] == other[k] for k in common)
    unequal = len(common) - equal
    return (1.0, 1.0) if not either else (equal / (len(either) + unequal), len(common) / len(either))


def write_differences(mine, other, path):
    """Rule by rule what only one raised, or not as often; the largest difference first."""
    rows = collections.defaultdict(lambda: [0, 0, ""])
    for key in mine.keys() | other.keys():
        if mine[key] != other[key]:
            row = rows[key[0]]
            row[0], row[1], row[2] = row[0] + mine[key], row[1] + other[key], " ".join(map(str, key[1:]))
    with open(path, "w", encoding="utf-8") as f:
        f.write("sid\tours\ttheirs\texample\n")
        for sid, row in sorted(rows.items(), key=lambda r: -abs(r[1][0] - r[1][1])):
            f.write("\t".join(map(str, (sid, *row))) + "\n")
