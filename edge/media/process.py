"""The camera process: `python -m edge.media.process FD`, started and watched by `edge/cameras.py`.

Descriptor 0 is the socket for messages, FD the one over which viewers' own sockets come. It ends with the daemon. What
cameras send is read here and in this process's own children, and nowhere else.
"""

import asyncio
import contextlib
import os
import resource
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from drivers.cameras.gathering import GatheringLoop
from drivers.clock import instant
from drivers.confined import confine
from drivers.lines import Lines, Unreadable, line
from edge.media.asking import Doors
from edge.media.attempts import Attempts
from edge.media.camera import Camera, Shared
from edge.media.clock import utc
from edge.media.keeping import Keeping
from edge.media.looking import Looking
from edge.media.looks import Looks
from edge.media.messages import (
    LONGEST_DOWN,
    Beat,
    Condition,
    Down,
    Heard,
    Keep,
    Learn,
    Open,
    Over,
    Standing,
    Up,
    down,
)
from edge.media.onvif import Onvif
from edge.media.picture import Judge
from edge.media.remembered import References, Remembered
from edge.media.ring import Budget
from edge.settling import settle_memory

BEAT_S: Final = 0.4
"""Five within the time after which it counts as hung; each wakes two processes, which a campus of few cameras would feel."""
FIGURES_S: Final = 1.5
"""Sooner than a picture is too old to be called live, so that what lives is never said not to for want of news."""
LOT: Final = 16
"""Cameras counted without a pause: some 2 ms."""
CLOSE_S: Final = 0.5
"""The daemon gives a second to all of it."""
LEAVE_S: Final = 0.5
NICE: Final = 5
OOM: Final = "500"
"""Where the box's memory ends, this process goes before the daemon (proc(5), oom_score_adj)."""
BEHIND: Final = 2.0
"""How many times rarer than they should be looks are, from which on that is told."""
BEHIND_US: Final = 15_000_000
"""For so long: at a start and at a press much else is to be done, and it passes."""
MOST_UNSENT: Final = 4 * 1024 * 1024


log = structlog.get_logger(__name__)


class Process:
    """One life of the camera process. Belongs to the loop's thread."""

    def __init__(self, opened: Open, writer: asyncio.StreamWriter) -> None:
        self._opened = opened
        self._writer = writer
        self._looking = Looking()
        self._looks = Looks(self._looking, lambda: instant().mono_us)
        self._budget = Budget(opened.memory)
        self._shared = Shared(Attempts(), self._budget, self._looks, utc, self._tell)
        self._onvif = Onvif(self.say)
        self.cameras: dict[str, Camera] = {}
        self._keeping = Keeping(opened, utc, self._looking, self.say, self.cameras)
        self._remembered = Remembered(Path(opened.evidence))
        self._leaving: set[asyncio.Task[None]] = set()
        self.doors = Doors(self.cameras, self._looking, lambda: self._opened.address)
        self._conditions: dict[str, bool] = {}
        self._behind_us = 0
        """CLOCK_MONOTONIC since which looks are so much rarer; 0: they are not."""

    def say(self, message: Up) -> None:
        """To the daemon. Of one that does not read, what it can do without is dropped, and no seal ever."""
        if isinstance(message, Beat) and self._unsent > MOST_UNSENT:
            return
        self._writer.write(line(message))

    @property
    def _unsent(self) -> int:
        return self._writer.transport.get_write_buffer_size()

    async def open(self, opened: Open) -> None:
        """Read these cameras; those that are as they were go on without a gap."""
        wanted = {one.id: one for one in opened.whole}
        self._opened = opened
        self._budget.most_bytes = opened.memory
        others = [name for name, its in self.cameras.items() if wanted.get(name) != its.settings]
        leaving = [self._leave(name) for name in others]
        for name in others:
            if name in wanted:
                # What was seen at another address says nothing of this one.
                self.say(Standing(name, False, "changed", "unknown", wanted[name].engine, "", ""))
        if leaving:
            # Many cameras serve one watcher only: the old one's goodbye first, where it is said soon.
            await asyncio.wait(leaving, timeout=LEAVE_S)
        for camera in self.cameras.values():
            camera.ring.keep_us = opened.before_us
        new = [name for name in wanted if name not in self.cameras]
        for name in new:
            self.cameras[name] = Camera(wanted[name], opened.before_us, Judge(), self._shared)
        self._remembered.read(new, self._recall)
        self._keeping.configure(opened)
        self._onvif.configure(opened)

    def _leave(self, name: str) -> asyncio.Task[None]:
        self._keeping.gone(name)
        camera = self.cameras.pop(name)
        for stream in camera.streams:
            self.doors.forget(stream.hub)
        task = asyncio.create_task(camera.close(), name=f"leave {name}")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        return task

    def _recall(self, name: str, references: References) -> None:
        camera = self.cameras.get(name)
        if camera is not None:
            camera.judge.recall(references)

    async def take(self, message: Down) -> None:
        """A message of the daemon."""
        match message:
            case Open():
                await self.open(message)
            case Keep():
                self._keeping.keep(message)
            case Over():
                self._keeping.over(message.incident)
            case Heard():
                self._keeping.heard(message.name)
            case Learn():
                camera = self.cameras.get(message.camera)
                if camera is not None:
                    camera.learn()

    async def run(self) -> None:
        """All that goes on by itself, until cancelled."""
        self._keeping.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._count())
            group.create_task(self._looking.serve())
            group.create_task(self._looks.run())
            group.create_task(self._keeping.run())
            group.create_task(self._onvif.run())

    async def close(self) -> None:
        """Finish what is being written, and leave every camera, within half a second."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.gather(
                    self._keeping.close(CLOSE_S),
                    self.doors.close(),
                    *(camera.close() for camera in self.cameras.values()),
                )

    def _tell(self, standing: Standing) -> None:
        self.say(standing)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self.say(Beat(self.doors.count))
            if isinstance(loop, GatheringLoop):
                loop.gathering.hurry(bool(self.doors.count or self._keeping.writing))
            await asyncio.sleep(BEAT_S)

    async def _count(self) -> None:
        while True:
            for some in _lots(tuple(self.cameras.values())):
                if self._unsent <= MOST_UNSENT:
                    # Each write wakes the daemon too.
                    now_us = instant().mono_us
                    self._writer.write(b"".join(line(camera.figures(now_us)) for camera in some))
                await asyncio.sleep(0)
            self._looked_behind(instant().mono_us)
            short = any(camera.ring.shortened for camera in self.cameras.values())
            self._condition("cameras_ring_short", short)
            self._remembered.note({name: one.judge.references for name, one in self.cameras.items()})
            await asyncio.sleep(FIGURES_S)

    def _looked_behind(self, now_us: int) -> None:
        behind = self._looks.figures.stretch >= BEHIND
        self._behind_us = (self._behind_us or now_us) if behind else 0
        self._condition("cameras_looks_behind", behind and now_us - self._behind_us >= BEHIND_US)

    def _condition(self, code: str, active: bool) -> None:
        if self._conditions.get(code, False) != active:
            self._conditions[code] = active
            self.say(Condition(code, active))  # type: ignore[arg-type]


def _lots(cameras: tuple[Camera, ...]) -> Iterator[tuple[Camera, ...]]:
    return (cameras[at : at + LOT] for at in range(0, len(cameras), LOT))


async def serve(doors: socket.socket) -> int:
    """Until the daemon closes its socket. Returns 0 then, 1 where it spoke what is no message."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=os.dup(0)), limit=LONGEST_DOWN)
    lines = Lines(LONGEST_DOWN)
    process: Process | None = None
    running: asyncio.Task[None] | None = None
    loop = asyncio.get_running_loop()
    settling = loop.create_task(settle_memory())
    try:
        while data := await reader.read(65_536):
            for text in lines.feed(data):
                message = down(text)
                if process is None:
                    if not isinstance(message, Open):
                        return 1
                    process = Process(message, writer)
                    running = loop.create_task(process.run())
                    running.add_done_callback(lambda done: _ended(done, writer))
                    loop.add_reader(doors, process.doors.knocked, doors)
                await process.take(message)
        return 0
    except Unreadable:
        return 1
    except ConnectionError:
        return 0
    finally:
        loop.remove_reader(doors)
        settling.cancel()
        if process is not None:
            await process.close()
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def _ended(running: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
    """A part that raised is a bug of ours: it is said, and the daemon starts another process."""
    if not running.cancelled() and running.exception() is not None:
        log.error("a part of the camera process failed", exc_info=running.exception())
    writer.transport.abort()


def main() -> int:
    """Confine this process, and serve."""
    _confine()
    doors = socket.socket(fileno=int(sys.argv[1]))
    doors.setblocking(False)
    with asyncio.Runner(loop_factory=GatheringLoop) as runner:
        return runner.run(serve(doors))


def _confine() -> None:
    # It writes pictures and starts children; a core of it would hold passwords of cameras.
    confine(resource.RLIMIT_CORE, hidden=False, nice=NICE)
    # Pictures of children are nobody's on this box but the daemon's.
    os.umask(0o077)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM)


if __name__ == "__main__":
    # Threads that hang with their disk hold no end: everything that is to be written was, or is finished at the next start.
    os._exit(main())
