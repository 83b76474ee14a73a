"""Who is looked at when: all in turn, spread, within the budget, at once when something is suspected."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from drivers.cameras.stream import AccessUnit, Track
from edge.media.hub import Hub
from edge.media.looking import Look, Looking, NotSeen
from edge.media.looking_messages import EDGES, Seen
from edge.media.looks import MAIN_US, SUB_US, Looks
from edge.media.picture import LEARNING, PATIENCE, Judge, Judged
from tests.edge.media.encoding import encode
from tests.edge.media.test_picture import pictures

TRACK = Track("h264", b"")


class Time:
    """A clock that a test moves on: the looks are waited for, never the time."""

    def __init__(self) -> None:
        self.now_us = 1_000_000_000

    def __call__(self) -> int:
        return self.now_us


class Seeing:
    """Answers each look with what costs so much; writes down who was looked at and when."""

    def __init__(self, time: Time, cost_us: int = 500) -> None:
        self.time, self.cost_us, self.fails = time, cost_us, False
        self.looked: list[tuple[int, int]] = []

    async def look(self, unit: AccessUnit, samples: tuple[bytes, ...], references: tuple[bytes, ...]) -> Look:
        self.looked.append((unit.rtp, self.time.now_us))
        if self.fails:
            raise NotSeen("hung")
        alike = tuple(1.0 for _ in references)
        return Look(Seen(1, 640, 360, 100, 40, 20, 0.8, 2.0, alike, self.cost_us), bytes(EDGES), b"sample")


class Campus:
    """Cameras whose key pictures are always fresh; the RTP time of a picture says whose it is."""

    def __init__(
        self, cameras: int, *, main: bool = False, cost_us: int = 500, budget_us: int = 1_000
    ) -> None:
        self.time = Time()
        self.seeing = Seeing(self.time, cost_us)
        self.looks = Looks(self.seeing, self.time, budget_us)
        self.changes: list[tuple[str, str]] = []
        self.hubs = [Hub(f"cam-{number}", "sub") for number in range(cameras)]
        for hub in self.hubs:
            self.looks.watch(hub, Judge(), self.changed, main=main)

    def changed(self, camera: str, before: Judged, after: Judged) -> None:
        self.changes.append((camera, after.state))

    async def live(self, seconds: float, *, fresh: bool = True) -> None:
        """Move time on by steps of 50 ms, each until nobody has to be looked at any more."""
        for _ in range(round(seconds * 20)):
            self.time.now_us += 50_000
            for number, hub in enumerate(self.hubs):
                if fresh:
                    hub.unit(AccessUnit(b"%d" % self.time.now_us, True, number, self.time.now_us, TRACK))
            self.looks._stirred.set()
            for _ in range(4 * len(self.hubs) + 4):
                await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def running(campus: Campus) -> AsyncIterator[None]:
    task = asyncio.create_task(campus.looks.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_each_sub_stream_is_looked_at_every_two_seconds_and_they_are_spread() -> None:
    campus = Campus(20)
    async with running(campus):
        await campus.live(10)
    count = Counter(camera for camera, _ in campus.seeing.looked)
    assert set(count) == set(range(20))
    assert set(count.values()) <= {4, 5, 6}
    at_once = Counter(at for _, at in campus.seeing.looked)
    assert max(at_once.values()) <= 3, "not all in the same moment"


async def test_a_main_stream_is_looked_at_more_seldom() -> None:
    campus = Campus(4, main=True)
    async with running(campus):
        await campus.live(40)
    count = Counter(camera for camera, _ in campus.seeing.looked)
    assert set(count.values()) <= {3, 4, 5}
    assert MAIN_US == 5 * SUB_US


async def test_what_costs_more_than_its_budget_is_done_more_seldom_and_that_is_said() -> None:
    campus = Campus(10, cost_us=8_000, budget_us=1_000)
    async with running(campus):
        await campus.live(4)
        campus.seeing.looked.clear()
        await campus.live(40)
    figures = campus.looks.figures
    assert figures.stretch == pytest.approx(4)
    assert figures.planned_us == 4_000
    spent_us = campus.seeing.cost_us * len(campus.seeing.looked)
    assert spent_us <= 1.2 * 1_000 * 10 * 40


async def test_the_first_look_of_a_cold_process_makes_none_rarer() -> None:
    campus = Campus(3, cost_us=40_000)
    async with running(campus):
        await campus.live(1.9)
        assert len(campus.seeing.looked) == 3
        campus.seeing.cost_us = 500
        await campus.live(10)
        campus.seeing.cost_us = 60_000
        await campus.live(2)
        campus.seeing.cost_us = 500
        await campus.live(2)
    assert campus.looks.figures.stretch == 1.0, "nor does one that others kept waiting"
    assert len(campus.seeing.looked) >= 21


async def test_pictures_that_come_back_at_each_seldom_look_are_not_frozen_and_those_that_stand_are_found_soon() -> (
    None
):
    campus = Campus(1, cost_us=8_000)
    states = []
    async with running(campus):
        began_us, back_us = campus.time.now_us, 8_000_000
        for _ in range(2_400):
            campus.time.now_us += 50_000
            if campus.time.now_us - began_us > 100_000_000:
                back_us = 1
            shown = (campus.time.now_us - began_us) % back_us // 2_000_000
            campus.hubs[0].unit(AccessUnit(b"%d" % shown, True, 0, campus.time.now_us, TRACK))
            campus.looks._stirred.set()
            for _ in range(8):
                await asyncio.sleep(0)
            states += [(state, campus.time.now_us - began_us) for _, state in campus.changes]
            campus.changes.clear()
    assert campus.looks.figures.stretch == 4.0, (
        "one look in eight seconds: as often as the pictures come back"
    )
    frozen = [at_us for state, at_us in states if state == "frozen"]
    assert len(frozen) == 1
    assert 100_000_000 < frozen[0] < 120_000_000


async def test_a_suspected_camera_is_looked_at_at_once() -> None:
    campus = Campus(3, main=True)
    async with running(campus):
        await campus.live(20)
        campus.seeing.looked.clear()
        campus.looks.suspect("cam-1")
        campus.looks.suspect("cam-unheard-of")
        await campus.live(0.05)
    assert campus.seeing.looked[0][0] == 1


async def test_a_stream_that_is_silent_is_not_judged_by_its_old_picture_and_falls_to_unknown() -> None:
    campus = Campus(1)
    async with running(campus):
        await campus.live(2 * (LEARNING + 6))
        assert campus.changes[-1] == ("cam-0", "ok")
        campus.seeing.looked.clear()
        await campus.live(2 * (PATIENCE["unknown"] + 2), fresh=False)
    assert len(campus.seeing.looked) <= 1
    assert campus.changes[-1] == ("cam-0", "unknown")


async def test_a_process_that_does_not_answer_makes_unknown_and_not_ok() -> None:
    campus = Campus(1)
    async with running(campus):
        await campus.live(2 * (LEARNING + 6))
        campus.seeing.fails = True
        await campus.live(2 * (PATIENCE["unknown"] + 2))
    assert campus.changes[-1] == ("cam-0", "unknown")
    assert campus.looks.figures.not_seen


async def test_the_same_key_picture_is_not_looked_at_twice() -> None:
    campus = Campus(1)
    async with running(campus):
        await campus.live(3)
        campus.seeing.looked.clear()
        held = campus.hubs[0].gop[0]
        for _ in range(6):
            campus.hubs[0].unit(replace(held, key=False, at_us=campus.time.now_us + 900_000))
            await campus.live(0.9, fresh=False)
    assert len(campus.seeing.looked) <= 1


async def test_who_is_forgotten_is_looked_at_no_more() -> None:
    campus = Campus(2)
    async with running(campus):
        await campus.live(4)
        campus.looks.forget("cam-0")
        campus.seeing.looked.clear()
        await campus.live(6)
    assert {camera for camera, _ in campus.seeing.looked} == {1}


async def test_a_covered_camera_is_found_through_the_process_itself() -> None:
    """The whole way: encoded pictures, the hub, the looking process, the judge."""
    from tests.edge.media.test_picture import grey

    time, looking, hub = Time(), Looking(answer_s=20), Hub("cam-1", "sub")
    looks, judge, changes = Looks(looking, time), Judge(), list[tuple[str, str]]()
    looks.watch(hub, judge, lambda camera, _, after: changes.append((camera, after.state)), main=False)
    tasks = [asyncio.create_task(looking.serve()), asyncio.create_task(looks.run())]
    shown = [*pictures(LEARNING + 5), *grey(190), *pictures(6, start=500)]
    for number, unit in enumerate(encode(shown, fps=1, gop=1, bit_rate=150_000)):
        time.now_us += SUB_US
        hub.unit(replace(unit, at_us=time.now_us))
        looks.suspect("cam-1")
        await until(lambda number=number: looks.figures.looks > number)  # type: ignore[misc]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert changes == [("cam-1", "ok"), ("cam-1", "covered"), ("cam-1", "ok")]


async def until(holds: Callable[[], object], patience_s: float = 30) -> None:
    async with asyncio.timeout(patience_s):
        while not holds():
            await asyncio.sleep(0.005)
