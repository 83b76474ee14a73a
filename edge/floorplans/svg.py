"""A drawing of a level: SVG, read for what it draws and never shown itself; we draw anew what was read. Pure.

What a thing is stands in `data-kind`, its own or that of a group it is in, with `data-name`, `data-ref`, `data-zone`, `data-note`
beside it; or its id, or Inkscape's label, begins with the kind: `aed-3`, `room 101`. What has none is a line of the drawing.
On the `svg` itself: `data-level`, `data-level-name`, `data-ordinal`, `data-metres-per-unit`, `data-north`, `data-x`, `data-y`,
`data-grid`, `data-verified`, `data-verified-by`; what a person says beside the file counts before them.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from edge.floorplans import curves
from edge.floorplans.drawn import Feature, Point
from edge.floorplans.gathering import Gathering, Storey, number_of, ring_of, words_of
from edge.floorplans.kinds import KINDS
from edge.floorplans.placing import Placed, centimetres
from edge.floorplans.refusal import Refused

DEEPEST: Final = 64
LONGEST_ATTRIBUTE: Final = 4 * 1_048_576
NAMESPACE: Final = "http://www.w3.org/2000/svg"
_INKSCAPE: Final = "http://www.inkscape.org/namespaces/inkscape label"
_FORBIDDEN: Final = frozenset(
    {"script", "foreignObject", "iframe", "handler", "listener", "animate", "animateMotion", "animateTransform", "set",
     "audio", "video", "feImage", "embed", "object"}
)  # fmt: skip
_SHAPES: Final = frozenset({"rect", "circle", "ellipse", "line", "polyline", "polygon", "path"})
_UNDRAWN: Final = frozenset(
    {"defs", "symbol", "clipPath", "mask", "marker", "pattern", "metadata", "style", "title", "desc"}
)
_FOREIGN: Final = re.compile(
    r"url\s*\(\s*['\"]?\s*(?!#)|@import|expression\s*\(|javascript:|data:|-moz-binding", re.I
)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_TRANSFORM: Final = re.compile(r"\s*(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)[\s,]*")
_CORNERS: Final = 24
_PLAIN: Final = "save the plan without it, as plain SVG"
Matrix = tuple[float, float, float, float, float, float]
UPRIGHT: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Said = dict[str, str]


@dataclass(slots=True)
class _Open:
    """An element whose end did not come yet. said: what is known of all in it. feature: the shape itself, once it is one."""

    name: str
    matrix: Matrix
    said: Said
    drawn: bool
    shapes: list[tuple[list[Point], bool]] = field(default_factory=list)
    line: int = 0
    title: str | None = None


class _Reader:
    def __init__(self, found: Gathering) -> None:
        self._found = found
        self._told = found.told
        self._open: list[_Open] = []
        self._elements = 0
        self._placed: Placed | None = None
        self._level: Storey | None = None
        self.grid: float | None = None
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as err:
            raise Refused(
                "unreadable", "it is no well-formed XML", "save the plan again as SVG", f"line {err.lineno}"
            ) from None
        if self._level is None:
            raise Refused("unreadable", "it is no SVG", "save the plan as SVG")

    def _where(self) -> str:
        return f"line {self._parser.CurrentLineNumber}"

    def _refuse(self, what: str, do: str = _PLAIN) -> None:
        raise Refused("forbidden", what, do, self._where())

    def _doctype(self, *_: object) -> None:
        self._refuse(
            "it declares a document type or entities", "save the plan without a DOCTYPE, as plain SVG"
        )

    def _instruction(self, *_: object) -> None:
        self._refuse("it holds a processing instruction, such as a foreign style sheet")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        most = self._found.told.limits.elements
        if self._elements > most or len(self._open) >= DEEPEST:
            raise Refused(
                "too_large",
                f"it holds more than {most} elements, or {DEEPEST} in one another",
                "leave out furniture and hatching",
                self._where(),
            )
        space, _, local = name.rpartition(" ")
        if local in _FORBIDDEN:
            self._refuse(f"it holds `{local}`")
        for key, value in attributes.items():
            self._judge(key, value)
        ours = space == NAMESPACE
        above = self._open[-1] if self._open else None
        if above is None:
            if not ours or local != "svg":
                raise Refused("unreadable", "it is no SVG", "save the plan as SVG", self._where())
            self._root(attributes)
        if local == "image":
            self._refuse(
                "it holds a picture",
                "bring the picture by itself, as PNG: campus-edge import floorplan FILE.png",
            )
        if ours and local == "use":
            self._found.left["use"] += 1
        matrix = above.matrix if above else UPRIGHT
        if "transform" in attributes:
            matrix = _times(matrix, self._transform(attributes["transform"]))
        said = self._said(attributes, above.said if above else {}, local)
        hidden = attributes.get("display") == "none" or "display:none" in attributes.get("style", "").replace(
            " ", ""
        )
        drawn = (above.drawn if above else True) and ours and local not in _UNDRAWN and not hidden
        one = _Open(local, matrix, said, drawn, line=self._parser.CurrentLineNumber)
        if drawn and local in _SHAPES:
            one.shapes = [
                ([_moved(matrix, point) for point in points], closed)
                for points, closed in self._shapes(local, attributes)
            ]
        self._open.append(one)

    def _judge(self, key: str, value: str) -> None:
        local = key.rpartition(" ")[2]
        if len(value) > LONGEST_ATTRIBUTE:
            raise Refused(
                "too_large", "an attribute of it is too long", "draw with fewer points", self._where()
            )
        if local.lower().startswith("on"):
            self._refuse(f"it holds an action (`{local[:40]}`)")
        if local in ("href", "src", "base") and not value.strip().startswith("#"):
            self._refuse("it refers to something outside of itself")
        if not local.startswith("data-") and _FOREIGN.search(value):
            self._refuse("it refers to something outside of itself")

    def _root(self, attributes: dict[str, str]) -> None:
        told, where = self._told, self._where()
        name = told.level or attributes.get("data-level", "")
        ordinal = told.ordinal
        if ordinal is None and "data-ordinal" in attributes:
            ordinal = int(number_of(attributes["data-ordinal"], -20, 200, "data-ordinal", where))
        self._level = self._found.level(
            name, told.level_name or attributes.get("data-level-name", ""), ordinal, where
        )
        if attributes.get("data-verified"):
            self._level.verified[""] = attributes["data-verified"], attributes.get("data-verified-by", "")
        scale, north = told.scale, told.north
        if scale is None and "data-metres-per-unit" in attributes:
            scale = number_of(attributes["data-metres-per-unit"], 1e-6, 1_000, "data-metres-per-unit", where)
        if north is None and "data-north" in attributes:
            north = number_of(attributes["data-north"], -360, 360, "data-north", where)
        x = told.x or number_of(attributes.get("data-x", "0"), -20_000, 20_000, "data-x", where)
        y = told.y or number_of(attributes.get("data-y", "0"), -20_000, 20_000, "data-y", where)
        if scale is None or north is None:
            raise placeless("svg", scale is None, north is None, where)
        box = [float(one) for one in _NUMBER.findall(attributes.get("viewBox", ""))[:2]] or [0.0, 0.0]
        if len(box) < 2 or not all(map(math.isfinite, box)):
            box = [0.0, 0.0]
        self._placed = Placed(scale, north, x, y)
        self._corner = box[0], box[1]
        if "data-grid" in attributes:
            self.grid = number_of(attributes["data-grid"], 1, 1_000, "data-grid", where)

    def _said(self, attributes: dict[str, str], above: Said, local: str) -> Said:
        said: Said = {name: above[name] for name in ("kind", "zone", "note") if name in above}
        for name in ("kind", "name", "ref", "zone", "note"):
            if f"data-{name}" in attributes:
                said[name] = attributes[f"data-{name}"]
        if "data-kind" not in attributes and local != "svg":
            for label in (attributes.get(_INKSCAPE, ""), attributes.get("id", "")):
                kind, rest = _kind_of(label)
                if kind:
                    said["kind"] = kind
                    if rest and local != "g":
                        said.setdefault("name", rest)
                    break
        return said

    def _shapes(self, local: str, attributes: dict[str, str]) -> list[tuple[list[Point], bool]]:
        def given(name: str, default: float = 0.0) -> float:
            return self._length(attributes.get(name), default)

        match local:
            case "rect":
                x, y, wide, high = given("x"), given("y"), given("width"), given("height")
                return [([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], True)]
            case "circle" | "ellipse":
                rx = given("r") if local == "circle" else given("rx")
                ry = given("r") if local == "circle" else given("ry")
                turn = [2 * math.pi * step / _CORNERS for step in range(_CORNERS)]
                return [
                    (
                        [
                            (given("cx") + rx * math.cos(one), given("cy") + ry * math.sin(one))
                            for one in turn
                        ],
                        True,
                    )
                ]
            case "line":
                return [([(given("x1"), given("y1")), (given("x2"), given("y2"))], False)]
            case "path":
                try:
                    return list(curves.pieces(attributes.get("d", "")))
                except curves.NoPath:
                    raise Refused(
                        "wrong", "a path of it cannot be read", "save the plan again", self._where()
                    ) from None
        numbers = [self._length(one, 0.0) for one in _NUMBER.findall(attributes.get("points", ""))]
        points = list(zip(numbers[::2], numbers[1::2], strict=False))
        return [(points, local == "polygon")] if points else []

    def _length(self, text: str | None, default: float) -> float:
        if text is None:
            return default
        found = _NUMBER.match(text.strip())
        value = float(found[0]) if found else default
        if not math.isfinite(value) or (found and text.strip()[found.end() :].strip() not in ("", "px")):
            do = "save the plan with lengths in its own units, without %, mm or in"
            raise Refused("wrong", "a length of it is in other units than the drawing", do, self._where())
        return value

    def _transform(self, text: str) -> Matrix:
        place, found = 0, UPRIGHT
        while place < len(text.rstrip()):
            one = _TRANSFORM.match(text, place)
            numbers = [] if one is None else [float(each) for each in _NUMBER.findall(one[2])]
            made = None if one is None else _matrix(one[1], numbers)
            if one is None or made is None or not all(map(math.isfinite, made)):
                raise Refused(
                    "wrong", "a transform of it cannot be read", "save the plan again", self._where()
                )
            found, place = _times(found, made), one.end()
        return found

    def _text(self, data: str) -> None:
        if not self._open:
            return
        here = self._open[-1]
        if here.name == "style" and _FOREIGN.search(data):
            self._refuse("its style refers to something outside of itself")
        if here.name == "title" and len(self._open) > 1:
            above = self._open[-2]
            above.title = ((above.title or "") + data)[:400]

    def _end(self, _name: str) -> None:
        one = self._open.pop()
        if not one.shapes or self._level is None or self._placed is None:
            return
        said, where = dict(one.said), f"line {one.line}"
        if one.title and "name" not in said:
            said["name"] = one.title
        kind = said.pop("kind", "wall")
        if kind not in KINDS:
            raise Refused("wrong", f"`{kind[:40]}` is no kind of thing that a map has", _KINDS_THERE, where)
        words = words_of(dict(said), where)
        for points, closed in one.shapes:
            self._add(kind, points, closed, words, where)

    def _add(self, kind: str, points: list[Point], closed: bool, words: dict[str, str], where: str) -> None:
        if self._level is None or self._placed is None:
            return
        if not all(math.isfinite(one) and abs(one) < 1e12 for point in points for one in point):
            raise Refused("wrong", "a place in it is no number", "save the plan again", where)
        place = [self._placed.metres(x - self._corner[0], y - self._corner[1]) for x, y in points]
        form = KINDS[kind].form
        if form == "point":
            xs, ys = [x for x, _ in place], [y for _, y in place]
            ring: tuple[Point, ...] = (centimetres((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2),)
        elif form == "area":
            ring = ring_of(place)
            if len(ring) < 3:
                self._found.left["too small to see"] += 1
                return
        else:
            ring = ring_of(place)
            ring = (*ring, ring[0]) if closed and len(ring) > 2 else ring
            if len(ring) < 2:
                self._found.left["too small to see"] += 1
                return
        self._found.add(self._level, Feature(kind, form, ring, **words), where)


_KINDS_THERE: Final = "use one of: " + ", ".join(KINDS)


def read(data: bytes, found: Gathering) -> float | None:
    """Read a drawing into `found`; the cell of its grid, where it says so. Raises Refused."""
    reader = _Reader(found)
    reader.read(data)
    return reader.grid


def placeless(format_: str, scale: bool, north: bool, where: str) -> Refused:
    """What is lacking for a drawing to lie on a map."""
    unit = "pixel" if format_ == "png" else "unit of the drawing"
    lacks, do = [], []
    if scale:
        lacks.append(f"how many metres a {unit} is")
        do.append("--scale 0.05")
    if north:
        lacks.append("where true north is")
        do.append("--north 0, if its upper edge looks north")
    what = "nobody says " + " and ".join(lacks)
    return Refused("unplaced", what, "say so: " + " ".join(do), where)


def _kind_of(label: str) -> tuple[str, str]:
    """Kind and name of an id or label such as `aed-3`, `room 101`, `exterior-door_7`."""
    words = label.strip().replace("_", "-")
    lower = words.lower().replace(" ", "-")
    for kind in sorted(KINDS, key=len, reverse=True):
        for form in (kind, kind + "s"):
            if lower == form or lower.startswith(f"{form}-"):
                return kind, words[len(form) :].strip(" -").replace("-", " ")
    return "", ""


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f


def _moved(matrix: Matrix, point: Point) -> Point:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def _matrix(word: str, n: list[float]) -> Matrix | None:
    match word, len(n):
        case "matrix", 6:
            return n[0], n[1], n[2], n[3], n[4], n[5]
        case "translate", 1 | 2:
            return 1, 0, 0, 1, n[0], n[1] if len(n) == 2 else 0
        case "scale", 1 | 2:
            return n[0], 0, 0, n[-1], 0, 0
        case "rotate", 1 | 3:
            turn = math.radians(math.fmod(n[0], 360.0)) if math.isfinite(n[0]) else math.nan
            cos, sin = math.cos(turn), math.sin(turn)
            turned: Matrix = (cos, sin, -sin, cos, 0, 0)
            if len(n) == 1:
                return turned
            return _times(_times((1, 0, 0, 1, n[1], n[2]), turned), (1, 0, 0, 1, -n[1], -n[2]))
        case "skewX", 1:
            return 1, 0, math.tan(math.radians(n[0])), 1, 0, 0
        case "skewY", 1:
            return 1, math.tan(math.radians(n[0])), 0, 1, 0, 0
    return None
