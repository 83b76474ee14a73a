"""The end of what is live, over the socket: as much is asked for as on the page, by what the rules say of its plan."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.control.client import ask
from edge.control.desk import Reply
from edge.control.path import NAME
from edge.control.requests import Close
from edge.control.server import ControlServer
from rules.model.events import CloseAsked
from rules.model.ids import Actor, IncidentId, ZoneId
from rules.state import Incident
from tests.edge.campus import D1, NOON, locked_down
from tests.edge.control.desks import PaperDesk, with_people
from tests.edge.people.someone import Someone

ADA, BO = "Ada Moreno", "Bo Weber"


@pytest.fixture
def desk() -> PaperDesk:
    return PaperDesk(
        locked_down({D1: "secured"}), Reply(True, args=(("closed", 1), ("doors_still_locked", 0)))
    )


@pytest.fixture
async def path(tmp_path: Path, desk: PaperDesk) -> AsyncIterator[Path]:
    async with with_people(tmp_path, desk) as made:
        yield made


async def asked(path: Path, **more: str) -> dict[str, Any]:
    return await asyncio.to_thread(ask, path, {"do": "close", "reason": "over", **more})


async def code(desk: PaperDesk, name: str, role: str = "administrator") -> str:
    await desk.someone.account(name, role)
    return (await desk.someone.codes(name))[0]


def closed(desk: PaperDesk) -> CloseAsked:
    (event,) = desk.asked
    assert isinstance(event, CloseAsked)
    return event


async def test_without_a_name_it_is_the_sockets_own_and_proves_nothing(path: Path, desk: PaperDesk) -> None:
    assert (await asked(path))["ok"]
    event = closed(desk)
    assert (event.actor[:7], event.role, event.fresh, event.second) == ("socket:", "", False, "")
    assert event.named  # nobody could be: the socket's owner is the authority


async def test_once_somebody_could_be_named_the_socket_alone_is_nobody(path: Path, desk: PaperDesk) -> None:
    await desk.someone.account(
        ADA, "administrator"
    )  # without a second factor, she could not be asked for one
    await code(desk, BO, "staff")  # has one, and may not end
    assert (await asked(path))["ok"]
    assert closed(desk).named
    desk.asked.clear()

    (given, *_) = await desk.someone.codes(ADA)
    await asked(path)
    assert not closed(desk).named
    desk.asked.clear()
    await asked(path, user=ADA, code=given)
    assert closed(desk).named

    await code(desk, "Cy Prus")
    await desk.people.registrar.disable(Actor("socket:0"), ADA)
    await desk.people.registrar.remove_factors(Actor("socket:0"), "Cy Prus")
    desk.asked.clear()
    await asked(path)
    assert closed(desk).named


async def test_a_silent_call_is_not_ended_behind_what_everybody_sees_and_is_named(
    path: Path, desk: PaperDesk
) -> None:
    record = desk.state.record
    call = Incident(IncidentId("inc-7"), "real", "duress", ZoneId("a"), True, NOON)
    desk.state = replace(desk.state, record=replace(record, incidents={**record.incidents, call.id: call}))
    reply = await asked(path)
    assert (closed(desk).silent, closed(desk).incident) == (False, None)
    assert reply["args"]["silent"] == "inc-7"
    desk.asked.clear()
    reply = await asked(path, incident="inc-7")
    assert (closed(desk).silent, "silent" in reply["args"]) == (True, False)
    desk.asked.clear()
    desk.state = replace(desk.state, record=replace(record, incidents={call.id: call}))
    await asked(path)
    # Nothing else is live: it is what is meant.
    assert closed(desk).silent


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ("person_first", "--user NAME"),
        ("factor_first", "--user NAME"),
        ("second_person_first", "--second NAME"),
    ],
)
async def test_what_its_plan_asks_for_is_said_in_the_words_of_a_command_line(
    path: Path, desk: PaperDesk, refused: str, says: str
) -> None:
    desk.reply = Reply(False, refused)
    reply = await asked(path)
    assert (reply["ok"], reply["code"]) == (False, refused)
    assert says in reply["words"]
    assert "Nothing was ended" in reply["words"]


async def test_who_gives_a_code_ends_it_in_their_own_name_and_role(path: Path, desk: PaperDesk) -> None:
    given = await code(desk, ADA)
    assert (await asked(path, user=ADA, code=given))["ok"]
    event = closed(desk)
    assert (event.role, event.fresh, event.second) == ("administrator", True, "")
    assert str(event.actor).startswith("account:")
    # The code is good once.
    again = await asked(path, user=ADA, code=given)
    assert (again["code"], len(desk.asked)) == ("close_factor_wrong", 1)
    assert "Nothing was ended" in again["words"]


async def test_two_named_persons_each_with_a_code_end_it_together(path: Path, desk: PaperDesk) -> None:
    first, second = await code(desk, ADA), await code(desk, BO)
    assert (await asked(path, user=ADA, code=first, second=BO, second_code=second))["ok"]
    event = closed(desk)
    assert event.fresh
    assert event.second.startswith("account:")
    assert event.second != event.actor


async def test_nobody_is_the_second_person_of_themselves(path: Path, desk: PaperDesk) -> None:
    await desk.someone.account(ADA, "administrator")
    first, second, *_ = await desk.someone.codes(ADA)
    reply = await asked(path, user=ADA, code=first, second=ADA, second_code=second)
    assert (reply["code"], desk.asked) == ("close_same_person", [])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"user": ADA}, "close_needs_user"),
        ({"second": BO, "second_code": "x"}, "close_needs_user"),
        ({"user": "Nobody", "code": "123456"}, "close_factor_wrong"),
    ],
)
async def test_a_name_without_a_code_that_is_right_ends_nothing(
    path: Path, desk: PaperDesk, more: dict[str, str], why: str
) -> None:
    await code(desk, ADA)
    reply = await asked(path, **more)
    assert (reply["ok"], reply["code"], desk.asked) == (False, why, [])
    assert "ended" in reply["words"]


async def test_whoever_may_not_end_ends_nothing_with_a_good_code(path: Path, desk: PaperDesk) -> None:
    given = await code(desk, ADA, "staff")
    reply = await asked(path, user=ADA, code=given)
    assert (reply["code"], desk.asked) == ("close_factor_no_right", [])


async def test_a_second_person_with_a_wrong_code_ends_nothing(path: Path, desk: PaperDesk) -> None:
    first = await code(desk, ADA)
    await code(desk, BO)
    reply = await asked(path, user=ADA, code=first, second=BO, second_code="000000")
    assert (reply["code"], desk.asked) == ("close_factor_wrong", [])


async def test_where_nothing_is_live_no_code_is_used_up(tmp_path: Path) -> None:
    desk = PaperDesk(reply=Reply(False, "no_incident"))
    server = ControlServer(tmp_path / NAME, desk)
    desk.people = desk.someone = Someone(tmp_path)
    await desk.people.load()
    await server.start()
    try:
        given = await code(desk, ADA)
        reply = await asked(tmp_path / NAME, user=ADA, code=given)
        assert reply["code"] == "no_incident"
        desk.state = locked_down({D1: "secured"})
        desk.reply = Reply(True)
        assert (await asked(tmp_path / NAME, user=ADA, code=given))["ok"]
    finally:
        await server.stop()
        await desk.people.close()


def test_no_code_stands_in_a_requests_own_words() -> None:
    assert "31415" not in repr(Close(user=ADA, code="31415", second=BO, second_code="31415"))
