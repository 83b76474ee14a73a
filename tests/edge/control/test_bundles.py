"""Lists of flaws over the socket: taken, refused, or taken and not recorded, each said in words."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.bundles import Bundles
from edge.control.client import ask
from edge.flaws.refusal import Refused
from edge.flaws.taken import Taken
from edge.operations import NotDone
from rules.model.ids import Actor
from tests.edge.control.desks import PaperDesk, with_people

TAKEN = Taken("cve", "ab" * 32, 5, 6, 7, whole=True)


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
async def path(tmp_path: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    async with with_people(tmp_path, desk) as made:
        yield made


async def asked(path: Path, **request: Any) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, request)


@pytest.mark.parametrize(
    ("bundle", "code", "words"),
    [
        (TAKEN, None, ""),
        (
            Refused("no_json", "the file is no JSON", "bring it again"),
            "bundle_refused",
            "Not taken: the file is no JSON",
        ),
        (NotDone("book_away"), "bundle_unrecorded", "It was taken in, and could not be recorded (book_away)"),
    ],
)
async def test_a_list_is_taken_refused_or_not_recorded(
    path: Path, desk: PaperDesk, bundle: Any, code: str | None, words: str
) -> None:
    desk.bundle = bundle
    reply = await asked(path, do="import-bundle", kind="cve", file="/media/nvd.json")
    assert (reply["ok"], reply.get("code")) == (code is None, code)
    assert reply.get("words", "").startswith(words)
    assert code is not None or reply["data"]["count"] == 7


@pytest.mark.parametrize("more", [{"kind": "x"}, {"file": "a\nb"}, {"file": ""}, {"file": "x" * 5_000}])
async def test_what_is_no_list_or_no_path_is_no_request(
    path: Path, desk: PaperDesk, more: dict[str, str]
) -> None:
    reply = await asked(path, **{"do": "import-bundle", "kind": "cve", "file": "/x", **more})
    assert reply["code"] == "unreadable_request"
    assert desk.actors == []


async def test_firmware_is_read_of_the_book_and_its_absence_is_said_in_words(
    path: Path, desk: PaperDesk
) -> None:
    away = await asked(path, do="firmware")
    assert (away["ok"], away["code"]) == (False, "book_away")
    assert "Presses and doors work on" in away["words"]
    desk.book["firmware"] = {"devices": []}
    assert (await asked(path, do="firmware"))["data"] == {"devices": []}


async def test_a_refusal_is_told_even_where_the_book_is_away_to_record_it(tmp_path: Path) -> None:
    async def away(*_: object) -> object:
        raise NotDone("book_away")

    with pytest.raises(Refused) as told:
        await Bundles(tmp_path, away).take(Actor("person:1"), "cve", "not/whole")
    assert told.value.code == "unreadable"
