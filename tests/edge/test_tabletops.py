"""Where tabletops stand in the daemon: one film at a time, a real incident first, nothing told of what is silent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import tabletop_views, tabletops
from edge.control.desk import Make, Reply
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused
from edge.operations import NotDone
from edge.scenarios import shelf
from edge.scenarios.reading import read
from edge.tabletop.messages import Film, InjectCut
from edge.tabletop_forms import Add, Clock, Decide, End, Find, Join, Start
from edge.tabletops import Tabletops, WrongScenario
from edge.views import pages
from rules.model.ids import Actor
from rules.plan import Plan
from rules.state import State
from tests.rules.story import replied
from tests.rules.test_tabletop import Table

WRITTEN = "intruder-at-the-door"
FILM = Film(
    title="T",
    length_ms=60_000,
    rows=[],
    cuts=[],
    injects=[InjectCut(1, 0, "Who?"), InjectCut(2, 30_000, "What?", "safety", "All")],
)
KIM = Actor("account:kim")


class Box:
    """The rules themselves behind the desk; a journal of one incident that is over."""

    def __init__(self, store: Path) -> None:
        self.table = Table()
        self.store = store
        self.lines: dict[str, dict[str, Any]] = {}
        self.broken = False

    @property
    def plan(self) -> Plan:
        return self.table.plan

    @property
    def state(self) -> State:
        return self.table.state

    async def views(self, what: Callable[[Any], Any]) -> Any:
        if self.broken:
            raise JournalRefused("the disk hangs")
        return what(self)

    async def events(self, after: tuple[str, int] | None, limit: int) -> list[Stored]:
        return []

    async def submit(self, actor: Actor, make: Make) -> Reply:
        made = replied(self.table.do(make(self.table.now, self.table.request(), actor)))
        return Reply(made.done, made.code, made.args)


class Office:
    """Tabletops on such a box, with processes that answer at once. asked: which were started."""

    def __init__(self, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.box = Box(store)
        self.asked: list[str] = []
        self.film, self.gate = FILM, asyncio.Event()
        self.gate.set()

        async def said(program: str, data: bytes, most_bytes: int, patience_s: float) -> bytes:
            self.asked.append(program)
            await self.gate.wait()
            return msgspec.json.encode(read(data, "x") if "scenarios" in program else self.film)

        monkeypatch.setattr(tabletops, "_said", said)
        monkeypatch.setattr(pages, "incident", lambda views, name: views.lines.get(name))
        self.now_us = 0
        monkeypatch.setattr(tabletops, "_now_us", lambda: self.now_us)
        self.it = Tabletops(self.box, lambda: False)

    async def begun(self, source: str = "scenario", of: str = WRITTEN) -> str:
        reply = await self.it.do(KIM, Start(source=source, of=of))  # type: ignore[arg-type]
        assert reply.done
        return str(dict(reply.args)["tabletop"])

    async def position(self, one: str) -> int:
        seat = await self.it.seat(self.it.running(one))
        return seat.playing.position(self.now_us)

    async def code(self, form: Any, name: str = "") -> str:
        try:
            return (await self.it.do(KIM, form, name)).code
        except NotDone as err:
            return err.code


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(tmp_path, monkeypatch)


async def test_it_plays_stops_at_the_question_and_takes_what_the_table_says(office: Office) -> None:
    one = await office.begun()
    await office.it.do(KIM, Clock(do="play", speed=20), one)
    office.now_us = 1_000_000
    assert await office.position(one) == 20_000
    assert await office.code(Decide(text="no", inject=2), one) == "bad_inject"
    office.now_us = 9_000_000
    assert await office.position(one) == 30_000
    assert await office.code(Decide(text="yes", inject=2, role="safety"), one) == "done"
    assert await office.code(Join(name="Lee"), one) == "done"
    assert await office.code(Find(text="No key"), one) == "done"
    seat = await office.it.seat(office.it.running(one))
    told = tabletop_views.document(office.box.plan, office.it.running(one), seat, None, office.now_us)
    assert [(each["number"], each["expected"]) for each in told["injects"]] == [(1, ""), (2, "All")]
    assert (told["live"], told["found"], told["to_come"]) == (False, ["No key"], 0)
    assert await office.code(Clock(do="step"), one) == "done"
    assert await office.position(one) == 60_000
    assert await office.code(End(), one) == "done"
    assert await office.code(Clock(do="play"), one) == "unknown_tabletop"


async def test_a_real_incident_stops_it_at_once_and_nothing_plays_or_begins_beside_it(office: Office) -> None:
    one = await office.begun()
    await office.it.do(KIM, Clock(do="play", speed=20), one)
    office.now_us = 500_000
    office.box.table.hear()
    assert await office.position(one) == 10_000
    office.now_us = 900_000
    assert await office.position(one) == 10_000
    assert await office.code(Clock(do="play", speed=5), one) == "done"
    office.now_us = 2_000_000
    assert await office.position(one) == 10_000
    before = list(office.asked)
    assert await office.code(Start(source="scenario", of=WRITTEN)) == "real_incident_live"
    assert office.asked == before
    told = tabletop_views.listing(office.box.state, [], office.it.real)
    assert told["real"] == {"incident": office.box.table.real, "response": "lockdown"}


async def test_one_film_is_made_at_a_time(office: Office) -> None:
    office.gate.clear()
    first = asyncio.create_task(office.begun())
    while not office.asked:
        await asyncio.sleep(0)
    assert await office.code(Start(source="scenario", of=WRITTEN)) == "tabletop_busy"
    office.gate.set()
    await first


async def test_a_film_that_is_gone_is_made_again_and_stands_at_its_beginning(office: Office) -> None:
    one = await office.begun()
    await office.it.do(KIM, Clock(do="seek", at_ms=40_000), one)
    assert await office.position(one) == 40_000
    office.it = Tabletops(office.box, lambda: False)
    assert await office.position(one) == 0


async def test_a_file_that_was_changed_meanwhile_makes_no_other_film(office: Office) -> None:
    text = 'tabletop: 1\ntitle: "Bus"\nsteps: [{at: 0s, inject: Where?}]\n'
    assert await office.code(Add(name="bus", text=text)) == "done"
    one = await office.begun(of="bus")
    shelf.kept(office.box.store, "bus", text.replace("Bus", "Train").encode())
    office.it = Tabletops(office.box, lambda: False)
    assert await office.code(Clock(do="pause"), one) == "scenario_changed"


async def test_a_bad_file_is_refused_with_its_lines_and_not_kept(office: Office) -> None:
    with pytest.raises(WrongScenario) as refused:
        await office.it.do(KIM, Add(name="bus", text="tabletop: 1\ntitle: A\nsteps: [{at: x, close: y}]\n"))
    assert [line for line, _ in refused.value.lines] == [3]
    # What the campus does not have comes from the other process.
    office.film = Film(wrong=[(number, "there is no door") for number in range(1, 9)])
    with pytest.raises(WrongScenario) as refused:
        await office.begun()
    assert "and 3 more" in dict(refused.value.said)["lines"]  # type: ignore[operator]
    assert [one.name for one in await office.it.scenarios()] == ["fire-alarm-in-a-lockdown", WRITTEN]
    assert await office.code(Add(name=WRITTEN, text="x")) == "bad_scenario_name"
    assert await office.code(Start(source="scenario", of="none")) == "unknown_scenario"


async def test_a_silent_an_open_and_an_unknown_incident_are_the_same_to_a_table(office: Office) -> None:
    line = {
        "epoch": "e",
        "seq": 40,
        "kind": "real",
        "response": "duress",
        "opened_at": "2026-08-14T12:00:00Z",
        "zones": "[]",
    }
    office.box.lines = {
        "inc-silent": {**line, "silent": 1, "closed_at": "2026-08-14T12:09:00Z"},
        "inc-open": {**line, "silent": 0, "closed_at": None},
        "inc-over": {**line, "silent": 0, "closed_at": "2026-08-14T12:09:00Z"},
    }
    for name in ("inc-silent", "inc-open", "inc-none"):
        assert await office.code(Start(source="incident", of=name)) == "unknown_incident_over"
    assert await office.code(Start(source="incident", of="inc-over")) == "done"
    office.box.broken = True
    assert await office.code(Start(source="incident", of="inc-over")) == "incident_long_ago"


async def test_a_process_that_says_nothing_is_told_and_begins_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotDone) as refused:
        await tabletops._said("json.tool", b"not json", 1_000, 20.0)
    assert refused.value.code == "tabletop_not_made"


def test_what_is_over_is_listed_with_what_is_open_of_it() -> None:
    table = Table()
    one = table.begun()
    assert [each["id"] for each in tabletop_views.listing(table.state, [], None)["running"]] == [one]
