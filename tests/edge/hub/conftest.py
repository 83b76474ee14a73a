"""One PostgreSQL for the tests of this folder, an empty database for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edge.hub.database import Database, migrate
from edge.journal.keys import SigningKey, load_or_make
from tests.edge.hub.rig import enrolled
from tests.flow.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.remove()


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()


@pytest.fixture(scope="session")
def made(postgres: Postgres) -> str:
    """The name of a database whose tables are made: others are copied from it, which is quicker."""
    there = postgres.database()
    with asyncio.Runner() as runner:
        runner.run(migrate(there))
    return there.rpartition("/")[2]


@pytest.fixture
def ready(postgres: Postgres, made: str) -> str:
    """The URL of a database with the hub's tables, and nothing in them."""
    return postgres.database(made)


@pytest.fixture
async def database(ready: str) -> AsyncIterator[Database]:
    """With the campuses `north` and `south`, of which nothing is held."""
    opened = await Database.open(ready)
    await enrolled(opened, "north", "south")
    yield opened
    await opened.close()


@pytest.fixture
def hub_key(tmp_path: Path) -> SigningKey:
    (tmp_path / "hub").mkdir()
    return load_or_make(tmp_path / "hub")


@pytest.fixture
def box_key(tmp_path: Path) -> SigningKey:
    (tmp_path / "box").mkdir()
    return load_or_make(tmp_path / "box")
