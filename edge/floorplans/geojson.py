"""GeoJSON (RFC 7946): our own campus map file, and what others write with the same words. Pure.

A FeatureCollection. Of a feature's properties `kind` says what it is; `level`, `name`, `ref`, `zone` and `note` stand beside it.
The collection's own member `campus_map` has `levels` ([{id, name, ordinal, verified: {LAYER: {on, by}}}]), `grid` ({origin:
[longitude, latitude], cell, bearing}) and `verified` for all levels. What the map calls zero is the grid's origin.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edge.floorplans.drawn import Feature, Grid, Limits, LonLat, Point
from edge.floorplans.gathering import Gathering, Storey, number_of, ring_of, text_of, words_of
from edge.floorplans.kinds import KINDS, LAYERS
from edge.floorplans.placing import DEFAULT_CELL_M, METRES_A_DEGREE, centimetres, on_earth
from edge.floorplans.refusal import Refused

OWN: Final = "campus_map"
Document = dict[str, Any]


@dataclass(slots=True)
class Flat:
    """A feature as a reader found it, in degrees."""

    kind: str
    rings: list[list[Point]]
    words: dict[str, str]
    level: str
    where: str


@dataclass(slots=True)
class Frame:
    """grid, zero: as the file says them."""

    grid: Grid | None = None
    zero: LonLat | None = None
    levels: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    verified: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    """By level, `""` for all, and by layer."""


def parsed(data: bytes, limits: Limits, where: str = "") -> Document:
    """An object of JSON. Raises Refused."""
    if len(data) > limits.file_bytes:
        raise Refused(
            "too_large", f"it is larger than {limits.file_mb} MiB", "leave out what no responder needs", where
        )
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as err:
        line = getattr(err, "lineno", 0)
        at = f"{where} line {line}".strip() if line else where
        raise Refused("unreadable", "it is no JSON", "save it again as GeoJSON", at) from None
    if not isinstance(found, dict):
        raise Refused("unreadable", "it is no GeoJSON", "save it as a FeatureCollection", where)
    return found


def _no_number(_: str) -> None:
    raise ValueError("no number")


def read(data: bytes, found: Gathering) -> tuple[Grid | None, LonLat | None]:
    """Read a map into `found`; its grid, and where its zero lies. Raises Refused."""
    document = parsed(data, found.told.limits)
    frame = frame_of(document)
    return placed(list(features_of(document, found)), frame, found)


def frame_of(document: Document) -> Frame:
    """What the collection says beside its features. Raises Refused."""
    frame, own = Frame(), document.get(OWN)
    if own is None:
        return frame
    if not isinstance(own, dict):
        raise Refused("wrong", f"`{OWN}` is no object", "take it away or put it right", OWN)
    _verified(own.get("verified"), "", frame, f"{OWN}.verified")
    levels = own.get("levels", [])
    if not isinstance(levels, list):
        raise Refused("wrong", "`levels` is no list", "put it right", f"{OWN}.levels")
    for place, one in enumerate(levels):
        where = f"{OWN}.levels[{place}]"
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            raise Refused("wrong", "a level is no object with an id", "put it right", where)
        ordinal = one.get("ordinal")
        number = None if ordinal is None else int(number_of(ordinal, -20, 200, "ordinal", where))
        frame.levels[one["id"]] = text_of(one.get("name"), where), number
        _verified(one.get("verified"), one["id"], frame, f"{where}.verified")
    grid = own.get("grid")
    if grid is not None:
        where = f"{OWN}.grid"
        if not isinstance(grid, dict):
            raise Refused("wrong", "`grid` is no object", "put it right", where)
        cell = number_of(grid.get("cell", DEFAULT_CELL_M), 1, 1_000, "cell", where)
        bearing = number_of(grid.get("bearing", 0), -360, 360, "bearing", where)
        frame.grid = Grid(cell, bearing, said=True)
        if "origin" in grid:
            frame.zero = _degrees(grid["origin"], where)
    return frame


def _verified(said: object, level: str, frame: Frame, where: str) -> None:
    if said is None:
        return
    if not isinstance(said, dict) or not all(isinstance(one, dict) for one in said.values()):
        raise Refused(
            "wrong", "`verified` is no object of layers, each with on and by", "put it right", where
        )
    for layer, one in said.items():
        if layer not in LAYERS:
            raise Refused("wrong", f"there is no layer {layer[:40]}", f"use {', '.join(LAYERS)}", where)
        day, by = text_of(one.get("on"), where), text_of(one.get("by"), where)
        frame.verified.setdefault(level, {})[layer] = day, by


def features_of(document: Document, found: Gathering, where: str = "features") -> Iterator[Flat]:
    """Each feature of ours. Raises Refused."""
    if document.get("type") != "FeatureCollection" or not isinstance(document.get("features"), list):
        raise Refused(
            "unreadable", "it is no FeatureCollection", "save it as GeoJSON with all its features", where
        )
    for place, one in enumerate(document["features"]):
        here = f"{where}[{place}]"
        if not isinstance(one, dict) or one.get("type") != "Feature":
            raise Refused("wrong", "this is no Feature", "put it right, or take it away", here)
        told = one.get("properties")
        told = told if isinstance(told, dict) else {}
        kind = told.get("kind")
        if not isinstance(kind, str) or not kind:
            found.left["without a kind"] += 1
            continue
        if kind not in KINDS:
            raise Refused(
                "wrong",
                f"`{kind[:40]}` is no kind of thing that a map has",
                "use one of: " + ", ".join(KINDS),
                here,
            )
        level = told.get("level", "")
        if not isinstance(level, str):
            raise Refused("wrong", "its level is no id", "put it right", here)
        yield Flat(kind, rings_of(one.get("geometry"), here), words_of(told, here), level, here)


def rings_of(geometry: object, where: str) -> list[list[Point]]:
    """What a geometry draws, in degrees, without the holes of areas. Raises Refused."""
    if not isinstance(geometry, Mapping):
        raise Refused("wrong", "it has no geometry", "draw it, or take it away", where)
    given = geometry.get("coordinates")
    try:
        match geometry.get("type"):
            case "Point":
                return [[_degrees(given, where)]]
            case "LineString":
                return [_line(given, where)]
            case "MultiPoint":
                return [[_degrees(one, where)] for one in _list(given, where)]
            case "MultiLineString":
                return [_line(one, where) for one in _list(given, where)]
            case "Polygon":
                return [_line(_list(given, where)[0], where)]
            case "MultiPolygon":
                return [_line(_list(one, where)[0], where) for one in _list(given, where)]
    except IndexError:
        raise Refused("wrong", "its area has no edge", "draw it, or take it away", where) from None
    raise Refused(
        "wrong", "its geometry is of no kind that is read here", "use Point, LineString or Polygon", where
    )


def _list(given: object, where: str) -> list[Any]:
    if not isinstance(given, list):
        raise Refused("wrong", "its coordinates are none", "draw it again", where)
    return given


def _line(given: object, where: str) -> list[Point]:
    return [_degrees(one, where) for one in _list(given, where)]


def _degrees(given: object, where: str) -> LonLat:
    if not isinstance(given, list) or not 2 <= len(given) <= 4:
        raise Refused("wrong", "its coordinates are none", "write [longitude, latitude]", where)
    numbers = [one for one in given[:2] if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) != 2 or not (-180 <= numbers[0] <= 180 and -90 <= numbers[1] <= 90):
        raise Refused(
            "wrong",
            "its coordinates are no degrees",
            "write [longitude, latitude], WGS 84; a drawing in metres comes as SVG",
            where,
        )
    return float(numbers[0]), float(numbers[1])


def placed(flats: list[Flat], frame: Frame, found: Gathering) -> tuple[Grid | None, LonLat | None]:
    """Lay what was found down on the map, in metres. Raises Refused."""
    told = found.told
    zero = frame.zero or told.zero or _corner(flats, frame.grid.cell if frame.grid else told.cell)
    for flat in flats:
        storey = _level(flat, frame, found)
        if zero is None:
            continue
        kind = KINDS[flat.kind]
        for ring in flat.rings:
            metres = ring_of([on_earth(zero, one) for one in ring])
            if kind.form == "point" and len(metres) > 1:
                xs, ys = [x for x, _ in metres], [y for _, y in metres]
                metres = (centimetres((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2),)
            found.add(storey, Feature(flat.kind, kind.form, metres, **flat.words), flat.where)
    return frame.grid, zero


def _level(flat: Flat, frame: Frame, found: Gathering) -> Storey:
    told = found.told
    only = next(iter(frame.levels)) if len(frame.levels) == 1 else ""
    name = flat.level or told.level or only
    title, ordinal = frame.levels.get(name, ("", None))
    if name == told.level:
        title, ordinal = told.level_name or title, told.ordinal if told.ordinal is not None else ordinal
    storey = found.level(name, title, ordinal, flat.where)
    if not storey.verified:
        storey.verified = {**frame.verified.get("", {}), **frame.verified.get(name, {})}
    return storey


def _corner(flats: list[Flat], cell: float | None) -> LonLat | None:
    """North-west of all that is drawn, and half a cell beside it: where nobody said where the grid begins."""
    points = [one for flat in flats for ring in flat.rings for one in ring]
    if not points:
        return None
    beside = (cell or DEFAULT_CELL_M) / 2 / METRES_A_DEGREE
    lon = max(-180.0, min(x for x, _ in points) - beside)
    lat = min(90.0, max(y for _, y in points) + beside)
    return round(lon, 7), round(lat, 7)
