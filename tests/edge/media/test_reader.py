"""A stream is kept read whatever happens to its camera, and what happens is told within its limit."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from drivers.cameras.pyav_engine import PyavEngine
from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.rtsp_connection import now_us as monotonic_us
from drivers.cameras.stream import Engine, EngineName, Sink, Source, StreamLost, Track, Transport, Unserved
from drivers.simulators.camera import SimulatedCamera
from drivers.simulators.camera_faults import CameraFault, CameraFaultKind
from edge.media import reader as reading
from edge.media.attempts import Attempts
from edge.media.reader import Reader
from tests.drivers.cameras.servers import LOOPS, settings
from tests.drivers.cameras.watching import Seen

LIMIT_US = 600_000
SLACK_US = 300_000


class Told:
    """An owner that keeps what it was told, and when."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, int]] = []
        self.engines: list[tuple[EngineName, str]] = []
        self._changed = asyncio.Event()
        self.reader: Reader | None = None

    def _say(self, what: str, detail: str) -> None:
        last = self.reader._last_us if self.reader is not None else 0
        self.said.append((what, detail, monotonic_us() - last))
        self._changed.set()

    def up(self) -> None:
        self._say("up", "")

    def lost(self, code: str, detail: str) -> None:
        self._say(code, detail)

    def engine(self, engine: EngineName, reason: str) -> None:
        self.engines.append((engine, reason))
        self._changed.set()

    def words(self) -> list[str]:
        return [one[0] for one in self.said]

    async def until(self, holds: Callable[["Told"], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def kept(
    source: Source,
    limit_us: int = LIMIT_US,
    own: Callable[[Source], Engine] = RtspClient,
    fallback: Callable[[Source], Engine] = PyavEngine,
    attempts: Attempts | None = None,
    now_us: Callable[[], int] = monotonic_us,
) -> AsyncIterator[tuple[Told, Seen, Reader]]:
    told, seen = Told(), Seen()
    reader = Reader(
        source,
        seen,
        told,
        attempts or Attempts(),
        limit_us=limit_us,
        own=own,
        fallback=fallback,
        now_us=now_us,
    )
    told.reader = reader
    task = asyncio.create_task(reader.run())
    try:
        yield told, seen, reader
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def camera() -> AsyncIterator[SimulatedCamera]:
    one = SimulatedCamera({"/main": settings("h264")}, LOOPS)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


@pytest.mark.parametrize("kind", ["silent", "media_stopped"])
async def test_a_camera_that_falls_silent_is_lost_within_its_limit_and_is_back_by_itself(
    kind: CameraFaultKind,
) -> None:
    async with camera() as one, kept(Source("one", one.url())) as (told, _, _):
        await told.until(lambda told: told.words() == ["up"])
        await one.set_fault(CameraFault(kind))
        await told.until(lambda told: told.words() == ["up", "silent"])
        await one.set_fault(CameraFault())
        await told.until(lambda told: told.words()[-1] == "up")

    silent_us = told.said[1][2]
    assert LIMIT_US <= silent_us <= LIMIT_US + SLACK_US
    assert told.words() == ["up", "silent", "up"]


async def test_a_stream_that_only_paused_goes_on_over_the_same_connection() -> None:
    async with camera() as one, kept(Source("one", one.url())) as (told, seen, _):
        await told.until(lambda told: told.words() == ["up"])
        await one.set_fault(CameraFault("media_stopped"))
        await told.until(lambda told: told.words() == ["up", "silent"])
        await one.set_fault(CameraFault())
        await told.until(lambda told: told.words() == ["up", "silent", "up"])

    assert len(seen.opens) == 1


async def test_a_closed_socket_is_lost_long_before_the_limit() -> None:
    async with camera() as one, kept(Source("one", one.url()), limit_us=10_000_000) as (told, _, _):
        await told.until(lambda told: told.words() == ["up"])
        await one.set_fault(CameraFault("away"))
        await told.until(lambda told: len(told.said) > 1)

    assert told.said[1][0] == "closed"
    # Two pictures are 33 ms apart.
    assert told.said[1][2] <= 1_000_000


async def test_a_camera_that_was_away_is_found_again() -> None:
    async with camera() as one, kept(Source("one", one.url())) as (told, seen, _):
        await told.until(lambda told: told.words() == ["up"])
        await one.set_fault(CameraFault("away"))
        await told.until(lambda told: "refused" in told.words())
        await one.set_fault(CameraFault())
        await told.until(lambda told: told.words()[-1] == "up")

    assert told.words() == ["up", "closed", "refused", "up"]
    assert len(seen.opens) == 2


async def test_a_camera_that_was_never_there_is_told_once_not_for_each_attempt() -> None:
    tried = 0

    class Refused:
        async def run(self, sink: Sink) -> None:
            nonlocal tried
            tried += 1
            raise StreamLost("refused", "nobody listens there")

    async with kept(Source("one", "rtsp://127.0.0.1/x"), own=lambda source: Refused()) as (told, _, reader):
        async with asyncio.timeout(30):
            while tried < 5:
                await asyncio.sleep(0.01)

    assert told.words() == ["refused"]
    assert not reader.is_up


async def test_a_refused_password_is_not_tried_again_and_again() -> None:
    tried = 0

    class Refusing:
        async def run(self, sink: Sink) -> None:
            nonlocal tried
            tried += 1
            raise StreamLost("unauthorized")

    async with kept(Source("one", "rtsp://127.0.0.1/x"), own=lambda source: Refusing()) as (told, _, reader):
        await told.until(lambda told: told.words() == ["unauthorized"])
        waits = []
        for _ in range(6):
            waits.append(reader._unwelcome_s())
            reader._fell(StreamLost("unauthorized"))

    assert waits == [5, 15, 45, 135, 300, 300]
    assert tried == 1


class Odd:
    """An engine of a test: opens, then ends as it is told."""

    def __init__(self, name: EngineName, ending: StreamLost | None) -> None:
        self._name, self._ending = name, ending

    async def run(self, sink: Sink) -> None:
        transport: Transport = "tcp"
        sink.opened(self._name, transport, Track("h264", b""))
        if self._ending is not None:
            raise self._ending
        await asyncio.Event().wait()


async def test_what_our_own_engine_cannot_serve_falls_to_the_other_with_the_reason() -> None:
    why = Unserved("engine", "the protocol RTP/SAVP")

    async with kept(
        Source("one", "rtsp://127.0.0.1/x"),
        own=lambda source: Odd("own", why),
        fallback=lambda source: Odd("pyav", None),
        limit_us=60_000_000,
    ) as (told, seen, reader):
        await seen.until(lambda seen: seen.opens[-1:] != [] and seen.opens[-1][0] == "pyav")

    assert reader.playing == "pyav"
    assert reader.reason == "the protocol RTP/SAVP"
    assert told.engines[-1] == ("pyav", "the protocol RTP/SAVP")


async def test_three_broken_streams_in_a_row_fall_to_the_other_engine_and_one_does_not() -> None:
    endings = iter(
        [StreamLost("malformed", "bad"), StreamLost("closed"), *[StreamLost("malformed", "bad")] * 3]
    )
    async with kept(
        Source("one", "rtsp://127.0.0.1/x"),
        own=lambda source: Odd("own", next(endings)),
        fallback=lambda source: Odd("pyav", None),
        limit_us=60_000_000,
    ) as (_, seen, reader):
        await seen.until(lambda seen: seen.opens[-1:] != [] and seen.opens[-1][0] == "pyav")

    assert [one[0] for one in seen.opens] == ["own"] * 5 + ["pyav"]
    assert reader.reason == "3 times in a row: bad"


async def test_a_day_later_our_own_engine_is_tried_again() -> None:
    now = 0
    async with kept(
        Source("one", "rtsp://127.0.0.1/x"),
        own=lambda source: Odd("own", Unserved("engine", "no") if now == 0 else None),
        fallback=lambda source: Odd("pyav", StreamLost("closed") if now else None),
        now_us=lambda: now,
        limit_us=60_000_000,
    ) as (told, seen, reader):
        await seen.until(lambda seen: len(seen.opens) == 2)
        assert reader.playing == "pyav"
        now = reading.AGAIN_US
        reader._end(StreamLost("closed"))
        await seen.until(lambda seen: seen.opens[-1][0] == "own" and len(seen.opens) > 2)

    assert told.engines[-1] == ("own", "")


async def test_a_bug_of_an_engine_is_told_as_a_condition_of_its_camera() -> None:
    class Broken:
        async def run(self, sink: Sink) -> None:
            raise ZeroDivisionError

    async with kept(Source("one", "rtsp://127.0.0.1/x"), own=lambda source: Broken()) as (told, _, _):
        await told.until(lambda told: told.words() == ["engine"])


async def test_an_engine_that_never_plays_is_lost_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "OPENING_US", 50_000)

    class Stuck:
        async def run(self, sink: Sink) -> None:
            await asyncio.Event().wait()

    async with kept(Source("one", "rtsp://127.0.0.1/x"), own=lambda source: Stuck()) as (told, _, _):
        await told.until(lambda told: told.words() == ["silent"])


async def test_no_more_than_so_many_cameras_are_connected_to_at_once_and_one_that_just_fell_does_not_wait() -> (
    None
):
    attempts = Attempts(at_once=8, failing_at_once=5)
    began: list[str] = []

    class Hanging:
        def __init__(self, source: Source) -> None:
            self._source = source

        async def run(self, sink: Sink) -> None:
            began.append(self._source.camera)
            await asyncio.Event().wait()

    async with contextlib.AsyncExitStack() as stack:
        for number in range(64):
            source = Source(f"dead-{number}", "rtsp://127.0.0.1/x")
            _, _, reader = await stack.enter_async_context(kept(source, own=Hanging, attempts=attempts))
            reader._failures = 9
        async with asyncio.timeout(10):
            while len(began) < 5:
                await asyncio.sleep(0)
        await stack.enter_async_context(
            kept(Source("fresh", "rtsp://127.0.0.1/x"), own=Hanging, attempts=attempts)
        )
        async with asyncio.timeout(10):
            while "fresh" not in began:
                await asyncio.sleep(0)

    assert len(began) == 6
    assert attempts.most == 6
    assert attempts.now == 0
