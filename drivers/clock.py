"""The moment now, as every driver stamps it on its events."""

import time

from rules.model.moments import Instant


def instant() -> Instant:
    """Wall clock and CLOCK_MONOTONIC, both in microseconds."""
    return Instant(time.time_ns() // 1_000, time.monotonic_ns() // 1_000)
