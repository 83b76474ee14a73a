"""A disk that refuses: rows go to the spill, then to memory, and into the database once it takes them again."""

import errno
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.journal.spill import Spill
from edge.journal.store import Store
from edge.journal.verify import verify_directory
from edge.journal.witness import Witness, read_witness

CAMPUS = "lincoln-hs"
Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
Disk = Callable[[int], Path]
Fill = Callable[[Path], Path]
Until = Callable[[Callable[[], object]], Awaitable[None]]


async def test_a_full_disk_keeps_rows_in_memory_and_writes_them_when_there_is_room(
    disk_of: Disk, fill: Fill, until: Until, opened: Open, add: Add, make_row: MakeRow
) -> None:
    small_disk = disk_of(2)  # too small for a ballast
    troubles: list[tuple[str, bool]] = []
    said: list[bool] = []
    async with opened(small_disk / "store", troubles=troubles) as journal:
        await add(journal, [make_row(0)])
        hog = fill(small_disk)
        for number in range(1, 400):
            journal.append([make_row(number)], {"number": number}, said.append)
        await until(lambda: ("journal_refused", True) in troubles and ("spill_refused", True) in troubles)
        assert not all(said) or len(said) < 399
        hog.unlink()
        await until(lambda: len(said) == 399)
        await until(lambda: troubles[-1] == ("journal_refused", False))
        events = await journal.read(None, 1000)

    assert said == [True] * 399
    numbers = [event.data["number"] for event in events if event.kind == "press.heard/1"]
    assert numbers == list(range(400))
    assert verify_directory(small_disk / "store").problems == []


async def test_a_database_that_cannot_be_written_leaves_the_rows_in_the_synced_spill_until_it_can(
    tmp_path: Path, until: Until, opened: Open, add: Add, make_row: MakeRow
) -> None:
    store = tmp_path / "store"
    troubles: list[tuple[str, bool]] = []
    async with opened() as journal:
        await add(journal, [make_row(0)])
    (store / "journal.db").rename(store / "kept.db")
    (store / "journal.db").mkdir()
    async with opened(troubles=troubles) as journal:
        for number in range(1, 200):
            assert await add(journal, [make_row(number, sealed={"word": str(number)})])
        lines = (store / "journal.spill.ndjson").read_bytes().splitlines()
        (store / "journal.db").rmdir()
        (store / "kept.db").rename(store / "journal.db")
        await until(lambda: ("journal_refused", False) in troubles)
        await add(journal, [make_row(200)])
        events = await journal.read(None, 1000)

    assert len(lines) == 200
    presses = [event for event in events if event.kind == "press.heard/1"]
    assert [event.data["number"] for event in presses] == list(range(201))
    assert presses[7].opened == {"word": "7"}
    assert (store / "journal.spill.ndjson").read_bytes() == b""
    report = verify_directory(store)
    assert (report.problems, report.epochs) == ([], 2)


async def test_the_spill_is_counted_and_checked_while_it_waits(
    tmp_path: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    store = tmp_path / "store"
    async with opened() as journal:
        await add(journal, [make_row(0)])
    (store / "journal.db").rename(store / "kept.db")
    (store / "journal.db").mkdir()
    async with opened() as journal:
        await add(journal, [make_row(1)])
    (store / "journal.db").rmdir()
    (store / "kept.db").rename(store / "journal.db")

    report = verify_directory(store)

    assert (report.spilled, report.problems) == (2, [])


async def test_a_spill_that_refused_is_tried_again_once_the_database_takes_rows(
    tmp_path: Path,
    until: Until,
    opened: Open,
    add: Add,
    make_row: MakeRow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store, troubles = tmp_path / "store", list[tuple[str, bool]]()
    async with opened() as journal:
        await add(journal, [make_row(0)])
    (store / "journal.db").rename(store / "kept.db")
    (store / "journal.db").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Spill, "write", refuses)
        async with opened(troubles=troubles) as journal:
            journal.append([make_row(1)], None)
            await until(lambda: ("spill_refused", True) in troubles)
            (store / "journal.db").rmdir()
            (store / "kept.db").rename(store / "journal.db")
            await until(lambda: ("journal_refused", False) in troubles)

            await until(lambda: troubles[-1] == ("spill_refused", False))

    assert (store / "journal.spill.ndjson").read_bytes() == b""


async def test_a_row_that_neither_disk_took_outlives_a_tail_cut_behind_our_back(
    tmp_path: Path,
    until: Until,
    opened: Open,
    add: Add,
    make_row: MakeRow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    store, troubles, said = tmp_path / "store", list[tuple[str, bool]](), list[bool]()
    async with opened() as journal:
        await add(journal, [make_row(0)])
    shutil.copy(store / "journal.db", store / "older.db")
    async with opened(troubles=troubles) as journal:
        await add(journal, [make_row(1)])
        monkeypatch.setattr(Spill, "write", refuses)
        with monkeypatch.context() as patch:
            patch.setattr(Store, "commit", broken)
            journal.append([make_row(2, sealed={"word": "help"})], None, said.append)
            await until(lambda: ("journal_refused", True) in troubles and ("spill_refused", True) in troubles)
            assert said == []
            (store / "older.db").replace(store / "journal.db")
            (store / "journal.db-wal").unlink(missing_ok=True)
        await until(lambda: said == [True])
        events = await journal.read(None, 1000)

    assert ("events_lost", True) in troubles
    presses = [event for event in events if event.kind == "press.heard/1"]
    assert [event.data["number"] for event in presses] == [0, 2]
    assert presses[1].opened == {"word": "help"}
    assert presses[1].epoch != presses[0].epoch


def refuses(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


async def test_a_start_folds_a_database_that_takes_nothing_and_then_what_was_spilled(
    tmp_path: Path, opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(0), make_row(1)])
    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", full)
        async with opened() as journal:
            await add(journal, [make_row(2)])
        journal = Journal.open(tmp_path / "store", CAMPUS, machine_id_file=tmp_path / "machine-id")
        rows = [row.data["number"] for row in journal.rows_after(None) if row.kind == "press.heard/1"]
        await journal.close()

    assert rows == [0, 1, 2]


async def test_a_witness_that_refused_is_written_again_though_no_row_comes(
    tmp_path: Path, until: Until, opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: list[tuple[str, bool]] = []
    async with opened(troubles=troubles) as journal:
        await add(journal, [make_row(0)])
        with monkeypatch.context() as patch:
            patch.setattr(Witness, "write", refuses)
            await add(journal, [make_row(1)])
            await until(lambda: ("witness_refused", True) in troubles)

        await until(lambda: troubles[-1] == ("witness_refused", False))
        witnessed = read_witness(tmp_path / "store" / "journal.witness")

        assert witnessed is not None
        assert witnessed.head == journal.head
