"""The map beside the inventory: what stands on one of them and not on the other, and what of the map is old. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from edge.floorplans.campus_map import CampusMap, MapLevel
from edge.floorplans.drawn import Feature
from edge.floorplans.kinds import KINDS
from rules.model.values import dataclass
from rules.plan import Plan

TYPES: Final = tuple(sorted({one for kind in KINDS.values() for one in kind.types}))
"""Types of assets that a map shows."""
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """code: `WORDS`. id: of the door, camera, asset, zone or level; name: as it is called; level, cell: where on the map."""

    code: str
    kind: str
    id: str
    name: str
    level: str = ""
    cell: str = ""


WORDS: Final[Mapping[str, str]] = {
    "not_configured": "On the map, and not in the configuration. Take it off the map, or configure it.",
    "not_listed": "On the map, and not among the assets. Look whether it is there: list it, or take it off the map.",
    "gone": "On the map, and retired, lost or only ordered. A responder would look for it: take it off the map.",
    "unnamed": "On the map, and it does not say which one it is. Give it `ref`, with the id of the inventory.",
    "twice": "On the map twice. Take one away.",
    "not_drawn": "In the inventory, and not on the map. Draw it.",
    "other_zone": "It lies in another zone on the map than in the configuration. Put one of them right.",
    "unknown_zone": "The map says a zone that is not configured: nothing is shown there in an incident. Put it right.",
    "no_such_room": "The inventory names this room, and no room on the map is called so.",
    "off_grid": "It lies off the grid, so it has no cell. Move the grid's origin.",
    "old": "Not verified for longer than it may be. Walk through with the map, then bring it with the day.",
    "never_verified": "Nobody said that it was verified. Walk through with the map, then bring it with the day.",
    "lost": "What was drawn is not in the store any more, or damaged. Bring the file again.",
}
"""English, in the catalogue of the page."""


def differences(
    campus: CampusMap, plan: Plan, assets: Sequence[Document], gone: Sequence[str], today: date
) -> list[Difference]:
    """All of them, what a responder would miss first. assets, gone: of the book's query `floorplans.assets`."""
    found = [
        *_of_features(campus, plan, {str(one["id"]) for one in assets}, frozenset(gone)),
        *_not_drawn(campus, plan, assets),
        *_rooms(campus, plan, assets),
        *_layers(campus, today, plan.flags.map_days),
    ]
    order = list(WORDS)
    return sorted(found, key=lambda one: (order.index(one.code), one.kind, one.id, one.name))


def _of_features(
    campus: CampusMap, plan: Plan, assets: set[str], gone: frozenset[str]
) -> Iterator[Difference]:
    seen: set[tuple[str, str]] = set()
    doors = {str(one): str(door.zone) for one, door in plan.doors.items()}
    cameras = {str(one): str(camera.zone) for one, camera in plan.cameras.items()}
    zones = {str(one) for one in plan.zones}
    for level in campus.levels:
        for one in level.features():
            kind = KINDS[one.kind]
            cell = campus.cell(one.points[0]) if one.form == "point" else ""
            at = one.kind, one.ref, one.name or kind.word, level.id, cell
            if one.form == "point" and not cell:
                yield Difference("off_grid", *at)
            if one.zone and one.zone not in zones:
                yield Difference("unknown_zone", one.kind, one.zone, one.name or kind.word, level.id, cell)
            if not kind.listed:
                continue
            if not one.ref:
                yield Difference("unnamed", *at)
                continue
            if (kind.listed, one.ref) in seen:
                yield Difference("twice", *at)
            seen.add((kind.listed, one.ref))
            if kind.listed == "asset":
                if one.ref not in assets:
                    yield Difference("gone" if one.ref in gone else "not_listed", *at)
                continue
            zone = (doors if kind.listed == "door" else cameras).get(one.ref)
            if zone is None:
                yield Difference("not_configured", *at)
            elif (there := _zone_of(level, one)) and zone not in there:
                yield Difference("other_zone", *at)


def _zone_of(level: MapLevel, one: Feature) -> set[str]:
    """The zones that the map says of where a thing is; a door lies on the edge of two areas: of all that it touches."""
    if one.zone:
        return {one.zone}
    x, y = one.points[0]
    beside = [(x + dx, y + dy) for dx in (-1.5, 0.0, 1.5) for dy in (-1.5, 0.0, 1.5)]
    areas = [level.area(point) for point in beside]
    return {area.zone for area in areas if area is not None and area.zone}


def _not_drawn(campus: CampusMap, plan: Plan, assets: Sequence[Document]) -> Iterator[Difference]:
    drawn = {
        (KINDS[one.kind].listed, one.ref) for level in campus.levels for one in level.features() if one.ref
    }
    for door in plan.doors.values():
        if ("door", door.id) not in drawn:
            yield Difference("not_drawn", "door", door.id, door.name)
    for camera in plan.cameras.values():
        if ("camera", camera.id) not in drawn:
            yield Difference("not_drawn", "camera", camera.id, camera.name)
    for asset in assets:
        if ("asset", asset["id"]) not in drawn:
            kind = next((name for name, one in KINDS.items() if asset["type"] in one.types), asset["type"])
            yield Difference("not_drawn", kind, asset["id"], asset["name"] or asset["id"])


def _rooms(campus: CampusMap, plan: Plan, assets: Sequence[Document]) -> Iterator[Difference]:
    """Rooms that buttons and assets name. Signs and lists differ by `Room`, case and spaces, and are the same room."""
    drawn = {_plain(one.name) for level in campus.levels for one in level.features() if one.form == "area"}
    named = [(str(one.id), str(one.room)) for one in plan.buttons.values() if one.room]
    named += [(str(one["id"]), str(one["room"])) for one in assets if one["room"]]
    for name, room in named:
        if _plain(room) not in drawn:
            yield Difference("no_such_room", "room", name, room)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split()).removeprefix("room ")


def _layers(campus: CampusMap, today: date, days: int) -> Iterator[Difference]:
    for level in campus.levels:
        for one in level.layers:
            at = "layer", level.id, one.name, level.id
            if one.lost:
                yield Difference("lost", *at)
            elif not one.verified:
                yield Difference("never_verified", *at)
            elif is_old(one.verified, today, days):
                yield Difference("old", *at)


def is_old(verified: str, today: date, days: int) -> bool:
    """Whether a day of verification is more than `days` ago, or none: one that is still to come is none."""
    if not verified:
        return True
    age = (today - date.fromisoformat(verified)).days
    return age > days or age < -1
