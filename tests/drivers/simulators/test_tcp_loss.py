"""A simulated board loses its connections as real ones do; a master that only listens learns of each what it would there."""

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from drivers.doors.modbus_mbap import MbapFrame, encode_mbap
from drivers.doors.modbus_pdu import Read, encode_request
from drivers.simulators.bolts import Board
from drivers.simulators.modbus_tcp_peer import ModbusTcpPeer

ASKED = encode_mbap(MbapFrame(7, 1, encode_request(Read("discrete_input", 0, 8))))
USER_TIMEOUT_MS = 200
PATIENCE_S = 10.0


class Masters:
    """Connections to the peer, as bare as they come."""

    def __init__(self, peer: ModbusTcpPeer) -> None:
        self._peer = peer
        self._sockets: list[socket.socket] = []

    async def connect(self) -> socket.socket:
        """One that was answered once."""
        one = socket.socket()
        self._sockets.append(one)
        one.setblocking(False)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", self._peer.port))
        assert await ask(one)
        return one

    def close(self) -> None:
        for one in self._sockets:
            one.close()


async def ask(one: socket.socket) -> bytes:
    """What comes for a read: nothing at the connection's end. Raises OSError where it is lost."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_S):
        await loop.sock_sendall(one, ASKED)
        return await loop.sock_recv(one, 260)


@pytest.fixture
async def peer() -> AsyncIterator[ModbusTcpPeer]:
    one = ModbusTcpPeer(Board(), answer_after_s=0.0)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def masters(peer: ModbusTcpPeer) -> Iterator[Masters]:
    all_of_them = Masters(peer)
    yield all_of_them
    all_of_them.close()


async def test_a_connection_ended_by_the_board_is_at_its_end(peer: ModbusTcpPeer, masters: Masters) -> None:
    one = await masters.connect()

    assert peer.lose("fin") == 1

    assert await asyncio.get_running_loop().sock_recv(one, 1) == b""


async def test_a_forgotten_connection_says_nothing_until_it_is_written_to(
    peer: ModbusTcpPeer, masters: Masters
) -> None:
    one = await masters.connect()

    peer.lose("rst")

    assert select.select([one], [], [], 0.05)[0] == []
    with pytest.raises(ConnectionResetError):
        await ask(one)


async def test_what_is_written_to_a_silent_connection_is_never_acknowledged(
    peer: ModbusTcpPeer, masters: Masters
) -> None:
    one = await masters.connect()

    peer.lose("silent")

    with pytest.raises(OSError, match="timed out"):
        await ask(one)
    assert await ask(await masters.connect()), "a new connection works"


async def test_only_connections_that_are_not_spared_are_lost(peer: ModbusTcpPeer, masters: Masters) -> None:
    spared, lost = await masters.connect(), await masters.connect()

    assert peer.lose("fin", spared=[spared.getsockname()[1]]) == 1

    assert await asyncio.get_running_loop().sock_recv(lost, 1) == b""
    assert await ask(spared)


async def test_a_black_hole_takes_no_connection_and_keeps_none(peer: ModbusTcpPeer, masters: Masters) -> None:
    one = await masters.connect()

    peer.black_hole(True)

    with pytest.raises(OSError, match="timed out"):
        await ask(one)
    with pytest.raises(TimeoutError):
        await masters.connect()
    peer.black_hole(False)
    assert await ask(await masters.connect())


def test_who_looks_at_its_own_inputs_has_not_read_the_evidence() -> None:
    board = Board()

    board.levels(0, 8)
    assert len(board.reads_us) == 0
    board.read_discrete_inputs(0, 8)
    assert len(board.reads_us) == 1
