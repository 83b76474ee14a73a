"""Taking a batch: each event exactly once and in order, or the reason why not. Acknowledged is only what is on the disk.

One transaction a batch, with the campus's row locked: however many processes of the hub are sent the same, one after the other
sees what the other did. Sent twice changes nothing; what would contradict what is held is never taken, and calls a person.
"""

import uuid
from collections.abc import Sequence
from typing import Final

from edge.district.api import Place, Position, Problem, Taken
from edge.district.wire import Batch, Event, Refused
from edge.hub import alarms
from edge.hub.database import Connection, Database
from edge.hub.rows import Epoch, add, data, epochs, held, identified
from edge.journal.chain import ZEROS

STARTED: Final = "epoch.started/1"
_MOST_EVIDENCE: Final = 4_096


async def take(database: Database, campus: str, batch: Batch) -> Taken | Problem:
    """Take a batch of a campus that is enrolled. Raises Refused where it is none, and what the database raises."""
    identified(batch.head.epoch)
    async with database.of_campus(campus) as connection:
        return await _Taking(connection, campus, batch).run()


async def position(database: Database, campus: str) -> Position | Problem:
    """Where the hub stands with a campus."""
    async with database.of_campus(campus) as connection:
        row = await connection.fetchrow("SELECT halted FROM campus WHERE campus = $1", campus)
        if row is None:
            return unknown_campus()
        found = await epochs(connection, campus)
    return Position(tuple(one.place for one in found), row["halted"])


def unknown_campus() -> Problem:
    """Nobody enrolled it."""
    return Problem("unknown_campus", "This campus is not enrolled", "Enrol it: campus-edge hub enrol", 404)


def halted(why: str) -> Problem:
    """Nothing is taken until a person has looked."""
    detail = f"{why}: two histories claim this journal. Nothing was overwritten; somebody at the district has to look."
    return Problem("halted", "Nothing more is taken of this journal", detail, 409)


def gap(expected: Place) -> Problem:
    """What came does not follow what is held."""
    detail = f"The next event is number {expected.seq + 1} of its epoch."
    return Problem("gap", "Events are missing before these", detail, 409, expected=expected)


def fork(at: Place) -> Problem:
    """Another event is held at that place. at: the one that is held."""
    detail = "Nothing was overwritten. Somebody at the district has to look before anything more is taken."
    return Problem("fork", f"Another event is held as number {at.seq} of this epoch", detail, 409, at=at)


class _Taking:
    """One batch in one transaction."""

    def __init__(self, connection: Connection, campus: str, batch: Batch) -> None:
        self.connection = connection
        self.campus = campus
        self.batch = batch
        self.head = batch.head
        self.anew = False
        self.known: dict[str, Epoch] = {}

    async def run(self) -> Taken | Problem:
        # Locked first, and by everybody: which epoch goes on, and what is cloned, is the whole campus's matter.
        row = await self.connection.fetchrow(
            "SELECT halted, anew FROM campus WHERE campus = $1 FOR NO KEY UPDATE", self.campus
        )
        if row is None:
            return unknown_campus()
        if row["halted"]:
            return halted(row["halted"])
        self.anew = row["anew"]
        self.known = {one.epoch: one for one in await epochs(self.connection, self.campus)}
        await self._begun_too_late()
        epoch = self.known.get(self.head.epoch)
        if epoch is None:
            return await self._begin()
        if self.head.after > epoch.seq:
            return await self._gap(epoch.place)
        return await self._go_on(epoch)

    async def _begun_too_late(self) -> None:
        """A signed checkpoint was to be the beginning, nothing behind it has come, and here is what lies before it."""
        first = next(iter(self.known.values()), None)
        if first is None or len(self.known) > 1 or not first.empty:
            return
        if self.head.epoch == first.epoch:
            before = self.head.after < first.seq
        else:
            old = _named(self.batch.events[0]) if self.batch.events and self.head.after == 0 else None
            before = self.head.after == 0 and (old is None or old[0] != first.epoch)
        if before:
            await self.connection.execute(
                "DELETE FROM epoch WHERE campus = $1 AND epoch = $2", self.campus, uuid.UUID(first.epoch)
            )
            del self.known[first.epoch]

    # --- an epoch that is known -----------------------------------------------------------------------

    async def _go_on(self, epoch: Epoch) -> Taken | Problem:
        overlap = min(self.head.upto, epoch.seq)
        other = await self._differs(epoch, overlap)
        if other is not None:
            return await self._fork(epoch, *other)
        new = [event for event in self.batch.events if event.seq > epoch.seq]
        if not new:
            return Taken(epoch.place)
        later = self._later(epoch)
        if later is not None:
            return await self._cloned(epoch.epoch, new[0], {"went on after": later.epoch})
        return await self._add(epoch, new)

    def _later(self, epoch: Epoch) -> Epoch | None:
        return next((one for one in self.known.values() if one.number > epoch.number), None)

    async def _differs(self, epoch: Epoch, overlap: int) -> tuple[int, str] | None:
        """The first number at which another event is held, and the hash of that one; None: it is all the same.

        Each hash holds all before it: where the last that both have is one, all are.
        """
        came = {self.head.after: self.head.prev} | {one.seq: one.hash for one in self.batch.events}
        if overlap == epoch.seq and came[overlap] == epoch.hash:
            return None
        there = await held(self.connection, self.campus, epoch, [overlap])
        if there.get(overlap) == came[overlap]:
            return None
        there = await held(self.connection, self.campus, epoch, [seq for seq in came if seq <= overlap])
        return next(((seq, there[seq]) for seq in sorted(there) if there[seq] != came[seq]), None)

    async def _add(self, epoch: Epoch, new: Sequence[Event]) -> Taken | Problem:
        upto = new[-1]
        other = await self._ahead(epoch, new)
        if other is not None:
            return await self._fork(epoch, *other)
        which = uuid.UUID(epoch.epoch)
        await add(self.connection, self.campus, which, new)
        await self.connection.execute(
            "UPDATE epoch SET seq = $3, hash = $4 WHERE campus = $1 AND epoch = $2",
            self.campus,
            which,
            upto.seq,
            bytes.fromhex(upto.hash),
        )
        await alarms.filled(self.connection, self.campus, epoch.epoch, upto.seq)
        # Last of all: what the second lane brought meanwhile is seen by this statement.
        await self.connection.execute(
            "DELETE FROM provisional p USING event e WHERE p.campus = $1 AND p.epoch = $2 AND p.seq <= $3 "
            "AND e.campus = $1 AND e.epoch = $2 AND e.seq = p.seq AND e.hash = p.hash",
            self.campus,
            which,
            upto.seq,
        )
        return Taken(Place(epoch.epoch, upto.seq, upto.hash))

    async def _ahead(self, epoch: Epoch, new: Sequence[Event]) -> tuple[int, str] | None:
        """What the second lane brought ahead of these and is another: its number and hash."""
        rows = await self.connection.fetch(
            "SELECT seq, hash FROM provisional WHERE campus = $1 AND epoch = $2 AND seq <= $3 ORDER BY seq",
            self.campus,
            uuid.UUID(epoch.epoch),
            new[-1].seq,
        )
        if not rows:
            return None
        came = {one.seq: one.hash for one in new}
        before = [row["seq"] for row in rows if row["seq"] not in came]
        came |= await held(self.connection, self.campus, epoch, before) if before else {}
        return next(
            (
                (row["seq"], row["hash"].hex())
                for row in rows
                if row["seq"] in came and came[row["seq"]] != row["hash"].hex()
            ),
            None,
        )

    # --- an epoch that is not -------------------------------------------------------------------------

    async def _begin(self) -> Taken | Problem:
        if self.head.after > 0 or not self.batch.events:
            return await self._gap(Place(self.head.epoch, 0, ZEROS))
        first = self.batch.events[0]
        old = await self._old(first)
        if isinstance(old, Problem):
            return old
        epoch = Epoch(
            self.head.epoch,
            1 + max((one.number for one in self.known.values()), default=0),
            1,
            0,
            ZEROS,
            *old,
        )
        await self.connection.execute(
            "INSERT INTO epoch (campus, epoch, number, first, seq, hash, old_epoch, old_seq, old_hash) "
            "VALUES ($1, $2, $3, 1, 0, $4, $5, $6, $7)",
            self.campus,
            uuid.UUID(epoch.epoch),
            epoch.number,
            bytes.fromhex(ZEROS),
            None if epoch.old_epoch is None else uuid.UUID(epoch.old_epoch),
            epoch.old_seq,
            None if epoch.old_hash is None else bytes.fromhex(epoch.old_hash),
        )
        if self.anew:
            await self.connection.execute("UPDATE campus SET anew = false WHERE campus = $1", self.campus)
        return await self._add(epoch, self.batch.events)

    async def _old(self, first: Event) -> "_Old | Problem":
        """What the new epoch names as its predecessor; a problem where that is not what is held of it."""
        old = _named(first)
        if self.anew or (old is None and not self.known):
            return old or _NONE
        if first.kind != STARTED:
            raise Refused("form", f"an epoch begins with {STARTED}, and this one with {first.kind}")
        if old is None:
            # Wiped and set up again, or a second box under this name: from here the two are one and the same.
            return await self._cloned(self.head.epoch, first, {"names no epoch before it": True})
        before = self.known.get(old[0])
        if before is None:
            return await self._gap(Place(old[0], 0, ZEROS))
        if old[1] > before.seq:
            return await self._gap(before.place)
        there = await held(self.connection, self.campus, before, [old[1]])
        if old[1] in there and there[old[1]] != old[2]:
            return await self._fork(before, old[1], there[old[1]])
        twin = next((one for one in self.known.values() if one.old_epoch == old[0]), None)
        if twin is not None:
            return await self._cloned(self.head.epoch, first, {"follows what is followed by": twin.epoch})
        await self._lost(before, old[1])
        return old

    async def _lost(self, before: Epoch, seq: int) -> None:
        """A tail that the hub keeps and the box does not."""
        ahead = await self.connection.fetchval(
            "SELECT max(seq) FROM provisional WHERE campus = $1 AND epoch = $2",
            self.campus,
            uuid.UUID(before.epoch),
        )
        kept = max(before.seq, ahead or 0)
        if kept > seq:
            evidence = {"kept_upto": kept, "went_on_from": seq, "new_epoch": self.head.epoch}
            await alarms.sound(self.connection, self.campus, "restored", before.epoch, seq, evidence)

    # --- why not --------------------------------------------------------------------------------------

    async def _gap(self, expected: Place) -> Problem:
        evidence = {"came_epoch": self.head.epoch, "came_after": self.head.after}
        await alarms.sound(self.connection, self.campus, "gap", expected.epoch, expected.seq, evidence)
        return gap(expected)

    async def _fork(self, epoch: Epoch, seq: int, there: str) -> Problem:
        came = next(
            (one for one in self.batch.events if one.seq == seq and self.head.epoch == epoch.epoch), None
        )
        evidence: dict[str, object] = {"held": there, "came_epoch": self.head.epoch}
        if came is None and (self.head.epoch, self.head.after) == (epoch.epoch, seq):
            evidence |= {"came": self.head.prev}
        if came is not None:
            evidence |= {"came": came.hash, "event": came.body.decode("utf-8")[:_MOST_EVIDENCE]}
        await alarms.sound(self.connection, self.campus, "fork", epoch.epoch, seq, evidence)
        return fork(Place(epoch.epoch, seq, there))

    async def _cloned(self, epoch: str, first: Event, why: dict[str, object]) -> Problem:
        evidence = why | {"came": first.hash, "event": first.body.decode("utf-8")[:_MOST_EVIDENCE]}
        await alarms.sound(self.connection, self.campus, "cloned", epoch, first.seq, evidence)
        detail = (
            "Nothing was overwritten. Somebody at the district has to look before anything more is taken."
        )
        return Problem("cloned", "Two boxes write the journal of this campus", detail, 409)


_Old = tuple[str | None, int | None, str | None]
_NONE: Final[_Old] = (None, None, None)


def _named(first: Event) -> tuple[str, int, str] | None:
    """Epoch, number and hash of the end that a new epoch's first event names; None: none. Raises Refused."""
    if first.kind != STARTED:
        return None
    match data(first):
        case {"old_epoch": None}:
            return None
        case {"old_epoch": str(epoch), "old_seq": int(seq), "old_hash": str(digest)}:
            identified(epoch)
            if 0 <= seq < 2**53 and len(digest) == 64 and not set(digest) - set("0123456789abcdef"):
                return epoch, seq, digest
    raise Refused("form", "an epoch's first event names no end of the epoch before it")
