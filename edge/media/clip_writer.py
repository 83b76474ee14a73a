"""Writes clips as they go: a thread that may hang with its disk, another that seals what is finished.

Start at `ClipWriter`. The loop never waits for either; a killed process loses what came in the last 0.2 s.
"""

import asyncio
import contextlib
import errno
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import structlog

from edge.media.clip import Backlog, Clip
from edge.media.clip_file import ClipFile
from edge.media.clip_parts import Utc, Writing
from edge.media.quota import free_bytes
from edge.media.ring import Ring
from edge.media.sealing import (
    Sealed,
    Unsealed,
    camera_of,
    code_of,
    file_name,
    hashed,
    leftovers,
    recover,
    write_whole,
)
from rules.model.values import dataclass

log = structlog.get_logger()

ROUND_S: Final = 0.2
"""How often what came is written."""
SYNC_S: Final = 2.0
"""So much, and what the disk takes to do it, may be lost in a power cut; of a killed process nothing that was written."""
RETRY_US: Final = 1_000_000
GIVE_UP_US: Final = 20_000_000
"""A disk that refuses one file for so long gets another; the old one is finished at the next start. A full disk does not
count: quota makes room."""

T = TypeVar("T")
Told = Callable[[Sealed | Unsealed], None]
"""Called on the loop's thread."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture on its way to the disk."""

    camera: str
    folder: str
    jpeg: bytes
    taken_us: int


Given = ClipFile | Path | Still
"""What the sealer gets: a part that is written, what a crash left, a picture."""


def monotonic_us() -> int:
    """CLOCK_MONOTONIC, microseconds."""
    return time.monotonic_ns() // 1_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What becomes of the clips now.

    clips: being written. waiting_bytes: not written yet. stuck_us: how long the disk has not answered, 0: it does.
    refused: the operating system's word for why it refuses (`ENOSPC`), empty: it does not. unsealed: files that wait
    to be hashed.
    """

    clips: int
    waiting_bytes: int
    stuck_us: int
    refused: str
    unsealed: int


class ClipWriter:
    """All clips of one store (a folder). Belongs to the loop's thread; `start` it there."""

    def __init__(
        self,
        store: Path,
        utc: Utc,
        told: Told,
        begun: Callable[[str, str], None] = lambda path, camera: None,
        *,
        most_waiting_bytes: int = 128 << 20,
    ) -> None:
        """begun: called on the loop's thread with the path of each file that is being written, and its camera."""
        self._store, self._utc, self._told, self._begun = store, utc, told, begun
        self.leave_bytes = 0
        """Of the disk, for the record itself: no clip takes them, and without them it waits as on a full disk."""
        self._backlog = Backlog(most_waiting_bytes)
        self._new: queue.SimpleQueue[Clip] = queue.SimpleQueue()
        self._finished: queue.SimpleQueue[Given | None] = queue.SimpleQueue()
        self._clips: set[Clip] = set()
        self._wake, self._over = threading.Event(), threading.Event()
        self._leftovers_known = threading.Event()
        self._last, self._sealed_off = threading.Lock(), False
        """Whether the sealer was given its last."""
        self._to_be_synced: tuple[ClipFile, ...] = ()
        self._stopping = False
        self._busy_since_us = 0
        self._refused = ""
        self._sealing = 0
        """Files that the writer gave to the sealer, counted by the loop."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._all_written = asyncio.Event()
        self._all_written.set()

    def start(self) -> None:
        """Begin to write, and finish what a crash left: it is told as recovered."""
        self._loop = asyncio.get_running_loop()
        # Daemon threads: one that hangs with its disk holds no shutdown.
        threading.Thread(target=self._write_all, name="clip writer", daemon=True).start()
        threading.Thread(target=self._sync_all, name="clip syncer", daemon=True).start()
        threading.Thread(target=self._seal_all, name="clip sealer", daemon=True).start()

    def begin(self, camera: str, folder: str, ring: Ring, since_us: int) -> Clip:
        """Write this camera from the key picture before `since_us` (CLOCK_MONOTONIC) until `Clip.end`.

        folder: relative to the store: the incident's.
        """
        clip = Clip(camera, folder, self._backlog)
        clip.begin(ring, since_us)
        self._clips.add(clip)
        self._all_written.clear()
        self._new.put(clip)
        self._wake.set()
        return clip

    def keep(self, camera: str, folder: str, jpeg: bytes, taken_us: int) -> None:
        """Write and seal a picture. taken_us: CLOCK_MONOTONIC. One that comes behind the end is left out."""
        with self._last:
            if self._sealed_off:
                return
            self._all_written.clear()
            self._sealing += 1
            self._finished.put(Still(camera, folder, jpeg, taken_us))

    @property
    def figures(self) -> Figures:
        """For a page, a measure and the conditions that are told."""
        since = self._busy_since_us
        return Figures(
            clips=len(self._clips),
            waiting_bytes=sum(clip.figures.waiting_bytes for clip in self._clips),
            stuck_us=monotonic_us() - since if since else 0,
            refused=self._refused,
            unsealed=self._sealing,
        )

    async def close(self, within_s: float = 1.0) -> bool:
        """End all clips; True where all were written and sealed in that time. What is left is finished at the next start."""
        for clip in self._clips:
            clip.end()
        self._stopping = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._all_written.wait()
        return self._all_written.is_set()

    # --- the writer's thread: it only writes, so that what a kill may take stays small ---

    def _write_all(self) -> None:
        try:
            for part in self._watched(lambda: leftovers(self._store)):
                self._to_be_sealed(part)
        except OSError as err:
            log.error("the store of clips cannot be read", error=err.strerror)
        self._leftovers_known.set()
        writing: list[Writing] = []
        # One that was begun right before the end is written too.
        while not (self._stopping and not writing and self._new.empty()):
            # With nothing to write it sleeps until somebody wakes it.
            self._wake.wait(0.02 if self._stopping else ROUND_S if writing else None)
            if not self._stopping:
                self._wake.clear()
            while not self._new.empty():
                writing.append(Writing(self._new.get(), self._store, self._utc, self._room))
            now = monotonic_us()
            for one in writing:
                self._one_round(one, now)
            for one in writing:
                if one.done:
                    if not one.files:
                        path = f"{one.clip.folder}/{file_name(one.clip.camera, 1)}"
                        self._on_loop(self._told, Unsealed(path, one.clip.camera, "empty"))
                    self._on_loop(self._written, one.clip)
            writing = [one for one in writing if not one.done]
            self._refused = next((one.refused for one in writing if one.refused), "")
            self._to_be_synced = tuple(one.file for one in writing if one.file is not None)
        with self._last:
            self._sealed_off = True
            self._finished.put(None)

    def _room(self) -> None:
        if self.leave_bytes and free_bytes(self._store) < self.leave_bytes:
            raise OSError(errno.ENOSPC, "the rest of the disk is the record's")

    def _one_round(self, one: Writing, now_us: int) -> None:
        if now_us < one.retry_us:
            return
        try:
            self._watched(one.round)
        except OSError as err:
            self._refused_by_disk(one, err, now_us)
        except ValueError as err:
            self._lost(one, "unwritable", str(err))
        except Exception:
            log.exception("a clip could not be written", camera=one.clip.camera)
            self._lost(one, "internal", "")
        else:
            one.refused, one.failing_since_us = "", None
            if one.file is not None and one.file.unsynced:
                self._lost(one, one.file.unsynced, "")
        for file in (*one.finished, one.file):
            if file is not None and file.pictures and not file.announced:
                file.announced = True
                path = file.part.with_suffix("").relative_to(self._store)
                self._on_loop(self._begun, str(path), file.camera)
        for file in one.finished:
            self._to_be_sealed(file)
        one.finished.clear()

    def _refused_by_disk(self, one: Writing, err: OSError, now_us: int) -> None:
        one.refused = code_of(err)
        one.retry_us = now_us + RETRY_US
        if one.failing_since_us is None:
            one.failing_since_us = now_us
        elif err.errno != errno.ENOSPC and now_us - one.failing_since_us > GIVE_UP_US:
            self._lost(one, one.refused, "")
            one.failing_since_us = None

    def _lost(self, one: Writing, code: str, detail: str) -> None:
        file = one.give_up()
        log.error("a part of a clip was given up", camera=one.clip.camera, code=code, detail=detail)
        if file is not None:
            path = str(file.part.relative_to(self._store))
            self._on_loop(self._told, Unsealed(path, one.clip.camera, code))

    def _watched(self, work: Callable[[], T]) -> T:
        self._busy_since_us = monotonic_us()
        try:
            return work()
        finally:
            self._busy_since_us = 0

    # --- the syncer's thread: what is written is made to last, and looked for in its place ---

    def _sync_all(self) -> None:
        while not self._over.wait(SYNC_S):
            for file in self._to_be_synced:
                try:
                    file.sync()
                except OSError as err:
                    file.unsynced = code_of(err)

    # --- the sealer's thread ---

    def _seal_all(self) -> None:
        # What is new is not to be taken for what a crash left.
        self._leftovers_known.wait()
        failing: deque[tuple[int, Given]] = deque()
        while True:
            try:
                given = self._finished.get(timeout=RETRY_US / 1e6 if failing else None)
            except queue.Empty:
                given = None
            else:
                if given is None:
                    break
                failing.append((monotonic_us(), given))
            for _ in range(len(failing)):
                since_us, one = failing.popleft()
                if not self._seal(one, monotonic_us() - since_us):
                    failing.append((since_us, one))
        self._over.set()

    def _seal(self, given: Given, failing_us: int) -> bool:
        """False: to be tried again."""
        told: Sealed | Unsealed
        path = self._store
        try:
            match given:
                case Path():
                    path = given
                    told = recover(self._store, given)
                case Still():
                    path = self._store / given.folder / f"{given.camera}.jpg"
                    told = self._kept(given)
                case ClipFile():
                    path = given.part
                    told = self._sealed(given)
        except OSError as err:
            if err.errno == errno.ENOSPC or failing_us < GIVE_UP_US:
                return False
            told = Unsealed(str(path.relative_to(self._store)), camera_of(path), code_of(err))
        except Exception:
            log.exception("a clip could not be sealed", file=path.name)
            told = Unsealed(str(path.relative_to(self._store)), camera_of(path), "internal")
        self._on_loop(self._was_sealed, told)
        return True

    def _sealed(self, file: ClipFile) -> Sealed:
        named = file.close()
        size, sha256 = hashed(named)
        return Sealed(
            path=str(named.relative_to(self._store)),
            camera=file.camera,
            part=file.number,
            bytes=size,
            sha256=sha256,
            first=self._utc(file.first_us),
            last=self._utc(file.last_us),
            pictures=file.pictures,
            missing=file.missing,
            dropped=file.dropped,
            gaps=file.gaps,
            sound=file.sound_like is not None,
        )

    def _kept(self, still: Still) -> Sealed:
        named = write_whole(self._store / still.folder, still.camera, still.jpeg)
        size, sha256 = hashed(named)
        taken = self._utc(still.taken_us)
        return Sealed(
            path=str(named.relative_to(self._store)),
            camera=still.camera,
            part=1,
            bytes=size,
            sha256=sha256,
            first=taken,
            last=taken,
            pictures=1,
            missing=0,
            dropped=0,
            gaps=0,
            sound=False,
        )

    # --- back on the loop's ---

    def _to_be_sealed(self, given: Given) -> None:
        self._on_loop(self._one_more)
        self._finished.put(given)

    def _one_more(self) -> None:
        self._sealing += 1

    def _was_sealed(self, told: Sealed | Unsealed) -> None:
        self._sealing -= 1
        self._told(told)
        self._settle()

    def _written(self, clip: Clip) -> None:
        self._clips.discard(clip)
        self._backlog.leave()
        self._settle()

    def _settle(self) -> None:
        if not self._clips and not self._sealing:
            self._all_written.set()

    def _on_loop(self, call: Callable[..., None], *given: object) -> None:
        # A loop that is closed needs to be told nothing more: the next start finishes what is left.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(call, *given)
