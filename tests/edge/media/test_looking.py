"""The process that decodes: right about pictures, and whatever becomes of it only that one answer is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from drivers.cameras.stream import AccessUnit, Codec, Track
from drivers.lines import Unreadable
from edge.media.clip_writer import ClipWriter
from edge.media.hub import Hub
from edge.media.looking import MOST_WAITING, Looking, NotSeen
from edge.media.looking_messages import EDGES, LONGEST_BODY, down, up
from edge.media.sealing import Sealed, Stamp, Unsealed
from edge.media.still import keep_still, picture
from tests.edge.media.encoding import Picture, encode, moving, scene


async def until(holds: Callable[[], object], patience_s: float = 30) -> None:
    async with asyncio.timeout(patience_s):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
async def looking() -> AsyncIterator[Looking]:
    made = Looking(answer_s=20)
    task = asyncio.create_task(made.serve())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert made.process_id is None


def keys(codec: Codec = "h264", seconds: float = 4, **shape: int) -> list[AccessUnit]:
    return [unit for unit in encode(moving(seconds, **shape), codec=codec, gop=15) if unit.key]


def shown(jpeg: bytes) -> Picture:
    with av.open(BytesIO(jpeg), "r", format="jpeg_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="gray").astype(np.uint8)


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_a_key_picture_is_measured_as_it_is(looking: Looking, codec: Codec) -> None:
    first, second, *_ = keys(codec, width=640, height=360)
    look = await looking.look(first)
    true = scene(0, width=640, height=360)
    assert (look.seen.width, look.seen.height) == (640, 360)
    assert look.seen.mean == pytest.approx(true.mean(), abs=2)
    assert look.seen.deviation == pytest.approx(true.std(), rel=0.1)
    assert look.seen.changed is None
    again = await looking.look(second, (look.sample,), (look.edges, bytes(EDGES)))
    assert again.seen.changed is not None
    assert again.seen.changed > 0.1
    assert again.seen.alike[0] > 0.8
    assert again.seen.alike[1] == 0


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_a_jpeg_shows_the_key_picture_as_wide_as_asked(looking: Looking, codec: Codec) -> None:
    (unit, *_) = keys(codec, width=640, height=360)
    true = scene(0, width=640, height=360).astype(float)
    for width, is_wide in ((0, 640), (1280, 640), (640, 640), (320, 320)):
        made = await looking.jpeg(unit, width)
        assert (made.width, made.height, made.at_us) == (is_wide, is_wide * 9 // 16, unit.at_us)
        pixels = shown(made.jpeg)
        assert pixels.shape == (made.height, made.width)
        # The luma of a camera goes from 16 to 235, that of a JPEG from 0 to 255.
        assert pixels.mean() == pytest.approx((true.mean() - 16) * 255 / 219, abs=3)


async def test_what_is_no_picture_is_said_and_the_process_lives_on(looking: Looking) -> None:
    (unit, *_) = keys()
    for data in (b"", b"\0\0\0\1", os.urandom(5000), unit.track.parameter_sets, unit.data[:60]):
        with pytest.raises(NotSeen) as err:
            await looking.look(replace(unit, data=data))
        assert err.value.code == "undecodable"
        with pytest.raises(NotSeen):
            await looking.jpeg(replace(unit, data=data))
    await looking.look(unit)
    assert looking.restarts == 0


async def test_a_picture_that_is_too_large_is_not_even_sent(looking: Looking) -> None:
    (unit, *_) = keys()
    with pytest.raises(NotSeen, match="too_large"):
        await looking.look(replace(unit, data=bytes(LONGEST_BODY + 1)))


async def test_a_process_that_hangs_is_ended_and_only_that_answer_is_lost() -> None:
    looking = Looking(answer_s=0.5)
    task = asyncio.create_task(looking.serve())
    (unit, *_) = keys()
    await until(lambda: looking.process_id)
    hung = looking.process_id
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(NotSeen, match="hung"):
        await looking.look(unit)
    looking._answer_s = 20
    await looking.look(unit)
    assert looking.restarts == 1
    assert looking.process_id != hung
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_process_that_begins_slower_than_it_may_answer_is_given_longer_until_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.media.looking.PATIENCE_MOST", 10_000)
    looking = Looking(answer_s=0.01)
    task = asyncio.create_task(looking.serve())
    (unit, *_) = keys()
    seen = False
    while not seen:
        try:
            await looking.look(unit)
            seen = True
        except NotSeen as err:
            assert err.code == "hung"  # noqa: PT017  it comes as often as it comes
    assert looking.restarts > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_process_that_dies_is_started_again_and_only_that_answer_is_lost(looking: Looking) -> None:
    (unit, *_) = keys()
    await looking.look(unit)
    died = looking.process_id
    assert died is not None
    os.kill(died, signal.SIGSTOP)
    asked = [asyncio.create_task(looking.look(unit)), asyncio.create_task(looking.jpeg(unit))]
    await asyncio.sleep(0)
    os.kill(died, signal.SIGKILL)
    said = await asyncio.gather(*asked, return_exceptions=True)
    lost = [one for one in said if isinstance(one, BaseException)]
    assert [str(one) for one in lost] == ["died"]
    assert looking.restarts == 1


async def test_the_process_holds_so_much_memory_and_no_more(looking: Looking) -> None:
    (unit, *_) = keys()
    await looking.look(unit)
    limits = Path(f"/proc/{looking.process_id}/limits").read_text()  # noqa: ASYNC240
    for name, value in (("Max address space", 1 << 30), ("Max file size", 0), ("Max core file size", 0)):
        (line,) = [line for line in limits.splitlines() if line.startswith(name)]
        assert line[len(name) :].split()[0] == str(value)


async def test_a_picture_of_4k_is_looked_at_within_its_memory(looking: Looking) -> None:
    (unit, *_) = keys("h264", seconds=0.1, width=3840, height=2160)
    look = await looking.look(unit)
    assert look.seen.width == 3840
    assert (await looking.jpeg(unit, 1280)).width == 1280


async def test_more_than_can_wait_is_refused_and_pictures_go_before_looks() -> None:
    looking = Looking(answer_s=20)
    (unit, *_) = keys()
    order: list[str] = []

    async def ask(what: str) -> None:
        await (looking.jpeg(unit) if what == "jpeg" else looking.look(unit))
        order.append(what)

    waiting = [asyncio.create_task(ask("look")) for _ in range(MOST_WAITING - 1)]
    waiting.append(asyncio.create_task(ask("jpeg")))
    await asyncio.sleep(0)
    with pytest.raises(NotSeen, match="busy"):
        await looking.look(unit)
    serving = asyncio.create_task(looking.serve())
    await until(lambda: order)
    assert order[0] == "jpeg"
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    said = await asyncio.gather(*waiting, return_exceptions=True)
    assert {str(one) for one in said if one is not None} <= {"stopped"}


@pytest.mark.parametrize(
    "said", [b"", b"{}", b"[]", b'{"type":"look"}', b'{"type":"seen","id":-1}', b"\xff" * 40]
)
def test_what_is_no_message_is_refused(said: bytes) -> None:
    for read in (up, down):
        with pytest.raises(Unreadable):
            read(said)


async def test_a_still_at_the_press_is_the_newest_key_picture_sealed(
    looking: Looking, tmp_path: Path
) -> None:
    import hashlib

    told: list[Sealed | Unsealed] = []
    writer = ClipWriter(tmp_path, lambda mono_us: Stamp(mono_us + 5, 9), told.append)
    writer.start()
    hub = Hub("cam-1", "main")
    for unit in encode(moving(3), gop=15):
        hub.unit(unit)
    key = hub.gop[0]
    made = await keep_still(looking, writer, hub, "i-1", now_us=key.at_us + 900_000, oldest_us=2_000_000)
    await keep_still(looking, writer, hub, "i-1", now_us=key.at_us + 900_000, oldest_us=2_000_000)
    await until(lambda: len(told) == 2)
    first, second = told
    assert isinstance(first, Sealed)
    assert isinstance(second, Sealed)
    assert (first.path, second.path) == ("i-1/cam-1.jpg", "i-1/cam-1~1.jpg")
    content = (tmp_path / first.path).read_bytes()
    assert content == made.jpeg
    assert first.sha256 == hashlib.sha256(content).hexdigest()
    assert first.first == Stamp(key.at_us + 5, 9)
    await writer.close(10)


async def test_no_still_is_made_of_an_old_picture_or_of_none(looking: Looking) -> None:
    hub = Hub("cam-1", "main")
    with pytest.raises(NotSeen, match="none"):
        await picture(looking, hub, 0, now_us=0, oldest_us=2_000_000)
    hub.unit(AccessUnit(b"x", True, 0, 1_000_000, Track("h264", b"")))
    with pytest.raises(NotSeen, match="stale"):
        await picture(looking, hub, 0, now_us=3_000_001, oldest_us=2_000_000)
