"""The camera process as the daemon sees it: started, watched, told what an incident keeps, asked for what a page shows.

Nothing of a press waits for anything here, and nothing here is decided: what the process says becomes events.
"""

import asyncio
import contextlib
import os
import socket
import time
from pathlib import Path
from typing import Final, Literal

import structlog

from drivers.base import Emit
from drivers.child import Child, Terms
from drivers.clock import instant
from drivers.lines import line
from edge.camera_news import FILES, FILES_A_SECOND, Allowance, News
from edge.camera_notices import Said, Words
from edge.media.messages import (
    LONGEST_DOWN,
    LONGEST_UP,
    Answer,
    Asked,
    Beat,
    Condition,
    Down,
    Figures,
    File,
    Gone,
    Heard,
    Keep,
    Learn,
    Notice,
    Open,
    Over,
    Standing,
    Up,
    Visited,
    answer,
    up,
)
from rules.model.camera_events import (
    CameraClockTold,
    CameraSaid,
    CamerasTurned,
    CameraTold,
    CameraVisited,
    EvidenceGone,
    EvidenceTold,
)
from rules.model.events import ConditionChanged
from rules.model.ids import CameraId, IncidentId
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.state import State

log = structlog.get_logger(__name__)

TERMS: Final = Terms(
    "edge.media.process",
    up,
    LONGEST_UP,
    hung_ticks=20,
    start_ticks=150,
    most=4_000,
    # The first line is the longest, and others follow it at once.
    unsent=2 * LONGEST_DOWN,
)
"""It beats every 400 ms. Two seconds without a word is hung: decoding and disks have threads and processes of their own."""
RESTART_S, RESTART_MOST_S = 0.1, 5.0
LIVED_S = 30.0
MEMORY_EVERY_S: Final = 1.0
MEMORY_BESIDE: Final = 512 * 1024 * 1024
"""What it may take beside its rings: libraries, clips being written, viewers' buffers."""
ANSWER_S: Final = 10.0
TOO_MUCH: Final = "it said too much"
LEAVE_S: Final = 1.0
CLOCK_MOVED_US, CLOCK_EVERY_US = 1_000_000, 60_000_000
UPTIME_US: Final = 400 * 24 * 3_600_000_000
"""Who stamps with less than that since 1970 or 1900 counts since it was switched on (RFC 3550, section 6.4.1)."""
NO_CAMERAS: Final = "no cameras are configured"


@dataclass(frozen=True, slots=True)
class NotAsked(Exception):
    """Nothing could be asked of a camera: the process is away, or did not answer. `code` says which."""

    code: str


class Cameras:
    """Belongs to the loop's thread. `run` is a part of the daemon; `follow` is called behind every event."""

    def __init__(self, emit: Emit, terms: Terms[Up] = TERMS) -> None:
        self._emit = emit
        self._terms = terms
        self._open: Open | None = None
        self._child: Child[Up] | None = None
        self._doors: socket.socket | None = None
        self._kept: dict[IncidentId, Keep] = {}
        self._changed = asyncio.Event()
        self._conditions: dict[str, Condition] = {}
        self._known: frozenset[str] = frozenset()
        self._news = News(self._told)
        self._words = Words(self._worded)
        self._files = Allowance(FILES, FILES_A_SECOND)
        self._flooded = asyncio.Event()
        self.figures: dict[CameraId, Figures] = {}
        """What was last counted of each camera, by this life of the process."""
        self.figures_at_us: dict[CameraId, int] = {}
        """CLOCK_MONOTONIC microseconds at which that came."""
        self._clocks: dict[CameraId, tuple[int | None, int]] = {}
        self.viewers = 0
        self.restarts = 0
        self._up = False
        self._last_word: Instant | None = None
        """When the process that lives now, or lived last, said anything."""

    @property
    def process_id(self) -> int | None:
        """The process that lives now, for supervision."""
        return None if self._child is None else self._child.process.pid

    def configure(self, wanted: Open | None) -> None:
        """How it is to work from now on; None: there are no cameras, and no process."""
        if wanted == self._open:
            return
        self._open = wanted
        self._known = frozenset() if wanted is None else frozenset(one.id for one in wanted.cameras)
        self._news.keep(self._known)
        self._words.keep(self._known)
        for gone in [one for one in self.figures if one not in self._known]:
            del self.figures[gone]
        if wanted is not None:
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
            why = await self._one_life()
            self._away(why)
            if why == NO_CAMERAS:
                continue
            self.restarts += 1
            pause_s = RESTART_S if time.monotonic() - began_s > LIVED_S else min(2 * pause_s, RESTART_MOST_S)
            log.error("the camera process ended and is started again; doors and presses work on", why=why)
            await asyncio.sleep(pause_s)

    def follow(self, before: State, after: State) -> None:
        """Tell the process whose pictures are kept from now on, and whose are to be learned anew."""
        if before.live.learning is not after.live.learning:
            for camera, since in after.live.learning.items():
                if before.live.learning.get(camera) != since:
                    self._write(Learn(camera))
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

    async def _one_life(self) -> str:
        """Start it, serve it until it ends or has to be ended, and say why."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with theirs:
                child = await Child.start(self._terms, str(theirs.fileno()), files=(theirs.fileno(),))
        except OSError as err:
            ours.close()
            return f"it could not be started: {err.strerror}"
        self._flooded.clear()
        parts = [
            asyncio.ensure_future(part)
            for part in (
                child.watch(self._heard),
                self._memory(child),
                self._no_cameras(),
                self._too_much(),
            )
        ]
        try:
            # As it is now: while the process was being started, it may have become another.
            if self._open is not None:
                child.write(line(self._open))
            for keep in self._kept.values():
                child.write(line(keep))
            self._child, self._doors = child, ours
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            why = next(one for one in parts if one.done()).result()
            if why == NO_CAMERAS:
                # An incident's clips are sealed, and told, before it goes.
                child.leave()
                await asyncio.wait(parts[:1], timeout=LEAVE_S)
            return why
        finally:
            self._child = self._doors = None
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            ours.close()
            await child.end()

    async def _no_cameras(self) -> str:
        while self._open is not None:
            self._changed.clear()
            await self._changed.wait()
        return NO_CAMERAS

    async def _too_much(self) -> str:
        await self._flooded.wait()
        return TOO_MUCH

    async def _memory(self, child: Child[Up]) -> str:
        """One that eats the box's memory is ended before the kernel has to choose whom to end."""
        place = Path(f"/proc/{child.process.pid}/statm")
        page = os.sysconf("SC_PAGE_SIZE")
        while True:
            await asyncio.sleep(MEMORY_EVERY_S)
            with contextlib.suppress(OSError, IndexError, ValueError):
                # Of /proc: no disk is read.
                held = int(place.read_text().split()[1]) * page  # noqa: ASYNC240
                if self._open is not None and held > self._open.memory + MEMORY_BESIDE:
                    return "it took too much memory"

    def _write(self, message: Down) -> None:
        if self._child is not None:
            self._child.write(line(message))

    # --- what it says --------------------------------------------------------------------------

    def _heard(self, message: Up) -> None:
        now = self._last_word = instant()
        match message:
            case Beat():
                self.viewers = message.viewers
                self._came()
            case Standing():
                self._came()
                if message.camera in self._known:
                    self._news.heard(message)
            case Figures():
                if message.camera in self._known:
                    camera = CameraId(message.camera)
                    self.figures[camera], self.figures_at_us[camera] = message, now.mono_us
                    self._clock(camera, message.main.skew_us, now)
            case Visited() | Notice():
                if message.camera in self._known:
                    self._words.heard(message)
            case _ if not self._files.take():
                self._flooded.set()
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
                if told.sha256:
                    self._write(Heard(told.name))
            case Gone():
                incident = None if message.incident is None else IncidentId(message.incident)
                self._emit(EvidenceGone(now, incident, message.name, message.sha256, message.code))
            case Condition():
                self._conditions[message.code] = message
                self._emit(ConditionChanged(now, message.code, message.active, message.args))

    def _worded(self, said: Said) -> None:
        now, camera = instant(), CameraId(said.camera)
        if isinstance(said, Notice):
            self._emit(CameraSaid(now, camera, said.what, said.active, said.source))
            return
        self._emit(
            CameraVisited(
                now,
                camera,
                said.code,
                said.manufacturer,
                said.model,
                said.firmware,
                said.hardware,
                said.serial,
                said.skew_us,
                said.streams,
                said.words,
            )
        )

    def _told(self, now: Standing) -> None:
        at = instant()
        self._emit(
            CameraTold(
                at,
                CameraId(now.camera),
                now.up,
                now.code,
                now.picture,
                now.engine,
                now.engine_code,
                now.detail,
                None if now.since_mono_us is None else _then(at, now.since_mono_us),
            )
        )

    def _clock(self, camera: CameraId, skew_us: int | None, now: Instant) -> None:
        """Tell how far off a camera's stamps are, where that moved by a second, once a minute at most."""
        if skew_us is None or now.utc_us + skew_us < UPTIME_US:
            return
        told_us, at_us = self._clocks.get(camera, (None, 0))
        if told_us is None or (
            abs(skew_us - told_us) >= CLOCK_MOVED_US and now.mono_us - at_us >= CLOCK_EVERY_US
        ):
            self._clocks[camera] = (skew_us, now.mono_us)
            self._emit(CameraClockTold(now, camera, skew_us))

    def _came(self) -> None:
        if self._up:
            return
        self._up = True
        self._emit(CamerasTurned(instant(), True, ""))

    def _away(self, why: str) -> None:
        self._up, self.viewers = False, 0
        self.figures.clear()
        self._news.forget()
        self._words.forget()
        self._clocks.clear()
        now = instant()
        for code in [one for one, told in self._conditions.items() if told.active]:
            self._emit(ConditionChanged(now, code, False, ()))
        self._conditions.clear()
        code = _code(why)
        # What hangs is ended when it has said nothing for two seconds; what dies is missed at once.
        since = (self._last_word if code == "hung" else None) or now
        self._emit(CamerasTurned(now, False, code, since))


def _then(now: Instant, mono_us: int) -> Instant:
    """A moment of CLOCK_MONOTONIC that was, by the wall clock as it is now."""
    return now.plus(min(0, mono_us - now.mono_us))


def _code(why: str) -> str:
    """The reason as a code for the record."""
    return _CODES.get(why.partition(":")[0], "failed")


_CODES: Final = {
    "it hung": "hung",
    "it died": "ended",
    "it spoke nonsense": "nonsense",
    "it took too much memory": "memory",
    TOO_MUCH: "nonsense",
    "it takes no more commands": "hung",
    NO_CAMERAS: "none",
}
