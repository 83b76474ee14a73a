"""The hub's PostgreSQL: its schema brought up to date, and transactions that see one campus alone.

Whoever reads or writes for a campus does it as a role without rights to anybody else's rows: row-level security holds where a
query of ours forgot to say whose rows it means. Replication, backup and Citus are PostgreSQL's own business.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

CAMPUS_ROLE: Final = "campus_edge_campus"
DISTRICT_ROLE: Final = "campus_edge_district"
SCHEMA: Final = Path(__file__).with_name("schema")
CONNECTIONS: Final = 12
"""Of one process: 4 batches, 4 of the second lane, and what is short."""
PATIENCE_S: Final = 10.0
"""For a connection."""
_LOCK: Final = 0x63616D7075732D65
"""Of whoever changes the schema: "campus-e"."""
_SETTINGS: Final = {
    "application_name": "campus-edge hub",
    "statement_timeout": "60000",
    "lock_timeout": "20000",
    "idle_in_transaction_session_timeout": "60000",
}
_ROLES: Final = f"""
DO $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY ARRAY['{CAMPUS_ROLE}', '{DISTRICT_ROLE}'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = one) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', one);
            END IF;
            -- Also of whoever may create roles but is no superuser: from version 16 on a creator may not yet become the role.
            IF NOT pg_has_role(current_user, one, 'MEMBER') THEN
                EXECUTE format('GRANT %I TO %I', one, current_user);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this cluster was a moment sooner: roles are the cluster's
        END;
    END LOOP;
END
$$
"""  # noqa: S608  # constants

Connection = Any
"""asyncpg's, by itself or out of a pool: the two have one interface and no type in common."""
Unreachable: Final = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
"""What is raised where there is no PostgreSQL, or no more; the same may be tried again."""
Busy: Final = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.CannotConnectNowError,
)
"""What is raised where it has too much to do or is on its way down or up; the same may be tried again."""
Refuses: Final = (asyncpg.PostgresError,)
"""What is raised where it answers no: a wrong password, a database that is not there."""


class NotOurs(Exception):
    """The database cannot be the hub's. The text says what is wrong and what to do."""


async def migrate(url: str) -> list[str]:
    """Apply the pending files of the schema, each in one transaction, and return their names. Any number may do so at once.

    A database of a later version is left as it is. Raises NotOurs, or what is in `Unreachable`.
    """
    connection: Connection = await asyncpg.connect(url, timeout=PATIENCE_S, server_settings=_UNHURRIED)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _roles(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
        )
        done = {row["name"] for row in await connection.fetch("SELECT name FROM migration")}
        pending = [file for file in sorted(SCHEMA.glob("*.sql")) if file.stem not in done]
        for file in pending:
            async with connection.transaction():
                await connection.execute(file.read_text(encoding="utf-8"))
                await connection.execute("INSERT INTO migration (name) VALUES ($1)", file.stem)
    except asyncpg.InsufficientPrivilegeError as err:
        raise NotOurs(
            f"PostgreSQL does not let this user make the hub's tables: {err}. Give it a database of its own (OWNER), and either "
            f"CREATEROLE or the roles {CAMPUS_ROLE} and {DISTRICT_ROLE} (NOLOGIN), granted to it."
        ) from None
    finally:
        await connection.close(timeout=PATIENCE_S)
    return [file.stem for file in pending]


_UNHURRIED: Final = {"application_name": "campus-edge hub"}
"""A migration may wait for another one's lock, and an index may take its time."""


async def _roles(connection: Connection) -> None:
    await connection.execute(_ROLES)
    for role in (CAMPUS_ROLE, DISTRICT_ROLE):
        if not await connection.fetchval("SELECT pg_has_role(current_user, $1, 'MEMBER')", role):
            raise NotOurs(
                f"This user may not act as {role}: GRANT {role} TO it, as PostgreSQL's administrator."
            )


class Database:
    """A pool of connections. Belongs to one process and its loop."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, most: int = CONNECTIONS) -> Self:
        """Connected; the schema is there already (`migrate`). Raises what is in `Unreachable`."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=most,
            timeout=PATIENCE_S,
            server_settings=_SETTINGS,
            init=_nobody,
            # What one transaction set is gone with it (SET LOCAL): nothing to be reset between two.
            reset=_nothing,
        )
        return cls(pool)

    async def close(self) -> None:
        """Every connection, once it is given back."""
        await self._pool.close()

    @asynccontextmanager
    async def of_campus(self, campus: str) -> AsyncIterator[Connection]:
        """A transaction that sees and changes rows of one campus and no others. Committed at its end, unless it raised."""
        async with self._pool.acquire(timeout=PATIENCE_S) as connection, connection.transaction():
            await become(connection, campus)
            yield connection

    @asynccontextmanager
    async def of_district(self) -> AsyncIterator[Connection]:
        """A transaction over all campuses: for those who administer and read the hub, never for a campus's request."""
        async with self._pool.acquire(timeout=PATIENCE_S) as connection, connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {DISTRICT_ROLE}")
            yield connection

    async def answers(self, within_s: float) -> bool:
        """Whether PostgreSQL answers that soon."""
        try:
            async with self._pool.acquire(timeout=within_s) as connection:
                return bool(await connection.fetchval("SELECT true", timeout=within_s))
        except (*Unreachable, *Busy):
            return False

    async def listener(self, url: str) -> Connection:
        """A connection of its own, for LISTEN. Raises what is in `Unreachable`."""
        return await asyncpg.connect(url, timeout=PATIENCE_S, server_settings=_UNHURRIED)


async def become(connection: Connection, campus: str) -> None:
    """For the rest of this transaction the connection is that campus's, and nobody else's."""
    await connection.fetchrow(
        f"SELECT set_config('role', '{CAMPUS_ROLE}', true), set_config('campus_edge.campus', $1, true)",
        campus,
    )


async def _nobody(connection: Connection) -> None:
    # A query outside of both kinds of transaction finds no rows, of anybody: a campus's role, and no campus.
    await connection.execute(f"SET ROLE {CAMPUS_ROLE}")


async def _nothing(_: Connection) -> None:
    return
