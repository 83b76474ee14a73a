"""Detectors' reports, 911 calls and those who report them, as documents for pages and the API. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from edge import alert_words
from edge.journal.stored import rfc3339
from rules.alert_state import Detection, EmergencyCall, SourceLive
from rules.model.ids import CameraId, ZoneId
from rules.model.moments import MINUTE_US, Instant
from rules.plan import DetectorPlan, PhoneSystemPlan, Plan
from rules.state import Flag, State

Document = dict[str, Any]

SHOWN_AFTER_US: Final = 10 * MINUTE_US
"""An answered report stays in the list for so long: whoever saw it sees that it is over."""
MOST_CAMERAS: Final = 6


def detections(plan: Plan, state: State, now: Instant) -> list[Document]:
    """Those that wait, the oldest first; behind them those that were answered in the last ten minutes, the newest first."""
    alerts = state.record.alerts
    over = [one for one in alerts.answered if one.answered and _ago_us(now, one.answered) < SHOWN_AFTER_US]
    return [_detection(plan, one, now) for one in (*alerts.detections.values(), *reversed(over))]


def calls(plan: Plan, state: State, now: Instant) -> list[Document]:
    """911 calls that nobody has seen; behind them those that were seen in the last ten minutes."""
    alerts = state.record.alerts
    over = [one for one in alerts.seen if one.seen and _ago_us(now, one.seen) < SHOWN_AFTER_US]
    return [_call(plan, one, now) for one in (*alerts.calls.values(), *reversed(over))]


def sources(plan: Plan, state: State) -> list[Document]:
    """Detectors and telephone systems, with whether they are heard."""
    return [
        *(_source(state, one, "detector") for one in plan.detectors.values()),
        *(_source(state, one, "phone_system") for one in plan.phone_systems.values()),
    ]


def nearest(plan: Plan, one: Detection) -> list[CameraId]:
    """Cameras that may see it: the one that it names, the detector's own, then those of its zone."""
    planned = plan.detectors.get(one.detector)
    within = plan.zones[one.zone].within if one.zone in plan.zones else frozenset()

    def found() -> Iterator[CameraId]:
        if one.camera is not None:
            yield one.camera
        yield from () if planned is None else planned.cameras
        yield from (camera.id for camera in plan.cameras.values() if camera.zone in within)

    return [camera for camera in dict.fromkeys(found()) if camera in plan.cameras][:MOST_CAMERAS]


def _detection(plan: Plan, one: Detection, now: Instant) -> Document:
    planned = plan.detectors.get(one.detector)
    return {
        "number": one.number,
        "detector": one.detector,
        "name": planned.name if planned else str(one.detector),
        "detected": one.detected,
        "words": alert_words.DETECTED[one.detected],
        "zone": one.zone,
        "zone_name": _zone(plan, one.zone),
        "place": one.place,
        "said": one.said,
        "camera": one.camera,
        "cameras": [str(camera) for camera in nearest(plan, one)],
        "confidence": one.confidence,
        "photos": list(one.photos),
        "response": one.response,
        "in_zone": one.in_zone,
        "at": rfc3339(one.at.utc_us),
        "age_ms": max(0.0, _ago_us(now, one.at) / 1000),
        "doubt": one.doubt,
        "doubt_words": alert_words.DOUBTS[one.doubt],
        "late_ms": None if one.age_us is None else one.age_us / 1000,
        "count": one.count,
        "last": rfc3339(one.last.utc_us),
        "escalated": one.escalated,
        "state": "waiting" if one.confirmed is None else "confirmed" if one.confirmed else "dismissed",
        "answered": None if one.answered is None else rfc3339(one.answered.utc_us),
        "by": one.by,
        "incident": one.incident,
    }


def _call(plan: Plan, one: EmergencyCall, now: Instant) -> Document:
    planned = plan.phone_systems.get(one.system)
    return {
        "number": one.number,
        "phone_system": one.system,
        "name": planned.name if planned else str(one.system),
        "test": one.test,
        "zone": one.zone,
        "zone_name": _zone(plan, one.zone),
        "extension": one.extension,
        "caller": one.caller,
        "place": one.place,
        "callback": one.callback,
        "at": rfc3339(one.at.utc_us),
        "age_ms": max(0.0, _ago_us(now, one.at) / 1000),
        "doubt": one.doubt,
        "doubt_words": alert_words.DOUBTS[one.doubt],
        "state": "waiting" if one.seen is None else "seen",
        "seen": None if one.seen is None else rfc3339(one.seen.utc_us),
        "by": one.by,
    }


def _source(state: State, one: DetectorPlan | PhoneSystemPlan, kind: str) -> Document:
    live = state.live.sources.get(one.id, SourceLive())
    flags: dict[tuple[str, str], Flag] = dict(state.record.flags)
    silent = (f"{kind}_silent", str(one.id)) in flags
    heard = "heard" if live.heard is not None else "unknown"
    return {
        "id": str(one.id),
        "kind": kind,
        "name": one.name,
        "zone": str(one.zone),
        "detects": one.detects if isinstance(one, DetectorPlan) else None,
        "supervision": "silent" if silent else "unsupervised" if one.silence_limit_us is None else heard,
        "heard": None if live.heard is None else rfc3339(live.heard.utc_us),
        "only_counted": live.unwritten,
    }


def _zone(plan: Plan, zone: ZoneId) -> str:
    planned = plan.zones.get(zone)
    return planned.name if planned else zone


def _ago_us(now: Instant, at: Instant) -> int:
    """By the wall clock: it may have come in an earlier boot."""
    return now.utc_us - at.utc_us
