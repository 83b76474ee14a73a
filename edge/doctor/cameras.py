"""The cameras' section of `doctor`: each configured one played and asked by ONVIF, and those that nobody configured."""

import asyncio
import fcntl
import json
import re
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from drivers.cameras.onvif import OnvifCamera, OnvifFailed
from drivers.cameras.onvif_discovery import discover, probe
from drivers.cameras.onvif_model import Description, Device, Found
from drivers.cameras.stream import Source
from edge.config.devices import Camera
from edge.config.secrets import Secrets
from edge.doctor.finding import Finding
from edge.doctor.stream import Played, play

AT_ONCE: Final = 8
"""Cameras probed side by side."""
SKEW_US: Final = 2_000_000
"""Further from our time, a camera's own stamps are no evidence of when."""
_SIOCGIFADDR: Final = 0x8915


@dataclass(slots=True)
class Examined:
    """One configured camera. description: None where it does not answer ONVIF."""

    id: str
    main: Played
    sub: Played | None
    description: Description | None
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether anything does not do what it is configured for."""
        plays = self.main.findings + (self.sub.findings if self.sub is not None else [])
        return any(one.weight == "failed" for one in (*self.findings, *plays))


@dataclass(frozen=True, slots=True)
class Unconfigured:
    """A camera that answers on the network and stands in no configuration. stanza: to be pasted, then completed."""

    found: Found
    description: Description | None
    stanza: str


async def examine(
    cameras: Sequence[Camera],
    secrets: Secrets,
    *,
    seconds: float = 3.0,
    search: bool = True,
    guest: str = "",
    discovery_port: int = 3702,
) -> tuple[list[Examined], list[Unconfigured]]:
    """All of it. guest: `user:password` that is tried on cameras which nobody configured; empty: none is.

    seconds: how long cameras may take to answer a search.
    """
    hosts = {host_of(camera) for camera in cameras}
    found = await _found(hosts, seconds, search, discovery_port)
    turns = asyncio.Semaphore(AT_ONCE)
    taken: set[Found] = set()

    async def one(camera: Camera) -> Examined:
        async with turns:
            return await _examined(camera, secrets, [at for at in found if at.host == host_of(camera)], taken)

    examined = list(await asyncio.gather(*(one(camera) for camera in cameras)))
    # Where a configured camera did not tell who it is, a device at its address may well be that camera.
    unknown = {
        host_of(camera) for camera, one in zip(cameras, examined, strict=True) if one.description is None
    }
    strangers = [at for at in found if at not in taken and at.host not in unknown]
    unconfigured = list(await asyncio.gather(*(_stranger(at, guest) for at in strangers))) if search else []
    return examined, unconfigured


def host_of(camera: Camera) -> str:
    """As its URL says it."""
    return urlsplit(camera.url).hostname or ""


async def _found(hosts: set[str], seconds: float, search: bool, port: int) -> list[Found]:
    ours = addresses() if search else []
    if search and any(_is_loopback(host) for host in hosts):
        ours.append("127.0.0.1")
    everywhere = await discover(ours, seconds, port) if ours else ()
    silent = [host for host in sorted(hosts - {one.host for one in everywhere}) if _is_ipv4(host)]
    direct = await asyncio.gather(*(probe(host, min(seconds, 1.0), port) for host in silent))
    return [*everywhere, *(one for some in direct for one in some)]


async def _examined(camera: Camera, secrets: Secrets, found: list[Found], taken: set[Found]) -> Examined:
    said = "" if camera.credentials_file is None else secrets.line(camera.credentials_file)
    user, _, password = said.partition(":")

    async def played(url: str) -> Played:
        return await play(Source(camera.id, url, user, password))

    main, sub, (description, findings) = await asyncio.gather(
        played(camera.url),
        _nothing() if camera.sub_url is None else played(camera.sub_url),
        _asked(camera, user, password, found, taken),
    )
    examined = Examined(camera.id, main, sub, description, findings)
    _judge(examined, camera)
    return examined


async def _nothing() -> None:
    return None


async def _asked(
    camera: Camera, user: str, password: str, found: list[Found], taken: set[Found]
) -> tuple[Description | None, list[Finding]]:
    """By ONVIF; of several devices at one address the one that streams what is configured."""
    host = host_of(camera)
    devices = [Device(host, at.port, user, password, at.tls, at.path) for at in found] or [
        Device(host, 80, user, password)
    ]
    failure: OnvifFailed | None = None
    answers: list[tuple[Found | None, Description]] = []
    for number, device in enumerate(devices):
        try:
            async with OnvifCamera(device) as asked:
                answers.append((found[number] if found else None, await asked.describe()))
        except OnvifFailed as err:
            failure = err
    for at, description in answers:
        if camera.url in [profile.url for profile in description.profiles] or len(devices) == 1:
            if at is not None:
                taken.add(at)
            return description, []
    if failure is not None and failure.code == "unauthorized":
        do = "many cameras have ONVIF users of their own: add this user there, with the same password"
        return None, [Finding("notice", "onvif_unauthorized", "ONVIF does not take its user", do)]
    do = "switch ONVIF on in its settings: firmware, clock and tampering are then watched too"
    return None, [Finding("notice", "onvif_silent", "does not answer ONVIF: its firmware is unknown", do)]


def _judge(examined: Examined, camera: Camera) -> None:
    main, sub, description = examined.main, examined.sub, examined.description
    say = examined.findings.append
    shown = main if sub is None else sub
    if not shown.lost and shown.codec == "h265":
        do = (
            "add a sub_url with H.264, which every browser decodes"
            if sub is None
            else "set its sub-stream to H.264"
        )
        say(
            Finding(
                "notice", "h265_alone", "only H.265: most browsers get stills instead of live pictures", do
            )
        )
    skews = [
        main.skew_us,
        description.clock.skew_us if description is not None and description.clock else None,
    ]
    skew_us = next((one for one in skews if one is not None), None)
    if skew_us is not None and abs(skew_us) > SKEW_US:
        way = "ahead" if skew_us > 0 else "behind"
        say(
            Finding(
                "notice",
                "clock",
                f"its clock is {abs(skew_us) / 1e6:.0f} s {way}",
                "give it this network's NTP server",
            )
        )
    if description is not None and main.lost == "not_found":
        urls = ", ".join(one.url for one in description.profiles if one.url)
        say(Finding("notice", "streams", f"it says that it streams {urls}", "write one of these as its url"))


async def _stranger(found: Found, guest: str) -> Unconfigured:
    user, _, password = guest.partition(":")
    try:
        async with OnvifCamera(
            Device(found.host, found.port, user, password, found.tls, found.path)
        ) as camera:
            description: Description | None = await camera.describe()
    except OnvifFailed:
        description = None
    return Unconfigured(found, description, _stanza(found, description))


def _stanza(found: Found, description: Description | None) -> str:
    name = "cam-" + re.sub(
        r"[^a-z0-9]+", "-", f"{found.host}-{found.port}" if found.port != 80 else found.host
    )
    main = description.main if description is not None else None
    sub = description.sub if description is not None else None
    title = found.name or found.hardware or name
    lines = [f"- id: {name}", f"  name: {_quoted(title)}", "  zone: CHOOSE"]
    if main is not None:
        lines.append(f"  url: {_quoted(main.url)}")
        if sub is not None:
            lines.append(f"  sub_url: {_quoted(sub.url)}")
    else:
        lines.append(
            f"  url: {_quoted(f'rtsp://{found.host}/PATH')}  # its note in firmware_notes/, or --guest-file, says"
        )
    return "\n".join([*lines, f"  credentials_file: secrets/{name}"])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def addresses() -> list[str]:
    """This machine's IPv4 addresses, one an interface, without loopback (netdevice(7))."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asked.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # it has no IPv4 address
            found.append(socket.inet_ntoa(answer[20:24]))
    return [one for one in found if not _is_loopback(one)]


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "localhost"


def _is_ipv4(host: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, host)
    except OSError:
        return False
    return True
