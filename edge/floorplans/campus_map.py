"""The map of now: every layer that counts, of whatever file, laid over the others in one frame. Immutable, in memory. Pure.

`store` is read by `built` alone, in a thread.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from edge.floorplans import drawn
from edge.floorplans.drawn import LARGEST, Drawn, Feature, Grid, LonLat, Picture, Point, Unsound
from edge.floorplans.kinds import AREAS, KINDS, LAYERS
from edge.floorplans.places import plan_of
from edge.floorplans.placing import (
    DEFAULT_CELL_M,
    MOST_CELLS,
    Placed,
    along,
    cell_of,
    centimetres,
    on_earth,
    touches,
    within,
)
from rules.model.values import dataclass

MARGIN_M: Final = 2.0


class Counts(Struct, frozen=True):
    """A layer that counts, as the record has it."""

    level: str
    layer: str
    sha256: str
    plan: str
    format: str
    verified: str
    features: int
    taken_us: int


@dataclass(frozen=True, slots=True)
class MapLayer:
    """verified: ISO date, `""` nobody said. lost: what it draws is not in the store any more, or damaged."""

    name: str
    verified: str
    by: str
    sha256: str
    taken_us: int
    features: tuple[Feature, ...] = ()
    picture: Picture | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class MapLevel:
    """ordinal: 0 is the ground. box: left, top, right, bottom of all that it draws, metres."""

    id: str
    name: str
    ordinal: int
    layers: tuple[MapLayer, ...]
    box: tuple[float, float, float, float]

    def features(self) -> Iterator[Feature]:
        """All of them, the lowest first."""
        for layer in self.layers:
            yield from layer.features

    def area(self, point: Point) -> Feature | None:
        """The area that a point lies in: a room before a hallway before a building."""
        there = [one for one in self.features() if one.form == "area" and within(one.points, point)]
        return min(there, key=lambda one: AREAS.index(one.kind), default=None)


@dataclass(frozen=True, slots=True)
class CellHolds:
    """What lies in a cell of a level. areas: rooms, hallways, stairs that reach into it; points: all else."""

    cell: str
    areas: tuple[Feature, ...] = ()
    points: tuple[Feature, ...] = ()


@dataclass(frozen=True, slots=True)
class CampusMap:
    """levels: from the lowest. columns, rows: of the grid, as far as anything is drawn. known: whether the record was asked."""

    levels: tuple[MapLevel, ...] = ()
    grid: Grid = field(default_factory=lambda: Grid(DEFAULT_CELL_M))
    columns: int = 1
    rows: int = 1
    zero: LonLat | None = None
    known: bool = False

    def level(self, name: str) -> MapLevel | None:
        """A level by its id."""
        return next((one for one in self.levels if one.id == name), None)

    @property
    def ground(self) -> MapLevel | None:
        """The level that is shown first: the ground, or what is nearest to it."""
        return min(self.levels, key=lambda one: (abs(one.ordinal), one.ordinal), default=None)

    def cell(self, point: Point) -> str:
        """The cell of a point; `""`: off the grid."""
        return cell_of(self.grid, point)

    def holds(self, level: MapLevel, place: tuple[int, int], name: str) -> CellHolds:
        """What lies in a cell."""
        areas, points = [], []
        for one in level.features():
            if one.form == "point":
                if self.cell(one.points[0]) == name:
                    points.append(one)
            elif one.form == "area" and one.kind in AREAS[:4] and touches(self.grid, one.points, place):
                areas.append(one)
        return CellHolds(name, tuple(areas), tuple(points))

    def cells_of(self, area: Feature) -> Iterator[str]:
        """The cells that an area reaches into."""
        from edge.floorplans.placing import letters

        axes = [along(self.grid, one) for one in area.points]
        low_u, high_u = (_index(pick(u for u, _ in axes) / self.grid.cell) for pick in (min, max))
        low_v, high_v = (_index(pick(v for _, v in axes) / self.grid.cell) for pick in (min, max))
        for row in range(low_v, high_v + 1):
            for column in range(low_u, high_u + 1):
                if touches(self.grid, area.points, (column, row)):
                    yield f"{letters(column)}{row + 1}"

    def by_ref(self, kind: str, ref: str) -> tuple[MapLevel, Feature] | None:
        """Where the door or camera of an id lies."""
        for level in self.levels:
            for one in level.features():
                if one.ref == ref and KINDS[one.kind].listed == kind:
                    return level, one
        return None


def _index(value: float) -> int:
    return max(0, min(MOST_CELLS - 1, math.floor(value)))


def built(store: Path, counts: Sequence[Counts]) -> CampusMap:
    """Read what counts from the store. A file that is gone or damaged is a layer that says so."""
    plans = {one.plan: _read(store, one.plan) for one in counts}
    ordered = sorted(counts, key=lambda one: one.taken_us)
    grid, zero = _frame([plans[one.plan] for one in ordered])
    names: dict[str, tuple[str, int]] = {}
    layers: dict[str, dict[str, MapLayer]] = {}
    for one in ordered:
        plan = plans[one.plan]
        level = None if plan is None else next((each for each in plan.levels if each.id == one.level), None)
        layer = (
            None if level is None else next((each for each in level.layers if each.name == one.layer), None)
        )
        if plan is None or level is None or layer is None:
            names.setdefault(one.level, (one.level, 0))
            made = MapLayer(one.layer, one.verified, "", one.sha256, one.taken_us, lost=True)
        else:
            names[one.level] = level.name, level.ordinal
            moved = _shift(plan.zero, zero)
            made = MapLayer(
                one.layer,
                layer.verified,
                layer.by,
                one.sha256,
                one.taken_us,
                tuple(_moved(each, moved) for each in layer.features),
                None if layer.picture is None else _moved_picture(layer.picture, moved),
            )
        layers.setdefault(one.level, {})[one.layer] = made
    levels = []
    for name, (title, ordinal) in sorted(names.items(), key=lambda each: (each[1][1], each[0])):
        there = tuple(layers[name][one] for one in LAYERS if one in layers[name])
        levels.append(MapLevel(name, title, ordinal, there, _box(there)))
    columns, rows = _size(grid, levels)
    return CampusMap(tuple(levels), grid, columns, rows, zero, known=True)


def _read(store: Path, sha256: str) -> Drawn | None:
    try:
        with plan_of(store, sha256).open("rb") as file:
            data = file.read(LARGEST + 1)
        return drawn.read(data) if hashlib.sha256(data).hexdigest() == sha256 else None
    except (OSError, Unsound):
        return None


def _frame(plans: Sequence[Drawn | None]) -> tuple[Grid, LonLat | None]:
    """The grid of the map and where its zero lies: what was said last counts; else what was laid first."""
    there = [one for one in plans if one is not None]
    said = [one for one in there if one.grid is not None]
    grid = said[-1].grid if said else None
    on_earth_said = [one.zero for one in said if one.zero is not None]
    zeros = [one.zero for one in there if one.zero is not None]
    zero = on_earth_said[-1] if on_earth_said else zeros[0] if zeros else None
    return grid or Grid(DEFAULT_CELL_M), zero


def _shift(own: LonLat | None, zero: LonLat | None) -> Point:
    return on_earth(zero, own) if own is not None and zero is not None and own != zero else (0.0, 0.0)


def _moved(feature: Feature, by: Point) -> Feature:
    if by == (0.0, 0.0):
        return feature
    points = tuple(centimetres(x + by[0], y + by[1]) for x, y in feature.points)
    return msgspec.structs.replace(feature, points=points)


def _moved_picture(picture: Picture, by: Point) -> Picture:
    return msgspec.structs.replace(picture, x=picture.x + by[0], y=picture.y + by[1])


def corners(picture: Picture) -> list[Point]:
    """Where a picture's corners lie."""
    lies = Placed(picture.scale, picture.north, picture.x, picture.y)
    return [lies.metres(x, y) for x in (0, picture.wide) for y in (0, picture.high)]


def _box(layers: Sequence[MapLayer]) -> tuple[float, float, float, float]:
    points = [point for layer in layers for one in layer.features for point in one.points]
    for layer in layers:
        if layer.picture is not None:
            points += corners(layer.picture)
    if not points:
        return (0.0, 0.0, DEFAULT_CELL_M, DEFAULT_CELL_M)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - MARGIN_M, min(ys) - MARGIN_M, max(xs) + MARGIN_M, max(ys) + MARGIN_M


def _size(grid: Grid, levels: Sequence[MapLevel]) -> tuple[int, int]:
    most_u = most_v = 0.0
    for level in levels:
        left, top, right, bottom = level.box
        for corner in ((left, top), (right, top), (left, bottom), (right, bottom)):
            u, v = along(grid, corner)
            most_u, most_v = max(most_u, u - MARGIN_M), max(most_v, v - MARGIN_M)
    return tuple(max(1, min(MOST_CELLS, math.ceil(one / grid.cell))) for one in (most_u, most_v))  # type: ignore[return-value]
