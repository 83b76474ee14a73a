"""What is counted and not recorded one by one: polls, ordinary door movement, minutes. Contract section 6.

Each minute goes to the views' bounded table; each hour enters the journal as one summary.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from drivers.clock import instant
from rules.model.facts import Fact, TelemetrySummed
from rules.model.ids import DoorId
from rules.state import DoorLive, State

MINUTES_A_SUMMARY: Final = 60
QUIET: Final = frozenset({"open", "closed_locked", "closed_unlocked"})

Add = Callable[[int, str, dict[str, int]], None]
"""To the bounded table: microseconds since 1970, of what, integers by name."""
Say = Callable[[Fact], None]


class Telemetry:
    """Belongs to the loop's thread. `note` after each event, `minute` once a minute."""

    def __init__(self, add: Add, say: Say) -> None:
        self._add = add
        self._say = say
        self._events: Counter[str] = Counter()
        self._moved: Counter[DoorId] = Counter()
        self._longest_us = 0
        self._hour: Counter[str] = Counter()
        self._minutes = 0

    def note(self, event: str, before: State, after: State, took_us: int) -> None:
        """One event was handled, in so many microseconds of the loop."""
        self._events[event] += 1
        self._longest_us = max(self._longest_us, took_us)
        if before.live.doors is not after.live.doors:
            was = before.live.doors
            for door, now in after.live.doors.items():
                old = was.get(door)
                if old is not now and old is not None and _moved(old, now):
                    self._moved[door] += 1

    def minute(self, state: State, shed: int) -> None:
        """Hand the minute over, and with every 60th the hour."""
        at = instant()
        events = {name.lower(): count for name, count in self._events.items()}
        self._add(at.utc_us, "box", {**events, "longest_us": self._longest_us, "shed": shed})
        for door, count in self._moved.items():
            self._add(at.utc_us, door, {"movements": count})
        for button, live in state.live.buttons.items():
            readings = {} if live.battery is None else {"battery": live.battery}
            if live.heard is not None:
                readings["heard_ago_us"] = at.since(live.heard)
            if readings:
                self._add(at.utc_us, button, readings)
        self._hour["scans"] += self._events["Scanned"]
        self._hour["statuses"] += self._events["StatusHeard"]
        self._hour["movements"] += self._moved.total()
        self._hour["longest_us"] = max(self._hour["longest_us"], self._longest_us)
        self._events.clear()
        self._moved.clear()
        self._longest_us = 0
        self._minutes += 1
        if self._minutes >= MINUTES_A_SUMMARY:
            hour = self._hour
            self._say(
                TelemetrySummed(
                    self._minutes,
                    hour["scans"],
                    hour["statuses"],
                    hour["movements"],
                    hour["longest_us"],
                    shed,
                )
            )
            hour.clear()
            self._minutes = 0


def _moved(old: DoorLive, now: DoorLive) -> bool:
    return old.verdict.word != now.verdict.word and old.verdict.word in QUIET and now.verdict.word in QUIET
