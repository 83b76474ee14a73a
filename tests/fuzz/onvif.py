"""What an ONVIF camera answers, and what answers a probe: bounded, of its own host, or a failure that says so."""

import asyncio
import atexit
import re
from pathlib import Path
from typing import Final

import httpx

from drivers.cameras import onvif_discovery
from drivers.cameras.onvif import LARGEST_ANSWER, OnvifCamera, OnvifFailed, check_shape
from drivers.cameras.onvif_model import LONGEST_TEXT, MOST_PROFILES, Description, Device, Found
from drivers.simulators.camera import MAIN, SUB, SUB_SETTINGS, SimulatedCamera
from drivers.simulators.camera_loop import StreamSettings
from edge.simulated import onvif_device
from edge.simulated.onvif_device import OnvifDevice

HOST: Final = "10.9.8.7"
_BETWEEN: Final = b"\x1e"
_ORDER: Final = ("GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetProfiles", "GetStreamUri")


class _Answers(httpx.AsyncBaseTransport):
    """Answers each operation with the same part of the input each time."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == HOST, f"{request.url} is not the camera"
        self.asked += 1
        body = request.content.decode()
        found = next((part for name, part in self.parts.items() if f":{name}" in body), b"")
        check_shape(found)
        return httpx.Response(200, content=found)


class _Rig:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        atexit.register(self.loop.close)
        self.transport = _Answers()
        self.camera = OnvifCamera(Device(HOST, 80, "admin", "secret"))
        client = self.camera._client
        client._client = httpx.AsyncClient(transport=self.transport)
        self._endpoint = client.endpoint

    def describe(self, parts: list[bytes]) -> Description:
        client = self.camera._client
        client._endpoint = self._endpoint
        client._discovered, client._clock_synced, client._clock_offset_s = False, False, 0.0
        self.transport.parts = dict(zip(_ORDER, parts, strict=False))
        self.transport.asked = 0
        return self.loop.run_until_complete(self.camera.describe())


_rig: list[_Rig] = []


def answers(data: bytes) -> None:
    """A whole visit; the parts of the input are the answers."""
    if not _rig:
        _rig.append(_Rig())
    rig = _rig[0]
    try:
        found = rig.describe(data.split(_BETWEEN))
    except OnvifFailed as failed:
        assert failed.code in ("unreachable", "silent", "unauthorized", "malformed", "unsupported", "refused")
        _is_plain(failed.detail)
        return
    finally:
        assert rig.transport.asked <= 4 * (MOST_PROFILES + len(_ORDER))
    one = found.identity
    for text in (one.manufacturer, one.model, one.firmware, one.serial, one.hardware):
        _is_plain(text)
    assert len(found.profiles) <= MOST_PROFILES
    for profile in found.profiles:
        for text in (profile.token, profile.name, profile.codec):
            _is_plain(text)
        for number in (profile.width, profile.height, profile.fps, profile.gop):
            assert 0 <= number < 1_000_000
        assert profile.url == "" or re.match(rf"rtsps?://{re.escape(HOST)}(:\d+)?(/|\?|$)", profile.url)
    if found.clock is not None:
        assert abs(found.clock.skew_us) < 10_000 * 366 * 86_400 * 10**6
        _is_plain(found.clock.set_by)


def answers_seeds() -> list[bytes]:
    """What a simulated camera says, and says wrongly."""
    camera = SimulatedCamera({MAIN: StreamSettings(), SUB: SUB_SETTINGS}, Path("/nowhere"), host=HOST)
    device = OnvifDevice(camera)
    said = [
        device._time(),
        device._information(),
        device._services(),
        device._profiles(),
        device._uri("<trt:ProfileToken>main</trt:ProfileToken>"),
    ]
    # An address that is none; the library of the way there says so by an error of its own.
    broken = [*said[:2], said[2].replace("/onvif/", "/\x7fnvif/"), *said[3:]]
    foreign = [*said[:4], said[4].replace("rtsp://", "rtsp://u:p@")]
    fault = '<env:Fault><env:Reason><env:Text xml:lang="en">no</env:Text></env:Reason></env:Fault>'
    return [
        _BETWEEN.join(_whole(one) for one in some)
        for some in (said, foreign, broken, [fault], [said[0], fault])
    ] + [
        b"",
        b"x" * (LARGEST_ANSWER + 1),
        _BETWEEN.join([_whole(said[0]), b"<a>" * 300]),
    ]


def _whole(body: str) -> bytes:
    return onvif_device._ENVELOPE.replace("BODY", body).encode()


def _is_plain(text: str) -> None:
    assert len(text) <= LONGEST_TEXT
    assert text == "" or text.isprintable()


def discovery(data: bytes) -> None:
    """A datagram from somewhere."""
    found: dict[str, Found] = {}
    ear = onvif_discovery._Ear(found)
    ear.datagram_received(data, (HOST, 3702))
    for one in found.values():
        assert one.host == HOST
        assert 0 < one.port < 65_536
        assert one.path.startswith("/")
        for text in (one.id, one.name, one.hardware, one.path):
            _is_plain(text)


def discovery_seeds() -> list[bytes]:
    """What a camera answers to a probe."""
    match = (
        '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="w" xmlns:d="d"><e:Body><d:ProbeMatches>'
        "<d:ProbeMatch><w:EndpointReference><w:Address>urn:uuid:1</w:Address></w:EndpointReference>"
        "<d:Scopes>onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/M3085</d:Scopes>"
        "<d:XAddrs>ADDRESSES</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
    )
    addresses = (
        f"http://{HOST}/onvif/device_service",
        f"http://192.0.2.1/x https://{HOST}:8443/onvif/device_service",
        "http://[fe80::1]:80/onvif http://10.9.8.7:99999/x ftp://10.9.8.7/",
        "",
    )
    return [match.replace("ADDRESSES", one).encode() for one in addresses]
