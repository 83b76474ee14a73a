"""One growing MP4 on a disk that may refuse, fill up or vanish: what it did not take is written again, byte for byte.

Belongs to threads that may hang, one after the other. Every method that writes may raise OSError and may be called again then.
"""

import contextlib
import errno
import os
import threading
from pathlib import Path

from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit, AudioFrame, Track
from edge.media.clip import alike
from edge.media.clip_timing import USUAL_DEPTH, Timeline, reorder_depth
from edge.media.mp4 import Mp4, Sample
from edge.media.sealing import PART, file_name, name_at_last

MOST_PARTS = 1_000
MOST_SOUNDS = 4_096
"""Frames of sound that wait for the next picture: some 80 s."""
SOUND_OFF_TICKS = VIDEO_CLOCK // 2
"""Sound that its own clock puts so far from its arrival is placed by arrival anew."""


class ClipFile:
    """One part of a clip: `add` what belongs to it, then `write`, again and again; `close` gives it its name."""

    def __init__(self, store: Path, folder: str, camera: str, number: int, track: Track) -> None:
        """Makes nothing on the disk yet."""
        self.camera, self.number, self.track = camera, number, track
        self.sound_like: AudioFrame | None = None
        self.pictures = self.missing = self.dropped = 0
        self.first_us = self.last_us = 0
        """CLOCK_MONOTONIC of its first and last picture."""
        self.gaps = 0
        self.part = store / folder / (file_name(camera, number) + PART)
        self.announced = False
        """Whether it was told that it is being written."""
        self._store = store
        self._mp4: Mp4 | None = None
        self._timeline = Timeline(0)
        self._units: list[tuple[AccessUnit, bool]] = []
        self._sounds: list[AudioFrame] = []
        self._sound_dts: int | None = None
        self._sound_offset = 0
        self._unwritten = b""
        self._written = 0
        self._closed_as: bytes | None = None
        self._descriptor = -1
        self._kept_open = threading.Lock()
        self.unsynced = ""
        """Why the disk could not make it last, as the operating system says it; empty: it could."""

    def add(self, unit: AccessUnit, *, after_break: bool) -> None:
        """A picture of this part's track."""
        self._units.append((unit, after_break))

    def add_sound(self, frame: AudioFrame) -> None:
        """Sound; only such as `sound_like` says goes in."""
        if len(self._sounds) < MOST_SOUNDS:
            self._sounds.append(frame)

    @property
    def waiting_since_us(self) -> int:
        """CLOCK_MONOTONIC at which the first of what the next `write` writes came; 0: nothing waits."""
        return self._units[0][0].at_us if self._units else 0

    @property
    def unwritten(self) -> bool:
        """Whether the disk has not taken all of the last fragment yet."""
        return bool(self._unwritten)

    def write(self, utc_us: int | None = None) -> None:
        """Write all that was added as one fragment.

        utc_us: when the first of the pictures came. Raises OSError, and ValueError for a track that makes no file.
        """
        self._flush()
        if self._units:
            if self._mp4 is None:
                self._open()
            self._unwritten = self._fragment(utc_us)
            self._flush()

    def sync(self) -> None:
        """Make what is written last through a power cut, in a thread of its own. Raises OSError, also where it is gone."""
        with self._kept_open:
            descriptor = os.dup(self._descriptor) if self._descriptor >= 0 else -1
        if descriptor < 0:
            return
        try:
            os.fdatasync(descriptor)
            in_its_place = self.part.exists() and self.part.stat().st_ino == os.fstat(descriptor).st_ino
            if not in_its_place and self._descriptor >= 0:
                raise FileNotFoundError(errno.ENOENT, "it is no longer in its place")
        finally:
            os.close(descriptor)

    def close(self) -> Path:
        """Turn it into an ordinary MP4 under its own name. Raises OSError; again, it goes on where it was.

        In the sealer's thread, to which the writer's gave it.
        """
        self.write()
        if self._mp4 is None:
            raise FileNotFoundError(errno.ENOENT, "nothing was ever written")
        if self._closed_as is None:
            self._closed_as = self._mp4.tail()
        _write_all(self._descriptor, self._closed_as, self._mp4.size)
        os.fsync(self._descriptor)
        offset, patch = self._mp4.patch()
        _write_all(self._descriptor, patch, offset)
        os.fsync(self._descriptor)
        if os.fstat(self._descriptor).st_ino != self.part.stat().st_ino:
            raise OSError(errno.ESTALE, "another file stands in its place")
        named = name_at_last(self.part)
        self.abandon()
        return named

    def abandon(self) -> None:
        """Leave it as it is: the next start finishes what of it is there. Never raises."""
        if self._descriptor >= 0:
            with self._kept_open:
                descriptor, self._descriptor = self._descriptor, -1
            with contextlib.suppress(OSError):  # the disk is gone; so is the descriptor
                os.close(descriptor)

    def _open(self) -> None:
        mp4 = Mp4(self.track, self.sound_like)
        units = [unit for unit, _ in self._units]
        depth = reorder_depth(units)
        self._timeline = Timeline(USUAL_DEPTH if self.track.reordered and not depth else depth)
        if self._descriptor < 0:
            self._create()
        head = mp4.head()
        _write_all(self._descriptor, head, 0)
        self._written, self._mp4 = len(head), mp4

    def _create(self) -> None:
        self.part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        for number in range(self.number, self.number + MOST_PARTS):
            # What an older life of this process left is finished by another thread, and never written over.
            self.number, self.part = number, self.part.with_name(file_name(self.camera, number) + PART)
            if self.part.with_suffix("").exists():
                continue
            try:
                self._descriptor = os.open(self.part, flags, 0o600)
            except FileExistsError:
                continue
            return
        raise FileExistsError(errno.EEXIST, "too many parts")

    def _fragment(self, utc_us: int | None) -> bytes:
        if self._mp4 is None:
            return b""
        pictures = [self._picture(unit, after_break) for unit, after_break in self._units]
        sounds = [sample for frame in self._sounds if (sample := self._sound(frame)) is not None]
        self.pictures += len(pictures)
        self._units, self._sounds = [], []
        return self._mp4.fragment(pictures, sounds, utc_us)

    def _picture(self, unit: AccessUnit, after_break: bool) -> Sample:
        self.gaps += after_break and self.first_us > 0
        dts, pts = self._timeline.place(unit, after_break=after_break)
        self.first_us = self.first_us or unit.at_us
        self.last_us = unit.at_us
        return Sample(unit.data, dts, pts - dts, unit.key)

    def _sound(self, frame: AudioFrame) -> Sample | None:
        if not alike(frame, self.sound_like):
            return None
        arrived = self._timeline.sound(frame.at_us) * frame.clock // VIDEO_CLOCK
        at = frame.rtp + self._sound_offset
        if self._sound_dts is None or abs(at - arrived) > SOUND_OFF_TICKS * frame.clock // VIDEO_CLOCK:
            self._sound_offset = arrived - frame.rtp
            at = arrived
        if at < 0:
            return None
        self._sound_dts = max(at, -1 if self._sound_dts is None else self._sound_dts + 1)
        return Sample(frame.data, self._sound_dts)

    def _flush(self) -> None:
        if self._unwritten:
            _write_all(self._descriptor, self._unwritten, self._written)
            self._written += len(self._unwritten)
            self._unwritten = b""


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    left = memoryview(data)
    while left:
        done = os.pwrite(descriptor, left, offset)
        left, offset = left[done:], offset + done
