"""Cameras as the live picture tells of them."""

from typing import Any

from edge.journal.stored import rfc3339
from rules.cameras import blind
from rules.plan import Plan
from rules.state import State

Document = dict[str, Any]


def cameras(plan: Plan, state: State) -> list[Document]:
    """Whether each can be relied on to see, never what it sees, nor for which incident it is kept."""
    blind_now = dict(blind(plan, state))
    found = []
    for camera in plan.cameras.values():
        live = state.live.cameras.get(camera.id)
        found.append(
            {
                "id": camera.id,
                "name": camera.name,
                "zone": camera.zone,
                "doors": list(camera.doors),
                "up": live is not None and live.up and bool(state.live.cameras_up),
                "since": rfc3339(live.since.utc_us) if live else None,
                "code": live.code if live else "",
                "picture": live.picture if live else "unknown",
                "engine": live.engine if live else "",
                "engine_code": live.engine_code if live else "",
                "blind": blind_now.get(camera.id, ""),
            }
        )
    return found
