"""How a journal starts after something happened to it: what was lost is said, and nothing is deleted."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from edge.journal.journal import Journal
from edge.journal.opening import Opened
from edge.journal.row import Row
from edge.journal.stored import Stored
from edge.journal.verify import verify_directory
from edge.journal.witness import read_witness
from tests.flow.disks import not_entered

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
Until = Callable[[Callable[[], object]], Awaitable[None]]
HEAD = {"number": 3, "zones": {"a": {"response": "lockdown", "kind": "real"}}}


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """A store with twenty presses, in a lockdown, closed."""
    async with opened() as journal:
        await add(journal, [make_row(number) for number in range(20)], HEAD)
        await journal.checkpoint()
    return tmp_path / "store"


async def start(opened: Open, **options: Any) -> tuple[Opened, list[Stored]]:
    async with opened(**options) as journal:
        return journal.opened, await journal.read(None, 1000)


def put(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def cut_tail(store: Path, count: int) -> None:
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("DELETE FROM events WHERE place > (SELECT max(place) FROM events) - ?", (count,))
    connection.commit()
    connection.close()


async def test_a_cut_tail_is_said_and_begins_a_new_epoch(store: Path, opened: Open) -> None:
    cut_tail(store, 4)
    assert [each.code for each in verify_directory(store).problems] == ["checkpoint", "tail"]

    found, events = await start(opened)

    assert found.reason == "events_lost"
    assert found.head == HEAD
    started = events[17]
    assert (started.kind, started.seq, started.epoch != events[0].epoch) == ("epoch.started/1", 1, True)
    assert started.data["old_epoch"] == events[0].epoch
    assert started.data["old_seq"] == 17
    assert started.data["old_hash"] == events[16].hash
    assert started.data["witness_seq"] == 21


async def test_a_cut_tail_shows_by_its_checkpoint_where_the_witness_is_gone_too(
    store: Path, opened: Open
) -> None:
    cut_tail(store, 4)
    (store / "journal.witness").unlink()

    found, events = await start(opened)

    assert found.reason == "events_lost"
    assert [event.kind for event in events[17:]] == ["epoch.started/1", "witness.made/1"]


async def test_another_machine_begins_a_new_epoch(store: Path, machine: Path, opened: Open) -> None:
    put(machine, b"ffffffffffffffffffffffffffffffff\n")

    found, events = await start(opened)

    assert found.reason == "machine_changed"
    assert events[-1].data["old_seq"] == 21
    assert verify_directory(store).holds
    again, _ = await start(opened)
    assert again.reason is None


async def test_a_machine_without_an_id_is_not_called_another(
    store: Path, machine: Path, opened: Open
) -> None:
    put(machine, b"")

    found, _ = await start(opened)

    assert found.reason is None


async def test_a_restored_journal_begins_a_new_epoch_once(store: Path, opened: Open) -> None:
    (store / "journal.restored").touch()

    assert (await start(opened))[0].reason == "restored"
    assert (await start(opened))[0].reason is None


async def test_an_older_copy_put_back_is_noticed_by_the_witness(
    store: Path, tmp_path: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    shutil.copy(store / "journal.db", tmp_path / "old.db")
    async with opened() as journal:
        await add(journal, [make_row(99)], HEAD)
    shutil.copy(tmp_path / "old.db", store / "journal.db")

    found, events = await start(opened)

    assert found.reason == "events_lost"
    assert events[-1].data["witness_seq"] == 22


async def test_a_missing_witness_is_made_anew_with_an_event(store: Path, opened: Open) -> None:
    (store / "journal.witness").unlink()

    found, events = await start(opened)

    assert found.reason is None
    assert (events[-1].kind, events[-1].data) == ("witness.made/1", {"found": "missing"})
    assert verify_directory(store).holds


async def test_a_damaged_witness_is_made_anew_with_an_event(store: Path, opened: Open) -> None:
    witness = store / "journal.witness"
    witness.write_bytes(b"\0" * witness.stat().st_size)

    _, events = await start(opened)

    assert (events[-1].kind, events[-1].data) == ("witness.made/1", {"found": "damaged"})


async def test_a_database_of_noise_is_set_aside_and_the_witness_still_knows_the_lockdown(
    store: Path, opened: Open
) -> None:
    (store / "journal.db").write_bytes(b"\xa5" * 100_000)
    troubles: list[tuple[str, bool]] = []

    found, events = await start(opened, troubles=troubles)

    assert found.reason == "journal_corrupt"
    assert found.head == HEAD
    assert [event.kind for event in events] == ["epoch.started/1", "journal.set_aside/1"]
    assert events[0].data["old_seq"] == 21
    (name,) = found.set_aside
    assert (store / name).read_bytes() == b"\xa5" * 100_000
    assert ("journal_corrupt", True) in troubles


async def test_a_missing_database_is_said_and_the_witness_still_knows_the_lockdown(
    store: Path, opened: Open
) -> None:
    (store / "journal.db").unlink()

    found, events = await start(opened)

    assert (found.reason, found.head) == ("journal_missing", HEAD)
    assert events[0].data["old_seq"] == 21


async def test_a_journal_missing_with_its_witness_is_no_first_start(store: Path, opened: Open) -> None:
    for name in ("journal.db", "journal.witness"):
        (store / name).unlink()

    found, _ = await start(opened)

    assert found.reason == "journal_missing"


async def test_a_signing_key_that_is_gone_is_said_when_a_new_one_signs(store: Path, opened: Open) -> None:
    (store / "signing-key.pem").unlink()
    troubles: list[tuple[str, bool]] = []

    async with opened(troubles=troubles) as journal:
        await journal.checkpoint()
    assert ("signing_key_new", True) in troubles

    troubles.clear()
    async with opened(troubles=troubles) as journal:
        await journal.checkpoint()
    assert troubles == []


async def test_a_changed_event_near_the_end_begins_a_new_epoch(store: Path, opened: Open) -> None:
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("UPDATE events SET body = replace(body, 'pb-101', 'pb-102') WHERE place = 9")
    connection.commit()
    connection.close()

    found, events = await start(opened)

    assert found.reason == "chain_broken"
    assert events[21].kind == "epoch.started/1"


async def test_a_torn_last_line_of_the_spill_is_no_event_and_the_rest_is_folded_in(
    store: Path, tmp_path: Path, campus: str, machine: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    (store / "journal.db").rename(store / "kept.db")
    (store / "journal.db").mkdir()  # a database that cannot be opened
    async with opened() as journal:
        await add(journal, [make_row(number, sealed={"word": "x"}) for number in range(3)])
        assert journal.opened.reason == "journal_refused"
    (store / "journal.db").rmdir()
    (store / "kept.db").rename(store / "journal.db")
    with (store / "journal.spill.ndjson").open("ab") as file:
        file.write(b'{"event":{"actor"')

    found, events = await start(opened)

    assert found.reason is None
    assert [event.data.get("number") for event in events[-3:]] == [0, 1, 2]
    assert events[-3].opened == {"word": "x"}
    assert events[21].data["reason"] == "journal_refused"
    assert events[21].data["old_seq"] == 21
    assert (store / "journal.spill.ndjson").read_bytes() == b""
    assert verify_directory(store).holds


async def test_durable_events_whose_database_is_gone_are_handed_to_the_fold_and_kept(
    store: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    (store / "journal.db").rename(store / "kept.db")
    (store / "journal.db").mkdir()
    async with opened() as journal:
        await add(journal, [make_row(1), make_row(2)], HEAD)
    spilled = (store / "journal.spill.ndjson").read_bytes()
    first, second, *rest = spilled.splitlines(keepends=True)
    (store / "journal.spill.ndjson").write_bytes(second + b"".join(rest))
    (store / "journal.db").rmdir()

    found, events = await start(opened)

    assert [event.data.get("number") for event in found.orphans] == [1, 2]
    assert any((store / name).read_bytes() == second + b"".join(rest) for name in found.set_aside)
    assert events[0].data["reason"] == "journal_missing"
    assert first.startswith(b'{"event"')


async def test_a_store_that_cannot_even_be_made_still_opens(
    tmp_path: Path, campus: str, machine: Path
) -> None:
    (tmp_path / "file").write_text("in the way")

    journal = Journal.open(tmp_path / "file" / "store", campus, machine_id_file=machine)

    assert journal.opened.reason == "journal_refused"
    await journal.close()


async def test_a_store_that_may_not_be_entered_still_opens_and_goes_on_in_its_database_once_it_may(
    store: Path, campus: str, machine: Path, until: Until, add: Add, make_row: MakeRow
) -> None:
    troubles: list[tuple[str, bool]] = []
    with not_entered(store):
        journal = Journal.open(store, campus, machine_id_file=machine)
    assert journal.opened.reason == "journal_refused"

    journal.start(asyncio.get_running_loop(), lambda code, active, _: troubles.append((code, active)))
    await add(journal, [make_row(99)])
    await until(lambda: ("journal_refused", False) in troubles)
    events = await journal.read(None, 1000)
    await journal.close()

    numbers = [event.data["number"] for event in events if event.kind == "press.heard/1"]
    assert numbers == [*range(20), 99]
    assert verify_directory(store).holds


def remount(disk: Path, how: Literal["ro", "rw"]) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


async def test_a_disk_that_can_only_be_read_still_tells_of_the_lockdown(
    store: Path, disk_of: Callable[[int], Path], opened: Open, add: Add, make_row: MakeRow
) -> None:
    disk = disk_of(8)
    shutil.copytree(store, disk / "store", ignore=shutil.ignore_patterns("ballast"))
    remount(disk, "ro")
    async with opened(disk / "store") as journal:
        found = journal.opened
        old = read_witness(disk / "store" / "journal.witness")
        remount(disk, "rw")
        await add(journal, [make_row(20)])
    _, events = await start(opened, directory=disk / "store")

    assert (found.reason, found.head) == ("journal_refused", HEAD)
    begun = next(event for event in reversed(events) if event.kind == "epoch.started/1")
    assert old is not None
    assert (begun.data["old_epoch"], begun.data["old_seq"]) == (old.head.epoch, old.head.seq)
    assert verify_directory(disk / "store").problems == []


async def test_a_store_opened_again_needs_no_migration(store: Path, opened: Open) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "sqlite_utils"]:
        del sys.modules[name]

    await start(opened)

    assert "sqlite_utils" not in sys.modules
