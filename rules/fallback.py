"""What goes out when a rule raised: on a press that can ask for lockdown, the lockdown itself; and a person is told.

Issue 2, E19. Kept apart from the rules it stands in for, and small: it uses the interlock and nothing else of them.
"""

from collections.abc import Iterator

from rules import interlock
from rules.decision import Decision, PressAnswer, RequestAnswer
from rules.model.events import Asked, Event, PressAsked, PressHeard, Scanned
from rules.model.facts import (
    Because,
    DoorsOrdered,
    FlagRaised,
    IncidentOpened,
    PressRecorded,
    PressUnanswered,
    RuleFailed,
    ZoneResponded,
)
from rules.model.ids import Actor, DoorId, IncidentId, PressId
from rules.model.kinds import REAL
from rules.model.responses import Ask
from rules.plan import ButtonPlan, Plan
from rules.state import State
from rules.step import DAEMON, Step


def after_failure(plan: Plan, state: State, event: Event, error: str) -> Decision:
    """The decision on an event whose rule raised `error` (the exception's own words)."""
    step = Step(plan, state, event.at)
    pressed = list(_pressed(plan, state, event))
    known = "rule_failed" in state.live.conditions
    if pressed or not known:
        # A rule that fails on every tick is told once; the flag stands until the next start.
        failed = RuleFailed(type(event).__name__, "lockdown" if pressed else "none", error)
        step.write(failed, plan.campus, actor=DAEMON, because=Because("rule_failed"))
    step.change(conditions={**state.live.conditions, "rule_failed": (type(event).__name__,)})
    for button in pressed:
        ask = _lockdown(plan, button)
        if ask is None or button.id in state.record.walk_tests:
            _leave_to_a_person(step, button)
        else:
            _lock(step, button, ask)
    if ("rule_failed", str(plan.campus)) not in step.record.flags:
        raised = FlagRaised("rule_failed", plan.campus, (type(event).__name__,))
        step.write(raised, plan.campus, actor=DAEMON)
    match event:
        case PressHeard():
            live = _silent_free(step)
            step.answer(PressAnswer(event.button, event.press_id, live, "real", event.delivery))
        case _ if isinstance(event, Asked):
            step.answer(RequestAnswer(event.request, bool(pressed), "rule_failed"))
        case _:
            pass
    return step.decision()


def _pressed(plan: Plan, state: State, event: Event) -> Iterator[ButtonPlan]:
    """The buttons that this event is a press of, told without any of the rules that may have raised."""
    match event:
        case PressHeard() if not event.retained and event.button in plan.buttons:
            yield plan.buttons[event.button]
        case PressAsked() if event.kind == REAL and event.button in plan.buttons:
            yield plan.buttons[event.button]
        case Scanned():
            before = state.live.controllers.get(event.controller)
            for button in plan.buttons.values():
                wired = button.wired
                if wired is None or wired.controller != event.controller:
                    continue
                key = (wired.contact.point.space, wired.contact.point.number)
                was = None if before is None else before.contacts.get(key)
                pressed = int(wired.contact.when)
                if event.values.get(key) == pressed and (was is None or was.stable != pressed):
                    yield button
        case _:
            return


def _lockdown(plan: Plan, button: ButtonPlan) -> Ask | None:
    """The widest lockdown this button can ask for."""
    asks = [*button.asks.values(), button.highest]
    if button.escalation is not None:
        asks.append(button.escalation.ask)
    wanted = [ask for ask in asks if ask.response == "lockdown"]
    return max(wanted, key=lambda ask: len(plan.zones[ask.zone].within), default=None)


def _lock(step: Step, button: ButtonPlan, ask: Ask) -> None:
    """The prepared lockdown after the interlock's live check; if that raises too, the doors that need none."""
    within = step.plan.zones[ask.zone].within
    kinds = step.plan.responses[ask.response].locks
    doors = tuple(
        door.id for door in step.plan.doors.values() if door.kind in kinds and door.zone in within
    )
    try:
        passed = interlock.permits(step, doors, "lock")
        why = "rule_failed"
    except Exception:  # noqa: BLE001 - the last line of defence; what failed is in the entry's code
        passed = interlock.bare_permits(step, doors)
        why = "interlock_failed"
    for permit in passed.permits:
        step.permit(permit)
    live = next((one for one in step.record.incidents.values() if one.kind == "real" and not one.silent), None)
    incident = IncidentId(f"inc-{step.at.utc_us}") if live is None else live.id
    actor = Actor(f"device:{button.id}")
    because = Because(why)
    step.write(_record(step, button, ask), button.id, actor=actor, incident=incident, because=because)
    if live is None:
        opened = IncidentOpened(incident, REAL.word, ask.response, ask.zone, silent=False)
        step.write(opened, incident, actor=actor, incident=incident, because=because)
    zone = ZoneResponded(step.record.number + 1, ask.zone, ask.response, REAL.word, incident)
    step.write(zone, ask.zone, actor=actor, incident=incident, because=because)
    commands = tuple(permit.id for permit in passed.permits)
    held = dict(passed.held)
    ordered = DoorsOrdered("lock", _but(doors, held), passed.held, commands, "")
    step.write(ordered, ask.zone, actor=actor, incident=incident, because=because)


def _leave_to_a_person(step: Step, button: ButtonPlan) -> None:
    ask = button.highest
    actor = Actor(f"device:{button.id}")
    step.write(_record(step, button, ask), button.id, actor=actor, because=Because("rule_failed"))
    number = step.record.last_unanswered + 1
    press = PressId(f"failed.{step.at.utc_us}")
    fact = PressUnanswered(number, button.id, press, ask.response, ask.zone, "rule_failed")
    step.write(fact, button.id, actor=actor, because=Because("rule_failed"))


def _record(step: Step, button: ButtonPlan, ask: Ask) -> PressRecorded:
    return PressRecorded(
        button=button.id,
        press=PressId(f"failed.{step.at.utc_us}"),
        standing="rule_failed",
        path="wired" if button.wired is not None else "mqtt",
        gesture="unlisted",
        response=ask.response,
        zone=ask.zone,
        kind=REAL.word,
        counter=None,
        age_us=None,
        word="",
    )


def _silent_free(step: Step) -> IncidentId | None:
    live = (one.id for one in step.record.incidents.values() if one.kind == "real" and not one.silent)
    return next(live, None)


def _but(doors: tuple[DoorId, ...], held: dict[DoorId, str]) -> tuple[DoorId, ...]:
    return tuple(door for door in doors if door not in held)


