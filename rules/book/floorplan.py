"""What rules know of a floor plan."""

from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """A layer of a level. taken_us: when its file was brought; said_us: when that was last entered."""

    sha256: str
    plan: str
    format: str
    verified: str
    features: int
    taken_us: int
    said_us: int
