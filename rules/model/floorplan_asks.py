"""What is asked of the book about floor plans: a process has read and kept them already."""

from typing import ClassVar

from rules.model.floorplan_facts import LayerDrawn
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class TakeFloorplan:
    """Have the layers of a file count. See `rules.model.floorplan_facts.FloorplanTaken`."""

    VERB: ClassVar[str] = "floorplan.take"
    sha256: str
    plan: str
    format: str
    layers: tuple[LayerDrawn, ...]


@dataclass(frozen=True, slots=True)
class RefuseFloorplan:
    """Record that a file was not taken, and why."""

    VERB: ClassVar[str] = "floorplan.refuse"
    code: str


@dataclass(frozen=True, slots=True)
class DropFloorplan:
    """Have a layer, or with `""` a whole level, count no more."""

    VERB: ClassVar[str] = "floorplan.drop"
    level: str
    layer: str = ""


FloorplanAsk = TakeFloorplan | RefuseFloorplan | DropFloorplan
