"""The hub's tables: made once however many begin at once, and never another campus's, whatever is asked."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from edge.hub.database import Database, NotOurs, migrate
from tests.flow.postgres import Postgres

EPOCH = uuid.UUID("6f1c7a52-1111-4222-8333-444455556666")
HASH = bytes(32)
ROWS = {
    "campus": "INSERT INTO campus (campus, name) VALUES ($1, 'A school')",
    "token": "INSERT INTO token (campus, serial, until) VALUES ($1, 'aa', now())",
    "certificate": f"INSERT INTO certificate (campus, spki) VALUES ($1, '\\x{HASH.hex()}')",
    "heard": "INSERT INTO heard VALUES ($1, now())",
    "epoch": f"INSERT INTO epoch (campus, epoch, number, first, seq, hash) VALUES ($1, '{EPOCH}', 1, 1, 1, '\\x{HASH.hex()}')",
    "event": (
        "INSERT INTO event (campus, epoch, seq, hash, kind, subject, body) "
        f"VALUES ($1, '{EPOCH}', 1, '', 'k/1', 's', '{{}}')"
    ),
    "sealed": f"INSERT INTO sealed VALUES ($1, '{EPOCH}', 1, 'text', '', '\"said\"')",
    "provisional": (
        "INSERT INTO provisional (campus, epoch, seq, hash, prev, kind, subject, body, opened) "
        f"VALUES ($1, '{EPOCH}', 2, '', '', 'k/1', 's', '{{}}', '{{}}')"
    ),
    "checkpoint": (
        "INSERT INTO checkpoint (campus, epoch, seq, hash, at, key, pem, signature, hub_key, hub_signature) "
        f"VALUES ($1, '{EPOCH}', 1, '', '', '', '', '', '', '')"
    ),
    "directive": "INSERT INTO directive (campus, number, kind, body, key, signature) VALUES ($1, 1, 'k/1', '{}', '', '')",
    "alarm": f"INSERT INTO alarm (campus, what, epoch, seq, evidence) VALUES ($1, 'gap', '{EPOCH}', 1, '{{}}')",
}


@pytest.fixture
async def two(ready: str) -> AsyncIterator[Database]:
    """A row of each table for `north` and for `south`, written as PostgreSQL's administrator."""
    admin = await asyncpg.connect(ready.replace("hub@", "admin@"))
    for campus in ("north", "south"):
        for statement in ROWS.values():
            await admin.execute(statement, campus)
    await admin.close()
    database = await Database.open(ready)
    yield database
    await database.close()


async def test_hubs_that_start_at_once_make_the_tables_once(url: str) -> None:
    made = await asyncio.gather(*(migrate(url) for _ in range(6)))

    assert sorted(map(len, made))[-1] >= 1
    assert len([one for one in made if one]) == 1
    assert await migrate(url) == []


async def test_a_database_of_a_later_version_is_left_as_it_is(url: str) -> None:
    await migrate(url)
    owner = await asyncpg.connect(url)
    await owner.execute("INSERT INTO migration (name) VALUES ('9999_later')")
    await owner.close()

    assert await migrate(url) == []


async def test_a_user_who_may_not_make_tables_is_told_what_it_needs(postgres: Postgres, url: str) -> None:
    admin = await asyncpg.connect(url.replace("hub@", "admin@"))
    await admin.execute("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    await admin.close()

    with pytest.raises(NotOurs, match="CREATEROLE"):
        await migrate(url.replace("hub@", "guest@"))


async def test_every_table_is_under_the_law_of_rows(two: Database) -> None:
    async with two.of_district() as district:
        tables = await district.fetch(
            "SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS held FROM pg_class "
            "WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname <> 'migration'"
        )

    held = {one["name"]: one["held"] for one in tables}
    assert held.keys() >= ROWS.keys() | {"hub_key", "event_00", "event_15"}
    assert [name for name, is_held in held.items() if not is_held] == []


@pytest.mark.parametrize("table", ROWS)
async def test_a_campus_reads_its_own_rows_alone_though_no_query_says_whose(
    two: Database, table: str
) -> None:
    async with two.of_campus("north") as north:
        found = await north.fetch(f"SELECT campus FROM {table}")

    assert [row["campus"] for row in found] == ["north"]


@pytest.mark.parametrize("table", ROWS)
async def test_a_campus_changes_nothing_of_another(two: Database, table: str) -> None:
    for statement in (
        f"UPDATE {table} SET campus = 'north' WHERE campus = 'south'",
        f"UPDATE {table} SET campus = 'south'",
        f"DELETE FROM {table} WHERE campus = 'south'",
        ROWS[table].replace("$1", "'south'"),
    ):
        try:
            async with two.of_campus("north") as north:
                done = await north.execute(statement)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.UniqueViolationError):
            continue
        assert done in ("UPDATE 0", "DELETE 0"), statement

    async with two.of_district() as district:
        for campus in ("north", "south"):
            assert await district.fetchval(f"SELECT count(*) FROM {table} WHERE campus = $1", campus) == 1


async def test_no_campus_reaches_the_hubs_key_or_a_partition_by_its_name(two: Database) -> None:
    for table in ("hub_key", "migration", *(f"event_{part:02}" for part in range(16))):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with two.of_campus("north") as north:
                await north.fetch(f"SELECT * FROM {table}")


async def test_an_event_that_is_held_can_be_neither_changed_nor_deleted_by_a_campus(two: Database) -> None:
    for statement in ("UPDATE event SET body = ''", "DELETE FROM event", "TRUNCATE event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with two.of_campus("north") as north:
                await north.execute(statement)


async def test_a_query_that_forgot_the_campus_altogether_finds_nothing(two: Database) -> None:
    async with two._pool.acquire() as connection:
        for table in ROWS:
            assert await connection.fetch(f"SELECT * FROM {table}") == []


async def test_what_a_transaction_was_goes_with_it(two: Database) -> None:
    for _ in range(3):
        async with two.of_campus("north") as north:
            assert await north.fetchval("SELECT count(*) FROM event") == 1
        async with two.of_district() as district:
            assert await district.fetchval("SELECT count(*) FROM event") == 2
        async with two.of_campus("elsewhere") as elsewhere:
            assert await elsewhere.fetchval("SELECT count(*) FROM event") == 0
