"""Whatever became of the bytes on disk, a start gets past it, says it, and records on."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal.journal import Journal
from edge.journal.reader import Reader
from edge.journal.row import Row
from edge.journal.stored import DAMAGED
from edge.journal.verify import verify_directory
from edge.journal.writer import JournalRefused

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]
HEAD = {"number": 39, "zones": {"a": {"response": "lockdown", "kind": "real"}}}


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    """A store with forty presses, in a lockdown, closed."""
    async with opened() as journal:
        for number in range(40):
            await add(
                journal, [make_row(number, sealed={"word": f"word {number}"})], {**HEAD, "number": number}
            )
        await journal.checkpoint()
    return tmp_path / "store"


def change(file: Path, old: bytes, new: bytes) -> None:
    content = file.read_bytes()
    assert len(old) == len(new)
    assert content.count(old) == 1
    file.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"data":{"number":39}', b'"data":{"number":39)'),
        (b'"seq":41,', b'"seq":17,'),
        (b'"at":"2026-08-13T12:00:00.000039Z"', b'"at":"2026-08-33T12:00:00.000039Z"'),
        (b'39},"code":"pressed"},"campus":"lincoln-hs"', b'39},"code":"pressed"},"campus":"lincoln-\xffs"'),
    ],
    ids=[
        "no JSON any more",
        "a number from before, which would be read on from for ever",
        "a day that is not",
        "bytes that are no text, where nobody looks",
    ],
)
async def test_an_event_that_cannot_be_read_does_not_hold_up_a_start(
    store: Path, opened: Open, old: bytes, new: bytes
) -> None:
    change(store / "journal.db", old, new)
    troubles: list[tuple[str, bool]] = []

    async with opened(troubles=troubles) as journal:
        found = list(journal.rows_after(None))

    assert [event.seq for event in found if event.kind == DAMAGED] == [41]
    assert [event.data["number"] for event in found[1:40]] == list(range(39))
    assert journal.opened.reason == "chain_broken"
    assert ("journal_damaged", True) in troubles


async def test_a_damaged_page_that_holds_no_event_is_found_at_the_start_and_costs_no_event(
    store: Path, opened: Open
) -> None:
    connection = sqlite3.connect(store / "journal.db")
    ((page,),) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'checkpoints'"
    ).fetchall()
    connection.close()
    content = bytearray((store / "journal.db").read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    (store / "journal.db").write_bytes(content)

    async with opened() as journal:
        found = journal.opened
        events = await journal.read(None, 1000)

    assert found.reason is None
    assert [event.data["number"] for event in events if event.kind == "press.heard/1"] == list(range(40))
    assert {event.opened["word"] for event in events[1:41]} == {f"word {number}" for number in range(40)}
    assert events[-1].kind == "journal.rebuilt/1"
    assert [(store / name).read_bytes() for name in found.set_aside] == [bytes(content)]
    assert verify_directory(store).holds


async def test_no_damage_to_the_database_ends_a_start_or_takes_presses_silently(
    store: Path, tmp_path: Path, campus: str, machine: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    chance = random.Random(7)
    whole = (store / "journal.db").read_bytes()
    hurt = tmp_path / "hurt"
    said = 0
    for _ in range(120):
        shutil.rmtree(hurt, ignore_errors=True)
        shutil.copytree(store, hurt)
        content = bytearray(whole)
        if chance.random() < 0.5:
            at = chance.randrange(len(content))
            content[at] ^= 1 << chance.randrange(8)
        else:
            at, long = chance.randrange(len(content)), chance.choice((8, 512, 4096))
            content[at : at + long] = chance.randbytes(len(content[at : at + long]))
        (hurt / "journal.db").write_bytes(content)

        journal = Journal.open(hurt, campus, machine_id_file=machine)
        journal.load_snapshots()
        try:
            presses = [event for event in journal.rows_after(None) if event.kind == "press.heard/1"]
        except JournalRefused:
            presses = []
        await journal.close()

        if [event.data["number"] for event in presses] != list(range(40)):
            said += 1
            assert journal.opened.head is not None
            assert journal.opened.reason is not None or not _holds(hurt)
    assert said


def _holds(store: Path) -> bool:
    try:
        return verify_directory(store).holds
    except JournalRefused:
        return False


async def test_a_damaged_event_holds_up_no_reader_of_those_behind_it(store: Path) -> None:
    change(store / "journal.db", b'"data":{"number":20}', b'"data":{"number":20)')

    with Reader.open(store) as reader:
        events = list(reader.events())

    assert [event.seq for event in events] == list(range(1, 42))
    assert not verify_directory(store).holds
