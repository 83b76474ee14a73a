"""A real hub on a real PostgreSQL, for what is tested with both ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.hub.served import Hub
from tests.flow.postgres import Postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    running = Postgres()
    yield running
    running.remove()


@pytest.fixture
def hub(postgres: Postgres, tmp_path: Path) -> Iterator[Hub]:
    """With an empty database."""
    (tmp_path / "hub").mkdir()
    started = Hub(postgres.database(), tmp_path / "hub", processes=2)
    yield started
    started.end()
