"""RTCP: what the camera reports, and what we report back. Pure.

Source: RFC 3550 sections 6.1 (compound packets), 6.4 (reports), 6.5 (SDES), 6.6 (BYE).
"""

import struct
from collections.abc import Sequence
from typing import Final

from rules.model.values import dataclass

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, GOODBYE = 200, 201, 202, 203
MOST_PACKETS: Final = 32
"""Of one compound packet."""
_NTP_UNIX: Final = 2_208_988_800
_ERA: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report. wall_us: microseconds since 1970 UTC. rtp: 32 bits, as sent. middle: of its NTP time, for DLSR."""

    ssrc: int
    wall_us: int
    rtp: int
    middle: int


@dataclass(frozen=True, slots=True)
class Goodbye:
    """These sources end."""

    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reception:
    """What we received of one source, for a receiver report (section 6.4.1).

    fraction: of packets lost since the last report, in 1/256. last_report: `Report.middle`, 0 for none.
    since: from that report until now, in 1/65536 s.
    """

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    since: int


def read_rtcp(data: bytes) -> list[Report | Goodbye]:
    """What matters of a compound packet; the rest is passed over, and so is all behind a broken length."""
    found: list[Report | Goodbye] = []
    place = 0
    for _ in range(MOST_PACKETS):
        if len(data) - place < 4 or data[place] >> 6 != 2:
            break
        count, kind, words = data[place] & 31, data[place + 1], struct.unpack_from(">H", data, place + 2)[0]
        end = place + 4 * (words + 1)
        if end > len(data):
            break
        if kind == SENDER_REPORT and end - place >= 28:
            ssrc, seconds, fraction, rtp = struct.unpack_from(">IIII", data, place + 4)
            # Seconds since 1900 run over in February 2036 (RFC 4330 section 3): a small number is behind that.
            era = _ERA if seconds < 1 << 31 else 0
            wall_us = (seconds + era - _NTP_UNIX) * 1_000_000 + (fraction * 1_000_000 >> 32)
            found.append(Report(ssrc, wall_us, rtp, (seconds & 0xFFFF) << 16 | fraction >> 16))
        elif kind == GOODBYE and end - place >= 4 + 4 * count:
            found.append(Goodbye(struct.unpack_from(f">{count}I", data, place + 4)))
        place = end
    return found


def receiver_report(ours: int, received: Sequence[Reception], name: bytes = b"campus-edge") -> bytes:
    """A compound packet of a receiver report and the name it must carry (section 6.1). ours: our SSRC."""
    blocks = b"".join(
        struct.pack(
            ">IIIIII",
            one.ssrc,
            (one.fraction & 0xFF) << 24 | max(-0x80_0000, min(one.lost, 0x7F_FFFF)) & 0xFF_FFFF,
            one.highest & 0xFFFF_FFFF,
            one.jitter & 0xFFFF_FFFF,
            one.last_report,
            one.since & 0xFFFF_FFFF,
        )
        for one in received[:31]
    )
    count = len(blocks) // 24
    report = struct.pack(">BBHI", 0x80 | count, RECEIVER_REPORT, 1 + 6 * count, ours) + blocks
    item = struct.pack(">IBB", ours, 1, len(name)) + name + b"\0"
    item += bytes(-len(item) % 4)
    return report + struct.pack(">BBH", 0x81, DESCRIPTION, len(item) // 4) + item
