"""The process that cameras are read in: dead, hung, hostile, hungry; the daemon goes on and its record stays small."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
import pytest
from structlog.testing import capture_logs

import edge.cameras
from drivers.lines import line
from edge.camera_news import FILES, TURNS, Allowance
from edge.cameras import TERMS, Cameras, NotAsked
from edge.media.messages import LONGEST_DOWN, Asked, CameraSettings, Open, down
from rules.model.camera_events import CamerasTurned, CameraTold, EvidenceTold
from rules.model.events import ConditionChanged, Event
from rules.model.ids import CameraId, IncidentId, ZoneId
from rules.model.moments import Instant
from rules.state import Incident, Live, Record, State

PATIENCE_S = 30.0
PASSWORD = "never-shown"
HALL = CameraId("cam-hall")


def opened(*names: str) -> Open:
    """How it is to work."""
    cameras = tuple(
        CameraSettings(
            one, "rtsp://127.0.0.1:9/main", "", "viewer", PASSWORD, None, "own", 2_000_000, audio=False
        )
        for one in names
    )
    return Open(
        "/nowhere", cameras, 5_000_000, 16_000_000, 10**9, 10**9, 10**9, None, district=False, address=""
    )


class Heard:
    """What became of it: the inbox."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._came = asyncio.Event()

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._came.set()

    def of(self, kind: type[Event]) -> list[Event]:
        return [one for one in self.events if isinstance(one, kind)]

    @property
    def turns(self) -> list[tuple[bool, str]]:
        return [(one.up, one.code) for one in self.events if isinstance(one, CamerasTurned)]

    @property
    def told(self) -> list[CameraTold]:
        return [one for one in self.events if isinstance(one, CameraTold)]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def running(*names: str, start_ticks: int = TERMS.start_ticks) -> AsyncIterator[tuple[Cameras, Heard]]:
    """The daemon's side, with a process that behaves as its first camera is called."""
    heard = Heard()
    terms = replace(TERMS, module="tests.edge.misbehaving", start_ticks=start_ticks)
    cameras = Cameras(heard.put, terms)
    cameras.configure(opened(*names))
    task = asyncio.create_task(cameras.run())
    try:
        yield cameras, heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("nonsense", "nonsense"),
        ("long-line", "nonsense"),
        ("flood", "nonsense"),
        ("files", "nonsense"),
        ("dies", "ended"),
        ("hangs", "hung"),
        ("silent", "hung"),
        ("eats", "memory"),
    ],
)
async def test_a_process_that_misbehaves_is_ended_started_again_and_told(
    how: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge.cameras, "MEMORY_BESIDE", 128 << 20)
    async with running(how, HALL, start_ticks=20) as (cameras, heard):
        await heard.until(lambda: (False, code) in heard.turns)
        cameras.configure(opened("sound", HALL))
        await heard.until(lambda: heard.told and heard.turns[-1] == (True, ""))

    assert cameras.restarts >= 1
    gone = next(one for one in heard.events if isinstance(one, CamerasTurned) and not one.up)
    assert gone.since is not None
    # What hung was known to be there until its last word: two seconds and not a moment ago.
    assert (gone.at.since(gone.since) >= 1_500_000) == (how == "hangs")
    assert heard.told[-1].up
    assert len(heard.of(EvidenceTold)) <= 1.1 * FILES


async def test_a_process_that_reads_nothing_is_ended() -> None:
    async with running("deaf", HALL) as (cameras, heard):
        await heard.until(lambda: heard.turns == [(True, "")])
        process = cameras.process_id
        many = opened("deaf", *(f"cam-{number}" for number in range(1_000)))
        for number in range(1_000):
            if cameras.process_id != process:
                break
            cameras.configure(msgspec.structs.replace(many, memory=16_000_000 + number))
            await asyncio.sleep(0)
        await heard.until(lambda: (False, "hung") in heard.turns)


async def test_a_camera_that_flutters_fills_no_inbox_and_is_never_called_up_while_it_is_lost() -> None:
    async with running("flutters", HALL) as (_, heard):
        await heard.until(lambda: len(heard.told) >= TURNS)
        # Its last word is that all are up: a new life of news begins only when there is an allowance for it.
        await heard.until(lambda: not heard.told[-1].up)

    turns = [one.up for one in heard.told]
    assert len(turns) <= 2 * TURNS + 2
    assert all(now is not before for before, now in itertools.pairwise(turns))


async def test_cameras_that_are_not_configured_become_no_events_and_take_no_memory() -> None:
    async with running("strangers", HALL) as (cameras, heard):
        await heard.until(lambda: heard.told)

    assert {one.camera for one in heard.told} <= {HALL, CameraId("strangers")}
    assert not cameras.figures


async def test_a_condition_that_turns_all_the_time_is_a_flood_like_any_other() -> None:
    allowed = Allowance(3.0, 0.0)
    assert [allowed.take() for _ in range(5)] == [True, True, True, False, False]
    async with running("conditions", HALL) as (_, heard):
        await heard.until(lambda: heard.told)
    assert len(heard.of(ConditionChanged)) <= FILES


async def test_a_configuration_that_changed_while_the_process_was_being_started_is_the_one_it_works_by() -> (
    None
):
    async with running("sound", "cam-old") as (cameras, heard):
        await asyncio.sleep(0)
        assert cameras.process_id is None
        cameras.configure(opened("sound", HALL))
        await heard.until(lambda: len(heard.told) == 2)

    assert {one.camera for one in heard.told} == {HALL, CameraId("sound")}


def test_cameras_with_one_authority_name_it_once_and_all_fit_into_one_message() -> None:
    bundle = "-----BEGIN CERTIFICATE-----" + "A" * 256 * 1024
    many = opened(*(f"cam-{number}" for number in range(1_000)))
    cameras = tuple(msgspec.structs.replace(one, ca="tls/ca.pem") for one in many.cameras)
    sent = line(msgspec.structs.replace(many, cameras=cameras, authorities={"tls/ca.pem": bundle}))
    assert len(sent) < LONGEST_DOWN
    came = down(sent)
    assert isinstance(came, Open)
    assert {one.ca for one in came.whole} == {bundle}
    assert [one.ca for one in many.whole] == [""] * 1_000


def keeping(*names: CameraId) -> State:
    at = Instant(1, 1)
    incident = Incident(IncidentId("inc-1"), "real", "lockdown", ZoneId("a"), False, at)
    record = Record(incidents={incident.id: incident}, keeping={incident.id: frozenset(names)})
    return State(record, Live(at, "boot", at))


async def test_what_an_incident_keeps_is_asked_of_every_life_of_the_process_and_of_one_that_was_not_there_yet() -> (
    None
):
    async with running("sound", HALL) as (cameras, heard):
        cameras.keep(keeping(HALL))
        await heard.until(lambda: heard.of(EvidenceTold))
        process = cameras.process_id
        assert process is not None
        os.kill(process, signal.SIGKILL)
        await heard.until(lambda: len(heard.of(EvidenceTold)) == 2)

    assert heard.turns == [(True, ""), (False, "ended"), (True, "")]


async def test_who_asks_for_a_picture_gets_it_or_a_reason_and_never_waits_for_a_process_that_says_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge.cameras, "ANSWER_S", 0.5)
    for how, code in (
        ("asked", ""),
        ("asked-nonsense", "cameras_silent"),
        ("asked-silent", "cameras_silent"),
        ("asked-endless", "cameras_silent"),
    ):
        async with running(how, HALL) as (cameras, heard):
            with pytest.raises(NotAsked) as away:
                await cameras.ask(Asked("snapshot", HALL))
            assert away.value.code == "cameras_away"
            await heard.until(lambda heard=heard: heard.turns)  # type: ignore[misc]
            if code:
                with pytest.raises(NotAsked) as refused:
                    await cameras.ask(Asked("snapshot", HALL))
                assert refused.value.code == code
            else:
                answer, reader, writer = await cameras.ask(Asked("snapshot", HALL))
                assert await reader.readexactly(answer.size) == b"\xff\xd8\xff\xd9"
                writer.transport.abort()


async def test_no_password_is_logged_however_the_process_ends() -> None:
    with capture_logs() as logs:
        for how in ("nonsense", "dies"):
            async with running(how, HALL) as (_, heard):
                await heard.until(lambda heard=heard: any(not up for up, _ in heard.turns))  # type: ignore[misc]

    assert logs
    assert PASSWORD not in repr(logs)
    assert PASSWORD not in repr(opened(HALL))
