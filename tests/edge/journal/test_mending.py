"""A damaged, cut, deleted or unmounted database: put together again in the same chain, or lost with a word, never silently."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from edge.journal import mending, opening
from edge.journal.journal import Journal
from edge.journal.places import Places
from edge.journal.store import Store
from edge.journal.stored import Stored
from edge.journal.verify import verify_directory
from tests.edge.journal.mended import (
    HEAD,
    PAGE,
    Add,
    MakeRow,
    Open,
    Until,
    aside,
    half_copied,
    numbers,
    page_of,
    presses,
    spoil,
    start,
    told,
)
from tests.edge.journal.test_good_copy import copying


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """A store with two hundred presses, closed; its copy holds the first hundred and fifty."""
    return await half_copied(tmp_path / "store", opened, add, make_row)


async def test_a_database_of_noise_is_replaced_by_the_copy_and_goes_on_in_its_epoch_where_that_holds_all(
    store: Path, opened: Open
) -> None:
    copying(store).keep_up(0.0)
    spoil(store / "journal.db", *range((store / "journal.db").stat().st_size // PAGE))
    damaged = (store / "journal.db").read_bytes()
    troubles: list[tuple[str, bool]] = []

    journal, events = await start(opened, troubles=troubles)

    assert journal.opened.reason is None
    assert numbers(events) == list(range(200))
    made = told(events)
    assert (made["why"], made["copied"], made["salvaged"], made["seq"]) == ("damaged", 201, 0, 201)
    assert [(store / name).read_bytes() for name in aside(store)] == [damaged]
    assert made["files"] == aside(store)
    assert ("journal_rebuilt", True) in troubles
    assert ("journal_corrupt", True) not in troubles
    report = verify_directory(store)
    assert (report.problems, report.epochs) == ([], 1)


async def test_what_the_copy_does_not_hold_yet_is_saved_from_the_damaged_database(
    store: Path, opened: Open
) -> None:
    spoil(store / "journal.db", page_of(store / "journal.db", b'"number":20}'))

    journal, found = await _folded(opened, store)
    _, events = await start(opened)

    assert journal.opened.reason is None
    assert numbers(found) == numbers(events) == list(range(200))
    assert (told(events)["copied"], told(events)["salvaged"]) == (151, 50)
    assert verify_directory(store).holds


async def test_what_nothing_holds_any_more_is_lost_with_a_word_and_a_new_epoch(
    store: Path, opened: Open
) -> None:
    spoil(store / "journal.db", *range((store / "journal.db").stat().st_size // PAGE))

    journal, events = await start(opened)

    assert (journal.opened.reason, journal.opened.head) == ("journal_corrupt", HEAD)
    assert numbers(events) == list(range(150))
    begun = next(
        event
        for event in events
        if event.kind == "epoch.started/1" and event.seq == 1 and event.data["old_seq"]
    )
    assert (begun.data["old_seq"], begun.data["witness_seq"]) == (151, 201)
    assert told(events)["seq"] == 151
    report = verify_directory(store)
    assert (report.problems, report.epochs) == ([], 2)


async def test_the_spill_goes_on_behind_the_copy(
    store: Path, opened: Open, add: Add, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    copying(store).keep_up(0.0)
    async with opened() as journal:
        monkeypatch.setattr(Store, "commit", refuses)
        await add(journal, presses(make_row, 200, 230), HEAD)
    monkeypatch.undo()
    (store / "journal.db").write_bytes(b"\xa5" * 100_000)

    journal, events = await start(opened)

    assert journal.opened.reason is None
    assert numbers(events) == list(range(230))
    assert verify_directory(store).epochs == 1


@pytest.mark.parametrize("whole", [True, False])
async def test_a_database_that_is_missing_is_made_of_its_copy(store: Path, opened: Open, whole: bool) -> None:
    if whole:
        copying(store).keep_up(0.0)
    (store / "journal.db").unlink()

    journal, events = await start(opened)

    assert journal.opened.reason == (None if whole else "journal_missing")
    assert numbers(events) == list(range(200 if whole else 150))
    assert verify_directory(store).problems == []


async def test_an_older_database_put_back_and_a_changed_event_are_mended_from_the_copy(
    store: Path, tmp_path: Path, opened: Open
) -> None:
    copying(store).keep_up(0.0)
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("DELETE FROM events WHERE place > 160")
    connection.commit()
    connection.execute("UPDATE events SET body = replace(body, 'pb-101', 'pb-102') WHERE place = 150")
    connection.commit()
    connection.close()

    journal, events = await start(opened)

    assert journal.opened.reason is None
    assert numbers(events) == list(range(200))
    assert verify_directory(store).holds
    assert len(aside(store)) == 1


async def test_what_the_copy_cannot_mend_stays_as_it_is_and_the_copy_stays_the_copy(
    store: Path, opened: Open
) -> None:
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("UPDATE events SET body = replace(body, 'pb-101', 'pb-102') WHERE place = 170")
    connection.commit()
    connection.close()

    journal, events = await start(opened)

    assert journal.opened.reason == "chain_broken"
    assert len(events) == 202
    assert aside(store) == []
    assert (store / "journal.copy.db").exists()
    assert not (store / "journal.rebuilt.db").exists()


async def test_a_journal_that_was_restored_stays_as_it_was_restored(store: Path, opened: Open) -> None:
    copying(store).keep_up(0.0)
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("DELETE FROM events WHERE place > 20")
    connection.commit()
    connection.close()
    (store / "journal.restored").touch()

    journal, events = await start(opened)

    assert journal.opened.reason == "restored"
    assert numbers(events) == list(range(19))


async def test_a_rebuilding_that_would_hold_up_a_start_is_done_behind_it(
    store: Path, opened: Open, add: Add, make_row: MakeRow, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_SALVAGE_S", -1.0)
    whole = sqlite3.connect(store / "journal.db")
    ((page,),) = whole.execute("SELECT rootpage FROM sqlite_master WHERE name = 'checkpoints'").fetchall()
    whole.close()
    spoil(store / "journal.db", page - 1)
    troubles: list[tuple[str, bool]] = []

    async with opened(troubles=troubles) as journal:
        assert journal.opened.reason == "journal_refused"
        await add(journal, presses(make_row, 200, 201), HEAD)
        await until(lambda: ("journal_refused", False) in troubles)
        events = await journal.read(None, 1000)

    assert numbers(events) == list(range(201))
    report = verify_directory(store)
    assert (report.problems, report.epochs) == ([], 2)


# --- cut off -------------------------------------------------------------------------------------


async def test_a_rebuilding_that_is_cut_off_at_any_step_is_taken_up_again(
    store: Path, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(Exception):
        pass

    spoil(store / "journal.db", page_of(store / "journal.db", b'"number":20}'))
    cuts = 0
    for step in range(40):
        tried = tmp_path / f"tried-{step}"
        shutil.copytree(store, tried)
        left = [step]

        def rename(self: Path, target: Path, left: list[int] = left, move: Any = Path.rename) -> Path:
            if left[0] == 0:
                raise Cut
            left[0] -= 1
            moved: Path = move(self, target)
            return moved

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            try:
                journal, _ = await _folded(opened, tried)
            except Cut:
                cuts += 1
            else:
                break

        journal, events = await _folded(opened, tried)
        assert journal.opened.reason is None, step
        assert numbers(events) == list(range(200)), step
        assert verify_directory(tried).holds

    assert cuts >= 3
    assert mending.finish(Places(store), 0) is None


async def _folded(opened: Open, directory: Path) -> tuple[Journal, list[Stored]]:
    journal = Journal.open(directory, "lincoln-hs", machine_id_file=directory.parent / "machine-id")
    try:
        return journal, list(journal.rows_after(None))
    finally:
        await journal.close(5)
