"""What the daemon and its camera process say to each other: one JSON object a line, bounded both ways.

Down: `Open` whenever the configuration is another, then `Keep`, `Over`, `Learn` and `Heard`. Up: all else. Viewers and snapshots
come by sockets of their own (`Asked`). Times are microseconds: CLOCK_MONOTONIC where `_mono_us` stands, else UTC.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from drivers.cameras.stream import EngineName, Transport
from drivers.lines import MessageReader
from rules.model.camera_facts import EvidenceEnd, NoticeWhat, Picture

LONGEST_DOWN: Final = 4 * 1_048_576
"""A thousand cameras with their addresses and passwords are some 400 kB, a system's bundle of authorities 220 kB."""
LONGEST_UP: Final = 8_192
LONGEST_ASKED: Final = 65_536
"""A browser's offer is some 6 kB."""

Code = Annotated[str, Meta(max_length=64)]
Detail = Annotated[str, Meta(max_length=300)]
Id = Annotated[str, Meta(max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Moment = Annotated[int, Meta(ge=0, le=253_402_300_799_000_000)]
"""UTC microseconds up to the year 9999: what can be written as a date."""
LONGEST_PICTURE: Final = 16 * 1024 * 1024
"""A JPEG of the largest picture that is decoded."""
Asset = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9 ._-]*\Z")]
"""What a camera says of itself, reduced to a code where it came in."""
Words = Annotated[str, Meta(max_length=400)]
"""The same in its own words; foreign text, sealed."""
Source = Annotated[str, Meta(max_length=200)]
Skew = Annotated[int, Meta(ge=-(2**53), le=2**53)]
"""Microseconds, within what the journal and JSON hold."""
StreamName = Literal["main", "sub"]


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera as configured. sub_url `""`: it has no small stream.

    ca: PEM of who vouches for `rtsps`, or `""`; in `Open` the key of that in `authorities`, since many have the same.
    """

    id: Id
    url: str
    sub_url: str
    user: str
    password: str
    transport: Transport | None
    engine: EngineName
    lost_after_us: int
    audio: bool
    ca: str = ""

    def __repr__(self) -> str:
        return f"CameraSettings({self.id!r})"


class Open(msgspec.Struct, frozen=True, tag="open", forbid_unknown_fields=True):
    """How it works from now on. evidence: the folder of kept pictures. address: the only one that live pictures leave from.

    onvif: which cameras are asked by ONVIF. probes: the port to which they are asked where that answers.
    district: what was not yet synced is kept. before_us, memory, disk, reserve: see `edge.config.model.EvidencePolicy`.
    """

    evidence: str
    cameras: tuple[CameraSettings, ...]
    before_us: int
    memory: int
    disk: int
    reserve: int
    drills_us: int
    incidents_us: int | None
    district: bool
    address: str
    authorities: dict[str, str] = {}
    onvif: tuple[Id, ...] = ()
    probes: Annotated[int, Meta(ge=1, le=65_535)] = 3_702

    @property
    def whole(self) -> tuple[CameraSettings, ...]:
        """The cameras, each with the authorities' PEM."""
        named = self.authorities
        return tuple(msgspec.structs.replace(one, ca=named.get(one.ca, one.ca)) for one in self.cameras)


class Keep(msgspec.Struct, frozen=True, tag="keep", forbid_unknown_fields=True):
    """Keep the pictures of these cameras for an incident, from `before_us` before its opening until `Over`."""

    incident: Id
    kind: Literal["real", "drill"]
    opened_us: int
    cameras: tuple[Id, ...]


class Over(msgspec.Struct, frozen=True, tag="over", forbid_unknown_fields=True):
    """An incident is closed: its files are ended and sealed."""

    incident: Id


class Learn(msgspec.Struct, frozen=True, tag="learn", forbid_unknown_fields=True):
    """A person says that what this camera sees from now on is right: what was learned before is forgotten."""

    camera: Id


class Heard(msgspec.Struct, frozen=True, tag="heard", forbid_unknown_fields=True):
    """What was told of this finished file was taken; what was not is told once more by the next process."""

    name: Annotated[str, Meta(max_length=200)]


class Beat(msgspec.Struct, frozen=True, tag="beat", forbid_unknown_fields=True):
    """The process is alive, at least every 400 ms. viewers: who look now."""

    viewers: Count = 0


class Standing(msgspec.Struct, frozen=True, tag="standing", forbid_unknown_fields=True):
    """As `rules.model.camera_events.CameraTold`."""

    camera: Id
    up: bool
    code: Code
    picture: Picture
    engine: Code
    engine_code: Code
    detail: Detail
    since_mono_us: Count | None = None
    """Of one that is blind: as `CameraTold.since`."""


class StreamFigures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted of one stream. None: not known yet. fps_milli: pictures in 1,000 s by their RTP time.

    first_us, last_us: UTC of the first and newest whole picture of this connection. skew_us: the camera's clock minus ours.
    """

    up: bool
    codec: str
    width: int
    height: int
    transport: str
    engine: str
    engine_detail: Detail
    first_us: Moment | None
    last_us: Moment | None
    age_us: int | None
    """Of the newest whole picture, when this was said."""
    last_rtp: int | None
    fps_milli: int | None
    bits_a_second: int | None
    key_us: int | None
    gaps: int
    gap_at_us: Moment | None
    missing: int
    skew_us: int | None
    reordered: bool
    connections: int


class Figures(msgspec.Struct, frozen=True, tag="figures", forbid_unknown_fields=True):
    """One camera, told every second or two; ring_us: how far its pictures before now reach."""

    camera: Id
    main: StreamFigures
    sub: StreamFigures | None
    ring_us: int
    ring_bytes: int
    looked_us: Moment | None
    """When its picture was last decoded and judged, by the picture's own capture."""


class File(msgspec.Struct, frozen=True, tag="file", forbid_unknown_fields=True):
    """As `rules.model.camera_events.EvidenceTold`."""

    camera: Id
    incident: Id
    name: Annotated[str, Meta(max_length=200)]
    end: EvidenceEnd | None
    code: Code = ""
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    size: Count = 0
    first_us: Moment | None = None
    last_us: Moment | None = None
    error_us: Count | None = None
    pictures: Count = 0
    missing: Count = 0
    dropped: Count = 0


class Gone(msgspec.Struct, frozen=True, tag="gone", forbid_unknown_fields=True):
    """Retention deleted a file."""

    incident: Id | None
    name: Annotated[str, Meta(max_length=200)]
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
    code: Code


class Visited(msgspec.Struct, frozen=True, tag="visited", forbid_unknown_fields=True):
    """As `rules.model.camera_events.CameraVisited`."""

    camera: Id
    code: Code
    manufacturer: Asset = ""
    model: Asset = ""
    firmware: Asset = ""
    hardware: Asset = ""
    serial: Words = ""
    skew_us: Skew | None = None
    streams: bool | None = None
    words: Words = ""


class Notice(msgspec.Struct, frozen=True, tag="notice", forbid_unknown_fields=True):
    """As `rules.model.camera_events.CameraSaid`."""

    camera: Id
    what: NoticeWhat
    active: bool
    source: Source = ""


class Condition(msgspec.Struct, frozen=True, tag="condition", forbid_unknown_fields=True):
    """A shortcoming of the camera process began or is over; codes of `edge/flag_words.py`."""

    code: Literal["evidence_disk_full", "evidence_not_written", "cameras_ring_short", "cameras_looks_behind"]
    active: bool
    args: Annotated[tuple[Code, ...], Meta(max_length=4)] = ()


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a socket of its own: what somebody at the page wants of a camera.

    address: of ours, at which the page was asked for: live pictures leave from there and from nowhere else.
    whep: `offer` is an SDP. end: `viewer` leaves. mse: chunks follow until either side ends. snapshot: one answer;
    last: however old it is.
    """

    do: Literal["whep", "end", "mse", "snapshot"]
    camera: Id
    stream: StreamName = "main"
    width: int = 0
    last: bool = False
    offer: str = ""
    viewer: Id = ""
    address: Id = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line back. code `""`: done. size: bytes of a picture that follow. captured_us: its own time, UTC."""

    code: Code = ""
    answer: str = ""
    viewer: str = ""
    size: Annotated[int, Meta(ge=0, le=LONGEST_PICTURE)] = 0
    captured_us: Moment = 0


Down = Open | Keep | Over | Learn | Heard
Up = Beat | Standing | Figures | File | Gone | Visited | Notice | Condition

down: Final[MessageReader[Down]] = MessageReader(Down, "no message for the camera process")
up: Final[MessageReader[Up]] = MessageReader(Up, "no message from the camera process")
asked: Final[MessageReader[Asked]] = MessageReader(Asked, "nothing that can be asked of a camera")
answer: Final[MessageReader[Answer]] = MessageReader(Answer, "no answer of the camera process")
