"""What persons ask: press, lock, release, answer, close; what is refused and why, and what each leaves alone."""

import pytest

from rules.model.facts import DoorsOrdered, PressAnswered, RequestRefused
from rules.model.ids import ButtonId
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST, Drill, Exercise, Kind
from rules.plan import Plan
from tests.rules.campus import CAMPUS, MAGLOCK, PLC, A, campus, contact, door, facts
from tests.rules.story import (
    BUTTONS,
    DESK,
    GYM,
    GYM_DOOR,
    HIDDEN,
    ROOM_1,
    ROOM_2,
    Story,
    locked,
    only,
    replied,
    standings,
    without,
)

NOBODY = ButtonId("pb-nobody")


def guarded() -> Plan:
    """A campus with a magnet whose REX was never read."""
    return campus(
        door(ROOM_1),
        door(ROOM_2, 1, MAGLOCK, rex=("rex",), exits=("rex",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm"), contact("rex", 51)],
        buttons=BUTTONS,
        controllers=(PLC,),
    )


# --- press -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [REAL, DRILL, EXERCISE, TEST])
def test_a_press_of_an_unknown_button_is_refused(kind: Kind) -> None:
    story = Story()
    made = story.ask_press(NOBODY, kind)
    assert (replied(made).done, replied(made).code) == (False, "unknown_button")
    assert only(fact for fact in facts(made) if isinstance(fact, RequestRefused)).verb == "press"


def test_a_real_press_by_name_asks_for_the_buttons_highest_response_and_names_the_incident() -> None:
    story = Story()
    made = story.ask_press(DESK, REAL)
    assert len(locked(made)) == 3
    assert (replied(made).done, replied(made).incident) == (True, story.real)


def test_a_press_by_name_may_name_its_gesture() -> None:
    story = Story()
    assert not locked(story.ask_press(DESK, REAL, "single"))


def test_a_drill_locks_and_lights_as_a_drill() -> None:
    story = Story()
    made = story.ask_press(DESK, DRILL)
    assert len(locked(made)) == 3
    assert {str(drive.target) for one in made.permits for drive in one.drives} >= {"strobe", "strobe-b"}
    own = story.state.record.zones[CAMPUS]
    assert (own.kind, own.response) == ("drill", "lockdown")


def test_an_exercise_is_on_no_zone_locks_nothing_and_lights_nothing() -> None:
    story = Story()
    made = story.ask_press(DESK, EXERCISE)
    assert not made.permits
    assert not story.state.record.zones
    assert not story.state.record.orders
    assert story.state.record.number == 0
    assert only(story.incidents).kind == "exercise"


def test_an_exercise_that_rises_stays_on_no_zone() -> None:
    story = Story()
    story.ask_press(DESK, EXERCISE, "single")
    assert not story.ask_press(DESK, EXERCISE, "hold").permits
    assert only(story.incidents).response == "lockdown"
    assert not story.state.record.zones


@pytest.mark.parametrize("kind", [DRILL, EXERCISE])
def test_a_drill_or_exercise_is_refused_beside_a_real_incident_that_people_see(
    kind: Drill | Exercise,
) -> None:
    story = Story()
    story.hear()
    made = story.ask_press(GYM, kind)
    assert (replied(made).done, replied(made).code) == (False, "real_incident_live")
    assert not made.permits


def test_a_drill_beside_a_silent_incident_is_not_refused_for_that_would_tell_of_it() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    assert replied(story.ask_press(GYM, DRILL)).done


# --- lock and release ------------------------------------------------------------------------


def test_named_doors_lock_and_no_others() -> None:
    story = Story()
    made = story.ask_lock(ROOM_1)
    assert locked(made) == {ROOM_1}
    assert (replied(made).done, replied(made).code) == (True, "done")
    order = story.state.record.orders[ROOM_1]
    assert (order.word, order.incident) == ("lock", None)


def test_a_named_lock_during_a_real_incident_belongs_to_it() -> None:
    story = Story()
    story.hear(GYM, "single")
    story.ask_lock(GYM_DOOR)
    assert story.state.record.orders[GYM_DOOR].incident == story.real


def test_a_named_lock_during_a_silent_incident_does_not_name_it() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    story.ask_lock(ROOM_1)
    assert story.state.record.orders[ROOM_1].incident is None


def test_what_the_interlock_holds_back_is_named_in_the_answer_and_the_rest_goes() -> None:
    story = Story(guarded())
    made = story.ask_lock(ROOM_1, ROOM_2)
    assert locked(made) == {ROOM_1}
    assert (replied(made).done, replied(made).code) == (False, "held")
    ((name, value),) = replied(made).args
    assert name == "held"
    assert str(value).startswith(f"{ROOM_2}:")


def test_a_release_returns_named_doors_to_their_rest_and_no_others() -> None:
    story = Story()
    story.hear()
    story.run(1)
    made = story.ask_release(ROOM_1)
    assert {one.purpose for one in made.permits} == {"rest"}
    assert [str(drive.target) for one in made.permits for drive in one.drives] == [ROOM_1]
    assert [story.order(one) for one in (ROOM_1, ROOM_2, GYM_DOOR)] == ["rest", "lock", "lock"]
    assert story.zone(CAMPUS) == "lockdown"


def test_a_release_that_comes_after_its_asker_gave_up_opens_no_door() -> None:
    story = Story()
    story.hear()
    asked = story.now
    story.run(11)
    made = story.ask_release(ROOM_1, asked=asked)

    assert (replied(made).done, replied(made).code) == (False, "release_too_late")
    assert story.order(ROOM_1) == "lock"


def test_a_release_that_was_asked_before_somebody_pressed_again_does_not_undo_that_press() -> None:
    story = Story()
    story.hear()
    story.run(1)
    asked = story.now
    story.run(1)
    story.hear(press_id="again")
    late = story.ask_release(ROOM_1, asked=asked)
    again = story.ask_release(ROOM_1, asked=story.now)

    assert (replied(late).done, replied(late).code) == (False, "locked_since")
    assert (replied(again).done, story.order(ROOM_1)) == (True, "rest")


@pytest.mark.parametrize("doors", [(), ("a-999",), (ROOM_1, "a-999")])
def test_a_lock_or_release_of_no_door_or_an_unknown_one_does_nothing_at_all(doors: tuple[str, ...]) -> None:
    story = Story()
    for made in (story.ask_lock(*doors), story.ask_release(*doors)):
        assert (replied(made).done, replied(made).code) == (False, "unknown_door")
        assert not made.permits
    assert not story.state.record.orders


# --- answer ----------------------------------------------------------------------------------


def waiting() -> Story:
    """A campus with one unanswered press."""
    story = Story()
    story.hear(waited_s=None)
    return story


def test_starting_an_unanswered_press_does_what_it_asked_for() -> None:
    story = waiting()
    made = story.answer(1, start=True)
    assert len(locked(made)) == 3
    assert replied(made).incident == story.real
    assert not story.state.record.unanswered


def test_dismissing_an_unanswered_press_does_nothing_and_keeps_the_reason() -> None:
    story = waiting()
    made = story.answer(1, start=False, reason="a fallen book")
    assert replied(made).done
    assert not made.permits
    assert not story.incidents
    fact = only(one for one in facts(made) if isinstance(one, PressAnswered))
    assert (fact.started, fact.reason) == (False, "a fallen book")


def test_a_dismissal_needs_a_reason_and_a_start_does_not() -> None:
    story = waiting()
    assert replied(story.answer(1, start=False, reason=" ")).code == "no_reason"
    assert story.state.record.unanswered
    assert replied(story.answer(1, start=True, reason="")).done


@pytest.mark.parametrize(
    ("number", "code"), [(1, "already_answered"), (2, "unknown_press"), (0, "unknown_press")]
)
def test_an_answer_to_what_does_not_wait_is_refused(number: int, code: str) -> None:
    story = waiting()
    story.answer(1, start=False)
    assert replied(story.answer(number, start=True)).code == code
    assert not story.incidents


def test_a_started_press_ends_a_drill_like_any_real_one() -> None:
    story = waiting()
    story.ask_press(GYM, DRILL)
    story.answer(1, start=True)
    assert only(story.incidents).kind == "real"


def test_a_started_duress_press_names_no_incident() -> None:
    story = Story()
    story.hear(HIDDEN, "single", waited_s=None)
    made = story.answer(1, start=True)
    assert replied(made).incident is None
    assert only(story.incidents).silent


def test_an_unanswered_press_whose_zone_is_gone_starts_on_the_whole_campus() -> None:
    story = Story()
    story.hear(GYM, "single", waited_s=None)
    story.plan = without(story.plan, A)
    assert replied(story.answer(1, start=True)).done
    assert story.zone(CAMPUS) == "lockdown"


# --- close -----------------------------------------------------------------------------------


def test_close_ends_the_incident_clears_the_zones_and_leaves_every_door() -> None:
    story = Story()
    story.hear()
    story.run(1)
    made = story.close()
    assert not story.incidents
    assert not story.state.record.zones
    assert not [fact for fact in facts(made) if isinstance(fact, DoorsOrdered)]
    assert {one.purpose for one in made.permits} == {"output"}
    assert [story.coil(one) for one in (ROOM_1, ROOM_2, GYM_DOOR)] == [False] * 3
    assert dict(replied(made).args) == {"closed": 1, "doors_still_locked": 3}


def test_close_counts_only_the_doors_still_ordered_locked() -> None:
    story = Story()
    story.hear()
    story.run(1)
    story.ask_release(ROOM_1)
    assert dict(replied(story.close()).args)["doors_still_locked"] == 2


def test_close_without_an_incident_is_refused() -> None:
    assert replied(Story().close()).code == "no_incident"


def test_close_ends_all_live_incidents() -> None:
    story = Story()
    story.hear()
    story.hear(HIDDEN, "single")
    assert dict(replied(story.close()).args)["closed"] == 2
    assert not story.incidents


def test_close_of_a_zone_that_the_configuration_no_longer_has_still_closes() -> None:
    story = Story()
    story.hear(GYM, "single")
    story.plan = without(story.plan, A)
    story.close()
    assert not story.incidents


def test_after_close_a_press_opens_another_incident() -> None:
    story = Story()
    story.hear(press_id="p-1")
    first = story.real
    story.close()
    story.wait(1)
    assert standings(story.hear(press_id="p-2")) == ["acted"]
    assert story.real != first
