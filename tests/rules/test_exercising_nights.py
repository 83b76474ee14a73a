"""Locks exercised at night over restarts and reloads, and the nights that went by without it."""

from dataclasses import replace

import pytest

from edge import words
from rules import exercising
from rules.model.ids import DoorId, InputId
from rules.model.moments import MINUTE_US
from rules.plan import Hours
from tests.rules.campus import STRIKE, door
from tests.rules.nights import (
    LOCKED,
    NIGHT,
    D,
    E,
    Night,
    begun,
    drives,
    quarters,
    steps,
    unlocked,
)

# --- restarts and reloads --------------------------------------------------------------------


def restarted(here: Night) -> Night:
    here.restart()
    here.link(True)
    here.run(6)
    return here


def test_a_box_that_stopped_in_the_middle_takes_the_door_back_to_its_rest() -> None:
    here = Night(quarters(unlocked()))
    here.carry_out(here.clock())
    restarted(here)
    assert here.coil("d") is False
    here.minute = 12 * 60
    made = here.night(3)

    assert drives(made) == [("d", True)]
    assert steps(made)[-1] == ("ended", "untestable", "interrupted")
    assert here.word("d") == "closed_unlocked"


def test_what_was_ordered_after_the_box_stopped_stands() -> None:
    here = Night(quarters(unlocked()))
    here.carry_out(here.clock())
    here.restart()
    here.link(True)
    here.wait(100)
    here.carry_out(here.ask_lock("d"))
    here.run(6)
    made = here.night(3)

    assert drives(made) == []
    assert steps(made) == [("ended", "untestable", "interrupted")]
    assert here.coil("d") is False


def test_a_door_that_rests_locked_needs_no_taking_back() -> None:
    here = Night(quarters(door("d", 0, LOCKED)))
    here.clock()
    restarted(here)
    here.minute = 12 * 60

    assert steps(here.night(2)) == [("ended", "untestable", "interrupted")]


def test_a_reload_that_takes_the_door_away_ends_it() -> None:
    here = Night(quarters(unlocked(), door("e", 1)))
    here.clock()
    here.plan = replace(here.plan, doors={E: here.plan.doors[E]})
    here.state = replace(here.state, live=replace(here.state.live, commands={}))

    assert steps([here.clock(), here.tick()]) == [("ended", "untestable", "superseded")]
    here.entries.clear()
    here.plan = quarters(door("e", 1))
    assert here.state.live.exercises == {}


def test_a_reload_that_takes_the_lock_or_the_hours_away_stops_it() -> None:
    here = Night(quarters(unlocked()))
    here.lazy_bolts.add(D)
    here.carry_out(here.clock())
    here.plan = replace(here.plan, doors={D: replace(here.plan.doors[D], lock=None)})

    assert steps(here.run(12)) == [("not_back", "not_proven", "not_back")]
    assert here.state.live.exercises[D].why == "no_record"


def test_a_box_that_stopped_forgets_a_door_that_is_no_more() -> None:
    here = Night(quarters(unlocked(), door("e", 1)))
    here.clock()
    here.plan = replace(here.plan, doors={E: here.plan.doors[E]})
    restarted(here)

    assert steps([here.clock()]) == [("ended", "untestable", "interrupted")]


# --- what was left out -----------------------------------------------------------------------


def test_a_night_that_went_by_without_it_is_a_flag_until_it_is_done() -> None:
    here = Night(quarters(unlocked(), at=12 * 60))
    here.clock(13 * 60)
    here.run(2)
    assert ("exercise_missed", "d") not in here.flags()
    here.clock(6 * 60, days=1)
    here.run(2)
    assert ("exercise_missed", "d") in here.flags()
    here.clock(22 * 60)
    here.run(8)
    here.night(8)
    assert ("exercise_missed", "d") not in here.flags()


def test_a_missed_night_stays_told_of_until_a_later_one_says_something_of_the_lock() -> None:
    here = Night(quarters(unlocked(), at=12 * 60))
    here.clock(13 * 60)
    here.run(2)
    here.clock(6 * 60, days=1)
    here.run(2)
    here.clock(22 * 60)
    here.run(8)
    here.leaf("d", False)
    made = here.night(8)
    here.leaf("d", True)
    here.run(2)

    assert {outcome for _, outcome, _ in steps(made)} <= {"untestable"}
    assert ("exercise_missed", "d") in here.flags()


def test_a_night_in_which_an_incident_kept_a_lock_from_its_rest_until_morning_is_a_night_left_out() -> None:
    here = begun()
    here.start("staff-assist", here.plan.campus)
    here.run(12)
    during = here.flags()
    here.clock(6 * 60, days=1)
    here.close()
    here.carry_out(here.ask_release("d"))
    here.run(8)

    assert ("lock_not_back", "d") in during
    assert ("lock_not_back", "d") not in here.flags()
    assert ("exercise_missed", "d") in here.flags()


def test_a_night_left_out_by_a_clock_that_is_not_sure_says_so_and_what_to_do() -> None:
    here = Night(quarters(unlocked(), at=12 * 60))
    here.clock(13 * 60)
    here.run(2)
    here.sure = False
    for minute, days in ((22 * 60, 0), (6 * 60, 1)):
        here.clock(minute, days=days)
        here.run(8)
    (args,) = (its.args for key, its in here.state.record.flags.items() if key[0] == "exercise_missed")
    assert args == ("clock_unsure",)
    title, text = words.flag("exercise_missed", "d", args)
    assert "d" in title
    assert "clock is not sure" in text
    assert "by_hand" in text
    here.sure = True
    here.clock(22 * 60)
    here.run(8)
    here.night(8)

    assert ("exercise_missed", "d") not in here.flags()


def test_one_that_was_stopped_all_night_was_left_out_too() -> None:
    here = begun()
    here.leaf("d", False)
    here.run(3)
    assert "exercise_missed" not in {code for code, _ in here.flags()}
    here.clock(6 * 60, days=1)
    here.run(2)
    assert ("exercise_missed", "d") in here.flags()


@pytest.mark.parametrize(
    ("hours", "minute", "window", "missed"),
    [
        (Hours(60, 120), 119, -2, True),
        (Hours(60, 120), 119, -1, False),
        (Hours(60, 120), 120, -1, True),
        (NIGHT, 4 * 60, -2, False),
        (NIGHT, 5 * 60, -2, True),
        (NIGHT, 5 * 60, -1, False),
    ],
)
def test_hours_are_over_at_their_end(hours: Hours, minute: int, window: int, missed: bool) -> None:
    here = Night(quarters(door("d", 0, replace(STRIKE, self_test=hours))))
    here.clock(minute)
    its = here.plan.doors[D]

    assert exercising._missed(its, here.state.live, here.day + window) is missed


def test_without_a_clock_nothing_is_said_to_be_left_out() -> None:
    here = Night(quarters(unlocked()))
    assert exercising._missed(here.plan.doors[D], here.state.live, 0) is False
    here.clock()
    assert exercising._missed(here.plan.doors[D], here.state.live, None) is False
    assert InputId("rex") in here.plan.inputs
    assert DoorId("d") == D


def test_a_reload_that_takes_the_lock_away_on_its_way_back_never_says_that_it_is_back() -> None:
    here = Night(quarters(unlocked()))
    made = [*here.carry_out(here.clock())]
    while not drives(made):
        made.append(here.tick())
        here.round()
    here.carry_out(made[-1])
    here.plan = replace(here.plan, doors={D: replace(here.plan.doors[D], lock=None)})

    assert ("ended", "proven", "") not in steps(here.run(3))
    assert D in here.state.live.exercises


# --- clocks that were wrong ------------------------------------------------------------------


def test_a_clock_that_was_two_weeks_ahead_keeps_no_night_from_its_exercise() -> None:
    here = Night(quarters(unlocked(), at=12 * 60))
    here.clock(13 * 60)
    here.clock(22 * 60, days=14)
    here.run(8)
    assert steps(here.night(8))[-1] == ("ended", "proven", "")
    here.clock(13 * 60, days=-14)
    here.run(8)
    assert ("exercise_missed", "d") in here.flags()
    here.minute = 22 * 60

    assert steps(here.night(8))[-1] == ("ended", "proven", "")
    assert here.state.record.self_tests.exercises[D].window == here.day
    assert ("exercise_missed", "d") not in here.flags()


def test_what_was_proven_by_a_clock_that_was_ahead_does_not_hide_what_fails_after_it() -> None:
    here = Night(quarters(unlocked()))
    two_weeks_us = 14 * 24 * 60 * MINUTE_US
    here.now = replace(here.now, utc_us=here.now.utc_us + two_weeks_us)
    here.carry_out(here.hear(press_id="p-1"))
    here.run(3)
    assert here.word("d") == "secured"
    here.close()
    here.carry_out(here.release("d"))
    here.run(3)
    here.now = replace(here.now, utc_us=here.now.utc_us - two_weeks_us)
    here.lazy_bolts.add(D)
    here.night(10)

    assert ("lock_not_exercised", "d") in here.flags()
    here.lazy_bolts.clear()
    here.carry_out(here.hear(press_id="p-2"))
    here.run(3)
    assert ("lock_not_exercised", "d") not in here.flags()
