"""Folds what is written of detectors' reports and of 911 calls. Part of `rules.record.fold`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar, assert_never

from rules.alert_state import Alerts, Detection, EmergencyCall
from rules.model.alerts import (
    AlertFact,
    CallRecorded,
    CallSeen,
    DetectionAnswered,
    DetectionEscalated,
    DetectionRecorded,
    DetectionShown,
    DetectionViewed,
)
from rules.model.facts import Entry
from rules.model.ids import AlertId
from rules.model.moments import MINUTE_US, Instant

REMEMBERED_US: Final = 24 * 60 * MINUTE_US
"""As a press is (contract section 4)."""
REMEMBERED_MOST: Final = 512
"""Ids kept of one source."""
KEPT_ANSWERED: Final = 20
"""Answered ones kept in memory: a page turns to "cancelled" and stays so for a while. The journal has them all."""

V = TypeVar("V")


def fold_alert(alerts: Alerts, at: Instant, entry: Entry, fact: AlertFact) -> Alerts:
    """What is remembered after `fact`, which was written at `at`."""
    match fact:
        case DetectionRecorded():
            return _detected(replace(alerts, ids=_heard(alerts, fact.detector, fact.alert, at)), at, fact)
        case DetectionShown():
            return _changed(alerts, fact.number, lambda one: replace(one, photos=(*one.photos, *fact.photos)))
        case DetectionViewed():
            return alerts
        case DetectionEscalated():
            return _changed(alerts, fact.number, lambda one: replace(one, escalated=True))
        case DetectionAnswered():
            waited = alerts.detections.get(fact.number)
            if waited is None:
                return alerts
            over = replace(
                waited, confirmed=fact.confirmed, answered=at, by=entry.actor, incident=entry.incident
            )
            return replace(
                alerts,
                detections=_without(alerts.detections, fact.number),
                answered=(*alerts.answered, over)[-KEPT_ANSWERED:],
            )
        case CallRecorded():
            return _called(replace(alerts, ids=_heard(alerts, fact.system, fact.call, at)), at, fact)
        case CallSeen():
            call = alerts.calls.get(fact.number)
            if call is None:
                return alerts
            return replace(
                alerts,
                calls=_without(alerts.calls, fact.number),
                seen=(*alerts.seen, replace(call, seen=at, by=entry.actor))[-KEPT_ANSWERED:],
            )
        case _:
            assert_never(fact)


def _detected(alerts: Alerts, at: Instant, fact: DetectionRecorded) -> Alerts:
    match fact.standing:
        case "waiting":
            one = Detection(
                fact.number, fact.detector, fact.detected, fact.doubt, fact.age_us, fact.camera, fact.confidence,
                fact.zone, fact.response, fact.in_zone, fact.place, fact.said, at, at,
            )  # fmt: skip
            return replace(
                alerts, detections={**alerts.detections, fact.number: one}, last_detection=fact.number
            )
        case "joined":
            return _changed(alerts, fact.number, lambda one: replace(one, count=one.count + 1, last=at))
        case _:
            return alerts


def _called(alerts: Alerts, at: Instant, fact: CallRecorded) -> Alerts:
    if fact.standing not in ("waiting", "test"):
        return alerts
    one = EmergencyCall(
        fact.number, fact.system, fact.doubt, fact.age_us, fact.zone, fact.extension, fact.caller, fact.place,
        fact.callback, fact.standing == "test", at,
    )  # fmt: skip
    return replace(alerts, calls={**alerts.calls, fact.number: one}, last_call=fact.number)


def _heard(
    alerts: Alerts, source: str, alert: AlertId, at: Instant
) -> Mapping[str, tuple[tuple[AlertId, Instant], ...]]:
    """The ids of a source with this one as its newest: one that comes again and again stays known."""
    kept = [
        (one, when)
        for one, when in alerts.ids.get(source, ())
        if one != alert and at.utc_us - when.utc_us <= REMEMBERED_US
    ]
    return {**alerts.ids, source: (*kept, (alert, at))[-REMEMBERED_MOST:]}


def _changed(alerts: Alerts, number: int, change: Callable[[Detection], Detection]) -> Alerts:
    """With one that waits changed; of one that was answered meanwhile nothing is."""
    one = alerts.detections.get(number)
    if one is None:
        return alerts
    return replace(alerts, detections={**alerts.detections, number: change(one)})


def _without(old: Mapping[int, V], number: int) -> Mapping[int, V]:
    return {other: one for other, one in old.items() if other != number}
