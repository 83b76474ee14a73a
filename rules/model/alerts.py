"""What machines report that a person must judge: weapon and gunshot detectors, and a telephone system that tells of a 911 call.

None of it locks, switches or calls anything by itself. A detector has named a crisp packet a gun, and a school was stormed
for it (Kenwood 2025): a named person looks and says what it is, and then it is that person's start and no machine's.
"""

from typing import ClassVar, Literal

from rules.model.ids import Actor, AlertId, CameraId, DetectorId, PhoneSystemId, RequestId, ZoneId
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.model.values import dataclass

Detected = Literal["weapon", "gunshot"]
Doubt = Literal["", "old", "ahead", "retained", "no_time"]
"""What is to be said of a report's own time: more than 90 s ago, in the future, kept by the broker since nobody knows when,
or not told at all."""
Standing = Literal["waiting", "joined", "repeated", "test"]
"""waiting: it waits under a number of its own. joined: it is counted with one that waits. repeated: its id came before."""


# --- events --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DetectionHeard:
    """A detector says that it found something. Read by its format, not judged yet.

    alert: as sent, or made of what was sent. place, said: the detector's own words. camera: one of ours, if it named one.
    confidence: percent. retained: the broker had kept it. test: it says itself that it is only a test.
    """

    at: Instant
    request: RequestId
    actor: Actor
    detector: DetectorId
    alert: AlertId
    detected: Detected
    device_at_us: int | None
    camera: CameraId | None
    confidence: int | None
    place: str
    said: str
    retained: bool
    test: bool


@dataclass(frozen=True, slots=True)
class DetectionPictured:
    """A picture of a detection was looked at and is kept by its SHA-256."""

    at: Instant
    request: RequestId
    actor: Actor
    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DetectionAnswerAsked:
    """A named person says that a detection is real, which starts its response, or that it was nothing."""

    at: Instant
    request: RequestId
    actor: Actor
    number: int
    confirm: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CallHeard:
    """The telephone system says that somebody called 911 (Kari's Law, 47 CFR 9.16(b)(2)). test: it dialled a test number.

    extension, caller, place, callback: the telephone system's own words.
    """

    at: Instant
    request: RequestId
    actor: Actor
    system: PhoneSystemId
    call: AlertId
    extension: str
    caller: str
    place: str
    callback: str
    device_at_us: int | None
    retained: bool
    test: bool


@dataclass(frozen=True, slots=True)
class CallSeenAsked:
    """A named person has seen that somebody called 911, and sees to it."""

    at: Instant
    request: RequestId
    actor: Actor
    number: int


@dataclass(frozen=True, slots=True)
class SourceReported:
    """A detector or telephone system says that it works."""

    at: Instant
    source: str


@dataclass(frozen=True, slots=True)
class DetectionLooked:
    """A person whose looks are recorded looked at a picture of a detection."""

    at: Instant
    actor: Actor
    number: int


@dataclass(frozen=True, slots=True)
class ReportRefused:
    """What came in a detector's or telephone system's name and could not be read or trusted."""

    at: Instant
    source: str
    code: str
    payload: bytes


AlertAsked = DetectionHeard | DetectionPictured | DetectionAnswerAsked | CallHeard | CallSeenAsked
AlertEvent = SourceReported | DetectionLooked | ReportRefused


# --- facts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DetectionRecorded:
    """A detector's report, as what it counted as. zone: where it looks; in_zone: where its response would hold.

    number: of the one that waits with it; 0 where none does.
    """

    KIND: ClassVar[str] = "detection.heard/1"
    SEALED: ClassVar[tuple[str, ...]] = ("place", "said")
    number: int
    detector: DetectorId
    alert: AlertId
    standing: Standing
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


@dataclass(frozen=True, slots=True)
class DetectionShown:
    """A picture of a detection is kept; photos: its SHA-256."""

    KIND: ClassVar[str] = "detection.pictured/1"
    SEALED: ClassVar[tuple[str, ...]] = ("photos",)
    number: int
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectionViewed:
    """The entry's actor, whose looks are recorded, looked at a picture of it."""

    KIND: ClassVar[str] = "detection.viewed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    detector: DetectorId


@dataclass(frozen=True, slots=True)
class DetectionEscalated:
    """Nobody answered in time. It still decides nothing."""

    KIND: ClassVar[str] = "detection.escalated/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    detector: DetectorId


@dataclass(frozen=True, slots=True)
class DetectionAnswered:
    """The entry's actor said that it is real, or nothing."""

    KIND: ClassVar[str] = "detection.answered/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    number: int
    detector: DetectorId
    confirmed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """Somebody called 911 from a telephone of the campus; zone: where that telephone stands, as far as it is known."""

    KIND: ClassVar[str] = "emergency_call.heard/1"
    SEALED: ClassVar[tuple[str, ...]] = ("extension", "caller", "place", "callback")
    number: int
    system: PhoneSystemId
    call: AlertId
    standing: Standing
    doubt: Doubt
    age_us: int | None
    zone: ZoneId
    extension: str
    caller: str
    place: str
    callback: str


@dataclass(frozen=True, slots=True)
class CallSeen:
    """The entry's actor has seen it."""

    KIND: ClassVar[str] = "emergency_call.seen/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    system: PhoneSystemId


AlertFact = (
    DetectionRecorded
    | DetectionShown
    | DetectionViewed
    | DetectionEscalated
    | DetectionAnswered
    | CallRecorded
    | CallSeen
)
