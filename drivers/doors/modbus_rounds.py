"""When a controller's points are read next: fast points, evidence, and closely after a command. Pure."""

import math
from typing import Literal

from drivers.base import Watch

AFTER_COMMAND_EVERY_S = 0.1
AFTER_COMMAND_FOR_S = 3.0
"""How closely and how long a bolt is followed after a command; the slowest travel is well below a second."""

Round = Literal["all", "fast"]


class Rounds:
    """The timetable of one controller. All times are seconds of CLOCK_MONOTONIC.

    Evidence is due at whole multiples of its interval, so that all boards are read at one instant: a press
    then rarely meets a busy board. A round of evidence reads the fast points too.
    """

    def __init__(self, watch: Watch) -> None:
        self._evidence_s = watch.evidence_every_s if watch.evidence or watch.fast else math.inf
        self._fast_s = watch.fast_every_s if watch.fast else math.inf
        self._evidence_due = -math.inf
        self._fast_due = -math.inf
        self._closely_until = -math.inf

    def at_once(self) -> None:
        """Everything is due now: the controller has just come back."""
        self._evidence_due = -math.inf

    def commanded(self, now_s: float) -> None:
        """A command has just ended: read at once, and closely for a while."""
        self._evidence_due = -math.inf
        self._closely_until = now_s + AFTER_COMMAND_FOR_S

    def due_s(self) -> float:
        """When the next round is due; infinity where nothing is watched."""
        if self._evidence_s == math.inf:
            return math.inf
        return min(self._evidence_due, self._fast_due) if self._fast_s < math.inf else self._evidence_due

    def begin(self, now_s: float) -> Round:
        """Take the round that is due, and count its successor from now."""
        everything = self._evidence_due <= now_s
        if everything:
            self._evidence_due = _next_multiple(now_s, self._evidence_s)
            if now_s < self._closely_until:
                self._evidence_due = min(self._evidence_due, now_s + AFTER_COMMAND_EVERY_S)
        if self._fast_s < math.inf:
            self._fast_due = _next_multiple(now_s, self._fast_s)
        return "all" if everything else "fast"


def _next_multiple(now_s: float, every_s: float) -> float:
    return (math.floor(now_s / every_s + 1e-6) + 1) * every_s
