"""What rules know of an asset's inspections, and what is due of it by a day of the campus's calendar."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from rules.book.asset_fields import date_of
from rules.book.decision import Now
from rules.book.inspection_pack import Check
from rules.model.ids import AssetId
from rules.model.values import dataclass

if TYPE_CHECKING:
    from rules.book.book import Asset, Book, Campus

DAY_US: Final = 86_400_000_000
KEPT_OF_EACH: Final = 6
"""Signatures of one check that are remembered: enough for a correction of the last ones to bring the one before back."""
OWING: Final = frozenset({"", "deployed"})
"""States of an asset in which it is there to be relied on: what is in stock or repair is inspected when it comes back."""
State = Literal["failed", "overdue", "never", "soon", "good"]
STATES: Final[tuple[State, ...]] = ("failed", "overdue", "never", "soon", "good")
"""The worst first. never: not inspected yet, and not overdue yet; nobody knows how it is."""
_NEVER: Final = date.max.toordinal()
DAY_ONE: Final = date(1970, 1, 1).toordinal()
"""Of UTC microseconds."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that counts. expires: what runs out on which day."""

    number: int
    check: str
    day: int
    passed: bool
    expires: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Inspected:
    """Of one asset. stated_us: when all of it was last said as a whole, or first."""

    signed: tuple[Signed, ...]
    stated_us: int


@dataclass(frozen=True, slots=True)
class Filed:
    """Of what a signature was, whether it counts or not. corrected_by: 0: nothing stands in its place. photos: how many.

    day: 0: not kept.
    """

    asset: AssetId
    check: str
    corrected_by: int = 0
    photos: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class Walked:
    """The last press of a button that a walk-test heard fresh. age_us: of the press when it was judged; None: not measured."""

    at_us: int
    press: str
    age_us: int | None


@dataclass(frozen=True, slots=True)
class StagedInspection:
    """Of an import that does not count yet."""

    batch: int
    asset: AssetId
    key: str
    signed: Signed


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed whatever day it is: see `Due`."""

    check: Check
    item: str
    kind: Literal["failed", "never", "due"]
    until: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """first: the first day until which something of it is in time; 0 where something did not pass."""

    asset: "Asset"
    inspected: Inspected | None
    campus: "Campus"
    owed: tuple[Owed, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is due of one asset. item: what runs out by itself (`pads_until`), or empty for the check as a whole.

    until: the last day on which it is in time. last: the day on which it was last passed, None never.
    """

    check: Check
    item: str
    state: State
    until: int
    last: int | None

    @property
    def name(self) -> str:
        """`aed-monthly`, `aed-monthly.pads_until`."""
        return f"{self.check.id}.{self.item}" if self.item else self.check.id


Checks = dict[str, tuple[Check, ...]]


def checks_of(book: "Book", asset: "Asset", by_type: Checks) -> list[Check]:
    """Those that are done of it, each once."""
    device = book.campus.devices.get(asset.id)
    names = {asset.fields.get("type", ""), "" if device is None else device.kind}
    found = {check.id: check for name in sorted(names) for check in by_type.get(name, ())}
    return list(found.values())


def owes(asset: "Asset") -> bool:
    """Whether it is there to be relied on."""
    return asset.state in OWING


def dues(book: "Book", asset: "Asset", by_type: Checks, now: Now) -> Iterator[Due]:
    """All that is to be said of its inspections; nothing of what is not in use."""
    for one in planned(book, asset, by_type).owed:
        yield Due(one.check, one.item, state_of(one, now.day), one.until, one.last)


def planned(book: "Book", asset: "Asset", by_type: Checks) -> "Planned":
    """What it owes and by which day, whatever day it is: kept as long as nothing of it is another."""
    inspected = book.inspected.get(asset.id)
    known = book.planned.get(asset.id)
    if (
        known is None
        or known.asset is not asset
        or known.inspected is not inspected
        or known.campus is not book.campus
    ):
        owed = _owed(book, asset, inspected, by_type) if owes(asset) else ()
        first = min((0 if one.kind == "failed" else one.until for one in owed), default=_NEVER)
        known = Planned(asset, inspected, book.campus, owed, first)
        book.planned[asset.id] = known
    return known


def state_of(owed: "Owed", today: int) -> State:
    """How it stands on a day."""
    if owed.kind == "failed":
        return "failed"
    if today > owed.until:
        return "overdue"
    if owed.kind == "never":
        return "never"
    return "soon" if owed.until - today <= owed.check.soon_days else "good"


def since_day(asset: "Asset") -> int:
    """Since when it owes its inspections: the day, of UTC, on which it was first listed, put to use, or replaced."""
    return DAY_ONE + asset.since_us // DAY_US


def _owed(book: "Book", asset: "Asset", inspected: Inspected | None, by_type: Checks) -> "tuple[Owed, ...]":
    signed = () if inspected is None else inspected.signed
    return tuple(
        one for check in checks_of(book, asset, by_type) for one in _of_check(check, signed, since_day(asset))
    )


def _of_check(check: Check, signed: Iterable[Signed], since: int) -> Iterator["Owed"]:
    own = [one for one in signed if one.check == check.id]
    if not own:
        yield Owed(check, "", "never", since + check.soon_days, None)
        return
    latest = max(own, key=lambda one: (one.day, one.number))
    last = max((one.day for one in own if one.passed), default=None)
    if not latest.passed:
        yield Owed(check, "", "failed", latest.day, last)
        return
    yield Owed(check, "", "due", check.every.after(latest.day), last)
    for item, until in latest.expires:
        yield Owed(check, item, "due", until, last)


def flags(book: "Book", now: Now) -> Iterator[tuple[str, AssetId, tuple[str, str]]]:
    """(code, asset, (names, the first day)) of what should stand: one flag of a thing, whatever of it is overdue."""
    by_type = book.campus.inspections.by_type()
    if not by_type:
        return
    for asset in book.assets.values():
        if planned(book, asset, by_type).first >= now.day:
            continue
        found: dict[str, list[Due]] = {}
        for due in dues(book, asset, by_type, now):
            if due.state in ("failed", "overdue"):
                of = "inspection" if due.check.weight == "safety" else "check"
                found.setdefault(f"{of}_{due.state}", []).append(due)
        for code, those in found.items():
            first = min(one.until for one in those)
            yield code, asset.id, (", ".join(one.name for one in those), date_of(first))


def kept(signed: Iterable[Signed]) -> tuple[Signed, ...]:
    """Those that are remembered: of each check the newest, and the newest that was passed."""
    by_check: dict[str, list[Signed]] = {}
    for one in sorted(signed, key=lambda one: (one.day, one.number), reverse=True):
        by_check.setdefault(one.check, []).append(one)
    found: list[Signed] = []
    for those in by_check.values():
        newest = those[:KEPT_OF_EACH]
        passed = next((one for one in those if one.passed), None)
        found += newest if passed is None or passed in newest else [*newest, passed]
    return tuple(sorted(found, key=lambda one: (one.check, one.day, one.number)))
