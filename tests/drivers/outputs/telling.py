"""A route that runs, notices as the interlock seals them, and what the route says of each."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from drivers.outputs.route import Route, Wording
from rules.model.events import Event
from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import REAL, Switching
from rules.model.notices import Notice, NoticeEnded
from rules.model.responses import Response
from rules.model.seal import SEAL

OUTPUT = OutputId("route")
LOCKDOWN = Wording(
    "LOCKDOWN · Building A", "Lockdown in Building A.\nLocks, lights, out of sight.\n", "LOCKDOWN A"
)


def notice(
    number: int = 7,
    *,
    id: int = 1,
    zone: str = "a",
    kind: Switching = REAL,
    response: Response | None = "lockdown",
    incident: str = "inc-3",
) -> Notice:
    return Notice(NoticeId(id), OUTPUT, IncidentId(incident), kind, response, ZoneId(zone), number, SEAL)


class Told:
    """What a running route says of each notice."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.ended: list[NoticeEnded] = []
        self._more = asyncio.Event()

    def emit(self, event: Event) -> None:
        assert isinstance(event, NoticeEnded)
        self.ended.append(event)
        self._more.set()

    async def of(self, one: Notice, wording: Wording = LOCKDOWN) -> tuple[str, str, int, int]:
        """Hand a notice in and wait: outcome, code, told, of."""
        self._route.tell(one, wording)
        return await self.end(one)

    async def end(self, one: Notice) -> tuple[str, str, int, int]:
        def found() -> bool:
            return any(end.notice == one.id for end in self.ended)

        await self.until(found)
        end = next(end for end in self.ended if end.notice == one.id)
        return end.outcome, end.code, end.told, end.of

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self._more.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await self._more.wait()


@contextlib.asynccontextmanager
async def running(route: Route) -> AsyncIterator[Told]:
    told = Told(route)
    task = asyncio.create_task(route.run(told.emit))
    try:
        yield told
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def certificate(folder: Path, host: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate that signed itself, and its key."""
    key, cert = folder / "server.key", folder / "server.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", str(key), "-out", str(cert), "-subj", "/CN=test", "-addext", f"subjectAltName={host}",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, cert
