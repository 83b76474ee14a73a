"""The camera process as the daemon sees it: started, watched, told what an incident keeps, asked for what a page shows.

Nothing of a press waits for anything here, and nothing here is decided: what the process says becomes events.
"""

import asyncio
import contextlib
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import structlog

from drivers.base import Emit
from drivers.child import Child, Terms
from drivers.clock import instant
from edge.media.messages import (
    LONGEST_UP,
    Answer,
    Asked,
    Beat,
    Condition,
    Down,
    Figures,
    File,
    Gone,
    Keep,
    Open,
    Over,
    Standing,
    Up,
    answer,
    line,
    up,
)
from rules.model.camera_events import CamerasTurned, CameraTold, EvidenceGone, EvidenceTold
from rules.model.events import ConditionChanged
from rules.model.ids import CameraId, IncidentId
from rules.state import State

log = structlog.get_logger(__name__)

TERMS: Final = Terms(
    "edge.media.process", up, LONGEST_UP, hung_ticks=20, start_ticks=150, most=4_000, unsent=2_097_152
)
"""It beats every 400 ms. Two seconds without a word is hung: decoding and disks have threads and processes of their own."""
RESTART_S, RESTART_MOST_S = 0.1, 5.0
LIVED_S = 30.0
MEMORY_EVERY_S: Final = 1.0
MEMORY_BESIDE: Final = 512 * 1024 * 1024
"""What it may take beside its rings: libraries, clips being written, viewers' buffers."""
ANSWER_S: Final = 10.0
NO_CAMERAS: Final = "no cameras are configured"


@dataclass(frozen=True, slots=True)
class NotAsked(Exception):
    """Nothing could be asked of a camera: the process is away, or did not answer. `code` says which."""

    code: str


class Cameras:
    """Belongs to the loop's thread. `run` is a part of the daemon; `follow` is called behind every event."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._open: Open | None = None
        self._child: Child[Up] | None = None
        self._doors: socket.socket | None = None
        self._kept: dict[IncidentId, Keep] = {}
        self._changed = asyncio.Event()
        self._conditions: dict[str, Condition] = {}
        self.figures: dict[CameraId, Figures] = {}
        """What was last counted of each camera, by this life of the process."""
        self.figures_at_us: dict[CameraId, int] = {}
        """CLOCK_MONOTONIC microseconds at which that came."""
        self.viewers = 0
        self.restarts = 0
        self._up = False

    @property
    def process_id(self) -> int | None:
        """The process that lives now, for supervision."""
        return None if self._child is None else self._child.process.pid

    def configure(self, wanted: Open | None) -> None:
        """How it is to work from now on; None: there are no cameras, and no process."""
        if wanted == self._open:
            return
        self._open = wanted
        if wanted is not None:
            names = {one.id for one in wanted.cameras}
            for gone in [one for one in self.figures if one not in names]:
                del self.figures[gone]
            self._write(wanted)
        self._changed.set()

    async def run(self) -> None:
        """Keep the process up while there are cameras."""
        pause_s = RESTART_S
        while True:
            if self._open is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            began_s = time.monotonic()
            why = await self._one_life(self._open)
            self._away(why)
            if why == NO_CAMERAS:
                continue
            self.restarts += 1
            pause_s = RESTART_S if time.monotonic() - began_s > LIVED_S else min(2 * pause_s, RESTART_MOST_S)
            log.error("the camera process ended and is started again; doors and presses work on", why=why)
            await asyncio.sleep(pause_s)

    def follow(self, before: State, after: State) -> None:
        """Tell the process whose pictures are kept from now on."""
        if before.record.keeping is after.record.keeping:
            return
        self.keep(after)

    def keep(self, state: State) -> None:
        """Bring what is kept in line with the record; also once, after a restart."""
        record = state.record
        for incident in [one for one in self._kept if one not in record.keeping]:
            del self._kept[incident]
            self._write(Over(incident))
        for incident, cameras in record.keeping.items():
            live = record.incidents.get(incident)
            if live is None or live.kind not in ("real", "drill"):
                continue
            kind: Literal["real", "drill"] = "real" if live.kind == "real" else "drill"
            wanted = Keep(incident, kind, live.opened.utc_us, tuple(sorted(cameras)))
            if self._kept.get(incident) != wanted:
                self._kept[incident] = wanted
                self._write(wanted)

    async def ask(self, asked: Asked) -> tuple[Answer, asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for a look through a camera; the answer and what follows it. The caller closes. Raises NotAsked."""
        doors = self._doors
        if doors is None:
            raise NotAsked("cameras_away")
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(doors, [b"."], [theirs.fileno()])
            reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_UP * 16)
        except OSError:
            ours.close()
            raise NotAsked("cameras_busy") from None
        try:
            writer.write(line(asked))
            async with asyncio.timeout(ANSWER_S):
                return answer(await reader.readline()), reader, writer
        except BaseException as err:
            writer.transport.abort()
            # `Unreadable` as well: it ended in the middle, or spoke nonsense.
            if isinstance(err, Exception):
                raise NotAsked("cameras_silent") from err
            raise

    # --- one life of the process ---------------------------------------------------------------

    async def _one_life(self, opened: Open) -> str:
        """Start it, serve it until it ends or has to be ended, and say why."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with theirs:
                child = await Child.start(TERMS, str(theirs.fileno()), files=(theirs.fileno(),))
        except OSError as err:
            ours.close()
            return f"it could not be started: {err.strerror}"
        watching = asyncio.ensure_future(self._memory(child, opened))
        ending = asyncio.ensure_future(self._no_cameras())
        living = asyncio.ensure_future(child.watch(self._heard))
        try:
            child.write(line(opened))
            for keep in self._kept.values():
                child.write(line(keep))
            self._child, self._doors = child, ours
            await asyncio.wait((watching, ending, living), return_when=asyncio.FIRST_COMPLETED)
            ended = next(one for one in (living, watching, ending) if one.done())
            return ended.result()
        finally:
            self._child = self._doors = None
            for task in (watching, ending, living):
                task.cancel()
            await asyncio.gather(watching, ending, living, return_exceptions=True)
            ours.close()
            await child.end()

    async def _no_cameras(self) -> str:
        while self._open is not None:
            self._changed.clear()
            await self._changed.wait()
        return NO_CAMERAS

    async def _memory(self, child: Child[Up], opened: Open) -> str:
        """One that eats the box's memory is ended before the kernel has to choose whom to end."""
        place = Path(f"/proc/{child.process.pid}/statm")
        page = os.sysconf("SC_PAGE_SIZE")
        while True:
            await asyncio.sleep(MEMORY_EVERY_S)
            with contextlib.suppress(OSError, IndexError, ValueError):
                # Of /proc: no disk is read.
                held = int(place.read_text().split()[1]) * page  # noqa: ASYNC240
                if held > (self._open or opened).memory + MEMORY_BESIDE:
                    return "it took too much memory"

    def _write(self, message: Down) -> None:
        if self._child is not None:
            self._child.write(line(message))

    # --- what it says --------------------------------------------------------------------------

    def _heard(self, message: Up) -> None:
        now = instant()
        match message:
            case Beat():
                self.viewers = message.viewers
                self._came()
            case Standing():
                self._came()
                self._emit(
                    CameraTold(
                        now,
                        CameraId(message.camera),
                        message.up,
                        message.code,
                        message.picture,
                        message.engine,
                        message.engine_code,
                        message.detail,
                    )
                )
            case Figures():
                camera = CameraId(message.camera)
                self.figures[camera], self.figures_at_us[camera] = message, now.mono_us
            case File():
                told = EvidenceTold(
                    now,
                    CameraId(message.camera),
                    IncidentId(message.incident),
                    message.name,
                    message.end,
                    message.code,
                    message.sha256,
                    message.size,
                    message.first_us,
                    message.last_us,
                    message.error_us,
                    message.pictures,
                    message.missing,
                    message.dropped,
                )
                self._emit(told)
            case Gone():
                incident = None if message.incident is None else IncidentId(message.incident)
                self._emit(EvidenceGone(now, incident, message.name, message.sha256, message.code))
            case Condition():
                self._conditions[message.code] = message
                self._emit(ConditionChanged(now, message.code, message.active, message.args))

    def _came(self) -> None:
        if self._up:
            return
        self._up = True
        self._emit(CamerasTurned(instant(), True, ""))

    def _away(self, why: str) -> None:
        self._up, self.viewers = False, 0
        self.figures.clear()
        now = instant()
        for code in [one for one, told in self._conditions.items() if told.active]:
            self._emit(ConditionChanged(now, code, False, ()))
        self._conditions.clear()
        self._emit(CamerasTurned(now, False, _code(why)))


def _code(why: str) -> str:
    """The reason as a code for the record."""
    return _CODES.get(why, "failed")


_CODES: Final = {
    "it hung": "hung",
    "it died": "ended",
    "it took too much memory": "memory",
    "it said too much": "nonsense",
    "it takes no more commands": "hung",
    NO_CAMERAS: "none",
}
