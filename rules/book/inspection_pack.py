"""The pack of inspections as rules read it: `rules/packs/inspections.yaml`, with what the site's policies put in its place.

A check is of types of assets (`aed`) or kinds of configured devices (`button`). Days are those of the campus's calendar.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from rules.model.values import dataclass

Unit = Literal["days", "months", "years"]
Answer = Literal["yes_no", "number", "date", "text", "choice"]
Weight = Literal["safety", "normal"]
CODES: Final[frozenset[str]] = frozenset(
    {"inspection_failed", "inspection_overdue", "check_failed", "check_overdue"}
)
"""Flags: of what weighs safety, and of the rest."""


@dataclass(frozen=True, slots=True)
class Interval:
    """How long an inspection that was passed holds. A month after the 31st is the last day of the next one."""

    count: int
    unit: Unit

    def after(self, day: int) -> int:
        """The day until which it holds, `date.toordinal`, of one that was passed on `day`."""
        if self.unit == "days":
            return day + self.count
        return _months_after(day, self.count * (12 if self.unit == "years" else 1))

    @property
    def text(self) -> str:
        """`30 days`, `1 month`."""
        return f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"


@lru_cache(maxsize=100_000)
def _months_after(day: int, months: int) -> int:
    on = date.fromordinal(day)
    years, month = divmod(on.month - 1 + months, 12)
    year = on.year + years
    last = date(year + month // 11, (month + 1) % 12 + 1, 1).toordinal() - 1
    return min(date(year, month + 1, 1).toordinal() + on.day - 1, last)


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that may be answered, and how it is called."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class FormField:
    """A question of a form. passes: the answers (yes or no, choices) with which it is passed; empty: any.

    least, most: of a number, what can be read at all; good: between which it is passed. expires: a date on which something runs
    out, which is a due date of its own. optional: may stay empty.
    """

    id: str
    ask: str
    kind: Answer
    passes: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    least: float = 0
    most: float = 1_000_000
    good: tuple[float, float] | None = None
    expires: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """of: types of assets and kinds of devices. edition: of the standard, or `practice`. soon_days: how long before its day it is
    due soon; what was never inspected is overdue so long after it was first listed or put to use, for nobody knows how it is.

    roles: who may sign. certificate: what the person who did it must hold (`Certified`), or empty.
    shipped: the interval of the pack, where the site has another. off: why the site does not do it, or empty.
    walk_test: a button's press that a walk-test heard fresh counts as one that was passed.
    """

    id: str
    of: tuple[str, ...]
    title: str
    edition: str
    every: Interval
    soon_days: int
    weight: Weight
    roles: tuple[str, ...]
    source: str
    form: tuple[FormField, ...]
    certificate: str = ""
    shipped: Interval | None = None
    off: str = ""
    walk_test: bool = False


@dataclass(frozen=True, slots=True)
class Certified:
    """A person, as they sign, and what they hold until when (ISO date)."""

    name: str
    holds: tuple[str, ...]
    until: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class InspectionPack:
    """checks: by id. sha256: of the file's bytes and of what policies put in place of it."""

    version: int = 0
    sha256: str = ""
    checks: Mapping[str, Check] = field(default_factory=dict)
    certified: tuple[Certified, ...] = ()

    def by_type(self) -> dict[str, tuple[Check, ...]]:
        """Those that are done here, by type of asset and kind of device."""
        found: dict[str, tuple[Check, ...]] = {}
        for check in self.checks.values():
            for one in () if check.off else check.of:
                found[one] = (*found.get(one, ()), check)
        return found
