"""The responders' page: where, how in, which doors are in fact locked, how many people where. Nothing learned needed. Pure."""

from typing import Any

from edge.post import post_document
from edge.web.pages.cameras import incident_cameras
from edge.web.pages.devices import input_row
from edge.web.pages.map_zones import zones_view
from edge.web.pages.post import rooms_view
from edge.web.pages.responses import band, presses
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import door_row, worst_first
from rules.holding import within, zones_of
from rules.model.ids import DoorId, IncidentId
from rules.model.post_facts import COORDINATOR

Document = dict[str, Any]
LOCKED = frozenset({"secured", "secured_partial", "closed_locked"})
"""Verdicts that rest on a bolt that was read thrown; each row says how old that is."""


def responder_view(scene: Scene, of: str) -> Document | None:
    """None: no incident of this id is live and in sight."""
    found = next((one for one in scene.picture["incidents"] if one["id"] == of), None)
    post = post_document(scene.plan, scene.state, of, scene.called)
    if found is None or post is None:
        return None
    live = scene.state.record.incidents[IncidentId(of)]
    there = within(scene.plan, scene.state.record, live)
    outside, inside = [], []
    for door in scene.picture["doors"]:
        planned = scene.plan.doors.get(DoorId(door["id"]))
        row = {**door_row(scene, door), "locked": door["verdict"] in LOCKED}
        if planned is not None and planned.kind == "exterior":
            outside.append(row)
        elif there is None or planned is None or planned.zone in there:
            inside.append(row)
    inputs = [input_row(scene, one) for one in scene.picture["inputs"]]
    return {
        "id": of,
        "band": band(scene, found),
        "where": ", ".join(scene.zone_name(one) for one in zones_of(scene.state.record, live)),
        "opened": scene.full(found["opened"]),
        "presses": presses(scene, of),
        "access": scene.plan.responder_access,
        "outside": outside,
        "locked": sorted((row for row in inside if row["locked"]), key=lambda row: row["name"]),
        "unlocked": sorted((row for row in inside if not row["locked"]), key=worst_first),
        **rooms_view(scene, post),
        **zones_view(scene, of, post["rooms"], also=outside),
        "responders": [one["name"] for one in post["responders"]],
        "coordinator": _coordinator(post),
        "fire": [row for row in inputs if row["fire"] and row["tone"] != "calm"],
        "eyes": incident_cameras(scene, of),
    }


def _coordinator(post: Document) -> str:
    """Who coordinates; `""`: nobody."""
    held = next(one["holder"] for one in post["roles"] if one["role"] == COORDINATOR)
    return "" if held is None else str(held["name"])
