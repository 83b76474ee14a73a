"""What the law of a state asks of drills, and what of it is done, due or overdue. The laws themselves are `packs/drills.yaml`.

Days are of the local calendar, as `datetime.date.toordinal`; nothing here asks what day it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from typing import Final, Literal

from rules.drill_state import DrillOver, Drills
from rules.model.responses import Response
from rules.model.values import dataclass
from rules.tabletop_state import TABLETOP

DayOfYear = tuple[int, int]
"""(month, day of it)."""
Progress = Literal["done", "due", "overdue"]
BEGINS: Final[DayOfYear] = (8, 1)
ENDS: Final[DayOfYear] = (6, 30)


@dataclass(frozen=True, slots=True)
class DrillType:
    response: Response
    title: str


@dataclass(frozen=True, slots=True)
class RecordField:
    """by: `device`: this box fills it in; `person`: somebody writes it."""

    by: Literal["device", "person"]
    title: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many drills of any of these types in a school year, or in each month of it.

    by: so many by this day. month: held in this one. within: days after the first day of school.
    """

    id: str
    types: tuple[str, ...]
    count: int
    per: Literal["year", "month"]
    title: str
    by: DayOfYear | None = None
    month: int | None = None
    within: int | None = None


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Who has to be told so many hours before a drill of these types; none named: of any."""

    whom: str
    hours: int
    types: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Law:
    """keep: years; post: days; None: the source says nothing of it. unverified: fields that stand in no source either: they
    are asked for from knowledge, and said to be not verified.
    """

    id: str
    name: str
    edition: str
    source: tuple[str, ...]
    notes: tuple[str, ...]
    requires: tuple[Requirement, ...]
    notices: tuple[NoticeRule, ...]
    fields: tuple[str, ...]
    keep: int | None = None
    post: int | None = None
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrillRules:
    """The pack, and what the site chose of it. law None: nothing is due. begins, ends: of the school year."""

    version: int = 0
    hash: str = ""
    types: Mapping[str, DrillType] = field(default_factory=dict)
    fields: Mapping[str, RecordField] = field(default_factory=dict)
    law: Law | None = None
    begins: DayOfYear = BEGINS
    ends: DayOfYear = ENDS


@dataclass(frozen=True, slots=True)
class Due:
    """How one requirement stands. needed: in the whole school year; missing: of those whose day has passed.

    next: by when the next one has to be held, None: all are.
    """

    requirement: Requirement
    needed: int
    done: int
    missing: int
    next: int | None

    @property
    def progress(self) -> Progress:
        """In one word."""
        return "overdue" if self.missing else "due" if self.next is not None else "done"


def day_of(year: int, day: DayOfYear) -> int:
    """The ordinal of a day; 29 February is the 28th where there is none."""
    month, number = day
    if day == (2, 29) and not _leap(year):
        number = 28
    return date(year, month, number).toordinal()


def school_year(rules: DrillRules, today: int) -> tuple[int, int]:
    """(its first day, its last): the one that began last."""
    year = date.fromordinal(today).year
    if today < day_of(year, rules.begins):
        year -= 1
    first = day_of(year, rules.begins)
    return first, day_of(year + (rules.ends <= rules.begins), rules.ends)


def deadlines(one: Requirement, first: int, last: int) -> tuple[int, ...]:
    """By when each of them has to be held, in order."""
    if one.per == "month":
        return tuple(end for _, end in _months(first, last) for _ in range(one.count))
    return (_deadline(one, first, last),) * one.count


def _deadline(one: Requirement, first: int, last: int) -> int:
    if one.within is not None:
        return min(first + one.within, last)
    if one.month is not None:
        return next((end for begin, end in _months(first, last) if _month(begin) == one.month), last)
    if one.by is not None:
        start = date.fromordinal(first)
        year = start.year + (one.by < (start.month, start.day))
        return min(day_of(year, one.by), last)
    return last


def counted_of(over: Iterable[DrillOver]) -> Iterator[DrillOver]:
    """Those that count before the law: held to their end. What a real press ended was no drill any more."""
    for one in over:
        whole = one.logged or (one.incident is not None and one.code != "real_press")
        # A tabletop moves nothing and has no incident: it was held if its table ended it, and counts where a law names it.
        tabled = one.type == TABLETOP and one.code == "asked"
        if one.day is not None and (tabled or (one.kind == "drill" and whole)):
            yield one


def names(rules: DrillRules, kind: str) -> bool:
    """Whether the chosen law asks for drills of this type, alone or among others."""
    return rules.law is not None and any(kind in one.types for one in rules.law.requires)


def due(rules: DrillRules, drills: Drills, today: int) -> tuple[Due, ...]:
    """How each requirement of the chosen law stands today."""
    if rules.law is None:
        return ()
    first, last = school_year(rules, today)
    held = [
        (one.type, one.day)
        for one in counted_of(drills.over.values())
        if one.day is not None and first <= one.day <= today
    ]
    return tuple(_due(one, held, first, last, today) for one in rules.law.requires)


def _due(one: Requirement, held: Iterable[tuple[str, int]], first: int, last: int, today: int) -> Due:
    ends = deadlines(one, first, last)
    done = sum(kind in one.types and (one.month is None or _month(day) == one.month) for kind, day in held)
    passed = sum(end < today for end in ends)
    return Due(one, len(ends), done, max(0, passed - done), ends[done] if done < len(ends) else None)


def _months(first: int, last: int) -> Iterator[tuple[int, int]]:
    """(first day, last day) of each month of a school year, or of the part of it that lies in it."""
    begin = first
    while begin <= last:
        day = date.fromordinal(begin)
        after = date(day.year + day.month // 12, day.month % 12 + 1, 1).toordinal()
        yield begin, min(after - 1, last)
        begin = after


def _month(day: int) -> int:
    return date.fromordinal(day).month


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
