"""A form that is sent twice is done once: the second asks for what became of the first.

Only for a minute: a page that was left open may be used again, and then it must start again. The API's own
`Idempotency-Key`, which lasts a day and repeats whole answers, is `edge.web.once`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from edge.control.desk import Reply

MOST: Final = 2_000
LONGEST_KEY: Final = 4_000
KEEP_S: Final = 60.0


class Once:
    """Belongs to the loop's thread. Keys are of one actor: nobody else's can be met by guessing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._asked: dict[tuple[str, str], tuple[float, asyncio.Future[Reply]]] = {}
        self._clock = clock

    async def do(self, actor: str, key: str, make: Callable[[], Awaitable[Reply]]) -> Reply:
        """What `make` comes to, made once for each key; no key: made each time."""
        if not key or len(key) > LONGEST_KEY:
            return await make()
        known = self._asked.get((actor, key))
        if known is not None and (not known[1].done() or self._clock() - known[0] < KEEP_S):
            asked = known[1]
        else:
            self._asked.pop((actor, key), None)
            while len(self._asked) >= MOST:
                del self._asked[next(iter(self._asked))]
            asked = asyncio.ensure_future(make())
            self._asked[actor, key] = self._clock(), asked
            asked.add_done_callback(lambda done: self._forget_failed((actor, key), done))
        # Whoever goes away takes nothing from the other who asks for the same.
        return await asyncio.shield(asked)

    def _forget_failed(self, key: tuple[str, str], done: "asyncio.Future[Reply]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._asked.pop(key, None)
