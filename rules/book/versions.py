"""Which of two firmware versions is newer, as vendors write them; where that cannot be told, nothing is said.

A wrong "newer" would call a flawed device fine, so an order is given only where both texts have the same shape.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final, Literal

Order = Literal["older", "same", "newer"]
Within = Literal["yes", "no", "unordered"]

LONGEST: Final = 96
_MOST_PARTS: Final = 16
_BUILD_DATE: Final = re.compile(r"\b(?:19|20)(\d\d)-(\d\d)-(\d\d)\b", re.ASCII)
_SHELLY: Final = re.compile(r"\d{8}-\d{6}/", re.ASCII)
"""Shelly, first generation: `20230913-112003/v1.14.0-gcb84623`."""
_PARTS: Final = re.compile(r"(?P<gap>[^a-z0-9]*)(?:(?P<number>[0-9]+)|(?P<word>[a-z]+))", re.ASCII)
_BEFORE: Final = ("alpha", "beta", "rc")
"""Words of what comes before a release, in their order."""
_NOISE: Final = frozenset({"v", "ver", "version", "build", "date"})
_DATED: Final = 100_000
"""A number so large is a date or a serial count, never to be compared with a small one."""

_Part = int | str
_Piece = tuple[_Part, bool]
"""A part, and whether it hangs on the one before, without anything between."""


def order(one: str, other: str) -> Order | None:
    """Where `one` stands beside `other`; None: their order is not known.

    Leading `v`, the words `build` and `date`, separators and leading zeros mean nothing; a part that is missing is 0.
    """
    parts, others = _parts(one), _parts(other)
    if parts is None or others is None:
        return None
    for mine, its in zip_longest(parts, others):
        found = _beside(mine, its)
        if found != "same":
            return found
    return "same"


def within(
    version: str,
    *,
    start_including: str | None = None,
    start_excluding: str | None = None,
    end_including: str | None = None,
    end_excluding: str | None = None,
) -> Within:
    """Whether a version lies in a range of the NVD's (API 2.0, `cpeMatch`); no bound at all is every version."""
    bounds: tuple[tuple[str | None, tuple[Order, ...]], ...] = (
        (start_including, ("same", "newer")),
        (start_excluding, ("newer",)),
        (end_including, ("older", "same")),
        (end_excluding, ("older",)),
    )
    said = [_held(bound, version, orders) for bound, orders in bounds if bound is not None]
    if "no" in said:
        return "no"
    return "unordered" if "unordered" in said else "yes"


def _held(bound: str, version: str, orders: tuple[Order, ...]) -> Within:
    found = order(version, bound)
    if found is None:
        return "unordered"
    return "yes" if found in orders else "no"


def _parts(text: str) -> tuple[_Piece, ...] | None:
    if len(text) > LONGEST:
        return None
    plain = _SHELLY.sub("", _BUILD_DATE.sub(r"\1\2\3", text.lower()), count=1)
    parts = tuple(_each(plain))
    # Words alone (`n/a`) are no version.
    if len(parts) > _MOST_PARTS or not any(isinstance(part, int) for part, _ in parts):
        return None
    return parts


def _each(text: str) -> Iterator[_Piece]:
    for match in _PARTS.finditer(text):
        hangs = not match["gap"] and match.start() > 0
        if match["number"] is not None:
            yield int(match["number"]), hangs
        elif match["word"] not in _NOISE:
            yield match["word"], hangs


def _beside(mine: _Piece | None, its: _Piece | None) -> Order | None:
    if its is None:
        return None if mine is None else _beyond(mine)
    if mine is None:
        found = _beyond(its)
        return None if found is None else _TURNED[found]
    (one, one_hangs), (other, other_hangs) = mine, its
    if isinstance(one, int) and isinstance(other, int):
        return _numbers(one, other)
    if isinstance(one, int) or isinstance(other, int):
        return None
    if one == other:
        return "same"
    if one in _BEFORE and other in _BEFORE:
        return _than(_BEFORE.index(one), _BEFORE.index(other))
    letters = len(one) == len(other) == 1 and one_hangs and other_hangs
    return _than(ord(one), ord(other)) if letters else None


def _beyond(piece: _Piece) -> Order | None:
    """What a version has beyond the end of the other makes it, so far."""
    what, hangs = piece
    if isinstance(what, int):
        return _numbers(what, 0)
    if what in _BEFORE:
        return "older"
    return "newer" if len(what) == 1 and hangs else None


def _numbers(one: int, other: int) -> Order | None:
    if one < _DATED and other < _DATED:
        return _than(one, other)
    if one < _DATED or other < _DATED:
        return None
    digits, others = len(str(one)), len(str(other))
    if (digits, others) == (8, 6):
        one = _short_year(one)
    elif (digits, others) == (6, 8):
        other = _short_year(other)
    elif digits != others:
        return None
    return _than(one, other) if one and other else None


def _short_year(number: int) -> int:
    """A date with its century (20220315) as one without (220315); 0 for what is no date."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    return number % 1_000_000 if 1990 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31 else 0


def _than(one: int, other: int) -> Order:
    if one == other:
        return "same"
    return "newer" if one > other else "older"


_TURNED: Final[dict[Order, Order]] = {"older": "newer", "same": "same", "newer": "older"}
