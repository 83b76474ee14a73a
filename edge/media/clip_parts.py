"""The parts of one clip: which picture goes into which file. In the writer's thread, which may hang with its disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.cameras.stream import AccessUnit, AudioFrame
from edge.media.clip import Break, Clip, Dropped, Missing, alike
from edge.media.clip_file import ClipFile
from edge.media.sealing import Stamp

FRAGMENT_BYTES: Final = 1 << 20
"""The most that is made one fragment: what a ring held is written in several."""
PART_US: Final = 3_600_000_000
"""A longer clip goes on in another part: sealed hour by hour, its tables small."""

Utc = Callable[[int], Stamp]
"""When a moment of CLOCK_MONOTONIC was, by the wall clock. Called in any thread."""
Room = Callable[[], None]
"""Raises OSError (`ENOSPC`) where what is left of the disk is not for pictures."""


class Writing:
    """One clip on its way to the disk, in the writer's thread."""

    def __init__(self, clip: Clip, store: Path, utc: Utc, room: Room) -> None:
        """room: asked before each fragment."""
        self.clip = clip
        self._store, self._utc, self._room = store, utc, room
        self.file: ClipFile | None = None
        """What is being written."""
        self._number = 0
        self._after_break = False
        self._in_hand = 0
        self._waits: AccessUnit | None = None
        self.finished: list[ClipFile] = []
        """Parts to which nothing is added any more; to be closed and hashed."""
        self.refused = ""
        """The operating system's word for why the disk refuses, empty: it does not."""
        self.failing_since_us: int | None = None
        self.retry_us = 0

    def round(self) -> None:
        """Write what came. Raises OSError, and goes on where it was when called again; ValueError for what no file holds."""
        while True:
            self._write()
            ended = self.clip.ended  # looked at first: what came before the end is then among the pieces
            if not self._take():
                if ended and self.file is not None:
                    self._finish(self.file)
                return

    @property
    def files(self) -> int:
        """Of the clip, so far."""
        return self._number

    @property
    def done(self) -> bool:
        """Whether all of it is written."""
        return self.clip.ended and self.file is None and not self.clip.pieces and self._waits is None

    def give_up(self) -> ClipFile | None:
        """Leave the file as it is and go on with the next key picture in another."""
        file, self.file = self.file, None
        self._written()
        if file is not None:
            file.abandon()
        return file

    def _write(self) -> None:
        if self.file is not None:
            since = self.file.waiting_since_us
            if since or self.file.unwritten:
                self._room()
            self.file.write(self._utc(since).utc_us if since else None)
        self._written()

    def _written(self) -> None:
        self.clip.taken_bytes += self._in_hand
        self._in_hand = 0

    def _finish(self, file: ClipFile) -> None:
        self.finished.append(file)
        self.file = None

    def _take(self) -> bool:
        """Hand waiting pieces to the file, a fragment's worth at most. False: there was nothing to do."""
        pieces, any_at_all = self.clip.pieces, False
        if self._waits is not None:
            unit, self._waits, any_at_all = self._waits, None, True
            self._picture(unit)
        while pieces and self._in_hand < FRAGMENT_BYTES and self._waits is None:
            any_at_all = True
            match pieces.popleft():
                case AccessUnit() as unit:
                    self._in_hand += len(unit.data)
                    self._picture(unit)
                case AudioFrame() as frame:
                    self._in_hand += len(frame.data)
                    if self.file is not None:
                        self.file.add_sound(frame)
                case Missing(packets):
                    if self.file is not None:
                        self.file.missing += packets
                case Dropped(pictures):
                    if self.file is not None:
                        self.file.dropped += pictures
                case Break():
                    self._after_break = True
        return any_at_all

    def _picture(self, unit: AccessUnit) -> None:
        file = self.file
        if unit.key and file is not None and self._wants_another(file, unit):
            if file.waiting_since_us:
                self._waits = unit  # what waits for its disk goes first
                return
            self._finish(file)
            file = None
        if file is None:
            if not unit.key:
                return  # of a file that was given up: it decodes to nothing without its key picture
            self._number += 1
            file = ClipFile(self._store, self.clip.folder, self.clip.camera, self._number, unit.track)
            file.sound_like = self.clip.sound
            self.file, self._after_break = file, False
        file.add(unit, after_break=self._after_break)
        self._after_break = False

    def _wants_another(self, file: ClipFile, unit: AccessUnit) -> bool:
        now, then = unit.track, file.track
        return (
            (now.codec, now.parameter_sets, now.width, now.height)
            != (then.codec, then.parameter_sets, then.width, then.height)
            or unit.at_us - file.first_us > PART_US
            or (self.clip.sound is not None and not alike(self.clip.sound, file.sound_like))
        )
