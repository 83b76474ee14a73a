"""What the fallback does with wired presses and with every event that is no press."""

import pytest

from rules import doors, presses, responses, supervision
from rules.model.events import (
    ConditionChanged,
    MessageRefused,
    PressHeard,
    Scanned,
)
from rules.model.facts import (
    PressRecorded,
)
from rules.model.ids import DeliveryId
from rules.plan import Plan
from tests.rules.campus import (
    CAMPUS,
    OTHER,
    PLC,
    button,
    campus,
    door,
    facts,
    point,
)
from tests.rules.failing import Failing, Raises
from tests.rules.story import (
    DESK,
    ROOM_1,
    TOLD,
    WIRED,
    locked,
    only,
    raising,
    replied,
    standings,
    told,
)

# --- wired -------------------------------------------------------------------------------------


def failing_scans(plan: Plan | None = None) -> Failing:
    """A campus that ran for a while."""
    story = Failing(plan)
    story.run(0.5)
    return story


def test_a_wired_press_locks_though_the_rules_fail_on_each_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    story = failing_scans()
    monkeypatch.setattr("rules.contacts.observe", raising())
    assert not [one for one in story.rounds(3) if one.permits]
    story.hold_wired()
    made = story.rounds(6)
    assert [len(locked(one)) for one in made] == [0, 3, 0, 0, 0, 0]
    assert [one for each in made for one in standings(each)] == ["rule_failed"]
    story.hold_wired(pressed=False)
    assert not [one for one in story.rounds(3) if one.permits]
    story.hold_wired()
    assert [len(locked(one)) for one in story.rounds(3)] == [0, 3, 0]


def test_a_wired_press_locks_though_only_the_rule_of_presses_fails(broken: Raises) -> None:
    story = failing_scans()
    broken(presses, "wired")
    story.hold_wired()
    made = story.rounds(6)
    assert [len(locked(one)) for one in made].count(3) == 1


def test_one_pressed_read_or_two_within_20_ms_are_no_wired_press(monkeypatch: pytest.MonkeyPatch) -> None:
    story = failing_scans()
    monkeypatch.setattr("rules.contacts.observe", raising())
    story.hold_wired()
    assert not [one for one in (*story.rounds(1), *story.rounds(1, ms=10)) if one.permits]
    story.hold_wired(pressed=False)
    assert not [one for one in story.rounds(4) if one.permits]


def test_a_wired_button_found_pressed_waits_for_a_person_though_the_rules_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rules.contacts.observe", raising())
    story = Failing(up=False)
    story.hold_wired()
    assert not [one for one in story.rounds(4) if one.permits]
    assert only(story.state.record.unanswered.values()).why == "rule_failed"


def test_a_counter_that_moves_is_a_wired_press_though_the_rules_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    register = point(9, "holding_register")
    story = failing_scans(campus(door(ROOM_1), buttons=[button(WIRED, 60, counter=9)], controllers=(PLC,)))
    story.set(register, 4)
    story.run(0.3)
    monkeypatch.setattr("rules.contacts.observe", raising())
    assert not [one for one in story.rounds(2) if one.permits]
    story.set(register, 5)
    assert [len(locked(one)) for one in story.rounds(3)] == [1, 0, 0]


def test_a_scan_of_other_points_or_another_board_is_no_press(monkeypatch: pytest.MonkeyPatch) -> None:
    story = failing_scans()
    monkeypatch.setattr("rules.contacts.observe", raising())
    story.hold_wired()
    story.rounds(1)
    story.wait(50)
    assert not story.round(only=[("coil", 0)]).permits
    stranger = Scanned(story.now, OTHER, story.now, {("discrete_input", 60): 1})
    assert not story.do(stranger).permits


# --- everything else ---------------------------------------------------------------------------


def test_a_rule_that_fails_on_every_tick_is_told_once_and_a_press_still_locks(broken: Raises) -> None:
    story = Failing()
    broken(supervision, "sweep")
    made = [story.tick() for _ in range(50)]
    assert sum(len(facts(one, "rule.failed")) for one in made) == 1
    assert sum(len(facts(one, "flag.raised")) for one in made) == 1
    assert story.hear().permits


def test_the_flag_of_a_failed_rule_stands_until_the_next_start(
    broken: Raises, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Failing()
    broken(responses, "respond")
    story.hear()
    monkeypatch.undo()
    story.sessions()
    story.run(10)
    assert ("rule_failed", CAMPUS) in story.flags()
    story.restart()
    story.link(True)
    story.sessions()
    story.run(10)
    assert ("rule_failed", CAMPUS) not in story.flags()


def test_a_message_whose_refusal_fails_is_taken_from_the_broker(broken: Raises) -> None:
    story = Failing()
    broken(supervision, "message_refused")
    made = story.do(MessageRefused(story.now, DESK, "not_json", "x", b"", DeliveryId(5)))
    assert (told(made).delivery, told(made).topic_answer) == (5, False)
    assert not story.do(MessageRefused(story.now, DESK, "not_json", "x", b"", None)).answers


def test_a_persons_other_request_is_answered_as_failed(broken: Raises) -> None:
    story = Failing()
    broken(doors, "rest")
    made = story.ask_release(ROOM_1)
    assert (replied(made).done, replied(made).code) == (False, "rule_failed")
    assert not made.permits


def test_a_condition_whose_rule_fails_switches_nothing_and_is_answered_to_nobody(broken: Raises) -> None:
    story = Failing()
    broken(supervision, "condition_changed")
    made = story.do(ConditionChanged(story.now, "loop_lag", True, ()))
    assert (made.permits, made.answers) == ((), ())


def test_a_press_without_an_id_is_answered_with_the_one_it_is_recorded_by(broken: Raises) -> None:
    story = Failing()
    broken(responses, "respond")
    made = story.do(PressHeard(story.now, DESK, "hold", None, None, None, 0, False, "mqtt", TOLD))
    fact = only(one for one in facts(made) if isinstance(one, PressRecorded))
    assert told(made).press == fact.press
