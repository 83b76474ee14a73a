"""What is asked of a camera over a socket of its own: answered once or as long as it is open, refused in a word."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.lines import line
from edge.media import asking
from edge.media.messages import Answer, Asked, answer
from tests.edge.media.lives import Life, cameras, life, of, opened

JPEG = b"\xff\xd8\xff"


class Gate:
    """The daemon's end of the door."""

    def __init__(self, lives: Life) -> None:
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.theirs.setblocking(False)
        self.lives = lives
        self._doors = lives.process.doors
        asyncio.get_running_loop().add_reader(self.theirs, self._doors.knocked, self.theirs)
        self._writers: list[asyncio.StreamWriter] = []

    async def knock(self, first: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.ours, [b"."], [theirs.fileno()])
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        self._writers.append(writer)
        writer.write(first)
        return reader, writer

    async def ask(self, asked: Asked) -> tuple[Answer, asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self.knock(line(asked))
        return answer(await reader.readline()), reader, writer

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.theirs)
        self.ours.close()
        self.theirs.close()
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def gate(store: Path) -> AsyncIterator[Gate]:
    async with cameras() as (one,), life(opened(store, of("cam-1", one.url()))) as lives:
        await lives.until_held("cam-1", 100_000)
        made = Gate(lives)
        try:
            yield made
        finally:
            await made.close()


async def test_a_snapshot_is_a_picture_with_its_own_time(tmp_path: Path) -> None:
    async with gate(tmp_path) as made:
        said, reader, _ = await made.ask(Asked("snapshot", "cam-1", width=320))
        content = await reader.read()

    assert (said.code, said.size) == ("", len(content))
    assert content.startswith(JPEG)
    assert said.captured_us > 1_700_000_000_000_000


async def test_the_last_picture_of_a_lost_camera_is_there_for_who_asks_for_it_and_says_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "OLDEST_US", 0)
    async with gate(tmp_path) as made:
        made.lives.process.cameras["cam-1"].main.hub.broken()
        refused, _, _ = await made.ask(Asked("snapshot", "cam-1", width=320))
        said, reader, _ = await made.ask(Asked("snapshot", "cam-1", width=320, last=True))
        content = await reader.read()

    assert refused.code == "no_picture"
    assert (said.code, content[:2]) == ("", JPEG[:2])
    assert said.captured_us > 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked("snapshot", "nobody"), "no_stream"),
        (Asked("snapshot", "cam-1", "sub"), "no_stream"),
        (Asked("whep", "cam-1", offer="no offer at all"), "bad_offer"),
        (Asked("end", "cam-1", viewer="nobody"), ""),
    ],
)
async def test_what_cannot_be_is_refused_in_a_word(tmp_path: Path, asked: Asked, code: str) -> None:
    async with gate(tmp_path) as made:
        said, reader, _ = await made.ask(asked)
        assert said.code == code
        assert await reader.read() == b""


@pytest.mark.parametrize("first", [b"", b"{}\n", b"x" * 100_000 + b"\n", b'{"do":"shell","camera":"a"}\n'])
async def test_who_asks_nonsense_is_left_without_a_word(tmp_path: Path, first: bytes) -> None:
    async with gate(tmp_path) as made:
        reader, writer = await made.knock(first)
        if not first:
            writer.close()
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""


async def test_a_live_look_lasts_as_long_as_its_socket(tmp_path: Path) -> None:
    async with gate(tmp_path) as made:
        said, reader, writer = await made.ask(Asked("mse", "cam-1"))
        assert "codec" in said.answer
        assert await reader.read(100)
        assert made.lives.process.doors.count == 1
        writer.close()
        await made.lives.until(lambda: made.lives.process.doors.count == 0)


async def test_a_look_at_a_camera_that_is_removed_ends(tmp_path: Path) -> None:
    async with gate(tmp_path) as made:
        _, reader, _ = await made.ask(Asked("mse", "cam-1"))
        assert await reader.read(100)
        await made.lives.process.take(opened(tmp_path))
        while await reader.read(65_536):
            pass
        await made.lives.until(lambda: made.lives.process.doors.count == 0)


async def test_more_than_the_box_serves_are_turned_away_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST", 2)
    async with gate(tmp_path) as made:
        kept = [await made.ask(Asked("mse", "cam-1")) for _ in range(2)]
        reader, _ = await made.knock(b"")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        assert await kept[0][1].read(100)


async def test_a_door_whose_daemon_is_gone_keeps_nobody_busy(tmp_path: Path) -> None:
    async with gate(tmp_path) as made:
        calls = 0
        knocked = made.lives.process.doors.knocked

        def counted(doors: socket.socket) -> None:
            nonlocal calls
            calls += 1
            knocked(doors)

        asyncio.get_running_loop().add_reader(made.theirs, counted, made.theirs)
        made.ours.close()
        told = len(made.lives.told)
        await made.lives.until(lambda: len(made.lives.told) > told + 3)

    assert calls == 1
