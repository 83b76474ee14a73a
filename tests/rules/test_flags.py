"""Flags: raised when a shortcoming begins, kept over a restart, cleared when it ends, each once."""

from dataclasses import replace

from rules.model.events import (
    ConditionChanged,
    ControllerChanged,
)
from rules.model.ids import ControllerId
from rules.model.moments import SECOND_US
from rules.supervision import armed
from tests.rules.campus import CAMPUS, PLC, campus, contact, door
from tests.rules.story import (
    DESK,
    GYM,
    HIDDEN,
    LIMIT_US,
    LOCKDOWN,
    ROOM_1,
    Story,
    cleared,
    desk,
    raised,
    running,
    standard,
)

LIMIT_S = LIMIT_US // SECOND_US


# --- flags -------------------------------------------------------------------------------------


def test_a_condition_of_the_box_is_flagged_at_once_and_cleared_at_once() -> None:
    story = running()
    full = ConditionChanged(story.now, "journal_refused", True, ("ENOSPC",))
    assert raised([story.do(full)]) == ["journal_refused"]
    assert story.state.record.flags["journal_refused", CAMPUS].args == ("ENOSPC",)
    assert raised([story.do(full)]) == []
    assert cleared([story.do(replace(full, active=False))]) == ["journal_refused"]
    assert cleared([story.do(replace(full, active=False))]) == []


def test_standing_flags_of_the_configuration_are_raised_once() -> None:
    story = Story(replace(standard(), standing_flags=(("nc_relay", ROOM_1),)))
    story.sessions()
    assert raised(story.run(10)).count("nc_relay") == 1


def test_no_part_is_flagged_that_had_no_time_to_answer_since_start() -> None:
    story = Story(up=False)
    assert raised(story.run(5, scans=False)) == ["fire_input_unsure"]
    assert {"controller_down", "not_armed", "presses_session_down"} <= set(raised(story.run(1, scans=False)))


def test_a_restart_neither_clears_nor_raises_again_what_still_holds() -> None:
    story = running()
    story.link(False)
    story.sessions(False)
    story.status(HIDDEN, battery=3)
    story.status(GYM, online=False)
    story.run(LIMIT_S + 2, scans=False)
    before = story.flags()
    assert {code for code, _ in before} >= {
        "button_battery_low",
        "button_said_offline",
        "button_silent",
        "controller_down",
        "not_armed",
        "presses_session_down",
    }
    story.restart()
    made = story.run(10, scans=False)
    assert set(raised(made)) == {"door_unknown"}
    assert set(cleared(made)) == {"door_stale"}
    assert story.flags() >= {one for one in before if one[0] != "door_stale"}


def test_what_mended_itself_over_a_restart_is_cleared() -> None:
    story = running()
    story.status(battery=3)
    story.link(False)
    story.run(1, scans=False)
    story.restart()
    story.link(True)
    story.sessions()
    story.status(battery=90)
    story.run(7)
    assert story.flags() == set()


def test_a_retained_press_is_flagged_for_a_day() -> None:
    story = running()
    story.hear(retained=True)
    story.tick(1_000)
    assert ("retained_press", DESK) in story.flags()
    story.tick(24 * 3_600_000)
    assert ("retained_press", DESK) not in story.flags()


def test_an_unanswered_press_is_flagged_with_the_number_to_answer() -> None:
    story = running()
    story.hear(gesture="single", waited_s=None)
    story.hear(gesture="hold", waited_s=None)
    story.tick(1_000)
    assert story.state.record.flags["unanswered_press", DESK].args == ("2", "unknown_age")
    story.answer(2, start=False)
    story.tick(1_000)
    assert story.state.record.flags["unanswered_press", DESK].args == ("1", "unknown_age")
    story.answer(1, start=False)
    story.tick(1_000)
    assert ("unanswered_press", DESK) not in story.flags()


def test_an_input_that_cannot_be_trusted_is_flagged_by_what_it_is() -> None:
    inputs = [contact("fire", 50, "fire-alarm"), contact("tamper", 51, "tamper")]
    story = Story(
        campus(door(ROOM_1), inputs=inputs, buttons=[desk("pb", {"hold": LOCKDOWN})], controllers=(PLC,))
    )
    story.sessions()
    story.run(6)
    story.run(4, scans=False)
    assert {("fire_input_unsure", "fire"), ("input_unsure", "tamper")} <= story.flags()


def test_an_input_that_a_reload_took_away_is_not_flagged_and_breaks_nothing() -> None:
    story = running()
    story.run(4, scans=False)
    assert ("fire_input_unsure", "fire") in story.flags()
    story.plan = replace(story.plan, inputs={})
    story.run(2)
    assert ("fire_input_unsure", "fire") not in story.flags()


def test_supervision_looks_once_a_second() -> None:
    story = running()
    story.status(battery=3)
    made = [story.tick(100) for _ in range(10)]
    assert raised(made) == ["button_battery_low"]


def test_a_controller_nobody_configured_changes_no_arming() -> None:
    story = Story(up=False)
    story.sessions()
    story.do(ControllerChanged(story.now, ControllerId("stranger"), True, "up", ""))
    assert armed(story.plan, story.state) == (False, "no_controller")
