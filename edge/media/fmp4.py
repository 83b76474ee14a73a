"""Fragmented MP4 of one video track, written by hand: no copy but the picture's own, no C code that a camera feeds.

ISO/IEC 14496-12 (boxes), 14496-15 (`avcC`, `hvcC`), the MSE byte stream format for ISO BMFF. Pure. An initialisation
segment (`init_segment`), then one fragment a picture (`fragment`), placed in time by a `Timeline`.
"""

from struct import Struct
from typing import Final

from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit, Track
from edge.media.parameter_sets import decoder_record, sample
from rules.model.values import dataclass

TIMESCALE: Final = VIDEO_CLOCK
_MATRIX: Final = b"".join(one.to_bytes(4, "big") for one in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))
_KEY_FLAGS: Final = 0x02000000
_OTHER_FLAGS: Final = 0x01010000
"""sample_depends_on = 1, sample_is_non_sync_sample (ISO/IEC 14496-12 section 8.8.3.1)."""
_FRAGMENT: Final = Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIIIIIi")
"""`moof`, `mfhd`, `traf`, `tfhd` (default-base-is-moof), `tfdt` (64 bits), `trun` of one sample, one behind the other."""
_FRAGMENT_BYTES: Final = _FRAGMENT.size


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a picture stands in time, in ticks of `TIMESCALE`; a picture is decoded at `dts` and shown at `pts`."""

    dts: int
    pts: int
    duration: int


class Timeline:
    """Pictures on the box's own clock: `pts` is when a picture came, in ticks of CLOCK_MONOTONIC, smoothed by RTP time.

    A camera's RTP time begins anew with each connection and drifts, and what comes late on a busy network was taken
    earlier: RTP time counts from the picture that came soonest after it was taken. No picture is placed later than it
    came; a camera's clock that is slow by up to 0.1 % is followed, and one that is 2 s off is not believed.
    """

    def __init__(self) -> None:
        self._base: int | None = None
        self._arrival = 0
        self._dts = -1
        self._pts = -1
        self._duration = TIMESCALE // 15

    def restart(self) -> None:
        """What comes next has nothing to do with what was: another connection."""
        self._base = None

    def place(self, unit: AccessUnit) -> Placed:
        """The next picture, in the order of decoding. `dts` always rises."""
        arrival = unit.at_us * 9 // 100
        late = arrival - unit.rtp - self._base if self._base is not None else 0
        if self._base is None or late > 2 * TIMESCALE:
            self._base = arrival - unit.rtp
        elif late < 0:
            self._base += late
        else:
            self._base += min(late, max(0, arrival - self._arrival) // 1_000)
        self._arrival = arrival
        pts = unit.rtp + self._base
        if unit.track.reordered:
            # They come in the order of decoding, spread evenly a little ahead of the order in which they are shown.
            self._duration = max(1, min(abs(pts - self._pts) or 1, self._duration))
            behind = pts - 2 * self._duration if unit.key else min(self._dts + self._duration, pts)
            dts = max(self._dts + 1, behind)
        else:
            pts = dts = max(self._dts + 1, pts)
            if 0 < dts - self._dts < TIMESCALE and self._dts >= 0:
                self._duration = dts - self._dts
        self._dts, self._pts = dts, pts
        return Placed(dts, pts, self._duration)


def init_segment(track: Track) -> bytes:
    """`ftyp` and `moov`. Raises `ValueError` where the parameter sets are missing or broken."""
    record = decoder_record(track)
    entry, config = (b"avc1", b"avcC") if track.codec == "h264" else (b"hvc1", b"hvcC")
    size = track.width.to_bytes(2, "big") + track.height.to_bytes(2, "big")
    visual = (
        bytes(6)
        + b"\0\1"
        + bytes(16)
        + size
        + b"\0\x48\0\0" * 2
        + bytes(4)
        + b"\0\1"
        + bytes(32)
        + b"\0\x18\xff\xff"
    )
    described = _full(b"stsd", 0, 0, _u32(1) + _box(entry, visual + _box(config, record)))
    empty = [_full(kind, 0, 0, _u32(0)) for kind in (b"stts", b"stsc")]
    table = _box(b"stbl", described, *empty, _full(b"stsz", 0, 0, bytes(8)), _full(b"stco", 0, 0, _u32(0)))
    inside = _box(b"dinf", _full(b"dref", 0, 0, _u32(1) + _full(b"url ", 0, 1, b"")))
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, bytes(8) + _u32(TIMESCALE) + bytes(4) + b"\x55\xc4\0\0"),
        _full(b"hdlr", 0, 0, bytes(4) + b"vide" + bytes(12) + b"camera\0"),
        _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), inside, table),
    )
    shown = _u32(track.width << 16) + _u32(track.height << 16)
    head = bytes(8) + _u32(1) + bytes(24) + _MATRIX + shown
    return _box(b"ftyp", b"iso6" + _u32(1) + b"iso6" + b"mp41") + _box(
        b"moov",
        _full(
            b"mvhd",
            0,
            0,
            bytes(8) + _u32(1000) + bytes(4) + b"\0\1\0\0\1\0" + bytes(10) + _MATRIX + bytes(24) + _u32(2),
        ),
        _box(b"trak", _full(b"tkhd", 0, 3, head), media),
        _box(b"mvex", _full(b"trex", 0, 0, _u32(1) + _u32(1) + bytes(12))),
    )


def fragment(unit: AccessUnit, placed: Placed, number: int) -> bytes:
    """`moof` and `mdat` of one picture. number: counts up from fragment to fragment."""
    data = sample(unit.data, unit.track.codec)
    moof = _FRAGMENT.pack(
        _FRAGMENT_BYTES, b"moof",
        16, b"mfhd", 0, number & 0xFFFFFFFF,
        _FRAGMENT_BYTES - 24, b"traf",
        16, b"tfhd", 0x020000, 1,
        20, b"tfdt", 0x01000000, placed.dts,
        36, b"trun", 0x01000F01, 1, _FRAGMENT_BYTES + 8,
        placed.duration, len(data), _KEY_FLAGS if unit.key else _OTHER_FLAGS, placed.pts - placed.dts,
    )  # fmt: skip
    return b"".join((moof, (len(data) + 8).to_bytes(4, "big"), b"mdat", data))


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def _full(kind: bytes, version: int, flags: int, body: bytes) -> bytes:
    return _box(kind, bytes([version]) + flags.to_bytes(3, "big") + body)


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")
