"""Campuses are enrolled and their rights end; what the hub knows of each, for whoever administers it."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.district.api import NewToken
from edge.hub.access import LIFE, issue, tell_of_end
from edge.hub.database import Database, NotOurs
from edge.journal.keys import SigningKey, load_or_make


class CampusRow(msgspec.Struct, frozen=True):
    """What is known of a campus. heard, last_event: RFC 3339, or None: never. behind: waiting on the second lane."""

    campus: str
    name: str
    enrolled: str
    heard: str | None
    halted: str
    epochs: int
    events: int
    last_event: str | None
    provisional: int
    alarms: int
    directives: int
    credentials: int


_CAMPUSES: Final = """
SELECT campus, name, enrolled, heard.at AS heard, halted,
    (SELECT count(*) FROM epoch WHERE epoch.campus = c.campus) AS epochs,
    (SELECT coalesce(sum(seq - first + 1), 0)::bigint FROM epoch WHERE epoch.campus = c.campus) AS events,
    (SELECT max(at) FROM event WHERE event.campus = c.campus) AS last_event,
    (SELECT count(*) FROM provisional p LEFT JOIN epoch USING (campus, epoch)
        WHERE p.campus = c.campus AND p.seq > coalesce(epoch.seq, 0)) AS provisional,
    (SELECT count(*) FROM alarm WHERE alarm.campus = c.campus AND cleared IS NULL) AS alarms,
    (SELECT count(*) FROM directive WHERE directive.campus = c.campus) AS directives,
    (SELECT count(*) FROM token WHERE token.campus = c.campus AND revoked IS NULL AND until > now())
        + (SELECT count(*) FROM certificate WHERE certificate.campus = c.campus AND revoked IS NULL) AS credentials
FROM campus c LEFT JOIN heard USING (campus) ORDER BY campus
"""


def key_in(folder: Path) -> SigningKey:
    """The hub's signing key, made at its first start. Raises OSError, KeyRefused."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return load_or_make(folder)


async def own_key(database: Database, key: SigningKey) -> None:
    """Note the hub's signing key at its first start; every process of it has the same one. Raises NotOurs."""
    async with database.of_district() as district:
        await district.execute("SELECT pg_advisory_xact_lock(hashtext('campus-edge hub key'))")
        known = [row["key"] for row in await district.fetch("SELECT key FROM hub_key")]
        if not known:
            await district.execute("INSERT INTO hub_key (key, pem) VALUES ($1, $2)", key.id, key.public_pem)
        elif key.id not in known:
            raise NotOurs(
                f"This hub's signing key is {key.id}, and this database was signed for by {', '.join(known)}: campuses would "
                "refuse what it signs. Copy signing-key.pem from the hub that began it, and name its folder with --keys."
            )


async def enrol(
    database: Database,
    key: SigningKey,
    campus: str,
    name: str,
    *,
    pem: str = "",
    spki: bytes | None = None,
    life: timedelta = LIFE,
) -> NewToken | None:
    """Enrol a campus, or give one that is a new token, key or certificate. pem: the public key of its checkpoints.

    spki: of its client certificate; with one, no token is made.
    """
    async with database.of_district() as district:
        await district.execute(
            "INSERT INTO campus (campus, name, key_pem) VALUES ($1, $2, $3) ON CONFLICT (campus) DO UPDATE SET "
            "name = coalesce(nullif($2, campus.campus), campus.name), key_pem = coalesce(nullif($3, ''), campus.key_pem)",
            campus,
            name or campus,
            pem,
        )
        if spki is None:
            return await issue(district, key, campus, life=life)
        await district.execute(
            "INSERT INTO certificate (campus, spki) VALUES ($1, $2) "
            "ON CONFLICT (campus, spki) DO UPDATE SET enrolled = now(), revoked = NULL",
            campus,
            spki,
        )
        await tell_of_end(district)
    return None


async def revoke(database: Database, campus: str) -> int | None:
    """End every token and certificate of a campus; how many. Its record stays. None: there is no such campus."""
    async with database.of_district() as district:
        if await district.fetchval("SELECT true FROM campus WHERE campus = $1", campus) is None:
            return None
        ended = 0
        for table in ("token", "certificate"):
            ended += await district.fetchval(
                f"WITH ended AS (UPDATE {table} SET revoked = now() WHERE campus = $1 AND revoked IS NULL RETURNING 1) "  # noqa: S608  # two constants
                "SELECT count(*) FROM ended",
                campus,
            )
        await tell_of_end(district)
    return ended


async def campuses(database: Database) -> list[CampusRow]:
    """All of them, by id."""
    async with database.of_district() as district:
        rows = await district.fetch(_CAMPUSES)
    return [CampusRow(**{name: _plain(value) for name, value in row.items()}) for row in rows]


async def alarms(database: Database, *, cleared: bool = False) -> list[dict[str, Any]]:
    """Those that nobody cleared, or all; the newest first."""
    async with database.of_district() as district:
        rows = await district.fetch(
            "SELECT campus, number, what, epoch::text, seq, evidence, raised, last, times, cleared, cleared_by, cleared_reason "
            "FROM alarm WHERE cleared IS NULL OR $1 ORDER BY raised DESC, number DESC",
            cleared,
        )
    return [
        {name: _plain(value) for name, value in row.items()}
        | {"evidence": msgspec.json.decode(row["evidence"])}
        for row in rows
    ]


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else value
