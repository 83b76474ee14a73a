"""Where things lie: a drawing's own units and degrees of the Earth made metres, and the cell that a point is in. Pure."""

import math
from typing import Final

from edge.floorplans.drawn import Grid, Point
from rules.model.values import dataclass

METRES_A_DEGREE: Final = 111_320.0
"""Of latitude; of longitude its part by the cosine. On a campus of some kilometres that errs by less than a foot."""
DEFAULT_CELL_M: Final = 10.0
MOST_CELLS: Final = 200
"""Of a side of the grid."""


@dataclass(frozen=True, slots=True)
class Placed:
    """How a drawing without a place on Earth lies. scale: metres of a unit. x, y: metres of its own zero.

    north: which way its upper edge looks, degrees clockwise from true north.
    """

    scale: float
    north: float
    x: float = 0.0
    y: float = 0.0

    def metres(self, x: float, y: float) -> Point:
        """Of a point in the drawing's own units, y downwards."""
        turn = math.radians(self.north)
        cos, sin = math.cos(turn), math.sin(turn)
        right, down = x * self.scale, y * self.scale
        return centimetres(self.x + right * cos - down * sin, self.y + right * sin + down * cos)


def centimetres(x: float, y: float) -> Point:
    """Rounded: nobody measures finer, and the same place is written alike."""
    return round(x, 2) + 0.0, round(y, 2) + 0.0


def on_earth(zero: Point, lonlat: Point) -> Point:
    """Metres from a zero (longitude, latitude) to another place."""
    lon, lat = lonlat
    narrow = math.cos(math.radians(zero[1]))
    east = math.remainder(lon - zero[0], 360.0)
    return east * METRES_A_DEGREE * narrow, (zero[1] - lat) * METRES_A_DEGREE


def to_earth(zero: Point, metres: Point) -> Point:
    """The other way: longitude, latitude."""
    narrow = max(1e-9, math.cos(math.radians(zero[1])))
    lon = zero[0] + metres[0] / (METRES_A_DEGREE * narrow)
    return round(lon, 8), round(zero[1] - metres[1] / METRES_A_DEGREE, 8)


def along(grid: Grid, point: Point) -> Point:
    """A point along the grid's own axes, metres."""
    turn = math.radians(grid.bearing)
    cos, sin = math.cos(turn), math.sin(turn)
    x, y = point
    return x * cos + y * sin, -x * sin + y * cos


def from_axes(grid: Grid, point: Point) -> Point:
    """The other way."""
    turn = math.radians(grid.bearing)
    cos, sin = math.cos(turn), math.sin(turn)
    u, v = point
    return u * cos - v * sin, u * sin + v * cos


def cell_of(grid: Grid, point: Point) -> str:
    """The cell of a point, such as `C4`; `""`: it lies off the grid."""
    u, v = along(grid, point)
    column, row = math.floor(u / grid.cell + 1e-9), math.floor(v / grid.cell + 1e-9)
    if not (0 <= column < MOST_CELLS and 0 <= row < MOST_CELLS):
        return ""
    return f"{letters(column)}{row + 1}"


def letters(column: int) -> str:
    """A, B … Z, AA, AB …"""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def place_of(cell: str) -> tuple[int, int] | None:
    """Column and row of a cell's name, from 0; None: it is none."""
    name = cell.strip().upper()
    word = name.rstrip("0123456789")
    number = name[len(word) :]
    if not (1 <= len(word) <= 2 and word.isascii() and word.isalpha() and 1 <= len(number) <= 3):
        return None
    column = 0
    for sign in word:
        column = column * 26 + ord(sign) - ord("A") + 1
    row = int(number)
    return (column - 1, row - 1) if column <= MOST_CELLS and 1 <= row <= MOST_CELLS else None


def within(ring: tuple[Point, ...], point: Point) -> bool:
    """Whether a point lies in an area, by the even-odd rule."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def middle(ring: tuple[Point, ...]) -> Point:
    """A place in an area where its name may stand: its centroid where that lies in it, else the middle of its box."""
    if len(ring) < 3:
        return ring[0]
    double, cx, cy = 0.0, 0.0, 0.0
    x0, y0 = ring[0]
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        double += cross
        cx += (x1 + x2 - 2 * x0) * cross
        cy += (y1 + y2 - 2 * y0) * cross
    if abs(double) > 1e-6:
        found = x0 + cx / (3 * double), y0 + cy / (3 * double)
        if within(ring, found):
            return found
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def touches(grid: Grid, ring: tuple[Point, ...], cell: tuple[int, int]) -> bool:
    """Whether an area reaches into a cell for more than its edge."""
    low_u, low_v = cell[0] * grid.cell, cell[1] * grid.cell
    cut = [along(grid, one) for one in ring]
    edge = grid.cell * 0.02
    for axis, low, high in (
        (0, low_u + edge, low_u + grid.cell - edge),
        (1, low_v + edge, low_v + grid.cell - edge),
    ):
        cut = _cut(cut, axis, low, above=True)
        cut = _cut(cut, axis, high, above=False)
    return len(cut) >= 3


def _cut(ring: list[Point], axis: int, at: float, *, above: bool) -> list[Point]:
    """Sutherland and Hodgman: what of an area lies on one side of a line."""
    found: list[Point] = []
    for here, there in zip(ring, [*ring[1:], *ring[:1]], strict=True):
        inside, next_inside = (here[axis] >= at) is above, (there[axis] >= at) is above
        if inside:
            found.append(here)
        if inside != next_inside:
            part = (at - here[axis]) / (there[axis] - here[axis])
            found.append((here[0] + (there[0] - here[0]) * part, here[1] + (there[1] - here[1]) * part))
    return found
