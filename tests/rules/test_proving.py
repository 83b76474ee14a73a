"""The machines of `make prove` close on a coarse clock in seconds, keep the laws, and show a planted bug by its way."""

import pytest

from rules import presses, requests, responses
from rules.model.facts import Because
from rules.model.moments import SECOND_US
from rules.step import RULE, Step
from tests.rules import proving
from tests.rules.exploring import Machine, explore
from tests.rules.machines import (
    door_machine,
    drill_machine,
    fire_machine,
    latch_machine,
    leaving_machine,
    response_machine,
    walk_machine,
)
from tests.rules.proving import main, prove

STEP_US = 10 * SECOND_US
STATES = 200


@pytest.mark.parametrize("machine", [walk_machine(3 * STEP_US)], ids=lambda machine: machine.name)
def test_a_machine_is_gone_through_to_its_end(machine: Machine) -> None:
    proof = prove(machine)

    assert (proof.explored.closed, proof.explored.found) == (True, ())
    assert f"closed: {proof.explored.states} states, {proof.explored.transitions} transitions" in str(proof)


@pytest.mark.parametrize("machine", proving.machines(), ids=lambda machine: machine.name)
def test_every_state_gone_through_of_a_machine_keeps_the_laws(machine: Machine) -> None:
    proof = prove(machine, STATES)

    assert (proof.explored.found, proof.explored.states, proof.explored.closed) == ((), STATES, False)
    assert f"not closed within {STATES} states" in str(proof)


# --- a planted bug of each machine -----------------------------------------------------------


def test_a_second_incident_of_a_kind_beside_a_live_one_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "live_of", lambda *_, **__: None)
    assert _laws(response_machine(STEP_US)) >= {"one incident of each kind is live, and a silent one apart"}


def test_time_that_ends_a_lockdown_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "end_walk_tests", _close_all)
    assert _laws(response_machine(STEP_US)) >= {"nothing but close ends an incident"}


def test_a_door_proven_by_what_was_read_before_its_command_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.verdict._read_since", lambda *_: True)
    assert _laws(door_machine(STEP_US)) == {"no door is secured without evidence read after its command"}


def test_a_magnet_energised_whatever_the_fire_input_says_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.interlock._by_what_is_live", lambda *_: "")
    assert any("fire input" in law for law in _laws(fire_machine(STEP_US)))
    assert any("exit input" in law for law in _laws(leaving_machine(STEP_US)))
    assert any("latch is not drawn" in law for law in _laws(latch_machine(STEP_US)))


def test_a_second_press_of_a_walk_test_that_is_still_a_test_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "SECOND_TEST_PRESS_US", 0)
    assert _laws(walk_machine(STEP_US)) >= {
        "a press is a test only in a walk-test, and the second one within 10 s never is"
    }


@pytest.mark.parametrize(
    ("what", "wrong", "law"),
    [
        ("rules.enrolment.SECOND_PRESS_US", -1, "this press is real"),
        ("rules.enrolment.in_time", lambda *_: True, "no button is enrolled beyond its time"),
        ("rules.enrolment.run_of", lambda *_: None, "this press is drill"),
        ("rules.interlock_notices.is_outside rules.notices.is_outside", lambda *_: False, "nobody outside is told of a drill"),
        ("rules.responses._real_ends_what_is_not", lambda *_, **__: None, "a real press that people see ends the drill"),
        ("rules.responses.lit", lambda *_: frozenset(), "what a real response has on is never off"),
        ("rules.drill_score.ends_with", lambda *_: None, "a drill is over with its incident"),
    ],
)  # fmt: skip
def test_a_planted_bug_of_drills_is_found(
    what: str, wrong: object, law: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in what.split():
        monkeypatch.setattr(one, wrong)
    assert any(one.startswith(law) for one in _laws(drill_machine(3 * STEP_US), 400))


def test_a_planted_bug_is_shown_with_the_shortest_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "end_walk_tests", _close_all)
    monkeypatch.setattr(proving, "machines", lambda: (walk_machine(STEP_US),))
    said: list[str] = []

    assert main(["--most", str(STATES), "--states", "50", "--jobs", "0"], said.append) == 1
    (walk, *_) = said
    assert "BROKEN: nothing but close ends an incident" in walk
    assert [line.strip()[:8] for line in walk.splitlines()[2:]] == ["1. press", "2. 10 s "]


def _close_all(step: Step) -> None:
    for one in tuple(step.record.incidents.values()):
        responses.close(step, one, actor=RULE, because=Because("time"), reason="")


def _laws(machine: Machine, most: int = STATES) -> set[str]:
    return {law for law, _ in explore(machine, most_states=most).found}
