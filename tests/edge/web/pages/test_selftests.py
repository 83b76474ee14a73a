"""The page of self-tests, and when a button and a door were last proven on their own pages."""

import re
from dataclasses import replace

import pytest

from edge.control.desk import Reply
from rules.links import links
from rules.model.events import SelfTestAsked
from rules.model.facts import (
    Entry,
    Fact,
    PressRecorded,
)
from rules.model.ids import Actor, ButtonId, PressId
from rules.model.moments import MINUTE_US
from rules.model.responses import Response
from rules.model.selftest import Outcome
from rules.model.selftest_facts import (
    DoorExercised,
    SelfTestEnded,
)
from rules.plan import Hardware, Hours
from rules.record import fold
from rules.state import Flag, State
from tests.edge.campus import D1, D2, NOON, PB, PLAN, PLC, quiet
from tests.edge.web.pages.conftest import Office, Serve

HARDWARE = Hardware(
    "strike", "free-mechanical", "secure", "hold", "no", False, 400_000, "unlocked", "2026-08-14", "A. Smith",
    Hours(1_320, 300),
)  # fmt: skip


def plain(html: str) -> str:
    """The words alone."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def after(*facts: Fact, minutes_ago: int = 5) -> State:
    state = quiet()
    record = state.record
    for fact in facts:
        record = fold(record, NOON.plus(-minutes_ago * MINUTE_US), Entry(fact, "x", Actor("rule")))
    return replace(state, record=record)


def ended(*others: tuple[str, Outcome, str]) -> SelfTestEnded:
    names = {one for one, _, _ in others}
    proven = tuple(link.name for link in links(PLAN) if link.name not in names)
    return SelfTestEnded(1, "schedule", 739_000, True, "", proven, others, ())


def pressed(response: Response) -> PressRecorded:
    return PressRecorded(
        PB, PressId("p-1"), "acted", "mqtt", "hold", response, PLAN.campus, "real", None, 0, "hold"
    )


RED: tuple[tuple[str, Outcome, str], ...] = (
    (f"controller:{PLC}", "not_proven", "silent"),
    (f"lock:{D1}", "behind", f"controller:{PLC}"),
    ("output:strobe-a", "untestable", "no_silent_test"),
)


async def test_what_is_not_proven_comes_first_with_its_reason_and_its_way_on(serve: Serve) -> None:
    served = await serve(Office(state=after(ended(*RED))))
    status, text = await served.get("/selftest", "viewer")
    words = plain(text)

    assert status == 200
    assert "1 link is not proven." in words
    assert f'href="/controllers/{PLC}"' in text
    assert (
        words.index("It is silent. Check its power")
        < words.index("It stands behind controller")
        < words.index("Proven 9")
    )
    assert "It cannot be tried and not be noticed." in words
    assert "5 min ago" in words
    assert 'action="/selftest"' not in text


async def test_where_none_came_to_its_end_nothing_is_said_to_be_proven(serve: Serve) -> None:
    served = await serve(Office())
    _, text = await served.get("/selftest")

    assert "Nobody knows whether each link works." in text
    assert "No link was seen not to work" not in text
    assert 'action="/selftest"' in text


async def test_a_whole_one_says_so(serve: Serve) -> None:
    served = await serve(Office(state=after(ended())))
    _, text = await served.get("/selftest")

    assert "No link was seen not to work." in text


async def test_whoever_may_begins_one_and_is_told(serve: Serve) -> None:
    office = Office()
    served = await serve(office)
    form = [("key", "k-1")]

    assert (await served.post("/selftest", form, "technician"))[:2] == (303, "/selftest")
    assert (await served.post("/selftest", form, "staff"))[0] == 403
    (asked,) = office.asked
    assert isinstance(asked, SelfTestAsked)
    assert asked.actor == "account:technician"
    _, text = await served.get("/selftest", "technician")
    assert "The self-test has begun." in text
    office.reply = Reply(False, "self_test_running")
    await served.post("/selftest", [("key", "k-2")], "technician")
    _, text = await served.get("/selftest", "technician")
    assert "A self-test is under way" in text


async def test_a_button_and_a_door_say_when_they_were_last_proven(serve: Serve) -> None:
    facts = (ended((f"button:{PB}", "not_proven", "silent")), pressed("lockdown"))
    exercised = DoorExercised(D1, 739_000, "ended", "proven", "", ())
    served = await serve(Office(state=after(*facts, exercised)))
    _, button = await served.get(f"/buttons/{PB}", "viewer")
    _, door = await served.get(f"/doors/{D1}", "viewer")
    _, other = await served.get(f"/doors/{D2}", "viewer")

    assert "Last press that came through 5 min ago" in plain(button)
    assert "Last self-test not proven It is silent. Check its power, battery and network. 5 min ago" in plain(
        button
    )
    assert "Last proven locked 5 min ago by its sensors, after a command" in plain(door)
    assert "Last self-test proven 5 min ago" in plain(door)
    assert "Last proven locked never" in plain(other)


async def test_a_button_that_was_never_pressed_says_so_and_what_to_do(serve: Serve) -> None:
    served = await serve(Office())
    _, text = await served.get(f"/buttons/{PB}", "viewer")

    assert "Last press that came through never Press it in a walk-test." in plain(text)
    assert "Last self-test none yet" in plain(text)


@pytest.mark.parametrize(("role", "shown"), [("viewer", "never"), ("administrator", "5 min ago")])
async def test_when_a_silent_press_came_through_is_for_those_alone_who_may_know(
    serve: Serve, role: str, shown: str
) -> None:
    served = await serve(Office(state=after(pressed("duress"))))
    _, text = await served.get(f"/buttons/{PB}", role)

    assert f"Last press that came through {shown}" in plain(text)


async def test_locks_that_are_exercised_are_listed_with_what_was_seen(serve: Serve) -> None:
    doors = {one: replace(its, hardware=HARDWARE) for one, its in PLAN.doors.items() if one in (D1, D2)}
    failed = DoorExercised(D1, 739_000, "ended", "not_proven", "bolt_not_thrown", ())
    kept = DoorExercised(D2, 739_000, "ended", "untestable", "not_closed", ())
    served = await serve(Office(plan=replace(PLAN, doors=doors), state=after(failed, kept)))
    words = plain((await served.get("/selftest"))[1])

    assert "Room 101 5 min ago not proven It is told to be locked" in words
    assert "Room 102 5 min ago kept from it It is not closed" in words


async def test_flags_of_links_name_what_people_call_them_and_one_reason_is_one_row(serve: Serve) -> None:
    state = quiet()
    flags = {
        ("link_not_proven", name): Flag("link_not_proven", name, (code,), NOON)
        for name, code in (
            (f"lock:{D1}", "bolt_not_read"),
            (f"lock:{D2}", "bolt_not_read"),
            (f"button:{PB}", "silent"),
            (f"controller:{PLC}", "silent"),
        )
    }
    down = ("controller_down", str(PLC))
    flags[down] = Flag(*down, ("silent",), NOON)
    served = await serve(Office(state=replace(state, record=replace(state.record, flags=flags))))
    _, text = await served.get("/flags")
    words = plain(text)

    assert "Self-test: reading of lock Room 101 is not proven, and 1 more" in words
    assert "Its bolt was not read. Check the sensor&#39;s wire" in words or "Its bolt was not read." in words
    assert "Self-test: report of button Room 101 desk is not proven" in words
    assert f'href="/buttons/{PB}"' in text
    # A silent controller's own flag says it already.
    assert "Self-test: controller" not in words
    assert ButtonId("pb-101") == PB
