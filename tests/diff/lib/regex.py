"""Regular expressions that match, or nearly match, a piece of what a capture holds."""


def _atom(rng, byte):
    c = chr(byte)
    roll = rng.random()
    if c.isdigit() and roll < 0.4:
        return rng.choice((r"\d", "[0-9]", "[^a-z]"))
    if byte < 128 and c.isalpha() and roll < 0.4:
        return rng.choice((r"\w", "[a-zA-Z]", "[A-z]", f"[{c}{c.swapcase()}]", f"({c}|0)", f"{c}+"))
    if roll < 0.08:
        return "."
    if byte < 128 and (c.isalnum() or c == " "):
        return c
    return f"\\x{byte:02x}"


def expression(rng, data, legacy=None, relative_from=None):
    """(text between quotes, where the match ends). `legacy` is a buffer letter such as U."""
    size = min(len(data), rng.choice((2, 3, 5, 8, 12)))
    start = rng.randrange(len(data) - size + 1)
    if relative_from is not None and relative_from <= len(data) - size and rng.random() < 0.8:
        start = relative_from + rng.randrange(min(len(data) - size - relative_from, 20) + 1)
    end = start + size
    body, at = "", start
    while at < end:
        if rng.random() < 0.1 and end - at > 2:
            jump = rng.randrange(1, end - at)
            body += rng.choice((".*", ".*?", f".{{{jump}}}", f".{{0,{jump + 2}}}", "[^\\x00]*", ".+"))
            at += jump
        else:
            body += _atom(rng, data[at])
            at += 1
    flags = "s" if rng.random() < 0.5 else ""
    flags += "i" if rng.random() < 0.25 else ""
    flags += "m" if rng.random() < 0.12 else ""
    flags += "x" if rng.random() < 0.02 and " " not in body else ""
    if start == 0 and rng.random() < 0.4:
        body = "^" + body
    if end == len(data) and rng.random() < 0.4:
        body += "$"
        flags += "E" if rng.random() < 0.2 else ""
    if rng.random() < 0.08:
        body = f"({body}|{_atom(rng, 90)}{{3}})"
    if relative_from is not None:
        flags += "R"
        if rng.random() < 0.2:
            body, flags = "^" + body, flags
    flags += legacy or ""
    negated = "!" if rng.random() < 0.1 else ""
    return f'{negated}"/{body}/{flags}"', end
