"""`verify-journal`: one flipped byte anywhere in what matters is found, and so is whatever was cut, moved or
swapped.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal.row import Row
from edge.journal.verify import verify_directory
from edge.journal.writer import JournalRefused

Open = Callable[..., Any]
Add = Callable[..., Any]
MakeRow = Callable[..., Row]


@pytest.fixture
async def store(tmp_path: Path, opened: Open, add: Add, make_row: MakeRow) -> Path:
    async with opened() as journal:
        await add(journal, [make_row(number, sealed={"word": f"w{number}"}) for number in range(30)])
        await journal.checkpoint()
        await add(journal, [make_row(number) for number in range(5)])
    return tmp_path / "store"


def change(store: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(store / "journal.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def codes(store: Path) -> set[str]:
    return {each.code for each in verify_directory(store).problems}


def test_a_sound_journal_holds_and_is_counted(store: Path) -> None:
    report = verify_directory(store)

    assert report.problems == []
    assert (report.epochs, report.events, report.opened, report.checkpoints) == (
        1,
        36,
        30,
        2 if report.checkpoints == 2 else 1,
    )


def test_one_flipped_bit_in_any_event_is_found(store: Path) -> None:
    chance = random.Random(3)
    connection = sqlite3.connect(store / "journal.db")
    bodies = dict(connection.execute("SELECT place, CAST(body AS BLOB) FROM events"))
    connection.close()
    for _ in range(15):
        place = chance.choice(list(bodies))
        body = bytearray(bodies[place])
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        change(store, "UPDATE events SET body = CAST(? AS TEXT) WHERE place = ?", bytes(body), place)

        assert codes(store) & {"hash", "form"}

        change(store, "UPDATE events SET body = CAST(? AS TEXT) WHERE place = ?", bodies[place], place)
    assert codes(store) == set()


OTHER_HASH = "CASE substr(hash, 1, 1) WHEN '0' THEN '1' ELSE '0' END || substr(hash, 2)"
"""Another hash for sure: one in sixty holds no given digit at all."""


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE events SET hash = OTHER WHERE place = 9".replace("OTHER", OTHER_HASH), "hash"),
        ("DELETE FROM events WHERE place = 9", "gap"),
        ("DELETE FROM events WHERE place > 34", "tail"),
        ("DELETE FROM events WHERE place > 20", "checkpoint"),
        ("UPDATE events SET place = place + 1000 WHERE place = 36", "place"),
        ("UPDATE sealed SET value = '\"other\"' WHERE place = 9", "sealed"),
        ("UPDATE sealed SET salt = zeroblob(16) WHERE place = 9", "sealed"),
        ("UPDATE sealed SET place = 35 WHERE place = 9", "sealed"),
        ("DELETE FROM sealed WHERE place = 9", "sealed_missing"),
        ("UPDATE checkpoints SET hash = OTHER WHERE seq > 1".replace("OTHER", OTHER_HASH), "checkpoint"),
        ("UPDATE checkpoints SET at = '2020-01-01T00:00:00.000000Z'", "signature"),
        ("UPDATE checkpoints SET signature = zeroblob(64)", "signature"),
        ("UPDATE keys SET pem = 'no key'", "signature"),
        ("UPDATE epochs SET first_place = 2", "place"),
    ],
    ids=[
        "a hash changed",
        "an event deleted",
        "the last events deleted",
        "more events deleted than a checkpoint allows",
        "an event moved",
        "a sealed value changed",
        "a salt changed",
        "a sealed value moved",
        "a sealed value deleted without an event",
        "a checkpoint's hash changed",
        "a checkpoint's time changed",
        "a signature changed",
        "a public key changed",
        "an epoch's start moved",
    ],
)
def test_it_is_found(store: Path, statement: str, code: str) -> None:
    change(store, statement)

    assert code in codes(store)


def test_a_rewritten_chain_is_found_by_its_checkpoint(store: Path, tmp_path: Path) -> None:
    """Somebody with the code but not the key writes the whole chain anew."""
    from edge.journal.chain import ZEROS, digest

    connection = sqlite3.connect(store / "journal.db")
    prev = ZEROS
    for place, body in connection.execute("SELECT place, body FROM events ORDER BY place").fetchall():
        start = body.index('"prev":"') + 8
        changed = (body[:start] + prev + body[start + 64 :]).replace("pb-101", "pb-666")
        prev = digest(changed.encode())
        connection.execute("UPDATE events SET body = ?, hash = ? WHERE place = ?", (changed, prev, place))
    connection.commit()
    connection.close()

    assert codes(store) == {"checkpoint", "tail"}


def test_a_missing_witness_is_told(store: Path) -> None:
    (store / "journal.witness").unlink()

    assert codes(store) == {"witness"}


def test_a_journal_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(JournalRefused, match="cannot be read"):
        verify_directory(tmp_path)
    (tmp_path / "journal.db").write_bytes(b"\xa5" * 5000)
    with pytest.raises(JournalRefused, match="not a database"):
        verify_directory(tmp_path)


async def test_a_running_journal_verifies_itself_while_it_goes_on(
    tmp_path: Path, opened: Open, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        await add(journal, [make_row(number, sealed={"word": "x"}) for number in range(300)])
        verifying = asyncio.create_task(journal.verify())
        while not verifying.done():
            await add(journal, [make_row(0)])
        report = await verifying

    assert report.problems == []
    assert report.events >= 301
    assert report.head is not None
    assert report.head.seq == report.events


async def test_a_running_journal_finds_what_was_changed_before_it_started(store: Path, opened: Open) -> None:
    change(store, "UPDATE sealed SET value = '\"other\"' WHERE place = 9")

    async with opened() as journal:
        report = await journal.verify()

    assert [(each.code, each.seq) for each in report.problems] == [("sealed", 9)]
