"""One connection to a simulated camera: RTSP/1.0 (RFC 2326), several sections, TCP and UDP, sessions that time out."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

from drivers.simulators import camera_sdp
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_faults import CameraFault
from drivers.simulators.camera_outlets import Datagrams, Interleaved
from drivers.simulators.camera_stream import CameraStream
from drivers.simulators.tcp_loss import reset

METHODS: Final = (
    "OPTIONS",
    "DESCRIBE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "TEARDOWN",
)
LONGEST_REQUEST: Final = 16_384
REASONS: Final = {
    200: "OK", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    405: "Method Not Allowed", 453: "Not Enough Bandwidth", 454: "Session Not Found",
    455: "Method Not Valid in This State", 461: "Unsupported Transport", 503: "Service Unavailable",
}  # fmt: skip
_TRANSPORT: Final = re.compile(r"(RTP/AVP(?:/TCP|/UDP)?)", re.IGNORECASE)
_CHANNELS: Final = re.compile(r"interleaved=(\d{1,3})")
_PORTS: Final = re.compile(r"client_port=(\d{1,5})(?:-(\d{1,5}))?")


class Camera(Protocol):
    """What a connection asks its camera."""

    host: str
    streams: dict[str, CameraStream]
    doorkeeper: Doorkeeper
    fault: CameraFault
    session_s: int
    takes_tcp: bool
    most_sessions: int | None
    connections: "set[Connection]"
    asked: dict[str, int]


@dataclass(slots=True)
class Request:
    """One request, its header names in lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """Without host and query."""
        return urlsplit(self.url).path if "://" in self.url else self.url.partition("?")[0]


@dataclass(slots=True)
class Session:
    """What one watcher set up. outlets: by track."""

    stream: CameraStream
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    outlets: dict[str, Interleaved | Datagrams] = field(default_factory=dict)
    playing: bool = False

    def play(self, playing: bool) -> None:
        """Begin, or pause."""
        self.playing = playing
        for track, outlet in self.outlets.items():
            watching = {
                camera_sdp.VIDEO: self.stream.video,
                camera_sdp.AUDIO: self.stream.sound,
                camera_sdp.METADATA: self.stream.metadata,
            }[track]
            watching.add(outlet) if playing else watching.discard(outlet)

    def close(self) -> None:
        """Stop, and give ports back."""
        self.play(False)
        for outlet in self.outlets.values():
            outlet.close()
        self.outlets.clear()


class Connection(asyncio.Protocol):
    """One watcher's."""

    transport: asyncio.Transport

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._buffer = bytearray()
        self._answers = 0
        self._expiry: asyncio.TimerHandle | None = None
        self.session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self._camera.fault.kind == "refusing":
            reset(self.transport)
            return
        self._camera.connections.add(self)
        if self._camera.fault.kind == "silent":
            self.freeze(True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._camera.connections.discard(self)
        self._end_session()

    def freeze(self, frozen: bool) -> None:
        """Read nothing; or again. The session's time goes on."""
        if not self.transport.is_closing():
            with contextlib.suppress(RuntimeError):
                self.transport.pause_reading() if frozen else self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == 0x24:
                if len(self._buffer) < 4:
                    return
                end = 4 + int.from_bytes(self._buffer[2:4], "big")
                if len(self._buffer) < end:
                    return
                del self._buffer[:end]
                self.touch()
                continue
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > LONGEST_REQUEST:
                    self.transport.abort()
                return
            request = _request(bytes(self._buffer[:end]))
            length = 0 if request is None else _number(request.headers.get("content-length", "0"))
            if request is None or length > LONGEST_REQUEST:
                self.transport.write(b"RTSP/1.0 400 Bad Request\r\n\r\n")
                self.transport.close()
                return
            if len(self._buffer) < end + 4 + length:
                return
            del self._buffer[: end + 4 + length]
            self._asked(request)

    def touch(self) -> None:
        """The watcher lives: its session's time begins anew."""
        if self._expiry is not None:
            self._expiry.cancel()
        if self.session is not None:
            self._expiry = asyncio.get_running_loop().call_later(self._camera.session_s, self._expired)

    def _expired(self) -> None:
        self._end_session()
        self.transport.close()

    def _end_session(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self.session is not None:
            self.session.close()
            self.session = None

    # --- requests ---

    def _asked(self, request: Request) -> None:
        self._camera.asked[request.method] = self._camera.asked.get(request.method, 0) + 1
        self.touch()
        if self._camera.fault.kind == "slow":
            # One after the other, as a camera with a busy processor does.
            self._answers += 1
            delay = self._camera.fault.seconds * self._answers
            asyncio.get_running_loop().call_later(delay, self._late, request)
        else:
            self._answer(request)

    def _late(self, request: Request) -> None:
        self._answers -= 1
        if not self.transport.is_closing():
            self._answer(request)

    def _answer(self, request: Request) -> None:
        fault = self._camera.fault.kind
        if request.method not in METHODS:
            self._say(request, 405, {"Allow": ", ".join(METHODS)})
            return
        if request.method == "OPTIONS":
            self._say(request, 200, {"Public": ", ".join(METHODS)})
            return
        given = request.headers.get("authorization")
        if fault == "unauthorized" or not self._camera.doorkeeper.admits(request.method, given):
            challenges = self._camera.doorkeeper.challenges(given)
            self._say(request, 401, {"WWW-Authenticate": challenges or ['Digest realm="x", nonce="0"']})
            return
        match request.method:
            case "DESCRIBE":
                self._describe(request)
            case "SETUP":
                self._set_up(request)
            case _:
                self._in_session(request)

    def _describe(self, request: Request) -> None:
        fault = self._camera.fault
        stream = self._camera.streams.get(request.path.rstrip("/"))
        if stream is None or fault.kind == "not_found":
            self._say(request, 404)
        elif fault.kind == "redirect":
            self._say(request, 302, {"Location": fault.to})
        elif stream.loop is None:
            self._say(request, 503, {"Retry-After": "1"})
        else:
            sound = stream.audio
            body = camera_sdp.described(
                stream.loop,
                self._camera.host,
                parameter_sets=fault.kind != "no_parameter_sets",
                aac=b"" if sound is None else sound.config,
            )
            if fault.kind == "bad_description":
                body = camera_sdp.BROKEN
            base = request.url.partition("?")[0].rstrip("/") + "/"
            self._say(request, 200, {"Content-Base": base, "Content-Type": "application/sdp"}, body)

    def _set_up(self, request: Request) -> None:
        path, _, track = request.path.rstrip("/").rpartition("/")
        stream = self._camera.streams.get(path)
        if stream is None or not _has(stream, track):
            self._say(request, 404)
            return
        if (
            self.session is not None
            and request.headers.get("session", "").partition(";")[0] != self.session.id
        ):
            self._say(request, 454)
            return
        most = self._camera.most_sessions
        sessions = sum(one.session is not None for one in self._camera.connections)
        if self.session is None and most is not None and sessions >= most:
            self._say(request, 453)
            return
        found = self._outlet(request.headers.get("transport", ""))
        if found is None:
            self._say(request, 461)
            return
        outlet, said = found
        if self.session is None:
            self.session = Session(stream)
        if track in self.session.outlets:
            self.session.outlets.pop(track).close()
        self.session.outlets[track] = outlet
        self.touch()
        said += f";ssrc={stream.source:08X}" if track == camera_sdp.VIDEO else ""
        self._say(request, 200, {"Transport": said, **self._session_line()})

    def _outlet(self, offered: str) -> tuple[Interleaved | Datagrams, str] | None:
        """The first of the offered transports that this camera serves."""
        for one in offered.split(","):
            kind = _TRANSPORT.search(one)
            if kind is None or "multicast" in one:
                continue
            if kind[1].upper().endswith("TCP"):
                if self._camera.fault.kind == "no_tcp" or not self._camera.takes_tcp:
                    continue
                asked = _CHANNELS.search(one)
                taken = 0 if self.session is None else 2 * len(self.session.outlets)
                channel = int(asked[1]) if asked is not None and int(asked[1]) < 255 else taken
                outlet = Interleaved(self.transport, channel)
                return outlet, f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
            ports = _PORTS.search(one)
            if ports is None or not 0 < int(ports[1]) < 65_535:
                continue
            pair = int(ports[1]), int(ports[2] or int(ports[1]) + 1)
            client = str(self.transport.get_extra_info("peername")[0])
            here = str(self.transport.get_extra_info("sockname")[0])
            try:
                datagrams = Datagrams(here, client, pair, self.touch)
            except OSError:
                continue
            own = "-".join(str(port) for port in datagrams.ports)
            return datagrams, f"RTP/AVP;unicast;client_port={pair[0]}-{pair[1]};server_port={own}"
        return None

    def _in_session(self, request: Request) -> None:
        """PLAY, PAUSE, TEARDOWN, and what keeps alive."""
        session, named = self.session, request.headers.get("session", "").partition(";")[0]
        keeping = request.method in ("GET_PARAMETER", "SET_PARAMETER")
        if keeping and not named:
            self._say(request, 200)
            return
        if session is None or named != session.id:
            self._say(request, 454)
            return
        match request.method:
            case "PLAY":
                sequence, time = session.stream.next_packet()
                url = f"{request.url.rstrip('/')}/{camera_sdp.VIDEO}"
                info = f"url={url};seq={sequence};rtptime={time}"
                self._say(request, 200, {"Range": "npt=now-", "RTP-Info": info, **self._session_line()})
                session.play(True)
                session.stream.report()
            case "PAUSE":
                session.play(False)
                self._say(request, 200, self._session_line())
            case "TEARDOWN":
                self._say(request, 200)
                self._end_session()
            case _:
                self._say(request, 200, self._session_line())

    def _session_line(self) -> dict[str, str | list[str]]:
        return (
            {} if self.session is None else {"Session": f"{self.session.id};timeout={self._camera.session_s}"}
        )

    def _say(
        self,
        request: Request,
        status: int,
        headers: Mapping[str, str | list[str]] | None = None,
        body: bytes = b"",
    ) -> None:
        lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {request.headers.get('cseq', '0')}"]
        for name, value in (headers or {}).items():
            lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)


def _has(stream: CameraStream, track: str) -> bool:
    return (
        track == camera_sdp.VIDEO
        or (track == camera_sdp.AUDIO and stream.audio is not None)
        or (track == camera_sdp.METADATA and stream.settings.metadata)
    )


def _request(head: bytes) -> Request | None:
    lines = head.decode("utf-8", "replace").split("\r\n")
    first = lines[0].split()
    if len(first) != 3 or not first[2].startswith("RTSP/1."):
        return None
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(first[0].upper(), first[1], headers)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else LONGEST_REQUEST + 1
