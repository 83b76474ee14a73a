"""What was refused for want of a right, or as sent from elsewhere, in the log: ASVS 5.0 V16.3.2 and V16.3.3.

Told once and then counted, so that somebody who asks a thousand times a second fills no disk. By route, never by
path, and by opaque actor: nothing personal and nothing of what was sent.
"""

import time
from collections.abc import Callable
from typing import Final

import structlog

TOLD_EVERY_S: Final = 10.0
MOST: Final = 100
"""Told apart in one span; whatever is more is told as `others`."""
OTHERS: Final = ("others", "", 0, "")

Refused = tuple[str, str, int, str]
"""Route, method, status, actor."""

log = structlog.get_logger(__name__)


class Refusals:
    """Belongs to the loop's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until_s = 0.0
        self._counts: dict[Refused, int] = {}

    def note(self, refused: Refused) -> None:
        """One request was refused."""
        now = self._clock()
        if now >= self._until_s:
            for one, count in self._counts.items():
                if count > 1:
                    _tell(one, count - 1)
            self._counts.clear()
            self._until_s = now + TOLD_EVERY_S
        if len(self._counts) >= MOST and refused not in self._counts:
            refused = OTHERS
        self._counts[refused] = self._counts.get(refused, 0) + 1
        if self._counts[refused] == 1:
            _tell(refused, 1)


def _tell(refused: Refused, times: int) -> None:
    route, method, status, actor = refused
    log.warning("web.refused", route=route, method=method, status=status, actor=actor, times=times)
