"""A database that is damaged, gone or shorter than it was: put together again from its last good copy and what is left.

The copy takes the database's place, with what the remains hold behind the copy's end, each event checked against the
chain; the spill is folded in behind it as always. What is damaged is set aside and never deleted. Nothing of this is
done before the storage has shown that it answers: after an I/O error SQLite calls a whole database corrupt, and the
next moment it is whole (faults.md 1.3).

Steps, so that a power cut leaves one whole database at any moment: the copy becomes `journal.rebuilt.db`, is added to
and synced; the damaged database is set aside; `journal.rebuilt.db` takes its place. Where the place is free and
`journal.rebuilt.db` is there, it is complete.
"""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.journal.chain import Head, check
from edge.journal.faults import is_damage
from edge.journal.files import remove, set_aside, sync
from edge.journal.mirror import Mirror, Piece, piece
from edge.journal.places import Places
from edge.journal.sealed import SealedValue
from edge.journal.store import Store
from edge.journal.stored import stored
from edge.journal.witness import sync_directory
from rules.model.values import dataclass

TAIL_EVENTS: Final = 100
"""Checked at each start: 3 ms. The whole chain is `verify-journal`'s."""
_PIECE: Final = 64
_BARE_MOST: Final = 20_000
_PROBE: Final = b"campus-edge\n" * 341


@dataclass(frozen=True, slots=True)
class Gathered:
    """A database put together beside the damaged one, and how much of it came from the copy and from the remains."""

    mirror: Mirror
    copied: int

    @property
    def head(self) -> Head | None:
        return self.mirror.store.head

    @property
    def salvaged(self) -> int:
        return self.mirror.taken

    def holds(self, head: Head | None) -> bool:
        """Whether this event is in it."""
        return head is None or self.mirror.store.hash_at(head.epoch, head.seq) == head.hash


def gather(places: Places, campus: str) -> Gathered:
    """Begin with what is good: the rest of a rebuilding that was cut off, else the copy, else nothing.

    Raises OSError, sqlite3.Error where the disk refuses.
    """
    begun, copy = _good(places.rebuilt, campus), _good(places.copy, campus)
    if copy is not None and (begun is None or place_of_end(begun) < place_of_end(copy)):
        copy.fold_log(truncate=True)
        copy.close()
        if begun is not None:
            begun.close()
        remove(places.rebuilt)
        places.copy.rename(places.rebuilt)
        sync_directory(places.directory)
        begun = Store.open(places.rebuilt)
    elif copy is not None:
        copy.close()
    if begun is None:
        remove(places.rebuilt)
        begun = Store.open(places.rebuilt)
    return Gathered(Mirror(begun, campus), place_of_end(begun))


def salvage(made: Gathered, remains: Store, until_s: float = float("inf"), *, bare: bool = True) -> bool:
    """Add what the remains hold behind its end and the chain bears out; False: there is more, and it is past `until_s`
    by time.monotonic().

    bare: also events whose sealed values cannot be read. Raises sqlite3.Error where what is being made takes nothing.
    """
    size = _PIECE
    while time.monotonic() < until_s:
        some = _left(remains, made.mirror.place, size, bare=bare)
        if some is None and size > 1:
            size = 1  # up to the page that cannot be read
            continue
        if some is None or not some.rows or made.mirror.take(some) is not None:
            return True
    return False


def bare_events(remains: Store, after: int) -> list[Piece]:
    """The events behind a place that can be read, without their sealed values: for want of anything better."""
    found: list[Piece] = []
    while (some := _left(remains, after, 1, bare=True)) is not None and some.rows and len(found) < _BARE_MOST:
        found.append(some)
        after = some.rows[-1][0]
    return found


def add(made: Gathered, pieces: Sequence[Piece]) -> None:
    """Add what follows of these. Raises sqlite3.Error."""
    for some in pieces:
        if some.rows[0][0] > made.mirror.place and made.mirror.take(some) is not None:
            return


def put_in_place(places: Places, made: Gathered, now_us: int) -> tuple[Store, tuple[str, ...]]:
    """Set aside what is in the database's place, and put what was made there; what was set aside.

    Raises OSError, sqlite3.Error.
    """
    made.mirror.store.fold_log(truncate=True)
    made.mirror.store.close()
    sync(places.rebuilt)
    aside = _moved(places, now_us)
    return Store.open(places.database), aside


def _moved(places: Places, now_us: int) -> tuple[str, ...]:
    aside = tuple(set_aside(places.database, f"corrupt-{now_us}"))
    places.rebuilt.rename(places.database)
    sync_directory(places.directory)
    return aside


def put_back(places: Places, made: Gathered) -> None:
    """It is not needed: it is the copy again, with what was added to it. Raises OSError, sqlite3.Error."""
    made.mirror.store.fold_log(truncate=True)
    made.mirror.store.close()
    if made.head is None:
        remove(places.rebuilt)
        return
    places.rebuilt.rename(places.copy)
    sync_directory(places.directory)


def finish(places: Places, now_us: int) -> tuple[str, ...] | None:
    """Finish a rebuilding that was cut off behind the setting aside; None: there was none. Raises OSError."""
    if places.database.exists() or not places.rebuilt.exists():
        return None
    return _moved(places, now_us)


def storage_answers(directory: Path) -> None:
    """Write, sync and read back a file of its own. Raises OSError where that does not work."""
    probe = directory / "journal.probe"
    descriptor = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(descriptor, _PROBE, 0)
        os.fsync(descriptor)
        if os.pread(descriptor, len(_PROBE), 0) != _PROBE:
            raise OSError("what was written does not come back")
    finally:
        os.close(descriptor)
        with suppress(OSError):
            probe.unlink()


def place_of_end(store: Store) -> int:
    """The place of its last event; 0: it is empty."""
    head = store.head
    return 0 if head is None else store.place_of(head.epoch, head.seq) or 0


def tail_holds(store: Store, campus: str) -> bool:
    """Whether the last hundred events hold together."""
    before: Head | None = None
    try:
        for _, digest, body in store.raw_after(max(0, place_of_end(store) - TAIL_EVENTS), TAIL_EVENTS):
            event = stored(bytes(body), digest)
            if check(event, campus, before) is not None:
                return False
            before = Head(event.epoch, event.seq, event.hash)
    except (ValueError, TypeError, sqlite3.Error):
        return False
    return True


def _good(file: Path, campus: str) -> Store | None:
    """What is in this file, where its end holds; None: nothing that is of use."""
    if not file.exists():
        return None
    try:
        store = Store.open(file)
    except (sqlite3.Error, TypeError, ValueError) as err:
        if isinstance(err, sqlite3.Error) and not is_damage(err):
            raise
        return None
    if store.head is not None and tail_holds(store, campus):
        return store
    store.close()
    return None


def _left(remains: Store, after: int, size: int, *, bare: bool) -> Piece | None:
    """What of a piece can be read; None: not even the events."""
    with suppress(sqlite3.Error, TypeError, ValueError):
        return piece(remains, after, size)
    try:
        rows = remains.raw_after(after, size)
    except (sqlite3.Error, TypeError, ValueError):
        return None
    sealed: Sequence[tuple[int, SealedValue]] = ()
    unread = False
    try:
        sealed = list(remains.sealed_between(rows[0][0], rows[-1][0])) if rows else ()
    except (sqlite3.Error, TypeError, ValueError):
        unread = True
    if unread and (size > 1 or not bare):
        return None
    return Piece(rows, sealed, (), (), list(remains.epochs), {}, unread)
