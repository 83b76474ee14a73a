"""What a person at the district must look at: raised once however often it is seen, and shown until somebody clears it.

`fork`, `cloned`: two histories claim one journal. Nothing is overwritten and nothing more is taken until a person has looked.
`restored`: the box came back without a tail that the hub keeps. `gap`: it comes with what does not follow; it clears itself
where the missing part comes. `checkpoint`: one that its key did not sign, or another key.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Final, Literal

from edge.hub.database import Connection, Database

What = Literal["fork", "cloned", "restored", "gap", "checkpoint"]
HALTING: Final = ("fork", "cloned")
BY_ITSELF: Final = "hub"


async def sound(
    connection: Connection, campus: str, what: What, epoch: str, seq: int, evidence: Mapping[str, object]
) -> None:
    """Raise one, in the transaction that found it. It halts the campus where two histories claim its journal."""
    if what in HALTING:
        # First, as whoever takes a batch locks that row first: two that find the same at once wait for each other in one order.
        await connection.execute("UPDATE campus SET halted = $2 WHERE campus = $1", campus, what)
    await connection.execute(
        "INSERT INTO alarm (campus, what, epoch, seq, evidence) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (campus, what, epoch, seq) WHERE cleared IS NULL "
        "DO UPDATE SET times = alarm.times + 1, last = now()",
        campus,
        what,
        uuid.UUID(epoch),
        seq,
        json.dumps(evidence),
    )


async def filled(connection: Connection, campus: str, epoch: str, seq: int) -> None:
    """The epoch goes on up to there: what was missing has come, or a person let it begin elsewhere."""
    await connection.execute(
        "UPDATE alarm SET cleared = now(), cleared_by = $4, cleared_reason = 'it goes on' "
        "WHERE campus = $1 AND what = 'gap' AND epoch = $2 AND seq < $3 AND cleared IS NULL",
        campus,
        uuid.UUID(epoch),
        seq,
        BY_ITSELF,
    )


async def clear(
    database: Database, campus: str, number: int, by: str, reason: str, *, anew: bool = False
) -> bool:
    """A person has looked. Its campus goes on once none is left that halts it. False: there is no such alarm, or no more.

    anew: the next epoch of the campus is taken as it says it is, whatever it names as its predecessor: for a box that was
    set up again, or after a fork. What the hub holds stays.
    """
    async with database.of_district() as district:
        await district.execute("SELECT FROM campus WHERE campus = $1 FOR NO KEY UPDATE", campus)
        done = await district.fetchval(
            "UPDATE alarm SET cleared = now(), cleared_by = $3, cleared_reason = $4 "
            "WHERE campus = $1 AND number = $2 AND cleared IS NULL RETURNING number",
            campus,
            number,
            by,
            reason,
        )
        if done is None:
            return False
        await district.execute(
            "UPDATE campus SET anew = anew OR $2, halted = coalesce((SELECT what FROM alarm "
            "WHERE campus = $1 AND cleared IS NULL AND what = ANY($3) ORDER BY number LIMIT 1), '') WHERE campus = $1",
            campus,
            anew,
            list(HALTING),
        )
    return True
