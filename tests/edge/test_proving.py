"""What a self-test asks of the box itself: the broker, and the rules, whose every word stays in the box."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from edge.parts import Parts
from edge.proving import Prover
from rules import presses
from rules.model.events import Event, ProbeEnded
from rules.model.ids import ButtonId
from rules.model.selftest import BrokerProbe, DecisionProbe
from rules.plan import Plan
from rules.state import State
from tests.edge.campus import PB, PB_WIRED, PLAN, quiet

BROKER = f"broker:{PLAN.campus}"


class Box:
    """A box of values, and what came of its probes."""

    def __init__(self) -> None:
        self.plan: Plan = PLAN
        self.state: State = quiet()
        self.hurried = False
        self.events: list[Event] = []
        self.parts = Parts(lambda _part, _error: None)
        self.prover = Prover(
            self.parts, lambda: (self.plan, self.state), lambda: self.hurried, self.events.append
        )

    async def until(self, count: int) -> list[ProbeEnded]:
        async with asyncio.timeout(5):
            while len(self.events) < count:
                await asyncio.sleep(0.01)
        return [one for one in self.events if isinstance(one, ProbeEnded)]


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    made = Box()
    yield made
    await made.parts.end()


async def test_a_press_is_thought_through_and_changes_nothing(box: Box) -> None:
    before = box.state
    box.prover.ask((DecisionProbe(1, PB), DecisionProbe(1, PB_WIRED)))
    found = await box.until(2)

    assert [(one.link, one.code) for one in found] == [
        # No door of this campus has a lock, so that each is held back, and the rules say so of each.
        (f"decision:{PB}", "nothing_locks"),
        (f"decision:{PB_WIRED}", "nothing_locks"),
    ]
    assert {code for one in found for _, code in one.held} == {"no_record"}
    assert box.state is before


async def test_a_press_that_locks_nothing_by_its_response_holds(box: Box) -> None:
    ask = PLAN.buttons[PB].asks["single"]
    calm = replace(PLAN.buttons[PB], highest=ask)
    quietly = replace(PLAN.responses["staff-assist"], locks=frozenset())
    box.plan = replace(PLAN, buttons={PB: calm}, responses={**PLAN.responses, "staff-assist": quietly})
    box.prover.ask((DecisionProbe(1, PB),))

    assert [one.code for one in await box.until(1)] == [""]


async def test_a_rule_that_raises_is_found_out_before_a_press_is(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(presses, "heard", broken)
    with capture_logs() as said:
        box.prover.ask((DecisionProbe(1, PB), DecisionProbe(1, PB_WIRED), DecisionProbe(1, ButtonId("gone"))))
        found = await box.until(3)

    assert [one.code for one in found] == ["rule_failed", "nothing_locks", "unknown_button"]
    assert [one["event"] for one in said] == ["a rule failed in a self-test"]


async def test_it_steps_aside_while_commands_are_on_their_way(box: Box) -> None:
    box.hurried = True
    box.prover.ask((DecisionProbe(1, PB),))
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert box.events == []
    box.hurried = False

    assert len(await box.until(1)) == 1


async def test_without_a_broker_the_way_through_it_is_down(box: Box) -> None:
    box.prover.ask((BrokerProbe(3),))
    assert [(one.run, one.link, one.code) for one in await box.until(1)] == [(3, BROKER, "session_down")]
    box.prover.round_trip = lambda told: told("")
    box.prover.ask((BrokerProbe(4),))
    assert (await box.until(2))[-1].code == ""
