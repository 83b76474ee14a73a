"""What the journal's thread is asked to read, a piece at a time: each a function of the open journal. Raises as SQLite does."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from edge.journal.core import Core
from edge.journal.store import Store
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused

T = TypeVar("T")
Of = TypeVar("Of")
Line = tuple[int, str, str, dict[str, str]]
"""(place, hash, body, values of its sealed fields by name, JSON): see `Store.lines_after`."""
LOOKED_THROUGH: Final = 1_000
"""Of one piece of reading: 1 ms in which nothing is committed."""


def reading(after: tuple[str, int] | None, limit: int) -> Callable[[Core], list[Stored]]:
    """Reads at most `limit` events behind (epoch, seq)."""
    return lambda core: read(opened_store(core), after, limit)


def read(store: Store, after: tuple[str, int] | None, limit: int) -> list[Stored]:
    """At most `limit` events behind (epoch, seq), in their newest kinds. Raises KeyError for an unknown epoch."""
    found = 0 if after is None else store.place_of(*after)
    if found is None:
        raise KeyError(after)
    return store.after(found, limit)


def place(after: tuple[str, int] | None) -> Callable[[Core], int]:
    """Finds the place of (epoch, seq), None: before the first. Raises KeyError for an unknown epoch."""

    def found_place(core: Core) -> int:
        found = 0 if after is None else opened_store(core).place_of(*after)
        if found is None:
            raise KeyError(after)
        return found

    return found_place


def lines(core: Core, place: int, limit: int) -> list[Line]:
    """At most `limit` events behind a place."""
    return opened_store(core).lines_after(place, limit)


def looking_for(kinds: Sequence[str], place: int) -> Callable[[Core], tuple[bool, int | None]]:
    """Looks whether one of these kinds is among the next events behind a place."""
    return lambda core: opened_store(core).any_of(kinds, place, LOOKED_THROUGH)


def opened_store(core: Core) -> Store:
    """The database. Raises JournalRefused where there is none."""
    if core.store is None:
        raise JournalRefused("the journal's database cannot be opened")
    return core.store


def asked(what: Callable[[Of], T], of: Of) -> T:
    """What comes of it; what the database says instead as JournalRefused."""
    try:
        return what(of)
    except (sqlite3.Error, ValueError, TypeError) as err:
        raise JournalRefused(f"the journal cannot be read: {err}") from err
