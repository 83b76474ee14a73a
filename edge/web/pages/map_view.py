"""The map with what is live on it: doors as their sensors say, cameras, zones in which a response holds. Pure."""

from datetime import UTC, date, datetime
from typing import Any, Final

from edge.floorplans.campus_map import CampusMap, MapLayer, MapLevel
from edge.floorplans.compared import is_old
from edge.floorplans.drawn import Feature
from edge.floorplans.kinds import KINDS
from edge.floorplans.placing import letters, place_of
from edge.web.pages import map_drawing as drawing
from edge.web.pages import times
from edge.web.pages.cameras import camera_row
from edge.web.pages.campus import zone_row
from edge.web.pages.language import _, say
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import counted, door_row, worst_first

Document = dict[str, Any]
LAYER_WORDS: Final = {
    "backdrop": "Picture",
    "rooms": "Rooms",
    "doors": "Doors",
    "cameras": "Cameras",
    "safety": "First aid and fire",
    "utilities": "Shut-offs and panels",
    "places": "Places for responders",
}
LETTERS: Final = {
    "secured": "S", "secured_partial": "P", "pending": "…", "egress": "O", "released": "R",
    "open": "O", "closed_unlocked": "C", "closed_locked": "L",
}  # fmt: skip
"""What stands beside a door's shape on paper; of all that is open or not latched `N`, of all that is not known `?`."""
DOOR_KEY: Final = (
    ("secured", "ok", "S", "secured"),
    ("partial", "ok", "P", "secured, one sensor"),
    ("ajar", "act", "N", "not secured: open, forced or not latched"),
    ("unknown", "unk", "?", "not known: treat as open"),
    ("locked", "calm", "L", "locked, nobody ordered it"),
    ("closed", "calm", "C", "closed, not locked"),
    ("open", "calm", "O", "open"),
    ("released", "ok", "R", "released"),
)
NOT_ON_PLAN: Final = "not_on_plan"
STALE_LABEL_MS: Final = 60_000


def map_view(scene: Scene, of: str) -> Document | None:
    """of: a level's id, or `LEVEL:CELL`. None: there is none of this name."""
    campus = scene.map
    name, _sign, cell = of.partition(":")
    level = campus.level(name) if name else campus.ground
    if level is None:
        return {"has_map": False, "known": campus.known} if not name else None
    place = place_of(cell) if cell else None
    if cell and (place is None or place[0] >= campus.columns or place[1] >= campus.rows):
        return None
    chosen = "" if place is None else f"{letters(place[0])}{place[1] + 1}"
    sheet = drawing.sheet_of(campus, level, place)
    zones = [zone_row(scene, one) for one in scene.picture["zones"]]
    held = {one["id"]: one["kind"] for one in zones if one["response"]}
    there = list(level.features())
    doors = _doors(scene, campus, there)
    cameras = _cameras(scene, campus, there)
    in_cell = None if place is None else campus.holds(level, place, chosen)
    rows = sorted((one["row"] for one in doors if one["row"]), key=worst_first)
    eyes = [one["row"] for one in cameras if one["row"]]
    if in_cell is not None:
        refs = {one.ref for one in in_cell.points}
        rows = [row for row in rows if row["id"] in refs]
        eyes = [row for row in eyes if row["id"] in refs]
    live = {one["id"] for one in scene.picture["incidents"]}
    told = [row for row in rows if _is_told(row, live)]
    return {
        "has_map": True,
        "known": campus.known,
        "level": {"id": level.id, "name": level.name},
        "tabs": [(one.id, one.name, one.id == level.id) for one in campus.levels],
        "cell": chosen,
        "around": _around(campus, place),
        "rooms": [] if in_cell is None else [_named(one) for one in in_cell.areas],
        "others": [] if in_cell is None else [_named(one) for one in in_cell.points if not _is_live(one)],
        "high": sheet.high,
        "pictures": drawing.pictures_of(level, sheet),
        "areas": drawing.areas_of(level, sheet, held),
        "lines": drawing.lines_of(level, sheet),
        "labels": drawing.labels_of(level, sheet),
        "grid": drawing.grid_of(campus, level, sheet, chosen),
        "things": drawing.things_of(level, sheet),
        "pins": [_pin(one, sheet) for one in (*cameras, *doors) if sheet.shows(one["at"])],
        "bar": drawing.scale_bar(sheet),
        "zones": [one for one in zones if one["response"] and (one["own"] or one["kind"] == "exercise")],
        "rows": rows,
        "eyes": eyes,
        "count": counted(told) if told else None,
        "doors_count": len(rows),
        "unplaced": _unplaced(scene, campus) if place is None else [],
        "layers": [_layer(scene, one) for one in level.layers],
        "marks": _marks(there),
        "door_key": [(symbol, tone, letter, _(word)) for symbol, tone, letter, word in DOOR_KEY],
        "askew": drawing.is_turned(campus),
        "cell_m": f"{campus.grid.cell:g}",
        "printed": scene.full(scene.picture["at"]),
    }


def _is_told(row: Document, live: set[str]) -> bool:
    """Whether a door is to be locked now. An order ends with its incident: what stays locked then is a door like any other."""
    order = row["order"]
    if order is None or order["word"] == "rest":
        return False
    return order["incident"] is None or order["incident"] in live or row["attention"] == "not_secured"


def _is_live(one: Feature) -> bool:
    return KINDS[one.kind].listed in ("door", "camera")


def _named(one: Feature) -> Document:
    kind = KINDS[one.kind]
    return {"word": _(kind.word), "name": one.name, "letters": kind.letters, "note": one.note}


def _doors(scene: Scene, campus: CampusMap, there: list[Feature]) -> list[Document]:
    known = {one["id"]: one for one in scene.picture["doors"]}
    found: list[Document] = []
    for one in there:
        if KINDS[one.kind].listed != "door":
            continue
        door = known.get(one.ref)
        row = None if door is None else door_row(scene, door)
        # Of a door that nobody watches nothing is known: it is drawn so.
        tone, symbol = (row["tone"], row["symbol"]) if row else ("none", NOT_ON_PLAN)
        number = one.name if one.kind == "exterior-door" else ""
        aged = (
            row is not None and tone == "unk" and (row["age_ms"] is None or row["age_ms"] >= STALE_LABEL_MS)
        )
        found.append(
            {
                "id": f"pin-{one.ref or campus.cell(one.points[0])}-{len(found)}",
                "at": one.points[0],
                "row": row,
                "href": f"/doors/{one.ref}" if row else "",
                "mark": "door",
                "symbol": symbol,
                "tone": tone,
                "number": number,
                "letter": _letter(row),
                "label": times.age(row["age_ms"]) if row is not None and aged else "",
                "title": f"{row['name']}: {row['word']}" if row else say("{name}: no sensor", name=one.name),
                "loud": tone in ("act", "unk"),
                "lost": False,
            }
        )
    # What needs a person is drawn above the others.
    found.sort(key=lambda one: ("none", "calm", "ok", "unk", "act").index(one["tone"]))
    return found


def _letter(row: Document | None) -> str:
    if row is None:
        return "-"
    if row["tone"] in ("act", "unk"):
        return "N" if row["tone"] == "act" else "?"
    return LETTERS.get(row["verdict"], "?")


def _cameras(scene: Scene, campus: CampusMap, there: list[Feature]) -> list[Document]:
    known = {one["id"]: one for one in scene.picture["cameras"]}
    found: list[Document] = []
    for one in there:
        if one.kind != "camera":
            continue
        camera = known.get(one.ref)
        row = None if camera is None else camera_row(scene, camera)
        lost = row is None or bool(row["blind"])
        found.append(
            {
                "id": f"cam-{one.ref or campus.cell(one.points[0])}-{len(found)}",
                "at": one.points[0],
                "row": row,
                "href": f"/cameras/{one.ref}" if row else "",
                "mark": "camera",
                "symbol": "",
                "tone": "unk" if lost else "ok",
                "number": "",
                "letter": "",
                "label": "",
                "lost": lost,
                "title": f"{row['name']}: {row['word']}" if row else one.name,
                "loud": lost,
            }
        )
    return found


def _pin(one: Document, sheet: drawing.Sheet) -> Document:
    x, y = sheet.at(one["at"])
    return {**one, "x": x, "y": y}


def _around(campus: CampusMap, place: tuple[int, int] | None) -> list[tuple[str, str]]:
    """The four cells beside one, for going on with one thumb: (direction, name); `""`: the grid ends there."""
    if place is None:
        return []
    column, row = place
    beside = (("↑", column, row - 1), ("←", column - 1, row), ("→", column + 1, row), ("↓", column, row + 1))
    return [
        (arrow, f"{letters(u)}{v + 1}" if 0 <= u < campus.columns and 0 <= v < campus.rows else "")
        for arrow, u, v in beside
    ]


def _unplaced(scene: Scene, campus: CampusMap) -> list[Document]:
    """Doors that need somebody and are on no level: a map must not hide them."""
    drawn = {
        one.ref for level in campus.levels for one in level.features() if KINDS[one.kind].listed == "door"
    }
    rows = [door_row(scene, one) for one in scene.picture["doors"] if one["id"] not in drawn]
    return sorted((row for row in rows if row["attention"]), key=worst_first)


def _layer(scene: Scene, layer: MapLayer) -> Document:
    today, days = _today(scene), scene.plan.flags.map_days
    if layer.lost:
        says = _("not in the store any more: bring its file again")
    elif not layer.verified:
        says = _("never verified")
    elif is_old(layer.verified, today, days):
        says = say("verified {day}: OLD, more than {n} days", day=layer.verified, n=days)
    else:
        says = say("verified {day}", day=layer.verified)
    by = say("by {who}", who=layer.by) if layer.by and not layer.lost else ""
    return {
        "name": _(LAYER_WORDS[layer.name]),
        "says": says,
        "by": by,
        "old": layer.lost or is_old(layer.verified, today, days),
    }


def _today(scene: Scene) -> date:
    return datetime.fromtimestamp(scene.now_ms / 1_000, UTC).date()


def _marks(there: list[Feature]) -> list[Document]:
    """The key: each kind of thing that is on this level, once."""
    kinds = {one.kind: KINDS[one.kind] for one in there}
    return [
        {"mark": one.mark, "letters": one.letters, "half": drawing.half_of(one.letters), "word": _(one.word),
         "layer": one.layer, "lost": False}
        for one in kinds.values()
        if one.mark in ("box", "round", "command", "camera")
    ]  # fmt: skip


def where(scene: Scene, kind: str, ref: str) -> tuple[MapLevel, str] | None:
    """The level and cell of a door or camera."""
    found = scene.map.by_ref(kind, ref)
    return None if found is None else (found[0], scene.map.cell(found[1].points[0]))
