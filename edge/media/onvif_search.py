"""Where a configured camera answers ONVIF: at its stream's own host, and there by what it says that it streams."""

import asyncio
import ipaddress
import time
from collections import defaultdict
from typing import Final
from urllib.parse import urlsplit

from drivers.cameras.onvif import OnvifCamera, OnvifFailed
from drivers.cameras.onvif_discovery import discover, probe
from drivers.cameras.onvif_model import Description, Device
from edge.media.onvif_messages import AskedCamera
from rules.model.values import dataclass

PROBE_S: Final = 1.0
MOST_DEVICES: Final = 128
"""At one address, such as the channels of an encoder."""
KNOWN_S: Final = 3_600.0
"""So long a device is believed to stream what it said, before it is asked for another camera's sake."""
REFUSED_S: Final = 6 * 3_600.0
"""Cameras lock out whoever tries a wrong password again and again, and their streams with him."""
_PORTS: Final = {"rtsp": 554, "rtsps": 322}

Place = tuple[str, int, str, bool]


@dataclass(frozen=True, slots=True)
class Visit:
    """A camera that answered. streams: whether all its configured addresses are among those that it names."""

    device: Device
    description: Description
    streams: bool


class Search:
    """Belongs to one loop. One camera of a host is looked for at a time, and the others find what was learned."""

    def __init__(self, probes: int, answer_s: float = 5.0) -> None:
        self._probes, self._answer_s = probes, answer_s
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._names: dict[Place, tuple[frozenset[str], float]] = {}
        self._refused: dict[tuple[Place, str, str], float] = {}

    async def visit(self, camera: AskedCamera) -> Visit:
        """Ask the camera all that one visit brings. Raises OnvifFailed; `none`: only others answer there."""
        host = urlsplit(camera.url).hostname or ""
        async with self._turns[host]:
            return await self._visit(camera, host)

    async def _visit(self, camera: AskedCamera, host: str) -> Visit:
        url = plain(camera.url)
        known = [place for place, (names, _) in self._names.items() if place[0] == host and url in names]
        for place in known:
            try:
                found = await self._ask(camera, place)
            except OnvifFailed:
                self._names.pop(place, None)
                continue
            if url in _names(found):
                return _made(camera, self._device(camera, place), found)
        places = await self._places(host)
        failed = OnvifFailed("none")
        for place in places:
            if len(places) > 1 and self._is_another(place, url):
                continue
            try:
                found = await self._ask(camera, place)
            except OnvifFailed as err:
                failed = failed if failed.code == "unauthorized" else err
                continue
            if url in _names(found) or len(places) == 1:
                return _made(camera, self._device(camera, place), found)
        raise failed

    async def _places(self, host: str) -> list[Place]:
        """Where something answered a probe; where nothing did, where cameras usually answer."""
        try:
            address = ipaddress.IPv4Address(host)
        except ValueError:
            return [(host, 80, "/onvif/device_service", False)]
        if address.is_loopback:
            # Simulated cameras share one address: a probe sent to it would reach only one of them. It leaves no machine.
            found = await discover(["127.0.0.1"], PROBE_S, self._probes)
        else:
            found = await probe(host, PROBE_S, self._probes)
        places = [(host, one.port, one.path, one.tls) for one in found if one.host == host][:MOST_DEVICES]
        return places or [(host, 80, "/onvif/device_service", False)]

    async def _ask(self, camera: AskedCamera, place: Place) -> Description:
        """Raises OnvifFailed; `unauthorized` without asking where the same password was refused not long ago."""
        key = (place, camera.user, camera.password)
        now = time.monotonic()
        if now - self._refused.get(key, -REFUSED_S) < REFUSED_S:
            raise OnvifFailed("unauthorized")
        try:
            async with OnvifCamera(self._device(camera, place)) as asked:
                description = await asked.describe()
        except OnvifFailed as err:
            if err.code == "unauthorized":
                self._refused[key] = now
            raise
        self._names[place] = (_names(description), now)
        return description

    def _device(self, camera: AskedCamera, place: Place) -> Device:
        host, port, path, tls = place
        return Device(host, port, camera.user, camera.password, tls, path, self._answer_s)

    def _is_another(self, place: Place, url: str) -> bool:
        names, at = self._names.get(place, (frozenset(), -KNOWN_S))
        return time.monotonic() - at < KNOWN_S and url not in names


def _names(description: Description) -> frozenset[str]:
    return frozenset(plain(one.url) for one in description.profiles if one.url)


def _made(camera: AskedCamera, device: Device, description: Description) -> Visit:
    wanted = {plain(one) for one in (camera.url, camera.sub_url) if one}
    return Visit(device, description, wanted <= _names(description))


def plain(url: str) -> str:
    """A stream's address to be compared: the host in small letters, the port as it is without being written."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')}{query}"
