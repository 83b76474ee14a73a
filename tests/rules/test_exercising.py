"""Locks exercised at night: told to lock, proven by their bolts, and back at their rest; whatever happens stops it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.model.events import CommandEnded
from rules.model.moments import MINUTE_US
from rules.plan import Hours
from tests.rules.campus import OTHER, PLC, campus, door, facts
from tests.rules.nights import (
    AT,
    LOCKED,
    NIGHT,
    UNLOCKED,
    D,
    Night,
    begun,
    drives,
    quarters,
    steps,
    unlocked,
)

HALF_AN_HOUR_MS = 31 * MINUTE_US / 1_000
WHOLE = [("locking", "untestable", ""), ("returning", "proven", ""), ("ended", "proven", "")]


def test_a_door_is_locked_proven_and_back_at_its_rest_and_the_record_says_when() -> None:
    here = Night(quarters(unlocked()))
    made = here.night()

    assert steps(made) == WHOLE
    assert drives(made) == [("d", False), ("d", True)]
    assert here.word("d") == "closed_unlocked"
    assert here.state.record.secured[D].utc_us > 0
    assert here.state.live.exercises == {}
    assert facts(made, "door.verdict") == []
    assert here.flags() == set()


def test_a_door_that_rests_locked_is_only_told_to_lock_once_more() -> None:
    here = Night(quarters(door("d", 0, LOCKED)))
    made = here.night()

    assert steps(made) == [("locking", "untestable", ""), ("ended", "proven", "")]
    assert drives(made) == [("d", False)]
    assert here.word("d") == "closed_locked"


def test_somebody_who_opens_a_door_that_rests_locked_is_told_of_as_ever() -> None:
    here = Night(quarters(door("d", 0, LOCKED)))
    here.carry_out(here.clock())
    # Something on its board moves, so that each door there is looked at.
    here.turn("rex")
    here.round()
    here.leaf("d", False)
    here.round()

    assert here.word("d") == "opened"


def test_an_exterior_door_is_never_told_anything_though_its_record_names_hours() -> None:
    here = Night(quarters(door("d", 0, UNLOCKED, kind="exterior"), door("e", 1, LOCKED, kind="exterior")))
    made = here.night(3)
    here.clock(6 * 60, days=1)
    made += here.night(3)

    assert drives(made) == []
    assert steps(made) == []


def test_one_door_at_a_time_on_each_board_and_each_once_a_night() -> None:
    plan = campus(
        unlocked(), unlocked("e", 1), door("f", 0, UNLOCKED, controller=OTHER), controllers=(PLC, OTHER)
    )
    plan = replace(plan, doors={one: replace(its, rex=(), fire=()) for one, its in plan.doors.items()})
    here = Night(plan)
    told = here.clock()
    assert [name for name, _ in drives([told])] == ["d", "f"]
    made = [*here.carry_out(told), *here.run(8)]

    assert [name for name, _ in drives(made)] == ["d", "f", "e", "e"]
    assert drives(here.night()) == []
    here.clock(4 * 60, days=1)
    assert drives(here.night()) == []
    here.minute = NIGHT.start_minute
    assert [name for name, _ in drives(here.night(8))].count("d") == 2


@pytest.mark.parametrize(
    ("hours", "at", "minute", "begins"),
    [
        (NIGHT, AT, 23 * 60, False),
        (NIGHT, AT, AT, True),
        (NIGHT, AT, 4 * 60, True),
        (NIGHT, 12 * 60, 22 * 60, True),
        (NIGHT, None, 22 * 60, True),
        (NIGHT, None, 21 * 60, False),
        (Hours(60, 120), AT, 61, True),
        (Hours(60, 300), AT, 61, False),
    ],
)
def test_it_begins_with_the_days_self_test_where_that_lies_in_its_hours_else_with_them(
    hours: Hours, at: int | None, minute: int, begins: bool
) -> None:
    here = Night(quarters(door("d", 0, replace(UNLOCKED, self_test=hours)), at=None))
    here.plan = replace(here.plan, self_test_at=at)
    here.clock(12 * 60 + 1)
    told = here.clock(minute, days=1 if minute < 12 * 60 else 0)
    if here.state.live.self_test is not None:
        here.run(6)
        told = here.clock()

    assert bool(drives([told])) is begins


def test_nothing_begins_before_the_first_seconds_are_over_nor_while_somebody_releases_doors() -> None:
    here = Night(quarters(unlocked()))
    here.attended = True
    assert drives([here.clock()]) == []
    here.attended = False
    here.restart()
    here.link(True)
    assert drives([here.clock()]) == []
    here.run(6)
    assert drives([here.clock()]) == [("d", False)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda here: here.bolt("d", True),
        lambda here: here.set(here.plan.doors[D].lock.point, False),
        lambda here: here.leaf("d", False),
    ],
    ids=["locked by key", "its lock is set otherwise", "open"],
)
def test_a_door_that_is_not_closed_at_its_rest_is_left_alone(wrong: Callable[[Night], None]) -> None:
    here = Night(quarters(unlocked()))
    wrong(here)
    here.run(1)

    assert drives(here.night(2)) == []


def test_a_door_whose_bolt_nobody_reads_is_left_alone() -> None:
    here = Night(quarters(door("d", 0, UNLOCKED, bolt=False), door("e", 1, UNLOCKED, lock=False)))
    assert drives(here.night(2)) == []
    here = Night(quarters(unlocked()))
    here.wait(2_500)
    assert drives([here.clock()]) == []
    here.run(1)
    here.wait(2_001)
    here.round(only=[("coil", 0), ("discrete_input", 50), ("discrete_input", 51), ("discrete_input", 1)])
    here.wait(30)
    here.round(only=[("coil", 0), ("discrete_input", 50), ("discrete_input", 51), ("discrete_input", 1)])
    assert drives([here.clock()]) == []


def test_a_door_with_a_command_on_the_wire_is_left_alone() -> None:
    here = Night(quarters(unlocked()))
    here.ask_release("d")
    assert drives([here.clock()]) == []


# --- what stops it ---------------------------------------------------------------------------


def test_a_press_wins_at_once_and_the_door_stays_locked() -> None:
    here = begun()
    pressed = here.hear(press_id="p-1")
    assert ("d", False) in drives([pressed], "lock")
    here.lazy_bolts.clear()
    made = [*here.carry_out(pressed), *here.run(3)]

    assert drives(made) == []
    assert steps(made) == [("ended", "untestable", "superseded")]
    assert here.word("d") == "secured"
    assert ("lock_not_exercised", "d") not in here.flags()


def test_a_person_who_releases_the_door_by_name_wins_too() -> None:
    here = begun()
    released = here.ask_release("d")
    assert drives([released], "rest") == [("d", True)]
    made = [*here.carry_out(released), *here.run(3)]

    assert drives(made) == []
    assert steps(made) == [("ended", "untestable", "superseded")]
    assert here.coil("d") is True


def test_a_press_wins_over_a_door_on_its_way_back() -> None:
    here = Night(quarters(unlocked()))
    told = here.clock()
    made = [*here.carry_out(told)]
    while here.state.live.exercises[D].step == "locking":
        decision = here.tick()
        made.append(decision)
        if drives([decision]) == [("d", True)]:
            break
        here.carry_out(decision)
        here.round()
    pressed = here.hear(press_id="p-1")
    here.carry_out(made[-1])
    here.carry_out(pressed)
    later = here.run(3)

    assert here.word("d") == "secured"
    assert drives(later) == []
    assert here.coil("d") is False


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (lambda here: here.leaf("d", False), "not_closed"),
        (lambda here: here.turn("rex"), "way_out_not_quiet"),
        (lambda here: setattr(here, "attended", True), "needed_otherwise"),
        (lambda here: setattr(here, "sure", False), "clock_unsure"),
        (lambda here: setattr(here, "minute", 12 * 60), "not_its_hours"),
    ],
    ids=[
        "it is opened",
        "somebody leaves",
        "a person releases doors",
        "the clock is not sure",
        "its hours are over",
    ],
)
def test_whatever_happens_at_the_door_it_goes_back_to_its_rest_at_once(
    happens: Callable[[Night], None], code: str
) -> None:
    here = begun()
    happens(here)
    here.round()
    here.clock()
    stopped = here.run(0.2)
    assert drives(stopped) == [("d", True)]
    later = here.run(3)

    assert steps([*stopped, *later]) == [("returning", "untestable", code), ("ended", "untestable", code)]
    assert here.coil("d") is True
    assert "lock_not_exercised" not in {each for each, _ in here.flags()}


def test_a_fire_alarm_leaves_a_door_to_the_fire_rule() -> None:
    hardware = replace(UNLOCKED, fire_rated=True)
    here = Night(quarters(door("d", 0, hardware, fire=("fire",))))
    here.lazy_bolts.add(D)
    here.carry_out(here.clock())
    here.turn("fire")
    made = here.run(15)

    # A fire door that is energised to unlock latches: it is not released while the alarm rings.
    assert drives(made) == []
    assert here.coil("d") is False
    assert ("lock_not_back", "d") in here.flags()
    here.turn("fire", False)
    here.run(3)
    assert here.coil("d") is True
    assert ("lock_not_back", "d") not in here.flags()


def test_an_incident_that_does_not_lock_the_door_leaves_it_locked_until_it_is_over() -> None:
    here = begun()
    here.start("staff-assist", here.plan.campus)
    made = here.run(12)
    assert drives(made) == []
    assert ("lock_not_back", "d") in here.flags()
    here.close()
    made = here.run(3)

    assert drives(made) == [("d", True)]
    assert here.coil("d") is True
    assert here.state.live.exercises == {}


def test_nothing_in_the_record_tells_a_silent_incident_from_another_reason() -> None:
    here = begun()
    here.start("duress", here.plan.campus)
    made = here.run(1)

    assert [code for _, _, code in steps(made)] == []
    here.close()
    assert {code for _, _, code in steps(here.run(3))} == {"needed_otherwise"}


def test_what_stopped_it_keeps_it_for_half_an_hour_and_then_it_is_tried_again() -> None:
    here = begun()
    here.leaf("d", False)
    here.run(3)
    here.leaf("d", True)
    here.lazy_bolts.clear()
    here.run(2)
    assert drives(here.night(2)) == []
    here.wait(HALF_AN_HOUR_MS)
    here.run(2)
    assert steps(here.night()) == WHOLE


# --- what fails ------------------------------------------------------------------------------


def test_a_bolt_that_does_not_move_is_a_flag_and_the_door_is_back_at_its_rest() -> None:
    here = Night(quarters(unlocked()))
    here.lazy_bolts.add(D)
    made = here.night(10)

    assert steps(made) == [
        ("locking", "untestable", ""),
        ("returning", "not_proven", "bolt_not_thrown"),
        ("ended", "not_proven", "bolt_not_thrown"),
    ]
    assert here.coil("d") is True
    assert ("lock_not_exercised", "d") in here.flags()
    here.lazy_bolts.clear()
    here.carry_out(here.hear(press_id="p-1"))
    here.run(3)
    assert here.word("d") == "secured"
    assert ("lock_not_exercised", "d") not in here.flags()


def test_a_board_that_refuses_is_a_flag_with_its_code() -> None:
    here = Night(quarters(unlocked()))
    here.answers[PLC] = ("refused", "exception_2")
    made = here.night(14)

    assert ("returning", "not_proven", "exception_2") in steps(made)
    assert ("lock_not_back", "d") not in here.flags()
    assert ("lock_not_exercised", "d") in here.flags()


def test_a_command_that_nobody_ever_answers_is_given_up() -> None:
    here = Night(quarters(unlocked()))
    told = here.clock()
    made = []
    for _ in range(120):
        decision = here.tick()
        made.append(decision)
        here.round()

    assert ("returning", "not_proven", "no_answer") in steps(made)
    assert drives([told, *made])[:2] == [("d", False), ("d", True)]


def test_an_answer_without_a_code_is_told_by_its_ending() -> None:
    here = Night(quarters(unlocked()))
    (permit,) = here.clock().permits
    here.do(CommandEnded(here.now, permit.id, PLC, "not_sent", ""))

    assert steps([here.tick()]) == [("returning", "not_proven", "not_sent")]


def test_a_door_that_does_not_come_back_is_a_flag_told_ever_more_seldom_until_it_does() -> None:
    here = Night(quarters(unlocked()))
    made = [*here.carry_out(here.clock())]
    for _ in range(30):
        decision = here.tick()
        made.append(decision)
        if drives([decision]) == [("d", True)]:
            break
        here.round()
    here.lazy_bolts.add(D)
    here.carry_out(made[-1])
    made = here.run(60)

    assert ("not_back", "not_proven", "not_back") in steps(made)
    assert ("lock_not_back", "d") in here.flags()
    assert 3 <= len(drives(made)) <= 5
    assert {on for _, on in drives(made)} == {True}
    late = []
    for _ in range(12):
        here.wait(11 * MINUTE_US / 1_000)
        late.append(here.tick())
        here.carry_out(late[-1])
    assert len(drives(late)) == 12
    assert len(steps(late)) < 12
    here.bolt("d", False)
    made = here.run(2)
    assert steps(made)[-1] == ("ended", "proven", "")
    assert ("lock_not_back", "d") not in here.flags()
