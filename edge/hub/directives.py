"""Directives: numbered, signed, kept, and handed to the campus that asks for them. What they do is the campus's matter."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from edge.district.api import Directive, Directives
from edge.hub.database import Connection, Database
from edge.journal.canonical import JSON, canonical
from edge.journal.keys import SigningKey

CHANNEL: Final = "campus_edge_directive"
"""Told with the campus's id once there is a new one."""
MOST: Final = 100
MOST_BYTES: Final = 1_048_576
KIND: Final = re.compile(r"[a-z_]+(\.[a-z_]+)*/[1-9][0-9]{0,3}", re.ASCII)
URGENT: Final = "lockdown.request"
"""Of kinds that begin so: such a request without an end would be carried out whenever it arrives."""


class NoDirective(ValueError):
    """It cannot be one; the text says why."""


async def issue(
    database: Database,
    key: SigningKey,
    campus: str,
    kind: str,
    args: Mapping[str, JSON],
    expires: datetime | None = None,
) -> Directive:
    """Sign the next one of a campus and keep it. Raises ValueError where it can be none (NoDirective, NotCanonical), and
    KeyError where the campus is not enrolled.
    """
    if not KIND.fullmatch(kind):
        raise NoDirective("a kind is words and a version: roster.changed/1")
    if kind.startswith(URGENT) and expires is None:
        raise NoDirective(f"a {kind} must say when it expires")
    if expires is not None and expires <= datetime.now(UTC):
        raise NoDirective("it would have expired already")
    async with database.of_district() as district:
        # Its row is locked: numbers have no gap and none is given twice, whichever process asks.
        if (
            await district.fetchval("SELECT true FROM campus WHERE campus = $1 FOR NO KEY UPDATE", campus)
            is None
        ):
            raise KeyError(campus)
        number = 1 + await district.fetchval(
            "SELECT coalesce(max(number), 0) FROM directive WHERE campus = $1", campus
        )
        issued = datetime.now(UTC)
        body = canonical(
            {
                "campus": campus,
                "number": number,
                "kind": kind,
                "issued": _rfc3339(issued),
                "expires": None if expires is None else _rfc3339(expires),
                "args": dict(args),
            },
            max_bytes=MOST_BYTES,
        )
        made = Directive(number, body.decode("utf-8"), key.id, key.sign(body).hex())
        await district.execute(
            "INSERT INTO directive (campus, number, kind, issued, expires, body, key, signature) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            campus,
            number,
            kind,
            issued,
            expires,
            made.body,
            made.key,
            bytes.fromhex(made.signature),
        )
        await tell(district, campus)
    return made


async def tell(connection: Connection, campus: str) -> None:
    """Whoever waits for that campus's directives looks again once this transaction is committed."""
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, campus)


async def behind(database: Database, campus: str, after: int) -> Directives:
    """Those of a campus behind a number, in order: a hundred, and not much more than a megabyte, at most."""
    async with database.of_campus(campus) as connection:
        rows = await connection.fetch(
            "SELECT number, body, key, signature FROM (SELECT number, body, key, signature, "
            "sum(length(body)) OVER (ORDER BY number) - length(body) AS before FROM (SELECT * FROM directive "
            "WHERE campus = $1 AND number > $2 ORDER BY number LIMIT $3) AS next) AS counted "
            "WHERE before < $4 ORDER BY number",
            campus,
            after,
            MOST,
            MOST_BYTES,
        )
    return Directives(
        tuple(Directive(row["number"], row["body"], row["key"], row["signature"].hex()) for row in rows)
    )


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
