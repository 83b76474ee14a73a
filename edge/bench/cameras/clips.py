"""Clips held against what the cameras sent, NAL unit by NAL unit; and what a killed process leaves of them."""

import asyncio
import itertools
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.stream import AccessUnit, AudioFrame, EngineName, SenderClock, Source, Track, Transport
from drivers.simulators.camera_loop import StreamSettings, is_parameter_set, made, nals_of
from edge.bench.cameras.driven import Driven, driven, name, opened
from edge.bench.cameras.part import Part
from edge.bench.cameras.peers import FULL, simulated
from edge.bench.children import Lost
from edge.media.messages import File, Keep, Open, Over
from edge.simulated.cameras import kept_pictures
from rules.model.values import dataclass

CAMERAS: Final = 4
BEFORE_US: Final = 10_000_000
WRITING_S: Final = 6.0
LOST_S: Final = 0.6
"""Issue 5, C8."""
SEALED_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Read:
    """pictures: of a clip. same: each is byte by byte the source's, none missing or twice between first and last."""

    pictures: int
    same: bool
    complaints: str
    last: tuple[bytes, ...]


class _Witness:
    """Another who watches a camera, by a connection of its own, and remembers when each picture came."""

    def __init__(self, url: str) -> None:
        self._came: list[tuple[int, tuple[bytes, ...]]] = []
        self._watching = asyncio.create_task(RtspClient(Source("witness", url)).run(self), name="witness")

    def after(self, picture: tuple[bytes, ...]) -> int:
        """Microseconds from this picture, as it came last, to the newest one that came. Raises Lost."""
        for at_us, one in reversed(self._came):
            if one == picture:
                return self._came[-1][0] - at_us
        raise Lost("the last picture of a clip never came")

    async def leave(self) -> None:
        """Watch no more."""
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    def unit(self, unit: AccessUnit) -> None:
        """See `Sink`."""
        self._came.append((unit.at_us, _slices(tuple(nals_of(unit.data)))))

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        """Nothing to remember."""

    def audio(self, frame: AudioFrame) -> None:
        """None was asked for."""

    def missing(self, packets: int) -> None:
        """Its own are not what is judged."""

    def clock(self, report: SenderClock) -> None:
        """Nothing to remember."""


def clips(kills: int, folder: Path) -> Part:
    """One incident ended in order, then as many processes killed in the middle of one."""
    part = Part(
        "clips", f"{CAMERAS} clips of {FULL.size} at once, from {BEFORE_US / 1e6:g} s before the press"
    )
    if shutil.which("ffmpeg") is None:
        part.broken_off = "ffmpeg is not installed: ./install.sh --packages"
        return part
    try:
        asyncio.run(_all(kills, folder, part))
    except Lost as err:
        part.broken_off = str(err)
    return part


async def _all(kills: int, folder: Path, part: Part) -> None:
    cache = kept_pictures() or folder / "pictures"
    with simulated(folder, FULL, CAMERAS) as cameras:
        source = await _source(cache)
        opening = opened(folder / "evidence", cameras.urls, before_us=BEFORE_US)
        names = [name(one) for one in range(CAMERAS)]
        async with driven(opening) as process:
            await _filled(process, names, BEFORE_US)
            pressed_us = await _written(process, "closed", names)
            process.say(Over("closed"))
            files = await _sealed(process, "closed", names)
        await _judge(opening, files, source, part, "ended in order")
        early = max(file.first_us or 0 for file in files) - (pressed_us - BEFORE_US)
        part.at_most("s that a clip begins later than it should", early / 1e6, 0)
        lost: list[float] = []
        for number in range(kills):
            incident, witnesses = f"killed-{number}", [_Witness(url) for url in cameras.urls]
            async with driven(opening) as process:
                await _filled(process, names, 1_000_000)
                await _written(process, incident, names)
                os.kill(process.pid, signal.SIGKILL)
            for one in witnesses:
                await one.leave()
            async with driven(opening) as process:
                files = await _sealed(process, incident, names)
            read = await _judge(opening, files, source, part, f"killed, {number + 1}")
            for file, its in zip(files, read, strict=True):
                lost.append(witnesses[names.index(file.camera)].after(its.last) / 1e3)
        part.head("ms")
        part.spread("kill -9: not in the clip", lost)
        part.at_most("s lost by kill -9", max(lost) / 1e3, LOST_S)


async def _source(cache: Path) -> list[tuple[bytes, ...]]:
    """The pictures of the loop that is played, without parameter sets: an MP4 has those in its head too."""
    width, _, height = FULL.size.partition("x")
    settings = StreamSettings(
        width=int(width), height=int(height), fps=FULL.fps, gop=FULL.gop, bit_rate=FULL.bit_rate, seconds=FULL.seconds
    )  # fmt: skip
    loop = await made(settings, "normal", cache)
    return [_slices(unit.nals) for unit in loop.units]


async def _filled(process: Driven, names: list[str], ring_us: int) -> None:
    await process.until(
        "every ring filled",
        lambda: all(one in process.figures and process.figures[one].ring_us >= ring_us for one in names),
        60.0,
    )


async def _written(process: Driven, incident: str, names: list[str]) -> int:
    """A press, and some seconds; when it was (UTC, microseconds)."""
    at_us = time.time_ns() // 1_000
    process.say(Keep(incident, "real", at_us, tuple(names)))
    await process.until("every clip begun", lambda: len(_begun(process, incident)) == len(names))
    await asyncio.sleep(WRITING_S)
    return at_us


def _begun(process: Driven, incident: str) -> list[File]:
    return [one for _, one in process.files if one.incident == incident and one.end is None]


async def _sealed(process: Driven, incident: str, names: list[str]) -> list[File]:
    def ended() -> list[File]:
        told = (one for _, one in process.files if one.incident == incident and one.end is not None)
        return [one for one in told if one.name.endswith(".mp4")]

    await process.until("every clip sealed", lambda: len(ended()) >= len(names), SEALED_S)
    return ended()


async def _judge(
    opening: Open, files: Sequence[File], source: list[tuple[bytes, ...]], part: Part, what: str
) -> list[_Read]:
    read = [await _read(Path(opening.evidence) / file.name, source) for file in files]
    pictures = sum(one.pictures for one in read)
    part.rows.append(
        f"  {what:20}{len(files)} clips, {pictures} pictures, "
        + ", ".join(sorted({f.end or "" for f in files}))
    )
    part.at_most(f"{what}: clips that are not the source bit by bit", sum(not one.same for one in read), 0)
    part.at_most(f"{what}: clips that a decoder complains of", sum(bool(one.complaints) for one in read), 0)
    counted = [(one.pictures, file.pictures) for one, file in zip(read, files, strict=True)]
    if all(file.end == "sealed" for file in files):  # nobody counted those of a process that was killed
        part.at_most(
            f"{what}: clips whose pictures are not as many as sealed", sum(a != b for a, b in counted), 0
        )
    return read


async def _read(clip: Path, source: list[tuple[bytes, ...]]) -> _Read:
    stream, _ = await _ffmpeg("-i", str(clip), "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-")
    _, complaints = await _ffmpeg("-i", str(clip), "-f", "null", "-")
    pictures = _access_units(stream)
    first = next((at for at, one in enumerate(source) if pictures and one == pictures[0]), None)
    if first is None:
        return _Read(len(pictures), False, complaints, ())
    expected = itertools.islice(itertools.cycle(source), first, first + len(pictures))
    return _Read(len(pictures), list(expected) == pictures, complaints, pictures[-1])


def _access_units(stream: bytes) -> list[tuple[bytes, ...]]:
    """Of one slice or more each: a slice that begins at the first macroblock begins a picture (H.264, 7.4.1.2.4)."""
    found: list[list[bytes]] = []
    for nal in _slices(tuple(nals_of(stream))):
        if nal[0] & 0x1F in (1, 5) and nal[1] & 0x80:
            found.append([])
        if found:
            found[-1].append(nal)
    return [tuple(one) for one in found]


def _slices(nals: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Slices alone."""
    return tuple(one for one in nals if not is_parameter_set(one, "h264") and one[0] & 0x1F in (1, 5))


async def _ffmpeg(*words: str) -> tuple[bytes, str]:
    process = await asyncio.create_subprocess_exec(
        "ffmpeg",
        "-nostdin",
        "-v",
        "error",
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, complaints = await process.communicate()
    return out, complaints.decode(errors="replace")
