"""What a camera's stream is made of, whichever engine reads it: pictures as they were sent, never decoded here."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

Codec = Literal["h264", "h265"]
Transport = Literal["tcp", "udp"]
EngineName = Literal["own", "pyav"]

VIDEO_CLOCK: Final = 90_000
"""Ticks a second of the RTP time of H.264 and H.265 (RFC 6184 section 5.1, RFC 7798 section 4.1)."""
START_CODE: Final = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Source:
    """One stream to be read. Times in microseconds.

    url: `rtsp://` or `rtsps://`, without user and password. answer_us: how long an answer is waited for.
    transport: None: TCP, and UDP where the camera refuses TCP. ca_file: for `rtsps`, None: the system's.
    audio: an audio section is asked for too; False drops it before it is set up.
    """

    camera: str
    url: str
    user: str = ""
    password: str = ""
    transport: Transport | None = None
    ca_file: str | None = None
    audio: bool = False
    answer_us: int = 3_000_000

    def __repr__(self) -> str:
        """Without the password: this is what a log would show."""
        return f"Source({self.camera!r}, {self.url!r})"


@dataclass(frozen=True, slots=True)
class Track:
    """What is known of the video before and between pictures; a changed one is another `Track`.

    parameter_sets: Annex B, each with a four-byte start code: SPS and PPS of H.264, VPS, SPS and PPS of H.265.
    width, height: pixels as shown (after cropping); 0 where no parameter set was read yet.
    reordered: pictures may come in another order than they are shown (B-frames).
    """

    codec: Codec
    parameter_sets: bytes
    width: int = 0
    height: int = 0
    profile_level: str = ""
    """H.264: profile_idc, constraint flags and level_idc as six hex digits (RFC 6184 section 8.1); else empty."""
    reordered: bool = False


@dataclass(slots=True)
class AccessUnit:
    """One picture as it was sent.

    data: Annex B, its NAL units byte by byte as the camera sent them, each with a four-byte start code. A key picture
        has its parameter sets in front: the camera's own, or those of the session description where it sent none.
    key: decoding can begin here: an IDR picture of H.264, any IRAP picture of H.265.
    rtp: RTP time in ticks of `VIDEO_CLOCK`, counted on over its wrap, from the stream's own beginning.
    at_us: CLOCK_MONOTONIC microseconds at which its last packet was read.
    whole: False: packets of it were lost; no evidence is made of it and no viewer gets it.
    """

    data: bytes
    key: bool
    rtp: int
    at_us: int
    track: Track
    whole: bool = True


AudioCodec = Literal["aac", "pcmu", "pcma"]


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Sound as it was sent, where it was enabled by a named person: AAC without ADTS, or G.711.

    rtp: in ticks of `clock` (RFC 3640 section 2.1, RFC 3551 section 4.5.14). config: AudioSpecificConfig of AAC.
    """

    codec: AudioCodec
    data: bytes
    rtp: int
    at_us: int
    clock: int
    channels: int = 1
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class SenderClock:
    """An RTCP sender report: at `rtp` the camera's own clock showed `wall_us` UTC (RFC 3550 section 6.4.1)."""

    rtp: int
    wall_us: int
    at_us: int


class Sink(Protocol):
    """Who gets the stream. Called on the loop's thread, never awaited: it must not block."""

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        """The camera said that it plays; no picture yet."""

    def unit(self, unit: AccessUnit) -> None:
        """A picture."""

    def audio(self, frame: AudioFrame) -> None:
        """Sound; only where `Source.audio` asked for it."""

    def missing(self, packets: int) -> None:
        """So many packets never came, or came too late."""

    def clock(self, report: SenderClock) -> None:
        """What the camera believes the time to be."""


class StreamLost(Exception):
    """The stream ended, or never began. `code` for machines, `detail` for a person (foreign text, sealed).

    Codes: `unreachable`, `refused` (the connection), `closed`, `silent`, `unauthorized`, `not_found`, `answer` (an answer
    of another status), `malformed`, `tls`, `ended` (the camera said goodbye), `engine` (the engine itself broke).
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Unserved(StreamLost):
    """Our own engine cannot serve this stream, for a reason that trying again does not change: the fallback may."""


class Engine(Protocol):
    """Reads one stream once."""

    async def run(self, sink: Sink) -> None:
        """Connect, play, hand over pictures; never returns. Raises `StreamLost`; trying again is the caller's.

        Cancelled, it takes leave of the camera without waiting for an answer. That pictures still come is watched by
        the caller: an engine that waits for the next one is not at fault.
        """
