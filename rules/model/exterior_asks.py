"""What persons ask about the weekly sweep of exterior doors. See `book_asks`."""

from typing import ClassVar

from rules.model.ids import DoorId
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class SignSweep:
    """Explain what a week's sweep found at these doors. week: its Monday. person: who signs, by name."""

    VERB: ClassVar[str] = "sweep.sign"
    week: str
    doors: tuple[DoorId, ...]
    reason: str
    person: str
