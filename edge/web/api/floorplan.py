"""`/floorplan`: the map, what lies in a cell or at a place, what differs from the inventory, and plans that come in."""

from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from edge.floorplans import telling, writing
from edge.floorplans.gathering import Told
from edge.floorplans.placing import on_earth
from edge.operations import NotDone
from edge.version import VERSION
from edge.web.api.answering import answer, of
from edge.web.api.booking import refused
from edge.web.api.forms import Asked, Done, Listed, Time
from edge.web.api.reading import query
from edge.web.floorplans import take_sent
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.words import plural

TYPES: Final = ("image/svg+xml", "image/png", "application/geo+json", "application/zip")
Name = Annotated[str, Meta(max_length=64)]


class MapGrid(Struct, frozen=True, kw_only=True):
    """cell: metres. bearing: degrees from north to its top, clockwise. origin: longitude, latitude of A1's first corner.

    said false: nobody said how it lies, and we laid it.
    """

    cell: float
    bearing: float
    said: bool
    columns: int
    rows: int
    first: str
    last: str
    origin: list[float] | None


class MapLayer(Struct, frozen=True, kw_only=True):
    """verified: the day somebody walked through with it; null: nobody said, which counts as old. lost: its file is gone."""

    layer: str
    verified: str | None
    by: str
    old: bool
    lost: bool
    features: int
    sha256: str
    taken_at: Time


class MapLevel(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    ordinal: int
    layers: list[MapLayer]


class Floorplan(Struct, frozen=True, kw_only=True):
    """known false: the map is still being read after a start."""

    known: bool
    grid: MapGrid
    levels: list[MapLevel]


class Thing(Struct, frozen=True, kw_only=True):
    """ref: the id of the door, camera or asset."""

    kind: str
    name: str
    ref: str | None
    zone: str | None
    note: str
    cells: list[str]


class Cell(Struct, frozen=True, kw_only=True):
    level: str
    level_name: str
    cell: str
    rooms: list[Thing]
    doors: list[Thing]
    cameras: list[Thing]
    others: list[Thing]


class Different(Struct, frozen=True, kw_only=True):
    code: str
    kind: str
    id: str | None
    name: str
    level: str | None
    cell: str | None
    words: str


class PlaceAsked(Asked, frozen=True):
    """A place: metres east and south of the map's zero, or longitude and latitude."""

    x: Annotated[float, Meta(ge=-20_000, le=20_000)] | None = None
    y: Annotated[float, Meta(ge=-20_000, le=20_000)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None


class PlaceFound(Struct, frozen=True, kw_only=True):
    """cell null: it lies off the grid. areas: what it lies in, level by level."""

    cell: str | None
    areas: list["AreaFound"]


class AreaFound(Struct, frozen=True, kw_only=True):
    level: str
    kind: str
    name: str
    zone: str | None


async def floorplan(visit: Visit) -> web.StreamResponse:
    """Levels, layers, grid."""
    return answer(
        of(Floorplan, telling.levels(visit.office.floorplans.now, visit.office.plan.flags.map_days))
    )


async def as_geojson(visit: Visit) -> web.StreamResponse:
    """All of it as a file."""
    about = {"campus": str(visit.office.plan.campus), "made_by": f"campus-edge {VERSION}"}
    body = msgspec.json.encode(writing.geojson(visit.office.floorplans.now, about))
    return web.Response(body=body, content_type="application/geo+json", charset=None)


async def cell(visit: Visit) -> web.StreamResponse:
    """What lies in a cell, on every level."""
    found = telling.cell_document(visit.office.floorplans.now, "", visit.request.match_info["cell"])
    if not found:
        raise Problem(404, "There is no such cell on the map. `/floorplan` says how far its grid goes.")
    return answer(Listed(items=of(list[Cell], found), next=None))


async def place(visit: Visit) -> web.StreamResponse:
    """The cell of a place."""
    asked, campus = query(visit, PlaceAsked), visit.office.floorplans.now
    if asked.x is not None and asked.y is not None:
        point = asked.x, asked.y
    elif asked.longitude is not None and asked.latitude is not None:
        if campus.zero is None:
            raise Problem(
                409, "Nobody said where on Earth the map lies. Ask with x and y, in metres.", code="unplaced"
            )
        point = on_earth(campus.zero, (asked.longitude, asked.latitude))
    else:
        # Each of the two pairs is a place, and the schema of a query has no words for that.
        raise Problem(
            409, "No place was said: ask with x and y, or with longitude and latitude.", code="no_place"
        )
    there = [(level, level.area(point)) for level in campus.levels]
    areas = [
        AreaFound(level=level.id, kind=one.kind, name=one.name, zone=one.zone or None)
        for level, one in there
        if one is not None
    ]
    return answer(PlaceFound(cell=campus.cell(point) or None, areas=areas))


async def differences(visit: Visit) -> web.StreamResponse:
    """What differs."""
    try:
        found = await visit.office.floorplans.differences(visit.office.plan)
    except NotDone as err:
        raise refused(err) from None
    return answer(Listed(items=of(list[Different], telling.different(found)), next=None))


class ImportAsked(Asked, frozen=True):
    """What the file does not say itself: as of `campus-edge import floorplan`. check: say what it would come to."""

    level: Name = ""
    level_name: Annotated[str, Meta(max_length=100)] = ""
    ordinal: Annotated[int, Meta(ge=-20, le=200)] | None = None
    scale: Annotated[float, Meta(gt=0, le=1_000)] | None = None
    north: Annotated[float, Meta(ge=-360, le=360)] | None = None
    x: Annotated[float, Meta(ge=-20_000, le=20_000)] = 0.0
    y: Annotated[float, Meta(ge=-20_000, le=20_000)] = 0.0
    cell: Annotated[float, Meta(ge=1, le=1_000)] | None = None
    verified: Annotated[str, Meta(max_length=10)] = ""
    by: Annotated[str, Meta(max_length=100)] = ""
    check: Literal["yes", "no"] = "no"


class LayerBrought(Struct, frozen=True, kw_only=True):
    level: str
    layer: str
    verified: str
    features: int


class FloorplanBrought(Done, frozen=True, kw_only=True):
    """sha256: of the file, which is kept. left: what was not taken, counted."""

    sha256: str
    format: str
    layers: list[LayerBrought]
    left: dict[str, int]


async def bring(visit: Visit) -> web.StreamResponse:
    """Take a floor plan in, as a whole or not at all."""
    asked = query(visit, ImportAsked)
    if visit.request.content_type not in TYPES or "Content-Encoding" in visit.request.headers:
        raise Problem(
            415, f"A floor plan is sent as it is, with Content-Type {', '.join(TYPES)}. Nothing was read."
        )
    said: dict[str, Any] = {
        name: getattr(asked, name) for name in ImportAsked.__struct_fields__ if name != "check"
    }
    check = asked.check == "yes"
    found = await take_sent(visit, Told(**said), check=check)
    things = plural(sum(one.features for one in found.layers), "thing")
    return answer(
        FloorplanBrought(
            durable=not check,
            words=f"{things} could be on the map." if check else f"{things} on the map now.",
            sha256=found.sha256,
            format=found.format,
            layers=[
                LayerBrought(level=one.level, layer=one.layer, verified=one.verified, features=one.features)
                for one in found.layers
            ],
            left=found.left,
        )
    )


# fmt: off
ROUTES: Final = (
    Route("GET", "/api/v1/floorplan", "look", floorplan,
          says=Says("The map: its levels and layers, when each was verified, its grid", Floorplan)),
    Route("GET", "/api/v1/floorplan/map.geojson", "look", as_geojson,
          says=Says("The whole map as GeoJSON, which an import reads again", media="application/geo+json")),
    Route("GET", "/api/v1/floorplan/cells/{cell}", "look", cell,
          says=Says("Rooms, doors, cameras and all else in a cell, level by level", Listed[Cell], problems=(404,))),
    Route("GET", "/api/v1/floorplan/place", "look", place,
          says=Says("The cell of a place, and what it lies in", PlaceFound, asks=PlaceAsked, problems=(409, 422))),
    Route("GET", "/api/v1/floorplan/differences", "assets", differences,
          says=Says("On the map and not in the inventory, or the other way round", Listed[Different], problems=(503,))),
    Route("POST", "/api/v1/floorplan", "assets-write", bring,
          says=Says("Bring a floor plan: SVG, PNG, GeoJSON, IMDF", FloorplanBrought, asks=ImportAsked, sends=TYPES,
                    problems=(408, 409, 413, 415, 422, 503))),
)
# fmt: on
