"""The appliance as the local socket sees it: questions answered from memory, requests handed to the inbox."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drivers.clock import instant
from edge.control.desk import Make, Reply
from edge.control.rows import row, wanted
from edge.snapshot import snapshot
from rules.model.ids import Actor, IncidentId

if TYPE_CHECKING:
    from edge.daemon import Daemon

BATCH: Final = 200


class FrontDesk:
    """An `edge.control.desk.Desk`. Belongs to the loop's thread."""

    def __init__(self, daemon: "Daemon") -> None:
        self._daemon = daemon

    def snapshot(self) -> dict[str, Any]:
        """The live picture of now."""
        appliance = self._daemon.appliance
        return snapshot(appliance.plan, appliance.state, instant(), self._daemon.box)

    async def submit(self, actor: Actor, make: Make) -> Reply:
        """Hand one request in; told once it is durable, or once the disk took nothing for 1 s."""
        request, waiting = self._daemon.answers.expect()
        self._daemon.appliance.emit(make(instant(), request, actor))
        return await asyncio.shield(waiting)

    async def leave_safe_mode(self, actor: Actor) -> Reply:
        """Go back to the configured file, as a reload would."""
        if self._daemon.mode != "safe":
            return Reply(False, "not_in_safe_mode")
        self._daemon.leave_safe_mode()
        return Reply(True)

    async def verify_journal(self, rebuild: bool) -> dict[str, Any]:
        """The chain checked while it grows."""
        from edge.journal.live_verify import verify_live

        return await verify_live(self._daemon.journal, self._daemon.store, rebuild=rebuild)

    async def rows(self, incident: str | None) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """The events of one incident, or those that open, raise or close any."""
        after: tuple[str, int] | None = None
        while batch := await self._daemon.journal.read(after, BATCH):
            yield [row(event) for event in batch if wanted(event, incident)]
            after = batch[-1].position

    async def export(self, incident: str, redact: bool) -> Path:
        """The record of one incident as a file. Raises KeyError for one that is not in the record."""
        from edge.journal.export import export_live

        return await export_live(
            self._daemon.journal, self._daemon.store, IncidentId(incident), redact=redact
        )
