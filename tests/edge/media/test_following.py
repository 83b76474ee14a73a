"""Who looks by the last door sees the newest picture, not the newest key picture: whoever they are, and whatever it costs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from io import BytesIO

import av
import numpy as np
import pytest

from drivers.cameras.stream import AccessUnit, Codec
from edge.media import following
from edge.media.following import Allowance, Followers
from edge.media.hub import Hub
from edge.media.looking import NotSeen, Picture
from tests.edge.media.encoder import BITS, encoded
from tests.edge.media.test_looking import until

WIDTH = 320


@pytest.fixture
async def followers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Followers]:
    # On two busy cores: here nobody waits to be shown a key picture instead.
    monkeypatch.setattr(following, "WAIT_S", 60.0)
    made = Followers()
    yield made
    await made.close()
    assert made.process_ids == {}


def code_of(picture: Picture) -> int:
    """What is burnt in along its top."""
    with av.open(BytesIO(picture.jpeg), "r", format="jpeg_pipe") as container:
        luma = next(container.decode(video=0)).to_ndarray(format="gray")
    bar = picture.width // BITS
    bits = [
        np.mean(luma[4 : picture.height // 8 - 8, n * bar + 2 : n * bar + bar - 2]) > 125 for n in range(BITS)
    ]
    return int("".join(str(int(bit)) for bit in bits), 2)


def hub_of(units: list[AccessUnit]) -> Hub:
    hub = Hub("cam-1", "sub")
    for unit in units:
        hub.unit(unit)
    return hub


def alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_the_newest_picture_is_shown_as_it_comes_also_where_key_pictures_are_ten_seconds_apart(
    followers: Followers, codec: Codec
) -> None:
    units = encoded(250, codec, key_s=10)
    hub = hub_of(units[:200])
    shown = await followers.picture(hub, WIDTH)
    assert (code_of(shown), shown.at_us, shown.width) == (199, units[199].at_us, 320)
    for number in range(200, 250):
        hub.unit(units[number])
        shown = await followers.picture(hub, WIDTH)
        assert (code_of(shown), shown.at_us) == (number, units[number].at_us)


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_reordered_pictures_are_shown_with_the_time_of_the_one_that_is_shown(
    followers: Followers, codec: Codec
) -> None:
    units = encoded(100, codec, key_s=4, reordered=True)
    hub = hub_of(units[:60])
    shown = await followers.picture(hub, WIDTH)
    by_number = {unit.rtp * 25 // 90_000: unit.at_us for unit in units}
    assert 50 <= code_of(shown) < 60
    assert shown.at_us == by_number[code_of(shown)]


async def test_all_who_look_share_one_process_which_goes_when_nobody_does(
    followers: Followers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "IDLE_S", 0.5)
    hub = hub_of(encoded(30))
    shown = await asyncio.gather(*(followers.picture(hub, width) for width in (0, 160, 320, 320)))
    assert {one.at_us for one in shown} == {hub.last_at_us}
    assert [one.width for one in shown] == [320, 160, 320, 320]
    (process_id,) = followers.process_ids.values()
    assert hub.watched == 1
    await until(lambda: not alive(process_id))
    assert hub.watched == 0
    assert not followers.follows(hub)
    assert (await followers.picture(hub, WIDTH)).at_us == hub.last_at_us


async def test_what_was_not_whole_is_not_shown_until_the_next_key_picture(followers: Followers) -> None:
    units = encoded(60, key_s=1)
    hub = hub_of(units[:10])
    assert code_of(await followers.picture(hub, WIDTH)) == 9
    hub.broken()
    for unit in units[12:25]:
        hub.unit(unit)
    assert code_of(await followers.picture(hub, WIDTH)) == 9
    for unit in units[25:30]:
        hub.unit(unit)
    assert code_of(await followers.picture(hub, WIDTH)) == 29


async def test_where_nothing_comes_nothing_is_followed(followers: Followers) -> None:
    with pytest.raises(NotSeen, match="none"):
        await followers.picture(Hub("cam-1", "sub"), WIDTH)
    assert followers.process_ids == {}


async def test_more_than_a_bounded_number_is_not_followed() -> None:
    followers = Followers(most=1)
    first, second = hub_of(encoded(5)), hub_of(encoded(5))
    try:
        await asyncio.gather(followers.picture(first, WIDTH), return_exceptions=True)
        with pytest.raises(NotSeen, match="busy"):
            await followers.picture(second, WIDTH)
        followers.forget(first)
        assert not followers.follows(first)
        await asyncio.gather(followers.picture(second, WIDTH), return_exceptions=True)
        assert followers.follows(second)
    finally:
        await followers.close()


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_process_that_hangs_or_dies_is_ended_and_its_camera_left_alone_for_a_while(
    followers: Followers, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    units = encoded(20)
    hub = hub_of(units[:10])
    await followers.picture(hub, WIDTH)
    (process_id,) = followers.process_ids.values()
    monkeypatch.setattr(following, "ANSWER_S", 0.5)
    os.kill(process_id, how)
    hub.unit(units[10])
    with pytest.raises(NotSeen, match="died"):
        await followers.picture(hub, WIDTH)
    await until(lambda: not alive(process_id))
    with pytest.raises(NotSeen, match="busy"):
        await followers.picture(hub, WIDTH)
    assert hub.watched == 0


async def test_who_asks_is_not_kept_waiting_by_a_process_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "WAIT_S", 0.05)
    followers = Followers("tests.edge.media.silent")
    try:
        with pytest.raises(NotSeen, match="slow"):
            await followers.picture(hub_of(encoded(5)), WIDTH)
    finally:
        await followers.close()


async def test_beyond_what_may_be_taken_only_key_pictures_are_decoded(
    followers: Followers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "STREAM_US", 0)
    units = encoded(60, key_s=1)
    hub = hub_of(units[:20])
    assert (await followers.picture(hub, WIDTH)).at_us == units[0].at_us
    for unit in units[20:40]:
        hub.unit(unit)
    assert (await followers.picture(hub, WIDTH)).at_us == units[25].at_us


def test_what_is_taken_beyond_an_allowance_is_paid_back_by_waiting() -> None:
    now = [0.0]
    allowance = Allowance(1_000, lambda: now[0])
    allowance.take(4_500)
    found = []
    for now[0] in (0.0, 0.4, 0.6, 1_000.0):
        found.append(allowance.left)
    allowance.take(4_001)
    assert [*found, allowance.left] == [False, False, True, True, False]


@pytest.mark.parametrize("data", [b"", b"\0\0\0\1", os.urandom(3_000)], ids=["empty", "start code", "noise"])
async def test_what_is_no_picture_is_none_and_the_process_lives_on(followers: Followers, data: bytes) -> None:
    units = encoded(60, key_s=1)
    track = units[0].track
    hub = hub_of([AccessUnit(data, True, 0, 1, track), AccessUnit(data, False, 0, 2, track)])
    with pytest.raises(NotSeen, match="none"):
        await followers.picture(hub, WIDTH)
    hub.unit(units[25])
    assert code_of(await followers.picture(hub, WIDTH)) == 25
