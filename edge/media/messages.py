"""What the daemon and its camera process say to each other: one JSON object a line, bounded both ways.

Down: `Open` whenever the configuration is another, then `Keep` and `Over`. Up: all else. Viewers and snapshots come by
sockets of their own (`Asked`). Times are microseconds: CLOCK_MONOTONIC where `_mono_us` stands, else UTC.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from drivers.cameras.stream import EngineName, Transport
from drivers.lines import Unreadable
from rules.model.camera_facts import EvidenceEnd, Picture

LONGEST_DOWN: Final = 1_048_576
"""A thousand cameras with their addresses and passwords are some 400 kB."""
LONGEST_UP: Final = 8_192
LONGEST_ASKED: Final = 65_536
"""A browser's offer is some 6 kB."""

Code = Annotated[str, Meta(max_length=64)]
Detail = Annotated[str, Meta(max_length=300)]
Id = Annotated[str, Meta(max_length=64)]
StreamName = Literal["main", "sub"]


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera as configured. sub_url `""`: it has no small stream. ca: PEM of who vouches for `rtsps`, or `""`."""

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


class Keep(msgspec.Struct, frozen=True, tag="keep", forbid_unknown_fields=True):
    """Keep the pictures of these cameras for an incident, from `before_us` before its opening until `Over`."""

    incident: Id
    kind: Literal["real", "drill"]
    opened_us: int
    cameras: tuple[Id, ...]


class Over(msgspec.Struct, frozen=True, tag="over", forbid_unknown_fields=True):
    """An incident is closed: its files are ended and sealed."""

    incident: Id


class Beat(msgspec.Struct, frozen=True, tag="beat", forbid_unknown_fields=True):
    """The process is alive, at least every 400 ms. viewers: who look now."""

    viewers: int = 0


class Standing(msgspec.Struct, frozen=True, tag="standing", forbid_unknown_fields=True):
    """As `rules.model.camera_events.CameraTold`."""

    camera: Id
    up: bool
    code: Code
    picture: Picture
    engine: Code
    engine_code: Code
    detail: Detail


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
    first_us: int | None
    last_us: int | None
    age_us: int | None
    """Of the newest whole picture, when this was said."""
    last_rtp: int | None
    fps_milli: int | None
    bits_a_second: int | None
    key_us: int | None
    gaps: int
    gap_at_us: int | None
    missing: int
    skew_us: int | None
    reordered: bool
    connections: int


class Figures(msgspec.Struct, frozen=True, tag="figures", forbid_unknown_fields=True):
    """One camera, told every two seconds; ring_us: how far its pictures before now reach."""

    camera: Id
    main: StreamFigures
    sub: StreamFigures | None
    ring_us: int
    ring_bytes: int
    looked_us: int | None
    """When its picture was last decoded and judged, by the picture's own capture."""


class File(msgspec.Struct, frozen=True, tag="file", forbid_unknown_fields=True):
    """As `rules.model.camera_events.EvidenceTold`."""

    camera: Id
    incident: Id
    name: Annotated[str, Meta(max_length=200)]
    end: EvidenceEnd | None
    code: Code = ""
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""
    size: int = 0
    first_us: int | None = None
    last_us: int | None = None
    error_us: int | None = None
    pictures: int = 0
    missing: int = 0
    dropped: int = 0


class Gone(msgspec.Struct, frozen=True, tag="gone", forbid_unknown_fields=True):
    """Retention deleted a file."""

    incident: Id | None
    name: Annotated[str, Meta(max_length=200)]
    sha256: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]
    code: Code


class Condition(msgspec.Struct, frozen=True, tag="condition", forbid_unknown_fields=True):
    """A shortcoming of the camera process began or is over; codes of `edge/flag_words.py`."""

    code: Literal["evidence_disk_full", "evidence_not_written", "cameras_ring_short", "cameras_looks_behind"]
    active: bool
    args: tuple[Code, ...] = ()


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a socket of its own: what somebody at the page wants of a camera.

    whep: `offer` is an SDP. end: `viewer` leaves. mse: chunks follow until either side ends. snapshot: one answer.
    """

    do: Literal["whep", "end", "mse", "snapshot"]
    camera: Id
    stream: StreamName = "main"
    width: int = 0
    offer: str = ""
    viewer: Id = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line back. code `""`: done. size: bytes of a picture that follow. captured_us: its own time, UTC."""

    code: Code = ""
    answer: str = ""
    viewer: str = ""
    size: int = 0
    captured_us: int = 0


Down = Open | Keep | Over
Up = Beat | Standing | Figures | File | Gone | Condition

_encoder = msgspec.json.Encoder()
_down: msgspec.json.Decoder[Down] = msgspec.json.Decoder(Down)
_up: msgspec.json.Decoder[Up] = msgspec.json.Decoder(Up)
_asked: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)
_answer: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def line(message: Down | Up | Asked | Answer) -> bytes:
    return _encoder.encode(message) + b"\n"


def down(text: bytes) -> Down:
    """Raises `Unreadable`; its text never repeats what was read, which may hold a password."""
    try:
        return _down.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("no message for the camera process") from None


def up(text: bytes) -> Up:
    """Raises `Unreadable`."""
    try:
        return _up.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("no message from the camera process") from None


def asked(text: bytes) -> Asked:
    """Raises `Unreadable`."""
    try:
        return _asked.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("nothing that can be asked of a camera") from None


def answer(text: bytes) -> Answer:
    """Raises `Unreadable`."""
    try:
        return _answer.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("no answer of the camera process") from None
