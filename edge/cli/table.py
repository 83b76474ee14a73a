"""Prints a table: columns as wide as they need, the last one wrapped into what is left."""

import textwrap
from collections.abc import Sequence
from typing import Final

from edge.cli.out import plain

GAP: Final = "  "
NARROWEST: Final = 20


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, width: int = 110, indent: str = ""
) -> str:
    """`rows` under `header`; no header line where all of it is empty. Columns of numbers end at the right."""
    cells = [[plain("" if one is None else one) for one in row] for row in rows]
    shown = [list(header), *cells] if any(header) else cells
    if not shown:
        return ""
    widths = [max(len(row[place]) for row in shown) for place in range(len(header))]
    right = [all(_is_number(row[place]) for row in cells) and bool(cells) for place in range(len(header))]
    left_over = max(NARROWEST, width - len(indent) - sum(one + len(GAP) for one in widths[:-1]))
    lines = []
    for row in shown:
        padded = [
            one.rjust(wide) if ends else one.ljust(wide)
            for one, wide, ends in zip(row[:-1], widths, right, strict=False)
        ]
        start = indent + "".join(one + GAP for one in padded)
        last = row[-1].rjust(widths[-1]) if right[-1] else row[-1]
        wrapped = textwrap.wrap(last, left_over, break_on_hyphens=False) if len(last) > left_over else [last]
        lines.append((start + wrapped[0]).rstrip())
        lines += [" " * len(start) + more for more in wrapped[1:]]
    return "\n".join(lines)


def _is_number(text: str) -> bool:
    return not text.strip("0123456789.+-")
