"""`views.db`: opened, followed forward, read. One connection, one thread. Droppable, so commits are not
synced.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from edge.journal.chain import Head
from edge.journal.migrations import migrate
from edge.journal.stored import Stored
from edge.views.tables import DERIVED, apply_all

SCHEMA: Final = Path(__file__).parent / "schema"
NAME: Final = "views.db"
TELEMETRY_MOST: Final = 200_000
"""Rows of `telemetry`: some 20 MB. The oldest go."""

Line = dict[str, Any]


_LATER: Final = "verdicts_by_door"
"""An index that no following asks. Row by row it costs more than all of it by one sorting at the end."""
_MAKE_LATER: Final = f"CREATE INDEX IF NOT EXISTS {_LATER} ON verdicts (door, at)"


class DoesNotFollow(Exception):
    """The event is not the next one after what these views have followed."""


class Views:
    """The open database. Every method may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("SELECT epoch, seq, hash FROM followed").fetchone()
        self.position: Head | None = None if row is None else Head(*row)
        """The last event that these tables hold; None: none yet."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make."""
        connection = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(
                "PRAGMA locking_mode = EXCLUSIVE"
            )  # no shared memory: see edge/journal/store.py
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            migrate(connection, "views", SCHEMA)
            connection.execute(_MAKE_LATER)  # whoever began in haste may have ended in it
            return cls(connection)
        except BaseException:
            connection.close()
            raise

    def follow(self, events: Sequence[Stored], *, checked: bool = True) -> None:
        """Apply the events and note the position, in one transaction. Raises DoesNotFollow, and nothing
        stays.

        The events follow each other; checked: and the first of them what is here. False where they were read
        from the journal piece by piece: a link that is broken there is `verify-journal`'s to tell, and must
        not keep the views from what comes after it.
        """
        position = self.position
        if checked and events and not _follows(events[0], position):
            raise DoesNotFollow
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            apply_all(self._connection, events)
            if events:
                last = events[-1]
                position = Head(last.epoch, last.seq, last.hash)
            if position is not None:
                self._connection.execute(
                    "INSERT OR REPLACE INTO followed VALUES (1, ?, ?, ?)",
                    (position.epoch, position.seq, position.hash),
                )
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise
        self.position = position

    @contextlib.contextmanager
    def hasty(self) -> Iterator[None]:
        """Where nothing was followed yet: nobody reads before what is followed in it is all there."""
        if self.position is not None:
            yield
            return
        self._connection.execute(f"DROP INDEX IF EXISTS {_LATER}")
        yield
        self._connection.execute(_MAKE_LATER)

    def note(self, readings: Sequence[tuple[int, str, dict[str, int]]]) -> None:
        """Add telemetry (microseconds since 1970, subject, values) and let the oldest go."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                "INSERT INTO telemetry (at_us, subject, readings) VALUES (?, ?, ?)",
                [
                    (at_us, subject, msgspec.json.encode(values).decode())
                    for at_us, subject, values in readings
                ],
            )
            self._connection.execute(
                "DELETE FROM telemetry WHERE id <= (SELECT max(id) FROM telemetry) - ?", (TELEMETRY_MOST,)
            )
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    # --- reading ------------------------------------------------------------------------------

    def incidents(self, limit: int = 100) -> list[Line]:
        """The newest first; `zones` as JSON."""
        return self.lines("SELECT * FROM listed ORDER BY opened_at DESC, seq DESC LIMIT ?", limit)

    def ledger(self, incident: str) -> list[Line]:
        """Each door of an incident, by its name."""
        return self.lines("SELECT * FROM ledger WHERE incident = ? ORDER BY door", incident)

    def verdicts(self, door: str, limit: int = 100) -> list[Line]:
        """A door's verdicts, the newest first."""
        return self.lines("SELECT * FROM verdicts WHERE door = ? ORDER BY at DESC LIMIT ?", door, limit)

    def presses(self, limit: int = 100) -> list[Line]:
        """The newest first."""
        return self.lines("SELECT * FROM presses ORDER BY at DESC, seq DESC LIMIT ?", limit)

    def flags(self) -> list[Line]:
        """Those that stand."""
        return self.lines("SELECT * FROM flags WHERE cleared_at IS NULL ORDER BY raised_at")

    def telemetry(self, subject: str, limit: int = 1000) -> list[tuple[int, dict[str, int]]]:
        """(microseconds since 1970, values), the newest first."""
        rows = self._connection.execute(
            "SELECT at_us, readings FROM telemetry WHERE subject = ? ORDER BY id DESC LIMIT ?",
            (subject, limit),
        )
        return [(at_us, msgspec.json.decode(readings)) for at_us, readings in rows]

    def table(self, name: str) -> set[tuple[object, ...]]:
        """All rows of one derived table, for comparing."""
        if name not in DERIVED:
            raise KeyError(name)
        return set(self._connection.execute(f"SELECT * FROM {name}"))  # noqa: S608  # one of DERIVED

    def lines(self, query: str, *values: str | int | None) -> list[Line]:
        """What a query finds, each row by its columns' names."""
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()


def _follows(event: Stored, position: Head | None) -> bool:
    if position is None:
        return True
    if event.epoch != position.epoch:
        return event.seq == 1
    return event.seq == position.seq + 1 and event.prev == position.hash


def remove(directory: Path, name: str = NAME) -> None:
    """Drop the views: they can be made again. Raises OSError."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        (directory / (name + suffix)).unlink(missing_ok=True)
