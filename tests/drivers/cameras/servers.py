"""Three servers that share nothing: the simulated camera, GStreamer's, ffmpeg's packetizer behind a front of the tests.

Each plays pictures whose elementary stream is known, to be compared byte by byte.
"""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from drivers.cameras.annexb import nal_units
from drivers.cameras.stream import START_CODE, Codec, Transport
from drivers.simulators.camera import SimulatedCamera
from drivers.simulators.camera_loop import Loop, StreamSettings, made
from tests.drivers.cameras.rtp_front import Conversation, Front

LOOPS = Path(tempfile.gettempdir()) / "campus-edge-test-cameras"
SYSTEM_PYTHON = "/usr/bin/python3"


def settings(codec: Codec) -> StreamSettings:
    """Two seconds: long enough for two closed groups, short enough for a test."""
    return StreamSettings(codec=codec, width=640, height=360, fps=30, gop=30, bit_rate=1_500_000, seconds=2)


@dataclass(frozen=True)
class Served:
    """url: of the stream. pictures: the NAL units of each, without parameter sets. again: it goes on from the first."""

    url: str
    pictures: list[tuple[bytes, ...]]
    sets: bytes
    again: bool
    transport: Transport


def plain(nals: "tuple[bytes, ...] | list[bytes]", codec: Codec) -> tuple[bytes, ...]:
    """Without what a server may add or leave out: parameter sets, delimiters, what was said beside the picture."""

    def slice_(nal: bytes) -> bool:
        return 1 <= nal[0] & 31 <= 5 if codec == "h264" else nal[0] >> 1 & 63 < 32

    return tuple(nal for nal in nals if slice_(nal))


def of_unit(data: bytes, codec: Codec) -> tuple[bytes, ...]:
    return plain(list(nal_units(data)), codec)


def _served(url: str, loop: Loop, again: bool, transport: Transport) -> Served:
    codec = loop.settings.codec
    sets = b"".join(START_CODE + one for one in loop.parameter_sets)
    return Served(url, [plain(one.nals, codec) for one in loop.units], sets, again, transport)


@contextlib.asynccontextmanager
async def simulated(codec: Codec, transport: Transport) -> AsyncIterator[Served]:
    camera = SimulatedCamera({"/main": settings(codec)}, LOOPS)
    await camera.start()
    try:
        yield _served(camera.url(), await camera.loop(), True, transport)
    finally:
        await camera.stop()


@cache
def _gstreamer() -> str:
    """Why GStreamer cannot be used here; empty where it can."""
    asked = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    try:
        ended = subprocess.run([SYSTEM_PYTHON, "-c", asked], capture_output=True, check=False)
    except OSError:
        return f"no {SYSTEM_PYTHON}"
    return (
        ""
        if ended.returncode == 0
        else "GStreamer's RTSP server is not installed (gir1.2-gst-rtsp-server-1.0)"
    )


@contextlib.asynccontextmanager
async def gstreamer(codec: Codec, transport: Transport, user: str = "") -> AsyncIterator[Served]:
    if _gstreamer():
        pytest.skip(_gstreamer())
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    loop = await made(settings(codec), "normal", LOOPS)
    with tempfile.TemporaryDirectory() as folder:
        raw, file = Path(folder) / f"one.{codec}", Path(folder) / "one.mp4"
        raw.write_bytes(b"".join(one.data for one in loop.units))
        made_file = await asyncio.create_subprocess_exec(
            "ffmpeg",
            "-nostdin",
            "-loglevel",
            "error",
            "-framerate",
            "30",
            "-i",
            str(raw),
            "-c",
            "copy",
            str(file),
        )
        assert await made_file.wait() == 0
        server = await asyncio.create_subprocess_exec(
            SYSTEM_PYTHON, str(Path(__file__).with_name("gst_server.py")), str(file), codec, *([user] if user else []),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            port = int(await server.stdout.readline())
            yield _served(f"rtsp://127.0.0.1:{port}/main", loop, False, transport)
        finally:
            server.kill()
            await server.communicate()


@contextlib.asynccontextmanager
async def ffmpeg(codec: Codec, transport: Transport) -> AsyncIterator[Served]:
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    loop = await made(settings(codec), "normal", LOOPS)
    with tempfile.TemporaryDirectory() as folder:
        raw, sdp = Path(folder) / f"one.{codec}", Path(folder) / "one.sdp"
        raw.write_bytes(b"".join(one.data for one in loop.units))
        await _packetized(raw, sdp, 9, "-t", "0.1")
        description = sdp.read_bytes().replace(b"m=video 9 ", b"m=video 0 ") + b"a=control:trackID=0\r\n"

        async def play(conversation: Conversation) -> None:
            with _listening() as (port, receive):
                packets = asyncio.create_task(_relayed(receive, conversation))
                try:
                    await _packetized(raw, sdp, port, "-re")
                    await asyncio.sleep(0)
                finally:
                    packets.cancel()
                    await asyncio.gather(packets, return_exceptions=True)
            conversation.close()

        async with Front(description, play) as front:
            yield _served(front.url(), loop, False, transport)


async def _packetized(raw: Path, sdp: Path, port: int, *options: str) -> None:
    pace = options if "-re" in options else ()
    until = () if "-re" in options else options
    player = await asyncio.create_subprocess_exec(
        "ffmpeg", "-nostdin", "-y", "-loglevel", "error", *pace, "-framerate", "30", "-i", str(raw), *until, "-c", "copy",
        "-f", "rtp", "-sdp_file", str(sdp), f"rtp://127.0.0.1:{port}?pkt_size=1300",
    )  # fmt: skip
    try:
        assert await player.wait() == 0
    finally:
        if player.returncode is None:
            player.kill()
            await player.wait()


@contextlib.contextmanager
def _listening() -> Iterator[tuple[int, socket.socket]]:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    one.bind(("127.0.0.1", 0))
    one.setblocking(False)
    try:
        yield one.getsockname()[1], one
    finally:
        one.close()


async def _relayed(receive: socket.socket, conversation: Conversation) -> None:
    loop = asyncio.get_running_loop()
    while True:
        conversation.packet(await loop.sock_recv(receive, 65_536))


Server = Callable[[Codec, Transport], "contextlib.AbstractAsyncContextManager[Served]"]
SERVERS: dict[str, Server] = {"simulated": simulated, "gstreamer": gstreamer, "ffmpeg": ffmpeg}
