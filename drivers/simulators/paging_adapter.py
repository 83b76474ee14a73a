"""A paging adapter on SIP: takes calls by UDP, TCP or TLS, keeps what it heard, and is breakable in each way that a real one is.

Source: RFC 3261 (8.2, 13.3, 15.1.2, 17.2.1); RFC 7616. A peer for the call's own end, written without it: it parses for itself.
"""

import asyncio
import hashlib
import re
import secrets
import ssl
import time
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from drivers.outputs.codecs import PACKET
from drivers.outputs.rtp_sender import HEADER
from drivers.simulators.loudspeaker import Packet

Manner = Literal[
    "answer", "busy", "decline", "ring", "silent", "gone", "no_codec", "hang_up", "error", "slow"
]
"""ring: never taken. silent: says nothing at all. hang_up: takes the call and ends it. slow: loses each first datagram."""
_REFUSES: Final = {
    "busy": (486, "Busy Here"),
    "decline": (603, "Decline"),
    "gone": (404, "Not Found"),
    "error": (503, "No"),
}
RING_S: Final = 0.1
HANG_UP_S: Final = 0.6


@dataclass
class Taken:
    """One call. times: CLOCK_MONOTONIC, seconds."""

    id: str
    began_s: float
    answered_s: float | None = None
    ended_s: float | None = None
    acknowledged: bool = False
    how: str = ""
    """`bye` by the caller, `cancel`, or `us`."""
    packets: list[Packet] = field(default_factory=list)


class PagingAdapter(asyncio.DatagramProtocol):
    """Listens from `start` to `close`. manner: how it takes the next call. password: it asks for one, of the user `page`."""

    def __init__(
        self, manner: Manner = "answer", password: str = "", algorithm: str = "SHA-256", payload: int = 0
    ) -> None:
        self.manner: Manner = manner
        self.password, self.algorithm, self.payload = password, algorithm, payload
        self.calls: list[Taken] = []
        self.requests: list[str] = []
        """Methods as they came, repeats too."""
        self.port = 0
        self._by = "UDP"
        self._nonce = secrets.token_hex(8)
        self._seen: set[bytes] = set()
        self._final: dict[str, bytes] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._sip: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self.streams: dict[tuple[str, int], asyncio.Transport] = {}
        """Connections that stand, by who made them."""
        self._rtp: _Ears | None = None

    @classmethod
    async def start(
        cls,
        manner: Manner = "answer",
        password: str = "",
        algorithm: str = "SHA-256",
        *,
        by: Literal["UDP", "TCP", "TLS"] = "UDP",
        context: ssl.SSLContext | None = None,
    ) -> "PagingAdapter":
        """On loopback. context: of TLS. Raises OSError."""
        one = cls(manner, password, algorithm)
        one._by = by
        loop = asyncio.get_running_loop()
        if by == "UDP":
            one._sip, _ = await loop.create_datagram_endpoint(lambda: one, local_addr=("127.0.0.1", 0))
            one.port = one._sip.get_extra_info("sockname")[1]
        else:
            one._server = await loop.create_server(lambda: _Stream(one), "127.0.0.1", 0, ssl=context)
            one.port = one._server.sockets[0].getsockname()[1]
        one._rtp = _Ears(one)
        await loop.create_datagram_endpoint(lambda: one._ears, local_addr=("127.0.0.1", 0))
        return one

    @property
    def _ears(self) -> "_Ears":
        assert self._rtp is not None  # noqa: S101  # made in `start`
        return self._rtp

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self._sip is not None:
            self._sip.close()
        if self._server is not None:
            self._server.close()
        for stream in tuple(self.streams.values()):
            stream.abort()
        if self._rtp is not None and self._rtp.transport is not None:
            self._rtp.transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        method = data.split(b" ", 1)[0].decode()
        self.requests.append(method)
        if self.manner == "silent":
            return
        if self.manner == "slow" and data not in self._seen:
            self._seen.add(data)
            return
        headers = dict(re.findall(r"^([A-Za-z-]+):\s*(.*?)\r?$", data.decode(), re.MULTILINE))
        call = next((one for one in self.calls if one.id == headers["Call-ID"]), None)
        match method:
            case "INVITE":
                self._invited(data, headers, call, addr)
            case "ACK":
                if call is not None:
                    call.acknowledged = True
            case "CANCEL" if call is not None:
                self._reply(headers, 200, "OK", addr)
                call.ended_s, call.how = time.monotonic(), "cancel"
                invite = {**headers, "CSeq": headers["CSeq"].replace("CANCEL", "INVITE")}
                self._reply(invite, 487, "Request Terminated", addr)
            case "BYE" if call is not None:
                call.ended_s, call.how = call.ended_s or time.monotonic(), call.how or "bye"
                self._reply(headers, 200, "OK", addr)
            case _:
                pass

    def _invited(
        self, data: bytes, headers: dict[str, str], call: Taken | None, addr: tuple[str, int]
    ) -> None:
        if self.password and not self._proven(headers):
            challenge = f'WWW-Authenticate: Digest realm="pa", nonce="{self._nonce}", algorithm={self.algorithm}, qop="auth"\r\n'
            self._reply(headers, 401, "Unauthorized", addr, challenge)
            return
        if call is not None:
            if call.answered_s is not None:
                self._take(headers, call, addr)
            return
        call = Taken(headers["Call-ID"], time.monotonic())
        self.calls.append(call)
        self._reply(headers, 100, "Trying", addr)
        if self.manner in _REFUSES:
            self._reply(headers, *_REFUSES[self.manner], addr)
            return
        self._reply(headers, 180, "Ringing", addr)
        if self.manner != "ring":
            self._later(RING_S, self._take, headers, call, addr)

    def _take(self, headers: dict[str, str], call: Taken, addr: tuple[str, int]) -> None:
        if call.ended_s is not None:
            return
        first = call.answered_s is None
        call.answered_s = call.answered_s or time.monotonic()
        payload = 18 if self.manner == "no_codec" else self.payload
        port = self._ears.port
        body = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {payload}\r\n"
        kind = f"Contact: <sip:pa@127.0.0.1:{self.port}>\r\nContent-Type: application/sdp\r\n"
        self._reply(headers, 200, "OK", addr, kind, body)
        if first and self.manner == "hang_up":
            self._later(HANG_UP_S, self._end, headers, call, addr)

    def _end(self, headers: dict[str, str], call: Taken, addr: tuple[str, int]) -> None:
        call.ended_s, call.how = time.monotonic(), "us"
        text = (
            f"BYE sip:campus-edge@{addr[0]}:{addr[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self._by} 127.0.0.1:{self.port};branch=z9hG4bKpa1\r\n"
            f"From: {headers['To']};tag=pa\r\nTo: {headers['From']}\r\nCall-ID: {call.id}\r\nCSeq: 1 BYE\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self._send(text, addr)

    def _proven(self, headers: dict[str, str]) -> bool:
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', headers.get("Authorization", "")))
        make = hashlib.sha256 if self.algorithm == "SHA-256" else hashlib.md5

        def digest(text: str) -> str:
            return make(text.encode(), usedforsecurity=False).hexdigest()

        secret, request = digest(f"page:pa:{self.password}"), digest(f"INVITE:{said.get('uri', '')}")
        parts = (secret, self._nonce, said.get("nc", ""), said.get("cnonce", ""), "auth", request)
        return said.get("username") == "page" and said.get("response") == digest(":".join(parts))

    def _reply(
        self,
        headers: dict[str, str],
        status: int,
        reason: str,
        addr: tuple[str, int],
        more: str = "",
        body: str = "",
    ) -> None:
        to = headers["To"] if "tag=" in headers["To"] else f"{headers['To']};tag=pa"
        self._send(
            f"SIP/2.0 {status} {reason}\r\nVia: {headers['Via']}\r\nFrom: {headers['From']}\r\nTo: {to}\r\n"
            f"Call-ID: {headers['Call-ID']}\r\nCSeq: {headers['CSeq']}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}",
            addr,
        )

    def _send(self, text: str, addr: tuple[str, int]) -> None:
        if (stream := self.streams.get(addr)) is not None:
            # In two pieces, for a stream keeps no message together.
            stream.write(text[:40].encode())
            stream.write(text[40:].encode())
        if self._sip is not None and not self._sip.is_closing():
            self._sip.sendto(text.encode(), addr)

    def _later(self, after_s: float, do: object, *args: object) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(after_s, do, *args))  # type: ignore[arg-type]


class _Stream(asyncio.Protocol):
    """One connection: its octets cut into messages."""

    def __init__(self, adapter: PagingAdapter) -> None:
        self._adapter = adapter
        self._came = b""
        self._peer = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer = transport.get_extra_info("peername")[:2]
        self._adapter.streams[self._peer] = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._adapter.streams.pop(self._peer, None)

    def data_received(self, data: bytes) -> None:
        self._came += data
        while (
            found := re.match(rb"(?s).*?\r\nContent-Length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n", self._came)
        ) is not None:
            size = found.end() + int(found[1])
            if len(self._came) < size:
                return
            message, self._came = self._came[:size], self._came[size:]
            self._adapter.datagram_received(message, self._peer)


class _Ears(asyncio.DatagramProtocol):
    """Where the sound of calls comes in."""

    def __init__(self, adapter: PagingAdapter) -> None:
        self._adapter = adapter
        self.transport: asyncio.DatagramTransport | None = None

    @property
    def port(self) -> int:
        return 0 if self.transport is None else int(self.transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(data) != HEADER.size + PACKET or not self._adapter.calls:
            return
        _, kind, number, stamp, source = HEADER.unpack_from(data)
        at_us = time.monotonic_ns() // 1_000
        packet = Packet(at_us, kind & 0x7F, bool(kind & 0x80), number, stamp, source, data[HEADER.size :])
        self._adapter.calls[-1].packets.append(packet)
