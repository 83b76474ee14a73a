"""What a press of a button would do now: the rules themselves are asked, and nothing of what they say leaves.

The step that collects it is dropped here with its permits and entries: the state that it began from stands.
"""

from rules import presses
from rules.contacts import WiredPress
from rules.decision import Decision
from rules.model.commands import Drive
from rules.model.events import PressHeard
from rules.model.facts import DoorsOrdered, IncidentOpened, PressRecorded, Standing
from rules.model.ids import ButtonId, ControllerId, DoorId, PressId
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.plan import ButtonPlan, Plan
from rules.responses import locks
from rules.state import State
from rules.step import Step


@dataclass(frozen=True, slots=True)
class DryRun:
    """standing: what the press would count as. named: doors that its response locks.

    told: those that a command would go out to, or whose lock stands; held: those that the interlock would hold back,
    each with its code.
    """

    standing: Standing
    named: int
    told: int
    held: tuple[tuple[DoorId, str], ...]


def dry_run(plan: Plan, state: State, button: ButtonId, now: Instant) -> DryRun:
    """The highest that this button can ask for, as if it were pressed at this moment.

    Raises KeyError for one that is not in the plan, and whatever a broken rule raises.
    """
    planned = plan.buttons[button]
    facts = [entry.fact for entry in _pressed(plan, state, planned, now).entries]
    (standing,) = [fact.standing for fact in facts if isinstance(fact, PressRecorded)]
    orders = [fact for fact in facts if isinstance(fact, DoorsOrdered)]
    ask = planned.highest
    # In a walk-test nothing is opened, and nothing would be locked.
    opened = any(isinstance(fact, IncidentOpened) for fact in facts)
    return DryRun(
        standing,
        len(locks(plan, ask.response, ask.zone)) if opened else 0,
        sum(len(order.doors) for order in orders),
        tuple(held for order in orders for held in order.held),
    )


def drives(
    plan: Plan, state: State, button: ButtonId, now: Instant
) -> tuple[tuple[ControllerId, tuple[Drive, ...]], ...]:
    """What a press of this button would switch at this moment, controller by controller, so that it can be got ready.

    No permit leaves. Raises as `dry_run`.
    """
    permits = _pressed(plan, state, plan.buttons[button], now).permits
    return tuple((permit.controller, permit.drives) for permit in permits)


def _pressed(plan: Plan, state: State, planned: ButtonPlan, now: Instant) -> Decision:
    step = Step(plan, state, now)
    if planned.wired is None:
        presses.heard(step, _press(planned, now))
    else:
        presses.wired(step, WiredPress(planned.id, False, None, 0))
    return step.decision()


def _press(planned: ButtonPlan, now: Instant) -> PressHeard:
    word = next((word for word, ask in planned.asks.items() if ask == planned.highest), "hold")
    # No device's id holds a slash: it can be no press that was heard, and none that will be.
    name = PressId(f"selftest/{now.utc_us}")
    return PressHeard(now, planned.id, word, name, None, None, 0, False, "mqtt", None)
