"""Who waits for directives, and what wakes them: PostgreSQL tells every process of the hub what one of them wrote."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import asyncpg
import structlog

from edge.hub.access import REVOKED
from edge.hub.database import Connection, Database
from edge.hub.directives import CHANNEL

AGAIN_S: Final = 1.0
LOOK_S: Final = 10.0
"""Whether the connection still lives; a notice may have been lost with it, so everybody looks again after a new one."""
PATIENCE_S: Final = 5.0

log = structlog.get_logger()


class Waiting:
    """Those who wait, by campus. Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._of: dict[str, set[asyncio.Event]] = {}
        self.count = 0

    @contextmanager
    def of(self, campus: str) -> Iterator[asyncio.Event]:
        """One more, from now on: an event that is set when there is something to look for."""
        woken = asyncio.Event()
        self._of.setdefault(campus, set()).add(woken)
        self.count += 1
        try:
            yield woken
        finally:
            self.count -= 1
            own = self._of[campus]
            own.discard(woken)
            if not own:
                del self._of[campus]

    def wake(self, campus: str) -> None:
        for one in self._of.get(campus, ()):
            one.set()

    def wake_all(self) -> None:
        for own in self._of.values():
            for one in own:
                one.set()


async def listen(
    database: Database,
    url: str,
    waiting: Waiting,
    learn: Callable[[], Awaitable[None]],
    patience_s: float = LOOK_S,
) -> None:
    """For as long as the process runs. learn: read again what ended and who is enrolled."""
    while True:
        try:
            await _session(database, url, waiting, learn, patience_s)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as err:
            log.warning("the hub hears nothing from PostgreSQL", error=str(err))
        await asyncio.sleep(AGAIN_S)


async def _session(
    database: Database, url: str, waiting: Waiting, learn: Callable[[], Awaitable[None]], look_s: float
) -> None:
    connection = await database.listener(url)
    told = asyncio.Event()

    def directive(_: Connection, __: int, ___: str, campus: object) -> None:
        waiting.wake(str(campus))

    def ended(_: Connection, __: int, ___: str, ____: object) -> None:
        told.set()

    try:
        connection.add_termination_listener(lambda _: told.set())
        await connection.add_listener(CHANNEL, directive)
        await connection.add_listener(REVOKED, ended)
        waiting.wake_all()
        while True:
            told.clear()
            await learn()
            with suppress(TimeoutError):
                async with asyncio.timeout(look_s):
                    await told.wait()
            await connection.execute("SELECT 1", timeout=PATIENCE_S)
    finally:
        connection.terminate()
