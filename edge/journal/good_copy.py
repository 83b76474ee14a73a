"""The last good copy of the journal: what a damaged or lost database is rebuilt from.

`journal.copy.db` is kept beside the database and follows it from minute to minute; each event is checked against the
chain when it is taken over. Once a day a new copy is made from the first event on and read again whole before it
takes the old one's place: so that every event of the database is looked at as well. Read through whoever owns the
database, 32 events at a time and with pauses: a press that comes in between waits for none of it.
"""

import errno
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from edge.journal.chain import Head, Problem
from edge.journal.faults import is_damage
from edge.journal.files import remove, set_aside, sync, without_logs
from edge.journal.mirror import BITE, Mirror, Piece, piece, sound
from edge.journal.places import Places
from edge.journal.store import Store
from edge.journal.witness import sync_directory

T = TypeVar("T")

ANEW_S: Final = 86_400
PAUSE_S: Final = 0.05
"""Behind each piece: checking takes the interpreter for 1 ms of it."""
_FOLD_PIECES: Final = 64


class Source(Protocol):
    """Whoever owns the database. Raises JournalRefused where it does not answer."""

    def __call__(self, what: Callable[[Store], T], /) -> T: ...


class Interrupted(Exception):
    """Somebody needs the copy, or this is the end: what was begun is begun again later."""


class NotSound(Exception):
    """An event of the database does not hold: the copy is better than what it was to be made from."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.text}")
        self.problem = problem


class GoodCopy:
    """The copy of one store. For one thread."""

    def __init__(
        self,
        places: Places,
        campus: str,
        read: Source,
        *,
        held: threading.Lock,
        allows: Callable[[int], bool],
        pause: Callable[[], None],
    ) -> None:
        """held: by whoever touches the file. read: as `Source`. allows: whether there is room for so many bytes.
        pause: between two pieces; raises Interrupted.
        """
        self._places = places
        self._campus = campus
        self._read = read
        self._allows = allows
        self._pause = pause
        self._held = held
        self._done: tuple[Head, float] | None = None
        """What the copy ends with, and when it was made: nothing is opened while nothing is new."""

    def keep_up(self, now_s: float) -> None:
        """Bring the copy up to the database, or make it anew. now_s: since 1970.

        Raises Interrupted, NotSound, JournalRefused, OSError, sqlite3.Error; the copy is good all the same.
        """
        head = self._read(lambda store: store.head)
        done, self._done = self._done, None
        if done is not None and done[0] == head and self._places.copy.exists():
            made_s: float | None = done[1]
        else:
            made_s = self._follow()
        if made_s is None or not 0 <= now_s - made_s < ANEW_S:
            self._make(now_s)
            made_s = now_s
        if head is not None:
            self._done = head, made_s

    def _follow(self) -> int | None:
        """Take over what is new; when the copy was made (seconds since 1970), None where it has to be made."""
        with self._held:
            if not self._places.copy.exists():
                return None
            try:
                if (made_s := self._added()) is not None:
                    return made_s
            except sqlite3.DatabaseError as err:
                if not is_damage(err):
                    raise
            self._aside()
            return None

    def _added(self) -> int | None:
        store = Store.open(self._places.copy)
        try:
            if not self._continues(store):
                return None
            self._all(Mirror(store, self._campus))
            while store.delete_dropped(BITE):
                self._pause()
            store.fold_log(truncate=True)
            return store.note() * 60
        finally:
            store.close()

    def _continues(self, copy: Store) -> bool:
        """Whether the database holds what the copy ends with."""
        head = copy.head
        return head is None or self._read(lambda store: store.hash_at(head.epoch, head.seq)) == head.hash

    def _aside(self) -> None:
        """Of another journal, or damaged: kept, since nobody knows what it still tells."""
        set_aside(self._places.copy, f"aside-{time.time_ns() // 1000}")

    def _make(self, now_s: float) -> None:
        new = self._places.new_copy
        remove(new)
        if not self._allows(_size(self._places.database)):
            raise OSError(errno.ENOSPC, "no room for a copy")
        try:
            Store.lay(new, self._read(lambda store: store.schema()))
            store = Store.open(new)
            try:
                store.sync_later(True)
                store.note(int(now_s) // 60)
                self._all(Mirror(store, self._campus))
                store.fold_log(truncate=True)
            finally:
                store.close()
            self._check(new)
            sync(new)
            with self._held:
                # A log beside the old one would be taken for the new one's.
                without_logs(self._places.copy)
                new.rename(self._places.copy)
                sync_directory(self._places.directory)
        finally:
            remove(new)

    def _all(self, mirror: Mirror) -> None:
        count = 0
        while (some := self._read(_piece_behind(mirror.place))).rows or count == 0:
            problem = mirror.take(some)
            if problem is not None:
                raise NotSound(problem)
            count += 1
            if count % _FOLD_PIECES == 0:
                mirror.store.fold_log(truncate=True)
            if len(some.rows) < BITE:
                return
            self._pause()

    def _check(self, new: Path) -> None:
        """Read it again whole, from the disk. Raises sqlite3.DatabaseError where it does not hold."""
        store = Store.open(new)
        try:
            fault = store.check_file()
            place, before = 0, None
            while not fault and (some := piece(store, place)).rows:
                good, problem = sound(some, before, self._campus, place)
                fault = "" if problem is None else problem.text
                if good:
                    place, last = good[-1]
                    before = Head(last.epoch, last.seq, last.hash)
                self._pause()
            if fault:
                raise sqlite3.DatabaseError(f"the copy was not written as it should be: {fault}")
        finally:
            store.close()


def _piece_behind(place: int) -> Callable[[Store], Piece]:
    return lambda store: piece(store, place)


def _size(database: Path) -> int:
    return sum(
        file.stat().st_size
        for file in (database, database.with_name(database.name + "-wal"))
        if file.exists()
    )
