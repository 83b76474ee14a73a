"""The second door: many look, one muxes, and who is slow loses pictures up to a key picture and nothing else."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import av
import pytest

from drivers.cameras.stream import AccessUnit
from edge.media.hub import Hub
from edge.media.live_fmp4 import CHUNK, MEDIA, MOST_WAITING, Fmp4Door, Unplayable
from tests.edge.media.encoder import encoded


class Viewer:
    """The far end of a viewer's byte stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.texts: list[dict[str, object]] = []
        self.media = b""

    async def read(self, chunks: int) -> None:
        """So many chunks; beats, which come by the clock, are not counted."""
        while chunks:
            async with asyncio.timeout(20):
                kind, length = CHUNK.unpack(await self._reader.readexactly(CHUNK.size))
                payload = await self._reader.readexactly(length)
            if kind == MEDIA:
                self.media += payload
            elif "codec" in (text := json.loads(payload)):
                self.texts.append(text)
            else:
                continue
            chunks -= 1

    def pictures(self) -> list[int]:
        """The times of all pictures so far, as a player reads them."""
        with av.open(io.BytesIO(self.media), format="mp4") as container:
            assert isinstance(container, av.container.InputContainer)
            return [
                packet.pts for packet in container.demux(video=0) if packet.size and packet.pts is not None
            ]

    async def leave(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def viewer(
    door: Fmp4Door, hub: Hub, buffer: int = 0
) -> AsyncIterator[tuple[Viewer, asyncio.Task[None]]]:
    ours, theirs = socket.socketpair()
    if buffer:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    _, writer = await asyncio.open_connection(sock=ours)
    far = Viewer(*await asyncio.open_connection(sock=theirs, limit=1 << 12))
    serving = asyncio.create_task(door.serve(hub, writer))
    await asyncio.sleep(0)
    try:
        yield far, serving
    finally:
        await far.leave()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def given(hub: Hub, units: list[AccessUnit]) -> None:
    for unit in units:
        hub.unit(unit)


async def test_who_comes_late_gets_the_key_picture_before_and_all_behind_it() -> None:
    door, hub, units = Fmp4Door(), Hub("cam-1", "main"), encoded(40, fps=25, key_s=1)
    given(hub, units[:35])
    async with viewer(door, hub) as (one, _), viewer(door, hub) as (other, _):
        given(hub, units[35:])
        for each in (one, other):
            await each.read(4 + 5)
            assert each.pictures() == [unit.rtp for unit in units[25:]]
            assert each.texts[0]["codec"] == "avc1." + units[0].track.profile_level.upper()
        assert one.media == other.media
        assert hub.watched == 1
    assert hub.watched == 0


async def test_after_an_interruption_it_goes_on_at_the_next_key_picture() -> None:
    door, hub, units = Fmp4Door(), Hub("cam-1", "main"), encoded(60, fps=25, key_s=1)
    given(hub, units[:10])
    async with viewer(door, hub) as (one, _):
        hub.broken()
        given(hub, units[10:])
        await one.read(4 + 35)
        assert one.pictures() == [unit.rtp for unit in [*units[:10], *units[25:]]]


async def test_another_codec_is_announced_before_its_first_picture() -> None:
    door, hub = Fmp4Door(), Hub("cam-1", "main")
    given(hub, encoded(3))
    async with viewer(door, hub) as (one, _):
        given(hub, encoded(3, "h265", at_us=1_000_000))
        await one.read(4 + 2 + 3)
        assert [str(text["codec"])[:4] for text in one.texts] == ["avc1", "hvc1"]
        assert one.media.count(b"moov") == 2


async def test_a_viewer_who_takes_nothing_begins_anew_at_a_key_picture_and_holds_up_nobody() -> None:
    door, hub = Fmp4Door(), Hub("cam-1", "main")
    units = encoded(25, fps=25, key_s=1)
    padded = [replace(unit, data=unit.data + bytes(60_000)) for unit in units]
    given(hub, padded[:1])
    async with viewer(door, hub, buffer=1 << 12) as (slow, _), viewer(door, hub) as (quick, _):
        await quick.read(3)
        sent = 1
        for cycle in range(1, 2 + 2 * MOST_WAITING // 25):
            for unit in padded:
                moved = replace(unit, rtp=unit.rtp + cycle * 90_000, at_us=unit.at_us + cycle * 1_000_000)
                hub.unit(moved)
                await quick.read(1)
                sent += 1
        assert len(quick.pictures()) == sent
        before = len(slow.pictures()) if slow.media else 0
        assert before == 0
        # Now it reads: first what was on its way, then from a key picture on, without one missing behind it.
        for unit in padded:
            hub.unit(replace(unit, rtp=unit.rtp + 90_000_000, at_us=unit.at_us + 1_000_000_000))
        await slow.read(3)
        while not slow.pictures() or slow.pictures()[-1] < 90_000_000 + 24 * 3_600:
            await slow.read(1)
        shown = slow.pictures()
        gaps = [after for earlier, after in pairwise(shown) if after - earlier != 3_600]
        assert len(shown) < sent
        assert gaps
        assert all(after % 90_000 == 0 for after in gaps)


async def test_a_viewer_who_leaves_is_noticed() -> None:
    door, hub, units = Fmp4Door(), Hub("cam-1", "main"), encoded(10)
    given(hub, units[:5])
    async with viewer(door, hub) as (one, serving):
        await one.read(3)
        await one.leave()
        while not serving.done():
            given(hub, units[5:6])
            await asyncio.sleep(0)
        assert serving.exception() is None
        assert hub.watched == 0


async def test_a_stream_whose_parameter_sets_are_broken_is_refused() -> None:
    door, hub = Fmp4Door(), Hub("cam-1", "main")
    unit = encoded(1)[0]
    hub.unit(replace(unit, track=replace(unit.track, parameter_sets=b"")))
    async with viewer(door, hub) as (_, serving):
        with pytest.raises(Unplayable):
            await serving
    assert hub.watched == 0
