"""Buttons that are enrolled in a drill: whether a press of one counts as the drill's. Whatever is not sure is real.

Issue 7, E13: any other button, and an enrolled one pressed twice within 10 s, is real and ends the drill at once.
"""

from typing import Final, Literal

from rules.drill_state import DrillRun
from rules.model.drill_facts import RealCode
from rules.model.ids import ButtonId
from rules.model.moments import SECOND_US, Instant
from rules.model.responses import Ask
from rules.plan import Plan
from rules.state import State

SECOND_PRESS_US: Final = 10 * SECOND_US
"""Issue 7, E13."""


def run_of(state: State, button: ButtonId, at: Instant) -> DrillRun | None:
    """The drill that this button is enrolled in now. It ends at its time, and with the boot it began in."""
    run = state.record.drills.run
    if run is None or button not in run.enrolled or not in_time(run, state.live.boot, at):
        return None
    return run


def in_time(run: DrillRun, boot: str, at: Instant) -> bool:
    """Whether enrolled buttons still count: how long it has been is known within one boot of the machine alone."""
    return run.boot == boot and at.mono_us < run.until.mono_us


def why_real(
    plan: Plan, run: DrillRun, button: ButtonId, ask: Ask, age_us: int | None, at: Instant
) -> RealCode | Literal["", "silent"]:
    """Why a press of an enrolled button is real all the same; `""`: it is the drill's.

    silent: it asks for what nobody on site may see. Whoever does so cannot press twice, so it is never taken for a drill.
    """
    if plan.responses[ask.response].silent:
        return "silent"
    last = run.pressed.get(button)
    if last is not None and at.since(last) <= SECOND_PRESS_US:
        return "second_press"
    if age_us is None or at.since(run.started) < age_us:
        # It may have been made before the drill began.
        return "before_drill"
    if not asks(plan, run, ask):
        return "zone_gone"
    return ""


def asks(plan: Plan, run: DrillRun, ask: Ask) -> tuple[Ask, ...]:
    """What a drill press asks for: never more than the drill's own zones."""
    zones = [one for one in run.zones if one in plan.zones]
    if any(ask.zone in plan.zones[one].within for one in zones):
        return (ask,)
    return tuple(Ask(ask.response, one) for one in zones)
