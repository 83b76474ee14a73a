"""A clip as the loop's thread sees it: takes what comes, bounded, and waits for nothing."""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from drivers.cameras.stream import AccessUnit, AudioFrame
from edge.media.ring import Ring
from rules.model.values import dataclass


class Missing(NamedTuple):
    """So many packets never came."""

    packets: int


class Dropped(NamedTuple):
    """So many pictures came and found the queue full."""

    pictures: int


class Break:
    """Nothing decodes from here to the next key picture."""


BREAK: Final = Break()


def alike(frame: AudioFrame, other: AudioFrame | None) -> bool:
    """Whether one track can hold both."""
    return other is not None and (frame.codec, frame.clock, frame.channels, frame.config) == (
        other.codec,
        other.clock,
        other.channels,
        other.config,
    )


Piece = AccessUnit | AudioFrame | Missing | Dropped | Break


class Backlog:
    """The bytes that all clips together may have waiting for their disk, shared out evenly among those there are."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.share = most_bytes
        """Of each clip."""
        self._clips = 0

    def join(self) -> None:
        """One more."""
        self._clips += 1
        self.share = self.most_bytes // max(self._clips, 1)

    def leave(self) -> None:
        """One less: it is written, or given up."""
        self._clips -= 1
        self.share = self.most_bytes // max(self._clips, 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What becomes of a clip, now. dropped: pictures that the disk was too slow for. waiting_bytes: not written yet."""

    pictures: int
    dropped: int
    waiting_bytes: int
    missing: int


class Clip:
    """One camera's clip of one incident. A `Taker`: `unit`, `audio`, `missing` and `broken` never block.

    What the ring held at the beginning is not counted against the backlog: it is in memory anyway. What is dropped is
    dropped from the first picture that finds no place to the next key picture, counted, and told in its place.
    """

    def __init__(self, camera: str, folder: str, backlog: Backlog) -> None:
        """folder: of its incident, relative to the store."""
        self.camera, self.folder = camera, folder
        self.pieces: deque[Piece] = deque()
        """Given by the loop's thread, taken by the writer's: the ends of a deque need no lock (CPython)."""
        self.taken_bytes = 0
        """Written by the writer's thread alone."""
        self.ended = False
        self.sound: AudioFrame | None = None
        """A frame like those that come now."""
        self._given_bytes = 0
        self._from_ring = 0
        self._pictures = self._dropped = self._missing = 0
        self._dropping = 0
        self._backlog = backlog
        self._detach: Callable[[], None] | None = None

    def begin(self, ring: Ring, since_us: int) -> None:
        """Take what the ring holds since the key picture before `since_us` (CLOCK_MONOTONIC), and all that comes."""
        self._detach = ring.attach(self, since_us)
        self._from_ring = self._given_bytes
        self._backlog.join()

    def end(self) -> None:
        """Take no more. What is waiting is still written. Again: nothing happens."""
        if self._detach is not None:
            self._detach()
            self._detach = None
        self._tell_dropped()
        self.ended = True

    @property
    def waiting_bytes(self) -> int:
        """Bytes that came live and are not yet taken by the writer."""
        return max(0, self._given_bytes - max(self.taken_bytes, self._from_ring))

    @property
    def figures(self) -> Figures:
        """For a page, or a measure."""
        return Figures(self._pictures, self._dropped, self._given_bytes - self.taken_bytes, self._missing)

    def unit(self, unit: AccessUnit) -> None:
        if self._dropping and not unit.key:
            self._drop()
        elif not self._has_place(len(unit.data)):
            if not self._dropping:
                self.pieces.append(BREAK)
            self._drop()
        else:
            self._tell_dropped()
            self._pictures += 1
            self._give(unit)

    def audio(self, frame: AudioFrame) -> None:
        if not alike(frame, self.sound):
            self.sound = frame
        if not self._dropping and self._has_place(len(frame.data)):
            self._give(frame)

    def missing(self, packets: int) -> None:
        self._missing += packets
        if not self._dropping:  # else a disk that hangs for hours would fill the memory with these
            self.pieces.append(Missing(packets))

    def broken(self) -> None:
        if not self.pieces or self.pieces[-1] is not BREAK:
            self.pieces.append(BREAK)

    def _has_place(self, size: int) -> bool:
        # While the ring is replayed it has not joined yet, and all of that finds its place.
        return self._detach is None or self.waiting_bytes + size <= self._backlog.share

    def _give(self, piece: AccessUnit | AudioFrame) -> None:
        self._given_bytes += len(piece.data)
        self.pieces.append(piece)

    def _drop(self) -> None:
        self._dropped += 1
        self._dropping += 1

    def _tell_dropped(self) -> None:
        if self._dropping:
            self.pieces.append(Dropped(self._dropping))
            self._dropping = 0
