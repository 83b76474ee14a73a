"""The map as shapes of a drawing that is a thousand units wide: what a template writes down as SVG. Pure.

Its width is always the same, so that a style sheet knows how large a letter is on a phone and on a desk.
"""

from collections.abc import Mapping
from typing import Any, Final

from edge.floorplans.campus_map import CampusMap, MapLevel
from edge.floorplans.drawn import Feature, Point
from edge.floorplans.kinds import KINDS
from edge.floorplans.placing import along, from_axes, letters, middle
from edge.web.pages.language import _
from rules.model.values import dataclass

Document = dict[str, Any]
WIDE: Final = 1_000
LEAST_M: Final = 12.0
MOST_LINES: Final = 120
"""Cells of a side of the grid that are drawn; of a larger one only what is looked at."""
PHONE_PX: Final = 0.358
"""Pixels of a unit where the drawing fills a phone of 390."""
LEAST_EDGE: Final = 56.0
"""Units of a cell that are seen, for its letter or number to stand at the edge."""
LETTER_PX: Final = 8.0
MOST_HIGH: Final = 3_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """What of a level is drawn, and how large. left, top: metres; scale: units of a metre; high: units."""

    left: float
    top: float
    scale: float
    high: int

    def at(self, point: Point) -> Point:
        """A place in the drawing."""
        return round((point[0] - self.left) * self.scale, 1), round((point[1] - self.top) * self.scale, 1)

    def ring(self, points: tuple[Point, ...]) -> str:
        """As SVG's `points`."""
        return " ".join(f"{x:g},{y:g}" for x, y in map(self.at, points))

    def shows(self, point: Point) -> bool:
        """Whether a place lies on it."""
        x, y = self.at(point)
        return 0 <= x <= WIDE and 0 <= y <= self.high


def sheet_of(campus: CampusMap, level: MapLevel, cell: tuple[int, int] | None) -> Sheet:
    """All of a level, or a cell with those around it. Whole cells, so that their names stand at the edge."""
    grid = campus.grid
    if cell is not None:
        places = [(cell[0] + du, cell[1] + dv) for du in (-0.6, 1.6) for dv in (-0.6, 1.6)]
        points = [from_axes(grid, (u * grid.cell, v * grid.cell)) for u, v in places]
        left, top = min(x for x, _ in points), min(y for _, y in points)
        right, bottom = max(x for x, _ in points), max(y for _, y in points)
    else:
        left, top, right, bottom = level.box
    wide, high = max(LEAST_M, right - left), max(LEAST_M / 2, bottom - top)
    scale = WIDE / wide
    return Sheet(left, top, scale, min(MOST_HIGH, round(high * scale)))


def grid_of(campus: CampusMap, level: MapLevel, sheet: Sheet, chosen: str) -> Document:
    """Its cells as areas with a link each, and its letters and numbers at the edges of the drawing."""
    grid = campus.grid
    cells: list[Document] = []
    columns: dict[int, float] = {}
    rows: dict[int, float] = {}
    for row in range(min(campus.rows, MOST_LINES)):
        for column in range(min(campus.columns, MOST_LINES)):
            corners = [(column + du, row + dv) for du, dv in ((0, 0), (1, 0), (1, 1), (0, 1))]
            ring = tuple(from_axes(grid, (u * grid.cell, v * grid.cell)) for u, v in corners)
            xs, ys = [sheet.at(one)[0] for one in ring], [sheet.at(one)[1] for one in ring]
            if max(xs) <= 2 or min(xs) >= WIDE - 2 or max(ys) <= 2 or min(ys) >= sheet.high - 2:
                continue
            name = f"{letters(column)}{row + 1}"
            cells.append(
                {"name": name, "points": sheet.ring(ring), "chosen": name == chosen,
                 "x": max(min(xs), 0), "y": max(min(ys), 0)}
            )  # fmt: skip
            for names, one, least, most in (
                (columns, column, min(xs), max(xs)),
                (rows, row, min(ys), max(ys)),
            ):
                low, high = max(0.0, least), min(float(WIDE if names is columns else sheet.high), most)
                if high - low >= LEAST_EDGE:
                    names.setdefault(one, (low + high) / 2)
    turned = grid.bearing % 90 != 0
    # Of a turned grid no column has one place at the edge: its cells say their names themselves.
    return {
        "cells": cells,
        "turned": turned,
        "columns": [] if turned else [(letters(one), round(x, 1)) for one, x in columns.items()],
        "rows": [] if turned else [(str(one + 1), round(y, 1)) for one, y in rows.items()],
    }


def areas_of(level: MapLevel, sheet: Sheet, held: Mapping[str, str]) -> list[Document]:
    """Areas, the largest kinds first. held: zones in which a response holds, with its kind."""
    order = ("grounds", "building", "corridor", "room", "stair", "elevator")
    found = []
    for one in sorted(
        (one for one in level.features() if one.form == "area"), key=lambda one: order.index(one.kind)
    ):
        if any(sheet.shows(point) for point in (*one.points, middle(one.points))) or _around(sheet, one):
            found.append(
                {
                    "kind": one.kind,
                    "points": sheet.ring(one.points),
                    "held": held.get(one.zone, ""),
                    "zone": one.zone,
                }
            )
    return found


def _around(sheet: Sheet, one: Feature) -> bool:
    xs, ys = [sheet.at(point)[0] for point in one.points], [sheet.at(point)[1] for point in one.points]
    return min(xs) <= WIDE and max(xs) >= 0 and min(ys) <= sheet.high and max(ys) >= 0


def lines_of(level: MapLevel, sheet: Sheet) -> list[str]:
    """Walls and what else is drawn as lines."""
    return [sheet.ring(one.points) for one in level.features() if one.form == "line" and _around(sheet, one)]


def labels_of(level: MapLevel, sheet: Sheet) -> list[Document]:
    """Names of rooms, each in its own."""
    found = (label_of(one, sheet) for one in level.features())
    return [one for one in found if one is not None]


def label_of(one: Feature, sheet: Sheet) -> Document | None:
    """What stands in an area. wide: it has room on a desk alone, or where it is looked at from near. None: nothing."""
    name = one.name or (KINDS[one.kind].letters if one.form == "area" else "")
    if one.form != "area" or not name or one.kind == "building" or (one.kind == "grounds" and not one.name):
        return None
    at = middle(one.points)
    if not sheet.shows(at):
        return None
    xs, ys = [sheet.at(point)[0] for point in one.points], [sheet.at(point)[1] for point in one.points]
    room_px = (max(xs) - min(xs)) * PHONE_PX
    lines = _broken(name, room_px)
    longest = max(map(len, lines)) * LETTER_PX
    fits = longest <= room_px + 4 and (max(ys) - min(ys)) * PHONE_PX >= 15 * len(lines)
    x, y = sheet.at(at)
    return {"lines": lines, "x": x, "y": y, "wide": not fits}


def _broken(name: str, room_px: float) -> list[str]:
    """In two lines where one is too long and two are not."""
    words = name.split()
    if len(name) * LETTER_PX <= room_px or len(words) < 2:
        return [name]
    cuts = [(" ".join(words[:cut]), " ".join(words[cut:])) for cut in range(1, len(words))]
    return list(min(cuts, key=lambda lines: max(map(len, lines))))


def pictures_of(level: MapLevel, sheet: Sheet) -> list[Document]:
    """The picture behind all else, where there is one."""
    found = []
    for layer in level.layers:
        if layer.picture is not None:
            one = layer.picture
            x, y = sheet.at((one.x, one.y))
            found.append(
                {"sha256": one.sha256, "x": x, "y": y, "wide": round(one.wide * one.scale * sheet.scale, 1),
                 "high": round(one.high * one.scale * sheet.scale, 1), "north": one.north}
            )  # fmt: skip
    return found


def things_of(level: MapLevel, sheet: Sheet) -> list[Document]:
    """Safety things, shut-offs, panels, places: each with the letters that mark it."""
    found = []
    for one in level.features():
        kind = KINDS[one.kind]
        if (
            one.form != "point"
            or kind.mark not in ("box", "round", "command")
            or not sheet.shows(one.points[0])
        ):
            continue
        x, y = sheet.at(one.points[0])
        found.append(
            {
                "x": x,
                "y": y,
                "mark": kind.mark,
                "letters": kind.letters,
                "half": half_of(kind.letters),
                "layer": kind.layer,
                "lost": False,
                "title": f"{_(kind.word)} {one.name}".strip(),
                "ref": one.ref if kind.listed == "asset" else "",
            }
        )
    return found


def half_of(letters_: str) -> float:
    """Half the width of the box around letters of 14 units."""
    return round(5 + 5.3 * len(letters_), 1)


def scale_bar(sheet: Sheet) -> Document:
    """A length of round metres, about a fifth of the drawing."""
    metres = WIDE / sheet.scale / 5
    round_ = max((one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000) if one <= metres), default=1)
    return {"metres": round_, "wide": round(round_ * sheet.scale, 1)}


def is_turned(campus: CampusMap) -> bool:
    """Whether the grid lies askew to north."""
    return along(campus.grid, (1.0, 0.0)) != (1.0, 0.0)
