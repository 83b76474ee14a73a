"""What enters the journal of the weekly sweep of exterior doors: what their sensors said, the week's record, signatures.

A week is named by its Monday, `2026-11-30`, in the campus's own calendar. Seconds are whole: what is bad rounds up.
"""

from typing import ClassVar

from rules.model.ids import DoorId
from rules.model.values import dataclass

Watched = tuple[DoorId, int, int, int, int, int, int, int, int, int]
"""(door, open_s, longest_open_s, unlocked_s, longest_unlocked_s, unsensed_s, unknown_s, opened, unlatched, lost).

longest: the longest stretch of it that went on in this time, also what of it lay before. unlocked: closed, and its bolt not
thrown. unsensed: what is wired says closed or locked, and nothing says the other. unknown: not read yet, or stale. opened,
unlatched, lost: how many times it came to be open, unlocked, unknown. What is left of the time it was closed and its bolt
thrown, by sensors both.
"""
Swept = tuple[DoorId, str, tuple[str, ...], int, int, int, int, int, int, int, int, int, int, int, int]
"""(door, result, codes, seen_s, open_s, longest_open_s, unlocked_s, longest_unlocked_s, unsensed_s, unknown_s, opened, unlatched,
lost, times forced, proven_us).

result: `ok`, `exception` or `unknown`; codes say why. unknown_s: of the whole week, with the time in which nobody looked.
proven_us: when it was last proven to work, UTC microseconds; 0: nobody knows.
"""


@dataclass(frozen=True, slots=True)
class DoorsWatched:
    """What the sensors of the exterior doors said for some time, an hour at most, within one day of the campus's calendar.

    day: as `date.toordinal`. from_us, until_us: UTC. seconds: how long that was by the clock that is never set. at_rest: the
    doors that were closed and locked all of it. others: all the others, each with what it was.
    """

    KIND: ClassVar[str] = "exterior.watched/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    day: int
    from_us: int
    until_us: int
    seconds: int
    at_rest: tuple[DoorId, ...]
    others: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class SweepRecorded:
    """A week of the exterior doors, written once it is over. version, pack: of the limits that it was judged by.

    from_us, until_us: its first and its last moment, UTC: 167, 168 or 169 hours.
    """

    KIND: ClassVar[str] = "exterior.week/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    week: str
    from_us: int
    until_us: int
    version: int
    pack: str
    doors: tuple[Swept, ...]


@dataclass(frozen=True, slots=True)
class SweepSigned:
    """A named person explains what a week's sweep found at these doors. Another signature stands in its place, not over it."""

    KIND: ClassVar[str] = "exterior.signed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason", "person")
    week: str
    doors: tuple[DoorId, ...]
    reason: str = ""
    person: str = ""


ExteriorFact = SweepRecorded | SweepSigned
"""What the book enters of it; `DoorsWatched` is the daemon's."""
