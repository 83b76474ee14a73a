"""How old a press is, by the session's outage and by the device's proven clock; and what an old one becomes."""

from dataclasses import replace

import pytest

from rules.model.facts import PressRecorded
from rules.model.moments import SECOND_US
from tests.rules.campus import facts
from tests.rules.story import DESK, LIMIT_US, LOCKDOWN, Story, desk, only, standard, standings, told

LIMIT_S = LIMIT_US // SECOND_US
US = 1e-6


def age(story: Story, *, waited_s: float | None = 0, pressed_s_ago: float | None = None) -> int | None:
    """The age that is recorded of a press heard now, which its device dates so many seconds back."""
    at_us = None if pressed_s_ago is None else story.now.utc_us - round(pressed_s_ago * SECOND_US)
    pressed = story.hear(waited_s=waited_s, at_us=at_us)
    fact = only(one for one in facts(pressed) if isinstance(one, PressRecorded))
    return fact.age_us


def proven(ahead_us: int = 0, *, heard_s_ago: float = 100) -> Story:
    """A campus whose desk button reported its time a while ago."""
    story = Story()
    story.status(ahead_us=ahead_us)
    story.wait(heard_s_ago * 1_000)
    return story


# --- by the outage ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited_s", "standing"),
    [(0, "acted"), (90, "acted"), (90 + US, "unknown_age"), (3_600, "unknown_age"), (None, "unknown_age")],
)
def test_a_press_acts_up_to_90_s_after_the_session_was_last_known_up(
    waited_s: float | None, standing: str
) -> None:
    story = Story()
    assert standings(story.hear(waited_s=waited_s)) == [standing]
    assert bool(story.incidents) == (standing == "acted")


def test_a_press_heard_live_from_a_device_without_a_clock_is_fresh() -> None:
    assert age(Story()) == 0


def test_a_press_held_by_the_broker_over_90_s_starts_nothing_and_waits_for_a_person() -> None:
    story = Story()
    pressed = story.hear(waited_s=91, press_id="p-1")
    assert not pressed.permits
    waiting = only(story.state.record.unanswered.values())
    assert (waiting.number, waiting.button, waiting.press, waiting.response, waiting.why) == (
        1,
        DESK,
        "p-1",
        "lockdown",
        "unknown_age",
    )
    assert (told(pressed).incident, told(pressed).topic_answer) == (None, True)


# --- by the device's clock -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pressed_s_ago", "standing"), [(0, "acted"), (90, "acted"), (90 + US, "too_old"), (99, "too_old")]
)
def test_a_proven_clock_tells_the_age_even_of_a_press_delivered_live(
    pressed_s_ago: float, standing: str
) -> None:
    story = proven()
    at_us = story.now.utc_us - round(pressed_s_ago * SECOND_US)
    assert standings(story.hear(at_us=at_us)) == [standing]


def test_a_proven_clock_shows_a_press_to_be_fresh_after_a_long_outage() -> None:
    story = proven()
    assert standings(story.hear(waited_s=None, at_us=story.now.utc_us - 10 * SECOND_US)) == ["acted"]


@pytest.mark.parametrize(
    ("ahead_us", "is_proven"),
    [
        (5 * SECOND_US, True),
        (-5 * SECOND_US, True),
        (5 * SECOND_US + 1, False),
        (-5 * SECOND_US - 1, False),
    ],
)
def test_a_clock_is_proven_within_5_s_of_ours(ahead_us: int, is_proven: bool) -> None:
    assert (age(proven(ahead_us), waited_s=30, pressed_s_ago=50) == 50 * SECOND_US) == is_proven


@pytest.mark.parametrize(
    ("heard_s_ago", "is_proven"), [(LIMIT_S - US, True), (LIMIT_S, False), (LIMIT_S + 1, False)]
)
def test_a_status_older_than_the_silence_limit_proves_nothing(heard_s_ago: float, is_proven: bool) -> None:
    story = proven(heard_s_ago=heard_s_ago)
    assert (age(story, waited_s=30, pressed_s_ago=50) == 50 * SECOND_US) == is_proven


@pytest.mark.parametrize(("pressed_s_ago", "is_proven"), [(60, True), (60 + US, False)])
def test_a_time_before_the_status_proves_nothing(pressed_s_ago: float, is_proven: bool) -> None:
    story = proven(heard_s_ago=60)
    expected = round(pressed_s_ago * SECOND_US) if is_proven else 30 * SECOND_US
    assert age(story, waited_s=30, pressed_s_ago=pressed_s_ago) == expected


@pytest.mark.parametrize(("ahead_s", "is_proven"), [(5, True), (5 + US, False)])
def test_a_time_more_than_5_s_ahead_proves_nothing(ahead_s: float, is_proven: bool) -> None:
    assert age(proven(), waited_s=30, pressed_s_ago=-ahead_s) == (0 if is_proven else 30 * SECOND_US)


def test_an_unproven_clock_leaves_a_press_heard_live_fresh() -> None:
    story = Story()
    assert standings(story.hear(at_us=story.now.utc_us - 3_600 * SECOND_US)) == ["acted"]


def test_a_retained_status_proves_no_clock() -> None:
    story = Story()
    story.status(ahead_us=0, retained=True)
    story.wait(100_000)
    assert age(story, waited_s=30, pressed_s_ago=50) == 30 * SECOND_US


def test_a_status_without_a_time_takes_back_no_proof() -> None:
    story = proven(heard_s_ago=50)
    story.status(battery=90)
    story.wait(50_000)
    assert age(story, waited_s=30, pressed_s_ago=60) == 60 * SECOND_US


def test_a_model_without_a_silence_limit_proves_no_clock() -> None:
    plain = desk(DESK, {"hold": LOCKDOWN}, silence_limit_us=None)
    story = Story(replace(standard(), buttons={plain.id: plain}))
    story.status(ahead_us=0)
    story.wait(100_000)
    assert age(story, waited_s=30, pressed_s_ago=99) == 30 * SECOND_US


@pytest.mark.parametrize("step_s", [600, -600])
def test_setting_our_own_clock_does_not_make_a_live_press_look_old(step_s: int) -> None:
    story = proven(heard_s_ago=60)
    device_us = story.now.utc_us - 2 * SECOND_US
    story.now = replace(story.now, utc_us=story.now.utc_us + step_s * SECOND_US)
    assert standings(story.hear(at_us=device_us)) == ["acted"]


# --- one waiting a button --------------------------------------------------------------------


def test_several_old_presses_of_one_button_wait_as_one() -> None:
    story = Story()
    for press_id in ("p-1", "p-2", "p-3"):
        story.hear(press_id=press_id, waited_s=None)
    assert only(story.state.record.unanswered.values()).press == "p-1"


def test_an_old_press_that_asks_for_more_waits_beside_the_one_that_asks_for_less() -> None:
    story = Story()
    story.hear(gesture="single", waited_s=None)
    story.hear(gesture="hold", waited_s=None)
    assert [one.response for one in story.state.record.unanswered.values()] == ["staff-assist", "lockdown"]


def test_after_an_answer_another_old_press_waits_anew_under_its_own_number() -> None:
    story = Story()
    story.hear(press_id="p-1", waited_s=None)
    story.answer(1, start=False)
    story.hear(press_id="p-2", waited_s=None)
    assert only(story.state.record.unanswered.values()).number == 2


def test_an_old_press_in_a_walk_test_waits_for_a_person_too() -> None:
    story = Story()
    story.walk_test(DESK)
    assert standings(story.hear(waited_s=None)) == ["unknown_age"]
    assert story.state.record.unanswered


def test_an_unanswered_press_waits_over_a_restart() -> None:
    story = Story()
    story.hear(waited_s=None)
    story.restart("another boot")
    assert only(story.state.record.unanswered.values()).number == 1
