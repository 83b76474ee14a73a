"""The sequence parameter set of H.265, as far as its size and whether pictures are reordered. Pure.

Source: ITU-T H.265 sections 7.3.2.2.1 (SPS), 7.3.3 (profile, tier and level).
"""

from typing import Final

from drivers.cameras.bits import Bits, unescaped
from drivers.cameras.h264_sps import Shape
from drivers.cameras.malformed import Malformed

_MOST_SIDE: Final = 16_384
_CROP: Final = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}


def read_sps(nal: bytes) -> Shape:
    """A whole NAL unit of type 33, with its two-byte header. Raises Malformed."""
    bits = Bits(unescaped(nal[2:]))
    bits.take(4)  # sps_video_parameter_set_id
    layers = bits.take(3)  # sps_max_sub_layers_minus1
    bits.flag()
    _skip_profile(bits, layers)
    bits.unsigned()  # sps_seq_parameter_set_id
    chroma = bits.unsigned()
    if chroma > 3:
        raise Malformed("an SPS names no chroma format")
    separate = chroma == 3 and bits.flag()
    width, height = bits.unsigned(), bits.unsigned()
    if bits.flag():
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        unit_x, unit_y = (1, 1) if separate else _CROP[chroma]
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    if not (0 < width <= _MOST_SIDE and 0 < height <= _MOST_SIDE):
        raise Malformed("an SPS names a size that no picture has")
    try:
        return Shape(width, height, "", _reordered(bits, layers))
    except Malformed:
        return Shape(width, height, "", None)


def _reordered(bits: Bits, layers: int) -> bool:
    """sps_max_num_reorder_pics of the highest sub-layer."""
    bits.unsigned()  # bit_depth_luma_minus8
    bits.unsigned()
    bits.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    each = bits.flag()
    reorder = 0
    for _ in range(layers + 1 if each else 1):
        bits.unsigned()
        reorder = bits.unsigned()
        bits.unsigned()
    return reorder > 0


def _skip_profile(bits: Bits, layers: int) -> None:
    bits.take(88)
    bits.take(8)  # general_level_idc
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in present:
        bits.take((88 if profile else 0) + (8 if level else 0))
