"""One serial line of OSDP readers as the daemon sees it: a process of its own, watched, and started again.

Start at `OsdpBus.serve`. The process (`osdp_process`) is fed by a wire that leaves the building, so nothing
it says is taken on trust beyond the points of its own readers, and nothing here ever waits for it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from drivers.child import Child, Terms
from drivers.clock import instant
from drivers.doors.osdp_messages import (
    LONGEST_UP,
    Beat,
    Do,
    Ended,
    Identified,
    Link,
    Open,
    Reader,
    Report,
    Sent,
    Up,
    up,
)
from drivers.lines import line
from rules.model.events import Ending

log = structlog.get_logger()

TERMS: Final = Terms("drivers.doors.osdp_process", up, LONGEST_UP, hung_ticks=5, most=1_000)
"""The process beats every 100 ms. 126 readers at their fastest give 250 messages in that; more is an attack or a bug."""
RESTART_S, RESTART_MOST_S = 0.05, 0.4
"""Pause before the process is started again, doubled while it does not live for `LIVED_S`."""
LIVED_S = 5.0


class Listener(Protocol):
    """The driver of one reader."""

    def linked(self, up: bool, code: str, detail: str) -> None:
        """The secure channel stands, or no longer."""

    def reported(self, report: Report) -> None:
        """A status report came."""

    def identified(self, said: Identified) -> None:
        """It said what it is."""


@dataclass(slots=True)
class _Pending:
    do: Do
    finish: Callable[[Ending, str], None]
    timer: asyncio.TimerHandle
    handed: bool = False
    sent: bool = False
    died: bool = False


class OsdpBus:
    """One line. Drivers attach their readers before any of them is run; `send` may be called at any time."""

    def __init__(self, port: str, baud: int) -> None:
        self.port, self.baud = port, baud
        self.restarts = 0
        """How often the process had to be started again."""
        self._readers: dict[int, tuple[Reader, Listener]] = {}
        self._pending: dict[int, _Pending] = {}
        self._last_id = 0
        self._users = 0
        self._task: asyncio.Task[None] | None = None
        self._child: Child[Up] | None = None

    @property
    def process_id(self) -> int | None:
        """The process that lives now, for supervision."""
        return self._child.process.pid if self._child is not None else None

    def attach(self, reader: Reader, listener: Listener) -> None:
        """Add a reader. Raises ValueError for an address that is taken."""
        if reader.address in self._readers:
            raise ValueError(f"two readers with address {reader.address} on {self.port}")
        self._readers[reader.address] = (reader, listener)

    async def serve(self) -> None:
        """Keep the line served until cancelled. Every driver of it calls this; the last to leave ends it."""
        self._users += 1
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name=f"osdp line {self.port}")
        task = self._task
        try:
            await asyncio.shield(task)
        finally:
            self._users -= 1
            if not self._users:
                self._task = None
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def send(
        self,
        address: int,
        drives: tuple[tuple[int, bool], ...],
        timeout_s: float,
        finish: Callable[[Ending, str], None],
    ) -> None:
        """Set outputs of a reader. The command has left for the process on return, where it lives.

        finish: called once, within `timeout_s`, with what became of it.
        """
        self._last_id += 1
        do = Do(self._last_id, address, drives, instant().mono_us + round(timeout_s * 1e6))
        timer = asyncio.get_running_loop().call_later(timeout_s, self._expire, do.id)
        pending = self._pending[do.id] = _Pending(do, finish, timer)
        if self._child is not None:
            self._hand(pending, self._child)

    # --- what the process says ---

    def _heard(self, message: Up) -> None:
        match message:
            case Sent():
                if message.id in self._pending:
                    self._pending[message.id].sent = True
            case Ended():
                self._end(message.id, message.ending, message.code)
            case Report():
                if message.address in self._readers:
                    self._readers[message.address][1].reported(message)
            case Link():
                if message.address in self._readers:
                    self._readers[message.address][1].linked(message.up, message.code, message.detail)
            case Identified():
                if message.address in self._readers:
                    self._readers[message.address][1].identified(message)
            case Beat():
                pass

    # --- commands ---

    def _hand(self, pending: _Pending, child: "Child[Up]") -> None:
        pending.handed = True
        child.write(line(pending.do))

    def _expire(self, number: int) -> None:
        pending = self._pending.get(number)
        if pending is None:
            return
        # `not_sent` promises that nothing left. Of a process that died with the command in hand nobody knows.
        left = pending.sent or pending.died
        self._end(number, "no_answer" if left else "not_sent", "silent" if pending.sent else "unreachable")

    def _end(self, number: int, ending: Ending, code: str) -> None:
        pending = self._pending.pop(number, None)
        if pending is None:
            return  # it ended here already, by its time
        pending.timer.cancel()
        if ending == "not_sent" and pending.died:
            ending = "no_answer"
        pending.finish(ending, code)

    # --- the process ---

    async def _keep(self) -> None:
        pause_s = RESTART_S
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                why = await self._one_life()
                self.restarts += 1
                lived = loop.time() - began > LIVED_S
                pause_s = RESTART_S if lived else min(2 * pause_s, RESTART_MOST_S)
                if lived or self.restarts == 1:
                    log.error(
                        "the process of an OSDP line ended and is started again; its readers are away",
                        port=self.port,
                        why=why,
                    )
                for _, listener in self._readers.values():
                    listener.linked(False, "process", f"the line's process ended: {why}")
                await asyncio.sleep(pause_s)
        finally:
            for number in tuple(self._pending):
                pending = self._pending[number]
                self._end(number, "no_answer" if pending.handed else "not_sent", "stopped")

    async def _one_life(self) -> str:
        """Start the process, serve it until it ends or has to be ended, and say why."""
        try:
            child = await Child.start(TERMS)
        except OSError as err:
            return f"it could not be started: {err.strerror}"
        try:
            child.write(
                line(Open(self.port, self.baud, tuple(reader for reader, _ in self._readers.values())))
            )
            self._child = child
            for pending in self._pending.values():
                self._hand(pending, child)
            return await child.watch(self._heard)
        finally:
            self._child = None
            for pending in self._pending.values():
                pending.died = pending.died or pending.handed
            await child.end()
