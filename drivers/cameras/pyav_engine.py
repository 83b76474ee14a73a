"""The fallback engine: a stream that ours cannot serve, read by libavformat in a process of its own."""

import asyncio
import socket
import sys
from typing import Final, NoReturn
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from drivers.cameras.address import resolve
from drivers.cameras.annexb import nal_units
from drivers.cameras.h264 import H264
from drivers.cameras.h265 import H265
from drivers.cameras.malformed import Malformed
from drivers.cameras.pyav_messages import (
    HEADER,
    LOST,
    MISSED,
    OPENED,
    REDIRECTED,
    Order,
    header,
    picture,
    read_lost,
    read_opened,
)
from drivers.cameras.rtsp_client import MOST_HOPS
from drivers.cameras.rtsp_connection import Redirected
from drivers.cameras.rtsp_session import redirected
from drivers.cameras.rtsp_url import clean, host_and_port
from drivers.cameras.stream import Sink, Source, StreamLost, Unserved
from drivers.child import killed

READ_S: Final = 5.0
"""After so long without a packet libavformat itself gives up; the caller's watchdog is there long before."""
START_S: Final = 5.0
"""A small machine loads the library within 1 s."""


class PyavEngine:
    """See `stream.Engine`. Without sound. The process is killed when it is left, whatever it does."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.process_id: int | None = None

    async def run(self, sink: Sink) -> NoReturn:
        """Follows a camera elsewhere only at its own address: libavformat would tell another host the password."""
        source = self._source
        try:
            url = clean(source.url)
        except Malformed as bad:
            raise StreamLost("unreachable", str(bad)) from None
        for _ in range(MOST_HOPS + 1):
            try:
                await self._play(sink, url)
            except Redirected as hop:
                elsewhere = redirected(hop.location, url)
                here, there = [await resolve(host_and_port(one)[0]) for one in (source.url, elsewhere)]
                if here != there:
                    raise StreamLost(
                        "answer", "redirected to another host, where the fallback engine does not follow"
                    ) from None
                url = elsewhere
        raise StreamLost("answer", "redirected too often")

    async def _play(self, sink: Sink, url: str) -> NoReturn:
        source = self._source
        order = Order(
            _with_user(url, source.user, source.password),
            source.transport or "tcp",
            source.answer_us / 1e6,
            READ_S,
            source.ca_file,
        )
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "drivers.cameras.pyav_process",
                    stdin=theirs.fileno(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
                )  # fmt: skip
            self.process_id = process.pid
            try:
                ours.setblocking(False)
                reader, writer = await asyncio.open_connection(sock=ours)
                try:
                    writer.write(msgspec.json.encode(order) + b"\n")
                    await _relay(reader, sink, source)
                except TimeoutError:
                    raise StreamLost(
                        "silent", "the fallback engine did not open the stream in time"
                    ) from None
                except (asyncio.IncompleteReadError, ConnectionError):
                    raise StreamLost("engine", "the process of the fallback engine ended") from None
                except Malformed as bad:
                    raise StreamLost("malformed", str(bad)) from None
                finally:
                    writer.transport.abort()
            finally:
                self.process_id = None
                await killed(process)


async def _relay(reader: asyncio.StreamReader, sink: Sink, source: Source) -> NoReturn:
    """What the process says, to the sink."""
    pictures: H264 | H265 | None = None
    while True:
        # Once it is open its caller watches what comes.
        async with asyncio.timeout(None if pictures else START_S + source.answer_us / 1e6) as waiting:
            kind, length = header(await reader.readexactly(HEADER.size))
            waiting.reschedule(None)
            body = await reader.readexactly(length)
        if kind == OPENED:
            opened, extradata = read_opened(body)
            sets = list(nal_units(extradata))
            pictures = H264(sets, sink.unit) if opened.codec == "h264" else H265(sets, sink.unit)
            sink.opened("pyav", source.transport or "tcp", pictures.track)
        elif kind == LOST:
            lost = read_lost(body)
            if lost.code == REDIRECTED:
                raise Redirected(lost.detail)
            raise (Unserved if lost.unserved else StreamLost)(lost.code, lost.detail)
        elif kind == MISSED:
            sink.missing(int.from_bytes(body[:4], "big"))
        elif pictures is not None:
            whole, rtp, at_us, stream = picture(body)
            pictures.picture(nal_units(stream), rtp, at_us, whole)


def _with_user(url: str, user: str, password: str) -> str:
    if not user:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{quote(user, '')}:{quote(password, '')}@{parts.netloc}"))
