"""Reports of weapon and gunshot detectors, and 911 calls told by the telephone system: shown loudly, and decided by nobody here.

A detector's report locks nothing and calls nobody: a named person confirms it, and then it is that person's start; or dismisses
it with a reason. Unanswered it is a shortcoming with its name, and still nothing more. A 911 call is told and locks nothing.
What comes in any number is bounded: counted with one that waits, and written one by one only so often a minute.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules import responses
from rules.alert_state import Detection, SourceLive
from rules.decision import RequestAnswer
from rules.model.alerts import (
    AlertAsked,
    CallHeard,
    CallRecorded,
    CallSeen,
    CallSeenAsked,
    DetectionAnswerAsked,
    DetectionAnswered,
    DetectionEscalated,
    DetectionHeard,
    DetectionLooked,
    DetectionPictured,
    DetectionRecorded,
    DetectionShown,
    DetectionViewed,
    Doubt,
    ReportRefused,
    SourceReported,
    Standing,
)
from rules.model.facts import Because, MessageRefusedRecorded, RequestRefused, StartRecorded
from rules.model.ids import Actor, AlertId, IncidentId
from rules.model.kinds import REAL
from rules.model.moments import MINUTE_US, SECOND_US, Instant
from rules.model.responses import Ask
from rules.plan import DetectorPlan, PhoneSystemPlan, Plan
from rules.state import State
from rules.step import RULE, Step

OLD_US: Final = 90 * SECOND_US
"""As old as a press that starts nothing by itself (contract section 4)."""
AHEAD_US: Final = 5 * SECOND_US
WRITTEN_EACH_MINUTE: Final = 20
"""Reports of one source that are written one by one in a minute; the first of what is new always is."""
MOST_WAITING: Final = 10
"""Reports of one detector: what comes beyond that is counted with the newest."""
MOST_CALLS: Final = 50
"""911 calls of one telephone system, of which each is somebody's; beyond that as well."""
MOST_PHOTOS: Final = 6
"""Of one detection."""
FLOOD_STANDS_US: Final = 60 * MINUTE_US
"""How long a source is flagged after its last report that was only counted."""

Source = DetectorPlan | PhoneSystemPlan


# --- what is heard -------------------------------------------------------------------------------


def detected(step: Step, event: DetectionHeard) -> None:
    """A detector found something: it waits for a person from now on."""
    planned = step.plan.detectors.get(event.detector)
    if planned is None:
        _refuse(step, event, "unknown_detector")
        return
    doubt, age_us = _doubt(event.at, event.device_at_us, retained=event.retained)
    known = _known(step, planned.id, event.alert)
    waiting = [one for one in step.record.alerts.detections.values() if one.detector == planned.id]
    alike = [one for one in waiting if (one.detected, one.camera) == (event.detected, event.camera)]
    standing, number = _standing(
        known=known,
        test=event.test,
        alike=[one.number for one in alike],
        waiting=[one.number for one in waiting],
        most=MOST_WAITING,
        last=step.record.alerts.last_detection,
    )
    if _may_write(step, planned.id, standing):
        fact = DetectionRecorded(
            number=number,
            detector=planned.id,
            alert=event.alert,
            standing=standing,
            detected=event.detected,
            doubt=doubt,
            age_us=age_us,
            camera=event.camera,
            confidence=event.confidence,
            zone=planned.zone,
            response=planned.ask.response,
            in_zone=planned.ask.zone,
            place=event.place,
            said=event.said,
        )
        step.write(fact, planned.id, actor=event.actor, incident=_live(step), because=Because(standing))
    _done(step, event, ("standing", standing), ("number", number))


def called(step: Step, event: CallHeard) -> None:
    """Somebody called 911: it is told, and locks nothing."""
    planned = step.plan.phone_systems.get(event.system)
    if planned is None:
        _refuse(step, event, "unknown_phone_system")
        return
    doubt, age_us = _doubt(event.at, event.device_at_us, retained=event.retained)
    waiting = [one.number for one in step.record.alerts.calls.values() if one.system == planned.id]
    standing, number = _standing(
        known=_known(step, planned.id, event.call),
        test=False,
        alike=[],
        waiting=waiting,
        most=MOST_CALLS,
        last=step.record.alerts.last_call,
    )
    if standing == "waiting" and event.test:
        standing = "test"
    if _may_write(step, planned.id, standing):
        zone, place = planned.extensions.get(event.extension, (planned.zone, ""))
        fact = CallRecorded(
            number=number,
            system=planned.id,
            call=event.call,
            standing=standing,
            doubt=doubt,
            age_us=age_us,
            zone=zone,
            extension=event.extension,
            caller=event.caller,
            place=event.place or place,
            callback=event.callback,
        )
        step.write(fact, planned.id, actor=event.actor, incident=_live(step), because=Because(standing))
    _done(step, event, ("standing", standing), ("number", number))


def reported(step: Step, event: SourceReported) -> None:
    """A source says that it works."""
    if event.source in step.plan.detectors or event.source in step.plan.phone_systems:
        _heard(step, event.source)


def refused(step: Step, event: ReportRefused) -> None:
    """What came in a source's name and cannot be read or trusted: no sign of life, and never silent."""
    live = step.live.sources.get(event.source, SourceLive())
    count = _written(step, live) + 1
    now = replace(live, written=(_minute(step), count))
    step.change(
        sources={**step.live.sources, event.source: now},
        unreadable={**step.live.unreadable, event.source: step.at},
    )
    if count > WRITTEN_EACH_MINUTE:
        return
    fact = MessageRefusedRecorded(
        button=None,
        code=event.code,
        size=len(event.payload),
        sha256=hashlib.sha256(event.payload).hexdigest(),
        topic="",
        payload=event.payload[:256].decode("utf-8", "replace"),
    )
    step.write(fact, event.source, actor=Actor(f"device:{event.source}"), because=Because(event.code))


def pictured(step: Step, event: DetectionPictured) -> None:
    """A picture of a detection is kept: shown with it, and evidence."""
    waiting = step.record.alerts.detections.get(event.number)
    if waiting is None:
        _refuse(step, event, "unknown_detection")
    elif event.sha256 in waiting.photos:
        _done(step, event)
    elif len(waiting.photos) >= MOST_PHOTOS:
        _refuse(step, event, "too_many_photos")
    else:
        fact = DetectionShown(event.number, (event.sha256,))
        step.write(fact, waiting.detector, actor=event.actor, incident=_live(step))
        _done(step, event)


def looked(step: Step, event: DetectionLooked) -> None:
    """A person looked at its picture: for the record of who did."""
    alerts = step.record.alerts
    known = next(
        (one for one in (*alerts.detections.values(), *alerts.answered) if one.number == event.number), None
    )
    if known is not None:
        fact = DetectionViewed(known.number, known.detector)
        step.write(fact, known.detector, actor=event.actor, incident=known.incident or _live(step))


def _standing(
    *, known: bool, test: bool, alike: list[int], waiting: list[int], most: int, last: int
) -> tuple[Standing, int]:
    """How a report counts, and the number of the one that it waits as, or with; 0: of none.

    alike: the numbers of those that wait for the same. waiting: of all of its source. last: the highest given.
    """
    if known:
        return "repeated", 0
    if test:
        return "test", 0
    if alike:
        return "joined", alike[-1]
    if len(waiting) >= most:
        return "joined", waiting[-1]
    return "waiting", last + 1


def _doubt(at: Instant, device_at_us: int | None, *, retained: bool) -> tuple[Doubt, int | None]:
    if retained:
        return "retained", None
    if device_at_us is None:
        return "no_time", None
    age_us = at.utc_us - device_at_us
    return ("old" if age_us > OLD_US else "ahead" if age_us < -AHEAD_US else ""), age_us


def _known(step: Step, source: str, alert: AlertId) -> bool:
    return any(one == alert for one, _at in step.record.alerts.ids.get(source, ()))


def _may_write(step: Step, source: str, standing: Standing) -> bool:
    """Whether a report is written, or only counted. What waits under a number of its own always is."""
    live = _heard(step, source)
    count = _written(step, live) + 1
    writes = standing == "waiting" or count <= WRITTEN_EACH_MINUTE
    if writes:
        now = replace(live, written=(_minute(step), count))
    else:
        now = replace(live, unwritten=live.unwritten + 1, flooded=step.at)
    step.change(sources={**step.live.sources, source: now})
    return writes


def _heard(step: Step, source: str) -> SourceLive:
    now = replace(step.live.sources.get(source, SourceLive()), heard=step.at)
    step.change(sources={**step.live.sources, source: now})
    return now


def _minute(step: Step) -> int:
    return step.at.mono_us // MINUTE_US


def _written(step: Step, live: SourceLive) -> int:
    minute, count = live.written
    return count if minute == _minute(step) else 0


def _live(step: Step) -> IncidentId | None:
    """In whose timeline it stands too; a silent one tells of nothing."""
    live = responses.live_of(step.record, REAL.word, silent=False)
    return None if live is None else live.id


# --- what persons say ----------------------------------------------------------------------------


def answer(step: Step, event: DetectionAnswerAsked) -> None:
    """Real: its response is started, by this person. Nothing: it is dismissed, with a reason."""
    waiting = step.record.alerts.detections.get(event.number)
    if waiting is None:
        given = 0 < event.number <= step.record.alerts.last_detection
        _refuse(step, event, "detection_answered" if given else "unknown_detection")
    elif event.confirm:
        _confirm(step, event, waiting)
    elif not event.reason.strip():
        _refuse(step, event, "no_reason")
    else:
        fact = DetectionAnswered(waiting.number, waiting.detector, False, event.reason)
        step.write(fact, waiting.detector, actor=event.actor, incident=_live(step), because=Because("asked"))
        _done(step, event)


def _confirm(step: Step, event: DetectionAnswerAsked, waiting: Detection) -> None:
    # A zone that a reload took away: what is real there holds everywhere.
    zone = waiting.in_zone if waiting.in_zone in step.plan.zones else step.plan.campus
    ask = Ask(waiting.response, zone)
    to = responses.joining(step, ask, REAL)
    locking = responses.let_out(step, ask, REAL)
    because = Because("detection", (("number", waiting.number),))
    answered = DetectionAnswered(waiting.number, waiting.detector, True, event.reason)
    step.write(answered, waiting.detector, actor=event.actor, incident=to.incident, because=Because("asked"))
    started = StartRecorded(waiting.response, (zone,), REAL.word, not to.new, event.reason)
    step.write(started, zone, actor=event.actor, incident=to.incident, because=because)
    responses.respond(step, ask, REAL, to, actor=event.actor, locking=locking)
    _done(step, event, incident=to.incident)


def seen(step: Step, event: CallSeenAsked) -> None:
    """Somebody has seen that 911 was called."""
    waiting = step.record.alerts.calls.get(event.number)
    if waiting is None:
        _refuse(step, event, "unknown_call")
        return
    fact = CallSeen(waiting.number, waiting.system)
    step.write(fact, waiting.system, actor=event.actor, incident=_live(step), because=Because("asked"))
    _done(step, event)


# --- time and shortcomings -----------------------------------------------------------------------


def sweep(step: Step) -> None:
    """Name, once, each report that nobody answered in time."""
    for one in tuple(step.record.alerts.detections.values()):
        planned = step.plan.detectors.get(one.detector)
        if not one.escalated and (planned is None or _passed(step.at, one.at, planned.answer_within_us)):
            fact = DetectionEscalated(one.number, one.detector)
            step.write(fact, one.detector, actor=RULE, incident=_live(step), because=Because("unanswered"))


def flags(plan: Plan, state: State) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Unanswered reports, calls that nobody has seen, sources that are silent or flood."""
    now, alerts = state.live.now, state.record.alerts
    for one in alerts.detections.values():
        if one.escalated:
            yield ("detection_unanswered", one.detector), ()
    for call in alerts.calls.values():
        system = plan.phone_systems.get(call.system)
        if not call.test and (system is None or _passed(now, call.at, system.answer_within_us)):
            yield ("emergency_call_unseen", call.system), ()
    sources: tuple[Source, ...] = (*plan.detectors.values(), *plan.phone_systems.values())
    for source in sources:
        kind = "detector" if isinstance(source, DetectorPlan) else "phone_system"
        live = state.live.sources.get(source.id, SourceLive())
        silent = (f"{kind}_silent", source.id)
        since = live.heard or state.live.started
        limit_us = source.silence_limit_us
        if limit_us is not None and (
            now.since(since) > limit_us
            # Not heard since start is no better than what was raised before the start.
            or (live.heard is None and silent in state.record.flags)
        ):
            yield silent, ()
        if live.flooded is not None and now.since(live.flooded) <= FLOOD_STANDS_US:
            yield ("reports_flood", source.id), ()


def _passed(now: Instant, since: Instant, limit_us: int) -> bool:
    """By the wall clock, for it may have come in an earlier boot; one that was set back is no reason to wait longer."""
    return not 0 <= now.utc_us - since.utc_us < limit_us


# --- answers -------------------------------------------------------------------------------------


def _refuse(step: Step, event: AlertAsked, code: str) -> None:
    if isinstance(event, DetectionAnswerAsked | CallSeenAsked):
        step.write(RequestRefused("answer", code), step.plan.campus, actor=event.actor)
    step.answer(RequestAnswer(event.request, False, code))


def _done(
    step: Step, event: AlertAsked, *args: tuple[str, str | int | bool], incident: IncidentId | None = None
) -> None:
    step.answer(RequestAnswer(event.request, True, "done", args, incident))
