"""One PostgreSQL for the tests of this folder, an empty database for each test."""

from collections.abc import Iterator

import pytest

from tests.flow.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.remove()


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()
