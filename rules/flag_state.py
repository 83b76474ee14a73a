"""What is kept about flags beside the flags themselves: what is done meanwhile, the last number, the last dry run."""

from collections.abc import Mapping
from dataclasses import field

from rules.model.ids import Actor, DoorId, ZoneId
from rules.model.moments import Instant
from rules.model.selftest import TestCause
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """What somebody does while a flag stands. until_us: UTC microseconds since 1970."""

    code: str
    subject: str
    until_us: int
    text: str
    by: Actor
    since: Instant


@dataclass(frozen=True, slots=True)
class Stated:
    """The readiness number as it was last recorded; see `flag_facts.ReadinessStated`."""

    at: Instant
    score: int
    lost: int
    zones: tuple[tuple[ZoneId, int], ...]


@dataclass(frozen=True, slots=True)
class DryRunMemory:
    """The last dry run. day: of the last by schedule; doors: every reason of each door that would fail, the first first."""

    number: int = 0
    day: int = 0
    at: Instant | None = None
    cause: TestCause = "schedule"
    asked: int = 0
    doors: Mapping[DoorId, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DryRunLive:
    """A dry run under way: doors are gone through some with each tick. looked: how many were; found: (door, code)."""

    number: int
    cause: TestCause
    day: int | None
    looked: int = 0
    found: tuple[tuple[DoorId, str], ...] = ()
