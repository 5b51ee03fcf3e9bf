"""Chains of contents and byte tests along bytes that a capture holds, mostly true, sometimes just not.

A Chain walks `data` (a payload, a stream's part, a buffer) and writes elements; `at` is where the last
match ended, as the rule language counts."""
from .rule import quoted


class Chain:
    def __init__(self, rng, data, rule, deep=True):
        self.rng, self.data, self.rule = rng, data, rule
        self.at, self.began, self.deep = 0, False, deep
        self.names = []      # of byte_extract and byte_math, with their values
        self.fast_given = False
        self.bounded = False  # a content before has an end

    def off(self, n, chance=0.12):
        """The number, or one just beside it."""
        return n + self.rng.choice((-2, -1, 1, 2)) if self.rng.random() < chance else n

    # ---- contents ----
    def piece(self):
        """(start, end) of a piece worth looking for; near the last match more often than not."""
        r, d = self.rng, self.data
        size = r.choice((1, 1, 2, 2, 3, 4, 4, 5, 6, 8, 12, 20))
        size = min(size, len(d))
        near = self.began and r.random() < 0.8
        low = max(0, self.at - (r.randrange(12) if r.random() < 0.25 else 0)) if near else 0
        high = min(len(d), self.at + r.choice((8, 30, 100))) if near else len(d)
        if high - low < size:
            low, high = 0, len(d)
        start = r.randrange(low, high - size + 1)
        if r.random() < 0.25:  # one that is there before, so that the first find is not the last
            again = d.rfind(d[start:start + size], start + 1)
            start = again if again >= 0 else start
        return start, start + size

    def content(self, modifier=None):
        r, d = self.rng, self.data
        start, end = self.piece()
        text, nocase = d[start:end], r.random() < 0.2
        if r.random() < 0.08:
            text = bytes([text[0] ^ r.choice((1, 32, 128))]) + text[1:]
        if nocase:
            text = r.choice((text.upper(), text.lower(), text.swapcase()))
        negated = r.random() < 0.1
        options = [f'content:{"!" if negated else ""}"{quoted(text)}"']
        if modifier:
            options.append(modifier)
        if nocase:
            options.append("nocase")
        options += self.place(start, end, negated)
        options += self.fast(text, negated, options)
        self.rule.add(*options)
        if not negated:
            self.at, self.began = end, True

    def place(self, start, end, negated):
        r, size = self.rng, end - start
        if self.began and r.random() < 0.6:
            return self.relative(start, end)
        roll, out = r.random(), []
        if start == 0 and roll < 0.4:
            self.bounded = True
            return ["startswith"]
        if end == len(self.data) and roll < 0.4:
            return ["endswith"]
        if roll < 0.3:
            return []
        self.bounded = True
        if roll < 0.75:
            low = max(0, self.off(start - r.choice((0, 0, 1, 5, 40))))
            out.append(f"offset:{self.var(low)}")
            if r.random() < 0.5:
                out.append(f"depth:{self.var(max(size, self.off(end - low + r.choice((0, 0, 1, 9)))))}")
        else:
            out.append(f"depth:{self.var(max(size, self.off(end + r.choice((0, 0, 1, 9)))))}")
        return out

    def relative(self, start, end):
        r, out, size = self.rng, [], end - start
        gap = start - self.at
        low = self.off(gap - r.choice((0, 0, 0, 1, 4, 30)))
        if r.random() < 0.85 or gap < 0:
            out.append(f"distance:{self.var(low)}")
        else:
            low = 0
        # Suricata 7.0.10 does not start with a rule whose ends it computes to be nearer than a content is long.
        if r.random() < 0.6 and not (low < 0 and self.bounded):
            out.append(f"within:{self.var(max(size, self.off(end - self.at - low + r.choice((0, 0, 1, 6)))))}")
        if not out:
            out.append("distance:0")
        if end == len(self.data) and r.random() < 0.3 and len(out) == 1:
            out.append("endswith")
        return out

    def var(self, n):
        """A number, or the name of an extracted value that equals it."""
        fits = [name for name, value in self.names if value == n]
        return self.rng.choice(fits) if fits and self.rng.random() < 0.7 else n

    def fast(self, text, negated, options):
        r = self.rng
        if self.fast_given or r.random() > 0.12 or (negated and len(options) > 1):
            return []
        self.fast_given = True
        roll = r.random()
        plain = not any(o.split(":")[0] in ("offset", "depth", "distance", "within", "startswith", "endswith")
                        for o in options)
        if roll < 0.2 and plain and not negated:
            return ["fast_pattern:only"]
        if roll < 0.45 and len(text) > 2:
            first = r.randrange(len(text) - 1)
            return [f"fast_pattern:{first},{r.randrange(1, len(text) - first + 1)}"]
        return ["fast_pattern"]

    # ---- the rest that stands along a buffer ----
    def isdataat(self):
        r, left = self.rng, len(self.data) - self.at
        not_ = "!" if r.random() < 0.5 else ""
        if self.began and r.random() < 0.7:
            n = self.off(max(0, left - (0 if not_ else r.choice((0, 1, 5)))), 0.3)
            self.rule.add(f"isdataat:{not_}{max(0, n)},relative")
        else:
            n = self.off(max(1, len(self.data) - (0 if not_ else r.choice((0, 1, 5)))), 0.3)
            self.rule.add(f"isdataat:{not_}{max(0, n)}")

    def base(self):
        """(where to read, ',relative' or '', offset to write)"""
        r = self.rng
        if self.began and r.random() < 0.6:
            where = min(max(0, self.at + r.choice((-4, -2, -1, 0, 0, 0, 1, 2, 5))), max(0, len(self.data) - 1))
            return where, True, where - self.at
        where = r.randrange(min(len(self.data), r.choice((4, 20, 200))))
        return where, False, where

    def number(self, where):
        """(bytes, words for the option, value) of a number at that place; string forms where there are digits."""
        r, d = self.rng, self.data
        for base, word, digits in ((10, "dec", b"0123456789"), (16, "hex", b"0123456789abcdefABCDEF"),
                                   (8, "oct", b"01234567")):
            run = 0
            while run < 9 and where + run < len(d) and d[where + run] in digits:
                run += 1
            if run and r.random() < 0.5:
                n = r.randrange(1, run + 1)
                return n, ["string", word], int(d[where:where + n], base)
        n = r.choice((1, 1, 2, 2, 4, 4, 3, 8))
        order = r.choice(("big", "big", "little"))
        return n, ([order] if order == "little" or r.random() < 0.2 else []), int.from_bytes(d[where:where + n], order)

    def byte_test(self):
        r = self.rng
        where, relative, offset = self.base()
        n, words, value = self.number(where)
        op = r.choice(("<", ">", "=", "!=", "<=", ">=", "&", "^", "!&", "!<", "!>"))
        mask = ""
        if r.random() < 0.15 and "string" not in words:
            m = r.randrange(1, 1 << (8 * min(n, 4)))
            mask = f",bitmask {hex(m)}"
            value = (value & m) >> ((m & -m).bit_length() - 1)
        true = {"<": value + 1, ">": value - 1, "!=": value + 1, "<=": value, ">=": value, "=": value, "&": value,
                "^": ~value & 0xFF, "!&": ~value & 0xFF, "!<": value, "!>": value}[op]
        against = max(0, self.off(true, 0.25))
        if self.names and r.random() < 0.2:
            against = r.choice(self.names)[0]
        self.rule.add(f"byte_test:{n},{op},{against},{offset}" + (",relative" if relative else "") +
                      "".join("," + w for w in words) + mask)

    def byte_jump(self):
        r = self.rng
        where, relative, offset = self.base()
        n, words, value = self.number(where)
        extra, mult = [], 1
        if r.random() < 0.2:
            mult = r.choice((2, 3, 4))
            extra.append(f"multiplier {mult}")
        to = where + n + value * mult
        if r.random() < 0.15:
            extra.append("align")
            to = where + n + (value * mult + 3) // 4 * 4
        roll = r.random()
        if roll < 0.15:
            extra.append("from_beginning")
            to = value * mult
        elif roll < 0.3:
            extra.append("from_end")
            to = len(self.data) + value * mult
        if r.random() < 0.3 or to > len(self.data) or to < 0:
            move = r.randrange(max(1, len(self.data))) - to
            if abs(move) < 60000:
                extra.append(f"post_offset {move}")
                to += move
        self.rule.add(f"byte_jump:{n},{offset}" + (",relative" if relative else "") +
                      "".join("," + w for w in words + extra))
        if 0 <= to <= len(self.data):
            self.at, self.began = to, True

    def byte_extract(self):
        r = self.rng
        where, relative, offset = self.base()
        n, words, value = self.number(where)
        name = f"v{len(self.names)}"
        if r.random() < 0.2:
            m = r.choice((2, 3, 8))
            words, value = words + [f"multiplier {m}"], value * m
        if r.random() < 0.15:
            words, value = words + ["align 4"], (value + 3) // 4 * 4
        self.rule.add(f"byte_extract:{n},{offset},{name}" + (",relative" if relative else "") +
                      "".join("," + w for w in words))
        self.names.append((name, value))
        if self.deep and value < 300:
            self.use(name, value)

    def byte_math(self):
        r = self.rng
        where, relative, offset = self.base()
        n, words, value = self.number(where)
        if n > 4 and "string" not in words:
            n, value = 4, int.from_bytes(self.data[where:where + 4], "big")
            words = []
        op = r.choice(("+", "-", "*", "/", "<<", ">>"))
        by = r.choice((1, 2, 3, 7)) if op in ("/", "*", "<<", ">>") else r.randrange(0, 50)
        result = {"+": value + by, "-": value - by, "*": value * by, "/": value // by if by else 0,
                  "<<": value << by, ">>": value >> by}[op]
        name = f"v{len(self.names)}"
        end = [f"endian {w}" if w in ("big", "little") else w for w in words]
        if "string" in end:
            end = [f"string {words[1]}"]
        self.rule.add(f"byte_math:bytes {n}, offset {offset}, oper {op}, rvalue {by}, result {name}" +
                      (", relative" if relative else "") + "".join(", " + w for w in end))
        self.names.append((name, result))
        if self.deep and 0 <= result < 300:
            self.use(name, result)

    def use(self, name, value):
        """Something whose place or size is the value of that name."""
        r = self.rng
        roll = r.random()
        if roll < 0.3 and value < len(self.data):
            n = min(3, len(self.data) - value)
            self.rule.add(f'content:"{quoted(self.data[value:value + n])}"', f"offset:{name}")
        elif roll < 0.5 and self.began and self.at + value < len(self.data):
            start = self.at + value
            self.rule.add(f'content:"{quoted(self.data[start:start + 2])}"', f"distance:{name}")
            self.at = min(start + 2, len(self.data))
        elif roll < 0.7 and self.began:
            n = min(3, len(self.data) - self.at)
            if n:
                self.rule.add(f'content:"{quoted(self.data[self.at:self.at + n])}"', f"within:{name}")
                self.at += n
        elif roll < 0.85:
            self.rule.add(f"isdataat:{r.choice(('', '!'))}{name}" + (",relative" if self.began else ""))
        else:
            where, relative, offset = self.base()
            v = self.data[where] if where < len(self.data) else 0
            self.rule.add(f"byte_test:1,{'<' if v < value else '>=' },{name},{offset}" +
                          (",relative" if relative else ""))

    STEPS = (("content", 12), ("isdataat", 1.5), ("byte_test", 2), ("byte_jump", 1.5), ("byte_extract", 1.2),
             ("byte_math", 0.8))

    def go(self, steps, modifier=None, tests=True):
        """`steps` elements, the first a content mostly."""
        if not self.data:
            return
        for i in range(steps):
            kinds = [k for k, _ in self.STEPS] if tests else ["content"]
            weights = [w for _, w in self.STEPS][:len(kinds)]
            kind = "content" if i == 0 and self.rng.random() < 0.85 else self.rng.choices(kinds, weights)[0]
            if kind == "content":
                self.content(modifier)
            else:
                getattr(self, kind)()
