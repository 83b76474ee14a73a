"""A watcher of a simulated camera, as simple as can be: RTSP over asyncio streams, everything that comes kept as it came."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Answer:
    """Of the camera's. headers: in lower case, the last of each name."""

    status: int
    headers: dict[str, str]
    body: bytes
    challenges: list[str] = field(default_factory=list)


@dataclass
class Rtp:
    """One packet of a section."""

    channel: int
    marker: bool
    sequence: int
    time: int
    payload: bytes


def rtp_of(channel: int, packet: bytes) -> Rtp:
    """Of a packet without extension and padding, as ours are."""
    return Rtp(
        channel,
        bool(packet[1] & 0x80),
        int.from_bytes(packet[2:4], "big"),
        int.from_bytes(packet[4:8], "big"),
        packet[12:],
    )


class Watcher:
    """One connection. `answer` and `rtp` pass over what is not asked for, and count it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str, password: str
    ) -> None:
        self.reader, self.writer = reader, writer
        self.session = ""
        self.seen: Counter[str] = Counter()
        self._user, self._password, self._challenge, self._number = user, password, "", 0
        self._held: list[tuple[int, bytes]] = []

    async def ask(self, method: str, url: str, **headers: str) -> Answer:
        """One request and its answer; where the camera asks who we are, once more with Digest."""
        answer = await self._once(method, url, headers)
        digest = [one for one in answer.challenges if one.startswith("Digest")]
        if answer.status == 401 and self._user and digest:
            self._challenge = digest[0]
            answer = await self._once(method, url, headers)
        if "session" in answer.headers:
            self.session = answer.headers["session"].partition(";")[0]
        return answer

    async def play(
        self, url: str, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1", track: str = "trackID=1"
    ) -> Answer:
        """All that is needed to see pictures; the last answer."""
        answer = await self.ask("DESCRIBE", url)
        if answer.status == 200:
            answer = await self.ask("SETUP", f"{url}/{track}", Transport=transport)
        return answer if answer.status != 200 else await self.ask("PLAY", url)

    async def rtp(self) -> Rtp:
        """The next packet of the first section."""
        while True:
            channel, packet = await self.frame()
            if channel == 0:
                return rtp_of(channel, packet)

    async def picture(self) -> list[Rtp]:
        """The packets up to the next marked one."""
        packets = [await self.rtp()]
        while not packets[-1].marker:
            packets.append(await self.rtp())
        return packets

    async def frame(self) -> tuple[int, bytes]:
        """The next interleaved frame: channel and packet."""
        if self._held:
            return self._held.pop(0)
        found = await self._next()
        assert isinstance(found, tuple), "an answer to nothing"
        return found

    async def ended(self) -> None:
        """Wait until the camera has closed the connection."""
        try:
            while await self.reader.read(65_536):
                pass
        except ConnectionError:
            return

    async def _once(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        self._number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.session and "Session" not in headers:
            lines.append(f"Session: {self.session}")
        if self._challenge:
            lines.append(f"Authorization: {self._digest(method, url)}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            found = await self._next()
            if isinstance(found, Answer):
                return found
            self._held.append(found)

    async def _next(self) -> Answer | tuple[int, bytes]:
        first = await self.reader.readexactly(1)
        if first == b"$":
            head = await self.reader.readexactly(3)
            packet = await self.reader.readexactly(int.from_bytes(head[1:], "big"))
            self.seen[f"channel {head[0]}"] += 1
            return head[0], packet
        text = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = text.strip().split("\r\n")
        pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        body = await self.reader.readexactly(int(dict(pairs).get("content-length", "0")))
        challenges = [value for name, value in pairs if name == "www-authenticate"]
        return Answer(int(status.split()[1]), dict(pairs), body, challenges)

    def _digest(self, method: str, url: str) -> str:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', self._challenge))
        named = hashlib.sha256 if given.get("algorithm") == "SHA-256" else hashlib.md5

        def hashed(text: str) -> str:
            return named(text.encode()).hexdigest()

        secret = hashed(f"{self._user}:{given['realm']}:{self._password}")
        counted = ":00000001:c:auth" if "qop" in given else ""
        response = hashed(f"{secret}:{given['nonce']}{counted}:{hashed(f'{method}:{url}')}")
        said = {"username": self._user, "uri": url, "response": response}
        said |= {"realm": given["realm"], "nonce": given["nonce"]}
        more = ', qop=auth, nc=00000001, cnonce="c"' if "qop" in given else ""
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in said.items()) + more


@asynccontextmanager
async def watching(port: int, user: str = "", password: str = "") -> AsyncIterator[Watcher]:
    """A connection to a camera of this machine; everything in it takes at most 30 s."""
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield Watcher(reader, writer, user, password)
        finally:
            writer.transport.abort()
