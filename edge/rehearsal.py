"""Presses decided before they come, so that the first of a start is no slower than the next.

What rules and drivers work out once (which doors a response locks, which frames a board gets) is then there, and the
interpreter knows the way. Nothing leaves: what would be switched is told to the drivers as something to get ready.
"""

import asyncio
from typing import Final

import structlog

from drivers.clock import instant
from edge.appliance import Appliance
from rules.dry_run import drives
from rules.model.ids import ButtonId
from rules.model.responses import Ask
from rules.plan import Plan
from rules.responses import locks

log = structlog.get_logger()

PAUSE_S: Final = 0.02
"""Between two: a decision on 200 doors takes the loop some milliseconds."""


def buttons(plan: Plan) -> tuple[ButtonId, ...]:
    """One for each response and zone that a press can ask for at its highest; that which locks most doors first."""
    found: dict[Ask, ButtonId] = {}
    for button in plan.buttons.values():
        found.setdefault(button.highest, button.id)
    widest_first = sorted(found, key=lambda ask: -len(locks(plan, ask.response, ask.zone)))
    return tuple(found[ask] for ask in widest_first)


def rehearse(appliance: Appliance, button: ButtonId) -> None:
    """Decide a press of this button and drop it. A rule or driver that fails at it is told, and keeps nothing from going on."""
    try:
        for controller, some in drives(appliance.plan, appliance.state, button, instant()):
            if controller in appliance.drivers:
                appliance.drivers[controller].prepare(some)
    except Exception:
        log.exception("a press that was only thought through failed", button=button)


def rehearse_first(appliance: Appliance) -> None:
    """The widest of `buttons`, at once."""
    for button in buttons(appliance.plan)[:1]:
        rehearse(appliance, button)


async def rehearse_all(appliance: Appliance) -> None:
    """Each of `buttons` in turn, none while a press's commands are on their way."""
    plan = appliance.plan
    for button in buttons(plan):
        await asyncio.sleep(PAUSE_S)
        while appliance.hurried:  # noqa: ASYNC110  for 40 ms at most
            await asyncio.sleep(PAUSE_S)
        if appliance.plan is not plan:
            return  # a reload has begun another
        rehearse(appliance, button)
