"""A true encoder for tests of what shows pictures: libx264 and libx265 of PyAV, as a camera sets them."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from drivers.cameras.stream import START_CODE, VIDEO_CLOCK, AccessUnit, Codec, Track

Picture = NDArray[np.uint8]
BITS = 40


class Encoder:
    """Pictures in, access units out; each keeps the time at which its picture was given."""

    def __init__(
        self,
        width: int,
        height: int,
        fps: int,
        key_s: float,
        codec: Codec = "h264",
        *,
        reordered: bool = False,
        bit_rate: int = 0,
    ) -> None:
        self.codec: Codec = codec
        self._reordered = reordered
        context = av.CodecContext.create("libx264" if codec == "h264" else "libx265", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.framerate, context.time_base = Fraction(fps), Fraction(1, VIDEO_CLOCK)
        every = max(1, round(fps * key_s))
        context.bit_rate = bit_rate
        name, options = (
            ("x264-params", "annexb=1")
            if codec == "h264"
            else ("x265-params", "annexb=1:log-level=none:pools=1")
        )
        limit = f":vbv-maxrate={bit_rate // 1000}:vbv-bufsize={bit_rate // 1000}" if bit_rate else ""
        context.options = {
            "preset": "ultrafast",
            **({} if reordered else {"tune": "zerolatency"}),
            name: f"{options}:keyint={every}:min-keyint={every}:scenecut=0:bframes={2 if reordered else 0}"
            f":b-adapt=0:rc-lookahead={3 if reordered else 0}:repeat-headers=1{limit}",
        }
        context.thread_count = 1
        self._context = context
        self._given: dict[int, int] = {}
        self._track: Track | None = None

    def encode(self, picture: Picture, rtp: int, at_us: int) -> Iterator[AccessUnit]:
        """picture: height x width, luma."""
        height, width = picture.shape
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = picture
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = rtp, Fraction(1, VIDEO_CLOCK)
        self._given[rtp] = at_us
        yield from self._units(frame)

    def flush(self) -> Iterator[AccessUnit]:
        """What it still held back."""
        yield from self._units(None)

    def _units(self, frame: av.VideoFrame | None) -> Iterator[AccessUnit]:
        for packet in self._context.encode(frame):
            assert packet.pts is not None
            data = four_byte_start_codes(bytes(packet))
            if self._track is None:
                self._track = self._described(data)
            yield AccessUnit(data, packet.is_keyframe, packet.pts, self._given.pop(packet.pts), self._track)

    def _described(self, data: bytes) -> Track:
        nals = data.split(START_CODE)[1:]
        kinds = {7, 8} if self.codec == "h264" else {32, 33, 34}
        sets = [
            one for one in nals if (one[0] & 0x1F if self.codec == "h264" else one[0] >> 1 & 0x3F) in kinds
        ]
        level = sets[0][1:4].hex() if self.codec == "h264" else ""
        joined = b"".join(START_CODE + one for one in sets)
        return Track(self.codec, joined, self._context.width, self._context.height, level, self._reordered)


def four_byte_start_codes(data: bytes) -> bytes:
    """As the hub holds it: libx264 writes three-byte codes too."""
    return START_CODE + START_CODE.join(data.replace(START_CODE, b"\0\0\1").split(b"\0\0\1")[1:])


def painted(width: int, height: int, number: int, code: int) -> Picture:
    """A moving picture with `code` burnt in along its top: 40 black or white bars, the highest bit first."""
    rows = np.arange(height, dtype=np.uint16)[:, None]
    picture = ((rows + np.arange(width, dtype=np.uint16)[None, :] + 5 * number) & 0xFF).astype(
        np.uint8
    ) // 2 + 40
    noise = np.random.default_rng(number % 16).integers(0, 24, (height // 4, width // 4), np.uint8)
    picture += noise.repeat(4, 0).repeat(4, 1)
    bar = width // BITS
    for bit in range(BITS):
        picture[: height // 8, bit * bar : (bit + 1) * bar] = 235 if code >> (BITS - 1 - bit) & 1 else 16
    return picture


def encoded(
    count: int,
    codec: Codec = "h264",
    fps: int = 25,
    key_s: float = 1,
    *,
    reordered: bool = False,
    at_us: int = 0,
) -> list[AccessUnit]:
    """So many small pictures, 320 x 240."""
    encoder = Encoder(320, 240, fps, key_s, codec, reordered=reordered)
    found: list[AccessUnit] = []
    for number in range(count):
        rtp = number * VIDEO_CLOCK // fps
        found += encoder.encode(painted(320, 240, number, number), rtp, at_us + rtp * 100 // 9)
    return [*found, *encoder.flush()]
