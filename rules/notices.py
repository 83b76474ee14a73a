"""Who is told of a response, and of its end: at once by every route of its zones, and again by those that did not say it went.

Sent is not informed: what a route says became of its notice is written, and nothing is taken for told that nobody said.
"""

from typing import Final

from rules import school, second_channel
from rules.holding import effective, of_kind
from rules.interlock_notices import (
    SCREENS,
    SHOWING,
    SIGNS,
    SOUNDING,
    WRITING,
    is_outside,
    notice_permits,
    notice_refusal,
)
from rules.model.facts import Because
from rules.model.ids import IncidentId, OutputId, ZoneId
from rules.model.kinds import REAL, Drill, Kind, KindWord, Real, Switching, kind_of
from rules.model.moments import MINUTE_US, SECOND_US
from rules.model.notices import NoticeEnded, NoticesOrdered, NoticeTurned
from rules.model.responses import Response
from rules.notice_state import NoticeKey, NoticeLive, NoticeMemory, key_of
from rules.plan import OutputPlan, ResponsePlan
from rules.state import Incident, ZoneState
from rules.step import Step

LOST_US: Final = MINUTE_US
"""Every route says within its own time-out what became of a notice; one that is silent for longer never will."""
FIRST_RETRY_US: Final = 2 * SECOND_US
LAST_RETRY_US: Final = 30 * SECOND_US
UNSAID: Final[frozenset[Response]] = frozenset({"duress", "medical", "staff-assist"})
"""They make no public sign, whatever was said before them."""
OVERTAKEN: Final = "overtaken"
MOST_OVER: Final = 40
"""So often it is tried to say that all is over: for some twenty minutes."""


def announce(
    step: Step, zone: ZoneId, response: Response, kind: Switching, incident: IncidentId, because: Because
) -> None:
    """Tell what was asked for in a zone, by every route that reaches anybody there.

    Staff read of what was asked for. Loudspeakers and signs say what holds where they are, the drill's beside nothing real,
    and nothing else: of two directives at once nobody knows which to follow.
    """
    reached = _reaching(step, zone, step.plan.responses[response], kind)
    # Who was told the one before must not go on saying it.
    before = [] if response in UNSAID else _told(step, incident, zone)
    asked = list(dict.fromkeys([*reached, *before]))
    told = [one for one in asked if _says(step, one, zone, kind) in (None, response)]
    _order(step, told, zone, response, kind, incident, because)
    for (where, holds), outputs in _contradicting(step, zone, kind, incident).items():
        _order(step, outputs, where, holds, kind, incident, because)
    if response not in UNSAID:
        _graver_below(step, zone, response, kind, incident, because)


def _graver_below(
    step: Step, zone: ZoneId, response: Response, kind: Switching, incident: IncidentId, because: Because
) -> None:
    """Write again, behind what the whole is told, to those of each part where something graver goes on holding.

    Staff of a building that is locked down would read last of all: leave.
    """
    plan, ranks = step.plan, step.plan.responses
    for part, own in tuple(step.record.zones.items()):
        below = part != zone and part in plan.zones[zone].within
        if not below or own.kind != kind.word or ranks[own.response].rank <= ranks[response].rank:
            continue
        again = [one for one in _told(step, incident, part) if plan.outputs[one].driver in WRITING]
        _order(step, again, part, own.response, kind, incident, because)


def _says(step: Step, one: OutputId, zone: ZoneId, kind: Switching) -> Response | None:
    """What an output has to say of a zone: a loudspeaker what holds where it is, a sign what holds there; None: as asked."""
    output = step.plan.outputs[one]
    if output.driver not in SOUNDING | SIGNS:
        return None
    where = output.zone if output.driver in SOUNDING else zone
    holds = of_kind(step.plan, step.record, where, kind.word)
    return None if holds is None or holds.response in UNSAID else holds.response


def _contradicting(
    step: Step, zone: ZoneId, kind: Switching, incident: IncidentId
) -> dict[tuple[ZoneId, Response], list[OutputId]]:
    """What loudspeakers and signs of a zone still say that does not hold for them; by where they said it and what does."""
    within = step.plan.zones[zone].within
    found: dict[tuple[ZoneId, Response], list[OutputId]] = {}
    for one in step.record.notices.values():
        output = step.plan.outputs.get(one.output)
        if output is None or one.incident != incident or one.response is None or one.response in UNSAID:
            continue
        if (output.zone if output.driver in SOUNDING else one.zone) not in within:
            continue
        holds = _says(step, output.id, one.zone, kind)
        if holds is not None and holds != one.response:
            found.setdefault((one.zone, holds), []).append(output.id)
    return found


def over(step: Step, live: Incident, zone: ZoneId, because: Because) -> None:
    """Tell those who were told of an incident in a zone, and nobody else, that it is over.

    Where something else is in force they are told that: behind a real press nobody hears an all-clear of the drill it ended.
    """
    hear: list[OutputId] = []
    others: dict[ZoneState, list[OutputId]] = {}
    for one in _told(step, live.id, zone):
        output = step.plan.outputs[one]
        where = output.zone if output.driver in SOUNDING else zone
        holds = effective(step.plan, step.record, where)
        if holds is None or _hears_the_end(output, holds):
            hear.append(one)
        else:
            others.setdefault(holds, []).append(one)
    for own, some in others.items():
        _order(step, some, zone, own.response, kind_of(own.kind), own.incident, because)
    _order(step, hear, zone, None, kind_of(live.kind), live.id, because)


def _hears_the_end(output: OutputPlan, holds: ZoneState) -> bool:
    """Whether an output is told the end though something else holds: what that is, it is not told."""
    # Loudspeakers and signs make no sign of what makes none, but stop saying what is over.
    public = output.driver in SOUNDING | SHOWING and holds.response in UNSAID
    return public or (is_outside(output) and holds.kind != REAL.word)


def zones_told(step: Step, live: Incident) -> set[ZoneId]:
    """Of an incident, where anybody was told of it, whatever holds there by now."""
    return {one.zone for one in step.record.notices.values() if one.incident == live.id}


def ended(step: Step, event: NoticeEnded) -> None:
    """A route says what became of a notice; of one that another has taken the place of nothing is written."""
    known = next((one for one in step.record.notices.values() if one.id == event.notice), None)
    if known is None or known.output != event.output:
        fact = NoticeTurned(event.notice, event.output, event.outcome, event.code, event.told, event.of)
        second_channel.ended(step, fact)
        return
    said = (event.outcome, event.code, event.told, event.of)
    if said == (known.state, known.code, known.told, known.of):
        return
    fact = NoticeTurned(event.notice, event.output, *said)
    step.write(fact, known.zone, incident=known.incident, because=Because("route_said"))


def sweep(step: Step) -> None:
    """Tell again what did not go out, or what nothing is known of: its route failed, or this box was restarted meanwhile."""
    due: dict[tuple[ZoneId, Response | None, KindWord, IncidentId, int], list[OutputId]] = {}
    for key, one in step.record.notices.items():
        if not _due(step, key, one):
            continue
        if _overtaken(step, one):
            fact = NoticeTurned(one.id, one.output, "failed", OVERTAKEN, one.told, one.of)
            if one.code != OVERTAKEN:
                step.write(fact, one.zone, incident=one.incident, because=Because("overtaken"))
        else:
            due.setdefault((one.zone, one.response, one.kind, one.incident, one.number), []).append(
                one.output
            )
    for (zone, response, word, incident, number), outputs in due.items():
        _order(step, outputs, zone, response, kind_of(word), incident, Because("not_told"), again=number)


def _order(
    step: Step,
    outputs: list[OutputId],
    zone: ZoneId,
    response: Response | None,
    kind: Kind,
    incident: IncidentId,
    because: Because,
    *,
    again: int | None = None,
) -> None:
    """again: the number that it was told with before, which tells whoever has it that it is the same."""
    # An exercise and a test tell nobody anything.
    if not outputs or not isinstance(kind, Real | Drill):
        return
    number = step.record.number if again is None else again
    passed = notice_permits(
        step, outputs, incident=incident, kind=kind, response=response, zone=zone, number=number
    )
    step.tell(passed.notices)
    live = dict(step.live.notices)
    for one in outputs:
        key = key_of(one, zone)
        tries = live[key].tries + 1 if again is not None and key in live else 1
        wait_us = min(FIRST_RETRY_US << min(tries - 1, 10), LAST_RETRY_US)
        live[key] = NoticeLive(step.at, tries, step.at.plus(wait_us))
    step.change(notices=live)
    gone = tuple((one.output, one.id) for one in passed.notices)
    fact = NoticesOrdered(kind.word, response, zone, number, gone, passed.held)
    step.write(fact, zone, incident=incident, because=because)


def _reaching(step: Step, zone: ZoneId, wanted: ResponsePlan, kind: Switching) -> list[OutputId]:
    """Routes whose zone lies in this one, or holds it: who looks after a building is told of what happens on a floor.

    Of those that write, the ones for this time of the school's day; where none of staff is, all: somebody has to read it.
    Who is not of the staff is not even asked in a drill, so that the record names no refusal that is none.
    """
    plan = step.plan
    drivers = (SOUNDING if wanted.sounds else frozenset()) | (WRITING if wanted.messages else frozenset())
    if not wanted.silent and wanted.response not in UNSAID:
        drivers |= SHOWING
    here = plan.zones[zone]
    near = here.within.union(here.above)
    # A loudspeaker or screen says to all who are there what to do: only where that holds for all of them.
    to_all = SOUNDING | SCREENS
    found = [
        one
        for one in plan.outputs.values()
        if one.driver in drivers and one.zone in (here.within if one.driver in to_all else near)
        if isinstance(kind, Real) or not is_outside(one)
    ]
    modes = school.modes_in(plan, step.live, zone, step.at)
    now = [one for one in found if school.is_told(one, modes)]
    staff = (one for one in now if one.driver in WRITING and not is_outside(one))
    if all(notice_refusal(step, one, kind.word) for one in staff):
        now += [one for one in found if one.driver in WRITING and one not in now]
    return [one.id for one in now]


def _told(step: Step, incident: IncidentId, zone: ZoneId) -> list[OutputId]:
    told = [
        one.output
        for one in step.record.notices.values()
        if one.incident == incident and one.zone == zone and one.response is not None
        if _went_out(one)
    ]
    told += second_channel.told_by_second(step.record, incident, zone)
    return [one for one in dict.fromkeys(told) if one in step.plan.outputs]


def _went_out(one: NoticeMemory) -> bool:
    """Whether anybody may have heard it."""
    return one.state != "failed" or one.told > 0


def _overtaken(step: Step, one: NoticeMemory) -> bool:
    """Whether something newer and graver was told by the same route, of a zone that this one lies in.

    Who reads of it at last would take the older directive for the newest.
    """
    ranks, planned = step.plan.responses, step.plan.zones.get(one.zone)
    if planned is None or one.response is None or one.response in UNSAID:
        return False
    return any(
        newer.output == one.output
        and newer.incident == one.incident
        and newer.zone in planned.above[1:]
        and newer.number > one.number
        and newer.response is not None
        and ranks[newer.response].rank > ranks[one.response].rank
        for newer in step.record.notices.values()
    )


def _due(step: Step, key: NoticeKey, one: NoticeMemory) -> bool:
    output, live = step.plan.outputs.get(one.output), step.live.notices.get(key)
    if one.response is None:
        if live is not None and live.tries > MOST_OVER:
            return False
    elif one.incident not in step.record.incidents:
        return False
    if output is None or (live is not None and live.next_try.since(step.at) > 0):
        return False
    unknown = one.state == "ordered" and (live is None or step.at.since(live.sent) > LOST_US)
    # What loudspeakers say again and again, and signs show, ended with the process that knew of it.
    silent = live is None and output.driver in SOUNDING | SHOWING and one.response is not None
    return (unknown or silent or one.state == "failed") and not notice_refusal(step, output, one.kind)
