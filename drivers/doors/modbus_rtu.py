"""A controller on a serial Modbus RTU line that it may share with others.

Start at `ModbusRtu.execute`; the line itself is `modbus_rtu_bus`.
"""

import asyncio
import time
from functools import partial

import structlog

from drivers.base import Emit, Watch, checked
from drivers.clock import instant
from drivers.doors.modbus_command import Command, Prepared
from drivers.doors.modbus_identity import Asking, Quiet, always
from drivers.doors.modbus_pdu import Identify, Read, Refusal, encode_request
from drivers.doors.modbus_plan import DEFAULT_MOST_GAP
from drivers.doors.modbus_presence import Presence
from drivers.doors.modbus_reading import INTERRUPTED, Answer, Nothing, Reading
from drivers.doors.modbus_rounds import Rounds
from drivers.doors.modbus_rtu_bus import Exchange, RtuBus
from drivers.doors.modbus_rtu_frame import encode_rtu
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, Scanned
from rules.model.ids import ControllerId
from rules.model.moments import SECOND_US, Instant
from rules.model.values import dataclass

log = structlog.get_logger()

_DOWN_AFTER = 2
"""Failures in a row that mean down: one spoilt frame is ordinary on a serial line."""
_PROBE_EVERY_S = 2.0
_PROBE_ALONE_EVERY_S = 0.5
"""How often a controller that is down is asked once, on a line with others that answer, and with none."""
_COMMAND_TIMEOUTS = 6
"""A command waits for the line at most so many time-outs: one exchange, one gap, and others' commands."""


@dataclass(frozen=True, slots=True)
class ModbusRtuConfig:
    """One controller. `unit`: 1 to 247, never 0: nothing is broadcast. `timeout_us`: from the end of a frame.

    most_gap: unwatched points that a read may bridge; 0 reads nothing but the watched ones.
    readback_offset: where the device shows its coils to a read (`modbus_plan.READBACK_OFFSET` by model).
    identify: whether it is asked what it is (`modbus_identity`).
    """

    controller: ControllerId
    unit: int
    timeout_us: int
    watch: Watch
    most_gap: int = DEFAULT_MOST_GAP
    readback_offset: int = 0
    identify: bool = False


class ModbusRtu:
    """A `drivers.base.Driver` on a shared `RtuBus`."""

    def __init__(self, config: ModbusRtuConfig, bus: RtuBus, quiet: Quiet = always) -> None:
        """quiet: when it may be asked what it is. Raises ValueError for a unit that is not one device's address."""
        if not 1 <= config.unit <= 247:
            raise ValueError(f"unit {config.unit}: a device on a serial line has 1 to 247")
        self.controller = config.controller
        self.strange_answers = 0
        """Answers that were none of ours. None was believed."""
        self._config = config
        self._bus = bus
        self._timeout_s = config.timeout_us / SECOND_US
        self._prepared = Prepared(partial(encode_rtu, config.unit))
        self._rounds = Rounds(config.watch)
        self._reading = Reading(config.controller, config.watch, config.most_gap, config.readback_offset)
        self._asking = Asking(config.controller, config.identify, quiet)
        self._presence = Presence(config.controller, self._timeout_s, self._asking.answers)
        self._commands: dict[Command, dict[int, Exchange]] = {}
        self._reads: Exchange | None = None
        self._stirred = asyncio.Event()
        self._failures = 0
        self._probe_at_s = 0.0
        self._left: list[Instant] = []
        self._told: set[str] = set()
        bus.members.append(self)

    async def run(self, emit: Emit) -> None:
        self._presence.emit = emit
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._bus.serve(), name=f"{self.controller} serial line {self._bus.port}")
                tasks.create_task(self._poll(emit), name=f"{self.controller} polling")
        finally:
            self._presence.stop()
            for command in tuple(self._commands):
                self._finish(command, "stopped")

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        writes = self._prepared.writes(checked(permit, self.controller).drives)
        command = Command(permit, writes)
        loop = asyncio.get_running_loop()
        command.timer = loop.call_later(self._timeout_s, self._line_checked, command)
        for earlier in tuple(self._commands):
            if earlier.overtaken_by(permit):
                self._call_back(earlier)
        self._commands[command] = {}
        if self._reads is not None and self._reads.left is None:
            # A read that still waits for the line is given up, so that what the round has found is told now.
            self._reads.dropped = True
            self._reads.taken(Nothing(INTERRUPTED))
        for which in tuple(command.unanswered):
            self._send_one(command, which)
        return command.future

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        self._prepared.writes(drives)

    # --- what the line asks and reports (modbus_rtu_bus.Member) ---

    @property
    def up(self) -> bool:
        return self._failures < _DOWN_AFTER

    @property
    def doubtful(self) -> bool:
        return self._failures > 0

    def line_open(self) -> None:
        self._rounds.at_once()
        self._reading.start_over()
        self._failures = 0
        self._stirred.set()

    def line_lost(self, detail: str) -> None:
        self._presence.failed("unreachable", detail)
        self._stirred.set()

    def strange(self, code: str, detail: str) -> None:
        self.strange_answers += 1
        if code not in self._told:
            self._told.add(code)
            log.error(
                "serial line gives answers that cannot be right; none is believed; look for two devices of "
                "one address, a wrong baud rate or parity, an adapter with echo, missing termination",
                controller=self.controller,
                port=self._bus.port,
                code=code,
                detail=detail,
            )

    # --- commands ---

    def _send_one(self, command: Command, which: int) -> None:
        for number in command.due(which, self._prepared):
            prepared = command.unanswered[number]
            exchange = self._commands[command][number] = Exchange(
                member=self,
                unit=self._config.unit,
                request=prepared.write,
                frame=prepared.frame,
                timeout_s=self._timeout_s,
                taken=partial(self._answered, command, number),
            )
            self._bus.submit(exchange)
        if not command.unanswered:
            self._finish(command, "overtaken")

    def _call_back(self, command: Command) -> None:
        """A later command drives some of its coils the other way: what waits of those does not leave any more."""
        for which, exchange in tuple(self._commands[command].items()):
            if exchange.left is None and not exchange.dropped and which in command.unanswered:
                exchange.dropped = True
                self._send_one(command, which)

    def _answered(self, command: Command, which: int, answer: Answer) -> None:
        if command not in self._commands:
            return
        command.sent = command.sent or self._commands[command][which].left is not None
        if isinstance(answer, Nothing) and answer.lost:
            self._send_one(command, which)
            return
        self._count(answer)
        if isinstance(answer, Refusal) and which in command.unanswered:
            pieces = self._prepared.instead(command.unanswered[which].write, answer)
            for piece in command.replaced(which, pieces) if pieces else ():
                if command in self._commands:
                    self._send_one(command, piece)
            if pieces:
                return
        if command.answered(which, answer):
            self._ended(command)

    def _line_checked(self, command: Command) -> None:
        """One time-out has passed: with no line at all it ends now, else it may wait for its turn."""
        if not self._bus.is_open:
            self._finish(command, "unreachable")
            return
        rest_s = self._timeout_s * (_COMMAND_TIMEOUTS - 1)
        command.timer = asyncio.get_running_loop().call_later(rest_s, self._finish, command, "line_busy")

    def _finish(self, command: Command, code: str) -> None:
        exchanges = tuple(self._commands.get(command, {}).values())
        for exchange in exchanges:
            exchange.dropped = True
        command.sent = command.sent or any(exchange.left is not None for exchange in exchanges)
        command.expire(code)
        self._ended(command)

    def _ended(self, command: Command) -> None:
        self._commands.pop(command, None)
        self._rounds.commanded(time.monotonic())
        self._stirred.set()

    # --- polling ---

    async def _poll(self, emit: Emit) -> None:
        while True:
            if not self._bus.is_open or self._commands:
                await self._stir(None)
                continue
            wait_s = self._rounds.due_s() - time.monotonic()
            if not self.up:
                wait_s = max(wait_s, self._probe_at_s - time.monotonic())
            if wait_s > 0:
                await self._stir(wait_s)
                continue
            which = self._rounds.begin(time.monotonic())
            self._probe_at_s = time.monotonic() + (
                _PROBE_EVERY_S if self._bus.has_others(self) else _PROBE_ALONE_EVERY_S
            )
            self._left.clear()
            found = await self._reading.round(which, self._ask, lambda: bool(self._commands))
            if not isinstance(found, Nothing) and found:
                if self._reading.changed:
                    self._rounds.changed(time.monotonic())
                emit(Scanned(instant(), self.controller, self._left[0], found))
                if which == "all" and not self._commands and self._asking.due():
                    said = await self._asking.ask(self._identify)
                    if said is not None:
                        emit(said)

    async def _identify(self, identify: Identify) -> Answer:
        """One exchange that counts for nothing else: no answer to it is no failure of the controller's."""
        return await self._exchanged(identify)

    async def _ask(self, read: Read) -> Answer:
        answer = await self._exchanged(read)
        self._count(answer)
        return answer

    async def _exchanged(self, asking: Read | Identify) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        exchange = Exchange(
            member=self,
            unit=self._config.unit,
            request=asking,
            frame=encode_rtu(self._config.unit, encode_request(asking)),
            timeout_s=self._timeout_s,
            taken=lambda answer: None if future.done() else future.set_result(answer),
        )
        self._reads = exchange
        self._bus.submit(exchange)
        try:
            answer = await future
        finally:
            self._reads = None
            exchange.dropped = True
        if exchange.left is not None:
            self._left.append(exchange.left)
        return answer

    def _count(self, answer: Answer) -> None:
        """Keep the tally of answers and failures."""
        if isinstance(answer, Nothing):
            if answer.lost or answer.code == INTERRUPTED:
                return
            self._failures += 1
            if not self.up:
                self._presence.failed(
                    answer.code, f"unit {self._config.unit} on {self._bus.port}: {answer.code}"
                )
            return
        if not self.up:
            self._rounds.at_once()
        self._failures = 0
        self._presence.answered()

    async def _stir(self, within_s: float | None) -> None:
        """Wait until the line or a command changes something, at most so long."""
        self._stirred.clear()
        if within_s is None or within_s == float("inf"):
            await self._stirred.wait()
            return
        timer = asyncio.get_running_loop().call_later(within_s, self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            timer.cancel()
