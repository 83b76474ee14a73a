"""Before an update the new release folds the journal, so that its start has minutes less to do."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge import codec, recovery
from edge.ahead import fold_ahead
from edge.journal import keeping
from edge.journal.journal import Journal
from edge.journal.places import Places
from edge.journal.writer import JournalRefused
from rules.model.facts import Entry, IncidentOpened
from rules.model.ids import Actor, IncidentId, ZoneId
from rules.model.moments import Instant
from rules.state import Record

CAMPUS = "lincoln-hs"
MADE = codec.Made("pack", "code")
AT = Instant(1_780_000_000_000_000, 1_000)


def opened(directory: Path) -> Journal:
    machine = directory.parent / "machine-id"
    machine.write_text("0" * 32)
    return Journal.open(directory, CAMPUS, machine_id_file=machine)


async def written(journal: Journal, names: Sequence[str]) -> None:
    """Incidents opened, durable."""
    durable = asyncio.Event()
    rows = []
    for name in names:
        fact = IncidentOpened(IncidentId(name), "real", "lockdown", ZoneId("a"), silent=False)
        rows.append(codec.row(Entry(fact, name, Actor("rule"), IncidentId(name)), AT, MADE))
    journal.append(rows, None, lambda _: durable.set())
    await durable.wait()


def by_other_code(record: Record) -> bytes:
    """A snapshot's blob as a release that folds otherwise leaves it."""
    fields = json.loads(codec.record_bytes(record))
    return json.dumps({**fields, "folded_by": "0" * 64}).encode()


async def begun(directory: Path, names: Sequence[str]) -> Journal:
    """A journal that runs, whose only snapshot is of another release."""
    journal = opened(directory)
    journal.start(asyncio.get_running_loop(), lambda *_: None)
    await written(journal, names)
    journal.save_snapshot(by_other_code(Record()))
    await written(journal, ["inc-last"])
    return journal


def live(directory: Path) -> tuple[frozenset[str], int]:
    """What a start finds live, and how many events it folded for that."""
    journal = opened(directory)
    snapshot, _ = recovery.basis(journal.load_snapshots())
    left = sum(1 for _ in journal.rows_after(snapshot))
    record = recovery.recover(journal)
    asyncio.run(journal.close())
    return frozenset(record.incidents), left


async def test_what_is_folded_ahead_is_what_the_next_start_goes_on_from(tmp_path: Path) -> None:
    store = tmp_path / "store"
    journal = await begun(store, ["inc-1", "inc-2"])
    await journal.close()

    found, left = await asyncio.to_thread(live, store)
    assert found == {"inc-1", "inc-2", "inc-last"}
    assert left > 3

    done = await asyncio.to_thread(fold_ahead, store)

    assert (done.events, done.from_copy) == (left, False)
    assert await asyncio.to_thread(live, store) == (found, 0)


async def test_beside_a_running_daemon_its_last_good_copy_is_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_FIRST_S", 0.01)
    store = tmp_path / "store"
    journal = await begun(store, ["inc-1", "inc-2"])
    with pytest.raises(JournalRefused, match="not there yet"):
        await asyncio.to_thread(fold_ahead, store)
    journal._keeper.hurry()
    async with asyncio.timeout(20):
        while not Places(store).copy.exists():
            await asyncio.sleep(0.01)

    done = await asyncio.to_thread(fold_ahead, store)
    await written(journal, ["inc-after"])
    await journal.close()

    assert done.from_copy
    found, left = await asyncio.to_thread(live, store)
    assert found == {"inc-1", "inc-2", "inc-last", "inc-after"}
    assert 0 < left < done.events


async def test_a_second_preparation_folds_only_what_came_since(tmp_path: Path) -> None:
    store = tmp_path / "store"
    journal = await begun(store, ["inc-1"])
    await journal.close()
    told: list[int] = []

    first = await asyncio.to_thread(fold_ahead, store, told.append)
    again = await asyncio.to_thread(fold_ahead, store)

    assert (first.head, again.events, told) == (again.head, 0, [])


def test_where_there_is_no_journal_nothing_is_prepared_and_nothing_made(tmp_path: Path) -> None:
    with pytest.raises(JournalRefused, match="cannot be read"):
        fold_ahead(tmp_path / "store")

    assert list(tmp_path.iterdir()) == []
