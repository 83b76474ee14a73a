"""`campus-edge hub`: brings the schema up to date, then keeps so many processes of the hub alive on one port."""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog

from edge import notify
from edge.hub.database import Database, migrate
from edge.hub.enrolment import key_in, own_key
from edge.hub.process import LEAVE_S, Settings, bound, tls

FIRST_S: Final = 0.25
"""Until a process that served is started again; one that did not come so far waits longer each time."""
LONGEST_S: Final = 15.0
AFTER_S: Final = LEAVE_S + 10.0
"""For a process to end; then it is killed."""

TRIES: Final = 3
"""At the start: whoever started it is told. One that listened once is tried for ever."""

log = structlog.get_logger()


class DidNotBegin(Exception):
    """The text says what to look at."""


async def serve(settings: Settings, processes: int, said: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT. said: is told where it listens, once every process does.

    Raises DidNotBegin, NotOurs, KeyRefused, OSError, ssl.SSLError and what the database raises where it cannot begin.
    """
    loop = asyncio.get_running_loop()
    ends = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, ends.set)
    context = tls(settings)
    key = key_in(Path(settings.keys))
    # Bound and not listening: the port is ours from here on, and it is known where any was asked for.
    with bound(settings.host, settings.port) as place:
        settings = msgspec.structs.replace(settings, port=place.getsockname()[1])
        await migrate(settings.database)
        database = await Database.open(settings.database, 1)
        try:
            await own_key(database, key)
        finally:
            await database.close()
        children = [Child(settings, number) for number in range(1, processes + 1)]
        loop.add_signal_handler(signal.SIGHUP, _renew, children)
        tasks = [asyncio.create_task(one.keep(), name=f"process {one.number}") for one in children]
        try:
            await _either(ends, *(one.begun for one in children))
            if not all(one.ready for one in children) and not ends.is_set():
                raise DidNotBegin("Its processes end before they listen; what they logged says why.")
            if not ends.is_set():
                host = f"[{settings.host}]" if ":" in settings.host else settings.host
                where = f"{'http' if context is None else 'https'}://{host}:{settings.port}"
                said(f"{where}, {processes} process{'' if processes == 1 else 'es'}")
                notify.ready(f"listening on {where}")
                await ends.wait()
        finally:
            await asyncio.gather(*(one.end() for one in children))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _renew(children: Sequence["Child"]) -> None:
    for one in children:
        one.renew()


async def _either(ends: asyncio.Event, *ready: asyncio.Event) -> None:
    async def all_ready() -> None:
        for one in ready:
            await one.wait()

    waits = [asyncio.create_task(ends.wait()), asyncio.create_task(all_ready())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        one.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


class Child:
    """One process of the hub, started again whenever it ends."""

    def __init__(self, settings: Settings, number: int) -> None:
        self.number = number
        self.ready = False
        """It listened once."""
        self.begun = asyncio.Event()
        """It did, or it has tried for long enough."""
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False

    async def keep(self) -> None:
        """Keep it alive, until `end`."""
        waits_s, tries = FIRST_S, 0
        while True:
            code, listened = await self._run()
            tries += 1
            if self._ending:
                return
            if tries == TRIES:
                self.begun.set()
            waits_s = FIRST_S if listened else min(LONGEST_S, 2 * waits_s)
            log.error(
                "a process of the hub ended and is started again",
                number=self.number,
                code=code,
                waits_s=waits_s,
            )
            await asyncio.sleep(waits_s)

    async def _run(self) -> tuple[int, bool]:
        """How it ended, and whether it listened before."""
        listened = False
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "edge.hub.process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None  # noqa: S101  # it was asked for
        assert process.stdout is not None  # noqa: S101  # it was asked for
        process.stdin.write(msgspec.json.encode(self._settings) + b"\n")
        while line := await process.stdout.readline():
            if line == b"ready\n":
                self.ready = listened = True
                self.begun.set()
                log.info("a process of the hub listens", number=self.number, pid=process.pid)
        return await process.wait(), listened

    def renew(self) -> None:
        """Its certificate's files were replaced."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    async def end(self) -> None:
        """Have it finish what it takes, and wait for that."""
        self._ending = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(AFTER_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
