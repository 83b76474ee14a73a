"""What a film shows at one moment: the cuts up to there, one on top of the other. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from edge.tabletop.messages import DoorCut, Film, IncidentCut
from rules.model.verdicts import SECURED

LAST_ROWS: Final = 240
"""Of the timeline, shown at once; the whole of it is in the record."""


class Shown:
    """Kept from one look to the next, so that a film that plays on is not begun anew each time."""

    def __init__(self, film: Film) -> None:
        self.film = film
        self._begin()

    def _begin(self) -> None:
        self.count = 0
        self.zones: dict[str, str] = {}
        self.doors: dict[str, DoorCut] = {}
        self.outputs: Sequence[str] = ()
        self.incidents: Sequence[IncidentCut] = ()
        self.rooms: dict[str, tuple[str, int | None]] = {}

    def to(self, at_ms: int) -> None:
        """Show this moment."""
        cuts = self.film.cuts
        if self.count and cuts[self.count - 1].at_ms > at_ms:
            self._begin()
        while self.count < len(cuts) and cuts[self.count].at_ms <= at_ms:
            cut = cuts[self.count]
            self.count += 1
            if cut.zones is not None:
                self.zones = cut.zones
            if cut.outputs is not None:
                self.outputs = cut.outputs
            if cut.incidents is not None:
                self.incidents = cut.incidents
            self.doors.update(cut.doors)
            self.rooms.update(cut.rooms)

    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """The last rows up to this moment, the oldest first, each with its time since the first moment."""
        first = max(0, self.count - LAST_ROWS)
        return [
            (self.film.cuts[place].at_ms, msgspec.json.decode(self.film.rows[place]))
            for place in range(first, self.count)
        ]

    def told(self) -> dict[str, DoorCut]:
        """The doors that were told anything."""
        return {door: its for door, its in self.doors.items() if its.order}


def is_secured(door: DoorCut) -> bool:
    """Whether sensors read after the command proved it."""
    return door.verdict in SECURED
