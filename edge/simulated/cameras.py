"""The cameras of a simulated campus: RTSP and ONVIF of each, on loopback, with the password that the configuration names."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from drivers.simulators.camera import SimulatedCamera
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_loop import NotEncoded, StreamSettings
from edge.config.devices import Camera
from edge.config.secrets import Secrets
from edge.simulated.onvif_device import OnvifDevice

MAIN: Final = StreamSettings(width=1280, height=720, fps=15, gop=30, bit_rate=2_000_000)
SUB: Final = StreamSettings(width=640, height=360, fps=15, gop=30, bit_rate=500_000, seconds=26)
"""What is looked at: where looks are four times as rare as they should be, each still meets another picture."""
VIEWS: Final = 4
"""So many different scenes, however many cameras: each is encoded once."""


class CameraFleet:
    """Every third camera speaks H.265 (with an H.264 sub-stream, where one is configured), every third serves UDP only."""

    def __init__(self, cameras: Sequence[Camera], secrets: Secrets, pictures: Path) -> None:
        self.cameras: dict[str, SimulatedCamera] = {
            one.id: _simulated(one, number, secrets, pictures) for number, one in enumerate(cameras)
        }
        self.devices = {name: OnvifDevice(camera) for name, camera in self.cameras.items()}
        self._encoding: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open every port; pictures follow when they are encoded, one after the other. Raises OSError."""
        for camera in self.cameras.values():
            await camera.listen()
        for device in self.devices.values():
            await device.start()
            # Another program of this machine may answer probes already; nothing here rests on being found.
            with contextlib.suppress(OSError):
                await device.be_found()
        if self.cameras:
            self._encoding = asyncio.create_task(self._encode(), name="simulated pictures")

    async def stop(self) -> None:
        """Close everything."""
        if self._encoding is not None:
            self._encoding.cancel()
            await asyncio.gather(self._encoding, return_exceptions=True)
        for device in self.devices.values():
            await device.stop()
        for camera in self.cameras.values():
            await camera.stop()

    async def ready(self) -> None:
        """Wait until every camera plays, or has failed."""
        if self._encoding is not None:
            # Not awaited itself: who gives up waiting ends no encoding.
            await asyncio.wait((self._encoding,))

    def document(self) -> list[dict[str, Any]]:
        """As JSON, for the control page."""
        return [
            {
                "id": name,
                "urls": [camera.url(path) for path in camera.streams],
                "codecs": [stream.settings.codec for stream in camera.streams.values()],
                "transport": "tcp, udp" if camera.takes_tcp else "udp",
                "onvif": self.devices[name].port,
                "fault": camera.fault.kind,
                "watchers": sum(len(stream.video) for stream in camera.streams.values()),
                "failed": camera.failed,
            }
            for name, camera in self.cameras.items()
        ]

    async def _encode(self) -> None:
        for camera in self.cameras.values():
            # What failed says so in `document`; the others play.
            with contextlib.suppress(NotEncoded, OSError, TimeoutError):
                await camera.prepare()
                camera.play()


def _simulated(one: Camera, number: int, secrets: Secrets, cache: Path) -> SimulatedCamera:
    there, view = urlsplit(one.url), number % VIEWS + 1
    kind = number % 3
    streams = {there.path: _seen(MAIN, view, h265=kind == 1)}
    if one.sub_url is not None:
        streams[urlsplit(one.sub_url).path] = _seen(SUB, view, h265=False)
    said = "" if one.credentials_file is None else secrets.line(one.credentials_file)
    user, _, password = said.partition(":")
    keeper = Doorkeeper(user, password, "digest" if user else "none", qop=kind == 1)
    return SimulatedCamera(
        streams,
        cache,
        host=there.hostname or "127.0.0.1",
        port=there.port or 554,
        doorkeeper=keeper,
        seed=number + 1,
        takes_tcp=kind != 2,
    )


def _seen(settings: StreamSettings, view: int, *, h265: bool) -> StreamSettings:
    return replace(settings, codec="h265" if h265 else "h264", seed=view)


def kept_pictures() -> Path | None:
    """Where encoded pictures outlive a demonstration: the user's cache; None where there is none to write to."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME", "")
    if not home:
        return None
    base = Path(home) if os.environ.get("XDG_CACHE_HOME") else Path(home) / ".cache"
    place = base / "campus-edge" / "pictures"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return place if os.access(place, os.W_OK) else None
