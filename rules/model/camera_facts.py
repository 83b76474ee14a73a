"""What enters the journal of cameras: their standing, their blind spots, and the evidence they leave."""

from typing import ClassVar, Literal

from rules.model.ids import CameraId
from rules.model.values import dataclass

Picture = Literal["unknown", "ok", "frozen", "black", "covered", "turned"]
"""What was last seen of a camera's picture; unknown until judged, and again when nobody looks."""
BlindCode = Literal["never", "lost", "frozen", "black", "covered", "turned", "unwatched"]
"""Why nobody can rely on seeing there. unwatched: the camera process is away, and nothing is known."""
NoticeWhat = Literal["motion", "tamper", "input"]
"""What cameras notice by themselves. tamper: covered, turned, defocused or dark, as the camera judges it."""
EvidenceEnd = Literal["sealed", "recovered", "failed"]


@dataclass(frozen=True, slots=True)
class CameraTurned:
    """Pictures come from a camera again, or no longer. engine, engine_code: what reads it, and why not our own."""

    KIND: ClassVar[str] = "camera.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("detail",)
    camera: CameraId
    up: bool
    code: str
    engine: str
    engine_code: str
    detail: str


@dataclass(frozen=True, slots=True)
class CameraPictureTurned:
    """What is to be seen in a camera's picture turned."""

    KIND: ClassVar[str] = "camera.picture/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    camera: CameraId
    picture: Picture


@dataclass(frozen=True, slots=True)
class CamerasWatched:
    """The camera process is there, or away: while it is away nothing of any camera is watched or kept."""

    KIND: ClassVar[str] = "cameras.watched/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    up: bool
    code: str


@dataclass(frozen=True, slots=True)
class CamerasAsked:
    """An incident's cameras, whose pictures are kept from before the press, and the campus's blind spots as they were.

    cameras: those of its zones and of its zones' doors. blind: every camera that nobody could rely on, and why.
    """

    KIND: ClassVar[str] = "cameras.asked/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    cameras: tuple[CameraId, ...]
    blind: tuple[tuple[CameraId, BlindCode], ...]


@dataclass(frozen=True, slots=True)
class CamerasFoundBlind:
    """Behind a press it became known that these cameras were blind already when it came: `CamerasAsked` does not name them.

    since_us: UTC microseconds, no later than the press: up to when they are known to have been seen through.
    """

    KIND: ClassVar[str] = "cameras.found_blind/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    blind: tuple[tuple[CameraId, BlindCode], ...]
    since_us: int


@dataclass(frozen=True, slots=True)
class EvidenceBegun:
    """A file of pictures is being written. name: below the store's evidence directory; said of it again when it ends."""

    KIND: ClassVar[str] = "evidence.begun/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    camera: CameraId
    name: str


@dataclass(frozen=True, slots=True)
class EvidenceEnded:
    """A file of pictures is whole: its hash is the seal. Times are UTC microseconds of its first and last picture.

    end: recovered: what a crash left of it. failed: `code` says why there is no file; sha256 is empty.
    error_us: how far the box's clock may have been off; None: not known. missing: packets of the stream that never
    came; dropped: bytes that no disk took.
    """

    KIND: ClassVar[str] = "evidence.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    camera: CameraId
    name: str
    end: EvidenceEnd
    code: str
    sha256: str
    size: int
    first_us: int | None
    last_us: int | None
    error_us: int | None
    pictures: int
    missing: int
    dropped: int


@dataclass(frozen=True, slots=True)
class EvidenceDeleted:
    """A file of pictures was deleted, by retention alone."""

    KIND: ClassVar[str] = "evidence.deleted/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    name: str
    sha256: str
    code: str


@dataclass(frozen=True, slots=True)
class CameraViewed:
    """Somebody whose looks are recorded looked through a camera. how: `snapshot`, `live`, `evidence`: a file was taken."""

    KIND: ClassVar[str] = "camera.viewed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    camera: CameraId
    how: str


@dataclass(frozen=True, slots=True)
class CameraLearned:
    """A person said that what a camera sees from now on is what it is to see: what was learned before is forgotten."""

    KIND: ClassVar[str] = "camera.learned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    camera: CameraId


@dataclass(frozen=True, slots=True)
class CameraAudioTurned:
    """From now on a camera's sound is kept, or no longer: who answers for it, and the legal note they gave.

    date: when they signed, as configured; `""` with `on` false.
    """

    KIND: ClassVar[str] = "camera.audio/1"
    SEALED: ClassVar[tuple[str, ...]] = ("by", "note")
    camera: CameraId
    on: bool
    date: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class CameraIdentified:
    """What a camera says it is (ONVIF Core, GetDeviceInformation), written when that is another than before.

    Of the last one of each camera the record is the asset's entry. Its texts are codes: letters, digits and ` ._-` of
    ASCII, at most 64 signs, reduced to that where they came in. The camera's own words stand in `words` where they were
    more than that, a line each; they and the serial number are foreign text, so sealed and no part of the record.
    """

    KIND: ClassVar[str] = "camera.identified/1"
    SEALED: ClassVar[tuple[str, ...]] = ("serial", "words")
    camera: CameraId
    manufacturer: str
    model: str
    firmware: str
    hardware: str
    serial: str
    words: str


@dataclass(frozen=True, slots=True)
class CameraNoticed:
    """A camera says that something began or is over; source: which of its inputs, in its own words."""

    KIND: ClassVar[str] = "camera.noticed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("source",)
    camera: CameraId
    what: NoticeWhat
    active: bool
    source: str


CameraFact = (
    CameraTurned
    | CameraPictureTurned
    | CamerasWatched
    | CamerasAsked
    | CamerasFoundBlind
    | EvidenceBegun
    | EvidenceEnded
    | EvidenceDeleted
    | CameraViewed
    | CameraLearned
    | CameraAudioTurned
    | CameraIdentified
    | CameraNoticed
)
