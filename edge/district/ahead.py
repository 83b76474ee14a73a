"""The second lane: what a live incident enters goes up at once, while the main lane may have a million others to bring first.

The hub holds it as provisional until the main lane passes it. What does not fit here comes by the main lane alone.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from edge.district import wire
from edge.district.api import Place
from edge.district.client import Client, Told
from edge.district.messages import EventLine

MOST: Final = 2_000
AT_ONCE: Final = 200


class Ahead:
    """Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], EventLine] = {}
        self._came = asyncio.Event()

    def add(self, events: Sequence[EventLine]) -> None:
        """To be sent at once. Of too many the oldest are left to the main lane."""
        for one in events:
            self._waiting[one.epoch, one.seq] = one
        while len(self._waiting) > MOST:
            del self._waiting[next(iter(self._waiting))]
        self._came.set()

    def passed(self, place: Place) -> None:
        """The main lane has come so far."""
        for key in [key for key in self._waiting if key[0] == place.epoch and key[1] <= place.seq]:
            del self._waiting[key]

    async def run(self, client: Client) -> None:
        """Send for ever. Raises Away and Told; what was not taken is sent again."""
        while True:
            self._came.clear()
            while self._waiting:
                events = list(self._waiting.values())[:AT_ONCE]
                try:
                    await client.send_live(wire.packed_live(one.line() for one in events))
                except Told as err:
                    # What the hub does not want so comes by the main lane, which says more of why.
                    if err.problem.code in ("form", "hash", "too_large"):
                        self._sent(events)
                    raise
                self._sent(events)
            await self._came.wait()

    def _sent(self, events: Sequence[EventLine]) -> None:
        for one in events:
            self._waiting.pop((one.epoch, one.seq), None)
