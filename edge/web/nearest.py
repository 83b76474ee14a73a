"""What a live response's page names the nearest of (an AED): in service by the inventory, by the way from zone to zone.

A zone is no map: near is what shares the nearest zone above. What the inventory does not say to be in service is not named.
"""

from collections.abc import Iterable
from typing import Any, Final

from edge.web import book
from edge.web.route import Visit
from rules.model.ids import IncidentId, ZoneId
from rules.model.values import dataclass
from rules.plan import Plan
from rules.state import Record

MOST: Final = 5
READ_MOST: Final = 500
IN_SERVICE: Final = "deployed"


@dataclass(frozen=True, slots=True)
class Sought:
    """Where a live response holds, and the kinds of asset that its plan names the nearest of."""

    zone: ZoneId
    kinds: tuple[str, ...]


def sought(plan: Plan, record: Record, incident: str) -> list[Sought]:
    """Of a live incident: each zone in which one of its responses names something."""
    live = record.incidents.get(IncidentId(incident))
    if live is None:
        return []
    held = [(zone, own.response) for zone, own in record.zones.items() if own.incident == live.id]
    held += live.played
    return [
        Sought(zone, plan.responses[response].nearest)
        for zone, response in dict.fromkeys([*held, (live.zone, live.response)])
        if zone in plan.zones and response in plan.responses and plan.responses[response].nearest
    ]


def steps(plan: Plan, here: ZoneId, there: ZoneId) -> int:
    """From zone to zone: up to the first that holds both, and down; 0: the same one."""
    up, down = plan.zones[here].above, plan.zones[there].above
    return min(up.index(one) + down.index(one) for one in up if one in down)


async def nearest(visit: Visit, of: Sought) -> list[dict[str, Any]]:
    """The nearest in service of each kind, the nearest first. Raises Problem where the inventory does not answer."""
    plan, rows = visit.office.plan, []
    for kind in of.kinds:
        found = await book.read(visit, "assets", type=kind, state=IN_SERVICE, limit=READ_MOST)
        rows += _of_kind(plan, of.zone, kind, found["items"])[:MOST]
    return rows


def _of_kind(plan: Plan, here: ZoneId, kind: str, items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for one in items:
        said = one["said"]
        zone = ZoneId(str(said.get("zone", "")))
        if zone in plan.zones:
            row = {
                "id": one["id"],
                "kind": kind,
                "name": said.get("name", one["id"]),
                "room": said.get("room", ""),
            }
            rows.append(
                {**row, "zone": zone, "where": plan.zones[zone].name, "steps": steps(plan, here, zone)}
            )
    return sorted(rows, key=lambda row: (row["steps"], row["id"]))
