"""What the camera process says, and what is asked of cameras; a part of `rules.model.events`."""

from dataclasses import dataclass

from rules.model.camera_facts import EvidenceEnd, Picture
from rules.model.ids import Actor, CameraId, IncidentId, RequestId
from rules.model.moments import Instant


@dataclass(frozen=True, slots=True)
class CameraTold:
    """A camera's standing as it is from now on: said when something of it turned, and of each after a start.

    up: whole pictures come. code: why not (`drivers.cameras.stream.StreamLost`). engine_code: why not our own engine.
    """

    at: Instant
    camera: CameraId
    up: bool
    code: str
    picture: Picture
    engine: str
    engine_code: str
    detail: str


@dataclass(frozen=True, slots=True)
class CamerasTurned:
    """The camera process is up, or went away: `code` `killed`, `hung`, `memory`, `ended`."""

    at: Instant
    up: bool
    code: str


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


CameraEvent = CameraTold | CamerasTurned | EvidenceTold | EvidenceGone | CameraLooked
