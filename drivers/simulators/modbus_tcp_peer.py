"""A simulated Modbus TCP controller on a loopback port, answering one request at a time like a real board."""

import asyncio
from collections import deque
from collections.abc import Collection
from functools import partial
from typing import cast

from drivers.doors.modbus_mbap import FramingLost, MbapFrame, MbapReader, encode_mbap
from drivers.simulators.bolts import Board
from drivers.simulators.faults import IDENTIFICATION, WORKS, Fault
from drivers.simulators.modbus_server import GARBAGE, answer
from drivers.simulators.tcp_loss import Loss, deafen, reset, undeafen

_MOST_QUEUED = 64
"""Requests a connection may have waiting; a master that sends more is hung up on."""
_FORGOTTEN_S = 10.0
"""A connection lost without a word is closed here after so long, that none are left over; its master is gone by then."""


class ModbusTcpPeer:
    """One controller. Many of them share one loop; each has its own port.

    answer_after_s: from taking a request up to its answer; the write happens then.
    most_connections: further ones are closed at once, as small controllers do; None takes all.
    """

    def __init__(
        self,
        board: Board,
        host: str = "127.0.0.1",
        port: int = 0,
        answer_after_s: float = 0.005,
        most_connections: int | None = None,
    ) -> None:
        self.board = board
        self.host = host
        self.port = port
        """0 until `start` has found a free one; then fixed, also over `away`."""
        self.answer_after_s = answer_after_s
        self.most_connections = most_connections
        self.fault = WORKS
        self.requests = 0
        self.connections: set[_Served] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Served(self), self.host, self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self.hang_up()
        if server is not None:
            await server.wait_closed()

    async def set_fault(self, fault: Fault) -> None:
        """From now on; requests already taken up are still answered as before."""
        was_away, self.fault = self.fault.kind == "away", fault
        if fault.kind == "away" and not was_away:
            await self.stop()
        elif was_away and fault.kind != "away":
            await self.start()

    def hang_up(self) -> None:
        """Reset every connection (TCP RST)."""
        for connection in tuple(self.connections):
            connection.transport.abort()

    def lose(self, loss: Loss, *, spared: Collection[int] = (), forgotten_s: float = _FORGOTTEN_S) -> int:
        """Lose the connections so, but those from the master's ports `spared`; how many. New ones are taken as before."""
        lost = [one for one in self.connections if one.port not in spared]
        for connection in lost:
            connection.lose(loss, forgotten_s)
        return len(lost)

    def black_hole(self, on: bool) -> None:
        """From now on nothing arrives, not even a request for a connection, and nothing is said; or again everything."""
        listening = self._server.sockets if self._server is not None else ()
        for listener in listening:
            deafen(listener) if on else undeafen(listener)
        if on:
            self.lose("silent", forgotten_s=3_600.0)


class _Served(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, peer: ModbusTcpPeer) -> None:
        self._peer = peer
        self._reader = MbapReader()
        self._queue: deque[MbapFrame] = deque()
        self._busy: asyncio.TimerHandle | None = None
        self._doomed = False
        self._silent = False
        self._forgotten: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The master's own."""
        return int(self.transport.get_extra_info("peername")[1])

    def lose(self, loss: Loss, forgotten_s: float) -> None:
        match loss:
            case "fin":
                self.transport.close()
            case "rst":
                self._doomed = True
            case "silent":
                deafen(self.transport)
                self._silent = True
                self._queue.clear()
                self._forgotten = asyncio.get_running_loop().call_later(forgotten_s, self.transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        most = self._peer.most_connections
        if most is not None and len(self._peer.connections) >= most:
            self.transport.abort()
            return
        self._peer.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._peer.connections.discard(self)
        self._queue.clear()
        for timer in (self._busy, self._forgotten):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        if self._doomed:
            reset(self.transport)
            return
        try:
            frames = self._reader.feed(data)
        except FramingLost:
            self.transport.abort()
            return
        if len(self._queue) + len(frames) > _MOST_QUEUED:
            self.transport.abort()
            return
        self._queue.extend(frames)
        if self._busy is None:
            self._next()

    def _next(self) -> None:
        """Take up the oldest request."""
        self._busy = None
        if not self._queue:
            return
        frame = self._queue.popleft()
        fault = self._peer.fault
        if frame.pdu[:1] == IDENTIFICATION and self._peer.board.identity_fault != "none":
            fault = Fault(self._peer.board.identity_fault)
        self._peer.requests += 1
        after_s = fault.seconds if fault.kind == "slow" else self._peer.answer_after_s
        if after_s > 0:
            self._busy = asyncio.get_running_loop().call_later(after_s, self._finish, frame, fault)
        else:
            self._finish(frame, fault)

    def _finish(self, frame: MbapFrame, fault: Fault) -> None:
        match fault.kind:
            case "drop":
                self.transport.abort()
                return
            case "garbage":
                self.transport.write(GARBAGE)
            case "dead" | "away":
                pass
            case _:
                reply = encode_mbap(
                    MbapFrame(frame.transaction, frame.unit, answer(self._peer.board, frame.pdu, fault))
                )
                if fault.kind == "late":
                    asyncio.get_running_loop().call_later(fault.seconds, partial(self._send, reply))
                else:
                    self._send(reply)
        self._next()

    def _send(self, reply: bytes) -> None:
        if not self.transport.is_closing() and not self._silent:
            self.transport.write(reply)
