"""Who was told and did not acknowledge it in time: named, and tried once by a second, unlike channel. Issue 7, B6.

A room with screens acknowledges by an answer; whoever a message is addressed to cannot answer it, and counts as heard with
evidence that it came. Loudspeakers and feeds have no recipients: nobody is counted by them, and nobody is missed.
All times come from the record, so that a restart in between neither forgets anybody nor tries anybody twice.
"""

from collections.abc import Mapping
from typing import Final

from rules import school
from rules.interlock_notices import SCREENS, WRITING, notice_permits, notice_refusal
from rules.model.facts import Because
from rules.model.ids import IncidentId, OutputId, ZoneId
from rules.model.kinds import Drill, KindWord, Real, kind_of
from rules.model.moments import MINUTE_US, Instant
from rules.model.notices import NoticeTurned, SecondChannelTried
from rules.model.responses import Response
from rules.notice_state import NO_NOTICE, NoticeMemory, SecondMemory, key_of
from rules.plan import OutputPlan, Plan
from rules.screens import has, has_answered, rooms_of, shown
from rules.state import Record
from rules.step import Step
from rules.unlike import second_ways

NONE: Final = OutputId("")
"""No output: there is no second channel."""
NO_SECOND: Final = "no_second_channel"
LOST_US: Final = MINUTE_US
"""A second channel that says nothing for longer, over a restart too, never will: it was tried, and nobody knows more."""
NOT_SAID: Final = "not_said"
_ORDER: Final[Mapping[str, int]] = {"gsm-modem": 0, "smtp": 1, "webhook": 2}
"""Whom we would rather have told: a telephone in a pocket, which needs no network of the school; then mail; then a program."""

Told = tuple[ZoneId, Response, KindWord, IncidentId, int, OutputId]
"""What was told, and the output that those who did not acknowledge it are tried by."""


def sweep(step: Step) -> None:
    """Try those who did not acknowledge in time, all of one response by one message for each second channel."""
    due: dict[Told, list[tuple[OutputId, str]]] = {}
    for key, one in step.record.notices.items():
        if one.response is None or not _late(step, key, one):
            continue
        rooms = unheard(step.plan, step.record, one)
        if rooms:
            by = _channel(step, one, step.plan.outputs[one.output])
            what = (one.zone, one.response, one.kind, one.incident, one.number, by)
            due.setdefault(what, []).extend((one.output, room) for room in rooms)
    for what, missing in due.items():
        _try(step, what, tuple(missing))
    # One message may tell of the rooms of several outputs.
    silent = {
        one.id: one
        for one in step.record.seconds.values()
        if one.state == "ordered" and elapsed_us(step.at, one.at) > LOST_US
    }
    for lost in silent.values():
        _say(step, NoticeTurned(lost.id, lost.output, "failed", NOT_SAID, 0, 0), lost)


def unheard(plan: Plan, record: Record, one: NoticeMemory) -> tuple[str, ...]:
    """Rooms that did not acknowledge a notice; `("",)` where those it is addressed to are not known to have it; else none."""
    output = plan.outputs.get(one.output)
    if output is None or one.response is None or one.id == NO_NOTICE or one.zone not in plan.zones:
        return ()
    if output.driver in WRITING:
        return () if one.state in ("received", "acknowledged") else ("",)
    # A screen shows the highest of what it was told, and what it does not show nobody there can acknowledge.
    on = shown(plan, record, output.id) if output.driver in SCREENS else None
    if on is None or on.id != one.id:
        return ()
    return tuple(
        room
        for room in rooms_of(output)
        # Nobody answers at a screen that stands in no room: that it drew it is all there can be.
        if not (has_answered if output.rooms else has)(record.rooms, room, one)
    )


def tried(record: Record, one: NoticeMemory) -> SecondMemory | None:
    """By what those who did not acknowledge this very notice were tried; None: not yet."""
    found = record.seconds.get(key_of(one.output, one.zone))
    same = found is not None and (found.incident, found.response, found.number) == (
        one.incident,
        one.response,
        one.number,
    )
    return found if same else None


def told_by_second(record: Record, incident: IncidentId, zone: ZoneId) -> list[OutputId]:
    """Outputs that may have told somebody of an incident in a zone as a second channel: its end reaches them as well."""
    return [
        one.output
        for one in record.seconds.values()
        if one.incident == incident and one.zone == zone and one.output != NONE
        if one.state != "failed" or one.told > 0 or one.code == NOT_SAID
    ]


def ended(step: Step, fact: NoticeTurned) -> None:
    """The route of a second channel says what became of it."""
    known = next(
        (
            one
            for one in step.record.seconds.values()
            if one.id == fact.notice and one.output == fact.output and one.output != NONE
        ),
        None,
    )
    if known is not None:
        said = (fact.outcome, fact.code, fact.told, fact.of)
        if said != (known.state, known.code, known.told, known.of):
            _say(step, fact, known)


def elapsed_us(at: Instant, since: Instant) -> int:
    """Microseconds since then. Over a boot of the machine only the wall clock knows: of two the longer one counts,
    for it is better to ask once too early than never."""
    return max(at.since(since), at.utc_us - since.utc_us)


def _late(step: Step, key: str, one: NoticeMemory) -> bool:
    limit_us = step.plan.unacknowledged_after_us
    return (
        one.incident in step.record.incidents
        and tried(step.record, one) is None
        and elapsed_us(step.at, one.first) >= limit_us
    )


def _channel(step: Step, one: NoticeMemory, output: OutputPlan) -> OutputId:
    """Another way that is written to and covers the zone of this output, at this time of the school's day if there is one."""
    plan = step.plan
    wanted = None if one.response is None else plan.responses.get(one.response)
    if wanted is None or not wanted.messages:
        return NONE
    ways = second_ways(plan.zones, plan.outputs, output)
    found = [other for other in ways if not notice_refusal(step, other, one.kind)]
    modes = school.modes_in(plan, step.live, one.zone, step.at)
    now = [other for other in found if school.is_told(other, modes)] or found
    return (
        min(now, key=lambda other: (_failing(step.record, other.id), _ORDER[other.driver])).id
        if now
        else NONE
    )


def _failing(record: Record, output: OutputId) -> bool:
    """Whether the last that is known of a route is that it did not work, and that it is tried again."""
    return any(
        one.output == output
        and (one.state == "failed" or (one.state == "ordered" and one.ordered != one.first))
        for one in record.notices.values()
    )


def _try(step: Step, what: Told, missing: tuple[tuple[OutputId, str], ...]) -> None:
    zone, response, word, incident, number, by = what
    kind = kind_of(word)
    # Of an exercise and a test nobody is told anything, this way neither.
    if not isinstance(kind, Real | Drill):
        return
    passed = notice_permits(
        step, [] if by == NONE else [by], incident=incident, kind=kind, response=response, zone=zone, number=number,
        unheard=missing,
    )  # fmt: skip
    step.tell(passed.notices)
    notice = passed.notices[0].id if passed.notices else NO_NOTICE
    code = "" if passed.notices else NO_SECOND
    after_us = step.plan.unacknowledged_after_us
    fact = SecondChannelTried(word, response, zone, number, after_us, missing, by, notice, code)
    step.write(fact, zone, incident=incident, because=Because("not_acknowledged"))


def _say(step: Step, fact: NoticeTurned, known: SecondMemory) -> None:
    step.write(fact, known.zone, incident=known.incident, because=Because("route_said"))
