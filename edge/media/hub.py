"""One stream, read once and handed to everybody who wants it: ring, clips, viewers, picture checks."""

from collections.abc import Callable
from typing import Final, Protocol

from drivers.cameras.stream import AccessUnit, Track

LONGEST_GOP: Final = 600
"""Pictures kept since the last key picture: smart codecs send one in 20 s, and nobody else is to fill the memory."""


class Tap(Protocol):
    """Who gets each picture as it comes. Must not block and must not raise."""

    def unit(self, unit: AccessUnit) -> None:
        """A picture, whole."""

    def broken(self) -> None:
        """What came was not whole, or the stream was lost: nothing decodes until the next key picture."""


class Hub:
    """Belongs to the loop's thread. `gop` is what a decoder needs to show the newest picture."""

    def __init__(self, camera: str, stream: str) -> None:
        self.camera, self.stream = camera, stream
        self.track: Track | None = None
        self.last_at_us = 0
        """CLOCK_MONOTONIC of the newest picture; 0: none yet."""
        self.gop: list[AccessUnit] = []
        self.last_key: AccessUnit | None = None
        """The newest that shows a picture by itself; kept when the stream is lost."""
        self._taps: list[Tap] = []
        self._waiting = True

    def unit(self, unit: AccessUnit) -> None:
        """The engine's next picture."""
        self.last_at_us = unit.at_us
        if not unit.whole:
            self.broken()
            return
        if unit.key:
            self.track, self.gop, self._waiting = unit.track, [unit], False
            self.last_key = unit
        elif self._waiting:
            return
        elif self.gop:
            # One that is too long is not kept at all: half of it would decode to nothing.
            if len(self.gop) < LONGEST_GOP:
                self.gop.append(unit)
            else:
                self.gop = []
        for tap in self._taps:
            tap.unit(unit)

    def broken(self) -> None:
        """Packets were lost, or the stream: begin anew at the next key picture."""
        self.gop, self._waiting = [], True
        for tap in self._taps:
            tap.broken()

    def attach(self, tap: Tap) -> Callable[[], None]:
        """Give `tap` the pictures since the last key picture, then each new one, none between missing or twice.

        Where nothing is kept it is told `broken` first, and waits for a key picture. Returns what detaches it.
        """
        if not self.gop:
            tap.broken()
        for unit in self.gop:
            tap.unit(unit)
        self._taps = [*self._taps, tap]

        def detach() -> None:
            self._taps = [one for one in self._taps if one is not tap]

        return detach

    @property
    def watched(self) -> int:
        """How many take part."""
        return len(self._taps)
