"""A few seconds of encoded pictures that a simulated camera plays without end, and the file that keeps them.

Encoding is done by a process of its own at low priority (`camera_encode`), so that neither PyAV nor numpy is ever loaded
where simulated boards answer to the millisecond.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal
from weakref import WeakValueDictionary

import drivers
from drivers.cameras.stream import START_CODE, VIDEO_CLOCK, Codec
from drivers.child import killed
from drivers.simulators.camera_faults import Variant
from rules.model.values import dataclass

AudioKind = Literal["none", "pcmu", "aac"]

FORMAT: Final = 3
"""Part of every file's name: another drawing or another layout is another file."""
ENCODING_S: Final = 300.0
"""The longest that a small machine under load may need; then the encoder is ended."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What one stream of a camera is like. bit_rate: bits a second; gop: pictures from key picture to key picture.

    seconds: how long the loop is; never less than two groups, so that no two neighbouring key pictures are the same.
    seed: another view. live: encoded as it is sent, showing the true time, for measuring latency.
    aggregate: parameter sets travel in one aggregation packet. metadata: an ONVIF metadata section is described too.
    """

    codec: Codec = "h264"
    width: int = 1280
    height: int = 720
    fps: int = 15
    gop: int = 30
    bit_rate: int = 2_000_000
    b_frames: int = 0
    seconds: int = 8
    seed: int = 1
    live: bool = False
    audio: AudioKind = "none"
    aggregate: bool = False
    metadata: bool = False

    @property
    def pictures(self) -> int:
        """How many there are in the loop: whole groups."""
        groups = max(2, -(-self.seconds * self.fps // self.gop))
        return groups * self.gop

    @property
    def step(self) -> int:
        """RTP ticks from picture to picture."""
        return VIDEO_CLOCK // self.fps


@dataclass(frozen=True, slots=True)
class Unit:
    """One encoded picture: its NAL units without start codes. pts: pictures since the loop's beginning."""

    nals: tuple[bytes, ...]
    key: bool
    pts: int

    @property
    def data(self) -> bytes:
        """Annex B, as `drivers.cameras.stream.AccessUnit.data` has it."""
        return b"".join(START_CODE + nal for nal in self.nals)


@dataclass(frozen=True, slots=True)
class Loop:
    """Encoded pictures in the order in which they are sent, the first a key picture. width, height: what they really have."""

    settings: StreamSettings
    width: int
    height: int
    units: tuple[Unit, ...]

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """Of the first picture: SPS and PPS; of H.265 VPS, SPS and PPS."""
        return tuple(nal for nal in self.units[0].nals if is_parameter_set(nal, self.settings.codec))


def is_parameter_set(nal: bytes, codec: Codec) -> bool:
    """H.264 NAL types 7 and 8 (table 7-1); H.265 32 to 34 (table 7-1)."""
    return (nal[0] & 0x1F) in (7, 8) if codec == "h264" else 32 <= (nal[0] >> 1 & 0x3F) <= 34


def is_key(nal: bytes, codec: Codec) -> bool:
    """H.264 type 5; H.265 types 16 to 21."""
    return nal[0] & 0x1F == 5 if codec == "h264" else 16 <= (nal[0] >> 1 & 0x3F) <= 21


def nals_of(annexb: bytes) -> Iterator[bytes]:
    """The NAL units between start codes of three or four bytes (H.264 and H.265 annex B)."""
    at = annexb.find(b"\0\0\1")
    while at >= 0:
        begin = at + 3
        at = annexb.find(b"\0\0\1", begin)
        end = len(annexb) if at < 0 else at
        # A zero before a start code belongs to it, and no NAL unit ends with one.
        yield annexb[begin:end].rstrip(b"\0")


def unit_of(packet: bytes, pts: int, codec: Codec) -> Unit:
    """One picture of an encoder's output."""
    nals = tuple(nals_of(packet))
    return Unit(nals, any(is_key(nal, codec) for nal in nals), pts)


def write(loop: Loop, path: Path) -> None:
    """Whole or not at all."""
    head = {
        "settings": asdict(loop.settings),
        "width": loop.width,
        "height": loop.height,
        "units": [[[len(nal) for nal in unit.nals], unit.key, unit.pts] for unit in loop.units],
    }
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        for unit in loop.units:
            file.writelines(unit.nals)
    part.replace(path)


@lru_cache(maxsize=16)
def read(path: Path) -> Loop:
    """Kept: sixty-four cameras with one picture hold it once. Raises OSError."""
    with path.open("rb") as file:
        head: dict[str, Any] = json.loads(file.readline())
        units = tuple(
            Unit(tuple(file.read(size) for size in sizes), key, pts) for sizes, key, pts in head["units"]
        )
    return Loop(StreamSettings(**head["settings"]), head["width"], head["height"], units)


def place(settings: StreamSettings, variant: Variant, cache: Path) -> Path:
    """Where a loop is kept: by what it is made of."""
    made_of = json.dumps([FORMAT, asdict(settings), variant], sort_keys=True)
    return cache / f"{variant}-{hashlib.sha256(made_of.encode()).hexdigest()[:24]}.loop"


class NotEncoded(Exception):
    """The encoder ended without a loop; the text is its own."""


_making: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
"""Of loops that somebody waits for: what is encoded once need not be encoded beside itself."""


async def made(settings: StreamSettings, variant: Variant, cache: Path) -> Loop:
    """The loop from the cache, else encoded now, once, by a process of its own. Raises NotEncoded, OSError."""
    path = place(settings, variant, cache)
    async with _making.setdefault(path, asyncio.Lock()):
        loop = await asyncio.to_thread(_kept, path)
        if loop is None:
            await _encode(settings, variant, path)
            loop = await asyncio.to_thread(read, path)
    return loop


def _kept(path: Path) -> Loop | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    return read(path) if path.exists() else None


async def _encode(settings: StreamSettings, variant: Variant, path: Path) -> None:
    encoder = await start_encoder(settings, variant, str(path))
    try:
        async with asyncio.timeout(ENCODING_S):
            _, said = await encoder.communicate()
    finally:
        if encoder.returncode is None:
            await killed(encoder)
    if encoder.returncode:
        raise NotEncoded(said.decode(errors="replace")[-2_000:])


async def start_encoder(
    settings: StreamSettings, variant: Variant, out: str, *, pipe: bool = False
) -> asyncio.subprocess.Process:
    """Start `camera_encode`. out: a file, or `-` for pictures without end on its standard output."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "drivers.simulators.camera_encode",
        json.dumps(asdict(settings)),
        variant,
        out,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if pipe else asyncio.subprocess.DEVNULL,
        stderr=None if pipe else asyncio.subprocess.PIPE,
        cwd=Path(drivers.__file__).parent.parent,
        limit=16 * 1024 * 1024,
    )
