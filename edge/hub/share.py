"""How much a process takes at once. More is sent away with a time to come again, each with another one, before it is read."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SOONEST_S: Final = 1
LATEST_S: Final = 12
"""Thousands of campuses come back at once: they are spread over this."""


class Full(Exception):
    """No more at once."""


class Share:
    """So many requests, with so many bytes of body together."""

    def __init__(self, requests: int, size: int) -> None:
        self.requests = requests
        self.size = size
        self.inside = 0
        self._bytes = 0

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        """Take one in. size: the most bytes that its body may have. Raises Full."""
        if self.inside >= self.requests or self._bytes + size > self.size:
            raise Full
        self.inside += 1
        self._bytes += size
        try:
            yield
        finally:
            self.inside -= 1
            self._bytes -= size


def later_s() -> int:
    """For `Retry-After`."""
    return random.randint(SOONEST_S, LATEST_S)  # noqa: S311  # spreads them, and keeps no secret
