"""What the camera process says, and what is asked of cameras; a part of `rules.model.events`."""

from rules.model.camera_facts import EvidenceEnd, NoticeWhat, Picture
from rules.model.ids import Actor, CameraId, IncidentId, RequestId
from rules.model.moments import Instant
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class CameraTold:
    """A camera's standing as it is from now on: said when something of it turned, and of each after a start.

    up: whole pictures come. code: why not (`drivers.cameras.stream.StreamLost`). engine_code: why not our own engine.
    since: of one that is blind, when that began at the latest: the last whole picture, the first that showed it; None: not known.
    """

    at: Instant
    camera: CameraId
    up: bool
    code: str
    picture: Picture
    engine: str
    engine_code: str
    detail: str
    since: Instant | None = None


@dataclass(frozen=True, slots=True)
class CamerasTurned:
    """The camera process is up, or went away: `code` `killed`, `hung`, `memory`, `ended`.

    since: of one that went, until when it was there for certain: of one that hung, its last word.
    """

    at: Instant
    up: bool
    code: str
    since: Instant | None = None


@dataclass(frozen=True, slots=True)
class EvidenceTold:
    """What became of a file of pictures. end None: it is being written; see `facts.EvidenceEnded`."""

    at: Instant
    camera: CameraId
    incident: IncidentId
    name: str
    end: EvidenceEnd | None
    code: str = ""
    sha256: str = ""
    size: int = 0
    first_us: int | None = None
    last_us: int | None = None
    error_us: int | None = None
    pictures: int = 0
    missing: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class EvidenceGone:
    """Retention deleted a file."""

    at: Instant
    incident: IncidentId | None
    name: str
    sha256: str
    code: str


@dataclass(frozen=True, slots=True)
class CameraLooked:
    """A person whose looks are recorded looked through a camera. incident: whose file was taken; else None."""

    at: Instant
    actor: Actor
    camera: CameraId
    how: str
    incident: IncidentId | None = None


@dataclass(frozen=True, slots=True)
class LearnAsked:
    """A person says that what a camera sees from now on is right."""

    at: Instant
    request: RequestId
    actor: Actor
    camera: CameraId


@dataclass(frozen=True, slots=True)
class CameraVisited:
    """What a visit by ONVIF brought. code `""`: the camera answered; `off`: it is not asked; else why there was no answer.

    `none`: no device at its address streams what is configured. Texts: codes of letters, digits and ` ._-`, at most 64
    signs; empty without an answer. serial, words: foreign text, as said; words: empty where the codes say all of it.
    skew_us: the camera's clock minus ours. streams: whether the configured addresses are among those that it names.
    """

    at: Instant
    camera: CameraId
    code: str
    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    hardware: str = ""
    serial: str = ""
    skew_us: int | None = None
    streams: bool | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class CameraSaid:
    """A camera's own notice; see `camera_facts.CameraNoticed`. Said of tampering as well when it is known that there is none."""

    at: Instant
    camera: CameraId
    what: NoticeWhat
    active: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class CameraClockTold:
    """By its sender reports (RFC 3550, section 6.4.1) a camera's clock is so far from ours; told when it moved."""

    at: Instant
    camera: CameraId
    skew_us: int


CameraEvent = (
    CameraTold
    | CamerasTurned
    | EvidenceTold
    | EvidenceGone
    | CameraLooked
    | CameraVisited
    | CameraSaid
    | CameraClockTold
)
