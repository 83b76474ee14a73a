"""The way to one Modbus TCP controller: a connection that is opened again whenever it is lost."""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

import structlog

from drivers.backoff import Backoff
from drivers.doors.modbus_mbap import encode_mbap_tail
from drivers.doors.modbus_pdu import Asking, Identify, Read, Request, encode_request
from drivers.doors.modbus_reading import NOT_SENT, Answer, Nothing
from drivers.doors.modbus_tcp_connection import Connection, Sending

log = structlog.get_logger()

CONNECT_WITHIN_S = 1.0
"""A connect into a filter that drops never returns by itself; the kernel repeats its SYN only after 1 s."""
URGENT_PAUSE_S = 0.05
"""Between attempts while a command waits."""
_PATIENCE_S = 0.05
_PATIENCE_TIMES = 8
"""A request unanswered for longer than this, and than so many usual answers, makes a connection doubtful."""
_SECOND_ANSWER_S = 0.1
_FEW_ANSWERS = 2
_BRIEF_IN_A_ROW = 2
"""A device that so often in a row hangs up after so few answers does so by habit."""


class _Overdue:
    """Calls once a request has been awaited for the whole time-out."""

    def __init__(self, sending: Sending, timeout_s: float, act: Callable[[], None]) -> None:
        self._sending, self._timeout_s, self._act = sending, timeout_s, act
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(timeout_s, self._look)

    def cancel(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left_s = self._sending.since_s + self._timeout_s - self._loop.time()
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._look)
        else:
            self._act()


class Owner(Protocol):
    """What a link tells the driver, from callbacks of the loop; `guarded` runs one and loses no bug."""

    def opened(self, link: "TcpLink") -> None: ...

    def proven(self, link: "TcpLink") -> None: ...

    def lost(self, link: "TcpLink", code: str, detail: str) -> None: ...

    def unreachable(self, link: "TcpLink", code: str, detail: str) -> None: ...

    def strange(self, code: str, detail: str) -> None: ...

    def urgent(self) -> bool: ...

    def guarded(self, act: Callable[[], None]) -> None: ...


class TcpLink:
    """Sends at once while `up`. Loses what was outstanding with the connection, and says so to each asker.

    Not every device takes a second request before it has answered the first: how many is the server's choice
    (Messaging on TCP/IP Implementation Guide V1.0b), and some lose what came in one segment with another
    (pymodbus's server 3.16.1 does). So the first read of all is sent twice in one segment, while nothing is at
    stake; where not both are answered, requests go one at a time from then on.
    """

    def __init__(self, host: str, port: int, unit: int, timeout_s: float, owner: Owner) -> None:
        self.address = f"{host}:{port}"
        self.takes_several: bool | None = None
        self.is_proven = False
        """Something valid came over the present connection."""
        self.patience_s = _PATIENCE_S
        """How long a read's answer may take before it is doubted that it comes."""
        self.write_patience_s = _PATIENCE_S
        """The same for a write's: a relay may take its time where a read does not."""
        self._host = host
        self._port = port
        self._unit = unit
        self._timeout_s = timeout_s
        self._owner = owner
        self._connection: Connection | None = None
        self._backoff = Backoff()
        self._hurry = asyncio.Event()
        self._reopened = asyncio.Event()
        self._attempt: asyncio.Timeout | None = None
        self._attempt_since_s = 0.0
        self._tails: dict[Asking, bytes] = {}
        self.answered_s = -math.inf
        """When the device last answered, by the loop's clock (CLOCK_MONOTONIC)."""
        self._usual_s: dict[bool, float] = {}
        self._write_doubted = False
        self._brief = 0

    @property
    def up(self) -> bool:
        return self._connection is not None

    @property
    def hangs_up(self) -> bool:
        """The device ends its connections after an answer: a new one is then no news."""
        return self._brief >= _BRIEF_IN_A_ROW

    async def keep(self) -> None:
        """Connect, and connect again whenever the connection is lost, until cancelled."""
        try:
            while True:
                await self._rest(self._backoff.pause_s())
                try:
                    connection = await self._connect()
                except ConnectionRefusedError:
                    self._owner.unreachable(self, "refused", f"{self.address} refuses the connection")
                except OSError as error:  # TimeoutError among them, ours and ETIMEDOUT alike
                    self._owner.unreachable(
                        self, "unreachable", f"no way to {self.address}: {str(error) or 'no answer'}"
                    )
                else:
                    await connection.closed
        finally:
            self.abort("stopped", "")

    def hurry(self) -> None:
        """A command waits: connect now, and not by an attempt that has been hanging."""
        self._hurry.set()
        loop = asyncio.get_running_loop()
        if self._attempt is not None and loop.time() - self._attempt_since_s > URGENT_PAUSE_S:
            self._attempt.reschedule(loop.time())
            self._attempt = None

    def send(self, sending: Sending) -> None:
        """Put one frame on the wire now, or right after the answer that a one-at-a-time device still owes."""
        if self._connection is None:
            sending.taken(Nothing("reset", lost=True))
        else:
            self._connection.send(sending)

    def dash(self, tail: bytes) -> tuple[Connection, int] | None:
        """Put one frame on the wire now; where it went, to be told of its sending. None: `send` it."""
        connection = self._connection
        number = None if connection is None else connection.dash(tail)
        return None if connection is None or number is None else (connection, number)

    async def ask(self, read: Read) -> Answer:
        """Read; an answer that does not come in time takes the connection with it.

        Once more over a new connection where the device hung up after it had answered: some do so each time.
        """
        connection = self._connection
        if connection is None:
            return Nothing("reset", lost=True)
        answer = await self._ask(connection, read)
        if isinstance(answer, Nothing) and answer.lost and self.hangs_up and await self._again():
            return answer if self._connection is None else await self._ask(self._connection, read)
        return answer

    async def identify(self, identify: Identify, within_s: float) -> Answer:
        """Ask what the device is. One that gives no answer in time loses the connection and nothing else: whatever it
        still says would be taken for another's. No usual time is learned from it.
        """
        connection = self._connection
        if connection is None or self.takes_several is None or self.hangs_up:
            return Nothing(NOT_SENT, lost=True)
        sending, answer = self._sending(identify)

        def give_up() -> None:
            if self._connection is connection:
                self.abort("unanswered", f"{self.address} does not say what it is")

        overdue = _Overdue(sending, within_s, lambda: self._owner.guarded(give_up))
        try:
            connection.send(sending)
            return await answer
        finally:
            overdue.cancel()

    async def _ask(self, connection: Connection, read: Read) -> Answer:
        sending, answer = self._sending(read)
        overdue = _Overdue(sending, self._timeout_s, partial(self._overdue, connection))
        doubt = self._doubt(connection, sending)
        try:
            if self.takes_several is not None:
                connection.send(sending)
                return await answer
            again, second = self._sending(read)
            connection.send_together(sending, again)
            first = await answer
        finally:
            overdue.cancel()
            if doubt is not None:
                doubt.cancel()
        await self._learn(connection, first, second)
        return first

    async def _again(self) -> bool:
        """Whether a new connection is there soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout_s):
                while self._connection is None:
                    self._reopened.clear()
                    await self._reopened.wait()
        return self._connection is not None

    def suspect(self) -> bool:
        """Whether a read sent earlier has been unanswered too long for a command to join it."""
        return self._connection is not None and self._connection.read_waiting_s() > self.patience_s

    def doubted(self) -> None:
        """A write is sent anew for want of an answer: from now on wait for one, until it is known how long it takes."""
        self.write_patience_s = self._timeout_s
        self._write_doubted = True

    def give_up_silent(self) -> None:
        """Hang up if anything has been unanswered for the whole time-out (nearly: clocks tick)."""
        if self._connection is not None and self._connection.waiting_s() >= 0.95 * self._timeout_s:
            self.abort("silent", self._silence)

    def abort(self, code: str, detail: str) -> None:
        """Hang up now; a new connection is begun by `keep`."""
        if self._connection is not None:
            self._connection.end(code, detail)

    # --- modbus_tcp_connection.ConnectionOwner ---

    def on_open(self, connection: Connection) -> None:
        self._connection = connection
        self.is_proven = False
        self._tails.clear()
        self._reopened.set()
        self._owner.opened(self)

    def on_closed(self, connection: Connection, code: str, detail: str, outstanding: list[Sending]) -> None:
        if self._connection is connection:
            self._connection = None
            self.is_proven = False
        self._count_brief(connection, code)
        for sending in outstanding:
            sending.taken(Nothing(code, lost=True))
        self._owner.lost(self, code, detail)

    def on_answer(self, request: Request, took_s: float) -> None:
        if took_s > self._timeout_s:
            return  # too late: what it answers has been given up
        self.answered_s = asyncio.get_running_loop().time()
        self._backoff.reset()
        self.is_proven = True
        if isinstance(request, Identify):
            self._owner.proven(self)
            return
        patience_s = self._learn_usual(isinstance(request, Read), took_s)
        read = isinstance(request, Read)
        if read:
            self.patience_s = patience_s
        if not read or not (self._write_doubted or False in self._usual_s):
            self.write_patience_s = patience_s
        self._owner.proven(self)

    def on_strange(self, code: str, detail: str) -> None:
        self._owner.strange(code, f"{self.address}: {detail}")

    def guarded(self, act: Callable[[], None]) -> None:
        self._owner.guarded(act)

    # --- below ---

    def _learn_usual(self, read: bool, took_s: float) -> float:
        """The patience with the next of its kind. A write that was doubted and sent anew has shown how long one takes:
        there is twice the time for the next, as for a read, and not so much that a second dead connection costs more."""
        usual = self._usual_s.get(read, took_s)
        if not read and self._write_doubted:
            self._write_doubted = False
            usual = max(took_s, 2 * self._usual_s.get(False, self._usual_s.get(True, took_s)))
        else:
            usual = 0.8 * usual + 0.2 * took_s
        self._usual_s[read] = usual
        return max(_PATIENCE_S, _PATIENCE_TIMES * usual)

    def _count_brief(self, connection: Connection, code: str) -> None:
        if code == "reset" and 1 <= connection.answers <= _FEW_ANSWERS:
            self._brief += 1
        elif connection.answers:
            self._brief = 0
        if self.hangs_up:
            self.takes_several = False

    @property
    def _silence(self) -> str:
        return f"no answer from {self.address} within {self._timeout_s:g} s"

    def _sending(self, read: Asking) -> "tuple[Sending, asyncio.Future[Answer]]":
        tail = self._tails.get(read)
        if tail is None:
            tail = self._tails[read] = encode_mbap_tail(self._unit, encode_request(read))
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        return Sending(read, tail, lambda came: None if answer.done() else answer.set_result(came)), answer

    async def _learn(self, connection: Connection, first: Answer, second: "asyncio.Future[Answer]") -> None:
        """Whether the device answers the second of two requests that came together."""
        if isinstance(first, Nothing):
            return
        await asyncio.wait([second], timeout=max(_SECOND_ANSWER_S, self.patience_s))
        if second.done():
            also = second.result()
            if isinstance(also, Nothing) and also.lost:
                return  # the connection went: try again on the next
            self.takes_several = type(also) is type(first)
        else:
            self.takes_several = False
            if self._connection is connection:
                # What became of the second request is unknown: only a new connection is clean.
                self.abort("one_at_a_time", "a second request at a time was not answered")
        if not self.takes_several:
            log.info(
                "controller takes one request at a time; commands wait for a read's answer", at=self.address
            )

    def _overdue(self, connection: Connection) -> None:
        def give_up() -> None:
            if self._connection is connection:
                self.abort("silent", self._silence)

        self._owner.guarded(give_up)

    def _doubt(self, connection: Connection, sending: Sending) -> _Overdue | None:
        """Hang up on a connection whose read is not answered as soon as is usual by far: nobody tells of one that was
        lost without a word, and the next press is to find one that lives. A board that hesitates gets twice the time
        with each, and less again with each answer that comes as usual."""
        known = self.is_proven and True in self._usual_s and not self.hangs_up
        if not known or self.patience_s >= self._timeout_s:
            return None

        def hang_up() -> None:
            if self._connection is connection:
                self.patience_s *= 2
                self._usual_s[True] = self.patience_s / _PATIENCE_TIMES
                self.abort("unanswered", self._silence)

        return _Overdue(sending, self.patience_s, lambda: self._owner.guarded(hang_up))

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        self._attempt_since_s = loop.time()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S) as self._attempt:
                _, connection = await loop.create_connection(
                    lambda: Connection(self, self._unit), self._host, self._port
                )
                return connection
        finally:
            self._attempt = None

    async def _rest(self, pause_s: float) -> None:
        if self._owner.urgent():
            pause_s = min(pause_s, URGENT_PAUSE_S)
        self._hurry.clear()
        if pause_s <= 0:
            return
        timer = asyncio.get_running_loop().call_later(pause_s, self._hurry.set)
        try:
            await self._hurry.wait()
        finally:
            timer.cancel()
