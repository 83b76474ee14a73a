"""What a decoder is told before the first picture: the parameter sets of H.264 and H.265, and their records in a file.

Pure; every reader is bounded by the length of what it reads. What is broken raises `ValueError`.
"""

from typing import Final

from drivers.cameras.stream import START_CODE, Codec, Track
from rules.model.values import dataclass

_AVC_SPS, _AVC_PPS = 7, 8
_HEVC_VPS, _HEVC_SPS, _HEVC_PPS = 32, 33, 34
_AVC_OUTSIDE: Final = frozenset({7, 8, 9, 13})
"""SPS, PPS, access unit delimiter, SPS extension: none of them in a sample of `avc1` (ISO/IEC 14496-15 5.2.2)."""
_HEVC_OUTSIDE: Final = frozenset({32, 33, 34, 35})
_AVC_WITH_CHROMA: Final = frozenset({100, 110, 122, 144, 244})
"""Profiles whose record in a file says chroma format and bit depth too (ISO/IEC 14496-15 section 5.2.4.1.1)."""


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B picture, without their four-byte start codes."""
    return data.split(START_CODE)[1:]


def sample(data: bytes, codec: Codec) -> bytes:
    """A picture as a file holds it: each NAL unit behind its length, parameter sets left to the file's head."""
    parts: list[bytes] = []
    for nal in nal_units(data):
        if not nal:
            continue
        kind = nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F
        if kind not in (_AVC_OUTSIDE if codec == "h264" else _HEVC_OUTSIDE):
            parts += (len(nal).to_bytes(4, "big"), nal)
    return b"".join(parts)


def codec_string(track: Track) -> str:
    """What a browser is asked whether it can show it (RFC 6381; ISO/IEC 14496-15 annex E): `avc1.640028`, `hvc1.…`."""
    if track.codec == "h264":
        return f"avc1.{_avc(track.parameter_sets)[0][0][1:4].hex().upper()}"
    profile = _HevcProfile.of(_hevc(track.parameter_sets)[1][0])
    compatible = int(f"{profile.compatible:032b}"[::-1], 2)
    constraints = profile.constraints.rstrip(b"\0")
    parts = ["hvc1", f"{'ABC'[profile.space - 1] if profile.space else ''}{profile.idc}", f"{compatible:X}"]
    parts.append(f"{'H' if profile.high_tier else 'L'}{profile.level}")
    return ".".join([*parts, *(f"{one:X}" for one in constraints)])


def decoder_record(track: Track) -> bytes:
    """The body of `avcC` (ISO/IEC 14496-15 section 5.3.3.1) or `hvcC` (section 8.3.3.1)."""
    if track.codec == "h264":
        return _avc_record(*_avc(track.parameter_sets))
    return _hevc_record(*_hevc(track.parameter_sets))


def _avc(sets: bytes) -> tuple[list[bytes], list[bytes]]:
    nals = nal_units(sets)
    sps = [one for one in nals if one and one[0] & 0x1F == _AVC_SPS and len(one) >= 4]
    pps = [one for one in nals if one and one[0] & 0x1F == _AVC_PPS]
    if not sps or not pps or max(map(len, [*sps, *pps])) > 0xFFFF or len(sps) > 31 or len(pps) > 255:
        raise ValueError("no usable SPS and PPS")
    return sps, pps


def _avc_record(sps: list[bytes], pps: list[bytes]) -> bytes:
    first = sps[0]
    record = b"\x01" + first[1:4] + b"\xff" + bytes([0xE0 | len(sps)])
    record += b"".join(len(one).to_bytes(2, "big") + one for one in sps)
    record += bytes([len(pps)]) + b"".join(len(one).to_bytes(2, "big") + one for one in pps)
    if first[1] in _AVC_WITH_CHROMA:
        bits = _Bits(_unescaped(first[4:]))
        bits.ue()
        chroma = bits.ue()
        if chroma == 3:
            bits.u(1)
        record += bytes([0xFC | chroma & 3, 0xF8 | bits.ue() & 7, 0xF8 | bits.ue() & 7, 0])
    return record


def _hevc(sets: bytes) -> tuple[list[bytes], list[bytes], list[bytes]]:
    nals = [one for one in nal_units(sets) if len(one) >= 2]
    found = [
        [one for one in nals if one[0] >> 1 & 0x3F == kind] for kind in (_HEVC_VPS, _HEVC_SPS, _HEVC_PPS)
    ]
    if not all(found) or max(len(one) for some in found for one in some) > 0xFFFF:
        raise ValueError("no usable VPS, SPS and PPS")
    return found[0], found[1], found[2]


@dataclass(frozen=True, slots=True)
class _HevcProfile:
    """The general part of profile_tier_level (ITU-T H.265 section 7.3.3)."""

    space: int
    high_tier: bool
    idc: int
    compatible: int
    constraints: bytes
    level: int
    sub_layers: int
    nested: bool

    @classmethod
    def of(cls, sps: bytes) -> "_HevcProfile":
        body = _unescaped(sps[2:])
        if len(body) < 13:
            raise ValueError("the SPS is too short")
        return cls(
            space=body[1] >> 6,
            high_tier=bool(body[1] & 0x20),
            idc=body[1] & 0x1F,
            compatible=int.from_bytes(body[2:6], "big"),
            constraints=body[6:12],
            level=body[12],
            sub_layers=(body[0] >> 1 & 7) + 1,
            nested=bool(body[0] & 1),
        )


def _hevc_record(vps: list[bytes], sps: list[bytes], pps: list[bytes]) -> bytes:
    profile = _HevcProfile.of(sps[0])
    bits = _Bits(_unescaped(sps[0][2:]), at=13 * 8)
    _skip_sub_layers(bits, profile.sub_layers)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)
    bits.ue(), bits.ue()
    if bits.u(1):
        bits.ue(), bits.ue(), bits.ue(), bits.ue()
    luma_depth, chroma_depth = bits.ue(), bits.ue()
    record = bytes([1, profile.space << 6 | profile.high_tier << 5 | profile.idc])
    record += profile.compatible.to_bytes(4, "big") + profile.constraints + bytes([profile.level])
    record += b"\xf0\x00\xfc" + bytes([0xFC | chroma & 3, 0xF8 | luma_depth & 7, 0xF8 | chroma_depth & 7])
    record += b"\0\0" + bytes([profile.sub_layers << 3 | profile.nested << 2 | 3, 3])
    for kind, some in ((_HEVC_VPS, vps), (_HEVC_SPS, sps), (_HEVC_PPS, pps)):
        record += bytes([0x80 | kind]) + len(some).to_bytes(2, "big")
        record += b"".join(len(one).to_bytes(2, "big") + one for one in some)
    return record


def _skip_sub_layers(bits: "_Bits", sub_layers: int) -> None:
    present = [(bits.u(1), bits.u(1)) for _ in range(sub_layers - 1)]
    if present:
        bits.u(2 * (8 - len(present)))
    for profile, level in present:
        bits.u(88 * profile + 8 * level)


def _unescaped(nal: bytes) -> bytes:
    """Without emulation prevention (ITU-T H.264 section 7.4.1, H.265 section 7.4.2)."""
    return nal.replace(b"\0\0\x03", b"\0\0")


class _Bits:
    """Reads bits from the front; `ValueError` past the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._at, self._end = data, at, len(data) * 8

    def u(self, count: int) -> int:
        """So many bits as an unsigned number."""
        end = self._at + count
        if end > self._end:
            raise ValueError("the parameter set ends too early")
        first, last = self._at // 8, (end + 7) // 8
        self._at = end
        return int.from_bytes(self._data[first:last], "big") >> (last * 8 - end) & ((1 << count) - 1)

    def ue(self) -> int:
        """Exp-Golomb (ITU-T H.264 section 9.1)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 31:
                raise ValueError("a number of more than 32 bits")
        return (1 << zeros) - 1 + self.u(zeros)
