"""A decoder as our decoding processes use one, and a decoded picture as JPEG. Loaded in those processes alone."""

from fractions import Fraction
from typing import Final

import av

from drivers.cameras.stream import Codec

MOST_PIXELS: Final = 8192 * 4608
JPEG_QUALITY: Final = 4
"""Of libavcodec's mjpeg: 2 is the best, 31 the worst; in units of its FF_QP2LAMBDA."""
_NAMES: Final[dict[Codec, str]] = {"h264": "h264", "h265": "hevc"}


class Undecodable(ValueError):
    """No picture came of it."""


def decoder(codec: Codec) -> av.VideoCodecContext:
    """One thread: more of them hold pictures back, and take turns with the reflex. Raises `Undecodable`."""
    context = av.CodecContext.create(_NAMES[codec], "r")
    if not isinstance(context, av.VideoCodecContext):
        raise Undecodable("no decoder")
    context.thread_count = 1
    return context


def jpeg_of(frame: av.VideoFrame, most_wide: int) -> tuple[bytes, int, int]:
    """JPEG, width and height. most_wide: pixels, 0: as it is; never wider than it is. Raises `Undecodable`."""
    width = min(most_wide or frame.width, frame.width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width) // 2 * 2)
    turned = frame.reformat(width, height, "yuvj420p")
    context = av.CodecContext.create("mjpeg", "w")
    if not isinstance(context, av.VideoCodecContext):
        raise Undecodable("no encoder")
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base = Fraction(1, 25)
    context.options = {"flags": "+qscale", "global_quality": str(JPEG_QUALITY * 118)}
    try:
        return (
            b"".join(bytes(packet) for packet in [*context.encode(turned), *context.encode(None)]),
            width,
            height,
        )
    except av.FFmpegError as err:
        raise Undecodable(str(err)) from err
