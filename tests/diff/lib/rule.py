"""A rule as the generator makes it and the shrinker takes it apart, and groups that only mean something together."""
import copy

SPAN = 8  # sids a scenario may use


# What these count or mark outlives a flow: for some time, or until the program ends.
LASTING = ("threshold:", "detection_filter:", "xbits:")
FOR_GOOD = "hostbits:"


class Rule:
    """`elements` are lists of options that stand and fall together: a content and its modifiers."""

    def __init__(self, action="alert", proto="ip", src="any", sport="any", arrow="->", dst="any", dport="any"):
        self.action, self.proto, self.arrow = action, proto, arrow
        self.src, self.sport, self.dst, self.dport = src, sport, dst, dport
        self.elements = []

    def add(self, *options):
        self.elements.append(list(options))
        return self

    def lasts(self):
        """0: nothing of it outlives a flow."""
        options = [o for e in self.elements for o in e]
        return 2 if any(o.startswith(FOR_GOOD) for o in options) else any(o.startswith(LASTING) for o in options)

    def text(self, sid, mark):
        """'@' in an option's name for a bit or counter becomes the scenario's own mark."""
        options = [f'msg:"d{sid}"'] + [o.replace("\x00", str(mark)) for e in self.elements for o in e]
        return (f"{self.action} {self.proto} {self.src} {self.sport} {self.arrow} {self.dst} {self.dport} "
                f"({'; '.join(options)}; sid:{sid};)")


class Scenario:
    """One rule, or several that depend on each other. `capture` is where its material is from."""

    def __init__(self, rules, capture):
        self.rules, self.capture = rules, capture

    def copy(self):
        return copy.deepcopy(self)

    def texts(self, number):
        """[(sid, text)]; the sids follow from the scenario's number."""
        first = 1000 + number * SPAN
        return [(first + i, r.text(first + i, f"b{number}")) for i, r in enumerate(self.rules)]


def quoted(data):
    """Bytes as content wants them between its quotes."""
    out, hexed = "", []

    def flush():
        nonlocal out
        if hexed:
            out += "|" + " ".join(hexed) + "|"
            hexed.clear()
    for byte in data:
        if 32 <= byte < 127 and byte not in b'";:|\\\'':
            flush()
            out += chr(byte)
        else:
            hexed.append(f"{byte:02x}")
    flush()
    return out
