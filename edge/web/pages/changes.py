"""What changed in a part of a page: which of its lines stay, and the new ones. Pure.

One door in a ledger of 200 is one line: 300 open pages are sent that line and not the ledger.
"""

from collections.abc import Sequence
from typing import Final

WORTH_IT: Final = 1_000
"""A shorter part is sent whole."""

Change = list[str | tuple[int, int]]
"""In order: a line, or lines of what was there as (from, behind the last)."""


def change(was: str, now: str) -> Change | None:
    """How `now` is made of the lines of `was`; None: it is as short to send it whole."""
    if len(now) < WORTH_IT:
        return None
    places = {line: place for place, line in enumerate(was.split("\n"))}
    found: Change = []
    for line in now.split("\n"):
        place = places.get(line)
        last = found[-1] if found else None
        if place is None:
            found.append(line)
        elif isinstance(last, tuple) and last[1] == place:
            found[-1] = last[0], place + 1
        else:
            found.append((place, place + 1))
    return found if _size(found) * 2 < len(now) else None


def changed(was: str, how: Sequence[str | Sequence[int]]) -> str:
    """What the page's script makes of it."""
    lines = was.split("\n")
    pieces = [[one] if isinstance(one, str) else lines[one[0] : one[1]] for one in how]
    return "\n".join(line for piece in pieces for line in piece)


def _size(how: Change) -> int:
    return sum(len(one) + 4 if isinstance(one, str) else 10 for one in how)
