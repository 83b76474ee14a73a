"""When to try again to reach a device: at once, then every 0.2 s, never slower than every 2 s."""

import random


class Backoff:
    """Pauses between attempts. One instance a connection; `reset` whenever the device answered.

    first_s: the pause between early attempts; a healthy device is back within this.
    most_s: the longest pause, for a device that has long been dead.
    early: so many attempts are made at `first_s` before the pause grows (by half each time).
    """

    def __init__(self, first_s: float = 0.2, most_s: float = 2.0, early: int = 10) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._early = early
        self._failures = 0
        self._random = random.Random()  # noqa: S311 - spreads attempts, protects nothing

    def reset(self) -> None:
        """The device answered: the next attempt after a loss is made at once."""
        self._failures = 0

    def pause_s(self) -> float:
        """How long to wait before the next attempt: 0 for the first, then less by chance, up to a fifth."""
        failures = self._failures
        self._failures += 1
        if failures == 0:
            return 0.0
        grown: float = self._first_s * 1.5 ** min(max(0, failures - self._early), 32)
        return min(grown, self._most_s) * self._random.uniform(0.8, 1.0)
