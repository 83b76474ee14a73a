"""Hands on what the journal has just committed: to the views in its own thread, to whoever listens on the loop."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from edge.journal.stamp import Stamped

Told = Callable[[Sequence[Stamped]], None]


class Committed:
    """`follow` goes to `Journal.start`; it is called in the journal's thread, and only hands on."""

    def __init__(self, follow: Told) -> None:
        self._follow = follow
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: dict[int, Told] = {}
        self._number = 0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Whose thread listeners are called in."""
        self._loop = loop

    def listen(self, told: Told) -> Callable[[], None]:
        """Have `told` called on the loop with each commit from now on, in order; returns what ends it."""
        self._number += 1
        number = self._number
        self._listening[number] = told
        return lambda: self._listening.pop(number, None) and None

    def follow(self, events: Sequence[Stamped]) -> None:
        """What the journal has just committed."""
        self._follow(events)
        if self._listening and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._tell, events)

    def _tell(self, events: Sequence[Stamped]) -> None:
        for told in tuple(self._listening.values()):
            told(events)
