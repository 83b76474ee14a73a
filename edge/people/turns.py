"""Whose password is hashed next: of all addresses, the one from where the least was tried in vain lately.

A flood from many addresses would else fill the line, and a principal stood before a page that says "wait": guessing
puts an address behind every other that guessed less, so a crowd of addresses waits behind the one that guesses not.
"""

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from edge.people.hashing import NotHashed

AT_ONCE: Final = 2
"""One is hashed, one is at hand: the rest of the hasher's places are for those who signed in already, and the socket."""
LINE_MOST: Final = 64
PATIENCE_S: Final = 5.0
KNOWN_MOST: Final = 10_000


@dataclass(eq=False)
class _Waiting:
    tried: int
    number: int
    turn: "asyncio.Future[None]"

    @property
    def place(self) -> tuple[int, int]:
        return self.tried, self.number


class Turns:
    """Belongs to the loop's thread."""

    def __init__(self, *, line_most: int = LINE_MOST, patience_s: float = PATIENCE_S) -> None:
        self._line_most = line_most
        self._patience_s = patience_s
        self._tried: OrderedDict[str, int] = OrderedDict()
        """Tries from an address that were not right; what was tried longest ago is forgotten first."""
        self._line: list[_Waiting] = []
        self._numbers = itertools.count()
        self._inside = 0

    @asynccontextmanager
    async def taken(self, source: str) -> AsyncIterator[None]:
        """While it is this address's turn; it counts as one in vain until it was `right`. Raises NotHashed."""
        await self._wait(source)
        try:
            self._count(source, +1)
            yield
        except NotHashed:
            self._count(source, -1)
            raise
        finally:
            self._next()

    def right(self, source: str) -> None:
        """The last try from there was right."""
        self._count(source, -1)

    async def _wait(self, source: str) -> None:
        if self._inside < AT_ONCE and not self._line:
            self._inside += 1
            return
        here = _Waiting(
            self._tried.get(source, 0), next(self._numbers), asyncio.get_running_loop().create_future()
        )
        if len(self._line) >= self._line_most:
            last = max(self._line, key=lambda one: one.place)
            if last.place <= here.place:
                raise NotHashed("too many wait")
            self._line.remove(last)
            last.turn.set_exception(NotHashed("too many wait"))
        self._line.append(here)
        try:
            async with asyncio.timeout(self._patience_s):
                await here.turn
        except BaseException as err:
            if here in self._line:
                self._line.remove(here)
            elif here.turn.done() and not here.turn.cancelled() and here.turn.exception() is None:
                self._next()  # its turn came as it went away
            if isinstance(err, TimeoutError):
                raise NotHashed("it waited too long") from None
            raise

    def _next(self) -> None:
        self._inside -= 1
        # One that went away just now is in the line until its task has run.
        waiting = [one for one in self._line if not one.turn.done()]
        if waiting:
            first = min(waiting, key=lambda one: one.place)
            self._line.remove(first)
            self._inside += 1
            first.turn.set_result(None)

    def _count(self, source: str, by: int) -> None:
        count = self._tried.pop(source, 0) + by
        if count > 0:
            self._tried[source] = count
        if len(self._tried) > KNOWN_MOST:
            self._tried.popitem(last=False)
