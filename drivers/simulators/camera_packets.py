"""Encoded pictures as RTP packets, made once: what changes from round to round is patched into them as they are sent.

RFC 3550 section 5.1 (header), RFC 6184 sections 5.6 to 5.8 (H.264: single, STAP-A, FU-A), RFC 7798 section 4.4 (H.265:
single, AP, FU), RFC 2326 section 10.12 (interleaved frames), RFC 3550 section 6.4.1 (sender reports).
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from drivers.simulators.camera_loop import StreamSettings, Unit, is_parameter_set
from rules.model.values import dataclass

PAYLOAD: Final = 1_400
"""Bytes of payload in a packet: with every header below an Ethernet frame's 1500."""
VIDEO_TYPE: Final = 96
_FRAME: Final = struct.Struct(">cBH")
_RTP: Final = struct.Struct(">BBHII")
_CHANGING: Final = struct.Struct(">HII")
"""Sequence number, RTP time, source: eight bytes into the frame and its header's first two bytes."""
_NTP_EPOCH_S: Final = 2_208_988_800
"""From 1900 to 1970 (RFC 5905 section 6)."""


@dataclass(frozen=True, slots=True)
class Packets:
    """The RTP packets of one picture, each within its interleaved frame of channel 0, one after the other.

    starts: where each frame begins in `frames`; its RTP packet begins four bytes later.
    """

    frames: bytes
    starts: tuple[int, ...]
    pts: int
    key: bool

    def filled(self, sequence: int, time: int, source: int) -> bytearray:
        """A copy with sequence numbers from `sequence` on (16 bit), RTP time and source (32 bit each)."""
        copy = bytearray(self.frames)
        for number, start in enumerate(self.starts, sequence):
            _CHANGING.pack_into(copy, start + 6, number & 0xFFFF, time, source)
        return copy


def packets_of(unit: Unit, settings: StreamSettings) -> Packets:
    """One picture's packets, the last one marked."""
    h265 = settings.codec == "h265"
    payloads: list[bytes] = []
    for group in _grouped(unit, settings):
        if len(group) > 1:
            payloads.append(_aggregated(group, h265=h265))
        elif len(group[0]) <= PAYLOAD:
            payloads.append(group[0])
        else:
            payloads += _fragmented(group[0], h265=h265)
    frames, starts = bytearray(), []
    for number, payload in enumerate(payloads, 1):
        starts.append(len(frames))
        marked = 0x80 if number == len(payloads) else 0
        frames += _FRAME.pack(b"$", 0, len(payload) + 12)
        frames += _RTP.pack(0x80, VIDEO_TYPE | marked, 0, 0, 0) + payload
    return Packets(bytes(frames), tuple(starts), unit.pts, unit.key)


def _grouped(unit: Unit, settings: StreamSettings) -> Iterator[tuple[bytes, ...]]:
    sets = [nal for nal in unit.nals if is_parameter_set(nal, settings.codec)]
    if settings.aggregate and len(sets) > 1:
        yield tuple(sets)
        yield from ((nal,) for nal in unit.nals if nal not in sets)
    else:
        yield from ((nal,) for nal in unit.nals)


def _aggregated(nals: Iterable[bytes], *, h265: bool) -> bytes:
    head = bytes((48 << 1, 1)) if h265 else bytes((0x60 | 24,))
    return head + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def _fragmented(nal: bytes, *, h265: bool) -> Iterator[bytes]:
    if h265:
        kind, body = nal[0] >> 1 & 0x3F, nal[2:]
        head = bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
    else:
        kind, body = nal[0] & 0x1F, nal[1:]
        head = bytes((nal[0] & 0xE0 | 28,))
    room = PAYLOAD - len(head) - 1
    for at in range(0, len(body), room):
        first, last = at == 0, at + room >= len(body)
        yield head + bytes((0x80 * first | 0x40 * last | kind,)) + body[at : at + room]


def rtp_packet(payload_type: int, sequence: int, time: int, source: int, payload: bytes) -> bytes:
    """One marked packet of sound or metadata."""
    return _RTP.pack(0x80, payload_type | 0x80, sequence & 0xFFFF, time & 0xFFFFFFFF, source) + payload


def framed(channel: int, packet: bytes) -> bytes:
    """As it travels within the RTSP connection."""
    return _FRAME.pack(b"$", channel, len(packet)) + packet


def sender_report(
    source: int, wall_us: int, time: int, packets: int, octets: int, *, goodbye: bool = False
) -> bytes:
    """A report with its SDES item (RFC 3550 section 6.1 wants one), and a BYE if that is meant. wall_us: UTC."""
    seconds, rest = divmod(wall_us, 1_000_000)
    fraction = (rest << 32) // 1_000_000
    report = struct.pack(
        ">BBHIIIIII",
        0x80,
        200,
        6,
        source,
        (seconds + _NTP_EPOCH_S) & 0xFFFFFFFF,
        fraction,
        time & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
    name = b"camera"
    item = bytes((1, len(name))) + name
    item += bytes(4 - len(item) % 4)
    report += struct.pack(">BBHI", 0x81, 202, 1 + len(item) // 4, source) + item
    return report + (struct.pack(">BBHI", 0x81, 203, 1, source) if goodbye else b"")
