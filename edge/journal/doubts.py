"""What a running journal does about a database that it cannot trust any more: find out, then go on with what is whole."""

import errno
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from edge.journal.canonical import JSON
from edge.journal.chain import Head
from edge.journal.faults import is_damage
from edge.journal.mending import (
    Gathered,
    add,
    bare_events,
    gather,
    place_of_end,
    put_back,
    put_in_place,
    salvage,
    storage_answers,
    tail_holds,
)
from edge.journal.mirror import Piece
from edge.journal.places import Places
from edge.journal.store import Store
from rules.model.values import dataclass

Why = Literal["damaged", "touched", "replaced", "gone", "shorter", "broken"]
"""SQLite says so; somebody wrote into the file; another file has its name; nothing has; events that were committed are
not in it; an event in it does not hold."""

_PATIENCE_S: Final = 2.0


class InDoubt(Exception):
    """What was done with the database does not count: it is not sure that it is there."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Settled:
    """What to go on with. told: what was done, for the journal; None: nothing. whole: nothing is missing.

    broken: the number of an event that does not hold and that nothing can replace; 0: none is known. sealed_lost: values of
        sealed fields that could not be read.
    """

    store: Store
    told: dict[str, JSON] | None = None
    whole: bool = True
    broken: int = 0
    sealed_lost: int = 0


class CopyClaim:
    """Who may touch the copy's file: whoever keeps it up steps back when it is wanted."""

    def __init__(self) -> None:
        self.held = threading.Lock()
        self.wanted = threading.Event()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Raises OSError where whoever has it does not let go of it: its disk hangs."""
        self.wanted.set()
        try:
            if not self.held.acquire(timeout=_PATIENCE_S):
                raise OSError(errno.EBUSY, "the copy of the journal is in use")
            try:
                yield
            finally:
                self.held.release()
        finally:
            self.wanted.clear()


class Doubts:
    """For the thread that holds the database."""

    def __init__(
        self, places: Places, campus: str, now_us: Callable[[], int], allows: Callable[[int], bool]
    ) -> None:
        """allows: whether there is room for so many bytes that one can do without."""
        self.claim = CopyClaim()
        self.why: Why | None = None
        self.reached: Head | None = None
        """The last event that is known to be in the database."""
        self._places = places
        self._campus = campus
        self._now_us = now_us
        self._allows = allows
        self._hurt: Store | None = None
        self._broken = 0
        self._device: int | None = None

    def adopted(self, store: Store) -> None:
        """This database is used from now on."""
        self.reached = store.head
        if store.seen.identity is not None:
            self._device = store.seen.identity[0]

    def arise(self, why: Why, store: Store | None, broken: int = 0) -> None:
        """`store` stays open: what its memory holds may be all that is left."""
        self.why, self._broken = why, broken
        if store is not None:
            self._let_go()
            self._hurt = store

    def look(self, store: Store) -> None:
        """Before it is written to. Raises InDoubt."""
        match store.seen.doubt():
            case "gone" | "replaced" | "touched" as why:
                raise InDoubt(why)

    def look_again(self, store: Store) -> None:
        """After it was written to: whether that counts. Raises InDoubt."""
        match store.seen.doubt():
            case "gone" | "replaced" as why:
                raise InDoubt(why)

    def of_opened(self, store: Store) -> None:
        """One that was just opened: whether it holds what was committed to it. Raises InDoubt, sqlite3.Error."""
        reached = self.reached
        if reached is not None and store.hash_at(reached.epoch, reached.seq) != reached.hash:
            raise InDoubt("shorter")

    def settle(self) -> Settled:
        """Find out what is the matter. Raises OSError, sqlite3.Error where the disk refuses: try again later."""
        places, why = self._places, self.why
        with suppress(FileExistsError):
            places.directory.mkdir(mode=0o700)
        self.right_disk()
        storage_answers(places.directory)
        if self._hurt is not None and self._hurt.seen.doubt() == "" and why == "gone":
            store, self._hurt, self.why = self._hurt, None, None
            return Settled(store)  # it was mounted again
        with self.claim.taken():
            settled = self._settle(why or "damaged")
        self.why = None
        return settled

    def right_disk(self) -> None:
        """Where the store's disk is not mounted, nothing may be written into the place where it should be.

        Raises OSError.
        """
        if self._device is not None and self._places.directory.stat().st_dev != self._device:
            raise OSError(errno.ENODEV, "another disk is there")

    def close(self) -> None:
        self._let_go()

    # --- inside -------------------------------------------------------------------------------

    def _settle(self, why: Why) -> Settled:
        places, reached = self._places, self.reached
        made = gather(places, self._campus)
        bare: list[Piece] = []
        try:
            hurt = self._hurt
            if hurt is not None and (made.copied or self._allows(_size(places.database))):
                # What its memory holds is not on the disk any more, perhaps.
                salvage(made, hurt, bare=False)
                bare = bare_events(hurt, made.mirror.place)
            self._let_go()
            found, sick = self._found()
            if found is not None:
                if not sick and self._stays(found, made, why):
                    put_back(places, made)
                    return Settled(found, broken=self._broken if why == "broken" else 0)
                salvage(made, found, bare=False)
                add(made, bare)
                salvage(made, found)
                found.close()
            add(made, bare)
            if made.head is None and not self._places.database.exists():
                # Nothing to go on with, and perhaps it is only being moved: the spill takes events meanwhile.
                raise FileNotFoundError(errno.ENOENT, "the database is gone")
            unread = made.mirror.unread
            end, copied, salvaged = made.head, made.copied, made.salvaged
            whole = made.holds(reached)
            store, aside = put_in_place(places, made, self._now_us())
        except BaseException:
            made.mirror.store.close()
            raise
        files: list[JSON] = list(aside)
        told: dict[str, JSON] = {
            "why": why,
            "copied": copied,
            "salvaged": salvaged,
            "epoch": None if end is None else end.epoch,
            "seq": None if end is None else end.seq,
            "lost_after": None if whole or reached is None else (end.seq if end is not None else 0),
            "sealed_lost": unread,
            "files": files,
        }
        return Settled(store, told, whole, sealed_lost=unread)

    def _stays(self, found: Store, made: Gathered, why: Why) -> bool:
        """Whether to go on with what was found: it holds all that was committed, or what was made holds no more."""
        reached = self.reached
        holds = reached is None or found.hash_at(reached.epoch, reached.seq) == reached.hash
        if holds and why != "broken":
            return True
        salvage(made, found)
        if made.holds(reached):
            return False
        return holds or made.mirror.place <= place_of_end(found)

    def _found(self) -> tuple[Store | None, bool]:
        """What lies in the database's place, read anew, and whether it is sick; None: it cannot even be opened."""
        if not self._places.database.exists():
            return None, True
        try:
            store = Store.open(self._places.database)
        except (sqlite3.Error, TypeError, ValueError) as err:
            if isinstance(err, sqlite3.Error) and not is_damage(err):
                raise
            return None, True
        try:
            return store, bool(store.check_file()) or not tail_holds(store, self._campus)
        except sqlite3.Error as err:
            if not is_damage(err):
                store.close()
                raise
            return store, True

    def _let_go(self) -> None:
        if self._hurt is not None:
            self._hurt.close()
            self._hurt = None


def _size(database: Path) -> int:
    try:
        return database.stat().st_size
    except OSError:
        return 0
