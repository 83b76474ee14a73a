"""What the sensors of an exterior door say for the weekly sweep, from its verdict: one word at each moment."""

from typing import Final, Literal

from rules.model.ids import DoorId
from rules.model.verdicts import Verdict, VerdictWord
from rules.plan import DoorPlan, Plan
from rules.prepared import OncePerPlan

Seen = Literal["locked", "unlocked", "open", "unsensed", "unknown"]
"""locked: closed, and its bolt thrown, by a sensor each. unsensed: what is wired says nothing bad, and one of both is not."""
NOT_SAID: Final[frozenset[VerdictWord]] = frozenset({"unknown", "stale"})
OPEN: Final[frozenset[VerdictWord]] = frozenset({"open", "ajar", "forced", "egress", "opened"})


def _exterior(plan: Plan) -> tuple[DoorId, ...]:
    return tuple(one.id for one in plan.doors.values() if one.kind == "exterior")


exterior_doors: Final = OncePerPlan(_exterior)
"""The exterior doors of a plan."""


def seen(door: DoorPlan, verdict: Verdict) -> Seen:
    """What can be said of it now."""
    if verdict.word in NOT_SAID:
        return "unknown"
    if verdict.word in OPEN or verdict.position is False:
        return "open"
    if verdict.bolt is False:
        return "unlocked"
    return "locked" if door.bolt is not None and door.position is not None else "unsensed"
