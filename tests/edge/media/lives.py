"""A life of the camera process within a test: real cameras, a real disk, and what it says over a real socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

from drivers.clock import instant
from drivers.simulators.camera import SimulatedCamera
from edge.media.messages import CameraSettings, Condition, File, Gone, Keep, Open, Up, up
from edge.media.process import Process
from tests.drivers.cameras.servers import LOOPS, settings

T = TypeVar("T", bound=Up)
GIB = 1 << 30


def of(name: str, url: str, *, lost_after_us: int = 5_000_000) -> CameraSettings:
    return CameraSettings(name, url, "", "", "", None, "own", lost_after_us, False)


def opened(store: Path, *cameras: CameraSettings, **other: object) -> Open:
    said: dict[str, object] = {
        "before_us": 3_000_000,
        "memory": 200_000_000,
        "disk": GIB,
        "reserve": 0,
        "drills_us": 3_600_000_000,
        "incidents_us": None,
        "district": False,
        "address": "127.0.0.1",
    }
    return Open(evidence=str(store), cameras=cameras, **{**said, **other})  # type: ignore[arg-type]


def keep(incident: str, *cameras: str, kind: str = "real", ago_us: int = 0) -> Keep:
    return Keep(incident, kind, instant().utc_us - ago_us, cameras)  # type: ignore[arg-type]


class Life:
    """The process and what it told."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.told: list[Up] = []
        self.takes = True
        """Whether what it tells is taken, as the daemon takes it."""
        self._stirred = asyncio.Event()

    def heard(self, message: Up) -> None:
        self.told.append(message)
        if self.takes and isinstance(message, File) and message.sha256:
            self.process._keeping.heard(message.name)
        self._stirred.set()

    def of(self, kind: type[T]) -> list[T]:
        return [one for one in self.told if isinstance(one, kind)]

    def files(self, *ends: str | None) -> list[File]:
        return [one for one in self.of(File) if one.end in ends]

    @property
    def gone(self) -> list[str]:
        return [one.name for one in self.of(Gone)]

    def condition(self, code: str) -> tuple[str, ...] | None:
        """What was said of it last; None: nothing, or that it is over."""
        last = [one for one in self.of(Condition) if one.code == code][-1:]
        return last[0].args if last and last[0].active else None

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self._stirred.clear()
                await self._stirred.wait()

    async def end(self) -> None:
        """As a process ends: by then nothing of it writes any more, and the folder is free. A disk that hangs is left."""
        await self.process.close()
        if not self.process._keeping._beginning_us:
            await self.process._keeping.close(60)

    async def until_held(self, name: str, held_us: int = 2_000_000) -> None:
        """Until so much of a camera's past is in its ring."""
        await self.until(lambda: self.process.cameras[name].ring.held_us >= held_us)


@contextlib.asynccontextmanager
async def life(first: Open) -> AsyncIterator[Life]:
    ours, theirs = socket.socketpair()
    reader, ours_writer = await asyncio.open_connection(sock=ours)
    _, writer = await asyncio.open_connection(sock=theirs)
    process = Process(first, writer)
    lives = Life(process)

    async def listen() -> None:
        while text := await reader.readline():
            lives.heard(up(text))

    listening = asyncio.create_task(listen())
    running = asyncio.create_task(process.run())
    await process.open(first)
    try:
        yield lives
    finally:
        await lives.end()
        for task in (running, listening):
            task.cancel()
        await asyncio.gather(running, listening, return_exceptions=True)
        for one in (writer, ours_writer):
            one.transport.abort()
            with contextlib.suppress(ConnectionError):
                await one.wait_closed()


@contextlib.asynccontextmanager
async def cameras(count: int = 1) -> AsyncIterator[list[SimulatedCamera]]:
    made = [SimulatedCamera({"/main": settings("h264")}, LOOPS, seed=1 + number) for number in range(count)]
    for one in made:
        await one.start()
    try:
        yield made
    finally:
        for one in made:
            await one.stop()
