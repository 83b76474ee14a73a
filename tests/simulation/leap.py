"""Hours in which nothing happens, passed at once: the clocks go on, and what is done round after round was done lately.

A daemon at rest reads its boards twice a second and ticks ten times, and buttons report. After a leap it is as it would
be had that gone on all the while: a read that was half a second old still is, and everything else is older by the
leap. So is what rules time by: silence limits, walk-tests, hours of the night.
"""

from collections.abc import Mapping
from contextvars import copy_context
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from rules.model.moments import SECOND_US, Instant
from rules.silence import settled
from rules.state import Live
from tests.simulation.box import Box
from tests.simulation.loop import PROCESS

LATELY_US: Final = 5 * SECOND_US // 2
"""Longer than evidence stays fresh: what is fresh before a leap is so behind it, and what is stale is no fresher."""
RENEWED: Final = ("now", "controllers", "doors", "outputs", "buttons")
"""The parts of the live picture that reading, ticking and reports renew."""


def at_rest(box: Box, patient: bool) -> bool:
    """Whether nothing is under way that takes its own time. patient: also not what may last for hours."""
    daemon = box.daemon
    if daemon is None:
        return False
    appliance, live = daemon.appliance, daemon.appliance.state.live
    busy = (
        not settled(live)
        or appliance._under_way
        or any(appliance.lanes)
        or live.self_test is not None
        or box.disk.hang_s() > 0
        or any(its.step != "not_back" for its in live.exercises.values())
    )
    lasting = bool(live.exercises) or daemon.journal.waiting > 0
    return not busy and not (patient and lasting)


def leap(box: Box, by_s: float) -> None:
    """So much time passes. Whether a daemon runs or not."""
    by_us, daemon = round(by_s * 1e6), box.daemon
    box.loop.leap(by_s)
    if daemon is None:
        return
    appliance = daemon.appliance
    appliance.state = replace(appliance.state, live=renewed(appliance.state.live, by_us))
    appliance.turned_at_s += by_s
    # It is told every ten seconds, and so before the next tick.
    context = copy_context()
    context.run(PROCESS.set, box.process)
    context.run(daemon._calendar.tell)


def renewed(live: Live, by_us: int) -> Live:
    """The live picture so many microseconds later, with everything read, ticked and reported meanwhile as before."""
    since_us = live.now.mono_us - LATELY_US
    later = replace(live, **{name: _later(getattr(live, name), since_us, by_us) for name in RENEWED})
    buttons = {
        name: replace(its, clock=(its.clock[0] + its.clock[1].since(was), its.clock[1]))
        for name, its in later.buttons.items()
        if its.clock is not None and (was := (live.buttons[name].clock or its.clock)[1]) is not its.clock[1]
    }
    return replace(later, buttons={**later.buttons, **buttons}) if buttons else later


def _later(one: Any, since_us: int, by_us: int) -> Any:
    """The same with every instant from `since_us` on later."""
    if isinstance(one, Instant):
        return one.plus(by_us) if one.mono_us >= since_us else one
    if isinstance(one, Mapping):
        return {key: _later(value, since_us, by_us) for key, value in one.items()}
    if isinstance(one, tuple):
        return tuple(_later(value, since_us, by_us) for value in one)
    if is_dataclass(one) and not isinstance(one, type):
        return replace(
            one,
            **{its.name: _later(getattr(one, its.name), since_us, by_us) for its in fields(one) if its.init},
        )
    return one
