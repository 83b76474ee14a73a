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


class Writing:
    """One clip on its way to the disk, in the writer's thread."""

    def __init__(self, clip: Clip, store: Path, utc: Utc) -> None:
        self.clip = clip
        self._store, self._utc = store, utc
        self._file: ClipFile | None = None
        self._number = 0
        self._after_break = False
        self._bytes = 0
        self._waits: AccessUnit | None = None
        self._closing = False
        self.finished: list[tuple[ClipFile, Path]] = []
        """Parts that have their name and are to be hashed."""
        self.refused = ""
        """The operating system's word for why the disk refuses, empty: it does not."""
        self.failing_since_us: int | None = None
        self.retry_us = 0

    def round(self, now_us: int) -> None:
        """Write what came. Raises OSError, and goes on where it was when called again; ValueError for what no file holds."""
        while True:
            if self._file is not None and self._closing:
                self.finished.append((self._file, self._file.close(now_us)))
                self._file, self._closing = None, False
            elif self._file is not None:
                self._file.write(now_us, self._first_utc())
            ended = self.clip.ended  # looked at first: what came before the end is then among the pieces
            if not self._take():
                if not ended or self._file is None:
                    return
                self._closing = True

    @property
    def done(self) -> bool:
        """Whether all of it is written and closed."""
        return self.clip.ended and self._file is None and not self.clip.pieces and self._waits is None

    def give_up(self) -> ClipFile | None:
        """Leave the file as it is and go on with the next key picture in another."""
        file, self._file, self._closing = self._file, None, False
        if file is not None:
            file.abandon()
        return file

    def _first_utc(self) -> int | None:
        first = self._file.waiting_since_us if self._file is not None else 0
        return self._utc(first).utc_us if first else None

    def _take(self) -> bool:
        """Hand waiting pieces to the file, a fragment's worth at most. False: there was nothing to do."""
        self._bytes = 0
        if self._waits is not None:
            unit, self._waits = self._waits, None
            self._picture(unit)
        pieces, any_at_all = self.clip.pieces, self._bytes > 0
        while pieces and self._bytes < FRAGMENT_BYTES and self._waits is None:
            any_at_all = True
            match pieces.popleft():
                case AccessUnit() as unit:
                    self.clip.taken_bytes += len(unit.data)
                    self._picture(unit)
                case AudioFrame() as frame:
                    self.clip.taken_bytes += len(frame.data)
                    self._sound(frame)
                case Missing(packets):
                    if self._file is not None:
                        self._file.missing += packets
                case Dropped(pictures):
                    if self._file is not None:
                        self._file.dropped += pictures
                case Break():
                    self._after_break = True
        return any_at_all

    def _picture(self, unit: AccessUnit) -> None:
        if unit.key and self._file is not None and self._wants_another(self._file, unit):
            self._closing, self._waits = True, unit
            return
        if self._file is None:
            if not unit.key:
                return  # of a file that was given up: it decodes to nothing without its key picture
            self._number += 1
            self._file = ClipFile(self._store, self.clip.folder, self.clip.camera, self._number, unit.track)
            self._file.sound_like = self.clip.sound
            self._after_break = False
        self._file.add(unit, after_break=self._after_break)
        self._after_break = False
        self._bytes += len(unit.data)

    def _sound(self, frame: AudioFrame) -> None:
        if self._file is not None:
            self._file.add_sound(frame)

    def _wants_another(self, file: ClipFile, unit: AccessUnit) -> bool:
        now, then = unit.track, file.track
        return (
            (now.codec, now.parameter_sets, now.width, now.height)
            != (then.codec, then.parameter_sets, then.width, then.height)
            or unit.at_us - file.first_us > PART_US
            or (self.clip.sound is not None and not alike(self.clip.sound, file.sound_like))
        )
