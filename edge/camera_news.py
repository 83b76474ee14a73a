"""How much of what the camera process says may become events: a camera that flutters, or a process that somebody took
over, fills no journal.

What is held back is never good news alone: a camera that is lost is told as lost at once, and its return waits.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from edge.media.messages import Standing

TURNS: Final = 10
"""Turns of one camera that are told at once, as fast as they come."""
TURN_EVERY_S: Final = 5.0
"""And one more for each of these: a camera that flutters for a day is 17,000 rows."""
FILES: Final = 4_000
"""A press with a thousand cameras begins a thousand clips and a thousand stills, and its close ends them."""
FILES_A_SECOND: Final = 10.0


class Allowance:
    """A measure that fills by itself. most: what it holds. a_second: by how much it fills."""

    def __init__(self, most: float, a_second: float) -> None:
        self._most, self._a_second = most, a_second
        self._left, self._at_s = most, time.monotonic()

    def take(self) -> bool:
        """One of it; False: there is none."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at_s) * self._a_second)
        self._at_s = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class News:
    """Standings of cameras on their way to the inbox. Belongs to the loop's thread.

    tell: called with each that is news, at once or when its turn has come.
    """

    def __init__(self, tell: Callable[[Standing], None]) -> None:
        self._tell = tell
        self._told: dict[str, Standing] = {}
        self._held: dict[str, Standing] = {}
        self._allowed: dict[str, Allowance] = {}
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, now: Standing) -> None:
        """A camera is like this from now on."""
        told = self._told.get(now.camera)
        self._held.pop(now.camera, None)
        if now == told:
            return
        allowed = self._allowed.get(now.camera)
        if allowed is None:
            allowed = self._allowed[now.camera] = Allowance(TURNS, 1 / TURN_EVERY_S)
        # As often as it was told to be up it may be told to be lost: no more often than the one is the other.
        if allowed.take() or (told is not None and told.up and not now.up):
            self._told[now.camera] = now
            self._tell(now)
            return
        self._held[now.camera] = now
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TURN_EVERY_S / 2, self._again)

    def forget(self) -> None:
        """The process is away: with it went what it said. What it may say in its next life is no more for that."""
        self._told.clear()
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def keep(self, cameras: frozenset[str]) -> None:
        """These are the cameras now."""
        for known in (self._told, self._held, self._allowed):
            for name in [one for one in known if one not in cameras]:
                del known[name]

    def _again(self) -> None:
        self._timer = None
        for standing in tuple(self._held.values()):
            self.heard(standing)
