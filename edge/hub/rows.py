"""Events as rows: into the table and its sealed values, out of it by number; what an erasing event takes away."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from edge.district.api import Place
from edge.district.wire import Event, LiveEvent, Refused
from edge.hub.database import Connection
from edge.journal.chain import ZEROS

ERASED: Final = "sealed.erased/1"
_ARRIVING: Final = """
CREATE TEMP TABLE IF NOT EXISTS arriving (
    seq bigint, hash bytea, kind text, at timestamptz, subject text, incident text, body text
) ON COMMIT DELETE ROWS
"""
_TURN: Final = 100
"""Events to be written between two turns of the loop: half a millisecond, for others wait for it, a live incident among them."""
_COLUMNS: Final = ("seq", "hash", "kind", "at", "subject", "incident", "body")


class Epoch(msgspec.Struct, frozen=True):
    """A row of `epoch`: what is held of it, and what it says that it follows. hash, old_hash: as hex."""

    epoch: str
    number: int
    first: int
    seq: int
    hash: str
    old_epoch: str | None
    old_seq: int | None
    old_hash: str | None

    @property
    def place(self) -> Place:
        """The last contiguous event that is held."""
        return Place(self.epoch, self.seq, self.hash)

    @property
    def empty(self) -> bool:
        """Whether nothing of it is held: it only began, at the beginning or at a signed checkpoint."""
        return self.seq < self.first


def identified(epoch: str) -> uuid.UUID:
    """An epoch as PostgreSQL keeps it. Raises Refused for what is none, or not written as it is written everywhere."""
    try:
        found = uuid.UUID(epoch)
    except ValueError:
        raise Refused("form", f"{epoch!r} is no epoch") from None
    if str(found) != epoch:
        raise Refused("form", f"{epoch!r} is no epoch as it is written")
    return found


async def epochs(connection: Connection, campus: str) -> list[Epoch]:
    """All of a campus, in the order in which the hub came to know them."""
    rows = await connection.fetch(
        "SELECT epoch, number, first, seq, hash, old_epoch, old_seq, old_hash FROM epoch WHERE campus = $1 ORDER BY number",
        campus,
    )
    return [
        Epoch(
            str(row["epoch"]),
            row["number"],
            row["first"],
            row["seq"],
            row["hash"].hex(),
            None if row["old_epoch"] is None else str(row["old_epoch"]),
            row["old_seq"],
            None if row["old_hash"] is None else row["old_hash"].hex(),
        )
        for row in rows
    ]


async def held(connection: Connection, campus: str, epoch: Epoch, seqs: Sequence[int]) -> dict[int, str]:
    """The hashes that the hub knows at these numbers of an epoch: of events that it holds, and of where it began."""
    rows = await connection.fetch(
        "SELECT seq, hash FROM event WHERE campus = $1 AND epoch = $2 AND seq = ANY($3)",
        campus,
        uuid.UUID(epoch.epoch),
        seqs,
    )
    found = {row["seq"]: row["hash"].hex() for row in rows}
    if 0 in seqs:
        found[0] = ZEROS
    if epoch.empty and epoch.seq in seqs:
        found[epoch.seq] = epoch.hash
    return found


async def add(connection: Connection, campus: str, epoch: uuid.UUID, events: Sequence[Event]) -> None:
    """Add events, and the values of theirs that travelled; then take away what they say was erased."""
    await connection.execute(_ARRIVING)
    # COPY itself is not possible under row-level security; what it brought is added under it.
    await connection.copy_records_to_table(
        "arriving", schema_name="pg_temp", columns=_COLUMNS, records=_rows(events)
    )
    await connection.execute(
        "INSERT INTO event (campus, epoch, seq, hash, kind, at, subject, incident, body) "
        "SELECT $1, $2, seq, hash, kind, at, subject, incident, body FROM pg_temp.arriving",
        campus,
        epoch,
    )
    opened = [
        (event.seq, text(name), salt, value.decode("utf-8"))
        for event in events
        for name, (salt, value) in event.opened.items()
    ]
    if opened:
        await connection.execute(
            "INSERT INTO sealed (campus, epoch, seq, field, salt, value) "
            "SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::bytea[], $6::text[])",
            campus,
            epoch,
            *map(list, zip(*opened, strict=True)),
        )
    await _erase(connection, campus, [event for event in events if event.kind == ERASED])


async def _erase(connection: Connection, campus: str, told: Iterable[Event]) -> None:
    erased = []
    for event in told:
        match data(event):
            case {"epoch": str(epoch), "seq": int(seq), "field": str(field)}:
                try:
                    erased.append((identified(epoch), seq, text(field)))
                except Refused:
                    continue  # of an epoch that there cannot be: nothing of it is here
    if erased:
        await connection.execute(
            "DELETE FROM sealed s USING unnest($2::uuid[], $3::bigint[], $4::text[]) AS gone (epoch, seq, field) "
            "WHERE s.campus = $1 AND s.epoch = gone.epoch AND s.seq = gone.seq AND s.field = gone.field",
            campus,
            *map(list, zip(*erased, strict=True)),
        )


def data(event: Event) -> Mapping[str, object]:
    """What an event says in its `data`; nothing where a later version has none."""
    said = msgspec.json.decode(event.body).get("data")
    return said if isinstance(said, dict) else {}


def text(value: str) -> str:
    """As PostgreSQL can keep it in a column that things are looked up by: it knows no character zero."""
    return value.replace("\0", "\ufffd")


def when(at: str) -> datetime | None:
    """An event's own time; None where it is none of this calendar, for an event is taken whatever its clock said."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


async def _rows(events: Sequence[Event]) -> AsyncIterator[tuple[object, ...]]:
    for number, event in enumerate(events):
        if number % _TURN == _TURN - 1:
            await asyncio.sleep(0)
        yield _row(event)


def _row(event: Event) -> tuple[object, ...]:
    return (
        event.seq,
        bytes.fromhex(event.hash),
        text(event.kind),
        when(event.at),
        text(event.subject),
        None if event.incident is None else text(event.incident),
        event.body.decode("utf-8"),
    )


def live_row(one: LiveEvent) -> tuple[object, ...]:
    """For `provisional`: epoch, seq, hash, prev, kind, at, subject, incident, body, opened."""
    seq, digest, *rest = _row(one.event)
    opened = {name: [salt.hex(), value.decode("utf-8")] for name, (salt, value) in one.event.opened.items()}
    return identified(one.epoch), seq, digest, bytes.fromhex(one.prev), *rest, json.dumps(opened)
