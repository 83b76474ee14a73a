"""Reads a journal a bite at a time, whether a daemon has it open or not: the database, or its last good copy.

The copy follows the database from minute to minute. Nothing is held between two bites.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

from edge.journal.opening import JournalInUse
from edge.journal.places import Places
from edge.journal.reader import Reader
from edge.journal.snapshot import Snapshot, newest_first
from edge.journal.store import Store
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused

T = TypeVar("T")
BITE: Final = 1_000
"""Events: 20 ms, in which a daemon cannot bring its copy up to date."""
TRIES: Final = 600
PAUSE_S: Final = 0.1


class Bites:
    """The journal, opened for one bite at a time: a daemon that starts, or that brings its copy up to date, waits for no more."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.from_copy = False

    def snapshots(self) -> list[Snapshot]:
        """As `Reader.snapshots`."""
        return self.ask(lambda store: newest_first(self.places, store))

    def events(self, after: tuple[str, int] | None) -> Iterator[Stored]:
        """As `Reader.events`."""
        while chunk := self.ask(partial(_after, after)):
            yield from chunk
            after = chunk[-1].position

    def ask(self, what: Callable[[Store], T]) -> T:
        why = ""
        for _ in range(TRIES):
            try:
                with Reader.open(self.places.directory) as reader:
                    self.from_copy = False
                    return what(reader.store)
            except JournalInUse:
                self.from_copy = True
            except (sqlite3.Error, ValueError, TypeError) as err:
                raise JournalRefused(f"{self.places.database} cannot be read: {err}") from err
            if not self.places.copy.exists():
                raise JournalRefused(
                    f"{self.places.copy} is not there yet: a daemon makes it a minute after its start"
                )
            try:
                store = Store.open(self.places.copy, make=False)
                try:
                    return what(store)
                finally:
                    store.close()
            except (sqlite3.Error, ValueError, TypeError) as err:
                # The daemon is at it: for some milliseconds in a minute, and longer once a day.
                why = str(err)
            time.sleep(PAUSE_S)
        raise JournalRefused(f"{self.places.copy} cannot be read: {why}")


def _after(after: tuple[str, int] | None, store: Store) -> list[Stored]:
    place = 0 if after is None else store.place_of(*after)
    if place is None:
        raise JournalRefused("the journal was begun anew meanwhile: prepare again")
    return store.after(place, BITE)
