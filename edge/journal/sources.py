"""The two places an export is read from: a directory that nobody has open, and a running journal."""

from collections.abc import Callable
from typing import TypeVar

from edge.journal.checkpoint import Checkpoint, make
from edge.journal.core import Core
from edge.journal.journal import Journal
from edge.journal.keys import SigningKey
from edge.journal.reader import Reader
from edge.journal.store import Store
from edge.journal.stored import Stored, rfc3339
from edge.journal.writer import JournalRefused

T = TypeVar("T")
_CHECKPOINTS = 500


class _OfStore:
    """What both have in common: `_on` runs something short on the store, in whatever thread may touch it."""

    def _on(self, what: Callable[[Store], T]) -> T:
        raise NotImplementedError

    def raw(self, after: tuple[str, int] | None, limit: int) -> list[tuple[Stored, list[tuple[str, bytes]]]]:
        def read(store: Store) -> list[tuple[Stored, list[tuple[str, bytes]]]]:
            place = 0 if after is None else store.place_of(*after)
            if place is None:
                raise KeyError(after)
            events = store.after(place, limit, newest_kinds=False)
            if not events:
                return []
            salts: dict[int, list[tuple[str, bytes]]] = {}
            for at, sealed in store.sealed_between(_place(store, events[0]), _place(store, events[-1])):
                salts.setdefault(at, []).append((sealed.field, sealed.salt))
            return [(event, salts.get(_place(store, event), [])) for event in events]

        return self._on(read)

    def span(self, incident: str, after: int, count: int) -> tuple[int, int] | None:
        return self._on(lambda store: store.span(incident, after, count))

    def bounds(self) -> tuple[int, int]:
        return self._on(lambda store: store.bounds())

    def at(self, place: int) -> tuple[str, int]:
        def read(store: Store) -> tuple[str, int]:
            epoch = [each for each in store.epochs if each.first_place <= place][-1]
            return epoch.epoch, place - epoch.first_place + 1

        return self._on(read)

    def checkpoints(self, epoch: str, first: int, last: int) -> list[Checkpoint]:
        return self._on(lambda store: store.checkpoints(epoch, first, last, _CHECKPOINTS))

    def checkpoint_before(self, epoch: str, seq: int) -> Checkpoint | None:
        return self._on(lambda store: store.checkpoint_before(epoch, seq))


class OfReader(_OfStore):
    """An open Reader, used in the thread that opened it. `now_us`: microseconds since 1970, for a
    checkpoint.
    """

    def __init__(self, reader: Reader, now_us: int) -> None:
        self._reader = reader
        self._now_us = now_us

    def _on(self, what: Callable[[Store], T]) -> T:
        return what(self._reader.store)

    def checkpoint_now(self) -> None:
        head = self._reader.store.head
        if head is not None:
            made = make(self.key(), self._reader.campus, head, rfc3339(self._now_us))
            self._reader.store.keep_checkpoint(made)

    def key(self) -> SigningKey:
        return self._reader.key()


class OfJournal(_OfStore):
    """A started journal, asked from any thread but the loop's, in pieces of a few milliseconds."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def _on(self, what: Callable[[Store], T]) -> T:
        def ask(core: Core) -> T:
            if core.store is None:
                raise JournalRefused("the journal's database cannot be opened")
            return what(core.store)

        return self._journal.ask_blocking(ask)

    def checkpoint_now(self) -> None:
        self._journal.ask_blocking(lambda core: core.checkpoint())

    def key(self) -> SigningKey:
        return self._journal.ask_blocking(lambda core: core.key())


def _place(store: Store, event: Stored) -> int:
    return store.place_of(event.epoch, event.seq) or 0
