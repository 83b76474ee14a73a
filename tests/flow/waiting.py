"""What the journeys wait for: a condition, never a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 45.0
"""For two busy cores; a condition that holds is seen within 50 ms."""
LOOK_S = 0.03


def wait_for(what: str, holds: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
    """The first true value of `holds`; fails with `what` when it does not come."""
    ends = time.monotonic() + patience_s
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < ends, f"not within {patience_s:g} s: {what}"
        time.sleep(LOOK_S)
