"""A file of assets: read in its own process, checked against what is known, and taken whole or not at all."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.importing import Imports
from edge.operations import NotDone
from rules.model.asset_facts import AssetBatchTurned, AssetWritten
from tests.edge.book.rig import PERSON, Desk, desk

ZONES = {"a": "a", "campus": "campus"}
HEAD = "Asset Tag,Item Name,Category,Serial Number,Location,Status\n"


@asynccontextmanager
async def importing(store: Path) -> AsyncIterator[tuple[Imports, Desk]]:
    async with desk(store) as book:
        yield Imports(book.operations, lambda: ZONES, lambda: False), book


def table(store: Path, text: str) -> Path:
    path = store / "assets.csv"
    path.write_text(HEAD + text, encoding="utf-8-sig")
    return path


async def test_a_file_is_staged_with_what_it_would_do_and_taken_whole_and_the_second_time_changes_nothing(
    tmp_path: Path,
) -> None:
    async with importing(tmp_path) as (imports, book):
        path = table(
            tmp_path, "T1,Radio 1,Radio,S1,a,Ready to Deploy\nT2,Radio 2,Radio,S2,Old Gym,Deployed\n"
        )
        staged = await imports.stage(path)
        assert (staged.new, staged.change, staged.same, staged.refused_count) == (2, 0, 0, 0)
        assert (staged.encoding, staged.as_room) == ("utf-8-sig", [3])
        assert staged.shown[0] == {
            "line": 2, "outcome": "new", "id": None,
            "said": {"tag": "T1", "name": "Radio 1", "type": "radio", "serial": "S1", "zone": "a", "state": "stock"},
        }  # fmt: skip
        assert await book.ids() == []
        beside = await imports.stage(path)
        assert await imports.take(PERSON, staged.id, without_refused=False) == 2
        with pytest.raises(NotDone, match="import_overtaken"):
            await imports.take(PERSON, beside.id, without_refused=False)
        again = await imports.stage(path)
        assert (again.new, again.change, again.same) == (0, 0, 2)
        moved = await imports.stage(table(tmp_path, "T2,Radio 2,Radio,S2,campus,Deployed\n"))
        assert (moved.new, moved.change) == (0, 1)
        await imports.take(PERSON, moved.id, without_refused=False)
        with pytest.raises(NotDone) as nothing:
            await imports.take(PERSON, again.id, without_refused=False)
        assert nothing.value.code == "nothing_to_import"
        found = await book.read("assets", type="radio")

    assert [(one["id"], one["said"].get("zone"), one["said"].get("room")) for one in found["items"]] == [
        ("asset-1", "a", None),
        ("asset-2", "campus", "Old Gym"),
    ]


async def test_every_refused_row_has_its_line_and_reason_and_nothing_is_imported_unless_a_person_says_without_them(
    tmp_path: Path,
) -> None:
    async with importing(tmp_path) as (imports, book):
        path = table(
            tmp_path,
            "T1,Radio 1,Radio,S1,a,Ready to Deploy\nT2,Radio 2,Radio,,a,On the moon\nT3,Radio\nT1,,,,,\n",
        )
        staged = await imports.stage(path)
        assert [(line, code) for line, code, _ in staged.refused] == [
            (3, "bad_value"), (4, "row_uneven"), (5, "row_again"),
        ]  # fmt: skip
        with pytest.raises(NotDone) as refused:
            await imports.take(PERSON, staged.id, without_refused=False)
        assert (refused.value.code, refused.value.said) == ("rows_refused", (("refused", 3),))
        assert book.facts(AssetBatchTurned) == []
        assert await imports.take(PERSON, staged.id, without_refused=True) == 1
        with pytest.raises(NotDone) as over:
            await imports.take(PERSON, staged.id, without_refused=True)
        assert over.value.code == "no_such_import"
        assert await book.ids() == ["asset-1"]


async def test_what_is_no_table_and_what_is_no_file_are_refused(tmp_path: Path) -> None:
    async with importing(tmp_path) as (imports, _):
        for data, code in ((b"\0" * 10, "table_not_text"), (b"colour\nred\n", "table_no_columns")):
            (tmp_path / "x.csv").write_bytes(data)
            with pytest.raises(NotDone) as no:
                await imports.stage(tmp_path / "x.csv")
            assert no.value.code == code
        with pytest.raises(NotDone) as gone:
            await imports.stage(tmp_path / "nothing.csv")
        assert gone.value.code == "import_file"


async def test_an_import_that_the_book_refuses_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    async with importing(tmp_path) as (imports, book):
        rows = "".join(f"T{number},Radio {number},Radio,S{number},a,\n" for number in range(60))
        staged = await imports.stage(table(tmp_path, rows))
        # Somebody writes meanwhile what the second piece of rows says too: what it was checked against is not so any more.
        await book.write("asset-1" if await book.ids() else None, name="another", type="radio")
        staged.rows[55] = b'["asset-1",[["zone","moon"]],false]'
        with pytest.raises(NotDone) as no:
            await imports.take(PERSON, staged.id, without_refused=False)
        assert (no.value.code, dict(no.value.said)["row"]) == ("unknown_zone", 5)
        await book.until(lambda: book.facts(AssetBatchTurned)[-1].state == "abandoned")
        assert await book.ids() == ["asset-1"]


async def test_a_book_that_is_killed_amid_an_import_knows_nothing_of_it_and_whoever_sent_it_hears_so(
    tmp_path: Path,
) -> None:
    async with importing(tmp_path) as (imports, book):
        rows = "".join(f"T{number},Radio {number},Radio,S{number},a,\n" for number in range(2_000))
        staged = await imports.stage(table(tmp_path, rows))
        taking = asyncio.create_task(imports.take(PERSON, staged.id, without_refused=False))
        await book.until(lambda: book.facts(AssetWritten))
        assert book.operations.process_id is not None
        os.kill(book.operations.process_id, signal.SIGKILL)
        with pytest.raises(NotDone, match="book_away"):
            await taking
        await book.until_there()
        assert await book.ids() == []


async def test_an_import_goes_on_where_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    async with importing(tmp_path) as (imports, book):
        rows = "".join(f"T{number},Radio {number},Radio,S{number},a,\n" for number in range(60))
        staged = await imports.stage(table(tmp_path, rows))
        waiting = asyncio.create_task(imports.take(PERSON, staged.id, without_refused=False))
        await book.until(lambda: book.facts(AssetWritten))
        waiting.cancel()
        await book.until(lambda: book.facts(AssetBatchTurned)[-1].state == "taken")


async def test_what_is_exported_is_what_an_import_reads_as_nothing_new(tmp_path: Path) -> None:
    async with importing(tmp_path) as (imports, book):
        await book.write(None, name="=cmd|' /C calc'!A0", type="radio", zone="a", supported_until="none")
        text = (await book.read("assets.csv"))["text"]
        assert "'=cmd" in text
        (tmp_path / "out.csv").write_text(text)
        staged = await imports.stage(tmp_path / "out.csv")
    assert (staged.new, staged.change, staged.refused_count) == (0, 0, 0)
    assert staged.same >= 1
