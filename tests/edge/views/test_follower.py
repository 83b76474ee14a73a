"""The views follow the journal: in order, once each, from wherever they stopped, and are made again when
unsure.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.journal.row import Row
from edge.journal.writer import JournalRefused
from edge.views import database, follower
from edge.views.pages import Kept, kept

Running = Callable[..., Any]


async def test_a_lockdown_reads_as_a_ledger(running: Running, lockdown: list[Row]) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
        (incident,) = await site.follower.ask(lambda views: views.incidents())
        ledger = await site.follower.ask(lambda views: views.ledger("inc-1"))

    assert (incident["incident"], incident["kind"], incident["response"]) == ("inc-1", "real", "lockdown")
    assert incident["opened_at"] == "2026-08-13T12:00:00.001000Z"
    assert incident["closed_at"] == "2026-08-13T12:00:00.017000Z"
    a101, a102, a103 = ledger
    assert (a101["door"], a101["ordered"], a101["verdict"]) == ("a-101", "lock", "ajar")
    assert (a101["ordered_at"], a101["secured_at"], a101["verdict_at"]) == (
        "2026-08-13T12:00:00.003000Z",
        "2026-08-13T12:00:00.006000Z",
        "2026-08-13T12:00:00.013000Z",
    )
    assert (a102["verdict"], a102["asserted"], a102["secured_at"]) == ("not_latched", 1, None)
    assert (a103["door"], a103["held"], a103["verdict"]) == ("a-103", "rex", None)


async def test_a_press_that_waited_shows_when_it_was_answered_and_a_flag_stands_until_cleared(
    running: Running, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
        (press,) = await site.follower.ask(lambda views: views.presses())
        flags = await site.follower.ask(lambda views: views.flags())
        unanswered = await site.follower.ask(lambda views: views.table("unanswered"))

    assert (press["button"], press["gesture"], press["standing"]) == ("pb-101", "hold", "acted")
    assert [flag["code"] for flag in flags] == ["disk_slow"]
    assert next(iter(unanswered))[3:] == (
        4,
        "pb-102",
        "p2",
        None,
        None,
        "too_old",
        "2026-08-13T12:00:00.010000Z",
        0,
    )


async def test_what_an_incident_kept_of_cameras_is_a_list_of_files_and_of_blind_spots(
    running: Running, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
        found = await site.follower.ask(lambda views: kept(views, "inc-1"))

    assert found.cameras == ("cam-gym", "cam-hall")
    assert found.blind == (("cam-gym", "lost", None), ("cam-yard", "unwatched", 1_790_000_000_000_000))
    files = {one["name"]: (one["ending"], one["ended_at"] is None, one["deleted_for"]) for one in found.files}
    assert files == {
        "inc-1/cam-gym.mp4": (None, True, None),
        "inc-1/cam-hall.jpg": ("sealed", False, "age"),
        "inc-1/cam-hall.mp4": ("recovered", False, None),
    }


async def test_a_file_that_never_got_its_name_or_another_is_no_longer_said_to_be_written(
    running: Running, lockdown: list[Row]
) -> None:
    def told(kind: str, name: str, **more: Any) -> Row:
        data: dict[str, Any] = {"camera": "cam-hall", "name": f"inc-1/{name}", **more}
        return Row(1_786_622_400_000_000, 20, kind, "cam-hall", "cameras", "inc-1", None, data)

    async with running() as site:
        await site.add(lockdown)
        await site.add(
            [
                told("evidence.begun/1", "cam-hall.2.mp4"),
                told("evidence.ended/1", "cam-hall.2.mp4.part", end="failed", code="EIO"),
                told("evidence.begun/1", "cam-hall.3.mp4"),
                told("evidence.ended/1", "cam-hall.3~1.mp4", end="sealed", sha256="cd" * 32),
                told("evidence.ended/1", "cam-hall.4.mp4", end="failed", code="disk_full"),
                told("evidence.begun/1", "cam-hall.4.mp4"),
                # The camera process died behind the press, and its next life had no picture of this camera.
                told("evidence.ended/1", "cam-gym.jpg", end="sealed", sha256="ef" * 32),
                told("evidence.ended/1", "cam-gym.jpg", end="failed", code="none", sha256=""),
            ]
        )
        await site.settled()
        found = await site.follower.ask(lambda views: kept(views, "inc-1"))

    still = next(one for one in found.files if one["name"] == "inc-1/cam-gym.jpg")
    assert (still["ending"], still["code"], still["sha256"]) == ("sealed", None, "ef" * 32)
    files = {one["name"]: one["ending"] for one in found.files if ".mp4" in one["name"]}
    assert files == {
        "inc-1/cam-gym.mp4": None,
        "inc-1/cam-hall.mp4": "recovered",
        "inc-1/cam-hall.2.mp4.part": "failed",
        "inc-1/cam-hall.3~1.mp4": "sealed",
        "inc-1/cam-hall.4.mp4": None,
    }


async def test_files_of_an_incident_go_from_the_views_with_it(running: Running, lockdown: list[Row]) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
        epoch, seq = (await site.journal.read(None, 500))[-1].position
        dropped: dict[str, Any] = {"epoch": epoch, "first": 1, "last": seq}
        await site.add(
            [Row(1_786_622_400_000_000, 20, "segment.dropped/1", "journal", "rule", None, None, dropped)]
        )
        await site.settled()
        found = await site.follower.ask(lambda views: kept(views, "inc-1"))

    assert found == Kept((), (), ())


async def test_the_views_go_on_where_they_stopped(running: Running, lockdown: list[Row]) -> None:
    for rows in (lockdown[:5], lockdown[5:9], lockdown[9:]):
        async with running() as site:
            await site.add(rows)
    async with running() as site:
        await site.settled()
        verdicts = await site.follower.ask(lambda views: views.verdicts("a-101"))

    assert [each["verdict"] for each in verdicts] == ["ajar", "secured", "pending"]


async def test_views_that_missed_events_read_them_from_the_journal(
    running: Running, tmp_path: Path, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown[:5])
        await site.settled()
    database.remove(tmp_path / "store")
    async with running() as site:
        await site.add(lockdown[5:])
        await site.settled()
        verdicts = await site.follower.ask(lambda views: views.verdicts("a-101"))

    assert len(verdicts) == 3


async def test_views_of_another_journal_are_made_again(
    running: Running, tmp_path: Path, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
    for file in (tmp_path / "store").glob("journal.*"):  # a test
        file.unlink()
    async with running() as site:
        await site.add(lockdown[:2])
        await site.settled()
        (incident,) = await site.follower.ask(lambda views: views.incidents())
        verdicts = await site.follower.ask(lambda views: views.verdicts("a-101"))

    assert (incident["closed_at"], verdicts) == (None, [])


async def test_a_broken_link_in_the_journal_does_not_keep_the_views_from_what_came_after(
    running: Running, tmp_path: Path, lockdown: list[Row]
) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.add(lockdown[:6] * 30)
    connection = sqlite3.connect(tmp_path / "store" / "journal.db")
    connection.execute("UPDATE events SET hash = replace(hash, '0', '1') WHERE place IN (3, 51, 52, 101)")
    connection.commit()
    connection.close()
    database.remove(tmp_path / "store")
    async with running() as site:
        await site.add(lockdown[6:])
        await site.settled()
        verdicts = await site.follower.ask(lambda views: views.verdicts("a-101", 1000))

    assert len(verdicts) == 3 + 30 + 2


async def test_damaged_views_are_made_again(running: Running, tmp_path: Path, lockdown: list[Row]) -> None:
    async with running() as site:
        await site.add(lockdown)
        await site.settled()
    (tmp_path / "store" / "views.db").write_bytes(b"\xa5" * 50_000)
    async with running() as site:
        await site.settled()
        ledger = await site.follower.ask(lambda views: views.ledger("inc-1"))

    assert len(ledger) == 3


async def test_views_that_cannot_be_opened_never_hold_up_the_journal_and_catch_up_later(
    running: Running, tmp_path: Path, lockdown: list[Row]
) -> None:
    troubles: list[tuple[str, bool]] = []
    blocked = tmp_path / "store" / "views.db"
    blocked.mkdir(parents=True)
    async with running(troubles) as site:
        await site.add(lockdown)
        async with asyncio.timeout(10):
            while ("views_refused", True) not in troubles:
                await asyncio.sleep(0.01)
            blocked.rmdir()
            while ("views_refused", False) not in troubles:
                await asyncio.sleep(0.01)
                site.follower.add(0, "nudge", {})
        await site.settled()
        ledger = await site.follower.ask(lambda views: views.ledger("inc-1"))

    assert len(ledger) == 3


async def test_telemetry_is_kept_up_to_its_bound_and_the_oldest_goes(
    running: Running, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(database, "TELEMETRY_MOST", 10)
    async with running() as site:
        for number in range(25):
            site.follower.add(1_000 + number, "plc-east", {"round_us": number})
        read = await site.follower.ask(lambda views: views.telemetry("plc-east"))

    assert read == [(1_000 + number, {"round_us": number}) for number in range(24, 14, -1)]
    connection = sqlite3.connect(tmp_path / "store" / "views.db")
    assert connection.execute("SELECT count(*) FROM telemetry").fetchone() == (10,)
    connection.close()


async def test_views_given_up_for_room_are_gone_at_once_and_made_again_when_there_is_some(
    running: Running, tmp_path: Path, lockdown: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "_RETRY_S", 0.01)
    file = tmp_path / "store" / "views.db"
    async with running() as site:
        await site.add(lockdown[:5])
        await site.settled()
        given = [site.follower.give_up(), site.follower.give_up()]
        async with asyncio.timeout(10):
            while file.exists():
                await asyncio.sleep(0.005)
        with pytest.raises(JournalRefused):
            await site.follower.ask(lambda views: views.incidents())
        await site.add(lockdown[5:])
        gone = not file.exists()
        site.follower.take_up()
        async with asyncio.timeout(10):
            while not file.exists():
                await asyncio.sleep(0.005)
        await site.settled()
        (incident,) = await site.follower.ask(lambda views: views.incidents())

    assert given == [True, False]
    assert gone
    assert (incident["incident"], incident["closed_at"]) == ("inc-1", "2026-08-13T12:00:00.017000Z")
