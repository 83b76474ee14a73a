"""What an ONVIF camera says of itself, as plain values: nothing in here was believed without a bound."""

from dataclasses import field
from typing import Final, Literal

from rules.model.values import dataclass

EventKind = Literal["motion", "tamper", "digital_input"]

MOST_PROFILES: Final = 32
LONGEST_TEXT: Final = 200
"""Characters kept of any name, version or address that a device gives."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a camera's ONVIF service is. seconds: the longest for any one answer."""

    host: str
    port: int = 80
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    path: str = "/onvif/device_service"
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """GetDeviceInformation (ONVIF Core, device management service): for the asset record. Foreign text, to be sealed."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """GetSystemDateAndTime. skew_us: the camera's clock minus ours; it tells whole seconds, so within `error_us`.

    set_by: `NTP`, `Manual`, or what else it says.
    """

    skew_us: int
    error_us: int
    set_by: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One media profile. codec: `h264`, `h265`, `jpeg`, or as the camera says it; numbers are 0 where it does not say.

    bit_rate: bits a second. gop: pictures. url: without user and password, on the camera's own host.
    """

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: int
    bit_rate: int
    gop: int
    url: str


@dataclass(frozen=True, slots=True)
class Description:
    """All that one visit brings. events: whether the camera has an event service."""

    identity: Identity
    clock: DeviceClock | None
    profiles: tuple[Profile, ...]
    events: bool

    @property
    def main(self) -> Profile | None:
        """The largest picture in a codec we read."""
        return max(self._readable(), key=lambda one: one.width * one.height, default=None)

    @property
    def sub(self) -> Profile | None:
        """The smallest in H.264, which every browser decodes, if it is another than `main`."""
        small = [one for one in self._readable() if one.codec == "h264" and one is not self.main]
        return min(small, key=lambda one: one.width * one.height, default=None)

    def _readable(self) -> list[Profile]:
        return [one for one in self.profiles if one.codec in ("h264", "h265") and one.url]


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """A property of the camera changed, or was told at the subscription's beginning.

    source: which input, rule or video source, as the camera names it. said_at: its own clock's text, as it came.
    """

    kind: EventKind
    active: bool
    source: str
    topic: str
    said_at: str


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered a probe. host: from where the answer came, never what it says of itself. id: its urn."""

    host: str
    port: int
    path: str
    tls: bool
    id: str
    name: str
    hardware: str


TOPICS: Final[dict[str, tuple[EventKind, str]]] = {
    "RuleEngine/CellMotionDetector/Motion": ("motion", "IsMotion"),
    "RuleEngine/MotionRegionDetector/Motion": ("motion", "State"),
    "VideoSource/MotionAlarm": ("motion", "State"),
    "RuleEngine/TamperDetector/Tamper": ("tamper", "IsTamper"),
    "VideoSource/GlobalSceneChange/ImagingService": ("tamper", "State"),
    "VideoSource/GlobalSceneChange/AnalyticsService": ("tamper", "State"),
    "VideoSource/ImageTooDark/ImagingService": ("tamper", "State"),
    "VideoSource/ImageTooDark/AnalyticsService": ("tamper", "State"),
    "VideoSource/ImageTooBright/ImagingService": ("tamper", "State"),
    "VideoSource/ImageTooBright/AnalyticsService": ("tamper", "State"),
    "VideoSource/ImageTooBlurry/ImagingService": ("tamper", "State"),
    "VideoSource/ImageTooBlurry/AnalyticsService": ("tamper", "State"),
    "Device/Trigger/DigitalInput": ("digital_input", "LogicalState"),
}
"""Topics below `tns1:` of the ONVIF analytics, imaging and device I/O services, and the data item that tells the state."""


def event_of(topic: str, source: dict[str, str], data: dict[str, str], said_at: str) -> CameraEvent | None:
    """What a notification means; None for a topic that is not ours, or a state that is neither true nor false."""
    bare = "/".join(part.rpartition(":")[2] for part in topic.strip().split("/"))
    known = TOPICS.get(bare)
    if known is None:
        return None
    kind, item = known
    state = data.get(item, data.get("State", "")).strip().lower()
    if state not in ("true", "false", "1", "0"):
        return None
    named = ",".join(f"{name}={value}" for name, value in sorted(source.items())[:8])
    return CameraEvent(kind, state in ("true", "1"), cut(named), bare, cut(said_at))


def cut(text: object) -> str:
    """Foreign text within bounds: one line, printable."""
    return "".join(sign for sign in str(text or "")[: 2 * LONGEST_TEXT] if sign.isprintable())[:LONGEST_TEXT]
