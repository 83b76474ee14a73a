"""The journal's database, and all of its SQL. One connection, one thread.

WAL with synchronous FULL: a commit that returned survives a power cut. locking_mode EXCLUSIVE comes before
the first access in WAL mode, so that there is no shared memory file: on a full disk that one kills Python by
SIGBUS (faults.md 1.4). Other connections are locked out; whoever wants to read asks the owner, or waits until
it is gone.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Final, Self

import msgspec

from edge.journal.canonical import JSON
from edge.journal.chain import ZEROS, Head
from edge.journal.checkpoint import Checkpoint
from edge.journal.migrations import applied, migrate
from edge.journal.sealed import SealedValue
from edge.journal.seen import Seen
from edge.journal.stamp import Stamped
from edge.journal.stored import Stored, damaged, is_since_1970, stored
from edge.journal.upcast import upcast
from rules.model.values import dataclass

SCHEMA: Final = Path(__file__).parent / "schema"
SEGMENT_EVENTS: Final = 10_000
"""A segment is sealed at the first checkpoint behind so many events: the grain in which retention lets go."""
_WITH_EFFECT: Final = (b'"kind":"sealed.erased/1"', b'"kind":"segment.dropped/1"')
_decode = msgspec.json.decode


class NotInOrder(Exception):
    """An event does not follow the stored head: storing it would break the chain."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch as this file knows it: `first_place` is the place of its number 1."""

    number: int
    epoch: str
    first_place: int
    machine: str | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed range of one epoch; `dropped` says when its events were let go."""

    epoch: str
    first: int
    last: int
    dropped: str | None


class Store:
    """The open database. Every method may raise sqlite3.Error; nothing of a failed write stays."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._dropping = True
        """Whether events of dropped segments may still be here."""
        self._epochs = self._read_epochs()
        self.head = self._read_head()
        self.seen = Seen(path)

    @classmethod
    def open(cls, path: Path, *, make: bool = True) -> Self:
        """Open; with `make`, make it where it is missing, and bring it to the newest schema."""
        mode = "rwc" if make else "rw"
        if make:
            with contextlib.suppress(OSError):  # SQLite says it better
                os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=0.2,
            isolation_level=None,
            check_same_thread=False,  # opened before the writer thread starts, then its alone
        )
        # A flipped bit in a hash is to be found by whoever compares it, and not to end the reading.
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            if make:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                if mode != "wal":
                    raise sqlite3.OperationalError(f"no WAL, but {mode}")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA secure_delete = ON")
                # Ours, because errors of the automatic one are swallowed (faults.md 1.3).
                connection.execute("PRAGMA wal_autocheckpoint = 0")
                migrate(connection, "journal", SCHEMA)
            connection.execute("PRAGMA temp_store = MEMORY")
            return cls(connection, path)
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
            raise

    def schema(self) -> list[tuple[str, tuple[str | None, ...]]]:
        """The statements, with their values, that make an empty database like this one."""
        made = [
            (str(row[0]), ())
            for row in self._connection.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")
        ]
        return [*made, *applied(self._connection)]

    @staticmethod
    def lay(path: Path, schema: Sequence[tuple[str, tuple[str | None, ...]]]) -> None:
        """Make an empty database; without what brings one to a new schema, which takes 120 ms to import."""
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            for statement, values in schema:
                connection.execute(statement, values)

    @property
    def epochs(self) -> Sequence[Epoch]:
        return self._epochs

    def commit(
        self, events: Sequence[Stamped], checkpoint: Checkpoint | None = None, machine: str | None = None
    ) -> None:
        """Append `events` in one transaction, and the checkpoint on the last of them.

        machine: noted with an epoch that begins here. Raises `NotInOrder` before anything is written.
        """
        head, epochs = self._after(events, machine)
        with self.transaction() as connection:
            for epoch in epochs:
                connection.execute(
                    "INSERT INTO epochs VALUES (?, ?, ?, ?)",
                    (epoch.number, epoch.epoch, epoch.first_place, epoch.machine),
                )
            known = {each.epoch: each.first_place - 1 for each in (*self._epochs[-1:], *epochs)}
            for event in events:
                place = known[event.epoch] + event.seq
                connection.execute(
                    "INSERT INTO events VALUES (?, ?, ?)", (place, event.hash, event.body.decode("utf-8"))
                )
                for each in event.sealed:
                    connection.execute(
                        "INSERT INTO sealed VALUES (?, ?, ?, ?)",
                        (place, each.field, each.salt, each.value.decode("utf-8")),
                    )
                if any(kind in event.body for kind in _WITH_EFFECT):
                    self._take_effect(connection, stored(event.body, event.hash))
            if checkpoint is not None:
                self._insert_checkpoint(connection, checkpoint)
        self._epochs.extend(epochs)
        self.head = head

    def take(
        self,
        events: Sequence[tuple[int, Stored]],
        sealed: Iterable[tuple[int, SealedValue]],
        checkpoints: Iterable[Checkpoint],
        segments: Iterable[Segment],
        epochs: Sequence[Epoch],
    ) -> None:
        """Take over what another store holds, at its places there: whoever calls has checked that it follows.

        epochs: those that begin among the events, or before them where nothing is left of them.
        """
        with self.transaction() as connection:
            for epoch in epochs:
                connection.execute("INSERT INTO epochs VALUES (?, ?, ?, ?)", astuple(epoch))
            for place, event in events:
                body = event.body.decode("utf-8")
                connection.execute("INSERT INTO events VALUES (?, ?, ?)", (place, event.hash, body))
            for place, each in sealed:
                row = (place, each.field, each.salt, each.value.decode("utf-8"))
                connection.execute("INSERT OR REPLACE INTO sealed VALUES (?, ?, ?, ?)", row)
            for made in checkpoints:
                self._insert_checkpoint(connection, made, seals=False)
            for segment in segments:
                connection.execute("INSERT OR IGNORE INTO segments VALUES (?, ?, ?, ?)", astuple(segment))
            self._epochs = self._read_epochs()
            for _, event in events:
                if any(kind in event.body for kind in _WITH_EFFECT):
                    self._take_effect(connection, event)
        self.head = self._read_head()

    def _after(self, events: Sequence[Stamped], machine: str | None) -> tuple[Head | None, list[Epoch]]:
        """The head after `events`, and the epochs that begin among them."""
        head = self.head
        epochs: list[Epoch] = []
        place = self._next_place()
        for event in events:
            if head is None or event.epoch != head.epoch:
                if event.seq != 1 or any(each.epoch == event.epoch for each in (*self._epochs, *epochs)):
                    raise NotInOrder(f"number {event.seq} of another epoch")
                number = len(self._epochs) + len(epochs) + 1
                epochs.append(Epoch(number, event.epoch, place, machine))
            elif event.seq != head.seq + 1:
                raise NotInOrder(f"number {event.seq} after {head.seq}")
            head = event.head
            place += 1
        return head, epochs

    def _next_place(self) -> int:
        if self.head is None:
            return 1
        return self._epochs[-1].first_place + self.head.seq

    def _take_effect(self, connection: sqlite3.Connection, event: Stored) -> None:
        """What the journal's own events do happens in the transaction that records them, never without."""
        match event.kind, event.data:
            case "sealed.erased/1", {"epoch": str(epoch), "seq": int(seq), "field": str(field)}:
                place = self.place_of(epoch, seq)
                connection.execute("DELETE FROM sealed WHERE place = ? AND field = ?", (place, field))
            case "segment.dropped/1", {"epoch": str(epoch), "last": int(last)}:
                connection.execute(
                    "UPDATE segments SET dropped = ? WHERE epoch = ? AND last = ?", (event.at, epoch, last)
                )
                self._dropping = True

    def keep_checkpoint(self, checkpoint: Checkpoint, *, last_of_epoch: bool = False) -> None:
        """Keep a checkpoint on a stored event; `last_of_epoch` seals the segment however short it is."""
        with self.transaction() as connection:
            self._insert_checkpoint(connection, checkpoint, last_of_epoch=last_of_epoch)

    def _insert_checkpoint(
        self,
        connection: sqlite3.Connection,
        made: Checkpoint,
        *,
        last_of_epoch: bool = False,
        seals: bool = True,
    ) -> None:
        connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (made.key, made.public_pem))
        connection.execute(
            "INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?)",
            (made.epoch, made.seq, made.hash, made.at, made.key, made.signature),
        )
        if not seals:
            return
        row = connection.execute("SELECT max(last) FROM segments WHERE epoch = ?", (made.epoch,)).fetchone()
        first = (row[0] or 0) + 1
        if made.seq - first + 1 >= (1 if last_of_epoch else SEGMENT_EVENTS):
            connection.execute("INSERT INTO segments VALUES (?, ?, ?, NULL)", (made.epoch, first, made.seq))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; committed and synced when it ends."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            # After most errors SQLite has rolled back by itself; after CORRUPT it has not (faults.md 1.3).
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise
        finally:
            self.seen.left()

    # --- reading ------------------------------------------------------------------------------

    def place_of(self, epoch: str, seq: int) -> int | None:
        """The place of one event, here or dropped; None for an epoch that this file does not know."""
        for each in self._epochs:
            if each.epoch == epoch:
                return each.first_place + seq - 1
        return None

    def hash_at(self, epoch: str, seq: int) -> str | None:
        """The hash of one event, also of a dropped one that has a checkpoint."""
        if not 1 <= seq <= self.last_of(epoch):
            return None
        place = self.place_of(epoch, seq)
        found = self._connection.execute("SELECT hash FROM events WHERE place = ?", (place,)).fetchone()
        if found is None:
            found = self._connection.execute(
                "SELECT hash FROM checkpoints WHERE epoch = ? AND seq = ?", (epoch, seq)
            ).fetchone()
        return None if found is None else str(found[0])

    def holds(self, epoch: str, seq: int) -> bool:
        """Whether this event was stored here once (dropped or not)."""
        return seq <= self.last_of(epoch)

    def last_of(self, epoch: str) -> int:
        """The number of an epoch's last event; 0: this file does not know it."""
        end = self._next_place()
        for each in reversed(self._epochs):
            if each.epoch == epoch:
                return end - each.first_place
            end = each.first_place
        return 0

    def after(
        self, place: int, limit: int, *, newest_kinds: bool = True, sealed: bool = True
    ) -> list[Stored]:
        """At most `limit` events behind `place`, oldest first; in their newest kinds, or as they were
        stored. One whose bytes cannot be read is there as `stored.DAMAGED`. sealed False: none of them opened.
        """
        rows = self._connection.execute(
            "SELECT place, hash, coalesce(CAST(body AS BLOB), x'') FROM events WHERE place > ? ORDER BY place LIMIT ?",
            (place, limit),
        ).fetchall()
        if not rows:
            return []
        opened: dict[int, dict[str, JSON]] = {}
        for at, value in self.sealed_between(rows[0][0], rows[-1][0]) if sealed else ():
            with contextlib.suppress(msgspec.DecodeError):  # damaged: as good as erased
                opened.setdefault(at, {})[value.field] = _decode(value.value)
        events = [self._event(at, digest, bytes(body), opened.get(at)) for at, digest, body in rows]
        return [upcast(event) for event in events] if newest_kinds else events

    def _event(self, place: int, digest: str, body: bytes, opened: dict[str, JSON] | None) -> Stored:
        begun = self._epochs[-1]
        if begun.first_place > place:
            begun = next(each for each in reversed(self._epochs) if each.first_place <= place)
        seq = place - begun.first_place + 1
        with contextlib.suppress(ValueError):
            event = stored(body, digest, opened)
            # Elsewhere than it says, it would send whoever reads on from it round in a circle.
            if event.seq == seq and event.epoch == begun.epoch and is_since_1970(event.at):
                return event
        prev = ZEROS if seq == 1 else self.hash_at(begun.epoch, seq - 1) or ZEROS
        return damaged(body, digest, begun.epoch, seq, prev)

    def any_of(self, kinds: Sequence[str], after: int, most: int) -> tuple[bool, int | None]:
        """Whether one of the `most` events behind a place is of one of these kinds; and where to go on, None: no more.

        By the bytes, without decoding them: in text of somebody else's a quotation mark is written otherwise.
        """
        (last,) = self._connection.execute(
            "SELECT max(place) FROM (SELECT place FROM events WHERE place > ? ORDER BY place LIMIT ?)",
            (after, most),
        ).fetchone()
        if last is None:
            return False, None
        found = any(
            self._connection.execute(
                "SELECT 1 FROM events WHERE place > ? AND place <= ? AND instr(body, ?) LIMIT 1",
                (after, last, f'"kind":"{kind}"'),
            ).fetchone()
            for kind in kinds
        )
        return found, last

    def raw_after(self, place: int, limit: int) -> list[tuple[int, str, bytes]]:
        """(place, hash, body) as they lie there, for whoever checks them."""
        return self._connection.execute(
            "SELECT place, hash, coalesce(CAST(body AS BLOB), x'') FROM events WHERE place > ? ORDER BY place LIMIT ?",
            (place, limit),
        ).fetchall()

    def lines_after(self, place: int, limit: int) -> list[tuple[int, str, str, dict[str, str]]]:
        """(place, hash, body, values of its sealed fields by name, JSON) as they lie there, to be decoded elsewhere."""
        rows = self.raw_after(place, limit)
        opened: dict[int, dict[str, str]] = {}
        for at, sealed in self.sealed_between(rows[0][0], rows[-1][0]) if rows else ():
            opened.setdefault(at, {})[sealed.field] = sealed.value.decode("utf-8", "replace")
        return [
            (at, digest, body.decode("utf-8", "replace"), opened.get(at, {})) for at, digest, body in rows
        ]

    def sealed_between(self, first: int, last: int) -> Iterable[tuple[int, SealedValue]]:
        """(place, what opens one of its fields), for the places from `first` to `last`."""
        rows = self._connection.execute(
            "SELECT place, field, salt, coalesce(CAST(value AS BLOB), x'') FROM sealed WHERE place BETWEEN ? AND ?",
            (first, last),
        ).fetchall()
        return [(place, SealedValue(field, salt, bytes(value))) for place, field, salt, value in rows]

    def checkpoints(self, epoch: str, first: int, last: int, limit: int = 1000) -> list[Checkpoint]:
        """At most `limit` of one epoch's checkpoints from number `first` to `last`."""
        return self._checkpoints(
            "c.epoch = ? AND c.seq BETWEEN ? AND ? ORDER BY c.seq", (epoch, first, last), limit
        )

    def checkpoint_before(self, epoch: str, seq: int) -> Checkpoint | None:
        """The last one at or before this number."""
        found = self._checkpoints("c.epoch = ? AND c.seq <= ? ORDER BY c.seq DESC", (epoch, seq), 1)
        return found[0] if found else None

    def _checkpoints(self, where: str, values: tuple[str | int, ...], limit: int) -> list[Checkpoint]:
        rows = self._connection.execute(
            "SELECT c.epoch, c.seq, c.hash, c.at, c.key, k.pem, c.signature "  # noqa: S608  # our own two phrases
            f"FROM checkpoints c JOIN keys k ON k.id = c.key WHERE {where} LIMIT ?",
            (*values, limit),
        ).fetchall()
        return [Checkpoint(*row) for row in rows]

    def signed_by_others(self, key: str) -> bool:
        """Whether keys signed here, and never this one."""
        known = [row[0] for row in self._connection.execute("SELECT id FROM keys")]
        return bool(known) and key not in known

    def span(self, incident: str, after: int, count: int) -> tuple[int, int] | None:
        """The first and last place of an incident's events among the `count` places behind `after`."""
        low, high = self._connection.execute(
            "SELECT min(place), max(place) FROM events WHERE place > ? AND place <= ? "
            "AND CASE WHEN json_valid(body) THEN json_extract(body, '$.incident') END = ?",
            (after, after + count, incident),
        ).fetchone()
        return None if low is None else (low, high)

    def bounds(self) -> tuple[int, int]:
        """The places of the oldest and the newest event kept; (0, 0): none."""
        low, high = self._connection.execute("SELECT min(place), max(place) FROM events").fetchone()
        return low or 0, high or 0

    def last_checkpoint(self, epoch: str) -> int:
        """The number that the newest checkpoint of `epoch` stands at; 0: there is none."""
        row = self._connection.execute(
            "SELECT max(seq) FROM checkpoints WHERE epoch = ?", (epoch,)
        ).fetchone()
        return row[0] or 0

    def segments(self) -> list[Segment]:
        """All sealed ranges, oldest first."""
        rows = self._connection.execute(
            "SELECT s.epoch, s.first, s.last, s.dropped FROM segments s JOIN epochs e ON e.epoch = s.epoch "
            "ORDER BY e.number, s.last"
        ).fetchall()
        return [Segment(*row) for row in rows]

    def _read_epochs(self) -> list[Epoch]:
        rows = self._connection.execute(
            "SELECT number, epoch, first_place, machine FROM epochs ORDER BY number"
        )
        return [Epoch(*row) for row in rows]

    def _read_head(self) -> Head | None:
        row = self._connection.execute(
            "SELECT place, hash FROM events ORDER BY place DESC LIMIT 1"
        ).fetchone()
        if row is None or not self._epochs:
            return None
        last = self._epochs[-1]
        return Head(last.epoch, row[0] - last.first_place + 1, row[1])

    # --- upkeep -------------------------------------------------------------------------------

    def delete_dropped(self, limit: int) -> int:
        """Delete at most `limit` events of dropped segments, oldest first; returns how many there were."""
        if not self._dropping:
            return 0
        for segment in self.segments():
            if segment.dropped is None:
                break
            first, last = (
                self.place_of(segment.epoch, segment.first),
                self.place_of(segment.epoch, segment.last),
            )
            found = self._connection.execute(
                "SELECT place FROM events WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",
                (first, last, limit),
            ).fetchall()
            if found:
                with self.transaction() as connection:
                    between = (found[0][0], found[-1][0])
                    connection.execute("DELETE FROM sealed WHERE place BETWEEN ? AND ?", between)
                    connection.execute("DELETE FROM events WHERE place BETWEEN ? AND ?", between)
                return len(found)
        self._dropping = False
        return 0

    def fold_log(self, *, truncate: bool = False) -> bool:
        """Carry the write-ahead log into the main file. False: not all of it yet."""
        mode = "TRUNCATE" if truncate else "PASSIVE"
        try:
            busy, frames, moved = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        finally:
            self.seen.left()
        return not busy and frames == moved

    def check_file(self) -> str:
        """What SQLite finds wrong when it reads the whole file anew; `""`: nothing. 0.7 s for a GB, or far more."""
        self._connection.execute("PRAGMA shrink_memory")  # pages in memory would be vouched for by themselves
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        return "" if found is None or found[0] == "ok" else str(found[0])

    def note(self, number: int | None = None) -> int:
        """A number of the file's own (PRAGMA user_version); given one, it is kept."""
        if number is not None:
            self._connection.execute(f"PRAGMA user_version = {number:d}")
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def sync_later(self, later: bool) -> None:
        """For a file that counts only once whoever writes it has synced it whole."""
        self._connection.execute(f"PRAGMA synchronous = {'OFF' if later else 'FULL'}")

    def close(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
