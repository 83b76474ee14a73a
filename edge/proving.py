"""What a self-test asks of the box itself, done: a round trip through the broker, a press that is only thought through.

Behind everything else: one button at a time, and none while a press's commands are on their way.
"""

import asyncio
from collections.abc import Callable
from typing import Final, assert_never

import structlog

from drivers.clock import instant
from edge.parts import Parts
from rules.dry_run import DryRun, dry_run
from rules.model.events import Event, ProbeEnded
from rules.model.selftest import BrokerProbe, DecisionProbe, Probe, link_name
from rules.plan import Plan
from rules.state import State

log = structlog.get_logger()

PAUSE_S: Final = 0.02
"""Between two buttons: a decision on 200 doors takes the loop some milliseconds."""
Look = Callable[[], tuple[Plan, State]]
RoundTrip = Callable[[Callable[[str], None]], None]
"""Sends a message of our own to the broker; tells `""` once it came back, else why it did not."""


class Prover:
    """Belongs to the loop's thread. look: plan and state of now; hurried: whether commands are on their way."""

    def __init__(
        self, parts: Parts, look: Look, hurried: Callable[[], bool], emit: Callable[[Event], None]
    ) -> None:
        self._parts = parts
        self._look = look
        self._hurried = hurried
        self._emit = emit
        self.round_trip: RoundTrip = _no_broker

    def ask(self, probes: tuple[Probe, ...]) -> None:
        """Begin; what each comes to is an event."""
        buttons: list[DecisionProbe] = []
        for probe in probes:
            match probe:
                case BrokerProbe():
                    self._broker(probe)
                case DecisionProbe():
                    buttons.append(probe)
                case _:
                    assert_never(probe)
        if buttons:
            self._parts.keep("self-test", self._decisions(buttons))

    def _broker(self, probe: BrokerProbe) -> None:
        link = link_name("broker", self._look()[0].campus)
        self.round_trip(lambda code: self._emit(ProbeEnded(instant(), probe.run, link, code)))

    async def _decisions(self, buttons: list[DecisionProbe]) -> None:
        for probe in buttons:
            await asyncio.sleep(PAUSE_S)
            while self._hurried():  # noqa: ASYNC110  for 40 ms at most
                await asyncio.sleep(PAUSE_S)
            self._emit(self._decision(probe))

    def _decision(self, probe: DecisionProbe) -> ProbeEnded:
        plan, state = self._look()
        link = link_name("decision", probe.button)
        if probe.button not in plan.buttons:
            return ProbeEnded(instant(), probe.run, link, "unknown_button")
        try:
            found = dry_run(plan, state, probe.button, instant())
        except Exception:
            # What a press would have raised, found out before it.
            log.exception("a rule failed in a self-test", button=probe.button)
            return ProbeEnded(instant(), probe.run, link, "rule_failed")
        return ProbeEnded(instant(), probe.run, link, _code(found), found.held)


def _code(found: DryRun) -> str:
    if found.standing == "test":
        return "in_walk_test"
    if found.standing not in ("acted", "joined"):
        return "would_not_act"
    return "nothing_locks" if found.named and not found.told else ""


def _no_broker(told: Callable[[str], None]) -> None:
    told("session_down")
