"""`verify-journal --rebuild`: the views made again are equal to the live ones, or it says where they are
not.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.journal.chain import Head
from edge.journal.reader import Reader
from edge.journal.row import Row
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused
from edge.views.database import Views
from edge.views.rebuild import follow_all, rebuild_beside, rebuild_directory
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
    assert made.events == 29
    assert made.rows == {
        "incidents": 1,
        "incident_zones": 1,
        "ledger": 3,
        "verdicts": 5,
        "presses": 1,
        "unanswered": 1,
        "zones": 1,
        "flags": 2,
        "telemetry_summaries": 1,
        "hidden": 0,
        "incident_cameras": 2,
        "blind_spots": 2,
        "evidence": 3,
        "readiness": 0,
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


def test_views_whose_making_was_cut_short_have_every_index_when_they_are_opened_again(store: Path) -> None:
    def indexes() -> set[str]:
        with closing(sqlite3.connect(store / "views.db")) as views:
            return {name for (name,) in views.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}

    whole = indexes()
    (store / "views.db").unlink()

    def cut(*_: object) -> list[Stored]:
        raise JournalRefused("the power went")

    views = Views.open(store / "views.db")
    with pytest.raises(JournalRefused):
        follow_all(views, cut)
    views.close()
    assert "verdicts_by_door" in whole - indexes()
    Views.open(store / "views.db").close()
    assert indexes() == whole


def test_the_views_are_followed_up_to_an_event_and_no_further(store: Path) -> None:
    with Reader.open(store) as reader:
        events = reader.read(None, 100)
        for until in (events[0], events[17], events[-1]):
            views = Views.open(store / f"until-{until.seq}.db")
            assert follow_all(views, reader.read_sealed, until.position) == until.seq
            assert views.position == Head(until.epoch, until.seq, until.hash)
            views.close()


async def test_a_running_daemon_compares_beside_its_work(
    tmp_path: Path, running: Running, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
        made = await site.follower.ask(
            lambda views: rebuild_beside(tmp_path / "store", views, site.journal.read_blocking)
        )

    assert (made.differences, made.events) == ((), 29)


async def test_what_retention_let_go_goes_from_the_views_too_and_what_still_stands_stays(
    tmp_path: Path, running: Running, lockdown: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", 10)
    async with running() as site:
        site.journal.keep_unsynced(district=False)
        await site.add(lockdown)
        closed = replace(lockdown[1], kind="incident.closed/1", data={"id": "inc-1"})
        later = replace(lockdown[5], incident=None, data={"code": "later", "subject": "a-103", "args": []})
        await site.add([closed])
        await site.journal.checkpoint()
        await site.add([later])
        await site.settled()
        before = {
            name: len(await site.follower.ask(lambda views, name=name: views.table(name))) for name in DERIVED
        }
        (only,) = await site.journal.segments()
        assert await site.journal.drop_segment(only.epoch, only.last, "retention")
        async with asyncio.timeout(10):
            while (await site.journal.read(None, 1))[0].seq <= only.last:
                await asyncio.sleep(0.001)
        await site.settled()

    made = rebuild_directory(tmp_path / "store")
    assert made.differences == ()
    with closing(sqlite3.connect(tmp_path / "store" / "views.db")) as views:
        left = {name: views.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in DERIVED}  # noqa: S608
        flags = {code for (code,) in views.execute("SELECT code FROM flags")}
    assert min(before["incidents"], before["ledger"], before["verdicts"], before["presses"]) > 0
    assert [left[name] for name in ("incidents", "ledger", "verdicts", "presses", "unanswered")] == [0] * 5
    assert left["zones"] == before["zones"]
    assert flags == {"disk_slow", "later"}, "what was not cleared stands"
