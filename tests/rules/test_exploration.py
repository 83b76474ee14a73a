"""Every short way through a small campus, and many long ones, break no law; planted bugs are found by a short way to each."""

from typing import Any

import pytest

from rules import requests, responses
from rules.model.facts import Because
from rules.step import RULE, Step
from tests.rules.exploring import explore, wander
from tests.rules.machines import together
from tests.rules.story import raising

STATES = 450


def test_no_short_order_of_presses_fire_evidence_outcomes_and_releases_breaks_a_law() -> None:
    seen = explore(together(), most_states=STATES)
    assert (seen.found, seen.trace) == ((), ())
    assert (seen.states, seen.closed) == (STATES, False)


def test_no_long_order_of_them_breaks_a_law() -> None:
    machine = together()
    for seed in range(40):
        trace, broken = wander(machine, seed=seed, moves=100)
        assert (broken, trace if broken else []) == ((), []), f"seed {seed}"


# --- that it can find a bug ------------------------------------------------------------------


def test_a_verdict_that_takes_evidence_from_before_the_command_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rules.verdict._read_since", lambda *_: True)
    seen = explore(together(), most_states=STATES)
    assert {law for law, _ in seen.found} == {"no door is secured without evidence read after its command"}
    assert seen.trace[0].startswith("press")
    assert len(seen.trace) <= 4


def test_an_interlock_that_does_not_look_at_what_is_live_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.interlock._by_what_is_live", lambda *_: "")
    seen = explore(together(), most_states=STATES)
    assert any("magnet" in law for law, _ in seen.found)
    assert len(seen.trace) <= 3


def test_a_live_incident_that_swallows_a_press_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    switch: Any = responses._switch

    def swallowing(
        step: Step, ask: object, kind: object, to: responses.Joining, *rest: object, **named: object
    ) -> None:
        if to.new:
            switch(step, ask, kind, to, *rest, **named)

    monkeypatch.setattr(responses, "_switch", swallowing)
    seen = explore(together(), most_states=STATES)
    assert any(law.startswith("a lockdown press") for law, _ in seen.found)
    assert len(seen.trace) <= 4


def test_time_that_ends_a_lockdown_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(step: Step) -> None:
        for one in tuple(step.record.incidents.values()):
            responses.close(step, one, actor=RULE, because=Because("time"), reason="")

    monkeypatch.setattr(requests, "end_walk_tests", end)
    seen = explore(together(), most_states=STATES)
    assert any(law == "nothing but close ends an incident" for law, _ in seen.found)
    assert len(seen.trace) == 2


def test_a_rule_that_raises_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "joining", raising())
    with pytest.raises(RuntimeError, match="broken"):
        explore(together(), most_states=STATES)
