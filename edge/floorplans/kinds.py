"""What may stand on a map: each kind with its layer, the letters that mark it, and the words for it."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from rules.model.values import dataclass

LayerName = Literal["backdrop", "rooms", "doors", "cameras", "safety", "utilities", "places"]
LAYERS: Final[tuple[LayerName, ...]] = get_args(LayerName)
"""In the order in which they are drawn: what lies above the others last. backdrop: a picture and nothing else."""
Form = Literal["point", "area", "line"]
Mark = Literal["", "door", "box", "camera", "round", "command"]
Listed = Literal["", "door", "camera", "asset"]


@dataclass(frozen=True, slots=True)
class Kind:
    """letters: what marks it, readable in black and white. word: English, in the catalogue of the page.

    listed: where each thing of it has to stand in the inventory as well: among the configured doors or cameras, or among
    the assets, of one of the types `types`; `""`: nowhere, for it is a place, or others own it.
    """

    layer: LayerName
    form: Form
    word: str
    letters: str = ""
    mark: Mark = ""
    listed: Listed = ""
    types: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    "grounds": Kind("rooms", "area", "grounds"),
    "building": Kind("rooms", "area", "building"),
    "room": Kind("rooms", "area", "room"),
    "corridor": Kind("rooms", "area", "hallway"),
    "stair": Kind("rooms", "area", "stairs", "ST"),
    "elevator": Kind("rooms", "area", "elevator", "EL"),
    "wall": Kind("rooms", "line", "wall"),
    "exterior-door": Kind("doors", "point", "exterior door", "", "door", "door"),
    "door": Kind("doors", "point", "door", "", "door", "door"),
    "camera": Kind("cameras", "point", "camera", "CAM", "camera", "camera"),
    "aed": Kind("safety", "point", "AED", "AED", "box", "asset", ("aed",)),
    "trauma-kit": Kind(
        "safety", "point", "trauma kit", "TK", "box", "asset", ("trauma-kit", "bleeding-control")
    ),
    "extinguisher": Kind("safety", "point", "fire extinguisher", "FE", "box", "asset", ("extinguisher",)),
    "gas-shut-off": Kind("utilities", "point", "gas shut-off", "GAS", "box", "asset", ("gas-shut-off",)),
    "water-shut-off": Kind(
        "utilities", "point", "water shut-off", "WTR", "box", "asset", ("water-shut-off",)
    ),
    "power-shut-off": Kind(
        "utilities", "point", "power shut-off", "PWR", "box", "asset", ("power-shut-off",)
    ),
    "air-shut-off": Kind(
        "utilities", "point", "ventilation shut-off", "AIR", "box", "asset", ("air-shut-off",)
    ),
    "panel": Kind("utilities", "point", "alarm panel", "FAP", "box", "asset", ("panel", "fire-alarm-panel")),
    "riser": Kind("utilities", "point", "sprinkler riser", "SPR", "box", "asset", ("riser",)),
    "generator": Kind("utilities", "point", "generator", "GEN", "box", "asset", ("generator",)),
    "key-box": Kind("utilities", "point", "key box", "KEY", "box", "asset", ("key-box",)),
    "hydrant": Kind("utilities", "point", "hydrant", "HYD", "round"),
    "assembly": Kind("places", "point", "assembly point", "A", "round"),
    "reunification": Kind("places", "point", "reunification point", "R", "round"),
    "staging": Kind("places", "point", "staging area", "S", "round"),
    "command": Kind("places", "point", "command post", "CP", "command"),
    "media": Kind("places", "point", "media point", "M", "round"),
}
AREAS: Final = ("room", "stair", "elevator", "corridor", "building", "grounds")
"""Of areas that hold a point, which of them it is said to be in: the first."""
