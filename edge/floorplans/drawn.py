"""A floor plan as it was read: levels, layers, features; and how it lies in the store. Pure.

Metres, x to the east and y to the south, from the place that is zero: true north is up. See `edge.floorplans.placing`.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from edge.floorplans.kinds import Form, LayerName

VERSION: Final = 1
LARGEST: Final = 32 * 1_048_576
"""Bytes of what is read of a file, as it lies in the store."""
MOST_LEVELS: Final = 40
FARTHEST_M: Final = 20_000.0
LONGEST_TEXT: Final = 100

Format = Literal["svg", "png", "geojson", "imdf"]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Code = Annotated[str, Meta(max_length=64)]
Date = Annotated[str, Meta(max_length=10)]
Metres = Annotated[float, Meta(ge=-FARTHEST_M, le=FARTHEST_M)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Point = tuple[float, float]
LonLat = tuple[Annotated[float, Meta(ge=-180, le=180)], Annotated[float, Meta(ge=-90, le=90)]]


class Limits(Struct, frozen=True):
    """What one file may be and draw: `policies.floorplans`. file_mb: of an SVG, PNG or GeoJSON; an archive twice as much."""

    file_mb: int = 16
    things: int = 20_000
    points: int = 400_000

    @property
    def file_bytes(self) -> int:
        """Of a drawing, and of a member of an archive."""
        return self.file_mb * 1_048_576

    @property
    def archive_bytes(self) -> int:
        """Of an archive as it comes; unpacked it is half as much again."""
        return 2 * self.file_bytes

    @property
    def elements(self) -> int:
        """Of an SVG, drawn or not."""
        return 5 * self.things


class Feature(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing. kind: of `KINDS`. points: one for a point, the ring of an area (not closed), or those of a line.

    name: as it is signed on site; of an exterior door its number. ref: the id of the configured door or camera, or of the
    asset. zone: of the configuration, for an area.
    """

    kind: Code
    form: Form
    points: tuple[tuple[Metres, Metres], ...]
    name: Text = ""
    ref: Code = ""
    zone: Code = ""
    note: Text = ""


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture behind all else. sha256: of the PNG in the store. x, y: where its upper left corner lies.

    wide, high: pixels; scale: metres of one; north: which way its upper edge looks, degrees clockwise from true north.
    """

    sha256: Digest
    wide: Annotated[int, Meta(ge=1, le=20_000)]
    high: Annotated[int, Meta(ge=1, le=20_000)]
    x: Metres
    y: Metres
    scale: Annotated[float, Meta(gt=0, le=1_000)]
    north: Annotated[float, Meta(ge=-360, le=360)]


class Layer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """verified: the day on which somebody walked through and looked (ISO date); `""`: nobody said. by: who."""

    name: LayerName
    verified: Date = ""
    by: Text = ""
    features: tuple[Feature, ...] = ()
    picture: Picture | None = None


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """id: a slug. ordinal: 0 is the ground."""

    id: Code
    name: Text
    ordinal: Annotated[int, Meta(ge=-20, le=200)]
    layers: tuple[Layer, ...]


class Grid(Struct, frozen=True, forbid_unknown_fields=True):
    """Cells from the place that is zero: letters along its first axis, numbers along the second.

    cell: metres. bearing: degrees clockwise from north to the side of the grid that is its top. said: whether a file or a
    person said so, and not we.
    """

    cell: Annotated[float, Meta(ge=1, le=1_000)]
    bearing: Annotated[float, Meta(ge=-360, le=360)] = 0.0
    said: bool = False


class Drawn(Struct, frozen=True, forbid_unknown_fields=True):
    """What was read of one file. sha256: of the file as it came. zero: where on Earth its zero lies; None: nobody said.

    left: what was not taken, by what it is, with how many.
    """

    version: Annotated[int, Meta(ge=1, le=VERSION)]
    sha256: Digest
    format: Format
    levels: Annotated[tuple[Level, ...], Meta(max_length=MOST_LEVELS)]
    grid: Grid | None = None
    zero: LonLat | None = None
    left: dict[str, int] = {}


class Unsound(Exception):
    """It is none of ours, or damaged."""


class _DrawnShell(Struct, forbid_unknown_fields=True):
    """A plan whose levels are still as they were written; so are a level's layers and a layer's features below."""

    version: Annotated[int, Meta(ge=1, le=VERSION)]
    sha256: Digest
    format: Format
    levels: Annotated[list[msgspec.Raw], Meta(max_length=MOST_LEVELS)]
    grid: Grid | None = None
    zero: LonLat | None = None
    left: dict[str, int] = {}


class _LevelShell(Struct, forbid_unknown_fields=True):
    id: Code
    name: Text
    ordinal: Annotated[int, Meta(ge=-20, le=200)]
    layers: list[msgspec.Raw]


class _LayerShell(Struct, forbid_unknown_fields=True):
    name: LayerName
    verified: Date = ""
    by: Text = ""
    features: msgspec.Raw = msgspec.Raw(b"[]")
    picture: Picture | None = None


_feature: Final = msgspec.json.Decoder(Feature)
_features: Final = msgspec.json.Decoder(list[msgspec.Raw])
_shell: Final = msgspec.json.Decoder(_DrawnShell)
_level: Final = msgspec.json.Decoder(_LevelShell)
_layer: Final = msgspec.json.Decoder(_LayerShell)


def written(drawn: Drawn) -> bytes:
    """As it lies in the store."""
    return msgspec.json.encode(drawn)


def read(data: bytes) -> Drawn:
    """The other way. Raises Unsound.

    Feature by feature: what decodes a million points in one call keeps every other thread of the box waiting for a second.
    """
    if len(data) > LARGEST:
        raise Unsound("it is too large")
    try:
        whole = _shell.decode(data)
        levels = []
        for one in whole.levels:
            level = _level.decode(one)
            layers = []
            for each in level.layers:
                layer = _layer.decode(each)
                features = tuple(_feature.decode(thing) for thing in _features.decode(layer.features))
                layers.append(Layer(layer.name, layer.verified, layer.by, features, layer.picture))
            levels.append(Level(level.id, level.name, level.ordinal, tuple(layers)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as err:
        raise Unsound(str(err)[:200]) from None
    found = tuple(levels)
    return Drawn(whole.version, whole.sha256, whole.format, found, whole.grid, whole.zero, whole.left)
