"""A stream's connection, written to without a task of its own: the same bytes go to everybody, framed once.

Belongs to the loop's thread. aiohttp frames, awaits and times out each write of each connection, which for 300 open pages
takes longer than what is written; here a write is one call, and who does not read is seen by what lies on our side.
"""

from typing import TYPE_CHECKING, Final, Protocol

from aiohttp import HttpVersion11, web

if TYPE_CHECKING:
    from asyncio import Transport

HIGH: Final = 64 * 1024
"""Bytes on our side from which on asyncio itself would have writers wait; nobody waits here."""
BEGIN: Final = b":\n\n"
"""A comment (HTML Living Standard, section 9.2.5): the head goes out with the first bytes."""


class Message:
    """Bytes for many connections, put into a chunk (RFC 9112 section 7.1) once."""

    __slots__ = ("chunk", "plain")

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self.chunk = b"%x\r\n%b\r\n" % (len(plain), plain)


class Out(Protocol):
    """A listener's connection, as those need it who tell many."""

    def put(self, message: Message) -> None:
        """Hand bytes over; raises ConnectionError once it is gone."""

    def unread(self) -> int:
        """Bytes that it left on our side."""


class Wire:
    """One answer whose head was sent. Made by `opened`."""

    def __init__(self, transport: "Transport", chunked: bool) -> None:
        self._transport = transport
        self._chunked = chunked

    def put(self, message: Message) -> None:
        """Hand bytes over. Raises ConnectionError once it is gone."""
        if self._transport.is_closing():
            raise ConnectionResetError("it hung up")
        self._transport.write(message.chunk if self._chunked else message.plain)

    def unread(self) -> int:
        """Bytes that it left on our side."""
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Let it go; what lies on our side is thrown away."""
        self._transport.abort()


async def opened(request: web.Request) -> tuple[web.StreamResponse, Wire]:
    """An event stream whose head was sent, and what to write it by. Raises ConnectionError."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    chunked = request.version >= HttpVersion11
    if chunked:
        response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(BEGIN)
    if request.transport is None:
        raise ConnectionResetError("it hung up")
    request.transport.set_write_buffer_limits(high=HIGH)
    return response, Wire(request.transport, chunked)
