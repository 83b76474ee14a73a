"""Pictures that incidents keep: clips and stills begun and ended, what was sealed told, what retention lets go.

Start at `Keeping`. Everything that touches a disk is a thread's; a disk that hangs holds up nothing here.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import structlog

from drivers.clock import instant
from edge.media.camera import Camera
from edge.media.clip import Clip
from edge.media.clip_parts import Utc
from edge.media.clip_writer import ClipWriter
from edge.media.looking import Looking, NotSeen
from edge.media.messages import Condition, File, Gone, Keep, Open, Up
from edge.media.quota import Gone as Going
from edge.media.retaining import Round, let_go
from edge.media.sealing import Sealed, Unsealed, camera_of, code_of, hashed
from edge.media.seals import Kind, Seal, Seals, alone, folders
from edge.media.still import keep_still

log = structlog.get_logger(__name__)

ROUND_S: Final = 10.0
BUSY_ROUND_S: Final = 1.0
STUCK_US: Final = 5_000_000
STILL_OLDEST_US: Final = 30_000_000
"""A key picture older than this is no still of the press, and a press older than this gets none."""
STILL_WITHIN_S: Final = 30.0
STILL_AGAIN_S: Final = 0.5
"""A camera that just connects, or reconnects, has its first picture soon."""
LONGEST_NAME: Final = 200
NO_ROOM: Final = "disk_full"
RECORDS_SHARE: Final = 20
"""Of the reserve: pictures of a real incident take the rest of it, and this never. What the record gives up for room on a
full disk (`edge.journal.room`) would else be theirs within a second."""

Say = Callable[[Up], None]


@dataclass(slots=True)
class _Incident:
    """since_us: CLOCK_MONOTONIC from which on its pictures are wanted. refused: cameras that a full disk keeps out."""

    keep: Keep
    since_us: int
    clips: dict[str, Clip] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


class Keeping:
    """Belongs to the loop's thread. cameras: those that are configured now, by name; another's mapping, only read."""

    def __init__(
        self, opened: Open, utc: Utc, looking: Looking, say: Say, cameras: Mapping[str, Camera]
    ) -> None:
        self._opened = opened
        self._store = Path(opened.evidence)
        self._say = say
        self._looking = looking
        self._cameras = cameras
        self._incidents: dict[str, _Incident] = {}
        self._kinds: dict[str, Literal["real", "drill"]] = {}
        self._conditions: dict[str, tuple[str, ...]] = {}
        self._routine = True
        self._stills: set[asyncio.Task[None]] = set()
        self._seals = Seals(self._store)
        self._unheard: dict[str, Seal] = {}
        """By path: told, and not taken yet."""
        self._beginning_us = self._round_us = 0
        """CLOCK_MONOTONIC since which a thread of ours waits for the disk; 0: none does."""
        self._round_refused = ""
        self._lock = -1
        """The descriptor by which no other process has the folder."""
        self._closed = False
        self._writer = ClipWriter(self._store, utc, self._sealed, self._begun)
        self._writer.leave_bytes = opened.reserve // RECORDS_SHARE

    def start(self) -> None:
        """Begin to write; what a crash left is finished and told."""
        self._beginning_us = instant().mono_us
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._begin, args=(loop,), name="evidence found", daemon=True).start()

    def configure(self, opened: Open) -> None:
        """Other limits, other cameras; another folder asks for another process."""
        self._opened = opened
        self._writer.leave_bytes = opened.reserve // RECORDS_SHARE
        for known in self._incidents.values():
            self._fill(known, still=False)

    def keep(self, keep: Keep) -> None:
        """Write the pictures of an incident's cameras, from before its opening on; again: of those that are new."""
        now = instant()
        # By a wall clock that was set back meanwhile it would be opened in the future.
        open_us = max(0, now.utc_us - keep.opened_us)
        known = self._incidents.get(keep.incident)
        if known is None:
            self._kinds[keep.incident] = keep.kind
            self._seals.note(keep.incident, Seal(keep.kind))
            since_us = now.mono_us - open_us - self._opened.before_us
            known = self._incidents[keep.incident] = _Incident(keep, since_us)
            # A process that was started again in the middle takes no pictures of a moment long ago.
            self._fill(known, still=open_us <= STILL_OLDEST_US)
        else:
            known.keep = keep
            self._fill(known, still=True)

    def over(self, incident: str) -> None:
        """An incident is closed."""
        known = self._incidents.pop(incident, None)
        if known is not None:
            _end(known)

    def heard(self, name: str) -> None:
        """What was told of a finished file was taken: it need not be told again."""
        seal = self._unheard.pop(name, None)
        if seal is not None:
            self._seals.note(name.partition("/")[0], seal)

    def gone(self, camera: str) -> None:
        """A camera is not configured any more, or otherwise than it was."""
        for known in self._incidents.values():
            clip = known.clips.pop(camera, None)
            if clip is not None:
                clip.end()

    @property
    def writing(self) -> int:
        """Clips being written."""
        return self._writer.figures.clips

    async def run(self) -> None:
        """Watch the disk, and let go what retention lets go, until cancelled."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            self._watch_disk()
            if loop.time() >= due_s and not self._round_us:
                # A thread for each round: one that hangs with its disk is told, and nothing waits for it.
                self._round_us = instant().mono_us
                round_ = (loop, self._opened, frozenset(self._incidents))
                threading.Thread(
                    target=self._retain, args=round_, name="evidence retention", daemon=True
                ).start()
                due_s = loop.time() + (BUSY_ROUND_S if self._incidents else ROUND_S)
            await asyncio.sleep(BUSY_ROUND_S)

    async def close(self, within_s: float) -> None:
        """End all clips."""
        self._closed = True
        self._seals.close()
        if await self._writer.close(within_s):
            self._let_go()

    def _let_go(self) -> None:
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    # --- what is written -----------------------------------------------------------------------

    def _fill(self, known: _Incident, *, still: bool) -> None:
        """Begin what is not being written yet. still: with a picture of now."""
        keep = known.keep
        wanted = [name for name in keep.cameras if name in self._cameras and name not in known.clips]
        if keep.kind == "drill" and not self._routine:
            # What may wait gives way to what may not; it is begun as soon as there is room.
            for name in wanted:
                if name not in known.refused:
                    known.refused.add(name)
                    path = f"{keep.incident}/{name}.mp4"
                    self._say(File(name, keep.incident, path[:LONGEST_NAME], "failed", NO_ROOM))
            return
        for name in wanted:
            camera = self._cameras[name]
            known.refused.discard(name)
            known.clips[name] = self._writer.begin(name, keep.incident, camera.ring, known.since_us)
            if still:
                task = asyncio.get_running_loop().create_task(self._take(camera, keep.incident), name="still")
                self._stills.add(task)
                task.add_done_callback(self._stills.discard)

    async def _take(self, camera: Camera, incident: str) -> None:
        hub, clock = camera.main.hub, asyncio.get_running_loop()
        until_s = clock.time() + STILL_WITHIN_S
        while True:
            try:
                await keep_still(
                    self._looking, self._writer, hub, incident, instant().mono_us, STILL_OLDEST_US
                )
                return
            except NotSeen as err:
                if clock.time() >= until_s:
                    path = f"{incident}/{hub.camera}.jpg"
                    self._say(File(hub.camera, incident, path[:LONGEST_NAME], "failed", err.code[:64]))
                    return
            await asyncio.sleep(STILL_AGAIN_S)

    def _begun(self, path: str, camera: str) -> None:
        self._say(File(camera, path.partition("/")[0], path[:LONGEST_NAME], None))

    def _sealed(self, told: Sealed | Unsealed) -> None:
        incident = told.path.partition("/")[0]
        if isinstance(told, Unsealed):
            self._say(File(told.camera, incident, told.path[:LONGEST_NAME], "failed", told.code[:64]))
            return
        first, last = told.first, told.last
        self._say(
            File(
                told.camera,
                incident,
                told.path[:LONGEST_NAME],
                "recovered" if told.recovered else "sealed",
                "",
                told.sha256,
                told.bytes,
                None if first is None else first.utc_us,
                None if last is None else last.utc_us,
                None if last is None else last.error_us,
                told.pictures or 0,
                told.missing,
                told.dropped,
            )
        )
        self._note(incident, told.path, told.sha256, told.bytes)

    def _note(self, incident: str, path: str, sha256: str, size: int) -> None:
        kind: Kind = self._kinds.get(incident, "unknown")
        self._unheard[path[:LONGEST_NAME]] = Seal(kind, path, sha256, size, instant().utc_us)

    # --- what another life of this process left ------------------------------------------------

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: find finished files that may never have been told, then let the writer begin."""
        untold: list[str] = []
        try:
            self._lock = alone(self._store)
            if self._closed:
                self._let_go()
                return
            untold = [file.path for folder in folders(self._store) for file in folder.unsealed]
        except OSError as err:
            log.error("the folder of pictures cannot be read", error=err.strerror)
        _on(loop, self._may_write)
        for path in untold:
            try:
                size, sha256 = hashed(self._store / path)
            except OSError as err:
                log.error("a file of pictures cannot be read", file=path, error=err.strerror)
            else:
                _on(loop, self._found, path, size, sha256)

    def _may_write(self) -> None:
        self._beginning_us = 0
        self._writer.start()

    def _found(self, path: str, size: int, sha256: str) -> None:
        """A file got its name, and the end came before its seal was told, or before that was noted."""
        incident = path.partition("/")[0]
        camera = camera_of(Path(path))
        self._say(File(camera, incident, path[:LONGEST_NAME], "recovered", "", sha256, size))
        self._note(incident, path, sha256, size)

    # --- the disk ------------------------------------------------------------------------------

    def _watch_disk(self) -> None:
        figures, now_us = self._writer.figures, instant().mono_us
        waits_us = max((now_us - one for one in (self._beginning_us, self._round_us) if one), default=0)
        hangs = max(figures.stuck_us, waits_us) > STUCK_US
        code = "hangs" if hangs else figures.refused or self._round_refused
        self._condition("evidence_not_written", (code,) if code else ())

    def _condition(
        self, code: Literal["evidence_disk_full", "evidence_not_written"], args: tuple[str, ...]
    ) -> None:
        if self._conditions.get(code, ()) != args:
            self._conditions[code] = args
            self._say(Condition(code, bool(args), args))

    def _retain(self, loop: asyncio.AbstractEventLoop, opened: Open, live: frozenset[str]) -> None:
        """One round of retention, in a thread of its own."""

        def told(going: Going) -> None:
            _on(loop, self._gone, going)

        try:
            done = let_go(self._store, opened, live, instant().utc_us, told)
        except OSError as err:
            _on(loop, self._not_decided, code_of(err))
        except Exception:
            log.exception("retention of pictures failed")
            _on(loop, self._not_decided, "internal")
        else:
            _on(loop, self._decided, done)

    def _gone(self, going: Going) -> None:
        file = going.file
        incident = file.path.partition("/")[0]
        unheard = self._unheard.get(file.path)
        sha256 = file.sha256 or ("" if unheard is None else unheard.sha256)
        self._say(Gone(incident, file.path[:LONGEST_NAME], sha256, going.why))

    def _not_decided(self, code: str) -> None:
        self._round_us, self._round_refused = 0, code

    def _decided(self, done: Round) -> None:
        self._round_us, self._round_refused = 0, ""
        if done.refused:
            log.error("a file of pictures cannot be deleted", code=done.refused)
        self._condition("evidence_disk_full", () if done.routine else (done.refused or "ENOSPC",))
        if done.routine == self._routine:
            return
        self._routine = done.routine
        for known in self._incidents.values():
            if known.keep.kind == "drill":
                if not done.routine:
                    _end(known)
                    known.since_us = instant().mono_us
                self._fill(known, still=False)


def _end(known: _Incident) -> None:
    for clip in known.clips.values():
        clip.end()
    known.clips.clear()


def _on(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *given: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: the next start finds what is left
        loop.call_soon_threadsafe(call, *given)
