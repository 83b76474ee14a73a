"""The time before a press: whole groups of pictures of one camera in memory, as they were sent, ready to be written."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from drivers.cameras.stream import AccessUnit, AudioFrame
from edge.media.hub import Tap

UNIT_OVERHEAD: Final = 280
"""Bytes of memory a picture takes beside its data: the objects and their place in a list (CPython 3.11)."""
LONGEST_FACTOR: Final = 4
"""A group of pictures longer than so many rings is given up: a camera that sends no key picture fills no memory."""


class Taker(Tap, Protocol):
    """Who gets all that belongs to evidence, in the order in which it came. Must not block and must not raise."""

    def audio(self, frame: AudioFrame) -> None:
        """Sound, where it was enabled."""

    def missing(self, packets: int) -> None:
        """So many packets never came."""


@dataclass(slots=True)
class Gop:
    """A key picture and what follows it until the next; decodes by itself.

    broken: what came before it was not whole. missing: packets that never came since the group before it.
    """

    units: list[AccessUnit]
    size: int
    broken: bool
    missing: int
    sound: list[tuple[int, AudioFrame]] = field(default_factory=list)
    """Each with how many pictures of this group had come before it."""

    @property
    def first_us(self) -> int:
        """CLOCK_MONOTONIC of its key picture."""
        return self.units[0].at_us


class Budget:
    """The bytes that all rings together may take. Over it, the ring that holds most gives its oldest group away."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self.given_away = 0
        """Groups of pictures that a ring lost before their time."""
        self._rings: list[Ring] = []

    def join(self, ring: "Ring") -> None:
        """Count it in."""
        self._rings.append(ring)

    def leave(self, ring: "Ring") -> None:
        """Count it out; what it held is free."""
        self._rings.remove(ring)
        self.held_bytes -= ring.held_bytes

    def took(self, size: int) -> None:
        """A ring grew by `size` bytes (or shrank)."""
        self.held_bytes += size
        self.keep()

    def keep(self) -> None:
        """Have given away what is too much."""
        while self.held_bytes > self.most_bytes:
            largest = max(self._rings, key=lambda ring: ring.held_bytes)
            if not largest.held_bytes:
                return
            largest.give_away()
            self.given_away += 1


class Ring:
    """At least `seconds` of one stream, once they have come; belongs to the loop's thread. A `Taker`.

    Copies nothing: it holds the pictures that the engine made. What it keeps always begins with a key picture.
    """

    def __init__(self, seconds: float, budget: Budget) -> None:
        self.keep_us = round(seconds * 1e6)
        self.held_bytes = 0
        self.given_away = 0
        """Groups it lost before their time, for the bytes of all rings; the figure says that 30 s are not 30 s."""
        self._budget = budget
        self._gops: deque[Gop] = deque()
        self._takers: tuple[Taker, ...] = ()
        self._open = False
        self._broken = False
        self._missing = 0
        budget.join(self)

    @property
    def held_us(self) -> int:
        """From the first picture held to the newest, in microseconds."""
        return self._gops[-1].units[-1].at_us - self._gops[0].first_us if self._gops else 0

    @property
    def gops(self) -> int:
        """Groups of pictures held."""
        return len(self._gops)

    @property
    def shortened(self) -> bool:
        """Whether what is held was cut for the bytes of all rings: shorter than wanted though it came."""
        return bool(self.given_away) and self.held_us < self.keep_us

    def unit(self, unit: AccessUnit) -> None:
        """The hub's next picture."""
        size = len(unit.data) + UNIT_OVERHEAD
        if unit.key:
            self._gops.append(Gop([unit], size, self._broken, self._missing))
            self._open, self._broken, self._missing = True, False, 0
            self._took(size)
            self._forget(unit.at_us)
        elif self._open:
            gop, budget = self._gops[-1], self._budget
            gop.units.append(unit)
            gop.size += size
            # As `_took`, without two calls for each picture of every camera.
            self.held_bytes += size
            budget.held_bytes += size
            if budget.held_bytes > budget.most_bytes:
                budget.keep()
            if self._open and unit.at_us - gop.units[0].at_us > LONGEST_FACTOR * self.keep_us:
                self._drop_open()
        for taker in self._takers:
            taker.unit(unit)

    def broken(self) -> None:
        """What came was not whole: nothing more is added to the group that is open."""
        self._open, self._broken = False, True
        for taker in self._takers:
            taker.broken()

    def missing(self, packets: int) -> None:
        """So many packets never came."""
        self._missing += packets
        for taker in self._takers:
            taker.missing(packets)

    def audio(self, frame: AudioFrame) -> None:
        """Sound, kept with the pictures that it came between."""
        if self._gops:
            gop = self._gops[-1]
            size = len(frame.data) + UNIT_OVERHEAD
            gop.sound.append((len(gop.units), frame))
            gop.size += size
            self._took(size)
        for taker in self._takers:
            taker.audio(frame)

    def attach(self, taker: Taker, since_us: int) -> Callable[[], None]:
        """Give `taker` all since the key picture before `since_us` (CLOCK_MONOTONIC), then each that comes.

        In one step, so nothing is missing or twice between the two. Breaks and lost packets are told in their place.
        Where nothing is held it is told `broken` and waits for a key picture. Returns what detaches it.
        """
        # The last group that begins at or before the moment; the oldest held, where all begin later.
        first = max((at for at, gop in enumerate(self._gops) if gop.first_us <= since_us), default=0)
        wanted = list(self._gops)[first:]
        for gop in wanted:
            _replay(gop, taker)
        if self._missing:
            taker.missing(self._missing)
        if not self._open:
            taker.broken()
        self._takers = (*self._takers, taker)

        def detach() -> None:
            self._takers = tuple(one for one in self._takers if one is not taker)

        return detach

    def give_away(self) -> None:
        """Drop the oldest group, before its time."""
        self.given_away += 1
        if len(self._gops) == 1:
            self._drop_open()
        else:
            self._drop_oldest()

    def close(self) -> None:
        """Drop all, and leave the budget."""
        self._budget.leave(self)
        self._gops.clear()
        self.held_bytes, self._open = 0, False

    def _forget(self, now_us: int) -> None:
        while len(self._gops) > 1 and self._gops[1].first_us <= now_us - self.keep_us:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._took(-self._gops.popleft().size)

    def _drop_open(self) -> None:
        # Half a group decodes to nothing: the rest of it is not kept either.
        self._took(-self._gops.pop().size)
        self._open, self._broken = False, True

    def _took(self, size: int) -> None:
        self.held_bytes += size
        self._budget.took(size)


def _replay(gop: Gop, taker: Taker) -> None:
    if gop.broken:
        taker.broken()
    if gop.missing:
        taker.missing(gop.missing)
    sound = deque(gop.sound)
    for at, unit in enumerate(gop.units):
        while sound and sound[0][0] <= at:
            taker.audio(sound.popleft()[1])
        taker.unit(unit)
    for _, frame in sound:
        taker.audio(frame)
