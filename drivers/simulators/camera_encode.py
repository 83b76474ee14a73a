"""The process that encodes what a simulated camera sees: `python -m drivers.simulators.camera_encode SETTINGS VARIANT OUT`.

SETTINGS: `StreamSettings` as JSON. OUT: a file for a whole loop; `-`: pictures from now on, in real time, as
length (4), microseconds of the wall clock at which it was drawn (8), key (1), all big-endian, and Annex B.
"""

import json
import os
import struct
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.video.codeccontext import VideoCodecContext

from drivers.simulators.camera_faults import Variant
from drivers.simulators.camera_loop import Loop, StreamSettings, Unit, unit_of, write
from drivers.simulators.camera_scene import Scene

LIVE_HEAD: Final = struct.Struct(">IQ?")
_POLITE: Final = 15
"""Niceness of a loop's encoder: nobody waits for it to the millisecond."""


def encoder(settings: StreamSettings) -> VideoCodecContext:
    """x264 or x265, one thread, key pictures exactly every `gop` pictures, closed groups."""
    name = "libx264" if settings.codec == "h264" else "libx265"
    context: Any = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = settings.width, settings.height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, settings.fps), Fraction(settings.fps)
    context.bit_rate, context.gop_size, context.thread_count = settings.bit_rate, settings.gop, 1
    context.max_b_frames = settings.b_frames
    kilo = settings.bit_rate // 1000
    params: dict[str, object] = {
        "keyint": settings.gop, "min-keyint": settings.gop, "scenecut": 0, "open-gop": 0, "bframes": settings.b_frames,
        "vbv-maxrate": kilo, "vbv-bufsize": kilo, "repeat-headers": 1,
    }  # fmt: skip
    if settings.codec == "h264":
        params |= {"threads": 1, "annexb": 1}
    else:
        params |= {"pools": "none", "frame-threads": 1, "log-level": "none"}
    joined = ":".join(f"{key}={value}" for key, value in params.items())
    context.options = {"preset": "ultrafast", f"x{settings.codec[1:]}-params": joined} | (
        {} if settings.b_frames else {"tune": "zerolatency"}
    )
    found: VideoCodecContext = context
    return found


def loop(settings: StreamSettings, variant: Variant) -> Loop:
    """A whole loop; its clock shows the loop's own time."""
    encoded = settings
    if variant == "small":
        half = settings.width // 2 & ~1, settings.height // 2 & ~1
        encoded = replace(settings, width=half[0], height=half[1])
    scene, context, units = Scene(encoded.width, encoded.height, settings.seed), encoder(encoded), []
    for number in range(settings.pictures):
        ms = number * 1000 // settings.fps
        units += _encoded(context, scene, number, ms, ms, variant, settings)
    units += [unit_of(bytes(packet), packet.pts or 0, settings.codec) for packet in context.encode(None)]
    if variant == "frozen":
        # The quality of an encoder that is fed one picture settles within minutes, which a loop does not last.
        units = [
            replace(units[number % settings.gop - settings.gop], pts=units[number].pts)
            for number in range(len(units))
        ]
    return Loop(settings, encoded.width, encoded.height, tuple(units))


def _encoded(
    context: VideoCodecContext,
    scene: Scene,
    number: int,
    ms: int,
    shown_ms: int,
    variant: Variant,
    settings: StreamSettings,
) -> list[Unit]:
    frame = av.VideoFrame.from_ndarray(scene.picture(ms, shown_ms, variant), format="yuv420p")
    frame.pts = number
    return [unit_of(bytes(packet), packet.pts or 0, settings.codec) for packet in context.encode(frame)]


def live(settings: StreamSettings, variant: Variant) -> None:
    """Pictures of now until nobody reads them. Without B-frames: a picture leaves before the next one is drawn."""
    scene, context = (
        Scene(settings.width, settings.height, settings.seed),
        encoder(replace(settings, b_frames=0)),
    )
    out, number, began = sys.stdout.buffer, 0, time.monotonic()
    while True:
        time.sleep(max(0.0, began + number / settings.fps - time.monotonic()))
        now_us = time.time_ns() // 1000
        for unit in _encoded(
            context, scene, number, number * 1000 // settings.fps, now_us // 1000, variant, settings
        ):
            data = unit.data
            out.write(LIVE_HEAD.pack(len(data), now_us, unit.key) + data)
        out.flush()
        number += 1


def main() -> None:
    """As the module says."""
    settings, variant = StreamSettings(**json.loads(sys.argv[1])), sys.argv[2]
    known: dict[str, Variant] = {
        "normal": "normal", "frozen": "frozen", "black": "black", "covered": "covered", "turned": "turned",
        "small": "small",
    }  # fmt: skip
    av.logging.set_level(av.logging.ERROR)
    if sys.argv[3] == "-":
        try:
            live(settings, known[variant])
        except BrokenPipeError:
            os._exit(0)
    os.nice(_POLITE)
    write(loop(settings, known[variant]), Path(sys.argv[3]))


if __name__ == "__main__":
    main()
