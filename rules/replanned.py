"""What is known of a door stays known under another accepted configuration only where it is still the same device."""

from dataclasses import replace

from rules.model.ids import DoorId
from rules.plan import Plan
from rules.state import Live


def under(before: Plan, after: Plan, live: Live) -> Live:
    """`live` as it holds under `after`: a door that went, or that is driven or read elsewhere now, is unknown.

    What is renamed, moved to another zone or commissioned anew stays as it was last read. No reload touches a door of a
    live response (`edge.config.changes.forbidden_changes`).
    """
    same = {
        one for one in after.doors.keys() & before.doors.keys() if _wires(before, one) == _wires(after, one)
    }
    return replace(live, doors={one: its for one, its in live.doors.items() if one in same})


def _wires(plan: Plan, one: DoorId) -> tuple[object, ...]:
    door = plan.doors[one]
    return door.controller, door.lock, door.bolt, door.position
