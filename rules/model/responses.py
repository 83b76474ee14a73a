"""The nine responses a campus knows, and what a press may ask for."""

from typing import Literal

from rules.model.ids import ZoneId
from rules.model.values import dataclass

Response = Literal[
    "hold-in-place",
    "secure",
    "lockdown",
    "evacuate",
    "shelter",
    "fire",
    "medical",
    "duress",
    "staff-assist",
]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a gesture asks for: a response and the zone it holds in (with all zones below)."""

    response: Response
    zone: ZoneId
