"""The last door: one picture for many who ask, which keeps its own time."""

import asyncio

import pytest

from drivers.cameras.stream import AccessUnit, Track
from edge.media.hub import Hub
from edge.media.live_jpeg import JpegDoor
from edge.media.looking import Picture


class Looking:
    """Makes pictures, and counts them."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.ready = asyncio.Event()

    async def __call__(self, hub: Hub, width: int) -> Picture:
        self.asked.append(width)
        await self.ready.wait()
        if not hub.last_at_us:
            raise LookupError("no picture yet")
        return Picture(b"jpeg", width, width * 9 // 16, hub.last_at_us)


async def test_many_who_ask_at_once_get_one_picture() -> None:
    looking, hub = Looking(), Hub("cam-1", "sub")
    hub.unit(AccessUnit(b"", True, 0, 1, Track("h264", b"")))
    door = JpegDoor(looking)
    asking = [asyncio.create_task(door.snapshot(hub, width)) for width in (500, 640, 600)]
    await asyncio.sleep(0)
    looking.ready.set()
    assert len(set(await asyncio.gather(*asking))) == 1
    assert looking.asked == [640]
    await door.snapshot(hub, 5_000)
    assert looking.asked == [640, 1920]


async def test_a_picture_that_is_still_the_newest_is_not_made_again_and_keeps_its_own_time() -> None:
    looking, hub = Looking(), Hub("cam-1", "sub")
    hub.unit(AccessUnit(b"", True, 0, 1, Track("h264", b"")))
    looking.ready.set()
    door = JpegDoor(looking)
    first = await door.snapshot(hub, 320)
    assert await door.snapshot(hub, 320) is first
    assert looking.asked == [320]


async def test_one_who_asked_and_left_does_not_take_the_picture_from_the_others() -> None:
    looking, hub = Looking(), Hub("cam-1", "sub")
    hub.unit(AccessUnit(b"", True, 0, 1, Track("h264", b"")))
    door = JpegDoor(looking)
    leaves, stays = (asyncio.create_task(door.snapshot(hub, 320)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    looking.ready.set()
    assert (await stays).jpeg == b"jpeg"


async def test_where_there_is_no_picture_the_reason_reaches_who_asked_and_the_next_one_is_tried() -> None:
    looking, hub = Looking(), Hub("cam-1", "sub")
    looking.ready.set()
    door = JpegDoor(looking)
    for _ in range(2):
        with pytest.raises(LookupError):
            await door.snapshot(hub, 320)
    assert looking.asked == [320, 320]


async def test_a_picture_that_was_not_the_newest_when_it_was_made_is_made_again_also_where_nothing_comes_any_more() -> (
    None
):
    looking, hub = Looking(), Hub("cam-1", "sub")
    hub.unit(AccessUnit(b"", True, 0, 1, Track("h264", b"")))
    door = JpegDoor(looking)
    asking = asyncio.create_task(door.snapshot(hub, 320))
    await asyncio.sleep(0)
    looking.ready.set()
    first = await asking
    hub.unit(AccessUnit(b"", False, 0, 2, Track("h264", b"")))
    async with asyncio.timeout(10):
        while (found := await door.snapshot(hub, 320)) is first:
            await asyncio.sleep(0.01)
    assert [first.at_us, found.at_us] == [1, 2]
