"""One serial line of OSDP readers as the daemon sees it: a process of its own, watched, and started again.

Start at `OsdpBus.serve`. The process (`osdp_process`) is fed by a wire that leaves the building, so nothing
it says is taken on trust beyond the points of its own readers, and nothing here ever waits for it.
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

import drivers
from drivers.clock import instant
from drivers.doors.osdp_messages import (
    LONGEST_UP,
    Beat,
    Do,
    Ended,
    Lines,
    Link,
    Open,
    Reader,
    Report,
    Sent,
    Unreadable,
    Up,
    line,
    up,
)
from rules.model.events import Ending

log = structlog.get_logger()

TICK_S = 0.1
HUNG_TICKS = 5
"""The process beats every 100 ms. Our own loop's ticks are counted: no stall of ours is held against it."""
START_TICKS = 50
"""A Python process on a small board may take seconds to its first beat while everything else starts too."""
MOST_MESSAGES_A_TICK = 1_000
"""126 readers at their fastest give 250 in 100 ms; more is no work but an attack or a bug."""
MOST_UNSENT_BYTES = 262_144
RESTART_S, RESTART_MOST_S = 0.05, 0.4
"""Pause before the process is started again, doubled while it does not live for `LIVED_S`."""
LIVED_S = 5.0

_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")
"""All that the process gets of the daemon's environment."""


class Listener(Protocol):
    """The driver of one reader."""

    def linked(self, up: bool, code: str, detail: str) -> None:
        """The secure channel stands, or no longer."""

    def reported(self, report: Report) -> None:
        """A status report came."""


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
        self._child: _Child | None = None

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
            case Beat():
                pass

    # --- commands ---

    def _hand(self, pending: _Pending, child: "_Child") -> None:
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
            child = await _Child.start()
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


class _Child(asyncio.Protocol):
    """The process and the socket to it. What it says is handled in `watch`, which swallows no bug of ours."""

    transport: asyncio.Transport
    process: asyncio.subprocess.Process

    def __init__(self) -> None:
        self._lines = Lines(LONGEST_UP)
        self._messages: deque[Up] = deque()
        self._this_tick = 0
        self._left = START_TICKS
        self._why = ""
        self._stirred = asyncio.Event()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    @classmethod
    async def start(cls) -> "_Child":
        """Raises OSError."""
        ours, theirs = socket.socketpair()
        child = cls()
        try:
            with theirs:
                child.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "drivers.doors.osdp_process",
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    cwd=Path(drivers.__file__).parent.parent,
                    env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                )
            await asyncio.get_running_loop().create_connection(lambda: child, sock=ours)
        except BaseException:
            child._timer.cancel()
            ours.close()
            raise
        return child

    def write(self, data: bytes) -> None:
        """Never waits. A process that does not read is ended."""
        if self.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self._ended("it takes no more commands")
        elif not self.transport.is_closing():
            self.transport.write(data)

    async def watch(self, heard: Callable[[Up], None]) -> str:
        """Hand on what it says until it ends, hangs or misbehaves; say which."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            while self._messages:
                heard(self._messages.popleft())
            if self._why:
                return self._why

    async def end(self) -> None:
        """End it, now, and wait until it is gone."""
        self._timer.cancel()
        self.transport.abort()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):  # always; the loop's type is only wider
            self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._left = HUNG_TICKS
        try:
            messages = [up(text) for text in self._lines.feed(data)]
        except Unreadable as err:
            self._ended(f"it spoke nonsense: {err}")
            return
        self._this_tick += len(messages)
        if self._this_tick > MOST_MESSAGES_A_TICK:
            self._ended("it said too much")
            return
        self._messages.extend(messages)
        self._stirred.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended("it died")

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self._this_tick = 0
        self._left -= 1
        if self._left <= 0:
            self._ended("it hung")

    def _ended(self, why: str) -> None:
        self._why = self._why or why
        self._stirred.set()
