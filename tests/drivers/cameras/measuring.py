"""CPU of our own client, a camera-second: `python -m tests.drivers.cameras.measuring --cameras 16 --seconds 12`.

The cameras are simulated ones in a process of their own. Beside it, with `--ffmpeg`, one `ffmpeg -c copy` a camera on the
same server in the same run. CPU is what the scheduler gave to all threads (/proc/PID/task/*/schedstat).
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.stream import (
    AccessUnit,
    AudioFrame,
    EngineName,
    SenderClock,
    Source,
    Track,
    Transport,
)


def cpu_ns(pid: int) -> int:
    """Nanoseconds that all threads of a process ran."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total


class Counting:
    """A sink that keeps nothing but the newest pictures."""

    def __init__(self) -> None:
        self.units = self.octets = self.lost = self.broken = 0
        self.kept: list[AccessUnit] = []

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None: ...

    def unit(self, unit: AccessUnit) -> None:
        self.units += 1
        self.octets += len(unit.data)
        self.broken += not unit.whole
        self.kept.append(unit)
        if len(self.kept) > 450:
            del self.kept[:30]

    def audio(self, frame: AudioFrame) -> None: ...

    def missing(self, packets: int) -> None:
        self.lost += packets

    def clock(self, report: SenderClock) -> None: ...


async def measure(options: argparse.Namespace, folder: str) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drivers.simulators.camera", "--cameras", str(options.cameras),
        "--size", options.size, "--fps", "15", "--gop", "30", "--bit-rate", "2000000", "--no-sub",
        "--cache", str(options.cache), "--codec", options.codec,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    urls: list[str] = json.loads(await server.stdout.readline())["ready"]
    try:
        sinks = [Counting() for _ in urls]
        tasks = [
            asyncio.create_task(
                RtspClient(Source(f"camera-{at}", url, transport=options.transport)).run(sink)
            )
            for at, (url, sink) in enumerate(zip(urls, sinks, strict=True))
        ]
        await asyncio.sleep(4)
        before, units = cpu_ns(os.getpid()), [one.units for one in sinks]
        octets = sum(one.octets for one in sinks)
        served = cpu_ns(server.pid)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(options.seconds)
        seconds = asyncio.get_running_loop().time() - began
        ours = (cpu_ns(os.getpid()) - before) / 1e6 / seconds / len(urls)
        theirs = (cpu_ns(server.pid) - served) / 1e6 / seconds / len(urls)
        got = sum(one.units for one in sinks) - sum(units)
        rate = (sum(one.octets for one in sinks) - octets) * 8 / seconds / len(urls) / 1e6
        say(
            f"{len(urls)} cameras, {options.transport}, {options.codec}: {ours:.2f} ms CPU a camera-second, "
            f"{got / seconds / len(urls):.1f} pictures/s, {rate:.2f} Mbit/s, {sum(one.lost for one in sinks)} packets lost, "
            f"{sum(one.broken for one in sinks)} pictures broken; the server itself {theirs:.2f}"
        )
        for task in tasks:
            if task.done():
                say(f"ended: {task.exception()}")
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if options.ffmpeg:
            await beside(urls, options.seconds, folder)
    finally:
        server.kill()
        await server.wait()


async def beside(urls: list[str], seconds: float, folder: str) -> None:
    """The same streams by one ffmpeg each."""
    players = [
        await asyncio.create_subprocess_exec(
            "ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", url, "-c", "copy",
            "-f", "segment", "-segment_time", "10", f"{folder}/{at}-%03d.mp4",
        )
        for at, url in enumerate(urls)
    ]  # fmt: skip
    try:
        await asyncio.sleep(10)
        before = sum(cpu_ns(one.pid) for one in players)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        took = asyncio.get_running_loop().time() - began
        spent = sum(cpu_ns(one.pid) for one in players) - before
        say(
            f"{len(urls)} cameras by ffmpeg -c copy: {spent / 1e6 / took / len(urls):.2f} ms CPU a camera-second"
        )
    finally:
        for one in players:
            one.kill()
            await one.wait()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--cameras", type=int, default=16)
    asked.add_argument("--seconds", type=float, default=12)
    asked.add_argument("--size", default="1920x1080")
    asked.add_argument("--codec", default="h264")
    asked.add_argument("--transport", default="tcp", choices=("tcp", "udp"))
    asked.add_argument("--ffmpeg", action="store_true")
    asked.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "simulated-cameras")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options, folder))


if __name__ == "__main__":
    main()
