"""The last door to a live picture: the newest one as a JPEG with the time it was taken, asked for again and again.

However many ask, one picture is made once a width; who asks while it is being made gets the same one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from edge.media.hub import Hub
from edge.media.looking import Picture

Still = Callable[[Hub, int], Awaitable[Picture]]
"""Makes the newest picture so many pixels wide."""
WIDTHS: Final = (320, 640, 1280, 1920)
"""A picture is made in one of these: every other width would be one more."""
GOOD_FOR_S: Final = 0.25
"""A camera's picture is not made more often."""


class JpegDoor:
    """Belongs to the loop's thread."""

    def __init__(self, still: Still) -> None:
        self._still = still
        self._made: dict[tuple[Hub, int], tuple[Picture, float]] = {}
        """With when it was made."""
        self._making: dict[tuple[Hub, int], asyncio.Task[Picture]] = {}

    async def snapshot(self, hub: Hub, width: int) -> Picture:
        """The newest picture, at the next of `WIDTHS` that is no smaller than `width`. Raises what `still` raises."""
        key = hub, next((one for one in WIDTHS if one >= width), WIDTHS[-1])
        made = self._made.get(key)
        now = asyncio.get_running_loop().time()
        if made is not None and (now - made[1] < GOOD_FOR_S or made[0].at_us == hub.last_at_us):
            return made[0]
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(*key), name=f"a still of {hub.camera}")
            # Who asked may have left before it failed.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    def forget(self, hub: Hub) -> None:
        """The stream is no more."""
        self._made = {key: made for key, made in self._made.items() if key[0] is not hub}

    async def _make(self, hub: Hub, width: int) -> Picture:
        try:
            made = await self._still(hub, width)
            self._made[hub, width] = made, asyncio.get_running_loop().time()
            return made
        finally:
            del self._making[hub, width]
