"""A minimal RTSP server for the tests: whatever description and packets it is given, over TCP or UDP, scripted where asked.

It shares no line with the product: ffmpeg's own packets are served by it, and everything odd that a camera may do.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Answer = str | bytes | None
"""What a script says in place of the usual answer: head lines behind the status (text), raw bytes, or nothing: the usual."""


@dataclass
class Asked:
    """One request as it came."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass
class Front:
    """`description`: the SDP. `on_play`: called with the connection once PLAY was answered."""

    description: bytes
    on_play: Callable[["Conversation"], Awaitable[None]] | None = None
    script: Callable[["Conversation", Asked], Answer] = lambda conversation, asked: None
    session: str = "4711"
    asked: list[Asked] = field(default_factory=list)
    conversations: list["Conversation"] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None

    def url(self, path: str = "/main") -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    async def __aenter__(self) -> "Front":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for one in self.conversations:
            one.close()
        for one in self.conversations:
            await one.ended.wait()
            if one.task is not None:
                await asyncio.gather(one.task, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = Conversation(self, reader, writer)
        self.conversations.append(conversation)
        try:
            await conversation.serve()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            conversation.close()
            conversation.ended.set()

    def methods(self) -> list[str]:
        return [one.method for one in self.asked]


class Conversation:
    """One connection."""

    def __init__(self, front: Front, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.front, self.reader, self.writer = front, reader, writer
        self.udp: socket.socket | None = None
        self.to: tuple[str, int] | None = None
        self.task: asyncio.Task[None] | None = None
        self.answered: list[bytes] = []
        """What the client answered to our own requests."""
        self.reports = 0
        """Frames from the client."""
        self.ended = asyncio.Event()

    def close(self) -> None:
        if self.task is not None and not self.task.cancelling():
            self.task.cancel()
        if self.udp is not None:
            self.udp.close()
        self.writer.transport.abort()

    def packet(self, packet: bytes, channel: int = 0) -> None:
        """One RTP packet by the transport that was set up."""
        if self.udp is not None and self.to is not None:
            self.udp.sendto(packet, (self.to[0], self.to[1] + channel))
        else:
            self.writer.write(bytes((0x24, channel)) + len(packet).to_bytes(2, "big") + packet)

    async def serve(self) -> None:
        while True:
            first = await self.reader.readexactly(1)
            if first == b"$":
                head = await self.reader.readexactly(3)
                await self.reader.readexactly(int.from_bytes(head[1:], "big"))
                self.reports += 1
                continue
            head = first + await self.reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"RTSP/"):
                self.answered.append(head)
                continue
            self._answer(_read(head))

    def _answer(self, asked: Asked) -> None:
        front = self.front
        front.asked.append(asked)
        said = front.script(self, asked)
        number = asked.headers.get("cseq", "")
        if isinstance(said, bytes):
            self.writer.write(said)
            return
        head, body = said or "200 OK", b""
        if said is None:
            head, body = self._usual(asked)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.writer.write(f"RTSP/1.0 {head}\r\nCSeq: {number}\r\n{length}\r\n".encode() + body)
        if asked.method == "PLAY" and head.startswith("200") and front.on_play is not None:
            self.task = asyncio.ensure_future(front.on_play(self))

    def _usual(self, asked: Asked) -> tuple[str, bytes]:
        match asked.method:
            case "OPTIONS":
                return "200 OK\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN", b""
            case "DESCRIBE":
                return "200 OK\r\nContent-Type: application/sdp", self.front.description
            case "SETUP":
                return self._set_up(asked.headers.get("transport", "")), b""
        return f"200 OK\r\nSession: {self.front.session}", b""

    def _set_up(self, wanted: str) -> str:
        ports = re.search(r"client_port=(\d+)", wanted)
        if ports:
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            self.to = ("127.0.0.1", int(ports[1]))
            own = self.udp.getsockname()[1]
            return (
                f"200 OK\r\nSession: {self.front.session}\r\nTransport: {wanted};server_port={own}-{own + 1}"
            )
        return f"200 OK\r\nSession: {self.front.session}\r\nTransport: {wanted}"


def _read(head: bytes) -> Asked:
    first, *lines = head.decode().split("\r\n")
    method, url, _ = first.split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name
    }
    return Asked(method, url, headers)
