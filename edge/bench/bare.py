"""A child of the benchmark: the least that can be done. One subscription, one frame a board, and nothing else.

No journal, no judgement, no evidence, no acknowledgement worth the name: what the daemon is measured against.
MQTT is spoken by hand (MQTT 3.1.1), which is faster than any client library.

`python -m edge.bench.bare BROKER_PORT TOPIC POLLS HOST:PORT=COILS…` (POLLS: 1 reads each board's inputs
every 500 ms, all boards at one instant; else 0).
"""

import asyncio
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Final, cast

from edge.bench.campus import LOCKED
from edge.bench.lines import Message, obey

POLL_S: Final = 0.5
KEEPALIVE_S: Final = 0
"""Never: a benchmark is over before a broker would ask."""


def write_of(values: tuple[bool, ...]) -> bytes:
    """FC15 from coil 0 on (Modbus Application Protocol V1.1b3 section 6.11)."""
    bits = sum(on << place for place, on in enumerate(values)).to_bytes((len(values) + 7) // 8, "little")
    return struct.pack(">BHHB", 15, 0, len(values), len(bits)) + bits


def frame(unit: int, values: tuple[bool, ...]) -> bytes:
    """The same over TCP, transaction 1."""
    pdu = write_of(values)
    return struct.pack(">HHHB", 1, 0, len(pdu) + 1, unit) + pdu


def read(unit: int, inputs: int) -> bytes:
    """FC02 from input 0 on (section 6.2), transaction 2."""
    return struct.pack(">HHHBBHH", 2, 0, 6, unit, 2, 0, inputs)


def packets(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole packets as (first byte, body), and what is left; all shorter than 128 bytes (MQTT 3.1.1, 2.2.3)."""
    whole: list[tuple[int, bytes]] = []
    while len(data) >= 2 and len(data) >= 2 + data[1]:
        whole.append((data[0], data[2 : 2 + data[1]]))
        data = data[2 + data[1] :]
    return whole, data


class Board(asyncio.Protocol):
    """One board's connection; its answers are counted and not looked at."""

    transport: asyncio.WriteTransport

    def __init__(self, coils: int) -> None:
        self.lock = frame(1, (LOCKED,) * coils)
        self.restore = frame(1, (not LOCKED,) * coils)
        self.poll = read(1, coils * 2)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def ends(self) -> tuple[int, int]:
        """The board's port and ours: two connections to two boards may have one port of ours."""
        its = self.transport
        return its.get_extra_info("peername")[1], its.get_extra_info("sockname")[1]


class Press(asyncio.Protocol):
    """The subscription (MQTT 3.1.1 sections 3.1, 3.8, 3.3). pressed: writes every board, at each PUBLISH."""

    def __init__(self, topic: str, pressed: Callable[[], None]) -> None:
        self._topic = topic.encode()
        self._pressed = pressed
        self._buffer = b""
        self.subscribed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)
        name = b"bench-bare"
        connect = b"\x00\x04MQTT\x04\x02" + struct.pack(">HH", KEEPALIVE_S, len(name)) + name
        self.transport.write(bytes([0x10, len(connect)]) + connect)

    def data_received(self, data: bytes) -> None:
        whole, self._buffer = packets(self._buffer + data)
        for kind, body in whole:
            self._packet(kind, body)

    def _packet(self, kind: int, body: bytes) -> None:
        if kind >> 4 == 3:
            self._pressed()
            size = struct.unpack(">H", body[:2])[0]
            self.transport.write(b"\x40\x02" + body[2 + size : 4 + size])
        elif kind >> 4 == 2:
            subscribe = b"\x00\x01" + struct.pack(">H", len(self._topic)) + self._topic + b"\x01"
            self.transport.write(bytes([0x82, len(subscribe)]) + subscribe)
        elif kind >> 4 == 9:
            self.subscribed.set_result(None)


async def subscribed(port: int, topic: str, pressed: Callable[[], None]) -> None:
    """Be told of every press from now on."""
    loop = asyncio.get_running_loop()
    _, press = await loop.create_connection(lambda: Press(topic, pressed), "127.0.0.1", port)
    await press.subscribed


async def _run(port: int, topic: str, polls: bool, wanted: list[str]) -> None:
    loop = asyncio.get_running_loop()
    boards: list[Board] = []
    for one in wanted:
        address, _, coils = one.partition("=")
        host, _, board_port = address.rpartition(":")
        board = Board(int(coils))
        transport, _ = await loop.create_connection(lambda board=board: board, host, int(board_port))  # type: ignore[misc]
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        boards.append(board)

    def lock() -> None:
        for board in boards:
            board.transport.write(board.lock)

    await subscribed(port, topic, lock)
    polling = asyncio.create_task(_poll(boards), name="polling") if polls else None

    async def orders(order: Message) -> Message:
        if order["do"] == "connections":
            return {"connections": [board.ends() for board in boards]}
        for board in boards:
            board.transport.write(board.restore)
        return {}

    try:
        await obey(orders)
    finally:
        if polling is not None:
            polling.cancel()


async def _poll(boards: list[Board]) -> None:
    while True:
        await asyncio.sleep(POLL_S - time.monotonic() % POLL_S)
        for board in boards:
            board.transport.write(board.poll)


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), sys.argv[2], sys.argv[3] == "1", sys.argv[4:]))
