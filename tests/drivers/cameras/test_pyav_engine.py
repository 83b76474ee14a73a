"""The fallback engine: nothing that its process does or suffers holds anybody up."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from drivers.cameras import pyav_messages as messages
from drivers.cameras.malformed import Malformed
from drivers.cameras.pyav_engine import PyavEngine
from drivers.cameras.stream import Source, StreamLost, Unserved
from tests.drivers.cameras.rtp_front import Conversation, Front
from tests.drivers.cameras.servers import simulated
from tests.drivers.cameras.test_rtsp_client import KEY, VIDEO, rtp, script
from tests.drivers.cameras.watching import Seen


async def ended(engine: PyavEngine, seen: Seen | None = None) -> StreamLost:
    with pytest.raises(StreamLost) as raised:
        await engine.run(seen or Seen())
    return raised.value


@pytest.mark.parametrize("stop", [None, signal.SIGSTOP])
async def test_leaving_kills_the_process_even_if_it_hangs(stop: signal.Signals | None) -> None:
    async with simulated("h264", "tcp") as served:
        engine, seen = PyavEngine(Source("one", served.url)), Seen()
        task = asyncio.create_task(engine.run(seen))
        await seen.until(lambda seen: len(seen.units) > 3)
        process = engine.process_id
        assert process is not None
        if stop is not None:
            os.kill(process, stop)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_a_process_that_dies_is_told_as_the_engines_fault() -> None:
    async with simulated("h264", "tcp") as served:
        engine, seen = PyavEngine(Source("one", served.url)), Seen()
        task = asyncio.create_task(ended(engine, seen))
        await seen.until(lambda seen: len(seen.units) > 3)
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)

        assert (await task).code == "engine"


async def test_the_password_is_neither_on_the_command_line_nor_in_what_is_told() -> None:
    async with Front(VIDEO, script=script(DESCRIBE=b"")) as front:
        engine = PyavEngine(Source("one", front.url(), "user", "s3cr3t-w0rd", answer_us=1_000_000))
        task = asyncio.create_task(ended(engine))
        async with asyncio.timeout(20):
            while "DESCRIBE" not in front.methods():
                await asyncio.sleep(0.01)
        line = Path(f"/proc/{engine.process_id}/cmdline")
        assert b"s3cr3t" not in await asyncio.to_thread(line.read_bytes)
        lost = await task

    assert lost.code == "silent"
    assert "s3cr3t" not in str(lost)


async def test_what_neither_engine_can_serve_is_said_with_its_reason() -> None:
    async def picture(conversation: Conversation) -> None:
        conversation.packet(rtp(1, 0, bytes(8) + b"\x01\x10\x10" + bytes(64), kind=26))

    async with Front(b"v=0\r\nm=video 0 RTP/AVP 26\r\na=control:1\r\n", picture) as front:
        lost = await ended(PyavEngine(Source("one", front.url())))

    assert isinstance(lost, Unserved)
    assert "mjpeg" in lost.detail


async def test_packets_that_libavformat_missed_are_counted_and_their_picture_is_not_whole() -> None:
    async def lossy(conversation: Conversation) -> None:
        sequence = 0
        for number in range(60):
            sequence += 4 if number == 20 else 1
            payload = b"\x65\x88\x84\x00\x11\x22" if number % 10 == 0 else b"\x41\x9a\x24\x33\x44\x55"
            conversation.packet(rtp(sequence, 3_000 * number, payload))

    async with Front(VIDEO, lossy) as front:
        seen = Seen()
        task = asyncio.create_task(PyavEngine(Source("one", front.url(), transport="udp")).run(seen))
        try:
            await seen.until(lambda seen: len(seen.units) > 50)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    assert seen.lost_packets == 3
    assert [unit.whole for unit in seen.units].count(False) == 2


@pytest.mark.parametrize("data", [b"X\0\0\0\1", b"U\xff\xff\xff\xff"])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        messages.header(data)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"codec":"vp8","extradata":""}', b'{"codec":"h264","extradata":"zz"}']
)
def test_a_message_that_says_something_else_is_refused(body: bytes) -> None:
    for read in (messages.read_opened, messages.read_lost, messages.picture):
        with pytest.raises(Malformed):
            read(body[:16])


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY"])
async def test_the_fallback_is_never_led_to_another_host(method: str) -> None:
    reached: list[object] = []
    elsewhere = await asyncio.start_server(lambda *one: reached.append(one), "127.0.0.9", 0)
    port = elsewhere.sockets[0].getsockname()[1]

    moved = script(**{method: f"302 Moved\r\nLocation: rtsp://127.0.0.9:{port}/x"})
    async with elsewhere, Front(VIDEO, script=moved) as front:
        lost = await ended(PyavEngine(Source("one", front.url(), "user", "secret")))

    assert not reached
    assert method != "DESCRIBE" or "another host" in lost.detail


async def test_the_fallback_follows_a_redirection_at_the_same_camera() -> None:
    async def many(conversation: Conversation) -> None:
        for number in range(40):
            conversation.packet(rtp(number, 3_000 * number, KEY))

    async with Front(VIDEO, many) as there:
        moved = script(DESCRIBE=f"302 Moved\r\nLocation: {there.url('/other')}")
        async with Front(VIDEO, script=moved) as here:
            seen = Seen()
            task = asyncio.create_task(ended(PyavEngine(Source("one", here.url())), seen))
            await seen.until(lambda seen: len(seen.units) > 3)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    assert {one.url for one in there.asked if one.method == "DESCRIBE"} == {there.url("/other")}


async def test_the_picture_in_which_the_stream_ended_is_not_called_whole() -> None:
    async def cut(conversation: Conversation) -> None:
        for number in range(20):
            conversation.packet(rtp(number, 3_000 * number, KEY))
        conversation.packet(rtp(20, 60_000, b"\x7c\x85" + KEY[1:] + bytes(500), marker=False))
        conversation.writer.write_eof()

    seen = Seen()
    async with Front(VIDEO, cut) as front:
        await ended(PyavEngine(Source("one", front.url())), seen)

    assert len(seen.units) > 10
    assert [unit.whole for unit in seen.units] == [True] * (len(seen.units) - 1) + [False]
