"""Reads a journal while no daemon has it open. While one runs, ask the daemon: the database is its alone."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

from edge.journal.chain import digest
from edge.journal.keys import SigningKey, load_or_make
from edge.journal.opening import JournalInUse
from edge.journal.places import Places
from edge.journal.snapshot import Snapshot, newest_first
from edge.journal.store import Store
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused


class Reader:
    """A store directory, open for reading. A context manager."""

    def __init__(self, places: Places, store: Store, held: int | None) -> None:
        self.places = places
        self.store = store
        self._held = held

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Raises JournalInUse while a daemon runs on it, JournalRefused where there is nothing to be read."""
        places = Places(directory)
        held: int | None = None
        try:
            if places.lock.exists():
                held = os.open(places.lock, os.O_RDONLY | os.O_CLOEXEC)
                fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return cls(places, Store.open(places.database, make=False), held)
        except BlockingIOError:
            fault: Exception = JournalInUse(f"{directory} is in use: ask the running campus-edge")
        except (OSError, sqlite3.Error) as err:
            fault = JournalRefused(f"{places.database} cannot be read: {err}")
        if held is not None:
            os.close(held)
        raise fault

    @property
    def campus(self) -> str:
        """The campus whose journal this is, by its first sound event; `""` where there is none.

        Raises JournalRefused.
        """
        try:
            first = self.store.raw_after(0, 100)
        except sqlite3.Error as err:
            raise JournalRefused(f"the journal cannot be read: {err}") from err
        for _, claimed, body in first:
            if digest(bytes(body)) == claimed:
                return str(msgspec.json.decode(bytes(body))["campus"])
        return ""

    def events(self, after: tuple[str, int] | None = None) -> Iterator[Stored]:
        """Every event behind (epoch, seq), None: every one, oldest first, in its newest kind.

        Raises KeyError for an unknown epoch, JournalRefused where the database gives up half-way.
        """
        while chunk := self.read(after, 500):
            yield from chunk
            after = chunk[-1].position

    def read(self, after: tuple[str, int] | None = None, limit: int = 500) -> list[Stored]:
        """At most `limit` events; as `events`."""
        return self._read(after, limit, sealed=True)

    def read_sealed(self, after: tuple[str, int] | None = None, limit: int = 500) -> list[Stored]:
        """The same, with none of their sealed fields opened: for views, which show none."""
        return self._read(after, limit, sealed=False)

    def _read(self, after: tuple[str, int] | None, limit: int, *, sealed: bool) -> list[Stored]:
        place = 0 if after is None else self.store.place_of(*after)
        if place is None:
            raise KeyError(after)
        try:
            return self.store.after(place, limit, sealed=sealed)
        except (sqlite3.Error, ValueError, TypeError) as err:
            raise JournalRefused(f"the journal cannot be read: {err}") from err

    def hash_at(self, epoch: str, seq: int) -> str | None:
        """The hash of one event; None where it is not here. Raises JournalRefused."""
        try:
            return self.store.hash_at(epoch, seq)
        except sqlite3.Error as err:
            raise JournalRefused(f"the journal cannot be read: {err}") from err

    def snapshots(self) -> list[Snapshot]:
        """As `Journal.load_snapshots`. Raises JournalRefused."""
        try:
            return newest_first(self.places, self.store)
        except sqlite3.Error as err:
            raise JournalRefused(f"the journal cannot be read: {err}") from err

    def key(self) -> SigningKey:
        """The signing key. Raises KeyRefused."""
        return load_or_make(self.places.directory)

    def close(self) -> None:
        self.store.close()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
