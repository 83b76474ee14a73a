"""Both engines against three servers that share nothing: the same pictures, byte by byte."""

import asyncio
import contextlib
import itertools

import pytest

from drivers.cameras.pyav_engine import PyavEngine
from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.stream import Codec, Engine, EngineName, Source, StreamLost, Transport
from tests.drivers.cameras.servers import SERVERS, Served, gstreamer, of_unit, simulated
from tests.drivers.cameras.watching import Seen

CASES: list[tuple[EngineName, str, Codec, Transport]] = [
    ("own", server, codec, transport)
    for server in SERVERS
    for codec in ("h264", "h265")
    for transport in ("tcp", "udp")
] + [("pyav", server, codec, "tcp") for server in SERVERS for codec in ("h264", "h265")]


def engine(name: EngineName, source: Source) -> Engine:
    return RtspClient(source) if name == "own" else PyavEngine(source)


async def played(name: EngineName, source: Source, pictures: int) -> tuple[Seen, StreamLost | None]:
    """Until so many pictures came, or the stream ended."""
    seen = Seen()
    task = asyncio.create_task(engine(name, source).run(seen))
    enough = asyncio.create_task(seen.until(lambda seen: len(seen.units) >= pictures))
    await asyncio.wait((task, enough), return_when=asyncio.FIRST_COMPLETED)
    ended = task.exception() if task.done() else None
    for one in (task, enough):
        one.cancel()
        with contextlib.suppress(asyncio.CancelledError, StreamLost):
            await one
    assert ended is None or isinstance(ended, StreamLost)
    return seen, ended


def same(seen: Seen, served: Served, codec: Codec, least: int) -> int:
    """Raises AssertionError unless what came, from its first key picture on, is what is served; how many came."""
    begin = next(at for at, unit in enumerate(seen.units) if unit.key)
    got = [of_unit(unit.data, codec) for unit in seen.units[begin:]]
    place = served.pictures.index(got[0])
    for number, one in enumerate(got):
        at = place + number
        expected = served.pictures[at % len(served.pictures) if served.again else at]
        assert one == expected, f"picture {number} is not the one that was sent"
    assert len(got) >= least
    return len(got)


@pytest.mark.parametrize(("name", "server", "codec", "transport"), CASES)
async def test_pictures_are_byte_by_byte_what_the_server_was_given(
    name: EngineName, server: str, codec: Codec, transport: Transport
) -> None:
    async with SERVERS[server](codec, transport) as served:
        seen, _ = await played(
            name, Source("one", served.url, transport=transport), 90 if served.again else 60
        )

        assert [one[:2] for one in seen.opens] == [(name, transport)]
        assert seen.lost_packets == 0
        # Of the picture in which a stream ends libavformat does not say whether all of it came.
        told = seen.units[:-1] if name == "pyav" and not served.again else seen.units
        assert all(unit.whole for unit in told)
        count = same(seen, served, codec, 30)
        if name == "own" and not served.again:
            assert count == len(served.pictures), "a picture of the file never came"
        for unit in seen.units:
            assert unit.track.codec == codec
            if unit.key:
                assert unit.data.startswith(served.sets)
                assert (unit.track.width, unit.track.height) == (640, 360)
                assert unit.track.parameter_sets == served.sets
        # libavformat sets its clock anew at the first sender report, which comes with the first pictures.
        timed = seen.units if name == "own" else seen.units[5:]
        steps = {after.rtp - before.rtp for before, after in itertools.pairwise(timed)}
        assert steps <= {2_999, 3_000, 3_001}


@pytest.mark.parametrize("name", ["own", "pyav"])
async def test_a_wrong_password_is_told_as_such_and_never_shown(name: EngineName) -> None:
    async with gstreamer("h264", "tcp", "viewer:right") as served:
        _, lost = await played(name, Source("one", served.url, "viewer", "a-wr0ng-1"), 1)

    assert lost is not None
    assert lost.code == "unauthorized"
    assert "wr0ng" not in str(lost)


@pytest.mark.parametrize("name", ["own", "pyav"])
async def test_the_right_password_proves_itself_by_digest(name: EngineName) -> None:
    async with gstreamer("h264", "tcp", "viewer:p w@:/x") as served:
        seen, _ = await played(name, Source("one", served.url, "viewer", "p w@:/x"), 10)

    assert len(seen.units) >= 10


@pytest.mark.parametrize("name", ["own", "pyav"])
async def test_who_is_not_there_is_told(name: EngineName) -> None:
    async with simulated("h264", "tcp") as served:
        url = served.url
    _, lost = await played(name, Source("one", url), 1)

    assert lost is not None
    assert lost.code == "refused"


@pytest.mark.parametrize("name", ["own", "pyav"])
async def test_a_stream_of_another_name_is_not_found(name: EngineName) -> None:
    async with simulated("h264", "tcp") as served:
        _, lost = await played(name, Source("one", served.url.replace("/main", "/none")), 1)

    assert lost is not None
    assert lost.code == "not_found"
