"""What persons ask through the socket: press, lock, release, answer, close, walk-test. Each is answered once durable."""

from collections.abc import Iterable
from typing import Final, assert_never

from rules import (
    doors,
    enrolment,
    presses,
    responses,
    transitions,
)
from rules.decision import RequestAnswer
from rules.model.events import (
    AnswerAsked,
    Asked,
    CloseAsked,
    ExportMade,
    LockAsked,
    NoteAsked,
    PressAsked,
    ReleaseAsked,
    StartAsked,
    WalkTestAsked,
)
from rules.model.facts import (
    Because,
    IncidentExported,
    NoteWritten,
    PressAnswered,
    RequestRefused,
    StartRecorded,
    WalkTestEnded,
    WalkTestStarted,
)
from rules.model.ids import ButtonId, DoorId, IncidentId
from rules.model.kinds import REAL, Drill, Exercise, Real, Test
from rules.model.moments import MINUTE_US, SECOND_US, Instant
from rules.model.response_facts import EndConfirmed
from rules.model.responses import Ask
from rules.step import Step

RELEASE_WAITS_US: Final = 10 * SECOND_US
"""Whoever asks at the box gives up after 15 s, on the page after 10: what comes of it later surprises everybody."""
WALK_TEST_MOST_MINUTES: Final = 30
"""Issue 2, C12."""


def press(step: Step, event: PressAsked) -> None:
    """Press a button by name. A drill or exercise never starts beside a real incident that people can see."""
    if event.button not in step.plan.buttons:
        _refuse(step, event, "press", "unknown_button", ("button", event.button))
        return
    kind = event.kind
    match kind:
        case Real():
            _done(step, event, incident=presses.asked(step, event, kind))
        case Drill() | Exercise():
            if code := transitions.kind_refused(step, kind):
                _refuse_kind(step, event, "press", code)
                return
            _done(step, event, incident=presses.asked(step, event, kind))
        case Test():
            presses.tested(step, event)
            _done(step, event)
        case _:
            assert_never(kind)


def start(step: Step, event: StartAsked) -> None:
    """Start a response in the zones named; on a live incident of the same kind it joins or raises, never lowers."""
    unknown = [zone for zone in event.zones if zone not in step.plan.zones]
    if unknown or not event.zones:
        _refuse(step, event, "start", "unknown_zone", ("zone", ", ".join(unknown)))
        return
    kind = event.kind
    if not isinstance(kind, Real) and (code := transitions.kind_refused(step, kind)):
        _refuse_kind(step, event, "start", code)
        return
    if transitions.not_theirs(step.plan, event.response, event.role):
        _refuse(step, event, "start", "not_in_plan", ("verb", "start"), ("response", event.response))
        return
    if why := transitions.refused(step, event):
        _refuse_transition(step, event, why)
        return
    shown: IncidentId | None = None
    for zone in dict.fromkeys(event.zones):
        ask = Ask(event.response, zone)
        to = responses.joining(step, ask, kind)
        fact = StartRecorded(event.response, (zone,), kind.word, not to.new, event.reason)
        step.write(fact, zone, actor=event.actor, incident=to.incident, because=Because("asked"))
        if not isinstance(kind, Exercise) and transitions.is_change(step, event, zone):
            reason = event.reason
            transitions.change(step, ask, kind, to.incident, actor=event.actor, reason=reason)
        else:
            responses.respond(step, ask, kind, to, actor=event.actor)
        shown = None if to.silent else to.incident
    _done(step, event, incident=shown)


def note(step: Step, event: NoteAsked) -> None:
    """Write into an incident's timeline, while it is live or after: the record only grows.

    The record in memory knows of live incidents alone, so of others only that is refused which never was one's id;
    whoever asks looks up a closed one first. A silent one is nobody's who may not know of it.
    """
    text, live = event.text.strip(), step.record.incidents.get(event.incident)
    hidden = live is not None and live.silent and not event.silent
    if hidden or (live is None and not _was_made_here(event.incident)):
        _refuse(step, event, "note", "unknown_incident", ("incident", event.incident))
        return
    if not text:
        _refuse(step, event, "note", "no_text")
        return
    step.write(
        NoteWritten(event.incident, text),
        event.incident,
        actor=event.actor,
        incident=event.incident,
        because=Because("asked"),
    )
    _done(step, event)


def lock(step: Step, event: LockAsked) -> None:
    """Lock named doors. What the interlock holds back is named in the answer; the rest goes."""
    if _unknown(step, event, "lock", event.doors):
        return
    live = responses.live_of(step.record, REAL.word, silent=False)
    doors.lock(
        step,
        event.doors,
        incident=None if live is None else live.id,
        actor=event.actor,
        because=Because("asked"),
        reason=event.reason,
    )
    _ordered(step, event, event.doors)


def release(step: Step, event: ReleaseAsked) -> None:
    """Return named doors to their rest; never more than the named ones, and never behind the asker's back: who asked has
    given up by then, or somebody pressed meanwhile."""
    if _unknown(step, event, "release", event.doors):
        return
    if event.asked is not None:
        if event.at.since(event.asked) > RELEASE_WAITS_US:
            _refuse(step, event, "release", "release_too_late")
            return
        if any(_locked_between(step, one, event.asked, event.at) for one in event.doors):
            _refuse(step, event, "release", "locked_since")
            return
    doors.rest(step, event.doors, actor=event.actor, because=Because("asked"), reason=event.reason)
    _ordered(step, event, event.doors)


def answer(step: Step, event: AnswerAsked) -> None:
    """Start what an unanswered press asked for, or dismiss it with a reason."""
    waiting = step.record.unanswered.get(event.press)
    if waiting is None:
        code = "already_answered" if 0 < event.press <= step.record.last_unanswered else "unknown_press"
        _refuse(step, event, "answer", code, ("press", event.press))
        return
    if not event.start and not event.reason.strip():
        _refuse(step, event, "answer", "no_reason")
        return
    incident: IncidentId | None = None
    fact = PressAnswered(waiting.number, event.start, event.reason)
    if event.start:
        # A zone that a reload took away: what was asked for there holds everywhere.
        zone = waiting.zone if waiting.zone in step.plan.zones else step.plan.campus
        ask = Ask(waiting.response, zone)
        to = responses.joining(step, ask, REAL)
        incident = None if to.silent else to.incident
        step.write(fact, waiting.button, actor=event.actor, incident=to.incident, because=Because("asked"))
        responses.respond(step, ask, REAL, to, actor=event.actor)
    else:
        step.write(fact, waiting.button, actor=event.actor, because=Because("asked"))
    _done(step, event, incident=incident)


def close(step: Step, event: CloseAsked) -> None:
    """Close one live incident, or all. Doors stay as they are, and the answer says how many are still locked by order.

    To somebody who may not know of a silent one it is not there: neither by its id nor in what was closed.
    """
    seen = [one for one in step.record.incidents.values() if event.silent or not one.silent]
    live = [one for one in seen if event.incident in (None, one.id)]
    if not live:
        _refuse(step, event, "close", "no_incident")
        return
    if (whose := transitions.not_theirs_to_end(step, event.role, live)) is not None:
        _refuse(step, event, "close", "not_in_plan", ("verb", "end"), ("response", whose))
        return
    if lacks := transitions.not_confirmed(step, event, live):
        _refuse(step, event, "close", lacks)
        return
    for one in live:
        if event.fresh:
            confirmed = EndConfirmed(one.id, event.second or None)
            step.write(confirmed, one.id, actor=event.actor, incident=one.id, because=Because("asked"))
        responses.close(step, one, actor=event.actor, because=Because("asked"), reason=event.reason)
    still = sum(order.word == "lock" for order in step.record.orders.values())
    _done(step, event, ("closed", len(live)), ("doors_still_locked", still))


def walk_test(step: Step, event: WalkTestAsked) -> None:
    """Put named buttons in test for a named person, for at most 30 minutes; all others stay real."""
    unknown = [one for one in event.buttons if one not in step.plan.buttons]
    if not event.buttons or unknown:
        _refuse(step, event, "walk-test", "unknown_button", ("button", ", ".join(unknown)))
    elif not 1 <= event.minutes <= WALK_TEST_MOST_MINUTES:
        _refuse(step, event, "walk-test", "bad_minutes", ("minutes", event.minutes))
    elif not event.person.strip():
        _refuse(step, event, "walk-test", "no_person")
    elif responses.live_of(step.record, REAL.word, silent=False) is not None:
        # A silent one is no reason: the refusal would tell of it.
        _refuse(step, event, "walk-test", "real_incident_live")
    elif any(enrolment.run_of(step.state, one, step.at) for one in event.buttons):
        _refuse(step, event, "walk-test", "in_drill_now")
    else:
        until = step.at.plus(event.minutes * MINUTE_US)
        fact = WalkTestStarted(
            buttons=tuple(dict.fromkeys(event.buttons)),
            minutes=event.minutes,
            until_utc_us=until.utc_us,
            until_mono_us=until.mono_us,
            boot=step.live.boot,
            person=event.person,
        )
        step.write(fact, step.plan.campus, actor=event.actor, because=Because("asked"))
        _done(step, event, ("buttons", len(fact.buttons)))


def end_walk_tests(step: Step) -> None:
    """Walk-tests end by themselves: at their time, and with the boot they began in."""
    if not step.record.walk_tests:
        return
    over: dict[str, list[ButtonId]] = {}
    for one, test in step.record.walk_tests.items():
        if not presses.in_walk_test(step.state, one, step.at):
            over.setdefault("time" if test.boot == step.live.boot else "boot", []).append(one)
    for code, buttons in over.items():
        step.write(WalkTestEnded(tuple(buttons), code), step.plan.campus, because=Because(code))


def _locked_between(step: Step, door: DoorId, begins: Instant, ends: Instant) -> bool:
    order = step.record.orders.get(door)
    # An order of another boot counts by that boot's clock: it may be ahead of now.
    return order is not None and order.word == "lock" and begins.mono_us < order.since.mono_us <= ends.mono_us


def _was_made_here(incident: IncidentId) -> bool:
    """Whether an id has the form of those that `responses.joining` makes."""
    head, _, number = incident.partition("-")
    return head == "inc" and number.isascii() and number.isdigit() and len(number) <= 20


def _unknown(step: Step, event: LockAsked | ReleaseAsked, verb: str, named: Iterable[DoorId]) -> bool:
    missing = [one for one in named if one not in step.plan.doors]
    if missing or not event.doors:
        _refuse(step, event, verb, "unknown_door", ("door", ", ".join(missing)))
        return True
    return False


def _ordered(step: Step, event: LockAsked | ReleaseAsked, named: tuple[DoorId, ...]) -> None:
    held = [f"{one}:{step.door(one).held}" for one in named if step.door(one).held]
    answer = RequestAnswer(
        event.request, not held, "held" if held else "done", (("held", ", ".join(held)),) if held else ()
    )
    step.answer(answer)


def _refuse(step: Step, event: Asked, verb: str, code: str, *args: tuple[str, str | int | bool]) -> None:
    step.write(RequestRefused(verb, code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code, args))


def _refuse_kind(step: Step, event: PressAsked | StartAsked, verb: str, code: str) -> None:
    why = step.plan.transitions.reasons.get(code)
    if why is None or code == "real_incident_live":
        _refuse(step, event, verb, code)
    else:
        _refuse(step, event, verb, "kind_refused", ("reason", code), ("why", why))


def _refuse_transition(step: Step, event: StartAsked, why: transitions.Refused) -> None:
    transitions.write_refused(step, event, why)
    reason = step.plan.transitions.reasons.get(why.code)
    args: tuple[tuple[str, str], ...] = (
        ("response", event.response),
        ("was", why.was),
        ("where", step.plan.zones[why.held_in].name),
        *((("reason", why.code), ("why", reason)) if reason is not None else ()),
    )
    code = why.code if reason is None else "transition_refused"
    if code == "not_in_plan":
        args = (("verb", "change"), ("response", why.was))
    _refuse(step, event, "start", code, *args)


def _done(
    step: Step, event: Asked, *args: tuple[str, str | int | bool], incident: IncidentId | None = None
) -> None:
    step.answer(RequestAnswer(event.request, True, "done", args, incident))


def exported(step: Step, event: ExportMade) -> None:
    """Who took a record out stands in it from then on."""
    fact = IncidentExported(event.incident, event.redacted)
    step.write(fact, event.incident, actor=event.actor, incident=event.incident)
