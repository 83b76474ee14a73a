"""One RTSP connection from connect to loss: requests out, answers matched, frames handed over as they come.

Reads what the socket has into one buffer; a frame goes to its stream without being copied or scheduled.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final, Protocol, cast

from drivers.cameras.malformed import Malformed
from drivers.cameras.rtsp_message import Answer, Asked, Headers, RtspReader, encode_answer, encode_request
from drivers.cameras.stream import StreamLost

AGENT: Final = "campus-edge"
LINGER_S: Final = 0.5
"""What is still to be written when we leave has so long."""
_PUBLIC: Final = "OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT"


class Redirected(StreamLost):
    """The camera sends us to `location`, in the middle of the stream or before it."""

    def __init__(self, location: str) -> None:
        super().__init__("answer", "redirected")
        self.location = location


class ConnectionOwner(Protocol):
    """What a connection reports."""

    def asked(self, request: Asked) -> None:
        """The camera asked something that concerns the stream; it has been answered already."""


def now_us() -> int:
    return time.monotonic_ns() // 1_000


class RtspConnection(asyncio.BufferedProtocol):
    """Belongs to the loop's thread. `ended` fails with the `StreamLost` that ended it."""

    transport: asyncio.Transport

    def __init__(self, owner: ConnectionOwner) -> None:
        self._owner = owner
        self.reader = RtspReader(self._message)
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}

    async def request(self, method: str, url: str, headers: Headers, answer_s: float) -> Answer:
        """Raises StreamLost: `silent` where no answer came in time, what ended the connection else."""
        if self.ended.done():
            await self.ended
        self._sequence += 1
        number = self._sequence
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        self.write(encode_request(method, url, (("CSeq", str(number)), ("User-Agent", AGENT), *headers)))
        try:
            async with asyncio.timeout(answer_s):
                return await waiting
        except TimeoutError:
            raise StreamLost("silent", f"no answer to {method} within {answer_s:g} s") from None
        finally:
            self._waiting.pop(number, None)

    def send_unasked(self, method: str, url: str, headers: Headers) -> None:
        """A request whose answer is not waited for."""
        self._sequence += 1
        self.write(
            encode_request(method, url, (("CSeq", str(self._sequence)), ("User-Agent", AGENT), *headers))
        )

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def write_frame(self, channel: int, data: bytes) -> None:
        """An interleaved frame to the camera (RFC 2326 section 10.12)."""
        self.write(bytes((0x24, channel, len(data) >> 8, len(data) & 0xFF)) + data)

    def fail(self, lost: StreamLost) -> None:
        """End it, for this reason; only the first counts."""
        self.reader.stop()
        if not self.ended.done():
            self.ended.set_exception(lost)
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(lost)
        self.transport.abort()

    def leave(self) -> None:
        """Hang up once what was written has left, or in a moment."""
        self.reader.stop()
        self.transport.close()
        asyncio.get_running_loop().call_later(LINGER_S, self.transport.abort)

    def guarded(self, act: Callable[[], None]) -> None:
        """Whatever a camera's bytes set off ends this connection, and nothing else."""
        try:
            act()
        except StreamLost as lost:
            self.fail(lost)
        except Malformed as bad:
            self.fail(StreamLost("malformed", str(bad)))
        except Exception as bug:  # noqa: BLE001 - told as a condition of this camera
            self.fail(StreamLost("engine", f"{type(bug).__name__}: {bug}"))

    # --- asyncio.BufferedProtocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        # As `guarded`, without making a function for every read.
        try:
            self.reader.filled(nbytes, time.monotonic_ns() // 1_000)
        except StreamLost as lost:
            self.fail(lost)
        except Malformed as bad:
            self.fail(StreamLost("malformed", str(bad)))
        except Exception as bug:  # noqa: BLE001 - told as a condition of this camera
            self.fail(StreamLost("engine", f"{type(bug).__name__}: {bug}"))

    def connection_lost(self, exc: Exception | None) -> None:
        detail = "the camera closed the connection" if exc is None else str(exc)
        self.fail(StreamLost("closed", detail))

    def _message(self, message: Answer | Asked) -> None:
        if isinstance(message, Asked):
            self._asked(message)
            return
        number = -1
        with contextlib.suppress(ValueError):
            number = int(message.get("cseq")[:10])
        if not 0 < number <= self._sequence:
            # None that we ever sent: some cameras leave it out, or count by themselves. We ask one thing at a time.
            number = next(iter(self._waiting), -1)
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done() and message.status >= 200:
            waiting.set_result(message)

    def _asked(self, request: Asked) -> None:
        known = request.method in _PUBLIC or request.method == "TEARDOWN"
        headers: Headers = (("CSeq", request.get("cseq")[:20]),)
        if request.get("session"):
            headers += (("Session", request.get("session")[:300]),)
        if request.method == "OPTIONS":
            headers += (("Public", _PUBLIC),)
        self.write(encode_answer(200 if known else 501, "OK" if known else "Not Implemented", headers))
        self._owner.asked(request)
