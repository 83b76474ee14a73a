"""What is remembered of detectors' reports and of 911 calls: those that wait for a person, and the last that were answered."""

from collections.abc import Mapping
from dataclasses import field

from rules.model.alerts import Detected, Doubt
from rules.model.ids import Actor, AlertId, CameraId, DetectorId, IncidentId, PhoneSystemId, ZoneId
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Detection:
    """One that waits, or waited. count: reports counted with it; last: of the newest of them. incident: the one that it started.

    answered: when, and by whom; confirmed None: it waits.
    """

    number: int
    detector: DetectorId
    detected: Detected
    doubt: Doubt
    age_us: int | None
    camera: CameraId | None
    confidence: int | None
    zone: ZoneId
    response: Response
    in_zone: ZoneId
    place: str
    said: str
    at: Instant
    last: Instant
    count: int = 1
    photos: tuple[str, ...] = ()
    escalated: bool = False
    confirmed: bool | None = None
    answered: Instant | None = None
    by: Actor | None = None
    incident: IncidentId | None = None


@dataclass(frozen=True, slots=True)
class EmergencyCall:
    """A 911 call that was told. seen: when a person said so, by whom."""

    number: int
    system: PhoneSystemId
    doubt: Doubt
    age_us: int | None
    zone: ZoneId
    extension: str
    caller: str
    place: str
    callback: str
    test: bool
    at: Instant
    seen: Instant | None = None
    by: Actor | None = None


@dataclass(frozen=True, slots=True)
class Alerts:
    """The record's part. detections, calls: those that wait, by number. answered, seen: the last ones that do no more.

    ids: of each source what it reported within the last 24 h, newest last: what comes again is no new report.
    """

    detections: Mapping[int, Detection] = field(default_factory=dict)
    answered: tuple[Detection, ...] = ()
    last_detection: int = 0
    calls: Mapping[int, EmergencyCall] = field(default_factory=dict)
    seen: tuple[EmergencyCall, ...] = ()
    last_call: int = 0
    ids: Mapping[str, tuple[tuple[AlertId, Instant], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceLive:
    """What was heard of a detector or telephone system in this run. written: (minute of CLOCK_MONOTONIC, entries in it).

    unwritten: reports that were only counted since start; flooded: when the last of them came.
    """

    heard: Instant | None = None
    written: tuple[int, int] = (0, 0)
    unwritten: int = 0
    flooded: Instant | None = None
