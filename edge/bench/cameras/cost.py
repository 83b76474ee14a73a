"""What reading costs: CPU a camera-second and memory a camera, beside one ffmpeg a camera on the same server in the same run."""

import asyncio
import contextlib
from dataclasses import asdict
from pathlib import Path
from typing import Final

from edge.bench.cameras.driven import Driven, driven, name, opened
from edge.bench.cameras.part import Part
from edge.bench.cameras.peers import FULL, View, below, cpu_ms, ffmpegs, rss_mib, simulated
from edge.bench.children import Lost, family
from rules.model.values import dataclass

RING_US: Final = 30_000_000
RING_S: Final = 45.0
STANDING_S: Final = 20.0
BOTH: Final = 2
FFMPEG_S: Final = 6.0
"""Until all of them have read what comes before the first segment."""
READ_MS, CHECKED_MS, SHARE, MIB = 1.0, 2.0, 0.5, 10.0
"""Issue 5, How it will be judged; from 16 cameras up."""
JUDGED_FROM: Final = 16
MOST, ALL_MIB = 64, 700e6 / 2**20
"""Cameras of the largest campus, and what they may take together (reference, section 8)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """ms of CPU a camera-second: of the process that reads, with what looks at pictures, of the server, of ffmpeg.

    mib: what a camera with its ring full adds to the resident sets of both processes, which stood before it came.
    total_mib: those sets with all cameras. missing: packets; gaps: of pictures.
    """

    cameras: int
    read: float
    checked: float
    server: float
    ffmpeg: float | None
    mib: float
    total_mib: float
    ring_s: float
    fps: float
    mbit: float
    missing: int
    gaps: int


def cost(counts: tuple[int, ...], seconds: float, folder: Path) -> Part:
    """Measure each count of cameras."""
    part = Part(
        "cost", f"reading {FULL.size} at {FULL.fps} a second, {FULL.bit_rate / 1e6:g} Mbit/s, over TCP"
    )
    part.rows.append(
        f"  {'cameras':>9}{'read':>8}{'checked':>9}{'ffmpeg':>8}{'ratio':>7}{'server':>8}{'MiB':>8}{'all':>8}"
        f"{'ring':>8}{'fps':>7}{'missing':>9}   CPU ms a camera-second; MiB (RSS) a camera, of both processes"
    )
    found = []
    try:
        for count in counts:
            there = folder / f"cost-{count}"
            there.mkdir()
            found.append(asyncio.run(_one(count, FULL, seconds, there, part)))
            _tell(part, found[-1], str(count))
        there = folder / "cost-sub"
        there.mkdir()
        with_sub = asyncio.run(_one(JUDGED_FROM, View(sub=True), seconds, there, part))
        _tell(part, with_sub, f"{JUDGED_FROM}+sub", judged=False)
        part.figures["with_sub"] = asdict(with_sub)
    except Lost as err:
        part.broken_off = str(err)
    part.figures["cameras"] = [asdict(one) for one in found]
    return part


def _tell(part: Part, its: Cost, title: str, *, judged: bool = True) -> None:
    beside = "-" if its.ffmpeg is None else f"{its.ffmpeg:.2f}"
    ratio = "-" if its.ffmpeg is None else f"{its.read / its.ffmpeg:.2f}"
    part.rows.append(
        f"  {title:>9}{its.read:>8.2f}{its.checked:>9.2f}{beside:>8}{ratio:>7}{its.server:>8.2f}{its.mib:>8.1f}"
        f"{its.total_mib:>8.0f}{its.ring_s:>7.1f}s{its.fps:>7.2f}{its.missing:>9}"
    )
    if not judged:
        return
    part.at_most(f"{title}: packets missing", its.missing, 0)
    part.at_most(f"{title}: gaps", its.gaps, 0)
    if its.cameras < JUDGED_FROM:
        return
    part.at_most(f"{title}: ms CPU a camera-second, reading", its.read, READ_MS)
    part.at_most(f"{title}: ms CPU a camera-second with picture checks", its.checked, CHECKED_MS)
    part.at_most(f"{title}: MiB a camera", its.mib, MIB)
    if its.cameras == MOST:
        part.at_most(f"{title}: MiB in all", its.total_mib, ALL_MIB)
    if its.ffmpeg is not None:
        part.at_most(f"{title}: of ffmpeg's CPU", its.read / its.ffmpeg, SHARE)


async def _one(count: int, view: View, seconds: float, folder: Path, part: Part) -> Cost:
    with simulated(folder, view, count) as cameras:
        subs = [url.replace("/main", "/sub") for url in cameras.urls] if view.sub else []
        opening = opened(folder / "evidence", cameras.urls, before_us=RING_US, subs=subs)
        async with driven(opened(folder / "evidence", ())) as process:
            names = [name(one) for one in range(count)]
            before = await _standing(process)
            process.say(opening)
            await process.until("every camera up", lambda: all(map(process.is_up, names)))
            if not view.sub and count >= JUDGED_FROM:
                await process.until("every ring full", lambda: _full(process, names), RING_S)
            looking = below(process.pid, "edge.media.looking_process")
            read, looked, served = await _window((process.pid, looking, cameras.process.pid), seconds)
            rss = rss_mib(process.pid)
            figures = [process.figures[one] for one in names]
        beside = None
        if not view.sub:
            try:
                beside = await _beside(folder, cameras.urls, seconds)
            except Lost as err:
                part.skipped.append(str(err))
    streams = [one.main for one in figures]
    return Cost(
        cameras=count,
        read=read / count,
        checked=(read + looked) / count,
        server=served / count,
        ffmpeg=None if beside is None else beside / count,
        mib=(rss - before) / count,
        total_mib=rss,
        ring_s=min(one.ring_us for one in figures) / 1e6,
        fps=min(one.fps_milli or 0 for one in streams) / 1e3,
        mbit=sum(one.bits_a_second or 0 for one in streams) / count / 1e6,
        missing=sum(one.missing for one in streams),
        gaps=sum(one.gaps for one in streams),
    )


async def _standing(process: Driven) -> float:
    """MiB of both processes, once both stand and no camera came yet."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + STANDING_S
    size, before = rss_mib(process.pid), 0.0
    while abs(size - before) > 0.5 or len(family(process.pid)) < BOTH:
        if loop.time() > ends:
            raise Lost("the camera process and its looking process do not stand")
        await asyncio.sleep(0.5)
        size, before = rss_mib(process.pid), size
    return size


def _full(process: Driven, names: list[str]) -> bool:
    return all(one in process.figures and process.figures[one].ring_us >= RING_US for one in names)


async def _window(pids: tuple[int, ...], seconds: float) -> list[float]:
    """ms of CPU a second of each."""
    loop = asyncio.get_running_loop()
    before, began = [cpu_ms(pid) for pid in pids], loop.time()
    await asyncio.sleep(seconds)
    after, took = [cpu_ms(pid) for pid in pids], loop.time() - began
    return [(now - then) / took for now, then in zip(after, before, strict=True)]


async def _beside(folder: Path, urls: list[str], seconds: float) -> float:
    with contextlib.ExitStack() as stack:
        pids = tuple(stack.enter_context(ffmpegs(folder, urls)))
        await asyncio.sleep(FFMPEG_S)
        return sum(await _window(pids, seconds))
