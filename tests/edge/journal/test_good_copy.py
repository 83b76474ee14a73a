"""The last good copy follows the journal, takes nothing over that does not hold, and forgets what was erased."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal import keeping
from edge.journal.good_copy import GoodCopy, Interrupted, NotSound
from edge.journal.places import Places
from edge.journal.reader import Reader
from edge.journal.row import Row
from edge.journal.store import Store
from edge.journal.verify import verify_directory

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
Until = Callable[[Callable[[], object]], Awaitable[None]]
DAY_S = 86_400.0


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """A store with a hundred presses, closed."""
    async with opened() as journal:
        await add(journal, [make_row(number, sealed={"word": f"word {number}"}) for number in range(100)])
        await journal.checkpoint()
    return tmp_path / "store"


def copying(
    directory: Path, pause: Callable[[], None] = lambda: None, room: int = 2**40, campus: str = "lincoln-hs"
) -> GoodCopy:
    """The copy of a store that nobody has open."""

    def read(what: Callable[[Store], Any]) -> Any:
        with Reader.open(directory) as reader:
            return what(reader.store)

    return GoodCopy(
        Places(directory),
        campus,
        read,
        held=threading.Lock(),
        allows=lambda size: size <= room,
        pause=pause,
    )


def rows(file: Path, table: str = "events") -> list[Any]:
    connection = sqlite3.connect(file)
    try:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608  # our own names
    finally:
        connection.close()


def the_same(store: Path) -> bool:
    tables = ("events", "sealed", "epochs", "checkpoints", "keys", "segments", "_sqlite_migrations")
    return all(rows(store / "journal.copy.db", one) == rows(store / "journal.db", one) for one in tables)


def files(store: Path) -> set[str]:
    return {file.name for file in store.glob("journal.*db*")}


def test_the_copy_holds_all_that_the_journal_does_and_stands_for_itself(store: Path, tmp_path: Path) -> None:
    copying(store).keep_up(0.0)

    assert the_same(store)
    assert files(store) == {"journal.db", "journal.copy.db"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(store / "journal.copy.db", elsewhere / "journal.db")
    for name in ("journal.witness", "signing-key.pem"):
        shutil.copy(store / name, elsewhere)
    report = verify_directory(elsewhere)
    assert (report.problems, report.events, report.opened) == ([], 101, 100)


async def test_the_copy_follows_without_being_made_anew_and_is_made_anew_once_a_day(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    copying(store).keep_up(0.0)
    first = (store / "journal.copy.db").stat().st_ino
    async with opened() as journal:
        await add(journal, [make_row(number) for number in range(100, 200)])
        await journal.checkpoint()
    copying(store).keep_up(DAY_S - 60)
    followed = (store / "journal.copy.db").stat().st_ino, the_same(store)
    copying(store).keep_up(DAY_S)

    assert followed == (first, True)
    assert (store / "journal.copy.db").stat().st_ino != first
    assert the_same(store)


async def test_what_was_erased_and_dropped_goes_from_the_copy_too(
    store: Path, opened: Open, add: Add, make_row: MakeRow, until: Until
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(900, sealed={"word": "WITHDRAWN"})])
        head = journal.head
    copying(store).keep_up(0.0)
    assert b"WITHDRAWN" in (store / "journal.copy.db").read_bytes()
    async with opened() as journal:
        assert await journal.erase(head.epoch, head.seq, "word", "person:1")
    copying(store).keep_up(0.0)

    assert b"WITHDRAWN" not in (store / "journal.copy.db").read_bytes()
    assert the_same(store)


async def test_a_copy_of_a_journal_whose_old_part_was_dropped_begins_where_that_does(
    tmp_path: Path, opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", 20)
    store = tmp_path / "store"
    async with opened() as journal:
        for start in range(0, 60, 20):
            await add(journal, [make_row(number) for number in range(start, start + 20)])
            await journal.checkpoint()
        first = (await journal.segments())[0]
        journal.keep_unsynced(district=False)
        assert await journal.drop_segment(first.epoch, first.last, "person:1")
        async with asyncio.timeout(10):
            while (await journal.read(None, 1))[0].seq <= first.last:
                await asyncio.sleep(0.01)
    copying(store).keep_up(0.0)

    assert rows(store / "journal.copy.db") == rows(store / "journal.db")
    assert rows(store / "journal.copy.db", "segments") == rows(store / "journal.db", "segments")
    with Reader.open(store) as reader:
        assert reader.store.bounds()[0] == first.last + 1


def test_an_event_that_does_not_hold_is_told_and_the_copy_from_before_it_stays(store: Path) -> None:
    copying(store).keep_up(0.0)
    before = (store / "journal.copy.db").read_bytes()
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("UPDATE events SET body = replace(body, 'pb-101', 'pb-102') WHERE place = 9")
    connection.commit()
    connection.close()

    with pytest.raises(NotSound) as told:
        copying(store).keep_up(DAY_S)

    assert (told.value.problem.code, told.value.problem.seq) == ("hash", 9)
    assert (store / "journal.copy.db").read_bytes() == before
    assert files(store) == {"journal.db", "journal.copy.db"}


def test_a_copy_of_another_journal_or_of_noise_is_set_aside_and_a_new_one_made(store: Path) -> None:
    (store / "journal.copy.db").write_bytes(b"\xa5" * 40_000)

    copying(store).keep_up(0.0)

    assert the_same(store)
    (aside,) = store.glob("journal.copy.db.aside-*")
    assert aside.read_bytes() == b"\xa5" * 40_000


def test_a_copy_that_was_not_written_as_it_should_be_never_takes_the_old_ones_place(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying(store).keep_up(0.0)
    before = (store / "journal.copy.db").read_bytes()
    check = GoodCopy._check

    def damaged(self: GoodCopy, new: Path) -> None:
        content = bytearray(new.read_bytes())
        at = content.rindex(b'"number":50')
        content[at : at + 11] = b'"number":51'
        new.write_bytes(content)
        check(self, new)

    monkeypatch.setattr(GoodCopy, "_check", damaged)
    with pytest.raises(sqlite3.DatabaseError):
        copying(store).keep_up(DAY_S)

    assert (store / "journal.copy.db").read_bytes() == before
    assert files(store) == {"journal.db", "journal.copy.db"}


def test_no_copy_is_made_where_there_is_no_room_for_it(store: Path) -> None:
    with pytest.raises(OSError, match="no room"):
        copying(store, room=10_000).keep_up(0.0)

    assert files(store) == {"journal.db"}


def test_a_copy_that_is_interrupted_anywhere_is_made_later(store: Path) -> None:
    pauses = 0
    for stop_at in range(9):
        pauses = 0

        def pause(stop_at: int = stop_at) -> None:
            nonlocal pauses
            pauses += 1
            if pauses > stop_at:
                raise Interrupted

        try:
            copying(store, pause).keep_up(0.0)
        except Interrupted:
            assert files(store) == {"journal.db"}
        else:
            break

    assert pauses > 5
    assert the_same(store)


async def test_a_running_journal_keeps_its_copy_up(
    store: Path, opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_FIRST_S", "_EVERY_S", "_COPY_FIRST_S", "_COPY_EVERY_S", "_BUSY_PAUSE_S", "PAUSE_S"):
        monkeypatch.setattr(keeping, name, 0.01)
    async with opened() as journal, asyncio.timeout(20):
        for number in range(100, 140):
            await add(journal, [make_row(number)])
        while await asyncio.to_thread(_count, store / "journal.copy.db") != 141:
            await asyncio.sleep(0.01)


def _count(copy: Path) -> int:
    try:
        connection = sqlite3.connect(f"file:{copy}?mode=ro", uri=True, timeout=0.01)
        try:
            (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return 0
    return int(count)
