"""A simulated OSDP line: one pty with one or several readers on it, speaking the true protocol, breakable.

The line has a stable name (a symbolic link), because a pty that is unplugged comes back under another one.
Frames take the time that they would take at `baud`: 10 bits a byte.
"""

import asyncio
import contextlib
import os
import pty
import tty
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from drivers.doors.osdp_frames import Frame, Framer
from drivers.simulators.faults import Fault
from drivers.simulators.osdp_reader import OsdpReader, Peripheral

GARBAGE = bytes.fromhex("53 85 ff ff 00 de ad be ef 53 53 53 85 08 00 04 40 13 37")
"""Start bytes, a length over all bounds, and a frame whose check bytes are wrong."""
_MOST_WAITING = 16
"""Frames a slow reader may have waiting; a panel that waits for its answer has at most one on the line."""


class OsdpPeer:
    """All readers of one line. Each has a fault of its own; `away` of any unplugs the line for all."""

    def __init__(self, readers: Iterable[OsdpReader], port: Path, baud: int = 115200) -> None:
        """port: where the line's name is made; must not exist."""
        self.port = port
        self.baud = baud
        self.piecemeal = False
        """Answer in two pieces, as a serial port delivers them."""
        self.forge: Callable[[Frame], bytes | None] | None = None
        """Makes what is said for an answer, as somebody on the wire might; None: the reader answers."""
        self.heard: deque[Frame] = deque(maxlen=10_000)
        """Every sound frame of the panel's."""
        self.readers = {reader.address: Peripheral(reader) for reader in readers}
        self._framer = Framer()
        self._master = self._slave = -1
        self._queue: deque[tuple[Peripheral, Frame, Fault]] = deque()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._heard_one = asyncio.Event()
        self._busy: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Plug the line in. Raises OSError."""
        self._plug_in()

    async def stop(self) -> None:
        """Unplug it and switch the readers off for good."""
        self._unplug()
        for peripheral in self.readers.values():
            peripheral.close()

    async def set_fault(self, fault: Fault, address: int | None = None) -> None:
        """Break or mend one reader, or all of them, from now on."""
        for at, peripheral in self.readers.items():
            if address in (None, at):
                peripheral.fault = fault
        away = any(peripheral.fault.kind == "away" for peripheral in self.readers.values())
        if away and self._master >= 0:
            self._unplug()
        elif not away and self._master < 0:
            self._plug_in()

    def power_cycle(self, address: int) -> None:
        """The reader loses its secure channel; its outputs stay as the board has them."""
        self.readers[address].power_cycle()

    async def next_frame(self) -> None:
        """Wait until the panel says something."""
        self._heard_one.clear()
        await self._heard_one.wait()

    async def answered(self, code: int) -> None:
        """Wait until the next command of this code has been answered."""
        waiting = (code, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await waiting[1]
        finally:
            self._waiting.remove(waiting)

    def say(self, data: bytes) -> None:
        """Put bytes on the line that no reader sent."""
        if self._master >= 0:
            with contextlib.suppress(BlockingIOError):  # nobody reads: the line forgets
                os.write(self._master, data)

    def _plug_in(self) -> None:
        # The slave stays open here too: without any opener the master would report a hang-up without end.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        fresh = self.port.with_name(self.port.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self.port)
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def _unplug(self) -> None:
        if self._master < 0:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        self.port.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self._queue.clear()
        self._framer.clear()
        if self._busy is not None:
            self._busy.cancel()
            self._busy = None

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        for frame in self._framer.feed(data):
            if frame.reply:
                continue
            self.heard.append(frame)
            self._heard_one.set()
            peripheral = self.readers.get(frame.address)
            if peripheral is not None and len(self._queue) < _MOST_WAITING:
                self._queue.append((peripheral, frame, peripheral.fault))
        if self._busy is None:
            self._next()

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._busy = asyncio.get_running_loop().call_later(seconds, act)

    def _wire_s(self, data: bytes) -> float:
        return len(data) * 10 / self.baud

    def _next(self) -> None:
        self._busy = None
        if self._queue:
            peripheral, frame, fault = self._queue.popleft()
            slow_s = fault.seconds if fault.kind == "slow" else 0.0
            self._after(self._wire_s(frame.raw) + slow_s, lambda: self._do(peripheral, frame, fault))

    def _do(self, peripheral: Peripheral, frame: Frame, fault: Fault) -> None:
        if fault.kind in ("dead", "away"):
            self._next()
            return
        forged = self.forge(frame) if self.forge is not None else None
        if forged is not None:
            reply = forged
        elif fault.kind == "garbage":
            reply = GARBAGE
        else:
            reply = peripheral.answer(frame, fault)
        if fault.kind == "drop":
            reply = reply[: len(reply) // 2]
        if fault.kind == "late":
            asyncio.get_running_loop().call_later(fault.seconds, self.say, reply)
            self._next()
            return
        self._after(self._wire_s(reply), lambda: self._reply(frame, reply))

    def _reply(self, frame: Frame, reply: bytes) -> None:
        if not self.piecemeal:
            self.say(reply)
            self._next()
            for code, answered in self._waiting:
                if code == frame.code and not answered.done():
                    answered.set_result(None)
            return
        half = len(reply) // 2
        self.say(reply[:half])
        self._after(0.005, lambda: self._finish(reply[half:]))

    def _finish(self, rest: bytes) -> None:
        self.say(rest)
        self._next()
