"""Whether one response may follow another where a person asks for it, and what a change puts in the place of what held.

A press by hardware asks nobody: it joins and raises, whatever the table says. A refusal changes nothing and is written.
"""

from collections.abc import Iterable

from rules import doors, holding, notices, responses
from rules.model.events import CloseAsked, StartAsked
from rules.model.facts import Because, ZoneResponded
from rules.model.ids import Actor, IncidentId, ZoneId
from rules.model.kinds import Drill, Exercise, Kind, Real
from rules.model.response_facts import ResponseChanged, TransitionRefused
from rules.model.responses import Ask, Response
from rules.model.values import dataclass
from rules.plan import Plan
from rules.state import Incident, Record, ZoneState
from rules.step import Step
from rules.transition_table import BESIDE, CHANGE, ENDS, RAISE


@dataclass(frozen=True, slots=True)
class Refused:
    """code: `needs_change`, `holds_above`, `not_in_plan`, `no_reason`, or the pack's own. was, held_in: what holds there."""

    code: str
    zone: ZoneId
    was: Response
    held_in: ZoneId


def refused(step: Step, event: StartAsked) -> Refused | None:
    """Why what a person asks for may not follow what holds, in the first of its zones where that is so.

    All zones are judged before anything is written: it is done whole, or not at all.
    """
    return would_refuse(step.plan, step.record, event)


def would_refuse(plan: Plan, record: Record, event: StartAsked) -> Refused | None:
    """As `refused`, of what nobody has asked for yet: a page offers what may be done, and says why of the rest."""
    wanted = plan.responses[event.response]
    if wanted.silent or isinstance(event.kind, Exercise):
        # A silent call is never refused, and an exercise is on no zone's state.
        return None
    found = (_judged(plan, record, event, zone) for zone in event.zones)
    return next((one for one in found if one is not None), None)


def not_theirs(plan: Plan, response: Response, role: str) -> bool:
    """Whether the plan of a response leaves starting it to other roles. role `""`: the box's own authority."""
    may = plan.responses[response].start
    return may is not None and role != "" and role not in may


def kind_refused(step: Step, kind: Kind) -> str:
    """Why nothing of this kind may begin beside what is live and people can see; `""`: it may."""
    for live in step.record.incidents.values():
        if live.silent or live.kind == kind.word:
            continue
        verdict = step.plan.transitions.kinds.get((live.kind, kind.word))
        if verdict is None and live.kind == "real":
            verdict = "real_incident_live"
        if verdict not in (None, ENDS, BESIDE):
            return str(verdict)
    return ""


def write_refused(step: Step, event: StartAsked, why: Refused) -> None:
    """Leave what was asked for in the record, for whoever coordinates: it may be news."""
    own = step.record.zones[why.held_in]
    fact = TransitionRefused(
        event.response, why.zone, event.kind.word, why.was, why.held_in, why.code, event.reason
    )
    step.write(fact, why.zone, actor=event.actor, incident=own.incident, because=Because("asked"))


def is_change(step: Step, event: StartAsked, zone: ZoneId) -> bool:
    """Whether what was asked for takes the place of something graver there, having been passed by `refused`."""
    own = step.record.zones.get(zone)
    if not event.change or own is None or own.kind != event.kind.word or isinstance(event.kind, Exercise):
        return False
    return step.plan.transitions.verdicts.get((own.response, event.response)) == CHANGE


def change(
    step: Step, ask: Ask, kind: Real | Drill, incident: IncidentId, *, actor: Actor, reason: str
) -> None:
    """Put a less grave response in the place of a zone's own. No door is unlocked by it: release is by name."""
    was = step.record.zones[ask.zone].response
    wanted = step.plan.responses[ask.response]
    because = Because("response", (("response", ask.response), ("zone", ask.zone)))
    locking = responses.let_out(step, ask, kind)
    new = ZoneResponded(step.record.number + 1, ask.zone, ask.response, kind.word, incident)
    step.write(new, ask.zone, actor=actor, incident=incident, because=because)
    stands_in, stands = _gravest(step, incident)
    fact = ResponseChanged(incident, ask.zone, was, ask.response, stands.response, stands_in, reason)
    step.write(fact, ask.zone, actor=actor, incident=incident, because=because)
    if locking is not None:
        named = responses.locks(step.plan, ask.response, ask.zone)
        doors.lock(step, named, incident=incident, actor=actor, because=because, locking=locking)
    responses.follow(step, ask.zone, wanted, incident=incident, kind=kind, because=because, joined=True)
    notices.announce(step, ask.zone, ask.response, kind, incident, because)


def not_theirs_to_end(step: Step, role: str, live: Iterable[Incident]) -> Response | None:
    """The response, of those that would be ended, whose plan leaves its end to other roles; None: all may be."""
    for one in live:
        planned = step.plan.responses.get(one.response)
        if planned is None or planned.end is None or role == "":
            continue
        if role not in planned.end:
            return one.response
    return None


def not_confirmed(step: Step, event: CloseAsked, live: Iterable[Incident]) -> str:
    """What one of those that would be ended asks for and was not given; `""`: nothing. A drill asks for none.

    The end of a real one is a named person's, whatever its plan says (issue 7, A3). Whoever is at the box's own socket is asked
    as well: only a start is never held up.
    """
    real = [one for one in live if one.kind == "real"]
    found = [step.plan.responses.get(one.response) for one in real]
    asks = {one.end_asks for one in found if one is not None}
    if "second-person" in asks and not event.second:
        return "second_person_first"
    if real and not event.named:
        return "person_first"
    return "factor_first" if "fresh" in asks and not event.fresh else ""


def _judged(plan: Plan, record: Record, event: StartAsked, zone: ZoneId) -> Refused | None:
    holds = holding.effective(plan, record, zone)
    if holds is None or holds.kind != event.kind.word or holds.response == event.response:
        return None
    verdict = plan.transitions.verdicts.get((holds.response, event.response))
    if verdict in (None, RAISE, BESIDE):
        return None
    where = next(one for one in plan.zones[zone].above if record.zones.get(one) is holds)
    code = str(verdict)
    if verdict == CHANGE:
        code = _why_no_change(plan, record, event, zone, holds)
        if not code:
            return None
        if code == "holds_above":
            where = next(one for one in _above(plan, record, event, zone))
    return Refused(code, zone, record.zones[where].response, where)


def _why_no_change(plan: Plan, record: Record, event: StartAsked, zone: ZoneId, holds: ZoneState) -> str:
    """`""`: it may be changed."""
    if not event.change:
        return "needs_change"
    may = plan.responses[holds.response].change
    if may is not None and event.role not in ("", *may):
        return "not_in_plan"
    if not event.reason.strip():
        return "no_reason"
    # What holds above goes on holding here, so that nothing would change but what the record says.
    return "holds_above" if _above(plan, record, event, zone) else ""


def _above(plan: Plan, record: Record, event: StartAsked, zone: ZoneId) -> list[ZoneId]:
    """The zones above, not changed by this very request, whose own response is graver than what is asked for."""
    ranks = plan.responses
    return [
        one
        for one in plan.zones[zone].above[1:]
        if one in record.zones and one not in event.zones
        if ranks[record.zones[one].response].rank > ranks[event.response].rank
    ]


def _gravest(step: Step, incident: IncidentId) -> tuple[ZoneId, ZoneState]:
    """Where the gravest response of an incident holds, and what it is; of equals where it holds for most."""
    zones, ranks = step.plan.zones, step.plan.responses
    held = [
        (zone, own) for zone, own in step.record.zones.items() if own.incident == incident and zone in zones
    ]
    return max(held, key=lambda one: (ranks[one[1].response].rank, len(zones[one[0]].within)))
