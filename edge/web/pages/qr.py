"""QR codes as the path of an SVG, dark modules alone: a page draws it without any style of its own. Only this speaks QR."""

from typing import Final

import segno

from rules.model.values import dataclass

QUIET: Final = 4
"""Light modules around it, as scanners need them (ISO/IEC 18004 section 9.1)."""


@dataclass(frozen=True, slots=True)
class Square:
    """size: modules on a side, the quiet ones too. path: of all dark ones, one unit a module."""

    size: int
    path: str


def square(text: str) -> Square:
    """The QR code of a text, with the second level of error correction."""
    code = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=QUIET)]
    return Square(len(rows), "".join(_runs(row, line) for line, row in enumerate(rows)))


def _runs(row: bytes, line: int) -> str:
    """Each run of dark modules in a row as one rectangle."""
    path, start = "", -1
    for place, dark in enumerate((*row, 0)):
        if dark and start < 0:
            start = place
        elif not dark and start >= 0:
            path += f"M{start} {line}h{place - start}v1H{start}z"
            start = -1
    return path
