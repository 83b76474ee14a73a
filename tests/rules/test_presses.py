"""What a press counts as and asks for: gestures, duress, raising, escalation, scope, wires; and whom it tells."""

from dataclasses import replace

import pytest

from rules.model.facts import IncidentOpened, IncidentRaised, MessageRefusedRecorded, PressRecorded
from rules.model.ids import ButtonId, IncidentId
from rules.model.kinds import DRILL, REAL
from rules.model.moments import SECOND_US
from rules.model.responses import Ask
from rules.plan import ButtonPlan, Escalation
from rules.presses import meaning
from tests.rules.campus import A1, CAMPUS, A, B, driven, facts
from tests.rules.story import (
    ASSIST,
    DESK,
    DURESS,
    GYM,
    GYM_DOOR,
    HALL,
    HIDDEN,
    LOCKDOWN,
    ROOM_1,
    ROOM_2,
    TOLD,
    WIRED,
    Story,
    desk,
    locked,
    only,
    replied,
    standard,
    standings,
    told,
)

# --- what a press does -------------------------------------------------------------------------


def test_a_press_opens_an_incident_locks_every_door_lights_the_strobes_and_is_answered() -> None:
    story = Story()
    pressed = story.hear(press_id="p-1")
    assert standings(pressed) == ["acted"]
    assert locked(pressed) == {ROOM_1, ROOM_2, GYM_DOOR}
    assert driven(pressed)["strobe"] is driven(pressed)["strobe-b"] is True
    assert story.zone(CAMPUS) == "lockdown"
    assert story.state.record.number == 1
    answer = told(pressed)
    assert (answer.press, answer.incident, answer.kind, answer.delivery) == ("p-1", story.real, "real", TOLD)
    assert answer.topic_answer


def test_another_press_joins_the_live_incident() -> None:
    story = Story()
    story.hear()
    story.wait(2_000)
    joined = story.hear(GYM, "single")
    assert standings(joined) == ["joined"]
    assert told(joined).incident == story.real
    assert len(story.incidents) == 1


def test_a_zone_lockdown_locks_its_zone_and_below_and_leaves_the_rest() -> None:
    story = Story()
    pressed = story.hear(GYM, "single")
    assert locked(pressed) == {ROOM_1, ROOM_2}
    assert "strobe-b" not in driven(pressed)
    assert (story.zone(A), story.zone(CAMPUS)) == ("lockdown", None)


def test_a_staff_assist_locks_nothing() -> None:
    story = Story()
    pressed = story.hear(gesture="single")
    assert not pressed.permits
    assert story.zone(A1) == "staff-assist"


# --- gestures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["hold", "emergency", "triple", "quadruple", "quintuple", "many"])
def test_emergency_triple_and_more_mean_hold(word: str) -> None:
    assert meaning(standard().buttons[DESK], word) == ("hold", LOCKDOWN)


def test_a_listed_word_means_what_is_listed() -> None:
    assert meaning(standard().buttons[DESK], "single") == ("single", ASSIST)


@pytest.mark.parametrize(("word", "gesture"), [("double", "double"), ("shake", "unlisted"), ("", "unlisted")])
def test_a_word_that_is_not_listed_means_the_highest_response(word: str, gesture: str) -> None:
    assert meaning(standard().buttons[DESK], word) == (gesture, LOCKDOWN)


def test_a_hold_that_is_not_listed_means_the_highest_response() -> None:
    assert meaning(desk("pb", {"single": ASSIST}), "emergency") == ("hold", ASSIST)


def test_an_unlisted_gesture_locks_the_campus() -> None:
    story = Story()
    assert len(locked(story.hear(gesture="tap-dance"))) == 3
    fact = only(one for _, one in story.entries if isinstance(one.fact, PressRecorded)).fact
    assert isinstance(fact, PressRecorded)
    assert (fact.gesture, fact.word) == ("unlisted", "tap-dance")


# --- duress ------------------------------------------------------------------------------------


def test_a_duress_press_is_answered_like_any_other_with_no_incident_and_shows_on_no_zone() -> None:
    story = Story()
    pressed = story.hear(HIDDEN, "single", press_id="p-1")
    answer = told(pressed)
    assert (answer.incident, answer.kind, answer.press, answer.topic_answer) == (None, "real", "p-1", True)
    incident = only(story.incidents)
    assert incident.silent
    assert not story.state.record.zones
    assert story.state.record.number == 0
    assert not pressed.permits


def test_a_repeated_duress_press_still_names_no_incident() -> None:
    story = Story()
    story.hear(HIDDEN, "single", press_id="p-1")
    assert told(story.hear(HIDDEN, "single", press_id="p-1")).incident is None
    story.close()
    assert told(story.hear(HIDDEN, "single", press_id="p-1")).incident is None


def test_a_press_escalated_to_duress_names_no_incident_when_it_is_repeated() -> None:
    quiet = desk("pb-quiet", {"single": ASSIST}, escalation=Escalation(2, 10 * SECOND_US, DURESS))
    story = Story(replace(standard(), buttons={quiet.id: quiet}))
    story.hear(quiet.id, "single", press_id="p-1")
    story.hear(quiet.id, "single", press_id="p-2")
    assert only(one for one in story.incidents if one.silent).response == "duress"
    assert told(story.hear(quiet.id, "single", press_id="p-2")).incident is None
    assert told(story.hear(quiet.id, "single", press_id="p-1")).incident is not None
    story.close()
    assert told(story.hear(quiet.id, "single", press_id="p-2")).incident is None


def test_duress_opens_its_own_incident_beside_a_visible_one_and_the_other_way_round() -> None:
    story = Story()
    story.hear()
    story.hear(HIDDEN, "single")
    visible, hidden = sorted(story.incidents, key=lambda one: one.silent)
    assert (visible.response, hidden.response) == ("lockdown", "duress")
    assert standings(story.hear(GYM, "single")) == ["joined"]
    assert story.zone(A1) is None


def test_two_incidents_opened_in_the_same_microsecond_have_two_ids() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    story.hear()
    assert len({one.id for one in story.incidents}) == 2


def test_duress_ends_no_drill_and_no_walk_test() -> None:
    story = Story()
    story.ask_press(GYM, DRILL)
    story.walk_test(HALL)
    story.hear(HIDDEN, "single")
    assert {one.kind for one in story.incidents} == {"drill", "real"}
    assert story.zone(A) == "lockdown"
    assert HALL in story.state.record.walk_tests


def test_a_duress_pressed_by_name_is_not_named_to_the_person_either() -> None:
    story = Story()
    assert replied(story.ask_press(HIDDEN, REAL)).incident is None


def test_the_incident_of_a_duress_press_stands_in_the_record() -> None:
    story = Story()
    pressed = story.hear(HIDDEN, "single")
    opened = only(fact for fact in facts(pressed) if isinstance(fact, IncidentOpened))
    assert (opened.response, opened.silent, opened.zone) == ("duress", True, A1)


# --- raising, never lowering -------------------------------------------------------------------


def test_a_higher_press_raises_the_incident() -> None:
    story = Story()
    story.hear(gesture="single")
    raised = story.hear(gesture="hold")
    fact = only(one for one in facts(raised) if isinstance(one, IncidentRaised))
    assert (fact.id, fact.response) == (story.real, "lockdown")
    assert only(story.incidents).response == "lockdown"


def test_a_lower_press_never_lowers_its_zone_or_its_incident() -> None:
    story = Story()
    lower = desk("pb-low", {"single": Ask("staff-assist", A)}, zone=A)
    story.plan = replace(story.plan, buttons={**story.plan.buttons, lower.id: lower})
    story.hear(GYM, "single")
    number = story.state.record.number
    joined = story.hear(lower.id, "single")
    assert standings(joined) == ["joined"]
    assert story.zone(A) == "lockdown"
    assert story.state.record.number == number
    assert only(story.incidents).response == "lockdown"


def test_an_equal_press_changes_nothing_but_is_recorded() -> None:
    story = Story()
    story.hear()
    number = story.state.record.number
    story.wait(2_000)
    assert standings(story.hear()) == ["joined"]
    assert story.state.record.number == number


def test_a_new_press_locks_a_released_door_again() -> None:
    story = Story()
    story.hear()
    story.run(1)
    story.ask_release(ROOM_1)
    assert story.order(ROOM_1) == "rest"
    story.wait(2_000)
    assert ROOM_1 in locked(story.hear())
    assert story.order(ROOM_1) == "lock"


# --- escalate_after ----------------------------------------------------------------------------


def hall(story: Story, after_ms: float = 2_000) -> list[str]:
    """One press of the button that three presses within 10 s make a lockdown."""
    story.wait(after_ms)
    return [str(one) for one in locked(story.hear(HALL, "single"))]


def test_equal_presses_do_not_add_up_without_escalate_after() -> None:
    story = Story()
    for _ in range(5):
        story.wait(2_000)
        assert not locked(story.hear(DESK, "single"))


def test_the_third_press_within_10_s_escalates() -> None:
    story = Story()
    assert not hall(story)
    assert not hall(story)
    assert len(hall(story)) == 3
    assert only(story.incidents).response == "lockdown"


def test_three_presses_in_more_than_10_s_do_not_escalate() -> None:
    story = Story()
    assert not hall(story)
    assert not hall(story)
    assert not hall(story, 8_001)


def test_repeats_do_not_add_up() -> None:
    story = Story()
    for _ in range(4):
        story.hear(HALL, "single", press_id="p-1")
    assert not locked(story.hear(HALL, "single", press_id="p-2"))


def test_presses_of_a_drill_do_not_add_up_to_a_real_lockdown() -> None:
    story = Story()
    story.ask_press(HALL, DRILL)
    story.ask_press(HALL, DRILL)
    assert not hall(story)
    assert not hall(story)
    assert len(hall(story)) == 3


def test_drill_presses_escalate_within_their_drill() -> None:
    story = Story()
    for _ in range(3):
        story.ask_press(HALL, DRILL)
    assert only(story.incidents).response == "lockdown"
    assert only(story.incidents).kind == "drill"


def test_an_escalation_never_lowers_what_the_press_asks_for() -> None:
    odd = desk("pb-odd", {"single": LOCKDOWN}, escalation=Escalation(2, 10 * SECOND_US, ASSIST))
    story = Story(replace(standard(), buttons={odd.id: odd}))
    story.hear(odd.id, "single", press_id="p-1")
    assert locked(story.hear(odd.id, "single", press_id="p-2")) or story.zone(CAMPUS) == "lockdown"
    assert story.zone(A1) is None


# --- scope -------------------------------------------------------------------------------------


def test_a_press_in_a_zone_does_not_reach_the_zone_beside_it() -> None:
    story = Story()
    there = ButtonPlan(
        ButtonId("pb-b"), "", B, "", None, {"single": Ask("lockdown", B)}, Ask("lockdown", B), None, None
    )
    story.plan = replace(story.plan, buttons={**story.plan.buttons, there.id: there})
    assert locked(story.hear(there.id, "single")) == {GYM_DOOR}


# --- wired -------------------------------------------------------------------------------------


def hold_wired(story: Story, pressed: bool) -> None:
    """Press or let go of the wired button."""
    wired = story.plan.buttons[WIRED].wired
    assert wired is not None
    story.set(wired.contact.point, wired.contact.when == pressed)


def test_a_wired_press_locks_and_needs_no_answer() -> None:
    story = Story()
    story.run(0.5)
    hold_wired(story, True)
    made = story.run(0.2)
    assert [one for decision in made for one in standings(decision)] == ["acted"]
    assert story.zone(CAMPUS) == "lockdown"
    assert not any(decision.answers for decision in made)


def test_a_wired_button_found_pressed_waits_for_a_person() -> None:
    story = Story()
    hold_wired(story, True)
    made = story.run(0.5)
    assert [one for decision in made for one in standings(decision)] == ["found_pressed"]
    assert not story.incidents
    assert only(story.state.record.unanswered.values()).why == "found_pressed"


def test_a_wired_press_after_a_gap_longer_than_90_s_waits_for_a_person() -> None:
    story = Story()
    story.run(0.5)
    story.wait(91_000)
    hold_wired(story, True)
    made = story.run(0.3)
    assert [one for decision in made for one in standings(decision)] == ["unknown_age"]
    assert not story.incidents


# --- a button that is gone ---------------------------------------------------------------------


def test_a_press_of_a_button_that_a_reload_took_away_is_told_and_taken_from_the_broker() -> None:
    story = Story()
    gone = story.hear(ButtonId("pb-gone"))
    fact = only(one for one in facts(gone) if isinstance(one, MessageRefusedRecorded))
    assert (fact.code, fact.button) == ("unknown_button", "pb-gone")
    assert (told(gone).topic_answer, told(gone).delivery) == (False, TOLD)
    story.tick(6_000)
    assert ("message_refused", "pb-gone") in story.flags()


def test_the_incident_is_named_by_its_moment() -> None:
    story = Story()
    story.hear()
    assert story.real == IncidentId(f"inc-{story.now.utc_us}")
