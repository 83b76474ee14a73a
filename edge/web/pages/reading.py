"""The journal's rows of an incident, read forward from where it opened, each once. Belongs to the loop's thread."""

import asyncio
from typing import Any, Final

from edge.control.rows import row, wanted
from edge.journal.writer import JournalRefused
from edge.views.pages import incident
from edge.web.office import Office

BATCH: Final = 200
BEFORE: Final = 20
"""Events before the opening one that are looked at too: the press that opened it stands there."""
MOST_KEPT: Final = 8
"""Incidents whose rows are remembered."""


class Reading:
    """One incident. A reading that is broken off goes on where it was."""

    def __init__(self, office: Office, of: str) -> None:
        self._office = office
        self._of = of
        self._rows: list[dict[str, Any]] = []
        self._begun = False
        self._place: tuple[str, int] | None = None
        self._one = asyncio.Lock()

    async def rows(self) -> list[dict[str, Any]]:
        """All of them by now, the oldest first. Raises JournalRefused, KeyError, OSError."""
        async with self._one:
            if not self._begun:
                self._place = await self._opening()
                self._begun = True
            while batch := await self._behind():
                self._rows += [row(event) for event in batch if wanted(event, self._of)]
                self._place = batch[-1].position
            return list(self._rows)

    async def _opening(self) -> tuple[str, int] | None:
        try:
            found = await self._office.views(lambda views: incident(views, self._of))
        except JournalRefused:
            # Without the views the journal is read from its start.
            return None
        return None if found is None else (str(found["epoch"]), int(str(found["seq"])) - BEFORE)

    async def _behind(self) -> Any:
        try:
            return await self._office.events(self._place, BATCH)
        except KeyError:
            # The journal was replaced.
            self._rows, self._place = [], None
            return await self._office.events(None, BATCH)


class Readings:
    """The incidents that were looked at last."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._known: dict[str, Reading] = {}

    def of(self, incident_id: str) -> Reading:
        """One incident's reading, begun before or not."""
        found = self._known.pop(incident_id, None) or Reading(self._office, incident_id)
        while len(self._known) >= MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._known[incident_id] = found
        return found
