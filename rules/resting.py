"""Whether reading the same values again can change anything of a door: most scans of most days say nothing new."""

from typing import Final

from rules.model.ids import DoorId
from rules.model.verdicts import SECURED, VerdictWord
from rules.plan import DoorPlan
from rules.step import Step
from rules.verdict import locking_incident, ordered_to_lock

CLOSED: Final[frozenset[VerdictWord]] = frozenset({"closed_locked", "closed_unlocked"})


def at_rest(step: Step, name: DoorId) -> bool:
    """True only where `leaving.followed` and `verdict.verdict` would find again what stands, until `its.due`.

    False costs time and nothing else. Whatever else changes a door's live part sets `due` to None.
    """
    its = step.door(name)
    if its.due is None or its.due <= step.at.mono_us or its.left is not None or its.unthrown is not None:
        return False
    door = step.plan.doors[name]
    said = its.verdict
    # Without a bolt sensor other things than reads of it count; open, ajar and stale doors are worth a look.
    if door.bolt is None or said.bolt is None or said.position is False or said.bolt is not its.locked:
        return False
    return said.word in _expected(step, door) and said.code == (its.held if said.word == "released" else "")


def _expected(step: Step, door: DoorPlan) -> frozenset[VerdictWord]:
    """The words that stand as long as nothing is read otherwise, by the orders that hold now."""
    order = step.record.orders.get(door.id)
    if order is None:
        return CLOSED
    if order.word == "free":
        return frozenset()
    if ordered_to_lock(step.plan, step.record, door):
        return SECURED
    if order.word == "rest" and locking_incident(step.plan, step.record, door) is not None:
        return RELEASED
    return CLOSED


RELEASED: Final[frozenset[VerdictWord]] = frozenset({"released"})
