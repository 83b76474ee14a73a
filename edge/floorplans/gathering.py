"""What a reader finds, gathered into levels and layers, and held within bounds. Pure."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from msgspec import Struct

from edge.floorplans.drawn import (
    FARTHEST_M,
    LONGEST_TEXT,
    MOST_LEVELS,
    Drawn,
    Feature,
    Format,
    Grid,
    Layer,
    Level,
    Limits,
    LonLat,
    Picture,
    Point,
)
from edge.floorplans.kinds import KINDS, LAYERS, LayerName
from edge.floorplans.placing import centimetres
from edge.floorplans.refusal import Refused

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
FIRST_YEAR: Final = 1950


class Told(Struct, frozen=True):
    """What a person says beside the file, where it does not say so itself; empty or None: nothing.

    level: a slug; scale: metres of a unit or pixel; north: degrees clockwise from true north to the upper edge;
    x, y: metres of the drawing's upper left corner from the map's zero; cell: metres of the grid's cells.
    zero: where the map that is here lies on Earth. limits: the site's own, which nobody says beside a file.
    """

    level: str = ""
    level_name: str = ""
    ordinal: int | None = None
    scale: float | None = None
    north: float | None = None
    x: float = 0.0
    y: float = 0.0
    cell: float | None = None
    verified: str = ""
    by: str = ""
    zero: LonLat | None = None
    limits: Limits = Limits()


@dataclass(slots=True)
class Storey:
    """A level while it is read."""

    id: str
    name: str
    ordinal: int
    features: dict[LayerName, list[Feature]] = field(default_factory=dict)
    verified: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By layer, `""` for all: the day and by whom."""
    picture: Picture | None = None


@dataclass(slots=True)
class Gathering:
    """levels: by id. left: what was not taken, counted."""

    told: Told
    levels: dict[str, Storey] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    features: int = 0
    points: int = 0

    def level(self, name: str, title: str = "", ordinal: int | None = None, where: str = "") -> Storey:
        """The level of an id, made where it is new. Raises Refused."""
        if not SLUG.fullmatch(name):
            do = "give each level an id of lower-case letters, digits and hyphens: --level floor-1"
            code, what = (
                ("unplaced", "nobody says which level this is")
                if not name
                else ("wrong", "a level's id is none")
            )
            raise Refused(code, what, do, where)  # type: ignore[arg-type]
        known = self.levels.get(name)
        if known is None:
            if len(self.levels) >= MOST_LEVELS:
                raise Refused(
                    "too_large", f"it has more than {MOST_LEVELS} levels", "bring it in several files"
                )
            number = _trailing(name) if ordinal is None else ordinal
            if not -20 <= number <= 200:
                raise Refused(
                    "wrong", "a level's ordinal is -20 to 200, 0 is the ground", "put it right", where
                )
            known = self.levels[name] = Storey(name, text_of(title, where) or name, number)
        return known

    def add(self, level: Storey, feature: Feature, where: str) -> None:
        """Raises Refused."""
        kind = KINDS.get(feature.kind)
        if kind is None:
            raise Refused("wrong", f"`{feature.kind[:40]}` is no kind of thing that a map has", _KNOWN, where)
        least = {"point": 1, "line": 2, "area": 3}[kind.form]
        if len(feature.points) < least or feature.form != kind.form:
            raise Refused(
                "wrong",
                f"a {feature.kind} is drawn as a{'n' if kind.form == 'area' else ''} {kind.form}, and this is none",
                "draw it so, or take it away",
                where,
            )
        if any(not math.isfinite(one) or abs(one) > FARTHEST_M for point in feature.points for one in point):
            raise Refused(
                "wrong",
                "it lies more than 20 km from the map's zero",
                "look at the scale, at the order longitude, latitude, and at the grid's origin",
                where,
            )
        self.features += 1
        self.points += len(feature.points)
        most = self.told.limits
        if self.features > most.things or self.points > most.points:
            raise Refused(
                "too_large",
                f"it draws more than {most.things} things or {most.points} points",
                "leave out furniture, hatching and text that was made to curves, bring a level a file, "
                "or say more under policies: floorplans:",
                where,
            )
        level.features.setdefault(kind.layer, []).append(feature)

    def drawn(self, sha256: str, format_: Format, grid: Grid | None, zero: LonLat | None) -> Drawn:
        """All of it. Raises Refused where there is nothing."""
        levels = []
        for storey in self.levels.values():
            layers = [self._layer(storey, name) for name in LAYERS]
            there = tuple(one for one in layers if one is not None)
            if there:
                levels.append(Level(storey.id, storey.name, storey.ordinal, there))
        if not levels:
            do = "name what is drawn: data-kind in SVG, `kind` among a feature's properties in GeoJSON"
            raise Refused("empty", "nothing in it can stand on a map", do)
        if self.told.cell is not None:
            grid = Grid(self.told.cell, grid.bearing if grid else 0.0, said=True)
        return Drawn(1, sha256, format_, tuple(levels), grid, zero, _most_of(self.left))

    def _layer(self, storey: Storey, name: LayerName) -> Layer | None:
        picture = storey.picture if name == "backdrop" else None
        features = tuple(storey.features.get(name, ()))
        if picture is None and not features:
            return None
        on, by = storey.verified.get(name) or storey.verified.get("") or ("", "")
        if self.told.verified:
            on, by = self.told.verified, self.told.by
        return Layer(
            name, day_of(on, f"verification of {name}"), text_of(by, "verified by"), features, picture
        )


MOST_LEFT: Final = 50


def _most_of(left: Counter[str]) -> dict[str, int]:
    """What was not taken, by what it is. Of very many kinds the rarest are counted together: nothing goes untold."""
    if len(left) <= MOST_LEFT:
        return dict(sorted(left.items()))
    most = left.most_common(MOST_LEFT - 1)
    return {**dict(sorted(most)), "of other kinds": left.total() - sum(count for _what, count in most)}


_KNOWN: Final = "use one of: " + ", ".join(KINDS)


def _trailing(name: str) -> int:
    found = re.search(r"(\d{1,2})$", name)
    return max(0, int(found[1]) - 1) if found else 0


def text_of(value: object, where: str) -> str:
    """Words on one line, as somebody wrote them. Raises Refused."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refused("wrong", "a name here is no text", "put it in quotation marks", where)
    words = " ".join(value.split())
    if len(words) > LONGEST_TEXT or not words.isprintable():
        do = f"write at most {LONGEST_TEXT} letters, without control characters"
        raise Refused("wrong", "a name here is too long, or holds what cannot be printed", do, where)
    return words


def ref_of(value: object, where: str) -> str:
    """An id of the configuration or of an asset. Raises Refused."""
    words = text_of(value, where)
    if words and not SLUG.fullmatch(words):
        raise Refused(
            "wrong", "a `ref` or `zone` here is no id", "write the id as the configuration has it", where
        )
    return words


def day_of(value: object, where: str) -> str:
    """A day; `""`: nobody said. Raises Refused."""
    words = text_of(value, where)
    if not words:
        return ""
    try:
        day = date.fromisoformat(words)
        if day.isoformat() != words or not FIRST_YEAR <= day.year <= 2200:
            raise ValueError
    except ValueError:
        raise Refused("wrong", "this is no date", "write the day as 2026-08-14", where) from None
    return words


def number_of(value: object, low: float, high: float, what: str, where: str) -> float:
    """A number between two. Raises Refused."""
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        found = float(value)
        if not low <= found <= high:
            raise ValueError
    except (ValueError, OverflowError):
        raise Refused(
            "wrong", f"{what} is no number from {low:g} to {high:g}", "put it right", where
        ) from None
    return found


def ring_of(points: Sequence[Point]) -> tuple[Point, ...]:
    """A ring without its end that is its beginning, and without points twice."""
    found: list[Point] = []
    for x, y in points:
        one = centimetres(x, y)
        if not found or one != found[-1]:
            found.append(one)
    if len(found) > 1 and found[0] == found[-1]:
        found.pop()
    return tuple(found)


def words_of(told: dict[str, Any], where: str) -> dict[str, str]:
    """name, ref, zone and note of a feature. Raises Refused."""
    return {
        "name": text_of(told.get("name"), where),
        "ref": ref_of(told.get("ref"), where),
        "zone": ref_of(told.get("zone"), where),
        "note": text_of(told.get("note"), where),
    }
