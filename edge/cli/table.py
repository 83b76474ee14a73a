"""Prints a table: columns as wide as they need, the last one wrapped into what is left, or put beneath its row."""

import textwrap
from collections.abc import Sequence
from typing import Final

from edge.cli.out import plain

GAP: Final = "  "
NARROWEST: Final = 20


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, width: int = 110, indent: str = ""
) -> str:
    """`rows` under `header`; no header line where all of it is empty. Columns of numbers end at the right.

    Where too little is left for the last column, columns from the end stand beneath their row, by name.
    """
    cells = [[plain("" if one is None else one) for one in row] for row in rows]
    shown = [list(header), *cells] if any(header) else cells
    if not shown:
        return ""
    widths = [max(len(row[place]) for row in shown) for place in range(len(header))]
    right = [all(_is_number(row[place]) for row in cells) and bool(cells) for place in range(len(header))]
    beside = _beside(widths, width - len(indent))
    left_over = max(NARROWEST, width - len(indent) - sum(one + len(GAP) for one in widths[: beside - 1]))
    lines = []
    for number, row in enumerate(shown):
        padded = [
            one.rjust(wide) if ends else one.ljust(wide)
            for one, wide, ends in zip(row[: beside - 1], widths, right, strict=False)
        ]
        start = indent + "".join(one + GAP for one in padded)
        last = row[beside - 1].rjust(widths[beside - 1]) if right[beside - 1] else row[beside - 1]
        wrapped = textwrap.wrap(last, left_over, break_on_hyphens=False) if len(last) > left_over else [last]
        lines.append((start + wrapped[0]).rstrip())
        lines += [" " * len(start) + more for more in wrapped[1:]]
        if number > 0 or not any(header):
            lines += _beneath(header[beside:], row[beside:], width, indent)
    return "\n".join(lines)


def _beside(widths: Sequence[int], width: int) -> int:
    """How many columns stand side by side: all where the last one has room, else as many as fit whole."""
    for beside in range(len(widths), 1, -1):
        left = width - sum(one + len(GAP) for one in widths[: beside - 1])
        if left >= widths[beside - 1] or (beside == len(widths) and left >= NARROWEST):
            return beside
    return 1


def _beneath(names: Sequence[str], cells: Sequence[str], width: int, indent: str) -> list[str]:
    text = "; ".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=True) if cell)
    inner = indent + 2 * GAP
    return textwrap.wrap(
        text, max(NARROWEST, width), initial_indent=inner, subsequent_indent=inner, break_on_hyphens=False
    )


def _is_number(text: str) -> bool:
    return not text.strip("0123456789.+-")
