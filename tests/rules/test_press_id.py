"""Which press is new and which was heard before: retained, repeated, and the identity of one without an id."""

from dataclasses import replace

import pytest

from rules.model.kinds import DRILL, EXERCISE, TEST, Kind
from rules.model.moments import SECOND_US
from tests.rules.story import (
    DESK,
    GYM,
    TOLD,
    Story,
    only,
    standings,
    told,
)

DAY_S = 24 * 3600


# --- retained ----------------------------------------------------------------------------------


def test_a_retained_press_opens_nothing_is_recorded_as_retained_and_only_the_broker_hears() -> None:
    story = Story()
    kept = story.hear(press_id="p-1", retained=True, waited_s=None)
    assert standings(kept) == ["retained"]
    assert not kept.permits
    assert not story.incidents
    assert not story.state.record.unanswered
    assert (told(kept).topic_answer, told(kept).delivery) == (False, TOLD)


def test_a_retained_copy_does_not_make_the_live_press_a_repeat() -> None:
    story = Story()
    story.hear(press_id="p-1", retained=True)
    assert standings(story.hear(press_id="p-1")) == ["acted"]


def test_a_retained_copy_does_not_use_up_the_counter_of_the_live_press() -> None:
    story = Story()
    story.hear(counter=5)
    story.close()
    story.wait(60_000)
    story.hear(counter=6, retained=True)
    assert standings(story.hear(counter=6)) == ["acted"]


# --- repeated ----------------------------------------------------------------------------------


def test_a_repeat_opens_nothing_and_is_answered_again() -> None:
    story = Story()
    first = story.hear(press_id="p-1")
    story.wait(3_000)
    again = story.hear(press_id="p-1")
    assert standings(again) == ["repeated"]
    assert not again.permits
    assert told(again) == told(first)


def test_a_repeat_after_close_opens_nothing_and_names_the_incident_it_belonged_to() -> None:
    story = Story()
    story.hear(GYM, "single", press_id="p-1")
    incident = story.real
    story.close()
    story.wait(60_000)
    again = story.hear(GYM, "single", press_id="p-1")
    assert standings(again) == ["repeated"]
    assert told(again).incident == incident
    assert not story.incidents


@pytest.mark.parametrize(("after_s", "standing"), [(DAY_S, "repeated"), (DAY_S + 1, "acted")])
def test_a_press_is_compared_with_those_of_the_last_24_hours(after_s: int, standing: str) -> None:
    story = Story()
    story.hear(press_id="p-1")
    story.close()
    story.wait(after_s * 1_000)
    assert standings(story.hear(press_id="p-1")) == [standing]


def test_a_press_of_the_live_incident_is_remembered_for_as_long_as_it_lives() -> None:
    story = Story()
    story.hear(press_id="p-1")
    story.wait(3 * DAY_S * 1_000)
    story.hear(press_id="p-2")
    assert standings(story.hear(press_id="p-1")) == ["repeated"]
    story.close()
    story.wait((DAY_S + 1) * 1_000)
    assert standings(story.hear(press_id="p-1")) == ["acted"]


def test_a_device_that_repeats_its_last_press_for_days_stays_a_repeat() -> None:
    """Shelly Gen1 sends its last event again every 30 s for ever; the 25th hour must not lock the campus."""
    story = Story()
    story.hear(press_id="p-1")
    story.close()
    for _ in range(3):
        story.wait(DAY_S * 1_000 // 2)
        assert standings(story.hear(press_id="p-1")) == ["repeated"]


def test_the_same_id_from_another_button_is_another_press() -> None:
    story = Story()
    story.hear(press_id="p-1")
    assert standings(story.hear(GYM, "single", press_id="p-1")) == ["joined"]


def test_a_repeat_is_known_after_a_restart() -> None:
    story = Story()
    story.hear(press_id="p-1")
    story.restart()
    assert standings(story.hear(press_id="p-1")) == ["repeated"]


def test_a_repeat_of_a_press_left_to_a_person_is_answered_and_waits_once() -> None:
    story = Story()
    story.hear(press_id="p-1", waited_s=None)
    again = story.hear(press_id="p-1", waited_s=0)
    assert standings(again) == ["repeated"]
    assert told(again).incident is None
    assert len(story.state.record.unanswered) == 1


# --- without an id -----------------------------------------------------------------------------


def test_gesture_counter_and_time_make_the_id() -> None:
    story = Story()
    at_us = story.now.utc_us
    pressed = story.hear(counter=3, at_us=at_us)
    assert told(pressed).press == f"hold.3.{at_us}"
    story.wait(5_000)
    assert standings(story.hear(counter=3, at_us=at_us)) == ["repeated"]
    assert standings(story.hear(counter=4, at_us=at_us)) == ["joined"]
    assert standings(story.hear(gesture="single", counter=3, at_us=at_us)) == ["joined"]
    assert standings(story.hear(counter=3, at_us=at_us + 1)) == ["joined"]


def test_the_time_alone_tells_presses_apart_however_late_they_come() -> None:
    story = Story()
    at_us = story.now.utc_us
    story.hear(at_us=at_us)
    story.wait(60_000)
    assert standings(story.hear(at_us=at_us)) == ["repeated"]


@pytest.mark.parametrize(
    ("counter", "standing"),
    [
        pytest.param(6, "joined", id="higher is new"),
        pytest.param(5, "repeated", id="equal is the same sent again"),
        pytest.param(4, "joined", id="lower is a restarted device and new"),
        pytest.param(0, "joined", id="zero is a restarted device and new"),
    ],
)
def test_a_counter_without_a_time_tells_presses_apart(counter: int, standing: str) -> None:
    story = Story()
    story.hear(counter=5)
    story.wait(60_000)
    assert standings(story.hear(counter=counter)) == [standing]


def test_another_gesture_with_the_same_counter_is_another_press() -> None:
    story = Story()
    story.hear(gesture="single", counter=5)
    assert standings(story.hear(gesture="hold", counter=5)) == ["joined"]


def test_a_counter_heard_a_day_ago_does_not_make_a_press_a_repeat() -> None:
    story = Story()
    story.hear(counter=5)
    story.close()
    story.wait((DAY_S + 1) * 1_000)
    assert standings(story.hear(counter=5)) == ["acted"]


@pytest.mark.parametrize(
    ("after_ms", "standing"),
    [(0, "repeated"), (1_000, "repeated"), (1_000.001, "joined"), (60_000, "joined")],
)
def test_with_neither_time_nor_counter_more_than_1_s_later_is_new(after_ms: float, standing: str) -> None:
    story = Story()
    story.hear()
    story.wait(after_ms)
    assert standings(story.hear()) == [standing]


def test_with_neither_time_nor_counter_another_gesture_is_new_at_once() -> None:
    story = Story()
    story.hear(gesture="single")
    assert standings(story.hear(gesture="hold")) == ["joined"]


def test_a_press_made_now_is_not_the_old_one_that_the_broker_gave_out_a_moment_ago() -> None:
    story = Story()
    assert standings(story.hear(waited_s=None)) == ["unknown_age"]
    story.wait(300)
    pressed = story.hear()
    assert standings(pressed) == ["acted"]
    assert pressed.permits
    story.wait(300)
    assert standings(story.hear()) == ["repeated"]


def test_two_old_presses_that_the_broker_gives_out_together_are_one() -> None:
    story = Story()
    story.hear(waited_s=None)
    assert standings(story.hear(waited_s=None)) == ["repeated"]


def test_a_wall_clock_set_back_makes_an_equal_press_new() -> None:
    story = Story()
    story.hear()
    story.now = replace(story.now, utc_us=story.now.utc_us - 10 * SECOND_US)
    assert standings(story.hear()) == ["joined"]


@pytest.mark.parametrize("kind", [DRILL, EXERCISE, TEST])
def test_a_press_by_name_never_makes_the_buttons_own_press_a_repeat(kind: Kind) -> None:
    story = Story()
    story.ask_press(DESK, kind, "hold")
    story.wait(500)
    assert standings(story.hear()) == ["acted"]
    assert only(story.incidents).kind == "real"
