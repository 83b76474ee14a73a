"""Journals as campuses send them: small chains made event by event, and real ones read from a store's own files."""

import secrets
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from edge.district import wire
from edge.district.api import CheckpointLine
from edge.district.wire import Batch, Line, LiveEvent
from edge.journal import checkpoint
from edge.journal.canonical import JSON, canonical
from edge.journal.chain import ZEROS, Head, digest
from edge.journal.keys import SigningKey
from edge.journal.reader import Reader
from edge.journal.sealed import SALT_BYTES, SealedValue
from edge.journal.store import Store

AT = "2026-12-01T00:00:00.000000Z"


class Chain:
    """One epoch of a campus, in memory."""

    def __init__(self, campus: str = "north", old: "Chain | None" = None, old_seq: int | None = None) -> None:
        """old: the epoch that the first event names as the one before it, up to `old_seq` (default: all of it)."""
        self.campus = campus
        self.epoch = str(uuid.uuid4())
        self.lines: list[Line] = []
        end = None if old is None else old.head(old_seq)
        self.add(
            "epoch.started/1",
            {
                "reason": "first" if end is None else "restored",
                "old_epoch": None if end is None else end.epoch,
                "old_seq": None if end is None else end.seq,
                "old_hash": None if end is None else end.hash,
            },
        )

    def copy(self, upto: int) -> Self:
        """The same box's journal as a backup of it has it, up to a number."""
        made = object.__new__(type(self))
        made.campus, made.epoch, made.lines = self.campus, self.epoch, self.lines[:upto]
        return made

    def head(self, seq: int | None = None) -> Head:
        seq = len(self.lines) if seq is None else seq
        return Head(self.epoch, seq, self.lines[seq - 1].hash if seq else ZEROS)

    def add(
        self,
        kind: str = "door.verdict/1",
        data: Mapping[str, JSON] | None = None,
        *,
        incident: str | None = None,
        sealed: Mapping[str, JSON] | None = None,
        subject: str = "door-1",
        at: str = AT,
    ) -> Line:
        """One more event at its end."""
        values = [
            SealedValue(name, secrets.token_bytes(SALT_BYTES), canonical(value))
            for name, value in (sealed or {}).items()
        ]
        body = canonical(
            {
                "v": 1,
                "campus": self.campus,
                "epoch": self.epoch,
                "seq": len(self.lines) + 1,
                "id": str(uuid.uuid4()),
                "at": at,
                "clock": {"boot": "b", "monotonic_us": len(self.lines), "error_us": None},
                "kind": kind,
                "subject": subject,
                "actor": "rule",
                "incident": incident,
                "because": None,
                "data": dict(data or {}),
                "sealed": {one.field: one.commitment() for one in values},
                "prev": self.lines[-1].hash if self.lines else ZEROS,
            }
        )
        line = Line(digest(body), body, {one.field: (one.salt, one.value) for one in values})
        self.lines.append(line)
        return line

    def grow(self, upto: int) -> Self:
        """Ordinary events up to that number."""
        while len(self.lines) < upto:
            self.add(data={"word": "open", "number": len(self.lines)})
        return self

    def packed(self, after: int = 0, upto: int | None = None) -> bytes:
        """What goes over the wire."""
        head = self.head(after)
        return wire.packed(self.epoch, after, head.hash, self.lines[after:upto])[1]

    def batch(self, after: int = 0, upto: int | None = None) -> Batch:
        return wire.unpacked(self.packed(after, upto), self.campus)

    def live(self, *seqs: int) -> list[LiveEvent]:
        return list(wire.unpacked_live(self.packed_live(*seqs), self.campus))

    def packed_live(self, *seqs: int) -> bytes:
        return wire.packed_live([self.lines[seq - 1] for seq in seqs])

    def checkpoint(self, key: SigningKey, seq: int | None = None) -> CheckpointLine:
        return checkpoint_line(checkpoint.make(key, self.campus, self.head(seq), AT))


def checkpoint_line(made: checkpoint.Checkpoint) -> CheckpointLine:
    return CheckpointLine(
        made.epoch, made.seq, made.hash, made.at, made.key, made.public_pem, made.signature.hex()
    )


def batches(directory: Path, size: int = wire.MOST_EVENTS) -> Iterator[tuple[str, int, bytes]]:
    """A store's whole journal as it goes over the wire: epoch, number of the last event, and a batch."""
    with Reader.open(directory) as reader:
        place, head = 0, Head("", 0, ZEROS)
        while rows := reader.store.raw_after(place, size):
            epoch = epoch_at(reader.store, rows[0][0])
            if epoch != head.epoch:
                head = Head(epoch, 0, ZEROS)
            rows = [row for row in rows if epoch_at(reader.store, row[0]) == epoch]
            opened: dict[int, dict[str, tuple[bytes, bytes]]] = {}
            for at, one in reader.store.sealed_between(rows[0][0], rows[-1][0]):
                opened.setdefault(at, {})[one.field] = one.salt, one.value
            lines = [Line(row[1], bytes(row[2]), opened.get(row[0], {})) for row in rows]
            _, data = wire.packed(epoch, head.seq, head.hash, lines)
            head = Head(epoch, head.seq + len(lines), lines[-1].hash)
            place = rows[-1][0]
            yield epoch, head.seq, data


def epoch_at(store: Store, place: int) -> str:
    return [one.epoch for one in store.epochs if one.first_place <= place][-1]


def bodies(directory: Path) -> list[tuple[str, str]]:
    """Hash and body of every event of a store, in order."""
    with Reader.open(directory) as reader:
        return [(row[1], bytes(row[2]).decode()) for row in reader.store.raw_after(0, 10_000_000)]
