"""What enters the journal of floor plans: which were taken in, for which levels and layers, and which count no more.

What they draw lies in the store, by its SHA-256; nothing of it, and no name, is here.
"""

from typing import ClassVar

from rules.model.values import dataclass

LayerDrawn = tuple[str, str, str, int]
"""(level, layer, verified, features). verified: the day somebody walked through and looked, ISO date; `""`: nobody said."""


@dataclass(frozen=True, slots=True)
class FloorplanTaken:
    """Layers of a file count from now on, each in the place of the layer of its level that was there.

    sha256: of the file as it came. plan: SHA-256 of what was read of it. format: svg, png, geojson, imdf.
    taken_us: when it was brought, UTC microseconds.
    """

    KIND: ClassVar[str] = "floorplan.taken/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    sha256: str
    plan: str
    format: str
    layers: tuple[LayerDrawn, ...]
    taken_us: int


@dataclass(frozen=True, slots=True)
class FloorplanRefused:
    """A file was not taken, and nothing of it is used. code: see `edge.floorplans.refusal.RefusalCode`."""

    KIND: ClassVar[str] = "floorplan.refused/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    code: str


@dataclass(frozen=True, slots=True)
class FloorplanDropped:
    """A layer of a level counts no more. layer `""`: the whole level."""

    KIND: ClassVar[str] = "floorplan.dropped/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    level: str
    layer: str


FloorplanFact = FloorplanTaken | FloorplanRefused | FloorplanDropped
