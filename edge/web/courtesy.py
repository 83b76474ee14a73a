"""Steps aside for the reflex: what is drawn and handed out for many goes on between the loop's own work, and not in a press."""

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Final, TypeVar

Made = TypeVar("Made")

BITE_S: Final = 0.001
"""A press that comes meanwhile waits no longer than this."""
AGAIN_S: Final = 0.002


class Courtesy:
    """Belongs to the loop's thread. hurried: whether a press's commands are on their way (`Appliance.hurried`)."""

    def __init__(self, hurried: Callable[[], bool]) -> None:
        self.hurried = hurried
        self._ends_s = 0.0

    @property
    def due(self) -> bool:
        """Whether a bite is over. Asked for the first time after a turn, it begins one."""
        return time.perf_counter() > self._ends_s

    async def turn(self) -> None:
        """Let the loop do its own work, and a press be written; then begin another bite."""
        await asyncio.sleep(0)
        while self.hurried():  # noqa: ASYNC110  a press is over after 20 ms; it is not made to wake anybody
            await asyncio.sleep(AGAIN_S)
        self._ends_s = time.perf_counter() + BITE_S

    async def in_bites(self, work: Generator[None, None, Made]) -> Made:
        """Do it all, with the loop's own work in between."""
        while True:
            if self.due:
                await self.turn()
            try:
                next(work)
            except StopIteration as done:
                made: Made = done.value
                return made


def at_once(work: Generator[None, None, Made]) -> Made:
    """Do it all."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            made: Made = done.value
            return made
