"""The laws of drills (issue 7, E12, E13) as one decision can break them, held by somebody who noted who is enrolled."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules.decision import Decision, RequestAnswer
from rules.model.drill_asks import BeginDrill, DrillAsked
from rules.model.events import Event, PressHeard, Ticked
from rules.model.facts import PressRecorded
from rules.model.ids import ButtonId
from rules.model.kinds import Drill
from rules.model.moments import SECOND_US, Instant
from rules.plan import Plan
from rules.state import Record
from tests.rules.laws import Found, Node, Watched, ends_drill

TWICE_US: Final = 10 * SECOND_US
"""Issue 7, E13; not the rule's own constant."""


def watched(before: Node, event: Event, decision: Decision) -> Watched | None:
    """What the onlooker notes after a decision, from what was asked, pressed and told: never from the record of drills."""
    note, now = before.world.drill, event.at.mono_us
    match event:
        case DrillAsked(ask=BeginDrill() as ask) if done(decision):
            return Watched(frozenset(ask.buttons), now, now + ask.minutes * 60 * SECOND_US)
        case PressHeard() if note is not None and _kind(decision) == "drill":
            return replace(note, pressed={**note.pressed, event.button: now})
        case _ if ends_drill(event) and done(decision):
            return None
    visible = [one for one in decision.state.record.incidents.values() if not one.silent]
    if any(one.kind == "real" for one in visible):
        return None
    opened = [one for one in before.state.record.incidents.values() if one.kind == "drill" and not one.silent]
    if opened and not any(one.kind == "drill" for one in visible):
        # It was closed by its incident.
        return None
    return None if note is not None and now >= note.until and not opened else note


def noted(note: Watched | None, now: Instant, late_us: int) -> object:
    """The form of an onlooker's note: ages as far as they are looked at."""
    if note is None:
        return None
    since, left = now.mono_us - note.began, note.until - now.mono_us
    ages = [(one, now.mono_us - at) for one, at in sorted(note.pressed.items())]
    pressed = tuple((one, passed) for one, passed in ages if passed <= TWICE_US)
    return tuple(sorted(note.enrolled)), since if since <= late_us else -1, max(0, left), pressed


def _kind(decision: Decision) -> str:
    """Of a press that did something."""
    facts = [one.fact for one in decision.entries if isinstance(one.fact, PressRecorded)]
    return next((one.kind for one in facts if one.standing in ("acted", "joined")), "")


def done(decision: Decision) -> bool:
    """Whether a person's request was."""
    return any(isinstance(one, RequestAnswer) and one.done for one in decision.answers)


def broken_in_drills(on: Plan, before: Node, event: Event, decision: Decision) -> Iterator[Found]:
    """Each law of drills that this decision breaks."""
    was, now = before.state.record, decision.state.record
    if isinstance(event, PressHeard):
        yield from _press(on, before, event, decision)
    if isinstance(event, DrillAsked):
        yield from _asked(was, decision)
    for notice in decision.notices:
        if on.outputs[notice.output].audience != "staff" and isinstance(notice.kind, Drill):
            yield "nobody outside is told of a drill", notice.output
    yield from _real_stands(on, was, now, event)
    yield from _of_the_state(before, event, decision)


def _press(on: Plan, before: Node, event: PressHeard, decision: Decision) -> Iterator[Found]:
    fact = next(one.fact for one in decision.entries if isinstance(one.fact, PressRecorded))
    if fact.standing not in ("acted", "joined"):
        return
    wanted = "drill" if _counts(on, before, event, fact) else "real"
    if fact.kind != wanted:
        yield (
            f"this press is {wanted}: enrolled, alone within 10 s and made since the drill began, or real",
            event.button,
        )
    if fact.kind != "real" or on.responses[fact.response].silent:
        return
    live = [one for one in decision.state.record.incidents.values() if one.kind != "real" and not one.silent]
    if live or decision.state.record.drills.run is not None:
        yield "a real press that people see ends the drill at once", event.button


def _counts(on: Plan, before: Node, event: PressHeard, fact: PressRecorded) -> bool:
    note, now = before.world.drill, event.at.mono_us
    if note is None or event.button not in note.enrolled or now >= note.until:
        return False
    if on.responses[fact.response].silent or event.waited_at_most_us is None:
        return False
    last = note.pressed.get(event.button)
    alone = last is None or now - last > TWICE_US
    return alone and now - note.began >= event.waited_at_most_us


def _asked(was: Record, decision: Decision) -> Iterator[Found]:
    now = decision.state.record
    if done(decision):
        return
    if (was.zones, was.incidents, was.orders, was.drills, was.outputs_on) != (
        now.zones,
        now.incidents,
        now.orders,
        now.drills,
        now.outputs_on,
    ):
        yield "a drill that is refused changes nothing", "drill"
    if decision.permits or decision.notices:
        yield "a drill that is refused moves nothing and tells nobody", "drill"


def _real_stands(on: Plan, was: Record, now: Record, event: Event) -> Iterator[Found]:
    """What is real is neither ended nor darkened by a drill's beginning or end."""
    for zone, own in was.zones.items():
        ours = own.kind == "real" and own.incident in now.incidents
        if ours and isinstance(event, DrillAsked | Ticked) and now.zones.get(zone) != own:
            yield "no drill takes the place of what is real, nor its end", zone
    for output in on.outputs.values():
        above = (now.zones[one] for one in on.zones[output.zone].above if one in now.zones)
        held = [on.responses[own.response] for own in above if own.kind == "real"]
        gravest = max(held, key=lambda one: one.rank, default=None)
        lit = output.point is None or output.id in now.outputs_on
        if gravest is not None and gravest.outputs and not lit:
            yield "what a real response has on is never off", output.id


def _of_the_state(before: Node, event: Event, decision: Decision) -> Iterator[Found]:
    now = decision.state.record
    run, was = now.drills.run, before.state.record.drills.run
    real = any(one.kind == "real" and not one.silent for one in now.incidents.values())
    if run is None:
        return
    if real:
        yield "no drill goes on beside what is real and seen", run.id
    if run.incident is not None and run.incident not in now.incidents:
        yield "a drill is over with its incident", run.id
    if isinstance(event, Ticked) and event.at.mono_us >= run.until.mono_us and run.enrolled:
        yield "no button is enrolled beyond its time", run.id
    if was is not None and was.id == run.id and not set(run.enrolled) <= set(was.enrolled):
        yield "no button is enrolled after the beginning", run.id
    note = before.world.drill
    if note is not None and was is not None and _others(note.enrolled, run.enrolled):
        yield "no button is enrolled but by name", run.id


def _others(named: frozenset[ButtonId], enrolled: tuple[ButtonId, ...]) -> bool:
    return not set(enrolled) <= named
