"""Wires without a machine: TCP connections and a serial line between the real drivers and the real simulated boards.

A connection keeps the order of its bytes and loses none while it lives, as TCP does. What may happen to it: latency by
lot, a reset or a close by either end, a wire that swallows everything (and that the kernel tells of after its time-outs).
"""

import asyncio
import errno
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from functools import partial
from pathlib import Path
from typing import Any, Final

from drivers.serial_line import LineLost
from drivers.simulators.bolts import Board
from drivers.simulators.modbus_rtu_peer import ModbusRtuPeer
from tests.simulation.loop import UTC_S, SeededLoop

USER_TIMEOUT_S: Final = 1.2
KEEPALIVE_S: Final = 3.2
"""TCP_USER_TIMEOUT and keepalive as the driver sets them (faults.md 3.1)."""
LATENCY_S: Final = 0.000_4


class _Socket:
    def setsockopt(self, *_: Any) -> None:
        """Options are the kernel's, and there is none."""


class Transport(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, wire: "Wire", protocol: asyncio.Protocol, context: Context) -> None:
        super().__init__()
        self.wire = wire
        self.protocol = protocol
        self.context = context
        self.other: Transport | None = None
        self.gone = False
        self._under_way: deque[Callable[[], None]] = deque()
        self._last_s = 0.0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return _Socket() if name == "socket" else default

    def is_closing(self) -> bool:
        return self.gone

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.gone:
            return
        if self.wire.swallows:
            self.wire.loop.call_later(USER_TIMEOUT_S, self.lose, errno.ETIMEDOUT, context=self.context)
        else:
            self._send(partial(self._arrive, bytes(data)))

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        """Hang up; the other end hears of it unless the wire is dead."""
        if self.gone:
            return
        self._end(None)
        if not self.wire.swallows and self.other is not None:
            self._send(partial(self.other.lose, errno.ECONNRESET))

    def lose(self, error: int | None) -> None:
        """The connection breaks as this end sees it; None: the other end closed it in order."""
        if not self.gone:
            self._end(None if error is None else OSError(error, "the simulated network says so"))

    def _end(self, error: OSError | None) -> None:
        self.gone = True
        self.wire.ends.pop(self, None)
        self.wire.loop.call_soon(self.protocol.connection_lost, error, context=self.context)

    def _send(self, act: Callable[[], None]) -> None:
        """In order behind whatever is under way to the other end."""
        if self.other is None:
            return
        loop = self.wire.loop
        after_s = loop.random.expovariate(1 / LATENCY_S) + loop.random.uniform(0.0, self.wire.jitter_s)
        self._last_s = max(self._last_s, loop.time() + after_s)
        self._under_way.append(act)
        # Whichever timer the loop picks first: what was sent first arrives first.
        loop.call_at(self._last_s, lambda: self._under_way.popleft()(), context=self.other.context)

    def _arrive(self, data: bytes) -> None:
        if self.other is not None and not self.other.gone and not self.wire.swallows:
            self.other.protocol.data_received(data)


class Wire:
    """The way to one host and port. `swallows`: nothing arrives any more, and nobody is told. `jitter_s`: up to so late."""

    def __init__(self, loop: SeededLoop) -> None:
        self.loop = loop
        self.factory: Callable[[], asyncio.Protocol] | None = None
        self.context = copy_context()
        self.swallows = False
        self.jitter_s = 0.0
        self.ends: dict[Transport, None] = {}

    def swallow(self) -> None:
        """From now on; what keepalive notices of it comes seconds later."""
        self.swallows = True
        for end in tuple(self.ends):
            self.loop.call_later(KEEPALIVE_S, self._notice, end, context=end.context)

    def work(self) -> None:
        """New connections work again; those that lost bytes do not."""
        self.swallows = False
        self.cut(errno.ECONNRESET)

    def cut(self, error: int | None) -> None:
        """Every connection breaks: reset, or (None) closed in order."""
        for end in tuple(self.ends):
            self.loop.call_soon(end.lose, error, context=end.context)

    def _notice(self, end: Transport) -> None:
        if self.swallows:
            end.lose(errno.ETIMEDOUT)


class _Server:
    """What `loop.create_server` gives a simulated board."""

    def __init__(self, wire: Wire, port: int) -> None:
        self.sockets = (self,)
        self._wire, self._port = wire, port

    def getsockname(self) -> tuple[str, int]:
        return "", self._port

    def close(self) -> None:
        self._wire.factory = None

    async def wait_closed(self) -> None:
        """At once."""


class NetworkLoop(SeededLoop):
    """The loop with its network: `create_connection` and `create_server` meet in memory."""

    def __init__(self, seed: int, utc_s: int = UTC_S) -> None:
        super().__init__(seed, utc_s=utc_s)
        self.wires: dict[tuple[str, int], Wire] = {}
        self.lines: dict[str, Line] = {}

    def wire(self, host: str, port: int) -> Wire:
        """The way to a host and port."""
        return self.wires.setdefault((host, port), Wire(self))

    async def create_server(  # type: ignore[override]
        self, factory: Any, host: Any = None, port: Any = None, **_: Any
    ) -> Any:
        wire = self.wire(host, port)
        wire.factory, wire.context = factory, copy_context()
        return _Server(wire, port)

    async def create_connection(  # type: ignore[override]
        self, factory: Any, host: Any = None, port: Any = None, **_: Any
    ) -> Any:
        wire = self.wire(host, port)
        await asyncio.sleep(self.random.expovariate(1 / LATENCY_S))
        if wire.swallows:
            await self.create_future()
        if wire.factory is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "nobody listens there")
        far, near = Transport(wire, wire.factory(), wire.context), Transport(wire, factory(), copy_context())
        far.other, near.other = near, far
        wire.ends |= {far: None, near: None}
        wire.context.copy().run(far.protocol.connection_made, far)
        near.protocol.connection_made(near)
        return near, near.protocol


class Line:
    """A serial line: one master at most, and the units of a peer. `torn`: no port, or a port that is gone."""

    def __init__(self, loop: SeededLoop, path: str) -> None:
        self.loop = loop
        self.path = path
        self.torn = False
        self.master: MasterEnd | None = None
        self.peer: LinePeer | None = None

    def tear(self, torn: bool) -> None:
        """Unplug the adapter, or plug it in again."""
        self.torn = torn
        if torn and self.master is not None:
            self.master.lost = f"{self.path} is gone: hung up"
            self.loop.call_soon(self.master.stirred, context=self.master.context)
            self.master = None

    def to_master(self, data: bytes) -> None:
        """Bytes from the units, after their time on the wire."""
        if (master := self.master) is not None:
            self.loop.call_soon(master.arrive, data, context=master.context)

    def to_units(self, data: bytes) -> None:
        """Bytes from the master."""
        if self.peer is not None:
            self.loop.call_soon(self.peer.heard, data, context=self.peer.context)


class MasterEnd:
    """Stands for `serial_line.SerialLine`."""

    def __init__(self, line: Line, stirred: Callable[[], None]) -> None:
        self.line = line
        self.stirred = stirred
        self.context = copy_context()
        self.lost: str | None = None
        self._unread = b""
        line.master = self

    def write(self, frame: bytes) -> None:
        self._check()
        self.line.to_units(frame)

    def take(self) -> bytes:
        self._check()
        taken, self._unread = self._unread, b""
        return taken

    def close(self) -> None:
        if self.line.master is self:
            self.line.master = None

    def arrive(self, data: bytes) -> None:
        """Bytes came."""
        self._unread += data
        self.stirred()

    def _check(self) -> None:
        if self.lost is not None:
            raise LineLost(self.lost)


async def open_line(path: str, baud: int, parity: str, stirred: Callable[[], None]) -> MasterEnd:
    """Stands for `serial_line.open_line`. Raises LineLost."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, NetworkLoop)
    await asyncio.sleep(0.001)
    line = loop.lines[path]
    if line.torn or line.master is not None:
        raise LineLost(f"cannot open {path}")
    return MasterEnd(line, stirred)


class LinePeer(ModbusRtuPeer):
    """The real simulated units, on a line in memory instead of a pty."""

    def __init__(self, boards: Mapping[int, Board], line: Line, baud: int) -> None:
        super().__init__(boards, Path(line.path), baud=baud)
        self.line = line
        self.context = copy_context()
        line.peer = self
        self._master = -1

    def start(self) -> None:
        self._master = -1
        self.line.tear(False)

    def stop(self) -> None:
        self._master = None
        for timer in (*self._timers, *([self._begun] if self._begun else [])):
            timer.cancel()
        self._timers.clear()
        self._reader.forget()
        self.line.tear(True)

    def heard(self, data: bytes) -> None:
        """Bytes from the master."""
        if self._master is not None:
            self._take_in(data)

    def _send(self, reply: bytes) -> None:
        if self._master is not None:
            self.line.to_master(reply)
