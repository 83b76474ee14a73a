"""Drills as persons plan, begin, end and record them. Nothing here begins one by a clock, and none begins beside a real incident.

What a drill may reach is said by types (`rules.model.kinds`): from here it can only ask for what takes a `Drill` or `Exercise`.
"""

from typing import Final, TypeVar, assert_never

from rules import drill_score, enrolment, presses, responses, transitions
from rules.decision import RequestAnswer
from rules.drill_state import MOST_PLANNED, DrillOver, DrillRun
from rules.model.drill_asks import (
    BeginDrill,
    CancelDrill,
    CloseFinding,
    DrillAsked,
    EndDrill,
    FillField,
    GiveNotice,
    LogDrill,
    PlanDrill,
    StartDrill,
)
from rules.model.drill_facts import (
    DrillButtonsReal,
    DrillCancelled,
    DrillFieldFilled,
    DrillFindingClosed,
    DrillKind,
    DrillLogged,
    DrillNoticeGiven,
    DrillPlanned,
    DrillStarted,
    RealCode,
)
from rules.model.facts import Because, Fact, RequestRefused
from rules.model.ids import ButtonId, DoorId, DrillId, IncidentId, OutputId, ZoneId
from rules.model.kinds import DRILL, EXERCISE, REAL, Drill, Exercise
from rules.model.moments import MINUTE_US
from rules.model.responses import Ask, Response
from rules.plan import Plan
from rules.step import Step
from rules.tabletop_state import TABLETOP

T = TypeVar("T")

MOST_MINUTES: Final = 180
"""How long a button may be enrolled: one that is forgotten must not swallow a real press the day after."""
ASKED: Final = Because("asked")
MOST_LATE_DAYS: Final = 400
"""How long after it was held a drill may still be logged."""


def asked(step: Step, event: DrillAsked) -> None:
    """A person's request about drills."""
    ask = event.ask
    match ask:
        case PlanDrill():
            _plan(step, event, ask)
        case CancelDrill():
            _of_planned(step, event, ask.drill, DrillCancelled(ask.drill, ask.reason))
        case GiveNotice():
            if not ask.whom.strip() or not ask.how.strip():
                _refuse(step, event, "no_text")
            else:
                _of_planned(step, event, ask.drill, DrillNoticeGiven(ask.drill, ask.whom, ask.how))
        case StartDrill():
            _start(step, event, ask)
        case BeginDrill():
            _begin_unplanned(step, event, ask)
        case EndDrill():
            _end(step, event, ask)
        case LogDrill():
            _log(step, event, ask)
        case FillField():
            _fill(step, event, ask)
        case CloseFinding():
            _close_finding(step, event, ask)
        case _:
            assert_never(ask)


def sweep(step: Step) -> None:
    """Enrolled buttons are real again when their time is over, and with the boot it was counted in."""
    run = step.record.drills.run
    if run is None or enrolment.in_time(run, step.live.boot, step.at):
        return
    code = _why_over(step, run)
    if run.enrolled:
        fact = DrillButtonsReal(run.id, run.enrolled, code)
        step.write(fact, run.id, incident=run.incident, because=Because(code))
    if run.incident is None:
        drill_score.end(step, run, code)


def _why_over(step: Step, run: DrillRun) -> RealCode:
    return "time" if run.boot == step.live.boot else "boot"


# --- planned ---------------------------------------------------------------------------------


def _plan(step: Step, event: DrillAsked, ask: PlanDrill) -> None:
    response = _response(step.plan, ask.type, ask.response)
    code = _cannot_be(step.plan, ask.type, ask.kind, response, ask.zones, ask.buttons, ask.failures)
    if not code and not _is_day(ask.day, ask.minute):
        code = "bad_day"
    if not code and step.live.clock is not None and ask.day < step.live.clock.day:
        code = "day_passed"
    if not code and len(step.record.drills.planned) >= MOST_PLANNED:
        code = "too_many_planned"
    if code or response is None:
        _refuse(step, event, code)
        return
    one = DrillPlanned(
        _fresh(step), ask.type, ask.kind, response, _once(ask.zones), _once(ask.buttons), _once(ask.failures),
        ask.day, ask.minute, ask.announced, ask.note,
    )  # fmt: skip
    _write(step, event, one.id, one)


def _of_planned(step: Step, event: DrillAsked, drill: DrillId, fact: Fact) -> None:
    if drill not in step.record.drills.planned:
        _refuse(step, event, "unknown_drill")
        return
    _write(step, event, drill, fact)


# --- begun and ended --------------------------------------------------------------------------


def _start(step: Step, event: DrillAsked, ask: StartDrill) -> None:
    planned = step.record.drills.planned.get(ask.drill)
    if planned is None:
        _refuse(step, event, "unknown_drill")
        return
    begin = BeginDrill(
        planned.type, planned.kind, planned.response, planned.zones, planned.buttons, planned.failures, ask.minutes,
        ask.waits,
    )  # fmt: skip
    _begin(step, event, planned.id, begin)


def _begin_unplanned(step: Step, event: DrillAsked, ask: BeginDrill) -> None:
    _begin(step, event, _fresh(step), ask)


def _begin(step: Step, event: DrillAsked, drill: DrillId, ask: BeginDrill) -> None:
    response = _response(step.plan, ask.type, ask.response)
    code = _cannot_be(step.plan, ask.type, ask.kind, response, ask.zones, ask.buttons, ask.failures)
    code = code or _not_now(step, ask)
    if code or response is None:
        _refuse(step, event, code)
        return
    if transitions.not_theirs(step.plan, response, event.role):
        _refuse(step, event, "not_in_plan", ("verb", "start"), ("response", response))
        return
    kind = DRILL if ask.kind == "drill" else EXERCISE
    if why := transitions.kind_refused(step, kind):
        said = step.plan.transitions.reasons.get(why)
        _refuse(step, event, *((why,) if said is None else ("kind_refused", ("reason", why), ("why", said))))
        return
    until = step.at.plus(ask.minutes * MINUTE_US)
    clock = step.live.clock
    fact = DrillStarted(
        drill, ask.type, ask.kind, response, _once(ask.zones), _once(ask.buttons), _once(ask.failures), ask.waits,
        until.utc_us, until.mono_us, step.live.boot, None if clock is None else clock.day,
    )  # fmt: skip
    step.write(fact, drill, actor=event.actor, because=ASKED)
    incident: IncidentId | None = None
    if not ask.waits:
        incident = _respond(step, event, response, fact.zones, kind)
    args = (("drill", str(drill)), ("buttons", len(fact.buttons)))
    step.answer(RequestAnswer(event.request, True, "done", args, incident))


def _respond(
    step: Step, event: DrillAsked, response: Response, zones: tuple[ZoneId, ...], kind: Drill | Exercise
) -> IncidentId | None:
    incident: IncidentId | None = None
    for zone in zones:
        ask = Ask(response, zone)
        to = responses.joining(step, ask, kind)
        responses.respond(step, ask, kind, to, actor=event.actor)
        incident = to.incident
    return incident


def _not_now(step: Step, ask: BeginDrill) -> str:
    if responses.live_of(step.record, REAL.word, silent=False) is not None:
        return "real_incident_live"
    if step.record.drills.run is not None:
        return "drill_under_way"
    if responses.live_of(step.record, ask.kind, silent=False) is not None:
        return "drill_live"
    if not 1 <= ask.minutes <= MOST_MINUTES:
        return "bad_drill_minutes"
    if ask.waits and not ask.buttons:
        return "nobody_to_press"
    if any(presses.in_walk_test(step.state, one, step.at) for one in ask.buttons):
        return "in_walk_test_now"
    return ""


def _end(step: Step, event: DrillAsked, ask: EndDrill) -> None:
    run = step.record.drills.run
    if run is None or run.id != ask.drill:
        _refuse(step, event, "unknown_drill")
        return
    live = None if run.incident is None else step.record.incidents.get(run.incident)
    if live is not None and (whose := transitions.not_theirs_to_end(step, event.role, (live,))) is not None:
        _refuse(step, event, "not_in_plan", ("verb", "end"), ("response", whose))
        return
    if live is None:
        drill_score.end(step, run, "asked", event.actor)
    else:
        responses.close(step, live, actor=event.actor, because=ASKED, reason=ask.reason)
    still = sum(order.word == "lock" for order in step.record.orders.values())
    args = (("drill", str(run.id)), ("doors_still_locked", still))
    step.answer(RequestAnswer(event.request, True, "done", args, run.incident))


# --- recorded ---------------------------------------------------------------------------------


def _log(step: Step, event: DrillAsked, ask: LogDrill) -> None:
    clock = step.live.clock
    if ask.type not in step.plan.drills.types:
        _refuse(step, event, "unknown_drill_type")
    elif not _is_day(ask.day, ask.minute) or clock is None:
        _refuse(step, event, "bad_day")
    elif not clock.day - MOST_LATE_DAYS <= ask.day <= clock.day:
        _refuse(step, event, "day_to_come")
    else:
        drill = _fresh(step)
        _write(step, event, drill, DrillLogged(drill, ask.type, ask.day, ask.minute, ask.note))


def _fill(step: Step, event: DrillAsked, ask: FillField) -> None:
    known = step.plan.drills.fields.get(ask.field)
    over = _over(step, event, ask.drill)
    if over is None:
        return
    # What this box had no part in, it cannot fill in.
    if known is None or (known.by != "person" and not over.logged):
        _refuse(step, event, "unknown_field")
    elif not ask.text.strip():
        _refuse(step, event, "no_text")
    else:
        _write(step, event, ask.drill, DrillFieldFilled(ask.drill, ask.field, ask.text.strip()))


def _close_finding(step: Step, event: DrillAsked, ask: CloseFinding) -> None:
    over = _over(step, event, ask.drill)
    if over is None:
        return
    ticket, change = ask.ticket.strip(), ask.change.strip()
    if not 0 <= ask.finding < len(over.findings):
        _refuse(step, event, "unknown_finding")
    elif not over.findings[ask.finding].is_open:
        _refuse(step, event, "finding_closed")
    elif bool(ticket) == bool(change):
        _refuse(step, event, "ticket_or_change")
    else:
        _write(step, event, ask.drill, DrillFindingClosed(ask.drill, ask.finding, ticket, change))


def _over(step: Step, event: DrillAsked, drill: DrillId) -> DrillOver | None:
    over = step.record.drills.over.get(drill)
    if over is None:
        _refuse(step, event, "unknown_drill")
    return over


# --- what all of them share ---------------------------------------------------------------------


def _response(plan: Plan, kind: str, said: Response | None) -> Response | None:
    known = plan.drills.types.get(kind)
    return said or (None if known is None else known.response)


def _cannot_be(
    plan: Plan,
    kind_of_drill: str,
    kind: DrillKind,
    response: Response | None,
    zones: tuple[ZoneId, ...],
    buttons: tuple[ButtonId, ...],
    failures: tuple[tuple[str, str], ...],
) -> str:
    """Why there can be no such drill; `""`: there can."""
    if kind_of_drill not in plan.drills.types:
        return "unknown_drill_type"
    if kind_of_drill == TABLETOP:
        # It moves no door: it is held at its own page. One that was held on paper may be logged.
        return "tabletop_elsewhere"
    if response is None or response not in plan.responses:
        return "unknown_response"
    if plan.responses[response].silent:
        return "silent_drill"
    if not zones or any(one not in plan.zones for one in zones):
        return "unknown_zone"
    if any(one not in plan.buttons for one in buttons):
        return "unknown_button"
    if kind == "exercise" and buttons:
        return "exercise_with_buttons"
    if any(not _is_there(plan, what, one) for what, one in failures):
        return "unknown_failure"
    return ""


def _is_there(plan: Plan, what: str, one: str) -> bool:
    match what:
        case "door":
            return DoorId(one) in plan.doors
        case "output":
            return OutputId(one) in plan.outputs
        case "button":
            return ButtonId(one) in plan.buttons
        case _:
            return False


def _is_day(day: int, minute: int) -> bool:
    """A day from 2000 to 2199, and a minute of it."""
    return 730_120 <= day < 803_169 and 0 <= minute < 1_440


def _once(some: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(some))


def _fresh(step: Step) -> DrillId:
    """Derived, not random, so that a decision replays."""
    number, drills = step.at.utc_us, step.record.drills
    run = None if drills.run is None else drills.run.id
    while (one := DrillId(f"drill-{number}")) in drills.planned or one in drills.over or one == run:
        number += 1
    return one


def _write(step: Step, event: DrillAsked, drill: DrillId, fact: Fact) -> None:
    step.write(fact, drill, actor=event.actor, because=ASKED)
    step.answer(RequestAnswer(event.request, True, "done", (("drill", str(drill)),)))


def _refuse(step: Step, event: DrillAsked, code: str, *args: tuple[str, str]) -> None:
    step.write(RequestRefused("drill", code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code, args))
