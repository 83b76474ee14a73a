"""Packets of a datagram stream put back into order: a window by sequence and by time. Pure. Source: RFC 3550 A.1.

A packet that is due goes straight through, and nothing is copied. One that is ahead waits for those before it, but no
longer than `WAIT_US`, and never behind more than `WINDOW` others.
"""

from collections.abc import Callable
from typing import Final

from drivers.cameras.rtp import MOST_DROPOUT, Buffer

WINDOW: Final = 64
WAIT_US: Final = 100_000

Take = Callable[[Buffer, int, int, int], None]


class Reorder:
    """Belongs before an `RtpStream`, which counts what is missing in the end."""

    def __init__(self, take: Take, window: int = WINDOW, wait_us: int = WAIT_US) -> None:
        self._take = take
        self._window, self._wait_us = window, wait_us
        self._next = -1
        self._ssrc = b""
        self._held: dict[int, tuple[bytes, int]] = {}

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def packet(self, data: Buffer, start: int, end: int, at_us: int) -> None:
        """One datagram."""
        if end - start < 12:
            self._take(data, start, end, at_us)
            return
        sequence = data[start + 2] << 8 | data[start + 3]
        if sequence == self._next and not self._held:
            self._next = (sequence + 1) & 0xFFFF
            self._take(data, start, end, at_us)
            return
        self._other(data, start, end, at_us, sequence)

    def due(self, now_us: int) -> None:
        """Give up waiting for what is missing before packets that waited long enough."""
        while self._held and now_us - min(at for _, at in self._held.values()) >= self._wait_us:
            self._skip()

    def _other(self, data: Buffer, start: int, end: int, at_us: int, sequence: int) -> None:
        ssrc = bytes(data[start + 8 : start + 12])
        ahead = (sequence - self._next) & 0xFFFF
        if self._next < 0 or ssrc != self._ssrc or MOST_DROPOUT <= ahead < 0x10000 - MOST_DROPOUT:
            # Another stream, or one that counts anew: nothing of the old one can come any more.
            while self._held:
                self._skip()
            self._ssrc, self._next = ssrc, (sequence + 1) & 0xFFFF
            self._take(data, start, end, at_us)
            return
        if ahead >= MOST_DROPOUT:
            self._take(data, start, end, at_us)  # too late: the stream counts and drops it
            return
        if ahead == 0:
            self._next = (sequence + 1) & 0xFFFF
            self._take(data, start, end, at_us)
        elif sequence not in self._held:
            self._held[sequence] = (bytes(data[start:end]), at_us)
        self._follow()
        while len(self._held) > self._window:
            self._skip()
        self.due(at_us)

    def _skip(self) -> None:
        """Go on with the nearest that is held."""
        self._next = min(self._held, key=lambda sequence: (sequence - self._next) & 0xFFFF)
        self._follow()

    def _follow(self) -> None:
        while (held := self._held.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            self._take(held[0], 0, len(held[0]), held[1])
