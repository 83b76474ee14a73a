"""Signed checkpoints: held against the chain that is held, and signed once more by the hub, so that neither can rewrite alone."""

import uuid
from collections.abc import Sequence
from typing import Final

from edge.district.api import CheckpointLine, Countersignature, Countersigned, Place, Problem
from edge.hub import alarms
from edge.hub.database import Connection, Database
from edge.hub.receiving import fork, gap, halted, unknown_campus
from edge.hub.rows import Epoch, epochs, held, identified, when
from edge.journal.chain import ZEROS, Head
from edge.journal.checkpoint import countersigned_bytes, signed_bytes
from edge.journal.keys import SigningKey, holds, key_id

SOUND: Final = ""


async def countersign(
    database: Database, campus: str, lines: Sequence[CheckpointLine], key: SigningKey
) -> Countersigned | Problem:
    """Take checkpoints, in order, up to the first that does not hold. Of a campus of which nothing is held yet, the first is
    where its chain begins.

    One behind which the hub's own chain begins is left out of the answer: there is nothing to hold it against.
    Raises Refused where one is of no epoch, and what the database raises.
    """
    for line in lines:
        identified(line.epoch)
    faults = [_fault(campus, line) for line in lines]
    async with database.of_campus(campus) as connection:
        row = await connection.fetchrow(
            "SELECT key_pem, halted, anew FROM campus WHERE campus = $1 FOR NO KEY UPDATE", campus
        )
        if row is None:
            return unknown_campus()
        if row["halted"]:
            return halted(row["halted"])
        for line, fault in zip(lines, faults, strict=True):
            problem = await _of_its_key(connection, campus, line, fault, row["key_pem"] or lines[0].pem)
            if problem is not None:
                return problem
        if lines and not row["key_pem"]:
            await connection.execute("UPDATE campus SET key_pem = $2 WHERE campus = $1", campus, lines[0].pem)
        known = {one.epoch: one for one in await epochs(connection, campus)}
        if lines and (not known or (row["anew"] and lines[0].epoch not in known)):
            known[lines[0].epoch] = await _begin(connection, campus, lines[0], len(known))
        made = []
        for line in lines:
            answer = await _held(connection, campus, line, known.get(line.epoch))
            if isinstance(answer, Problem):
                return answer
            if answer:
                made.append(await _keep(connection, campus, line, key))
    return Countersigned(tuple(made), key.public_pem)


def _fault(campus: str, line: CheckpointLine) -> str:
    """What its own signature says against it."""
    try:
        if key_id(line.pem) != line.key:
            return "it names another key than it shows"
    except ValueError:
        return "it shows no Ed25519 key"
    if when(line.at) is None:
        return "its time is none"
    signed = signed_bytes(campus, Head(line.epoch, line.seq, line.hash), line.at)
    return SOUND if holds(line.pem, bytes.fromhex(line.signature), signed) else "its signature does not hold"


async def _of_its_key(
    connection: Connection, campus: str, line: CheckpointLine, fault: str, pem: str
) -> Problem | None:
    if not fault and key_id(line.pem) == key_id(pem):
        return None
    evidence = {"fault": fault or "another key than this campus's", "key": line.key, "hash": line.hash}
    await alarms.sound(connection, campus, "checkpoint", line.epoch, line.seq, evidence)
    if fault:
        return Problem("form", "This is no checkpoint of this campus", fault, 400)
    detail = f"Its key is {key_id(pem)}. Where the box has a new one: campus-edge hub enrol {campus} --checkpoint-key FILE"
    return Problem("not_allowed", "Another key signed this checkpoint", detail, 403)


async def _begin(connection: Connection, campus: str, line: CheckpointLine, before: int) -> Epoch:
    """A journal whose older segments are gone begins at the checkpoint that stands for them."""
    epoch = Epoch(line.epoch, before + 1, line.seq + 1, line.seq, line.hash, None, None, None)
    await connection.execute(
        "INSERT INTO epoch (campus, epoch, number, first, seq, hash) VALUES ($1, $2, $3, $4, $5, $6)",
        campus,
        uuid.UUID(line.epoch),
        epoch.number,
        epoch.first,
        line.seq,
        bytes.fromhex(line.hash),
    )
    await connection.execute("UPDATE campus SET anew = false WHERE campus = $1", campus)
    return epoch


async def _held(
    connection: Connection, campus: str, line: CheckpointLine, epoch: Epoch | None
) -> bool | Problem:
    """Whether the hub holds the chain up to there; False where its own begins later."""
    if epoch is None or line.seq > epoch.seq:
        return gap(epoch.place if epoch is not None else Place(line.epoch, 0, ZEROS))
    there = (await held(connection, campus, epoch, [line.seq])).get(line.seq)
    if there is None:
        return False
    if there == line.hash:
        return True
    evidence = {"held": there, "came": line.hash, "by": "checkpoint", "signature": line.signature}
    await alarms.sound(connection, campus, "fork", line.epoch, line.seq, evidence)
    return fork(Place(line.epoch, line.seq, there))


async def _keep(
    connection: Connection, campus: str, line: CheckpointLine, key: SigningKey
) -> Countersignature:
    head = Head(line.epoch, line.seq, line.hash)
    own = key.sign(countersigned_bytes(campus, head, line.at, line.signature))
    await connection.execute(
        "INSERT INTO checkpoint (campus, epoch, seq, hash, at, key, pem, signature, hub_key, hub_signature) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        campus,
        uuid.UUID(line.epoch),
        line.seq,
        bytes.fromhex(line.hash),
        line.at,
        line.key,
        line.pem,
        bytes.fromhex(line.signature),
        key.id,
        own,
    )
    return Countersignature(line.epoch, line.seq, key.id, own.hex())
