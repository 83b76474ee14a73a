"""A journal with a follower on it, and a day's events to be followed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge.journal.canonical import JSON
from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.views.follower import Follower

NOON_US = 1_786_622_400_000_000


@dataclass(frozen=True)
class Site:
    """A journal and its follower, started."""

    journal: Journal
    follower: Follower

    async def add(self, rows: list[Row]) -> None:
        """Append and wait until it is durable, which is before the views have it."""
        durable = asyncio.Event()
        self.journal.append(rows, None, lambda _: durable.set())
        await asyncio.wait_for(durable.wait(), 10)

    async def settled(self) -> None:
        """Wait until the views have everything that is durable."""
        last: Any = None
        while events := await self.journal.read(None if last is None else last, 500):
            last = events[-1].position
        while True:
            position = await self.follower.ask(lambda views: views.position)
            if position is not None and (position.epoch, position.seq) == last:
                return
            await asyncio.sleep(0.005)


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., Any]:
    """`async with running() as site`."""

    @asynccontextmanager
    async def run(troubles: list[tuple[str, bool]] | None = None) -> AsyncIterator[Site]:
        journal = Journal.open(tmp_path / "store", "lincoln-hs", machine_id_file=tmp_path / "machine-id")
        follower = Follower(tmp_path / "store", journal.read_blocking)

        def trouble(code: str, active: bool, args: tuple[str, ...]) -> None:
            if troubles is not None:
                troubles.append((code, active))

        loop = asyncio.get_running_loop()
        journal.start(loop, trouble, follow=follower.follow)
        follower.start(loop, trouble)
        try:
            yield Site(journal, follower)
        finally:
            await follower.close(5)
            await journal.close(5)

    return run


def row(step: int, kind: str, subject: str, incident: str | None, data: dict[str, JSON]) -> Row:
    return Row(NOON_US + step * 1000, step, kind, subject, "rule", incident, None, data)


def kept_of_cameras() -> list[Row]:
    """Two cameras asked for, one blind spot; a still, a clip that a crash left, one that is being written; one deleted."""
    seal: dict[str, JSON] = {
        "code": "",
        "sha256": "ab" * 32,
        "size": 9,
        "first_us": NOON_US,
        "last_us": NOON_US + 1,
    }
    clip: dict[str, JSON] = {"camera": "cam-hall", "name": "inc-1/cam-hall.mp4"}
    still: dict[str, JSON] = {"camera": "cam-hall", "name": "inc-1/cam-hall.jpg"}
    return [
        row(16, "cameras.asked/1", "inc-1", "inc-1", {"cameras": ["cam-hall", "cam-gym"], "blind": [["cam-gym", "lost"]]}),
        row(16, "cameras.asked/1", "inc-1", "inc-1", {"cameras": [], "blind": [["cam-hall", "black"]]}),
        row(
            16,
            "cameras.found_blind/1",
            "inc-1",
            "inc-1",
            {"blind": [["cam-yard", "unwatched"], ["cam-gym", "unwatched"]], "since_us": 1_790_000_000_000_000},
        ),
        row(16, "evidence.begun/1", "cam-hall", "inc-1", {"camera": "cam-hall", "name": "inc-1/cam-hall.mp4"}),
        row(16, "evidence.begun/1", "cam-gym", "inc-1", {"camera": "cam-gym", "name": "inc-1/cam-gym.mp4"}),
        row(16, "evidence.ended/1", "cam-hall", "inc-1", {**still, "end": "sealed", **seal}),
        row(16, "evidence.ended/1", "cam-hall", "inc-1", {**clip, "end": "recovered", **seal}),
        row(16, "evidence.deleted/1", "campus", "inc-1", {"name": "inc-1/cam-hall.jpg", "sha256": "ab" * 32, "code": "age"}),
        row(16, "evidence.ended/1", "x", "inc-1", {"name": ["another form"]}),
    ]  # fmt: skip


@pytest.fixture
def lockdown() -> list[Row]:
    """A press, two doors locked, one held back, one flag that comes and goes, a press that waits and is
    answered.
    """
    incident: dict[str, JSON] = {
        "id": "inc-1",
        "kind": "real",
        "response": "secure",
        "zone": "west",
        "silent": False,
    }
    press: dict[str, JSON] = {"button": "pb-101", "press": "p1", "gesture": "hold", "standing": "acted"}
    return [
        row(
            0,
            "press.heard/1",
            "pb-101",
            "inc-1",
            {**press, "response": "lockdown", "zone": "west", "kind": "real"},
        ),
        row(1, "incident.opened/1", "inc-1", "inc-1", incident),
        row(
            2,
            "zone.response/1",
            "west",
            "inc-1",
            {"number": 1, "zone": "west", "response": "lockdown", "kind": "real"},
        ),
        row(
            3,
            "doors.ordered/1",
            "west",
            "inc-1",
            {"order": "lock", "doors": ["a-101", "a-102"], "held": [["a-103", "rex"]]},
        ),
        row(4, "door.verdict/1", "a-101", "inc-1", {"door": "a-101", "verdict": "pending"}),
        row(
            5,
            "flag.raised/1",
            "a-102",
            "inc-1",
            {"code": "not_latched", "subject": "a-102", "args": ["a-102"]},
        ),
        row(6, "door.verdict/1", "a-101", "inc-1", {"door": "a-101", "verdict": "secured"}),
        row(7, "doors.asserted/1", "a-102", "inc-1", {"order": "lock", "doors": ["a-102"], "commands": [3]}),
        row(
            8,
            "door.verdict/1",
            "a-102",
            "inc-1",
            {"door": "a-102", "verdict": "not_latched", "by": None, "code": ""},
        ),
        row(
            9,
            "press.unanswered/1",
            "pb-102",
            None,
            {"number": 4, "button": "pb-102", "press": "p2", "why": "too_old"},
        ),
        row(10, "press.answered/1", "pb-102", None, {"number": 4, "started": False}),
        row(
            11, "incident.raised/1", "inc-1", "inc-1", {"id": "inc-1", "response": "lockdown", "zone": "west"}
        ),
        row(12, "flag.cleared/1", "a-102", "inc-1", {"code": "not_latched", "subject": "a-102"}),
        row(13, "door.verdict/1", "a-101", "inc-1", {"door": "a-101", "verdict": "ajar"}),
        row(14, "telemetry.summary/1", "plc-east", None, {"polls": 1200, "worst_us": 4100}),
        row(15, "from.the.future/7", "x", None, {"what": [1, 2]}),
        row(16, "door.verdict/1", "a-104", None, {"verdict": {"of": "another form"}, "by": ["x"]}),
        *kept_of_cameras(),
        row(17, "incident.closed/1", "inc-1", "inc-1", {"id": "inc-1", "kind": "real"}),
        row(18, "flag.raised/1", "disk", None, {"code": "disk_slow", "subject": "", "args": []}),
    ]
