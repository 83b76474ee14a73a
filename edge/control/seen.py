"""The live picture over the socket, with what detectors and telephone systems report for who may see that."""

from typing import Any

from drivers.clock import instant
from edge import alerts
from edge.control.desk import Desk
from edge.people.caller import Caller


def picture(desk: Desk, caller: Caller) -> dict[str, Any]:
    """The snapshot; `detections` and `emergency_calls` that wait for a person are beside it, and are no part of it for others."""
    found = desk.snapshot()
    if not caller.may(desk.rights, "alerts"):
        return found
    now = instant()
    return {
        **found,
        "detections": [
            one for one in alerts.detections(desk.plan, desk.state, now) if one["state"] == "waiting"
        ],
        "emergency_calls": [
            one for one in alerts.calls(desk.plan, desk.state, now) if one["state"] == "waiting"
        ],
    }
