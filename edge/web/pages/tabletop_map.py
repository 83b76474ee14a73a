"""The floor plan of a tabletop's moment, and which cameras would be looked at then: never a picture of theirs. Pure."""

from typing import Any

from edge.web.pages.language import _
from edge.web.pages.map_zones import drawn
from edge.web.pages.responses import name
from edge.web.pages.scene import Scene
from rules.cameras import of_zones
from rules.model.ids import DoorId, ZoneId
from rules.rooms import rooms_of

Document = dict[str, Any]


def map_then(scene: Scene, found: Document, rows: list[Document]) -> Document:
    """found: what a tabletop shows, of `edge.tabletop_views.document`. rows: its doors. Nothing live is looked at but the map."""
    own = {str(one["id"]): str(one["response"]) for one in found["zones"] if one["response"]}
    bad = [one for one in rows if one["attention"] == "not_secured"]
    tones = _tones(scene, found, own)
    states = [_state(scene, ZoneId(zone), own, bad, tones) for zone in scene.plan.zones]
    held = [one for one in states if one is not None]
    looked = _looked(scene, own, bad)
    cameras = [{**one, "symbol": "", "tone": "ok", "word": "", "href": ""} for one in looked]
    return {**drawn(scene, held, [{**one, "href": ""} for one in bad], tones, cameras), "looked": looked}


def _tones(scene: Scene, found: Document, own: dict[str, str]) -> dict[str, str]:
    """Of each room of the zones in which something holds: `act` it calls, `ok` it is safe, `unk` nothing was heard."""
    there = _within(scene, own)
    tones = {one.id: "unk" for one in rooms_of(scene.plan).values() if one.zone in there}
    for one in found["rooms"]:
        tones[one["room"]] = "ok" if one["word"] == "safe" else "act"
    return tones


def _within(scene: Scene, own: dict[str, str]) -> set[str]:
    zones = scene.plan.zones
    return {str(below) for zone in own if ZoneId(zone) in zones for below in zones[ZoneId(zone)].within}


def _state(
    scene: Scene, zone: ZoneId, own: dict[str, str], bad: list[Document], tones: dict[str, str]
) -> Document | None:
    """What holds in a zone: the gravest of its own and those above. None: nothing."""
    planned, ranks = scene.plan.zones[zone], scene.plan.responses
    there = [own[one] for one in planned.above if one in own]
    if not there:
        return None
    gravest = max(there, key=lambda one: ranks[one].rank if one in ranks else -1)  # type: ignore[index]
    rooms = [one.id for one in rooms_of(scene.plan).values() if one.zone in planned.within]
    return {
        "id": str(zone),
        "name": planned.name,
        "kind": "exercise",
        "mark": _("TABLETOP"),
        "response": name(gravest),
        "within": {str(one) for one in planned.within},
        "bad": sum(_zone_of(scene, one) in planned.within for one in bad),
        "silent": sum(tones.get(one) == "unk" for one in rooms),
    }


def _zone_of(scene: Scene, row: Document) -> str:
    planned = scene.plan.doors.get(DoorId(row["id"]))
    return "" if planned is None else str(planned.zone)


def _looked(scene: Scene, own: dict[str, str], bad: list[Document]) -> list[Document]:
    """Those of the zones and of their doors, as in a real one; first what shows a door that is not secured."""
    wrong = {str(one["id"]): str(one["name"]) for one in bad}
    found = []
    for camera in of_zones(scene.plan, map(ZoneId, own)):
        planned = scene.plan.cameras[camera]
        lies = scene.map.by_ref("camera", camera)
        cell = "" if lies is None else scene.map.cell(lies[1].points[0])
        found.append(
            {
                "id": str(camera),
                "name": planned.name,
                "zone": scene.zone_name(planned.zone),
                "place": "" if lies is None else f"{lies[0].name} {cell}".strip(),
                "shows": ", ".join(wrong[door] for door in planned.doors if door in wrong),
            }
        )
    return sorted(found, key=lambda one: (not one["shows"], one["zone"], one["name"]))
