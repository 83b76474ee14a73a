"""`verify-journal --rebuild`: the views made again are equal to the live ones, or it says where they are
not.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal.row import Row
from edge.views.rebuild import rebuild_beside, rebuild_directory
from edge.views.tables import DERIVED

Running = Callable[..., Any]


@pytest.fixture
def store(tmp_path: Path, running: Running, lockdown: list[Row]) -> Path:
    async def write() -> None:
        async with running() as site:
            await site.add(lockdown)
            await site.settled()

    asyncio.run(write())
    return tmp_path / "store"


def test_views_made_again_are_equal_to_the_live_ones(store: Path) -> None:
    made = rebuild_directory(store)

    assert made.differences == ()
    assert made.equal
    assert made.events == 20
    assert made.rows == {
        "incidents": 1,
        "ledger": 3,
        "verdicts": 5,
        "presses": 1,
        "unanswered": 1,
        "zones": 1,
        "flags": 2,
        "telemetry_summaries": 1,
        "hidden": 0,
    }
    assert set(made.rows) == set(DERIVED)
    assert [file.name for file in sorted(store.glob("views*"))] == ["views.db"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET verdict = 'secured' WHERE door = 'a-102'",
        "DELETE FROM flags WHERE cleared_at IS NULL",
        "INSERT INTO presses (epoch, seq, at) VALUES ('x', 1, 'y')",
    ],
    ids=["a row changed", "a row deleted", "a row added"],
)
def test_views_that_were_changed_are_named_and_replaced(store: Path, statement: str) -> None:
    connection = sqlite3.connect(store / "views.db")
    connection.execute(statement)
    connection.commit()
    connection.close()

    made = rebuild_directory(store)

    assert not made.equal
    assert any(word in made.differences[0] for word in ("ledger", "flags", "presses"))
    assert rebuild_directory(store).equal


def test_missing_views_are_made(store: Path) -> None:
    (store / "views.db").unlink()

    assert rebuild_directory(store).equal
    assert rebuild_directory(store).rows["ledger"] == 3


async def test_a_running_daemon_compares_beside_its_work(
    tmp_path: Path, running: Running, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
        made = await site.follower.ask(
            lambda views: rebuild_beside(tmp_path / "store", views, site.journal.read_blocking)
        )

    assert (made.differences, made.events) == ((), 20)
