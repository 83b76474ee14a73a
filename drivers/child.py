"""A process of ours beside the daemon: started, watched by its beats over a socket, ended by its process id.

What it says is bounded and never trusted to be sense; nothing here ever waits for it.
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import drivers
from drivers.lines import Lines, Unreadable
from rules.model.values import dataclass

TICK_S: Final = 0.1
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")
"""All that a process gets of the daemon's environment."""

REAP_S: Final = 3.0
"""A process that was killed is gone within some milliseconds, unless its disk hangs."""

Up = TypeVar("Up")


@dataclass(frozen=True, slots=True)
class Terms(Generic[Up]):
    """What a process is held to.

    module: run with `-m`; the socket to us is its descriptor 0. read: makes a message of a line, raises `Unreadable`.
    hung_ticks, start_ticks: ticks of ours without a word; our own loop's ticks are counted, so that no stall of ours is
    held against it. most: messages in one tick. unsent: bytes that it has not read.
    """

    module: str
    read: Callable[[bytes], Up]
    longest: int
    hung_ticks: int = 5
    start_ticks: int = 50
    """A Python process on a small board may take seconds to its first beat while everything else starts too."""
    most: int = 1_000
    unsent: int = 262_144


class Child(asyncio.Protocol, Generic[Up]):
    """The process and the socket to it. What it says is handled in `watch`, which swallows no bug of ours."""

    transport: asyncio.Transport
    process: asyncio.subprocess.Process

    def __init__(self, terms: Terms[Up]) -> None:
        self._terms = terms
        self._lines = Lines(terms.longest)
        self._messages: deque[Up] = deque()
        self._this_tick = 0
        self._left = terms.start_ticks
        self._why = ""
        self._stirred = asyncio.Event()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    @classmethod
    async def start(
        cls,
        terms: Terms[Up],
        *arguments: str,
        files: Sequence[int] = (),
        environment: dict[str, str] | None = None,
    ) -> "Child[Up]":
        """files: descriptors that it inherits under their own numbers. Raises OSError."""
        ours, theirs = socket.socketpair()
        child = cls(terms)
        inherited: dict[str, Any] = {"pass_fds": tuple(files)} if files else {}
        try:
            with theirs:
                child.process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    terms.module,
                    *arguments,
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    cwd=Path(drivers.__file__).parent.parent,
                    env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
                    | (environment or {}),
                    **inherited,
                )
            await asyncio.get_running_loop().create_connection(lambda: child, sock=ours)
        except BaseException:
            child._timer.cancel()
            ours.close()
            # Cancelled right behind its start it would live on, with nobody to end it.
            process: asyncio.subprocess.Process | None = getattr(child, "process", None)
            if process is not None:
                await killed(process)
            raise
        return child

    def write(self, data: bytes) -> None:
        """Never waits. A process that does not read is ended."""
        if self.transport.get_write_buffer_size() > self._terms.unsent:
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

    def leave(self) -> None:
        """Say that nothing more comes; what it still says is heard."""
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()

    async def end(self) -> None:
        """End it, now, and wait until it is gone."""
        self._timer.cancel()
        self.transport.abort()
        await killed(self.process)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):  # always; the loop's type is only wider
            self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._left = self._terms.hung_ticks
        try:
            messages = [self._terms.read(text) for text in self._lines.feed(data)]
        except Unreadable as err:
            self._ended(f"it spoke nonsense: {err}")
            return
        self._this_tick += len(messages)
        if self._this_tick > self._terms.most:
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


async def killed(process: asyncio.subprocess.Process) -> None:
    """End a process, now, and wait until it is gone; also where we are cancelled meanwhile, but then not for long."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    waiting = asyncio.ensure_future(process.wait())
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REAP_S):
                await waiting
        raise
