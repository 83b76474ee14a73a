"""Where a flag's subject lies, and what somebody does while a flag stands: recorded, ended, never a reason to clear it."""

from collections.abc import Iterator, Sequence
from typing import Final

from rules.decision import RequestAnswer
from rules.model.events import MeasureAsked, MeasureEndAsked
from rules.model.facts import Because, RequestRefused
from rules.model.flag_facts import FlagCompensated, FlagUncompensated
from rules.model.ids import ControllerId, ZoneId
from rules.plan import Plan
from rules.prepared import OncePerPlan
from rules.step import Step

# --- where -----------------------------------------------------------------------------------


def _places(plan: Plan) -> dict[str, tuple[ZoneId, ...]]:
    found: dict[str, tuple[ZoneId, ...]] = {
        one.id: (one.zone,)
        for things in (
            plan.doors,
            plan.buttons,
            plan.outputs,
            plan.cameras,
            plan.detectors,
            plan.phone_systems,
        )
        for one in things.values()
    }
    for one in plan.inputs.values():
        of_doors = (plan.doors[door].zone for door in one.doors if door in plan.doors)
        found[one.id] = _in_order(plan, {*one.zones, *of_doors})
    for controller in plan.controllers:
        found[controller] = _in_order(plan, set(_on(plan, controller, found)))
    return found


def _on(plan: Plan, controller: ControllerId, found: dict[str, tuple[ZoneId, ...]]) -> Iterator[ZoneId]:
    yield from (door.zone for door in plan.doors.values() if door.controller == controller)
    yield from (one.zone for one in plan.buttons.values() if one.wired and one.wired.controller == controller)
    yield from (
        zone for one in plan.inputs.values() if one.controller == controller for zone in found[one.id]
    )


def _in_order(plan: Plan, zones: set[ZoneId]) -> tuple[ZoneId, ...]:
    return tuple(zone for zone in plan.zones if zone in zones) or (plan.campus,)


_places_of: Final = OncePerPlan(_places)


def thing_of(subject: str) -> str:
    """What a flag is about: of a link (`lock:a-101`) what it leads to."""
    return subject.rpartition(":")[2]


def zones_of(plan: Plan, subject: str, args: Sequence[str] = ()) -> tuple[ZoneId, ...]:
    """The zones in which a flag's subject lies; the campus for the box itself, and for what nobody places.

    args: the flag's own: of what is in no plan, an asset or a ticket, the first is the zone (`rules.book.kinds`).
    """
    places = _places_of(plan).get(thing_of(subject))
    if places is None and thing_of(subject) != plan.campus and args and args[0] in plan.zones:
        return (ZoneId(args[0]),)
    return places or (plan.campus,)


def is_there(plan: Plan, subject: str) -> bool:
    """Whether a flag's subject is in the plan."""
    return thing_of(subject) == plan.campus or thing_of(subject) in _places_of(plan)


# --- what is done meanwhile ------------------------------------------------------------------


def measure(step: Step, event: MeasureAsked) -> None:
    """Record what somebody does while a flag stands. It clears nothing, and takes off no point."""
    key = (event.code, event.subject)
    if not step.plan.flags.of(event.code).measure:
        # Before it is looked whether it stands: a silent call must not be told of.
        _refuse(step, event, "measure", "no_measure")
    elif key not in step.record.flags:
        _refuse(step, event, "measure", "unknown_flag")
    elif not event.text.strip():
        _refuse(step, event, "measure", "no_reason")
    elif not step.at.utc_us < event.until_us <= step.at.utc_us + step.plan.flags.measure_longest_us:
        _refuse(step, event, "measure", "bad_until")
    else:
        fact = FlagCompensated(*key, event.until_us, event.text.strip())
        step.write(fact, event.subject, actor=event.actor, because=Because("asked"))
        step.answer(RequestAnswer(event.request, True, "done"))


def end_measure(step: Step, event: MeasureEndAsked) -> None:
    """It is over before its end."""
    key = (event.code, event.subject)
    if key not in step.record.measures:
        _refuse(step, event, "measure", "no_such_measure")
        return
    step.write(FlagUncompensated(*key, "asked"), event.subject, actor=event.actor, because=Because("asked"))
    step.answer(RequestAnswer(event.request, True, "done"))


def sweep(step: Step) -> None:
    """End the measures whose time is over, and those whose flag is."""
    for key, one in step.record.measures.items():
        why = "cleared" if key not in step.record.flags else "until" if one.until_us <= step.at.utc_us else ""
        if why:
            step.write(FlagUncompensated(*key, why), key[1], because=Because(why))


def _refuse(step: Step, event: MeasureAsked | MeasureEndAsked, verb: str, code: str) -> None:
    step.write(RequestRefused(verb, code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code))
