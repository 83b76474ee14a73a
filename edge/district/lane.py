"""The main lane: every event once, in order, from where the hub stands, in batches as large as the link takes in good time.

Where anything is doubtful it asks the hub where it stands, and goes on from there: nothing is remembered here that the hub
does not know better.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from edge.district import wire
from edge.district.api import CheckpointLine, Place
from edge.district.client import Away, Client, Told
from edge.district.messages import EventLine, Piece, Pull

BATCH_S: Final = 0.5
"""A request is to take so long: a lost one costs little, and many a second would cost more than they carry."""
FEWEST: Final = 20
FIRST: Final = 200
GATHER_S: Final = 0.1
"""What comes behind the first of a quiet time goes with it."""


class Halted(Exception):
    """A person has to look: the hub holds another chain than this box. why: `fork`, `cloned`, `halted` as the hub
    says, `other` or `lost` as this journal says.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Filled:
    """Events of one epoch, contiguous, behind `place`; start: the checkpoint they begin at where older ones were let go."""

    place: Place
    events: list[EventLine] = field(default_factory=list)
    start: CheckpointLine | None = None

    @property
    def end(self) -> Place:
        """The place of its last event."""
        if not self.events:
            return self.place
        last = self.events[-1]
        return Place(last.epoch, last.seq, last.hash)


class Lane:
    """pull: what follows a place, from the daemon. told: called with each place that the hub acknowledged."""

    def __init__(
        self, client: Client, pull: Callable[[Pull], Awaitable[Piece]], told: Callable[[Place], None]
    ) -> None:
        self._client = client
        self._pull = pull
        self._told = told
        self._grew = asyncio.Event()
        self._left: list[EventLine] = []
        """Pulled, and of the batch after the next."""
        self._left_more = False
        self.size = FIRST

    def grew(self) -> None:
        """The journal took something."""
        self._grew.set()

    async def run(self) -> None:
        """Send, for ever. Raises Away, Told, Halted; called again, it asks the hub where to go on."""
        position = await self._client.position()
        if position.halted:
            raise Halted(position.halted)
        place = position.epochs[-1] if position.epochs else Place("", 0, "")
        for held in position.epochs:
            self._told(held)
        self._left.clear()
        self._left_more = False
        filled = await self._fill(place)
        while True:
            while not filled.events:
                self._grew.clear()
                filled = await self._fill(place)
                if not filled.events:
                    await self._grew.wait()
                    await asyncio.sleep(GATHER_S)
            # The next one is read while this one is on its way.
            ahead = asyncio.ensure_future(self._fill(filled.end))
            try:
                place = await self._sent(filled)
                self._told(place)
                following = await ahead
            finally:
                ahead.cancel()
            if place == following.place:
                filled = following
            else:
                self._left.clear()
                self._left_more = False
                filled = await self._fill(place)

    # --- gathering -----------------------------------------------------------------------------

    async def _fill(self, place: Place) -> Filled:
        """At most a batch of what follows, of one epoch."""
        filled, at = Filled(place), place
        if self._left:
            last = self._left[-1]
            at = Place(last.epoch, last.seq, last.hash)
        events, more = self._left, self._left_more or not self._left
        self._left = []
        while more and len(events) < self.size and _one_epoch(events):
            piece = await self._pull(Pull(at.epoch, at.seq, at.hash))
            if piece.found == "other":
                raise Halted("other")
            if piece.found == "lost" and (not piece.events or piece.events[0].epoch == at.epoch):
                # The hub holds more of the epoch that this box still goes on with: an old copy of it runs here.
                raise Halted("lost")
            filled.start = filled.start or piece.start
            events += piece.events
            more = piece.more
            if piece.events:
                last = piece.events[-1]
                at = Place(last.epoch, last.seq, last.hash)
        cut = min(_run(events), self.size, _fitting(events))
        filled.events, self._left, self._left_more = events[:cut], events[cut:], more
        if filled.events:
            filled.place = _before(filled.events[0], place)
        return filled

    # --- sending -------------------------------------------------------------------------------

    async def _sent(self, filled: Filled) -> Place:
        if filled.start is not None:
            await self._client.checkpoints((filled.start,))
        place = filled.place
        lines = [one.line() for one in filled.events]
        _, batch = wire.packed(place.epoch, place.seq, place.hash, lines)
        began_s = time.monotonic()
        try:
            held = await self._client.send(batch)
        except Away:
            self.size = max(FEWEST, self.size // 2)
            raise
        except Told as err:
            match err.problem.code:
                case "gap" if (expected := err.problem.expected) is not None and expected != place:
                    return expected
                case "too_large" if len(lines) > 1:
                    self.size = max(1, len(lines) // 2)
                    return place
                case "fork" | "cloned" | "halted":
                    raise Halted(err.problem.code) from None
                case _:
                    raise
        if held.epoch == place.epoch and held.seq == filled.end.seq and held.hash != filled.end.hash:
            raise Away("not_a_hub")
        self._fit(len(lines), time.monotonic() - began_s)
        return held

    def _fit(self, count: int, took_s: float) -> None:
        """Half a second's worth, by what this one took; a batch that was not full says little of the link."""
        fitting = round(count * BATCH_S / max(took_s, 0.001))
        if count >= self.size or fitting < self.size:
            self.size = min(max(fitting, FEWEST, self.size // 2), 2 * self.size, wire.MOST_EVENTS)


def _one_epoch(events: list[EventLine]) -> bool:
    return not events or events[-1].epoch == events[0].epoch


def _run(events: list[EventLine]) -> int:
    """How many of the first are of one epoch and follow each other."""
    for number, one in enumerate(events):
        if one.epoch != events[0].epoch or one.seq != events[0].seq + number:
            return number
    return len(events)


def _fitting(events: list[EventLine]) -> int:
    """How many of the first are within what a batch may hold unpacked; one is always."""
    left = wire.MOST_UNPACKED // 2
    for number, one in enumerate(events):
        left -= len(one.body) + sum(len(value) for _, value in one.opened.values())
        if left < 0 and number:
            return number
    return len(events)


def _before(event: EventLine, place: Place) -> Place:
    """The place of what this event follows: as it says itself, not as it was asked for."""
    if (event.epoch, event.seq) == (place.epoch, place.seq + 1):
        return place
    return Place(event.epoch, event.seq - 1, wire.prev_of(event.body.encode()))
