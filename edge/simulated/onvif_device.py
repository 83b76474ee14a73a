"""The ONVIF side of a simulated camera: SOAP 1.2 over HTTP with WS-Security digests, its own clock, events, discovery.

Written apart from the client that we ship: it knows requests by their operation's name and checks digests by itself.
"""

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
import socket
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any, Final

from aiohttp import web

from drivers.simulators.camera import SimulatedCamera

PATH: Final = "/onvif/device_service"
FRESH_S: Final = 5.0
"""A digest made further from this camera's own time is refused, as by most cameras."""
GROUP: Final = "239.255.255.250"
_OPERATION: Final = re.compile(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", re.DOTALL)
_FREE: Final = ("GetSystemDateAndTime", "GetServices", "GetCapabilities")
"""Everybody may ask these (ONVIF Core, access class PRE_AUTH)."""
_TOPICS: Final = {
    "motion": ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", "VideoSourceConfigurationToken"),
    "tamper": ("tns1:VideoSource/GlobalSceneChange/ImagingService", "State", "Source"),
    "digital_input": ("tns1:Device/Trigger/DigitalInput", "LogicalState", "InputToken"),
}
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:wsa="http://www.w3.org/2005/08/addressing"'
    ' xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tns1="http://www.onvif.org/ver10/topics">'
    "<env:Body>BODY</env:Body></env:Envelope>"
)


@dataclass
class _Subscription:
    waiting: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


class OnvifDevice:
    """One camera's. Its streams and its password are the simulated camera's own.

    skew_s: how far its clock is ahead. advertised: the host that it believes to be its own; cameras are often wrong.
    """

    def __init__(
        self,
        camera: SimulatedCamera,
        *,
        port: int = 0,
        skew_s: float = 0.0,
        advertised: str = "",
        identity: tuple[str, str, str, str, str] = ("Simulated", "SIM-1", "1.0.0", "0001", "1"),
    ) -> None:
        self.camera, self.port, self.skew_s, self.identity = camera, port, skew_s, identity
        self.host = camera.host
        self.advertised = advertised or camera.host
        self.urn = f"urn:uuid:{uuid.uuid4()}"
        self.states = dict.fromkeys(_TOPICS, False)
        self.asked: list[str] = []
        """Operations, in the order in which they came."""
        self.body: str | None = None
        """Said in place of every answer's body: what no camera should say."""
        self._subscriptions: dict[str, _Subscription] = {}
        self._runner: web.AppRunner | None = None
        self._ears: list[asyncio.DatagramTransport] = []

    async def start(self) -> None:
        """Listen on the camera's host. Raises OSError."""
        application = web.Application(client_max_size=64 * 1024)
        application.add_routes(
            [web.post(PATH, self._asked), web.post("/onvif/subscription/{id}", self._asked)]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close everything."""
        for ear in self._ears:
            ear.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def be_found(self, port: int = 3702) -> None:
        """Answer WS-Discovery probes on this machine's loopback, by multicast and directly. Raises OSError."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", port))
        joined = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        loop = asyncio.get_running_loop()
        ear, _ = await loop.create_datagram_endpoint(lambda: _Ear(self), sock=sock)
        self._ears.append(ear)

    def notice(self, kind: str, active: bool) -> None:
        """Motion, tampering or an input's level, told to all who subscribed."""
        self.states[kind] = active
        for one in self._subscriptions.values():
            one.waiting.put_nowait(self._notification(kind, "Changed"))

    # --- SOAP ---

    async def _asked(self, request: web.Request) -> web.Response:
        text = (await request.read()).decode("utf-8", "replace")
        found = _OPERATION.search(text)
        operation = found[1] if found is not None else ""
        self.asked.append(operation)
        if self.camera.fault.kind == "silent":
            await asyncio.sleep(3_600)
        if self.body is not None:
            return web.Response(
                text=_ENVELOPE.replace("BODY", self.body), content_type="application/soap+xml"
            )
        if operation not in _FREE and not self._admitted(text):
            return _fault("env:Sender", "ter:NotAuthorized", "Sender not Authorized", 400)
        answers: Mapping[str, Any] = {
            "GetSystemDateAndTime": self._time,
            "GetServices": self._services,
            "GetDeviceInformation": self._information,
            "GetProfiles": self._profiles,
            "GetStreamUri": lambda: self._uri(text),
            "CreatePullPointSubscription": self._subscribe,
            "Renew": lambda: (
                f"<wsnt:RenewResponse><wsnt:TerminationTime>{self._stamp(60)}</wsnt:TerminationTime>"
                "</wsnt:RenewResponse>"
            ),
            "Unsubscribe": lambda: self._unsubscribe(request),
        }
        if operation == "PullMessages":
            return await self._pull(request, text)
        if operation not in answers:
            return _fault("env:Receiver", "ter:ActionNotSupported", "Optional Action Not Implemented", 400)
        return web.Response(
            text=_ENVELOPE.replace("BODY", answers[operation]()), content_type="application/soap+xml"
        )

    def _admitted(self, text: str) -> bool:
        """WS-Security UsernameToken profile 1.0, PasswordDigest."""
        keeper = self.camera.doorkeeper
        if not keeper.user:
            return True
        if self.camera.fault.kind == "unauthorized":
            return False
        user, digest, nonce, created = (
            _between(text, name) for name in ("Username", "Password", "Nonce", "Created")
        )
        with contextlib.suppress(ValueError):
            hashed = hashlib.sha1(  # noqa: S324  the standard's
                base64.b64decode(nonce) + created.encode() + keeper.password.encode()
            ).digest()
            right = base64.b64encode(hashed).decode()
            made_at = datetime.fromisoformat(created.replace("Z", "+00:00")).timestamp()
            fresh = abs(made_at - self._now()) <= FRESH_S
            return user == keeper.user and fresh and secrets.compare_digest(digest.encode(), right.encode())
        return False

    def _now(self) -> float:
        fault = self.camera.fault
        return time.time() + self.skew_s + (fault.seconds if fault.kind == "wrong_clock" else 0.0)

    def _stamp(self, later_s: float = 0.0) -> str:
        return datetime.fromtimestamp(self._now() + later_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _time(self) -> str:
        now = datetime.fromtimestamp(self._now(), UTC)
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}"
            f"</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
            f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
            "</tds:GetSystemDateAndTimeResponse>"
        )

    def _services(self) -> str:
        found = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
            f"<tds:XAddr>http://{self.advertised}:{self.port}{PATH}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for name in ("device", "media", "events")
        )
        return f"<tds:GetServicesResponse>{found}</tds:GetServicesResponse>"

    def _information(self) -> str:
        names = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
        found = "".join(
            f"<tds:{name}>{escape(value)}</tds:{name}>"
            for name, value in zip(names, self.identity, strict=True)
        )
        return f"<tds:GetDeviceInformationResponse>{found}</tds:GetDeviceInformationResponse>"

    def _profiles(self) -> str:
        found = ""
        for path, stream in self.camera.streams.items():
            one = stream.settings
            found += (
                f'<trt:Profiles token="{path[1:]}" fixed="true"><tt:Name>{path[1:]}</tt:Name>'
                f'<tt:VideoEncoderConfiguration token="e{path[1:]}"><tt:Name>{path[1:]}</tt:Name>'
                f"<tt:Encoding>{one.codec.upper()}</tt:Encoding><tt:Resolution><tt:Width>{one.width}</tt:Width>"
                f"<tt:Height>{one.height}</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>{one.fps}"
                "</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
                f"<tt:BitrateLimit>{one.bit_rate // 1000}</tt:BitrateLimit></tt:RateControl>"
                f"<tt:H264><tt:GovLength>{one.gop}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>"
                "</tt:VideoEncoderConfiguration></trt:Profiles>"
            )
        return f"<trt:GetProfilesResponse>{found}</trt:GetProfilesResponse>"

    def _uri(self, text: str) -> str:
        path = "/" + _between(text, "ProfileToken")
        uri = f"rtsp://{self.advertised}:{self.camera.port}{path}"
        return f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{escape(uri)}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"

    # --- events ---

    def _subscribe(self) -> str:
        name = secrets.token_hex(4)
        subscription = self._subscriptions[name] = _Subscription()
        for kind in _TOPICS:
            subscription.waiting.put_nowait(self._notification(kind, "Initialized"))
        return (
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>"
            f"http://{self.advertised}:{self.port}/onvif/subscription/{name}</wsa:Address></tev:SubscriptionReference>"
            f"<wsnt:CurrentTime>{self._stamp()}</wsnt:CurrentTime><wsnt:TerminationTime>{self._stamp(60)}"
            "</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>"
        )

    def _unsubscribe(self, request: web.Request) -> str:
        self._subscriptions.pop(request.match_info.get("id", ""), None)
        return "<wsnt:UnsubscribeResponse/>"

    async def _pull(self, request: web.Request, text: str) -> web.Response:
        subscription = self._subscriptions.get(request.match_info.get("id", ""))
        if subscription is None:
            return _fault("env:Sender", "wsnt:ResourceUnknown", "no such subscription", 400)
        asked = re.search(r"PT(\d+)S", text)
        messages = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(60, int(asked[1])) if asked is not None else 1):
                messages.append(await subscription.waiting.get())
        while not subscription.waiting.empty():
            messages.append(subscription.waiting.get_nowait())
        body = (
            f"<tev:PullMessagesResponse><tev:CurrentTime>{self._stamp()}</tev:CurrentTime><tev:TerminationTime>"
            f"{self._stamp(60)}</tev:TerminationTime>{''.join(messages)}</tev:PullMessagesResponse>"
        )
        return web.Response(text=_ENVELOPE.replace("BODY", body), content_type="application/soap+xml")

    def _notification(self, kind: str, operation: str) -> str:
        topic, item, source = _TOPICS[kind]
        return (
            '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
            f'{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="{self._stamp()}" PropertyOperation="{operation}">'
            f'<tt:Source><tt:SimpleItem Name="{source}" Value="1"/></tt:Source><tt:Data><tt:SimpleItem Name="{item}"'
            f' Value="{str(self.states[kind]).lower()}"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>'
        )


class _Ear(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def __init__(self, device: OnvifDevice) -> None:
        self._device = device

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        text = data.decode("utf-8", "replace")
        # A wildcard socket is the only one that hears multicast, but nobody outside this machine is answered.
        if not str(addr[0]).startswith("127.") or "Probe" not in text or "ProbeMatch" in text:
            return
        one = self._device
        scopes = (
            f"onvif://www.onvif.org/name/{one.identity[1]} onvif://www.onvif.org/hardware/{one.identity[1]}"
        )
        answer = (
            '<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
            ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
            ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
            ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
            f"<w:RelatesTo>{escape(_between(text, 'MessageID'))}</w:RelatesTo></e:Header><e:Body><d:ProbeMatches>"
            f"<d:ProbeMatch><w:EndpointReference><w:Address>{one.urn}</w:Address></w:EndpointReference>"
            f"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{escape(scopes)}</d:Scopes>"
            f"<d:XAddrs>http://{one.advertised}:{one.port}{PATH}</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"
        )
        self.transport.sendto(answer.encode(), addr)


def _between(text: str, name: str) -> str:
    found = re.search(rf"<(?:[\w-]+:)?{name}(?:\s[^>]*)?>([^<]*)<", text)
    return unescape(found[1]).strip() if found is not None else ""


def _fault(code: str, subcode: str, reason: str, status: int) -> web.Response:
    body = (
        f"<env:Fault><env:Code><env:Value>{code}</env:Value><env:Subcode><env:Value>{subcode}</env:Value>"
        f'</env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">{reason}</env:Text></env:Reason></env:Fault>'
    )
    return web.Response(
        text=_ENVELOPE.replace("BODY", body), status=status, content_type="application/soap+xml"
    )
