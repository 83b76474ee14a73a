"""The machines of `make prove`, cut off early: no law breaks in the states seen, and a planted bug is shown by its way."""

import pytest

from rules import requests, responses
from rules.model.facts import Because
from rules.step import RULE, Step
from tests.rules.proving import MACHINES, Machine, main, prove

STATES = 120


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_gone_through_of_a_machine_keeps_the_laws(machine: Machine) -> None:
    proof = prove(machine, STATES)

    assert (proof.found, proof.states, proof.whole) == ((), STATES, False)
    assert "every law holds in each" in str(proof)


def test_a_machine_that_is_gone_through_to_the_end_says_so() -> None:
    proof = prove(Machine("nothing but a request that is refused", ("close",)), STATES)

    assert proof.whole
    assert 0 < proof.states < STATES
    assert "every reachable state" in str(proof)


def test_a_planted_bug_is_shown_with_the_shortest_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(step: Step) -> None:
        for one in tuple(step.record.incidents.values()):
            responses.close(step, one, actor=RULE, because=Because("time"), reason="")

    monkeypatch.setattr(requests, "end_walk_tests", end)
    said: list[str] = []

    assert main(["--states", str(STATES)], said.append) == 1
    (response, *_) = said
    assert "BROKEN: nothing but close ends a lockdown (campus)" in response
    assert [line.strip()[:8] for line in response.splitlines()[2:]] == ["1. press", "2. 500 m"]
