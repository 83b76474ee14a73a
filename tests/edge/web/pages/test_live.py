"""Open pages: sent what changed and only that, rendered once for all, never waited for, shut out when revoked."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import aiohttp
import pytest

from edge.web.pages import listeners, live
from edge.web.pages.changes import change, changed
from edge.web.pages.listeners import Listener, Looking
from edge.web.pages.live import Pages
from edge.web.pages.screens import SCREENS
from edge.web.wire import Message
from rules.model.ids import IncidentId
from rules.state import Incident
from tests.edge.campus import D1, D2, D3, NOON, A, locked_down, quiet
from tests.edge.web.pages.conftest import Office, Serve, recorded

HOME = Looking(SCREENS["campus"], "", duress=False)
INCIDENT = Looking(SCREENS["incident"], "inc-1", duress=False)


def yes() -> bool:
    return True


class Paper:
    """A connection on paper. full: its reader takes nothing."""

    def __init__(self) -> None:
        self.told: deque[bytes] = deque()
        self.full = False
        self.texts: dict[str, str] = {}

    def put(self, message: Message) -> None:
        self.told.append(message.plain)

    def unread(self) -> int:
        return 10**6 if self.full else 0


def listen(pages: Pages, looking: Looking, still: Callable[[], bool] = yes) -> Listener:
    return pages.listen(looking, Paper(), still)


async def message(listener: Listener, name: str = "") -> dict[str, Any]:
    """The next message, or the next of this name; its parts as the page's script puts them together."""
    paper = cast(Paper, listener.out)
    while True:
        async with asyncio.timeout(10):
            while not paper.told:
                await asyncio.sleep(0.002)
        event, _, data = paper.told.popleft().decode().partition("\n")
        found: dict[str, Any] = json.loads(data.removeprefix("data: "))
        parts = found.get("parts", {})
        parts |= {one: changed(paper.texts[one], how) for one, how in found.get("lines", {}).items()}
        paper.texts |= parts
        if not name or event == f"event: {name}":
            return {**found, "event": event.removeprefix("event: ")}


async def told_of(listener: Listener, *parts: str) -> dict[str, Any]:
    """What one change told, in as many messages, until these parts had come: what is live comes before the rest."""
    async with asyncio.timeout(10):
        told = await message(listener, "parts")
        while not set(parts) <= set(told["parts"]):
            more = await message(listener)
            told = {**more, "parts": {**told["parts"], **more.get("parts", {})}}
    return told


async def test_a_page_that_opens_is_sent_all_of_its_parts() -> None:
    pages = Pages(Office().it)
    listener = listen(pages, HOME)

    first = await message(listener)

    assert set(first["parts"]) == {"alerts", "bands", "waits", "state", "look", "zones", "devices", "meters"}
    assert first["now"] == NOON.utc_us // 1_000
    pages.leave(listener)


async def test_what_changed_is_sent_and_what_did_not_is_not() -> None:
    office = Office()
    pages = Pages(office.it)
    listener = listen(pages, HOME)
    await message(listener)
    await asyncio.sleep(0)

    office.turn(locked_down({D1: "secured", D2: "not_latched"}))
    told = await told_of(listener, "bands", "look", "zones")

    assert "meters" not in told["parts"]
    assert told["live"] == "inc-1"
    assert told["title"] == "Lockdown"
    pages.leave(listener)


async def test_a_change_is_rendered_once_however_many_look() -> None:
    office = Office()
    pages = Pages(office.it)
    listeners = [listen(pages, HOME) for _ in range(300)]
    for one in listeners:
        await message(one)
    await asyncio.sleep(0)
    before, pictured = pages.rendered, office.pictured

    office.turn(locked_down({D1: "secured"}))
    for one in listeners:
        await told_of(one, "zones")

    assert pages.rendered - before == 1
    assert office.pictured - pictured == 1
    for one in listeners:
        pages.leave(one)
    assert pages.listeners == 0


async def test_what_is_live_is_told_before_all_that_is_made_of_the_doors() -> None:
    office = Office()
    pages = Pages(office.it)
    listener = listen(pages, HOME)
    await message(listener)
    await asyncio.sleep(0)

    office.turn(locked_down({D1: "secured", D2: "not_latched"}))
    first = await message(listener, "parts")

    assert set(first["parts"]) == {"bands"}
    assert (first["live"], first["title"]) == ("inc-1", "Lockdown")
    assert "Lockdown" in first["parts"]["bands"]
    pages.leave(listener)


async def test_a_reading_that_says_the_same_moves_nothing() -> None:
    office = Office()
    pages = Pages(office.it)
    listener = listen(pages, HOME)
    await message(listener)
    office.turn(locked_down({D1: "secured"}))
    await told_of(listener, "zones")
    rendered = pages.rendered

    board = office.state.live.controllers
    office.turn(replace(office.state, live=replace(office.state.live, controllers=dict(board))))
    await asyncio.sleep(0.05)

    assert pages.rendered == rendered
    pages.leave(listener)


async def test_ages_come_beside_the_html_and_change_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    monkeypatch.setattr(live, "LOOK_S", 0.02)
    office = Office(state=locked_down({D1: "secured"}))
    pages = Pages(office.it)
    listener = listen(pages, INCIDENT)
    first = await message(listener)

    office.now = NOON.plus(1_000_000)
    office.turn(office.state)
    beat = await message(listener, "beat")
    while beat["now"] == first["now"]:
        beat = await message(listener, "beat")

    assert "parts" not in beat
    assert beat["ages"][f"led:{D1}"] == first["ages"][f"led:{D1}"]
    assert beat["now"] == first["now"] + 1_000
    pages.leave(listener)


async def test_a_silent_incident_reaches_no_other_stream() -> None:
    office = Office()
    pages = Pages(office.it)
    plain = listen(pages, HOME)
    knowing = listen(pages, replace(HOME, duress=True))
    await message(plain)
    await message(knowing)
    await asyncio.sleep(0)

    silent = Incident(IncidentId("inc-silent"), "real", "duress", A, True, NOON)
    state = quiet()
    office.turn(replace(state, record=replace(state.record, incidents={silent.id: silent})))
    told = await message(knowing, "parts")

    assert told["live"] == "inc-silent"
    assert (await message(plain))["event"] == "beat"
    pages.leave(plain)
    pages.leave(knowing)


async def test_the_timeline_follows_without_any_page_waiting_for_the_disk() -> None:
    office = Office(state=locked_down({D1: "secured", D3: "stale"}))
    pages = Pages(office.it)
    listener = listen(pages, replace(INCIDENT, record=True))
    office.journal = [recorded("door.verdict/1", 5, {"door": D1, "verdict": "secured"})]
    first = await message(listener)
    assert "timeline" not in first["parts"], "what is not read yet stays as the page was made"

    told = await message(listener, "parts")
    while "timeline" not in told["parts"]:
        told = await message(listener, "parts")

    assert "Room 101: secured" in told["parts"]["timeline"]
    pages.leave(listener)


async def test_an_incident_that_ended_leaves_its_doors_and_says_that_it_is_over() -> None:
    office = Office(state=locked_down({D1: "secured"}))
    pages = Pages(office.it)
    listener = listen(pages, INCIDENT)
    await message(listener)
    await asyncio.sleep(0)

    office.turn(quiet())
    told = await message(listener, "parts")
    assert set(told["parts"]) == {"bands"}

    while not told["over"]:
        told = await message(listener)
    assert not told.get("parts")
    pages.leave(listener)


async def test_who_lags_is_left_out_and_has_the_whole_once_it_has_read() -> None:
    office = Office()
    pages = Pages(office.it)
    slow, other = listen(pages, HOME), listen(pages, HOME)
    for one in (slow, other):
        await message(one)
    paper = cast(Paper, slow.out)
    paper.full = True
    await asyncio.sleep(0)
    office.turn(locked_down({D1: "stale"}))
    await told_of(other, "look")
    assert not paper.told

    paper.full = False
    office.turn(locked_down({D1: "secured"}))
    await told_of(other, "look")
    told = await message(slow, "parts")

    assert set(told["parts"]) == {"alerts", "bands", "waits", "state", "look", "zones", "devices", "meters"}
    assert paper.texts == cast(Paper, other.out).texts
    pages.leave(slow)
    pages.leave(other)


async def test_a_listener_that_takes_nothing_is_let_go_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listeners, "SLOW_S", 0.0)
    office = Office()
    pages = Pages(office.it)
    stuck, other = listen(pages, HOME), listen(pages, HOME)
    await message(other)
    cast(Paper, stuck.out).full = True
    await asyncio.sleep(0)
    for count in range(3):
        office.turn(locked_down({D1: "secured" if count % 2 else "stale"}))
        await told_of(other, "look")

    assert stuck.why == "gone"
    assert not other.why
    pages.leave(stuck)
    pages.leave(other)


def test_one_line_of_a_long_part_is_sent_alone() -> None:
    lines = [f'<li id="door-{number}">Room {number} secured</li>' for number in range(200)]
    was = "\n".join(["<h2>200 of 200</h2>", *lines])
    now = "\n".join(["<h2>199 of 200</h2>", *lines[:70], "<li>opened</li>", *lines[71:]])

    how = change(was, now)

    assert how == ["<h2>199 of 200</h2>", (1, 71), "<li>opened</li>", (72, 201)]
    assert changed(was, how) == now
    assert change("", now) is None, "nothing of it is there yet"
    assert change("short", "shorter") is None


async def stream(served: Any, role: str) -> aiohttp.ClientResponse:
    answer: aiohttp.ClientResponse = await served.client.get(
        f"{served.url}/events/page?screen=campus", headers={"Cookie": f"campus-edge={role}"}
    )
    return answer


async def test_a_revoked_session_sees_nothing_a_second_later(serve: Serve) -> None:
    office = Office()
    served = await serve(office)
    answer = await stream(served, "staff")
    assert (await answer.content.readuntil(b"event: parts\n")).endswith(b"event: parts\n")

    office.people.revoked.add("staff")
    async with asyncio.timeout(1.5):
        left = await answer.content.read()

    assert left.endswith(b"event: out\ndata: {}\n\n")


async def test_who_comes_to_a_role_without_the_record_is_shown_no_more_of_it(serve: Serve) -> None:
    office = Office()
    served = await serve(office)
    answer = await stream(served, "technician")
    await answer.content.readuntil(b"event: parts\n")

    office.people.became["technician"] = "staff"
    async with asyncio.timeout(1.5):
        left = await answer.content.read()

    assert left.endswith(b"event: out\ndata: {}\n\n")


async def test_a_browser_that_goes_away_is_forgotten(serve: Serve) -> None:
    office = Office()
    served = await serve(office)
    answer = await stream(served, "staff")
    await answer.content.readline()
    assert office.watching

    answer.close()
    async with asyncio.timeout(5):
        while office.watching:
            office.turn(locked_down({D1: "secured" if office.pictured % 2 else "stale"}))
            await asyncio.sleep(0.02)

    assert office.watching == []


async def test_a_stream_of_no_page_is_refused(serve: Serve) -> None:
    served = await serve(Office())

    assert (await served.get("/events/page?screen=secrets", Accept="*/*"))[0] == 404
