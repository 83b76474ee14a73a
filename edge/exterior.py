"""What the sensors of exterior doors said, added up from the live picture and entered by the hour, for the weekly sweep.

Ordinary door movement enters the journal in no other way (contract section 6). The journal holds what each door was, so that a
week can be made again from it; the hour under way is in memory alone, and lost with the process: nobody saw it then.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from drivers.clock import instant
from edge.calendar import local
from rules.exterior_watch import Seen, exterior_doors, seen
from rules.model.exterior_facts import DoorsWatched, Watched
from rules.model.facts import Fact
from rules.model.ids import DoorId
from rules.model.moments import SECOND_US, Instant
from rules.model.verdicts import UNKNOWN
from rules.plan import Plan
from rules.state import State

LOOK_EVERY_S: Final = 5.0
"""So much of a day may be counted with the day after it."""
HOUR_US: Final = 3_600 * SECOND_US
Look = Callable[[], tuple[Plan, State]]


@dataclass(slots=True)
class _Door:
    """since_us: CLOCK_MONOTONIC, when it became what it is; counted_us: until when that is in the sums. Sums in microseconds."""

    what: Seen
    since_us: int
    counted_us: int
    sums: dict[Seen, int] = field(default_factory=lambda: defaultdict(int))
    longest: dict[Seen, int] = field(default_factory=lambda: defaultdict(int))
    turns: Counter[Seen] = field(default_factory=Counter)

    def count(self, now_us: int) -> None:
        """Add up until now."""
        self.sums[self.what] += now_us - self.counted_us
        self.longest[self.what] = max(self.longest[self.what], now_us - self.since_us)
        self.counted_us = now_us

    def turn(self, what: Seen, now_us: int) -> None:
        """It is something else from now on."""
        if what != self.what:
            self.count(now_us)
            self.turns[what] += 1
            self.what, self.since_us = what, now_us

    def begin(self) -> None:
        """Begin new sums; a stretch that goes on keeps its beginning."""
        self.sums.clear()
        self.longest.clear()
        self.turns.clear()


class Exterior:
    """Belongs to the loop's thread. look: plan and state now. zone: the campus's, None where it is not known."""

    def __init__(
        self,
        look: Look,
        zone: Callable[[], tzinfo | None],
        say: Callable[[Fact], None],
        now: Callable[[], Instant] = instant,
    ) -> None:
        self._look = look
        self._zone = zone
        self._say = say
        self._now = now
        self._plan: Plan | None = None
        self._doors: dict[DoorId, _Door] = {}
        self._from = now()
        self._day = 0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def note(self, before: State, after: State) -> None:
        """One event was handled."""
        doors = after.live.doors
        if before.live.doors is doors or self._plan is None:
            return
        was = before.live.doors
        for name, door in self._doors.items():
            its = doors.get(name)
            if its is not was.get(name) and its is not None:
                door.turn(seen(self._plan.doors[name], its.verdict), after.live.now.mono_us)

    def look(self) -> None:
        """Enter what is due: after an hour, at the end of a day, and when the plan is another."""
        plan, state = self._look()
        at = self._now()
        day = local(at, self._zone())[0]
        if self._plan is not plan:
            self.close(at)
            self._begin(plan, state, at)
        elif day != self._day or at.mono_us - self._from.mono_us >= HOUR_US:
            self.close(at)
        else:
            return
        self._day = day

    def close(self, at: Instant | None = None) -> None:
        """Enter what was seen until now."""
        at = at or self._now()
        lasted_us = at.mono_us - self._from.mono_us
        if self._doors and lasted_us >= SECOND_US:
            at_rest, others = [], []
            for name, door in self._doors.items():
                door.count(max(at.mono_us, door.counted_us))
                if door.sums.keys() <= {"locked"} and not door.turns:
                    at_rest.append(name)
                else:
                    others.append(_row(name, door))
                door.begin()
            self._say(
                DoorsWatched(
                    self._day, self._from.utc_us, at.utc_us, lasted_us // SECOND_US, tuple(at_rest), tuple(others)
                )
            )  # fmt: skip
            self._from = at

    def _begin(self, plan: Plan, state: State, at: Instant) -> None:
        known, self._plan, self._doors = self._doors, plan, {}
        for name in exterior_doors(plan):
            its = state.live.doors.get(name)
            what = seen(plan.doors[name], UNKNOWN if its is None else its.verdict)
            door = known.get(name) or _Door(what, at.mono_us, at.mono_us)
            door.turn(what, at.mono_us)
            self._doors[name] = door
        self._from = at


def _row(name: DoorId, door: _Door) -> Watched:
    """Whole seconds; what is bad rounds up."""

    def up(us: int) -> int:
        return -(-us // SECOND_US)

    sums, longest = door.sums, door.longest
    return (
        name, up(sums["open"]), up(longest["open"]), up(sums["unlocked"]), up(longest["unlocked"]), up(sums["unsensed"]),
        up(sums["unknown"]), door.turns["open"], door.turns["unlocked"], door.turns["unknown"],
    )  # fmt: skip
