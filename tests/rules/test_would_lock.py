"""The dry run: each door that would fail in a lockdown is named with its reason, nothing is touched, and no press waits."""

from dataclasses import replace

import pytest

from rules.decision import Decision
from rules.model.events import DryRunAsked, Ticked
from rules.model.facts import RequestRefused
from rules.model.flag_facts import DryRunTold
from rules.model.ids import DoorId
from rules.model.selftest import LinkName
from rules.plan import Plan
from rules.selftest_state import (
    ExerciseMemory,
    TestResult,
)
from rules.would_lock import DOORS_A_TICK, would_fail
from tests.rules.campus import (
    CAMPUS,
    DELAYED,
    MAGLOCK,
    OTHER,
    PERSON,
    PLC,
    STRIKE,
    campus,
    contact,
    door,
    facts,
)
from tests.rules.nights import DAY, Night, whole
from tests.rules.story import DESK, HIDDEN, LOCKDOWN, Story, cleared, desk, raised, replied, standard

AT = 6 * 60 + 30
D, E = DoorId("d"), DoorId("e")


def morning(plan: Plan | None = None, at: int | None = AT) -> Night:
    """A campus some seconds after a good start, before its first dry run."""
    here = Night(replace(whole() if plan is None else plan, dry_run_at=at))
    here.status()
    return here


def ask(here: Story) -> Decision:
    return here.do(DryRunAsked(here.now, here.request(), PERSON))


def told(made: list[Decision] | Decision) -> list[DryRunTold]:
    return [one for one in facts(made) if isinstance(one, DryRunTold)]


def asked(here: Story) -> DryRunTold:
    """One that a person asked for, to its end."""
    ask(here)
    (found,) = told([here.tick() for _ in range(3)])
    return found


def why(here: Story, name: str = "d") -> list[str]:
    return list(would_fail(here.plan, here.state, DoorId(name), here.now))


# --- when -------------------------------------------------------------------------------------


def test_it_is_run_once_a_day_at_its_time_and_touches_nothing() -> None:
    here = morning()
    here.clock(AT - 1, days=1)
    before = here.run(1)
    here.clock(AT)
    made = here.run(1)
    (found,) = [one for one in told(made) if one.day == DAY + 1]
    assert (found.cause, found.asked, found.doors) == ("schedule", 2, ())
    here.clock(AT + 1)
    here.clock(23 * 60)
    after = [*made, *here.run(1)]
    assert len([one for one in told(after) if one.day == DAY + 1]) == 1
    assert not [permit for one in (*before, *after) for permit in one.permits]


def test_a_box_that_was_off_at_its_hour_runs_it_when_it_comes_back_and_a_new_one_at_once() -> None:
    here = morning()
    here.clock(AT - 1)
    (first,) = told(here.run(1))
    assert first.day == DAY - 1
    here.wait(3 * 24 * 3_600 * 1_000)
    here.restart("another boot")
    here.clock(9 * 60, days=3)
    assert told(here.run(1)) == []
    here.run(6)
    here.clock()
    assert [one.day for one in told(here.run(1))] == [DAY + 3]


def test_a_clock_that_was_ahead_by_months_keeps_none_from_being_run() -> None:
    here = morning()
    here.clock(AT, days=90)
    assert [one.day for one in told(here.run(1))] == [DAY + 90]
    here.clock(AT, days=-90)
    assert [one.day for one in told(here.run(1))] == [DAY]


def test_without_an_hour_it_is_run_only_when_somebody_asks() -> None:
    here = morning(at=None)
    here.clock(AT, days=1)
    assert told(here.run(1)) == []
    found = asked(here)
    assert (found.number, found.cause, found.day) == (1, "person", None)
    assert here.state.record.dry_run.day == 0


def test_two_are_not_run_at_once_and_none_in_an_incident_that_people_can_see() -> None:
    here = morning(standard())
    assert replied(ask(here)).args == (("number", 1),)
    again = ask(here)
    assert (replied(again).done, replied(again).code) == (False, "dry_run_running")
    here.run(1)
    here.hear(HIDDEN, "single")
    assert replied(ask(here)).done
    here.run(1)
    here.hear(DESK)
    refused = ask(here)
    assert replied(refused).code == "dry_run_incident"
    assert [one.code for one in facts(refused) if isinstance(one, RequestRefused)] == ["dry_run_incident"]


def test_an_incident_gives_it_up_and_it_is_due_again() -> None:
    here = morning(standard())
    here.clock(AT)
    assert here.state.live.dry_run is not None
    here.hear(DESK)
    assert told(here.run(1)) == []
    here.clock(AT + 10)
    assert told(here.run(1)) == []
    here.close()
    here.clock(AT + 20)
    assert [one.day for one in told(here.run(1))] == [DAY]


def test_of_many_doors_some_are_looked_at_with_each_tick_so_that_no_press_waits() -> None:
    many = 3 * DOORS_A_TICK
    doors = [door(f"d-{number}", number) for number in range(many)]
    here = morning(campus(*doors, buttons=[desk(DESK, {"hold": LOCKDOWN})], controllers=(PLC,)), at=None)
    ask(here)
    assert told([here.tick(), here.tick()]) == []
    (found,) = told(here.tick())
    assert found.asked == many


# --- what would fail --------------------------------------------------------------------------


def test_a_door_that_locks_and_proves_it_is_not_named() -> None:
    assert why(morning()) == []


@pytest.mark.parametrize(
    ("one", "codes"),
    [
        (door("d", 0, None), ["no_record"]),
        (door("d", 0, STRIKE, lock=False, bolt=False), ["no_record", "no_bolt_sensor"]),
        (door("d", 0, STRIKE, defects=("contradiction",)), ["contradiction"]),
        (door("d", 0, DELAYED), ["delayed_egress"]),
        (door("d", 0, STRIKE, bolt=False), ["no_bolt_sensor"]),
        (door("d", 0, STRIKE, position=False), []),
        (door("d", 0, STRIKE), []),
    ],
)
def test_what_its_record_and_its_wires_say(one: object, codes: list[str]) -> None:
    here = morning(campus(one, inputs=[contact("fire", 50, "fire-alarm")], controllers=(PLC,)))  # type: ignore[arg-type]
    assert why(here) == codes


def test_what_the_interlock_holds_now_is_named_as_a_press_would_find_it() -> None:
    magnet = door("d", 0, MAGLOCK, rex=("rex",), exits=("exit",), fire=("fire",))
    inputs = [contact("fire", 50, "fire-alarm"), contact("rex", 51), contact("exit", 52)]
    here = morning(campus(magnet, inputs=inputs, controllers=(PLC,)))
    here.run(31)
    assert why(here) == []
    here.turn("rex")
    here.run(1)
    assert why(here) == ["leaving_active"]
    here.turn("rex", active=False)
    here.turn("fire")
    here.run(1)
    assert why(here) == ["fire_active"]
    here.turn("fire", active=False)
    here.run(31)
    # Freed by the fire rule it waits for a person's word; a press is one.
    assert here.order("d") == "free"
    assert why(here) == []


def test_a_board_that_does_not_answer_is_the_reason_and_what_it_does_not_read_is_not() -> None:
    here = morning()
    here.link(False)
    assert why(here) == ["controller_down"]
    boards = {name: one for name, one in here.state.live.controllers.items() if name != PLC}
    here.state = replace(here.state, live=replace(here.state.live, controllers=boards))
    assert why(here) == ["controller_down"]


def test_a_sensor_that_is_not_read_and_a_door_that_stands_open() -> None:
    here = morning()
    here.run(3, scans=False)
    assert why(here) == ["bolt_not_read", "position_not_read"]
    here.leaf("d", closed=False)
    here.run(1)
    assert why(here) == ["stands_open"]


def test_a_lock_that_was_not_proven_when_it_was_last_tried_and_not_since() -> None:
    here = morning()
    record = here.state.record
    exercises = {D: ExerciseMemory(DAY, here.now, "ended", "not_proven", "bolt_not_thrown")}
    last = TestResult(1, here.now, "schedule", (), {LinkName("lock:d"): ("not_proven", "bolt_not_thrown")})
    tests = replace(record.self_tests, exercises=exercises, last=last)
    here.state = replace(here.state, record=replace(record, self_tests=tests))
    assert why(here) == ["exercise_not_proven", "self_test_not_proven"]
    here.wait(1_000)
    here.state = replace(here.state, record=replace(here.state.record, secured={D: here.now}))
    assert why(here) == []


def test_that_a_door_stood_open_in_the_last_self_test_is_its_own_sensors_to_say() -> None:
    here = morning()
    record = here.state.record
    last = TestResult(1, here.now, "schedule", (), {LinkName("lock:d"): ("not_proven", "stands_open")})
    here.state = replace(here.state, record=replace(record, self_tests=replace(record.self_tests, last=last)))
    assert why(here) == []


# --- its flags --------------------------------------------------------------------------------


def test_a_door_that_would_fail_is_a_flag_until_the_next_run_says_otherwise() -> None:
    here = morning(at=None)
    here.link(False, OTHER)
    assert asked(here).doors == ((E, "controller_down"),)
    assert "would_not_lock" in raised(here.run(3))
    assert here.state.record.flags["would_not_lock", "e"].args == ("controller_down",)
    here.link(True, OTHER)
    assert "would_not_lock" not in cleared(here.run(3))
    assert asked(here).doors == ()
    assert "would_not_lock" in cleared(here.run(3))


def test_its_reasons_are_told_anew_when_they_change_and_it_is_as_old_as_it_was() -> None:
    here = morning(at=None)
    here.run(3, scans=False)
    asked(here)
    here.run(2)
    since = here.state.record.flags["would_not_lock", "d"].since
    here.link(False)
    asked(here)
    here.run(3)
    flag = here.state.record.flags["would_not_lock", "d"]
    assert (flag.args, flag.since) == (("controller_down",), since)


def test_a_door_that_stood_open_is_flagged_no_longer_once_it_is_closed() -> None:
    here = morning(at=None)
    here.leaf("d", closed=False)
    here.run(1)
    assert asked(here).doors == ((D, "stands_open"),)
    assert "would_not_lock" in raised(here.run(3))
    here.leaf("d", closed=True)
    assert "would_not_lock" in cleared(here.run(3))


def test_what_was_told_is_what_a_restart_knows() -> None:
    here = morning(at=None)
    here.link(False, OTHER)
    asked(here)
    here.restart()
    assert here.state.record.dry_run.doors == {E: ("controller_down",)}
    assert here.state.record.dry_run.asked == 2


def test_a_tick_without_one_under_way_does_nothing() -> None:
    here = morning(at=None)
    here.wait(10)
    assert told(here.do(Ticked(here.now))) == []
    assert here.state.record.dry_run.at is None
    assert CAMPUS in here.plan.zones
