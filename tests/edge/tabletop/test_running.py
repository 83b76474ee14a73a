"""A written incident runs through the rules themselves: doors that fail are named, a fire frees, and no driver is there."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from edge.cli.record import told
from edge.config.check import check
from edge.config.plan import compile_plan
from edge.config.secrets import stored
from edge.scenarios.reading import read
from edge.tabletop import running
from edge.tabletop.film import film
from edge.tabletop.messages import Film, Scenario, Wanted
from edge.tabletop.places import NotHere, Places
from edge.tabletop.running import run
from edge.tabletop.shown import LAST_ROWS, Shown, is_secured
from rules.plan import Plan
from tests.edge.config.campuses import FILES, SOUND

AT_US = 1_786_708_800_000_000


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = check(SOUND.replace("rest: locked", "rest: unlocked", 1).encode(), "campus.yaml", stored(FILES))
    assert found.config is not None
    return compile_plan(found.config, found.packs, found.hash)


def scenario(*steps: str) -> Scenario:
    made = read(("tabletop: 1\ntitle: T\nsteps:\n" + "".join(f"  - {one}\n" for one in steps)).encode(), "x")
    assert made.scenario is not None, made.wrong
    return made.scenario


def at(made: Film, ms: int) -> Shown:
    shown = Shown(made)
    shown.to(ms)
    return shown


def words(made: Film) -> list[str]:
    return [told(msgspec.json.decode(row)) for row in made.rows]


PRESS = '{at: "0:05", press: {asks: lockdown}}'


def test_a_press_locks_what_the_rules_say_and_sensors_prove_it(plan: Plan) -> None:
    made = run(plan, scenario(PRESS), AT_US)
    assert at(made, 4_999).told() == {}
    shown = at(made, 7_000)
    assert shown.zones == {"lincoln-hs": "lockdown"}
    assert is_secured(shown.doors["a-101"])
    # What has no commissioning record is held back by the interlock, here as on the day itself.
    assert shown.doors["gym-west"].held == "no_record"
    assert [one.response for one in shown.incidents] == ["lockdown"]


@pytest.mark.parametrize(
    ("does", "verdict"),
    [("not-latched", "not_latched"), ("refused", "refused"), ("no-answer", "no_answer"), ("open", "ajar")],
)
def test_a_door_that_fails_is_named_and_works_again_when_it_does(plan: Plan, does: str, verdict: str) -> None:
    steps = (
        f"{{at: 0s, door: {{door: a-101, does: {does}}}}}",
        PRESS,
        "{at: 40s, door: {door: a-101, does: works}}",
    )
    made = run(plan, scenario(*steps), AT_US)
    assert at(made, 30_000).doors["a-101"].verdict == verdict
    assert is_secured(at(made, 10**7).doors["a-101"])


def test_a_fire_in_a_lockdown_is_told_and_a_room_a_note_a_change_and_an_end_stand_in_the_timeline(
    plan: Plan,
) -> None:
    made = run(
        plan,
        scenario(
            PRESS,
            "{at: 20s, room: {number: 1, word: injured, people: 3}}",
            "{at: 30s, note: Gate is open}",
            "{at: 40s, fire: {active: true}}",
            "{at: 60s, fire: {active: false, input: fire}}",
            "{at: 70s, start: {response: evacuate, reason: smoke}}",
            "{at: 90s, close: over}",
        ),
        AT_US,
    )
    said = words(made)
    assert "input fire is active" in said
    assert "input fire is quiet" in said
    assert any("injured, people 3" in one for one in said)
    assert any("changed to evacuate" in one or "raised to evacuate" in one for one in said)
    assert [one for one in said if not one.startswith("state ")][-1] == "closed"
    assert "state 3: words stand ready for the district: 4 (families) 5 (media)" in said
    assert at(made, 25_000).rooms == {"a-101": ("injured", 3)}
    assert list(at(made, 10**7).incidents) == []


def test_questions_stand_at_their_times_even_behind_the_last_row(plan: Plan) -> None:
    made = run(
        plan,
        scenario("{at: 0s, inject: Who?}", PRESS, '{at: "20:00", inject: {text: And now?, to: safety}}'),
        AT_US,
    )
    assert [(one.number, one.at_ms, one.to) for one in made.injects] == [(1, 0, ""), (2, 1_200_000, "safety")]
    assert made.length_ms >= 1_200_000


def test_what_the_campus_does_not_have_is_said_by_its_line_and_nothing_runs(plan: Plan) -> None:
    made = run(
        plan,
        scenario(
            "{at: 0s, press: {button: pb-none}}",
            "{at: 0s, press: {asks: shelter}}",
            "{at: 0s, press: {button: pb-101, asks: duress}}",
            "{at: 0s, door: {door: none, does: open}}",
            "{at: 0s, door: {kind: stair, does: open}}",
            "{at: 0s, fire: {active: true, input: none}}",
            "{at: 0s, room: {room: Attic, word: safe}}",
            "{at: 0s, start: {response: evacuate, zone: none}}",
            "{at: 0s, start: duress}",
        ),
        AT_US,
    )
    assert [line for line, _ in made.wrong] == list(range(4, 13))
    assert made.rows == []


def test_a_room_is_found_by_its_name(plan: Plan) -> None:
    (step,) = scenario("{at: 0s, room: {room: room 101, word: safe}}").steps
    Places(plan).check(step)
    (step,) = scenario("{at: 0s, room: {number: 900, word: safe}}").steps
    with pytest.raises(NotHere, match="it needs 900 rooms"):
        Places(plan).check(step)


def test_the_same_incident_gives_the_same_film(plan: Plan) -> None:
    one = scenario(PRESS, "{at: 30s, close: x}")
    assert run(plan, one, AT_US) == run(plan, one, AT_US)


def test_the_same_rows_give_the_same_cuts_as_a_past_incident(plan: Plan) -> None:
    made = run(plan, scenario(PRESS), AT_US)
    rows = [msgspec.json.decode(row) for row in made.rows]
    again = film(rows, title="Then")
    assert [one.doors for one in again.cuts] == [one.doors for one in made.cuts]
    assert again.cuts[0].at_ms == 0


def test_a_row_of_another_version_is_kept_and_changes_nothing(plan: Plan) -> None:
    made = run(plan, scenario(PRESS), AT_US)
    rows = [msgspec.json.decode(row) for row in made.rows]
    strange = [{**rows[0], "kind": "door.sang/1"}, {**rows[0], "data": {"door": 7}}]
    again = film([*strange, *rows], title="Then")
    assert len(again.rows) == len(rows) + 2
    assert again.cuts[0].doors == {}
    assert is_secured(at(again, 10**7).doors["a-101"])


def test_a_film_is_bounded_and_says_that_its_end_is_missing(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = [f"{{at: {second}s, note: n}}" for second in range(10, 200)]
    whole = run(plan, scenario(PRESS, *noise), AT_US)
    assert not whole.cut
    assert len(at(whole, 10**7).rows()) == min(LAST_ROWS, len(whole.rows))
    assert at(whole, 10**7).rows()[-1][0] == whole.cuts[-1].at_ms
    monkeypatch.setattr(running, "MOST_ROWS", 30)
    made = run(plan, scenario(PRESS, *noise), AT_US)
    assert made.cut
    assert len(made.rows) <= 30


def test_looking_back_shows_what_was_then(plan: Plan) -> None:
    shown = at(run(plan, scenario(PRESS, "{at: 30s, close: x}"), AT_US), 10**7)
    assert shown.zones == {}
    shown.to(10_000)
    assert shown.zones == {"lincoln-hs": "lockdown"}
    shown.to(0)
    assert (shown.zones, shown.told()) == ({}, {})


# --- the process -------------------------------------------------------------------------------


def made_by_process(wanted: Wanted) -> Film:
    done = subprocess.run(
        [sys.executable, "-m", "edge.tabletop.process"],
        input=msgspec.msgpack.encode(wanted),
        capture_output=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[3],
    )
    return msgspec.json.decode(done.stdout, type=Film)


def test_the_process_that_makes_a_film_has_no_driver_loaded(plan: Plan) -> None:
    made = made_by_process(Wanted(at_us=AT_US, plan=plan, scenario=scenario(PRESS)))
    assert made == run(plan, scenario(PRESS), AT_US)
    assert made.loaded == []
    ask = (
        "import sys, edge.tabletop.process; "
        "print([one for one in sys.modules if one.split('.')[0] in "
        "('drivers', 'asyncio', 'socket', 'aiohttp', 'aiomqtt', 'serial', 'sqlite3', 'subprocess')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "['drivers', 'drivers.confined']"


def test_it_refuses_to_work_where_a_driver_is_loaded(plan: Plan) -> None:
    ask = (
        "import drivers.doors.modbus_tcp, edge.tabletop.process as process; "
        "from edge.tabletop.messages import Wanted; "
        "print(process.answer(Wanted(at_us=0)).wrong)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert "a driver is loaded" in done.stdout


def test_a_past_incident_is_filmed_by_the_process_without_a_plan(plan: Plan) -> None:
    rows = [msgspec.json.decode(row) for row in run(plan, scenario(PRESS), AT_US).rows]
    made = made_by_process(Wanted(at_us=0, rows=rows, title="Then", cut=True))
    assert (made.title, made.cut, len(made.rows)) == ("Then", True, len(rows))
