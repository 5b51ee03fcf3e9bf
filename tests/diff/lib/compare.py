"""What two results disagree about, and names for shapes of disagreement."""
import re


class Disagreement:
    """kind: identity-ours (only ours raised it), identity-theirs, count, loads-ours (only ours loads), loads-theirs."""

    def __init__(self, scenario, index, kind, capture=None, detail=""):
        self.scenario, self.index, self.kind, self.capture, self.detail = scenario, index, kind, capture, detail
        self.frames = None  # once the capture was shrunk
        self.captures = 1

    def rule(self):
        return self.scenario.rules[self.index]


def verdict(ours, theirs):
    """(kind, capture, detail) of one rule's two results {capture: Counter}, or None. Who raised what comes first."""
    count = None
    captures = sorted(ours.keys() | theirs.keys())
    for c in captures:
        a, b = ours.get(c, {}), theirs.get(c, {})
        for key in sorted(a.keys() - b.keys()):
            return "identity-ours", c, f"{key} x{a[key]}"
        for key in sorted(b.keys() - a.keys()):
            return "identity-theirs", c, f"{key} x{b[key]}"
        for key in sorted(a):
            if a[key] != b[key]:
                count = count or ("count", c, f"{key} ours x{a[key]} theirs x{b[key]}")
    return count


def same_kind(found, kind):
    return found is not None and found[0] == kind


def shape(d):
    """Keywords and buffers of the smallest rules, without what they look for."""
    parts = []
    for rule in d.scenario.rules:
        words = [rule.proto] if rule.proto != "ip" else []
        for element in rule.elements:
            words.append("+".join(_word(o) for o in element))
        parts.append(" ".join(words))
    return f"{d.kind}: {' / '.join(parts)}".replace("\x00", "")


def _word(option):
    name, _, value = option.partition(":")
    value = re.sub(r'"[^"]*"', '""', value)
    value = re.sub(r"-?\b(0x)?[0-9a-f]*\d[0-9a-f]*\b", "N", value)
    if name == "pcre":
        flags = re.search(r"/(\w*)\"$", option)
        return "pcre" + (f"/{flags[1]}" if flags else "")
    if name == "content":
        return "content" + ("!" if value.startswith("!") else "")
    if name in ("distance", "offset", "within", "depth"):
        return name + ("-" if option.partition(":")[2].startswith("-") else "")
    return f"{name}:{value}" if value else name
