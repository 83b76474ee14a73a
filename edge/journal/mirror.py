"""A database that follows another, row by row; nothing is taken over that does not follow from what was before it.

So the copy is made and kept up, and a damaged database is rebuilt from its copy: chain and seals are checked here,
wherever the rows come from.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edge.journal.chain import Head, Problem, check
from edge.journal.checkpoint import Checkpoint
from edge.journal.sealed import SealedValue
from edge.journal.store import Epoch, Segment, Store
from edge.journal.stored import Stored, stored
from rules.model.values import dataclass

BITE: Final = 32
"""Events of one piece: 0.3 ms in the thread that reads, 1 ms of checking."""
_CHECKPOINTS: Final = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """Some events as they lie in a database, with what belongs to them."""

    rows: Sequence[tuple[int, str, bytes]]
    """(place, hash, body)."""
    sealed: Sequence[tuple[int, SealedValue]]
    checkpoints: Sequence[Checkpoint]
    segments: Sequence[Segment]
    epochs: Sequence[Epoch]
    dropped: dict[str, int]
    """By epoch the last number that was let go by retention: what stands there follows nothing."""
    sealed_unread: bool = False
    """The values of sealed fields could not be read: the events hold without them."""


def piece(store: Store, after: int, limit: int = BITE) -> Piece:
    """At most `limit` events behind a place. Raises sqlite3.Error."""
    rows = store.raw_after(after, limit)
    first, last = (rows[0][0], rows[-1][0]) if rows else (after, after)
    checkpoints: list[Checkpoint] = []
    for number, epoch in enumerate(store.epochs):
        ends = store.epochs[number + 1].first_place if number + 1 < len(store.epochs) else last + 1
        # From the one before on: its checkpoint may have been made since.
        low, high = max(first - 1, epoch.first_place), min(last, ends - 1)
        if low <= high:
            shift = 1 - epoch.first_place
            checkpoints += store.checkpoints(epoch.epoch, low + shift, high + shift, _CHECKPOINTS)
    segments = store.segments()
    return Piece(
        rows,
        list(store.sealed_between(first, last)) if rows else [],
        checkpoints,
        segments,
        list(store.epochs),
        {each.epoch: each.last for each in segments if each.dropped is not None},
    )


class Mirror:
    """A database to which pieces of another are added."""

    def __init__(self, store: Store, campus: str) -> None:
        self.store = store
        self._campus = campus
        self.taken = 0
        """Events taken over so far."""
        self.unread = 0
        """Sealed fields among them whose values could not be read."""

    @property
    def place(self) -> int:
        """The place of its last event; 0: it is empty."""
        head = self.store.head
        return 0 if head is None else self.store.place_of(head.epoch, head.seq) or 0

    def take(self, some: Piece) -> Problem | None:
        """Take over what follows, in one transaction; what the first is that does not. Raises sqlite3.Error."""
        good, problem = sound(some, self.store.head, self._campus, self.place)
        last = good[-1][0] if good else self.place
        commitments = {(place, name): value for place, event in good for name, value in event.sealed.items()}
        epochs = self._epochs(some, good, last)
        begun = {each.epoch: each.first_place for each in (*self.store.epochs, *epochs)}
        oldest = self.store.bounds()[0] or (good[0][0] if good else 0)
        segments = []
        for each in some.segments:
            ends = begun[each.epoch] + each.last - 1 if each.epoch in begun else last + 1
            if ends <= last:
                # That it was dropped is said by an event, which the chain vouches for; or nothing of it is here.
                segments.append(each if ends < oldest else replace(each, dropped=None))
        self.store.take(
            good,
            [(at, one) for at, one in some.sealed if commitments.get((at, one.field)) == one.commitment()],
            [each for each in some.checkpoints if self._stands(each, good)],
            segments,
            epochs,
        )
        self.taken += len(good)
        self.unread += len(commitments) if some.sealed_unread else 0
        return problem

    def _epochs(self, some: Piece, good: Sequence[tuple[int, Stored]], last: int) -> list[Epoch]:
        """The epochs that begin up to `last` and are not here yet: as the events say it, where there are any."""
        known = {each.epoch for each in self.store.epochs}
        machines = {each.epoch: each.machine for each in some.epochs}
        begun = {event.epoch: place - event.seq + 1 for place, event in reversed(good)}
        begun = {each.epoch: each.first_place for each in some.epochs if each.first_place <= last} | begun
        new = sorted((place, epoch) for epoch, place in begun.items() if epoch not in known)
        return [
            Epoch(len(known) + number, epoch, place, machines.get(epoch))
            for number, (place, epoch) in enumerate(new, 1)
        ]

    def _stands(self, made: Checkpoint, good: Sequence[tuple[int, Stored]]) -> bool:
        """Whether it is on an event that is here."""
        for _, event in good:
            if event.position == (made.epoch, made.seq):
                return event.hash == made.hash
            if event.position == (made.epoch, made.seq + 1):
                return event.prev == made.hash  # also where retention let the event itself go
        return self.store.hash_at(made.epoch, made.seq) == made.hash


def sound(
    some: Piece, before: Head | None, campus: str, place: int
) -> tuple[list[tuple[int, Stored]], Problem | None]:
    """The events that hold, up to the first that does not, and what is wrong with that one.

    before, place: of the last event before them; None, 0: there is none, and they may begin behind what was dropped.
    """
    good: list[tuple[int, Stored]] = []
    for at, digest, body in some.rows:
        try:
            event = stored(body, digest)
        except ValueError as err:
            return good, Problem("form", None, None, f"place {at}: {err}")
        if before is None and event.seq > 1 and event.seq - 1 > some.dropped.get(event.epoch, 0):
            return good, Problem("gap", event.epoch, event.seq, "what was before it is not here")
        problem = check(event, campus, before)
        if problem is None and place and at != place + 1:
            problem = Problem("place", event.epoch, event.seq, f"it does not belong at place {at}")
        if problem is not None:
            return good, problem
        good.append((at, event))
        before, place = Head(event.epoch, event.seq, event.hash), at
    return good, None
