"""The second lane: events of a live incident, held as provisional until the main lane passes them.

It waits for no batch: the campus's row is not locked. Taken also from a campus that is halted: what contradicts what is held is
refused all the same, and a school in an emergency is not hidden by a quarrel over its journal.
"""

import uuid
from collections.abc import Sequence
from typing import Final

from edge.district.api import Place, Problem, TakenLive
from edge.district.wire import LiveEvent
from edge.hub import alarms
from edge.hub.database import Connection, Database
from edge.hub.receiving import fork, unknown_campus
from edge.hub.rows import Epoch, epochs, held, identified, live_row

MOST: Final = 50_000
"""Of one campus. More than that the main lane brings."""


async def take_live(database: Database, campus: str, events: Sequence[LiveEvent]) -> TakenLive | Problem:
    """Take them. Raises Refused where one is of no epoch, and what the database raises."""
    for one in events:
        identified(one.epoch)
    async with database.of_campus(campus) as connection:
        if await connection.fetchval("SELECT true FROM campus WHERE campus = $1", campus) is None:
            return unknown_campus()
        known = {one.epoch: one for one in await epochs(connection, campus)}
        passed = [one for one in events if _passed(known.get(one.epoch), one)]
        for epoch in {one.epoch for one in passed}:
            at = await _differs(
                connection, campus, known[epoch], [one for one in passed if one.epoch == epoch]
            )
            if at is not None:
                return fork(at)
        ahead = [one for one in events if not _passed(known.get(one.epoch), one)]
        if not ahead:
            return TakenLive(())
        there = await connection.fetchval(
            "SELECT count(*) FROM (SELECT FROM provisional WHERE campus = $1 LIMIT $2) AS found", campus, MOST
        )
        if there + len(ahead) > MOST:
            return Problem("busy", "Too much waits for the main lane", f"At most {MOST} events.", 429)
        at = await _add(connection, campus, ahead)
        if at is not None:
            return fork(at)
    await _passed_meanwhile(database, campus, ahead)
    return TakenLive(tuple(one.event.seq for one in ahead))


def _passed(epoch: Epoch | None, one: LiveEvent) -> bool:
    return epoch is not None and one.event.seq <= epoch.seq


async def _differs(
    connection: Connection, campus: str, epoch: Epoch, passed: Sequence[LiveEvent]
) -> Place | None:
    """The first of these at whose number the main lane brought another."""
    there = await held(connection, campus, epoch, [one.event.seq for one in passed])
    for one in passed:
        seq = one.event.seq
        if there.get(seq, one.event.hash) != one.event.hash:
            await _fork(connection, campus, one, there[seq])
            return Place(epoch.epoch, seq, there[seq])
    return None


async def _add(connection: Connection, campus: str, ahead: Sequence[LiveEvent]) -> Place | None:
    """Add what is not there yet; the place of one that is there and is another."""
    await connection.executemany(
        "INSERT INTO provisional (campus, epoch, seq, hash, prev, kind, at, subject, incident, body, opened) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        [(campus, *live_row(one)) for one in ahead],
    )
    rows = await connection.fetch(
        "SELECT p.epoch, p.seq, p.hash FROM provisional p JOIN unnest($2::uuid[], $3::bigint[]) AS sent (epoch, seq) "
        "USING (epoch, seq) WHERE p.campus = $1",
        campus,
        [uuid.UUID(one.epoch) for one in ahead],
        [one.event.seq for one in ahead],
    )
    held_there = {(str(row["epoch"]), row["seq"]): row["hash"].hex() for row in rows}
    for one in ahead:
        # None: the main lane has passed it since we looked.
        there = held_there.get((one.epoch, one.event.seq))
        if there is not None and there != one.event.hash:
            await _fork(connection, campus, one, there)
            return Place(one.epoch, one.event.seq, there)
    return None


async def _fork(connection: Connection, campus: str, one: LiveEvent, there: str) -> None:
    evidence = {
        "held": there,
        "came": one.event.hash,
        "lane": "live",
        "event": one.event.body.decode("utf-8")[:4096],
    }
    await alarms.sound(connection, campus, "fork", one.epoch, one.event.seq, evidence)


async def _passed_meanwhile(database: Database, campus: str, ahead: Sequence[LiveEvent]) -> None:
    """Take away again what the main lane brought while these were being added: both saw the state before the other's."""
    async with database.of_campus(campus) as connection:
        known = {one.epoch: one for one in await epochs(connection, campus)}
        seen = [one for one in ahead if _passed(known.get(one.epoch), one)]
        if seen:
            await connection.execute(
                "DELETE FROM provisional p USING event e, unnest($2::uuid[], $3::bigint[]) AS seen (epoch, seq) "
                "WHERE p.campus = $1 AND p.epoch = seen.epoch AND p.seq = seen.seq "
                "AND e.campus = $1 AND e.epoch = p.epoch AND e.seq = p.seq AND e.hash = p.hash",
                campus,
                [uuid.UUID(one.epoch) for one in seen],
                [one.event.seq for one in seen],
            )


async def provisional(database: Database, campus: str) -> list[dict[str, object]]:
    """What is held ahead of the main lane: epoch, seq, hash, kind, at, subject, incident, body, arrived; in order."""
    async with database.of_campus(campus) as connection:
        rows = await connection.fetch(
            "SELECT epoch, p.seq, p.hash, kind, at, subject, incident, body, arrived FROM provisional p "
            "LEFT JOIN epoch e USING (campus, epoch) WHERE campus = $1 AND p.seq > coalesce(e.seq, 0) "
            "ORDER BY e.number NULLS LAST, p.seq",
            campus,
        )
    return [dict(row) | {"epoch": str(row["epoch"]), "hash": row["hash"].hex()} for row in rows]
