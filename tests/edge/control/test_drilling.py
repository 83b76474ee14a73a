"""Drills over the socket: read of record and law, and asked of the rules; a finding closes only with a ticket that there is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.control.client import ask
from edge.control.desk import Reply
from rules.model.drill_asks import BeginDrill, CloseFinding, DrillAsked, EndDrill
from rules.model.ids import DrillId
from tests.edge.control.desks import PaperDesk, with_people
from tests.rules.drilling import RULES

BEGIN = {"type": "lockdown", "zones": ["a"]}


@pytest.fixture
def desk() -> PaperDesk:
    desk = PaperDesk(reply=Reply(True, args=(("drill", "drill-1"),)))
    desk.plan = replace(desk.plan, drills=RULES)
    return desk


@pytest.fixture
async def path(tmp_path: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    async with with_people(tmp_path, desk) as made:
        yield made


async def asked(path: Path, verb: str, said: object, **more: object) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, {"do": "drill", "verb": verb, "asked": said, **more})


async def test_a_drill_is_begun_and_ended_by_the_boxs_own_authority(path: Path, desk: PaperDesk) -> None:
    assert (await asked(path, "begin", BEGIN))["ok"]
    assert (await asked(path, "end", {"reason": "over"}, drill="drill-1"))["ok"]
    begun, ended = desk.asked
    assert isinstance(begun, DrillAsked)
    assert isinstance(ended, DrillAsked)
    assert isinstance(begun.ask, BeginDrill)
    assert (ended.ask, ended.role) == (EndDrill(DrillId("drill-1"), "over"), "")


@pytest.mark.parametrize(
    ("verb", "said", "code"),
    [
        ("begin", {**BEGIN, "kind": "real"}, "unreadable_request"),
        ("begin", [], "unreadable_request"),
        ("begin", {**BEGIN, "unknown": 1}, "unreadable_request"),
        ("plan", {**BEGIN, "date": "2026-02-30", "time": "09:30"}, "bad_day"),
    ],
)
async def test_what_cannot_be_read_is_asked_of_nobody(
    path: Path, desk: PaperDesk, verb: str, said: object, code: str
) -> None:
    reply = await asked(path, verb, said)
    assert (reply["ok"], reply["code"], desk.asked) == (False, code, [])
    assert reply["words"]


async def test_a_finding_closes_with_a_ticket_that_the_book_has(path: Path, desk: PaperDesk) -> None:
    away = await asked(path, "finding", {"ticket": "187"}, drill="drill-1", finding=0)
    assert (away["code"], desk.asked) == ("book_away", [])
    desk.book["ticket"] = {"number": 187}
    assert (await asked(path, "finding", {"ticket": "187"}, drill="drill-1", finding=0))["ok"]
    assert (await asked(path, "finding", {"change": "moved"}, drill="drill-1", finding=1))["ok"]
    asks = [one.ask for one in desk.asked if isinstance(one, DrillAsked)]
    assert asks == [
        CloseFinding(DrillId("drill-1"), 0, "187", ""),
        CloseFinding(DrillId("drill-1"), 1, "", "moved"),
    ]


async def test_drills_are_read_with_what_is_due_and_one_that_is_not_there_is_named(path: Path) -> None:
    told = await asyncio.to_thread(ask, path, {"do": "drills"})
    assert (told["data"]["drills"], told["data"]["law"]) == ([], "us-xx")
    none = await asyncio.to_thread(ask, path, {"do": "drills", "drill": "drill-9"})
    assert (none["ok"], none["code"]) == (False, "unknown_drill")
