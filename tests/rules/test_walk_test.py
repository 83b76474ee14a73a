"""A walk-test: named buttons, a named person, at most 30 minutes; what it spares, and every way it ends."""

import pytest

from rules.decision import Decision
from rules.model.facts import PressRecorded, WalkTestEnded, WalkTestStarted
from rules.model.ids import ButtonId
from rules.model.kinds import TEST
from tests.rules.campus import CAMPUS, facts
from tests.rules.story import (
    DESK,
    GYM,
    HALL,
    HIDDEN,
    WIRED,
    Story,
    locked,
    only,
    replied,
    standings,
    told,
)


def walking(*names: ButtonId, minutes: int = 10) -> Story:
    """A campus with these buttons in test."""
    story = Story()
    assert replied(story.walk_test(*(names or (DESK,)), minutes=minutes)).done
    return story


def ended(made: Decision) -> list[tuple[tuple[str, ...], str]]:
    """The walk-tests that a decision ended, and why."""
    return [(fact.buttons, fact.code) for fact in facts(made) if isinstance(fact, WalkTestEnded)]


def test_a_press_in_a_walk_test_is_recorded_and_answered_as_test_and_reaches_nothing() -> None:
    story = walking()
    pressed = story.hear(press_id="p-1")
    assert standings(pressed) == ["test"]
    assert only(one for one in facts(pressed) if isinstance(one, PressRecorded)).kind == "test"
    assert (told(pressed).kind, told(pressed).incident) == ("test", None)
    assert not pressed.permits
    assert not story.incidents
    assert not story.state.record.zones


def test_all_other_buttons_stay_real() -> None:
    story = walking(DESK)
    assert locked(story.hear(GYM, "single"))


def test_a_repeat_of_a_test_press_is_answered_as_test_again() -> None:
    story = walking()
    first = story.hear(press_id="p-1")
    again = story.hear(press_id="p-1")
    assert standings(again) == ["repeated"]
    assert only(one for one in facts(again) if isinstance(one, PressRecorded)).kind == "test"
    assert told(again) == told(first)
    assert DESK in story.state.record.walk_tests


@pytest.mark.parametrize("after_s", [1.1, 10])
def test_a_second_press_within_10_s_is_real_and_ends_the_walk_test(after_s: float) -> None:
    story = walking(DESK, HALL)
    story.hear()
    story.wait(after_s * 1_000)
    pressed = story.hear()
    assert standings(pressed) == ["acted"]
    assert told(pressed).kind == "real"
    assert story.zone(CAMPUS) == "lockdown"
    assert ended(pressed) == [((DESK,), "second_press"), ((HALL,), "real_incident")]
    assert not story.state.record.walk_tests


def test_a_second_press_with_another_id_is_real_at_once() -> None:
    story = walking()
    story.hear(press_id="p-1")
    assert standings(story.hear(press_id="p-2")) == ["acted"]


def test_a_second_press_with_another_counter_is_real_at_once() -> None:
    story = walking()
    story.hear(counter=1)
    assert standings(story.hear(counter=2)) == ["acted"]


def test_without_id_or_counter_the_same_press_within_1_s_is_still_the_test() -> None:
    story = walking()
    story.hear()
    story.wait(1_000)
    assert standings(story.hear()) == ["repeated"]


def test_a_second_press_after_more_than_10_s_is_a_test_again() -> None:
    story = walking()
    story.hear()
    story.wait(10_000.001)
    assert standings(story.hear()) == ["test"]


def test_a_second_press_of_a_duress_button_is_real_and_ends_only_its_own_test() -> None:
    story = walking(HIDDEN, HALL)
    story.hear(HIDDEN, "single")
    story.wait(2_000)
    assert standings(story.hear(HIDDEN, "single")) == ["acted"]
    assert set(story.state.record.walk_tests) == {HALL}


def test_a_wired_button_in_a_walk_test_is_a_test() -> None:
    story = walking(WIRED)
    story.run(0.5)
    wired = story.plan.buttons[WIRED].wired
    assert wired is not None
    story.set(wired.contact.point, wired.contact.when)
    made = story.run(0.3)
    assert [one for decision in made for one in standings(decision)] == ["test"]
    assert not story.incidents


def test_a_persons_test_press_by_name_is_recorded_and_does_not_count_as_the_first_of_two() -> None:
    story = walking()
    asked = story.ask_press(DESK, TEST)
    assert standings(asked) == ["test"]
    assert replied(asked).done
    assert replied(asked).incident is None
    assert not asked.permits
    story.wait(2_000)
    assert standings(story.hear()) == ["test"]


def test_a_test_press_by_name_locks_nothing_outside_a_walk_test() -> None:
    story = Story()
    assert not story.ask_press(DESK, TEST).permits
    assert not story.incidents


# --- how it ends -----------------------------------------------------------------------------


def test_it_ends_by_itself_at_its_time() -> None:
    story = walking(minutes=10)
    assert ended(story.tick(599_999)) == []
    assert ended(story.tick(1)) == [((DESK,), "time")]


def test_a_press_at_its_end_is_real_though_no_tick_came() -> None:
    story = walking(minutes=10)
    story.wait(600_000)
    assert standings(story.hear()) == ["acted"]


def test_it_goes_on_over_a_restart_of_the_daemon() -> None:
    story = walking()
    story.restart()
    story.tick()
    assert standings(story.hear()) == ["test"]


def test_it_ends_with_the_boot_it_began_in() -> None:
    story = walking()
    story.restart("another boot")
    assert standings(story.hear()) == ["acted"]
    story = walking()
    story.restart("another boot")
    assert ended(story.tick()) == [((DESK,), "boot")]


def test_a_real_press_elsewhere_ends_all_walk_tests() -> None:
    story = walking(DESK, HALL)
    assert ended(story.hear(GYM, "single")) == [((DESK, HALL), "real_incident")]
    assert standings(story.hear()) == ["joined"]


# --- who may start it ------------------------------------------------------------------------


def test_it_is_started_by_a_named_person_for_named_buttons() -> None:
    story = Story()
    made = story.walk_test(DESK, HALL, DESK, minutes=30, person="Kim")
    fact = only(one for one in facts(made) if isinstance(one, WalkTestStarted))
    assert (fact.buttons, fact.minutes, fact.person, fact.boot) == ((DESK, HALL), 30, "Kim", "boot")
    assert replied(made).args == (("buttons", 2),)


@pytest.mark.parametrize(
    ("names", "minutes", "person", "code"),
    [
        ((), 10, "Kim", "unknown_button"),
        ((DESK, ButtonId("pb-nobody")), 10, "Kim", "unknown_button"),
        ((DESK,), 0, "Kim", "bad_minutes"),
        ((DESK,), 31, "Kim", "bad_minutes"),
        ((DESK,), 10, " ", "no_person"),
    ],
)
def test_a_walk_test_without_button_time_or_name_is_refused(
    names: tuple[ButtonId, ...], minutes: int, person: str, code: str
) -> None:
    story = Story()
    refused = replied(story.walk_test(*names, minutes=minutes, person=person))
    assert (refused.done, refused.code) == (False, code)
    assert not story.state.record.walk_tests


def test_a_walk_test_is_refused_beside_a_real_incident_that_people_see() -> None:
    story = Story()
    story.hear()
    assert replied(story.walk_test(GYM)).code == "real_incident_live"


def test_a_walk_test_beside_a_silent_incident_is_not_refused_for_that_would_tell_of_it() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    assert replied(story.walk_test(GYM)).done
