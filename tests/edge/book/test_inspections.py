"""Inspections on a real journal: made again from it to the same, their words erased with what said them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.book import assessment_queries, inspection_tables, tables
from edge.book.assessment_queries import NumberAsked, words_of
from edge.book.database import Database, remove
from edge.config.pack_inspections import shipped_inspections
from edge.journal.reader import Reader
from edge.journal.upcast import upcast
from edge.operations import NotDone
from rules.book.assessment_kept import kept
from rules.book.book import Campus
from rules.model.assessment_asks import AnswerQuestion, BeginAssessment, ImportChecklist, QuestionLine
from rules.model.asset_asks import WriteAsset
from rules.model.ids import Actor, AssetId
from rules.model.inspection_asks import (
    ImportInspections,
    InspectionLine,
    PhotographInspection,
    SignInspection,
)
from tests.edge.book.paper import PaperBook
from tests.edge.book.rig import Desk, desk, opened
from tests.rules.book.desk import DAY_US

DERIVED = (*tables.DERIVED, *inspection_tables.DERIVED)
SHA = PHOTO = "ab" * 32
GOOD = (
    ("place", "yes"),
    ("indicator", "yes"),
    ("damage", "yes"),
    ("pads_until", "2099-01-01"),
    ("battery_until", "2099-01-01"),
)


def sign(**other: Any) -> SignInspection:
    said: dict[str, Any] = {"answers": (*GOOD, ("note", "Well")), "person": "Ms Brown", **other}
    return SignInspection(
        AssetId("aed-1"), "aed-monthly", said.pop("answers"), said.pop("person"), "technician", **said
    )


async def test_what_was_signed_is_made_again_from_the_journal_to_the_same_and_erased_with_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, inspections=shipped_inspections()) as book:
        said = (("type", "aed"), ("zone", "a"), ("state", "deployed"))
        await book.ask(WriteAsset(AssetId("aed-1"), said, new=True))
        await book.ask(sign(key="k-1"))
        assert await book.ask(sign(key="k-1")) == ""
        await book.ask(sign(corrects=1, reason="Another one"))
        batch = int((await book.ask(ImportInspections(0, 1, SHA))).rpartition("-")[2])
        lines = (InspectionLine(2, AssetId("aed-1"), "aed-monthly", "2020-01-01", "passed", "Mr Green"),)
        await book.ask(ImportInspections(batch, lines=lines))
        before = await book.read("inspections")
        await book.ask(ImportInspections(batch, end="abandoned"))
        await book.ask(ImportChecklist(0, "walk", "Walk", 1, SHA))
        question = QuestionLine("w-1", "Cellar", "Is it marked?")
        await book.ask(ImportChecklist(1, lines=(question,), end="taken"))
        await book.ask(BeginAssessment("walk"))
        await book.ask(AnswerQuestion(1, "w-1", "no", "No label", question.text))
        walked = await book.read("assessment", number=1)
        with pytest.raises(NotDone):
            await book.read("inspection", number=3)
        row = next(one for one in await _all(book) if one.kind == "inspection.signed/1")
        await book.journal.erase(row.epoch, row.seq, "person", "socket:0")
        await book.until_read(lambda: book.read("inspection", number=1), lambda one: one["person"] == "")
        first, second = await book.read("inspection", number=1), await book.read("inspection", number=2)
        await book.ask(PhotographInspection(1, (PHOTO, "cd" * 32)))
        shown = await book.read("inspection", number=1)
        row = next(one for one in await _all(book) if one.kind == "inspection.photo/1")
        await book.journal.erase(row.epoch, row.seq, "photos", "socket:0")
        await book.until_read(lambda: book.read("inspection", number=1), lambda one: not one["photos"])

    with Reader.open(tmp_path) as reader:
        events = [upcast(one) for one in reader.events()]
    assert shown["photos"] == [PHOTO, "cd" * 32]
    assert [one["number"] for one in before["items"]] == [2, 1]
    assert (first["corrected_by"], first["answers"]["note"]) == (2, "Well")
    assert (second["corrects"], second["reason"], second["person"]) == (1, "Another one", "Ms Brown")
    assert [(one["section"], one["text"], one["comment"]) for one in walked["items"]] == [
        ("Cellar", "Is it marked?", "No label")
    ]
    live = _tables(tmp_path, events)
    remove(tmp_path)
    made = Database.open(tmp_path, Campus(opened(tmp_path).campus))
    made.follow(events)
    anew = {name: made.table(name) for name in DERIVED}
    made.close()
    assert {name: anew[name] ^ live[name] for name in DERIVED} == {name: set() for name in DERIVED}


async def _all(book: Desk) -> list[Any]:
    found: list[Any] = []
    while more := await book.journal.read(found[-1].position if found else None, 50):
        found += more
    return found


def _tables(store: Path, events: list[Any]) -> dict[str, Any]:
    """What was followed live, and whatever the process had decided and not followed when it ended."""
    database = Database.open(store, Campus(opened(store).campus))
    try:
        assert database.position is not None
        database.follow([one for one in events if one.seq > database.position.seq])
        return {name: database.table(name) for name in DERIVED}
    finally:
        database.close()


def test_a_round_that_is_said_again_is_read_with_its_words_where_the_first_telling_is_gone(
    tmp_path: Path,
) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "anew").mkdir()
    book, person = PaperBook(tmp_path / "first"), Actor("person:1")
    line = QuestionLine("w-1", "Cellar", "Is it marked?")
    for asked in (
        ImportChecklist(0, "walk", "Walk", 1, SHA),
        ImportChecklist(1, lines=(line,), end="taken"),
        BeginAssessment("walk"),
        AnswerQuestion(1, "w-1", "no", "No label", line.text),
    ):
        book.ask(person, asked)
    book.database.book.campus = replace(book.database.book.campus, kept_us=10 * DAY_US)
    book.at_us += 6 * DAY_US
    made = list(kept(book.database.book, book.now, lambda of, number: words_of(book.database, of, number)))
    book.enter(*made)

    anew = PaperBook(tmp_path / "anew")
    anew.enter(*made)
    for one in (book, anew):
        found = assessment_queries.assessment(one.database, NumberAsked(1), one.now)
        (item,) = found["items"]
        assert (found["title"], item["section"], item["text"], item["comment"]) == (
            "Walk",
            "Cellar",
            "Is it marked?",
            "No label",
        )
        one.database.close()
