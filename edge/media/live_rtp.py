"""H.264 as RTP for all viewers of a stream at once: packed once, in packetization mode 1 (RFC 6184). Pure."""

from struct import Struct
from typing import Final, Protocol

from drivers.cameras.stream import AccessUnit
from edge.media.fmp4 import Timeline
from edge.media.hub import LONGEST_GOP, Hub
from edge.media.parameter_sets import nal_units
from rules.model.values import dataclass

MOST_PAYLOAD: Final = 1_180
"""Of a packet: with RTP, SRTP, UDP and IPv6 around it, 1,280 bytes pass every link (RFC 8200 section 5)."""
_FU_A: Final = 28
_STAP_A: Final = 24
_LONE_HEADER: Final = Struct(">BBHII")
_DELAY_PROFILE: Final = b"\xbe\xde\x00\x01"


@dataclass(frozen=True, slots=True)
class Packed:
    """One picture. at: its time in ticks of 1/90,000 s on the box's clock, not wrapped. payloads: of its RTP packets."""

    key: bool
    at: int
    payloads: tuple[bytes, ...]


def payloads(data: bytes) -> tuple[bytes, ...]:
    """An Annex B picture in RTP payloads: small NAL units together (STAP-A), long ones in fragments (FU-A)."""
    found: list[bytes] = []
    together: list[bytes] = []
    size = 1
    for nal in nal_units(data):
        # 1 to 23 are NAL units of a picture; others mean something else in RTP (RFC 6184 section 5.2). A lone byte is
        # an end of sequence, which not every receiver takes.
        if len(nal) < 2 or not 1 <= nal[0] & 0x1F <= 23:
            continue
        if together and size + 2 + len(nal) > MOST_PAYLOAD:
            found.append(_aggregated(together))
            together, size = [], 1
        if len(nal) + 3 > MOST_PAYLOAD:
            found += _fragmented(nal)
        else:
            together.append(nal)
            size += 2 + len(nal)
    if together:
        found.append(_aggregated(together))
    return tuple(found)


def _aggregated(nals: list[bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    importance = max(nal[0] & 0x60 for nal in nals)
    return bytes([importance | _STAP_A]) + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def _fragmented(nal: bytes) -> list[bytes]:
    indicator, kind = nal[0] & 0xE0 | _FU_A, nal[0] & 0x1F
    room = MOST_PAYLOAD - 2
    last = (len(nal) - 2) // room
    return [
        bytes([indicator, (number == 0) << 7 | (number == last) << 6 | kind])
        + nal[1 + number * room : 1 + (number + 1) * room]
        for number in range(last + 1)
    ]


def header(
    payload_type: int, *, marker: bool, sequence: int, at: int, ssrc: int, shown_at_once: int = 0
) -> bytes:
    """RFC 3550 section 5.1. shown_at_once: the number of the playout delay extension, where the packet carries it."""
    first = 0x90 if shown_at_once else 0x80
    fixed = _LONE_HEADER.pack(first, marker << 7 | payload_type, sequence & 0xFFFF, at & 0xFFFFFFFF, ssrc)
    if not shown_at_once:
        return fixed
    # Least and most delay of nothing, in 12 bits each: the browser shows a picture when it has it (RFC 8285 4.2).
    return fixed + _DELAY_PROFILE + bytes([shown_at_once << 4 | 2, 0, 0, 0])


class Packer:
    """One stream's pictures for its viewers, a `Tap`; takes part in the hub while somebody looks."""

    def __init__(self, hub: Hub) -> None:
        self.gop: list[Packed] = []
        """What shows the newest picture: empty while none is known."""
        self._timeline = Timeline()
        self._viewers: list[PackedTap] = []
        self._detach = hub.attach(self)

    def unit(self, unit: AccessUnit) -> None:
        packed = Packed(unit.key, self._timeline.place(unit).pts, payloads(unit.data))
        servable = unit.track.codec == "h264" and not unit.track.reordered
        if unit.key or len(self.gop) >= LONGEST_GOP:
            self.gop = []
        if servable and (unit.key or self.gop):
            self.gop.append(packed)
        for viewer in self._viewers:
            viewer.packed(packed) if servable else viewer.unservable()

    def broken(self) -> None:
        self.gop = []
        self._timeline.restart()

    def join(self, viewer: "PackedTap") -> None:
        """It gets each new picture from now on."""
        self._viewers = [*self._viewers, viewer]

    def leave(self, viewer: "PackedTap") -> bool:
        """True: nobody looks any more, and the hub is left."""
        self._viewers = [one for one in self._viewers if one is not viewer]
        if self._viewers:
            return False
        self._detach()
        return True


class PackedTap(Protocol):
    """Who gets packed pictures. Must not block and must not raise."""

    def packed(self, packed: Packed) -> None:
        """The next one."""

    def unservable(self) -> None:
        """The stream turned into one that WebRTC cannot show."""
