"""What we can honestly say of a door, and of what it rests on."""

from typing import Literal

from rules.model.values import dataclass

VerdictWord = Literal[
    "unknown",
    "stale",
    "forced",
    "egress",
    "opened",
    "ajar",
    "refused",
    "no_answer",
    "pending",
    "not_latched",
    "secured",
    "secured_partial",
    "unconfirmed",
    "released",
    "open",
    "closed_locked",
    "closed_unlocked",
]

SECURED: frozenset[VerdictWord] = frozenset({"secured", "secured_partial"})
"""Verdicts that a sensor read after the command proves."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first verdict that applies, and why.

    by: for `refused` who refused, else None. code: the interlock's or device's code, `""` if none.
    bolt, position: last value read (thrown, closed) or None where not wired or never read.
    """

    word: VerdictWord
    by: Literal["interlock", "device"] | None = None
    code: str = ""
    bolt: bool | None = None
    position: bool | None = None


UNKNOWN = Verdict("unknown")
