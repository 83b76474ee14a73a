"""The inventory in the book's process: devices, lists, history, imports that count whole, and what is erased or said again."""

import os
import signal
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from edge import words
from edge.book.database import Database, remove
from edge.book.messages import Open
from edge.book.tables import DERIVED
from edge.journal.reader import Reader
from edge.operations import NotDone
from rules.book.book import Campus
from rules.model.asset_asks import (
    AddRows,
    BeginAudit,
    BeginBatch,
    EditAssets,
    EndBatch,
    IssueAsset,
    LinkAssets,
    ReplaceAsset,
    ReportFault,
    ReturnAsset,
    SettleFault,
    TurnAsset,
    WriteAsset,
)
from rules.model.asset_facts import AssetBatchTurned, AssetWritten, DeviceListed
from rules.model.book_asks import BookAsk
from rules.model.facts import Entry, FlagRaised
from rules.model.ids import AssetId
from tests.edge.book.rig import DEVICES, PERSON, Desk, desk, opened

SHA = "ab" * 32
RADIO = {"class": "operational", "type": "radio", "zone": "a", "name": "Radio 7", "state": "stock"}


def number(subject: str) -> int:
    return int(subject.rpartition("-")[2])


async def listed(book: Desk) -> None:
    await book.until(lambda: len(book.facts(DeviceListed)) >= len(DEVICES))
    await book.until_read(
        lambda: book.read("assets", where="devices"), lambda one: len(one["items"]) == len(DEVICES)
    )


async def test_each_configured_device_is_in_the_list_without_anybody_entering_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        found = await book.read("assets", where="devices")
        door = await book.read("asset", id="a-101")

    assert [(one["id"], one["device"]) for one in found["items"]] == [
        ("a-101", "door"), ("cam-1", "camera"), ("plc", "controller"),
    ]  # fmt: skip
    assert door["said"] == {
        "class": "safety",
        "type": "door",
        "state": "deployed",
        "zone": "a-1",
        "name": "Room 101",
    }
    assert door["unknown"] == ["responsible", "role", "supported_until"]
    assert door["needs"] == [{"id": "plc", "how": "wired", "name": "", "down": ""}]


async def test_a_device_that_is_dropped_from_the_configuration_stays_with_its_history(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write("cam-1", note="blue cable")
    async with desk(tmp_path, devices=DEVICES[:2]) as book:
        await book.until(lambda: [one for one in book.facts(FlagRaised) if one.code == "device_unlisted"])
        camera = await book.read("asset", id="cam-1")

    assert (camera["device"], camera["said"]["note"], camera["said"]["name"]) == ("", "blue cable", "Front")
    assert [one["kind"] for one in camera["changes"]] == [
        "asset.device/1",
        "asset.written/1",
        "asset.device/1",
    ]


async def test_lists_are_found_by_class_zone_state_question_and_by_any_word(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write(None, **RADIO)
        await book.write(None, **{**RADIO, "name": "Radio 8", "zone": "a-1", "serial": "100%_sure"})
        found = {
            str(asked): [one["id"] for one in (await book.read("assets", **asked))["items"]]
            for asked in (
                {"type": "radio", "zone": "a"}, {"zone": "a-1"}, {"class_": "operational", "state": "stock"},
                {"unknown": "role", "class_": "safety"}, {"unknown": "any", "type": "radio"}, {"search": "radio 8"},
                {"search": "100%_s"}, {"search": "0%s"}, {"zone": ""}, {"type": "radio", "limit": 1},
                {"type": "radio", "limit": 1, "after": "asset-1"},
            )
        }  # fmt: skip
        count = await book.read("assets.count")

    assert list(found.values()) == [
        ["asset-1", "asset-2"], ["a-101", "asset-2"], ["asset-1", "asset-2"], ["a-101", "cam-1", "plc"],
        ["asset-1", "asset-2"], ["asset-2"], ["asset-2"], [], [], ["asset-1"], ["asset-2"],
    ]  # fmt: skip
    assert (count["total"], count["with_unknown"], count["unknown"]["role"]) == (5, 5, 5)
    assert count["unknown"]["name"] == 1


async def test_an_asset_tells_what_it_needs_what_falls_with_it_and_what_takes_it_down_now(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write(
            None, **{"class": "operational", "type": "switch", "state": "deployed", "name": "Switch 3"}
        )
        await book.ask(LinkAssets(AssetId("cam-1"), AssetId("asset-1"), "network"))
        before = await book.read("asset", id="asset-1")
        await book.ask(TurnAsset(AssetId("asset-1"), "repair", "fan is loud"))
        camera = await book.read("asset", id="cam-1")
        await book.until(lambda: [one for one in book.facts(FlagRaised) if one.code == "needs_down"])

    assert before["if_it_fails"] == [{"id": "cam-1", "how": "network", "by": "asset-1", "name": "Front"}]
    assert before["down"] == ""
    assert camera["down_by"] == {"id": "asset-1", "how": "network", "why": "repair", "name": "Switch 3"}
    assert before["changes"][0]["said"] == {}


async def test_history_has_the_words_that_were_said_until_they_are_erased(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write(None, **RADIO)
        await book.ask(IssueAsset(AssetId("asset-1"), "Mr Green", "2199-01-01"))
        issued = await book.read("assets.issued", person="green")
        late = await book.read("assets.issued", zone="a-1")
        await book.ask(ReturnAsset(AssetId("asset-1"), "scratched"))
        told = await book.read("asset", id="asset-1")
        place = told["changes"][1]["place"].rpartition(":")
        await book.journal.erase(place[0], int(place[2]), "note", "socket:0")
        await book.until_read(
            lambda: book.read("asset", id="asset-1"), lambda one: one["changes"][1]["said"] == {}
        )

    assert [(one["id"], one["said"]["holder"], one["late"]) for one in issued["items"]] == [
        ("asset-1", "Mr Green", False)
    ]
    assert late["items"] == []
    assert [one["kind"] for one in told["changes"][:4]] == [
        "asset.turned/1", "asset.returned/1", "asset.issued/1", "asset.turned/1",
    ]  # fmt: skip
    assert told["changes"][1]["said"] == {"note": "scratched"}
    assert "holder" not in told["said"]


async def test_an_erased_name_is_gone_from_the_lists_and_is_asked_for_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        name = await book.write(None, **RADIO)
        (row,) = [one for one in await book.journal.read() if one.kind == "asset.written/1"]
        await book.journal.erase(row.epoch, row.seq, "texts", "socket:0")
        await book.until_read(lambda: book.read("asset", id=name), lambda one: "name" in one["unknown"])
        told = await book.read("asset", id=name)
        assert (await book.read("assets", search="Radio 7"))["items"] == []

    assert "Radio" not in msgspec.json.encode(told).decode()
    assert b"Radio 7" not in (tmp_path / "book.db").read_bytes()


async def test_rows_of_an_import_are_nowhere_until_all_of_them_count(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write(None, note="old", **RADIO)
        batch = number(await book.ask(BeginBatch(SHA, 2)))
        said: tuple[tuple[str, str], ...] = (("name", "Radio 9"), ("note", ""))
        await book.ask(
            AddRows(batch, ((AssetId("asset-1"), said, False), (None, tuple(RADIO.items()), True)))
        )
        before = await book.read("assets", type="radio")
        await book.ask(EndBatch(batch, True))
        after = await book.read("assets", type="radio")
        history = await book.read("asset", id="asset-1")

    assert [(one["id"], one["said"]["name"]) for one in before["items"]] == [("asset-1", "Radio 7")]
    assert [(one["id"], one["said"]["name"]) for one in after["items"]] == [
        ("asset-1", "Radio 9"), ("asset-2", "Radio 7"),
    ]  # fmt: skip
    assert "note" not in after["items"][0]["said"]
    assert [one["kind"] for one in history["changes"]] == ["asset.written/1", "asset.written/1"]


async def test_an_import_whose_process_was_killed_is_abandoned_at_the_next_start_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        batch = number(await book.ask(BeginBatch(SHA, 2)))
        await book.ask(AddRows(batch, ((None, tuple(RADIO.items()), True),)))
        process = book.operations.process_id
        assert process is not None
        os.kill(process, signal.SIGKILL)
        await book.until(lambda: ("book_away", True, ("ended",)) in book.conditions)
        await book.until_there()
        await book.until(lambda: book.facts(AssetBatchTurned)[-1].state == "abandoned")
        with pytest.raises(NotDone) as over:
            await book.ask(AddRows(batch, ((None, tuple(RADIO.items()), True),)))
        assert over.value.code == "import_over"
        assert await book.ids() == []


async def test_reports_stand_with_what_was_written_until_a_person_settles_them(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.ask(ReportFault(AssetId("a-101"), "does not latch", "Jo"))
        waiting = await book.read("reports")
        door = await book.read("asset", id="a-101")
        await book.ask(SettleFault(1, "taken", "ticket 4"))
        settled = await book.read("reports", outcome="taken")
        rest = await book.read("reports")

    (report,) = waiting["items"]
    assert (report["asset"], report["text"], report["name"], report["asset_name"]) == (
        "a-101", "does not latch", "Jo", "Room 101",
    )  # fmt: skip
    assert [one["text"] for one in door["reports"]] == ["does not latch"]
    assert ([one["number"] for one in settled["items"]], rest["items"]) == ([1], [])


async def test_what_is_known_is_said_again_before_retention_lets_go_of_it(tmp_path: Path) -> None:
    async with desk(tmp_path, kept_us=30 * 86_400_000_000) as book:
        # What the rig enters by itself is dated months ago, beyond half of the time.
        fields = tuple(sorted((name, RADIO[name]) for name in ("class", "type", "zone", "state")))
        said = AssetWritten(
            AssetId("asset-1"), True, False, 0, fields, ("name", "responsible"),
            (("name", "Radio 7"),), (("responsible", "Ms Brown"),),
        )  # fmt: skip
        book.enter(Entry(said, "asset-1", PERSON))
        await book.until(
            lambda: [one for one in book.facts(AssetWritten) if one.whole and one.asset == "asset-1"]
        )
        whole = next(one for one in book.facts(AssetWritten) if one.whole and one.asset == "asset-1")
        told = await book.read("asset", id="asset-1")

    assert whole.persons == (("responsible", "Ms Brown"),)
    assert dict(whole.fields) | dict(whole.texts) == RADIO
    assert told["said"] == {**RADIO, "responsible": "Ms Brown"}


async def test_a_device_is_not_replaced_by_itself_or_by_what_another_asset_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write(None, **RADIO, serial="R-7")
        await book.ask(ReplaceAsset(AssetId("a-101"), "s-2", "worn"))
        said = [await no(book, ReplaceAsset(AssetId("a-101"), one)) for one in ("S-2 ", "r-7")]
        await book.write("asset-1", serial="")
        await book.ask(ReplaceAsset(AssetId("a-101"), "r-7"))

    assert said == [
        ("same_piece", {"asset": "a-101", "serial": "S-2"}),
        ("piece_elsewhere", {"asset": "asset-1", "serial": "r-7"}),
    ]
    assert "is that of asset-1" in words.reply(*said[1])


async def test_the_table_of_the_plan_has_every_thing_and_the_list_says_how_many_there_are(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as book:
        batch = number(await book.ask(BeginBatch(SHA, 600)))
        said = (("cost_cents", "100"), ("replace_year", "2001"), ("type", "laptop"))
        for _ in range(12):
            await book.ask(AddRows(batch, tuple((None, said, True) for _ in range(50))))
        await book.ask(EndBatch(batch, True))
        first_year = (await book.read("assets.plan"))["years"][0]
        table: list[str] = []
        after: int | None = 0
        while after is not None:
            piece = await book.read("assets.plan_csv", after=after)
            table += piece["text"].splitlines()
            after = piece["next"]

    assert (first_year["count"], first_year["cost_cents"], len(first_year["items"])) == (600, 60_000, 500)
    assert len(table) == 601


async def test_lists_of_things_of_which_much_is_said_come_in_more_pages_and_end_nothing(
    tmp_path: Path,
) -> None:
    long = "\u6f22" * 500
    names = ("name", "tag", "serial", "maker", "model", "room", "order", "supplier", "note", "responsible")

    def row(count: int) -> tuple[None, tuple[tuple[str, str], ...], bool]:
        said = [(name, f"{count}{long}"[:500]) for name in names]
        return None, (*said, ("replace_year", "2001"), ("state", "deployed"), ("type", "aed")), True

    async with desk(tmp_path) as book:
        batch = number(await book.ask(BeginBatch(SHA, 100)))
        for first in range(0, 100, 50):
            await book.ask(AddRows(batch, tuple(map(row, range(first, first + 50)))))
        await book.ask(EndBatch(batch, True))
        found: list[list[str]] = []
        text, after = "", cast("str | None", "")
        while after is not None:
            page = await book.read("assets", after=after, limit=500)
            found.append([one["id"] for one in page["items"]])
            after = page["next"]
        after = ""
        while after is not None:
            piece = await book.read("assets.csv", after=after)
            text, after = text + piece["text"], piece["next"]
        plan = (await book.read("assets.plan"))["years"][0]
        begun = number(await book.ask(BeginAudit(type="aed")))
        audit = await book.read("round", id=str(begun))
        restarts = book.operations.restarts

    listed_ones = [one for ids in found for one in ids]
    assert len(found) > 1
    assert len(listed_ones) == len(set(listed_ones)) == 100 + len(DEVICES)
    assert len(text.splitlines()) == 1 + len(listed_ones)
    assert (plan["count"], 0 < len(plan["items"]) < 100) == (100, True)
    assert (audit["unseen"], 0 < len(audit["items"]) < 100) == (100, True)
    assert restarts == 0


async def test_a_serial_number_is_said_of_a_device_at_once_and_of_no_other_thing(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write("a-101", serial="L-1", responsible="Facilities")
        await book.write(None, **RADIO, serial="R-7")
        said = [
            await no(book, one)
            for one in (
                WriteAsset(None, (("type", "radio"), ("serial", " l-1 "))),
                WriteAsset(AssetId("asset-1"), (("serial", "L-1"),)),
                EditAssets((AssetId("asset-1"),), (("serial", "L-1"),)),
                EditAssets((AssetId("asset-1"), AssetId("a-101")), (("serial", "N-1"),)),
            )
        ]
        await book.write("a-101", serial="L-1", note="said again")
        rows = [
            [2, "asset-1", [["serial", "L-1"]]],
            [3, "a-101", [["serial", "L-1"]]],
            [4, "a-101", [["serial", "L-2"]]],
        ]
        checked = (await book.read("import.rows", rows=rows))["rows"]
        batch = number(await book.ask(BeginBatch("0" * 64, 1)))
        taken = await no(book, AddRows(batch, ((AssetId("asset-1"), (("serial", "L-1"),), False),)))
        edited = await book.read("assets.edit", assets=["asset-1", "a-101"], said=[["serial", "N-1"]])

    assert [code for code, _ in said] == ["piece_elsewhere"] * 3 + ["serial_of_many"]
    assert said[0][1] == {"asset": "a-101", "serial": "l-1"}
    assert [(one["outcome"], one.get("code", "")) for one in checked] == [
        ("refused", "piece_elsewhere"), ("same", ""), ("change", ""),
    ]  # fmt: skip
    assert taken == ("piece_elsewhere", {"asset": "a-101", "serial": "L-1", "row": 0})
    assert {one["code"] for one in edited["items"]} == {"serial_of_many"}


async def no(book: Desk, asked: BookAsk) -> tuple[str, dict[str, object]]:
    with pytest.raises(NotDone) as refused:
        await book.ask(asked)
    return refused.value.code, dict(refused.value.said)


async def test_everything_derived_is_made_again_from_the_journal_to_the_same(tmp_path: Path) -> None:
    async with desk(tmp_path) as book:
        await listed(book)
        await book.write(None, note="old", **RADIO)
        await book.write("a-101", responsible="Ms Brown")
        await book.ask(ReplaceAsset(AssetId("a-101"), "s-2", "worn"))
        await book.ask(IssueAsset(AssetId("asset-1"), "Mr Green"))
        batch = number(await book.ask(BeginBatch(SHA, 2)))
        moved = (AssetId("asset-1"), (("note", ""), ("room", "12")), False)
        lent = (None, (("type", "radio"), ("state", "deployed"), ("holder", "Ms Lou")), True)
        await book.ask(AddRows(batch, (moved, lent)))
        await book.ask(EndBatch(batch, True))
        assert (await book.read("asset", id="asset-2"))["said"]["holder"] == "Ms Lou"
        await book.ask(ReportFault(AssetId("a-101"), "squeaks", ""))
        row = next(one for one in await book.journal.read() if one.kind == "asset.issued/1")
        await book.journal.erase(row.epoch, row.seq, "person", "socket:0")
        await book.until_read(
            lambda: book.read("asset", id="asset-1"), lambda one: "holder" not in one["said"]
        )
    live, ends = _tables(tmp_path)
    with Reader.open(tmp_path) as reader:
        events = list(reader.events())
    # What was entered last the process may not have followed any more.
    events = events[: 1 + [(one.epoch, one.seq) for one in events].index(ends)]
    remove(tmp_path)
    made = Database.open(tmp_path, _campus(opened(tmp_path)))
    made.follow(events)
    anew = {name: made.table(name) for name in DERIVED}
    made.close()
    assert anew == live


def _campus(said: Open) -> Campus:
    return Campus(said.campus)


def _tables(store: Path) -> tuple[dict[str, Any], tuple[str, int]]:
    """Every table, and the place of the last event in them."""
    database = Database.open(store, _campus(opened(store)))
    try:
        assert database.position is not None
        tables = {name: database.table(name) for name in DERIVED}
        return tables, (database.position.epoch, database.position.seq)
    finally:
        database.close()
