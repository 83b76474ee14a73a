"""The book in its own process: what persons ask is in the record and in every list, and a killed one knows it again."""

import asyncio
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from edge import words
from edge.book import process
from edge.book.database import NAME, remove
from edge.book.messages import PIECE_BYTES, Beat, up
from edge.operations import NotDone, _fitting
from rules.model.asset_facts import AssetWritten
from rules.model.facts import FlagCleared, FlagRaised
from rules.model.ticket_asks import NoteTicket
from tests.edge.book.rig import Desk, desk, opened

AED = {"class": "safety", "type": "aed", "zone": "a", "name": "AED by the gym"}


def raised(book: Desk) -> list[FlagRaised]:
    return [one for one in book.facts(FlagRaised) if one.code == "asset_unknown"]


async def test_what_is_said_of_an_asset_is_in_the_record_and_can_be_read_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        name = await book.write(None, responsible="Ms Brown", **AED)
        await book.write(name, role="first-aid", zone="a-1")
        told = await book.read("asset", id=name)

    assert name == "asset-1"
    assert told["said"] == {**AED, "zone": "a-1", "role": "first-aid", "responsible": "Ms Brown"}
    assert told["unknown"] == ["supported_until"]
    assert [one["kind"] for one in told["changes"]] == ["asset.written/1"] * 2
    first, second = book.facts(AssetWritten)
    assert (first.new, first.persons) == (True, (("responsible", "Ms Brown"),))
    assert (second.new, second.fields) == (False, (("role", "first-aid"), ("zone", "a-1")))


async def test_names_and_persons_are_sealed_and_codes_are_not(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await book.write(None, responsible="Ms Brown", **AED)
        rows = [one for one in await book.journal.read() if one.kind == "asset.written/1"]

    assert sorted(rows[0].sealed) == ["persons", "texts"]
    assert b"Brown" not in rows[0].body
    assert b"gym" not in rows[0].body


@pytest.mark.parametrize(
    ("asset", "said", "code"),
    [
        (None, {"colour": "red"}, "unknown_field"),
        (None, {"supported_until": "soon"}, "bad_value"),
        (None, {"zone": "moon"}, "unknown_zone"),
        ("nobody", {"role": "none"}, "unknown_asset"),
    ],
)
async def test_what_may_not_be_said_is_refused_and_nothing_is_written(
    asset: str | None, said: dict[str, str], code: str, tmp_path: Path
) -> None:
    async with desk(tmp_path) as book:
        with pytest.raises(NotDone) as refused:
            await book.write(asset, **said)
        assert refused.value.code == code
        assert book.facts(AssetWritten) == []


async def test_a_killed_book_is_started_again_and_knows_what_it_knew(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await book.write(None, **AED)
        process = book.operations.process_id
        assert process is not None
        os.kill(process, signal.SIGSTOP)
        asked = [asyncio.ensure_future(one) for one in (book.write(None, **AED), book.read("assets"))]
        await asyncio.sleep(0)
        os.kill(process, signal.SIGKILL)
        # Nobody can say that what was under way changed nothing.
        for one, code in zip(asked, ("book_silent", "book_away"), strict=True):
            with pytest.raises(NotDone, match=code):
                await one
        await book.until(lambda: ("book_away", True, ("ended",)) in book.conditions)
        await book.until_there()
        assert await book.write(None, **AED) == "asset-2"
        assert await book.ids() == ["asset-1", "asset-2"]


async def test_what_nobody_can_answer_takes_the_book_from_nobody(tmp_path: Path) -> None:
    asked: tuple[tuple[str, dict[str, object]], ...] = (
        ("round", {"id": "9" * 30}),
        ("inspections", {"after": 10**30}),
        ("tickets", {"state": "closed", "after": "c" + "9" * 30}),
        ("tickets", {"state": "closed", "after": "c²"}),
    )
    async with desk(tmp_path) as book:
        process = book.operations.process_id
        for query, said in asked:
            with pytest.raises(NotDone) as refused:
                await book.read(query, **said)
            assert refused.value.code in ("bad_request", "not_there")
        assert await book.write(None, **AED) == "asset-1"
        assert book.operations.process_id == process


async def test_what_is_more_than_an_answer_holds_is_told_so_and_ends_nothing(tmp_path: Path) -> None:
    nuts = "\U0001f529" * 190
    parts = tuple((f"{count} {nuts}", "1") for count in range(50))
    async with desk(tmp_path) as book:
        ticket = await book.ticket()
        await asyncio.gather(*(book.ask(NoteTicket(ticket, parts=parts)) for _ in range(110)))
        with pytest.raises(NotDone, match="too_much"):
            await book.read("ticket", number=ticket, now_us=0)
        listed = await book.read("tickets")
        assert book.operations.restarts == 0

    assert [one["number"] for one in listed["items"]] == [ticket]
    assert "Ask for less" in words.reply("too_much", {})


def test_a_piece_of_the_journal_is_bounded_by_its_bytes_too_and_never_empty() -> None:
    event = (1, "hash", "{}", {"texts": "x" * (PIECE_BYTES // 4)})
    assert _fitting([event] * 200) == 1
    assert _fitting([(1, "hash", "{}", {})] * 200) == 200
    assert _fitting([]) == 0


def test_it_says_that_it_lives_while_one_piece_of_work_takes_long_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[bytes] = []
    writer = SimpleNamespace(write=said.append)
    made = process.Process(cast("asyncio.StreamWriter", writer))
    made.take(opened(tmp_path))
    assert made.database is not None
    count = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT count(*) FROM n"
    for most_s, beats in ((process.AT_WORK_S, True), (0.0, False)):
        monkeypatch.setattr(process, "BEAT_S", 0.0)
        monkeypatch.setattr(process, "AT_WORK_S", most_s)
        said.clear()
        made.database.lines(count)
        assert any(isinstance(up(one), Beat) for one in said) == beats
    made.database.close()


async def test_a_book_that_was_dropped_is_made_again_from_the_journal(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await book.write(None, **AED)
        await book.write("asset-1", state="deployed")
        before = await book.read("assets")
    remove(tmp_path)
    async with desk(tmp_path) as book:
        assert await book.read("assets") == before
        assert (await book.read("asset", id="asset-1"))["changes"][0]["kind"] == "asset.turned/1"


async def test_safety_equipment_of_which_something_is_unknown_is_a_flag_until_it_is_said(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        name = await book.write(None, **AED)
        await book.until(lambda: raised(book))
        await book.write(name, responsible="Ms Brown", role="first-aid", supported_until="2199-01-01")
        await book.until(lambda: [one for one in book.facts(FlagCleared) if one.code == "asset_unknown"])

    (flag,) = raised(book)
    assert flag.subject == name
    assert flag.args == ("a", "responsible,role,supported_until")


async def test_a_book_of_another_journal_is_dropped(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    async with desk(one) as book:
        await book.write(None, **AED)
    (one / NAME).rename(other / NAME)
    async with desk(other) as book:
        assert await book.ids() == []
