"""How soon a camera is told lost, whatever happened to it, and how soon it is live again."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.bench.cameras.driven import LIMIT_US, Driven, driven, name, now_us, opened
from edge.bench.cameras.part import Part
from edge.bench.cameras.peers import SMALL, Simulated, simulated
from edge.bench.cameras.wire import dropped
from edge.bench.children import Lost
from edge.simulated.addresses import spare_port

CLOSED_MS: Final = 100.0
SILENT_MS: Final = LIMIT_US / 1e3 + 300
LIVED_MS, RESTARTED_MS = 1_000.0, 3_000.0
"""Back to live: where the connection lived, and after a restart or a lost connection (reference, section 8)."""
WITHIN_S: Final = 15.0
APART_S: Final = 0.17
"""From one camera's fault to the next one's: at another moment between two pictures each time."""
STAYS_S: Final = 0.6
"""How long a fault stays once it was told: the process tells of one that flutters twice a second at most."""


@dataclass(slots=True)
class _Camera:
    """One camera in a process of its own. back_us: when it could be live again."""

    name: str
    port: int
    folder: Path
    peer: Simulated
    stack: contextlib.ExitStack
    pid: int = 0
    back_us: int = 0

    def end(self) -> None:
        """Whichever of its processes runs."""
        self.stack.close()

    def start(self) -> None:
        """Anew, at the same port."""
        self.stack = contextlib.ExitStack()
        self.peer = self.stack.enter_context(simulated(self.folder, SMALL, port=self.port))


@asynccontextmanager
async def _killed(camera: _Camera) -> AsyncIterator[None]:
    camera.peer.signal(signal.SIGKILL)
    yield
    await asyncio.to_thread(camera.end)
    await asyncio.to_thread(camera.start)
    camera.back_us = now_us()


@asynccontextmanager
async def _stopped(camera: _Camera) -> AsyncIterator[None]:
    camera.peer.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        camera.peer.signal(signal.SIGCONT)
        camera.back_us = now_us()


@asynccontextmanager
async def _media(camera: _Camera) -> AsyncIterator[None]:
    camera.peer.order(0, "media_stopped")
    yield
    camera.peer.order(0, "none")
    camera.back_us = now_us()


@asynccontextmanager
async def _dropped(camera: _Camera) -> AsyncIterator[None]:
    with dropped(camera.pid, camera.port):
        yield
    camera.back_us = now_us()


@dataclass(frozen=True, slots=True)
class _Fault:
    says: str
    breaks: Callable[[_Camera], AbstractAsyncContextManager[None]]
    lost_ms: float
    back_ms: float
    apart: bool = False
    """One after the other: ten Pythons that start at once would be measured with it."""


FAULTS: Final = (
    _Fault("socket closed (SIGKILL)", _killed, CLOSED_MS, RESTARTED_MS, apart=True),
    _Fault("camera stopped (SIGSTOP)", _stopped, SILENT_MS, LIVED_MS),
    _Fault("media frozen, RTSP alive", _media, SILENT_MS, LIVED_MS),
    _Fault("packets dropped", _dropped, SILENT_MS, RESTARTED_MS),
)


def lost(tries: int, folder: Path) -> Part:
    """Every fault at so many cameras, each in a process of its own."""
    part = Part(
        "lost", f"{tries} cameras, limit {LIMIT_US / 1e6:g} s; each broken and mended once by every fault"
    )
    part.head("ms from the fault to lost, from its end to live")
    try:
        asyncio.run(_all(tries, folder, part))
    except Lost as err:
        part.broken_off = str(err)
    return part


async def _all(tries: int, folder: Path, part: Part) -> None:
    with contextlib.ExitStack() as stack:
        cameras = []
        for number in range(tries):
            there = folder / f"lost-{number}"
            there.mkdir()
            own = contextlib.ExitStack()
            peer = own.enter_context(simulated(there, SMALL, port=spare_port()))
            port = urlsplit(peer.urls[0]).port or 0
            cameras.append(_Camera(name(number), port, there, peer, own))
            stack.callback(cameras[-1].end)
        urls = [one.peer.urls[0] for one in cameras]
        async with driven(opened(folder / "evidence", urls, before_us=5_000_000)) as process:
            await process.until("every camera up", lambda: all(process.is_up(one.name) for one in cameras))
            for fault in FAULTS:
                try:
                    await _each(fault, cameras, process, part)
                except Lost as err:
                    if fault.breaks is not _dropped or process.ended:
                        raise
                    part.skipped.append(f"{fault.says}: {err}")


async def _each(fault: _Fault, cameras: list[_Camera], process: Driven, part: Part) -> None:
    await asyncio.sleep(STAYS_S)
    turn = asyncio.Semaphore(1 if fault.apart else len(cameras))
    tries = (_try(fault, one, process, APART_S * number, turn) for number, one in enumerate(cameras))
    found = await asyncio.gather(*tries)
    for what, values, wanted in (
        (f"{fault.says}: lost", [one for one, _ in found], fault.lost_ms),
        (f"{fault.says}: live again", [one for _, one in found], fault.back_ms),
    ):
        part.spread(what, values)
        part.at_most(f"ms, {what}", max(values), wanted)


async def _try(
    fault: _Fault, camera: _Camera, process: Driven, after_s: float, turn: asyncio.Semaphore
) -> tuple[float, float]:
    """(ms to lost, ms to live again)."""
    await asyncio.sleep(after_s)
    camera.pid = process.pid
    async with turn, fault.breaks(camera):
        began = now_us()
        told = await process.until_turned(camera.name, began, up=False, within_s=WITHIN_S)
        await asyncio.sleep(STAYS_S)
    again = await process.until_turned(camera.name, told, up=True, within_s=WITHIN_S)
    # The socket's buffer may hold a picture that came before it was mended in our eyes.
    return (told - began) / 1e3, max(0.0, (again - camera.back_us) / 1e3)
