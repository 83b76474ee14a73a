"""What goes out when a rule raises: the lockdown after the interlock's live check, or the bare doors; and who is told."""

from dataclasses import replace

import pytest

from rules import doors, interlock, presses, responses
from rules.fallback import after_failure
from rules.model.events import (
    PressAsked,
)
from rules.model.facts import (
    DoorsOrdered,
    FlagRaised,
    IncidentOpened,
    IncidentRaised,
    PressRecorded,
    PressUnanswered,
    RuleFailed,
    ZoneResponded,
)
from rules.model.ids import ButtonId, PressId
from rules.model.kinds import DRILL, REAL
from rules.model.moments import SECOND_US
from rules.plan import Escalation, Plan
from rules.state import Record
from tests.rules.campus import (
    CAMPUS,
    MAGLOCK,
    PERSON,
    PLC,
    A,
    campus,
    contact,
    door,
    facts,
)
from tests.rules.failing import Failing, Raises
from tests.rules.story import (
    ASSIST,
    BUTTONS,
    DESK,
    GYM,
    GYM_DOOR,
    HALL,
    HIDDEN,
    LOCKDOWN,
    ROOM_1,
    ROOM_2,
    TOLD,
    desk,
    locked,
    only,
    replied,
    standings,
    told,
)


def guarded() -> Plan:
    """A free strike, and a magnet that leaving and fire speak for."""
    return campus(
        door(ROOM_1),
        door(ROOM_2, 1, MAGLOCK, exits=("exit",), rex=("exit",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm"), contact("exit", 51, "exit-button")],
        buttons=BUTTONS,
        controllers=(PLC,),
    )


# --- a press that can ask for lockdown ---------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (presses, "meaning"),
        (presses, "age_us"),
        (responses, "joining"),
        (responses, "respond"),
        (doors, "lock"),
    ],
)
def test_whichever_rule_raises_on_a_press_the_lockdown_goes_out(
    broken: Raises, module: object, name: str
) -> None:
    story = Failing()
    broken(module, name)
    pressed = story.hear(press_id="p-1")
    assert locked(pressed) == {ROOM_1, ROOM_2, GYM_DOOR}
    assert standings(pressed) == ["rule_failed"]
    opened = only(one for one in facts(pressed) if isinstance(one, IncidentOpened))
    assert (opened.kind, opened.response, opened.zone, opened.silent) == ("real", "lockdown", CAMPUS, False)
    assert (told(pressed).incident, told(pressed).press, told(pressed).delivery) == (opened.id, "p-1", TOLD)
    assert story.zone(CAMPUS) == "lockdown"


def test_a_person_is_told_what_failed_and_what_went_out_instead(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    pressed = story.hear()
    failed = only(one for one in facts(pressed) if isinstance(one, RuleFailed))
    assert (failed.event, failed.fallback, failed.error) == ("PressHeard", "lockdown", "broken")
    assert ("rule_failed", CAMPUS) in story.flags()


def test_the_interlocks_live_check_stands_before_the_lockdown_that_goes_out(broken: Raises) -> None:
    story = Failing(guarded())
    story.run(3)
    story.turn("fire")
    story.run(0.5)
    broken(responses, "respond")
    pressed = story.hear()
    assert locked(pressed) == {ROOM_1}
    ordered = only(one for one in facts(pressed) if isinstance(one, DoorsOrdered))
    assert (ordered.doors, ordered.held) == ((ROOM_1,), ((ROOM_2, "fire_active"),))


def test_a_door_that_fire_freed_and_that_is_quiet_again_is_locked_by_the_press(broken: Raises) -> None:
    story = Failing(guarded())
    story.run(3)
    story.turn("fire")
    story.run(1)
    story.turn("fire", active=False)
    story.run(1)
    assert story.order(ROOM_2) == "free"
    broken(responses, "respond")
    assert locked(story.hear()) == {ROOM_1, ROOM_2}


def test_if_the_interlock_raises_too_only_free_mechanical_doors_that_lock_without_power_are_commanded(
    broken: Raises,
) -> None:
    story = Failing(guarded())
    story.run(3)
    broken(interlock, "permits")
    broken(responses, "respond")
    pressed = story.hear()
    assert locked(pressed) == {ROOM_1}
    ordered = only(one for one in facts(pressed) if isinstance(one, DoorsOrdered))
    assert ordered.held == ((ROOM_2, "interlock_failed"),)
    assert {entry.because.code for entry in pressed.entries if entry.because} == {
        "rule_failed",
        "interlock_failed",
    }


def test_if_even_the_record_raises_the_commands_go_out_and_the_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, broken: Raises
) -> None:
    story = Failing()
    before = story.state.record
    broken(responses, "respond")

    def fold_nothing(*_: object) -> Record:
        raise RuntimeError("fold")

    monkeypatch.setattr("rules.step.fold", fold_nothing)
    pressed = story.hear(press_id="p-1")
    assert locked(pressed) == {ROOM_1, ROOM_2, GYM_DOOR}
    assert [type(fact) for fact in facts(pressed)] == [RuleFailed]
    assert pressed.state.record == before
    assert "rule_failed" in pressed.state.live.conditions
    assert told(pressed).delivery == TOLD


def test_a_gestures_narrow_lockdown_goes_out_as_wide_as_the_button_can_ask(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    assert locked(story.hear(GYM, "single")) == {ROOM_1, ROOM_2}
    assert (story.zone(A), story.zone(CAMPUS)) == ("lockdown", None)


def test_a_button_that_asks_for_lockdown_only_by_escalation_locks(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    assert len(locked(story.hear(HALL, "single"))) == 3


def test_a_second_failing_press_joins_and_changes_no_number(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    story.hear()
    story.wait(2_000)
    again = story.hear()
    assert len(story.incidents) == 1
    assert not facts(again, "zone.response")
    assert facts(again, "rule.failed")
    assert not [one for one in facts(again) if isinstance(one, FlagRaised)]
    assert len(locked(again)) == 3


def test_a_failing_press_raises_a_live_incident_of_a_lower_rank(broken: Raises) -> None:
    story = Failing()
    story.hear(gesture="single")
    broken(responses, "respond")
    raised = only(one for one in facts(story.hear()) if isinstance(one, IncidentRaised))
    assert (raised.id, raised.response) == (story.real, "lockdown")


def test_a_failing_press_never_lowers_what_holds_in_its_zone(broken: Raises) -> None:
    evacuate = desk("pb-out", {"single": replace(LOCKDOWN, response="evacuate")})
    story = Failing()
    story.plan = replace(story.plan, buttons={**story.plan.buttons, evacuate.id: evacuate})
    story.hear(evacuate.id, "single")
    broken(doors, "lock")
    made = story.hear(GYM, "single")
    assert only(story.incidents).response == "evacuate"
    assert story.zone(CAMPUS) == "evacuate"
    assert facts(made, "zone.response")
    assert not [one for one in facts(story.hear()) if isinstance(one, ZoneResponded)]


def test_a_failing_press_takes_over_a_drills_zone(broken: Raises) -> None:
    story = Failing()
    story.ask_press(DESK, DRILL)
    broken(responses, "respond")
    story.hear()
    assert story.state.record.zones[CAMPUS].kind == "real"


def test_its_incident_has_an_id_of_its_own_in_the_same_microsecond(broken: Raises) -> None:
    story = Failing()
    story.hear(HIDDEN, "single")
    broken(responses, "respond")
    story.hear()
    assert len({one.id for one in story.incidents}) == 2


def test_a_repeat_of_a_press_that_failed_is_a_repeat(broken: Raises, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Failing()
    broken(responses, "respond")
    first = story.hear(press_id="p-1")
    monkeypatch.undo()
    again = story.hear(press_id="p-1")
    assert standings(again) == ["repeated"]
    assert told(again).incident == told(first).incident is not None


def test_the_doors_that_went_out_by_fallback_are_proven_or_asserted_by_the_rules_that_still_work(
    broken: Raises,
) -> None:
    story = Failing()
    story.run(1)
    broken(responses, "respond")
    story.carry_out(story.hear())
    story.run(3)
    assert {story.word(one) for one in (ROOM_1, ROOM_2, GYM_DOOR)} == {"secured"}


def test_a_persons_real_press_locks_and_says_which_incident(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    made = story.ask_press(DESK, REAL)
    assert len(locked(made)) == 3
    assert (replied(made).done, replied(made).code, replied(made).incident) == (
        True,
        "rule_failed",
        story.real,
    )
    ((path, actor),) = [
        (one.fact.path, one.actor) for one in made.entries if isinstance(one.fact, PressRecorded)
    ]
    assert (path, actor) == ("cli", PERSON)


# --- any other press ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [HIDDEN, ButtonId("pb-help")])
def test_a_press_that_cannot_ask_for_lockdown_waits_for_a_person(broken: Raises, name: ButtonId) -> None:
    story = Failing()
    plain = desk("pb-help", {"single": ASSIST}, escalation=Escalation(3, SECOND_US, ASSIST))
    story.plan = replace(story.plan, buttons={**story.plan.buttons, plain.id: plain})
    broken(responses, "respond")
    made = story.hear(name, "single", press_id="p-1")
    assert not made.permits
    assert not story.incidents
    waiting = only(one for one in facts(made) if isinstance(one, PressUnanswered))
    assert (waiting.button, waiting.press, waiting.why, waiting.number) == (name, "p-1", "rule_failed", 1)
    assert only(one for one in facts(made) if isinstance(one, RuleFailed)).fallback == "person"
    assert told(made).incident is None


def test_a_press_left_to_a_person_never_names_an_incident_that_others_opened(broken: Raises) -> None:
    story = Failing()
    story.hear()
    broken(responses, "respond")
    assert told(story.hear(HIDDEN, "single")).incident is None


def test_several_failing_presses_of_one_button_wait_as_one(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    story.hear(HIDDEN, "single", press_id="p-1")
    story.hear(HIDDEN, "single", press_id="p-2")
    assert len(story.state.record.unanswered) == 1


def test_a_press_in_a_walk_test_waits_for_a_person(broken: Raises) -> None:
    story = Failing()
    story.walk_test(DESK)
    broken(presses, "meaning")
    assert not story.hear().permits
    assert only(story.state.record.unanswered.values()).why == "rule_failed"


@pytest.mark.parametrize(("boot", "after_ms"), [("boot", 600_000), ("another boot", 0)])
def test_a_walk_test_that_is_over_holds_no_failing_press_back(
    broken: Raises, boot: str, after_ms: float
) -> None:
    story = Failing()
    story.walk_test(DESK, minutes=10)
    story.restart(boot)
    story.wait(after_ms)
    broken(presses, "meaning")
    assert len(locked(story.hear())) == 3


@pytest.mark.parametrize("waited_s", [None, 91.0])
def test_an_old_press_whose_rule_fails_waits_for_a_person(broken: Raises, waited_s: float | None) -> None:
    story = Failing()
    broken(presses, "meaning")
    assert not story.hear(waited_s=waited_s).permits
    assert story.state.record.unanswered


def test_a_retained_press_does_nothing_even_when_its_rule_fails(broken: Raises) -> None:
    story = Failing()
    broken(presses, "meaning")
    made = story.hear(retained=True)
    assert not made.permits
    assert not story.incidents
    assert not story.state.record.unanswered
    assert (told(made).topic_answer, told(made).delivery) == (False, TOLD)


def test_a_press_of_a_button_that_is_gone_does_nothing_even_when_its_rule_fails(broken: Raises) -> None:
    story = Failing()
    broken(presses, "_nobodys")
    made = story.hear(ButtonId("pb-gone"), press_id=None)
    assert not made.permits
    assert told(made).press == PressId(f"failed.{story.now.utc_us}")


def test_a_drill_whose_rule_fails_locks_nothing(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    made = story.ask_press(DESK, DRILL)
    assert not made.permits
    assert (replied(made).done, replied(made).incident) == (False, None)


def test_an_unknown_button_pressed_by_name_locks_nothing(broken: Raises) -> None:
    story = Failing()
    event = PressAsked(story.now, story.request(), PERSON, ButtonId("pb-nobody"), REAL)
    assert not after_failure(story.plan, story.state, event, "broken").permits
