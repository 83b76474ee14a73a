"""Pictures as a camera would send them: encoded by PyAV, handed on as the engine hands them on."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import count
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from drivers.cameras.stream import START_CODE, VIDEO_CLOCK, AccessUnit, Codec, Track

Picture = npt.NDArray[np.uint8]


def four_byte_starts(data: bytes) -> bytes:
    """Annex B with a start code of four bytes before each unit, as `AccessUnit.data` promises it."""
    return START_CODE + START_CODE.join(part for part in re.split(b"\0{2,3}\1", data) if part)


def encode(
    pictures: Iterable[Picture],
    *,
    codec: Codec = "h264",
    fps: int = 15,
    gop: int = 30,
    reordered: bool = False,
    bit_rate: int = 500_000,
    begun_us: int = 1_000_000,
    crf: int | None = None,
) -> Iterator[AccessUnit]:
    """Grey pictures (height, width) as access units, in the order of their sending, an even clock of arrival."""
    name = {"h264": "libx264", "h265": "libx265"}[codec]
    b = 2 if reordered else 0
    private = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b}:b-adapt=0:open-gop=0:repeat-headers=1"
    context: av.VideoCodecContext | None = None
    track: Track | None = None
    sent = count()
    for number, picture in enumerate(pictures):
        if context is None:
            made = av.CodecContext.create(name, "w")
            assert isinstance(made, av.VideoCodecContext)
            context = made
            context.height, context.width = picture.shape
            context.pix_fmt, context.framerate = "yuv420p", Fraction(fps)
            context.time_base = Fraction(1, fps)
            if crf is None:
                context.bit_rate = bit_rate
            context.options = {
                "preset": "ultrafast",
                f"{name[3:]}-params": private
                + (":log-level=none:pools=1" if codec == "h265" else ":threads=1"),
                **({} if reordered else {"tune": "zerolatency"}),
                **({} if crf is None else {"crf": str(crf)}),
            }
        frame = av.VideoFrame(picture.shape[1], picture.shape[0], "yuv420p")
        for plane, fill in zip(frame.planes, (picture, None, None), strict=True):
            rows = np.full((plane.height, plane.line_size), 128, np.uint8)
            if fill is not None:
                rows[:, : fill.shape[1]] = fill
            plane.update(rows.tobytes())
        frame.pts = number
        for packet in context.encode(frame):
            yield (unit := _unit(packet, codec, fps, next(sent), begun_us, track, picture, reordered))
            track = unit.track
    if context is not None:
        for packet in context.encode(None):
            yield (unit := _unit(packet, codec, fps, next(sent), begun_us, track, picture, reordered))
            track = unit.track


def _unit(
    packet: "av.Packet[av.VideoStream]",
    codec: Codec,
    fps: int,
    sent: int,
    begun_us: int,
    track: Track | None,
    picture: Picture,
    reordered: bool,
) -> AccessUnit:
    data = four_byte_starts(bytes(packet))
    if track is None:
        track = Track(codec, _sets(data, codec), picture.shape[1], picture.shape[0], "", reordered)
    assert packet.pts is not None
    at_us = begun_us + sent * 1_000_000 // fps
    return AccessUnit(data, packet.is_keyframe, packet.pts * VIDEO_CLOCK // fps, at_us, track)


def _sets(data: bytes, codec: Codec) -> bytes:
    kinds = {7, 8} if codec == "h264" else {32, 33, 34}
    parts = [
        part
        for part in data.split(START_CODE)[1:]
        if (part[0] & 0x1F if codec == "h264" else part[0] >> 1 & 0x3F) in kinds
    ]
    return b"".join(START_CODE + part for part in parts)


def scene(number: int, width: int = 320, height: int = 180, seed: int = 1) -> Picture:
    """A room with edges in it, a square that moves, and the noise of a live sensor."""
    noise = np.random.default_rng(1000 * seed + number)
    picture = room(width, height, seed).astype(np.int16)
    x, y = (number * 5) % (width - 40), (number * 3) % (height - 40)
    picture[y : y + 32, x : x + 32] = 230
    picture += noise.normal(0, 2, picture.shape).astype(np.int16)
    return np.clip(picture, 16, 235).astype(np.uint8)


@cache
def room(width: int, height: int, seed: int) -> Picture:
    """What a camera looks at, without anybody in it."""
    made = np.random.default_rng(seed)
    picture = np.tile(np.linspace(90, 140, width), (height, 1))
    for _ in range(40):
        x, y = made.integers(0, width), made.integers(0, height)
        w, h = made.integers(8, width // 4), made.integers(8, height // 3)
        picture[y : y + h, x : x + w] = made.integers(30, 220)
    return picture.astype(np.uint8)


def moving(seconds: float, fps: int = 15, **shape: int) -> Iterator[Picture]:
    """So many seconds of it."""
    return (scene(number, **shape) for number in range(round(seconds * fps)))


def play(file: str, codec: Codec) -> tuple[list[bytes], list[tuple[int, int]]]:
    """The access units of a file as Annex B, and (dts, pts) of each."""
    data, times = [], []
    with av.open(file) as container:
        stream = container.streams.video[0]
        # The file's own bytes, each length turned back to a start code: no filter that adds or takes.
        for packet in container.demux(stream):
            if packet.size:
                assert packet.dts is not None
                assert packet.pts is not None
                data.append(_start_codes(bytes(packet)))
                times.append((packet.dts, packet.pts))
    return data, times


def decoded(file: str) -> int:
    """How many pictures a decoder shows of it."""
    with av.open(file) as container:
        return sum(1 for _ in container.decode(video=0))


def complaints(file: Path) -> list[str]:
    """What libavformat and its decoders say of a file that is decoded from end to end."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as said:
            decoded(str(file))
    finally:
        av.logging.set_level(None)
    return [text for _, _, text in said]


def _start_codes(data: bytes) -> bytes:
    turned, at = b"", 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        turned += START_CODE + data[at + 4 : at + 4 + length]
        at += 4 + length
    return turned
