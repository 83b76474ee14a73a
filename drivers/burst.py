"""Frames of one moment for many devices: each leaves at once, and what is kept of it waits until the last one has left.

A frame takes a microsecond of ours and some of the kernel's; its bookkeeping takes ten, and the next board would wait for it.
"""

import os
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Burst:
    """Belongs to the loop's thread. Within `with burst:` what is handed to `then` waits for its end."""

    def __init__(self) -> None:
        self._open = False
        self._owed: deque[Callable[[], None]] = deque()

    def then(self, act: Callable[[], None]) -> None:
        """Do it now, or once the frames of this moment have left. Raises what `act` raises, here or at the burst's end."""
        if self._open:
            self._owed.append(act)
        else:
            act()

    def __enter__(self) -> Self:
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        if self._owed:
            # On a box with few cores whoever the frames woke may be waiting for this one: it goes before our bookkeeping.
            os.sched_yield()
            self._settle()

    def _settle(self) -> None:
        """All of it, although one raises."""
        try:
            while self._owed:
                self._owed.popleft()()
        finally:
            if self._owed:
                self._settle()
