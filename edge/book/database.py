"""`book.db`: opened, followed forward, read. One connection, one thread, droppable: commits are not synced."""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from edge import codec
from edge.book import alert_tables, haste, inspection_tables, photos, serials, shelves, ticket_tables
from edge.book.assessment_tables import apply_assessment
from edge.book.asset_tables import list_assets
from edge.book.exterior_tables import apply_exterior
from edge.book.firmware import Firmware
from edge.book.inspection_tables import apply_inspection
from edge.book.passed import Passed
from edge.book.tables import ERASED, apply, erased
from edge.book.ticket_story import Story
from edge.book.ticket_tables import apply_ticket, index, scrub
from edge.journal.chain import Head
from edge.journal.migrations import migrate
from edge.journal.stored import Stored
from rules.book.book import Book, Campus
from rules.book.fold import HEARD, fold, forget
from rules.book.kinds import KINDS
from rules.book.numbering import epoch_began
from rules.model.facts import FlagCleared, FlagRaised

SCHEMA: Final = Path(__file__).parent / "schema"
NAME: Final = "book.db"
EPOCH: Final = "epoch.started/1"
AT: Final = "at_us"
"""Among the book's numbers: when the last event was that it followed."""
FOLDED: Final[frozenset[str]] = frozenset(kind.KIND for kind in (*KINDS, *HEARD, FlagRaised, FlagCleared))  # type: ignore[attr-defined]
KINDS_READ: Final = FOLDED | {EPOCH, ERASED, alert_tables.KIND}
"""Kinds that change something here; of all others only the place counts."""
_SHOWN: Final[frozenset[str]] = frozenset(kind.KIND for kind in KINDS) | {ERASED, alert_tables.KIND}  # type: ignore[attr-defined]
DATABASE_FAILED: Final = sqlite3.Error
_AT_ONCE: Final = 2_000
"""Events of one transaction while others follow at once."""
_LOOK: Final = 20_000
"""Steps of SQLite's machine between two looks at the clock: some 2 ms."""

Line = dict[str, Any]


class Database:
    """The open database and the book folded from it. Every method may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection, campus: Campus, directory: Path) -> None:
        self._connection = connection
        self.firmware = Firmware(directory)
        self.directory = directory
        self.book = Book(campus)
        shelves.load(connection, self.book)
        self.book.told = Story(self.lines)
        row = connection.execute("SELECT epoch, seq, hash FROM followed").fetchone()
        self.position: Head | None = None if row is None else Head(*row)
        """The last event that is in it; None: none yet."""
        if row is not None:
            self.book.head = (row[0], row[1])
        self._last_us = self.book.numbers.get(AT, 0)
        self._held: list[Stored | Passed] = []
        """What is behind `position` and not in the database yet, for others follow at once."""
        self._hasty = haste.under_way(connection)

    @classmethod
    def open(cls, directory: Path, campus: Campus) -> Self:
        """Open or make; what is damaged or another version's is made anew, for it is derived."""
        try:
            return cls._open(directory, campus)
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as err:
            code = getattr(err, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            if code & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
                raise
        remove(directory)
        return cls._open(directory, campus)

    @classmethod
    def _open(cls, directory: Path, campus: Campus) -> Self:
        connection = sqlite3.connect(directory / NAME, timeout=0.2, isolation_level=None)
        try:
            connection.execute(
                "PRAGMA locking_mode = EXCLUSIVE"
            )  # no shared memory: see edge/journal/store.py
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA secure_delete = ON")  # an erased text must not live on in free pages
            migrate(connection, "book", SCHEMA)
            return cls(connection, campus, directory)
        except BaseException:
            connection.close()
            raise

    def while_at_work(self, alive: Callable[[], None]) -> None:
        """alive: called again and again while SQL is at work: a list of 50,000 begins to count in one transaction of seconds."""

        def look() -> int:
            alive()
            return 0  # go on

        self._connection.set_progress_handler(look, _LOOK)

    @property
    def ends(self) -> Head | None:
        """The last event that was followed, whether it is in the database yet or not."""
        if not self._held:
            return self.position
        last = self._held[-1]
        return Head(last.epoch, last.seq, last.hash)

    def follow(self, events: Sequence[Stored | Passed], *, more: bool = False) -> None:
        """Apply the events and note the position, in one transaction. more: others follow at once, and nobody reads before:
        then they are in it by the thousand. Raises sqlite3.Error: the book is ahead then, and has to be opened again.
        """
        self._held.extend(events)
        if more and len(self._held) < _AT_ONCE:
            return
        held, self._held = self._held, []
        unshown: set[str] = set()
        scrubbed = False
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if more and self.position is None and not self._hasty:
                haste.begin(self._connection)
                self._hasty = True
            last: Stored | Passed | None = None
            for epoch in dict.fromkeys(event.epoch for event in held):
                self._connection.execute("INSERT OR IGNORE INTO epochs (epoch) VALUES (?)", (epoch,))
            for event in held:
                if isinstance(event, Stored):
                    if event.kind == EPOCH:
                        epoch_began(self.book, self._last_us if last is None else last.at_us, event.at_us)
                    scrubbed = scrubbed or event.kind == ERASED
                    unshown |= self._apply(event)
                last = event
            list_assets(self._connection, self.book, self.book.assets.changed)
            if not more:
                index(self._connection)
                if self._hasty:
                    haste.end(self._connection)
                    self._hasty = False
            if scrubbed:
                scrub(self._connection)
            if last is not None:
                self._last_us = self.book.numbers[AT] = last.at_us
            shelves.save(self._connection, self.book)
            if last is not None:
                self.position = Head(last.epoch, last.seq, last.hash)
                self.book.head = (last.epoch, last.seq)
                row = (last.epoch, last.seq, last.hash)
                self._connection.execute("INSERT OR REPLACE INTO followed VALUES (1, ?, ?, ?)", row)
            self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise
        if scrubbed:
            # What was erased must not live on in the write-ahead log either.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if unshown:
            with contextlib.suppress(OSError):  # `tidy` tries again
                photos.forget(self.directory, unshown - self.photos())

    def _apply(self, event: Stored) -> set[str]:
        """Change book and tables; photos that perhaps nothing names any more."""
        unshown: set[str] = set()
        if event.kind in FOLDED:
            self._fold(event)
        elif event.kind == ERASED:
            self._forget(event)
            unshown = ticket_tables.photos_of(self._connection, event)
            unshown |= inspection_tables.photos_of(self._connection, event)
            unshown |= alert_tables.photos_of(self._connection, event)
        if event.kind in _SHOWN:
            apply(self._connection, event)
            apply_ticket(self._connection, event)
            apply_exterior(self._connection, event)
            apply_inspection(self._connection, event)
            apply_assessment(self._connection, event)
            alert_tables.apply_alert(self._connection, event)
        if event.kind in serials.KINDS:
            serials.apply_serial(self._connection, event)
        return unshown

    def refresh(self, day: int) -> None:
        """Bring up to date what rules cannot see for themselves: firmware, and serial numbers. day: of the campus's calendar."""
        self.firmware.refresh(self.book, day)
        self.book.other_pieces = serials.others(self._connection)

    def tidy(self, now_s: float) -> None:
        """Remove files that nothing names any more. now_s: as time.time."""
        with contextlib.suppress(OSError):
            photos.tidy(self.directory, self.photos(), now_s)

    def photos(self) -> set[str]:
        """All that some ticket, inspection or detector's report shows, by SHA-256."""
        of_tickets = ticket_tables.named_photos(self._connection)
        of_inspections = inspection_tables.named_photos(self._connection)
        return of_tickets | of_inspections | alert_tables.named_photos(self._connection)

    def _fold(self, event: Stored) -> None:
        # What a known kind does not hold as it should was not ours: it changes nothing.
        with contextlib.suppress(msgspec.ValidationError):
            entry = codec.entry(
                event.kind, event.subject, event.actor, event.incident, event.data, event.opened
            )
            if entry is not None:
                fold(self.book, event.at_us, entry, sure=event.error_us is not None)
        if self.book.moved:
            moved = [self.book.tickets[one] for one in self.book.moved if one in self.book.tickets]
            ticket_tables.redate(self._connection, moved, event.at_us)
            self.book.moved.clear()

    def _forget(self, event: Stored) -> None:
        words: dict[tuple[str, str], list[str]] = {}
        for owner, name, word in erased(self._connection, event):
            words.setdefault((owner, name), []).append(word)
        for (owner, name), named in words.items():
            forget(self.book, owner, name, tuple(named))

    def words(self, owner: str, name: str) -> dict[str, str]:
        """The texts and persons of a thing, by name."""
        found = self._connection.execute(
            "SELECT name, value FROM texts WHERE owner = ? AND id = ?", (owner, name)
        )
        return dict(found)

    def lines(self, query: str, *values: str | int | None) -> list[Line]:
        """What a query finds, each row by its columns' names."""
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def table(self, name: str) -> set[tuple[object, ...]]:
        """All rows of one table, for comparing."""
        return set(self._connection.execute(f"SELECT * FROM {name}"))  # noqa: S608  # one of DERIVED

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()


def remove(directory: Path, name: str = NAME) -> None:
    """Drop the book: it can be made again. Raises OSError."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        (directory / (name + suffix)).unlink(missing_ok=True)
