"""ONVIF cameras by `onveef`, wrapped: what they are, what they stream, what time they have, what they notice.

Runs in the camera process. A camera is asked over one HTTP transport that reaches its host and port and nothing else:
whatever addresses it gives, through whatever proxy the environment names, no other is ever contacted. Answers are
bounded in size, count and time; passwords travel as digests only.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit
from xml.parsers import expat

import httpx
from onveef import AsyncOnvifClient, envelopes, exceptions, parsers, wsdiscovery

from drivers.cameras.onvif_model import (
    MOST_PROFILES,
    CameraEvent,
    Description,
    Device,
    DeviceClock,
    Identity,
    Profile,
    cut,
    event_of,
)

LARGEST_ANSWER: Final = 256 * 1024
DEEPEST: Final = 24
MOST_ELEMENTS: Final = 6_000
"""Sixteen profiles of a camera with many sensors have some 2,000, at most twelve deep."""
MOST_EVENTS: Final = 100
"""Of one pull."""
PULL_S: Final = 30
"""Half of what every device has to take (ONVIF Core, PullMessages). Each answer costs us some 3 ms, an empty one as well."""
SUBSCRIBED_S: Final = 120
_VISIT: Final = 12
"""A whole visit may take so many single answers' time."""
_PULL: Final = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest"
_WORSE: Final = (
    httpx.InvalidURL,
    httpx.StreamError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    OverflowError,
    AssertionError,
)
"""What parsing may raise on what no camera should say."""
_CODECS: Final = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "jpeg"}
T = TypeVar("T")


class OnvifFailed(Exception):
    """The camera could not be asked. `code` for machines, `detail` for a person (foreign text, sealed).

    Codes: `unreachable`, `silent`, `unauthorized`, `malformed`, `unsupported`, `refused` (a fault of its own).
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class _OneDevice(httpx.AsyncBaseTransport):
    """Reaches one host and port. An answer that is packed is refused: it could unpack to anything."""

    def __init__(self, device: Device) -> None:
        self._at = (device.host.strip("[]").lower(), device.port, "https" if device.tls else "http")
        self._inner = httpx.AsyncHTTPTransport(verify=False, trust_env=False, retries=0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises httpx.ConnectError for every other address."""
        url = request.url
        asked = (url.host.strip("[]").lower(), url.port or (443 if url.scheme == "https" else 80), url.scheme)
        if asked != self._at:
            raise httpx.ConnectError("the camera named an address that is not its own")
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        body = bytearray()
        try:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise httpx.RemoteProtocolError("the answer is packed though that was not offered")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise httpx.RemoteProtocolError("the answer is too large")
        finally:
            await response.aclose()
        check_shape(bytes(body))
        return httpx.Response(response.status_code, headers=response.headers, content=bytes(body))

    async def aclose(self) -> None:
        await self._inner.aclose()


def check_shape(document: bytes) -> None:
    """What is no XML is the parser's to refuse; raises httpx.RemoteProtocolError for XML that would cost us too much.

    `onveef` looks for names in trees within trees: 100 kB of elements nested in each other took it 88 s.
    """
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > DEEPEST or count > MOST_ELEMENTS:
            raise httpx.RemoteProtocolError("the answer has too many elements, or too deep ones")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_: object) -> None:
        raise httpx.RemoteProtocolError("the answer declares entities")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, declared
    with contextlib.suppress(expat.ExpatError):
        parser.Parse(document, True)


class OnvifCamera:
    """One camera, as an async context. Each call raises OnvifFailed and ends within the device's `seconds` an answer."""

    def __init__(self, device: Device) -> None:
        self.device = device
        scheme = "https" if device.tls else "http"
        host = f"[{device.host}]" if ":" in device.host else device.host
        self._client = AsyncOnvifClient(
            f"{scheme}://{host}:{device.port}{device.path}",
            username=device.user,
            password=device.password,
            timeout_s=device.seconds,
            http_auth="digest",
            retries=0,
            max_response_bytes=LARGEST_ANSWER,
            http_client=httpx.AsyncClient(
                transport=_OneDevice(device),
                timeout=device.seconds,
                trust_env=False,
                follow_redirects=False,
            ),
        )

    async def __aenter__(self) -> "OnvifCamera":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client._client.aclose()

    async def describe(self) -> Description:
        """The clock first, for a digest fails where it is wrong; then who the camera is and what it streams."""
        return await self._within(self._describe(), self.device.seconds * _VISIT)

    async def clock(self) -> DeviceClock:
        """How wrong the camera's clock is. Asked without a password, as the standard lets everybody."""
        return await self._within(self._clock(), self.device.seconds * 2)

    async def events(self, heard: Callable[[CameraEvent], None]) -> None:
        """Tell each event as it comes, the present state of each first. Never returns; raises OnvifFailed when it ends."""
        # The client's own pull point hands httpx 0.28 a time-out that it asserts against; so does every long poll of it.
        self._client._timeout = httpx.Timeout(PULL_S + self.device.seconds, connect=self.device.seconds)
        url, answer_s = "", self.device.seconds * 3
        try:
            created = await self._within(
                self._client.events_create_pull_point(termination_time=f"PT{SUBSCRIBED_S}S"), answer_s
            )
            url = str(created.get("subscription_url") or "")
            if not url:
                raise OnvifFailed("malformed", "a subscription without an address")
            renewed = time.monotonic()
            while True:
                if time.monotonic() - renewed > SUBSCRIBED_S / 2:
                    renew = self._client.events_renew(
                        subscription_url=url, termination_time=f"PT{SUBSCRIBED_S}S"
                    )
                    await self._within(renew, answer_s)
                    renewed = time.monotonic()
                for message in (await self._within(self._pull(url), PULL_S + answer_s))[:MOST_EVENTS]:
                    event = _event(message)
                    if event is not None:
                        heard(event)
        finally:
            if url:
                await self._leave(url)

    async def _pull(self, url: str) -> list[dict[str, Any]]:
        xml = await self._client._post_subscription(
            subscription_url=url,
            body=envelopes.events_pull_messages(timeout=f"PT{PULL_S}S", message_limit=MOST_EVENTS),
            wsa_action=_PULL,
            operation="PullMessages",
        )
        messages: list[dict[str, Any]] = parsers.parse_pull_messages(xml)["messages"]
        return messages

    async def _leave(self, url: str) -> None:
        """A camera that forgets nobody has few subscriptions to give."""
        with contextlib.suppress(TimeoutError, exceptions.OnvifError, httpx.HTTPError, *_WORSE):
            async with asyncio.timeout(self.device.seconds):
                await self._client.events_unsubscribe(subscription_url=url)

    async def _describe(self) -> Description:
        clock = await self._clock_or_none()
        said = await self._client.get_device_information()
        if not said:
            raise ValueError("its device information is none")
        identity = Identity(
            *(
                cut(said.get(key))
                for key in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
            )
        )
        profiles = []
        for found in (await self._client.get_profiles())[:MOST_PROFILES]:
            encoder = found.get("video_encoder")
            if encoder is None:
                continue
            url = await self._client.get_stream_uri(profile_token=str(found["token"]))
            profiles.append(_profile(found, encoder, _own_url(url, self.device.host)))
        return Description(identity, clock, tuple(profiles), bool(self._client.endpoint.has("events")))

    async def _clock_or_none(self) -> DeviceClock | None:
        try:
            return await self._clock()
        except exceptions.OnvifTransportError:
            raise
        except exceptions.OnvifError:
            return None

    async def _clock(self) -> DeviceClock:
        before_us, began = time.time_ns() // 1000, time.monotonic()
        xml = await self._client.call(
            service="device",
            operation="GetSystemDateAndTime",
            body_inner=envelopes.device_get_system_date_time(),
            require_auth=False,
        )
        took_us = round((time.monotonic() - began) * 1e6)
        said = parsers.parse_system_datetime(xml)
        utc = said["UTCDateTime"]
        parts = [int(utc[name]) for name in ("year", "month", "day", "hour", "minute", "second")]
        # It tells whole seconds: the middle of the one that it tells, against the middle of our waiting.
        theirs_us = round(datetime(*parts, tzinfo=UTC).timestamp() * 1e6) + 500_000  # type: ignore[arg-type, misc]
        skew_us = theirs_us - (before_us + took_us // 2)
        self._client._clock_offset_s, self._client._clock_synced = skew_us / 1e6, True
        return DeviceClock(skew_us, 500_000 + took_us // 2, cut(said.get("date_time_type", "")))

    async def _within(self, asking: Coroutine[Any, Any, T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await asking
        except (TimeoutError, exceptions.OnvifTimeoutError):
            raise OnvifFailed("silent", f"no answer within {self.device.seconds:g} s") from None
        except exceptions.OnvifAuthError:
            raise OnvifFailed("unauthorized") from None
        except (exceptions.OnvifCapabilityMissingError, exceptions.OnvifOperationNotSupportedError) as err:
            raise OnvifFailed("unsupported", cut(err)) from None
        except exceptions.OnvifFaultError as err:
            raise OnvifFailed("refused", cut(err)) from None
        except (exceptions.OnvifError, httpx.HTTPError) as err:
            raise OnvifFailed("unreachable", cut(err)) from None
        except _WORSE as err:
            raise OnvifFailed("malformed", cut(f"{type(err).__name__}: {err}")) from None


def _profile(found: dict[str, Any], encoder: dict[str, Any], url: str) -> Profile:
    said = str(encoder.get("encoding") or "").upper().replace(".", "").replace("-", "")
    return Profile(
        token=cut(found["token"]),
        name=cut(found.get("name")),
        codec=_CODECS.get(said, cut(said.lower())),
        width=_number(encoder.get("width")),
        height=_number(encoder.get("height")),
        fps=_number(encoder.get("fps_limit")),
        bit_rate=_number(encoder.get("bitrate_kbps")) * 1000,
        gop=_number(encoder.get("gop")),
        url=url,
    )


def _number(said: object) -> int:
    """A count that a device gives, within reason; else 0."""
    try:
        value = int(float(str(said)))
    except (ValueError, OverflowError):
        return 0
    return value if 0 < value < 1_000_000 else 0


def _own_url(url: str, host: str) -> str:
    """A stream's address without user and password; empty where it is none, or another host's."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("rtsp", "rtsps") or (parts.hostname or "") != host.strip("[]").lower():
        return ""
    named = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    netloc = named if port is None else f"{named}:{port}"
    whole = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    return whole if len(whole) <= 1_000 and whole.isprintable() else ""


def _event(message: dict[str, Any]) -> CameraEvent | None:
    return event_of(
        str(message.get("topic", ""))[:1_000],
        dict(message.get("source") or {}),
        dict(message.get("data") or {}),
        str(message.get("utc_time", "")),
    )


# --- WS-Discovery, whose sockets are `onvif_discovery`'s ---


def probe_message(message_id: str) -> bytes:
    """A probe for cameras (WS-Discovery April 2005, section 5.2)."""
    return wsdiscovery.build_probe(message_id=message_id).encode()


def probe_matches(datagram: bytes) -> list[tuple[str, str, str, list[str]]]:
    """Of each match: urn, name, hardware, addresses. Nothing where it is no answer."""
    try:
        check_shape(datagram)
        found = wsdiscovery.parse_probe_matches(datagram.decode("utf-8", "replace"))
        return [
            (cut(one.endpoint_reference), cut(one.name), cut(one.hardware), one.xaddrs[:8])
            for one in found[:4]
        ]
    except (httpx.RemoteProtocolError, *_WORSE):
        return []
