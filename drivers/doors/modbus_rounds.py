"""When a controller's points are read next: fast points, evidence, and its sensors closely after a command. Pure."""

import math
from typing import Literal

from drivers.base import Watch

AFTER_COMMAND_EVERY_S = 0.1
AFTER_COMMAND_FOR_S = 1.0
"""How closely and how long a bolt is followed after a command: nearly all travel is over by then, and the next evidence is
never far. Each close round keeps the board busy, and the next press may find it so."""
AFTER_CHANGE_FOR_S = 0.3
AFTER_COMMAND_MOST_S = 3.0
"""A bolt that still moves is followed on, but not for ever: some contacts never rest."""

Round = Literal["all", "close", "fast"]
"""all: evidence and fast points. close: the same without the coils, which prove nothing of a bolt."""


class Rounds:
    """The timetable of one controller. All times are seconds of CLOCK_MONOTONIC.

    Evidence is due at whole multiples of its interval, also closely, so that all boards are read at one instant: a
    press then rarely meets a busy board. A round of evidence reads the fast points too.
    """

    def __init__(self, watch: Watch) -> None:
        self._evidence_s = watch.evidence_every_s if watch.evidence or watch.fast else math.inf
        self._fast_s = watch.fast_every_s if watch.fast else math.inf
        self._evidence_due = self._all_due = -math.inf
        self._fast_due = -math.inf
        self._closely_until = -math.inf
        self._commanded_s = -math.inf

    def at_once(self) -> None:
        """Everything is due now: the controller has just come back."""
        self._evidence_due = self._all_due = -math.inf

    def commanded(self, now_s: float, rest_s: float = 0.0) -> None:
        """A command has just ended: read closely for a while, from `rest_s` on."""
        due_s = _next_multiple(now_s + rest_s, AFTER_COMMAND_EVERY_S) if rest_s > 0 else now_s
        # Never later than it was due already: a stream of commands must not keep the board from being read.
        self._evidence_due = min(self._evidence_due, due_s)
        self._commanded_s = now_s
        self._closely_until = now_s + AFTER_COMMAND_FOR_S

    def changed(self, now_s: float) -> None:
        """A reading differs from the one before."""
        if now_s < self._commanded_s + AFTER_COMMAND_MOST_S:
            self._closely_until = max(self._closely_until, now_s + AFTER_CHANGE_FOR_S)

    def due_s(self) -> float:
        """When the next round is due; infinity where nothing is watched."""
        if self._evidence_s == math.inf:
            return math.inf
        return min(self._evidence_due, self._fast_due) if self._fast_s < math.inf else self._evidence_due

    def begin(self, now_s: float) -> Round:
        """Take the round that is due, and count its successor from now."""
        evidence = self._evidence_due <= now_s
        closely = evidence and now_s < self._all_due
        if evidence:
            if not closely:
                self._all_due = _next_multiple(now_s, self._evidence_s)
            self._evidence_due = self._all_due
            if now_s < self._closely_until:
                self._evidence_due = min(self._evidence_due, _next_multiple(now_s, AFTER_COMMAND_EVERY_S))
        if self._fast_s < math.inf:
            self._fast_due = _next_multiple(now_s, self._fast_s)
        if not evidence:
            return "fast"
        return "close" if closely else "all"


def _next_multiple(now_s: float, every_s: float) -> float:
    return (math.floor(now_s / every_s + 1e-6) + 1) * every_s
