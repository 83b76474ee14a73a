"""One serial line with several Modbus RTU controllers: one frame at a time, commands first.

RTU replies carry no transaction, and a read's reply not even an address. So after anything but a clean answer
the line is left quiet until a late reply can no longer be taken for the next one, and a reply is matched by
unit, function, address and value. Still, an answer to a write proves nothing: evidence does.
Source: MODBUS over Serial Line V1.02, 2.4.1 (master states, turnaround), 2.3.1.1 (silence).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from drivers.backoff import Backoff
from drivers.clock import instant
from drivers.doors.modbus_pdu import Identify, NotTheReply, Read, Request, match_reply
from drivers.doors.modbus_reading import Answer, Nothing
from drivers.doors.modbus_rtu_frame import (
    MOST_FRAME_BYTES,
    MOST_NOISE_BYTES,
    BadFrame,
    RtuFrame,
    RtuReader,
    behind_noise,
    reply_size,
    silence_s,
    wire_time_s,
)
from drivers.serial_line import LineLost, Parity, SerialLine, open_line
from rules.model.moments import Instant

log = structlog.get_logger()

_AFTER_NOISE_S = 0.05
"""How long a reply's next bytes may take behind noise; USB adapters hand over what they have every 16 ms."""


class Member(Protocol):
    """A controller on the line, as the line sees it."""

    @property
    def up(self) -> bool:
        """Answers; a controller never heard counts as answering until it has failed."""

    @property
    def doubtful(self) -> bool:
        """Did not answer the last time: those that did go first."""

    def line_open(self) -> None: ...

    def line_lost(self, detail: str) -> None: ...

    def strange(self, code: str, detail: str) -> None: ...


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and its answer. `taken` is called once, on the loop; `dropped` ones are never sent.

    left: when the frame left; None until then.
    """

    member: Member
    unit: int
    request: Request
    frame: bytes
    timeout_s: float
    taken: Callable[[Answer], None]
    left: Instant | None = None
    dropped: bool = False

    @property
    def asks(self) -> bool:
        """Whether it changes nothing."""
        return isinstance(self.request, Read | Identify)


class RtuBus:
    """Shared by the drivers of one port. Each of them runs `serve`: one does the work, another takes over."""

    def __init__(self, port: str, baud: int, parity: Parity) -> None:
        self.port = port
        self.baud = baud
        self.parity: Parity = parity
        self.members: list[Member] = []
        self.is_open = False
        self._commands: list[Exchange] = []
        self._polls: list[Exchange] = []
        self._serving = asyncio.Lock()
        self._stirred = asyncio.Event()
        self._backoff = Backoff()
        self._free_at_s = 0.0
        self._quiet_since_s = 0.0
        self._quiet_until_s = 0.0
        self._quiet_for_s = 0.0
        self._slow_lane_at_s = 0.0
        self._echoes = False
        self._noisy = False

    async def serve(self) -> None:
        """Keep the port open and the exchanges going, until cancelled."""
        async with self._serving:
            while True:
                await asyncio.sleep(self._backoff.pause_s())
                try:
                    line = await open_line(self.port, self.baud, self.parity, self._stirred.set)
                except LineLost as error:
                    self._report_lost(str(error))
                    continue
                try:
                    self._begin()
                    await self._work(line)
                except LineLost as error:
                    self._report_lost(str(error))
                finally:
                    self.is_open = False
                    line.close()

    def submit(self, exchange: Exchange) -> None:
        """Put a read behind, a write ahead of, what waits. Reads need an open line; writes wait for one."""
        if not exchange.asks:
            self._commands.append(exchange)
        elif self.is_open:
            self._polls.append(exchange)
        else:
            exchange.taken(Nothing("unreachable", lost=True))
        self._stirred.set()

    def has_others(self, member: Member) -> bool:
        """Whether any other controller on the line answers."""
        return any(other.up for other in self.members if other is not member)

    def _begin(self) -> None:
        self.is_open = True
        self._echoes = False
        self._quiet_until_s = self._slow_lane_at_s = 0.0
        for member in self.members:
            member.line_open()

    def _report_lost(self, detail: str) -> None:
        self.is_open = False
        polls, self._polls = self._polls, []
        for poll in polls:
            poll.taken(Nothing("unreachable", lost=True))
        for member in self.members:
            member.line_lost(detail)

    async def _work(self, line: SerialLine) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._stirred.clear()
            if line.take():
                self._heard(loop.time())
            exchange, wait_s = self._next(loop.time())
            if exchange is None:
                await self._rest(wait_s)
                continue
            began_s = loop.time()
            try:
                answer = await self._carry(line, exchange)
            except LineLost:
                exchange.taken(Nothing("reset", lost=True))
                raise
            self._account(exchange, answer, began_s, loop.time())
            exchange.taken(answer)

    def _next(self, now_s: float) -> tuple[Exchange | None, float | None]:
        """What may be sent now; else how long until it might (None: until something is submitted)."""
        self._commands = [waiting for waiting in self._commands if not waiting.dropped]
        self._polls = [waiting for waiting in self._polls if not waiting.dropped]
        prompt = [each for each in self._commands if not each.member.doubtful]
        slow = [each for each in self._commands if each.member.doubtful]
        slow += [each for each in self._polls if not each.member.up]
        polls = [each for each in self._polls if each.member.up]
        best: Exchange | None = None
        at_s = float("inf")
        if prompt:
            best, at_s = prompt[0], self._ready_s(command=True)
        else:
            # Controllers that did not answer get half of the line at most: the others' evidence stays fresh.
            alone = not (slow and self.has_others(slow[0].member))
            slow_at_s = max(self._ready_s(command=False), 0.0 if alone else self._slow_lane_at_s)
            if slow and (not polls or slow_at_s <= now_s):
                best, at_s = slow[0], slow_at_s
            if polls and not (best is not None and at_s <= now_s):
                best, at_s = polls[0], self._ready_s(command=False)
        if best is None:
            return None, None
        if at_s > now_s:
            return None, at_s - now_s
        (self._polls if best.asks else self._commands).remove(best)
        return best, None

    def _ready_s(self, command: bool) -> float:
        """When the line may carry a frame. A babbling one holds up a command for one more gap at most."""
        longest_s = self._quiet_since_s + self._quiet_for_s * (2 if command else 4)
        return max(self._free_at_s, min(self._quiet_until_s, longest_s))

    def _heard(self, now_s: float) -> None:
        """Bytes that nobody asked for: the silence is counted again."""
        self._free_at_s = now_s + silence_s(self.baud)
        if now_s < self._quiet_until_s:
            self._quiet_until_s = now_s + self._quiet_for_s

    def _account(self, exchange: Exchange, answer: Answer, began_s: float, now_s: float) -> None:
        self._free_at_s = now_s + silence_s(self.baud)
        if not isinstance(answer, Nothing):
            self._backoff.reset()
            return
        self._quiet_since_s = now_s
        self._quiet_for_s = exchange.timeout_s
        self._quiet_until_s = now_s + exchange.timeout_s
        self._slow_lane_at_s = self._quiet_until_s + (self._quiet_until_s - began_s)

    async def _carry(self, line: SerialLine, exchange: Exchange) -> Answer:
        """Send one frame and wait for its answer. Raises LineLost."""
        loop = asyncio.get_running_loop()
        reader = RtuReader(reply_size)
        heard, noise = b"", ""
        exchange.left = instant()
        line.write(exchange.frame)
        until_s = loop.time() + wire_time_s(len(exchange.frame), self.baud) + exchange.timeout_s
        while True:
            self._stirred.clear()
            data = line.take()
            if not data:
                left_s = until_s - loop.time()
                if left_s <= 0 and noise:
                    exchange.member.strange("garbage", noise)
                    return Nothing("garbage")
                if left_s <= 0:
                    return Nothing("silent")
                await self._rest(left_s)
                continue
            heard += data
            if self._echoing(exchange, heard):
                return Nothing("local_echo")
            try:
                frames = [] if noise else reader.feed(data)
            except BadFrame as error:
                if exchange.frame.startswith(heard):
                    continue  # perhaps the beginning of an echo
                frames, noise = [], str(error)
            if noise:
                # A bus that turns round may say a byte or two before the reply; whatever else is behind it is none.
                found = behind_noise(heard, exchange.unit, exchange.request.function)
                frames = self._noted_noise(found, exchange)
                until_s = loop.time() + _AFTER_NOISE_S
                if not frames and len(heard) > MOST_NOISE_BYTES + MOST_FRAME_BYTES:
                    exchange.member.strange("garbage", noise)
                    return Nothing("garbage")
            for frame in frames:
                if frame.unit != exchange.unit:
                    exchange.member.strange("wrong_unit", f"unit {frame.unit} answers for {exchange.unit}")
                    continue
                try:
                    return match_reply(exchange.request, frame.pdu)
                except NotTheReply as error:
                    exchange.member.strange("wrong_answer", str(error))
                    return Nothing("wrong_answer")

    def _echoing(self, exchange: Exchange, heard: bytes) -> bool:
        """Whether the adapter gives back what we send. A write's echo equals its answer: then none counts."""
        # Also behind noise: an echo that is not known for one would be the answer to a write.
        echoed = 0 <= heard.find(exchange.frame) <= MOST_NOISE_BYTES
        if exchange.asks:
            if echoed:
                self._echoes = True
                exchange.member.strange(
                    "local_echo", "the adapter repeats what it is sent; switch its echo off"
                )
                return True
            return False
        return self._echoes and echoed

    def _noted_noise(self, found: RtuFrame | None, exchange: Exchange) -> list[RtuFrame]:
        if found is None:
            return []
        if not self._noisy:
            self._noisy = True
            log.warning(
                "serial line says something before its answers; they are taken all the same; look at its biasing, "
                "termination and cable",
                port=self.port,
                unit=exchange.unit,
            )
        return [found]

    async def _rest(self, within_s: float | None) -> None:
        """Until bytes, a loss or a submission stir the line, at most so long."""
        if within_s is None:
            await self._stirred.wait()
            return
        timer = asyncio.get_running_loop().call_later(within_s, self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            timer.cancel()
