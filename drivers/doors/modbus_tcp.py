"""A controller on Modbus TCP: locks by one frame at once, evidence by polling in between.

Our own client, because a press may not wait: a frame leaves inside `execute`, a lost connection is opened
again within 0.2 s, and nothing is queued behind a poll. Start at `ModbusTcp.execute`; the connection itself
is `modbus_tcp_link`, what is read when is `modbus_rounds` and `modbus_reading`.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial

import structlog

from drivers.base import Emit, Watch, checked
from drivers.burst import Burst
from drivers.clock import instant
from drivers.doors.modbus_command import Command, Prepared, PreparedWrite
from drivers.doors.modbus_identity import ANSWER_S, Asking, Quiet, always
from drivers.doors.modbus_mbap import encode_mbap_tail
from drivers.doors.modbus_pdu import Refusal
from drivers.doors.modbus_plan import DEFAULT_MOST_GAP
from drivers.doors.modbus_presence import Presence
from drivers.doors.modbus_reading import Answer, Nothing, Reading
from drivers.doors.modbus_rounds import Rounds
from drivers.doors.modbus_tcp_connection import Connection, Sending
from drivers.doors.modbus_tcp_link import TcpLink
from rules.model.commands import Drive, Permit
from rules.model.events import CommandEnded, Scanned
from rules.model.ids import ControllerId
from rules.model.moments import SECOND_US
from rules.model.values import dataclass

log = structlog.get_logger()

_MOST_CUT_OFF = 2
"""A device that hangs up on a command so often in a row gets it again by the rules' back-off, and is read first."""
_REST_S = 0.03
"""After a command, before its bolts are read: other boards may still be taking up theirs, and no bolt moves sooner."""
_KEEP_WARM_ROUND = 4
"""With two connections every so many rounds of evidence use the one for commands, to know that it lives."""


_Dashed = tuple[
    Permit, tuple[PreparedWrite, ...], "asyncio.Future[CommandEnded]", TcpLink, tuple[Connection, int]
]
"""A command whose only frame has left, on which connection and by which transaction."""


@dataclass(frozen=True, slots=True)
class ModbusTcpConfig:
    """One controller. `timeout_us`: for each answer and for each command. `connections`: 1 or 2.

    most_gap: unwatched points that a read may bridge; 0 reads nothing but the watched ones.
    readback_offset: where the device shows its coils to a read (`modbus_plan.READBACK_OFFSET` by model).
    identify: whether it is asked what it is (`modbus_identity`).
    """

    controller: ControllerId
    host: str
    port: int
    unit: int
    timeout_us: int
    connections: int
    watch: Watch
    most_gap: int = DEFAULT_MOST_GAP
    readback_offset: int = 0
    identify: bool = False


class ModbusTcp:
    """A `drivers.base.Driver`."""

    def __init__(self, config: ModbusTcpConfig, burst: Burst | None = None, quiet: Quiet = always) -> None:
        """burst: what lets many boards' frames leave before anything is kept of them. quiet: when it may be asked what it is."""
        self.controller = config.controller
        self.strange_answers = 0
        """Answers that were none of ours: wrong echo, unknown transaction, no Modbus. None was believed."""
        self._config = config
        self._timeout_s = config.timeout_us / SECOND_US
        self._prepared = Prepared(partial(encode_mbap_tail, config.unit))
        self._rounds = Rounds(config.watch)
        self._reading = Reading(config.controller, config.watch, config.most_gap, config.readback_offset)
        self._asking = Asking(config.controller, config.identify, quiet)
        self._presence = Presence(config.controller, self._timeout_s, self._asking.answers)
        self._links = tuple(
            TcpLink(config.host, config.port, config.unit, self._timeout_s, self)
            for _ in range(2 if config.connections > 1 else 1)
        )
        self._burst = burst or Burst()
        self._commands: dict[Command, TcpLink | None] = {}
        """And the way each went."""
        self._dashed: _Dashed | None = None
        self._stirred = asyncio.Event()
        self._evidence_rounds = 0
        self._told: set[str] = set()
        self._bug: asyncio.Future[None] | None = None

    async def run(self, emit: Emit) -> None:
        self._presence.emit = emit
        self._bug = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as tasks:
                for number, link in enumerate(self._links):
                    tasks.create_task(link.keep(), name=f"{self.controller} connection {number}")
                tasks.create_task(self._poll(emit), name=f"{self.controller} polling")
                tasks.create_task(_raise(self._bug), name=f"{self.controller} callbacks")
        finally:
            self._presence.stop()
            for command in tuple(self._commands):
                self._finish(command, "stopped")

    def execute(self, permit: Permit) -> "asyncio.Future[CommandEnded]":
        writes = self._prepared.writes(checked(permit, self.controller).drives)
        self._keep_books()
        link = self._commanding_link()
        if link is not None and link.suspect():
            link.abort("unanswered", f"{link.address} owes an answer for too long")
            link = self._commanding_link()
        if link is not None and not self._commands and len(writes) == 1:
            gone = link.dash(writes[0].frame)
            if gone is not None:
                future: asyncio.Future[CommandEnded] = asyncio.get_running_loop().create_future()
                self._dashed = permit, writes, future, link, gone
                self._burst.then(self._keep_books)
                return future
        return self._begun(Command(permit, writes), link)

    def prepare(self, drives: tuple[Drive, ...]) -> None:
        self._prepared.writes(drives)

    # --- what the links report (modbus_tcp_link.Owner) ---

    def opened(self, link: TcpLink) -> None:
        for command in tuple(self._commands):
            if not command.in_flight:
                self._send(command, link)
        if not link.hangs_up:
            self._rounds.at_once()
            self._reading.start_over()
        if not (self._config.watch.evidence or self._config.watch.fast):
            self._presence.answered()
        self._stirred.set()

    def proven(self, link: TcpLink) -> None:
        self._presence.answered()

    def lost(self, link: TcpLink, code: str, detail: str) -> None:
        self._stirred.set()
        other = self._commanding_link()
        for command, via in tuple(self._commands.items()):
            if via is link and not command.in_flight and code != "stopped":
                command.cut_off += 1
                if command.cut_off > _MOST_CUT_OFF:
                    self._finish(command, code)
                    continue
            if not command.in_flight and other is not None:
                self._send(command, other)
        if code == "stopped" or link.hangs_up or any(each.is_proven for each in self._links):
            return
        if code == "silent":
            self._presence.failed(code, detail)
        else:
            self._presence.lost("silent" if code == "unanswered" else code, detail)

    def unreachable(self, link: TcpLink, code: str, detail: str) -> None:
        if not any(each.is_proven for each in self._links):
            self._presence.failed(code, detail)

    def strange(self, code: str, detail: str) -> None:
        self.strange_answers += 1
        if code not in self._told:
            self._told.add(code)
            log.error(
                "controller gives answers that cannot be right; none is believed; look for a second device "
                "or a gateway at its address",
                controller=self.controller,
                code=code,
                detail=detail,
            )

    def urgent(self) -> bool:
        return bool(self._commands)

    def guarded(self, act: Callable[[], None]) -> None:
        """Run a callback of the loop's; a bug in it ends `run` instead of being a line in a log."""
        try:
            act()
        except Exception as bug:
            if self._bug is None or self._bug.done():
                raise
            self._bug.set_exception(bug)

    # --- commands ---

    def _begun(self, command: Command, link: TcpLink | None) -> "asyncio.Future[CommandEnded]":
        for earlier in self._commands:
            earlier.overtaken_by(command.permit)
        self._commands[command] = None
        if link is not None:
            self._send(command, link)
        else:
            for closed in self._links:
                closed.hurry()
        self._burst.then(partial(self._arm, command, link))
        return command.future

    def _keep_books(self) -> None:
        """Of the command whose frame has just dashed off: what is its answer, and what if there is none."""
        if self._dashed is None:
            return
        permit, writes, future, link, (connection, transaction) = self._dashed
        self._dashed = None
        command = Command(permit, writes, future)
        command.leaving()
        command.in_flight = 1
        self._commands[command] = link
        taken = partial(self._answered, command, 0)
        connection.expect(transaction, Sending(writes[0].write, writes[0].frame, taken, command.leaving))
        self._arm(command, link)

    def _commanding_link(self) -> TcpLink | None:
        for link in self._links:
            if link.up:
                return link
        return None

    def _send(self, command: Command, link: TcpLink) -> None:
        self._commands[command] = link
        for which in tuple(command.unanswered):
            self._send_one(command, which, link)
        if not command.unanswered:
            self._finish(command, "overtaken")

    def _send_one(self, command: Command, which: int, link: TcpLink) -> None:
        for number in command.due(which, self._prepared):
            prepared = command.unanswered[number]
            command.in_flight += 1
            taken = partial(self._answered, command, number)
            link.send(Sending(prepared.write, prepared.frame, taken, command.leaving))

    def _answered(self, command: Command, which: int, answer: Answer) -> None:
        command.in_flight -= 1
        if isinstance(answer, Nothing) and answer.lost:
            return  # the link is lost: `lost` or `opened` sends it again while its time lasts
        command.cut_off = 0
        if isinstance(answer, Refusal) and which in command.unanswered:
            pieces = self._prepared.instead(command.unanswered[which].write, answer)
            if pieces:
                link = self._commanding_link()
                for piece in command.replaced(which, pieces):
                    if link is not None:
                        self._send_one(command, piece, link)
                if not command.unanswered:
                    self._finish(command, "overtaken")
                return
        if command.answered(which, answer):
            self._ended(command)

    def _arm(self, command: Command, link: TcpLink | None) -> None:
        """Begin to count the time-out, and before it the patience with an answer that is usual sooner."""
        if command.future.done():
            return
        if link is not None and link.write_patience_s < self._timeout_s / 2:
            self._after(link.write_patience_s, command, partial(self._doubted, command, link))
        else:
            self._after(self._timeout_s, command, partial(self._expired, command))

    def _after(self, delay_s: float, command: Command, act: Callable[[], None]) -> None:
        command.timer = command.future.get_loop().call_later(delay_s, self.guarded, act)

    def _doubted(self, command: Command, link: TcpLink) -> None:
        """No answer where one is usual: try once over a new connection (the same values again)."""
        left_s = link.answered_s + link.write_patience_s - time.monotonic()
        if command.in_flight and left_s > 0:
            # It does one thing after the other, and has just answered.
            self._after(left_s, command, partial(self._doubted, command, link))
            return
        self._after(self._timeout_s - link.write_patience_s, command, partial(self._expired, command))
        if command.in_flight and link.is_proven:
            link.doubted()
            link.abort("unanswered", f"{link.address} owes an answer for too long")

    def _expired(self, command: Command) -> None:
        via = self._commands.get(command)
        left_s = 0.0 if via is None else via.answered_s + self._timeout_s - time.monotonic()
        if command.in_flight and left_s > 0:
            # It has answered something before it, and begins with this only now.
            self._after(left_s, command, partial(self._expired, command))
            return
        self._finish(command, "silent" if command.in_flight else "unreachable")
        for link in self._links:
            link.give_up_silent()

    def _finish(self, command: Command, code: str) -> None:
        command.expire(code)
        self._ended(command)

    def _ended(self, command: Command) -> None:
        self._commands.pop(command, None)
        self._rounds.commanded(time.monotonic(), _REST_S)
        self._stirred.set()

    # --- polling ---

    async def _poll(self, emit: Emit) -> None:
        while True:
            link = self._polling_link()
            if link is None or self._commands:
                await self._stir()
                continue
            wait_s = self._rounds.due_s() - time.monotonic()
            if wait_s > 0:
                await self._stir(wait_s)
                continue
            which = self._rounds.begin(time.monotonic())
            if which != "fast":
                self._evidence_rounds += 1
            started = instant()
            found = await self._reading.round(which, link.ask, self.urgent)
            if isinstance(found, Nothing):
                if found.code == "wrong_answer":
                    self._presence.failed("wrong_answer", "its answers do not fit what was asked")
            elif found:
                if self._reading.changed:
                    self._rounds.changed(time.monotonic())
                emit(Scanned(instant(), self.controller, started, found, link is self._commanding_link()))
                if which == "all" and not self._commands and self._asking.due():
                    await self._identified(link, emit)

    async def _identified(self, link: TcpLink, emit: Emit) -> None:
        """Between two rounds. Its connection may go with it; the next round finds another."""
        said = await self._asking.ask(partial(link.identify, within_s=min(ANSWER_S, self._timeout_s)))
        if said is not None:
            emit(said)

    def _polling_link(self) -> TcpLink | None:
        links = self._links if self._evidence_rounds % _KEEP_WARM_ROUND == 0 else self._links[::-1]
        for link in links:
            if link.up:
                return link
        return None

    async def _stir(self, within_s: float | None = None) -> None:
        """Wait until a link or a command changes something, at most so long."""
        self._stirred.clear()
        if within_s is None or within_s == float("inf"):
            await self._stirred.wait()
            return
        timer = asyncio.get_running_loop().call_later(within_s, self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            timer.cancel()


async def _raise(bug: "asyncio.Future[None]") -> None:
    await bug
