"""Facts about flags beside raised and cleared: what is done meanwhile, how ready the campus is, which doors would fail."""

from typing import ClassVar

from rules.model.ids import DoorId, ZoneId
from rules.model.selftest import TestCause
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class FlagCompensated:
    """Somebody does something meanwhile; the flag stands. until_us: UTC microseconds since 1970, the end of it."""

    KIND: ClassVar[str] = "flag.compensated/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)
    code: str
    subject: str
    until_us: int
    text: str


@dataclass(frozen=True, slots=True)
class FlagUncompensated:
    """why: `asked`, `until` (its end came), `cleared` (the flag did)."""

    KIND: ClassVar[str] = "flag.uncompensated/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    code: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class ReadinessStated:
    """How ready the campus was at this moment, by which pack's weights.

    score: 0 to 100. lost: points that were lost, also those below 0. zones: (zone, score). causes: (code, things, points).
    """

    KIND: ClassVar[str] = "readiness.stated/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    score: int
    lost: int
    zones: tuple[tuple[ZoneId, int], ...]
    causes: tuple[tuple[str, int, int], ...]
    weights: str


@dataclass(frozen=True, slots=True)
class DryRunTold:
    """Which doors would fail if lockdown were ordered at this moment; nothing was touched.

    day: the local day whose run it is, None for one that a person asked for. asked: how many doors lockdown locks.
    doors: (door, code), a pair for each reason, the first of a door the one that comes first.
    """

    KIND: ClassVar[str] = "dry_run.told/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    cause: TestCause
    day: int | None
    asked: int
    doors: tuple[tuple[DoorId, str], ...]


FlagFact = FlagCompensated | FlagUncompensated | ReadinessStated | DryRunTold
