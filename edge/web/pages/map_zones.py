"""Each zone's live state, as a list and on the floor plan: what holds, doors not secured, rooms not heard from. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from edge.floorplans.campus_map import CampusMap, MapLevel
from edge.floorplans.drawn import Point
from edge.floorplans.kinds import KINDS
from edge.web.pages import map_drawing as drawing
from edge.web.pages.campus import zone_row
from edge.web.pages.language import _, many, say
from edge.web.pages.responses import MARKS
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import counted, door_row
from rules.model.ids import IncidentId, ZoneId
from rules.model.values import dataclass
from rules.plan import Plan
from rules.prepared import Once, OncePerPlan
from rules.rooms import Room, room_called, rooms_of_incident

Document = dict[str, Any]
MOST_LEVELS: Final = 3
"""Levels that are drawn: those with most that needs somebody. The others are named."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
MOST_LETTERS: Final = 14
"""Of a zone's name on the drawing."""
BADGE_PX: Final = 36
CAPITAL_PX: Final = 11
BOLD_PX: Final = 9.2
UNITS_A_PX: Final = 3.1
"""Of letters where the drawing is narrowest: what does not overlap there overlaps nowhere."""
MARK: Final[Mapping[str, str]] = {"act": "!", "unk": "?"}
"""Stands in a room: a call for help; nothing was heard."""


@dataclass(frozen=True, slots=True)
class _Area:
    kind: str
    points: str
    zone: str
    name: str
    label: Document | None
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Laid:
    """What of a level does not change while its plan counts."""

    sheet: drawing.Sheet
    areas: tuple[_Area, ...]
    lines: list[str]
    pictures: list[Document]


def zones_view(scene: Scene, of: str, rooms: Document, also: Iterable[Document] = ()) -> Document:
    """The zones in which something holds. rooms: who was heard from and who was not, of `edge.post.post_document`.

    also: rows of doors that are to be seen whatever they are, beside those that are not secured.
    """
    live = scene.state.record.incidents[IncidentId(of)]
    doors = _told(scene, of)
    tones = _tones(rooms)
    there = rooms_of_incident(scene.plan, scene.state.record, live)
    rows = [zone_row(scene, one) for one in scene.picture["zones"]]
    states = [_state(scene, row, doors, there, tones) for row in rows if row["response"]]
    bad = [one for one in doors if one["attention"] == "not_secured"]
    shown = [{**one, "href": f"/doors/{one['id']}"} for one in (*also, *bad)]
    return {"zone_states": states, **drawn(scene, states, shown, tones)}


def _told(scene: Scene, of: str) -> list[Document]:
    """The doors that count in this incident, as on its own page."""
    found = []
    for door in scene.picture["doors"]:
        order = door["order"]
        if order is None or order["word"] == "rest":
            continue
        if order["incident"] == of or door["attention"] == "not_secured":
            found.append({**door_row(scene, door), "zone_id": door["zone"]})
    return found


def _tones(rooms: Document) -> dict[str, str]:
    """What is known of each room: `act` it calls, `ok` it is safe, `unk` nothing. The loudest word of a room counts."""
    found = {one["room"]: "unk" for one in rooms["silent"]}
    for one in rooms["heard"]:
        if one["room"]:
            tone = "ok" if one["word"] == "safe" else "act"
            found[one["room"]] = "act" if found.get(one["room"]) == "act" else tone
    return found


def _state(
    scene: Scene, row: Document, doors: list[Document], there: tuple[Room, ...], tones: Mapping[str, str]
) -> Document:
    planned = scene.plan.zones.get(ZoneId(row["id"]))
    within = {str(one) for one in planned.within} if planned else {row["id"]}
    count = counted([one for one in doors if one["zone_id"] in within])
    here = [one for one in there if one.zone in within]
    silent = sum(tones.get(one.id) == "unk" for one in here)
    calls = sum(tones.get(one.id) == "act" for one in here)
    says = []
    if calls:
        says.append(("act", many("{n} room calls", "{n} rooms call", calls)))
    if count["total"]:
        tone = "act" if count["not_secured"] else "ok"
        text = say("{n} of {of} doors NOT SECURED", n=count["not_secured"], of=count["total"])
        says.append((tone, text))
    if here:
        text = say("{n} of {of} rooms not heard from", n=silent, of=len(here))
        says.append(("unk" if silent else "ok", text))
    mark = _(MARKS.get(row["kind"], ""))
    return {
        **row,
        "within": within,
        "mark": mark,
        "bad": count["not_secured"],
        "silent": silent,
        "says": says,
    }


# --- drawn --------------------------------------------------------------------------------------


def drawn(
    scene: Scene,
    states: list[Document],
    doors: Iterable[Document],
    tones: Mapping[str, str],
    cameras: Iterable[Document] = (),
) -> Document:
    """The levels on which something holds, from the lowest; of each zone it is noted where it is on no plan.

    states: zones with `id`, `name`, `kind`, `mark`, `response`, `within`, `bad` and `silent`. doors: rows of those that are to be
    seen; cameras: the same; `href` `""`: they lead nowhere. tones: of rooms, by id.
    """
    levels, more = _levels(scene, states, doors, tones, cameras)
    on_plan = {area.zone for level in scene.map.levels for area in _laid(scene.map, level).areas}
    for one in states:
        one["undrawn"] = bool(scene.map.levels) and not one["within"] & on_plan
    return {
        "zone_levels": levels,
        "zone_levels_more": more,
        "no_plan": scene.map.known and not scene.map.levels,
    }


def _levels(
    scene: Scene,
    states: list[Document],
    doors: Iterable[Document],
    tones: Mapping[str, str],
    cameras: Iterable[Document],
) -> tuple[list[Document], list[tuple[str, str]]]:
    """(drawn, (id, name) of those that are not), from the lowest."""
    held = {one["id"]: one["kind"] for one in states}
    seen = {("camera", one["id"]): one for one in cameras} | {("door", one["id"]): one for one in doors}
    found = []
    for level in scene.map.levels:
        laid = _laid(scene.map, level)
        if not any(one.zone in held for one in laid.areas):
            continue
        marked = [_tone(scene.plan, one, tones) for one in laid.areas]
        pins = _pins(level, laid, seen)
        needs = len(pins) + sum(tone in MARK for tone in marked)
        found.append((needs, level, laid, marked, pins))
    chosen = sorted(found, key=lambda one: -one[0])[:MOST_LEVELS]
    levels = [
        _level(level, laid, marked, pins, held, states)
        for needs, level, laid, marked, pins in found
        if any(level is one[1] for one in chosen)
    ]
    there = {one["id"] for one in levels}
    return levels, [(level.id, level.name) for _n, level, *_rest in found if level.id not in there]


def _pins(level: MapLevel, laid: _Laid, seen: Mapping[tuple[str, str], Document]) -> list[Document]:
    """Cameras, then doors, those that are known to be open last, so that they are drawn above the others."""
    found = []
    for place, one in enumerate(level.features()):
        row = seen.get((KINDS[one.kind].listed, one.ref))
        if row is None:
            continue
        x, y = laid.sheet.at(one.points[0])
        camera = one.kind == "camera"
        found.append(
            {
                "id": f"pin-{one.ref}-{place}",
                "x": x,
                "y": y,
                "mark": "camera" if camera else "door",
                "symbol": row["symbol"],
                "tone": row["tone"],
                "number": one.name if one.kind == "exterior-door" else "",
                "letter": "",
                "label": "",
                "lost": False,
                "href": row["href"],
                "loud": row["tone"] in ("act", "unk"),
                "title": row["name"] if camera else f"{row['name']}: {row['word']}",
            }
        )
    found.sort(key=lambda one: (one["mark"] == "door", one["tone"] == "act"))
    return found


def _level(
    level: MapLevel,
    laid: _Laid,
    marked: list[str],
    pins: list[Document],
    held: Mapping[str, str],
    states: list[Document],
) -> Document:
    areas = [
        {"kind": one.kind, "points": one.points, "held": held.get(one.zone, ""), "tone": tone}
        for one, tone in zip(laid.areas, marked, strict=True)
    ]
    # What calls is drawn above what is silent, and both above their neighbours' walls.
    areas.sort(key=lambda one: ("", "ok", "unk", "act").index(one["tone"]))
    marks = [
        {**one.label, "tone": tone, "mark": MARK[tone], "title": _title(one.name, tone)}
        for one, tone in zip(laid.areas, marked, strict=True)
        if tone in MARK and one.label is not None
    ]
    return {
        "id": level.id,
        "name": level.name,
        "high": laid.sheet.high,
        "pictures": laid.pictures,
        "areas": areas,
        "lines": laid.lines,
        "marks": marks,
        "pins": pins,
        "badges": _badges(laid, states, pins, marks),
    }


def _title(name: str, tone: str) -> str:
    return say("{room}: it calls", room=name) if tone == "act" else say("{room}: not heard from", room=name)


def _tone(plan: Plan, area: _Area, tones: Mapping[str, str]) -> str:
    return tones.get(_room(plan, area), "") if area.kind in ("room", "corridor") else ""


def _badges(
    laid: _Laid, states: Iterable[Document], pins: Iterable[Document], marks: Iterable[Document]
) -> list[Document]:
    """What holds in each zone that is drawn here, in or beside it, where it hides least of what needs somebody."""
    hidden = [_around(one["x"], one["y"], 15) for one in (*pins, *marks)]
    found: list[Document] = []
    taken: list[Box] = []
    for one in states:
        own = [area for area in laid.areas if area.zone == one["id"]]
        if not own:
            continue
        called, counts = _short(one["name"]), _counts(one)
        says = f"{one['mark']} {one['response']}".strip()
        # Capitals, then a bold name: in the widest of the fonts that the page names.
        wide = max(len(says) * CAPITAL_PX, len(f"{called}  {counts}") * BOLD_PX) + 14
        size = wide * UNITS_A_PX, BADGE_PX * UNITS_A_PX
        x, y = min(
            _places(own, size, laid.sheet.high),
            key=lambda at: (
                1_000 * sum(_meet(_box(at, size), other) for other in taken)
                + sum(_meet(_box(at, size), other) for other in hidden)
            ),
        )
        taken.append(_box((x, y), size))
        found.append(
            {
                "id": one["id"],
                "x": round(x, 1),
                "y": round(y, 1),
                "wide": round(wide),
                "high": BADGE_PX,
                "kind": one["kind"],
                "says": says,
                "called": called,
                "name": one["name"],
                "bad": one["bad"],
                "silent": one["silent"],
            }
        )
    return found


def _short(name: str) -> str:
    """A zone's name, as much of it as a badge has room for; the list below has all of it."""
    if len(name) <= MOST_LETTERS:
        return name
    kept = name[: MOST_LETTERS + 1].rpartition(" ")[0] or name[:MOST_LETTERS]
    return kept.rstrip(" ,;:-")


def _counts(one: Document) -> str:
    bad, silent = one["bad"], one["silent"]
    return " ".join(filter(None, (f"! {bad}" if bad else "", f"? {silent}" if silent else "")))


def _places(own: list[_Area], size: Point, high: int) -> list[Point]:
    """Where a badge may stand, the best first: in a hallway of the zone, then at its edges, then in its corners."""
    wide, tall = size
    left, top = min(one.left for one in own), min(one.top for one in own)
    right, bottom = max(one.right for one in own), max(one.bottom for one in own)
    halls = [one for one in own if one.kind == "corridor"]
    found = [((one.left + one.right - wide) / 2, (one.top + one.bottom - tall) / 2) for one in halls]
    found += [(one.left, (one.top + one.bottom - tall) / 2) for one in halls]
    found += [(one.right - wide, (one.top + one.bottom - tall) / 2) for one in halls]
    for x in (left, right - wide):
        found += [(x, bottom), (x, top - tall), (x, bottom - tall), (x, top)]
    found += [((left + right - wide) / 2, (top + bottom - tall) / 2), (right, top), (left - wide, top)]
    return [(max(0.0, min(x, drawing.WIDE - wide)), max(0.0, min(y, high - tall))) for x, y in found]


def _around(x: float, y: float, px: float) -> Box:
    return x - px * UNITS_A_PX, y - px * UNITS_A_PX, x + px * UNITS_A_PX, y + px * UNITS_A_PX


def _box(at: Point, size: Point) -> Box:
    return at[0], at[1], at[0] + size[0], at[1] + size[1]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# --- worked out once ----------------------------------------------------------------------------


def _no_levels(campus: CampusMap) -> dict[str, _Laid]:
    return {}


def _no_rooms(plan: Plan) -> dict[tuple[str, str], str]:
    return {}


_levels_of: Final = Once(_no_levels)
_rooms_on: Final = OncePerPlan(_no_rooms)
MOST_NAMES: Final = 5_000


def _laid(campus: CampusMap, level: MapLevel) -> _Laid:
    known = _levels_of(campus)
    if level.id not in known:
        sheet = drawing.sheet_of(campus, level, None)
        order = ("grounds", "building", "corridor", "room", "stair", "elevator")
        features = sorted(
            (one for one in level.features() if one.form == "area"), key=lambda one: order.index(one.kind)
        )
        areas = []
        for one in features:
            places = [sheet.at(point) for point in one.points]
            box = tuple(end(one[axis] for one in places) for end in (min, max) for axis in (0, 1))
            label = drawing.label_of(one, sheet)
            areas.append(_Area(one.kind, sheet.ring(one.points), one.zone, one.name, label, *box))
        known[level.id] = _Laid(
            sheet, tuple(areas), drawing.lines_of(level, sheet), drawing.pictures_of(level, sheet)
        )
    return known[level.id]


def _room(plan: Plan, area: _Area) -> str:
    """The room that an area is, by its name within its zone; `""`: none, or more than one could be meant."""
    known, key = _rooms_on(plan), (area.zone, area.name)
    if key not in known:
        if len(known) >= MOST_NAMES:
            known.clear()
        zone = ZoneId(area.zone) if area.zone else plan.campus
        # Of a zone that is not configured nothing is shown: the list of what differs says so.
        sought = bool(area.name.strip()) and zone in plan.zones
        found = room_called(plan, zone, area.name) if sought else None
        known[key] = "" if found is None else found.id
    return known[key]
