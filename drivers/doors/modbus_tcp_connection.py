"""One Modbus TCP connection from connect to loss: frames out at once, answers matched by transaction."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from drivers.doors.modbus_mbap import FramingLost, MbapFrame, MbapReader
from drivers.doors.modbus_pdu import Identify, NotTheReply, Read, Request, match_reply
from drivers.doors.modbus_reading import Answer, Nothing

_DEAD_WIRE_MS = 1_000
"""Bytes unacknowledged for so long end the connection: a dead wire is silent for minutes otherwise."""


def _nothing() -> None:
    pass


@dataclass(slots=True, eq=False)
class Sending:
    """One request. `tail`: its frame but for the transaction. `taken`: gets its answer, once.

    leaving: called as the frame goes out.
    since_s: since when its answer is awaited: a device that does one thing after the other begins with it only
    once it has answered what came before.
    """

    request: Request
    tail: bytes
    taken: Callable[[Answer], None]
    leaving: Callable[[], None] = _nothing
    since_s: float = 0.0


class ConnectionOwner(Protocol):
    """What a connection reports, and asks. All of it from callbacks of the loop, inside `guarded`."""

    takes_several: bool | None

    def on_open(self, connection: "Connection") -> None: ...

    def on_closed(
        self, connection: "Connection", code: str, detail: str, outstanding: list[Sending]
    ) -> None: ...

    def on_answer(self, request: Request, took_s: float) -> None: ...

    def on_strange(self, code: str, detail: str) -> None: ...

    def guarded(self, act: Callable[[], None]) -> None: ...


class Connection(asyncio.Protocol):
    """Belongs to the loop's thread. `closed` is set once it has ended, whoever ended it."""

    transport: asyncio.Transport

    def __init__(self, owner: ConnectionOwner, unit: int) -> None:
        self._owner = owner
        self._unit = unit
        self._reader = MbapReader()
        self._transaction = 0
        self._waiting: dict[int, Sending] = {}
        self._queued: deque[Sending] = deque()
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self.answers = 0
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def send(self, sending: Sending) -> None:
        """Write the frame now; behind an unanswered one only where the device takes several at a time."""
        if self._waiting and not self._owner.takes_several:
            sending.since_s = self._loop.time()
            self._queued.append(sending)
        else:
            self.transport.write(self._frame(sending))

    def dash(self, tail: bytes) -> int | None:
        """Write a frame now and nothing else: its transaction, to be told to `expect` before the loop turns. None: it
        would have to wait for an answer, and `send` queues it."""
        if self._waiting and not self._owner.takes_several:
            return None
        self._transaction = number = (self._transaction + 1) & 0xFFFF
        self.transport.write(number.to_bytes(2, "big") + tail)
        return number

    def expect(self, transaction: int, sending: Sending) -> None:
        """What the answer to a frame that has dashed off is for."""
        self._waiting[transaction] = sending
        sending.since_s = self._loop.time()

    def send_together(self, first: Sending, second: Sending) -> None:
        """Both in one segment."""
        self.transport.write(self._frame(first) + self._frame(second))

    def waiting_s(self) -> float:
        """For how long the oldest request has been owed its answer; 0 with none."""
        for sending in self._waiting.values():
            return self._loop.time() - sending.since_s
        return 0.0

    def read_waiting_s(self) -> float:
        """The same, where that oldest one changes nothing; 0 where it is a write."""
        for sending in self._waiting.values():
            asking = isinstance(sending.request, Read | Identify)
            return self._loop.time() - sending.since_s if asking else 0.0
        return 0.0

    def end(self, code: str, detail: str) -> None:
        """Hang up; tells the owner once."""
        if self._ended:
            return
        self._ended = True
        self.transport.abort()
        outstanding = [*self._waiting.values(), *self._queued]
        self._waiting.clear()
        self._queued.clear()
        if not self.closed.done():
            self.closed.set_result(None)
        self._owner.on_closed(self, code, detail, outstanding)

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        opened: socket.socket = self.transport.get_extra_info("socket")
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_WIRE_MS)
        self._owner.guarded(lambda: self._owner.on_open(self))

    def data_received(self, data: bytes) -> None:
        self._owner.guarded(lambda: self._take(data))

    def connection_lost(self, exc: Exception | None) -> None:
        detail = "the other end closed the connection" if exc is None else str(exc)
        self._owner.guarded(lambda: self.end("reset", detail))

    def _frame(self, sending: Sending) -> bytes:
        """The whole frame, counted as sent."""
        self._transaction = (self._transaction + 1) & 0xFFFF
        self._waiting[self._transaction] = sending
        sending.since_s = self._loop.time()
        sending.leaving()
        return struct.pack(">H", self._transaction) + sending.tail

    def _take(self, data: bytes) -> None:
        if self._ended:
            return
        try:
            frames = self._reader.feed(data)
        except FramingLost as error:
            self._owner.on_strange("garbage", str(error))
            self.end("garbage", f"not Modbus TCP: {error}")
            return
        for frame in frames:
            self._answer(frame)

    def _answer(self, frame: MbapFrame) -> None:
        if frame.transaction not in self._waiting:
            self._owner.on_strange("unknown_transaction", f"transaction {frame.transaction} was never asked")
            return
        sending = self._waiting[frame.transaction]
        took_s = self._loop.time() - sending.since_s
        self._took_a_turn(frame.transaction)
        self.answers += 1
        if self._queued and not self._waiting:
            self.transport.write(self._frame(self._queued.popleft()))
        try:
            if frame.unit != self._unit:
                raise NotTheReply(f"unit {frame.unit} instead of {self._unit}")
            answer = match_reply(sending.request, frame.pdu)
        except NotTheReply as error:
            self._owner.on_strange("wrong_answer", str(error))
            sending.taken(Nothing("wrong_answer"))
            return
        self._owner.on_answer(sending.request, took_s)
        sending.taken(answer)

    def _took_a_turn(self, transaction: int) -> None:
        """One is answered: those sent after it are awaited from now on."""
        after = False
        for each, waiting in self._waiting.items():
            if after:
                waiting.since_s = self._loop.time()
            after = after or each == transaction
        for queued in self._queued:
            queued.since_s = self._loop.time()
        del self._waiting[transaction]
