"""A simulated camera: an RTSP server on a port of its own, with its streams by path, breakable on command.

`python -m drivers.simulators.camera --port 8554` serves one or many; see `--help`. Once they stand it says their
addresses as a line of JSON, then takes faults as lines of JSON: `{"camera": 0, "kind": "black"}`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast, get_args

from drivers.simulators.camera_auth import Algorithm, Doorkeeper, Scheme
from drivers.simulators.camera_faults import SOUND, CameraFault, CameraFaultKind
from drivers.simulators.camera_loop import Loop, NotEncoded, StreamSettings, made
from drivers.simulators.camera_rtsp import Connection
from drivers.simulators.camera_stream import CameraStream

MAIN: Final = "/main"
SUB: Final = "/sub"
SUB_SETTINGS: Final = StreamSettings(width=640, height=360, bit_rate=500_000)


class SimulatedCamera:
    """One camera. Many of them share one loop.

    streams: by path, `/main`. cache: a folder for what is encoded; it may be shared, and kept.
    session_s: after so long without a word of the watcher its session ends. most_sessions: more are refused by 453.
    takes_tcp: False for those that serve UDP only, and answer 461 else.
    """

    def __init__(
        self,
        streams: Mapping[str, StreamSettings],
        cache: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        doorkeeper: Doorkeeper | None = None,
        session_s: int = 60,
        most_sessions: int | None = None,
        seed: int = 1,
        takes_tcp: bool = True,
    ) -> None:
        self.host, self.port = host, port
        """The port is 0 until `start` has found a free one; then fixed, also over `away`."""
        self.streams = {
            path: CameraStream(settings, cache, seed * 100 + number)
            for number, (path, settings) in enumerate(streams.items())
        }
        self.doorkeeper = doorkeeper or Doorkeeper("", "", "none")
        self.session_s, self.most_sessions = session_s, most_sessions
        self.takes_tcp = takes_tcp
        self.fault = SOUND
        self.asked: dict[str, int] = {}
        """How often each method was asked for."""
        self.connections: set[Connection] = set()
        self._cache = cache
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: str = ""
        """Why a stream has no pictures; empty while all is well."""

    def url(self, path: str = MAIN) -> str:
        """Without user and password."""
        return f"rtsp://{self.host}:{self.port}{path}"

    async def start(self) -> None:
        """Have every picture encoded, listen, and play. Raises OSError where the port is taken, NotEncoded."""
        await self.prepare()
        await self.listen()
        self.play()

    async def prepare(self) -> None:
        """Have every picture encoded. Until then DESCRIBE answers 503. Raises NotEncoded, OSError."""
        for path, stream in self.streams.items():
            try:
                await stream.prepare()
            except (NotEncoded, OSError) as err:
                self.failed = f"{path}: {err}"
                raise

    def play(self) -> None:
        """From now on, until `stop`; what is prepared."""
        for path, stream in self.streams.items():
            task = asyncio.create_task(self._play(path, stream), name=f"simulated camera {self.port} {path}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Close the port and every connection."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._close()

    async def set_fault(self, fault: CameraFault) -> None:
        """From now on; returns once it is in force. Raises NotEncoded, OSError."""
        for stream in self.streams.values():
            await stream.set_fault(fault)
        before, self.fault = self.fault, fault
        silent = fault.kind == "silent"
        for stream in self.streams.values():
            stream.pause(silent)
        if silent or before.kind == "silent":
            for connection in tuple(self.connections):
                connection.freeze(silent)
        if fault.kind == "away" and before.kind != "away":
            await self._close()
        elif before.kind == "away" and fault.kind != "away":
            await self.listen()
        if fault.kind == "refusing":
            self.hang_up()

    def hang_up(self) -> None:
        """Reset every connection; new ones are taken as before."""
        for connection in tuple(self.connections):
            connection.transport.abort()

    def say_goodbye(self) -> None:
        """An RTCP BYE to all, as before a restart; the connections stand."""
        for stream in self.streams.values():
            stream.report(goodbye=True)

    async def loop(self, path: str = MAIN, fault: CameraFault = SOUND) -> Loop:
        """What is sent on a path under a fault, to compare with what arrived. Raises NotEncoded, OSError."""
        return await made(self.streams[path].settings, fault.variant, self._cache)

    async def _play(self, path: str, stream: CameraStream) -> None:
        try:
            await stream.play()
        except Exception as err:  # a worker: its failure is the camera's, and is told
            self.failed = f"{path}: {err}"
            raise

    async def listen(self) -> None:
        """Take connections. Raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), self.host, self.port, reuse_address=True, backlog=256
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.hang_up()
        if server is not None:
            await server.wait_closed()


async def _serve(args: argparse.Namespace) -> None:
    with contextlib.ExitStack() as stack:
        cache = args.cache or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="simulated-camera-"))
        )
        width, _, height = args.size.partition("x")
        main = StreamSettings(
            codec=args.codec,
            width=int(width),
            height=int(height),
            fps=args.fps,
            gop=args.gop,
            bit_rate=args.bit_rate,
            b_frames=args.b_frames,
            seconds=args.seconds,
            live=args.live,
            audio=args.audio,
            aggregate=args.aggregate,
            metadata=args.metadata,
        )
        cameras = [
            SimulatedCamera(
                {MAIN: main} if args.no_sub else {MAIN: main, SUB: SUB_SETTINGS},
                cache,
                host=args.host,
                port=args.port + number if args.port else 0,
                doorkeeper=Doorkeeper(
                    args.user,
                    args.password,
                    cast("Scheme", args.scheme),
                    cast("Algorithm", args.algorithm),
                    args.qop,
                ),
                session_s=args.session,
                seed=number + 1,
            )
            for number in range(args.cameras)
        ]
        try:
            for camera in cameras:
                await camera.start()
                await camera.set_fault(CameraFault(args.fault, args.seconds_of_fault))
            _say({"ready": [camera.url() for camera in cameras]})
            await _obey(cameras)
        finally:
            for camera in cameras:
                await camera.stop()


async def _obey(cameras: list[SimulatedCamera]) -> None:
    """Orders from standard input, until it ends; where there is none, for ever."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    if sys.stdin is None or not _gives_orders(os.fstat(sys.stdin.fileno()).st_mode):
        await asyncio.Event().wait()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        try:
            order: dict[str, Any] = json.loads(line)
            camera, fault = cameras[order.pop("camera", 0)], CameraFault(**order)
            if fault.kind not in get_args(CameraFaultKind):
                raise ValueError(f"no fault {fault.kind}")
            await camera.set_fault(fault)
        except (ValueError, TypeError, LookupError, OSError, NotEncoded) as err:
            _say({"refused": str(err)})
        else:
            _say({"done": order})


def _gives_orders(mode: int) -> bool:
    """Files and /dev/null cannot be waited for."""
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulators.camera", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="of the first camera; the others follow; 0: spare ones")
    add("--cameras", type=int, default=1)
    add("--cache", type=Path, help="folder that keeps what was encoded; default: made anew, and removed")
    add("--codec", choices=("h264", "h265"), default="h264")
    add("--size", default="1280x720")
    add("--fps", type=int, default=15)
    add("--gop", type=int, default=30, help="pictures from key picture to key picture")
    add("--bit-rate", type=int, default=2_000_000, help="bits a second")
    add("--b-frames", type=int, default=0)
    add("--seconds", type=int, default=8, help="length of the loop")
    add("--live", action="store_true", help="encode now, show the true time")
    add("--audio", choices=("none", "pcmu", "aac"), default="none")
    add("--metadata", action="store_true")
    add("--aggregate", action="store_true", help="parameter sets in one aggregation packet")
    add("--no-sub", action="store_true", help=f"no {SUB} beside {MAIN}")
    add("--user", default="")
    add("--password", default="")
    add("--scheme", choices=("none", "basic", "digest", "both"), default="digest")
    add("--algorithm", choices=("MD5", "SHA-256"), default="MD5")
    add("--qop", action="store_true")
    add("--session", type=int, default=60, help="session time-out, seconds")
    add("--fault", default="none")
    add("--seconds-of-fault", type=float, default=1.0)
    return parser.parse_args()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))
