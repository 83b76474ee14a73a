"""The real camera process, driven over its own sockets as `edge/cameras.py` drives it, with the time of all that it says."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from drivers.child import Child
from drivers.lines import line
from edge.bench.children import Lost
from edge.cameras import TERMS
from edge.media.messages import Beat, CameraSettings, Down, Figures, File, Open, Standing, Up

START_S: Final = 20.0
LIMIT_US: Final = 2_000_000
"""Without a picture for so long a camera is lost; the product's default."""
GIGA: Final = 1_000_000_000


def opened(
    folder: Path, urls: Sequence[str], *, before_us: int = 30_000_000, subs: Sequence[str] = ()
) -> Open:
    """What the daemon would send for these cameras."""
    cameras = tuple(
        CameraSettings(
            id=name(number),
            url=url,
            sub_url=subs[number] if subs else "",
            user="",
            password="",
            transport="tcp",
            engine="own",
            lost_after_us=LIMIT_US,
            audio=False,
        )
        for number, url in enumerate(urls)
    )
    return Open(
        evidence=str(folder),
        cameras=cameras,
        before_us=before_us,
        memory=GIGA,
        disk=50 * GIGA,
        reserve=0,
        drills_us=86_400_000_000,
        incidents_us=None,
        district=False,
        address="127.0.0.1",
    )


def name(number: int) -> str:
    """A camera's id."""
    return f"cam-{number:02}"


class Driven:
    """One life of the process. Times are microseconds of CLOCK_MONOTONIC at which a message was read here."""

    def __init__(self, child: Child[Up]) -> None:
        self._child = child
        self._stirred = asyncio.Event()
        self.ended = ""
        self.figures: dict[str, Figures] = {}
        self.turns: list[tuple[int, Standing]] = []
        self.files: list[tuple[int, File]] = []
        self._watching = asyncio.create_task(self._watch(), name="the camera process")

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.process.pid

    def say(self, message: Down) -> None:
        """To the process."""
        self._child.write(line(message))

    def is_up(self, camera: str) -> bool:
        """As it was told last."""
        return next((one.up for _, one in reversed(self.turns) if one.camera == camera), False)

    def turned(self, camera: str, since_us: int, *, up: bool) -> int | None:
        """When it was first told up (or lost) at or after a moment; None: not yet."""
        told = (at for at, one in self.turns if at >= since_us and one.camera == camera and one.up is up)
        return next(told, None)

    async def until(self, what: str, holds: Callable[[], bool], within_s: float = START_S) -> None:
        """Until something that it says makes this hold. Raises Lost."""
        try:
            async with asyncio.timeout(within_s):
                while not holds():
                    if self.ended:
                        raise Lost(f"the camera process ended: {self.ended}")
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            raise Lost(f"not within {within_s:.0f} s: {what}") from None

    async def until_turned(self, camera: str, since_us: int, *, up: bool, within_s: float) -> int:
        """When it was told, in microseconds of CLOCK_MONOTONIC. Raises Lost."""
        words = f"{camera} told {'up' if up else 'lost'}"
        await self.until(words, lambda: self.turned(camera, since_us, up=up) is not None, within_s)
        at = self.turned(camera, since_us, up=up)
        if at is None:
            raise Lost(words)
        return at

    async def end(self) -> None:
        """Now."""
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await self._child.end()

    async def _watch(self) -> None:
        self.ended = await self._child.watch(self._heard)
        self._stirred.set()

    def _heard(self, message: Up) -> None:
        match message:
            case Beat():
                return
            case Standing():
                self.turns.append((now_us(), message))
            case Figures():
                self.figures[message.camera] = message
            case File():
                self.files.append((now_us(), message))
            case _:
                return
        self._stirred.set()


@contextlib.asynccontextmanager
async def driven(opening: Open) -> AsyncIterator[Driven]:
    """A camera process that was told its cameras; ended with the block."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            child = await Child.start(TERMS, str(theirs.fileno()), files=(theirs.fileno(),))
        found = Driven(child)
        try:
            found.say(opening)
            yield found
        finally:
            await found.end()


def now_us() -> int:
    """CLOCK_MONOTONIC."""
    return time.monotonic_ns() // 1_000
