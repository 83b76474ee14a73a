"""A camera in a process of its own, for tests of what shows pictures: a true encoder, the clock burnt into each picture.

`python -m tests.flow.live_camera '{"width": …}'` writes access units to its standard output, each behind `HEAD`.
"""

import json
import sys
import time
from struct import Struct

from drivers.cameras.stream import VIDEO_CLOCK
from tests.edge.media.encoder import BITS, Encoder, painted

HEAD = Struct(">IBQQ")
"""Length, key picture, RTP time, CLOCK_MONOTONIC microseconds; the first record is the track as JSON."""


def main() -> None:
    """Until nobody reads any more."""
    said = json.loads(sys.argv[1])
    width, height, fps = said["width"], said["height"], said["fps"]
    encoder = Encoder(
        width,
        height,
        fps,
        said["key_s"],
        said["codec"],
        reordered=said["reordered"],
        bit_rate=said["bit_rate"],
    )
    ground = [painted(width, height, number, 0) for number in range(16)]
    bar = width // BITS
    out, started, number, described = sys.stdout.buffer, time.monotonic_ns(), 0, False
    while True:
        due = started + number * 1_000_000_000 // fps
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        code, picture = time.time_ns() // 1_000_000, ground[number % 16]
        for bit in range(BITS):
            picture[: height // 8, bit * bar : (bit + 1) * bar] = 235 if code >> (BITS - 1 - bit) & 1 else 16
        at_us = time.monotonic_ns() // 1_000
        for unit in encoder.encode(picture, number * VIDEO_CLOCK // fps, at_us):
            if not described:
                track = unit.track
                text = json.dumps({"sets": track.parameter_sets.hex(), "level": track.profile_level}).encode()
                out.write(HEAD.pack(len(text), 2, 0, 0) + text)
                described = True
            out.write(HEAD.pack(len(unit.data), unit.key, unit.rtp, time.monotonic_ns() // 1_000) + unit.data)
            out.flush()
        number += 1


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(0)
