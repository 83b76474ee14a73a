"""How many cameras are connected to at once, so that a switch that comes back does not meet sixty-four at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE: Final = 32
"""Attempts of all readers together."""
FAILING_AT_ONCE: Final = 24
"""Of those, by cameras that failed several times in a row: one that just fell never waits behind the long dead."""
FAILING_AFTER: Final = 3


class Attempts:
    """Belongs to one loop."""

    def __init__(self, at_once: int = AT_ONCE, failing_at_once: int = FAILING_AT_ONCE) -> None:
        self._all = asyncio.Semaphore(at_once)
        self._failing = asyncio.Semaphore(failing_at_once)
        self.now = 0
        """How many there are at this moment."""
        self.most = 0
        """How many there ever were."""

    @asynccontextmanager
    async def turn(self, failures: int) -> AsyncIterator["Turn"]:
        """Wait for a turn; it ends with `Turn.over`, or with the block. failures: of this camera, in a row."""
        taken = [self._failing] if failures >= FAILING_AFTER else []
        held: list[asyncio.Semaphore] = []
        try:
            for each in [*taken, self._all]:
                await each.acquire()
                held.append(each)
            self.now += 1
            self.most = max(self.most, self.now)
            turn = Turn(self, held)
        except BaseException:
            for each in held:
                each.release()
            raise
        try:
            yield turn
        finally:
            turn.over()


class Turn:
    """One attempt."""

    def __init__(self, attempts: Attempts, held: list[asyncio.Semaphore]) -> None:
        self._attempts, self._held = attempts, held

    def over(self) -> None:
        """It plays, or has failed. May be called again."""
        if self._held:
            self._attempts.now -= 1
            for each in self._held:
                each.release()
            self._held = []
