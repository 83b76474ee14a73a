"""Words for families and media over the socket: a named person answers with their own code, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.control.client import ask
from edge.control.requests import Statement
from rules.model.account_facts import ReleaseOpened, SessionConfirmed
from rules.model.statements import StatementAnswered, StatementAsked
from tests.edge.control.desks import PaperDesk, with_people
from tests.edge.control.spoken import FAMILIES, MEDIA, spoken

ADA = "Ada Moreno"


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk(spoken(StatementAnswered(MEDIA, "approved")))


@pytest.fixture
async def path(tmp_path: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    async with with_people(tmp_path, desk) as made:
        yield made


async def says(path: Path, number: int = FAMILIES, answer: str = "approved", **more: Any) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, {"do": "statement", "number": number, "answer": answer, **more})


async def code(desk: PaperDesk, role: str) -> str:
    await desk.someone.account(ADA, role)
    return (await desk.someone.codes(ADA))[0]


async def test_what_is_kept_is_read_whole_with_who_answered(path: Path) -> None:
    told = (await asyncio.to_thread(ask, path, {"do": "statements"}))["data"]

    assert {one["number"]: one["state"] for one in told["items"]} == {FAMILIES: "waiting", MEDIA: "approved"}
    assert (told["sent_by_this_box"], told["district"]) == (False, False)


@pytest.mark.parametrize("more", [{}, {"user": ADA}, {"code": "123456"}])
async def test_the_socket_alone_speaks_for_no_school(
    path: Path, desk: PaperDesk, more: dict[str, Any]
) -> None:
    told = await says(path, **more)

    assert (told["ok"], told["code"], desk.asked) == (False, "speak_needs_user", [])
    assert "--user NAME" in told["words"]


async def test_who_may_speak_answers_in_their_own_name_and_a_code_is_good_once(
    path: Path, desk: PaperDesk
) -> None:
    given = await code(desk, "administrator")

    assert (await says(path, user=ADA, code=given, reason="read by two"))["ok"]
    again = await says(path, user=ADA, code=given)

    (event,) = desk.asked
    assert isinstance(event, StatementAsked)
    assert (event.number, event.answer, event.reason) == (FAMILIES, "approved", "read by two")
    assert str(event.actor).startswith("account:")
    assert (again["code"], "Nothing was changed" in again["words"]) == ("speak_factor_wrong", True)
    facts = [fact for fact, _, _ in desk.someone.facts]
    assert [one.account for one in facts if isinstance(one, SessionConfirmed)] == [event.actor]
    assert not [one for one in facts if isinstance(one, ReleaseOpened)], "no release was asked for"


async def test_who_may_not_speak_does_not_with_whatever_code(path: Path, desk: PaperDesk) -> None:
    given = await code(desk, "technician")

    told = await says(path, user=ADA, code=given)

    assert (told["code"], desk.asked) == ("speak_factor_no_right", [])


async def test_no_code_is_used_up_for_what_the_rules_refuse(path: Path, desk: PaperDesk) -> None:
    given = await code(desk, "administrator")
    for number, answer in ((9, "approved"), (MEDIA, "approved"), (FAMILIES, "declined")):
        await says(path, number, answer, user=ADA, code=given)

    assert (await says(path, FAMILIES, "declined", reason="wrong place", user=ADA, code=given))["ok"]

    assert [str(one).partition(":")[0] for one in desk.actors] == ["socket", "socket", "socket", "account"]


def test_no_code_stands_in_a_requests_own_words() -> None:
    assert "31415" not in repr(Statement(number=1, answer="approved", user=ADA, code="31415"))
