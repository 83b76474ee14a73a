"""How many connections there may be: a crowd takes no descriptor that a door needs, and no place from who comes alone."""

import asyncio
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.web import admission, listening
from edge.web.listening import Listen
from tests.edge.web.conftest import Serve, make_pair

LIMIT = 8


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "most", lambda: LIMIT)


@pytest.fixture
def dial() -> Iterator["Dial"]:
    with ExitStack() as opened:
        yield Dial(opened)


class Dial:
    """Opens connections from any loopback address and keeps them open."""

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened

    async def __call__(self, port: int, source: str) -> socket.socket:
        sock = self._opened.enter_context(socket.socket())
        sock.setblocking(False)
        sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        return sock


async def ended(sock: socket.socket) -> bool:
    """Whether the other side ends a connection on which nothing was said, within a second."""
    try:
        async with asyncio.timeout(1):
            return await asyncio.get_running_loop().sock_recv(sock, 1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


async def alive(sock: socket.socket) -> bool:
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(sock, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(5):
            return (await loop.sock_recv(sock, 100)).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


@pytest.mark.usefixtures("few")
async def test_who_opens_too_many_is_turned_away(serve: Serve, dial: Dial) -> None:
    port = await (await serve(Listen("127.0.0.1", 0))).until_open()
    held = [await dial(port, "127.0.0.1") for _ in range(LIMIT)]

    assert await ended(await dial(port, "127.0.0.1"))
    assert all([await alive(one) for one in held])


@pytest.mark.usefixtures("few")
async def test_a_crowd_from_one_address_keeps_nobody_out_who_comes_from_another(
    serve: Serve, dial: Dial
) -> None:
    port = await (await serve(Listen("127.0.0.1", 0))).until_open()
    crowd = [await dial(port, "127.0.0.2") for _ in range(2 * LIMIT)]

    teachers = [await dial(port, f"127.0.0.{3 + number}") for number in range(4)]

    assert all([await alive(one) for one in teachers])
    assert await ended(crowd[0]), "the oldest of the crowd makes room"


@pytest.mark.usefixtures("few")
async def test_a_place_that_was_left_is_free_again(serve: Serve, dial: Dial) -> None:
    port = await (await serve(Listen("127.0.0.1", 0))).until_open()
    for _ in range(3 * LIMIT):
        one = await dial(port, "127.0.0.1")
        assert await alive(one)
        one.close()


@pytest.mark.usefixtures("few")
async def test_who_never_greets_over_tls_gives_the_place_back(
    serve: Serve, dial: Dial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "IDLE_S", 0.1)
    pair = make_pair(tmp_path)
    port = await (await serve(Listen("127.0.0.1", 0, pair.certificate, pair.private_key))).until_open()

    assert await ended(await dial(port, "127.0.0.1"))


def test_descriptors_are_left_to_doors_and_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 524_288))

    assert admission.most() == 1_024 - admission.KEPT
