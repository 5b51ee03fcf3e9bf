"""Tables for a terminal."""
import statistics


def spread(values, form="{:,.0f}"):
    """Median, and smallest and largest where there are several."""
    middle = form.format(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({form.format(min(values))} - {form.format(max(values))})"


def show(head, rows):
    """Prints rows under their heads; the column is right-aligned when its head ends with a space. A row of one text
    is printed below the row above it, and None is an empty line."""
    cells = [r for r in rows if r and not isinstance(r, str)]
    widths = [max(len(h), *(len(r[i]) for r in cells)) for i, h in enumerate(head)]
    for row in [tuple(head), *rows]:
        if not row or isinstance(row, str):
            print(f"    {row}" if row else "")
            continue
        print("  ".join(c.strip().rjust(w) if h.endswith(" ") else c.ljust(w)
                        for c, w, h in zip(row, widths, head)).rstrip())
