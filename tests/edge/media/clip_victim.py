"""A process that writes a clip in real time until it is killed: `python -m tests.edge.media.clip_victim STORE [CODEC]`.

It says each picture that it gave and how late, a line each; what it gives is what `units` gives to everybody.
"""

import asyncio
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from drivers.cameras.stream import AccessUnit, Codec
from edge.media.clip_writer import ClipWriter, monotonic_us
from edge.media.ring import Budget, Ring
from edge.media.sealing import Stamp
from tests.edge.media.encoding import encode, moving

FPS = 15


@cache
def units(codec: Codec = "h264") -> tuple[AccessUnit, ...]:
    """Eight seconds, a key picture every two."""
    return tuple(encode(moving(8, FPS), codec=codec, fps=FPS, bit_rate=1_000_000))


async def write(store: Path, codec: Codec = "h264") -> None:
    """Play them at their own pace."""
    writer = ClipWriter(store, lambda mono_us: Stamp(mono_us, None), lambda _: None)
    writer.start()
    ring = Ring(30, Budget(1 << 30))
    loop = asyncio.get_running_loop()
    writer.begin("cam-1", "incident-1", ring, since_us=0)
    given = units(codec)
    began = loop.time()
    for number, unit in enumerate(given):
        await asyncio.sleep(max(0, began + number / FPS - loop.time()))
        late_s = loop.time() - began - number / FPS
        ring.unit(replace(unit, at_us=monotonic_us()))
        print(number, late_s, flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), "h265" if sys.argv[2:] == ["h265"] else "h264"))
