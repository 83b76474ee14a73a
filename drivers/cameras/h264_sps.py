"""The sequence parameter set of H.264: what is shown, and whether pictures are reordered. Pure.

Source: ITU-T H.264 sections 7.3.2.1.1 (SPS), 7.3.2.1.1.1 (scaling lists), E.1.1 (VUI).
"""

from typing import Final

from drivers.cameras.bits import Bits, unescaped
from drivers.cameras.malformed import Malformed
from rules.model.values import dataclass

_HIGH: Final = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
_BASELINE: Final = 66
_EXTENDED_SAR: Final = 255
_MOST_SIDE: Final = 16_384
_MOST_CYCLE: Final = 255
_CROP: Final = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
"""By chroma format: how many pixels one unit of cropping is, across and down (table 6-1)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """width, height: pixels as shown. reordered: None where the set does not say."""

    width: int
    height: int
    profile_level: str
    reordered: bool | None


def read_sps(nal: bytes) -> Shape:
    """A whole NAL unit of type 7. Raises Malformed."""
    if len(nal) < 4:
        raise Malformed("an SPS of less than four bytes")
    profile = nal[1]
    bits = Bits(unescaped(nal[4:]))
    bits.unsigned()  # seq_parameter_set_id
    chroma = 1
    separate = False
    if profile in _HIGH:
        chroma = bits.unsigned()
        if chroma > 3:
            raise Malformed("an SPS names no chroma format")
        if chroma == 3:
            separate = bits.flag()
        bits.unsigned()  # bit_depth_luma_minus8
        bits.unsigned()  # bit_depth_chroma_minus8
        bits.flag()  # qpprime_y_zero_transform_bypass_flag
        if bits.flag():
            for index in range(12 if chroma == 3 else 8):
                if bits.flag():
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.unsigned()  # log2_max_frame_num_minus4
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.flag()
        bits.signed()
        bits.signed()
        cycle = bits.unsigned()
        if cycle > _MOST_CYCLE:
            raise Malformed("an SPS has too long an order cycle")
        for _ in range(cycle):
            bits.signed()
    bits.unsigned()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed_flag
    across = bits.unsigned() + 1
    down = bits.unsigned() + 1
    frames_only = bits.flag()
    if not frames_only:
        bits.flag()
    bits.flag()  # direct_8x8_inference_flag
    width, height = 16 * across, 16 * down * (1 if frames_only else 2)
    if bits.flag():
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        unit_x, unit_y = (1, 1) if separate else _CROP[chroma]
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y * (1 if frames_only else 2)
    if not (0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE):
        raise Malformed("an SPS names a size that no picture has")
    return Shape(width, height, nal[1:4].hex(), _reordered(bits, profile, order))


def _reordered(bits: Bits, profile: int, order: int) -> bool | None:
    if profile == _BASELINE or order == 2:
        return False
    try:
        return _restricted(bits) if bits.flag() else None
    except Malformed:
        return None  # many cameras cut their VUI short; the size before it stands


def _restricted(bits: Bits) -> bool | None:
    """max_num_reorder_frames at the very end of the VUI, where there is one."""
    if bits.flag() and bits.take(8) == _EXTENDED_SAR:
        bits.take(32)
    if bits.flag():  # overscan
        bits.flag()
    if bits.flag():  # video signal type
        bits.take(4)
        if bits.flag():
            bits.take(24)
    if bits.flag():  # chroma location
        bits.unsigned()
        bits.unsigned()
    if bits.flag():  # timing
        bits.take(65)
    nal_hrd = bits.flag()
    if nal_hrd:
        _skip_hrd(bits)
    vcl_hrd = bits.flag()
    if vcl_hrd:
        _skip_hrd(bits)
    if nal_hrd or vcl_hrd:
        bits.flag()
    bits.flag()  # pic_struct_present_flag
    if not bits.flag():
        return None
    bits.flag()
    for _ in range(4):
        bits.unsigned()
    return bits.unsigned() > 0


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_hrd(bits: Bits) -> None:
    count = bits.unsigned() + 1
    if count > 32:
        raise Malformed("an SPS has too many HRD schedules")
    bits.take(8)
    for _ in range(count):
        bits.unsigned()
        bits.unsigned()
        bits.flag()
    bits.take(20)
